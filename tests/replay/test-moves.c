// SPDX-License-Identifier: BSD-3-Clause
// Moves: what each means, on traces written as text.
#include <glib.h>

#include "replay/replay-moves.h"
#include "trace-text.h"
#include "trace/tx-bytes-private.h"
#include "trace/tx-format-private.h"
#include "trace/tx-writer-private.h"

typedef struct
{
  char *directory;
  ReplayTrace *trace;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  replay_trace_close (fixture->trace);
  trace_text_remove_directory (fixture->directory);
}

static void
open_trace (Fixture *fixture)
{
  TxError error = { 0 };

  fixture->trace = replay_trace_open (fixture->directory, &error);
  if (fixture->trace == NULL)
    g_error ("%s", error.message);
}

static void
record (Fixture *fixture, const char *text)
{
  trace_text_record (fixture->directory, text);
  open_trace (fixture);
}

/* "t1 a.py:3 d2": where a step is. */
static char *
print_step (ReplayTrace *trace, ReplayPosition position)
{
  const TxFile *file;
  ReplayStep step;
  TxError error = { 0 };

  if (replay_trace_get_step (trace, position, &step, &error) != TX_OK)
    return g_strdup (error.message);
  file = tx_reader_get_file (replay_trace_get_reader (trace), step.file);
  return g_strdup_printf ("t%u %s:%u d%u", step.thread, file->path, step.line, step.depth);
}

static const char *const reasons[] = { "", " breakpoint", " end", " start", " gap" };

/* Moves from @from again and again; what is said at each stop, divided by `, `. */
static void
assert_moves (Fixture *fixture, ReplayPosition from, const ReplayMove *move, const char *expected)
{
  g_autoptr (GString) said = g_string_new (NULL);
  g_auto (GStrv) parts = g_strsplit (expected, ", ", -1);

  for (size_t i = 0; parts[i] != NULL; i++)
    {
      TxError error = { 0 };
      ReplayStop stop;
      g_autofree char *step = NULL;

      if (replay_move (fixture->trace, from, move, NULL, &stop, &error) != TX_OK)
        g_error ("%s", error.message);
      step = print_step (fixture->trace, stop.position);
      g_string_append_printf (said, "%s%s%s", i == 0 ? "" : ", ", step, reasons[stop.reason]);
      from = stop.position;
    }
  g_assert_cmpstr (said->str, ==, expected);
}

#define CALLS                                                                                      \
  "main: call f@a.py:1; line 2; line 3; call g@b.py:1; line 2; call h@b.py:10; line 11; return; "  \
  "line 3; return; line 4; call g@b.py:1; line 2; return; return"

/* Steps: 0 f2, 1 f3, 2 g2, 3 h11, 4 g3, 5 f4, 6 g2 */

static void
test_step (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_STEP };

  record (fixture, CALLS);
  assert_moves (fixture, 0, &move,
                "t1 a.py:3 d1, t1 b.py:2 d2, t1 b.py:11 d3, t1 b.py:3 d2, t1 a.py:4 d1, "
                "t1 b.py:2 d2, t1 b.py:2 d2 end");
  move.backward = true;
  assert_moves (fixture, 6, &move,
                "t1 a.py:4 d1, t1 b.py:3 d2, t1 b.py:11 d3, t1 b.py:2 d2, t1 a.py:3 d1, "
                "t1 a.py:2 d1, t1 a.py:2 d1 start");
}

static void
test_next (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_NEXT };

  record (fixture, CALLS);
  assert_moves (fixture, 0, &move, "t1 a.py:3 d1, t1 a.py:4 d1, t1 b.py:2 d2 end");
  assert_moves (fixture, 2, &move, "t1 b.py:3 d2, t1 a.py:4 d1");
  move.backward = true;
  assert_moves (fixture, 5, &move, "t1 a.py:3 d1, t1 a.py:2 d1, t1 a.py:2 d1 start");
}

/* Two tasks take turns on one thread, the second one goes on in another. */
#define TASKS                                                                                      \
  "main: call async_a@a.py:1 as A; line 2; call async_b@a.py:10 as B; line 11; yield; yield;"      \
  "call async_a@a.py:1 as C; line 2; call async_b@a.py:10 as D; line 11; yield; yield;"            \
  "worker: call w@w.py:1; line 2; resume A; resume B; line 12; return; line 3; return; line 3;"    \
  "main: resume C; resume D; line 12; return; line 3; return; call m@m.py:1; line 2"

static void
test_next_over_await_stays_in_its_task (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_NEXT };

  record (fixture, TASKS);
  /* From line 2 of the first task: the second one's steps are passed over, into another thread. */
  assert_moves (fixture, 0, &move, "t2 a.py:3 d2, t2 w.py:3 d1");
  assert_moves (fixture, 1, &move, "t2 a.py:12 d3, t2 a.py:3 d2");
  assert_moves (fixture, 2, &move, "t1 a.py:3 d1");
  move.backward = true;
  assert_moves (fixture, 6, &move, "t1 a.py:2 d1");
  move = (ReplayMove){ .kind = REPLAY_MOVE_FINISH };
  assert_moves (fixture, 1, &move, "t2 a.py:3 d2");
  assert_moves (fixture, 3, &move, "t1 a.py:3 d1");
}

static void
test_finish (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_FINISH };

  record (fixture, CALLS);
  assert_moves (fixture, 3, &move, "t1 b.py:3 d2, t1 a.py:4 d1, t1 b.py:2 d2 end");
  move.backward = true;
  assert_moves (fixture, 3, &move, "t1 b.py:2 d2, t1 a.py:3 d1, t1 a.py:2 d1 start");
}

/* Nothing recorded calls them: requests of a server, say. */
static void
test_finish_of_an_outermost_frame_goes_to_the_next_one (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_FINISH };

  record (fixture,
          "main: call f@a.py:1; line 2; line 3; return; call f@a.py:1; line 2; line 3; return;"
          "call f@a.py:1; line 2; return");
  assert_moves (fixture, 0, &move, "t1 a.py:2 d1, t1 a.py:2 d1, t1 a.py:2 d1 end");
  move.backward = true;
  assert_moves (fixture, 4, &move, "t1 a.py:3 d1, t1 a.py:3 d1, t1 a.py:2 d1 start");
}

static void
test_threads_are_apart (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_STEP };

  record (fixture,
          "one: call f@a.py:1; line 2; two: call g@b.py:1; line 2; one: line 3; two: line 3; "
          "one: line 4");
  assert_moves (fixture, 0, &move, "t1 a.py:3 d1, t1 a.py:4 d1, t1 a.py:4 d1 end");
  assert_moves (fixture, 1, &move, "t2 b.py:3 d1, t2 b.py:3 d1 end");
  move.any_thread = true;
  assert_moves (fixture, 0, &move, "t2 b.py:2 d1, t1 a.py:3 d1, t2 b.py:3 d1, t1 a.py:4 d1");
}

static void
test_generators (Fixture *fixture, gconstpointer data)
{
  ReplayMove next = { .kind = REPLAY_MOVE_NEXT };
  ReplayMove finish = { .kind = REPLAY_MOVE_FINISH };

  record (fixture,
          "main: call f@a.py:1; line 2; call g@b.py:1 as g; line 2; yield; line 3; resume g; "
          "line 4; yield; line 2; return");
  assert_moves (fixture, 0, &next, "t1 a.py:3 d1, t1 a.py:2 d1");
  assert_moves (fixture, 1, &next, "t1 a.py:3 d1");
  assert_moves (fixture, 3, &finish, "t1 a.py:2 d1");
  finish.backward = true;
  assert_moves (fixture, 3, &finish, "t1 a.py:3 d1");
}

static TxFileId
get_file (const Fixture *fixture, const char *name)
{
  TxFileId file = 0;

  g_assert_cmpuint (replay_trace_find_file (fixture->trace, name, &file), ==, 1);
  return file;
}

static void
test_breakpoints (Fixture *fixture, gconstpointer data)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  ReplayMove move = { .kind = REPLAY_MOVE_CONTINUE, .breakpoints = breakpoints };
  ReplayMove next = { .kind = REPLAY_MOVE_NEXT, .breakpoints = breakpoints };
  uint32_t id = 0;

  record (fixture, CALLS);
  assert_moves (fixture, 0, &move, "t1 b.py:2 d2 end");
  g_assert_cmpint (replay_breakpoints_add (breakpoints, fixture->trace, get_file (fixture, "b.py"),
                                           2, &id, NULL),
                   ==, TX_OK);
  assert_moves (fixture, 0, &move, "t1 b.py:2 d2 breakpoint, t1 b.py:2 d2 breakpoint");
  assert_moves (fixture, 1, &next, "t1 a.py:4 d1");
  next.stop_at_breakpoints = true;
  assert_moves (fixture, 1, &next, "t1 b.py:2 d2 breakpoint, t1 b.py:3 d2");
  move.backward = true;
  assert_moves (fixture, 6, &move, "t1 b.py:2 d2 breakpoint, t1 a.py:2 d1 start");
  g_assert_true (replay_breakpoints_set_enabled (breakpoints, id, false));
  assert_moves (fixture, 6, &move, "t1 a.py:2 d1 start");
  replay_breakpoints_free (breakpoints);
}

static void
test_run_to (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_RUN_TO, .line = 2 };

  record (fixture, CALLS);
  move.file = get_file (fixture, "b.py");
  assert_moves (fixture, 0, &move, "t1 b.py:2 d2, t1 b.py:2 d2, t1 b.py:2 d2 end");
  move.backward = true;
  assert_moves (fixture, 6, &move, "t1 b.py:2 d2, t1 a.py:2 d1 start");
}

/* --- cancelling --- */

static bool
cancel_cb (void *data, double fraction)
{
  int *n_calls = data;

  g_assert_cmpfloat (fraction, >=, 0);
  g_assert_cmpfloat (fraction, <=, 1);
  return --*n_calls > 0;
}

static void
test_cancelled_moves_change_nothing (Fixture *fixture, gconstpointer data)
{
  int n_calls = 2;
  ReplayProgress progress = { cancel_cb, &n_calls };
  ReplayMove move = { .kind = REPLAY_MOVE_CONTINUE };
  ReplayStop stop = { .position = 4711 };

  record (fixture, "main: call f@a.py:1; repeat 500 ( line 2; line 3; block )");
  g_assert_cmpint (replay_move (fixture->trace, 0, &move, &progress, &stop, NULL), ==,
                   TX_CANCELLED);
  g_assert_cmpuint (stop.position, ==, 4711);
  n_calls = 100000;
  g_assert_cmpint (replay_move (fixture->trace, 0, &move, &progress, &stop, NULL), ==, TX_OK);
  g_assert_cmpint (stop.reason, ==, REPLAY_STOP_END);
  g_assert_cmpuint (stop.position, ==, 999);
}

/* The ring is full for a while: what is dropped shows, also where blocks are skipped by their
 * digest. */
static void
test_dropped_events_are_said (Fixture *fixture, gconstpointer data)
{
  const TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  TraceText *text = trace_text_new (fixture->directory, &options);
  ReplayMove move = { .kind = REPLAY_MOVE_CONTINUE };
  ReplayStop stop;

  trace_text_play (
      text, "pace 1us; main: call f@a.py:1; line 2; block; repeat 3000 ( line 3; line 4; line 5 ); "
            "block; line 6; line 7; block; line 8; line 9; line 8");
  trace_text_close (text);
  open_trace (fixture);
  g_assert_cmpint (replay_move (fixture->trace, 0, &move, NULL, &stop, NULL), ==, TX_OK);
  g_assert_cmpint (stop.reason, ==, REPLAY_STOP_END);
  move = (ReplayMove){ .kind = REPLAY_MOVE_RUN_TO, .line = 8 };
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "a.py", &move.file), ==, 1);
  assert_moves (fixture, 0, &move, "t1 a.py:8 d1 gap, t1 a.py:8 d1");
  move.line = 2;
  move.backward = true;
  assert_moves (fixture, replay_trace_get_n_steps (fixture->trace) - 1, &move, "t1 a.py:2 d1 gap");
}

/* ---- Blocks that can't be read ---- */

/* The digest tells that a coroutine was not left in a block that can't be read. So it is followed
   to where it waited, whether the block is passed over or, for a breakpoint, looked into in vain.
 */
static void
test_unreadable_blocks_are_known_by_digests (Fixture *fixture, gconstpointer data)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  ReplayMove move = { .kind = REPLAY_MOVE_FINISH, .backward = true, .breakpoints = breakpoints };
  uint64_t n_steps;
  TxFileId file;

  trace_text_record (
      fixture->directory,
      "main: call f@a.py:1; line 2; call async_a@a.py:10 as A; line 11; yield; line 3; "
      "line 4; block; resume A; call g@b.py:1; line 2; block; line 3; line 4; block; "
      "line 5; line 6; return; return; return");
  trace_text_damage_block (fixture->directory, 2, false);
  open_trace (fixture);
  n_steps = replay_trace_get_n_steps (fixture->trace);
  assert_moves (fixture, n_steps - 1, &move, "t1 a.py:11 d2");
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "b.py", &file), ==, 1);
  g_assert_cmpint (replay_breakpoints_add (breakpoints, NULL, file, 3, NULL, NULL), ==, TX_OK);
  move.stop_at_breakpoints = true;
  assert_moves (fixture, n_steps - 1, &move, "t1 a.py:11 d2 gap");
  replay_breakpoints_free (breakpoints);
}

/* Four blocks, two a run, the runs a group. The first block has three executions, as only its run
   still tells: so those that can be read have the numbers 1, 5, 6 and 7. */
static void
test_executions_in_unreadable_blocks_are_counted (Fixture *fixture, gconstpointer data)
{
  TraceText *text = trace_text_new (fixture->directory, NULL);
  TxSegmentWriter *segments = &trace_text_get_writer (text)->flusher.segments;
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  ReplayMove move = { .kind = REPLAY_MOVE_CONTINUE, .breakpoints = breakpoints };
  ReplayCondition condition = { .ignore = 1 };
  ReplayStop stop;
  TxFileId file;
  uint32_t id;

  segments->n_run_blocks_max = segments->n_group_runs_max = 2;
  trace_text_play (text,
                   "main: call f@a.py:1; line 2; line 2; line 3; line 2; line 3; line 2; block;"
                   "line 3; line 2; block; line 3; line 2; line 3; line 2; block; line 3;"
                   "line 2; line 3; block; line 4");
  trace_text_close (text);
  trace_text_damage_block (fixture->directory, 0, true);
  open_trace (fixture);
  g_assert_cmpuint (tx_reader_get_n_spans (replay_trace_get_reader (fixture->trace), TX_SPAN_GROUP),
                    ==, 1);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "a.py", &file), ==, 1);
  g_assert_cmpint (replay_breakpoints_add (breakpoints, NULL, file, 2, &id, NULL), ==, TX_OK);
  for (uint64_t ignore = 1; ignore < 8; ignore++)
    {
      static const ReplayPosition expected[] = {
        8, 8, 8, 8, 10, 12
      }; /* the fifth is the first that can be read */

      condition.ignore = ignore;
      g_assert_true (replay_breakpoints_set_condition (breakpoints, id, &condition));
      g_assert_cmpint (replay_move (fixture->trace, 0, &move, NULL, &stop, NULL), ==, TX_OK);
      if (ignore <= G_N_ELEMENTS (expected))
        g_assert_cmpuint (stop.position, ==, expected[ignore - 1]);
      else
        g_assert_cmpint (stop.reason, ==, REPLAY_STOP_END);
    }
  replay_breakpoints_free (breakpoints);
}

static void
test_positions_beyond_the_end (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_STEP };
  ReplayStop stop;
  TxError error;

  record (fixture, CALLS);
  g_assert_cmpint (replay_move (fixture->trace, 7, &move, NULL, &stop, &error), ==, TX_END);
  g_assert_cmpstr (error.message, ==, "there is no step 7: the recording has 7");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/moves/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("step", test_step);
  ADD ("next", test_next);
  ADD ("next-over-await", test_next_over_await_stays_in_its_task);
  ADD ("finish", test_finish);
  ADD ("finish-of-an-outermost-frame", test_finish_of_an_outermost_frame_goes_to_the_next_one);
  ADD ("threads-are-apart", test_threads_are_apart);
  ADD ("generators", test_generators);
  ADD ("breakpoints", test_breakpoints);
  ADD ("run-to", test_run_to);
  ADD ("cancelled-moves-change-nothing", test_cancelled_moves_change_nothing);
  ADD ("dropped-events-are-said", test_dropped_events_are_said);
  ADD ("unreadable-blocks", test_unreadable_blocks_are_known_by_digests);
  ADD ("executions-in-unreadable-blocks", test_executions_in_unreadable_blocks_are_counted);
  ADD ("positions-beyond-the-end", test_positions_beyond_the_end);
  return g_test_run ();
}
