// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimeline: drawing. Reads the fields and the style's colours, changes nothing.
// The lanes are in viewer-timeline-lanes.c.
#include "viewer-timeline-painter.h"

#include <math.h>
#include <string.h>

void
_viewer_painter_set_color (cairo_t *cr, const GdkRGBA *color, double alpha)
{
  cairo_set_source_rgba (cr, color->red, color->green, color->blue, color->alpha * alpha);
}

static GdkRGBA
get_named_color (GtkWidget *widget, const char *name, const char *fallback)
{
  GdkRGBA color;

  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget), name, &color))
    gdk_rgba_parse (&color, fallback);
  return color;
}

void
_viewer_painter_draw_text (
    ViewerPainter *p, const char *text, double x, double y, double alpha, gboolean bold)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (p->self), text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_scale_new (0.82));
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum=1"));
  if (bold)
    pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_layout_set_attributes (layout, attributes);
  _viewer_painter_set_color (p->cr, &p->text, alpha);
  cairo_move_to (p->cr, x, y);
  pango_cairo_show_layout (p->cr, layout);
}

static double
map_x (ViewerPainter *p, gint64 time_ns)
{
  const ViewerScale *scale = &p->self->scale;

  return (double) (time_ns - scale->whole_from_ns) /
         (double) (scale->whole_to_ns - scale->whole_from_ns) * p->width;
}

static void
draw_map (ViewerPainter *p)
{
  ViewerTimeline *self = p->self;
  double x0 = map_x (p, self->scale.from_ns);
  double x1 = map_x (p, self->scale.to_ns);
  double height = VIEWER_TIMELINE_MAP_HEIGHT;

  _viewer_painter_set_color (p->cr, &p->text, 0.05);
  cairo_rectangle (p->cr, 0, 0, p->width, height);
  cairo_fill (p->cr);
  for (guint i = 0; self->overview && i < self->overview->n_lanes; i++)
    _viewer_painter_draw_lane_area (p, self->overview, &self->overview->lanes[i], 0, p->width, 2,
                                    height - 2, 0.7);
  if (!viewer_scale_is_whole (&self->scale))
    {
      double frame = MAX (x1 - x0, 4);

      _viewer_painter_set_color (p->cr, &p->text, 0.16);
      cairo_rectangle (p->cr, 0, 0, x0, height);
      cairo_rectangle (p->cr, x0 + frame, 0, p->width - x0 - frame, height);
      cairo_fill (p->cr);
      _viewer_painter_set_color (p->cr, &p->accent, 1);
      cairo_set_line_width (p->cr, 2);
      cairo_rectangle (p->cr, x0 + 1, 1, MAX (frame - 2, 2), height - 2);
      cairo_stroke (p->cr);
    }
  if (self->has_cursor)
    {
      _viewer_painter_set_color (p->cr, &p->accent, 1);
      cairo_rectangle (p->cr, floor (map_x (p, self->cursor_ns)) - 0.5, 0, 2, height);
      cairo_fill (p->cr);
    }
}

static void
draw_ruler (ViewerPainter *p)
{
  ViewerTimeline *self = p->self;
  double top = VIEWER_TIMELINE_MAP_HEIGHT, bottom = top + VIEWER_TIMELINE_RULER_HEIGHT;
  g_autofree char *anchor =
      viewer_scale_dup_anchor (&self->scale, self->zone, VIEWER_TIMELINE_TICK_GAP);
  g_autoptr (GArray) ticks =
      viewer_scale_dup_ticks (&self->scale, self->zone, VIEWER_TIMELINE_TICK_GAP);
  double anchor_end = LABEL_MARGIN + 7.0 * (double) g_utf8_strlen (anchor, -1) + 12;

  _viewer_painter_draw_text (p, anchor, LABEL_MARGIN, top + 3, 0.55, FALSE);
  for (guint i = 0; i < ticks->len; i++)
    {
      const ViewerTick *tick = &g_array_index (ticks, ViewerTick, i);
      double x = floor (viewer_scale_x (&self->scale, tick->time_ns)) + 0.5;
      gboolean major = tick->label[0] != '\0';

      _viewer_painter_set_color (p->cr, &p->text, major ? 0.5 : 0.22);
      cairo_rectangle (p->cr, x - 0.5, bottom - (major ? 7 : 4), 1, major ? 7 : 4);
      cairo_fill (p->cr);
      if (!major)
        continue;
      _viewer_painter_set_color (p->cr, &p->text, 0.07);
      cairo_rectangle (p->cr, x - 0.5, bottom, 1, p->height - bottom);
      cairo_fill (p->cr);
      if (x > anchor_end)
        _viewer_painter_draw_text (p, tick->label, x + 4, top + 3, 0.8, FALSE);
    }
  _viewer_painter_set_color (p->cr, &p->text, 0.15);
  cairo_rectangle (p->cr, 0, bottom - 1, p->width, 1);
  cairo_fill (p->cr);
}

static void
draw_range (ViewerPainter *p)
{
  ViewerTimeline *self = p->self;
  double top = VIEWER_TIMELINE_MAP_HEIGHT;
  double x0, x1;

  if (self->range_from_ns == self->range_to_ns)
    return;
  x0 = viewer_scale_x (&self->scale, self->range_from_ns);
  x1 = viewer_scale_x (&self->scale, self->range_to_ns);
  _viewer_painter_set_color (p->cr, &p->accent, 0.16);
  cairo_rectangle (p->cr, x0, top, MAX (x1 - x0, 1), p->height - top);
  cairo_fill (p->cr);
  _viewer_painter_set_color (p->cr, &p->accent, 0.8);
  cairo_rectangle (p->cr, x0, top, 1, p->height - top);
  cairo_rectangle (p->cr, x1 - 1, top, 1, p->height - top);
  cairo_fill (p->cr);
}

static void
draw_hits (ViewerPainter *p)
{
  double top = VIEWER_TIMELINE_MAP_HEIGHT + VIEWER_TIMELINE_RULER_HEIGHT;

  _viewer_painter_set_color (p->cr, &p->error, 0.9);
  for (guint i = 0; i < p->self->hits->len; i++)
    {
      double x = viewer_scale_x (&p->self->scale, g_array_index (p->self->hits, gint64, i));

      if (x < -4 || x > p->width + 4)
        continue;
      cairo_move_to (p->cr, x - 3, top);
      cairo_line_to (p->cr, x + 3, top);
      cairo_line_to (p->cr, x, top + 6);
      cairo_close_path (p->cr);
    }
  cairo_fill (p->cr);
}

/* The moment under the pointer, as exactly as a pixel can say it. */
static void
draw_hover (ViewerPainter *p)
{
  ViewerTimeline *self = p->self;
  double x = floor (viewer_scale_x (&self->scale, self->hover_ns));
  g_autofree char *label = NULL;
  double width;

  if (!self->has_hover || self->drag != VIEWER_TIMELINE_DRAG_NONE)
    return;
  label = viewer_scale_dup_moment (&self->scale, self->zone, self->hover_ns);
  width = 7.2 * (double) strlen (label) + 10;
  _viewer_painter_set_color (p->cr, &p->text, 0.3);
  cairo_rectangle (p->cr, x, VIEWER_TIMELINE_MAP_HEIGHT, 1, p->height);
  cairo_fill (p->cr);
  x = CLAMP (x + 6, 0, MAX (p->width - width, 0));
  _viewer_painter_set_color (p->cr, &p->background, 0.92);
  cairo_rectangle (p->cr, x, VIEWER_TIMELINE_MAP_HEIGHT, width, VIEWER_TIMELINE_RULER_HEIGHT - 1);
  cairo_fill (p->cr);
  _viewer_painter_draw_text (p, label, x + 5, VIEWER_TIMELINE_MAP_HEIGHT + 3, 1, FALSE);
}

static void
draw_cursor (ViewerPainter *p)
{
  ViewerTimeline *self = p->self;
  double top = VIEWER_TIMELINE_MAP_HEIGHT + VIEWER_TIMELINE_RULER_HEIGHT;
  double x;

  if (!self->has_cursor)
    return;
  x = floor (viewer_scale_x (&self->scale, self->cursor_ns)) + 0.5;
  _viewer_painter_set_color (p->cr, &p->accent, 1);
  cairo_rectangle (p->cr, x - 1, top - 6, 2, p->height);
  cairo_fill (p->cr);
  cairo_move_to (p->cr, x - 6, top - 11);
  cairo_line_to (p->cr, x + 6, top - 11);
  cairo_line_to (p->cr, x + 6, top - 7);
  cairo_line_to (p->cr, x, top - 1);
  cairo_line_to (p->cr, x - 6, top - 7);
  cairo_close_path (p->cr);
  cairo_fill (p->cr);
}

static void
draw_focus (ViewerPainter *p)
{
  if (!gtk_widget_has_visible_focus (GTK_WIDGET (p->self)))
    return;
  _viewer_painter_set_color (p->cr, &p->accent, 0.5);
  cairo_set_line_width (p->cr, 2);
  cairo_rectangle (p->cr, 1, 1, p->width - 2, p->height - 2);
  cairo_stroke (p->cr);
}

void
_viewer_timeline_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  ViewerTimeline *self = VIEWER_TIMELINE (widget);
  ViewerPainter p = { .self = self,
                      .width = gtk_widget_get_width (widget),
                      .height = gtk_widget_get_height (widget) };

  if (p.width < 1 || p.height < 1)
    return;
  p.cr = gtk_snapshot_append_cairo (snapshot,
                                    &GRAPHENE_RECT_INIT (0, 0, (float) p.width, (float) p.height));
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &p.text);
  p.background = get_named_color (widget, "view_bg_color", "#ffffff");
  p.accent = get_named_color (widget, "accent_bg_color", "#3584e4");
  p.error = get_named_color (widget, "error_bg_color", "#e01b24");
  draw_map (&p);
  draw_ruler (&p);
  _viewer_painter_draw_lanes (&p);
  draw_range (&p);
  draw_hits (&p);
  draw_hover (&p);
  draw_cursor (&p);
  draw_focus (&p);
  cairo_destroy (p.cr);
}
