// SPDX-License-Identifier: BSD-3-Clause
// ViewerStackPanel: a list bound to the session's stack; its selection is the frame that is shown.
#include "viewer-stack-panel.h"

#include "model/viewer-frame.h"
#include "viewer-list-hold.h"
#include "viewer-row.h"

struct _ViewerStackPanel
{
  GtkWidget parent_instance;

  /* template children */
  GtkLabel *count_label;
  GtkWidget *scrolled;
  GtkListView *view;

  GtkSingleSelection *selection; /* owned */

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

G_DEFINE_FINAL_TYPE (ViewerStackPanel, viewer_stack_panel, GTK_TYPE_WIDGET)

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, ViewerStackPanel *self)
{
  gtk_list_item_set_child (item, viewer_row_new ());
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, ViewerStackPanel *self)
{
  ViewerFrame *frame = gtk_list_item_get_item (item);

  viewer_row_set (gtk_list_item_get_child (item), frame->function, frame->location, frame->path);
}

static void
activate_cb (ViewerStackPanel *self, guint position)
{
  viewer_session_show_frame (self->session, position);
}

static void
moved_cb (ViewerStackPanel *self)
{
  g_autofree char *text = g_strdup_printf ("%u", viewer_session_get_stack_depth (self->session));

  gtk_label_set_text (self->count_label, text);
}

static void
shown_cb (ViewerStackPanel *self)
{
  guint frame = viewer_session_get_shown_frame (self->session);

  gtk_single_selection_set_selected (self->selection,
                                     frame == G_MAXUINT ? GTK_INVALID_LIST_POSITION : frame);
}

static void
viewer_stack_panel_set_session (ViewerStackPanel *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_signal_group_set_target (self->signals, session);
  gtk_single_selection_set_model (self->selection,
                                  session ? viewer_session_get_stack (session) : NULL);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_stack_panel_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_STACK_PANEL (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_stack_panel_set_property (GObject *object,
                                 guint prop_id,
                                 const GValue *value,
                                 GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_stack_panel_set_session (VIEWER_STACK_PANEL (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_stack_panel_dispose (GObject *object)
{
  ViewerStackPanel *self = VIEWER_STACK_PANEL (object);
  GtkWidget *child;

  g_clear_object (&self->selection);
  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_stack_panel_parent_class)->dispose (object);
}

static void
viewer_stack_panel_class_init (ViewerStackPanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_stack_panel_get_property;
  object_class->set_property = viewer_stack_panel_set_property;
  object_class->dispose = viewer_stack_panel_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-stack-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerStackPanel, count_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerStackPanel, scrolled);
  gtk_widget_class_bind_template_child (widget_class, ViewerStackPanel, view);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
}

static void
viewer_stack_panel_init (ViewerStackPanel *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "moved", G_CALLBACK (moved_cb), self);
  g_signal_group_connect_swapped (self->signals, "shown", G_CALLBACK (shown_cb), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  viewer_list_hold_while_changing (GTK_SCROLLABLE (self->view));
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
}
