// SPDX-License-Identifier: BSD-3-Clause
// ViewerSourcePanel: composes the name of the file, the search bar and the source view; shows
// another page where the recording has no text.
#include "viewer-source-panel.h"

#include "model/viewer-format.h"
#include "viewer-keys.h"
#include "viewer-source-search.h"
#include "widgets/viewer-source-view.h"

struct _ViewerSourcePanel
{
  GtkWidget parent_instance;

  /* template children */
  GtkLabel *name_label;
  GtkLabel *path_label;
  GtkWidget *younger_note;
  GtkWidget *return_button;
  ViewerSourceSearch *search;
  GtkStack *stack;
  ViewerSourceView *view;

  ViewerSession *session; /* owned, nullable */
  GSignalGroup *signals;  /* owned: of the session */
};

enum
{
  PROP_0,
  PROP_SESSION,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (ViewerSourcePanel, viewer_source_panel, GTK_TYPE_WIDGET)

static void
shown_cb (ViewerSourcePanel *self)
{
  ViewerSource *source = viewer_session_get_source (self->session);
  g_autofree char *name = viewer_format_base_name (source->path);

  gtk_label_set_text (self->name_label, name);
  gtk_label_set_text (self->path_label, source->display_path);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->path_label), source->display_path);
  gtk_widget_set_visible (self->return_button, viewer_session_get_shown_frame (self->session) != 0);
  gtk_widget_set_visible (self->younger_note, source->text && source->younger);
  gtk_stack_set_visible_child_name (self->stack, source->text ? "text" : "none");
}

static void
viewer_source_panel_set_session (ViewerSourcePanel *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_signal_group_set_target (self->signals, session);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_source_panel_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_SOURCE_PANEL (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_source_panel_set_property (GObject *object,
                                  guint prop_id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_source_panel_set_session (VIEWER_SOURCE_PANEL (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_source_panel_dispose (GObject *object)
{
  ViewerSourcePanel *self = VIEWER_SOURCE_PANEL (object);
  GtkWidget *child;

  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_source_panel_parent_class)->dispose (object);
}

static void
viewer_source_panel_class_init (ViewerSourcePanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_source_panel_get_property;
  object_class->set_property = viewer_source_panel_set_property;
  object_class->dispose = viewer_source_panel_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (VIEWER_TYPE_SOURCE_SEARCH);
  g_type_ensure (VIEWER_TYPE_SOURCE_VIEW);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/trackexec/Viewer/viewer-source-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerSourcePanel, name_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourcePanel, path_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourcePanel, younger_note);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourcePanel, return_button);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourcePanel, search);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourcePanel, stack);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourcePanel, view);
}

static void
viewer_source_panel_init (ViewerSourcePanel *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "shown", G_CALLBACK (shown_cb), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  viewer_keys_add (GTK_WIDGET (self->view), GTK_PHASE_CAPTURE);
}

guint
viewer_source_panel_get_cursor_line (ViewerSourcePanel *self)
{
  return viewer_source_view_get_cursor_line (self->view);
}

void
viewer_source_panel_find (ViewerSourcePanel *self)
{
  viewer_source_search_start (self->search);
}

GtkWidget *
viewer_source_panel_get_view (ViewerSourcePanel *self)
{
  return GTK_WIDGET (self->view);
}
