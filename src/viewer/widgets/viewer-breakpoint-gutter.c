// SPDX-License-Identifier: BSD-3-Clause
// ViewerBreakpointGutter: draws a dot on lines with a breakpoint, a faint one under the pointer
// where one could be set.
#include "viewer-breakpoint-gutter.h"

#include <glib/gi18n.h>

#define COLUMN_WIDTH 20
#define DOT_SIZE     12.0f

struct _ViewerBreakpointGutter
{
  GtkSourceGutterRenderer parent_instance;

  ViewerSession *session; /* owned, nullable */
};

G_DEFINE_FINAL_TYPE (ViewerBreakpointGutter,
                     viewer_breakpoint_gutter,
                     GTK_SOURCE_TYPE_GUTTER_RENDERER)

static void
draw_dot (GtkWidget *widget, GtkSnapshot *snapshot, int y, int height, double alpha)
{
  GskRoundedRect dot;
  GdkRGBA color;
  float left = ((float) gtk_widget_get_width (widget) - DOT_SIZE) / 2;
  float top = (float) y + ((float) height - DOT_SIZE) / 2;

  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget),
                                       "destructive_bg_color", &color))
    gdk_rgba_parse (&color, "#e01b24");
  color.alpha *= (float) alpha;
  gsk_rounded_rect_init_from_rect (&dot, &GRAPHENE_RECT_INIT (left, top, DOT_SIZE, DOT_SIZE),
                                   DOT_SIZE / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &dot);
  gtk_snapshot_append_color (snapshot, &color, &dot.bounds);
  gtk_snapshot_pop (snapshot);
}

static void
viewer_breakpoint_gutter_snapshot_line (GtkSourceGutterRenderer *renderer,
                                        GtkSnapshot *snapshot,
                                        GtkSourceGutterLines *lines,
                                        guint line)
{
  ViewerBreakpointGutter *self = VIEWER_BREAKPOINT_GUTTER (renderer);
  ViewerSource *source = self->session ? viewer_session_get_source (self->session) : NULL;
  const ViewerLine *known;
  int y, height;

  if (!source)
    return;
  gtk_source_gutter_lines_get_line_yrange (
      lines, line, GTK_SOURCE_GUTTER_RENDERER_ALIGNMENT_MODE_FIRST, &y, &height);
  known = viewer_session_get_line (self->session, line + 1);
  if (viewer_session_has_breakpoint (self->session, source->file, line + 1))
    draw_dot (GTK_WIDGET (self), snapshot, y, height, 1);
  else if (gtk_source_gutter_lines_is_prelit (lines, line) && known && known->hits)
    draw_dot (GTK_WIDGET (self), snapshot, y, height, 0.35);
}

static gboolean
viewer_breakpoint_gutter_query_activatable (GtkSourceGutterRenderer *renderer,
                                            GtkTextIter *iter,
                                            GdkRectangle *area)
{
  return TRUE;
}

/* The signal of this name is what others connect to. */
static void
viewer_breakpoint_gutter_activate (GtkSourceGutterRenderer *renderer,
                                   GtkTextIter *iter,
                                   GdkRectangle *area,
                                   guint button,
                                   GdkModifierType state,
                                   int n_presses)
{
}

static void
viewer_breakpoint_gutter_measure (GtkWidget *widget,
                                  GtkOrientation orientation,
                                  int for_size,
                                  int *minimum,
                                  int *natural,
                                  int *minimum_baseline,
                                  int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? COLUMN_WIDTH : 0;
}

static void
viewer_breakpoint_gutter_dispose (GObject *object)
{
  g_clear_object (&VIEWER_BREAKPOINT_GUTTER (object)->session);

  G_OBJECT_CLASS (viewer_breakpoint_gutter_parent_class)->dispose (object);
}

static void
viewer_breakpoint_gutter_class_init (ViewerBreakpointGutterClass *klass)
{
  GtkSourceGutterRendererClass *renderer_class = GTK_SOURCE_GUTTER_RENDERER_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = viewer_breakpoint_gutter_dispose;
  GTK_WIDGET_CLASS (klass)->measure = viewer_breakpoint_gutter_measure;
  renderer_class->snapshot_line = viewer_breakpoint_gutter_snapshot_line;
  renderer_class->query_activatable = viewer_breakpoint_gutter_query_activatable;
  renderer_class->activate = viewer_breakpoint_gutter_activate;
}

static void
viewer_breakpoint_gutter_init (ViewerBreakpointGutter *self)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Breakpoints"), -1);
}

GtkSourceGutterRenderer *
viewer_breakpoint_gutter_new (void)
{
  return g_object_new (VIEWER_TYPE_BREAKPOINT_GUTTER, NULL);
}

void
viewer_breakpoint_gutter_set_session (ViewerBreakpointGutter *self, ViewerSession *session)
{
  g_set_object (&self->session, session);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
