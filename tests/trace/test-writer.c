// SPDX-License-Identifier: BSD-3-Clause
// TxWriter with its native thread, on the real system: times, idleness, forks, descriptors that are
// taken away, closing. What happens when the system refuses is test-writer-faults.c's.
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-seed.h"
#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

#define SECOND_NS G_GUINT64_CONSTANT (1000000000)

typedef struct
{
  char *directory; /* owned */
  TxWriter *writer;
  TxStream *stream;
  TxFunctionId f;
  TxOs os; /* what restart() gives the writer */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  TxError error;

  fixture->os = *_tx_os_get_default ();
  fixture->directory = trace_text_make_directory ();
  fixture->writer = tx_writer_new (fixture->directory, NULL, &error);
  g_assert_nonnull (fixture->writer);
  fixture->stream = tx_writer_get_stream (fixture->writer);
  tx_stream_define_file (fixture->stream, "/a.py", 5);
  fixture->f = tx_stream_define_function (
      fixture->stream,
      &(TxFunctionDefinition){ .file = 1, .first_line = 1, .name = "f", .name_size = 1 });
  tx_stream_switch_to (fixture->stream, tx_stream_get_thread (fixture->stream, 1));
  tx_stream_call (fixture->stream, fixture->f, 1, 1);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  tx_writer_close (fixture->writer, SECOND_NS, NULL);
  trace_text_remove_directory (fixture->directory);
}

/* A recording in a place of its own, of the fixture's system, which lives as long as the writer. */
static void
restart (Fixture *fixture, const TxWriterOptions *options)
{
  tear_down (fixture, NULL);
  fixture->directory = trace_text_make_directory ();
  fixture->writer = _tx_writer_new_with_os (fixture->directory, options, &fixture->os, NULL);
  g_assert_nonnull (fixture->writer);
  fixture->stream = tx_writer_get_stream (fixture->writer);
  tx_stream_switch_to (fixture->stream, tx_stream_get_thread (fixture->stream, 1));
}

static TxReader *
finish (Fixture *fixture)
{
  TxError error;
  TxReader *reader;

  g_assert_cmpint (tx_writer_close (fixture->writer, 10 * SECOND_NS, &error), ==, TX_OK);
  fixture->writer = NULL;
  reader = tx_reader_open (fixture->directory, &error);
  g_assert_nonnull (reader);
  g_assert_null (tx_reader_get_damage (reader, NULL));
  return reader;
}

static void
write_lines (Fixture *fixture, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    tx_stream_line (fixture->stream, 1 + i % 50);
}

/* The machine may be busy: waits for the native thread, not for a time. */
#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 _until_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;                              \
                                                                                                   \
    while (!(condition))                                                                           \
      {                                                                                            \
        g_assert_cmpint (g_get_monotonic_time (), <, _until_us);                                   \
        g_usleep (100);                                                                            \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

static gboolean
is_asleep (Fixture *fixture)
{
  return atomic_load (&fixture->writer->flusher.clock.is_asleep) &&
         atomic_load (&fixture->writer->flusher.disk.is_asleep);
}

static gboolean
is_asked (Fixture *fixture)
{
  return atomic_load (&fixture->stream->priv->shared.asked) &&
         atomic_load (&fixture->stream->limit) == NULL;
}

/* ---- Times ---- */

static void
test_idle_times (Fixture *fixture, gconstpointer data)
{
  int64_t begin_ns[5], before_ns[5], after_ns[5];
  uint32_t smallest_error_ns = UINT32_MAX;
  TxReader *reader;
  TxBlock *block;

  for (uint32_t i = 0; i < 5; i++)
    {
      write_lines (fixture, 100);
      begin_ns[i] = _tx_os_get_mono_ns ();
      tx_stream_line (fixture->stream, 1000 + i);
      before_ns[i] = _tx_os_get_mono_ns ();
      g_usleep (20000);
      WAIT_FOR (is_asked (fixture));
      after_ns[i] = _tx_os_get_mono_ns ();
      tx_stream_line (fixture->stream, 2000 + i);
    }
  reader = finish (fixture);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, NULL), ==, TX_OK);
  for (size_t i = 0; i < block->n_steps; i++)
    {
      const TxEvent *event = &block->events[block->steps[i]];

      /* The line before the pause: the bound holds, whenever the thread came to look. */
      if (event->line >= 1000 && event->line < 1005)
        {
          uint32_t j = event->line - 1000;

          g_assert_cmpint (event->time_ns - event->error_ns, <=, before_ns[j]);
          g_assert_cmpint (event->time_ns + event->error_ns, >=, begin_ns[j]);
          smallest_error_ns = MIN (smallest_error_ns, event->error_ns);
        }
      /* The line after it: exact. */
      if (event->line >= 2000)
        {
          g_assert_cmpuint (event->error_ns, ==, 0);
          g_assert_cmpint (event->time_ns, >=, after_ns[event->line - 2000]);
        }
    }
  /* Within a tick or two where the machine let it. */
  g_assert_cmpuint (smallest_error_ns, <, 15000000);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_idle_costs_nothing (Fixture *fixture, gconstpointer data)
{
  uint32_t wakes_before;
  struct rusage before, after;

  write_lines (fixture, 1000);
  WAIT_FOR (is_asleep (fixture));
  g_usleep (1000);
  wakes_before = atomic_load (&fixture->writer->flusher.clock.wake_word);
  getrusage (RUSAGE_SELF, &before);
  g_usleep (100000);
  getrusage (RUSAGE_SELF, &after);
  g_assert_true (is_asleep (fixture));
  g_assert_cmpuint (atomic_load (&fixture->writer->flusher.clock.wake_word), ==, wakes_before);
  g_assert_cmpint (after.ru_nvcsw - before.ru_nvcsw, <=, 3); /* our own sleep */
  /* The first event wakes it, and only that. */
  write_lines (fixture, 5);
  g_assert_cmpuint (atomic_load (&fixture->writer->flusher.clock.wake_word), ==, wakes_before + 1);
  WAIT_FOR (is_asleep (fixture));
}

/* However the program and the thread meet: once nothing happens, the question is there. */
static void
test_no_question_is_missed (Fixture *fixture, gconstpointer data)
{
  GRand *random = g_rand_new_with_seed (g_test_rand_int ());

  for (guint i = 0; i < 300; i++)
    {
      for (gint j = g_rand_int_range (random, 1, 30); j > 0; j--)
        {
          write_lines (fixture, (guint32) g_rand_int_range (random, 1, 40));
          g_usleep ((gulong) g_rand_int_range (random, 0, 3) * 100);
        }
      if (i % 3 == 0)
        g_usleep (5000); /* long enough for it to fall asleep */
      WAIT_FOR (is_asked (fixture));
    }
  g_rand_free (random);
}

/* ---- While it runs ---- */

static void
test_definitions_are_there_at_once (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxFileId file;
  char *path = g_build_filename (fixture->directory, "x.py", NULL);
  char *source;
  size_t size;

  g_assert_true (g_file_set_contents (path, "print (1)\n", -1, NULL));
  file = tx_stream_define_file (fixture->stream, path, strlen (path));
  write_lines (fixture, 10);
  WAIT_FOR (is_asleep (fixture)); /* all of it is done then */
  g_assert_true (g_file_set_contents (path, "changed\n", -1, NULL));
  reader = tx_reader_open (fixture->directory, NULL);
  g_assert_nonnull (reader);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_RECORDING);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 10);
  g_assert_cmpint (tx_reader_dup_source (reader, file, &source, &size, NULL), ==, TX_OK);
  g_assert_cmpstr (source, ==, "print (1)\n");
  g_free (source);
  tx_reader_close (reader);
  g_unlink (path);
  g_free (path);
}

static void
test_flush (Fixture *fixture, gconstpointer data)
{
  TxWriterStats stats;

  write_lines (fixture, 1000);
  g_assert_cmpint (tx_writer_flush (fixture->writer, 10 * SECOND_NS, NULL), ==, TX_OK);
  tx_writer_get_stats (fixture->writer, &stats);
  g_assert_cmpuint (stats.steps, ==, 1000);
  g_assert_cmpuint (stats.blocks_written, ==, 1);
  g_assert_cmpuint (stats.file_bytes, >, 0);
  g_assert_cmpint (stats.last_errno, ==, 0);
  g_assert_cmpint (tx_writer_flush (fixture->writer, 10 * SECOND_NS, NULL), ==, TX_OK);
  tx_writer_get_stats (fixture->writer, &stats);
  g_assert_cmpuint (stats.blocks_written, ==, 1);
}

static void
test_full_speed (Fixture *fixture, gconstpointer data)
{
  TxStreamStats stats;
  TxReader *reader;
  uint64_t n_seen = 0, n_gap = 0;

  write_lines (fixture, 5000000);
  tx_stream_get_stats (fixture->stream, &stats);
  reader = finish (fixture);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      n_seen += block->n_steps;
      for (size_t j = 0; j < block->n_gaps; j++)
        n_gap += block->gaps[j].events_lost;
      tx_block_free (block);
    }
  g_assert_cmpuint (n_seen, ==, tx_reader_get_n_steps (reader));
  /* What is shown and what is said to be lost is what was: but for a loss at the very end. */
  g_assert_cmpuint (n_gap, <=, stats.events_lost);
  g_assert_cmpuint (n_seen + stats.events_lost, ==, 5000000);
  tx_reader_close (reader);
}

/* ---- Descriptors ---- */

static void
test_descriptors_taken_away (Fixture *fixture, gconstpointer data)
{
  char *path = g_build_filename (fixture->directory, "precious", NULL);
  TxReader *reader;
  char *content;
  int fds[64];

  write_lines (fixture, 1000);
  g_assert_cmpint (tx_writer_flush (fixture->writer, 10 * SECOND_NS, NULL), ==, TX_OK);
  /* What a program does that becomes a daemon; and then it opens its own files. */
  for (int fd = 3; fd < 64; fd++)
    close (fd);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = open (path, O_RDWR | O_CREAT, 0600);
  write_lines (fixture, 2000);
  g_assert_cmpint (tx_writer_flush (fixture->writer, 10 * SECOND_NS, NULL), ==, TX_OK);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 3000);
  tx_reader_close (reader);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    g_assert_cmpint (close (fds[i]), ==, 0);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "");
  g_free (content);
  g_unlink (path);
  g_free (path);
}

/* ---- Threads that cannot be made ---- */

static _Atomic bool has_no_threads;

static int
refuse_thread (TxOs *os, void *(*run) (void *), void *data, uint64_t *ret_thread)
{
  return atomic_load (&has_no_threads)
             ? -EAGAIN
             : _tx_os_get_default ()->start_thread (os, run, data, ret_thread);
}

static uint64_t
count_lost (const TxReader *reader)
{
  uint64_t n_lost = 0;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    n_lost += tx_reader_get_block_info (reader, i)->events_lost;
  return n_lost;
}

/* A limit on processes holds for a while: recording goes on when it does not any more, and what was
 * lost is said. @is_for_good: it holds to the end. */
static void
check_no_threads (Fixture *fixture, gboolean is_for_good)
{
  TxWriterOptions options = { .slot_count = 4, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  TxStreamStats stats;
  TxReader *reader;
  uint64_t n_lost;

  fixture->os.start_thread = refuse_thread;
  atomic_store (&has_no_threads, true);
  restart (fixture, &options);
  tx_stream_call (fixture->stream, 0, 1, 1);
  write_lines (fixture, 100000);
  tx_stream_get_stats (fixture->stream, &stats);
  n_lost = stats.events_lost;
  g_assert_cmpuint (n_lost, >, 50000);
  if (!is_for_good)
    {
      atomic_store (&has_no_threads, false);
      for (int i = 0; i < 20000 && !is_for_good; i++)
        {
          write_lines (fixture, 2);
          tx_stream_get_stats (fixture->stream, &stats);
          is_for_good = stats.events_lost == n_lost;
          n_lost = stats.events_lost;
          g_usleep (1000);
        }
      g_assert_true (is_for_good);
    }
  reader = finish (fixture);
  g_assert_cmpuint (count_lost (reader), ==, n_lost);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_FINISHED);
  tx_reader_close (reader);
}

static void
test_no_threads_for_a_while (Fixture *fixture, gconstpointer data)
{
  check_no_threads (fixture, FALSE);
}

static void
test_no_threads (Fixture *fixture, gconstpointer data)
{
  check_no_threads (fixture, TRUE);
}

/* ---- Much to do ---- */

static _Atomic bool is_hanging;

static int64_t
hang_write_at (TxOs *os, int fd, const void *bytes, size_t size_bytes, uint64_t offset)
{
  while (atomic_load (&is_hanging))
    g_usleep (1000);
  return _tx_os_get_default ()->write_at (os, fd, bytes, size_bytes, offset);
}

/* Before a fork the thread ends after the block that it is at, not after all that have piled up
 * while the disk hung. */
static void
test_pause_behind_a_hang (Fixture *fixture, gconstpointer data)
{
  TxStreamStats stream;
  TxWriterStats writer;
  TxReader *reader;

  fixture->os.write_at = hang_write_at;
  restart (fixture, NULL);
  tx_stream_call (fixture->stream, 0, 1, 1);
  atomic_store (&is_hanging, true);
  for (guint i = 0; i < 300; i++)
    {
      write_lines (fixture, 100000);
      g_usleep (1000); /* the ring grows */
    }
  atomic_store (&is_hanging, false);
  g_assert_true (tx_writer_pause_thread (fixture->writer, 20 * SECOND_NS));
  tx_stream_get_stats (fixture->stream, &stream);
  tx_writer_get_stats (fixture->writer, &writer);
  g_assert_cmpuint (stream.blocks, >, 100);
  g_assert_cmpuint (writer.blocks_written, <, stream.blocks / 2);
  tx_writer_allow_thread (fixture->writer);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader) + count_lost (reader), ==, 30000000);
  tx_reader_close (reader);
}

/* ---- Forks ---- */

static int
wait_for (pid_t pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 1000 + WTERMSIG (status);
}

static void
test_child_leaves_the_ring_alone (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;

  for (guint i = 0; i < 50; i++)
    {
      pid_t pid;

      write_lines (fixture, 100);
      pid = fork ();
      if (pid == 0)
        {
          TxStream *stream = fixture->stream;

          tx_stream_line (stream, 77777);
          tx_stream_call (stream, fixture->f, 1, 9);
          tx_stream_line (stream, 77778);
          tx_stream_return (stream);
          tx_stream_yield (stream);
          tx_stream_mark (stream, "child", 5);
          if (tx_stream_get_thread (stream, 99) ||
              tx_stream_define_file (stream, "/b.py", 5) != 0 ||
              tx_writer_flush (fixture->writer, 0, NULL) != TX_ERROR_FORKED ||
              tx_writer_close (fixture->writer, SECOND_NS, NULL) != TX_OK)
            _exit (1);
          _exit (0);
        }
      g_assert_cmpint (wait_for (pid), ==, 0);
    }
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 5000);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      for (size_t j = 0; j < block->n_steps; j++)
        g_assert_cmpuint (block->events[block->steps[j]].line, <=, 50);
      tx_block_free (block);
    }
  tx_reader_close (reader);
}

/* What a child may do first. */
static void
do_in_child (Fixture *fixture, guint what)
{
  TxStream *stream = fixture->stream;
  TxFrame frame = { .function = fixture->f, .line = 3, .key = 5 };

  switch (what)
    {
    case 0:
      tx_stream_line (stream, 77777);
      break;
    case 1:
      tx_stream_call (stream, fixture->f, 1, 9);
      break;
    case 2:
      tx_stream_return (stream);
      break;
    case 3:
      tx_stream_unwind (stream);
      break;
    case 4:
      tx_stream_yield (stream);
      break;
    case 5:
      tx_stream_resume (stream, fixture->f, 1, 7);
      break;
    case 6:
      tx_stream_mark (stream, "child", 5);
      break;
    case 7:
      tx_stream_raise (stream, 1, "child", 5);
      break;
    case 8:
      tx_stream_precise_begin (stream);
      break;
    case 9:
      tx_stream_precise_end (stream);
      break;
    case 10:
      tx_stream_resync (stream, &frame, &(uint32_t){ 1 }, 1, TX_STACK_RESYNC);
      break;
    case 11:
      tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1));
      break;
    case 12:
      tx_stream_define_thread (stream, stream->current, 7, "child");
      break;
    case 13:
      (void) tx_stream_define_file (stream, "/b.py", 5);
      break;
    case 14:
      tx_stream_drop_thread (stream, stream->current);
      break;
    case 15:
      (void) tx_writer_pause_thread (fixture->writer, SECOND_NS);
      break;
    case 16:
      tx_writer_get_stats (fixture->writer, &(TxWriterStats){ 0 });
      break;
    default:
      break;
    }
}

#define N_IN_CHILD 18u

/* No handler runs for these forks, and the ring is not there. */
static void
test_children_without_handlers (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;

  for (guint i = 0; i < 2 * N_IN_CHILD; i++)
    {
      pid_t pid;

      write_lines (fixture, 100);
      if (i == N_IN_CHILD)
        tx_stream_precise_begin (fixture->stream);
      write_lines (fixture, 10);
      pid = (pid_t) syscall (SYS_clone, SIGCHLD, 0, 0, 0, 0);
      if (pid == 0)
        {
          do_in_child (fixture, i % N_IN_CHILD);
          for (guint j = 0; j < N_IN_CHILD; j++)
            do_in_child (fixture, j);
          tx_writer_allow_thread (fixture->writer);
          if (tx_writer_flush (fixture->writer, 0, NULL) != TX_ERROR_FORKED ||
              tx_writer_close (fixture->writer, SECOND_NS, NULL) != TX_OK)
            _exit (1);
          _exit (0);
        }
      g_assert_cmpint (wait_for (pid), ==, 0);
    }
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 2 * N_IN_CHILD * 110);
  g_assert_cmpuint (tx_reader_get_n_files (reader), ==, 1);
  tx_reader_close (reader);
}

/* C code has forked, and the disk thread was in the middle of something: what it has is not to be
 * believed. */
static void
test_child_beside_the_disk_thread (Fixture *fixture, gconstpointer data)
{
  guint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  pid_t pid;

  fixture->os.write_at = hang_write_at;
  restart (fixture, NULL);
  atomic_store (&is_hanging, true);
  tx_stream_call (fixture->stream, 0, 1, 1);
  while (!atomic_load (&fixture->writer->flusher.stream->priv->shared.n_sealed) ||
         !fixture->writer->flusher.has_frame)
    {
      write_lines (fixture, 1000);
      g_assert_cmpuint ((guint64) g_get_monotonic_time (), <, end);
    }
  pid = fork ();
  if (pid == 0)
    {
      fixture->writer->flusher.frame.digest = GINT_TO_POINTER (16);
      fixture->writer->flusher.segments.infos = GINT_TO_POINTER (16);
      _exit (tx_writer_close (fixture->writer, 0, NULL) == TX_OK ? 0 : 1);
    }
  atomic_store (&is_hanging, false);
  g_assert_cmpint (wait_for (pid), ==, 0);
}

/* A limit on the size of files is no signal for the program, and costs us a new segment. */
static void
test_file_size_limit (Fixture *fixture, gconstpointer data)
{
  pid_t pid;

  /* The child starts a thread, which TSan allows only where the parent has none. */
  g_assert_true (tx_writer_pause_thread (fixture->writer, SECOND_NS));
  pid = fork ();
  if (pid == 0)
    {
      char *directory = trace_text_make_directory ();
      TxWriterOptions options = { .ring_dir = directory };
      struct rlimit limit = { 2000, 2000 };
      TxWriter *writer;
      TxReader *reader;

      signal (SIGXFSZ, SIG_DFL);
      if (setrlimit (RLIMIT_FSIZE, &limit) != 0)
        _exit (1);
      writer = tx_writer_new (directory, &options, NULL);
      if (!writer || tx_writer_get_ring_path (writer)[0] != '\0')
        _exit (2);
      fixture->stream = tx_writer_get_stream (writer);
      tx_stream_switch_to (fixture->stream, tx_stream_get_thread (fixture->stream, 1));
      tx_stream_call (fixture->stream, 0, 1, 1);
      for (guint i = 0; i < 20; i++)
        {
          write_lines (fixture, 1000);
          (void) !tx_writer_flush (writer, SECOND_NS, NULL);
        }
      if (tx_writer_close (writer, SECOND_NS, NULL) != TX_OK)
        _exit (3);
      reader = tx_reader_open (directory, NULL);
      if (!reader || tx_reader_get_n_steps (reader) != 20000)
        _exit (4);
      tx_reader_close (reader);
      trace_text_remove_directory (directory);
      _exit (0);
    }
  g_assert_cmpint (wait_for (pid), ==, 0);
}

/* Somebody makes room on the disk with rm. */
static void
test_segment_removed (Fixture *fixture, gconstpointer data)
{
  char *segment = g_build_filename (fixture->directory, "blocks.00000", NULL);
  TxReader *reader;

  write_lines (fixture, 100);
  g_assert_cmpint (tx_writer_flush (fixture->writer, SECOND_NS, NULL), ==, TX_OK);
  g_assert_cmpint (g_unlink (segment), ==, 0);
  write_lines (fixture, 1000);
  g_assert_cmpint (tx_writer_flush (fixture->writer, SECOND_NS, NULL), ==, TX_OK);
  write_lines (fixture, 1000);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 3);
  g_assert_cmpint (tx_reader_get_block_info (reader, 0)->place, !=, TX_BLOCK_FILE);
  for (size_t i = 1; i < 3; i++)
    {
      g_assert_cmpint (tx_reader_get_block_info (reader, i)->place, ==, TX_BLOCK_FILE);
      g_assert_cmpuint (tx_reader_get_block_info (reader, i)->steps, ==, 1000);
    }
  tx_reader_close (reader);
  g_free (segment);
}

static void
test_directory_removed (Fixture *fixture, gconstpointer data)
{
  char *ring = g_strdup (tx_writer_get_ring_path (fixture->writer));

  write_lines (fixture, 100);
  g_assert_cmpint (tx_writer_flush (fixture->writer, SECOND_NS, NULL), ==, TX_OK);
  g_assert_true (g_file_test (ring, G_FILE_TEST_EXISTS));
  trace_text_remove_directory (g_strdup (fixture->directory));
  write_lines (fixture, 100);
  g_assert_cmpint (tx_writer_close (fixture->writer, SECOND_NS, NULL), ==, TX_ERROR_IO);
  fixture->writer = NULL;
  g_assert_false (g_file_test (ring, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_mkdir (fixture->directory, 0700), ==, 0);
  g_free (ring);
}

static guint
count_threads (void)
{
  GDir *dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  g_dir_close (dir);
  return n;
}

static void
test_pause (Fixture *fixture, gconstpointer data)
{
  guint n_threads;
  TxReader *reader;

  write_lines (fixture, 100);
  n_threads = count_threads ();
  for (guint i = 0; i < 100; i++)
    {
      g_assert_true (tx_writer_pause_thread (fixture->writer, SECOND_NS));
      g_assert_cmpuint (count_threads (), ==, n_threads - 2);
      write_lines (fixture, 100);
      tx_writer_allow_thread (fixture->writer);
      g_assert_cmpuint (count_threads (), ==, n_threads - 2);
      write_lines (fixture, 1);
      g_assert_cmpuint (count_threads (), ==, n_threads);
    }
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 100 + 101 * 100 - 99);
  tx_reader_close (reader);
}

/* ---- Ends ---- */

static void
test_close_without_events (Fixture *fixture, gconstpointer data)
{
  char *directory = trace_text_make_directory ();
  TxWriter *writer = tx_writer_new (directory, NULL, NULL);
  guint n_threads = count_threads ();
  TxReader *reader;

  g_assert_nonnull (writer);
  g_assert_cmpuint (count_threads (), ==, n_threads);
  g_assert_cmpint (tx_writer_close (writer, SECOND_NS, NULL), ==, TX_OK);
  reader = tx_reader_open (directory, NULL);
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_FINISHED);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 0);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
}

static void
test_used_directory_is_refused (Fixture *fixture, gconstpointer data)
{
  TxError error;
  TxReader *reader;

  g_assert_null (tx_writer_new (fixture->directory, NULL, &error));
  g_assert_cmpint (error.status, ==, TX_ERROR_IO);
  write_lines (fixture, 10);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 10);
  tx_reader_close (reader);
  g_assert_null (tx_writer_new ("/nowhere/at/all", NULL, &error));
  g_assert_nonnull (strstr (error.message, "/nowhere/at/all"));
}

static void
test_wrong_options_are_refused (Fixture *fixture, gconstpointer data)
{
  TxWriterOptions wrong[] = {
    { .slot_count = 1 },         { .slot_count = TX_SLOT_COUNT_MAX + 1 },
    { .slot_size_bytes = 100 },  { .slot_size_bytes = TX_SLOT_SIZE_MAX + 64 },
    { .slot_size_bytes = 5000 },
  };
  TxError error;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_null (tx_writer_new (fixture->directory, &wrong[i], &error));
      g_assert_cmpint (error.status, ==, TX_ERROR_INVALID);
    }
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  ADD ("/trace/writer/idle-times", test_idle_times);
  ADD ("/trace/writer/idle-costs-nothing", test_idle_costs_nothing);
  ADD ("/trace/writer/no-question-is-missed", test_no_question_is_missed);
  ADD ("/trace/writer/definitions-at-once", test_definitions_are_there_at_once);
  ADD ("/trace/writer/flush", test_flush);
  ADD ("/trace/writer/full-speed", test_full_speed);
  ADD ("/trace/writer/descriptors", test_descriptors_taken_away);
  ADD ("/trace/writer/no-threads-for-a-while", test_no_threads_for_a_while);
  ADD ("/trace/writer/no-threads", test_no_threads);
  ADD ("/trace/writer/pause-behind-a-hang", test_pause_behind_a_hang);
  ADD ("/trace/writer/fork", test_child_leaves_the_ring_alone);
  ADD ("/trace/writer/fork-beside-the-disk-thread", test_child_beside_the_disk_thread);
  ADD ("/trace/writer/fork-without-handlers", test_children_without_handlers);
  ADD ("/trace/writer/pause", test_pause);
  ADD ("/trace/writer/file-size-limit", test_file_size_limit);
  ADD ("/trace/writer/segment-removed", test_segment_removed);
  ADD ("/trace/writer/directory-removed", test_directory_removed);
  ADD ("/trace/writer/no-events", test_close_without_events);
  ADD ("/trace/writer/used-directory", test_used_directory_is_refused);
  ADD ("/trace/writer/wrong-options", test_wrong_options_are_refused);
  return g_test_run ();
}
