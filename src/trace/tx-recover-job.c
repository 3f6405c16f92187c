// SPDX-License-Identifier: BSD-3-Clause
// The thread that recovers while the program goes on.
#include "tx-recover-job-private.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tx-os-private.h"
#include "tx-process-private.h"
#include "tx-recover.h"
#include "tx-retention.h"

#define LOOK_NS        250000
#define BLOCKED_NS_MAX 2000000

/* So long a trace in hands may take to be finished before a fork, then it is cut short. */
#define GRACE_NS 3000000u

/* One that was cut short waits so many times as long as it has taken: where a program forks all the
 * time, what is begun again and again costs no more than a part in so many of a CPU. */
#define REST_FACTOR 10

/* Rings of children that may be left before somebody looks. */
#define N_FORKS_MAX 8

struct _TxRecoverJob
{
  char *base;          /* owned (nullable) */
  char *run;           /* owned (nullable) */
  char *ring_dir;      /* owned (nullable) */
  uint64_t keep_runs;  /* 0: all */
  uint64_t max_age_ns; /* 0: any */
  _Atomic bool is_wanted;
  _Atomic bool stop;
  _Atomic bool cut; /* also between two blocks */
  _Atomic bool is_running;
  _Atomic bool is_looked_through; /* the whole base was, once */
  _Atomic int kernel_id;          /* of the thread; 0: has not begun */
  bool has_thread;                /* made and not joined */
  uint64_t thread;
  _Atomic int64_t not_before_ns; /* monotonic; 0: at once */
  unsigned n_forks;              /* since the rings were last looked through */
};

static void
free_job (TxRecoverJob *self)
{
  free (self->base);
  free (self->run);
  free (self->ring_dir);
  free (self);
}

TxRecoverJob *
_tx_recover_job_new (const char *base, const char *run, const char *ring_dir)
{
  TxRecoverJob *self = calloc (1, sizeof *self);

  if (!self)
    return NULL;
  self->base = base ? strdup (base) : NULL;
  self->run = run ? strdup (run) : NULL;
  self->ring_dir = ring_dir ? strdup (ring_dir) : NULL;
  if ((base && !self->base) || (run && !self->run) || (ring_dir && !self->ring_dir))
    {
      free_job (self);
      return NULL;
    }
  atomic_store (&self->is_looked_through, !base);
  atomic_store (&self->is_wanted, base != NULL);
  return self;
}

void
_tx_recover_job_keep (TxRecoverJob *self, uint64_t keep_runs, uint64_t max_age_ns)
{
  self->keep_runs = keep_runs;
  self->max_age_ns = max_age_ns;
}

void
_tx_recover_job_free (TxRecoverJob *self, uint64_t timeout_ns)
{
  if (self && _tx_recover_job_pause (self, timeout_ns))
    free_job (self);
}

/* ---- In the thread ---- */

static void *
run (void *data)
{
  TxRecoverJob *self = data;
  TxRecoverStats stats = { .cut = &self->cut };
  int64_t begun_ns = _tx_os_get_mono_ns ();

  _tx_os_own_descriptors ();
  atomic_store (&self->kernel_id, _tx_os_get_thread_id ());
  if (!atomic_load (&self->is_looked_through))
    {
      tx_recover_directory (self->base, &self->stop, &stats);
      tx_recover_rings (self->ring_dir, self->base, &self->stop, &stats);
      if (self->keep_runs != 0)
        tx_retention_remove_runs (self->base, self->keep_runs, self->max_age_ns, &self->stop);
      if (!atomic_load (&self->stop))
        atomic_store (&self->is_looked_through, true);
    }
  else
    tx_recover_rings (self->ring_dir, self->run, &self->stop, &stats);
  /* What was cut short is wanted again when the program goes on. */
  if (!atomic_load (&self->stop))
    atomic_store (&self->is_wanted, false);
  else if (atomic_load (&self->cut))
    {
      int64_t now_ns = _tx_os_get_mono_ns ();

      atomic_store (&self->not_before_ns, now_ns + REST_FACTOR * (now_ns - begun_ns));
    }
  atomic_store (&self->is_running, false);
  return NULL;
}

/* ---- In the program's threads ---- */

static void
join (TxRecoverJob *self)
{
  pthread_join ((pthread_t) self->thread, NULL);
  self->has_thread = false;
}

void
_tx_recover_job_start (TxRecoverJob *self)
{
  TxOs *os = _tx_os_get_default ();

  if (!atomic_load_explicit (&self->is_wanted, memory_order_relaxed) ||
      atomic_load (&self->is_running) || _tx_os_get_mono_ns () < atomic_load (&self->not_before_ns))
    return;
  if (self->has_thread)
    join (self);
  atomic_store (&self->stop, false);
  atomic_store (&self->cut, false);
  atomic_store (&self->kernel_id, 0);
  atomic_store (&self->is_running, true);
  self->n_forks = 0;
  if (os->start_thread (os, run, self, &self->thread) == 0)
    self->has_thread = true;
  else
    {
      atomic_store (&self->is_running, false);
      atomic_store (&self->is_wanted, false);
    }
}

void
_tx_recover_job_stop (TxRecoverJob *self)
{
  atomic_store (&self->stop, true);
}

bool
_tx_recover_job_pause (TxRecoverJob *self, uint64_t timeout_ns)
{
  uint64_t blocked_ns = 0;

  if (!self->has_thread)
    return true;
  _tx_recover_job_stop (self);
  for (uint64_t waited_ns = 0; atomic_load (&self->is_running); waited_ns += LOOK_NS)
    {
      int kernel_id = atomic_load (&self->kernel_id);

      if (waited_ns >= timeout_ns || blocked_ns >= BLOCKED_NS_MAX)
        return false;
      if (waited_ns >= GRACE_NS)
        atomic_store (&self->cut, true);
      nanosleep (&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
      if (kernel_id != 0 && _tx_process_is_thread_blocked (kernel_id))
        blocked_ns += LOOK_NS;
    }
  join (self);
  _tx_os_wait_thread_gone (atomic_load (&self->kernel_id));
  return true;
}

void
_tx_recover_job_count_fork (TxRecoverJob *self)
{
  if (self->run && ++self->n_forks >= N_FORKS_MAX)
    atomic_store (&self->is_wanted, true);
}
