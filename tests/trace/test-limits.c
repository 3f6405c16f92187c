// SPDX-License-Identifier: BSD-3-Clause
// What a recording may take: its size, the file system's space, its age, old runs; and a disk that
// hangs or refuses for a while.
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-seed.h"
#include "trace/tx-process-private.h"
#include "trace/tx-retention.h"
#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

#define SECOND_NS 1000000000

static gboolean
is_full_size (void)
{
  return g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0;
}

/* ---- A program ---- */

typedef struct
{
  char *root;      /* owned */
  char *directory; /* owned */
  TxWriter *writer;
  TxStream *stream;
  guint32 random, line;
  guint64 n_lines;
} Program;

static void
start (Program *self, TxWriterOptions *options, TxOs *os)
{
  memset (self, 0, sizeof *self);
  self->root = trace_text_make_directory ();
  self->directory = g_build_filename (self->root, "trace", NULL);
  self->random = 1;
  g_assert_cmpint (g_mkdir (self->directory, 0700), ==, 0);
  if (!options->ring_dir)
    options->ring_dir = self->root;
  self->writer = _tx_writer_new_with_os (self->directory, options, os, NULL);
  g_assert_nonnull (self->writer);
  self->stream = tx_writer_get_stream (self->writer);
  tx_stream_switch_to (self->stream, tx_stream_get_thread (self->stream, 1));
  tx_stream_define_file (self->stream, "/a.py", 5);
  tx_stream_call (
      self->stream,
      tx_stream_define_function (
          self->stream,
          &(TxFunctionDefinition){ .file = 1, .first_line = 1, .name = "f", .name_size = 1 }),
      1, 1);
}

/* Lines that hardly compress. */
static void
write_lines (Program *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      self->random = self->random * 1664525 + 1013904223;
      self->line = 1 + (self->line + (self->random >> 24) % 50) % 60;
      tx_stream_line (self->stream, self->line);
    }
  self->n_lines += n;
}

static void
finish (Program *self)
{
  TxError error;

  g_assert_cmpint (tx_writer_close (self->writer, 20 * (guint64) SECOND_NS, &error), ==, TX_OK);
  self->writer = NULL;
}

static void
clear (Program *self)
{
  g_free (self->directory);
  trace_text_remove_directory (self->root);
}

static guint64
get_size (const char *directory)
{
  GDir *dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint64 size = 0;

  while ((name = g_dir_read_name (dir)))
    {
      char *path = g_build_filename (directory, name, NULL);
      struct stat status;

      if (stat (path, &status) == 0)
        size += (guint64) status.st_size;
      g_free (path);
    }
  g_dir_close (dir);
  return size;
}

/** Shown: what a reader has of a trace. */
typedef struct
{
  guint64 n_steps; /* all, missing ones included where they are known */
  guint64 n_decoded;
  guint64 n_digested;
  guint64 n_evicted_blocks;
  guint64 n_missing_blocks;
  guint64 n_gap_events;
  guint64 n_stamped; /* steps with an exact time */
} Shown;

static Shown
read_trace (const char *directory)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  Shown shown = { 0 };
  guint64 next_step = 0;

  g_assert_nonnull (reader);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  shown.n_steps = tx_reader_get_n_steps (reader);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);
      TxDigest *sums;
      TxBlock *block;

      g_assert_cmpuint (info->first_step, ==, next_step);
      next_step += info->steps;
      if (info->place == TX_BLOCK_MISSING)
        {
          shown.n_missing_blocks += info->n_missing;
          continue;
        }
      g_assert_cmpint (tx_reader_load_digest (reader, i, &sums, NULL), ==, TX_OK);
      shown.n_digested += sums->steps;
      tx_digest_free (sums);
      if (info->place == TX_BLOCK_EVICTED)
        {
          shown.n_evicted_blocks += info->n_missing;
          shown.n_gap_events += info->events_lost;
          continue;
        }
      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      shown.n_decoded += block->n_steps;
      for (size_t j = 0; j < block->n_gaps; j++)
        shown.n_gap_events += block->gaps[j].events_lost;
      for (size_t j = 0; j < block->n_steps; j++)
        shown.n_stamped += block->events[block->steps[j]].error_ns == 0;
      tx_block_free (block);
    }
  tx_reader_close (reader);
  return shown;
}

/* ---- Size and age ---- */

static void
test_size (void)
{
  const guint64 max_size = is_full_size () ? 64 << 20 : 2 << 20;
  const guint64 n_lines = is_full_size () ? 600000000 : 20000000;
  guint64 segment_size = max_size / 16, worst = 0;
  TxWriterOptions options = { .max_size_bytes = max_size, .min_free_bytes = TX_NO_LIMIT };
  gint64 start_us = g_get_monotonic_time ();
  Program program;
  Shown shown;

  start (&program, &options, _tx_os_get_default ());
  while (program.n_lines < n_lines)
    {
      write_lines (&program, 100000);
      g_assert_cmpint (tx_writer_flush (program.writer, 20 * (guint64) SECOND_NS, NULL), ==, TX_OK);
      worst = MAX (worst, get_size (program.directory));
    }
  finish (&program);
  shown = read_trace (program.directory);
  g_assert_cmpuint (worst, <=, max_size + segment_size);
  g_assert_cmpuint (shown.n_evicted_blocks, >, 100);
  g_assert_cmpuint (shown.n_missing_blocks, ==, 0);
  /* The numbers and the totals of all steps are there, and the newest steps themselves. */
  g_assert_cmpuint (shown.n_steps + shown.n_gap_events, ==, n_lines);
  g_assert_cmpuint (shown.n_digested, ==, shown.n_steps);
  g_assert_cmpuint (shown.n_decoded, >, 0);
  g_print ("# T22: %" G_GUINT64_FORMAT " lines, largest %" G_GUINT64_FORMAT
           " bytes (limit %" G_GUINT64_FORMAT "), %" G_GUINT64_FORMAT
           " blocks removed, totals of all steps kept, %.1f s\n",
           n_lines, worst, max_size + segment_size, shown.n_evicted_blocks,
           (g_get_monotonic_time () - start_us) / 1e6);
  clear (&program);
}

static int64_t fake_ns;

static int64_t
read_fake_clock (void *data, bool realtime)
{
  return ++fake_ns;
}

static void
test_age (void)
{
  TxWriterOptions options = { .manual = true,
                              .max_age_ns = 10 * (guint64) SECOND_NS,
                              .segment_size_bytes = 65536,
                              .clock_ns = read_fake_clock };
  Program program;
  Shown shown;

  fake_ns = SECOND_NS;
  start (&program, &options, _tx_os_get_default ());
  for (int i = 0; i < 30; i++)
    {
      write_lines (&program, 100000);
      g_assert_cmpint (tx_writer_flush (program.writer, 0, NULL), ==, TX_OK);
      fake_ns += SECOND_NS;
    }
  finish (&program);
  shown = read_trace (program.directory);
  g_assert_cmpuint (shown.n_digested, ==, shown.n_steps);
  g_assert_cmpuint (shown.n_steps, ==, 3000000);
  g_assert_cmpuint (shown.n_decoded, >=, 1000000);
  g_assert_cmpuint (shown.n_decoded, <=, 1300000);
  clear (&program);
}

/* ---- Space that others use as well ---- */

typedef struct
{
  TxOs os; /* first */
  TxOs *real;
  const char *directory;
  _Atomic uint64_t others; /* bytes of other programs on a disk of 100 MiB */
  _Atomic int write_errno; /* 0: writes go well */
  _Atomic bool hangs;
  _Atomic uint64_t least_free;
} SharedOs;

#define DISK_SIZE (UINT64_C (100) << 20)

static int
shared_get_space (TxOs *os, int fd, TxSpace *ret_space)
{
  SharedOs *self = (SharedOs *) os;
  uint64_t used = self->others + (self->directory ? get_size (self->directory) : 0);

  *ret_space =
      (TxSpace){ .total_bytes = DISK_SIZE, .free_bytes = used < DISK_SIZE ? DISK_SIZE - used : 0 };
  return 0;
}

static int64_t
shared_write_at (TxOs *os, int fd, const void *bytes, size_t size, uint64_t offset)
{
  SharedOs *self = (SharedOs *) os;

  while (atomic_load (&self->hangs))
    g_usleep (1000);
  if (self->write_errno != 0)
    return -self->write_errno;
  return self->real->write_at (os, fd, bytes, size, offset);
}

static void
shared_os_init (SharedOs *self)
{
  memset (self, 0, sizeof *self);
  self->real = _tx_os_get_default ();
  self->os = *self->real;
  self->os.get_space = shared_get_space;
  self->os.write_at = shared_write_at;
}

static void
test_free_space (void)
{
  TxWriterOptions options = { .manual = true,
                              .max_size_bytes = TX_NO_LIMIT,
                              .segment_size_bytes = 1 << 20,
                              .min_free_bytes = 10 << 20 };
  uint64_t least = DISK_SIZE;
  Program program;
  SharedOs os;
  Shown shown;
  TxSpace space;
  TxWriterStats stats;

  shared_os_init (&os);
  start (&program, &options, &os.os);
  os.directory = program.directory;
  /* Others take more and more, up to all but 5 MiB, and then give half of it back. */
  for (int i = 0; i < 160; i++)
    {
      os.others = i < 100 ? (uint64_t) i * 95 * 10486 : 50 << 20;
      write_lines (&program, 200000);
      (void) !tx_writer_flush (program.writer, 0, NULL);
      shared_get_space (&os.os, -1, &space);
      if (DISK_SIZE - os.others >= (10 << 20) + (2 << 20))
        least = MIN (least, space.free_bytes);
    }
  tx_writer_get_stats (program.writer, &stats);
  g_assert_cmpuint (stats.blocks_lost, >, 0);
  (void) tx_writer_close (program.writer, 0, NULL);
  shown = read_trace (program.directory);
  g_assert_cmpuint (least, >=, (10 << 20) - (512 << 10));
  g_assert_cmpuint (shown.n_missing_blocks, ==, stats.blocks_lost);
  g_assert_cmpuint (shown.n_steps, ==, program.n_lines);
  g_assert_cmpuint (shown.n_decoded, >, 50 * 200000);
  g_print ("# T22: 10 MiB to be kept free beside another writer: least %.2f MiB; %" G_GUINT64_FORMAT
           " blocks not written while there was no room, all declared\n",
           (double) least / (1 << 20), (guint64) stats.blocks_lost);
  clear (&program);
}

/* ---- A disk that hangs ---- */

static void
test_hanging_disk (void)
{
  const gint64 hang_us = (is_full_size () ? 30 : 3) * (gint64) G_USEC_PER_SEC;
  TxWriterOptions options = { .max_size_bytes = TX_NO_LIMIT,
                              .min_free_bytes = TX_NO_LIMIT,
                              .ring_dir = "/dev/shm" };
  gint64 begin_us, worst_us = 0, previous_us;
  guint n_slow = 0;
  Program program;
  SharedOs os;
  Shown shown;
  TxStreamStats stats;

  shared_os_init (&os);
  start (&program, &options, &os.os);
  write_lines (&program, 100000);
  g_assert_cmpint (tx_writer_flush (program.writer, 20 * (guint64) SECOND_NS, NULL), ==, TX_OK);
  atomic_store (&os.hangs, true);
  begin_us = previous_us = g_get_monotonic_time ();
  /* A million lines a second, as long as the disk hangs. */
  while (previous_us - begin_us < hang_us)
    {
      gint64 now_us;

      write_lines (&program, 100);
      now_us = g_get_monotonic_time ();
      worst_us = MAX (worst_us, now_us - previous_us);
      n_slow += now_us - previous_us > 10000;
      if (now_us - begin_us < (gint64) (program.n_lines - 100000))
        g_usleep (50);
      previous_us = g_get_monotonic_time ();
    }
  atomic_store (&os.hangs, false);
  tx_stream_get_stats (program.stream, &stats);
  finish (&program);
  shown = read_trace (program.directory);
  g_assert_cmpuint (stats.events_lost, ==, 0);
  g_assert_cmpuint (shown.n_steps, ==, program.n_lines);
  g_assert_cmpuint (shown.n_decoded, ==, program.n_lines);
  g_assert_cmpuint (shown.n_missing_blocks, ==, 0);
  /* The clock went on: a stamp each few milliseconds at worst, on a busy machine too. */
  g_assert_cmpuint (shown.n_stamped, >, (guint64) hang_us / 50000);
  /* Nothing in the way of an event takes long; what the machine's other work takes is its own. */
  g_assert_cmpuint (n_slow, <, 20);
  g_print ("# T4: disk hung for %.0f s at %.2f million lines a second: 0 of %" G_GUINT64_FORMAT
           " lines lost, worst 100 lines took %.2f ms, %u times over 10 ms, %" G_GUINT64_FORMAT
           " stamps\n",
           hang_us / 1e6, (program.n_lines - 100000) / (double) hang_us, program.n_lines,
           worst_us / 1e3, n_slow, shown.n_stamped);
  clear (&program);
}

/* While it refuses, the ring keeps the last moments; what lacks is declared. */
static void
test_refusing_disk (void)
{
  TxWriterOptions options = { .slot_count = 16, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  Program program;
  SharedOs os;
  Shown shown;
  TxWriterStats stats;
  TxStreamStats stream;

  shared_os_init (&os);
  start (&program, &options, &os.os);
  write_lines (&program, 10000);
  g_assert_cmpint (tx_writer_flush (program.writer, 20 * (guint64) SECOND_NS, NULL), ==, TX_OK);
  os.write_errno = ENOSPC;
  for (int i = 0; i < 200; i++)
    {
      write_lines (&program, 1000);
      g_usleep (1000);
    }
  g_assert_cmpint (tx_writer_flush (program.writer, 20 * (guint64) SECOND_NS, NULL), ==,
                   TX_ERROR_IO);
  shown = read_trace (program.directory);
  g_assert_cmpuint (shown.n_decoded, >, 20000); /* those before, and a ring full of the last */
  os.write_errno = 0;
  (void) !tx_writer_flush (program.writer, 20 * (guint64) SECOND_NS, NULL);
  write_lines (&program, 10000);
  g_assert_cmpint (tx_writer_flush (program.writer, 20 * (guint64) SECOND_NS, NULL), ==, TX_OK);
  tx_writer_get_stats (program.writer, &stats);
  tx_stream_get_stats (program.stream, &stream);
  finish (&program);
  shown = read_trace (program.directory);
  g_assert_cmpuint (stats.blocks_lost, >, 0);
  g_assert_cmpuint (shown.n_missing_blocks, ==, stats.blocks_lost);
  g_assert_cmpuint (shown.n_gap_events, ==, stream.events_lost);
  g_assert_cmpuint (shown.n_steps + shown.n_gap_events, ==, program.n_lines);
  clear (&program);
}

static int64_t
slow_write_at (TxOs *os, int fd, const void *bytes, size_t size, uint64_t offset)
{
  g_usleep ((gulong) g_random_int_range (0, 3000));
  return _tx_os_get_default ()->write_at (os, fd, bytes, size, offset);
}

/* A tiny ring and a slow disk: what is not shown is said to be lost. */
static void
test_no_silent_loss (void)
{
  const guint n_runs = is_full_size () ? 500 : 25;
  TxOs os = *_tx_os_get_default ();
  guint64 n_lost = 0, n_lines = 0;
  guint n_lost_last = 0;

  os.write_at = slow_write_at;
  for (guint i = 0; i < n_runs; i++)
    {
      TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };
      TxStreamStats before, stats;
      Program program;
      Shown shown;

      start (&program, &options, &os);
      for (guint j = 0; j < 40; j++)
        {
          write_lines (&program, 1000);
          if (j % 8 == 7)
            g_usleep (4000);
        }
      /* Mostly the ring is full when the program ends: nothing comes that would be behind a gap. */
      tx_stream_get_stats (program.stream, &before);
      write_lines (&program, 1);
      tx_stream_get_stats (program.stream, &stats);
      n_lost_last += stats.events_lost > before.events_lost;
      finish (&program);
      shown = read_trace (program.directory);
      g_assert_cmpuint (shown.n_gap_events, ==, stats.events_lost);
      g_assert_cmpuint (shown.n_decoded + shown.n_gap_events, ==, program.n_lines);
      n_lost += shown.n_gap_events;
      n_lines += program.n_lines;
      clear (&program);
    }
  g_assert_cmpuint (n_lost, >, 0);
  g_assert_cmpuint (n_lost_last, >, 0);
  g_print ("# T7: %u runs with a ring of 8 KiB and a slow disk: %" G_GUINT64_FORMAT
           " of %" G_GUINT64_FORMAT " lines lost, 0 of them undeclared\n",
           n_runs, n_lost, n_lines);
}

/* ---- Runs ---- */

static void
put_file (const char *base, const char *path, const char *text)
{
  char *whole = g_build_filename (base, path, NULL);
  char *directory = g_path_get_dirname (whole);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (whole, text, -1, NULL));
  g_free (directory);
  g_free (whole);
}

static gboolean
exists (const char *base, const char *path)
{
  char *whole = g_build_filename (base, path, NULL);
  gboolean is_there =
      g_file_test (whole, G_FILE_TEST_IS_SYMLINK) || g_file_test (whole, G_FILE_TEST_EXISTS);

  g_free (whole);
  return is_there;
}

#define DEAD "format=1.0\ntrace_id=1\npid=4194304\nstart_ticks=5\nboot_id=x\n"

static void
put_run (const char *base, const char *name)
{
  char *info = g_strdup_printf ("%s/main/info", name);
  char *blocks = g_strdup_printf ("%s/main/blocks.00003", name);

  put_file (base, info, DEAD);
  put_file (base, blocks, "x");
  g_free (info);
  g_free (blocks);
}

static void
test_old_runs (void)
{
  char *base = trace_text_make_directory ();
  char *outside = g_build_filename (base, "precious", NULL);
  char *link = g_build_filename (base, "250103-000000", "main", "index.00000", NULL);
  char *alive, *elsewhen;
  guint64 ticks = _tx_os_get_start_ticks ();
  char boot_id[37];

  _tx_os_get_boot_id (boot_id);
  alive = g_strdup_printf ("format=1.0\npid=%ld\nstart_ticks=%" G_GUINT64_FORMAT "\nboot_id=%s\n",
                           (long) getpid (), ticks, boot_id);
  /* Its ticks are those of another time namespace. */
  elsewhen = g_strdup_printf ("%stime_namespace=1\npid_namespace=%" G_GUINT64_FORMAT "\n", alive,
                              _tx_process_get_namespace ());
  strstr (elsewhen, "start_ticks=")[sizeof "start_ticks=" - 1] ^= 1;
  put_run (base, "250101-000000");
  put_run (base, "250102-000000");
  put_file (base, "250102-000000/notes.txt", "mine");
  put_run (base, "250103-000000");
  g_assert_true (g_file_set_contents (outside, "precious", -1, NULL));
  g_assert_cmpint (symlink (outside, link), ==, 0);
  put_file (base, "250104-000000/main/info", alive);
  put_file (base, "250104-000001/main/info", elsewhen);
  put_run (base, "250105-000000");
  put_run (base, "250106-000000");
  put_run (base, "250107-000000");
  put_run (base, "other");
  put_run (base, "250107-000000-copy");

  g_assert_cmpuint (tx_retention_remove_runs (base, 2, 0, NULL), ==, 2);
  g_assert_false (exists (base, "250101-000000"));
  g_assert_true (exists (base, "250102-000000/main/info")); /* holds a file of somebody's */
  g_assert_true (exists (base, "250103-000000/main/info")); /* holds a link */
  g_assert_true (exists (base, "precious"));
  g_assert_true (exists (base, "250104-000000/main/info")); /* its process lives */
  g_assert_true (exists (base, "250104-000001/main/info")); /* so does its */
  g_assert_false (exists (base, "250105-000000"));
  g_assert_true (exists (base, "250106-000000/main/info"));
  g_assert_true (exists (base, "250107-000000/main/info"));
  g_assert_true (exists (base, "other/main/info"));
  g_assert_true (exists (base, "250107-000000-copy/main/info"));

  /* Nothing of it is older than an hour. */
  g_assert_cmpuint (tx_retention_remove_runs (base, UINT64_MAX, 3600 * (guint64) SECOND_NS, NULL),
                    ==, 0);
  g_assert_cmpuint (tx_retention_remove_runs ("/nowhere", 1, 0, NULL), ==, 0);
  g_free (elsewhen);
  g_free (alive);
  g_free (link);
  g_free (outside);
  trace_text_remove_directory (base);
}

typedef struct
{
  const char *base;
  gulong delay_us;
  gboolean is_in_time;
} Joining;

/* What a program does that a process of the run, long gone, had started. */
static void *
join_run (void *data)
{
  Joining *joining = data;
  char *directory = g_build_filename (joining->base, "250101-000000", "alive", NULL);
  char *alive, boot_id[37];

  _tx_os_get_boot_id (boot_id);
  alive = g_strdup_printf ("format=1.0\npid=%ld\nstart_ticks=%" G_GUINT64_FORMAT "\nboot_id=%s\n",
                           (long) getpid (), (guint64) _tx_os_get_start_ticks (), boot_id);
  g_usleep (joining->delay_us);
  joining->is_in_time = g_mkdir (directory, 0700) == 0;
  if (joining->is_in_time)
    put_file (directory, "info", alive);
  g_free (alive);
  g_free (directory);
  return NULL;
}

static void
test_run_that_is_joined (void)
{
  guint n_joined = 0;

  for (guint i = 0; i < 30; i++)
    {
      char *base = trace_text_make_directory ();
      Joining joining = { base, i * 300, FALSE };
      GThread *thread;

      for (guint j = 0; j < 100; j++)
        {
          char *info = g_strdup_printf ("250101-000000/t%u/info", j);

          put_file (base, info, DEAD);
          g_free (info);
        }
      put_run (base, "250102-000000");
      thread = g_thread_new ("join", join_run, &joining);
      (void) tx_retention_remove_runs (base, 1, 0, NULL);
      g_thread_join (thread);
      g_assert_cmpint (exists (base, "250101-000000/alive/info"), ==, joining.is_in_time);
      n_joined += joining.is_in_time;
      trace_text_remove_directory (base);
    }
  g_assert_cmpuint (n_joined, >, 0);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  g_test_add_func ("/trace/limits/size", test_size);
  g_test_add_func ("/trace/limits/age", test_age);
  g_test_add_func ("/trace/limits/free-space", test_free_space);
  g_test_add_func ("/trace/limits/hanging-disk", test_hanging_disk);
  g_test_add_func ("/trace/limits/refusing-disk", test_refusing_disk);
  g_test_add_func ("/trace/limits/no-silent-loss", test_no_silent_loss);
  g_test_add_func ("/trace/limits/old-runs", test_old_runs);
  g_test_add_func ("/trace/limits/run-that-is-joined", test_run_that_is_joined);
  return g_test_run ();
}
