// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimeline: the overview of a recording that is also its slider. A minimap of the
// whole, a ruler, one lane a thread. Knows times and lanes, no trace.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-lanes.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_TIMELINE (viewer_timeline_get_type ())
G_DECLARE_FINAL_TYPE (ViewerTimeline, viewer_timeline, VIEWER, TIMELINE, GtkWidget)

/**
 * Signals:
 *   seek (gint64 time_ns): the user points at a moment; sent again and again while dragging
 *   step (gint direction): -1 or 1, one step of the recording
 *   range-picked (gint64 from_ns, gint64 to_ns): a stretch was selected; from == to: none any more
 *   view-changed (): zoom or pan; lanes of the new view are wanted
 */

GtkWidget *viewer_timeline_new (void);

void viewer_timeline_set_whole (ViewerTimeline *self, gint64 from_ns, gint64 to_ns);
void viewer_timeline_set_overview (ViewerTimeline *self, ViewerLanes *lanes);
void viewer_timeline_set_detail (ViewerTimeline *self, ViewerLanes *lanes);
void viewer_timeline_set_cursor (ViewerTimeline *self, gint64 time_ns, const char *text);
void viewer_timeline_set_thread (ViewerTimeline *self, guint thread);
void viewer_timeline_set_range (ViewerTimeline *self, gint64 from_ns, gint64 to_ns);
void viewer_timeline_set_hits (ViewerTimeline *self, const gint64 *times_ns, guint n_times);
void viewer_timeline_set_zone (ViewerTimeline *self, GTimeZone *zone);

gint64 viewer_timeline_get_cursor (ViewerTimeline *self);
void viewer_timeline_get_view (ViewerTimeline *self, gint64 *ret_from_ns, gint64 *ret_to_ns);
gboolean viewer_timeline_is_whole (ViewerTimeline *self);
guint viewer_timeline_get_n_slices (ViewerTimeline *self);

void viewer_timeline_zoom (ViewerTimeline *self, double factor);
void viewer_timeline_zoom_to_range (ViewerTimeline *self);
void viewer_timeline_zoom_to_whole (ViewerTimeline *self);

G_END_DECLS
