// SPDX-License-Identifier: BSD-3-Clause
// What the two drawing files of ViewerTimeline share, for the time of one frame.
#pragma once

#include "viewer-timeline-private.h"

G_BEGIN_DECLS

#define LABEL_MARGIN 6.0

typedef struct
{
  ViewerTimeline *self;
  cairo_t *cr;
  double width;
  double height;
  GdkRGBA text;
  GdkRGBA background;
  GdkRGBA accent;
  GdkRGBA error;
} ViewerPainter;

void _viewer_painter_set_color (cairo_t *cr, const GdkRGBA *color, double alpha);
void _viewer_painter_draw_text (
    ViewerPainter *p, const char *text, double x, double y, double alpha, gboolean bold);
void _viewer_painter_draw_lane_area (ViewerPainter *p,
                                     const ViewerLanes *lanes,
                                     const ViewerLane *lane,
                                     double x0,
                                     double x1,
                                     double y,
                                     double height,
                                     double strength);
void _viewer_painter_draw_lanes (ViewerPainter *p);

G_END_DECLS
