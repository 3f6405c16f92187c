// SPDX-License-Identifier: BSD-3-Clause
// ViewerSourceView: owns the buffer and what is painted over it. The current line is a
// GtkSourceMark with a background, not a tag: a tag paints neither empty lines nor the last line.
#include "viewer-source-view.h"

#include <adwaita.h>

#include "viewer-breakpoint-gutter.h"
#include "viewer-count-gutter.h"

#define CURRENT_CATEGORY "viewer-current"
#define FRAME_CATEGORY   "viewer-frame"

struct _ViewerSourceView
{
  GtkSourceView parent_instance;

  ViewerSession *session;               /* owned, nullable */
  GSignalGroup *signals;                /* owned: of the session */
  ViewerSource *source;                 /* owned: whose text the buffer has; NULL: none */
  GtkSourceMark *mark;                  /* borrowed from the buffer; NULL: none */
  GtkTextTag *dim_tag;                  /* borrowed from the buffer */
  guint scroll_source;                  /* source id; 0: none */
  GtkSourceGutterRenderer *breakpoints; /* borrowed from the gutter */
  GtkSourceGutterRenderer *counts;      /* borrowed from the gutter */
  GtkSourceGutter *gutter;              /* borrowed from GtkSourceView */
  GtkEventController *motion; /* borrowed from the gutter: tells it where the pointer is */
  double pointer_y;           /* in the gutter, as was told last; -1: not there */
};

enum
{
  PROP_0,
  PROP_SESSION,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (ViewerSourceView, viewer_source_view, GTK_SOURCE_TYPE_VIEW)

static GtkTextBuffer *
get_buffer (ViewerSourceView *self)
{
  return gtk_text_view_get_buffer (GTK_TEXT_VIEW (self));
}

static void
redraw_gutter (ViewerSourceView *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self->breakpoints));
  gtk_widget_queue_draw (GTK_WIDGET (self->counts));
}

static void
set_line_color (ViewerSourceView *self, const char *category, const char *color, int priority)
{
  g_autoptr (GtkSourceMarkAttributes) attributes = gtk_source_mark_attributes_new ();
  GdkRGBA background;

  gdk_rgba_parse (&background, color);
  gtk_source_mark_attributes_set_background (attributes, &background);
  gtk_source_view_set_mark_attributes (GTK_SOURCE_VIEW (self), category, attributes, priority);
}

/* Colours of the line follow light and dark; the selection and the heat keep their own. */
static void
update_colors (ViewerSourceView *self)
{
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  GtkSourceStyleSchemeManager *schemes = gtk_source_style_scheme_manager_get_default ();
  GdkRGBA dim;

  gtk_source_buffer_set_style_scheme (
      GTK_SOURCE_BUFFER (get_buffer (self)),
      gtk_source_style_scheme_manager_get_scheme (schemes, dark ? "Adwaita-dark" : "Adwaita"));
  set_line_color (self, CURRENT_CATEGORY, dark ? "#26486b" : "#cfe3ff", 2);
  set_line_color (self, FRAME_CATEGORY, dark ? "#3d3846" : "#e6e0ee", 1);
  gdk_rgba_parse (&dim, dark ? "#77767b" : "#a8a7a5");
  g_object_set (self->dim_tag, "foreground-rgba", &dim, NULL);
  redraw_gutter (self);
}

/* Syntax tags come later and would win over the dim one. */
static void
raise_dim_tag (ViewerSourceView *self)
{
  GtkTextTagTable *table = gtk_text_buffer_get_tag_table (get_buffer (self));

  gtk_text_tag_set_priority (self->dim_tag, gtk_text_tag_table_get_size (table) - 1);
}

static void
dim_lines (ViewerSourceView *self)
{
  GtkTextBuffer *buffer = get_buffer (self);
  int n_lines = gtk_text_buffer_get_line_count (buffer);
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  gtk_text_buffer_remove_tag (buffer, self->dim_tag, &start, &end);
  for (int i = 0; i < n_lines; i++)
    {
      const ViewerLine *line = viewer_session_get_line (self->session, (guint) i + 1);

      if (!line || line->state != REPLAY_LINE_NEVER_RAN)
        continue;
      gtk_text_buffer_get_iter_at_line (buffer, &start, i);
      end = start;
      /* On an empty line this would go to the end of the next one. */
      if (!gtk_text_iter_ends_line (&end))
        gtk_text_iter_forward_to_line_end (&end);
      gtk_text_buffer_apply_tag (buffer, self->dim_tag, &start, &end);
    }
  raise_dim_tag (self);
}

static void
lines_changed_cb (ViewerSourceView *self)
{
  dim_lines (self);
  redraw_gutter (self);
}

/* A mark outlives the text that it was set in. */
static void
remove_mark (ViewerSourceView *self)
{
  if (self->mark)
    gtk_text_buffer_delete_mark (get_buffer (self), GTK_TEXT_MARK (self->mark));
  self->mark = NULL;
}

static gboolean
load_text (ViewerSourceView *self)
{
  ViewerSource *source = viewer_session_get_source (self->session);

  /* The text of a live recording may come later than its first lines: as another object. */
  if (!source || source == self->source)
    return FALSE;
  viewer_source_ref (source);
  g_clear_pointer (&self->source, viewer_source_unref);
  self->source = source;
  remove_mark (self);
  gtk_text_buffer_set_text (get_buffer (self), source->text ? source->text : "", -1);
  dim_lines (self);
  return TRUE;
}

static void
mark_line (ViewerSourceView *self, GtkTextIter *iter)
{
  guint frame = viewer_session_get_shown_frame (self->session);
  GtkTextBuffer *buffer = get_buffer (self);

  remove_mark (self);
  if (frame != G_MAXUINT)
    self->mark = gtk_source_buffer_create_source_mark (
        GTK_SOURCE_BUFFER (buffer), NULL, frame == 0 ? CURRENT_CATEGORY : FRAME_CATEGORY, iter);
}

static void
scroll_to_cursor (ViewerSourceView *self, gboolean centre)
{
  GtkTextMark *cursor = gtk_text_buffer_get_insert (get_buffer (self));

  gtk_text_view_scroll_to_mark (GTK_TEXT_VIEW (self), cursor, 0.18, centre, 0, 0.45);
}

/* The heights of a text just set are guesses until GTK has measured its lines. */
static gboolean
scroll_later_cb (gpointer user_data)
{
  ViewerSourceView *self = user_data;

  self->scroll_source = 0;
  scroll_to_cursor (self, TRUE);
  return G_SOURCE_REMOVE;
}

/* In another file the line comes to the middle; within one, the view moves only when it has to. */
static void
shown_cb (ViewerSourceView *self)
{
  guint line = viewer_session_get_shown_line (self->session);
  GtkTextBuffer *buffer = get_buffer (self);
  gboolean other = load_text (self);
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_line (buffer, &iter, line ? (int) line - 1 : 0);
  gtk_text_buffer_place_cursor (buffer, &iter);
  mark_line (self, &iter);
  scroll_to_cursor (self, other);
  if (other && !self->scroll_source)
    self->scroll_source = g_idle_add_full (G_PRIORITY_LOW, scroll_later_cb, self, NULL);
}

static void
viewer_source_view_set_session (ViewerSourceView *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_clear_pointer (&self->source, viewer_source_unref);
  remove_mark (self);
  gtk_text_buffer_set_text (get_buffer (self), "", 0);
  g_signal_group_set_target (self->signals, session);
  viewer_breakpoint_gutter_set_session (VIEWER_BREAKPOINT_GUTTER (self->breakpoints), session);
  viewer_count_gutter_set_session (VIEWER_COUNT_GUTTER (self->counts), session);
  if (session && viewer_session_get_source (session))
    shown_cb (self);
}

static void
breakpoint_activated_cb (ViewerSourceView *self,
                         GtkTextIter *iter,
                         GdkRectangle *area,
                         guint button)
{
  if (button == GDK_BUTTON_PRIMARY && self->session && self->source)
    viewer_session_toggle_breakpoint (self->session, self->source->file,
                                      (guint) gtk_text_iter_get_line (iter) + 1);
}

static void
viewer_source_view_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_SOURCE_VIEW (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_source_view_set_property (GObject *object,
                                 guint prop_id,
                                 const GValue *value,
                                 GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_source_view_set_session (VIEWER_SOURCE_VIEW (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_source_view_dispose (GObject *object)
{
  ViewerSourceView *self = VIEWER_SOURCE_VIEW (object);

  g_clear_handle_id (&self->scroll_source, g_source_remove);
  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  g_clear_pointer (&self->source, viewer_source_unref);

  G_OBJECT_CLASS (viewer_source_view_parent_class)->dispose (object);
}

/* GtkSourceView 5.6 looks for the pointer's line among those in sight, and complains where it is
   none: when a drag that began in the gutter leaves it, or the gutter has got smaller than where
   the pointer was. Such a pointer has gone, then. */
static void
forget_pointer_outside (ViewerSourceView *self)
{
  if (self->pointer_y >= 0 && self->pointer_y <= gtk_widget_get_height (GTK_WIDGET (self->gutter)))
    return;
  self->pointer_y = -1;
  g_signal_emit_by_name (self->motion, "leave");
}

static void
pointer_moved_cb (ViewerSourceView *self, double x, double y)
{
  self->pointer_y = y;
  forget_pointer_outside (self);
}

static void
pointer_left_cb (ViewerSourceView *self)
{
  self->pointer_y = -1;
}

static void
viewer_source_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  ViewerSourceView *self = VIEWER_SOURCE_VIEW (widget);

  GTK_WIDGET_CLASS (viewer_source_view_parent_class)
      ->size_allocate (widget, width, height, baseline);
  if (self->pointer_y >= 0)
    forget_pointer_outside (self);
}

static void
watch_pointer (ViewerSourceView *self)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (self->gutter));

  self->pointer_y = -1;
  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (!GTK_IS_EVENT_CONTROLLER_MOTION (controller))
        continue;
      self->motion = controller;
      g_signal_connect_object (controller, "enter", G_CALLBACK (pointer_moved_cb), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (controller, "motion", G_CALLBACK (pointer_moved_cb), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (controller, "leave", G_CALLBACK (pointer_left_cb), self,
                               G_CONNECT_SWAPPED);
      return;
    }
}

static void
add_gutters (ViewerSourceView *self)
{
  GtkSourceGutter *gutter =
      gtk_source_view_get_gutter (GTK_SOURCE_VIEW (self), GTK_TEXT_WINDOW_LEFT);

  /* Line numbers are at -30. */
  self->breakpoints = viewer_breakpoint_gutter_new ();
  gtk_source_gutter_insert (gutter, self->breakpoints, -40);
  self->counts = viewer_count_gutter_new ();
  gtk_source_gutter_insert (gutter, self->counts, -10);
  g_signal_connect_object (self->breakpoints, "activate", G_CALLBACK (breakpoint_activated_cb),
                           self, G_CONNECT_SWAPPED);
  self->gutter = gutter;
  watch_pointer (self);
}

/* The buffer is the one that GtkSourceView makes while it is being constructed. */
static void
viewer_source_view_constructed (GObject *object)
{
  ViewerSourceView *self = VIEWER_SOURCE_VIEW (object);
  GtkSourceLanguageManager *languages = gtk_source_language_manager_get_default ();
  GtkSourceBuffer *buffer;

  G_OBJECT_CLASS (viewer_source_view_parent_class)->constructed (object);

  buffer = GTK_SOURCE_BUFFER (get_buffer (self));
  gtk_source_buffer_set_language (buffer,
                                  gtk_source_language_manager_get_language (languages, "python3"));
  gtk_source_buffer_set_highlight_matching_brackets (buffer, FALSE);
  self->dim_tag = gtk_text_buffer_create_tag (GTK_TEXT_BUFFER (buffer), NULL, NULL);
  g_signal_connect_object (buffer, "highlight-updated", G_CALLBACK (raise_dim_tag), self,
                           G_CONNECT_SWAPPED);
  add_gutters (self);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark",
                           G_CALLBACK (update_colors), self, G_CONNECT_SWAPPED);
  update_colors (self);
}

static void
viewer_source_view_class_init (ViewerSourceViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = viewer_source_view_get_property;
  object_class->set_property = viewer_source_view_set_property;
  object_class->constructed = viewer_source_view_constructed;
  object_class->dispose = viewer_source_view_dispose;
  GTK_WIDGET_CLASS (klass)->size_allocate = viewer_source_view_size_allocate;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
connect_session (ViewerSourceView *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "shown", G_CALLBACK (shown_cb), self);
  g_signal_group_connect_swapped (self->signals, "lines-changed", G_CALLBACK (lines_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "breakpoints-changed", G_CALLBACK (redraw_gutter),
                                  self);
}

static void
viewer_source_view_init (ViewerSourceView *self)
{
  gtk_text_view_set_editable (GTK_TEXT_VIEW (self), FALSE);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (self), TRUE);
  gtk_source_view_set_show_line_numbers (GTK_SOURCE_VIEW (self), TRUE);
  gtk_source_view_set_tab_width (GTK_SOURCE_VIEW (self), 8);
  connect_session (self);
}

/** viewer_source_view_get_cursor_line: 1-based. */
guint
viewer_source_view_get_cursor_line (ViewerSourceView *self)
{
  GtkTextBuffer *buffer = get_buffer (self);
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_mark (buffer, &iter, gtk_text_buffer_get_insert (buffer));
  return (guint) gtk_text_iter_get_line (&iter) + 1;
}

GtkSourceBuffer *
viewer_source_view_get_source_buffer (ViewerSourceView *self)
{
  return GTK_SOURCE_BUFFER (get_buffer (self));
}
