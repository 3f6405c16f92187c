// SPDX-License-Identifier: BSD-3-Clause
// What each of several threads has of each line: of a block as if it had been alone, added up over
// blocks, divided again, and from bytes that are not good.
#include <glib.h>
#include <string.h>

#include "test-seed.h"
#include "trace-text.h"
#include "trace/tx-digest-run-private.h"
#include "trace/tx-digester-scan-private.h"
#include "trace/tx-thread-lines-private.h"
#include "trace/tx.h"

#define N_THREADS 4u

/* A recording with four threads, which do much the same, call themselves, wait, are suspended and
 * go on. */
static char *
make_program (GRand *random, guint n)
{
  GString *text = g_string_new ("t1: pace 3ns; ");
  guint depths[N_THREADS] = { 0 };
  guint thread = 0;

  for (guint i = 0; i < n; i++)
    {
      gint kind = g_rand_int_range (random, 0, 100);

      if (kind < 50 && depths[thread] > 0)
        g_string_append_printf (text, "line %d; ", g_rand_int_range (random, 1, 8));
      else if (kind < 70 && depths[thread] < 12)
        {
          g_string_append_printf (text, "call f%d@a.py:1; ", g_rand_int_range (random, 0, 3));
          depths[thread]++;
        }
      else if (kind < 88 && depths[thread] > 0)
        {
          g_string_append (text, "return; ");
          depths[thread]--;
        }
      else if (kind < 92 && depths[thread] > 0)
        g_string_append (text, "wait 2ms; +3ms; stamp; line 9; line 7; ");
      else if (kind < 97)
        {
          thread = (guint) g_rand_int_range (random, 0, N_THREADS);
          g_string_append_printf (text, "t%u: ", thread + 1);
        }
      else if (kind < 99)
        g_string_append (text, "stamp; +17ns; ");
      else
        g_string_append (text, "block; ");
    }
  g_string_append (text, "block");
  return g_string_free (text, FALSE);
}

/* ---- A block ---- */

static bool
is_counted (const TxEvent *event)
{
  return event->thread != 0 && (event->kind <= TX_EVENT_REVEAL || event->kind == TX_EVENT_MARK ||
                                event->kind == TX_EVENT_WAIT);
}

/* The block as if only @thread had been recorded; NULL where it is not in it. */
static TxDigest *
digest_alone (TxDigester *digester, const TxBlock *block, TxThreadId thread)
{
  g_autofree TxEvent *events = g_new (TxEvent, block->n_events + 1);
  TxBlock alone = *block;
  TxThreadId last = 0;

  alone.events = events;
  alone.n_events = 0;
  for (size_t i = 0; i < block->n_events; i++)
    {
      if (is_counted (&block->events[i]))
        last = block->events[i].thread;
      if (block->events[i].thread == thread)
        events[alone.n_events++] = block->events[i];
    }
  if (last != thread)
    for (size_t i = 0; i < alone.n_events; i++)
      if (is_counted (&events[i]))
        alone.times.mono_last_ns = events[i].time_ns;
  return tx_digester_add (digester, &alone);
}

static void
assert_same_lines (const TxDigestLine *lines,
                   size_t n_lines,
                   const TxDigestLine *expected,
                   size_t n_expected)
{
  g_assert_cmpuint (n_lines, ==, n_expected);
  for (size_t i = 0; i < n_lines; i++)
    {
      g_assert_cmpuint (lines[i].function, ==, expected[i].function);
      g_assert_cmpuint (lines[i].line, ==, expected[i].line);
      g_assert_cmpuint (lines[i].hits, ==, expected[i].hits);
      g_assert_cmpuint (lines[i].self_ns, ==, expected[i].self_ns);
      g_assert_cmpuint (lines[i].cumulated_ns, ==, expected[i].cumulated_ns);
      g_assert_cmpuint (lines[i].slowest_ns, ==, expected[i].slowest_ns);
      g_assert_cmpuint (lines[i].waiting_ns, ==, expected[i].waiting_ns);
    }
}

static const TxDigestThread *
find_thread (const TxDigest *digest, TxThreadId thread)
{
  for (size_t i = 0; i < digest->n_threads; i++)
    if (digest->threads[i].thread == thread)
      return &digest->threads[i];
  return NULL;
}

/* What the digest says of the thread, against @alone. */
static void
assert_is_told (const TxDigest *digest, TxThreadId thread, const TxDigest *alone)
{
  const TxDigestThread *found = find_thread (digest, thread);
  const TxDigestThreadLines *lines;

  g_assert_cmpuint (alone->n_threads, ==, found ? 1 : 0);
  if (!found)
    return;
  g_assert_cmpuint (found->steps, ==, alone->steps);
  g_assert_true ((digest->n_threads > 1) == (digest->thread_lines != NULL));
  if (!digest->thread_lines)
    {
      assert_same_lines (digest->lines, digest->n_lines, alone->lines, alone->n_lines);
      return;
    }
  lines = &digest->thread_lines[found - digest->threads];
  assert_same_lines (lines->lines, lines->n_lines, alone->lines, alone->n_lines);
  g_assert_cmpuint (lines->resumed, ==, alone->resumed);
  g_assert_cmpuint (lines->restated, ==, alone->restated);
}

/* ---- A recording ---- */

typedef struct
{
  char *directory; /* owned */
  TxReader *reader;
  TxDigester *scanning, *decoding, *alone[N_THREADS + 1];
  TxThreadLines lines;             /* of all blocks, in runs of */
  guint n_run_blocks;              /* so many blocks */
  TxDigestRun run;                 /* the one at hand */
  TxDigestRun sum;                 /* of all blocks */
  TxDigestRun sums[N_THREADS + 1]; /* of each thread */
} Recording;

static bool
first_line_cb (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  const TxFunction *found = tx_reader_get_function (data, function);

  *ret_first_line = found ? found->first_line : 0;
  return found != NULL;
}

static void
add_to_sum (TxDigestRun *sum, const TxDigest *digest)
{
  const TxBlockSummary summary = { .steps = digest->steps };

  /* There may be more parts than a run has. */
  sum->n_parts = 0;
  sum->n_part_threads = 0;
  g_assert_true (_tx_digest_run_add (sum, &summary, 1, digest));
}

/* As the writer does: where a run has but one thread its digest is enough. */
static void
end_run (Recording *self)
{
  _tx_thread_lines_end_run (&self->lines, self->run.n_blocks);
  _tx_digest_run_clear (&self->run);
  if (_tx_thread_lines_are_told (&self->lines))
    return;
  _tx_thread_lines_reset (&self->lines);
  _tx_digest_run_clear (&self->sum);
  for (guint i = 1; i <= N_THREADS; i++)
    _tx_digest_run_clear (&self->sums[i]);
}

static void
add_block (Recording *self, const TxBlock *block)
{
  TxScanCounts counts;
  TxDigest *digest =
      _tx_digester_scan (self->scanning, block->raw, block->raw_size_bytes, block->sequence,
                         &block->times, first_line_cb, self->reader, &counts);
  TxDigest *decoded = tx_digester_add (self->decoding, block);
  TxDigest run;

  g_assert_nonnull (digest);
  if (self->run.n_blocks == self->n_run_blocks)
    end_run (self);
  for (TxThreadId thread = 1; thread <= N_THREADS; thread++)
    {
      TxDigest *alone = digest_alone (self->alone[thread], block, thread);

      assert_is_told (digest, thread, alone);
      assert_is_told (decoded, thread, alone);
      add_to_sum (&self->sums[thread], alone);
      tx_digest_free (alone);
    }
  run = _tx_digest_run_get (&self->run);
  _tx_thread_lines_add (&self->lines, &run, digest);
  add_to_sum (&self->run, digest);
  add_to_sum (&self->sum, digest);
  tx_digest_free (digest);
  tx_digest_free (decoded);
}

static void
record (Recording *self, const char *text, guint n_run_blocks)
{
  *self = (Recording){ .directory = trace_text_make_directory (), .n_run_blocks = n_run_blocks };
  trace_text_record (self->directory, text);
  self->reader = tx_reader_open (self->directory, NULL);
  g_assert_nonnull (self->reader);
  self->scanning = tx_digester_new ();
  self->decoding = tx_digester_new ();
  for (guint i = 1; i <= N_THREADS; i++)
    self->alone[i] = tx_digester_new ();
  for (size_t i = 0; i < tx_reader_get_n_blocks (self->reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (self->reader, i, &block, NULL), ==, TX_OK);
      add_block (self, block);
      tx_block_free (block);
    }
  end_run (self);
}

static void
clear (Recording *self)
{
  tx_digester_free (self->scanning);
  tx_digester_free (self->decoding);
  for (guint i = 1; i <= N_THREADS; i++)
    {
      tx_digester_free (self->alone[i]);
      _tx_digest_run_clear (&self->sums[i]);
    }
  _tx_thread_lines_clear (&self->lines);
  _tx_digest_run_clear (&self->run);
  _tx_digest_run_clear (&self->sum);
  tx_reader_close (self->reader);
  trace_text_remove_directory (self->directory);
}

/* ---- Divided again ---- */

static TxDigest *
divide (const Recording *self, const uint8_t *bytes, size_t size, TxThreadId thread, TxError *error)
{
  TxDigest sum = _tx_digest_run_get (&self->sum);

  return _tx_thread_lines_decode (bytes, size, &sum, self->lines.n_runs, self->lines.n_blocks,
                                  thread, error);
}

static void
assert_divides (const Recording *self, const TxBuffer *content)
{
  for (TxThreadId thread = 1; thread <= N_THREADS; thread++)
    {
      TxError error = { 0 };
      TxDigest *digest = divide (self, content->data, content->size, thread, &error);
      TxDigest expected = _tx_digest_run_get (&self->sums[thread]);

      if (expected.n_threads == 0)
        {
          g_assert_null (digest);
          continue;
        }
      g_assert_cmpstr (error.message, ==, "");
      g_assert_cmpuint (digest->n_threads, ==, 1);
      g_assert_cmpuint (digest->threads[0].thread, ==, thread);
      g_assert_cmpuint (digest->steps, ==, expected.steps);
      g_assert_cmpuint (digest->resumed, ==, expected.resumed);
      g_assert_cmpuint (digest->restated, ==, expected.restated);
      assert_same_lines (digest->lines, digest->n_lines, expected.lines, expected.n_lines);
      tx_digest_free (digest);
    }
}

/* Cut anywhere it is nothing; with other bytes nothing, or something that fits the sum. */
static void
assert_bad_bytes_are_seen (const Recording *self, const TxBuffer *content, GRand *random)
{
  TxError error = { 0 };

  for (size_t size = 0; size < content->size; size++)
    {
      g_assert_null (divide (self, content->data, size, 1, &error));
      g_assert_cmpint (error.status, ==, TX_ERROR_DAMAGED);
    }
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree uint8_t *bytes = g_memdup2 (content->data, content->size);
      TxThreadId thread = (TxThreadId) g_rand_int_range (random, 0, N_THREADS + 2);
      uint64_t hits = 0;
      TxDigest *digest;

      bytes[g_rand_int_range (random, 0, (gint32) content->size)] ^=
          (uint8_t) (1u << g_rand_int_range (random, 0, 8));
      digest = divide (self, bytes, content->size, thread, NULL);
      if (!digest)
        continue;
      for (size_t k = 0; k < digest->n_lines; k++)
        {
          hits += digest->lines[k].hits;
          g_assert_cmpuint (digest->lines[k].waiting_ns, <=, digest->lines[k].self_ns);
        }
      g_assert_cmpuint (hits, ==, digest->steps);
      tx_digest_free (digest);
    }
}

static void
test_random_recordings (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  guint n_told = 0;

  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *text = make_program (random, i % 4 == 0 ? 300 : 3000);
      TxBuffer content = { 0 };
      Recording recording;

      record (&recording, text, 1 + i % 5);
      if (_tx_thread_lines_are_told (&recording.lines))
        {
          _tx_thread_lines_encode (&recording.lines, &content);
          g_assert_false (content.failed);
          assert_divides (&recording, &content);
          if (n_told++ % 8 == 0)
            assert_bad_bytes_are_seen (&recording, &content, random);
        }
      _tx_buffer_clear (&content);
      clear (&recording);
    }
  g_assert_cmpuint (n_told, >, 20);
}

/* Of a single thread nothing is kept, nor of one behind the other in runs of their own. */
static void
test_one_thread_needs_nothing (void)
{
  Recording recording;

  record (&recording, "t1: call f@a.py:1; line 2; block; line 3; block; line 4; block; line 5", 2);
  g_assert_false (_tx_thread_lines_are_told (&recording.lines));
  g_assert_cmpuint (recording.lines.n_threads, ==, 0);
  g_assert_cmpuint (recording.lines.n_runs, ==, 0);
  clear (&recording);
}

/* More threads than a number has bits for: nothing is told of these runs, but of later ones again.
 */
static void
test_too_many_threads (void)
{
  g_autofree TxDigestThread *threads = g_new0 (TxDigestThread, TX_THREAD_LINES_THREADS_MAX + 1);
  g_autofree TxDigestThreadLines *thread_lines =
      g_new0 (TxDigestThreadLines, TX_THREAD_LINES_THREADS_MAX + 1);
  const TxDigestLine line = { 7, 12, 1, 10, 10, 10, 0, 1, 0 };
  TxDigest digest = { .threads = threads,
                      .n_threads = TX_THREAD_LINES_THREADS_MAX + 1,
                      .lines = &line,
                      .n_lines = 1,
                      .thread_lines = thread_lines };
  const TxDigest nothing = { 0 };
  TxThreadLines lines = { 0 };

  for (uint32_t i = 0; i <= TX_THREAD_LINES_THREADS_MAX; i++)
    threads[i].thread = i + 1;
  thread_lines[0] = (TxDigestThreadLines){ &line, 1, 0, 0 };
  _tx_thread_lines_add (&lines, &nothing, &digest);
  g_assert_true (lines.is_over);
  g_assert_false (_tx_thread_lines_are_told (&lines));
  digest.n_threads--;
  _tx_thread_lines_add (&lines, &nothing, &digest);
  g_assert_false (_tx_thread_lines_are_told (&lines));
  _tx_thread_lines_reset (&lines);
  _tx_thread_lines_add (&lines, &nothing, &digest);
  g_assert_true (_tx_thread_lines_are_told (&lines));
  _tx_thread_lines_clear (&lines);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  g_test_add_func ("/trace/thread-lines/random", test_random_recordings);
  g_test_add_func ("/trace/thread-lines/one-thread", test_one_thread_needs_nothing);
  g_test_add_func ("/trace/thread-lines/too-many-threads", test_too_many_threads);
  return g_test_run ();
}
