// SPDX-License-Identifier: BSD-3-Clause
// A process that records at full speed, read by another one meanwhile; and one that is killed at
// any moment. Step k executes a line that k tells, so every step can be checked. With
// TRACKEXEC_FULL=1 it is read 100,000 times.
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-seed.h"
#include "trace-text.h"

/* What the child tells its parent. */
typedef struct
{
  _Atomic uint64_t n_steps; /* recorded so far */
  _Atomic bool is_over;     /* told by the parent */
} Shared;

static gboolean
is_full_size (void)
{
  return g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0;
}

typedef struct
{
  char *directory;
  Shared *shared;
  pid_t child;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
  fixture->shared = mmap (NULL, sizeof *fixture->shared, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (fixture->shared != MAP_FAILED);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  munmap (fixture->shared, sizeof *fixture->shared);
  trace_text_remove_directory (fixture->directory);
}

static uint32_t
line_of_step (uint64_t step)
{
  return 1 + (uint32_t) (step % 3 + step / 3 % 90 * 3);
}

/* The disk need not keep up with a program that does nothing but record; this one waits for it. */
static void
wait_for_disk (TxWriter *writer)
{
  for (;;)
    {
      TxStreamStats stream;
      TxWriterStats stats;

      tx_stream_get_stats (tx_writer_get_stream (writer), &stream);
      tx_writer_get_stats (writer, &stats);
      if (stream.blocks < stats.blocks_written + 6)
        return;
      g_usleep (200);
    }
}

static void
record_steps (TxStream *stream, TxWriter *writer, Shared *shared, uint64_t n_steps)
{
  for (uint64_t step = 0; step < n_steps; step++)
    {
      tx_stream_line (stream, line_of_step (step));
      atomic_store_explicit (&shared->n_steps, step + 1, memory_order_relaxed);
      if (step % 997 == 0)
        {
          tx_stream_call (stream, 1, 1, 7);
          tx_stream_return (stream);
        }
      if (step % 16384 == 0)
        wait_for_disk (writer);
    }
}

/* Never returns. */
static void
run_child (const char *directory, Shared *shared, uint64_t n_steps)
{
  TxWriterOptions options = { .slot_size_bytes = 16 * 1024 };
  TxWriter *writer = tx_writer_new (directory, &options, NULL);
  TxStream *stream;
  TxFunctionDefinition definition = { .first_line = 1, .name = "f", .name_size = 1 };
  TxFunctionId function;

  if (!writer)
    _exit (2);
  stream = tx_writer_get_stream (writer);
  tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1));
  definition.file = tx_stream_define_file (stream, "f.py", 4);
  function = tx_stream_define_function (stream, &definition);
  tx_stream_call (stream, function, 1, 1);
  record_steps (stream, writer, shared, n_steps);
  _exit (tx_writer_close (writer, 10 * UINT64_C (1000000000), NULL) == TX_OK ? 0 : 3);
}

static void
start_child (Fixture *fixture, uint64_t n_steps)
{
  atomic_store (&fixture->shared->n_steps, 0);
  fixture->child = fork ();
  g_assert_cmpint (fixture->child, >=, 0);
  if (fixture->child == 0)
    run_child (fixture->directory, fixture->shared, n_steps);
}

/* As soon as there is a trace. */
static TxReader *
open_when_there (const char *directory)
{
  for (int i = 0; i < 10000; i++)
    {
      TxReader *reader = tx_reader_open (directory, NULL);

      if (reader)
        return reader;
      g_usleep (1000);
    }
  g_error ("the child does not record");
}

/* Checks the steps of the blocks from @index on; all must be there, without a hole. */
static void
check_from (const TxReader *reader, size_t index)
{
  const char *damage = tx_reader_get_damage (reader, NULL);

  g_assert_cmpstr (damage, ==, NULL);
  for (; index < tx_reader_get_n_blocks (reader); index++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, index);
      TxError error = { 0 };
      TxBlock *block = NULL;

      g_assert_cmpuint (info->place, !=, TX_BLOCK_MISSING);
      g_assert_cmpuint (info->sequence, ==, index);
      (void) !tx_reader_load_block (reader, index, &block, &error);
      g_assert_cmpstr (error.message, ==, "");
      g_assert_false (block->damaged);
      for (size_t k = 0; k < block->n_steps; k++)
        g_assert_cmpuint (block->events[block->steps[k]].line, ==,
                          line_of_step (info->first_step + k));
      tx_block_free (block);
    }
}

static void
test_reading_beside_a_writer (Fixture *fixture, gconstpointer data)
{
  const uint64_t n_steps = 1500000;
  uint64_t n_before = 0;
  guint n_refreshes = 0;
  TxReader *reader;
  int status;

  start_child (fixture, n_steps);
  reader = open_when_there (fixture->directory);
  while (tx_reader_get_state (reader) == TX_STATE_RECORDING)
    {
      size_t n_blocks = tx_reader_get_n_blocks (reader);
      TxError error = { 0 };

      check_from (reader, n_blocks > 2 ? n_blocks - 2 : 0);
      /* What was recorded before we looked is seen. */
      n_before = atomic_load (&fixture->shared->n_steps);
      g_assert_cmpint (tx_reader_refresh (reader, NULL, &error), ==, TX_OK);
      g_assert_cmpuint (tx_reader_get_n_steps (reader), >=, n_before);
      n_refreshes++;
    }
  g_assert_cmpint (waitpid (fixture->child, &status, 0), ==, fixture->child);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_FINISHED);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, n_steps);
  check_from (reader, 0);
  g_test_message ("%u refreshes, %zu blocks", n_refreshes, tx_reader_get_n_blocks (reader));
  tx_reader_close (reader);
}

static void
remove_ring (const TxReader *reader)
{
  g_assert_cmpint (g_unlink (tx_reader_get_info (reader, "ring")), ==, 0);
}

/* ---- Nobody waits for anybody ---- */

/* A step is seen so soon after it was told; sanitizers slow down both sides. */
#ifdef __SANITIZE_ADDRESS__
#define SEEN_US_MAX 1000000
#else
#define SEEN_US_MAX 200000
#endif

#define EVICTING_LINES 1000000u

/* Records as fast as it can, in small segments of which the oldest go, until it is told to stop;
 * nothing but lines, each the next number. */
static void
run_evicting_child (const char *directory, Shared *shared)
{
  TxWriterOptions options = { .slot_size_bytes = 16 * 1024,
                              .segment_size_bytes = 32 * 1024,
                              .max_size_bytes = 256 * 1024,
                              .min_free_bytes = TX_NO_LIMIT };
  TxWriter *writer = tx_writer_new (directory, &options, NULL);
  TxFunctionDefinition definition = { .first_line = 1, .name = "f", .name_size = 1 };
  TxError error = { 0 };
  TxStream *stream;

  /* A test that fails tells nobody to stop. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (!writer)
    _exit (2);
  stream = tx_writer_get_stream (writer);
  tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1));
  definition.file = tx_stream_define_file (stream, "f.py", 4);
  tx_stream_call (stream, tx_stream_define_function (stream, &definition), 1, 1);
  for (uint64_t step = 0; !atomic_load_explicit (&shared->is_over, memory_order_relaxed); step++)
    {
      tx_stream_line (stream, 1 + (uint32_t) (step % EVICTING_LINES));
      atomic_store_explicit (&shared->n_steps, step + 1, memory_order_relaxed);
    }
  if (tx_writer_close (writer, 60 * UINT64_C (1000000000), &error) == TX_OK)
    _exit (0);
  g_printerr ("the child: %s\n", error.message);
  _exit (3);
}

/** Follower: what was seen of the trace so far. */
typedef struct
{
  TxReader *reader;
  size_t n_seen;          /* entries of the table that can't change any more */
  uint64_t next_sequence; /* behind them */
  uint64_t next_step;
  uint32_t next_line; /* 0: not known */
  uint64_t n_blocks, n_lost, n_gone;
} Follower;

/* What is declared missing before it leaves the line open; else it is the one that follows. */
static void
check_lines (Follower *self, const TxBlockInfo *info, const TxBlock *block)
{
  uint32_t line = self->next_line;

  if (info->events_lost > 0)
    line = 0;
  for (size_t k = 0; k < block->n_steps; k++)
    {
      uint32_t shown = block->events[block->steps[k]].line;

      if (line)
        g_assert_cmpuint (shown, ==, line);
      line = 1 + shown % EVICTING_LINES;
    }
  self->next_line = line;
}

static void
check_block (Follower *self, size_t index)
{
  const TxBlockInfo *info = tx_reader_get_block_info (self->reader, index);
  TxError error = { 0 };
  TxBlock *block;

  g_assert_cmpuint (info->sequence, ==, self->next_sequence);
  g_assert_cmpuint (info->first_step, ==, self->next_step);
  self->next_step += info->steps;
  self->next_sequence += info->n_missing ? info->n_missing : 1;
  self->n_blocks++;
  self->n_lost += info->events_lost;
  if (tx_block_info_is_gap (info))
    {
      self->n_gone += info->n_missing;
      self->next_line = 0;
      return;
    }
  if (tx_reader_load_block (self->reader, index, &block, &error) != TX_OK)
    {
      /* Removed since; that is what it says. */
      g_assert_cmpint (error.status, ==, TX_ERROR_GAP);
      self->n_gone++;
      self->next_line = 0;
      return;
    }
  g_assert_false (block->damaged);
  check_lines (self, info, block);
  tx_block_free (block);
}

/* The blocks that are new and whole. */
static void
follow (Follower *self)
{
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);

  g_assert_cmpstr (tx_reader_get_damage (self->reader, NULL), ==, NULL);
  while (self->n_seen < n_blocks &&
         tx_reader_get_block_info (self->reader, self->n_seen)->place != TX_BLOCK_RING)
    check_block (self, self->n_seen++);
}

static uint64_t
get_bytes_read (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/io", &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "rchar: "));
  return g_ascii_strtoull (text + strlen ("rchar: "), NULL, 10);
}

static const char *
get_of_end (const TxReader *reader, const char *wanted)
{
  const char *file, *key, *value;

  for (size_t i = 0; tx_reader_get_info_line (reader, i, &file, &key, &value); i++)
    if (strcmp (file, "end") == 0 && strcmp (key, wanted) == 0)
      return value;
  return "0";
}

static uint64_t
get_number_of_end (const TxReader *reader, const char *wanted)
{
  return g_ascii_strtoull (get_of_end (reader, wanted), NULL, 10);
}

static void
test_following_one_that_never_waits (Fixture *fixture, gconstpointer data)
{
  guint n_wanted = is_full_size () ? 100000 : 200;
  Follower follower = { 0 };
  uint64_t n_before = 0, n_dropped, n_told;
  int status;

  atomic_store (&fixture->shared->is_over, false);
  fixture->child = fork ();
  if (fixture->child == 0)
    run_evicting_child (fixture->directory, fixture->shared);
  follower.reader = open_when_there (fixture->directory);
  for (guint i = 0; i < n_wanted; i++)
    {
      TxError error = { 0 };

      follow (&follower);
      g_assert_cmpint (tx_reader_refresh (follower.reader, NULL, &error), ==, TX_OK);
      g_assert_cmpuint (tx_reader_get_n_steps (follower.reader), >=, n_before);
      n_before = tx_reader_get_n_steps (follower.reader);
    }
  atomic_store (&fixture->shared->is_over, true);
  g_assert_cmpint (waitpid (fixture->child, &status, 0), ==, fixture->child);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpint (tx_reader_refresh (follower.reader, NULL, NULL), ==, TX_OK);
  follow (&follower);
  g_assert_cmpint (tx_reader_get_state (follower.reader), ==, TX_STATE_FINISHED);
  /* Shown and declared as lost are all; what was dropped behind the last block only `end` tells. */
  n_dropped = get_number_of_end (follower.reader, "events_lost");
  n_told = atomic_load (&fixture->shared->n_steps);
  if (follower.n_gone == 0 && follower.next_step + n_dropped < n_told)
    g_error ("%" G_GUINT64_FORMAT " steps shown, %" G_GUINT64_FORMAT
             " events lost, %" G_GUINT64_FORMAT
             " of them before blocks, %s blocks lost, but %" G_GUINT64_FORMAT " recorded",
             follower.next_step, n_dropped, follower.n_lost,
             get_of_end (follower.reader, "blocks_lost"), n_told);
  g_print ("# T19: %u refreshes beside a writer at full speed, %" G_GUINT64_FORMAT
           " blocks, %" G_GUINT64_FORMAT " removed meanwhile, %" G_GUINT64_FORMAT
           " events declared lost: 0 errors, 0 undeclared gaps, "
           "0 duplicates, 0 going back\n",
           n_wanted, follower.n_blocks, follower.n_gone, follower.n_lost);
  tx_reader_close (follower.reader);
}

/* A step is there with the next refresh, and following costs what is new, not what there is. */
static void
test_new_steps_are_seen_soon_and_nothing_twice (Fixture *fixture, gconstpointer data)
{
  const guint n_refreshes = 60;
  uint64_t n_bytes, n_first;
  gint64 worst_us = 0;
  TxReader *reader;

  start_child (fixture, UINT64_MAX);
  reader = open_when_there (fixture->directory);
  n_bytes = get_bytes_read ();
  n_first = tx_reader_get_n_steps (reader);
  for (guint i = 0; i < n_refreshes; i++)
    {
      uint64_t n_told = atomic_load (&fixture->shared->n_steps);
      gint64 start = g_get_monotonic_time ();

      /* As the viewer does it: at the latest with the second look. */
      g_assert_cmpint (tx_reader_refresh (reader, NULL, NULL), ==, TX_OK);
      if (tx_reader_get_n_steps (reader) < n_told)
        g_assert_cmpint (tx_reader_refresh (reader, NULL, NULL), ==, TX_OK);
      g_assert_cmpuint (tx_reader_get_n_steps (reader), >=, n_told);
      worst_us = MAX (worst_us, g_get_monotonic_time () - start);
      g_usleep (2000);
    }
  n_bytes = get_bytes_read () - n_bytes;
  n_first = tx_reader_get_n_steps (reader) - n_first;
  kill (fixture->child, SIGKILL);
  g_assert_cmpint (waitpid (fixture->child, NULL, 0), ==, fixture->child);
  g_print ("# T19: %u refreshes, all steps that were told before seen, %.1f ms at most; %.1f MiB "
           "read for %.1f million "
           "new steps, %.2f bytes each (at most 4)\n",
           n_refreshes, (double) worst_us / 1000, (double) n_bytes / 1048576,
           (double) n_first / 1e6, (double) n_bytes / (double) MAX (n_first, 1));
  g_assert_cmpint (worst_us, <, SEEN_US_MAX);
  /* A step is a byte in the ring; and each refresh looks at the headers of the slots in use. */
  g_assert_cmpuint (n_bytes, <, 4 * n_first + n_refreshes * 2 * 64 * 64 * 4);
  remove_ring (reader);
  tx_reader_close (reader);
}

static void
kill_at_random (Fixture *fixture)
{
  uint64_t n_told, n_steps;
  TxReader *reader;
  int status;

  start_child (fixture, UINT64_MAX);
  while (atomic_load (&fixture->shared->n_steps) == 0)
    g_usleep (100);
  g_usleep ((gulong) g_random_int_range (0, 20000));
  kill (fixture->child, SIGKILL);
  g_assert_cmpint (waitpid (fixture->child, &status, 0), ==, fixture->child);

  n_told = atomic_load (&fixture->shared->n_steps);
  reader = tx_reader_open (fixture->directory, NULL);
  g_assert_nonnull (reader);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED);
  n_steps = tx_reader_get_n_steps (reader);
  g_assert_cmpuint (n_steps, >=, n_told);
  g_assert_cmpuint (n_steps, <=, n_told + 1);
  check_from (reader, 0);
  remove_ring (reader);
  tx_reader_close (reader);
}

static void
test_killed_at_any_moment (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 40; i++)
    {
      kill_at_random (fixture);
      trace_text_remove_directory (fixture->directory);
      fixture->directory = trace_text_make_directory ();
    }
}

/* One that was followed while it lived, too. */
static void
test_killed_while_it_is_read (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  uint64_t n_told;

  start_child (fixture, UINT64_MAX);
  reader = open_when_there (fixture->directory);
  for (int i = 0; i < 20; i++)
    {
      g_usleep (1000);
      g_assert_cmpint (tx_reader_refresh (reader, NULL, NULL), ==, TX_OK);
    }
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_RECORDING);
  kill (fixture->child, SIGKILL);
  g_assert_cmpint (waitpid (fixture->child, NULL, 0), ==, fixture->child);
  n_told = atomic_load (&fixture->shared->n_steps);
  g_assert_cmpint (tx_reader_refresh (reader, NULL, NULL), ==, TX_OK);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), >=, n_told);
  check_from (reader, 0);
  remove_ring (reader);
  tx_reader_close (reader);
}

#define TEST(path, func) g_test_add ("/live/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  TEST ("beside-a-writer", test_reading_beside_a_writer);
  TEST ("full-speed", test_following_one_that_never_waits);
  TEST ("soon", test_new_steps_are_seen_soon_and_nothing_twice);
  TEST ("killed", test_killed_at_any_moment);
  TEST ("killed-while-read", test_killed_while_it_is_read);
  return g_test_run ();
}
