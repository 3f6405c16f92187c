// SPDX-License-Identifier: BSD-3-Clause
// A directory and a writer, made in the background.
#include "tx-late-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tx-os-private.h"
#include "tx-process-private.h"

#define LOOK_NS        250000
#define BLOCKED_NS_MAX 2000000
#define N_NAMES_MAX    1000

struct _TxLateWriter
{
  char *run;               /* owned, as the next */
  char *name;
  TxWriterOptions options; /* its strings are owned */
  char *ring_dir;          /* owned, as the next */
  TxInfoEntry *info;

  char directory[PATH_MAX]; /* of the trace; "" before it is made */
  TxWriter *writer;         /* owned; the thread's until is_done */
  TxError error;
  _Atomic int kernel_id; /* of the thread; 0: has not begun */
  _Atomic bool is_done;  /* under the mutex, too */
  bool is_left;          /* nobody wants it: the thread frees it */
  pthread_mutex_t mutex;
  pthread_cond_t changed; /* monotonic clock */
  uint64_t thread;
};

/* ---- In its thread ---- */

static TxStatus
check_run (int run_fd, const char *run, TxError *error)
{
  struct stat status;

  if (fstat (run_fd, &status) < 0)
    return tx_error_set_errno (error, errno, "cannot record into '%s'", run);
  if ((status.st_uid != 0 && status.st_uid != geteuid ()) ||
      ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0))
    return tx_error_set_errno (error, EPERM, "cannot record into '%s': others may write there",
                               run);
  return TX_OK;
}

static int
make_named (int run_fd, const char *name)
{
  if (mkdirat (run_fd, name, 0700) < 0)
    return errno;
  /* Whatever the umask is. Nobody else can have put another one there. */
  return fchmodat (run_fd, name, 0700, 0) < 0 ? errno : 0;
}

static TxStatus
make_directory (TxLateWriter *self, int run_fd)
{
  char name[NAME_MAX + 1];
  int result = EEXIST;

  for (int i = 1; i <= N_NAMES_MAX && result == EEXIST; i++)
    {
      int size = i == 1 ? snprintf (name, sizeof name, "%s", self->name)
                        : snprintf (name, sizeof name, "%s-%d", self->name, i);

      result = size < 0 || size >= (int) sizeof name ? ENAMETOOLONG : make_named (run_fd, name);
    }
  if (result == 0 && snprintf (self->directory, sizeof self->directory, "%s/%s", self->run, name) >=
                         (int) sizeof self->directory)
    {
      self->directory[0] = '\0';
      unlinkat (run_fd, name, AT_REMOVEDIR);
      result = ENAMETOOLONG;
    }
  if (result != 0)
    return tx_error_set_errno (&self->error, result, "cannot make a directory '%s' in '%s'",
                               self->name, self->run);
  return TX_OK;
}

static void
make (TxLateWriter *self)
{
  int run_fd = open (self->run, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (run_fd < 0)
    {
      tx_error_set_errno (&self->error, errno, "cannot record into '%s'", self->run);
      return;
    }
  if (check_run (run_fd, self->run, &self->error) == TX_OK &&
      make_directory (self, run_fd) == TX_OK)
    {
      self->writer = tx_writer_new (self->directory, &self->options, &self->error);
      if (!self->writer)
        rmdir (self->directory);
    }
  close (run_fd);
}

static void
free_late (TxLateWriter *self)
{
  for (size_t i = 0; self->info && i < self->options.n_info; i++)
    {
      free ((char *) self->info[i].key);
      free ((char *) self->info[i].value);
    }
  free (self->info);
  free (self->ring_dir);
  free (self->run);
  free (self->name);
  pthread_cond_destroy (&self->changed);
  pthread_mutex_destroy (&self->mutex);
  free (self);
}

static void *
run (void *data)
{
  TxLateWriter *self = data;
  bool is_left;

  _tx_os_own_descriptors ();
  atomic_store (&self->kernel_id, _tx_os_get_thread_id ());
  make (self);
  pthread_mutex_lock (&self->mutex);
  is_left = self->is_left;
  atomic_store (&self->is_done, true);
  pthread_cond_broadcast (&self->changed);
  pthread_mutex_unlock (&self->mutex);
  if (is_left)
    {
      tx_writer_close (self->writer, 0, NULL);
      free_late (self);
    }
  return NULL;
}

/* ---- Outside of it ---- */

static bool
copy_options (TxLateWriter *self, const TxWriterOptions *options)
{
  self->options = *options;
  if (options->ring_dir)
    {
      self->options.ring_dir = self->ring_dir = strdup (options->ring_dir);
      if (!self->ring_dir)
        return false;
    }
  self->info = calloc (options->n_info ? options->n_info : 1, sizeof *self->info);
  self->options.info = self->info;
  for (size_t i = 0; self->info && i < options->n_info; i++)
    {
      self->info[i].key = strdup (options->info[i].key);
      self->info[i].value = strdup (options->info[i].value);
      if (!self->info[i].key || !self->info[i].value)
        return false;
    }
  return self->info != NULL;
}

static bool
init_waiting (TxLateWriter *self)
{
  pthread_condattr_t attributes;
  bool is_done = false;

  pthread_mutex_init (&self->mutex, NULL);
  if (pthread_condattr_init (&attributes) != 0)
    return false;
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  is_done = pthread_cond_init (&self->changed, &attributes) == 0;
  pthread_condattr_destroy (&attributes);
  return is_done;
}

TxLateWriter *
tx_late_writer_start (const char *run_path, const char *name, const TxWriterOptions *options)
{
  TxOs *os = _tx_os_get_default ();
  TxLateWriter *self = calloc (1, sizeof *self);

  if (!self)
    return NULL;
  if (!init_waiting (self))
    {
      free (self);
      return NULL;
    }
  self->run = strdup (run_path);
  self->name = strdup (name);
  if (!self->run || !self->name || !copy_options (self, options) ||
      os->start_thread (os, run, self, &self->thread) < 0)
    {
      free_late (self);
      return NULL;
    }
  return self;
}

static struct timespec
get_deadline (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  now.tv_nsec += LOOK_NS;
  if (now.tv_nsec >= 1000000000)
    {
      now.tv_nsec -= 1000000000;
      now.tv_sec++;
    }
  return now;
}

bool
tx_late_writer_wait (TxLateWriter *self, uint64_t timeout_ns)
{
  uint64_t blocked_ns = 0;

  pthread_mutex_lock (&self->mutex);
  for (uint64_t waited_ns = 0; !atomic_load (&self->is_done) && waited_ns < timeout_ns &&
                               blocked_ns < BLOCKED_NS_MAX;)
    {
      struct timespec deadline = get_deadline ();
      int kernel_id;

      if (pthread_cond_timedwait (&self->changed, &self->mutex, &deadline) != ETIMEDOUT)
        continue;
      waited_ns += LOOK_NS;
      kernel_id = atomic_load (&self->kernel_id);
      if (kernel_id != 0 && _tx_process_is_thread_blocked (kernel_id))
        blocked_ns += LOOK_NS;
    }
  pthread_mutex_unlock (&self->mutex);
  return atomic_load (&self->is_done);
}

bool
tx_late_writer_is_done (const TxLateWriter *self)
{
  return atomic_load (&self->is_done);
}

TxWriter *
tx_late_writer_finish (TxLateWriter *self, char **ret_directory, TxError *error)
{
  TxWriter *writer = self->writer;
  char *directory = NULL;

  pthread_join ((pthread_t) self->thread, NULL);
  _tx_os_wait_thread_gone (atomic_load (&self->kernel_id));
  if (writer)
    directory = strdup (self->directory);
  if (!writer && error)
    *error = self->error;
  if (writer && !directory)
    {
      tx_writer_close (writer, 0, NULL);
      writer = NULL;
      tx_error_set (error, TX_ERROR_MEMORY, "cannot record: out of memory");
    }
  *ret_directory = directory;
  free_late (self);
  return writer;
}

void
tx_late_writer_leave (TxLateWriter *self)
{
  bool is_done;

  pthread_mutex_lock (&self->mutex);
  self->is_left = true;
  is_done = atomic_load (&self->is_done);
  pthread_mutex_unlock (&self->mutex);
  if (!is_done)
    {
      pthread_detach ((pthread_t) self->thread);
      return;
    }
  pthread_join ((pthread_t) self->thread, NULL);
  tx_writer_close (self->writer, 0, NULL);
  free_late (self);
}

void
tx_late_writer_abandon_in_child (TxLateWriter *self)
{
  /* Its thread may have been in the middle of anything: only what is ours is certain. */
  free (self->run);
  free (self->name);
}
