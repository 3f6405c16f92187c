// SPDX-License-Identifier: BSD-3-Clause
// Digests: what the digester charges, against sums by hand and against a naive count that walks the
// whole stack at each event; and encoding, there and back.
#include <glib.h>
#include <string.h>

#include "trace/tx-bytes-private.h"
#include "trace/tx-digest-run-private.h"
#include "trace/tx-digester-private.h"
#include "trace/tx-digester-scan-private.h"
#include "trace/tx-format-private.h"
#include "trace/tx-stream.h"
#include "trace/tx.h"
#include "trace-text.h"

/* ---- By hand ---- */

static TxDigest *
record_digest (const char *text, size_t index)
{
  char *directory = trace_text_make_directory ();
  TxReader *reader;
  TxDigest *digest;
  TxError error;

  trace_text_record (directory, text);
  reader = tx_reader_open (directory, &error);
  g_assert_nonnull (reader);
  g_assert_cmpint (tx_reader_load_digest (reader, index, &digest, &error), ==, TX_OK);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
  return digest;
}

static char *
print_digest (const TxDigest *digest)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < digest->n_threads; i++)
    g_string_append_printf (text, "t%u steps %u depth %u-%u\n", digest->threads[i].thread,
                            digest->threads[i].steps, digest->threads[i].depth_min,
                            digest->threads[i].depth_max);
  for (size_t i = 0; i < digest->n_lines; i++)
    g_string_append_printf (text,
                            "%u:%u hits %u self %" G_GUINT64_FORMAT " cumulated %" G_GUINT64_FORMAT
                            " slowest %" G_GUINT64_FORMAT "%s\n",
                            digest->lines[i].function, digest->lines[i].line, digest->lines[i].hits,
                            digest->lines[i].self_ns, digest->lines[i].cumulated_ns,
                            digest->lines[i].slowest_ns,
                            digest->tells_entries ? "" : " entries not told");
  return g_string_free (text, FALSE);
}

static void
assert_digest (const char *text, size_t index, const char *expected)
{
  TxDigest *digest = record_digest (text, index);
  char *printed = print_digest (digest);

  g_assert_cmpstr (printed, ==, expected);
  g_free (printed);
  tx_digest_free (digest);
}

static void
test_self_and_cumulated (void)
{
  assert_digest (
      "main: precise; call f@a.py:1; line 1; +10ns; line 2; +5ns; call g@a.py:10; line 10;"
      " +100ns; line 11; +7ns; return; +3ns; line 3; +1ns; return; block",
      0,
      "t1 steps 5 depth 0-2\n"
      "1:1 hits 1 self 10 cumulated 10 slowest 10\n"
      "1:2 hits 1 self 8 cumulated 115 slowest 115\n"
      "1:3 hits 1 self 1 cumulated 1 slowest 1\n"
      "2:10 hits 1 self 100 cumulated 100 slowest 100\n"
      "2:11 hits 1 self 7 cumulated 7 slowest 7\n");
}

static void
test_recursion_counts_once (void)
{
  assert_digest ("main: precise; call f@a.py:1; line 2; +10ns; call f@a.py:1; line 2; +20ns;"
                 " call f@a.py:1; line 2; +30ns; return; +1ns; return; +1ns; return; block",
                 0,
                 "t1 steps 3 depth 0-3\n"
                 "1:2 hits 3 self 62 cumulated 62 slowest 62\n");
}

static void
test_time_goes_on_in_the_next_block (void)
{
  static const char text[] =
      "main: precise; call f@a.py:1; line 1; +10ns; call g@a.py:5; line 6; +20ns;"
      " block; +30ns; line 7; +1ns; return; line 2; block";

  assert_digest (text, 0,
                 "t1 steps 2 depth 0-2\n"
                 "1:1 hits 1 self 10 cumulated 30 slowest 0\n"
                 "2:6 hits 1 self 20 cumulated 20 slowest 0\n");
  assert_digest (text, 1,
                 "t1 steps 2 depth 1-2\n"
                 "1:1 hits 0 self 0 cumulated 31 slowest 61\n"
                 "1:2 hits 1 self 0 cumulated 0 slowest 0\n"
                 "2:6 hits 0 self 30 cumulated 30 slowest 50\n"
                 "2:7 hits 1 self 1 cumulated 1 slowest 1\n");
}

static void
test_threads_have_their_own_time (void)
{
  assert_digest ("one: precise; call f@a.py:1; line 1; two: precise; call g@a.py:9; line 9; +10ns; "
                 "one: line 2;"
                 " +5ns; two: line 10; block",
                 0,
                 "t1 steps 2 depth 0-1\n"
                 "t2 steps 2 depth 0-1\n"
                 "1:1 hits 1 self 10 cumulated 10 slowest 10\n"
                 "1:2 hits 1 self 0 cumulated 0 slowest 0\n"
                 "2:9 hits 1 self 15 cumulated 15 slowest 15\n"
                 "2:10 hits 1 self 0 cumulated 0 slowest 0\n");
}

/* ---- Against a naive count ---- */

typedef struct
{
  GArray *frames; /* owned; of guint64: function << 32 | line */
  int64_t last_ns;
} NaiveThread;

typedef struct
{
  uint64_t self_ns, cumulated_ns;
  uint32_t hits;
} NaiveLine;

static NaiveLine *
get_naive_line (GHashTable *lines, guint64 key)
{
  NaiveLine *line = g_hash_table_lookup (lines, &key);

  if (!line)
    {
      line = g_new0 (NaiveLine, 1);
      g_hash_table_insert (lines, g_memdup2 (&key, sizeof key), line);
    }
  return line;
}

static void
charge_naively (GHashTable *lines, NaiveThread *thread, int64_t now_ns)
{
  uint64_t elapsed_ns = (uint64_t) (now_ns - thread->last_ns);

  thread->last_ns = now_ns;
  for (guint i = 0; i < thread->frames->len; i++)
    {
      guint64 key = g_array_index (thread->frames, guint64, i);
      gboolean is_repeated = FALSE;

      if ((guint32) key == 0)
        continue;
      for (guint j = 0; j < i; j++)
        is_repeated |= g_array_index (thread->frames, guint64, j) == key;
      if (!is_repeated)
        get_naive_line (lines, key)->cumulated_ns += elapsed_ns;
      if (i + 1 == thread->frames->len)
        get_naive_line (lines, key)->self_ns += elapsed_ns;
    }
}

static void
follow_naively (GHashTable *lines, NaiveThread *thread, const TxEvent *event)
{
  guint64 key = (guint64) event->function << 32 | event->line;

  charge_naively (lines, thread, event->time_ns);
  if (event->kind == TX_EVENT_LINE)
    {
      get_naive_line (lines, key)->hits++;
      g_array_set_size (thread->frames, event->depth - 1);
      g_array_append_val (thread->frames, key);
    }
  else if (event->kind == TX_EVENT_CALL || event->kind == TX_EVENT_RESUME)
    g_array_append_val (thread->frames, key);
  else if (event->kind == TX_EVENT_RETURN || event->kind == TX_EVENT_UNWIND ||
           event->kind == TX_EVENT_YIELD)
    g_array_set_size (thread->frames, event->depth - 1);
}

static void
assert_equals_naive (const TxDigest *digest, GHashTable *lines)
{
  uint64_t n_hits = 0;

  for (size_t i = 0; i < digest->n_lines; i++)
    {
      const TxDigestLine *line = &digest->lines[i];
      NaiveLine *naive = get_naive_line (lines, (guint64) line->function << 32 | line->line);

      g_assert_cmpuint (line->hits, ==, naive->hits);
      g_assert_cmpuint (line->self_ns, ==, naive->self_ns);
      g_assert_cmpuint (line->cumulated_ns, ==, naive->cumulated_ns);
      n_hits += line->hits;
    }
  g_assert_cmpuint (n_hits, ==, digest->steps);
}

/* Nothing that the naive count has may be missing. */
static size_t
count_naive_lines (GHashTable *lines)
{
  GHashTableIter iter;
  gpointer value;
  size_t n = 0;

  g_hash_table_iter_init (&iter, lines);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const NaiveLine *line = value;

      n += line->hits > 0 || line->cumulated_ns > 0;
    }
  return n;
}

static char *
make_random_text (GRand *random)
{
  GString *text = g_string_new ("t1: pace 3ns; ");
  guint depths[3] = { 0 };
  guint thread = 0;

  /* The functions have ids about the last that is called by one byte. */
  for (guint i = 1; i < TX_CALL_NEAR_MAX; i++)
    g_string_append_printf (text, "code other%u@a.py:1; ", i);
  for (guint i = 0; i < 3000; i++)
    {
      gint kind = g_rand_int_range (random, 0, 100);

      if (kind < 50 && depths[thread] > 0)
        g_string_append_printf (text, "line %d; ", g_rand_int_range (random, 1, 8));
      else if (kind < 70 && depths[thread] < 12)
        {
          g_string_append_printf (text, "call f%d@a.py:1; ", g_rand_int_range (random, 0, 3));
          depths[thread]++;
        }
      else if (kind < 90 && depths[thread] > 0)
        {
          g_string_append (text, "return; ");
          depths[thread]--;
        }
      else if (kind < 96)
        {
          thread = (guint) g_rand_int_range (random, 0, 3);
          g_string_append_printf (text, "t%u: ", thread + 1);
        }
      else if (kind < 98)
        g_string_append (text, "stamp; +17ns; ");
      else if (kind < 99)
        g_string_append (text, "block; ");
    }
  g_string_append (text, "block");
  return g_string_free (text, FALSE);
}

static void
check_random_recording (guint32 seed)
{
  GRand *random = g_rand_new_with_seed (seed);
  char *text = make_random_text (random);
  char *directory = trace_text_make_directory ();
  NaiveThread threads[8] = { 0 };
  TxReader *reader;

  trace_text_record (directory, text);
  reader = tx_reader_open (directory, NULL);
  g_assert_nonnull (reader);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      GHashTable *lines = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
      TxThreadId current = 0;
      TxBlock *block;
      TxDigest *digest;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      g_assert_cmpint (tx_reader_load_digest (reader, i, &digest, NULL), ==, TX_OK);
      for (size_t j = 0; j < block->n_events; j++)
        {
          const TxEvent *event = &block->events[j];

          if (event->thread == 0 || event->kind > TX_EVENT_REVEAL)
            continue;
          current = event->thread;
          if (!threads[current].frames)
            threads[current] =
                (NaiveThread){ g_array_new (FALSE, FALSE, sizeof (guint64)), event->time_ns };
          follow_naively (lines, &threads[current], event);
        }
      if (current)
        charge_naively (lines, &threads[current], block->times.mono_last_ns);
      assert_equals_naive (digest, lines);
      g_assert_cmpuint (digest->n_lines, ==, count_naive_lines (lines));
      g_hash_table_unref (lines);
      tx_digest_free (digest);
      tx_block_free (block);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_clear_pointer (&threads[i].frames, g_array_unref);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
  g_free (text);
  g_rand_free (random);
}

static void
test_equals_naive_count (void)
{
  for (guint32 seed = 1; seed <= 40; seed++)
    check_random_recording (seed);
}

/* ---- The scan of bytes against the decoded events ---- */

static bool
first_line_cb (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  const TxFunction *found = tx_reader_get_function (data, function);

  *ret_first_line = found ? found->first_line : 0;
  return found != NULL;
}

static void
check_random_scan (guint32 seed)
{
  GRand *random = g_rand_new_with_seed (seed);
  char *text = make_random_text (random);
  char *directory = trace_text_make_directory ();
  TxDigester *scanning = tx_digester_new (), *decoding = tx_digester_new ();
  TxReader *reader;

  trace_text_record (directory, text);
  reader = tx_reader_open (directory, NULL);
  g_assert_nonnull (reader);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxScanCounts counts;
      TxBlock *block;
      TxDigest *scanned, *expected;
      char *printed, *printed_expected;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      scanned = _tx_digester_scan (scanning, block->raw, block->raw_size_bytes, block->sequence,
                                   &block->times, first_line_cb, reader, &counts);
      expected = tx_digester_add (decoding, block);
      g_assert_nonnull (scanned);
      g_assert_cmpuint (counts.n_events, ==, block->n_events);
      g_assert_cmpuint (scanned->steps, ==, expected->steps);
      g_assert_cmpuint (scanned->error_ns, ==, expected->error_ns);
      g_assert_cmpuint (scanned->resumed, ==, expected->resumed);
      g_assert_cmpuint (scanned->restated, ==, expected->restated);
      printed = print_digest (scanned);
      printed_expected = print_digest (expected);
      g_assert_cmpstr (printed, ==, printed_expected);
      for (size_t k = 0; k < scanned->n_lines; k++)
        {
          g_assert_cmpuint (scanned->lines[k].entries, ==, expected->lines[k].entries);
          g_assert_cmpuint (scanned->lines[k].awaits, ==, expected->lines[k].awaits);
        }
      g_assert_cmpint (scanned->tells_awaits, ==, expected->tells_awaits);
      g_free (printed);
      g_free (printed_expected);
      tx_digest_free (scanned);
      tx_digest_free (expected);
      tx_block_free (block);
    }
  tx_digester_free (scanning);
  tx_digester_free (decoding);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
  g_free (text);
  g_rand_free (random);
}

/* The native thread's way must not fall back to the slow one on what is good, nor count
   otherwise. */
static void
test_scan_equals_decoded (void)
{
  for (guint32 seed = 100; seed <= 140; seed++)
    check_random_scan (seed);
}

static bool
tell_first_line (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  *ret_first_line = 5;
  return true;
}

/* Seconds for the digest of a block that calls these functions, once each. */
static double
time_calls (const GArray *ids)
{
  g_autoptr (GByteArray) events = g_byte_array_new ();
  static const guint8 stack[] = { TX_BYTE_STACK, 1, 0, 1, 1, 1, 5 };
  TxBlockTimes times = { 1000, 2000, 1000 };
  TxDigester *digester = tx_digester_new ();
  g_autoptr (GTimer) timer = NULL;
  TxBlock *block;
  TxDigest *digest;
  double seconds;

  g_byte_array_append (events, stack, sizeof stack);
  for (guint i = 0; i < ids->len; i++)
    {
      uint8_t bytes[8];
      uint8_t *end = _tx_put_call (bytes, g_array_index (ids, uint32_t, i));

      *end++ = 0x41;
      *end++ = TX_BYTE_RETURN;
      g_byte_array_append (events, bytes, (guint) (end - bytes));
    }
  block = tx_block_decode (events->data, events->len, 0, &times, tell_first_line, NULL, NULL);
  g_assert_false (block->damaged);
  timer = g_timer_new ();
  digest = tx_digester_add (digester, block);
  seconds = g_timer_elapsed (timer, NULL);
  g_assert_cmpuint (digest->steps, ==, ids->len);
  tx_digest_free (digest);
  tx_digester_free (digester);
  tx_block_free (block);
  return seconds;
}

/* Functions whose ids a usual hash puts into the same few places cost no more than others. */
static void
test_functions_that_hash_alike (void)
{
  enum
  {
    N = 20000
  };
  g_autoptr (GArray) alike = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  double seconds_alike = 0, seconds_others = 0;

  for (uint32_t id = 2; alike->len < N; id++)
    if (((id * UINT64_C (0x9e3779b97f4a7c15)) >> 32 & 0x1ffff) < 4)
      g_array_append_val (alike, id);
  for (uint32_t i = 1; i <= N; i++)
    {
      uint32_t id = i * 40009;

      g_array_append_val (others, id);
    }
  /* The machine may be busy with something else. */
  for (guint i = 0; i < 5; i++)
    {
      seconds_alike = time_calls (alike);
      seconds_others = time_calls (others);
      if (seconds_alike < 5 * seconds_others)
        return;
    }
  g_error ("%f s, and %f s for others", seconds_alike, seconds_others);
}

/* Both ways of counting, in a block that lasts as long as a clock can tell. */
static void
test_the_ends_of_time (void)
{
  const TxBlockTimes times = { INT64_MIN, INT64_MAX, 0 };
  char *directory = trace_text_make_directory ();
  TxDigester *scanning = tx_digester_new (), *decoding = tx_digester_new ();
  TxScanCounts counts;
  TxBlock *recorded, *block;
  TxDigest *scanned, *expected;
  TxReader *reader;
  char *printed, *printed_expected;

  trace_text_record (directory, "main: call f@a.py:1; line 2; line 3; call g@b.py:1; line 2; "
                                "return; line 4");
  reader = tx_reader_open (directory, NULL);
  g_assert_nonnull (reader);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &recorded, NULL), ==, TX_OK);
  block = tx_block_decode (recorded->raw, recorded->raw_size_bytes, 0, &times, first_line_cb,
                           reader, NULL);
  g_assert_nonnull (block);
  g_assert_cmpint (block->events[0].time_ns, ==, INT64_MIN);
  scanned = _tx_digester_scan (scanning, recorded->raw, recorded->raw_size_bytes, 0, &times,
                               first_line_cb, reader, &counts);
  expected = tx_digester_add (decoding, block);
  g_assert_nonnull (scanned);
  printed = print_digest (scanned);
  printed_expected = print_digest (expected);
  g_assert_cmpstr (printed, ==, printed_expected);
  g_assert_cmpuint (scanned->error_ns, ==, UINT32_MAX);
  /* each has its share of 2^64 ns */
  for (size_t i = 0; i < expected->n_lines; i++)
    g_assert_cmpuint (expected->lines[i].self_ns, >, UINT64_MAX / 20);
  g_free (printed);
  g_free (printed_expected);
  tx_digest_free (scanned);
  tx_digest_free (expected);
  tx_digester_free (scanning);
  tx_digester_free (decoding);
  tx_block_free (block);
  tx_block_free (recorded);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
}

/* Code that comes and goes: what no frame stands on is forgotten, what runs goes on being counted.
 */
static void
test_many_functions (void)
{
  TxDigester *digester = tx_digester_new ();
  const uint64_t n_blocks = 300;
  uint64_t total_ns = 0;

  for (uint64_t i = 0; i < n_blocks; i++)
    {
      TxStackFrame frame = { .function = 1, .line = 2 };
      TxBlockStack stack = { .depth = 1, .n_frames = 1 };
      TxEvent events[1 + 3 * 500] = { { .kind = TX_EVENT_STACK, .thread = 1 } };
      TxBlock block = { .sequence = i,
                        .frames = &frame,
                        .n_frames = 1,
                        .stacks = &stack,
                        .n_stacks = 1,
                        .events = events,
                        .n_events = G_N_ELEMENTS (events) };
      TxDigest *digest;

      for (size_t j = 0; j < 500; j++)
        {
          TxFunctionId function = (TxFunctionId) (2 + i * 500 + j);

          events[1 + 3 * j] = (TxEvent){ .kind = TX_EVENT_CALL, .function = function };
          events[2 + 3 * j] = (TxEvent){ .kind = TX_EVENT_LINE, .function = function, .line = 7 };
          events[3 + 3 * j] = (TxEvent){ .kind = TX_EVENT_RETURN };
        }
      for (size_t j = 0; j < G_N_ELEMENTS (events); j++)
        {
          events[j].thread = 1;
          events[j].time_ns = (int64_t) (i * G_N_ELEMENTS (events) + j);
        }
      block.times.mono_last_ns = (int64_t) ((i + 1) * G_N_ELEMENTS (events));
      digest = tx_digester_add (digester, &block);
      g_assert_nonnull (digest);
      g_assert_cmpuint (digest->n_lines, ==, 501);
      g_assert_cmpuint (digest->lines[0].function, ==, 1);
      total_ns += digest->lines[0].cumulated_ns;
      tx_digest_free (digest);
    }
  g_assert_cmpuint (total_ns, ==, n_blocks * (1 + 3 * 500));
  g_assert_cmpuint (_tx_digester_count_kept (digester), <, 40000);
  tx_digester_free (digester);
}

/* ---- Calls ---- */

/* Lines that calls began with: not those of frames that were found, nor where a generator goes on;
   also where the call was in the block before. */
static void
test_entries (void)
{
  const char *text = "pace 1us; main: call f@a.py:1; line 2; repeat 3 (call g@a.py:10; lines "
                     "11-12; return; line 3);"
                     "block; call g@a.py:10; block; line 11; line 12; return; call h@a.py:20 as "
                     "one; line 21; yield;"
                     "line 4; resume one; line 22; return; line 5";
  static const struct
  {
    size_t index;
    const char *entries;
  } expected[] = { { 0, "2:1 11:3 " }, { 1, "" }, { 2, "11:1 21:1 " } };

  for (size_t i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (GString) told = g_string_new (NULL);
      TxDigest *digest = record_digest (text, expected[i].index);

      g_assert_true (digest->tells_entries);
      for (size_t k = 0; k < digest->n_lines; k++)
        if (digest->lines[k].entries > 0)
          g_string_append_printf (told, "%u:%u ", digest->lines[k].line, digest->lines[k].entries);
      g_assert_cmpstr (told->str, ==, expected[i].entries);
      /* The generator was suspended at its line, and went on there. */
      g_assert_true (digest->tells_awaits);
      for (size_t k = 0; k < digest->n_lines; k++)
        g_assert_cmpuint (digest->lines[k].awaits, ==, digest->lines[k].line == 21 ? 2 : 0);
      tx_digest_free (digest);
    }
}

/* A frame that is suspended before its first line: where others were is not told either, since not
   all would be. */
static void
test_awaits_are_told_whole_or_not (void)
{
  char *directory = trace_text_make_directory ();
  TxDigester *digester = tx_digester_new ();
  TxReader *reader;
  TxDigest *digest;
  TxBlock *block;

  trace_text_record (directory, "pace 1us; main: call f@a.py:1; line 2; call g@a.py:10 as one; "
                                "line 11; yield; call h@a.py:20 as other; yield; line 3");
  reader = tx_reader_open (directory, NULL);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, NULL), ==, TX_OK);
  digest = tx_digester_add (digester, block);
  g_assert_false (digest->tells_awaits);
  g_assert_cmpuint (digest->n_lines, ==, 3);
  for (size_t i = 0; i < digest->n_lines; i++)
    g_assert_cmpuint (digest->lines[i].awaits, ==, 0);
  tx_digest_free (digest);
  tx_block_free (block);
  tx_digester_free (digester);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
}

/* ---- Encoding ---- */

static void
test_round_trip (void)
{
  TxDigestThread threads[] = { { 1, 5, 0, 3 }, { 900, 7, 2, TX_DEPTH_MAX } };
  TxDigestLine lines[] = {
    { 0, 0, 1, 0, 0, 0 },
    { 3, 7, 4, 1000, 900, 12 }, /* cumulated below self, as a reader must take it */
    { 3, 4000000000u, 4, UINT64_MAX / 4, UINT64_MAX / 2, 1 },
    { 4000000000u, 1, 3, 1, 2, UINT64_MAX },
  };
  TxDigest digest = { .threads = threads, .n_threads = 2, .lines = lines, .n_lines = 4 };
  size_t size, told_size;
  uint8_t *told;
  uint8_t *bytes = tx_digest_encode (&digest, &size);
  TxError error;
  TxDigest *decoded = tx_digest_decode (bytes, size, &error);

  g_assert_nonnull (decoded);
  g_assert_cmpmem (decoded->threads, sizeof threads, threads, sizeof threads);
  g_assert_cmpuint (decoded->n_lines, ==, 4);
  for (size_t i = 0; i < 4; i++)
    {
      g_assert_cmpuint (decoded->lines[i].function, ==, lines[i].function);
      g_assert_cmpuint (decoded->lines[i].line, ==, lines[i].line);
      g_assert_cmpuint (decoded->lines[i].hits, ==, lines[i].hits);
      g_assert_cmpuint (decoded->lines[i].self_ns, ==, lines[i].self_ns);
      g_assert_cmpuint (decoded->lines[i].cumulated_ns, ==, lines[i].cumulated_ns);
      g_assert_cmpuint (decoded->lines[i].slowest_ns, ==, lines[i].slowest_ns);
    }
  g_assert_cmpuint (decoded->steps, ==, 12);
  g_assert_false (decoded->tells_entries);
  tx_digest_free (decoded);
  digest.tells_entries = true;
  lines[1].entries = 4;
  lines[3].entries = 1;
  told = tx_digest_encode (&digest, &told_size);
  decoded = tx_digest_decode (told, told_size, &error);
  g_assert_true (decoded->tells_entries);
  for (size_t i = 0; i < 4; i++)
    g_assert_cmpuint (decoded->lines[i].entries, ==, lines[i].entries);
  tx_digest_free (decoded);
  free (told);
  lines[1].entries = 5; /* more than it was executed */
  told = tx_digest_encode (&digest, &told_size);
  g_assert_null (tx_digest_decode (told, told_size, &error));
  free (told);
  for (size_t cut = 0; cut < size; cut++)
    {
      g_assert_null (tx_digest_decode (bytes, cut, &error));
      g_assert_cmpint (error.status, ==, TX_ERROR_DAMAGED);
    }
  free (bytes);
}

/* ---- Added up ---- */

static void
test_sums_tell_of_their_parts (void)
{
  const TxDigestThread threads[] = { { 1, 3, 0, 2 }, { 4, 2, 1, 5 } };
  const TxDigestLine lines[] = { { 7, 12, 5, 100, 150, 90, 0, 2 } };
  const TxDigestThread other_threads[] = { { 4, 1, 3, 9 } };
  const TxDigestLine other_lines[] = { { 7, 12, 1, 10, 11, 95, 3, 1 } };
  const TxDigest first = { .threads = threads,
                           .n_threads = 2,
                           .lines = lines,
                           .n_lines = 1,
                           .steps = 5,
                           .tells_entries = true };
  const TxDigest second = { .threads = other_threads,
                            .n_threads = 1,
                            .lines = other_lines,
                            .n_lines = 1,
                            .steps = 1,
                            .tells_entries = true };
  const TxBlockSummary summaries[] = {
    { .sequence = 9, .first_step = 50, .steps = 5, .events = 8, .depth_max = 5 },
    { .sequence = 10, .first_step = 55, .steps = 1, .events = 1, .depth_min = 3, .depth_max = 9 },
  };
  TxBuffer buffer = { 0 };
  TxDigestRun run = { 0 };
  TxDigestGroup group;
  TxDigest *digest;

  g_assert_true (_tx_digest_run_add (&run, &summaries[0], 1, &first));
  g_assert_true (_tx_digest_run_continues (&run, &summaries[1]));
  g_assert_true (_tx_digest_run_add (&run, &summaries[1], 1, &second));
  g_assert_false (_tx_digest_run_continues (&run, &summaries[1]));
  _tx_digest_run_append_group (&run, &buffer);
  g_assert_true (_tx_digest_find_group (buffer.data, buffer.size, &group));
  g_assert_cmpuint (group.n_runs, ==, 2);
  g_assert_cmpuint (group.n_blocks, ==, 2);
  digest = tx_digest_decode (group.bytes, group.size_bytes, NULL);
  g_assert_cmpuint (digest->n_parts, ==, 2);
  g_assert_cmpuint (digest->part_ends[0], ==, 2);
  g_assert_cmpuint (digest->part_ends[1], ==, 3);
  g_assert_cmpmem (digest->part_threads, sizeof threads, threads, sizeof threads);
  g_assert_cmpmem (digest->part_threads + 2, sizeof *other_threads, other_threads,
                   sizeof other_threads);
  g_assert_cmpuint (digest->lines[0].hits, ==, 6);
  g_assert_cmpuint (digest->lines[0].slowest_ns, ==, 95);
  g_assert_cmpuint (digest->lines[0].waiting_ns, ==, 3);
  g_assert_true (digest->tells_entries);
  g_assert_cmpuint (digest->lines[0].entries, ==, 3);
  g_assert_cmpuint (digest->threads[1].steps, ==, 3);
  g_assert_cmpuint (digest->threads[1].depth_min, ==, 1);
  tx_digest_free (digest);
  digest = _tx_digest_decode_threads (group.bytes, group.size_bytes, NULL);
  g_assert_cmpuint (digest->n_lines, ==, 0);
  g_assert_cmpuint (digest->n_parts, ==, 2);
  tx_digest_free (digest);
  /* Parts that have other steps than their sum are not believed. */
  run.part_threads[0].steps++;
  buffer.size = 0;
  _tx_digest_run_append_group (&run, &buffer);
  g_assert_true (_tx_digest_find_group (buffer.data, buffer.size, &group));
  g_assert_null (tx_digest_decode (group.bytes, group.size_bytes, NULL));
  _tx_digest_run_clear (&run);
  _tx_buffer_clear (&buffer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/digest/functions-that-hash-alike", test_functions_that_hash_alike);
  g_test_add_func ("/trace/digest/self-and-cumulated", test_self_and_cumulated);
  g_test_add_func ("/trace/digest/recursion-counts-once", test_recursion_counts_once);
  g_test_add_func ("/trace/digest/next-block", test_time_goes_on_in_the_next_block);
  g_test_add_func ("/trace/digest/entries", test_entries);
  g_test_add_func ("/trace/digest/awaits-whole-or-not", test_awaits_are_told_whole_or_not);
  g_test_add_func ("/trace/digest/threads", test_threads_have_their_own_time);
  g_test_add_func ("/trace/digest/naive", test_equals_naive_count);
  g_test_add_func ("/trace/digest/scan", test_scan_equals_decoded);
  g_test_add_func ("/trace/digest/ends-of-time", test_the_ends_of_time);
  g_test_add_func ("/trace/digest/many-functions", test_many_functions);
  g_test_add_func ("/trace/digest/round-trip", test_round_trip);
  g_test_add_func ("/trace/digest/sums-tell-of-their-parts", test_sums_tell_of_their_parts);
  return g_test_run ();
}
