// SPDX-License-Identifier: BSD-3-Clause
// Bounds hold: random programs are recorded twice, once as usual, with times that are estimates for
// the most part, and once with the time of every event. No time, duration or sum of a line of the
// first may differ from the second's by more than it says.
#include <glib.h>
#include <string.h>

#include "reference.h"
#include "replay/replay-hotspots.h"
#include "test-seed.h"
#include "trace-text.h"
#include "trace/tx-writer-private.h"

typedef struct
{
  char *directory;
  ReplayTrace *trace;
} Recording;

typedef struct
{
  guint64 n_steps, n_durations, n_figures, n_narrow;
} Counts;

/* With runs and groups of few blocks, so that they have a part in short recordings. */
static Recording
record (const char *program, bool precise)
{
  Recording self = { .directory = trace_text_make_directory () };
  TraceText *recorder = trace_text_new (self.directory, NULL);
  TxSegmentWriter *segments = &trace_text_get_writer (recorder)->flusher.segments;
  g_autoptr (GString) text = g_string_new (NULL);
  TxError error = { 0 };

  segments->n_run_blocks_max = 4;
  segments->n_group_runs_max = 3;
  segments->thread_share = 0;

  for (int i = 0; i < 4; i++)
    g_string_append_printf (text, "t%d: %s;", i, precise ? "precise" : "imprecise");
  g_string_append (text, program);
  trace_text_play (recorder, text->str);
  trace_text_close (recorder);
  self.trace = replay_trace_open (self.directory, &error);
  if (self.trace == NULL)
    g_error ("%s", error.message);
  return self;
}

static void
clear (Recording *self)
{
  replay_trace_close (self->trace);
  trace_text_remove_directory (self->directory);
}

static guint64
get_distance (gint64 a, gint64 b)
{
  return a > b ? (guint64) (a - b) : (guint64) (b - a);
}

/* Each step's time, and how long it ran. */
static void
check_steps (const Recording *usual, const Recording *exact, Counts *counts)
{
  guint64 n_steps = replay_trace_get_n_steps (usual->trace);

  g_assert_cmpuint (n_steps, ==, replay_trace_get_n_steps (exact->trace));
  for (ReplayPosition i = 0; i < n_steps; i++)
    {
      ReplayStep step, truth;
      ReplayDuration duration, true_duration;

      g_assert_cmpint (replay_trace_get_step (usual->trace, i, &step, NULL), ==, TX_OK);
      g_assert_cmpint (replay_trace_get_step (exact->trace, i, &truth, NULL), ==, TX_OK);
      g_assert_cmpuint (step.line, ==, truth.line);
      g_assert_cmpuint (get_distance (step.mono_ns, truth.mono_ns), <=,
                        (guint64) step.error_ns + truth.error_ns);
      g_assert_cmpint (replay_trace_get_duration (usual->trace, i, NULL, &duration, NULL), ==,
                       TX_OK);
      g_assert_cmpint (replay_trace_get_duration (exact->trace, i, NULL, &true_duration, NULL), ==,
                       TX_OK);
      g_assert_cmpint (duration.is_open, ==, true_duration.is_open);
      g_assert_cmpuint (get_distance (duration.duration_ns, true_duration.duration_ns), <=,
                        (guint64) duration.error_ns + true_duration.error_ns);
      counts->n_steps++;
      counts->n_durations += !duration.is_open;
    }
}

static const ReplayHotspot *
find_line (const ReplayHotspots *hotspots, const ReplayHotspot *wanted)
{
  static const ReplayHotspot nothing = { 0 };

  for (size_t i = 0; i < hotspots->n_items; i++)
    if (hotspots->items[i].file == wanted->file && hotspots->items[i].line == wanted->line)
      return &hotspots->items[i];
  return &nothing;
}

static void
check_figure (guint64 figure, guint64 error, guint64 truth, guint64 true_error, Counts *counts)
{
  g_assert_cmpuint (get_distance ((gint64) figure, (gint64) truth), <=, error + true_error);
  counts->n_figures++;
  counts->n_narrow += error < figure / 2;
}

/* Every line of the usual recording; those that it does not have at all are known by others' bounds
 * only. */
static void
check_hotspots (const Recording *usual,
                const Recording *exact,
                const ReplayHotspotQuery *query,
                Counts *counts)
{
  ReplayHotspots *figures, *truths;

  g_assert_cmpint (replay_hotspots_query (usual->trace, query, NULL, &figures, NULL), ==, TX_OK);
  g_assert_cmpint (replay_hotspots_query (exact->trace, query, NULL, &truths, NULL), ==, TX_OK);
  for (size_t i = 0; i < figures->n_items; i++)
    {
      const ReplayHotspot *figure = &figures->items[i], *truth = find_line (truths, figure);

      check_figure (figure->self_ns, figure->self_error_ns, truth->self_ns, truth->self_error_ns,
                    counts);
      check_figure (figure->cumulated_ns, figure->cumulated_error_ns, truth->cumulated_ns,
                    truth->cumulated_error_ns, counts);
      if (query->from_real_ns == INT64_MIN && query->to_real_ns == INT64_MAX)
        check_figure (figure->slowest_ns, figure->slowest_error_ns, truth->slowest_ns,
                      truth->slowest_error_ns, counts);
    }
  replay_hotspots_free (figures);
  replay_hotspots_free (truths);
}

static void
check_program (GRand *random, const char *program, Counts *counts)
{
  Recording usual = record (program, false), exact = record (program, true);
  ReplayHotspotQuery query = { .from_real_ns = INT64_MIN, .to_real_ns = INT64_MAX };
  int64_t start_ns, end_ns;

  check_steps (&usual, &exact, counts);
  check_hotspots (&usual, &exact, &query, counts);
  g_assert_true (replay_trace_get_range (exact.trace, &start_ns, &end_ns));
  for (TxThreadId thread = 1; thread <= 4; thread++)
    {
      query.thread = thread;
      check_hotspots (&usual, &exact, &query, counts);
    }
  for (int i = 0; i < 6; i++)
    {
      double a = g_rand_double (random), b = g_rand_double (random);

      query.thread = (TxThreadId) (i % 3 == 0 ? 0 : i % 4 + 1);
      query.from_real_ns = start_ns + (int64_t) (MIN (a, b) * (double) (end_ns - start_ns));
      query.to_real_ns = start_ns + (int64_t) (MAX (a, b) * (double) (end_ns - start_ns));
      check_hotspots (&usual, &exact, &query, counts);
    }
  clear (&usual);
  clear (&exact);
}

static void
test_bounds_hold (void)
{
  static const unsigned block_events[] = { 30, 300, 100000 };
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  Counts counts = { 0 };

  for (int i = 0; i < 24; i++)
    {
      g_autofree char *program = reference_make_program (random, 2500, block_events[i % 3]);

      check_program (random, program, &counts);
    }
  /* deeper than blocks state, among threads, and slow or fast by turns */
  check_program (
      random,
      "t0: call f@a.py:1; repeat 1200 ( pace 1us; line 2; line 3; call f@a.py:1 ); stamp; "
      "line 4; block; t1: call g@b.py:1; line 2; +3ms; block; t0: line 5; +2ms; line 4; "
      "t2: existing g@b.py:1 7 h@b.py:1 9; call h@b.py:1; line 2; block; repeat 5 ( t1: line 3; "
      "+1ms; line 2; t0: line 5; line 4; +5us; block ); stamp; t0: repeat 1200 ( return; line 3 ); "
      "t1: return; t2: line 3; +4ms; line 2; stamp; line 5",
      &counts);
  g_print ("# bounds: %" G_GUINT64_FORMAT " steps, %" G_GUINT64_FORMAT
           " durations, %" G_GUINT64_FORMAT " figures of lines (%" G_GUINT64_FORMAT
           " of them to a half or better): 0 outside\n",
           counts.n_steps, counts.n_durations, counts.n_figures, counts.n_narrow);
}

/* A line that waits is known well, whatever runs around it. */
static void
test_long_lines_are_known_well (void)
{
  char *directory = trace_text_make_directory ();
  const ReplayHotspotQuery query = { .from_real_ns = INT64_MIN, .to_real_ns = INT64_MAX };
  ReplayHotspots *hotspots;
  ReplayTrace *trace;

  trace_text_record (
      directory, "main: call f@a.py:1; repeat 20 ( pace 1us; repeat 300 ( line 2; line 3 ); stamp;"
                 "line 4; pace 0us; +100ms; stamp; line 5; block )");
  trace = replay_trace_open (directory, NULL);
  g_assert_cmpint (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL), ==, TX_OK);
  g_assert_cmpuint (hotspots->items[0].line, ==, 4);
  g_assert_cmpuint (hotspots->items[0].cumulated_ns, >, 1900 * (guint64) 1000000);
  g_assert_cmpuint (hotspots->items[0].cumulated_error_ns, <, hotspots->items[0].cumulated_ns / 20);
  g_assert_cmpuint (hotspots->items[0].self_error_ns, <, hotspots->items[0].self_ns / 20);
  g_assert_cmpuint (hotspots->items[0].slowest_error_ns, <, hotspots->items[0].slowest_ns / 20);
  replay_hotspots_free (hotspots);
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

/* What goes on through many blocks is uncertain at its two ends only, however badly times are known
   between; that one block is known badly is no matter to lines that are not in it, and lines that
   are in no other block are not more uncertain than all of it. */
static void
test_long_executions_are_known_well (void)
{
  char *directory = trace_text_make_directory ();
  ReplayHotspotQuery query = { .from_real_ns = INT64_MIN, .to_real_ns = INT64_MAX };
  ReplayHotspots *hotspots;
  ReplayTrace *trace;
  TxError error = { 0 };
  guint n_seen = 0;

  trace_text_record (
      directory,
      "pace 1us; main: call f@a.py:1; line 2; call g@b.py:1; line 2; stamp; line 3; "
      "repeat 200 ( repeat 10 ( repeat 500 ( line 4; line 5 ); stamp; line 6 ); block ); return; "
      "stamp; line 3; block; line 4; call h@c.py:1; repeat 10 ( line 2; +9ms; line 3; +7ms ); "
      "return; "
      "stamp; line 5; block; line 6; stamp; line 7");
  trace = replay_trace_open (directory, &error);
  g_assert_cmpstr (error.message, ==, "");
  for (int i = 0; i < 3; i++)
    {
      query.thread = i == 2 ? 1 : 0;
      if (i == 1)
        query.from_real_ns = TRACE_TEXT_REAL_NS + 500 * (int64_t) 1000000;
      g_assert_cmpint (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL), ==, TX_OK);
      for (size_t k = 0; k < hotspots->n_items; k++)
        {
          const ReplayHotspot *item = &hotspots->items[k];
          const TxFile *file = tx_reader_get_file (replay_trace_get_reader (trace), item->file);

          /* all their executions lie in one block, however many there are */
          if (strcmp (file->path, "c.py") == 0 && i != 1)
            {
              g_assert_cmpuint (item->count, ==, 10);
              g_assert_cmpuint (item->cumulated_error_ns, <, 200 * (guint64) 1000000);
              g_assert_cmpuint (item->self_error_ns, <, 200 * (guint64) 1000000);
              n_seen++;
            }
          if (strcmp (file->path, "a.py") != 0 || item->line != 2)
            continue;
          n_seen++;
          g_assert_cmpuint (item->cumulated_ns, >, (i == 1 ? 1400 : 1900) * (guint64) 1000000);
          g_assert_cmpuint (item->cumulated_error_ns, <, 10 * (guint64) 1000000);
          g_assert_cmpuint (item->slowest_error_ns, <, 4 * (guint64) 1000000);
        }
      replay_hotspots_free (hotspots);
      query.from_real_ns = INT64_MIN;
    }
  g_assert_cmpuint (n_seen, ==, 3 + 2 * 2);
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

/* Nor is a time that is known badly any matter to what came behind a hole. */
static void
test_nothing_goes_on_through_a_gap (void)
{
  const TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  char *directory = trace_text_make_directory ();
  TraceText *text = trace_text_new (directory, &options);
  ReplayHotspotQuery query = { .to_real_ns = INT64_MAX };
  ReplayHotspots *hotspots;
  ReplayTrace *trace;
  int64_t start_ns, end_ns;

  trace_text_play (text, "main: call f@a.py:1; line 2; +800ms; line 3; +900ms; block; pace 1us; "
                         "repeat 4000 ( line 3; line 4; line 5 ); block; line 6; stamp; line 7; "
                         "repeat 5 ( repeat 40 ( line 8; line 9 ); block )");
  trace_text_close (text);
  trace = replay_trace_open (directory, NULL);
  g_assert_nonnull (trace);
  g_assert_true (replay_trace_get_range (trace, &start_ns, &end_ns));
  query.from_real_ns = end_ns - 200000;
  g_assert_cmpint (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL), ==, TX_OK);
  g_assert_cmpuint (hotspots->n_items, >=, 2);
  for (size_t i = 0; i < hotspots->n_items; i++)
    g_assert_cmpuint (hotspots->items[i].slowest_error_ns, <, 190000);
  replay_hotspots_free (hotspots);
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  g_test_add_func ("/bounds/hold", test_bounds_hold);
  g_test_add_func ("/bounds/long-lines-are-known-well", test_long_lines_are_known_well);
  g_test_add_func ("/bounds/nothing-goes-on-through-a-gap", test_nothing_goes_on_through_a_gap);
  g_test_add_func ("/bounds/long-executions-are-known-well", test_long_executions_are_known_well);
  return g_test_run ();
}
