// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimelinePanel: carries what the session knows into the widget, and what the hands do on the
// widget into the session. Draws nothing itself.
#include "viewer-timeline-panel.h"

#include "viewer-keys.h"
#include "widgets/viewer-timeline.h"

struct _ViewerTimelinePanel
{
  GtkWidget parent_instance;

  /* template children */
  ViewerTimeline *timeline;

  guint detail_source; /* idle or timeout that asks for lanes; 0: none */

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

G_DEFINE_FINAL_TYPE (ViewerTimelinePanel, viewer_timeline_panel, GTK_TYPE_WIDGET)

#define DETAIL_DELAY_MS 40 /* zooming fast asks once */

static gboolean
ask_detail_cb (gpointer user_data)
{
  ViewerTimelinePanel *self = user_data;
  gint64 from_ns, to_ns;

  self->detail_source = 0;
  viewer_timeline_get_view (self->timeline, &from_ns, &to_ns);
  if (self->session && !viewer_timeline_is_whole (self->timeline))
    viewer_session_request_lanes (self->session, from_ns, to_ns,
                                  viewer_timeline_get_n_slices (self->timeline));
  return G_SOURCE_REMOVE;
}

static void
view_changed_cb (ViewerTimelinePanel *self)
{
  if (!self->detail_source)
    self->detail_source = g_timeout_add (DETAIL_DELAY_MS, ask_detail_cb, self);
}

static void
seek_cb (ViewerTimelinePanel *self, gint64 time_ns)
{
  if (self->session)
    viewer_session_drag_to_time (self->session, time_ns);
}

static void
step_cb (ViewerTimelinePanel *self, int direction)
{
  if (self->session)
    viewer_session_move (self->session, REPLAY_MOVE_STEP, direction < 0);
}

static void
range_picked_cb (ViewerTimelinePanel *self, gint64 from_ns, gint64 to_ns)
{
  if (self->session)
    viewer_session_set_range (self->session, from_ns, to_ns);
}

static void
moved_cb (ViewerTimelinePanel *self)
{
  const ViewerPlace *place = viewer_session_get_place (self->session);

  viewer_timeline_set_cursor (self->timeline, place->step.real_ns,
                              place->valid ? place->time_text : NULL);
  viewer_timeline_set_thread (self->timeline, place->step.thread);
}

static void
extent_changed_cb (ViewerTimelinePanel *self)
{
  gint64 from_ns, to_ns;

  if (!viewer_session_get_extent (self->session, &from_ns, &to_ns))
    return;
  viewer_timeline_set_whole (self->timeline, from_ns, to_ns);
  viewer_timeline_set_overview (self->timeline, viewer_session_get_overview (self->session));
}

static void
detail_ready_cb (ViewerTimelinePanel *self, ViewerLanes *lanes)
{
  viewer_timeline_set_detail (self->timeline, lanes);
}

static void
zone_changed_cb (ViewerTimelinePanel *self)
{
  viewer_timeline_set_zone (self->timeline, viewer_session_get_time_zone (self->session));
}

static void
range_changed_cb (ViewerTimelinePanel *self)
{
  gint64 from_ns, to_ns;

  viewer_session_get_range (self->session, &from_ns, &to_ns);
  viewer_timeline_set_range (self->timeline, from_ns, to_ns);
}

static void
hits_changed_cb (ViewerTimelinePanel *self)
{
  guint count;
  const gint64 *times_ns = viewer_session_get_hits (self->session, &count);

  viewer_timeline_set_hits (self->timeline, times_ns, count);
}

static void
viewer_timeline_panel_set_session (ViewerTimelinePanel *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_signal_group_set_target (self->signals, session);
  viewer_timeline_set_detail (self->timeline, NULL);
  viewer_timeline_set_overview (self->timeline, NULL);
  viewer_timeline_set_range (self->timeline, 0, 0);
  viewer_timeline_set_hits (self->timeline, NULL, 0);
  if (session)
    {
      viewer_timeline_set_zone (self->timeline, viewer_session_get_time_zone (session));
      extent_changed_cb (self);
      viewer_timeline_zoom_to_whole (self->timeline);
      moved_cb (self);
    }
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_timeline_panel_get_property (GObject *object,
                                    guint prop_id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_TIMELINE_PANEL (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_timeline_panel_set_property (GObject *object,
                                    guint prop_id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_timeline_panel_set_session (VIEWER_TIMELINE_PANEL (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_timeline_panel_dispose (GObject *object)
{
  ViewerTimelinePanel *self = VIEWER_TIMELINE_PANEL (object);
  GtkWidget *child;

  g_clear_handle_id (&self->detail_source, g_source_remove);
  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_timeline_panel_parent_class)->dispose (object);
}

static void
viewer_timeline_panel_class_init (ViewerTimelinePanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_timeline_panel_get_property;
  object_class->set_property = viewer_timeline_panel_set_property;
  object_class->dispose = viewer_timeline_panel_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (VIEWER_TYPE_TIMELINE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/trackexec/Viewer/viewer-timeline-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerTimelinePanel, timeline);
  gtk_widget_class_bind_template_callback (widget_class, seek_cb);
  gtk_widget_class_bind_template_callback (widget_class, step_cb);
  gtk_widget_class_bind_template_callback (widget_class, range_picked_cb);
  gtk_widget_class_bind_template_callback (widget_class, view_changed_cb);
}

static void
viewer_timeline_panel_init (ViewerTimelinePanel *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "moved", G_CALLBACK (moved_cb), self);
  g_signal_group_connect_swapped (self->signals, "extent-changed", G_CALLBACK (extent_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "detail-ready", G_CALLBACK (detail_ready_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "zone-changed", G_CALLBACK (zone_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "range-changed", G_CALLBACK (range_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "hits-changed", G_CALLBACK (hits_changed_cb),
                                  self);
  gtk_widget_init_template (GTK_WIDGET (self));
  viewer_keys_add (GTK_WIDGET (self), GTK_PHASE_BUBBLE);
}

/** viewer_timeline_panel_get_timeline: the widget, e.g. for the focus. */
GtkWidget *
viewer_timeline_panel_get_timeline (ViewerTimelinePanel *self)
{
  return GTK_WIDGET (self->timeline);
}
