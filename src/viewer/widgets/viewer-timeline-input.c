// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimeline: hands: drag, click, wheel and keys. Changes the view and says by
// signals what the user points at; decides nothing about the trace.
#include "viewer-timeline-private.h"

#define SECOND_NS      G_GINT64_CONSTANT (1000000000)
#define WHEEL_ZOOM     1.25
#define KEY_ZOOM       1.6
#define CLICK_ZOOM     4.0
#define WHEEL_LANES_PX 30.0
#define PAN_SHARE      0.15
#define RANGE_MIN_PX   3.0

static void
seek (ViewerTimeline *self, gint64 time_ns)
{
  time_ns = CLAMP (time_ns, self->scale.whole_from_ns, self->scale.whole_to_ns);
  self->cursor_ns = time_ns;
  self->has_cursor = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_signal_emit (self, _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_SEEK], 0, time_ns);
}

static gint64
map_time (ViewerTimeline *self, double x)
{
  double share = CLAMP (x / self->scale.width, 0.0, 1.0);
  double whole_ns = (double) (self->scale.whole_to_ns - self->scale.whole_from_ns);

  return self->scale.whole_from_ns + (gint64) (share * whole_ns);
}

static ViewerTimelineDrag
drag_at (double y)
{
  if (y < VIEWER_TIMELINE_MAP_HEIGHT)
    return VIEWER_TIMELINE_DRAG_MAP;
  if (y < VIEWER_TIMELINE_MAP_HEIGHT + VIEWER_TIMELINE_RULER_HEIGHT)
    return VIEWER_TIMELINE_DRAG_RANGE;
  return VIEWER_TIMELINE_DRAG_SEEK;
}

static void
drag_to (ViewerTimeline *self, double x)
{
  gint64 time_ns = viewer_scale_time (&self->scale, x);

  if (self->drag == VIEWER_TIMELINE_DRAG_SEEK)
    seek (self, time_ns);
  else if (self->drag == VIEWER_TIMELINE_DRAG_MAP)
    seek (self, map_time (self, x));
  else if (self->drag == VIEWER_TIMELINE_DRAG_RANGE)
    viewer_timeline_set_range (self, self->drag_from_ns, time_ns);
}

static void
drag_begin_cb (GtkGestureDrag *gesture, double x, double y, ViewerTimeline *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  self->drag = drag_at (y);
  self->drag_from_ns = viewer_scale_time (&self->scale, x);
  if (self->drag != VIEWER_TIMELINE_DRAG_RANGE)
    drag_to (self, x);
}

static void
drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, ViewerTimeline *self)
{
  double x, y;

  gtk_gesture_drag_get_start_point (gesture, &x, &y);
  drag_to (self, x + dx);
}

static void
drag_end_cb (GtkGestureDrag *gesture, double dx, double dy, ViewerTimeline *self)
{
  ViewerTimelineDrag drag = self->drag;
  double x, y;

  gtk_gesture_drag_get_start_point (gesture, &x, &y);
  self->drag = VIEWER_TIMELINE_DRAG_NONE;
  if (drag == VIEWER_TIMELINE_DRAG_MAP)
    {
      viewer_scale_reveal (&self->scale, self->cursor_ns);
      _viewer_timeline_view_changed (self);
    }
  if (drag != VIEWER_TIMELINE_DRAG_RANGE)
    return;
  if (ABS (dx) < RANGE_MIN_PX)
    _viewer_timeline_pick_range (self, 0, 0);
  else
    _viewer_timeline_pick_range (self, self->drag_from_ns,
                                 viewer_scale_time (&self->scale, x + dx));
}

static void
drag_cancel_cb (GtkGesture *gesture, GdkEventSequence *sequence, ViewerTimeline *self)
{
  self->drag = VIEWER_TIMELINE_DRAG_NONE;
}

static void
pressed_cb (GtkGestureClick *gesture, int n_press, double x, double y, ViewerTimeline *self)
{
  if (n_press != 2 || drag_at (y) == VIEWER_TIMELINE_DRAG_MAP)
    return;
  viewer_scale_zoom (&self->scale, CLICK_ZOOM, x);
  _viewer_timeline_view_changed (self);
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller, double dx, double dy, ViewerTimeline *self)
{
  GdkModifierType state =
      gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));
  double x = self->has_hover ? viewer_scale_x (&self->scale, self->hover_ns) : 0;

  if (state & GDK_CONTROL_MASK)
    viewer_scale_zoom (&self->scale, dy < 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM, x);
  else if (viewer_scale_is_whole (&self->scale) || state & GDK_ALT_MASK)
    _viewer_timeline_scroll_lanes (self, self->lanes_top + WHEEL_LANES_PX * dy);
  else
    viewer_scale_pan (&self->scale, PAN_SHARE * (dx + dy));
  _viewer_timeline_view_changed (self);
  return GDK_EVENT_STOP;
}

static void
motion_cb (GtkEventControllerMotion *controller, double x, double y, ViewerTimeline *self)
{
  self->hover_ns = viewer_scale_time (&self->scale, x);
  self->has_hover = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
leave_cb (GtkEventControllerMotion *controller, ViewerTimeline *self)
{
  self->has_hover = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
go_horizontally (ViewerTimeline *self, int direction, GdkModifierType state)
{
  if (state & GDK_SHIFT_MASK)
    seek (self, self->cursor_ns + direction * SECOND_NS);
  else
    g_signal_emit (self, _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_STEP], 0, direction);
}

/* Esc lets go of the selection first, then of the zoom; with neither it is somebody else's key. */
static gboolean
escape (ViewerTimeline *self)
{
  if (self->range_from_ns != self->range_to_ns)
    _viewer_timeline_pick_range (self, 0, 0);
  else if (!viewer_scale_is_whole (&self->scale))
    viewer_timeline_zoom_to_whole (self);
  else
    return GDK_EVENT_PROPAGATE;
  return GDK_EVENT_STOP;
}

static void
pan (ViewerTimeline *self, double share)
{
  viewer_scale_pan (&self->scale, share);
  _viewer_timeline_view_changed (self);
}

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint keyval,
                guint keycode,
                GdkModifierType state,
                ViewerTimeline *self)
{
  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK))
    return GDK_EVENT_PROPAGATE;
  switch (gdk_keyval_to_lower (keyval))
    {
    case GDK_KEY_Left:
      go_horizontally (self, -1, state);
      return GDK_EVENT_STOP;
    case GDK_KEY_Right:
      go_horizontally (self, 1, state);
      return GDK_EVENT_STOP;
    case GDK_KEY_Home:
      seek (self, self->scale.whole_from_ns);
      return GDK_EVENT_STOP;
    case GDK_KEY_End:
      seek (self, self->scale.whole_to_ns);
      return GDK_EVENT_STOP;
    case GDK_KEY_w:
    case GDK_KEY_plus:
      viewer_timeline_zoom (self, KEY_ZOOM);
      return GDK_EVENT_STOP;
    case GDK_KEY_s:
    case GDK_KEY_minus:
      viewer_timeline_zoom (self, 1 / KEY_ZOOM);
      return GDK_EVENT_STOP;
    case GDK_KEY_a:
      pan (self, -PAN_SHARE);
      return GDK_EVENT_STOP;
    case GDK_KEY_d:
      pan (self, PAN_SHARE);
      return GDK_EVENT_STOP;
    case GDK_KEY_f:
      viewer_timeline_zoom_to_range (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_0:
      viewer_timeline_zoom_to_whole (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_Escape:
      return escape (self);
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
focus_changed_cb (GtkEventController *controller, ViewerTimeline *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
add_pointer_controllers (ViewerTimeline *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), GDK_BUTTON_PRIMARY);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  g_signal_connect (drag, "cancel", G_CALLBACK (drag_cancel_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));

  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_gesture_group (drag, click);

  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
}

void
_viewer_timeline_init_input (ViewerTimeline *self)
{
  GtkEventController *scroll =
      gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  add_pointer_controllers (self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), scroll);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  g_signal_connect (focus, "enter", G_CALLBACK (focus_changed_cb), self);
  g_signal_connect (focus, "leave", G_CALLBACK (focus_changed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}
