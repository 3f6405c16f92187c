// SPDX-License-Identifier: BSD-3-Clause
// ViewerBreakpointsPanel: a list bound to the session's breakpoints, each with a switch and a
// button that removes it.
#include "viewer-breakpoints-panel.h"

#include <glib/gi18n.h>

#include "model/viewer-breakpoint.h"
#include "model/viewer-format.h"
#include "viewer-list-hold.h"
#include "viewer-row.h"

struct _ViewerBreakpointsPanel
{
  GtkWidget parent_instance;

  /* template children */
  GtkLabel *count_label;
  GtkLabel *empty_label;
  GtkWidget *scrolled;
  GtkListView *view;

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

G_DEFINE_FINAL_TYPE (ViewerBreakpointsPanel, viewer_breakpoints_panel, GTK_TYPE_WIDGET)

static void
toggled_cb (GtkCheckButton *check, GtkListItem *item)
{
  ViewerBreakpoint *breakpoint = gtk_list_item_get_item (item);
  GtkWidget *panel = gtk_widget_get_ancestor (GTK_WIDGET (check), VIEWER_TYPE_BREAKPOINTS_PANEL);

  if (breakpoint && panel && breakpoint->enabled != gtk_check_button_get_active (check))
    viewer_session_enable_breakpoint (VIEWER_BREAKPOINTS_PANEL (panel)->session, breakpoint->id,
                                      gtk_check_button_get_active (check));
}

static void
remove_cb (GtkButton *button, GtkListItem *item)
{
  ViewerBreakpoint *breakpoint = gtk_list_item_get_item (item);
  GtkWidget *panel = gtk_widget_get_ancestor (GTK_WIDGET (button), VIEWER_TYPE_BREAKPOINTS_PANEL);

  if (breakpoint && panel)
    viewer_session_toggle_breakpoint (VIEWER_BREAKPOINTS_PANEL (panel)->session, breakpoint->file,
                                      breakpoint->line);
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, ViewerBreakpointsPanel *self)
{
  GtkWidget *row = viewer_row_new ();
  GtkWidget *check = gtk_check_button_new ();
  GtkWidget *remove = gtk_button_new_from_icon_name ("window-close-symbolic");

  gtk_widget_set_tooltip_text (check, _ ("Stop Here"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Stop Here"), -1);
  gtk_widget_set_tooltip_text (remove, _ ("Remove Breakpoint"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (remove), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Remove Breakpoint"), -1);
  gtk_widget_add_css_class (remove, "flat");
  gtk_widget_add_css_class (remove, "small");
  g_signal_connect (check, "toggled", G_CALLBACK (toggled_cb), item);
  g_signal_connect (remove, "clicked", G_CALLBACK (remove_cb), item);
  gtk_box_prepend (GTK_BOX (row), check);
  gtk_box_append (GTK_BOX (row), remove);
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, ViewerBreakpointsPanel *self)
{
  ViewerBreakpoint *breakpoint = gtk_list_item_get_item (item);
  GtkWidget *row = gtk_list_item_get_child (item);
  g_autofree char *count = viewer_format_count_short (breakpoint->count);
  g_autofree char *note = g_strdup_printf ("%s×", count);

  gtk_check_button_set_active (GTK_CHECK_BUTTON (gtk_widget_get_first_child (row)),
                               breakpoint->enabled);
  viewer_row_set (row, breakpoint->location, note, breakpoint->text);
}

static void
activate_cb (ViewerBreakpointsPanel *self, guint position)
{
  g_autoptr (ViewerBreakpoint) breakpoint =
      g_list_model_get_item (viewer_session_get_breakpoints (self->session), position);

  viewer_session_show_file (self->session, breakpoint->file, breakpoint->line);
}

static void
breakpoints_changed_cb (ViewerBreakpointsPanel *self)
{
  guint count = g_list_model_get_n_items (viewer_session_get_breakpoints (self->session));
  g_autofree char *text = count ? g_strdup_printf ("%u", count) : g_strdup ("");

  gtk_label_set_text (self->count_label, text);
  gtk_widget_set_visible (GTK_WIDGET (self->empty_label), count == 0);
  gtk_widget_set_visible (self->scrolled, count > 0);
}

static void
viewer_breakpoints_panel_set_session (ViewerBreakpointsPanel *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_signal_group_set_target (self->signals, session);
  if (session)
    {
      g_autoptr (GtkNoSelection) model =
          gtk_no_selection_new (g_object_ref (viewer_session_get_breakpoints (session)));

      gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (model));
      breakpoints_changed_cb (self);
    }
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_breakpoints_panel_get_property (GObject *object,
                                       guint prop_id,
                                       GValue *value,
                                       GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_BREAKPOINTS_PANEL (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_breakpoints_panel_set_property (GObject *object,
                                       guint prop_id,
                                       const GValue *value,
                                       GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_breakpoints_panel_set_session (VIEWER_BREAKPOINTS_PANEL (object),
                                          g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_breakpoints_panel_dispose (GObject *object)
{
  ViewerBreakpointsPanel *self = VIEWER_BREAKPOINTS_PANEL (object);
  GtkWidget *child;

  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_breakpoints_panel_parent_class)->dispose (object);
}

static void
viewer_breakpoints_panel_class_init (ViewerBreakpointsPanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_breakpoints_panel_get_property;
  object_class->set_property = viewer_breakpoints_panel_set_property;
  object_class->dispose = viewer_breakpoints_panel_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/trackexec/Viewer/viewer-breakpoints-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerBreakpointsPanel, count_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerBreakpointsPanel, empty_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerBreakpointsPanel, scrolled);
  gtk_widget_class_bind_template_child (widget_class, ViewerBreakpointsPanel, view);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
}

static void
viewer_breakpoints_panel_init (ViewerBreakpointsPanel *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "breakpoints-changed",
                                  G_CALLBACK (breakpoints_changed_cb), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  viewer_list_hold_while_changing (GTK_SCROLLABLE (self->view));
}
