// SPDX-License-Identifier: BSD-3-Clause
// ViewerSourceSearch: a GtkSearchBar on a GtkSourceSearchContext. Owns the settings of the search;
// moves the cursor of the view, never the position in the recording.
#include "viewer-source-search.h"

#include <glib/gi18n.h>

struct _ViewerSourceSearch
{
  GtkWidget parent_instance;

  /* template children */
  GtkSearchBar *bar;
  GtkSearchEntry *entry;
  GtkLabel *count_label;

  GtkSourceView *view;               /* borrowed, weak: a sibling */
  GtkSourceSearchSettings *settings; /* owned */
  GtkSourceSearchContext *context;   /* owned; NULL until first used */
};

enum
{
  PROP_0,
  PROP_VIEW,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (ViewerSourceSearch, viewer_source_search, GTK_TYPE_WIDGET)

static GtkSourceBuffer *
get_buffer (ViewerSourceSearch *self)
{
  return GTK_SOURCE_BUFFER (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view)));
}

static void
update_count (ViewerSourceSearch *self)
{
  int count = gtk_source_search_context_get_occurrences_count (self->context);
  g_autofree char *text = NULL;
  GtkTextIter start, end;
  int at;

  if (!gtk_source_search_settings_get_search_text (self->settings) || count < 0)
    text = g_strdup ("");
  else
    {
      gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (get_buffer (self)), &start, &end);
      at = gtk_source_search_context_get_occurrence_position (self->context, &start, &end);
      text = at > 0 ? g_strdup_printf (_ ("%d of %d"), at, count) : g_strdup_printf ("%d", count);
    }
  gtk_label_set_text (self->count_label, text);
}

static void
ensure_context (ViewerSourceSearch *self)
{
  if (self->context)
    return;
  self->context = gtk_source_search_context_new (get_buffer (self), self->settings);
  g_signal_connect_object (self->context, "notify::occurrences-count", G_CALLBACK (update_count),
                           self, G_CONNECT_SWAPPED);
}

static void
select_match (ViewerSourceSearch *self, gboolean backward, gboolean from_here)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (get_buffer (self));
  GtkTextIter start, end, from;
  gboolean wrapped, found;

  ensure_context (self);
  gtk_text_buffer_get_selection_bounds (buffer, &start, &end);
  from = backward || from_here ? start : end;
  found = backward
              ? gtk_source_search_context_backward (self->context, &from, &start, &end, &wrapped)
              : gtk_source_search_context_forward (self->context, &from, &start, &end, &wrapped);
  if (found)
    {
      gtk_text_buffer_select_range (buffer, &start, &end);
      gtk_text_view_scroll_to_mark (GTK_TEXT_VIEW (self->view), gtk_text_buffer_get_insert (buffer),
                                    0.2, FALSE, 0, 0);
    }
  update_count (self);
}

static void
search_changed_cb (ViewerSourceSearch *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  gtk_source_search_settings_set_search_text (self->settings, text[0] ? text : NULL);
  if (text[0])
    select_match (self, FALSE, TRUE);
}

static void
next_cb (ViewerSourceSearch *self)
{
  select_match (self, FALSE, FALSE);
}

static void
previous_cb (ViewerSourceSearch *self)
{
  select_match (self, TRUE, FALSE);
}

static void
stop_cb (ViewerSourceSearch *self)
{
  gtk_search_bar_set_search_mode (self->bar, FALSE);
}

static void
mode_changed_cb (ViewerSourceSearch *self)
{
  gboolean on = gtk_search_bar_get_search_mode (self->bar);

  if (self->view)
    ensure_context (self);
  if (self->context)
    gtk_source_search_context_set_highlight (self->context, on);
  if (!on && self->view)
    gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
viewer_source_search_set_property (GObject *object,
                                   guint prop_id,
                                   const GValue *value,
                                   GParamSpec *pspec)
{
  ViewerSourceSearch *self = VIEWER_SOURCE_SEARCH (object);

  if (prop_id == PROP_VIEW)
    g_set_weak_pointer (&self->view, g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_source_search_dispose (GObject *object)
{
  ViewerSourceSearch *self = VIEWER_SOURCE_SEARCH (object);
  GtkWidget *child;

  g_clear_weak_pointer (&self->view);
  g_clear_object (&self->context);
  g_clear_object (&self->settings);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_source_search_parent_class)->dispose (object);
}

static void
viewer_source_search_class_init (ViewerSourceSearchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = viewer_source_search_set_property;
  object_class->dispose = viewer_source_search_dispose;

  properties[PROP_VIEW] = g_param_spec_object ("view", NULL, NULL, GTK_SOURCE_TYPE_VIEW,
                                               G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/trackexec/Viewer/viewer-source-search.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerSourceSearch, bar);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourceSearch, entry);
  gtk_widget_class_bind_template_child (widget_class, ViewerSourceSearch, count_label);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_cb);
  gtk_widget_class_bind_template_callback (widget_class, previous_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_cb);
  gtk_widget_class_bind_template_callback (widget_class, mode_changed_cb);
}

static void
viewer_source_search_init (ViewerSourceSearch *self)
{
  self->settings = gtk_source_search_settings_new ();
  gtk_source_search_settings_set_wrap_around (self->settings, TRUE);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_search_bar_connect_entry (self->bar, GTK_EDITABLE (self->entry));
}

/** viewer_source_search_start: opens the bar, or goes back to its entry. */
void
viewer_source_search_start (ViewerSourceSearch *self)
{
  gtk_search_bar_set_search_mode (self->bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
  gtk_editable_select_region (GTK_EDITABLE (self->entry), 0, -1);
}
