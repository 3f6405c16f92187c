// SPDX-License-Identifier: BSD-3-Clause
// A killed process loses nothing: a child records and counts its events in a page of its own that
// outlives it; it is killed at a random moment, in one of several ways, or at each call into the
// system; then the trace must show every event that was counted, and at most one more, and show the
// same after what the ring held was sealed into it. TRACKEXEC_FULL=1: more of them.
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "test-seed.h"
#include "trace/tx-recover.h"
#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

/* By SIGKILL; of each other way to die; of each at full size. */
#define N_SIGKILLS     200
#define N_OTHER_DEATHS 40
#define N_DEATHS_FULL  1000

/* Steps of a program that ends by itself. */
#define N_STEPS 6000

static gboolean
is_full (void)
{
  return g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0;
}

/* ---- The child ---- */

typedef struct
{
  _Atomic uint32_t n_done; /* steps whose call has returned */
} Counter;

/* Holds the program back while the native thread is behind, so that nothing is dropped. */
static void
wait_for_room (TxWriter *writer)
{
  TxStreamStats stream_stats;
  TxWriterStats stats;

  for (;;)
    {
      tx_stream_get_stats (tx_writer_get_stream (writer), &stream_stats);
      tx_writer_get_stats (writer, &stats);
      if (stream_stats.blocks < stats.blocks_written + stats.blocks_lost + 4)
        return;
      g_usleep (100);
    }
}

static TxFunctionId
define_next (TxStream *stream, uint32_t i)
{
  char name[32];

  return tx_stream_define_function (
      stream, &(TxFunctionDefinition){ .file = 1,
                                       .first_line = 1,
                                       .name = name,
                                       .name_size = (size_t) g_snprintf (name, 32, "f%u", i) });
}

/* The program's own work between two events: without it the child would mostly wait for room, and be
 * killed there. */
static void
work (void)
{
  for (volatile int i = 0; i < 30; i++)
    ;
}

/* Steps are numbered by their lines, over frames, threads and functions that come and go. */
static void
record (TxWriter *writer, Counter *counter, uint32_t n_steps)
{
  TxStream *stream = tx_writer_get_stream (writer);
  TxFunctionId function = 0;

  tx_stream_define_file (stream, "/nowhere/a.py", 13);
  for (uint32_t i = 1; i <= n_steps; i++)
    {
      if (i % 64 == 1)
        {
          if (i % 512 == 1)
            function = define_next (stream, i);
          wait_for_room (writer);
          tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1 + i / 64 % 3));
          if (tx_stream_get_depth (stream) > 20)
            for (uint32_t j = 0; j < 15; j++)
              tx_stream_return (stream);
          tx_stream_call (stream, function, 1, i);
        }
      work ();
      tx_stream_line (stream, i);
      atomic_store_explicit (&counter->n_done, i, memory_order_release);
    }
}

/* ---- What is left ---- */

/* @n_done: steps that must be there; with 0 the trace may have been killed in the making. @n_damaged:
 * (nullable): else nothing may be damaged */
static uint32_t
read_steps (const char *directory, uint32_t n_done, guint *n_damaged)
{
  TxError error;
  TxReader *reader = tx_reader_open (directory, &error);
  uint32_t n_steps = 0;

  if (!reader)
    return 0;
  if (n_done > 0 && !n_damaged)
    g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  if (n_damaged)
    *n_damaged += tx_reader_get_damage (reader, NULL) != NULL;
  if (n_done > 0 && n_done < N_STEPS)
    g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_DIED);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, &error), ==, TX_OK);
      g_assert_false (block->damaged);
      for (size_t j = 0; j < block->n_steps; j++)
        g_assert_cmpuint (block->events[block->steps[j]].line, ==, ++n_steps);
      tx_block_free (block);
    }
  g_assert_cmpuint (n_steps, ==, tx_reader_get_n_steps (reader));
  tx_reader_close (reader);
  return n_steps;
}

typedef struct
{
  char *root;      /* owned */
  char *directory; /* owned; of the trace */
  TxWriterOptions options;
} Place;

static void
make_place (Place *place)
{
  place->root = trace_text_make_directory ();
  place->directory = g_build_filename (place->root, "trace", NULL);
  g_assert_cmpint (g_mkdir (place->directory, 0700), ==, 0);
  place->options = (TxWriterOptions){
    .ring_dir = place->root,
    .slot_count = 8,
    .slot_size_bytes = TX_SLOT_SIZE_MIN,
    .segment_size_bytes = 40000,
  };
}

static void
remove_place (Place *place)
{
  g_free (place->directory);
  trace_text_remove_directory (place->root);
}

static Counter *
map_counter (void)
{
  void *memory =
      mmap (NULL, sizeof (Counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  g_assert_true (memory != MAP_FAILED);
  return memory;
}

/* One that was killed before it had said what it is must be old to be taken for garbage. */
static void
make_old (const char *rings)
{
  GDir *dir = g_dir_open (rings, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      char *path = g_build_filename (rings, name, NULL);

      g_utime (path, &(struct utimbuf){ .actime = 1, .modtime = 1 });
      g_free (path);
    }
  if (dir)
    g_dir_close (dir);
}

/* The ring's part goes into the files: the same is there, and no ring. */
static void
check_recovery (const Place *place, uint32_t n_shown, guint *n_damaged)
{
  TxRecoverStats stats = { 0 };
  char *rings = g_strdup_printf ("%s/trackexec-%u", place->root, (unsigned) geteuid ());
  GDir *dir;

  make_old (rings);
  tx_recover_directory (place->root, NULL, &stats);
  tx_recover_rings (place->root, place->root, NULL, &stats);
  g_assert_cmpstr (stats.error.message, ==, "");
  g_assert_cmpuint (stats.n_failed + stats.n_alive + stats.n_busy, ==, 0);
  if (n_shown > 0)
    g_assert_cmpuint (stats.n_tail_missing, ==, 0);
  g_assert_cmpuint (read_steps (place->directory, n_shown, n_damaged), ==, n_shown);
  dir = g_dir_open (rings, 0, NULL);
  if (dir)
    {
      g_assert_cmpstr (g_dir_read_name (dir), ==, NULL);
      g_dir_close (dir);
    }
  g_free (rings);
}

/* ---- At a random moment ---- */

typedef struct
{
  const char *name;
  int signal; /* 0: it exits without a word */
} WayToDie;

static const WayToDie ways[] = {
  { "SIGKILL", SIGKILL }, { "SIGSEGV", SIGSEGV }, { "SIGABRT", SIGABRT },
  { "SIGBUS", SIGBUS },   { "_exit", 0 },
};

static void
exit_cb (int unused)
{
  _exit (7);
}

static void
record_until_dead (const Place *place, Counter *counter)
{
  TxWriter *writer;

  setrlimit (RLIMIT_CORE, &(struct rlimit){ 0 });
  signal (SIGALRM, exit_cb);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    if (ways[i].signal != 0)
      signal (ways[i].signal, SIG_DFL);
  writer = tx_writer_new (place->directory, &place->options, NULL);
  if (writer)
    record (writer, counter, UINT32_MAX);
  _exit (1);
}

static void
kill_once (GRand *random, Counter *counter, const WayToDie *way, guint *n_more, guint *n_damaged)
{
  Place place;
  uint32_t n_done, n_shown;
  int status;
  pid_t pid;

  make_place (&place);
  atomic_store (&counter->n_done, 0);
  pid = fork ();
  if (pid == 0)
    record_until_dead (&place, counter);
  while (atomic_load (&counter->n_done) == 0)
    g_usleep (50);
  g_usleep ((gulong) g_rand_int_range (random, 0, 15000));
  g_assert_cmpint (kill (pid, way->signal ? way->signal : SIGALRM), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  if (way->signal)
    g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == way->signal);
  else
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 7);

  n_done = atomic_load (&counter->n_done);
  n_shown = read_steps (place.directory, n_done, NULL);
  g_assert_cmpuint (n_shown, >=, n_done);
  g_assert_cmpuint (n_shown, <=, n_done + 1);
  *n_more += n_shown - n_done;
  check_recovery (&place, n_shown, n_damaged);
  remove_place (&place);
}

static void
test_random_moments (gconstpointer data)
{
  const WayToDie *way = data;
  guint32 seed = g_test_rand_int ();
  GRand *random = g_rand_new_with_seed (seed);
  Counter *counter = map_counter ();
  guint n_kills = is_full () ? N_DEATHS_FULL : way->signal == SIGKILL ? N_SIGKILLS : N_OTHER_DEATHS;
  guint n_more = 0, n_damaged = 0;

  g_test_message ("seed %u", seed);
  for (guint i = 0; i < n_kills; i++)
    kill_once (random, counter, way, &n_more, &n_damaged);
  g_test_message ("T1: %u times %s, 0 unreadable, 0 counted events lost (limit 1), %u shown before "
                  "they were counted; sealed: the same, %u with remains of a cut write",
                  n_kills, way->name, n_more, n_damaged);
  munmap (counter, sizeof *counter);
  g_rand_free (random);
}

/* ---- At each call into the system ---- */

typedef struct
{
  TxOs os; /* first */
  TxOs *real;
  _Atomic guint n_calls;
  guint kill_at;
  gboolean tear; /* a write is done by half */
} KillingOs;

/* The system below; or the end. */
static TxOs *
count_call (TxOs *os)
{
  KillingOs *self = (KillingOs *) os;

  if (atomic_fetch_add (&self->n_calls, 1) + 1 == self->kill_at)
    raise (SIGKILL);
  return self->real;
}

static int
killing_open (TxOs *os, int dir_fd, const char *path, int flags, mode_t mode)
{
  TxOs *real = count_call (os);

  return real->open (real, dir_fd, path, flags, mode);
}

static int
killing_close (TxOs *os, int fd)
{
  TxOs *real = count_call (os);

  return real->close (real, fd);
}

static int
killing_make_directory (TxOs *os, const char *path, mode_t mode)
{
  TxOs *real = count_call (os);

  return real->make_directory (real, path, mode);
}

static int
killing_allocate (TxOs *os, int fd, uint64_t offset, uint64_t size)
{
  TxOs *real = count_call (os);

  return real->allocate (real, fd, offset, size);
}

static int
killing_map (TxOs *os, int fd, size_t size, void **ret_memory)
{
  TxOs *real = count_call (os);

  return real->map (real, fd, size, ret_memory);
}

static int64_t
killing_write_at (TxOs *os, int fd, const void *bytes, size_t size, uint64_t offset)
{
  KillingOs *self = (KillingOs *) os;
  TxOs *real = self->real;

  if (self->tear && atomic_load (&self->n_calls) + 1 == self->kill_at)
    (void) !real->write_at (real, fd, bytes, size / 2, offset);
  count_call (os);
  return real->write_at (real, fd, bytes, size, offset);
}

static int
killing_sync (TxOs *os, int fd)
{
  TxOs *real = count_call (os);

  return real->sync (real, fd);
}

static int
killing_unlink (TxOs *os, int dir_fd, const char *path)
{
  TxOs *real = count_call (os);

  return real->unlink (real, dir_fd, path);
}

static int
killing_start_thread (TxOs *os, void *(*run) (void *), void *data, uint64_t *ret_thread)
{
  TxOs *real = count_call (os);

  return real->start_thread (real, run, data, ret_thread);
}

static void
init_killing_os (KillingOs *self, guint kill_at, gboolean tear)
{
  *self = (KillingOs){
    .os = *_tx_os_get_default (), .real = _tx_os_get_default (), .kill_at = kill_at, .tear = tear
  };
  self->os.open = killing_open;
  self->os.close = killing_close;
  self->os.make_directory = killing_make_directory;
  self->os.allocate = killing_allocate;
  self->os.map = killing_map;
  self->os.write_at = killing_write_at;
  self->os.sync = killing_sync;
  self->os.unlink = killing_unlink;
  self->os.start_thread = killing_start_thread;
}

static void
record_to_the_end (const Place *place, Counter *counter, guint n, gboolean tear)
{
  KillingOs os;
  TxWriter *writer;
  TxStatus status = TX_ERROR_IO;

  init_killing_os (&os, n, tear);
  writer = _tx_writer_new_with_os (place->directory, &place->options, &os.os, NULL);
  if (writer)
    {
      record (writer, counter, N_STEPS);
      status = tx_writer_close (writer, G_MAXUINT32, NULL);
    }
  _exit (status == TX_OK ? 0 : 1);
}

/* False when the program came to its end before. */
static gboolean
kill_at_call (Counter *counter, guint n, gboolean tear, guint *n_damaged)
{
  Place place;
  uint32_t n_done, n_shown;
  int status;
  pid_t pid;

  make_place (&place);
  atomic_store (&counter->n_done, 0);
  pid = fork ();
  if (pid == 0)
    record_to_the_end (&place, counter, n, tear);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) || WEXITSTATUS (status) == 0);
  n_done = atomic_load (&counter->n_done);
  n_shown = read_steps (place.directory, n_done, NULL);
  g_assert_cmpuint (n_shown, >=, n_done);
  g_assert_cmpuint (n_shown, <=, n_done + 1);
  check_recovery (&place, n_shown, n_damaged);
  remove_place (&place);
  return WIFSIGNALED (status);
}

static void
test_each_call (void)
{
  Counter *counter = map_counter ();
  guint n_damaged = 0, n_last = 0;

  /* How many calls there are differs a little from run to run. */
  for (guint n = 1; n <= n_last + 3; n++)
    {
      if (kill_at_call (counter, n, n % 2, &n_damaged))
        n_last = n;
      if (is_full () && kill_at_call (counter, n, !(n % 2), &n_damaged))
        n_last = n;
    }
  g_assert_cmpuint (n_last, >, 20);
  g_test_message ("T1: killed at each of %u calls into the system, 0 unreadable, 0 counted events "
                  "lost (limit 1); sealed: the same, %u with remains of a cut write",
                  n_last, n_damaged);
  munmap (counter, sizeof *counter);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      char *path = g_strdup_printf ("/trace/kill/random-moments/%s", ways[i].name);

      g_test_add_data_func (path, &ways[i], test_random_moments);
      g_free (path);
    }
  g_test_add_func ("/trace/kill/each-call", test_each_call);
  return g_test_run ();
}
