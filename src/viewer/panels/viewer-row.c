// SPDX-License-Identifier: BSD-3-Clause
// Makes rows. Texts are shown as they are: names from a trace never become markup.
#include "viewer-row.h"

#define NAME_KEY "viewer-row-name"
#define NOTE_KEY "viewer-row-note"

#define NOTE_CHARS_MAX 16

/** viewer_row_new: a GtkBox: more can be put before and behind. */
GtkWidget *
viewer_row_new (void)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *name = gtk_label_new (NULL);
  GtkWidget *note = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_START);
  gtk_label_set_width_chars (GTK_LABEL (name), 6);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (note), PANGO_ELLIPSIZE_START);
  gtk_label_set_xalign (GTK_LABEL (note), 1);
  gtk_widget_add_css_class (note, "dim-label");
  gtk_widget_add_css_class (note, "numeric");
  gtk_box_append (GTK_BOX (row), name);
  gtk_box_append (GTK_BOX (row), note);
  g_object_set_data (G_OBJECT (row), NAME_KEY, name);
  g_object_set_data (G_OBJECT (row), NOTE_KEY, note);
  return row;
}

/** viewer_row_set: @tooltip: what the row may be too narrow for */
void
viewer_row_set (GtkWidget *row, const char *name, const char *note, const char *tooltip)
{
  gtk_label_set_text (g_object_get_data (G_OBJECT (row), NAME_KEY), name);
  gtk_label_set_text (g_object_get_data (G_OBJECT (row), NOTE_KEY), note);
  /* The note keeps its width, up to a point; the end of the name is what tells methods apart. */
  gtk_label_set_width_chars (g_object_get_data (G_OBJECT (row), NOTE_KEY),
                             (int) MIN (g_utf8_strlen (note, -1), NOTE_CHARS_MAX));
  gtk_widget_set_tooltip_text (row, tooltip && tooltip[0] ? tooltip : NULL);
}
