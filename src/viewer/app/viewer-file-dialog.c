// SPDX-License-Identifier: BSD-3-Clause
// ViewerFileDialog: a filtered list of the session's files. Choosing one shows it in the source and
// closes the dialog; the position in the recording stays.
#include "viewer-file-dialog.h"

#include <string.h>

#include "model/viewer-file.h"
#include "model/viewer-format.h"
#include "panels/viewer-list-hold.h"

struct _ViewerFileDialog
{
  AdwWindow parent_instance;

  /* template children */
  GtkSearchEntry *entry;
  GtkListView *view;

  ViewerSession *session;        /* owned */
  GtkFilterListModel *filtered;  /* owned */
  GtkSingleSelection *selection; /* owned */
  char *needle;                  /* owned, case-folded; NULL: all */
};

G_DEFINE_FINAL_TYPE (ViewerFileDialog, viewer_file_dialog, ADW_TYPE_WINDOW)

static gboolean
match_cb (gpointer item, gpointer user_data)
{
  ViewerFileDialog *self = user_data;
  g_autofree char *folded = NULL;

  if (!self->needle)
    return TRUE;
  folded = g_utf8_casefold (((ViewerFile *) item)->path, -1);
  return strstr (folded, self->needle) != NULL;
}

static void
search_changed_cb (ViewerFileDialog *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  g_clear_pointer (&self->needle, g_free);
  if (text[0])
    self->needle = g_utf8_casefold (text, -1);
  gtk_filter_changed (gtk_filter_list_model_get_filter (self->filtered),
                      GTK_FILTER_CHANGE_DIFFERENT);
}

static void
activate_cb (ViewerFileDialog *self, guint position)
{
  g_autoptr (ViewerFile) file = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  if (!file)
    return;
  viewer_session_show_file (self->session, file->id, 0);
  gtk_window_close (GTK_WINDOW (self));
}

static void
entry_activate_cb (ViewerFileDialog *self)
{
  activate_cb (self, gtk_single_selection_get_selected (self->selection));
}

static void
stop_cb (ViewerFileDialog *self)
{
  gtk_window_close (GTK_WINDOW (self));
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, ViewerFileDialog *self)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *name = gtk_label_new (NULL), *path = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_xalign (GTK_LABEL (path), 0);
  gtk_label_set_ellipsize (GTK_LABEL (path), PANGO_ELLIPSIZE_START);
  gtk_widget_add_css_class (path, "dim-label");
  gtk_widget_add_css_class (path, "caption");
  gtk_widget_add_css_class (row, "file-row");
  gtk_box_append (GTK_BOX (row), name);
  gtk_box_append (GTK_BOX (row), path);
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, ViewerFileDialog *self)
{
  ViewerFile *file = gtk_list_item_get_item (item);
  GtkWidget *row = gtk_list_item_get_child (item);
  g_autofree char *path = viewer_format_text (file->path);

  gtk_label_set_text (GTK_LABEL (gtk_widget_get_first_child (row)), file->name);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (row)), path);
}

static void
viewer_file_dialog_dispose (GObject *object)
{
  ViewerFileDialog *self = VIEWER_FILE_DIALOG (object);

  g_clear_object (&self->session);
  g_clear_object (&self->filtered);
  g_clear_object (&self->selection);
  g_clear_pointer (&self->needle, g_free);

  G_OBJECT_CLASS (viewer_file_dialog_parent_class)->dispose (object);
}

static void
viewer_file_dialog_class_init (ViewerFileDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = viewer_file_dialog_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-file-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerFileDialog, entry);
  gtk_widget_class_bind_template_child (widget_class, ViewerFileDialog, view);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_cb);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
}

static void
viewer_file_dialog_init (ViewerFileDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  viewer_list_hold_while_changing (GTK_SCROLLABLE (self->view));
}

void
viewer_file_dialog_present (GtkWindow *parent, ViewerSession *session)
{
  ViewerFileDialog *self = g_object_new (VIEWER_TYPE_FILE_DIALOG, "transient-for", parent, NULL);
  GtkCustomFilter *filter = gtk_custom_filter_new (match_cb, self, NULL);

  self->session = g_object_ref (session);
  self->filtered = gtk_filter_list_model_new (g_object_ref (viewer_session_get_files (session)),
                                              GTK_FILTER (filter));
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->filtered)));
  gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
  gtk_window_present (GTK_WINDOW (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}
