// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession on a real trace, without a display: moves, times, breakpoints, what is shown, hot
// spots, lanes, growth, cancelling and closing at any moment.
#include <glib.h>
#include <locale.h>
#include <string.h>

#include "model/viewer-breakpoint.h"
#include "model/viewer-error.h"
#include "model/viewer-frame.h"
#include "model/viewer-hotspot.h"
#include "model/viewer-session.h"
#include "viewer-fixture.h"

typedef struct
{
  ViewerFixture base;
  ViewerSession *session; /* owned */
  ViewerLanes *detail;    /* owned: the last that came */
  GString *said;          /* notices and failures, a line each */
} Fixture;

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **ret_result = user_data;

  *ret_result = g_object_ref (result);
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

static ViewerLoaded *
load (const char *directory, GError **error)
{
  g_autoptr (ViewerLoader) loader = viewer_loader_new (directory);
  g_autoptr (GAsyncResult) result = NULL;

  viewer_loader_load_async (loader, NULL, loaded_cb, &result);
  viewer_fixture_wait (is_set, &result, "loading");
  return viewer_loader_load_finish (loader, result, error);
}

static void
failed_cb (Fixture *fixture, const GError *error)
{
  g_string_append_printf (fixture->said, "%s\n", error->message);
}

static void
notice_cb (Fixture *fixture, const char *text)
{
  g_string_append_printf (fixture->said, "%s\n", text);
}

static void
detail_cb (Fixture *fixture, ViewerLanes *lanes)
{
  g_clear_pointer (&fixture->detail, viewer_lanes_unref);
  fixture->detail = viewer_lanes_ref (lanes);
}

static gboolean
is_quiet (gpointer data)
{
  return !viewer_session_has_work (data);
}

static void
settle (Fixture *fixture)
{
  viewer_fixture_wait (is_quiet, fixture->session, "the session to be quiet");
}

static void
open_session (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  ViewerLoaded *loaded = load (fixture->base.trace, &error);

  g_assert_no_error (error);
  fixture->said = g_string_new (NULL);
  fixture->session = viewer_session_new (loaded);
  g_signal_connect_swapped (fixture->session, "failed", G_CALLBACK (failed_cb), fixture);
  g_signal_connect_swapped (fixture->session, "notice", G_CALLBACK (notice_cb), fixture);
  g_signal_connect_swapped (fixture->session, "detail-ready", G_CALLBACK (detail_cb), fixture);
  settle (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  viewer_fixture_set_up (&fixture->base, data);
  open_session (fixture);
}

static void
set_up_live (Fixture *fixture, gconstpointer data)
{
  viewer_fixture_set_up_live (&fixture->base, data);
  open_session (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  viewer_session_close (fixture->session);
  g_clear_pointer (&fixture->detail, viewer_lanes_unref);
  g_clear_object (&fixture->session);
  g_string_free (fixture->said, TRUE);
  viewer_fixture_tear_down (&fixture->base, data);
}

#define assert_at(fixture, expected)                                                               \
  g_assert_cmpstr (viewer_session_get_place ((fixture)->session)->location, ==, expected)

static guint64
get_position (Fixture *fixture)
{
  return viewer_session_get_place (fixture->session)->step.position;
}

static void
go (Fixture *fixture, guint64 position)
{
  viewer_session_go_to_position (fixture->session, position);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, position);
}

static void
move (Fixture *fixture, ReplayMoveKind kind, gboolean backward)
{
  viewer_session_move (fixture->session, kind, backward);
  settle (fixture);
}

static void
opens_at_the_first_step (Fixture *fixture, gconstpointer data)
{
  const ViewerPlace *place = viewer_session_get_place (fixture->session);

  g_assert_true (place->valid);
  assert_at (fixture, "prog.py:1");
  g_assert_cmpstr (place->function, ==, "<module>");
  g_assert_cmpstr (place->thread_name, ==, "main");
  g_assert_cmpuint (place->execution, ==, 1);
  g_assert_cmpuint (place->executions, ==, 1);
  g_assert_cmpuint (viewer_session_get_n_steps (fixture->session), ==, VIEWER_FIXTURE_STEPS);
  g_assert_cmpstr (viewer_session_get_name (fixture->session), ==, "server");
  g_assert_cmpint (viewer_session_get_state (fixture->session), ==, TX_STATE_FINISHED);
}

static void
moves_forward_and_backward (Fixture *fixture, gconstpointer data)
{
  go (fixture, 6);
  assert_at (fixture, "prog.py:16");
  move (fixture, REPLAY_MOVE_STEP, FALSE);
  assert_at (fixture, "prog.py:5");
  move (fixture, REPLAY_MOVE_FINISH, FALSE);
  g_assert_cmpuint (get_position (fixture), ==, 9);
  move (fixture, REPLAY_MOVE_NEXT, FALSE);
  move (fixture, REPLAY_MOVE_NEXT, FALSE);
  g_assert_cmpuint (get_position (fixture), ==, 13);
  move (fixture, REPLAY_MOVE_STEP, TRUE);
  g_assert_cmpuint (get_position (fixture), ==, 12);
  move (fixture, REPLAY_MOVE_FINISH, TRUE);
  g_assert_cmpuint (get_position (fixture), ==, 10);
  move (fixture, REPLAY_MOVE_NEXT, TRUE);
  g_assert_cmpuint (get_position (fixture), ==, 9);
  g_assert_cmpstr (fixture->said->str, ==, "");
}

static void
twenty_moves_queued_are_twenty_moves (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 10; i++)
    viewer_session_move (fixture->session, REPLAY_MOVE_STEP, FALSE);
  for (int i = 0; i < 4; i++)
    viewer_session_move (fixture->session, REPLAY_MOVE_STEP, TRUE);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 6);
}

static void
an_end_is_said_and_stays (Fixture *fixture, gconstpointer data)
{
  move (fixture, REPLAY_MOVE_STEP, TRUE);
  g_assert_cmpuint (get_position (fixture), ==, 0);
  g_assert_cmpstr (fixture->said->str, ==, "This is the first step of this thread\n");
  g_string_truncate (fixture->said, 0);
  move (fixture, REPLAY_MOVE_CONTINUE, FALSE);
  g_assert_nonnull (strstr (fixture->said->str, "end of the recording"));
  g_assert_cmpuint (get_position (fixture), ==, VIEWER_FIXTURE_STEPS - 1);
}

static void
breakpoints_stop_and_are_refused (Fixture *fixture, gconstpointer data)
{
  guint file = viewer_session_get_source (fixture->session)->file;

  viewer_session_toggle_breakpoint (fixture->session, file, 11);
  settle (fixture);
  g_assert_false (viewer_session_has_breakpoint (fixture->session, file, 11));
  g_assert_cmpuint (fixture->said->len, >, 0);

  viewer_session_toggle_breakpoint (fixture->session, file, 6);
  settle (fixture);
  g_assert_true (viewer_session_has_breakpoint (fixture->session, file, 6));
  for (guint i = 0; i < 4; i++)
    {
      static const guint64 stops[] = { 8, 12, 16, 20 };

      move (fixture, REPLAY_MOVE_CONTINUE, FALSE);
      g_assert_cmpuint (get_position (fixture), ==, stops[i]);
    }
  move (fixture, REPLAY_MOVE_CONTINUE, TRUE);
  g_assert_cmpuint (get_position (fixture), ==, 16);
}

static void
breakpoints_are_listed_switched_and_removed (Fixture *fixture, gconstpointer data)
{
  guint file = viewer_session_get_source (fixture->session)->file;
  GListModel *list = viewer_session_get_breakpoints (fixture->session);
  g_autoptr (ViewerBreakpoint) item = NULL;
  guint n_hits;

  viewer_session_toggle_breakpoint (fixture->session, file, 6);
  settle (fixture);
  item = g_list_model_get_item (list, 0);
  g_assert_cmpstr (item->location, ==, "prog.py:6");
  g_assert_cmpstr (item->text, ==, "return total + 1");
  g_assert_cmpuint (item->count, ==, 4);
  viewer_session_get_hits (fixture->session, &n_hits);
  g_assert_cmpuint (n_hits, ==, 4);

  viewer_session_enable_breakpoint (fixture->session, item->id, FALSE);
  settle (fixture);
  move (fixture, REPLAY_MOVE_CONTINUE, FALSE);
  g_assert_cmpuint (get_position (fixture), ==, VIEWER_FIXTURE_STEPS - 1);
  viewer_session_toggle_breakpoint (fixture->session, file, 6);
  settle (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 0);
}

static void
lines_are_gone_to (Fixture *fixture, gconstpointer data)
{
  guint file = viewer_session_get_source (fixture->session)->file;

  viewer_session_run_to (fixture->session, file, 16, FALSE);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 6);
  viewer_session_go_to_near_hit (fixture->session, file, 16, FALSE);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 10);
  g_assert_cmpuint (viewer_session_get_place (fixture->session)->execution, ==, 2);
  g_assert_cmpuint (viewer_session_get_place (fixture->session)->executions, ==, 3);
  viewer_session_go_to_hit (fixture->session, file, 16, 3);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 14);
  viewer_session_go_to_hit (fixture->session, file, 16, 4);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 14);
  g_assert_cmpuint (fixture->said->len, >, 0);
}

static void
say (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (viewer_session_go_to_text (fixture->session, text, &error));
  g_assert_no_error (error);
  settle (fixture);
}

static void
times_are_said_in_many_ways (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint64 before;

  say (fixture, "end");
  g_assert_cmpuint (get_position (fixture), ==, VIEWER_FIXTURE_STEPS - 1);
  say (fixture, "start");
  g_assert_cmpuint (get_position (fixture), ==, 0);
  say (fixture, "+5ms");
  before = get_position (fixture);
  g_assert_cmpuint (before, >, 2);
  say (fixture, "-2ms");
  g_assert_cmpuint (get_position (fixture), <, before);
  say (fixture, "50%");
  g_assert_cmpuint (get_position (fixture), >, 5);
  say (fixture, "prog.py:16#2");
  g_assert_cmpuint (get_position (fixture), ==, 10);

  g_assert_false (viewer_session_go_to_text (fixture->session, "yesterday-ish", &error));
  g_assert_error (error, VIEWER_ERROR, VIEWER_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (viewer_session_go_to_text (fixture->session, "1999-01-01", &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (get_position (fixture), ==, 10);
}

static void
zones_change_what_is_shown (Fixture *fixture, gconstpointer data)
{
  const ViewerPlace *place = viewer_session_get_place (fixture->session);

  g_assert_true (g_str_has_prefix (place->time_text, "22:13:20."));
  viewer_session_set_zone (fixture->session, VIEWER_ZONE_UTC);
  g_assert_true (g_str_has_prefix (place->time_text, "22:13:20."));
  /* Not stated by this recording: local. */
  viewer_session_set_zone (fixture->session, VIEWER_ZONE_RECORDER);
  g_assert_true (g_str_has_prefix (place->time_text, "22:13:20."));
}

static void
a_file_that_is_not_there_is_said (Fixture *fixture, gconstpointer data)
{
  say (fixture, "other.py:1#1");
  g_assert_nonnull (strstr (fixture->said->str, "other.py"));
  g_assert_cmpuint (get_position (fixture), ==, 0);
}

static void
a_drag_ends_where_the_pointer_is (Fixture *fixture, gconstpointer data)
{
  gint64 from_ns, to_ns;

  g_assert_true (viewer_session_get_extent (fixture->session, &from_ns, &to_ns));
  for (int i = 0; i <= 50; i++)
    viewer_session_drag_to_time (fixture->session, from_ns + (to_ns - from_ns) * i / 50);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, VIEWER_FIXTURE_STEPS - 1);
  g_assert_false (viewer_session_can_go_in_history (fixture->session, -1));
}

static void
history_follows_jumps (Fixture *fixture, gconstpointer data)
{
  go (fixture, 10);
  move (fixture, REPLAY_MOVE_STEP, FALSE);
  go (fixture, 2);
  viewer_session_go_in_history (fixture->session, -1);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 11);
  viewer_session_go_in_history (fixture->session, 1);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 2);
}

static void
stack_and_frames (Fixture *fixture, gconstpointer data)
{
  GListModel *stack = viewer_session_get_stack (fixture->session);
  g_autoptr (ViewerFrame) inner = NULL;
  g_autoptr (ViewerFrame) outer = NULL;

  go (fixture, 8);
  g_assert_cmpuint (g_list_model_get_n_items (stack), ==, 3);
  inner = g_list_model_get_item (stack, 0);
  outer = g_list_model_get_item (stack, 2);
  g_assert_cmpstr (inner->function, ==, "leaf");
  g_assert_cmpstr (inner->location, ==, "prog.py:6");
  g_assert_cmpstr (outer->location, ==, "prog.py:20");

  viewer_session_show_frame (fixture->session, 1);
  settle (fixture);
  g_assert_cmpuint (viewer_session_get_shown_line (fixture->session), ==, 16);
  g_assert_cmpuint (viewer_session_get_shown_frame (fixture->session), ==, 1);
  g_assert_cmpuint (get_position (fixture), ==, 8);
  move (fixture, REPLAY_MOVE_STEP, FALSE);
  g_assert_cmpuint (viewer_session_get_shown_frame (fixture->session), ==, 0);
}

static void
threads_are_gone_to (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (g_list_model_get_n_items (viewer_session_get_threads (fixture->session)), ==,
                    2);
  viewer_session_go_to_thread (fixture->session, 2);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 19);
  viewer_session_go_to_thread (fixture->session, 1);
  settle (fixture);
  g_assert_cmpuint (get_position (fixture), ==, 18);
}

static void
lines_have_counts_and_states (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (viewer_session_get_line (fixture->session, 16)->hits, ==, 3);
  g_assert_cmpuint (viewer_session_get_line (fixture->session, 6)->hits, ==, 4);
  g_assert_cmpint (viewer_session_get_line (fixture->session, 11)->state, ==,
                   REPLAY_LINE_NEVER_RAN);
  g_assert_null (viewer_session_get_line (fixture->session, 0));
  g_assert_null (viewer_session_get_line (fixture->session, 5000));
  g_assert_cmpuint (viewer_session_get_hottest_ns (fixture->session), >, 0);
}

static void
hotspots_of_all_and_of_a_range (Fixture *fixture, gconstpointer data)
{
  GListModel *list = viewer_session_get_hotspots (fixture->session);
  guint n_all = g_list_model_get_n_items (list);
  guint64 total_ns, all_steps, steps, missing;
  g_autoptr (ViewerHotspot) first = g_list_model_get_item (list, 0);
  gint64 from_ns, to_ns;

  g_assert_cmpuint (n_all, ==, 10);
  g_assert_cmpuint (first->cumulated_ns, >, 0);
  g_assert_cmpstr (first->location, ==, "prog.py:20");
  g_assert_cmpstr (first->text, ==, "main()");
  viewer_session_get_hotspots_summary (fixture->session, &total_ns, &all_steps, &missing);
  g_assert_cmpuint (all_steps, ==, VIEWER_FIXTURE_STEPS);

  viewer_session_get_extent (fixture->session, &from_ns, &to_ns);
  viewer_session_set_range (fixture->session, from_ns, from_ns + (to_ns - from_ns) / 4);
  settle (fixture);
  viewer_session_get_hotspots_summary (fixture->session, &total_ns, &steps, &missing);
  g_assert_cmpuint (steps, >, 0);
  g_assert_cmpuint (steps, <, all_steps);
}

static void
lanes_of_threads (Fixture *fixture, gconstpointer data)
{
  ViewerLanes *overview = viewer_session_get_overview (fixture->session);
  gint64 from_ns, to_ns;

  g_assert_nonnull (overview);
  g_assert_cmpuint (overview->n_lanes, ==, 2);
  g_assert_cmpstr (overview->lanes[0].label, ==, "main");
  g_assert_cmpuint (overview->lanes[0].depth_max, ==, 3);

  viewer_session_get_extent (fixture->session, &from_ns, &to_ns);
  for (guint i = 1; i <= 20; i++)
    viewer_session_request_lanes (fixture->session, from_ns, from_ns + (to_ns - from_ns) / i, 100);
  settle (fixture);
  g_assert_nonnull (fixture->detail);
  g_assert_cmpuint (fixture->detail->n_slices, ==, 100);
  g_assert_cmpint (fixture->detail->to_ns, ==, from_ns + (to_ns - from_ns) / 20);
}

static void
a_cancelled_move_changes_nothing (Fixture *fixture, gconstpointer data)
{
  go (fixture, 10);
  for (int i = 0; i < 200; i++)
    viewer_session_move (fixture->session, REPLAY_MOVE_NEXT, TRUE);
  viewer_session_cancel (fixture->session);
  settle (fixture);
  move (fixture, REPLAY_MOVE_STEP, FALSE);
  g_assert_cmpuint (get_position (fixture), >, 0);
  g_assert_null (strstr (fixture->said->str, "ancel"));
}

static void
closing_in_the_midst_of_work (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 50; i++)
    {
      viewer_session_move (fixture->session, REPLAY_MOVE_STEP, FALSE);
      viewer_session_toggle_breakpoint (fixture->session, 1, 6);
    }
  viewer_session_close (fixture->session);
  viewer_session_move (fixture->session, REPLAY_MOVE_STEP, FALSE);
  viewer_session_show_file (fixture->session, 1, 1);
  viewer_session_set_range (fixture->session, 1, 2);
  viewer_fixture_wait_for_workers ();
  g_assert_cmpuint (get_position (fixture), ==, 0);
}

static gboolean
has_21_steps (gpointer data)
{
  return viewer_session_get_n_steps (data) == VIEWER_FIXTURE_STEPS &&
         g_list_model_get_n_items (viewer_session_get_threads (data)) == 2;
}

static gboolean
is_finished (gpointer data)
{
  return viewer_session_get_state (data) != TX_STATE_RECORDING;
}

static void
a_live_recording_is_followed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *more =
      g_strdup_printf ("worker: call leaf@%s:4; line 5; line 6; return", fixture->base.source);

  g_assert_cmpint (viewer_session_get_state (fixture->session), ==, TX_STATE_RECORDING);
  g_assert_cmpuint (viewer_session_get_n_steps (fixture->session), ==, 19);
  go (fixture, 18);
  trace_text_play (fixture->base.live, more);
  viewer_fixture_wait (has_21_steps, fixture->session, "two more steps");
  go (fixture, 20);
  assert_at (fixture, "prog.py:6");
  g_clear_pointer (&fixture->base.live, trace_text_close);
  viewer_fixture_wait (is_finished, fixture->session, "the end of the recording");
}

static void
assert_refused (const char *directory, int code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ViewerLoaded) loaded = load (directory, &error);

  g_assert_null (loaded);
  g_assert_error (error, VIEWER_ERROR, code);
  g_assert_null (strchr (error->message, '\n'));
}

static void
what_is_no_recording_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *empty = g_build_filename (fixture->base.directory, "empty", NULL);

  g_assert_cmpint (g_mkdir_with_parents (empty, 0700), ==, 0);
  assert_refused (empty, VIEWER_ERROR_NOT_TRACE);
  assert_refused (fixture->base.source, VIEWER_ERROR_FAILED);
}

static void
a_run_of_one_process_needs_no_choice (Fixture *fixture, gconstpointer data)
{
  g_autofree char *run = g_path_get_dirname (fixture->base.trace);
  g_autofree char *second = g_build_filename (run, "second", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ViewerLoaded) one = load (run, &error);
  g_autoptr (ViewerLoaded) two = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (one->front);
  g_assert_cmpint (g_mkdir_with_parents (second, 0700), ==, 0);
  trace_text_copy_directory (fixture->base.trace, second);
  two = load (run, &error);
  g_assert_no_error (error);
  g_assert_null (two->front);
  g_assert_cmpuint (two->path->n_traces, ==, 2);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("/session/opens-at-the-first-step", opens_at_the_first_step);
  ADD ("/session/moves-forward-and-backward", moves_forward_and_backward);
  ADD ("/session/queued-moves-all-count", twenty_moves_queued_are_twenty_moves);
  ADD ("/session/an-end-is-said", an_end_is_said_and_stays);
  ADD ("/session/breakpoints-stop-and-are-refused", breakpoints_stop_and_are_refused);
  ADD ("/session/breakpoints-are-listed", breakpoints_are_listed_switched_and_removed);
  ADD ("/session/lines-are-gone-to", lines_are_gone_to);
  ADD ("/session/times-are-said", times_are_said_in_many_ways);
  ADD ("/session/zones", zones_change_what_is_shown);
  ADD ("/session/a-file-that-is-not-there", a_file_that_is_not_there_is_said);
  ADD ("/session/a-drag", a_drag_ends_where_the_pointer_is);
  ADD ("/session/history", history_follows_jumps);
  ADD ("/session/stack-and-frames", stack_and_frames);
  ADD ("/session/threads", threads_are_gone_to);
  ADD ("/session/lines", lines_have_counts_and_states);
  ADD ("/session/hotspots", hotspots_of_all_and_of_a_range);
  ADD ("/session/lanes", lanes_of_threads);
  ADD ("/session/cancel", a_cancelled_move_changes_nothing);
  ADD ("/session/closing-in-the-midst-of-work", closing_in_the_midst_of_work);
  g_test_add ("/session/live", Fixture, NULL, set_up_live, a_live_recording_is_followed, tear_down);
  ADD ("/session/what-is-no-recording", what_is_no_recording_is_refused);
  ADD ("/session/run", a_run_of_one_process_needs_no_choice);
  return g_test_run ();
}
