// SPDX-License-Identifier: BSD-3-Clause
// Digests of many blocks save reading and change nothing: what a recording answers with them,
// without them and with damaged ones is the same, also while it grows; and how much is read is
// bounded.
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "big-trace.h"
#include "replay/replay-hotspots.h"
#include "replay/replay-moves.h"
#include "replay/replay-timeline.h"
#include "replay/replay-trace-private.h"
#include "test-seed.h"
#include "trace-text.h"

#define N_STEPS     1500000u
#define N_QUESTIONS 25u
#define N_VARIANTS  3u

typedef struct
{
  char *directories[N_VARIANTS]; /* owned: as written, without digests, with damaged ones */
  ReplayTrace *traces[N_VARIANTS];
  TxFileId main_file;
  int64_t start_ns, end_ns;
  uint64_t n_steps;
  size_t n_blocks;
} Fixture;

static Fixture fixture;

/* ---- The three recordings ---- */

static void
for_each_digests_file (const char *directory, void (*func) (const char *path))
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  unsigned n = 0;

  while ((name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, "digests."))
      {
        g_autofree char *path = g_build_filename (directory, name, NULL);

        func (path);
        n++;
      }
  g_assert_cmpuint (n, >=, 2);
}

static void
remove_file (const char *path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* A bit here and there: in digests, and in headers, behind which a file says nothing more. */
static void
damage_file (const char *path)
{
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (gsize i = size / 7; i < size; i += size / 3)
    bytes[i] ^= 0x10;
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static ReplayTrace *
open_trace (const char *directory)
{
  TxError error = { 0 };
  ReplayTrace *trace = replay_trace_open (directory, &error);

  g_assert_cmpstr (error.message, ==, "");
  return trace;
}

static void
set_up (void)
{
  BigTraceOptions options = { .n_steps = N_STEPS,
                              .seed = 5,
                              .slot_size_bytes = 4096,
                              .segment_size_bytes = 1u << 20,
                              .thread_share = BIG_TRACE_THREADS_ALWAYS };
  TxError error = { 0 };

  for (unsigned i = 0; i < N_VARIANTS; i++)
    fixture.directories[i] = trace_text_make_directory ();
  g_assert_cmpint (big_trace_make (fixture.directories[0], &options, &error), ==, TX_OK);
  for (unsigned i = 1; i < N_VARIANTS; i++)
    trace_text_copy_directory (fixture.directories[0], fixture.directories[i]);
  for_each_digests_file (fixture.directories[1], remove_file);
  for_each_digests_file (fixture.directories[2], damage_file);
  for (unsigned i = 0; i < N_VARIANTS; i++)
    fixture.traces[i] = open_trace (fixture.directories[i]);
  fixture.n_steps = replay_trace_get_n_steps (fixture.traces[0]);
  fixture.n_blocks = tx_reader_get_n_blocks (replay_trace_get_reader (fixture.traces[0]));
  g_assert_true (replay_trace_get_range (fixture.traces[0], &fixture.start_ns, &fixture.end_ns));
  g_assert_cmpuint (replay_trace_find_file (fixture.traces[0], BIG_TRACE_FILE, &fixture.main_file),
                    ==, 1);
}

static void
tear_down (void)
{
  for (unsigned i = 0; i < N_VARIANTS; i++)
    {
      replay_trace_close (fixture.traces[i]);
      trace_text_remove_directory (fixture.directories[i]);
    }
}

static void
test_are_there (void)
{
  const TxReader *whole = replay_trace_get_reader (fixture.traces[0]);
  const TxReader *without = replay_trace_get_reader (fixture.traces[1]);
  const TxReader *damaged = replay_trace_get_reader (fixture.traces[2]);
  size_t n_runs = tx_reader_get_n_spans (whole, TX_SPAN_RUN);

  g_assert_cmpuint (fixture.n_blocks, >, 400);
  g_assert_cmpuint (n_runs, >=, fixture.n_blocks / 64 - 1);
  g_assert_cmpuint (tx_reader_get_n_spans (whole, TX_SPAN_GROUP), >=, 1);
  g_assert_cmpuint (tx_reader_get_n_spans (without, TX_SPAN_RUN), ==, 0);
  g_assert_cmpuint (tx_reader_get_n_spans (damaged, TX_SPAN_RUN), <=, n_runs);
}

/* Of bounds a span says no less than its blocks: it has the greatest error of all for each, and
   does not know in which of them frames came to light. */
static void
assert_same_sum (const ReplayLineSum *one, const ReplayLineSum *other)
{
  g_assert_cmpuint (one->error.n_stretches, <=, other->error.n_stretches);
  g_assert_cmpint (one->error.begins_ns, <=, other->error.begins_ns);
  g_assert_cmpuint (one->error.greatest_ns, <=, other->error.greatest_ns);
  g_assert_cmpuint (one->error.n_resumed, <=, other->error.n_resumed);
  g_assert_cmpint (one->error.resumed_ns, <=, other->error.resumed_ns);
  g_assert_cmpint (one->hits, ==, other->hits);
  g_assert_cmpint (one->self_ns, ==, other->self_ns);
  g_assert_cmpint (one->cumulated_ns, ==, other->cumulated_ns);
  g_assert_cmpint (one->slowest_ns, ==, other->slowest_ns);
  g_assert_cmpint (one->waiting_ns, ==, other->waiting_ns);
}

/* What a span says is what its blocks say. */
static void
test_are_sums (void)
{
  ReplayTrace *trace = fixture.traces[0];
  const TxReader *reader = replay_trace_get_reader (trace);

  for (unsigned level = 0; level < TX_SPAN_LEVELS; level++)
    for (size_t i = 0; i < tx_reader_get_n_spans (reader, level); i++)
      {
        const TxSpan *span = tx_reader_get_span (reader, level, i);
        ReplayLineTable *sums = _replay_line_table_new (), *ones = _replay_line_table_new ();
        const ReplayLineSum *slots;
        TxDigest *digest;
        size_t n_slots;

        g_assert_cmpint (tx_reader_load_span (reader, level, i, true, &digest, NULL), ==, TX_OK);
        g_assert_true (_replay_line_table_add (sums, digest, UINT64_MAX));
        if (level == TX_SPAN_RUN)
          g_assert_cmpuint (digest->n_parts, ==, span->n_blocks);
        for (size_t k = 0; k < span->n_blocks; k++)
          {
            TxDigest *one;

            g_assert_cmpint (tx_reader_load_digest (reader, span->first_index + k, &one, NULL), ==,
                             TX_OK);
            g_assert_true (_replay_line_table_add (ones, one, UINT64_MAX));
            if (level == TX_SPAN_RUN)
              {
                size_t first = k == 0 ? 0 : digest->part_ends[k - 1];

                g_assert_cmpmem (digest->part_threads + first,
                                 (digest->part_ends[k] - first) * sizeof *one->threads,
                                 one->threads, one->n_threads * sizeof *one->threads);
              }
            tx_digest_free (one);
          }
        slots = _replay_line_table_get_slots (ones, &n_slots);
        for (size_t k = 0; k < n_slots; k++)
          if (_replay_line_sum_is_used (&slots[k]))
            assert_same_sum (&slots[k],
                             _replay_line_table_get (sums, slots[k].function, slots[k].line));
        tx_digest_free (digest);
        _replay_line_table_free (sums);
        _replay_line_table_free (ones);
      }
}

/* ---- Questions, and what is answered as text ---- */

static void
tell_hotspots_of (
    ReplayTrace *trace, int64_t from_ns, int64_t to_ns, TxThreadId thread, GString *text)
{
  ReplayHotspotQuery query = { from_ns, to_ns, 0, REPLAY_SORT_LOCATION, 0, thread };
  ReplayHotspots *hotspots;

  g_assert_cmpint (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL), ==, TX_OK);
  g_string_append_printf (text, "hot spots: %zu lines, %" PRIu64 " steps, %" PRIu64 " idle\n",
                          hotspots->n_lines, hotspots->total_steps, hotspots->idle_ns);
  for (size_t i = 0; i < hotspots->n_items; i++)
    {
      const ReplayHotspot *item = &hotspots->items[i];

      g_string_append_printf (text,
                              "%u:%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                              item->file, item->line, item->count, item->self_ns,
                              item->cumulated_ns, item->slowest_ns, item->waiting_ns);
    }
  replay_hotspots_free (hotspots);
}

static void
tell_hotspots (ReplayTrace *trace, int64_t from_ns, int64_t to_ns, GString *text)
{
  tell_hotspots_of (trace, from_ns, to_ns, 0, text);
}

static void
tell_timeline (ReplayTrace *trace, int64_t from_ns, int64_t to_ns, GString *text)
{
  ReplayTimeline *timeline;

  g_assert_cmpint (replay_timeline_query (trace, from_ns, to_ns, 200, 0, NULL, &timeline, NULL), ==,
                   TX_OK);
  for (size_t i = 0; i < timeline->n_lanes; i++)
    {
      g_string_append_printf (text, "lane %u:", timeline->lanes[i].thread);
      for (size_t k = 0; k < timeline->n_buckets; k++)
        {
          const ReplayTimelineBucket *bucket = &timeline->lanes[i].buckets[k];

          g_string_append_printf (text, " %u-%u/%" PRIu64 "%s", bucket->depth_min,
                                  bucket->depth_max, bucket->steps, bucket->missing ? "?" : "");
        }
      g_string_append_c (text, '\n');
    }
  replay_timeline_free (timeline);
}

static void
tell_move (
    ReplayTrace *trace, ReplayPosition from, ReplayMoveKind kind, bool backward, GString *text)
{
  static const uint32_t lines[] = { BIG_TRACE_LINE_RARE, BIG_TRACE_LINE_CALL,
                                    BIG_TRACE_LINE_NEVER };
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  ReplayMove move = { .kind = kind,
                      .backward = backward,
                      .breakpoints = breakpoints,
                      .stop_at_breakpoints = from % 3 == 0,
                      .file = fixture.main_file,
                      .line = lines[from % 3] };
  ReplayStop stop = { 0 };

  for (unsigned i = 0; i < from % 4 && i < 3; i++)
    g_assert_cmpint (
        replay_breakpoints_add (breakpoints, NULL, fixture.main_file, lines[i], NULL, NULL), ==,
        TX_OK);
  g_assert_cmpint (replay_move (trace, from, &move, NULL, &stop, NULL), ==, TX_OK);
  g_string_append_printf (text, "move %u%s from %" PRIu64 ": %" PRIu64 ", %u, %" PRIu64 "\n", kind,
                          backward ? " back" : "", from, stop.position, stop.reason,
                          stop.missing_blocks);
  replay_breakpoints_free (breakpoints);
}

static void
tell_hits (ReplayTrace *trace, ReplayPosition position, GString *text)
{
  uint64_t index = 0, count = 0;
  int64_t duration_ns = 0;
  ReplayPosition found = 0;
  ReplayStep step;
  TxStatus status;

  g_assert_cmpint (replay_trace_get_step (trace, position, &step, NULL), ==, TX_OK);
  g_assert_cmpint (replay_hits_index (trace, position, NULL, &index, &count, NULL), ==, TX_OK);
  g_string_append_printf (text, "hit %" PRIu64 " of %" PRIu64, index, count);
  g_assert_cmpint (replay_hits_nth (trace, step.file, step.line, index, NULL, &found, NULL), ==,
                   TX_OK);
  g_assert_cmpuint (found, ==, position);
  for (unsigned backward = 0; backward < 2; backward++)
    {
      found = 0;
      status =
          replay_hits_near (trace, step.file, step.line, position, backward, NULL, &found, NULL);
      g_string_append_printf (text, ", near %d %" PRIu64, status, found);
    }
  status = replay_hits_slowest (trace, step.file, step.line, NULL, &found, &duration_ns, NULL);
  g_string_append_printf (text, ", slowest %d %" PRIu64 " %" PRId64 "\n", status, found,
                          duration_ns);
}

static void
tell_stack (ReplayTrace *trace, ReplayPosition position, TxThreadId thread, GString *text)
{
  ReplayFrame frames[40];
  size_t n_frames;
  uint32_t depth;

  g_assert_cmpint (replay_trace_get_stack (trace, position, thread, frames, G_N_ELEMENTS (frames),
                                           &n_frames, &depth, NULL),
                   ==, TX_OK);
  g_string_append_printf (text, "stack of %u at %" PRIu64 ": depth %u", thread, position, depth);
  for (size_t i = 0; i < n_frames; i++)
    g_string_append_printf (text, " %u:%u", frames[i].file, frames[i].line);
  g_string_append_c (text, '\n');
}

/* Line by line, so that what differs is found among thousands. */
static void
assert_same_text (const char *text, const char *expected)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1), others = g_strsplit (expected, "\n", -1);

  for (guint i = 0; lines[i] != NULL && others[i] != NULL; i++)
    if (strcmp (lines[i], others[i]) != 0)
      g_error ("%s: \"%s\", expected \"%s\"", lines[0], lines[i], others[i]);
  g_assert_cmpuint (g_strv_length (lines), ==, g_strv_length (others));
}

/* Asks the same of each recording. */
static void
compare (void (*tell) (ReplayTrace *trace, guint32 seed, GString *text))
{
  for (unsigned n = 0; n < N_QUESTIONS; n++)
    {
      guint32 seed = g_test_rand_int ();
      g_autoptr (GString) expected = g_string_new (NULL);

      tell (fixture.traces[1], seed, expected);
      for (unsigned i = 0; i < N_VARIANTS; i += 2)
        {
          g_autoptr (GString) text = g_string_new (NULL);

          tell (fixture.traces[i], seed, text);
          assert_same_text (text->str, expected->str);
        }
    }
}

static void
tell_range_cb (ReplayTrace *trace, guint32 seed, GString *text)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  double extent_ns = (double) (fixture.end_ns - fixture.start_ns);
  int64_t from_ns = fixture.start_ns + (int64_t) (extent_ns * g_rand_double (random));
  int64_t to_ns = from_ns + (int64_t) (extent_ns * g_rand_double (random) / (1 + seed % 9));

  if (seed % 13 == 0)
    tell_hotspots (trace, INT64_MIN, INT64_MAX, text);
  else
    tell_hotspots (trace, from_ns, to_ns, text);
  tell_timeline (trace, from_ns, to_ns, text);
}

/* Of one thread, also in ranges that begin or end with a block. */
static void
tell_thread_cb (ReplayTrace *trace, guint32 seed, GString *text)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  const TxReader *reader = replay_trace_get_reader (trace);
  TxThreadId thread = (TxThreadId) g_rand_int_range (random, 1, 7);
  double extent_ns = (double) (fixture.end_ns - fixture.start_ns);
  int64_t from_ns = fixture.start_ns + (int64_t) (extent_ns * g_rand_double (random));
  int64_t to_ns = from_ns + (int64_t) (extent_ns * g_rand_double (random) / (1 + seed % 5));

  if (seed % 3 == 0)
    from_ns = tx_reader_get_block_info (
                  reader, (size_t) g_rand_int_range (random, 0, (gint32) fixture.n_blocks))
                  ->times.real_first_ns;
  if (seed % 4 == 0)
    from_ns = INT64_MIN;
  if (seed % 5 == 0)
    to_ns = INT64_MAX;
  g_string_append_printf (text, "thread %u, %" PRId64 " to %" PRId64 "\n", thread, from_ns, to_ns);
  tell_hotspots_of (trace, from_ns, to_ns, thread, text);
}

static void
tell_moves_cb (ReplayTrace *trace, guint32 seed, GString *text)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  ReplayPosition position = (ReplayPosition) (g_rand_double (random) * (double) fixture.n_steps);

  for (ReplayMoveKind kind = REPLAY_MOVE_STEP; kind <= REPLAY_MOVE_RUN_TO; kind++)
    for (unsigned backward = 0; backward < 2; backward++)
      tell_move (trace, position, kind, backward, text);
}

static void
tell_position_cb (ReplayTrace *trace, guint32 seed, GString *text)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  ReplayPosition position = (ReplayPosition) (g_rand_double (random) * (double) fixture.n_steps);

  tell_hits (trace, position, text);
  for (TxThreadId thread = 0; thread <= 6; thread++)
    tell_stack (trace, position, thread, text);
}

static void
test_ranges (void)
{
  compare (tell_range_cb);
}

static void
test_threads (void)
{
  compare (tell_thread_cb);
}

static void
test_moves (void)
{
  compare (tell_moves_cb);
}

static void
test_positions (void)
{
  compare (tell_position_cb);
}

/* The call that takes a tenth of all steps. */
static void
test_long_call (void)
{
  ReplayPosition call;
  GString *texts[N_VARIANTS];

  for (unsigned i = 0; i < N_VARIANTS; i++)
    {
      texts[i] = g_string_new (NULL);
      g_assert_cmpint (replay_hits_nth (fixture.traces[i], fixture.main_file, BIG_TRACE_LINE_CALL,
                                        1, NULL, &call, NULL),
                       ==, TX_OK);
      for (unsigned backward = 0; backward < 2; backward++)
        {
          tell_move (fixture.traces[i], call, REPLAY_MOVE_NEXT, backward, texts[i]);
          tell_move (fixture.traces[i], call + 1, REPLAY_MOVE_FINISH, backward, texts[i]);
          tell_move (fixture.traces[i], call + N_STEPS / 8, REPLAY_MOVE_FINISH, backward, texts[i]);
          tell_move (fixture.traces[i], call + N_STEPS / 8, REPLAY_MOVE_NEXT, backward, texts[i]);
        }
      g_assert_cmpstr (texts[i]->str, ==, texts[0]->str);
    }
  for (unsigned i = 0; i < N_VARIANTS; i++)
    g_string_free (texts[i], TRUE);
}

/* ---- How much is read ---- */

typedef struct
{
  ReplayTrace *trace;
  ReplayLoads before;
} Meter;

static Meter
meter_begin (ReplayTrace *trace)
{
  return (Meter){ trace, *_replay_cache_get_loads (trace->cache) };
}

static void
meter_check (const Meter *self, const char *what, uint64_t n_blocks_max, uint64_t n_digests_max)
{
  const ReplayLoads *now = _replay_cache_get_loads (self->trace->cache);
  uint64_t n_blocks = now->blocks - self->before.blocks;
  uint64_t n_digests = now->digests - self->before.digests;
  uint64_t n_runs = now->spans[TX_SPAN_RUN] - self->before.spans[TX_SPAN_RUN];
  uint64_t n_groups = now->spans[TX_SPAN_GROUP] - self->before.spans[TX_SPAN_GROUP];

  g_test_message ("%s: %" PRIu64 " blocks, %" PRIu64 " digests of blocks, %" PRIu64
                  " of runs, %" PRIu64 " of groups, of %zu blocks",
                  what, n_blocks, n_digests, n_runs, n_groups, fixture.n_blocks);
  g_assert_cmpuint (n_blocks, <=, n_blocks_max);
  g_assert_cmpuint (n_digests + n_runs + n_groups, <=, n_digests_max);
}

/* Each from a new start: nothing was read before. Digests of blocks may be read at the ends of what
   is asked for, those of one run at each, and of the blocks that no run has yet. */
static void
test_reading_is_bounded (void)
{
  const TxReader *reader = replay_trace_get_reader (fixture.traces[0]);
  uint64_t n_spans = tx_reader_get_n_spans (reader, TX_SPAN_RUN);
  uint64_t n_loose = 0;
  ReplayTrace *trace = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  ReplayPosition call;
  Meter meter;
  size_t number;

  for (size_t i = 0; i < fixture.n_blocks; i++)
    n_loose += !tx_reader_find_span (reader, TX_SPAN_RUN, i, &number);
  g_assert_cmpuint (n_loose, <, 64);

  trace = open_trace (fixture.directories[0]);
  meter = meter_begin (trace);
  tell_move (trace, 3, REPLAY_MOVE_CONTINUE, false,
             text); /* with all three breakpoints: the rare line */
  meter_check (&meter, "continue", 2, n_spans + n_loose + 64);
  meter = meter_begin (trace);
  tell_hotspots (trace, INT64_MIN, INT64_MAX, text);
  meter_check (&meter, "hot spots", 24, n_spans + n_loose + 64 * 6);
  replay_trace_close (trace);

  /* Decoded is what no run has, and what the thread was at before that and in the end. */
  for (TxThreadId thread = 1; thread <= 5; thread++)
    {
      trace = open_trace (fixture.directories[0]);
      meter = meter_begin (trace);
      tell_hotspots_of (trace, INT64_MIN, INT64_MAX, thread, text);
      meter_check (&meter, "hot spots of a thread", n_loose + 4, 2 * n_spans + n_loose + 64);
      replay_trace_close (trace);
    }

  trace = open_trace (fixture.directories[0]);
  meter = meter_begin (trace);
  g_assert_cmpint (
      replay_hits_nth (trace, fixture.main_file, BIG_TRACE_LINE_CALL, 1, NULL, &call, NULL), ==,
      TX_OK);
  meter_check (&meter, "the n-th execution", 1, n_spans + n_loose + 64);
  meter = meter_begin (trace);
  tell_move (trace, call, REPLAY_MOVE_NEXT, false, text);
  meter_check (&meter, "next", 4, n_spans + 2 * 64);
  replay_trace_close (trace);

  /* Out of the frame that all of the main thread's blocks have at their bottom. */
  trace = open_trace (fixture.directories[0]);
  for (unsigned backward = 0; backward < 2; backward++)
    {
      g_assert_cmpint (replay_hits_near (trace, fixture.main_file, BIG_TRACE_LINE_LOOP,
                                         fixture.n_steps / 2, false, NULL, &call, NULL),
                       ==, TX_OK);
      meter = meter_begin (trace);
      tell_move (trace, call, REPLAY_MOVE_FINISH, backward, text);
      meter_check (&meter, "finish of the outermost frame", 8, n_spans + n_loose + 4 * 64);
    }
  replay_trace_close (trace);
}

/* A coroutine that waits while others, which are suspended and go on all the time, fill many
 * blocks. */
/* A coroutine waits through three hundred blocks, in each of which something else is awaited. */
static void
assert_long_await (const char *others)
{
  char *directory = trace_text_make_directory ();
  char *text = g_strdup_printf (
      "main: call run@a.py:1; line 2; call async_a@a.py:10 as A; line 11; yield; line 3; "
      "block; repeat 300 (%s block); resume A; line 12; return; line 6",
      others);
  ReplayMove next = { .kind = REPLAY_MOVE_NEXT };
  ReplayStop stop;
  ReplayTrace *trace;
  ReplayStep step;
  Meter meter;

  trace_text_record (directory, text);
  trace = open_trace (directory);
  meter = meter_begin (trace);
  g_assert_cmpint (replay_move (trace, 1, &next, NULL, &stop, NULL), ==, TX_OK);
  g_assert_cmpint (replay_trace_get_step (trace, stop.position, &step, NULL), ==, TX_OK);
  g_assert_cmpuint (step.line, ==, 12);
  meter_check (&meter, "next over a long await", 4, 150);
  meter = meter_begin (trace);
  next.backward = true;
  g_assert_cmpint (replay_move (trace, stop.position, &next, NULL, &stop, NULL), ==, TX_OK);
  g_assert_cmpuint (stop.position, ==, 1);
  meter_check (&meter, "back over a long await", 4, 150);
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
  g_free (text);
}

static void
test_long_await (void)
{
  assert_long_await (
      "call async_b@a.py:20 as B; line 21; yield; line 4; resume B; line 22; return; line 5;");
}

/* The same coroutine, at another line of it. */
static void
test_long_await_beside_its_like (void)
{
  assert_long_await (
      "call async_a@a.py:10 as B; line 13; yield; line 4; resume B; line 14; return; line 5;");
}

/* Frames that no block of the last hundreds states are found without looking into these. */
static void
test_deep_stack_is_found_far_back (void)
{
  char *directory = trace_text_make_directory ();
  ReplayFrame *frames = g_new (ReplayFrame, 3000);
  ReplayTrace *trace;
  size_t n_frames;
  uint32_t depth;
  Meter meter;

  trace_text_record (directory,
                     "main: call f@a.py:1; line 2; repeat 2500 (call g@a.py:10; line 11);"
                     "block; repeat 200 (call h@a.py:20; line 21; return; line 12; block;"
                     "line 11)");
  trace = open_trace (directory);
  meter = meter_begin (trace);
  g_assert_cmpint (replay_trace_get_stack (trace, replay_trace_get_n_steps (trace) - 1, 0, frames,
                                           3000, &n_frames, &depth, NULL),
                   ==, TX_OK);
  meter_check (&meter, "a deep stack", 3, 64 + 3);
  g_assert_cmpuint (depth, ==, 2501);
  g_assert_cmpuint (n_frames, ==, 2501);
  for (size_t i = 0; i < n_frames; i++)
    {
      g_assert_cmpuint (frames[i].depth, ==, depth - i);
      g_assert_cmpuint (frames[i].line, ==, frames[i].depth == 1 ? 2 : 11);
    }
  g_free (frames);
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

/* ---- Where the blocks were removed ---- */

static void
remove_from (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Their runs are entries of the table, and their groups tell of these. */
static void
test_removed_segment (void)
{
  char *directory = trace_text_make_directory ();
  g_autoptr (GString) text = g_string_new (NULL), expected = g_string_new (NULL);
  const TxReader *reader;
  ReplayTrace *trace;
  uint64_t count, expected_count;
  Meter meter;

  trace_text_copy_directory (fixture.directories[0], directory);
  remove_from (directory, "blocks.00000");
  remove_from (directory, "index.00000");
  trace = open_trace (directory);
  reader = replay_trace_get_reader (trace);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 0)->place, ==, TX_BLOCK_EVICTED);
  g_assert_cmpuint (tx_reader_get_span (reader, TX_SPAN_GROUP, 0)->first_index, ==, 0);
  meter = meter_begin (trace);
  g_assert_cmpint (
      replay_hits_count (trace, fixture.main_file, BIG_TRACE_LINE_HOT, NULL, &count, NULL), ==,
      TX_OK);
  meter_check (&meter, "executions, partly removed", 0,
               tx_reader_get_n_spans (reader, TX_SPAN_RUN) + 64);
  g_assert_cmpint (replay_hits_count (fixture.traces[0], fixture.main_file, BIG_TRACE_LINE_HOT,
                                      NULL, &expected_count, NULL),
                   ==, TX_OK);
  g_assert_cmpuint (count, ==, expected_count);
  tell_hotspots (trace, INT64_MIN, INT64_MAX, text);
  tell_hotspots (fixture.traces[0], INT64_MIN, INT64_MAX, expected);
  g_assert_cmpstr (text->str, ==, expected->str);
  meter = meter_begin (trace);
  tell_timeline (trace, fixture.start_ns, fixture.end_ns, text);
  meter_check (&meter, "timeline, partly removed", 0,
               tx_reader_get_n_spans (reader, TX_SPAN_RUN) +
                   tx_reader_get_n_spans (reader, TX_SPAN_GROUP));
  /* What the group says of each run is what the run says. */
  for (size_t i = 0; i < tx_reader_get_span (reader, TX_SPAN_GROUP, 0)->n_blocks; i++)
    {
      ReplayThreads threads;
      TxDigest *digest;

      g_assert_cmpint (_replay_trace_load_block_threads (trace, i, &threads, NULL), ==, TX_OK);
      g_assert_cmpint (tx_reader_load_digest (reader, i, &digest, NULL), ==, TX_OK);
      g_assert_cmpmem (threads.items, threads.n_items * sizeof *threads.items, digest->threads,
                       digest->n_threads * sizeof *digest->threads);
      tx_digest_free (digest);
    }
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

/* Also what each thread had of it, where its blocks were. */
static void
test_removed_segment_of_threads (void)
{
  char *directory = trace_text_make_directory ();
  ReplayTrace *trace;

  trace_text_copy_directory (fixture.directories[0], directory);
  remove_from (directory, "blocks.00000");
  remove_from (directory, "index.00000");
  trace = open_trace (directory);
  for (TxThreadId thread = 1; thread <= 6; thread++)
    {
      g_autoptr (GString) text = g_string_new (NULL), expected = g_string_new (NULL);
      Meter meter = meter_begin (trace);

      tell_hotspots_of (trace, INT64_MIN, INT64_MAX, thread, text);
      meter_check (&meter, "hot spots of a thread, partly removed", 64, 200);
      tell_hotspots_of (fixture.traces[1], INT64_MIN, INT64_MAX, thread, expected);
      assert_same_text (text->str, expected->str);
    }
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

/* ---- What it costs ---- */

static uint64_t
measure_files (const char *directory, const char *prefix)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  uint64_t size = 0;

  while ((name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, prefix))
      {
        g_autofree char *path = g_build_filename (directory, name, NULL);
        GStatBuf status;

        g_assert_cmpint (g_stat (path, &status), ==, 0);
        size += (uint64_t) status.st_size;
      }
  return size;
}

static size_t
count_told (const char *directory)
{
  ReplayTrace *trace = open_trace (directory);
  const TxReader *reader = replay_trace_get_reader (trace);
  size_t n_told = 0, number;
  TxSpan span;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxDigest *digest;

      if (!tx_reader_find_thread_lines (reader, i, &span, &number) || span.first_index != i ||
          tx_reader_load_thread_lines (reader, number, 1, &digest, NULL) != TX_OK)
        continue;
      n_told += span.n_blocks;
      tx_digest_free (digest);
    }
  replay_trace_close (trace);
  return n_told;
}

/* Threads that all do the same cost the most: then more runs together tell them apart. */
static void
test_size_is_bounded (void)
{
  enum
  {
    NEVER,
    SHARE,
    ALWAYS,
    N_WAYS
  };
  static const uint32_t shares[] = { UINT32_MAX, 20, BIG_TRACE_THREADS_ALWAYS };
  uint64_t sizes[N_WAYS], blocks_size = 0;
  size_t n_told[N_WAYS];

  for (unsigned way = NEVER; way < N_WAYS; way++)
    {
      const BigTraceOptions options = { .n_steps = N_STEPS,
                                        .seed = 6,
                                        .slot_size_bytes = 4096,
                                        .segment_size_bytes = 1u << 20,
                                        .thread_share = shares[way] };
      char *directory = trace_text_make_directory ();

      g_assert_cmpint (big_trace_make (directory, &options, NULL), ==, TX_OK);
      sizes[way] = measure_files (directory, "digests.");
      blocks_size = measure_files (directory, "blocks.");
      n_told[way] = count_told (directory);
      trace_text_remove_directory (directory);
    }
  g_test_message ("%" PRIu64 " bytes of blocks; of digests without threads %" PRIu64
                  ", with a share %" PRIu64 " (%zu blocks), always %" PRIu64 " (%zu)",
                  blocks_size, sizes[NEVER], sizes[SHARE], n_told[SHARE], sizes[ALWAYS],
                  n_told[ALWAYS]);
  g_assert_cmpuint (sizes[SHARE], <=, sizes[NEVER] + blocks_size * 76 / 1000);
  g_assert_cmpuint (sizes[ALWAYS], >, sizes[NEVER] + blocks_size * 76 / 1000);
  g_assert_cmpuint (n_told[SHARE], >, n_told[NEVER]);
}

/* ---- While it grows ---- */

static void
test_growing (void)
{
  char *directory = trace_text_make_directory ();
  TxWriterOptions options = { .segment_size_bytes = 40000, .slot_count = 4 };
  TraceText *program = trace_text_new (directory, &options);
  ReplayTrace *followed = NULL;

  trace_text_play (program, "pace 1us; main: call main@a.py:1; line 2");
  for (unsigned i = 0; i < 30; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL), expected = g_string_new (NULL);
      ReplayTrace *fresh;

      trace_text_play (program, "repeat 23 (main: line 3; call f@a.py:10; lines 11-13; return;"
                                "worker: call g@b.py:1; line 2; call f@a.py:10; line 11; return;"
                                "return; main: line 4; block); line 5");
      if (followed == NULL)
        followed = open_trace (directory);
      g_assert_cmpint (replay_trace_refresh (followed, NULL, NULL), ==, TX_OK);
      fresh = open_trace (directory);
      tell_hotspots (followed, INT64_MIN, INT64_MAX, text);
      tell_hotspots (fresh, INT64_MIN, INT64_MAX, expected);
      tell_hits (followed, replay_trace_get_n_steps (followed) / 3 * 2, text);
      tell_hits (fresh, replay_trace_get_n_steps (fresh) / 3 * 2, expected);
      g_assert_cmpstr (text->str, ==, expected->str);
      for (unsigned level = 0; level < TX_SPAN_LEVELS; level++)
        g_assert_cmpuint (tx_reader_get_n_spans (replay_trace_get_reader (followed), level), ==,
                          tx_reader_get_n_spans (replay_trace_get_reader (fresh), level));
      replay_trace_close (fresh);
    }
  g_assert_cmpuint (tx_reader_get_n_spans (replay_trace_get_reader (followed), TX_SPAN_RUN), >=, 8);
  replay_trace_close (followed);
  trace_text_close (program);
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  int result;

  test_init_seeded (&argc, &argv);
  set_up ();
  g_test_add_func ("/spans/are-there", test_are_there);
  g_test_add_func ("/spans/are-sums", test_are_sums);
  g_test_add_func ("/spans/reading-is-bounded", test_reading_is_bounded);
  g_test_add_func ("/spans/ranges", test_ranges);
  g_test_add_func ("/spans/threads", test_threads);
  g_test_add_func ("/spans/moves", test_moves);
  g_test_add_func ("/spans/positions", test_positions);
  g_test_add_func ("/spans/long-call", test_long_call);
  g_test_add_func ("/spans/long-await", test_long_await);
  g_test_add_func ("/spans/long-await-beside-its-like", test_long_await_beside_its_like);
  g_test_add_func ("/spans/deep-stack-is-found-far-back", test_deep_stack_is_found_far_back);
  g_test_add_func ("/spans/removed-segment", test_removed_segment);
  g_test_add_func ("/spans/removed-segment-of-threads", test_removed_segment_of_threads);
  g_test_add_func ("/spans/size-is-bounded", test_size_is_bounded);
  g_test_add_func ("/spans/growing", test_growing);
  result = g_test_run ();
  tear_down ();
  return result;
}
