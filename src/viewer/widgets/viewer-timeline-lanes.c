// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimeline: drawing of the lanes. Slices may be of another stretch than the view (the exact
// ones come later): they are stretched to where they belong.
#include "viewer-timeline-painter.h"

#include <math.h>

#define LANE_PADDING 3.0

/* One hue a thread, from the GNOME palette; readable on light and on dark. */
static const char *const lane_colors[] = { "#3584e4", "#2ec27e", "#9141ac", "#e66100",
                                           "#c64600", "#26a269", "#613583", "#1a5fb4" };

/* Stripes say "not known", so that a gap is not taken for silence. */
static void
hatch (ViewerPainter *p, double x, double y, double width, double height)
{
  cairo_save (p->cr);
  cairo_rectangle (p->cr, x, y, width, height);
  cairo_clip (p->cr);
  _viewer_painter_set_color (p->cr, &p->error, 0.10);
  cairo_paint (p->cr);
  _viewer_painter_set_color (p->cr, &p->error, 0.45);
  cairo_set_line_width (p->cr, 1);
  for (double at = floor ((x - height) / 6) * 6; at < x + width; at += 6)
    {
      cairo_move_to (p->cr, at, y + height);
      cairo_line_to (p->cr, at + height, y);
    }
  cairo_stroke (p->cr);
  cairo_restore (p->cr);
}

static void
draw_gaps (ViewerPainter *p,
           const ViewerLanes *lanes,
           const ViewerLane *lane,
           double x0,
           double slice_px,
           double y,
           double height)
{
  for (guint i = 0; i < lanes->n_slices; i++)
    if (lane->slices[i].flags & VIEWER_SLICE_GAP)
      {
        guint end = i;

        while (end < lanes->n_slices && lane->slices[end].flags & VIEWER_SLICE_GAP)
          end++;
        hatch (p, x0 + i * slice_px, y, MAX ((end - i) * slice_px, 3), height);
        i = end;
      }
}

static double
get_level (const ViewerLane *lane, guint32 depth)
{
  return depth == 0 ? 0 : (double) depth / (double) MAX (lane->depth_max, 1);
}

/* The area up to the lowest or to the highest depth of each slice. */
static void
trace_area (ViewerPainter *p,
            const ViewerLanes *lanes,
            const ViewerLane *lane,
            double x0,
            double slice_px,
            double base,
            double height,
            gboolean highest)
{
  guint first = (guint) CLAMP (-x0 / slice_px - 1, 0, lanes->n_slices);
  guint last = (guint) CLAMP ((p->width - x0) / slice_px + 2, 0, lanes->n_slices);

  cairo_move_to (p->cr, x0 + first * slice_px, base);
  for (guint i = first; i < last; i++)
    {
      const ViewerSlice *slice = &lane->slices[i];
      double level = get_level (lane, highest ? slice->depth_max : slice->depth_min);

      cairo_line_to (p->cr, x0 + i * slice_px, base - level * height);
      cairo_line_to (p->cr, x0 + (i + 1) * slice_px, base - level * height);
    }
  cairo_line_to (p->cr, x0 + last * slice_px, base);
  cairo_close_path (p->cr);
}

void
_viewer_painter_draw_lane_area (ViewerPainter *p,
                                const ViewerLanes *lanes,
                                const ViewerLane *lane,
                                double x0,
                                double x1,
                                double y,
                                double height,
                                double strength)
{
  double slice_px = (x1 - x0) / lanes->n_slices;
  GdkRGBA color;

  gdk_rgba_parse (&color, lane_colors[(lane->thread - 1) % G_N_ELEMENTS (lane_colors)]);
  trace_area (p, lanes, lane, x0, slice_px, y + height, height, TRUE);
  _viewer_painter_set_color (p->cr, &color, 0.42 * strength);
  cairo_fill (p->cr);
  trace_area (p, lanes, lane, x0, slice_px, y + height, height, FALSE);
  _viewer_painter_set_color (p->cr, &color, 0.62 * strength);
  cairo_fill (p->cr);
  draw_gaps (p, lanes, lane, x0, slice_px, y, height);
}

/* The exact slices of this view where there are some, else the overview stretched. */
static void
draw_lane (ViewerPainter *p, guint index, double y, double height)
{
  ViewerTimeline *self = p->self;
  const ViewerLane *lane = &self->overview->lanes[index];
  const ViewerLanes *from = self->overview;
  const ViewerLane *shown = lane;

  if (self->detail && !viewer_scale_is_whole (&self->scale))
    for (guint i = 0; i < self->detail->n_lanes; i++)
      if (self->detail->lanes[i].thread == lane->thread &&
          self->detail->from_ns < self->scale.to_ns && self->detail->to_ns > self->scale.from_ns)
        {
          from = self->detail;
          shown = &self->detail->lanes[i];
        }
  if (lane->thread == self->thread && self->overview->n_lanes > 1)
    {
      _viewer_painter_set_color (p->cr, &p->accent, 0.10);
      cairo_rectangle (p->cr, 0, y, p->width, height);
      cairo_fill (p->cr);
    }
  _viewer_painter_draw_lane_area (p, from, shown, viewer_scale_x (&self->scale, from->from_ns),
                                  viewer_scale_x (&self->scale, from->to_ns), y + LANE_PADDING,
                                  height - LANE_PADDING, 1.0);
  _viewer_painter_set_color (p->cr, &p->text, 0.12);
  cairo_rectangle (p->cr, 0, y + height - 1, p->width, 1);
  cairo_fill (p->cr);
}

static void
draw_lane_label (ViewerPainter *p, guint index, double y)
{
  const ViewerLane *lane = &p->self->overview->lanes[index];

  if (p->self->overview->n_lanes > 1)
    _viewer_painter_draw_text (p, lane->label, LABEL_MARGIN, y + 2, 0.75,
                               lane->thread == p->self->thread);
}

/* Where one is among more lanes than there is room for. */
static void
draw_thumb (ViewerPainter *p, double top, double all_px)
{
  double room = p->height - top;

  if (all_px <= room + 1)
    return;
  _viewer_painter_set_color (p->cr, &p->text, 0.35);
  cairo_rectangle (p->cr, p->width - 5, top + p->self->lanes_top / all_px * room, 3,
                   room / all_px * room);
  cairo_fill (p->cr);
}

void
_viewer_painter_draw_lanes (ViewerPainter *p)
{
  ViewerTimeline *self = p->self;
  double top = VIEWER_TIMELINE_MAP_HEIGHT + VIEWER_TIMELINE_RULER_HEIGHT;
  guint n_lanes = self->overview ? self->overview->n_lanes : 0;
  double height = _viewer_timeline_get_lane_height (self);

  cairo_save (p->cr);
  cairo_rectangle (p->cr, 0, top, p->width, MAX (p->height - top, 0));
  cairo_clip (p->cr);
  for (guint i = 0; i < n_lanes; i++)
    draw_lane (p, i, top + i * height - self->lanes_top, height);
  for (guint i = 0; i < n_lanes; i++)
    draw_lane_label (p, i, top + i * height - self->lanes_top);
  draw_thumb (p, top, n_lanes * height);
  cairo_restore (p->cr);
}
