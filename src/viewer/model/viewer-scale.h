// SPDX-License-Identifier: BSD-3-Clause
// ViewerScale: which stretch of time is mapped on how many pixels, with zoom, pan
// and the ruler's ticks. Plain arithmetic, no widget.
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VIEWER_SCALE_SPAN_MIN_NS 1000 /* zooming in ends at a microsecond over the width */

/** ViewerScale: all times are UTC, epoch, ns. */
typedef struct
{
  gint64 whole_from_ns;
  gint64 whole_to_ns; /* > whole_from_ns */
  gint64 from_ns;     /* what is shown, inside the whole */
  gint64 to_ns;
  double width; /* pixels, >= 1 */
} ViewerScale;

/** ViewerTick: one mark of the ruler. */
typedef struct
{
  gint64 time_ns;
  char label[48]; /* UTF-8; "" for a minor tick */
} ViewerTick;

void viewer_scale_init (ViewerScale *self);
void viewer_scale_set_whole (ViewerScale *self, gint64 from_ns, gint64 to_ns);
void viewer_scale_show (ViewerScale *self, gint64 from_ns, gint64 to_ns);
void viewer_scale_show_all (ViewerScale *self);
void viewer_scale_zoom (ViewerScale *self, double factor, double x);
void viewer_scale_pan (ViewerScale *self, double fraction);
void viewer_scale_reveal (ViewerScale *self, gint64 time_ns);

gboolean viewer_scale_is_whole (const ViewerScale *self);
double viewer_scale_x (const ViewerScale *self, gint64 time_ns);
gint64 viewer_scale_time (const ViewerScale *self, double x);

GArray *viewer_scale_dup_ticks (const ViewerScale *self, GTimeZone *zone, double min_gap_px);
char *viewer_scale_dup_anchor (const ViewerScale *self, GTimeZone *zone, double min_gap_px);
char *viewer_scale_dup_moment (const ViewerScale *self, GTimeZone *zone, gint64 time_ns);

G_END_DECLS
