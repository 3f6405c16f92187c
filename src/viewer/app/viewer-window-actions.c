// SPDX-License-Identifier: BSD-3-Clause
// ViewerWindow: its actions; when they can be used is in viewer-window-state.c. All are
// GSimpleActions, so that they can be listed and driven over D-Bus; "position", "location",
// "message", "breakpoints" and "range" carry state to read back.
#include "viewer-window-private.h"

#include <glib/gi18n.h>

#include "viewer-file-dialog.h"
#include "widgets/viewer-timeline.h"

typedef struct
{
  const char *name;
  ReplayMoveKind kind;
  gboolean backward;
} Move;

static const Move moves[] = {
  { "step", REPLAY_MOVE_STEP, FALSE },         { "step-back", REPLAY_MOVE_STEP, TRUE },
  { "next", REPLAY_MOVE_NEXT, FALSE },         { "next-back", REPLAY_MOVE_NEXT, TRUE },
  { "finish", REPLAY_MOVE_FINISH, FALSE },     { "finish-back", REPLAY_MOVE_FINISH, TRUE },
  { "continue", REPLAY_MOVE_CONTINUE, FALSE }, { "continue-back", REPLAY_MOVE_CONTINUE, TRUE },
};

static void
move_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;
  const char *name = g_action_get_name (G_ACTION (action));

  for (guint i = 0; i < G_N_ELEMENTS (moves); i++)
    if (g_str_equal (moves[i].name, name))
      viewer_session_move (self->session, moves[i].kind, moves[i].backward);
}

/* The line under the cursor of the source. */
static void
line_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;
  const char *name = g_action_get_name (G_ACTION (action));
  ViewerSource *source = viewer_session_get_source (self->session);
  guint line = viewer_source_panel_get_cursor_line (viewer_workspace_get_source (self->workspace));

  if (!source)
    return;
  if (g_str_equal (name, "run-to-line"))
    viewer_session_run_to (self->session, source->file, line, FALSE);
  else if (g_str_equal (name, "run-to-line-back"))
    viewer_session_run_to (self->session, source->file, line, TRUE);
  else if (g_str_equal (name, "previous-hit"))
    viewer_session_go_to_near_hit (self->session, source->file, line, TRUE);
  else if (g_str_equal (name, "next-hit"))
    viewer_session_go_to_near_hit (self->session, source->file, line, FALSE);
  else if (g_str_equal (name, "slowest-hit"))
    viewer_session_go_to_slowest (self->session, source->file, line);
  else
    viewer_session_toggle_breakpoint (self->session, source->file, line);
}

static void
go_end_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;
  gboolean start = g_str_equal (g_action_get_name (G_ACTION (action)), "go-start");
  guint64 n_steps = viewer_session_get_n_steps (self->session);

  viewer_session_go_to_position (self->session, start || n_steps == 0 ? 0 : n_steps - 1);
}

static void
position_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;

  if (self->session)
    viewer_session_go_to_position (self->session, g_variant_get_uint64 (parameter));
}

static void
go_to_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!viewer_session_go_to_text (self->session, g_variant_get_string (parameter, NULL), &error))
    _viewer_window_show_message (self, error->message);
}

static void
jump_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  viewer_time_entry_start (VIEWER_WINDOW (user_data)->time_entry);
}

static void
stack_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;
  gboolean up = g_str_equal (g_action_get_name (G_ACTION (action)), "stack-up");
  guint frame = viewer_session_get_shown_frame (self->session);

  if (frame == G_MAXUINT)
    viewer_session_show_frame (self->session, 0);
  else if (up)
    viewer_session_show_frame (self->session, frame + 1);
  else if (frame > 0)
    viewer_session_show_frame (self->session, frame - 1);
}

static void
show_current_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  viewer_session_show_frame (VIEWER_WINDOW (user_data)->session, 0);
}

static void
history_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;
  gboolean back = g_str_equal (g_action_get_name (G_ACTION (action)), "history-back");

  if (self->session)
    viewer_session_go_in_history (self->session, back ? -1 : 1);
}

static void
show_file_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  viewer_file_dialog_present (GTK_WINDOW (user_data), VIEWER_WINDOW (user_data)->session);
}

static void
find_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  viewer_source_panel_find (viewer_workspace_get_source (VIEWER_WINDOW (user_data)->workspace));
}

static void
find_hotspot_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;

  g_action_group_change_action_state (G_ACTION_GROUP (self), "show-hotspots",
                                      g_variant_new_boolean (TRUE));
  viewer_hotspots_panel_focus_search (viewer_workspace_get_hotspots (self->workspace));
}

static void
sort_hotspots_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  viewer_hotspots_panel_sort (viewer_workspace_get_hotspots (VIEWER_WINDOW (user_data)->workspace),
                              g_variant_get_string (parameter, NULL));
}

static void
activate_hotspot_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  viewer_hotspots_panel_activate (
      viewer_workspace_get_hotspots (VIEWER_WINDOW (user_data)->workspace),
      g_variant_get_uint32 (parameter));
}

static void
zoom_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  const char *name = g_action_get_name (G_ACTION (action));
  ViewerTimeline *timeline =
      VIEWER_TIMELINE (viewer_workspace_get_timeline (VIEWER_WINDOW (user_data)->workspace));

  if (g_str_equal (name, "zoom-in"))
    viewer_timeline_zoom (timeline, 2);
  else if (g_str_equal (name, "zoom-out"))
    viewer_timeline_zoom (timeline, 0.5);
  else if (g_str_equal (name, "zoom-range"))
    viewer_timeline_zoom_to_range (timeline);
  else
    viewer_timeline_zoom_to_whole (timeline);
}

static void
clear_range_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;

  if (self->session)
    viewer_session_set_range (self->session, 0, 0);
}

static void
cancel_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;

  if (self->cancellable)
    {
      _viewer_window_cancel_load (self);
      gtk_spinner_stop (self->spinner);
      if (self->session)
        gtk_stack_set_visible_child_name (
            self->stack, viewer_session_get_n_steps (self->session) ? "workspace" : "empty");
      else
        _viewer_window_show_start (self);
      _viewer_window_update_actions (self);
    }
  else if (self->session)
    viewer_session_cancel (self->session);
}

static void
folder_chosen_cb (GtkNativeDialog *dialog, int response, ViewerWindow *self)
{
  g_autoptr (GFile) file = NULL;
  g_autofree char *path = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
      path = file ? g_file_get_path (file) : NULL;
    }
  if (path)
    viewer_window_open (self, path);
  gtk_native_dialog_destroy (dialog);
  g_object_unref (dialog);
}

static void
open_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GtkFileChooserNative *dialog =
      gtk_file_chooser_native_new (_ ("Open a Recording"), GTK_WINDOW (user_data),
                                   GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("_Open"), NULL);

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (folder_chosen_cb), user_data, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
open_path_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  viewer_window_open (user_data, g_variant_get_bytestring (parameter));
}

static void
process_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ViewerWindow *self = user_data;
  g_autofree char *directory = NULL;

  if (!self->session)
    return;
  directory = g_build_filename (viewer_session_get_run_directory (self->session),
                                g_variant_get_bytestring (parameter), NULL);
  viewer_window_open (self, directory);
}

static void
panel_cb (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  ViewerWindow *self = user_data;
  gboolean shown = g_variant_get_boolean (value);

  g_simple_action_set_state (action, value);
  if (g_str_equal (g_action_get_name (G_ACTION (action)), "show-sidebar"))
    viewer_workspace_show_sidebar (self->workspace, shown);
  else
    viewer_workspace_show_hotspots (self->workspace, shown);
  g_settings_set_boolean (self->settings, g_action_get_name (G_ACTION (action)), shown);
}

/* Radio items of the menu: the names are those of the settings. */
static void
zone_cb (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  static const char *const zones[] = { "local", "utc", "recorder", NULL };
  ViewerWindow *self = user_data;

  /* Over D-Bus anything may come. */
  if (!g_strv_contains (zones, g_variant_get_string (value, NULL)))
    return;
  g_simple_action_set_state (action, value);
  g_settings_set_value (self->settings, "zone", value);
  _viewer_window_update_zone (self);
}

static void
fullscreen_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  if (gtk_window_is_fullscreen (user_data))
    gtk_window_unfullscreen (user_data);
  else
    gtk_window_fullscreen (user_data);
}

static const GActionEntry entries[] = {
  { "step", move_cb },
  { "step-back", move_cb },
  { "next", move_cb },
  { "next-back", move_cb },
  { "finish", move_cb },
  { "finish-back", move_cb },
  { "continue", move_cb },
  { "continue-back", move_cb },
  { "run-to-line", line_cb },
  { "run-to-line-back", line_cb },
  { "previous-hit", line_cb },
  { "next-hit", line_cb },
  { "slowest-hit", line_cb },
  { "toggle-breakpoint", line_cb },
  { "go-start", go_end_cb },
  { "go-end", go_end_cb },
  { "position", position_cb, "t", "uint64 0" },
  { "go-to", go_to_cb, "s" },
  { "jump", jump_cb },
  { "stack-up", stack_cb },
  { "stack-down", stack_cb },
  { "show-current", show_current_cb },
  { "history-back", history_cb },
  { "history-forward", history_cb },
  { "show-file", show_file_cb },
  { "find", find_cb },
  { "find-hotspot", find_hotspot_cb },
  { "sort-hotspots", sort_hotspots_cb, "s" },
  { "activate-hotspot", activate_hotspot_cb, "u" },
  { "zoom-in", zoom_cb },
  { "zoom-out", zoom_cb },
  { "zoom-range", zoom_cb },
  { "zoom-whole", zoom_cb },
  { "clear-range", clear_range_cb },
  { "cancel", cancel_cb },
  { "open", open_cb },
  { "open-path", open_path_cb, "ay" },
  { "process", process_cb, "ay", "b''" },
  { "show-sidebar", NULL, NULL, "true", panel_cb },
  { "show-hotspots", NULL, NULL, "true", panel_cb },
  { "zone", NULL, "s", "'local'", zone_cb },
  { "fullscreen", fullscreen_cb },
  /* state only */
  { "location", NULL, NULL, "''" },
  { "message", NULL, NULL, "''" },
  { "breakpoints", NULL, NULL, "@as []" },
  { "range", NULL, NULL, "(int64 0, int64 0)" },
};

void
_viewer_window_init_actions (ViewerWindow *self)
{
  g_autoptr (GVariant) zone = g_settings_get_value (self->settings, "zone");
  static const char *const panels[] = { "show-sidebar", "show-hotspots" };
  static const char *const state_only[] = { "location", "message", "breakpoints", "range" };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (guint i = 0; i < G_N_ELEMENTS (state_only); i++)
    g_simple_action_set_enabled (
        G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), state_only[i])), FALSE);
  g_simple_action_set_state (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "zone")), zone);
  for (guint i = 0; i < G_N_ELEMENTS (panels); i++)
    g_action_group_change_action_state (
        G_ACTION_GROUP (self), panels[i],
        g_variant_new_boolean (g_settings_get_boolean (self->settings, panels[i])));
}
