// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimeline: the class: fields, size, accessible value, public calls.
// Drawing is in viewer-timeline-draw.c, hands are in viewer-timeline-input.c.
#include "viewer-timeline-private.h"

#include <glib/gi18n.h>

G_DEFINE_FINAL_TYPE (ViewerTimeline, viewer_timeline, GTK_TYPE_WIDGET)

guint _viewer_timeline_signals[VIEWER_TIMELINE_N_SIGNALS];

#define SECONDS(ns) ((double) (ns) / 1e9)

/* Seconds since the recording's start: a double has no room for epoch nanoseconds. */
static void
update_accessible (ViewerTimeline *self)
{
  gint64 from_ns = self->scale.whole_from_ns;
  double end = SECONDS (self->scale.whole_to_ns - from_ns);
  double now = self->has_cursor ? SECONDS (self->cursor_ns - from_ns) : 0.0;

  gtk_accessible_update_property (
      GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0,
      GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, end, GTK_ACCESSIBLE_PROPERTY_VALUE_NOW, now,
      GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, self->cursor_text ? self->cursor_text : "", -1);
  g_signal_handler_block (self->slider, self->slider_handler);
  gtk_range_set_range (GTK_RANGE (self->slider), 0, MAX (end, 1e-9));
  gtk_range_set_value (GTK_RANGE (self->slider), now);
  g_signal_handler_unblock (self->slider, self->slider_handler);
}

/* Somebody moved the slider that nobody sees: a screen reader, or a test. */
static void
slider_changed_cb (ViewerTimeline *self)
{
  double value = gtk_range_get_value (GTK_RANGE (self->slider));

  g_signal_emit (self, _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_SEEK], 0,
                 self->scale.whole_from_ns + (gint64) (value * 1e9));
}

static void
add_slider (ViewerTimeline *self)
{
  self->slider = gtk_scale_new_with_range (GTK_ORIENTATION_HORIZONTAL, 0, 1, 1e-9);
  gtk_range_set_round_digits (GTK_RANGE (self->slider), -1);
  gtk_widget_set_opacity (self->slider, 0);
  gtk_widget_set_can_target (self->slider, FALSE);
  gtk_widget_set_focusable (self->slider, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->slider), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Timeline position"), -1);
  gtk_widget_set_parent (self->slider, GTK_WIDGET (self));
  self->slider_handler = g_signal_connect_swapped (self->slider, "value-changed",
                                                   G_CALLBACK (slider_changed_cb), self);
}

void
_viewer_timeline_view_changed (ViewerTimeline *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_signal_emit (self, _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_VIEW_CHANGED], 0);
}

void
_viewer_timeline_pick_range (ViewerTimeline *self, gint64 from_ns, gint64 to_ns)
{
  viewer_timeline_set_range (self, from_ns, to_ns);
  g_signal_emit (self, _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_RANGE_PICKED], 0,
                 self->range_from_ns, self->range_to_ns);
}

static guint
get_n_lanes (ViewerTimeline *self)
{
  return self->overview ? MAX (self->overview->n_lanes, 1) : 1;
}

static void
viewer_timeline_measure (GtkWidget *widget,
                         GtkOrientation orientation,
                         int for_size,
                         int *minimum,
                         int *natural,
                         int *minimum_baseline,
                         int *natural_baseline)
{
  int fixed = VIEWER_TIMELINE_MAP_HEIGHT + VIEWER_TIMELINE_RULER_HEIGHT;
  int lanes = (int) get_n_lanes (VIEWER_TIMELINE (widget));
  int lane_height = lanes == 1   ? VIEWER_TIMELINE_LANE_HEIGHT_ALONE
                    : lanes <= 4 ? VIEWER_TIMELINE_LANE_HEIGHT
                                 : VIEWER_TIMELINE_LANE_HEIGHT_MIN;

  /* GTK wants to be asked, although the slider takes what it gets. */
  gtk_widget_measure (VIEWER_TIMELINE (widget)->slider, orientation, -1, NULL, NULL, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = 120;
      *natural = 600;
      return;
    }
  *minimum = fixed + MAX (MIN (lanes, 2) * VIEWER_TIMELINE_LANE_HEIGHT_MIN, 48);
  *natural = MIN (fixed + lanes * lane_height, VIEWER_TIMELINE_HEIGHT_MAX);
}

static double
get_lanes_room (ViewerTimeline *self)
{
  return gtk_widget_get_height (GTK_WIDGET (self)) - VIEWER_TIMELINE_MAP_HEIGHT -
         VIEWER_TIMELINE_RULER_HEIGHT;
}

/* Lanes share the room; where that would make them too flat they scroll. */
double
_viewer_timeline_get_lane_height (ViewerTimeline *self)
{
  return MAX (get_lanes_room (self) / get_n_lanes (self), VIEWER_TIMELINE_LANE_HEIGHT_MIN);
}

void
_viewer_timeline_scroll_lanes (ViewerTimeline *self, double top)
{
  double height = _viewer_timeline_get_lane_height (self) * get_n_lanes (self);

  self->lanes_top = CLAMP (top, 0, MAX (height - get_lanes_room (self), 0));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
viewer_timeline_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  ViewerTimeline *self = VIEWER_TIMELINE (widget);
  gboolean changed = (int) self->scale.width != width;

  self->scale.width = MAX (width, 1);
  gtk_widget_size_allocate (self->slider, &(GtkAllocation){ 0, 0, width, MAX (height, 1) }, -1);
  _viewer_timeline_scroll_lanes (self, self->lanes_top);
  if (changed)
    _viewer_timeline_view_changed (self);
}

static void
viewer_timeline_dispose (GObject *object)
{
  ViewerTimeline *self = VIEWER_TIMELINE (object);

  g_clear_pointer (&self->slider, gtk_widget_unparent);
  g_clear_pointer (&self->overview, viewer_lanes_unref);
  g_clear_pointer (&self->detail, viewer_lanes_unref);
  g_clear_pointer (&self->hits, g_array_unref);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_clear_pointer (&self->cursor_text, g_free);

  G_OBJECT_CLASS (viewer_timeline_parent_class)->dispose (object);
}

static void
viewer_timeline_class_init (ViewerTimelineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->dispose = viewer_timeline_dispose;
  widget_class->measure = viewer_timeline_measure;
  widget_class->size_allocate = viewer_timeline_size_allocate;
  widget_class->snapshot = _viewer_timeline_snapshot;

  _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_SEEK] = g_signal_new (
      "seek", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT64);
  _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_STEP] = g_signal_new (
      "step", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_RANGE_PICKED] =
      g_signal_new ("range-picked", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                    G_TYPE_INT64, G_TYPE_INT64);
  _viewer_timeline_signals[VIEWER_TIMELINE_SIGNAL_VIEW_CHANGED] =
      g_signal_new ("view-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "timeline");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_SLIDER);
}

static void
viewer_timeline_init (ViewerTimeline *self)
{
  viewer_scale_init (&self->scale);
  self->hits = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->zone = g_time_zone_new_local ();
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Timeline"), -1);
  add_slider (self);
  _viewer_timeline_init_input (self);
  update_accessible (self);
}

GtkWidget *
viewer_timeline_new (void)
{
  return g_object_new (VIEWER_TYPE_TIMELINE, NULL);
}

/** viewer_timeline_set_whole: the stretch that the recording covers. */
void
viewer_timeline_set_whole (ViewerTimeline *self, gint64 from_ns, gint64 to_ns)
{
  viewer_scale_set_whole (&self->scale, from_ns, to_ns);
  update_accessible (self);
  _viewer_timeline_view_changed (self);
}

/** viewer_timeline_set_overview: lanes of the whole recording; NULL for none. */
void
viewer_timeline_set_overview (ViewerTimeline *self, ViewerLanes *lanes)
{
  guint n_lanes = get_n_lanes (self);

  g_clear_pointer (&self->overview, viewer_lanes_unref);
  self->overview = lanes ? viewer_lanes_ref (lanes) : NULL;
  if (n_lanes != get_n_lanes (self))
    {
      self->lanes_top = 0;
      gtk_widget_queue_resize (GTK_WIDGET (self));
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/** viewer_timeline_set_detail: lanes of the view, once they are known; NULL: the overview is drawn.
 */
void
viewer_timeline_set_detail (ViewerTimeline *self, ViewerLanes *lanes)
{
  g_clear_pointer (&self->detail, viewer_lanes_unref);
  self->detail = lanes ? viewer_lanes_ref (lanes) : NULL;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/**
 * viewer_timeline_set_cursor:
 * @text: (nullable): the moment as one reads it; NULL: there is no position
 *
 * While the user drags, the pointer is the cursor: a late answer doesn't pull it back.
 */
void
viewer_timeline_set_cursor (ViewerTimeline *self, gint64 time_ns, const char *text)
{
  self->has_cursor = text != NULL;
  g_free (self->cursor_text);
  self->cursor_text = g_strdup (text);
  self->cursor_ns = time_ns;
  update_accessible (self);
  if (text && self->drag == VIEWER_TIMELINE_DRAG_NONE && !viewer_scale_is_whole (&self->scale) &&
      (time_ns < self->scale.from_ns || time_ns > self->scale.to_ns))
    {
      viewer_scale_reveal (&self->scale, time_ns);
      _viewer_timeline_view_changed (self);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/** viewer_timeline_set_thread: the lane that is drawn as the current one. */
void
viewer_timeline_set_thread (ViewerTimeline *self, guint thread)
{
  double height = _viewer_timeline_get_lane_height (self);

  if (self->thread == thread)
    return;
  self->thread = thread;
  for (guint i = 0; self->overview && i < self->overview->n_lanes; i++)
    if (self->overview->lanes[i].thread == thread &&
        (i * height < self->lanes_top ||
         (i + 1) * height > self->lanes_top + get_lanes_room (self)))
      _viewer_timeline_scroll_lanes (self, i * height);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/** viewer_timeline_set_range: the selected stretch, in either order; from == to: none. */
void
viewer_timeline_set_range (ViewerTimeline *self, gint64 from_ns, gint64 to_ns)
{
  self->range_from_ns = MIN (from_ns, to_ns);
  self->range_to_ns = MAX (from_ns, to_ns);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/** viewer_timeline_set_hits: moments marked as hits of breakpoints. */
void
viewer_timeline_set_hits (ViewerTimeline *self, const gint64 *times_ns, guint n_times)
{
  g_array_set_size (self->hits, 0);
  if (n_times)
    g_array_append_vals (self->hits, times_ns, n_times);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
viewer_timeline_set_zone (ViewerTimeline *self, GTimeZone *zone)
{
  g_time_zone_ref (zone);
  g_time_zone_unref (self->zone);
  self->zone = zone;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gint64
viewer_timeline_get_cursor (ViewerTimeline *self)
{
  return self->cursor_ns;
}

void
viewer_timeline_get_view (ViewerTimeline *self, gint64 *ret_from_ns, gint64 *ret_to_ns)
{
  *ret_from_ns = self->scale.from_ns;
  *ret_to_ns = self->scale.to_ns;
}

gboolean
viewer_timeline_is_whole (ViewerTimeline *self)
{
  return viewer_scale_is_whole (&self->scale);
}

/** viewer_timeline_get_n_slices: how many slices a view should have: one a pixel. */
guint
viewer_timeline_get_n_slices (ViewerTimeline *self)
{
  return (guint) CLAMP (self->scale.width, 1.0, 8192.0);
}

/** viewer_timeline_zoom: around the cursor where it is in sight, else around the middle. */
void
viewer_timeline_zoom (ViewerTimeline *self, double factor)
{
  double x = viewer_scale_x (&self->scale, self->cursor_ns);

  if (!self->has_cursor || x < 0 || x > self->scale.width)
    x = self->scale.width / 2;
  viewer_scale_zoom (&self->scale, factor, x);
  _viewer_timeline_view_changed (self);
}

void
viewer_timeline_zoom_to_range (ViewerTimeline *self)
{
  if (self->range_from_ns == self->range_to_ns)
    return;
  viewer_scale_show (&self->scale, self->range_from_ns, self->range_to_ns);
  _viewer_timeline_view_changed (self);
}

void
viewer_timeline_zoom_to_whole (ViewerTimeline *self)
{
  viewer_scale_show_all (&self->scale);
  _viewer_timeline_view_changed (self);
}
