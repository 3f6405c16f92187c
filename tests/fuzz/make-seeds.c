// SPDX-License-Identifier: BSD-3-Clause
// Writes the corpus of the targets that read traces, from small recordings. Not a test; run by hand
// when the format changes:
//
//   make-seeds tests/fuzz/corpus
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "fuzz-directory.h"
#include "trace-text.h"
#include "trace/tx-format-private.h"
#include "trace/tx-predictor-private.h"
#include "trace/tx-writer-private.h"

static const char *const texts[] = {
  "main: call f@a.py:10; lines 11-14; +1ms; stamp; call g@b.py:100000; line 100001; return; line "
  "13",
  "main: call f@a.py:1; line 2; worker: call w@c.py:5 as W; line 6; yield; main: resume W; line 7;"
  "block; mark hello; unwind; existing m@a.py:1 3 n@a.py:9 10; line 11; return; +2s; stamp; line 4",
  "main: repeat 5 (call r@a.py:1; line 2); block; clock +1s; repeat 5 (return; line 3); precise;"
  "line 9; raise a.B it failed; raise KeyError; line 10; imprecise; block; resync q@b.py:3 4; line "
  "5",
};

static char *base;

static void
write_seed (const char *target, guint number, const void *bytes, gsize size)
{
  g_autofree char *directory = g_build_filename (base, target, NULL);
  g_autofree char *name = g_strdup_printf ("%02u", number);
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static bool
read_file (const char *directory, const char *name, char **ret_bytes, gsize *ret_size)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  return g_file_get_contents (path, ret_bytes, ret_size, NULL);
}

static void
write_file_seed (const char *directory, const char *name, const char *target, guint number)
{
  g_autofree char *bytes = NULL;
  gsize size;

  if (read_file (directory, name, &bytes, &size))
    write_seed (target, number, bytes, size);
}

/* As fuzz-reader.c takes them. */
static void
append_file (GByteArray *seed, const char *bytes, gsize size, guint8 which)
{
  guint8 header[4] = { which, (guint8) size, (guint8) (size >> 8), (guint8) (size >> 16) };

  g_byte_array_append (seed, header, sizeof header);
  g_byte_array_append (seed, (const guint8 *) bytes, (guint) size);
}

static void
write_directory_seed (const char *directory, guint number)
{
  static const char *const names[] = { NULL,           "end",         "catalog",
                                       "sources",      "index.00000", "blocks.00000",
                                       "blocks.00001", "ring",        "digests.00000" };
  g_autoptr (GByteArray) seed = g_byte_array_new ();

  for (guint8 i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *bytes = NULL;
      gsize size;

      if (names[i] && read_file (directory, names[i], &bytes, &size))
        append_file (seed, bytes, size, i);
    }
  write_seed ("reader", number, seed->data, seed->len);
}

/* One whose first segment was removed; its digests are left. */
static void
write_evicted_seed (guint number)
{
  TxWriterOptions options = { .segment_size_bytes = 1024 };
  char *directory = trace_text_make_directory ();
  TraceText *writer = trace_text_new (directory, &options);
  g_autofree char *first = g_build_filename (directory, "blocks.00000", NULL);

  trace_text_play (writer, "main: call f@a.py:1; repeat 8 (lines 2-9; +1ms; block)");
  trace_text_close (writer);
  g_assert_cmpint (g_unlink (first), ==, 0);
  write_directory_seed (directory, number);
  trace_text_remove_directory (directory);
}

/* The digest of all blocks as one run, with what that has of each thread. */
static void
write_thread_lines_seed (const TxReader *reader, guint number)
{
  TxDigester *digester = tx_digester_new ();
  TxThreadLines lines = { 0 };
  TxDigestRun run = { 0 };
  TxBuffer content = { 0 };
  g_autoptr (GByteArray) seed = g_byte_array_new ();
  TxDigest sum;
  uint8_t *bytes;
  size_t size;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlockSummary summary = { 0 };
      TxBlock *block;
      TxDigest *digest;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      digest = tx_digester_add (digester, block);
      sum = _tx_digest_run_get (&run);
      _tx_thread_lines_add (&lines, &sum, digest);
      summary.steps = digest->steps;
      g_assert_true (_tx_digest_run_add (&run, &summary, 1, digest));
      tx_digest_free (digest);
      tx_block_free (block);
    }
  _tx_thread_lines_end_run (&lines, run.n_blocks);
  _tx_thread_lines_encode (&lines, &content);
  sum = _tx_digest_run_get (&run);
  bytes = tx_digest_encode (&sum, &size);
  g_assert_cmpuint (content.size, <, 1 << 14);
  g_byte_array_append (seed, bytes, (guint) size);
  g_byte_array_append (seed,
                       (const guint8[]){ TX_DIGEST_TAG_THREAD_LINES, content.size % 128 + 128,
                                         (guint8) (content.size / 128) },
                       3);
  g_byte_array_append (seed, content.data, (guint) content.size);
  write_seed ("digest", number, seed->data, seed->len);
  free (bytes);
  _tx_buffer_clear (&content);
  _tx_digest_run_clear (&run);
  _tx_thread_lines_clear (&lines);
  tx_digester_free (digester);
}

/* One whose runs tell threads apart. */
static void
write_threads_seeds (guint number)
{
  char *directory = trace_text_make_directory ();
  TraceText *writer = trace_text_new (directory, NULL);
  TxSegmentWriter *segments = &trace_text_get_writer (writer)->flusher.segments;
  TxReader *reader;
  size_t thread_number;
  TxSpan span;

  segments->n_run_blocks_max = segments->n_group_runs_max = 2;
  segments->thread_share = 0;
  trace_text_play (writer,
                   "one: call f@a.py:1; two: call f@a.py:1; repeat 3 (one: lines 2-4; +1ms; "
                   "two: lines 3-5; wait 6ms; +7ms; stamp; call g@b.py:1; line 2; return; "
                   "one: line 3; block); three: call h@c.py:1; line 2; block; line 3");
  trace_text_close (writer);
  write_directory_seed (directory, number);
  reader = tx_reader_open (directory, NULL);
  g_assert_true (tx_reader_find_thread_lines (reader, 0, &span, &thread_number));
  write_thread_lines_seed (reader, number);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
}

/* As fuzz-predictor.c takes them: events, and what they are encoded as behind the root of their
 * size. */
static void
write_predictor_seeds (const TxBlock *block, guint number)
{
  TxPredictor *predictor = _tx_predictor_new ();
  g_autofree uint8_t *encoded = g_malloc (block->raw_size_bytes + 1);
  size_t size = _tx_predictor_encode (predictor, block->raw, block->raw_size_bytes, encoded + 1,
                                      block->raw_size_bytes);

  write_seed ("predictor", 2 * number, block->raw, block->raw_size_bytes);
  for (encoded[0] = 0; encoded[0] * encoded[0] < block->raw_size_bytes;)
    encoded[0]++;
  write_seed ("predictor", 2 * number + 1, encoded, size + 1);
  _tx_predictor_free (predictor);
}

static void
write_block_seeds (const char *directory, guint *number)
{
  TxReader *reader = tx_reader_open (directory, NULL);

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      g_autoptr (GByteArray) seed = g_byte_array_new ();
      TxBlock *block;
      TxDigest *digest;
      uint8_t *encoded;
      size_t size;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      g_byte_array_append (seed, (const guint8[]){ 5, 7 }, 2);
      g_byte_array_append (seed, block->raw, (guint) block->raw_size_bytes);
      write_seed ("block", *number, seed->data, seed->len);
      write_predictor_seeds (block, *number);
      tx_block_free (block);
      g_assert_cmpint (tx_reader_load_digest (reader, i, &digest, NULL), ==, TX_OK);
      encoded = tx_digest_encode (digest, &size);
      write_seed ("digest", *number, encoded, size);
      free (encoded);
      tx_digest_free (digest);
      ++*number;
    }
  tx_reader_close (reader);
}

/* A trace that was not closed, with the beginning of its ring. */
static void
write_died_seed (const char *directory, const char *ring, guint number)
{
  g_autofree char *path = g_build_filename (directory, "ring", NULL);

  g_assert_true (
      g_file_set_contents (path, ring, TX_RING_HEADER_SIZE + TX_SLOT_HEADER_SIZE + 400, NULL));
  write_directory_seed (directory, 20 + number);
}

/* A ring of few small slots, with its header page cut to what is used. */
static void
write_ring_seed (const char *text, guint number)
{
  TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  g_autoptr (GByteArray) seed = g_byte_array_new ();
  g_autofree char *bytes = NULL;
  gsize size;
  char *directory = trace_text_make_directory ();
  TxReader *reader;

  trace_text_record_and_die (directory, &options, text);
  reader = tx_reader_open (directory, NULL);
  g_assert_true (g_file_get_contents (tx_reader_get_info (reader, "ring"), &bytes, &size, NULL));
  g_unlink (tx_reader_get_info (reader, "ring"));
  tx_reader_close (reader);
  write_died_seed (directory, bytes, number);
  g_byte_array_append (seed, (const guint8 *) bytes, TX_RING_FIELDS_SIZE);
  g_byte_array_append (seed, (const guint8 *) bytes + TX_RING_HEADER_SIZE,
                       TX_SLOT_HEADER_SIZE + 400);
  write_seed ("ring", number, seed->data, seed->len);
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  guint n_blocks = 0;

  g_assert_cmpint (argc, ==, 2);
  base = argv[1];
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char *directory = trace_text_make_directory ();

      trace_text_record (directory, texts[i]);
      write_block_seeds (directory, &n_blocks);
      write_file_seed (directory, "catalog", "catalog", i);
      write_file_seed (directory, "sources", "catalog", 10 + i);
      write_file_seed (directory, "info", "info", i);
      write_file_seed (directory, "end", "info", 10 + i);
      write_file_seed (directory, "blocks.00000", "segment", i);
      write_directory_seed (directory, i);
      write_ring_seed (texts[i], i);
      trace_text_remove_directory (directory);
    }
  write_threads_seeds (40);
  write_evicted_seed (10);
  return 0;
}
