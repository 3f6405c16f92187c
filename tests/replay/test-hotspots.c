// SPDX-License-Identifier: BSD-3-Clause
// Hot spots and the timeline: figures by hand on a small trace, and equal to a slow account of
// every moment on random ones, for the whole and for ranges.
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "replay/replay-hotspots.h"
#include "replay/replay-timeline-private.h"
#include "replay/replay-timeline.h"
#include "replay/replay-trace-private.h"
#include "test-seed.h"
#include "trace/tx-writer-private.h"
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

/* So that short recordings have runs, and these tell threads apart, so many of them together. */
static void
record_with_runs (Fixture *fixture, const char *text, uint32_t n_run_blocks, uint32_t n_group_runs)
{
  const TxWriterOptions options = { .slot_count = 64 };
  TraceText *program = trace_text_new (fixture->directory, &options);
  TxSegmentWriter *segments = &trace_text_get_writer (program)->flusher.segments;
  TxError error = { 0 };

  segments->n_run_blocks_max = n_run_blocks;
  segments->n_group_runs_max = n_group_runs;
  segments->thread_share = 0;
  trace_text_play (program, text);
  trace_text_close (program);
  fixture->trace = replay_trace_open (fixture->directory, &error);
  if (fixture->trace == NULL)
    g_error ("%s", error.message);
}

static const ReplayHotspotQuery everything = { INT64_MIN, INT64_MAX, 0, REPLAY_SORT_CUMULATED, 0 };

/* "a.py:2 f count self cumulated slowest", times in us. */
static char *
print_hotspots (Fixture *fixture, const ReplayHotspotQuery *query)
{
  const TxReader *reader = replay_trace_get_reader (fixture->trace);
  GString *said = g_string_new (NULL);
  ReplayHotspots *hotspots;
  TxError error = { 0 };

  if (replay_hotspots_query (fixture->trace, query, NULL, &hotspots, &error) != TX_OK)
    g_error ("%s", error.message);
  for (size_t i = 0; i < hotspots->n_items; i++)
    {
      const ReplayHotspot *item = &hotspots->items[i];

      g_string_append_printf (said, "%s%s:%u %s %u %u %u %u", i == 0 ? "" : "; ",
                              tx_reader_get_file (reader, item->file)->path, item->line,
                              tx_reader_get_function (reader, item->function)->name,
                              (unsigned) item->count, (unsigned) (item->self_ns / 1000),
                              (unsigned) (item->cumulated_ns / 1000),
                              (unsigned) (item->slowest_ns / 1000));
    }
  replay_hotspots_free (hotspots);
  return g_string_free (said, FALSE);
}

static void
assert_hotspots (Fixture *fixture, const ReplayHotspotQuery *query, const char *expected)
{
  g_autofree char *said = print_hotspots (fixture, query);

  g_assert_cmpstr (said, ==, expected);
}

static void
test_figures (Fixture *fixture, gconstpointer data)
{
  ReplayHotspotQuery query = everything;

  record (
      fixture,
      "main: precise; call f@a.py:1; line 2; +5us; line 3; +10us; call g@b.py:1; line 2; +20us; "
      "return; +1us; line 3; line 4; +2us; line 3; +4us; return");
  assert_hotspots (fixture, &query,
                   "a.py:3 f 2 15 35 31; b.py:2 g 1 20 20 20; a.py:2 f 1 5 5 5; a.py:4 f 1 2 2 2");
  query.sort = REPLAY_SORT_SELF;
  query.max_items = 1;
  assert_hotspots (fixture, &query, "b.py:2 g 1 20 20 20");
  query.sort = REPLAY_SORT_COUNT;
  assert_hotspots (fixture, &query, "a.py:3 f 2 15 35 31");
  query.sort = REPLAY_SORT_LOCATION;
  query.max_items = 0;
  assert_hotspots (fixture, &query,
                   "a.py:2 f 1 5 5 5; a.py:3 f 2 15 35 31; a.py:4 f 1 2 2 2; b.py:2 g 1 20 20 20");
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "b.py", &query.file), ==, 1);
  assert_hotspots (fixture, &query, "b.py:2 g 1 20 20 20");
}

static void
test_recursion_counts_once (Fixture *fixture, gconstpointer data)
{
  record (fixture, "main: precise; call f@a.py:1; line 2; +1us; call f@a.py:1; line 2; +1us; call "
                   "f@a.py:1; line 2; "
                   "+1us; return; return; return");
  assert_hotspots (fixture, &everything, "a.py:2 f 3 3 3 3");
}

/* One thread runs at the end, the other one waits since long. */
static void
test_lines_that_still_run_count_until_the_end (Fixture *fixture, gconstpointer data)
{
  record (fixture,
          "one: precise; call f@a.py:1; line 2; +1us; line 3; +2us; two: precise; call g@b.py:1; "
          "line 2; +100us; "
          "block; +50us; line 3; +7us; stamp; line 4; +3us");
  assert_hotspots (fixture, &everything,
                   "a.py:3 f 1 162 162 162; b.py:2 g 1 150 150 150; b.py:3 g 1 7 7 7; "
                   "b.py:4 g 1 3 3 3; a.py:2 f 1 1 1 1");
}

static void
test_ranges (Fixture *fixture, gconstpointer data)
{
  ReplayHotspotQuery query = everything;

  record (fixture, "main: precise; call f@a.py:1; line 2; +10us; line 3; +10us; block; line 2; "
                   "+10us; line 3; +10us; "
                   "block; line 2; +10us; line 3; +10us; return");
  query.from_real_ns = TRACE_TEXT_REAL_NS + 5000;
  query.to_real_ns = TRACE_TEXT_REAL_NS + 15000;
  assert_hotspots (fixture, &query, "a.py:2 f 0 5 5 10; a.py:3 f 1 5 5 0");
  query.from_real_ns = TRACE_TEXT_REAL_NS + 10000;
  query.to_real_ns = TRACE_TEXT_REAL_NS + 50000;
  assert_hotspots (fixture, &query, "a.py:2 f 2 20 20 10; a.py:3 f 2 20 20 10");
  query.from_real_ns = TRACE_TEXT_REAL_NS + 100000;
  query.to_real_ns = TRACE_TEXT_REAL_NS + 200000;
  assert_hotspots (fixture, &query, "");
}

/* --- against a slow account --- */

typedef struct
{
  TxFileId file;
  uint32_t line;
} Key;

typedef struct
{
  int64_t count, self_ns, cumulated_ns;
  int64_t slowest_ns; /* of executions that ended in the range */
} Sums;

static guint
hash_key (gconstpointer data)
{
  const Key *key = data;

  return key->file * 31 + key->line;
}

static gboolean
equal_keys (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Key)) == 0;
}

static Sums *
get_sums (GHashTable *table, TxFileId file, uint32_t line)
{
  Key key = { file, line };
  Sums *sums = g_hash_table_lookup (table, &key);

  if (sums == NULL)
    {
      sums = g_new0 (Sums, 1);
      g_hash_table_insert (table, g_memdup2 (&key, sizeof key), sums);
    }
  return sums;
}

/* A thread as the account goes on. */
typedef struct
{
  GArray *frames; /* of Key */
  GArray *began;  /* of int64_t: when their lines began; INT64_MAX: not known */
  int64_t since_ns;
} Lane;

static void
charge (GHashTable *table, const Lane *lane, int64_t from_ns, int64_t to_ns)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (hash_key, equal_keys);
  int64_t elapsed_ns = to_ns - from_ns;

  if (elapsed_ns <= 0 || lane->frames->len == 0)
    return;
  for (guint i = lane->frames->len; i-- > 0;)
    {
      Key *key = &g_array_index (lane->frames, Key, i);

      if (key->line == 0)
        continue;
      if (i + 1 == lane->frames->len)
        get_sums (table, key->file, key->line)->self_ns += elapsed_ns;
      if (g_hash_table_add (seen, key))
        get_sums (table, key->file, key->line)->cumulated_ns += elapsed_ns;
    }
}

/* The innermost line ends. */
static void
end_line (GHashTable *table, Lane *lane, int64_t time_ns, bool counts)
{
  const Key *key = &g_array_index (lane->frames, Key, lane->frames->len - 1);
  int64_t began_ns = g_array_index (lane->began, int64_t, lane->began->len - 1);

  if (counts && key->line != 0 && began_ns != INT64_MAX)
    {
      Sums *sums = get_sums (table, key->file, key->line);

      sums->slowest_ns = MAX (sums->slowest_ns, time_ns - began_ns);
    }
}

static void
follow (GHashTable *table, Lane *lane, const RefItem *item, bool counts)
{
  Key key = { item->file, item->event.line };
  int64_t time_ns = item->event.time_ns, unknown_ns = INT64_MAX;

  switch (item->event.kind)
    {
    case TX_EVENT_CALL:
    case TX_EVENT_RESUME:
      g_array_append_val (lane->frames, key);
      g_array_append_val (lane->began, unknown_ns);
      break;
    case TX_EVENT_LINE:
      end_line (table, lane, time_ns, counts);
      g_array_index (lane->frames, Key, lane->frames->len - 1) = key;
      g_array_index (lane->began, int64_t, lane->began->len - 1) = time_ns;
      if (counts)
        get_sums (table, key.file, key.line)->count++;
      break;
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
    case TX_EVENT_YIELD:
      end_line (table, lane, time_ns, counts);
      g_array_set_size (lane->frames, lane->frames->len - 1);
      g_array_set_size (lane->began, lane->began->len - 1);
      break;
    default:
      break;
    }
}

static GHashTable *
account (const Reference *reference, TxThreadId thread, int64_t from_ns, int64_t to_ns, bool whole)
{
  GHashTable *table = g_hash_table_new_full (hash_key, equal_keys, g_free, g_free);
  Lane lanes[8];

  for (size_t i = 0; i < G_N_ELEMENTS (lanes); i++)
    lanes[i] = (Lane){ g_array_new (FALSE, TRUE, sizeof (Key)),
                       g_array_new (FALSE, TRUE, sizeof (int64_t)), from_ns };
  for (guint i = 0; i < reference->items->len; i++)
    {
      const RefItem *item = reference_get (reference, i);
      Lane *lane = &lanes[item->event.thread];
      int64_t time_ns = item->event.time_ns;

      if (thread != 0 && item->event.thread != thread)
        continue;
      charge (table, lane, MAX (lane->since_ns, from_ns), MIN (time_ns, to_ns));
      lane->since_ns = time_ns;
      follow (table, lane, item, whole || (time_ns >= from_ns && time_ns < to_ns));
    }
  for (size_t i = 0; i < G_N_ELEMENTS (lanes); i++)
    {
      charge (table, &lanes[i], MAX (lanes[i].since_ns, from_ns), to_ns);
      g_array_unref (lanes[i].frames);
      g_array_unref (lanes[i].began);
    }
  return table;
}

static void
assert_account (Fixture *fixture,
                const Reference *reference,
                TxThreadId thread,
                int64_t from_ns,
                int64_t to_ns,
                bool whole)
{
  const int64_t offset_ns = TRACE_TEXT_REAL_NS - TRACE_TEXT_MONO_NS;
  g_autoptr (GHashTable) expected = account (reference, thread, from_ns, to_ns, whole);
  ReplayHotspotQuery query = everything;
  ReplayHotspots *hotspots;
  GHashTableIter iter;
  gpointer key, value;
  guint n_expected = 0;
  TxError error = { 0 };

  query.thread = thread;
  if (!whole)
    {
      query.from_real_ns = from_ns + offset_ns;
      query.to_real_ns = to_ns + offset_ns;
    }
  if (replay_hotspots_query (fixture->trace, &query, NULL, &hotspots, &error) != TX_OK)
    g_error ("%s", error.message);
  g_hash_table_iter_init (&iter, expected);
  while (g_hash_table_iter_next (&iter, &key, &value))
    n_expected += ((Sums *) value)->count > 0 || ((Sums *) value)->cumulated_ns > 0;
  for (size_t i = 0; i < hotspots->n_items; i++)
    {
      const ReplayHotspot *item = &hotspots->items[i];
      const Sums *sums = get_sums (expected, item->file, item->line);

      g_assert_cmpint ((int64_t) item->count, ==, sums->count);
      g_assert_cmpint ((int64_t) item->self_ns, ==, sums->self_ns);
      g_assert_cmpint ((int64_t) item->cumulated_ns, ==, sums->cumulated_ns);
      /* Of all threads it is what digests say, and what runs at the end. */
      if (thread != 0)
        g_assert_cmpint ((int64_t) item->slowest_ns, ==, sums->slowest_ns);
    }
  g_assert_cmpuint (hotspots->n_items, ==, n_expected);
  replay_hotspots_free (hotspots);
}

static void
test_agrees_with_a_slow_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  for (int i = 0; i < 6; i++)
    {
      g_autofree char *program = reference_make_program (random, 1500, i % 2 == 0 ? 30 : 200);
      int64_t start_ns, end_ns;
      Reference *reference;

      if (i < 3)
        record (fixture, program);
      else
        record_with_runs (fixture, program, 1 + (uint32_t) i % 4, 3);
      reference = reference_new (replay_trace_get_reader (fixture->trace));
      g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
      start_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
      end_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
      for (TxThreadId thread = 0; thread <= 4; thread++)
        assert_account (fixture, reference, thread, start_ns, end_ns, true);
      for (int k = 0; k < 25; k++)
        {
          int64_t from_ns =
              start_ns + (int64_t) g_rand_double_range (random, 0, (double) (end_ns - start_ns));
          int64_t to_ns =
              from_ns + (int64_t) g_rand_double_range (random, 0, (double) (end_ns - from_ns));

          assert_account (fixture, reference, (TxThreadId) (k % 5), from_ns, to_ns, false);
        }
      reference_free (reference);
      tear_down (fixture, NULL);
      set_up (fixture, NULL);
    }
}

/* Blocks in the ring have no digests yet, and each alone does not tell how long anybody had been at
   what. */
static void
test_agrees_while_it_is_recorded (Fixture *fixture, gconstpointer data)
{
  const TxWriterOptions options = { .slot_size_bytes = TX_SLOT_SIZE_MIN, .slot_count = 64 };
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree char *program = reference_make_program (random, 12000, 100000000);
  TraceText *text = trace_text_new (fixture->directory, &options);
  const TxReader *reader;
  Reference *reference;
  int64_t start_ns, end_ns;

  trace_text_play (text,
                   "main: call f@a.py:1; line 2; two: call g@b.py:1; line 2; main: line 3; block; "
                   "+700ms; line 4; +300ms;");
  trace_text_play (text, program);
  fixture->trace = replay_trace_open (fixture->directory, NULL);
  g_assert_nonnull (fixture->trace);
  reader = replay_trace_get_reader (fixture->trace);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), >, 5);
  g_assert_cmpint (tx_reader_get_block_info (reader, 2)->place, ==, TX_BLOCK_RING);
  reference = reference_new (reader);
  g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
  start_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
  end_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
  for (TxThreadId thread = 0; thread <= 4; thread++)
    assert_account (fixture, reference, thread, start_ns, end_ns, true);
  for (int i = 1; i < 10; i++)
    assert_account (fixture, reference, 0, start_ns + (end_ns - start_ns) / 12 * i,
                    end_ns - (end_ns - start_ns) / 20 * i, false);
  reference_free (reference);
  trace_text_close (text);
}

/* Blocks state the innermost 1,024 frames. Those below have their time in a range as well, and all
   have it while the stack is left frame by frame. */
static void
test_deep_stacks_in_ranges (Fixture *fixture, gconstpointer data)
{
  int64_t start_ns, end_ns;
  Reference *reference;

  record (fixture,
          "one: call outer@a.py:20; line 21; repeat 1500 ( call f@a.py:1; line 2; +1us ); "
          "two: call g@b.py:1; line 2; +5us; block; one: line 3; +2000us; two: line 3; one: line "
          "4; block; line 5; two: line 2; block; one: repeat 1500 ( +1us; return ); line 22; "
          "two: line 3; +10us");
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
  start_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
  end_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
  for (int i = 1; i < 10; i++)
    {
      int64_t middle_ns = start_ns + (end_ns - start_ns) / 10 * i;

      for (TxThreadId thread = 0; thread <= 2; thread++)
        {
          assert_account (fixture, reference, thread, middle_ns, end_ns, false);
          assert_account (fixture, reference, thread, middle_ns, middle_ns + 500000, false);
        }
    }
  reference_free (reference);
}

/* Where a thread was active alone its digests have its account: with others before, between and
 * behind. */
static void
test_a_thread_alone_is_not_decoded (Fixture *fixture, gconstpointer data)
{
  int64_t start_ns, end_ns;
  Reference *reference;

  record (
      fixture,
      "one: call f@a.py:1; line 2; two: call g@b.py:1; line 2; +5us; block; one: "
      "repeat 300 ( line 3; +3us; call h@c.py:1; line 2; +1us; return; line 4; +2us; block ); "
      "two: +7us; line 3; +1us; block; line 4; +9us; block; one: line 5; two: +4us; line 6; block; "
      "one: repeat 100 ( line 6; +2us; block; line 7; +1us ); two: line 7; +8us");
  g_assert_cmpuint (tx_reader_get_n_blocks (replay_trace_get_reader (fixture->trace)), >, 400);
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
  start_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
  end_ns += TRACE_TEXT_MONO_NS - TRACE_TEXT_REAL_NS;
  for (TxThreadId thread = 1; thread <= 2; thread++)
    {
      const ReplayLoads *loads = _replay_cache_get_loads (fixture->trace->cache);
      size_t n_before = loads->blocks;

      assert_account (fixture, reference, thread, start_ns, end_ns, true);
      g_assert_cmpuint (loads->blocks - n_before, <=, 24);
      for (int i = 0; i < 60; i++)
        assert_account (fixture, reference, thread, start_ns + (end_ns - start_ns) * (i % 8) / 17,
                        end_ns - (end_ns - start_ns) * (i / 8) / 19, false);
    }
  reference_free (reference);
}

/* A range that begins between two blocks has the time from there only, though the second one's
 * digest has all. */
static void
test_a_range_of_a_thread_alone (Fixture *fixture, gconstpointer data)
{
  Reference *reference;

  record (
      fixture,
      "one: call f@a.py:1; line 2; +5us; block; line 3; +5us; block; +900us; line 4; +5us; block; "
      "line 5; +5us; block; line 6; +5us");
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  for (int64_t at_ns = 0; at_ns < 900000; at_ns += 50000)
    assert_account (fixture, reference, 1, TRACE_TEXT_MONO_NS + at_ns, TRACE_TEXT_MONO_NS + 919000,
                    false);
  reference_free (reference);
}

/* Where the thread was when it went on among others only that block's events told: no line before
 * has the time. */
static void
test_a_thread_alone_in_a_damaged_block (Fixture *fixture, gconstpointer data)
{
  ReplayHotspotQuery query = everything;
  ReplayHotspots *hotspots;
  int64_t self_ns[32] = { 0 };

  trace_text_record (
      fixture->directory,
      "one: call f@a.py:1; line 10; +10us; block; line 11; +10us; block; line 12; +10us; block; "
      "line 13; +10us; block; two: call g@b.py:1; line 2; +5000us; one: line 14; +10us; "
      "two: line 3; +10us");
  trace_text_damage_block (fixture->directory, 3, false);
  fixture->trace = replay_trace_open (fixture->directory, NULL);
  g_assert_nonnull (fixture->trace);
  query.thread = 1;
  g_assert_cmpint (replay_hotspots_query (fixture->trace, &query, NULL, &hotspots, NULL), ==,
                   TX_OK);
  for (size_t i = 0; i < hotspots->n_items; i++)
    self_ns[hotspots->items[i].line % 32] = (int64_t) hotspots->items[i].self_ns;
  for (unsigned line = 10; line <= 12; line++)
    {
      g_assert_cmpint (self_ns[line], >, 0);
      g_assert_cmpint (self_ns[line], <=, 20000);
    }
  replay_hotspots_free (hotspots);
}

static void
test_what_is_missing_is_counted (Fixture *fixture, gconstpointer data)
{
  const TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  TraceText *text = trace_text_new (fixture->directory, &options);
  ReplayHotspots *hotspots;
  ReplayTimeline *timeline;
  size_t n_missing = 0;

  trace_text_play (
      text, "pace 1us; main: call f@a.py:1; line 2; block; repeat 5000 ( line 3; line 4 ); block; "
            "line 6; line 7");
  trace_text_close (text);
  fixture->trace = replay_trace_open (fixture->directory, NULL);
  g_assert_nonnull (fixture->trace);
  g_assert_cmpint (replay_hotspots_query (fixture->trace, &everything, NULL, &hotspots, NULL), ==,
                   TX_OK);
  g_assert_cmpuint (hotspots->missing_blocks, ==, 0);
  g_assert_cmpuint (hotspots->events_lost + replay_trace_get_n_steps (fixture->trace), >=, 10003);
  g_assert_cmpuint (hotspots->events_lost, >, 1000);
  replay_hotspots_free (hotspots);
  g_assert_cmpint (replay_timeline_query (fixture->trace, TRACE_TEXT_REAL_NS,
                                          TRACE_TEXT_REAL_NS + 10010000, 100, 0, NULL, &timeline,
                                          NULL),
                   ==, TX_OK);
  for (size_t i = 0; i < timeline->n_buckets; i++)
    n_missing += timeline->lanes[0].buckets[i].missing;
  g_assert_cmpuint (n_missing, >, 10);
  g_assert_cmpuint (n_missing, <, 100);
  replay_timeline_free (timeline);
}

/* --- the timeline --- */

static void
test_timeline (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) said = g_string_new (NULL);
  ReplayTimeline *timeline;

  record (
      fixture,
      "one: precise; call f@a.py:1; line 2; +10us; line 3; +10us; call g@a.py:10; line 11; +10us; "
      "two: precise; call h@b.py:1; line 2; line 3; line 4; line 5; +9us; line 6");
  g_assert_cmpint (replay_timeline_query (fixture->trace, TRACE_TEXT_REAL_NS,
                                          TRACE_TEXT_REAL_NS + 40000, 4, 0, NULL, &timeline, NULL),
                   ==, TX_OK);
  for (size_t i = 0; i < timeline->n_lanes; i++)
    {
      g_string_append_printf (said, "t%u:", timeline->lanes[i].thread);
      for (size_t k = 0; k < timeline->n_buckets; k++)
        {
          const ReplayTimelineBucket *bucket = &timeline->lanes[i].buckets[k];

          g_string_append_printf (said, " %u-%u/%u", bucket->depth_min, bucket->depth_max,
                                  (unsigned) bucket->steps);
        }
      g_string_append (said, "; ");
    }
  g_assert_cmpstr (said->str, ==, "t2: 0-0/0 0-0/0 0-0/0 1-1/5; t1: 1-1/1 1-1/1 2-2/1 0-0/0; ");
  g_assert_cmpuint (timeline->depth_max, ==, 2);
  g_assert_cmpuint (timeline->n_threads, ==, 2);
  replay_timeline_free (timeline);
}

/* Where times of damaged recordings are, too. */
static void
test_times_have_a_bucket (void)
{
  const ReplayTimeline timeline = { .start_real_ns = 10, .end_real_ns = 20, .n_buckets = 100 };
  static const struct
  {
    int64_t real_ns;
    size_t bucket;
  } rows[] = {
    { INT64_MIN, 0 }, { 9, 0 },   { 10, 0 },  { 15, 50 },
    { 19, 90 },       { 20, 99 }, { 21, 99 }, { INT64_MAX, 99 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (_replay_timeline_get_bucket (&timeline, rows[i].real_ns), ==, rows[i].bucket);
}

static void
test_timeline_from_digests_has_all_steps (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree char *program = reference_make_program (random, 4000, 20);
  ReplayTimeline *timeline;
  int64_t start_ns, end_ns;
  uint64_t n_steps = 0;

  record (fixture, program);
  g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
  g_assert_cmpint (
      replay_timeline_query (fixture->trace, start_ns, end_ns, 300, 0, NULL, &timeline, NULL), ==,
      TX_OK);
  for (size_t i = 0; i < timeline->n_lanes; i++)
    for (size_t k = 0; k < timeline->n_buckets; k++)
      n_steps += timeline->lanes[i].buckets[k].steps;
  g_assert_cmpuint (n_steps, ==, replay_trace_get_n_steps (fixture->trace));
  replay_timeline_free (timeline);
  g_assert_cmpint (
      replay_timeline_query (fixture->trace, start_ns, end_ns, 300, 2, NULL, &timeline, NULL), ==,
      TX_OK);
  g_assert_cmpuint (timeline->n_lanes, ==, 2);
  g_assert_cmpuint (timeline->n_threads, ==, 4);
  replay_timeline_free (timeline);
}

static bool
cancel_cb (void *data, double fraction)
{
  return false;
}

static void
test_cancelling (Fixture *fixture, gconstpointer data)
{
  ReplayProgress progress = { cancel_cb, NULL };
  ReplayHotspots *hotspots = NULL;
  ReplayTimeline *timeline = NULL;

  record (fixture, "main: call f@a.py:1; repeat 100 ( line 2; line 3; block )");
  g_assert_cmpint (replay_hotspots_query (fixture->trace, &everything, &progress, &hotspots, NULL),
                   ==, TX_CANCELLED);
  g_assert_null (hotspots);
  g_assert_cmpint (replay_timeline_query (fixture->trace, TRACE_TEXT_REAL_NS,
                                          TRACE_TEXT_REAL_NS + 1, 10, 0, &progress, &timeline,
                                          NULL),
                   ==, TX_CANCELLED);
  g_assert_null (timeline);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
#define ADD(name, func) g_test_add ("/hotspots/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("figures", test_figures);
  ADD ("recursion-counts-once", test_recursion_counts_once);
  ADD ("lines-that-still-run", test_lines_that_still_run_count_until_the_end);
  ADD ("ranges", test_ranges);
  ADD ("agrees-with-a-slow-account", test_agrees_with_a_slow_account);
  ADD ("agrees-while-it-is-recorded", test_agrees_while_it_is_recorded);
  ADD ("a-thread-alone-is-not-decoded", test_a_thread_alone_is_not_decoded);
  ADD ("a-thread-alone-in-a-damaged-block", test_a_thread_alone_in_a_damaged_block);
  ADD ("a-range-of-a-thread-alone", test_a_range_of_a_thread_alone);
  ADD ("deep-stacks-in-ranges", test_deep_stacks_in_ranges);
  ADD ("what-is-missing-is-counted", test_what_is_missing_is_counted);
  g_test_add_func ("/hotspots/buckets", test_times_have_a_bucket);
  ADD ("timeline", test_timeline);
  ADD ("timeline-from-digests", test_timeline_from_digests_has_all_steps);
  ADD ("cancelling", test_cancelling);
  return g_test_run ();
}
