// SPDX-License-Identifier: BSD-3-Clause
// A system that refuses: the N-th call fails, for every N, once or from then on, with each errno
// that a disk may give. The program's side must not notice, and what was written must be readable.
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

#define N_LINES 3000u

/* ---- The system ---- */

typedef struct
{
  TxOs os; /* first, so that a pointer to it is one to this */
  TxOs *real;
  _Atomic guint n_calls;
  guint fail_at;    /* number of the call that fails, from 1 */
  gboolean forever; /* and all that follow */
  gboolean tear;    /* a failing write writes half of it first */
  int error;
  _Atomic guint n_failed;
} FaultyOs;

static gboolean is_removing; /* removing may fail as well */

static gboolean
fails (FaultyOs *self)
{
  guint n = atomic_fetch_add (&self->n_calls, 1) + 1;
  gboolean is_failing = n == self->fail_at || (self->forever && n > self->fail_at);

  if (is_failing)
    atomic_fetch_add (&self->n_failed, 1);
  return is_failing;
}

#define FAULTY(os) ((FaultyOs *) (os))

static int
faulty_open (TxOs *os, int dir_fd, const char *path, int flags, mode_t mode)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->open (os, dir_fd, path, flags, mode);
}

static int
faulty_make_directory (TxOs *os, const char *path, mode_t mode)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->make_directory (os, path, mode);
}

static int
faulty_get_status (TxOs *os, int fd, struct stat *ret_status)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->get_status (os, fd, ret_status);
}

static int
faulty_set_mode (TxOs *os, int fd, mode_t mode)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error : FAULTY (os)->real->set_mode (os, fd, mode);
}

static int
faulty_allocate (TxOs *os, int fd, uint64_t offset, uint64_t size)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->allocate (os, fd, offset, size);
}

static int
faulty_resize (TxOs *os, int fd, uint64_t size)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error : FAULTY (os)->real->resize (os, fd, size);
}

static int
faulty_unlink (TxOs *os, int dir_fd, const char *path)
{
  /* What was just made, and the ring, is taken away in any case. */
  return is_removing && dir_fd != AT_FDCWD && fails (FAULTY (os))
             ? -FAULTY (os)->error
             : FAULTY (os)->real->unlink (os, dir_fd, path);
}

static int
faulty_sync (TxOs *os, int fd)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error : FAULTY (os)->real->sync (os, fd);
}

static int
faulty_get_space (TxOs *os, int fd, TxSpace *ret_space)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->get_space (os, fd, ret_space);
}

static int
faulty_map (TxOs *os, int fd, size_t size, void **ret_memory)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->map (os, fd, size, ret_memory);
}

static int64_t
faulty_write_at (TxOs *os, int fd, const void *bytes, size_t size, uint64_t offset)
{
  FaultyOs *self = FAULTY (os);

  if (!fails (self))
    return self->real->write_at (os, fd, bytes, size, offset);
  if (self->tear && size > 1)
    (void) !self->real->write_at (os, fd, bytes, size / 2, offset);
  return self->tear && self->error == 0 ? (int64_t) size / 2 : -self->error;
}

static int64_t
faulty_read_at (TxOs *os, int fd, void *bytes, size_t size, uint64_t offset)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->read_at (os, fd, bytes, size, offset);
}

static int
faulty_get_random (TxOs *os, void *bytes, size_t size)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->get_random (os, bytes, size);
}

static int
faulty_start_thread (TxOs *os, void *(*run) (void *), void *data, uint64_t *ret_thread)
{
  return fails (FAULTY (os)) ? -FAULTY (os)->error
                             : FAULTY (os)->real->start_thread (os, run, data, ret_thread);
}

static void
faulty_os_init (FaultyOs *self, guint fail_at, int error, gboolean forever, gboolean tear)
{
  TxOs *real = _tx_os_get_default ();

  memset (self, 0, sizeof *self);
  self->os = *real;
  self->real = real;
  self->fail_at = fail_at;
  self->error = error;
  self->forever = forever;
  self->tear = tear;
  self->os.write_at = faulty_write_at;
  if (error == 0)
    return; /* a short write is all that goes wrong */
  self->os.open = faulty_open;
  self->os.make_directory = faulty_make_directory;
  self->os.get_status = faulty_get_status;
  self->os.set_mode = faulty_set_mode;
  self->os.allocate = faulty_allocate;
  self->os.resize = faulty_resize;
  self->os.sync = faulty_sync;
  self->os.unlink = faulty_unlink;
  self->os.get_space = faulty_get_space;
  self->os.map = faulty_map;
  self->os.read_at = faulty_read_at;
  self->os.get_random = faulty_get_random;
  self->os.start_thread = faulty_start_thread;
}

/* ---- A program ---- */

/* What it does, with several blocks, definitions in between and a source. */
static void
run_program (TxWriter *writer, const char *source, uint64_t flush_timeout_ns)
{
  TxStream *stream = tx_writer_get_stream (writer);
  TxFileId file = tx_stream_define_file (stream, source, strlen (source));

  g_assert_cmpuint (file, ==, 1);
  tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1));
  for (uint32_t i = 0; i < N_LINES; i++)
    {
      if (i % (N_LINES / 5) == 0)
        {
          char name[32];
          TxFunctionId function = tx_stream_define_function (
              stream,
              &(TxFunctionDefinition){ .file = file,
                                       .first_line = 1,
                                       .name = name,
                                       .name_size = (size_t) g_snprintf (name, 32, "f%u", i) });

          g_assert_cmpuint (function, ==, i / (N_LINES / 5) + 1);
          tx_stream_call (stream, function, 1, i + 1);
          (void) !tx_writer_flush (writer, flush_timeout_ns, NULL);
        }
      tx_stream_line (stream, i + 1);
    }
  g_assert_cmpuint (tx_stream_get_depth (stream), ==, 5);
}

static void
check_recording (const char *directory, uint64_t n_lost_events)
{
  TxError error;
  TxReader *reader = tx_reader_open (directory, &error);
  uint32_t last_line = 0;
  uint64_t n_shown = 0;

  g_assert_nonnull (reader);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;
      TxStatus status = tx_reader_load_block (reader, i, &block, &error);

      if (status == TX_ERROR_GAP)
        continue;
      g_assert_cmpint (status, ==, TX_OK);
      for (size_t j = 0; j < block->n_steps; j++)
        {
          const TxEvent *event = &block->events[block->steps[j]];

          /* Never a wrong line: each is a line of its function, and they rise. A function whose
           * definition was lost shows 0. */
          g_assert_true (event->line == 0 || event->line > last_line);
          if (event->line)
            {
              g_assert_cmpuint (event->function, ==, (event->line - 1) / (N_LINES / 5) + 1);
              last_line = event->line;
            }
          n_shown++;
        }
      tx_block_free (block);
    }
  g_assert_cmpuint (n_shown, <=, N_LINES);
  if (n_lost_events == 0 && tx_reader_get_damage (reader, NULL) == NULL)
    g_assert_cmpuint (n_shown, <=, tx_reader_get_n_steps (reader));
  tx_reader_close (reader);
}

static gboolean
has_ring (const char *ring_dir)
{
  char *path = g_strdup_printf ("%s/trackexec-%u", ring_dir, (guint) geteuid ());
  GDir *dir = g_dir_open (path, 0, NULL);
  gboolean has_one = dir && g_dir_read_name (dir) != NULL;

  if (dir)
    g_dir_close (dir);
  g_free (path);
  return has_one;
}

static void
check_refused (const char *directory)
{
  GDir *dir = g_dir_open (directory, 0, NULL);
  const char *name;

  /* Nothing that looks like a trace is left behind. */
  while ((name = g_dir_read_name (dir)))
    g_assert_cmpstr (name, ==, TX_FILE_PID);
  g_dir_close (dir);
}

/* Whether the fault has struck at all. */
static gboolean
run_with_fault (
    const TxWriterOptions *base, guint fail_at, int error, gboolean forever, gboolean tear)
{
  char *root = trace_text_make_directory ();
  char *directory = g_build_filename (root, "trace", NULL);
  char *ring_dir = g_build_filename (root, "ring", NULL);
  char *source = g_build_filename (root, "a.py", NULL);
  TxWriterOptions options = *base;
  FaultyOs os;
  TxWriter *writer;
  TxError ignored;

  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (ring_dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (source, "pass\n", -1, NULL));
  options.ring_dir = ring_dir;
  faulty_os_init (&os, fail_at, error, forever, tear);

  is_removing = FALSE;
  writer = _tx_writer_new_with_os (directory, &options, &os.os, &ignored);
  if (writer)
    {
      TxStreamStats stats;

      is_removing = TRUE;
      run_program (writer, source, 10000000000);
      tx_stream_get_stats (tx_writer_get_stream (writer), &stats);
      (void) tx_writer_close (writer, 10000000000, &ignored);
      check_recording (directory, stats.events_lost);
    }
  else
    check_refused (directory);
  /* Only a recording without its end keeps its ring. */
  if (has_ring (ring_dir))
    {
      TxReader *reader = tx_reader_open (directory, NULL);

      g_assert_nonnull (writer);
      g_assert_nonnull (reader);
      g_assert_cmpint (tx_reader_get_state (reader), !=, TX_STATE_FINISHED);
      tx_reader_close (reader);
    }
  g_free (source);
  g_free (ring_dir);
  g_free (directory);
  trace_text_remove_directory (root);
  return atomic_load (&os.n_failed) > 0;
}

static guint n_runs;

static void
fail_each_call (const TxWriterOptions *options, int error, gboolean forever, gboolean tear)
{
  guint n = 0;

  while (run_with_fault (options, ++n, error, forever, tear))
    g_assert_cmpuint (n, <, 2000);
  n_runs += n;
  g_test_message ("%u calls, errno %d", n - 1, error);
}

static const int errors[] = { ENOSPC, EDQUOT, EIO,    EROFS, EACCES, EMFILE,
                              ENFILE, ENOENT, ESTALE, EFBIG, ENOMEM, EINTR };

/* The code tells hardly any of them from another: the first few will do, and all at full size. */
static guint
count_errors (void)
{
  return g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0 ? G_N_ELEMENTS (errors) : 2;
}

static void
test_once (void)
{
  TxWriterOptions options = { .manual = true,
                              .slot_count = 2,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN };

  for (guint i = 0; i < count_errors (); i++)
    fail_each_call (&options, errors[i], FALSE, FALSE);
}

static void
test_from_then_on (void)
{
  TxWriterOptions options = { .manual = true,
                              .slot_count = 2,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN };

  for (guint i = 0; i < count_errors (); i++)
    fail_each_call (&options, errors[i], TRUE, FALSE);
}

static void
test_short_writes (void)
{
  TxWriterOptions options = { .manual = true,
                              .slot_count = 2,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN };

  fail_each_call (&options, 0, FALSE, TRUE);
}

static void
test_small_disk (void)
{
  /* Segments are removed all the time. */
  TxWriterOptions options = { .manual = true,
                              .slot_count = 2,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN,
                              .segment_size_bytes = 512,
                              .sync_interval_ns = 1,
                              .max_size_bytes = 2048 };

  fail_each_call (&options, EIO, FALSE, FALSE);
  fail_each_call (&options, EIO, TRUE, FALSE);
}

static void
test_torn_writes (void)
{
  TxWriterOptions options = { .manual = true,
                              .slot_count = 2,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN };

  fail_each_call (&options, ENOSPC, FALSE, TRUE);
  fail_each_call (&options, ENOSPC, TRUE, TRUE);
}

static void
test_with_thread (void)
{
  TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };

  fail_each_call (&options, EIO, FALSE, FALSE);
}

/* ---- A disk that hangs ---- */

static _Atomic bool is_hanging;

static int64_t
hanging_write_at (TxOs *os, int fd, const void *bytes, size_t size, uint64_t offset)
{
  while (atomic_load (&is_hanging))
    g_usleep (1000);
  return FAULTY (os)->real->write_at (os, fd, bytes, size, offset);
}

static void
test_close_does_not_wait (void)
{
  char *directory = trace_text_make_directory ();
  static FaultyOs os; /* outlives the writer, whose thread goes on */
  TxWriterOptions options = { .slot_size_bytes = TX_SLOT_SIZE_MIN };
  TxWriter *writer;
  TxError error;
  gint64 before_us;
  TxReader *reader;
  TxReaderState state;

  faulty_os_init (&os, 0, 0, FALSE, FALSE);
  os.os.write_at = hanging_write_at;
  writer = _tx_writer_new_with_os (directory, &options, &os.os, &error);
  g_assert_nonnull (writer);
  atomic_store (&is_hanging, true);
  run_program (writer, "/nowhere/a.py", 10000000); /* its flushes time out */
  before_us = g_get_monotonic_time ();
  g_assert_cmpint (tx_writer_close (writer, 100000000, &error), ==, TX_ERROR_IO);
  g_assert_cmpint (error.sys_errno, ==, ETIMEDOUT);
  g_assert_cmpint (g_get_monotonic_time () - before_us, <, 2000000);

  /* When the disk goes on, the orphaned thread finishes the recording. */
  atomic_store (&is_hanging, false);
  do
    {
      g_usleep (10000);
      reader = tx_reader_open (directory, NULL);
      g_assert_nonnull (reader);
      state = tx_reader_get_state (reader);
      tx_reader_close (reader);
    }
  while (state != TX_STATE_FINISHED && g_get_monotonic_time () - before_us < 10000000);
  g_assert_cmpint (state, ==, TX_STATE_FINISHED);
  check_recording (directory, 0);
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/writer/faults/once", test_once);
  g_test_add_func ("/trace/writer/faults/from-then-on", test_from_then_on);
  g_test_add_func ("/trace/writer/faults/torn-writes", test_torn_writes);
  g_test_add_func ("/trace/writer/faults/short-writes", test_short_writes);
  g_test_add_func ("/trace/writer/faults/small-disk", test_small_disk);
  g_test_add_func ("/trace/writer/faults/with-thread", test_with_thread);
  g_test_add_func ("/trace/writer/faults/close-does-not-wait", test_close_does_not_wait);
  result = g_test_run ();
  g_print ("# T3: %u runs, each with the N-th call failing: 0 unreadable, 0 wrong lines\n", n_runs);
  return result;
}
