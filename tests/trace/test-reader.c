// SPDX-License-Identifier: BSD-3-Clause
// What is recorded is read back: whole, while it grows, after its process was killed, and when
// parts of it are missing.
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "trace-text.h"
#include "trace/tx-block-table-private.h"
#include "trace/tx-checksum-private.h"
#include "trace/tx-format-private.h"

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

static TxReader *
open_reader (const Fixture *fixture)
{
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (fixture->directory, &error);

  g_assert_cmpstr (error.message, ==, "");
  g_assert_nonnull (reader);
  return reader;
}

static void
refresh (TxReader *reader, bool expected_change)
{
  TxError error = { 0 };
  bool changed;

  g_assert_cmpint (tx_reader_refresh (reader, &changed, &error), ==, TX_OK);
  g_assert_cmpint (changed, ==, expected_change);
}

static void
assert_text (const TxReader *reader, TraceTextFlags flags, const char *expected)
{
  g_autofree char *text = trace_text_print (reader, flags);

  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
}

/* Recorded and closed, it comes back as @expected. */
static void
assert_round_trip (const Fixture *fixture, const char *text, const char *expected)
{
  TxReader *reader;

  trace_text_record (fixture->directory, text);
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_FINISHED);
  assert_text (reader, TRACE_TEXT_PLAIN, expected);
  tx_reader_close (reader);
}

/* ---- Round trips ---- */

static void
test_calls (Fixture *fixture, gconstpointer data)
{
  assert_round_trip (
      fixture,
      "main: call f@a.py:10; line 11; line 12; call g@b.py:1; line 2; return; line 13; return",
      "main: call f@a.py:10; line 11; line 12; call g@b.py:1; line 2; return; line 13; return\n");
}

static void
test_repeated_lines_are_one_step (Fixture *fixture, gconstpointer data)
{
  assert_round_trip (fixture,
                     "main: call f@a.py:1; line 2; line 2; call g@a.py:9; line 10; return; line 2",
                     "main: call f@a.py:1; line 2; call g@a.py:9; line 10; return\n");
}

static void
test_threads (Fixture *fixture, gconstpointer data)
{
  assert_round_trip (
      fixture,
      "main: call f@a.py:1; line 2; worker: call w@b.py:5; line 6; main: line 3; worker: line 7;"
      "block; worker: line 8; main: line 4; return; worker: return; end-thread; main: call "
      "f@a.py:1",
      "main: call f@a.py:1; line 2\n"
      "worker: call w@b.py:5; line 6\n"
      "main: line 3\n"
      "worker: line 7; line 8\n"
      "main: line 4; return\n"
      "worker: return\n"
      "main: call f@a.py:1\n");
}

static void
test_generators (Fixture *fixture, gconstpointer data)
{
  assert_round_trip (
      fixture,
      "main: call f@a.py:1; line 2; call gen@a.py:9 as G; line 10; yield; line 3; block; resume G;"
      "line 10; line 11; unwind; line 4; resume old@a.py:20 as O; line 21; yield",
      "main: call f@a.py:1; line 2; call gen@a.py:9; line 10; yield; line 3; resume gen@a.py:9; "
      "line 11; unwind; line 4; resume old@a.py:20; line 21; yield\n");
}

static void
test_frames_that_were_there_before (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxBlock *block;
  g_autofree char *stack = NULL;

  trace_text_record (
      fixture->directory,
      "main: existing main@a.py:1 99 run@a.py:5 7; line 8; return; line 100; return");
  reader = open_reader (fixture);
  assert_text (reader, TRACE_TEXT_PLAIN, "main: line 8; return; line 100; return\n");
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, NULL), ==, TX_OK);
  stack = trace_text_print_stack (reader, block, block->steps[0], 0);
  g_assert_cmpstr (stack, ==, "run@a.py:5 8, main@a.py:1 99");
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_a_resync_is_shown (Fixture *fixture, gconstpointer data)
{
  assert_round_trip (
      fixture, "main: call f@a.py:1; line 2; resync f@a.py:1 2 g@a.py:8 9; line 10; return",
      "main: call f@a.py:1; line 2; resync f@a.py:1 2 g@a.py:8 9; line 10; return\n");
}

static void
test_marks (Fixture *fixture, gconstpointer data)
{
  assert_round_trip (fixture, "main: call f@a.py:1; mark one; line 2; mark two words; return",
                     "main: call f@a.py:1; mark one; line 2; mark two words; return\n");
}

static void
test_deep_recursion (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxBlock *block;
  const TxEvent *last;

  /* Far deeper than a stated stack, then out again in another block. */
  trace_text_record (
      fixture->directory,
      "main: repeat 3000 (call f@a.py:1; line 2); block; repeat 2999 (return; line 3)");
  reader = open_reader (fixture);
  g_assert_null (tx_reader_get_damage (reader, NULL));
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 5999);
  g_assert_cmpint (tx_reader_load_block (reader, 1, &block, NULL), ==, TX_OK);
  g_assert_false (block->damaged);
  last = &block->events[block->n_events - 1];
  g_assert_cmpuint (last->depth, ==, 1);
  g_assert_cmpuint (last->line, ==, 3);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 1)->depth_max, ==, 3000);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 1)->depth_min, ==, 1);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_times (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxBlock *block;
  const TxEvent *line;

  trace_text_record (
      fixture->directory,
      "main: call f@a.py:1; line 2; +1ms; stamp; +5ms; line 3; clock +1s; +1ms; stamp;"
      "line 4;"
      "block; line 5");
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, NULL), ==, TX_OK);
  line = &block->events[block->steps[1]];
  g_assert_cmpuint (line->line, ==, 3);
  g_assert_cmpint (line->time_ns, ==, TRACE_TEXT_MONO_NS + 6000000);
  g_assert_cmpuint (line->error_ns, ==, 0);
  /* The line before is known to have come before the quiet time. */
  g_assert_cmpint (line[-2].time_ns, <=, TRACE_TEXT_MONO_NS + 1000000);
  g_assert_cmpint (tx_reader_real_from_mono (reader, 0, line->time_ns), ==,
                   TRACE_TEXT_REAL_NS + 6000000);
  g_assert_cmpint (tx_reader_real_from_mono (reader, 1, TRACE_TEXT_MONO_NS + 7000000), ==,
                   TRACE_TEXT_REAL_NS + 1007000000);
  tx_block_free (block);
  tx_reader_close (reader);
}

/* ---- What is told of a trace ---- */

static void
test_tables (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;

  trace_text_record (fixture->directory,
                     "main: call f@a.py:10; line 11; worker: call g@b.py:70000; line 70001");
  reader = open_reader (fixture);
  g_assert_cmpuint (tx_reader_get_n_functions (reader), ==, 2);
  g_assert_cmpuint (tx_reader_get_n_files (reader), ==, 2);
  g_assert_cmpuint (tx_reader_get_n_threads (reader), ==, 2);
  g_assert_cmpstr (tx_reader_get_function (reader, 2)->name, ==, "g");
  g_assert_cmpuint (tx_reader_get_function (reader, 2)->first_line, ==, 70000);
  g_assert_cmpstr (tx_reader_get_file (reader, 2)->path, ==, "b.py");
  g_assert_false (tx_reader_get_file (reader, 2)->has_source);
  g_assert_cmpstr (tx_reader_get_thread (reader, 2)->name, ==, "worker");
  g_assert_cmpuint (tx_reader_get_thread (reader, 2)->native_id, ==, 102);
  g_assert_null (tx_reader_get_function (reader, 0));
  g_assert_null (tx_reader_get_function (reader, 3));
  g_assert_cmpstr (tx_reader_get_info (reader, "format"), ==, "1.2");
  g_assert_null (tx_reader_get_info (reader, "no_such_key"));
  tx_reader_close (reader);
}

static void
test_steps_are_numbered_through (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  TxReader *reader;
  size_t index;

  trace_text_record (fixture->directory, "main: call f@a.py:1; lines 2-4; block; lines 5-6; block;"
                                         "return; block; call f@a.py:1; line 2");
  reader = open_reader (fixture);
  text = trace_text_print_steps (reader);
  g_assert_cmpstr (text, ==,
                   "0 1 1 a.py:2 f\n1 1 1 a.py:3 f\n2 1 1 a.py:4 f\n"
                   "3 1 1 a.py:5 f\n4 1 1 a.py:6 f\n5 1 1 a.py:2 f\n");
  for (uint64_t step = 0; step < 6; step++)
    {
      const TxBlockInfo *info;

      g_assert_true (tx_reader_find_step (reader, step, &index));
      info = tx_reader_get_block_info (reader, index);
      g_assert_cmpuint (step - info->first_step, <, info->steps);
    }
  g_assert_false (tx_reader_find_step (reader, 6, &index));
  tx_reader_close (reader);
}

static void
test_sources (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->directory, "module.py", NULL);
  g_autofree char *program =
      g_strdup_printf ("main: call f@%s:1; line 2; call g@/no/such/file.py:1; line 2", path);
  g_autofree char *trace = g_build_filename (fixture->directory, "trace", NULL);
  g_autofree char *bytes = NULL;
  size_t size;
  TxReader *reader;

  g_assert_true (g_file_set_contents (path, "def f():\n    pass\n", -1, NULL));
  g_assert_cmpint (g_mkdir (trace, 0700), ==, 0);
  trace_text_record (trace, program);
  reader = tx_reader_open (trace, NULL);
  g_assert_true (tx_reader_get_file (reader, 1)->has_source);
  g_assert_cmpuint (tx_reader_get_file (reader, 1)->source_size_bytes, ==, 18);
  g_assert_cmpint (tx_reader_get_file (reader, 1)->source_mtime_ns, >,
                   INT64_C (1700000000000000000));
  g_assert_cmpint (tx_reader_dup_source (reader, 1, &bytes, &size, NULL), ==, TX_OK);
  g_assert_cmpstr (bytes, ==, "def f():\n    pass\n");
  g_assert_cmpuint (size, ==, 18);
  g_assert_false (tx_reader_get_file (reader, 2)->has_source);
  g_assert_cmpint (tx_reader_dup_source (reader, 2, &bytes, &size, NULL), ==, TX_END);
  tx_reader_close (reader);
}

/* Files may be of any time. */
static void
test_a_source_of_another_millennium (Fixture *fixture, gconstpointer data)
{
  const struct timespec far = { .tv_sec = INT64_C (32503680000) }; /* 3000 */
  const struct timespec times[2] = { far, far };
  g_autofree char *path = g_build_filename (fixture->directory, "module.py", NULL);
  g_autofree char *program = g_strdup_printf ("main: call f@%s:1; line 2", path);
  g_autofree char *trace = g_build_filename (fixture->directory, "trace", NULL);
  struct stat status;
  TxReader *reader;

  g_assert_true (g_file_set_contents (path, "def f():\n    pass\n", -1, NULL));
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
  g_assert_cmpint (stat (path, &status), ==, 0);
  if (status.st_mtim.tv_sec < INT64_MAX / 1000000000)
    {
      g_test_skip ("the file system knows no such times");
      return;
    }
  g_assert_cmpint (g_mkdir (trace, 0700), ==, 0);
  trace_text_record (trace, program);
  reader = tx_reader_open (trace, NULL);
  g_assert_true (tx_reader_get_file (reader, 1)->has_source);
  g_assert_cmpint (tx_reader_get_file (reader, 1)->source_mtime_ns, ==, INT64_MAX);
  tx_reader_close (reader);
}

/* Line n of the digest with that function, or one of zeros. */
static TxDigestLine
find_line (const TxDigest *digest, TxFunctionId function, uint32_t line)
{
  for (size_t i = 0; i < digest->n_lines; i++)
    if (digest->lines[i].function == function && digest->lines[i].line == line)
      return digest->lines[i];
  return (TxDigestLine){ 0 };
}

static void
test_digests (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxDigest *digest;

  trace_text_record (
      fixture->directory,
      "main: precise; call f@a.py:1; line 2; +2ms; call g@b.py:1; line 2; +3ms; return;"
      "line 3; line 2; +1ms; return");
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_load_digest (reader, 0, &digest, NULL), ==, TX_OK);
  g_assert_cmpuint (digest->steps, ==, 4);
  g_assert_cmpuint (find_line (digest, 1, 2).hits, ==, 2);
  g_assert_cmpuint (find_line (digest, 1, 2).self_ns, ==, 3000000);
  g_assert_cmpuint (find_line (digest, 1, 2).cumulated_ns, ==, 6000000);
  g_assert_cmpuint (find_line (digest, 2, 2).self_ns, ==, 3000000);
  tx_digest_free (digest);
  tx_reader_close (reader);
}

/* ---- Following ---- */

static void
test_a_growing_trace_is_followed (Fixture *fixture, gconstpointer data)
{
  TraceText *writer = trace_text_new (fixture->directory, NULL);
  TxReader *reader = open_reader (fixture);
  const TxFunction *function;

  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_RECORDING);
  assert_text (reader, TRACE_TEXT_PLAIN, "");
  refresh (reader, false);

  trace_text_play (writer, "main: call f@a.py:1; line 2");
  refresh (reader, true);
  assert_text (reader, TRACE_TEXT_PLAIN, "main: call f@a.py:1; line 2\n");
  g_assert_cmpuint (tx_reader_get_block_info (reader, 0)->place, ==, TX_BLOCK_RING);
  function = tx_reader_get_function (reader, 1);
  g_assert_cmpstr (function->name, ==, "f");

  trace_text_play (writer, "line 3");
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 1);
  assert_text (reader, TRACE_TEXT_PLAIN, "main: call f@a.py:1; line 2\n");
  refresh (reader, true);
  assert_text (reader, TRACE_TEXT_PLAIN, "main: call f@a.py:1; line 2; line 3\n");

  trace_text_play (writer, "block");
  refresh (reader, true);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 1);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 0)->place, ==, TX_BLOCK_FILE);
  refresh (reader, false);

  trace_text_play (writer, "line 4; call g@b.py:5; line 6");
  refresh (reader, true);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 2);
  trace_text_close (writer);
  refresh (reader, true);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_FINISHED);
  assert_text (reader, TRACE_TEXT_PLAIN,
               "main: call f@a.py:1; line 2; line 3; line 4; call g@b.py:5; line 6\n");
  g_assert_true (function == tx_reader_get_function (reader, 1));
  refresh (reader, false);
  tx_reader_close (reader);
}

static void
test_digests_of_the_ring_are_computed (Fixture *fixture, gconstpointer data)
{
  TraceText *writer = trace_text_new (fixture->directory, NULL);
  TxReader *reader;
  TxDigest *digest;

  trace_text_play (writer, "main: call f@a.py:1; line 2; line 3; line 2");
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_load_digest (reader, 0, &digest, NULL), ==, TX_OK);
  g_assert_cmpuint (find_line (digest, 1, 2).hits, ==, 2);
  tx_digest_free (digest);
  tx_reader_close (reader);
  trace_text_close (writer);
}

static void
test_refresh_after_each_event (Fixture *fixture, gconstpointer data)
{
  static const char *const items[] = {
    "main: call f@a.py:1", "line 2",    "line 3", "block",  "worker: call g@b.py:4", "line 5",
    "main: line 4",        "block",     "block",  "line 5", "worker: yield",         "line 6",
    "main: return",        "mark done", "block"
  };
  TraceText *writer = trace_text_new (fixture->directory, NULL);
  TxReader *reader = open_reader (fixture);

  for (gsize i = 0; i < G_N_ELEMENTS (items); i++)
    {
      TxReader *fresh;
      g_autofree char *followed = NULL;
      g_autofree char *opened = NULL;

      if (strcmp (items[i], "line 6") == 0)
        continue;
      trace_text_play (writer, items[i]);
      g_assert_cmpint (tx_reader_refresh (reader, NULL, NULL), ==, TX_OK);
      fresh = open_reader (fixture);
      followed = trace_text_print (reader, TRACE_TEXT_BLOCKS | TRACE_TEXT_TIMES);
      opened = trace_text_print (fresh, TRACE_TEXT_BLOCKS | TRACE_TEXT_TIMES);
      g_assert_cmpstr (followed, ==, opened);
      g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, tx_reader_get_n_steps (fresh));
      tx_reader_close (fresh);
    }
  tx_reader_close (reader);
  trace_text_close (writer);
}

/* ---- After a death ---- */

static char *
get_ring_path (const Fixture *fixture)
{
  TxReader *reader = open_reader (fixture);
  char *path = g_strdup (tx_reader_get_info (reader, "ring"));

  tx_reader_close (reader);
  return path;
}

static void
test_a_killed_process_loses_nothing (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  g_autofree char *ring = NULL;

  trace_text_record_and_die (fixture->directory, NULL,
                             "main: call f@a.py:1; line 2; block; line 3; call g@a.py:5; line 6");
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED);
  assert_text (reader, TRACE_TEXT_PLAIN,
               "main: call f@a.py:1; line 2; line 3; call g@a.py:5; line 6\n");
  tx_reader_close (reader);
  ring = get_ring_path (fixture);
  g_assert_cmpint (g_unlink (ring), ==, 0);
}

static void
test_without_the_ring_the_end_is_missing (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  g_autofree char *ring = NULL;

  trace_text_record_and_die (fixture->directory, NULL,
                             "main: call f@a.py:1; line 2; block; line 3");
  ring = get_ring_path (fixture);
  g_assert_cmpint (g_unlink (ring), ==, 0);
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED_TAIL_MISSING);
  assert_text (reader, TRACE_TEXT_PLAIN, "main: call f@a.py:1; line 2\n");
  tx_reader_close (reader);
}

static void
test_a_ring_beside_the_blocks_is_found (Fixture *fixture, gconstpointer data)
{
  TxWriterOptions options = { .ring_dir = fixture->directory };
  TxReader *reader;
  g_autofree char *copy = trace_text_make_directory ();
  g_autofree char *ring = NULL;
  g_autofree char *ring_copy = g_build_filename (copy, "ring", NULL);
  g_autofree char *bytes = NULL;
  gsize size;

  trace_text_record_and_die (fixture->directory, &options, "main: call f@a.py:1; line 2");
  ring = get_ring_path (fixture);
  trace_text_copy_directory (fixture->directory, copy);
  g_assert_true (g_file_get_contents (ring, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (ring_copy, bytes, (gssize) size, NULL));
  g_assert_cmpint (g_unlink (ring), ==, 0);

  reader = tx_reader_open (copy, NULL);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED);
  assert_text (reader, TRACE_TEXT_PLAIN, "main: call f@a.py:1; line 2\n");
  tx_reader_close (reader);
  trace_text_remove_directory (g_steal_pointer (&copy));
}

static void
test_another_file_in_place_of_the_ring_is_not_taken (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  g_autofree char *ring = NULL;
  g_autofree char *bytes = NULL;
  g_autofree char *kept = NULL;
  gsize size;

  trace_text_record_and_die (fixture->directory, NULL, "main: call f@a.py:1; line 2");
  ring = get_ring_path (fixture);
  kept = g_strconcat (ring, ".kept", NULL);
  g_assert_true (g_file_get_contents (ring, &bytes, &size, NULL));
  g_assert_cmpint (g_rename (ring, kept), ==, 0);
  g_assert_true (g_file_set_contents (ring, bytes, (gssize) size, NULL));
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED_TAIL_MISSING);
  tx_reader_close (reader);
  g_assert_cmpint (g_unlink (ring), ==, 0);
  g_assert_cmpint (g_unlink (kept), ==, 0);
}

/* ---- Several threads ---- */

static gpointer
load_all_cb (gpointer data)
{
  const TxReader *reader = data;
  uint64_t n_steps = 0;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;
      TxDigest *digest;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      g_assert_cmpint (tx_reader_load_digest (reader, i, &digest, NULL), ==, TX_OK);
      n_steps += block->n_steps;
      g_assert_cmpuint (digest->steps, ==, block->n_steps);
      tx_digest_free (digest);
      tx_block_free (block);
    }
  return GSIZE_TO_POINTER (n_steps);
}

static void
test_several_threads_load_at_once (Fixture *fixture, gconstpointer data)
{
  TraceText *writer = trace_text_new (fixture->directory, NULL);
  GThread *threads[4];
  TxReader *reader;

  trace_text_play (writer, "main: call f@a.py:1; repeat 50 (lines 2-40; block); line 7; line 8");
  reader = open_reader (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("loader", load_all_cb, reader);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpuint (GPOINTER_TO_SIZE (g_thread_join (threads[i])), ==,
                      tx_reader_get_n_steps (reader));
  tx_reader_close (reader);
  trace_text_close (writer);
}

/* ---- Overtaken ---- */

static void
remove_file (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* A reader that stood still while what it had seen in the ring was written and removed again can't
   know how many steps came since, but takes back none that it has told of. */
static void
test_what_was_seen_in_the_ring_stays_counted (Fixture *fixture, gconstpointer data)
{
  TraceText *text = trace_text_new (fixture->directory, NULL);
  g_autofree char *digests = g_build_filename (fixture->directory, "digests.00000", NULL);
  const TxBlockInfo *info;
  TxReader *reader;
  bool changed;

  trace_text_play (text, "pace 1us; main: call f@a.py:1; repeat 500 (lines 2-3)");
  reader = tx_reader_open (fixture->directory, NULL);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 1000);
  trace_text_play (text, "line 4; block; line 5");
  remove_file (fixture->directory, "blocks.00000");
  remove_file (fixture->directory, "index.00000");
  (void) !g_unlink (digests); /* perhaps none was written yet */
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpint (tx_reader_refresh (reader, &changed, NULL), ==, TX_OK);
      g_assert_cmpuint (tx_reader_get_n_steps (reader), >=, 1000);
      /* The gap is declared, and the numbers go on behind it. */
      g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 2);
      info = tx_reader_get_block_info (reader, 0);
      g_assert_cmpint (info->place, ==, TX_BLOCK_MISSING);
      g_assert_cmpuint (info->n_missing, ==, 1);
      g_assert_cmpuint (info->first_step, ==, 0);
      g_assert_cmpuint (tx_reader_get_block_info (reader, 1)->first_step, ==, info->steps);
      g_assert_cmpuint (tx_reader_get_block_info (reader, 1)->sequence, ==, 1);
      g_assert_cmpint (changed, ==, i == 0);
    }
  tx_reader_close (reader);
  trace_text_close (text);
}

/* What is known to lack is put where the hole is; what cannot be is not. */
static void
test_what_is_known_to_lack (void)
{
  TxBlockTable table = { 0 };

  g_assert_true (_tx_block_table_add_missing_end (&table, 0, 5));
  g_assert_cmpuint (table.n_entries, ==, 0);
  g_assert_true (_tx_block_table_add_known (&table, 3, 100));
  g_assert_cmpuint (table.n_entries, ==, 1);
  g_assert_cmpuint (table.next_sequence, ==, 3);
  g_assert_cmpuint (table.next_step, ==, 100);
  g_assert_true (_tx_block_table_add_known (&table, 3, 7));
  g_assert_cmpuint (table.next_step, ==, 107);
  g_assert_cmpuint (table.entries[0].info.steps, ==, 107);
  g_assert_true (_tx_block_table_add_known (&table, 3, UINT32_MAX));
  g_assert_cmpuint (table.next_step, ==, 107);
  _tx_block_table_clear (&table);
}

/* ---- Digests that lie ---- */

/* Makes the first run tell @digest, with right checksums; others behind it are gone. */
static void
change_run (const char *directory, const uint8_t *digest, size_t size)
{
  g_autofree char *path = g_build_filename (directory, "digests.00000", NULL);
  TxReader *reader = tx_reader_open (directory, NULL);
  uint64_t trace_id = g_ascii_strtoull (tx_reader_get_info (reader, "trace_id"), NULL, 16);
  g_autofree char *bytes = NULL;
  const uint64_t offset = TX_SEGMENT_HEADER_SIZE;
  TxFrameHeader header;
  gsize old_size;

  tx_reader_close (reader);
  g_assert_true (g_file_get_contents (path, &bytes, &old_size, NULL));
  g_assert_true (
      _tx_frame_header_decode ((uint8_t *) bytes + offset, trace_id, 0, offset, &header));
  bytes = g_realloc (bytes, offset + TX_FRAME_HEADER_SIZE + size + 8);
  memset (bytes + offset, 0, TX_FRAME_HEADER_SIZE + size + 8);
  memcpy (bytes + offset + TX_FRAME_HEADER_SIZE, digest, size);
  header.digest_codec = 0;
  header.digest_raw_size = header.digest_size = (uint32_t) size;
  header.digest_checksum = _tx_checksum (digest, size, trace_id ^ header.summary.sequence);
  _tx_frame_header_encode ((uint8_t *) bytes + offset, &header, trace_id, 0, offset);
  g_assert_true (g_file_set_contents (
      path, bytes, (gssize) (offset + _tx_frame_header_get_frame_size (&header)), NULL));
}

/* Of 64 blocks: @steps altogether, and where @has_parts the first two have @first and 2 - @first.
 */
static GByteArray *
make_digest (uint8_t steps, bool has_parts, uint8_t first)
{
  const uint8_t threads[] = { 1, 5, 1, 1, steps, 0, 2 };
  const uint8_t lines[] = { 2, 7, 1, 1, 1, steps, 0, 0, 0 };
  const uint8_t parts[] = { 4, 0xc1, 2, 64 }; /* 321 bytes */
  GByteArray *digest = g_byte_array_new ();

  g_byte_array_append (digest, threads, sizeof threads);
  g_byte_array_append (digest, lines, sizeof lines);
  if (has_parts)
    g_byte_array_append (digest, parts, sizeof parts);
  for (int i = 0; i < 64 && has_parts; i++)
    {
      const uint8_t part[] = { 1, 1, (uint8_t) (i == 0 ? first : i == 1 ? 2 - first : 1), 0, 1 };

      g_byte_array_append (digest, part, sizeof part);
    }
  return digest;
}

/* Added up, digests must be those of the blocks: else they are refused, and those of the blocks are
 * there. */
static void
test_runs_that_lie (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    uint8_t steps;
    bool has_parts;
    uint8_t first;
    TxStatus status;
  } rows[] = {
    { 64, false, 0, TX_OK },
    { 64, true, 1, TX_OK },
    { 65, false, 0, TX_ERROR_DAMAGED }, /* more than the blocks have */
    { 64, true, 2, TX_ERROR_DAMAGED },  /* shared out otherwise */
    { 64, true, 0, TX_ERROR_DAMAGED },
    { 65, true, 1, TX_ERROR_DAMAGED }, /* parts of other steps than their sum */
  };

  trace_text_record (fixture->directory,
                     "main: call f@a.py:1; repeat 70 (line 1; block; line 2; block)");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GByteArray) digest = make_digest (rows[i].steps, rows[i].has_parts, rows[i].first);
      TxDigest *loaded = NULL;
      TxReader *reader;

      change_run (fixture->directory, digest->data, digest->len);
      reader = open_reader (fixture);
      g_assert_cmpuint (tx_reader_get_n_spans (reader, TX_SPAN_RUN), ==, 1);
      g_assert_cmpint (tx_reader_load_span (reader, TX_SPAN_RUN, 0, true, &loaded, NULL), ==,
                       rows[i].status);
      tx_digest_free (loaded);
      loaded = NULL;
      g_assert_cmpint (tx_reader_load_digest (reader, 0, &loaded, NULL), ==, TX_OK);
      tx_digest_free (loaded);
      tx_reader_close (reader);
    }
}

/* Its text was looked at when it was opened; then the file changes. */
static void
test_sources_that_change (Fixture *fixture, gconstpointer data)
{
  g_autofree char *source = g_build_filename (fixture->directory, "a.py", NULL);
  g_autofree char *path = g_build_filename (fixture->directory, "sources", NULL);
  g_autofree char *text = NULL;
  g_autofree char *bytes = NULL;
  char *shown = NULL;
  TxError error = { 0 };
  TxReader *reader;
  size_t shown_size;
  gsize size;

  g_assert_true (g_file_set_contents (source, "a = 1\n", -1, NULL));
  text = g_strdup_printf ("main: call f@%s:1; line 1", source);
  trace_text_record (fixture->directory, text);
  reader = open_reader (fixture);
  g_assert_cmpint (tx_reader_dup_source (reader, 1, &shown, &shown_size, &error), ==, TX_OK);
  g_assert_cmpstr (shown, ==, "a = 1\n");
  free (shown);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  bytes[size - 8] ^= 1;
  bytes[16 + 32] ^= 1;
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  g_assert_cmpint (tx_reader_dup_source (reader, 1, &shown, &shown_size, &error), ==,
                   TX_ERROR_DAMAGED);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (tx_reader_dup_source (reader, 1, &shown, &shown_size, &error), ==, TX_ERROR_IO);
  tx_reader_close (reader);
}

#define TEST(path, func) g_test_add ("/reader/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("calls", test_calls);
  TEST ("repeated-lines", test_repeated_lines_are_one_step);
  TEST ("threads", test_threads);
  TEST ("generators", test_generators);
  TEST ("existing-frames", test_frames_that_were_there_before);
  TEST ("resync", test_a_resync_is_shown);
  TEST ("marks", test_marks);
  TEST ("deep-recursion", test_deep_recursion);
  TEST ("times", test_times);
  TEST ("tables", test_tables);
  TEST ("steps", test_steps_are_numbered_through);
  TEST ("sources", test_sources);
  TEST ("source-of-another-millennium", test_a_source_of_another_millennium);
  TEST ("digests", test_digests);
  TEST ("growing", test_a_growing_trace_is_followed);
  TEST ("ring-digests", test_digests_of_the_ring_are_computed);
  TEST ("refresh-each-event", test_refresh_after_each_event);
  TEST ("killed", test_a_killed_process_loses_nothing);
  TEST ("ring-gone", test_without_the_ring_the_end_is_missing);
  TEST ("ring-beside", test_a_ring_beside_the_blocks_is_found);
  TEST ("ring-replaced", test_another_file_in_place_of_the_ring_is_not_taken);
  TEST ("overtaken", test_what_was_seen_in_the_ring_stays_counted);
  g_test_add_func ("/reader/known-to-lack", test_what_is_known_to_lack);
  TEST ("runs-that-lie", test_runs_that_lie);
  TEST ("sources-that-change", test_sources_that_change);
  TEST ("several-threads", test_several_threads_load_at_once);
  return g_test_run ();
}
