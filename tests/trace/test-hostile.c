// SPDX-License-Identifier: BSD-3-Clause
// Directories that are no traces, of other versions, with parts missing, or made by someone who
// means harm: an answer in a moment, and nothing opened that is not a plain file of the trace.
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace-text.h"
#include "trace/tx-bytes-private.h"
#include "trace/tx-checksum-private.h"
#include "trace/tx-compress-private.h"
#include "trace/tx-format-private.h"

#define TRACE_ID UINT64_C (0x1122334455667788)
#define INFO     "format=1.0\nincompatible=\ntrace_id=1122334455667788\n"

typedef struct
{
  char *directory;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  trace_text_remove_directory (fixture->directory);
}

static char *
get_path (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, name, NULL);
}

static void
put_file (const Fixture *fixture, const char *name, const void *bytes, gsize size)
{
  g_autofree char *path = get_path (fixture, name);

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static TxReader *
open_reader (const Fixture *fixture)
{
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (fixture->directory, &error);

  g_assert_cmpstr (error.message, ==, "");
  return reader;
}

static void
assert_refused (const char *directory, TxStatus status, const char *part_of_message)
{
  TxError error = { 0 };

  g_assert_null (tx_reader_open (directory, &error));
  g_assert_cmpint (error.status, ==, status);
  g_assert_nonnull (strstr (error.message, part_of_message));
  g_assert_null (strchr (error.message, '\n'));
}

static void
assert_shows (const Fixture *fixture, const char *expected)
{
  TxReader *reader = open_reader (fixture);
  g_autofree char *text = trace_text_print (reader, TRACE_TEXT_PLAIN);

  g_assert_cmpstr (text, ==, expected);
  tx_reader_close (reader);
}

/* ---- No trace ---- */

static void
test_no_directory (Fixture *fixture, gconstpointer data)
{
  g_autofree char *missing = get_path (fixture, "missing");
  g_autofree char *file = get_path (fixture, "file");

  put_file (fixture, "file", "x", 1);
  assert_refused (missing, TX_ERROR_IO, "No such file or directory");
  assert_refused (file, TX_ERROR_IO, "Not a directory");
}

static void
test_no_trace_in_it (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture->directory, TX_ERROR_NOT_TRACE, "no trace");
  put_file (fixture, "info", "hello\nworld=1\n", 14);
  put_file (fixture, "blocks.00000", "not a segment", 13);
  assert_refused (fixture->directory, TX_ERROR_NOT_TRACE, "no trace");
}

/* ---- Versions ---- */

static void
replace_in_info (const Fixture *fixture, const char *from, const char *to)
{
  g_autofree char *path = get_path (fixture, "info");
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;
  g_autofree char *changed = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  parts = g_strsplit (text, from, 2);
  g_assert_cmpuint (g_strv_length (parts), ==, 2);
  changed = g_strjoin (to, parts[0], parts[1], NULL);
  g_assert_true (g_file_set_contents (path, changed, -1, NULL));
}

static void
test_a_newer_minor_version_opens (Fixture *fixture, gconstpointer data)
{
  trace_text_record (fixture->directory, "main: call f@a.py:1; line 2");
  replace_in_info (fixture, "format=1.2\n", "format=1.7\nnew_key=of later\n");
  assert_shows (fixture, "main: call f@a.py:1; line 2\n");
}

static void
test_a_newer_major_version_is_refused (Fixture *fixture, gconstpointer data)
{
  trace_text_record (fixture->directory, "main: call f@a.py:1; line 2");
  replace_in_info (fixture, "format=1.2\n", "format=2.0\n");
  assert_refused (fixture->directory, TX_ERROR_VERSION, "version 2.0");
}

static void
test_an_incompatible_feature_is_refused (Fixture *fixture, gconstpointer data)
{
  trace_text_record (fixture->directory, "main: call f@a.py:1; line 2");
  replace_in_info (fixture, "incompatible=predicted,near-calls\n",
                   "incompatible=predicted,zstd\n");
  assert_refused (fixture->directory, TX_ERROR_VERSION, "zstd");
}

/* Appends a record of a type that version 1.2 does not know. */
static void
append_unknown_record (const Fixture *fixture, const char *name, uint64_t trace_id)
{
  g_autofree char *path = get_path (fixture, name);
  uint8_t bytes[TX_RECORD_HEADER_SIZE + 8] = { 0 };
  TxRecordHeader header = { .type = 99, .size = 5, .decoded_size = 5 };
  int fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);
  off_t offset = lseek (fd, 0, SEEK_END);

  memcpy (bytes + TX_RECORD_HEADER_SIZE, "later", 5);
  header.payload_checksum = _tx_checksum ("later", 5, trace_id);
  _tx_record_header_encode (bytes, &header, trace_id, (uint64_t) offset);
  g_assert_cmpint (write (fd, bytes, sizeof bytes), ==, sizeof bytes);
  close (fd);
}

static void
test_unknown_records_are_skipped (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  uint64_t trace_id;

  trace_text_record (fixture->directory, "main: call f@a.py:1; line 2");
  reader = open_reader (fixture);
  trace_id = g_ascii_strtoull (tx_reader_get_info (reader, "trace_id"), NULL, 16);
  tx_reader_close (reader);
  append_unknown_record (fixture, "catalog", trace_id);
  append_unknown_record (fixture, "sources", trace_id);
  reader = open_reader (fixture);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  tx_reader_close (reader);
  assert_shows (fixture, "main: call f@a.py:1; line 2\n");
}

/* ---- Frames made by hand ---- */

/* A stack of thread 1 with function 1 on line 5, then lines 6, 7, 8, and an event of later. */
static const uint8_t events[] = { 0x87, 1, 0, 1, 1, 1, 5, 0x41, 0xf8, 2, 9, 9, 0x41, 0x41 };

/* Thread 1 with 3 steps at depth 1; lines 6, 7, 8 of function 1 with one hit each; a tag of later.
 */
static const uint8_t digest[] = { 1, 5, 1, 1, 3, 1, 0, 77, 1, 0, 2, 19, 3, 1, 6, 1,
                                  0, 0, 0, 0, 1, 1, 0, 0,  0, 0, 1, 1,  0, 0, 0 };

static GByteArray *
begin_segment (uint32_t number)
{
  GByteArray *segment = g_byte_array_new ();
  TxSegmentHeader header = { .trace_id = TRACE_ID, .number = number };

  g_byte_array_set_size (segment, TX_SEGMENT_HEADER_SIZE);
  _tx_segment_header_encode (segment->data, &header);
  return segment;
}

static TxFrameHeader
make_header (uint64_t sequence, uint64_t first_step)
{
  return (TxFrameHeader){
    .summary = { .sequence = sequence,
                 .first_step = first_step,
                 .mono_first_ns = 1000 + (int64_t) (sequence % 1000) * 10,
                 .mono_last_ns = 1009 + (int64_t) (sequence % 1000) * 10,
                 .steps = 3,
                 .events = 4,
                 .depth_min = 1,
                 .depth_max = 1,
                 .thread_mask = 2 },
    .events_raw_size = sizeof events,
    .events_size = sizeof events,
    .digest_raw_size = sizeof digest,
    .digest_size = sizeof digest,
  };
}

static void
add_frame_with (GByteArray *segment, uint32_t number, TxFrameHeader header)
{
  uint64_t offset = segment->len;
  uint64_t seed = TRACE_ID ^ header.summary.sequence;
  uint8_t bytes[TX_FRAME_HEADER_SIZE];

  header.events_checksum = _tx_checksum (events, sizeof events, seed);
  header.digest_checksum = _tx_checksum (digest, sizeof digest, seed);
  _tx_frame_header_encode (bytes, &header, TRACE_ID, number, offset);
  g_byte_array_append (segment, bytes, sizeof bytes);
  g_byte_array_append (segment, events, sizeof events);
  g_byte_array_append (segment, digest, sizeof digest);
  g_byte_array_set_size (segment, (guint) _tx_align (segment->len));
}

static void
add_frame (GByteArray *segment, uint64_t sequence, uint64_t first_step)
{
  add_frame_with (segment, 0, make_header (sequence, first_step));
}

static void
put_segment (const Fixture *fixture, uint32_t number, GByteArray *segment)
{
  g_autofree char *name = g_strdup_printf (TX_FILE_SEGMENT_FORMAT, number);

  put_file (fixture, "info", INFO, strlen (INFO));
  put_file (fixture, name, segment->data, segment->len);
  g_byte_array_unref (segment);
}

/* `F0+3` a block with sequence 0 and 3 steps, `M1*2+9` two missing ones with 9 steps. */
static char *
describe_table (const TxReader *reader)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);

      g_string_append_printf (text, "%s%c%" G_GUINT64_FORMAT, i ? " " : "", "FRM"[info->place],
                              info -> sequence);
      if (info->place == TX_BLOCK_MISSING)
        g_string_append_printf (text, "*%" G_GUINT64_FORMAT, info->n_missing);
      g_string_append_printf (text, "+%u", info->steps);
    }
  return g_string_free (text, FALSE);
}

static void
assert_table (const Fixture *fixture, const char *expected, bool is_damaged)
{
  TxReader *reader = open_reader (fixture);
  g_autofree char *text = describe_table (reader);

  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (tx_reader_get_damage (reader, NULL) != NULL, ==, is_damaged);
  tx_reader_close (reader);
}

static void
test_what_later_versions_add_is_skipped (Fixture *fixture, gconstpointer data)
{
  GByteArray *segment = begin_segment (0);
  TxReader *reader;
  TxBlock *block;
  TxDigest *summed;

  add_frame (segment, 0, 0);
  put_segment (fixture, 0, segment);
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, NULL), ==, TX_OK);
  g_assert_cmpuint (block->events[block->steps[2]].line, ==, 8);
  g_assert_cmpint (tx_reader_load_digest (reader, 0, &summed, NULL), ==, TX_OK);
  g_assert_cmpuint (summed->n_lines, ==, 3);
  g_assert_cmpuint (summed->lines[2].line, ==, 8);
  tx_digest_free (summed);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_lost_blocks_are_missing (Fixture *fixture, gconstpointer data)
{
  GByteArray *segment = begin_segment (0);
  TxReader *reader;
  TxBlock *block;
  TxError error = { 0 };
  size_t index;

  add_frame (segment, 1, 5);
  add_frame (segment, 4, 100);
  add_frame (segment, 5, 103);
  add_frame (segment, 9, 106);
  put_segment (fixture, 0, segment);
  assert_table (fixture, "M0*1+5 F1+3 M2*2+92 F4+3 F5+3 M6*3+0 F9+3", false);
  reader = open_reader (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 109);
  g_assert_true (tx_reader_find_step (reader, 50, &index));
  g_assert_cmpuint (index, ==, 2);
  g_assert_true (tx_reader_find_step (reader, 106, &index));
  g_assert_cmpuint (index, ==, 6);
  g_assert_cmpint (tx_reader_load_block (reader, 2, &block, &error), ==, TX_ERROR_GAP);
  tx_reader_close (reader);
}

static void
test_numbers_that_cannot_be_are_left_out (Fixture *fixture, gconstpointer data)
{
  GByteArray *segment = begin_segment (0);
  TxFrameHeader many_steps = make_header (1, 3);

  many_steps.summary.steps = 1000;
  add_frame (segment, 0, 0);
  add_frame (segment, 0, 0);                  /* twice */
  add_frame (segment, 1, 2);                  /* first step within the one before */
  add_frame (segment, 1, 4);                  /* steps lost, but no block */
  add_frame (segment, 2, UINT64_C (1) << 60); /* more steps than a block can have */
  add_frame (segment, UINT64_MAX, 3);         /* no number behind it */
  add_frame_with (segment, 0, many_steps);    /* more steps than events */
  add_frame (segment, UINT64_C (1) << 60, 3); /* fine: a long hole of unknown size */
  put_segment (fixture, 0, segment);
  assert_table (fixture, "F0+3 M1*1152921504606846975+0 F1152921504606846976+3", true);
}

static void
test_content_that_is_not_as_announced_is_damage (Fixture *fixture, gconstpointer data)
{
  GByteArray *segment = begin_segment (0);
  TxFrameHeader header = make_header (0, 0);
  TxReader *reader;
  TxError error = { 0 };
  TxBlock *block;
  TxDigest *summed;

  header.summary.steps = 4;
  add_frame_with (segment, 0, header);
  put_segment (fixture, 0, segment);
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, &error), ==, TX_ERROR_DAMAGED);
  g_assert_cmpint (tx_reader_load_digest (reader, 0, &summed, NULL), ==, TX_ERROR_DAMAGED);
  tx_reader_close (reader);
}

static void
test_a_frame_of_another_place_is_not_believed (Fixture *fixture, gconstpointer data)
{
  GByteArray *segment = begin_segment (0);
  guint frame_size;

  add_frame (segment, 0, 0);
  frame_size = segment->len - TX_SEGMENT_HEADER_SIZE;
  /* The same bytes once more, as a file system may leave an old block behind. */
  g_byte_array_set_size (segment, segment->len + frame_size);
  memcpy (segment->data + TX_SEGMENT_HEADER_SIZE + frame_size,
          segment->data + TX_SEGMENT_HEADER_SIZE, frame_size);
  add_frame (segment, 1, 3);
  put_segment (fixture, 0, segment);
  assert_table (fixture, "F0+3 F1+3", true);
}

static void
test_segments_with_holes_in_their_numbers (Fixture *fixture, gconstpointer data)
{
  GByteArray *second = begin_segment (3);
  GByteArray *third = begin_segment (7);

  add_frame_with (second, 3, make_header (4, 12));
  add_frame_with (third, 7, make_header (5, 15));
  put_segment (fixture, 3, second);
  put_segment (fixture, 7, third);
  assert_table (fixture, "M0*4+12 F4+3 F5+3", false);
}

/* ---- Old segments removed, digests kept ---- */

static void
test_a_removed_segment_has_its_digests (Fixture *fixture, gconstpointer data)
{
  TxWriterOptions options = { .segment_size_bytes = 4096 };
  TraceText *writer = trace_text_new (fixture->directory, &options);
  g_autofree char *first = get_path (fixture, "blocks.00000");
  g_autofree char *digests = get_path (fixture, "digests.00000");
  uint64_t n_steps, n_removed;
  TxReader *reader;
  TxDigest *sums;
  TxBlock *block;

  trace_text_play (writer, "main: call f@a.py:1; repeat 60 (lines 2-9; block)");
  trace_text_close (writer);
  reader = open_reader (fixture);
  n_steps = tx_reader_get_n_steps (reader);
  tx_reader_close (reader);

  g_assert_cmpint (g_unlink (first), ==, 0);
  reader = open_reader (fixture);
  g_assert_null (tx_reader_get_damage (reader, NULL));
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, n_steps);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 0)->place, ==, TX_BLOCK_EVICTED);
  n_removed = tx_reader_get_block_info (reader, 0)->n_missing;
  g_assert_cmpuint (n_removed, >, 1);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 0)->steps, ==, 8 * n_removed);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 1)->place, ==, TX_BLOCK_FILE);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 1)->sequence, ==, n_removed);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, NULL), ==, TX_ERROR_GAP);
  g_assert_cmpint (tx_reader_load_digest (reader, 0, &sums, NULL), ==, TX_OK);
  g_assert_cmpuint (sums->n_lines, ==, 8);
  g_assert_cmpuint (sums->lines[0].hits, ==, n_removed);
  tx_digest_free (sums);
  tx_reader_close (reader);

  /* Without these its index still says how much there was. */
  g_assert_cmpint (g_unlink (digests), ==, 0);
  reader = open_reader (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, n_steps);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 0)->place, ==, TX_BLOCK_MISSING);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 0)->steps, ==, 8);
  tx_reader_close (reader);
}

/* Sums of digests save reading and are never believed against the blocks. */
static void
test_a_run_that_does_not_fit_its_blocks_is_left_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "digests.00000");
  g_autofree char *bytes = NULL;
  TxReader *reader;
  TxFrameHeader header;
  uint64_t trace_id;
  TxDigest *sums;
  gsize size;

  trace_text_record (fixture->directory, "main: call f@a.py:1; repeat 140 (lines 2-9; block)");
  reader = open_reader (fixture);
  g_assert_cmpuint (tx_reader_get_n_spans (reader, TX_SPAN_RUN), ==, 3);
  g_assert_cmpuint (tx_reader_get_n_spans (reader, TX_SPAN_GROUP), ==, 1);
  trace_id = g_ascii_strtoull (tx_reader_get_info (reader, "trace_id"), NULL, 16);
  tx_reader_close (reader);

  /* The first one claims a step more than its blocks have. */
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_true (_tx_frame_header_decode ((uint8_t *) bytes + TX_SEGMENT_HEADER_SIZE, trace_id, 0,
                                          TX_SEGMENT_HEADER_SIZE, &header));
  header.summary.steps++;
  _tx_frame_header_encode ((uint8_t *) bytes + TX_SEGMENT_HEADER_SIZE, &header, trace_id, 0,
                           TX_SEGMENT_HEADER_SIZE);
  bytes[size - 1 - TX_ALIGNMENT] ^= 1; /* and the last one's digest is damaged */
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  reader = open_reader (fixture);
  g_assert_null (tx_reader_get_damage (reader, NULL));
  g_assert_cmpuint (tx_reader_get_n_spans (reader, TX_SPAN_RUN), ==, 2);
  g_assert_cmpuint (tx_reader_get_n_spans (reader, TX_SPAN_GROUP), ==, 0);
  g_assert_cmpuint (tx_reader_get_span (reader, TX_SPAN_RUN, 0)->first_index, ==, 64);
  g_assert_cmpint (tx_reader_load_span (reader, TX_SPAN_RUN, 0, true, &sums, NULL), ==, TX_OK);
  tx_digest_free (sums);
  g_assert_cmpint (tx_reader_load_span (reader, TX_SPAN_RUN, 1, true, &sums, NULL), ==,
                   TX_ERROR_DAMAGED);
  tx_reader_close (reader);
}

/* ---- Files that are none ---- */

static void
test_fifos_are_not_waited_for (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "info",  "end",          "catalog", "sources",
                                       "index.00000", "blocks.00000", "ring" };

  put_segment (fixture, 1, begin_segment (1));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (fixture, names[i]);

      g_unlink (path);
      g_assert_cmpint (mkfifo (path, 0600), ==, 0);
    }
  assert_refused (fixture->directory, TX_ERROR_NOT_TRACE, "no trace");
  put_file (fixture, "info", INFO, strlen (INFO));
  assert_table (fixture, "", true);
}

static void
test_links_are_not_followed (Fixture *fixture, gconstpointer data)
{
  GByteArray *segment = begin_segment (0);
  g_autofree char *path = get_path (fixture, "blocks.00000");
  g_autofree char *elsewhere = get_path (fixture, "elsewhere");

  add_frame (segment, 0, 0);
  put_segment (fixture, 0, segment);
  g_assert_cmpint (g_rename (path, elsewhere), ==, 0);
  g_assert_cmpint (symlink ("elsewhere", path), ==, 0);
  assert_table (fixture, "", true);
}

static void
test_a_ring_elsewhere_is_not_read (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fifo = get_path (fixture, "fifo");
  const char *const paths[] = { "/dev/zero",      "/dev/stdin", "/etc/passwd", "/",      "relative",
                                "/proc/self/mem", fifo,         "/no/such",    "//..//", "" };

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *info = g_strconcat (INFO, "pid=1\nring=", paths[i], "\n", NULL);
      TxReader *reader;

      put_file (fixture, "info", info, strlen (info));
      reader = open_reader (fixture);
      g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED_TAIL_MISSING);
      tx_reader_close (reader);
    }
}

static void
test_huge_files_of_nothing (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "end", "catalog", "sources", "index.00000", "blocks.00000" };
  GByteArray *segment = begin_segment (0);
  gint64 start = g_get_monotonic_time ();

  add_frame (segment, 0, 0);
  put_segment (fixture, 0, segment);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (fixture, names[i]);
      int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

      g_assert_cmpint (ftruncate (fd, (off_t) 1 << 40), ==, 0);
      close (fd);
    }
  assert_table (fixture, "F0+3", true);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
}

static void
test_an_id_out_of_thin_air_takes_no_memory (Fixture *fixture, gconstpointer data)
{
  uint8_t bytes[TX_FILE_HEADER_SIZE + TX_RECORD_HEADER_SIZE + 16] = { 0 };
  static const uint8_t definition[] = { 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 'a' };
  TxRecordHeader header = { .type = TX_RECORD_FILE,
                            .size = sizeof definition,
                            .decoded_size = sizeof definition };

  _tx_file_header_encode (bytes, TX_MAGIC_CATALOG, TRACE_ID);
  header.payload_checksum = _tx_checksum (definition, sizeof definition, TRACE_ID);
  _tx_record_header_encode (bytes + TX_FILE_HEADER_SIZE, &header, TRACE_ID, TX_FILE_HEADER_SIZE);
  memcpy (bytes + TX_FILE_HEADER_SIZE + TX_RECORD_HEADER_SIZE, definition, sizeof definition);
  put_file (fixture, "info", INFO, strlen (INFO));
  put_file (fixture, "catalog", bytes, sizeof bytes);
  assert_table (fixture, "", true);
}

#define TEST(path, func) g_test_add ("/hostile/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("no-directory", test_no_directory);
  TEST ("no-trace", test_no_trace_in_it);
  TEST ("newer-minor", test_a_newer_minor_version_opens);
  TEST ("newer-major", test_a_newer_major_version_is_refused);
  TEST ("incompatible", test_an_incompatible_feature_is_refused);
  TEST ("unknown-records", test_unknown_records_are_skipped);
  TEST ("later-versions", test_what_later_versions_add_is_skipped);
  TEST ("lost-blocks", test_lost_blocks_are_missing);
  TEST ("impossible-numbers", test_numbers_that_cannot_be_are_left_out);
  TEST ("wrong-content", test_content_that_is_not_as_announced_is_damage);
  TEST ("moved-frame", test_a_frame_of_another_place_is_not_believed);
  TEST ("segment-numbers", test_segments_with_holes_in_their_numbers);
  TEST ("evicted", test_a_removed_segment_has_its_digests);
  TEST ("run-that-does-not-fit", test_a_run_that_does_not_fit_its_blocks_is_left_out);
  TEST ("fifos", test_fifos_are_not_waited_for);
  TEST ("links", test_links_are_not_followed);
  TEST ("ring-elsewhere", test_a_ring_elsewhere_is_not_read);
  TEST ("huge-files", test_huge_files_of_nothing);
  TEST ("huge-id", test_an_id_out_of_thin_air_takes_no_memory);
  return g_test_run ();
}
