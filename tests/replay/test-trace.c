// SPDX-License-Identifier: BSD-3-Clause
// What is at a position: steps, stacks, times, hits, lines of files; against the slow reference and
// on traces written as text.
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "test-seed.h"
#include "trace-text.h"

typedef struct
{
  char *directory;
  ReplayTrace *trace;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
  fixture->trace = NULL;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  replay_trace_close (fixture->trace);
  trace_text_remove_directory (fixture->directory);
}

static void
record (Fixture *fixture, const char *text)
{
  TxError error = { 0 };

  trace_text_record (fixture->directory, text);
  fixture->trace = replay_trace_open (fixture->directory, &error);
  if (fixture->trace == NULL)
    g_error ("%s", error.message);
}

static GRand *
new_random (void)
{
  return g_rand_new_with_seed ((guint32) g_test_rand_int ());
}

static void
record_random (Fixture *fixture, GRand *random, unsigned n_events, unsigned block_events)
{
  g_autofree char *program = reference_make_program (random, n_events, block_events);

  record (fixture, program);
}

static void
test_steps (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = new_random ();
  Reference *reference;

  record_random (fixture, random, 3000, 100);
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  g_assert_cmpuint (replay_trace_get_n_steps (fixture->trace), ==,
                    reference_get_n_steps (reference));
  for (size_t i = 0; i < reference_get_n_steps (reference); i++)
    {
      const RefItem *item = reference_get (reference, reference_get_step (reference, i));
      ReplayStep step;

      g_assert_cmpint (replay_trace_get_step (fixture->trace, i, &step, NULL), ==, TX_OK);
      g_assert_cmpuint (item->position, ==, i);
      g_assert_cmpuint (step.position, ==, i);
      g_assert_cmpuint (step.line, ==, item->event.line);
      g_assert_cmpuint (step.file, ==, item->file);
      g_assert_cmpuint (step.function, ==, item->event.function);
      g_assert_cmpuint (step.thread, ==, item->event.thread);
      g_assert_cmpuint (step.depth, ==, item->event.depth);
      g_assert_cmpint (step.mono_ns, ==, item->event.time_ns);
      g_assert_cmpint (step.real_ns - step.mono_ns, ==, TRACE_TEXT_REAL_NS - TRACE_TEXT_MONO_NS);
    }
  reference_free (reference);
}

static void
test_durations (Fixture *fixture, gconstpointer data)
{
  static const int64_t expected_us[] = { 5, 30, 20, 7, -1 };

  record (
      fixture,
      "main: precise; call f@a.py:1; line 2; +5us; line 3; +10us; call g@a.py:10; line 11; +20us;"
      "return; line 4; +7us; return; call f@a.py:1; line 2");
  for (size_t i = 0; i < G_N_ELEMENTS (expected_us); i++)
    {
      ReplayStep step;

      g_assert_cmpint (replay_trace_get_step (fixture->trace, i, &step, NULL), ==, TX_OK);
      g_assert_cmpint (step.duration_ns, ==, expected_us[i] < 0 ? -1 : expected_us[i] * 1000);
    }
}

static void
test_stacks (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = new_random ();
  Reference *reference;
  gint32 n_steps;

  record_random (fixture, random, 4000, 30);
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  n_steps = (gint32) reference_get_n_steps (reference);
  for (int i = 0; i < 1000; i++)
    {
      size_t at = (size_t) g_rand_int_range (random, 0, n_steps);
      TxThreadId own = reference_get (reference, reference_get_step (reference, at))->event.thread;
      TxThreadId thread = i % 2 == 0 ? 0 : (TxThreadId) g_rand_int_range (random, 1, 5);
      g_autoptr (GArray) expected = reference_get_stack (reference, at, thread == 0 ? own : thread);
      ReplayFrame frames[100];
      size_t n_frames;
      uint32_t depth;

      g_assert_cmpint (replay_trace_get_stack (fixture->trace, at, thread, frames,
                                               G_N_ELEMENTS (frames), &n_frames, &depth, NULL),
                       ==, TX_OK);
      g_assert_cmpuint (depth, ==, expected->len);
      g_assert_cmpuint (n_frames, ==, MIN (depth, G_N_ELEMENTS (frames)));
      for (size_t k = 0; k < n_frames; k++)
        {
          const ReplayFrame *frame = &g_array_index (expected, ReplayFrame, k);

          g_assert_cmpuint (frames[k].depth, ==, depth - k);
          g_assert_cmpuint (frames[k].function, ==, frame->function);
          g_assert_cmpuint (frames[k].file, ==, frame->file);
          g_assert_cmpuint (frames[k].line, ==, frame->line);
        }
    }
  reference_free (reference);
}

/* More frames than a block states. */
static void
test_stack_of_deep_recursion (Fixture *fixture, gconstpointer data)
{
  enum
  {
    DEPTH = 5000
  };
  g_autofree ReplayFrame *frames = g_new0 (ReplayFrame, DEPTH);
  ReplayPosition position;
  size_t n_frames;
  uint32_t depth;

  record (fixture,
          "main: repeat 50 ( repeat 100 ( call f@a.py:1; line 2; line 3 ); block ); line 4; block; "
          "line 5");
  position = replay_trace_get_n_steps (fixture->trace) - 1;
  g_assert_cmpint (
      replay_trace_get_stack (fixture->trace, position, 0, frames, DEPTH, &n_frames, &depth, NULL),
      ==, TX_OK);
  g_assert_cmpuint (depth, ==, DEPTH);
  g_assert_cmpuint (n_frames, ==, DEPTH);
  for (uint32_t i = 0; i < DEPTH; i++)
    {
      g_assert_cmpuint (frames[i].depth, ==, DEPTH - i);
      g_assert_cmpuint (frames[i].line, ==, i == 0 ? 5 : 3);
    }
  g_assert_cmpint (
      replay_trace_get_frame_step (fixture->trace, position, 17, &position, NULL, NULL), ==, TX_OK);
  g_assert_cmpuint (position, ==, 16 * 2 + 1);
}

static void
test_frame_steps (Fixture *fixture, gconstpointer data)
{
  ReplayPosition position = 0;

  record (
      fixture,
      "main: call f@a.py:1; line 2; line 3; block; call g@a.py:10; line 11; other: call h@b.py:1; "
      "line 2; block; main: call h@b.py:1; line 2; line 3");
  g_assert_cmpint (replay_trace_get_frame_step (fixture->trace, 5, 3, &position, NULL, NULL), ==,
                   TX_OK);
  g_assert_cmpuint (position, ==, 5);
  g_assert_cmpint (replay_trace_get_frame_step (fixture->trace, 5, 2, &position, NULL, NULL), ==,
                   TX_OK);
  g_assert_cmpuint (position, ==, 2);
  g_assert_cmpint (replay_trace_get_frame_step (fixture->trace, 5, 1, &position, NULL, NULL), ==,
                   TX_OK);
  g_assert_cmpuint (position, ==, 1);
  g_assert_cmpint (replay_trace_get_frame_step (fixture->trace, 5, 4, &position, NULL, NULL), ==,
                   TX_ERROR_INVALID);
}

static void
test_seeking_by_time (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = new_random ();
  Reference *reference;
  int64_t start_ns, end_ns;

  record_random (fixture, random, 3000, 50);
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
  for (int i = 0; i < 2000; i++)
    {
      int64_t real_ns =
          start_ns - 1000 +
          (int64_t) g_rand_double_range (random, 0, (double) (end_ns - start_ns + 2000));
      ReplayPosition expected = 0, got;

      for (size_t k = 0; k < reference_get_n_steps (reference); k++)
        {
          const RefItem *item = reference_get (reference, reference_get_step (reference, k));

          if (item->event.time_ns + TRACE_TEXT_REAL_NS - TRACE_TEXT_MONO_NS <= real_ns)
            expected = item->position;
        }
      g_assert_cmpint (replay_trace_seek_time (fixture->trace, real_ns, &got, NULL), ==, TX_OK);
      g_assert_cmpuint (got, ==, expected);
    }
  reference_free (reference);
}

static void
test_hits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = new_random ();
  Reference *reference;
  size_t n_steps;

  record_random (fixture, random, 3000, 60);
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  n_steps = reference_get_n_steps (reference);
  for (int i = 0; i < 400; i++)
    {
      size_t at = (size_t) g_rand_int_range (random, 0, (gint32) n_steps);
      const RefItem *item = reference_get (reference, reference_get_step (reference, at));
      uint64_t expected_index = 0, expected_count = 0, index, count;
      ReplayPosition before = REPLAY_POSITION_NONE, after = REPLAY_POSITION_NONE, got;

      for (size_t k = 0; k < n_steps; k++)
        {
          const RefItem *other = reference_get (reference, reference_get_step (reference, k));

          if (other->file != item->file || other->event.line != item->event.line)
            continue;
          expected_count++;
          expected_index += k <= at;
          if (k < at)
            before = k;
          if (k > at && after == REPLAY_POSITION_NONE)
            after = k;
        }
      g_assert_cmpint (replay_hits_index (fixture->trace, at, NULL, &index, &count, NULL), ==,
                       TX_OK);
      g_assert_cmpuint (index, ==, expected_index);
      g_assert_cmpuint (count, ==, expected_count);
      g_assert_cmpint (
          replay_hits_count (fixture->trace, item->file, item->event.line, NULL, &count, NULL), ==,
          TX_OK);
      g_assert_cmpuint (count, ==, expected_count);
      g_assert_cmpint (
          replay_hits_nth (fixture->trace, item->file, item->event.line, index, NULL, &got, NULL),
          ==, TX_OK);
      g_assert_cmpuint (got, ==, at);
      g_assert_cmpint (replay_hits_nth (fixture->trace, item->file, item->event.line, count + 1,
                                        NULL, &got, NULL),
                       ==, TX_END);
      for (int backward = 0; backward < 2; backward++)
        {
          ReplayPosition expected = backward ? before : after;
          TxStatus status = replay_hits_near (fixture->trace, item->file, item->event.line, at,
                                              backward, NULL, &got, NULL);

          g_assert_cmpint (status, ==, expected == REPLAY_POSITION_NONE ? TX_END : TX_OK);
          if (status == TX_OK)
            g_assert_cmpuint (got, ==, expected);
        }
    }
  reference_free (reference);
}

static TxFileId
get_file (const Fixture *fixture, const char *name)
{
  TxFileId file = 0;

  g_assert_cmpuint (replay_trace_find_file (fixture->trace, name, &file), ==, 1);
  return file;
}

static void
assert_slowest (Fixture *fixture, uint32_t line, ReplayPosition position, int64_t duration_us)
{
  ReplayPosition got;
  int64_t duration_ns;

  g_assert_cmpint (replay_hits_slowest (fixture->trace, get_file (fixture, "a.py"), line, NULL,
                                        &got, &duration_ns, NULL),
                   ==, TX_OK);
  g_assert_cmpuint (got, ==, position);
  g_assert_cmpint (duration_ns, ==, duration_us * 1000);
}

static void
test_slowest_hits (Fixture *fixture, gconstpointer data)
{
  ReplayPosition position;
  int64_t duration_ns;

  record (
      fixture,
      "main: precise; call f@a.py:1; line 2; +5us; line 3; +1us; line 2; +50us; line 3; +2us; "
      "block; "
      "line 2; +9us; line 4; +10us; block; call g@a.py:10; line 11; +5us; block; +5us; line 12; "
      "return; +1us; line 5; +3us; line 4; +1us; line 5");
  assert_slowest (fixture, 2, 2, 50);
  assert_slowest (fixture, 3, 3, 2);
  assert_slowest (fixture, 4, 5, 21); /* begins two blocks before its end */
  assert_slowest (fixture, 11, 6, 10);
  g_assert_cmpint (replay_hits_slowest (fixture->trace, get_file (fixture, "a.py"), 99, NULL,
                                        &position, &duration_ns, NULL),
                   ==, TX_END);
}

static void
test_files_are_found_by_the_end_of_their_path (Fixture *fixture, gconstpointer data)
{
  TxFileId file;

  record (fixture,
          "main: call f@/x/core.py:1; line 2; call g@/y/core.py:1; line 2; call h@/y/score.py:1; "
          "line 2");
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "core.py", &file), ==, 2);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "y/core.py", &file), ==, 1);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "/x/core.py", &file), ==, 1);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "score.py", &file), ==, 1);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "ore.py", &file), ==, 0);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "", &file), ==, 0);
}

static void
test_lines_of_a_file (Fixture *fixture, gconstpointer data)
{
  g_autofree ReplayFileLine *lines = NULL;
  g_autoptr (GString) said = g_string_new (NULL);
  ReplayLineState state;
  size_t n_lines;

  record (fixture, "main: precise; call f@a.py:1; line 2; +1us; line 3; +2us; line 2; +3us; block; "
                   "line 3; +4us; "
                   "call g@b.py:1; line 2; +5us; return; +6us; return");
  g_assert_cmpint (replay_trace_dup_file_lines (fixture->trace, get_file (fixture, "a.py"), &lines,
                                                &n_lines, NULL, NULL),
                   ==, TX_OK);
  for (size_t i = 0; i < n_lines; i++)
    g_string_append_printf (
        said, "%u: %d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "; ",
        lines[i].line, lines[i].state, (guint64) lines[i].hits, (guint64) lines[i].self_ns,
        (guint64) lines[i].cumulated_ns);
  g_assert_cmpstr (said->str, ==, "2: 0 2 4000 4000; 3: 0 2 12000 17000; ");
  g_assert_cmpint (
      replay_trace_get_line_state (fixture->trace, get_file (fixture, "a.py"), 4, &state, NULL), ==,
      TX_OK);
  g_assert_cmpint (state, ==, REPLAY_LINE_UNKNOWN);
}

static void
test_breakpoints_on_lines_that_never_ran_are_refused (Fixture *fixture, gconstpointer data)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  uint32_t id = 0;
  TxError error;

  record (fixture, "main: call f@a.py:1; line 2; line 5");
  g_assert_cmpint (replay_breakpoints_add (breakpoints, fixture->trace, get_file (fixture, "a.py"),
                                           3, &id, &error),
                   ==, TX_ERROR_INVALID);
  g_assert_cmpstr (error.message, ==,
                   "a.py:3: this line was never executed (the next line that was is 5)");
  g_assert_cmpint (replay_breakpoints_add (breakpoints, fixture->trace, get_file (fixture, "a.py"),
                                           6, &id, &error),
                   ==, TX_ERROR_INVALID);
  g_assert_cmpstr (error.message, ==, "a.py:6: this line was never executed");
  g_assert_cmpuint (replay_breakpoints_get_count (breakpoints), ==, 0);
  replay_breakpoints_free (breakpoints);
}

static void
test_breakpoint_sets (void)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  ReplayBreakpoints *copy;
  uint32_t first = 0, second = 0, again = 0;

  g_assert_cmpint (replay_breakpoints_add (breakpoints, NULL, 1, 10, &first, NULL), ==, TX_OK);
  g_assert_cmpint (replay_breakpoints_add (breakpoints, NULL, 1, 20, &second, NULL), ==, TX_OK);
  g_assert_cmpint (replay_breakpoints_add (breakpoints, NULL, 1, 10, &again, NULL), ==, TX_OK);
  g_assert_cmpuint (first, ==, again);
  copy = replay_breakpoints_copy (breakpoints);
  g_assert_true (replay_breakpoints_remove (breakpoints, 1, 10));
  g_assert_false (replay_breakpoints_remove (breakpoints, 1, 10));
  g_assert_cmpuint (replay_breakpoints_get_count (breakpoints), ==, 1);
  g_assert_cmpuint (replay_breakpoints_get (breakpoints, 0)->id, ==, second);
  g_assert_null (replay_breakpoints_get (breakpoints, 1));
  g_assert_nonnull (replay_breakpoints_find (copy, 1, 10));
  g_assert_cmpint (replay_breakpoints_add (breakpoints, NULL, 1, 10, &again, NULL), ==, TX_OK);
  g_assert_cmpuint (again, >, second);
  replay_breakpoints_free (copy);
  replay_breakpoints_free (breakpoints);
}

static void
test_an_empty_recording (Fixture *fixture, gconstpointer data)
{
  ReplayPosition position;
  ReplayStep step;
  TxError error;

  record (fixture, "");
  g_assert_cmpuint (replay_trace_get_n_steps (fixture->trace), ==, 0);
  g_assert_cmpint (replay_trace_get_step (fixture->trace, 0, &step, &error), ==, TX_END);
  g_assert_cmpint (replay_trace_seek_time (fixture->trace, 0, &position, &error), ==, TX_END);
  g_assert_cmpint (replay_trace_skip_missing (fixture->trace, 0, true, &position), ==, TX_END);
}

static void
test_refresh_follows_a_recording (Fixture *fixture, gconstpointer data)
{
  TraceText *text = trace_text_new (fixture->directory, NULL);
  uint64_t count;
  bool changed;

  trace_text_play (text, "main: call f@a.py:1; line 2; line 3");
  fixture->trace = replay_trace_open (fixture->directory, NULL);
  g_assert_nonnull (fixture->trace);
  g_assert_cmpuint (replay_trace_get_n_steps (fixture->trace), ==, 2);
  g_assert_cmpint (
      replay_hits_count (fixture->trace, get_file (fixture, "a.py"), 2, NULL, &count, NULL), ==,
      TX_OK);
  g_assert_cmpuint (count, ==, 1);
  for (int i = 1; i <= 20; i++)
    {
      trace_text_play (text, i % 5 == 0 ? "line 2; line 3; block" : "line 2; line 3");
      g_assert_cmpint (replay_trace_refresh (fixture->trace, &changed, NULL), ==, TX_OK);
      g_assert_true (changed);
      g_assert_cmpuint (replay_trace_get_n_steps (fixture->trace), ==, 2 + 2 * i);
      g_assert_cmpint (
          replay_hits_count (fixture->trace, get_file (fixture, "a.py"), 2, NULL, &count, NULL), ==,
          TX_OK);
      g_assert_cmpuint (count, ==, 1 + i);
    }
  trace_text_close (text);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
#define ADD(name, func) g_test_add ("/trace/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("steps", test_steps);
  ADD ("durations", test_durations);
  ADD ("stacks", test_stacks);
  ADD ("stack-of-deep-recursion", test_stack_of_deep_recursion);
  ADD ("frame-steps", test_frame_steps);
  ADD ("seeking-by-time", test_seeking_by_time);
  ADD ("hits", test_hits);
  ADD ("slowest-hits", test_slowest_hits);
  ADD ("files", test_files_are_found_by_the_end_of_their_path);
  ADD ("lines-of-a-file", test_lines_of_a_file);
  ADD ("breakpoints-are-refused", test_breakpoints_on_lines_that_never_ran_are_refused);
  g_test_add_func ("/trace/breakpoint-sets", test_breakpoint_sets);
  ADD ("empty", test_an_empty_recording);
  ADD ("refresh", test_refresh_follows_a_recording);
  return g_test_run ();
}
