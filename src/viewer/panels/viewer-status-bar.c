// SPDX-License-Identifier: BSD-3-Clause
// ViewerStatusBar: texts of the current place, what goes on, and the timeline's zoom buttons.
#include "viewer-status-bar.h"

#include <glib/gi18n.h>

#include "model/viewer-format.h"

struct _ViewerStatusBar
{
  GtkWidget parent_instance;

  /* template children */
  GtkLabel *time_label;
  GtkLabel *bound_label;
  GtkLabel *place_label;
  GtkLabel *execution_label;
  GtkLabel *thread_label;
  GtkWidget *busy_box;
  GtkProgressBar *progress;
  GtkWidget *live_label;
  GtkWidget *range_button;
  GtkLabel *range_label;

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

G_DEFINE_FINAL_TYPE (ViewerStatusBar, viewer_status_bar, GTK_TYPE_WIDGET)

static void
set_text_or_hide (GtkLabel *label, const char *text)
{
  gtk_label_set_text (label, text);
  gtk_widget_set_visible (GTK_WIDGET (label), text[0] != '\0');
}

static void
show_execution (ViewerStatusBar *self, const ViewerPlace *place)
{
  g_autofree char *number = viewer_format_count (place->execution);
  g_autofree char *total = viewer_format_count (place->executions);
  /* Translators: the first is the number of this execution of a line, the second how many there
   * are. */
  g_autofree char *text = g_strdup_printf (_ ("execution %s of %s"), number, total);

  set_text_or_hide (self->execution_label, place->execution ? text : "");
}

static void
moved_cb (ViewerStatusBar *self)
{
  const ViewerPlace *place = viewer_session_get_place (self->session);
  g_autofree char *bound = viewer_format_bound (place->step.error_ns);
  g_autofree char *where = NULL;

  if (!place->valid)
    return;
  /* Translators: a place in a program: "core.py:12 in render". */
  where = g_strdup_printf (_ ("%s in %s"), place->location, place->function);
  gtk_label_set_text (self->time_label, place->time_text);
  set_text_or_hide (self->bound_label, bound);
  gtk_label_set_text (self->place_label, where);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->place_label), where);
  gtk_label_set_text (self->thread_label, place->thread_name);
  show_execution (self, place);
}

static void
extent_changed_cb (ViewerStatusBar *self)
{
  gtk_widget_set_visible (self->live_label,
                          viewer_session_get_state (self->session) == TX_STATE_RECORDING);
}

static void
range_changed_cb (ViewerStatusBar *self)
{
  gint64 from_ns, to_ns;
  gboolean ranged = viewer_session_get_range (self->session, &from_ns, &to_ns);
  g_autofree char *length = viewer_format_duration (to_ns - from_ns);
  g_autofree char *from = viewer_session_dup_time_text (self->session, from_ns, 3);
  g_autofree char *to = viewer_session_dup_time_text (self->session, to_ns, 3);
  g_autofree char *text = g_strdup_printf (_ ("Range %s"), length);
  g_autofree char *tooltip =
      g_strdup_printf (_ ("%s to %s\nClick to clear the range (Esc on the timeline)"), from, to);

  gtk_widget_set_visible (self->range_button, ranged);
  gtk_label_set_text (self->range_label, text);
  gtk_widget_set_tooltip_text (self->range_button, tooltip);
}

static void
busy_changed_cb (ViewerStatusBar *self)
{
  double fraction;
  gboolean busy = viewer_session_is_busy (self->session, &fraction);

  gtk_widget_set_visible (self->busy_box, busy);
  if (fraction > 0)
    gtk_progress_bar_set_fraction (self->progress, CLAMP (fraction, 0, 1));
  else
    gtk_progress_bar_pulse (self->progress);
}

static void
viewer_status_bar_set_session (ViewerStatusBar *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_signal_group_set_target (self->signals, session);
  if (session)
    {
      moved_cb (self);
      extent_changed_cb (self);
      range_changed_cb (self);
      busy_changed_cb (self);
    }
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_status_bar_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_STATUS_BAR (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_status_bar_set_property (GObject *object,
                                guint prop_id,
                                const GValue *value,
                                GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_status_bar_set_session (VIEWER_STATUS_BAR (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_status_bar_dispose (GObject *object)
{
  ViewerStatusBar *self = VIEWER_STATUS_BAR (object);
  GtkWidget *child;

  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_status_bar_parent_class)->dispose (object);
}

static void
viewer_status_bar_class_init (ViewerStatusBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_status_bar_get_property;
  object_class->set_property = viewer_status_bar_set_property;
  object_class->dispose = viewer_status_bar_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-status-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, time_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, bound_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, place_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, execution_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, thread_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, busy_box);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, progress);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, live_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, range_button);
  gtk_widget_class_bind_template_child (widget_class, ViewerStatusBar, range_label);
}

static void
viewer_status_bar_init (ViewerStatusBar *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "moved", G_CALLBACK (moved_cb), self);
  g_signal_group_connect_swapped (self->signals, "extent-changed", G_CALLBACK (extent_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "range-changed", G_CALLBACK (range_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "zone-changed", G_CALLBACK (moved_cb), self);
  g_signal_group_connect_swapped (self->signals, "zone-changed", G_CALLBACK (range_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "busy-changed", G_CALLBACK (busy_changed_cb),
                                  self);
  gtk_widget_init_template (GTK_WIDGET (self));
}
