// SPDX-License-Identifier: BSD-3-Clause
// Breakpoints: functions, conditions, how they are typed and printed, on traces written as text.
#include <glib.h>
#include <string.h>

#include "replay/replay-moves.h"
#include "trace-text.h"

typedef struct
{
  char *directory;
  ReplayTrace *trace;
  ReplayBreakpoints *breakpoints;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
  fixture->breakpoints = replay_breakpoints_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  replay_breakpoints_free (fixture->breakpoints);
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

static void
replace (char **text, char *by)
{
  g_free (*text);
  *text = by;
}

/* All stops of continue, forward from before the first step to the end: their positions. Going back
   from the end must meet the same ones. */
static void
assert_stops (Fixture *fixture, const char *expected)
{
  uint64_t n_steps = replay_trace_get_n_steps (fixture->trace);
  g_autofree char *forward = g_strdup ("");
  g_autofree char *back = g_strdup ("");

  for (int backward = 0; backward < 2; backward++)
    {
      ReplayMove move = { .kind = REPLAY_MOVE_CONTINUE,
                          .backward = backward,
                          .breakpoints = fixture->breakpoints };
      ReplayPosition at = backward ? n_steps - 1 : 0;
      char **said = backward ? &back : &forward;
      ReplayStop stop;

      while (replay_move (fixture->trace, at, &move, NULL, &stop, NULL) == TX_OK &&
             stop.reason == REPLAY_STOP_BREAKPOINT)
        {
          g_autofree char *one = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) stop.position);

          g_assert_cmpuint (stop.breakpoint, >, 0);
          at = stop.position;
          if ((*said)[0] == '\0')
            replace (said, g_strdup (one));
          else
            replace (said, backward ? g_strconcat (one, " ", *said, NULL)
                                    : g_strconcat (*said, " ", one, NULL));
        }
    }
  g_assert_cmpstr (forward, ==, expected);
  g_assert_cmpstr (back, ==, expected);
}

/* Adds what is typed; what it stops at, not counting the first and the last step; how it is
 * printed. */
static void
assert_typed (Fixture *fixture, const char *text, const char *stops, const char *printed)
{
  ReplayBreakpointsContext context = { .position = REPLAY_POSITION_NONE };
  TxError error = { 0 };
  char shown[512];
  uint32_t id;

  if (replay_trace_find_file (fixture->trace, "a.py", &context.file) == 0)
    context.file = 0;
  if (replay_breakpoints_add_text (fixture->breakpoints, fixture->trace, text, &context, &id,
                                   &error) != TX_OK)
    g_error ("%s: %s", text, error.message);
  assert_stops (fixture, stops);
  g_assert_cmpuint (replay_breakpoint_format (replay_breakpoints_find_id (fixture->breakpoints, id),
                                              fixture->trace, NULL, shown, sizeof shown),
                    ==, strlen (shown));
  g_assert_cmpstr (shown, ==, printed);
  g_assert_true (replay_breakpoints_remove_id (fixture->breakpoints, id));
  if (replay_breakpoints_add_text (fixture->breakpoints, fixture->trace, shown, &context, &id,
                                   &error) != TX_OK)
    g_error ("%s: %s", shown, error.message);
  assert_stops (fixture, stops);
  g_assert_true (replay_breakpoints_remove_id (fixture->breakpoints, id));
  g_assert_cmpuint (replay_breakpoints_get_count (fixture->breakpoints), ==, 0);
}

static void
assert_refused (Fixture *fixture, const char *text, const char *message)
{
  ReplayBreakpointsContext context = { .position = REPLAY_POSITION_NONE };
  TxError error = { 0 };

  g_assert_cmpint (replay_breakpoints_add_text (fixture->breakpoints, fixture->trace, text,
                                                &context, NULL, &error),
                   ==, TX_ERROR_INVALID);
  g_assert_cmpstr (error.message, ==, message);
  g_assert_cmpuint (replay_breakpoints_get_count (fixture->breakpoints), ==, 0);
}

/* Steps: 0 main:2; 1 handle:12, 2 handle:13, 3 help:31; 4 main:3; 5 help:31, 6 help:32; 7 main:4;
   in another thread 8 run:2; 9 handle:12, 10 help:31; 11 run:3. Each takes a second. */
#define SERVER                                                                                     \
  "pace 1s; main: precise; call main@/src/a.py:1; line 2; call Server.handle@/src/b.py:11; line "  \
  "12; line 13; block;"                                                                            \
  "call help@/src/b.py:30; line 31; return; return; line 3; call help@/src/b.py:30; block; line "  \
  "31; line 32;"                                                                                   \
  "return; line 4; worker: call run@/src/a.py:1; line 2; call Server.handle@/src/b.py:11; line "   \
  "12;"                                                                                            \
  "call help@/src/b.py:30; line 31; return; return; line 3; main: line 5"

static void
test_functions (Fixture *fixture, gconstpointer data)
{
  record (fixture, SERVER);
  assert_typed (fixture, "Server.handle", "1 9", "Server.handle");
  assert_typed (fixture, "handle", "1 9", "handle");
  assert_typed (fixture, "b.py:help", "3 5 10", "b.py:help");
  assert_typed (fixture, "src/b.py:handle", "1 9", "src/b.py:handle");
}

static void
test_lines (Fixture *fixture, gconstpointer data)
{
  record (fixture, SERVER);
  assert_typed (fixture, "b.py:31", "3 5 10", "b.py:31");
  assert_typed (fixture, "3", "4 11", "a.py:3");
  assert_typed (fixture, ":3", "4 11", "a.py:3");
}

static void
test_counts (Fixture *fixture, gconstpointer data)
{
  record (fixture, SERVER);
  assert_typed (fixture, "b.py:31#2", "5", "b.py:31 number 2");
  assert_typed (fixture, "b.py:31 number 3", "10", "b.py:31 number 3");
  assert_typed (fixture, "b.py:31 number 4", "", "b.py:31 number 4");
  assert_typed (fixture, "b.py:31 ignore 1", "5 10", "b.py:31 ignore 1");
  assert_typed (fixture, "help ignore 2", "10", "help ignore 2");
  assert_typed (fixture, "help#2", "5", "help number 2");
  assert_typed (fixture, "help ignore 2 number 2", "", "help number 2 ignore 2");
}

static void
test_conditions (Fixture *fixture, gconstpointer data)
{
  record (fixture, SERVER);
  assert_typed (fixture, "help thread 2", "10", "help thread 2");
  assert_typed (fixture, "help thread worker", "10", "help thread 2");
  assert_typed (fixture, "help from handle", "3 10", "help from handle");
  assert_typed (fixture, "b.py:31 from a.py:main", "3 5", "b.py:31 from a.py:main");
  assert_typed (fixture, "help thread 1 from handle", "3", "help thread 1 from handle");
  assert_typed (fixture, "help from help", "", "help from help");
  /* The number is that of the line, whichever other conditions there are. */
  assert_typed (fixture, "b.py:31#2 from handle", "", "b.py:31 number 2 from handle");
  assert_typed (fixture, "b.py:31 within +6s..+11s", "3 5",
                "b.py:31 within 2023-11-14 22:13:27.000000000+00:00..2023-11-14 "
                "22:13:32.000000000+00:00");
}

static void
test_refusals (Fixture *fixture, gconstpointer data)
{
  record (fixture, SERVER);
  assert_refused (fixture, "", "no place was given (say a line, FILE:LINE or a function)");
  assert_refused (fixture, "12", "'12': no file is shown here (say FILE:LINE)");
  assert_refused (fixture, "c.py:1", "'c.py': no such file was recorded");
  assert_refused (fixture, "b.py:0", "'b.py:0': lines are counted from 1");
  assert_refused (fixture, "b.py:14",
                  "b.py:14: this line was never executed (the next line that was is 31)");
  assert_refused (
      fixture, "nobody",
      "no function 'nobody' was recorded (say its name or the end of its qualified one, "
      "like Server.handle)");
  assert_refused (fixture, "help number 0", "'0': executions are counted from 1");
  assert_refused (fixture, "help number", "'': a number from 1 is expected behind 'number'");
  assert_refused (fixture, "help#2 number 3",
                  "'help#2': the number of the execution is said twice");
  assert_refused (fixture, "help ignore x", "'x': a number is expected behind 'ignore'");
  assert_refused (fixture, "help thread 9",
                  "'9': no thread of the recording has this number or name");
  assert_refused (fixture, "help from nobody", "'nobody': no function of this name was recorded");
  assert_refused (fixture, "help from a from b", "'from': this condition is said twice");
  assert_refused (fixture, "help within +1s",
                  "'+1s': a range of times is expected here, like 12:00..12:05");
  assert_refused (fixture, "help within +1d",
                  "'+1d' is 2023-11-15 22:13:21.000+00:00, outside of the recording, which covers "
                  "2023-11-14 22:13:21.000+00:00 to 2023-11-14 22:13:45.000+00:00");
  assert_refused (fixture, "b.py:\033[2J",
                  "no function 'b.py:?[2J' was recorded (say its name or the end of its "
                  "qualified one, like Server.handle)");
}

/* A generator goes on: no call. A frame that runs since before recording, neither. */
static void
test_only_calls_count (Fixture *fixture, gconstpointer data)
{
  record (fixture,
          "main: existing f@a.py:1 5; line 6; call g@a.py:10 as G; line 11; yield; line 7;"
          "resume G; block; line 12; return; line 8; call f@a.py:1; call h@a.py:20; line 21;"
          "return; block; line 2; line 3");
  assert_typed (fixture, "g", "1", "g");
  assert_typed (fixture, "f", "6", "f");
}

/* Frames that no block holds are looked up in earlier ones. */
static void
test_callers_far_out (Fixture *fixture, gconstpointer data)
{
  record (fixture, "main: call top@a.py:1; line 2; repeat 1500 ( call f@a.py:10; line 11 ); block;"
                   "call leaf@a.py:30; line 31; line 32; return; line 12");
  assert_typed (fixture, "leaf from top", "1501", "leaf from top");
  assert_typed (fixture, "leaf from leaf", "", "leaf from leaf");
  assert_typed (fixture, "a.py:32 from top", "1502", "a.py:32 from top");
}

static void
test_next_stops_at_conditions (Fixture *fixture, gconstpointer data)
{
  ReplayMove move = { .kind = REPLAY_MOVE_NEXT,
                      .stop_at_breakpoints = true,
                      .breakpoints = fixture->breakpoints };
  const ReplayCondition second = { .number = 2 };
  ReplayStop stop;
  uint32_t id;

  record (fixture, SERVER);
  g_assert_cmpint (
      replay_breakpoints_add_function (fixture->breakpoints, fixture->trace, "help", &id, NULL), ==,
      TX_OK);
  g_assert_true (replay_breakpoints_set_condition (fixture->breakpoints, id, &second));
  g_assert_cmpint (replay_move (fixture->trace, 0, &move, NULL, &stop, NULL), ==, TX_OK);
  g_assert_cmpuint (stop.position, ==, 4);
  g_assert_cmpint (stop.reason, ==, REPLAY_STOP_ARRIVED);
  g_assert_cmpint (replay_move (fixture->trace, 4, &move, NULL, &stop, NULL), ==, TX_OK);
  g_assert_cmpuint (stop.position, ==, 5);
  g_assert_cmpint (stop.reason, ==, REPLAY_STOP_BREAKPOINT);
  g_assert_cmpuint (stop.breakpoint, ==, id);
}

static void
test_sets_own_their_strings (Fixture *fixture, gconstpointer data)
{
  char name[] = "help", caller[] = "handle";
  const ReplayCondition condition = { .caller = caller };
  ReplayBreakpoints *copy;
  uint32_t id, again;

  g_assert_cmpint (replay_breakpoints_add_function (fixture->breakpoints, NULL, name, &id, NULL),
                   ==, TX_OK);
  g_assert_true (replay_breakpoints_set_condition (fixture->breakpoints, id, &condition));
  name[0] = caller[0] = 'x';
  copy = replay_breakpoints_copy (fixture->breakpoints);
  g_assert_true (replay_breakpoints_remove_id (fixture->breakpoints, id));
  g_assert_cmpstr (replay_breakpoints_find_id (copy, id)->function, ==, "help");
  g_assert_cmpstr (replay_breakpoints_find_id (copy, id)->condition.caller, ==, "handle");
  g_assert_nonnull (replay_breakpoints_find_function (copy, "help"));
  g_assert_cmpint (replay_breakpoints_add_function (copy, NULL, "help", &again, NULL), ==, TX_OK);
  g_assert_cmpuint (again, ==, id);
  g_assert_true (replay_breakpoints_set_condition (copy, id, NULL));
  g_assert_null (replay_breakpoints_find_id (copy, id)->condition.caller);
  replay_breakpoints_free (copy);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/breakpoints/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("functions", test_functions);
  ADD ("lines", test_lines);
  ADD ("counts", test_counts);
  ADD ("conditions", test_conditions);
  ADD ("refusals", test_refusals);
  ADD ("only-calls-count", test_only_calls_count);
  ADD ("callers-far-out", test_callers_far_out);
  ADD ("next-stops-at-conditions", test_next_stops_at_conditions);
  ADD ("sets-own-their-strings", test_sets_own_their_strings);
  return g_test_run ();
}
