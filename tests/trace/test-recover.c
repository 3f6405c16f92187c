// SPDX-License-Identifier: BSD-3-Clause
// Sealing: what a process that died left in its ring comes into its trace, whoever else looks at it
// meanwhile, however often it is tried, and wherever it is cut short; what lives is left alone.
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/tx-os-private.h"
#include "trace/tx-recover-job-private.h"
#include "trace/tx-recover.h"
#include "trace/tx-ring-home-private.h"
#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

#define N_STEPS 5000

typedef struct
{
  char *root;  /* owned: base directory, and where rings are */
  char *trace; /* owned */
  char *rings; /* owned: the directory that holds the rings */
} Place;

static Place
make_place (void)
{
  Place place = { .root = trace_text_make_directory () };
  char *run = g_build_filename (place.root, "240101-000000", NULL);

  place.trace = g_build_filename (run, "server", NULL);
  place.rings = g_strdup_printf ("%s/trackexec-%u", place.root, (unsigned) geteuid ());
  g_assert_cmpint (g_mkdir (run, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (place.trace, 0700), ==, 0);
  g_free (run);
  return place;
}

static void
clear_place (Place *place)
{
  trace_text_remove_directory (place->root);
  g_free (place->trace);
  g_free (place->rings);
}

/* ---- Processes that record ---- */

static TxWriter *
record (const Place *place)
{
  TxWriterOptions options = { .ring_dir = place->root,
                              .slot_count = 8,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN };
  TxWriter *writer = tx_writer_new (place->trace, &options, NULL);
  TxStream *stream;

  g_assert_nonnull (writer);
  stream = tx_writer_get_stream (writer);
  tx_stream_define_file (stream, "/nowhere/a.py", 13);
  tx_stream_switch_to (stream, tx_stream_get_thread (stream, 7));
  tx_stream_define_thread (stream, stream->current, 70, "Main");
  tx_stream_call (
      stream,
      tx_stream_define_function (
          stream,
          &(TxFunctionDefinition){ .file = 1, .first_line = 1, .name = "main", .name_size = 4 }),
      1, 1);
  for (uint32_t i = 1; i <= N_STEPS; i++)
    {
      tx_stream_line (stream, i);
      if (i % 1000 == 0)
        g_usleep (2000);
    }
  return writer;
}

/* A process that has recorded, and waits. */
static pid_t
start_process (const Place *place)
{
  int ready[2];
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (ready), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      (void) record (place);
      (void) !write (ready[1], "x", 1);
      for (;;)
        pause ();
    }
  close (ready[1]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
  return pid;
}

static void
end_process (pid_t pid)
{
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

static void
leave_dead (const Place *place)
{
  end_process (start_process (place));
}

/* ---- What is there ---- */

static char *
print_trace (const char *directory, TxReaderState state)
{
  TxError error;
  TxReader *reader = tx_reader_open (directory, &error);
  GString *text = g_string_new (NULL);

  g_assert_nonnull (reader);
  g_assert_cmpint (tx_reader_get_state (reader), ==, state);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  g_string_append_printf (text, "%s %s %s", tx_reader_get_file (reader, 1)->path,
                          tx_reader_get_function (reader, 1)->name,
                          tx_reader_get_thread (reader, 1)->name);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;
      TxDigest *digest;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, &error), ==, TX_OK);
      g_assert_cmpint (tx_reader_load_digest (reader, i, &digest, &error), ==, TX_OK);
      g_assert_cmpuint (digest->steps, ==, block->n_steps);
      for (size_t j = 0; j < block->n_steps; j++)
        g_string_append_printf (text, " %u@%" G_GINT64_FORMAT, block->events[block->steps[j]].line,
                                block->events[block->steps[j]].time_ns);
      tx_block_free (block);
      tx_digest_free (digest);
    }
  tx_reader_close (reader);
  return g_string_free (text, FALSE);
}

static guint
count_files (const char *directory)
{
  GDir *dir = g_dir_open (directory, 0, NULL);
  guint n_files = 0;

  while (dir && g_dir_read_name (dir))
    n_files++;
  if (dir)
    g_dir_close (dir);
  return n_files;
}

static TxRecoverResult
recover (const Place *place, uint64_t *ret_blocks)
{
  TxRecoverResult result;
  TxError error = { 0 };

  if (tx_recover_trace (place->trace, &result, ret_blocks, &error) != TX_OK)
    g_error ("%s", error.message);
  return result;
}

/* ---- Tests ---- */

static void
test_dead_trace (void)
{
  Place place = make_place ();
  char *before, *after;
  uint64_t n_blocks;

  leave_dead (&place);
  before = print_trace (place.trace, TX_STATE_DIED);
  g_assert_cmpuint (count_files (place.rings), ==, 1);

  g_assert_cmpint (recover (&place, &n_blocks), ==, TX_RECOVER_SEALED);
  g_assert_cmpuint (n_blocks, >, 0);
  after = print_trace (place.trace, TX_STATE_DIED);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (count_files (place.rings), ==, 0);
  g_assert_cmpint (recover (&place, &n_blocks), ==, TX_RECOVER_WHOLE);

  g_free (before);
  g_free (after);
  clear_place (&place);
}

static int
refuse_thread (TxOs *os, void *(*func) (void *), void *data, uint64_t *ret_thread)
{
  return -EAGAIN;
}

/* Nobody empties the ring, so most is lost; and then it is killed. */
static void
record_with_loss (const Place *place, uint32_t slot_count)
{
  TxWriterOptions options = { .ring_dir = place->root,
                              .slot_count = slot_count,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN };
  TxOs os = *_tx_os_get_default ();
  TxWriter *writer;
  TxStream *stream;

  os.start_thread = refuse_thread;
  writer = _tx_writer_new_with_os (place->trace, &options, &os, NULL);
  stream = tx_writer_get_stream (writer);
  tx_stream_switch_to (stream, tx_stream_get_thread (stream, 7));
  tx_stream_call (stream, 0, 1, 1);
  for (uint32_t i = 1; i <= slot_count * 25000; i++)
    tx_stream_line (stream, i);
  raise (SIGKILL);
}

static void
test_lost_last (void)
{
  Place place = make_place ();
  uint64_t n_blocks, n_shown = 0, n_lost = 0;
  TxReader *reader;
  pid_t pid = fork ();

  if (pid == 0)
    record_with_loss (&place, 2);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (recover (&place, &n_blocks), ==, i ? TX_RECOVER_WHOLE : TX_RECOVER_SEALED);
      g_assert_cmpuint (n_blocks, ==, i ? 0 : 3);
    }
  reader = tx_reader_open (place.trace, NULL);
  g_assert_nonnull (reader);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      n_shown += block->n_steps;
      for (size_t j = 0; j < block->n_gaps; j++)
        n_lost += block->gaps[j].events_lost;
      tx_block_free (block);
    }
  g_assert_cmpuint (n_lost, >, 0);
  g_assert_cmpuint (n_shown + n_lost, ==, 50000);
  tx_reader_close (reader);
  clear_place (&place);
}

static void
test_live_trace (void)
{
  Place place = make_place ();
  TxRecoverStats stats = { 0 };
  pid_t pid = start_process (&place);

  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_ALIVE);
  tx_recover_rings (place.root, place.root, NULL, &stats);
  g_assert_cmpuint (stats.n_alive, ==, 1);
  g_assert_cmpuint (stats.n_sealed + stats.n_rings_removed + stats.n_failed, ==, 0);
  g_assert_cmpuint (count_files (place.rings), ==, 1);
  end_process (pid);
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_SEALED);
  clear_place (&place);
}

/* The same process, but not the same program any more. */
static void
test_exec (void)
{
  Place place = make_place ();
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    {
      (void) record (&place);
      execlp ("sleep", "sleep", "30", NULL);
      _exit (1);
    }
  while (count_files (place.rings) == 0)
    g_usleep (1000);
  for (guint i = 0; i < 2000; i++)
    {
      char *name = g_strdup_printf ("/proc/%ld/comm", (long) pid);
      char *text = NULL;
      gboolean is_sleep =
          g_file_get_contents (name, &text, NULL, NULL) && g_str_has_prefix (text, "sleep");

      g_free (name);
      g_free (text);
      if (is_sleep)
        break;
      g_usleep (1000);
    }
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_SEALED);
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  clear_place (&place);
}

static void
test_closed_trace (void)
{
  Place place = make_place ();
  TxWriter *writer = record (&place);
  TxRecoverStats stats = { 0 };

  g_assert_cmpint (tx_writer_close (writer, G_MAXUINT32, NULL), ==, TX_OK);
  tx_recover_directory (place.root, NULL, &stats);
  tx_recover_rings (place.root, place.root, NULL, &stats);
  g_assert_cmpuint (stats.n_sealed + stats.n_failed + stats.n_rings_removed + stats.n_alive, ==, 0);
  g_free (print_trace (place.trace, TX_STATE_FINISHED));
  clear_place (&place);
}

static void
test_two_at_once (void)
{
  Place place = make_place ();
  char *before;
  int fd;

  leave_dead (&place);
  before = print_trace (place.trace, TX_STATE_DIED);
  fd = g_open (place.trace, O_RDONLY | O_DIRECTORY, 0);
  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_BUSY);
  close (fd);

  /* And many in a crowd. */
  for (guint i = 0; i < 8; i++)
    if (fork () == 0)
      {
        TxRecoverStats stats = { 0 };

        tx_recover_rings (place.root, place.root, NULL, &stats);
        tx_recover_directory (place.root, NULL, &stats);
        _exit (stats.n_failed == 0 ? (int) stats.n_sealed : 100);
      }
  for (guint i = 0, n_sealed = 0; i < 8; i++)
    {
      int status;

      g_assert_cmpint (wait (&status), >, 0);
      g_assert_cmpint (WEXITSTATUS (status), <=, 1);
      n_sealed += (guint) WEXITSTATUS (status);
      if (i == 7)
        g_assert_cmpuint (n_sealed, ==, 1);
    }
  {
    char *after = print_trace (place.trace, TX_STATE_DIED);

    g_assert_cmpstr (after, ==, before);
    g_free (after);
  }
  g_free (before);
  clear_place (&place);
}

/* One that is killed in the middle leaves the next one to go on. */
static void
test_cut_short (void)
{
  guint n_cut = 0;

  for (guint delay_us = 0; delay_us < 3000; delay_us += 100)
    {
      Place place = make_place ();
      char *before, *after;
      pid_t pid;

      leave_dead (&place);
      before = print_trace (place.trace, TX_STATE_DIED);
      pid = fork ();
      if (pid == 0)
        {
          (void) recover (&place, NULL);
          _exit (0);
        }
      g_usleep (delay_us);
      end_process (pid);
      n_cut += recover (&place, NULL) == TX_RECOVER_SEALED;
      after = print_trace (place.trace, TX_STATE_DIED);
      g_assert_cmpstr (after, ==, before);
      g_free (before);
      g_free (after);
      clear_place (&place);
    }
  g_assert_cmpuint (n_cut, >, 0);
  g_test_message ("%u of 30 recoveries were cut short", n_cut);
}

static guint64
count_steps (const char *directory)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  guint64 n_steps = 0;

  g_assert_nonnull (reader);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      n_steps += block->n_steps;
      tx_block_free (block);
    }
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, n_steps);
  tx_reader_close (reader);
  return n_steps;
}

static _Atomic bool stop_now, has_begun;

static void *
stop_cb (void *data)
{
  gint64 end;

  while (!atomic_load (&has_begun))
    ;
  end = g_get_monotonic_time () + GPOINTER_TO_INT (data);
  while (g_get_monotonic_time () < end)
    ;
  atomic_store (&stop_now, true);
  return NULL;
}

/* Somebody forks, and does not wait: whenever it is stopped, the next one goes on from there. */
static void
test_stopped (void)
{
  Place place = make_place ();
  guint n_cancelled = 0;
  guint64 n_steps;
  pid_t pid = fork ();

  if (pid == 0)
    record_with_loss (&place, 64);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  n_steps = count_steps (place.trace);
  for (guint i = 0; i < 40; i++)
    {
      GThread *thread;
      TxRecoverResult result;
      TxStatus status;

      atomic_store (&stop_now, i == 0);
      atomic_store (&has_begun, false);
      thread = g_thread_new ("stop", stop_cb, GINT_TO_POINTER (i * 250));
      g_usleep (500);
      atomic_store (&has_begun, true);
      status = tx_recover_trace_until (place.trace, &stop_now, &result, NULL, NULL);
      g_thread_join (thread);
      g_assert_true (status == TX_CANCELLED || status == TX_OK);
      g_assert_true (i > 0 || status == TX_CANCELLED);
      n_cancelled += status == TX_CANCELLED;
      g_assert_cmpuint (count_steps (place.trace), ==, n_steps);
    }
  g_assert_cmpuint (n_cancelled, >, 2);
  g_test_message ("%u of 40 recoveries were stopped", n_cancelled);
  (void) recover (&place, NULL);
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_WHOLE);
  g_assert_cmpuint (count_steps (place.trace), ==, n_steps);
  g_assert_cmpuint (count_files (place.rings), ==, 0);
  clear_place (&place);
}

static void
test_no_room (void)
{
  Place place = make_place ();
  char *before, *after;
  int status;
  pid_t pid;

  leave_dead (&place);
  before = print_trace (place.trace, TX_STATE_DIED);
  /* A file size limit stands for a full disk. */
  pid = fork ();
  if (pid == 0)
    {
      struct rlimit limit = { .rlim_cur = 100, .rlim_max = 100 };
      TxRecoverResult result;
      TxError error;

      signal (SIGXFSZ, SIG_IGN);
      setrlimit (RLIMIT_FSIZE, &limit);
      _exit (tx_recover_trace (place.trace, &result, NULL, &error) == TX_ERROR_IO ? 0 : 1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (count_files (place.rings), ==, 1);
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_SEALED);
  after = print_trace (place.trace, TX_STATE_DIED);
  g_assert_cmpstr (after, ==, before);
  g_free (before);
  g_free (after);
  clear_place (&place);
}

static void
test_trace_is_gone (void)
{
  Place place = make_place ();
  TxRecoverStats stats = { 0 };
  char *moved = g_strconcat (place.root, "/moved", NULL);

  leave_dead (&place);
  g_assert_cmpint (g_rename (place.trace, moved), ==, 0);
  tx_recover_rings (place.root, place.root, NULL, &stats);
  g_assert_cmpuint (stats.n_rings_removed, ==, 1);
  g_assert_cmpuint (count_files (place.rings), ==, 0);
  /* And then the trace is not whole, which stays so. */
  stats = (TxRecoverStats){ 0 };
  tx_recover_directory (moved, NULL, &stats);
  g_assert_cmpuint (stats.n_tail_missing, ==, 1);
  g_free (moved);
  clear_place (&place);
}

/* Whoever began it was killed when `info` was made and not yet written: no reader will ever find
 * the ring. */
static void
test_info_is_empty (void)
{
  Place place = make_place ();
  TxRecoverStats stats = { 0 };
  char *info = g_build_filename (place.trace, "info", NULL);
  char *segment = g_build_filename (place.trace, "blocks.00000", NULL);

  leave_dead (&place);
  g_assert_cmpint (truncate (info, 0), ==, 0);
  (void) g_unlink (segment);
  tx_recover_rings (place.root, place.root, NULL, &stats);
  g_assert_cmpuint (stats.n_rings_removed, ==, 1);
  g_assert_cmpuint (stats.n_sealed + stats.n_failed, ==, 0);
  g_assert_cmpuint (count_files (place.rings), ==, 0);
  g_free (segment);
  g_free (info);
  clear_place (&place);
}

/* Another process records where the trace was. */
static void
test_place_is_taken (void)
{
  Place place = make_place ();
  TxRecoverStats stats = { 0 };
  pid_t pid;

  leave_dead (&place);
  trace_text_remove_directory (g_strdup (place.trace));
  g_assert_cmpint (g_mkdir (place.trace, 0700), ==, 0);
  pid = start_process (&place);
  tx_recover_rings (place.root, place.root, NULL, &stats);
  g_assert_cmpuint (stats.n_rings_removed, ==, 1);
  g_assert_cmpuint (stats.n_alive, ==, 1);
  g_assert_cmpuint (count_files (place.rings), ==, 1);
  end_process (pid);
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_SEALED);
  clear_place (&place);
}

/* Whoever wrote the end was killed at it. */
static void
test_cut_end (void)
{
  static const char *const ends[] = { "", "reas", "reason=recovered\nreal_ns=12",
                                      "real_ns=1\nmono_ns=2\nblocks=1\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      Place place = make_place ();
      TxRecoverStats stats = { 0 };
      char *end = g_build_filename (place.trace, "end", NULL);
      char *before, *after;

      leave_dead (&place);
      before = print_trace (place.trace, TX_STATE_DIED);
      g_assert_true (g_file_set_contents (end, ends[i], -1, NULL));
      tx_recover_directory (place.root, NULL, &stats);
      g_assert_cmpuint (stats.n_sealed, ==, 1);
      after = print_trace (place.trace, TX_STATE_DIED);
      g_assert_cmpstr (after, ==, before);
      stats = (TxRecoverStats){ 0 };
      tx_recover_directory (place.root, NULL, &stats);
      g_assert_cmpuint (stats.n_sealed + stats.n_failed, ==, 0);
      g_free (before);
      g_free (after);
      g_free (end);
      clear_place (&place);
    }
}

/* A trace's files may be somebody's trap. */
static void
test_links (void)
{
  Place place = make_place ();
  char *catalog = g_build_filename (place.trace, "catalog", NULL);
  char *victim = g_build_filename (place.root, "victim", NULL);
  TxRecoverResult result;
  TxError error;
  char *text;

  leave_dead (&place);
  g_assert_true (g_file_set_contents (victim, "precious", -1, NULL));
  g_assert_cmpint (g_unlink (catalog), ==, 0);
  g_assert_cmpint (symlink (victim, catalog), ==, 0);
  g_assert_cmpint (tx_recover_trace (place.trace, &result, NULL, &error), ==, TX_ERROR_IO);
  g_assert_cmpint (g_unlink (catalog), ==, 0);
  g_assert_cmpint (link (victim, catalog), ==, 0);
  g_assert_cmpint (tx_recover_trace (place.trace, &result, NULL, &error), ==, TX_ERROR_IO);
  g_assert_true (g_file_get_contents (victim, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "precious");
  g_assert_cmpint (chmod (place.trace, 0777), ==, 0);
  g_assert_cmpint (tx_recover_trace (place.trace, &result, NULL, &error), ==, TX_ERROR_IO);
  g_free (text);
  g_free (catalog);
  g_free (victim);
  clear_place (&place);
}

/* ---- What cannot be recovered ---- */

static void
test_what_fails_is_told (void)
{
  Place place = make_place ();
  char *info = g_build_filename (place.trace, "info", NULL);
  char *nowhere = g_build_filename (place.root, "nowhere", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) newer = NULL;
  TxRecoverStats stats = { 0 };
  TxRecoverResult result;
  TxError error = { 0 };

  tx_recover_directory (nowhere, NULL, &stats);
  tx_recover_rings (place.root, nowhere, NULL, &stats);
  g_assert_cmpuint (stats.n_failed, ==, 1);
  g_assert_nonnull (strstr (stats.error.message, "nowhere"));
  g_assert_cmpint (tx_recover_trace (nowhere, &result, NULL, &error), ==, TX_ERROR_IO);
  /* A directory that is no trace is none of ours. */
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_NO_TRACE);
  leave_dead (&place);
  g_assert_true (g_file_get_contents (info, &text, NULL, NULL));
  newer = g_string_new (text);
  g_assert_cmpuint (g_string_replace (newer, "format=1.", "format=2.", 1), ==, 1);
  g_assert_true (g_file_set_contents (info, newer->str, -1, NULL));
  g_assert_cmpint (tx_recover_trace (place.trace, &result, NULL, &error), ==, TX_ERROR_VERSION);
  stats = (TxRecoverStats){ 0 };
  tx_recover_directory (place.root, NULL, &stats);
  g_assert_cmpuint (stats.n_failed, ==, 1);
  g_assert_cmpuint (stats.n_sealed, ==, 0);
  g_assert_true (g_file_set_contents (info, text, -1, NULL));
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_SEALED);
  g_free (info);
  g_free (nowhere);
  clear_place (&place);
}

/* A file among the rings; @age_s: when it was last written. */
static void
plant (const Place *place, const char *name, const char *bytes, gsize size, time_t age_s)
{
  g_autofree char *path = g_build_filename (place->rings, name, NULL);
  struct timespec times[2] = { { .tv_sec = time (NULL) - age_s },
                               { .tv_sec = time (NULL) - age_s } };

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static bool
has_ring (const Place *place, const char *name)
{
  g_autofree char *path = g_build_filename (place->rings, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Among the rings, what is not ours to understand stays; what was never finished goes after a
 * minute. */
static void
test_other_rings (void)
{
  static const char zeros[TX_RING_HEADER_SIZE];
  Place place = make_place ();
  g_autofree char *ring = NULL;
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;
  g_autofree char *link_path = g_build_filename (place.rings, "link.ring", NULL);
  g_autoptr (GDir) directory = NULL;
  TxRecoverStats stats = { 0 };
  gsize size;

  leave_dead (&place);
  directory = g_dir_open (place.rings, 0, NULL);
  name = g_strdup (g_dir_read_name (directory));
  path = g_build_filename (place.rings, name, NULL);
  g_assert_true (g_file_get_contents (path, &ring, &size, NULL));
  memset (ring + 112, 0, TX_RING_HEADER_SIZE - 112);
  plant (&place, "homeless.ring", ring, size, 120);
  plant (&place, "garbage.ring", "no ring at all", 14, 120);
  plant (&place, "old.ring", zeros, sizeof zeros, 120);
  plant (&place, "new.ring", zeros, sizeof zeros, 0);
  plant (&place, "note.txt", zeros, sizeof zeros, 120);
  g_assert_cmpint (symlink (name, link_path), ==, 0);
  /* Where a service's rings are by default. */
  g_setenv ("RUNTIME_DIRECTORY", place.root, TRUE);
  tx_recover_rings (NULL, place.root, NULL, &stats);
  g_unsetenv ("RUNTIME_DIRECTORY");
  g_assert_cmpuint (stats.n_sealed, ==, 1);
  g_assert_cmpuint (stats.n_failed, ==, 0);
  g_assert_false (has_ring (&place, name));
  g_assert_false (has_ring (&place, "old.ring"));
  g_assert_true (has_ring (&place, "new.ring"));
  g_assert_true (has_ring (&place, "homeless.ring"));
  g_assert_true (has_ring (&place, "garbage.ring"));
  g_assert_true (has_ring (&place, "note.txt"));
  clear_place (&place);
}

/* Died before anything was written. Never returns. */
static void
record_and_die (const Place *place, const char *source)
{
  TxWriterOptions options = {
    .manual = true, .ring_dir = "/nowhere", .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN
  };
  TxWriter *writer = tx_writer_new (place->trace, &options, NULL);
  TxFunctionDefinition function = { .first_line = 1, .name = "f", .name_size = 1 };
  TxStream *stream = tx_writer_get_stream (writer);

  function.file = tx_stream_define_file (stream, source, strlen (source));
  tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1));
  tx_stream_call (stream, tx_stream_define_function (stream, &function), 1, 1);
  tx_stream_line (stream, 1);
  tx_stream_raise (stream, tx_stream_define_type (stream, "ValueError", 10), "no", 2);
  tx_stream_line (stream, 2);
  _exit (0);
}

/* No place took the ring but the trace's directory, a file of the program lies where it says, and
   an exception was raised: all of it comes into the trace. */
static void
test_all_that_a_ring_has (void)
{
  Place place = make_place ();
  g_autofree char *source = g_build_filename (place.root, "a.py", NULL);
  g_autofree char *ring = g_build_filename (place.trace, "ring", NULL);
  g_autofree char *shown = NULL;
  g_autofree char *moved = NULL;
  char *bytes = NULL;
  TxReader *reader;
  size_t size;
  pid_t pid;

  g_assert_true (g_file_set_contents (source, "import b\nb.c()\n", -1, NULL));
  g_usleep (50000); /* the clock of files is a coarse one */
  pid = fork ();
  if (pid == 0)
    record_and_die (&place, source);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_true (g_file_test (ring, G_FILE_TEST_EXISTS));
  /* Elsewhere by now than the trace says. */
  moved = g_strconcat (place.trace, ".moved", NULL);
  g_assert_cmpint (g_rename (place.trace, moved), ==, 0);
  g_free (place.trace);
  place.trace = g_strdup (moved);
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_SEALED);
  g_free (ring);
  ring = g_build_filename (moved, "ring", NULL);
  g_assert_false (g_file_test (ring, G_FILE_TEST_EXISTS));
  reader = tx_reader_open (place.trace, NULL);
  shown = trace_text_print (reader, TRACE_TEXT_PLAIN);
  g_assert_nonnull (strstr (shown, "raise ValueError"));
  g_assert_cmpint (tx_reader_dup_source (reader, 1, &bytes, &size, NULL), ==, TX_OK);
  g_assert_cmpstr (bytes, ==, "import b\nb.c()\n");
  free (bytes);
  tx_reader_close (reader);
  clear_place (&place);
}

/* What the ring's blocks call was defined in blocks that are in the files. */
static void
test_definitions_of_before (void)
{
  Place place = make_place ();
  TxWriterOptions options = { .ring_dir = place.root,
                              .slot_count = 8,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN };
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  TxReader *reader;

  trace_text_record_and_die (place.trace, &options,
                             "pace 1us; main: call f@a.py:1; line 1; block; call f@a.py:1; line 2; "
                             "return; line 3");
  reader = tx_reader_open (place.trace, NULL);
  before = trace_text_print (reader, TRACE_TEXT_BLOCKS);
  tx_reader_close (reader);
  g_assert_cmpint (recover (&place, NULL), ==, TX_RECOVER_SEALED);
  reader = tx_reader_open (place.trace, NULL);
  after = trace_text_print (reader, TRACE_TEXT_BLOCKS);
  tx_reader_close (reader);
  g_assert_cmpstr (after, ==, before);
  clear_place (&place);
}

/* ---- In a thread of its own ---- */

static void
wait_for_end (const Place *place)
{
  char *end = g_build_filename (place->trace, "end", NULL);

  for (int i = 0; i < 20000 && !g_file_test (end, G_FILE_TEST_EXISTS); i++)
    g_usleep (1000);
  g_assert_true (g_file_test (end, G_FILE_TEST_EXISTS));
  g_free (end);
}

/* A program that may have no thread more goes on without. */
static void
test_job_without_a_thread (void)
{
  Place place = make_place ();
  TxRecoverJob *job = _tx_recover_job_new (place.root, NULL, place.root);
  TxOs *os = _tx_os_get_default ();
  TxOs before = *os;

  os->start_thread = refuse_thread;
  _tx_recover_job_start (job);
  *os = before;
  _tx_recover_job_count_fork (job); /* of no run: nothing is looked for */
  g_assert_true (_tx_recover_job_pause (job, 0));
  _tx_recover_job_free (job, 0);
  clear_place (&place);
}

static void
test_job (void)
{
  const uint64_t second_ns = UINT64_C (1000000000);
  Place place = make_place (), other;
  g_autofree char *run = g_path_get_dirname (place.trace);
  TxRecoverJob *job;

  leave_dead (&place);
  job = _tx_recover_job_new (place.root, run, place.root);
  _tx_recover_job_keep (job, 10, 0);
  g_assert_true (_tx_recover_job_pause (job, 0)); /* no thread yet */
  _tx_recover_job_start (job);
  /* Asked to stop at once: perhaps it has not begun, and what it leaves is done when it is started
   * again. */
  (void) _tx_recover_job_pause (job, 0);
  g_assert_true (_tx_recover_job_pause (job, 60 * second_ns));
  _tx_recover_job_start (job);
  wait_for_end (&place);
  g_usleep (200000); /* it ends by itself */
  /* Nothing more is wanted, until children may have left something. */
  other = place;
  other.trace = g_build_filename (run, "child", NULL);
  g_assert_cmpint (g_mkdir (other.trace, 0700), ==, 0);
  leave_dead (&other);
  for (int i = 0; i < 8; i++)
    {
      g_assert_cmpuint (count_files (place.rings), ==, 1);
      _tx_recover_job_start (job);
      _tx_recover_job_count_fork (job);
    }
  _tx_recover_job_start (job);
  wait_for_end (&other);
  g_usleep (200000);
  _tx_recover_job_stop (job);
  _tx_recover_job_free (job, 10 * second_ns);
  _tx_recover_job_free (NULL, 0);
  g_free (other.trace);
  clear_place (&place);
}

static void
test_home (void)
{
  uint8_t page[TX_RING_HEADER_SIZE] = { 0 };
  TxRingHome numbers = { .image = 5, .pid_namespace = 6, .time_namespace = 7 };
  TxRingHome home;
  char *longest = g_strnfill (3975, 'x');
  char *too_long = g_strnfill (3976, 'x');

  longest[0] = too_long[0] = '/';
  _tx_ring_home_encode (page, &numbers, "/a/b");
  g_assert_true (_tx_ring_home_decode (page, &home));
  g_assert_cmpuint (home.image, ==, 5);
  g_assert_cmpuint (home.pid_namespace, ==, 6);
  g_assert_cmpuint (home.time_namespace, ==, 7);
  g_assert_cmpstr (home.directory, ==, "/a/b");
  page[121] = 0;
  g_assert_false (_tx_ring_home_decode (page, &home));
  _tx_ring_home_encode (page, &numbers, longest);
  g_assert_true (_tx_ring_home_decode (page, &home));
  g_assert_cmpstr (home.directory, ==, longest);
  _tx_ring_home_encode (page, &numbers, too_long);
  g_assert_true (_tx_ring_home_decode (page, &home));
  g_assert_cmpstr (home.directory, ==, "");
  page[115] = 0xff;
  g_assert_false (_tx_ring_home_decode (page, &home));
  g_free (longest);
  g_free (too_long);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/recover/home", test_home);
  g_test_add_func ("/trace/recover/failures", test_what_fails_is_told);
  g_test_add_func ("/trace/recover/other-rings", test_other_rings);
  g_test_add_func ("/trace/recover/all-that-a-ring-has", test_all_that_a_ring_has);
  g_test_add_func ("/trace/recover/definitions-of-before", test_definitions_of_before);
  g_test_add_func ("/trace/recover/job", test_job);
  g_test_add_func ("/trace/recover/job-without-a-thread", test_job_without_a_thread);
  g_test_add_func ("/trace/recover/dead-trace", test_dead_trace);
  g_test_add_func ("/trace/recover/lost-last", test_lost_last);
  g_test_add_func ("/trace/recover/live-trace", test_live_trace);
  g_test_add_func ("/trace/recover/exec", test_exec);
  g_test_add_func ("/trace/recover/closed-trace", test_closed_trace);
  g_test_add_func ("/trace/recover/two-at-once", test_two_at_once);
  g_test_add_func ("/trace/recover/cut-short", test_cut_short);
  g_test_add_func ("/trace/recover/stopped", test_stopped);
  g_test_add_func ("/trace/recover/no-room", test_no_room);
  g_test_add_func ("/trace/recover/trace-is-gone", test_trace_is_gone);
  g_test_add_func ("/trace/recover/info-is-empty", test_info_is_empty);
  g_test_add_func ("/trace/recover/place-is-taken", test_place_is_taken);
  g_test_add_func ("/trace/recover/cut-end", test_cut_end);
  g_test_add_func ("/trace/recover/links", test_links);
  return g_test_run ();
}
