// SPDX-License-Identifier: BSD-3-Clause
// ViewerStartPage: one status page with a list of directories under it. Rows activate the window's
// action "open-path"; the page opens nothing itself.
#include "viewer-start-page.h"

#include <glib/gi18n.h>

struct _ViewerStartPage
{
  AdwBin parent_instance;

  /* template children */
  AdwStatusPage *status;
  GtkWidget *open_button;
  AdwPreferencesGroup *group;
  GtkWidget *hint_label;

  GPtrArray *rows; /* owned array of borrowed rows of the group */
};

G_DEFINE_FINAL_TYPE (ViewerStartPage, viewer_start_page, ADW_TYPE_BIN)

static void
clear_rows (ViewerStartPage *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (self->group, g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);
}

/* Titles of rows and pages are markup: everything from outside is escaped here. */
static void
add_row (ViewerStartPage *self, const char *name, const char *directory)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *valid_name = g_utf8_make_valid (name, -1);
  g_autofree char *valid_directory = g_utf8_make_valid (directory, -1);
  g_autofree char *title = g_markup_escape_text (valid_name, -1);
  g_autofree char *subtitle = g_markup_escape_text (valid_directory, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 1);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row),
                             gtk_image_new_from_icon_name ("go-next-symbolic"));
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "win.open-path");
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (row),
                                          g_variant_new_bytestring (directory));
  adw_preferences_group_add (self->group, row);
  g_ptr_array_add (self->rows, row);
}

static void
show (ViewerStartPage *self, const char *icon, const char *title, const char *description)
{
  g_autofree char *escaped = g_markup_escape_text (description, -1);

  clear_rows (self);
  adw_status_page_set_icon_name (self->status, icon);
  adw_status_page_set_title (self->status, title);
  adw_status_page_set_description (self->status, escaped);
  adw_preferences_group_set_title (self->group, "");
  gtk_widget_set_visible (GTK_WIDGET (self->group), FALSE);
}

static void
viewer_start_page_finalize (GObject *object)
{
  g_ptr_array_unref (VIEWER_START_PAGE (object)->rows);

  G_OBJECT_CLASS (viewer_start_page_parent_class)->finalize (object);
}

static void
viewer_start_page_class_init (ViewerStartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = viewer_start_page_finalize;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-start-page.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerStartPage, status);
  gtk_widget_class_bind_template_child (widget_class, ViewerStartPage, open_button);
  gtk_widget_class_bind_template_child (widget_class, ViewerStartPage, group);
  gtk_widget_class_bind_template_child (widget_class, ViewerStartPage, hint_label);
}

static void
viewer_start_page_init (ViewerStartPage *self)
{
  self->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/** viewer_start_page_show_recent: @directories: newest first, may be empty */
void
viewer_start_page_show_recent (ViewerStartPage *self, const char *const *directories)
{
  show (self, "io.github.trackexec.Viewer", _ ("Walk Through a Recording"),
        _ ("Every executed line of a Python program, in order, with its time: "
           "forward, backward, and straight to the second a log complained."));
  gtk_widget_set_visible (self->hint_label, directories[0] == NULL);
  gtk_widget_add_css_class (self->open_button, "suggested-action");
  for (guint i = 0; directories[i]; i++)
    {
      g_autofree char *name = g_path_get_basename (directories[i]);

      add_row (self, name, directories[i]);
    }
  if (directories[0])
    {
      adw_preferences_group_set_title (self->group, _ ("Recent"));
      gtk_widget_set_visible (GTK_WIDGET (self->group), TRUE);
    }
}

/** viewer_start_page_show_choice: a run of several processes: which one? */
void
viewer_start_page_show_choice (ViewerStartPage *self,
                               const char *run_directory,
                               const char *const *names,
                               const char *const *directories)
{
  g_autofree char *valid = g_utf8_make_valid (run_directory, -1);

  show (self, "system-run-symbolic", _ ("Which Process?"), valid);
  gtk_widget_remove_css_class (self->open_button, "suggested-action");
  gtk_widget_set_visible (self->hint_label, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->group), TRUE);
  for (guint i = 0; names[i]; i++)
    add_row (self, names[i], directories[i]);
}

/** viewer_start_page_show_failure: @message: what was tried, on what, why it failed */
void
viewer_start_page_show_failure (ViewerStartPage *self, const char *directory, const char *message)
{
  show (self, "dialog-error-symbolic", _ ("This Can’t Be Opened"), message);
  gtk_widget_add_css_class (self->open_button, "suggested-action");
  gtk_widget_set_visible (self->hint_label, FALSE);
}
