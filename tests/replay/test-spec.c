// SPDX-License-Identifier: BSD-3-Clause
// Positions as people say them, to positions and back.
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "replay/replay-gaps.h"
#include "replay/replay-spec.h"
#include "trace-text.h"

typedef struct
{
  char *directory;
  char *state;
  ReplayTrace *trace;
  ReplayBookmarks *bookmarks;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
  fixture->state = trace_text_make_directory ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  char *kept = g_build_filename (fixture->state, "bookmarks", NULL);

  if (g_file_test (kept, G_FILE_TEST_EXISTS))
    trace_text_remove_directory (kept);
  else
    g_free (kept);
  trace_text_remove_directory (fixture->state);
  replay_bookmarks_close (fixture->bookmarks);
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
  fixture->bookmarks = replay_bookmarks_open (fixture->trace, fixture->state, NULL);
  g_assert_nonnull (fixture->bookmarks);
}

/* Steps 0 to 9, a second each from 22:13:22 on: lines 2 3 4 2 3 4 ... of a.py, then two of x/b.py,
   and one of y/b.py. */
static void
record (Fixture *fixture)
{
  trace_text_record (
      fixture->directory,
      "pace 1s; main: precise; call f@/src/a.py:1; repeat 2 ( line 2; line 3; line 4 );"
      "block; line 2; call g@/src/x/b.py:1; line 2; line 3; return;"
      "call h@/src/y/b.py:1; line 2");
  open_trace (fixture);
}

/* What a text means: "position" or "from..to", with "gap" and the note behind; or the complaint. */
static char *
say (Fixture *fixture, const char *text, ReplayPosition current)
{
  ReplaySpecContext context = { .current = current,
                                .bookmarks = fixture->bookmarks,
                                .allow_range = true };
  TxError error = { 0 };
  ReplaySpec spec;
  g_autofree char *to = NULL;

  (void) replay_trace_find_file (fixture->trace, "a.py", &context.file);
  if (replay_spec_resolve (fixture->trace, text, &context, NULL, &spec, &error) != TX_OK)
    return g_strdup (error.message);
  if (spec.is_range)
    to = g_strdup_printf ("..%" G_GUINT64_FORMAT, (guint64) spec.to.position);
  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s%s%s%s", (guint64) spec.from.position,
                          to ? to : "", spec.from.in_gap ? " gap" : "", spec.note[0] ? ": " : "",
                          spec.note);
}

#define ASSERT_SAID(text, current, expected)                                                       \
  do                                                                                               \
    {                                                                                              \
      g_autofree char *_said = say (fixture, text, current);                                       \
                                                                                                   \
      g_assert_cmpstr (_said, ==, expected);                                                       \
    }                                                                                              \
  while (0)

static void
test_times (Fixture *fixture, gconstpointer data)
{
  record (fixture);
  ASSERT_SAID ("start", 5, "0");
  ASSERT_SAID ("end", 5, "9");
  ASSERT_SAID ("+2s", 3, "5");
  ASSERT_SAID ("-1s", 3, "2");
  ASSERT_SAID ("2023-11-14 22:13:24Z", 0, "2");
  ASSERT_SAID ("22:13:24", 0, "2: taken as of 2023-11-14");
  ASSERT_SAID ("+1s..+3s", 0, "1..3");
  ASSERT_SAID ("2023-11-14 22:13:25.5 +2s", 0, "3..5");
  ASSERT_SAID ("+1h", 0,
               "'+1h' is 2023-11-14 23:13:22.000+00:00, outside of the recording, which covers "
               "2023-11-14 22:13:21.000+00:00 to 2023-11-14 22:13:34.000+00:00");
}

static void
test_executions (Fixture *fixture, gconstpointer data)
{
  record (fixture);
  ASSERT_SAID ("a.py:2#1", 0, "0");
  ASSERT_SAID ("src/a.py:2#3", 0, "6");
  ASSERT_SAID ("a.py:2#last", 0, "6");
  ASSERT_SAID (":3#2", 0, "4");
  ASSERT_SAID ("a.py:2#1..a.py:4#2", 0, "0..5");
  ASSERT_SAID ("a.py:4#2..a.py:2#1", 0, "the range ends before it begins");
  ASSERT_SAID ("a.py:2#4", 0, "this line has 3 executions");
  ASSERT_SAID ("a.py:7#1", 0, "this line has 0 executions");
  ASSERT_SAID ("a.py:7#last", 0, "line 7 was never executed");
  ASSERT_SAID ("c.py:7#1", 0, "no file 'c.py' was recorded");
  ASSERT_SAID ("b.py:2#1", 0, "2 recorded files end in 'b.py' (give more of the path)");
  ASSERT_SAID ("x/b.py:2#1", 0, "7");
}

static void
test_steps_and_bookmarks (Fixture *fixture, gconstpointer data)
{
  record (fixture);
  g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 4, 0, "slow query", NULL, NULL), ==,
                   TX_OK);
  g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 6, 0, "slow start", NULL, NULL), ==,
                   TX_OK);
  ASSERT_SAID ("step 3", 0, "3");
  ASSERT_SAID ("step 10", 0, "there is no step 10: the recording has 10");
  ASSERT_SAID ("step 99999999999999999999", 0,
               "'step 99999999999999999999': no step has such a number");
  ASSERT_SAID ("m1", 0, "4");
  ASSERT_SAID ("bookmark 2", 0, "6");
  ASSERT_SAID ("bookmark slow q", 0, "4");
  ASSERT_SAID ("m1..m2", 0, "4..6");
  ASSERT_SAID ("step 2..bookmark slow s", 0, "2..6");
  ASSERT_SAID ("m3", 0, "there is no bookmark 3");
  ASSERT_SAID ("bookmark slow", 0,
               "2 bookmarks have the note 'slow' (say the number of one, like m3)");
  ASSERT_SAID ("bookmark fast\033[2J", 0, "no bookmark has the note 'fast?[2J'");
}

static void
test_nothing_recorded (Fixture *fixture, gconstpointer data)
{
  trace_text_record (fixture->directory, "");
  open_trace (fixture);
  ASSERT_SAID ("start", REPLAY_POSITION_NONE, "nothing was recorded");
}

static void
test_times_only (Fixture *fixture, gconstpointer data)
{
  const ReplaySpecContext context = { .current = REPLAY_POSITION_NONE, .allow_range = true };
  ReplaySpec spec;

  record (fixture);
  g_assert_cmpint (
      replay_spec_resolve_times (fixture->trace, "+2s..a.py:2#3", &context, NULL, &spec, NULL), ==,
      TX_OK);
  g_assert_cmpuint (spec.from.position, ==, REPLAY_POSITION_NONE);
  g_assert_true (spec.from.is_time);
  g_assert_cmpint (spec.to.real_ns - spec.from.real_ns, ==, 5 * G_GINT64_CONSTANT (1000000000));
  g_assert_false (spec.to.is_time);
}

static void
assert_spoken (Fixture *fixture, ReplayPosition position, const char *expected)
{
  char text[REPLAY_SPEC_FORMAT_SIZE];
  TxError error = { 0 };

  if (replay_spec_format (fixture->trace, position, NULL, text, sizeof text, &error) != TX_OK)
    g_error ("%s", error.message);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_spoken (Fixture *fixture, gconstpointer data)
{
  char text[REPLAY_SPEC_FORMAT_SIZE];

  record (fixture);
  assert_spoken (fixture, 0, "a.py:2#1");
  assert_spoken (fixture, 6, "a.py:2#3");
  assert_spoken (fixture, 8, "x/b.py:3#1");
  assert_spoken (fixture, 9, "y/b.py:2#1");
  g_assert_cmpint (replay_spec_format (fixture->trace, 10, NULL, text, sizeof text, NULL), ==,
                   TX_END);
}

/* Names that can't be said, or would be understood as something else. */
static void
test_names_that_cannot_be_said (Fixture *fixture, gconstpointer data)
{
  trace_text_record (fixture->directory,
                     "main: call f@/s/a\033b.py:1; line 2; call g@/s/a#1.py:1; line 2;"
                     "call h@/s/a..b.py:1; line 2; call i@/s/d-e.py:1; line 2");
  open_trace (fixture);
  assert_spoken (fixture, 0, "step 0");
  assert_spoken (fixture, 1, "step 1");
  assert_spoken (fixture, 2, "step 2");
  assert_spoken (fixture, 3, "d-e.py:2#1");
}

/* A segment is gone: its steps keep their numbers, where they are known. */
static void
test_gaps (Fixture *fixture, gconstpointer data)
{
  const TxWriterOptions options = { .segment_size_bytes = 1 };
  TraceText *text = trace_text_new (fixture->directory, &options);
  g_autofree char *lost = g_build_filename (fixture->directory, "blocks.00001", NULL);
  ReplayGap gap;
  char said[160];

  trace_text_play (text,
                   "pace 1s; main: call f@a.py:1; lines 2-5; block; lines 6-9; block; lines 10-13");
  trace_text_close (text);
  g_assert_cmpint (g_unlink (lost), ==, 0);
  open_trace (fixture);
  g_assert_cmpint (replay_trace_find_gap (fixture->trace, REPLAY_POSITION_NONE, false, &gap, NULL),
                   ==, TX_OK);
  g_assert_cmpint (gap.kind, ==, REPLAY_GAP_EVICTED); /* its totals are left */
  g_assert_cmpuint (gap.first, ==, 4);
  g_assert_cmpuint (gap.n_steps, ==, 4);
  g_assert_cmpuint (gap.n_blocks, ==, 1);
  replay_gap_describe (&gap, said, sizeof said);
  g_assert_cmpstr (said, ==,
                   "4 steps are missing here: removed to bound the size of the recording");
  g_assert_cmpint (replay_trace_find_gap (fixture->trace, 4, false, &gap, NULL), ==, TX_END);
  g_assert_cmpint (replay_trace_find_gap (fixture->trace, 9, true, &gap, NULL), ==, TX_OK);
  g_assert_cmpint (replay_trace_get_gap (fixture->trace, 6, &gap, NULL), ==, TX_OK);
  g_assert_cmpuint (gap.first, ==, 4);
  g_assert_true (gap.has_times);
  g_assert_cmpint (gap.from_real_ns, <, gap.to_real_ns);
  g_assert_cmpint (replay_trace_get_gap (fixture->trace, 3, &gap, NULL), ==, TX_END);
  g_assert_cmpint (replay_trace_get_gap (fixture->trace, 12, &gap, NULL), ==, TX_END);
  ASSERT_SAID ("step 6", 0, "6 gap");
  ASSERT_SAID ("step 6..end", 0, "6..11 gap");
  assert_spoken (fixture, 6, "step 6");
  assert_spoken (fixture, 8, "a.py:10#1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/spec/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("times", test_times);
  ADD ("executions", test_executions);
  ADD ("steps-and-bookmarks", test_steps_and_bookmarks);
  ADD ("nothing-recorded", test_nothing_recorded);
  ADD ("times-only", test_times_only);
  ADD ("spoken", test_spoken);
  ADD ("names-that-cannot-be-said", test_names_that_cannot_be_said);
  ADD ("gaps", test_gaps);
  return g_test_run ();
}
