// SPDX-License-Identifier: BSD-3-Clause
// ViewerWindow: opening: the chooser, the loader and its page, a choice of processes, failures, and
// the list of recent recordings, kept as URIs in GSettings.
#include "viewer-window-private.h"

#include <glib/gi18n.h>

#include "model/viewer-error.h"

void
_viewer_window_cancel_load (ViewerWindow *self)
{
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

static GStrv
dup_recent (ViewerWindow *self)
{
  g_auto (GStrv) uris = g_settings_get_strv (self->settings, "recent-uris");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; uris[i]; i++)
    {
      g_autofree char *path = g_filename_from_uri (uris[i], NULL, NULL);

      if (path && g_file_test (path, G_FILE_TEST_IS_DIR))
        g_strv_builder_add (builder, path);
    }
  return g_strv_builder_end (builder);
}

/** _viewer_window_show_start: the page of a window in which nothing is open. */
void
_viewer_window_show_start (ViewerWindow *self)
{
  g_auto (GStrv) recent = dup_recent (self);

  gtk_spinner_stop (self->spinner);
  viewer_start_page_show_recent (self->start_page, (const char *const *) recent);
  gtk_stack_set_visible_child_name (self->stack, "start");
}

/** _viewer_window_update_recent: the menu behind the open button. */
void
_viewer_window_update_recent (ViewerWindow *self)
{
  g_auto (GStrv) recent = dup_recent (self);
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) section = g_menu_new ();

  for (guint i = 0; recent[i]; i++)
    {
      g_autofree char *label = g_filename_display_name (recent[i]);
      g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

      g_menu_item_set_action_and_target_value (item, "win.open-path",
                                               g_variant_new_bytestring (recent[i]));
      g_menu_append_item (section, item);
    }
  if (!recent[0])
    g_menu_append (section, _ ("No recent recordings"), "win.none");
  g_menu_append_section (menu, _ ("Recent"), G_MENU_MODEL (section));
  adw_split_button_set_menu_model (self->open_button, G_MENU_MODEL (menu));
}

/** _viewer_window_add_recent: @directory: the trace; comes first, once. */
void
_viewer_window_add_recent (ViewerWindow *self, const char *directory)
{
  g_autofree char *absolute = g_canonicalize_filename (directory, NULL);
  g_autofree char *uri = g_filename_to_uri (absolute, NULL, NULL);
  g_auto (GStrv) old = g_settings_get_strv (self->settings, "recent-uris");
  g_autoptr (GPtrArray) uris = g_ptr_array_new ();

  if (!uri)
    return;
  g_ptr_array_add (uris, uri);
  for (guint i = 0; old[i] && uris->len < VIEWER_RECENT_MAX; i++)
    if (!g_str_equal (old[i], uri))
      g_ptr_array_add (uris, old[i]);
  g_ptr_array_add (uris, NULL);
  g_settings_set_strv (self->settings, "recent-uris", (const char *const *) uris->pdata);
  _viewer_window_update_recent (self);
}

static void
show_failure (ViewerWindow *self, const char *directory, const GError *error)
{
  _viewer_window_set_session (self, NULL);
  viewer_start_page_show_failure (self->start_page, directory, error->message);
  gtk_stack_set_visible_child_name (self->stack, "start");
  _viewer_window_note_message (self, error->message);
}

static void
show_choice (ViewerWindow *self, ViewerLoaded *loaded)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) directories = g_ptr_array_new ();

  for (gsize i = 0; i < loaded->path->n_traces; i++)
    {
      g_ptr_array_add (names, loaded->path->traces[i].name);
      g_ptr_array_add (directories, loaded->path->traces[i].directory);
    }
  g_ptr_array_add (names, NULL);
  g_ptr_array_add (directories, NULL);
  _viewer_window_set_session (self, NULL);
  viewer_start_page_show_choice (self->start_page, loaded->path->run_directory,
                                 (const char *const *) names->pdata,
                                 (const char *const *) directories->pdata);
  gtk_stack_set_visible_child_name (self->stack, "start");
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ViewerWindow) self = user_data;
  ViewerLoader *loader = VIEWER_LOADER (source);
  g_autoptr (GError) error = NULL;
  ViewerLoaded *loaded = viewer_loader_load_finish (loader, result, &error);
  g_autoptr (ViewerSession) session = NULL;

  /* Cancelled, or the window is gone: somebody else decides what is shown. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  gtk_spinner_stop (self->spinner);
  if (!loaded)
    show_failure (self, viewer_loader_get_directory (loader), error);
  else if (!loaded->front)
    {
      show_choice (self, loaded);
      viewer_loaded_free (loaded);
    }
  else
    {
      session = viewer_session_new (loaded);
      _viewer_window_add_recent (self, viewer_session_get_directory (session));
      _viewer_window_set_session (self, session);
    }
}

/**
 * viewer_window_open:
 * @directory: a trace, a run or a base directory
 *
 * Replaces what the window shows once it is there; a failure is shown in the window.
 */
void
viewer_window_open (ViewerWindow *self, const char *directory)
{
  g_autoptr (ViewerLoader) loader = viewer_loader_new (directory);
  g_autofree char *name = g_filename_display_name (directory);
  g_autofree char *description = g_markup_escape_text (name, -1);

  _viewer_window_cancel_load (self);
  self->cancellable = g_cancellable_new ();
  adw_status_page_set_description (self->loading_page, description);
  gtk_spinner_start (self->spinner);
  gtk_stack_set_visible_child_name (self->stack, "loading");
  _viewer_window_update_actions (self);
  viewer_loader_load_async (loader, self->cancellable, loaded_cb, g_object_ref (self));
}
