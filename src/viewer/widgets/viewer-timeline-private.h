// SPDX-License-Identifier: BSD-3-Clause
// What the three files of ViewerTimeline share: its fields, its layout and the
// two functions that the files call of each other.
#pragma once

#include "model/viewer-scale.h"
#include "viewer-timeline.h"

G_BEGIN_DECLS

/* Heights in pixels, from the top: minimap, ruler, lanes. */
#define VIEWER_TIMELINE_MAP_HEIGHT        18
#define VIEWER_TIMELINE_RULER_HEIGHT      22
#define VIEWER_TIMELINE_LANE_HEIGHT_ALONE 72
#define VIEWER_TIMELINE_LANE_HEIGHT       36
#define VIEWER_TIMELINE_LANE_HEIGHT_MIN   22
#define VIEWER_TIMELINE_HEIGHT_MAX        190 /* natural: more lanes than that scroll */
#define VIEWER_TIMELINE_TICK_GAP          92

typedef enum
{
  VIEWER_TIMELINE_DRAG_NONE,
  VIEWER_TIMELINE_DRAG_SEEK,  /* in the lanes: the view's scale */
  VIEWER_TIMELINE_DRAG_MAP,   /* in the minimap: the scale of the whole */
  VIEWER_TIMELINE_DRAG_RANGE, /* on the ruler */
} ViewerTimelineDrag;

struct _ViewerTimeline
{
  GtkWidget parent_instance;

  /* Never seen: GTK 4.8 gives a value to assistive tools only for its own widgets. */
  GtkWidget *slider; /* owned child */
  gulong slider_handler;

  ViewerScale scale;
  gint64 cursor_ns;
  gboolean has_cursor;
  char *cursor_text; /* owned: what a screen reader says */
  guint thread;      /* the lane of the current position; 0: none */
  gint64 range_from_ns;
  gint64 range_to_ns; /* == range_from_ns: none */
  gint64 hover_ns;
  gboolean has_hover;
  ViewerTimelineDrag drag;
  gint64 drag_from_ns;
  double lanes_top; /* pixels that the lanes are scrolled up by */

  ViewerLanes *overview; /* owned, of the whole; NULL: none yet */
  ViewerLanes *detail;   /* owned, of some view; NULL: none yet */
  GArray *hits;          /* owned gint64: times of breakpoint hits */
  GTimeZone *zone;       /* owned: the one shown */
};

enum
{
  VIEWER_TIMELINE_SIGNAL_SEEK,
  VIEWER_TIMELINE_SIGNAL_STEP,
  VIEWER_TIMELINE_SIGNAL_RANGE_PICKED,
  VIEWER_TIMELINE_SIGNAL_VIEW_CHANGED,
  VIEWER_TIMELINE_N_SIGNALS,
};

extern guint _viewer_timeline_signals[VIEWER_TIMELINE_N_SIGNALS];

double _viewer_timeline_get_lane_height (ViewerTimeline *self);
void _viewer_timeline_scroll_lanes (ViewerTimeline *self, double top);
void _viewer_timeline_init_input (ViewerTimeline *self);
void _viewer_timeline_snapshot (GtkWidget *widget, GtkSnapshot *snapshot);
void _viewer_timeline_view_changed (ViewerTimeline *self);
void _viewer_timeline_pick_range (ViewerTimeline *self, gint64 from_ns, gint64 to_ns);

G_END_DECLS
