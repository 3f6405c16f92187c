// SPDX-License-Identifier: BSD-3-Clause
// ViewerCountGutter: the count in figures, the heat as one hue whose strength is the line's own
// time against the hottest line of the file. The figures carry the meaning, the colour only helps.
#include "viewer-count-gutter.h"

#include <glib/gi18n.h>
#include <math.h>

#include "model/viewer-format.h"

#define PADDING    6
#define HEAT_WIDTH 3.0f

struct _ViewerCountGutter
{
  GtkSourceGutterRenderer parent_instance;

  ViewerSession *session; /* owned, nullable */
  PangoLayout *layout;    /* owned: one for all lines */
};

G_DEFINE_FINAL_TYPE (ViewerCountGutter, viewer_count_gutter, GTK_SOURCE_TYPE_GUTTER_RENDERER)

/* Square root: a tenth of the hottest line's time is still seen. */
static double
get_heat (ViewerCountGutter *self, const ViewerLine *line)
{
  guint64 hottest_ns = viewer_session_get_hottest_ns (self->session);

  return hottest_ns ? sqrt ((double) line->self_ns / (double) hottest_ns) : 0;
}

static void
draw_heat (ViewerCountGutter *self, GtkSnapshot *snapshot, double heat, int y, int height)
{
  float width = (float) gtk_widget_get_width (GTK_WIDGET (self));
  GdkRGBA color = { 0.90f, 0.38f, 0.0f, (float) (0.34 * heat) };

  if (heat < 0.03)
    return;
  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT (0, (float) y, width, (float) height));
  color.alpha = (float) (0.25 + 0.75 * heat);
  gtk_snapshot_append_color (
      snapshot, &color,
      &GRAPHENE_RECT_INIT (width - HEAT_WIDTH, (float) y, HEAT_WIDTH, (float) height));
}

static void
draw_count (ViewerCountGutter *self, GtkSnapshot *snapshot, guint64 hits, int y, int height)
{
  g_autofree char *text = viewer_format_count_short (hits);
  GdkRGBA color;
  int text_width, text_height;

  /* Not the dim colour of line numbers: it has to be read on the heat, too. */
  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (GTK_WIDGET (self)),
                                       "view_fg_color", &color))
    gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  color.alpha *= 0.7f;
  pango_layout_set_text (self->layout, text, -1);
  pango_layout_get_pixel_size (self->layout, &text_width, &text_height);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot,
                          &GRAPHENE_POINT_INIT ((float) (gtk_widget_get_width (GTK_WIDGET (self)) -
                                                         text_width - PADDING),
                                                (float) y + (float) (height - text_height) / 2));
  gtk_snapshot_append_layout (snapshot, self->layout, &color);
  gtk_snapshot_restore (snapshot);
}

static void
ensure_layout (ViewerCountGutter *self)
{
  g_autoptr (PangoAttrList) attributes = NULL;

  if (self->layout)
    return;
  attributes = pango_attr_list_new ();
  pango_attr_list_insert (attributes, pango_attr_scale_new (0.85));
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum=1"));
  self->layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), NULL);
  pango_layout_set_attributes (self->layout, attributes);
}

static void
viewer_count_gutter_snapshot_line (GtkSourceGutterRenderer *renderer,
                                   GtkSnapshot *snapshot,
                                   GtkSourceGutterLines *lines,
                                   guint line)
{
  ViewerCountGutter *self = VIEWER_COUNT_GUTTER (renderer);
  const ViewerLine *known =
      self->session ? viewer_session_get_line (self->session, line + 1) : NULL;
  int y, height;

  if (!known || known->hits == 0)
    return;
  ensure_layout (self);
  gtk_source_gutter_lines_get_line_yrange (
      lines, line, GTK_SOURCE_GUTTER_RENDERER_ALIGNMENT_MODE_CELL, &y, &height);
  draw_heat (self, snapshot, get_heat (self, known), y, height);
  gtk_source_gutter_lines_get_line_yrange (
      lines, line, GTK_SOURCE_GUTTER_RENDERER_ALIGNMENT_MODE_FIRST, &y, &height);
  draw_count (self, snapshot, known->hits, y, height);
}

static void
viewer_count_gutter_measure (GtkWidget *widget,
                             GtkOrientation orientation,
                             int for_size,
                             int *minimum,
                             int *natural,
                             int *minimum_baseline,
                             int *natural_baseline)
{
  ViewerCountGutter *self = VIEWER_COUNT_GUTTER (widget);
  int width = 0;

  *minimum = *natural = 0;
  if (orientation == GTK_ORIENTATION_VERTICAL)
    return;
  ensure_layout (self);
  pango_layout_set_text (self->layout, "99.9k", -1);
  pango_layout_get_pixel_size (self->layout, &width, NULL);
  *minimum = *natural = width + 2 * PADDING;
}

/* Another font needs another layout. */
static void
viewer_count_gutter_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (viewer_count_gutter_parent_class)->css_changed (widget, change);
  g_clear_object (&VIEWER_COUNT_GUTTER (widget)->layout);
}

static gboolean
viewer_count_gutter_query_tooltip (
    GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  ViewerCountGutter *self = VIEWER_COUNT_GUTTER (widget);
  GtkSourceView *view = gtk_source_gutter_renderer_get_view (GTK_SOURCE_GUTTER_RENDERER (self));
  g_autofree char *count = NULL, *own = NULL, *cumulated = NULL, *text = NULL;
  const ViewerLine *line;
  GtkTextIter iter;
  int buffer_y;

  if (!view || !self->session)
    return FALSE;
  gtk_text_view_window_to_buffer_coords (GTK_TEXT_VIEW (view), GTK_TEXT_WINDOW_LEFT, x, y, NULL,
                                         &buffer_y);
  gtk_text_view_get_line_at_y (GTK_TEXT_VIEW (view), &iter, buffer_y, NULL);
  line = viewer_session_get_line (self->session, (guint) gtk_text_iter_get_line (&iter) + 1);
  if (!line || line->hits == 0)
    return FALSE;
  count = viewer_format_count (line->hits);
  own = viewer_format_duration ((gint64) line->self_ns);
  cumulated = viewer_format_duration ((gint64) line->cumulated_ns);
  text = g_strdup_printf (_ ("Executed %s times\nSelf %s, cumulated %s"), count, own, cumulated);
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
viewer_count_gutter_dispose (GObject *object)
{
  g_clear_object (&VIEWER_COUNT_GUTTER (object)->session);
  g_clear_object (&VIEWER_COUNT_GUTTER (object)->layout);

  G_OBJECT_CLASS (viewer_count_gutter_parent_class)->dispose (object);
}

static void
viewer_count_gutter_class_init (ViewerCountGutterClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = viewer_count_gutter_dispose;
  widget_class->measure = viewer_count_gutter_measure;
  widget_class->css_changed = viewer_count_gutter_css_changed;
  widget_class->query_tooltip = viewer_count_gutter_query_tooltip;
  GTK_SOURCE_GUTTER_RENDERER_CLASS (klass)->snapshot_line = viewer_count_gutter_snapshot_line;
}

static void
viewer_count_gutter_init (ViewerCountGutter *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Execution counts"), -1);
}

GtkSourceGutterRenderer *
viewer_count_gutter_new (void)
{
  return g_object_new (VIEWER_TYPE_COUNT_GUTTER, NULL);
}

void
viewer_count_gutter_set_session (ViewerCountGutter *self, ViewerSession *session)
{
  g_set_object (&self->session, session);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
