// SPDX-License-Identifier: BSD-3-Clause
// The native threads: when they run, when they sleep, how they are woken and ended.
//
// The clock works each tick while events flow. When nothing has moved for some ticks it leaves its
// question in the stream and sleeps without a limit: the event that answers wakes it, so an idle
// program has no thread that ticks. is_asleep and `asked` are both seq_cst: the thread says that it
// sleeps and then looks whether the question was taken; the stream takes it and then looks for a
// sleeper.
//
// The disk thread sleeps until the clock finds something for it; the program's threads never wake
// it. It says that it sleeps and then looks at the ring once more; the clock looks at the ring, and
// then for a sleeper, each time before it sleeps itself.
#include "tx-flusher-private.h"

#include <errno.h>
#include <time.h>

#include "tx-process-private.h"

/* The second tick that finds nothing new has nothing to add to the first one's question. */
#define N_IDLE_TICKS_MAX 1u

/* Who waits for the threads' end looks this often at what they do, and bears so long that they are
 * held up by something other than a want of CPU: a disk. */
#define LOOK_NS        500000u
#define BLOCKED_NS_MAX 2000000u

/* Definitions and sources do not wait longer for the block that uses them. */
#define N_UNSERVED_TICKS_MAX 50u

/* The ring grows by so many slots when it has fewer free ones, and shrinks by one a tick when there
 * were more for so long. */
#define N_SLOTS_GROW      16u
#define N_SHRINK_TICKS    5000u

/* So much later threads are tried again that could not be made. */
#define START_RETRY_NS 100000000

/* ---- Time ---- */

static struct timespec
get_deadline (uint64_t timeout_ns)
{
  struct timespec now;

  if (timeout_ns > INT64_MAX / 4)
    timeout_ns = INT64_MAX / 4;
  clock_gettime (CLOCK_MONOTONIC, &now);
  timeout_ns += (uint64_t) now.tv_nsec;
  return (struct timespec){
    .tv_sec = now.tv_sec + (time_t) (timeout_ns / 1000000000),
    .tv_nsec = (long) (timeout_ns % 1000000000),
  };
}

static void
wake (TxNativeThread *thread)
{
  atomic_fetch_add (&thread->wake_word, 1);
  _tx_os_wake (&thread->wake_word);
}

/* ---- The clock ---- */

/* Before the ring is full it grows, as long as the disk only is slow; afterwards it shrinks. Whether
 * that has happened. */
static bool
fit_ring (TxFlusher *self)
{
  uint32_t n_free = _tx_ring_count_free (self->ring);

  if (n_free < N_SLOTS_GROW)
    {
      self->n_ticks_roomy = 0;
      return !atomic_load (&self->is_failing) && _tx_flusher_has_sealed (self) &&
             _tx_ring_grow (self->ring, N_SLOTS_GROW);
    }
  if (n_free <= 2 * N_SLOTS_GROW || self->n_ticks_roomy < N_SHRINK_TICKS)
    {
      self->n_ticks_roomy++;
      return false;
    }
  return _tx_ring_shrink (self->ring, &self->stream->priv->shared.n_opened);
}

/* While the disk refuses, the disk thread wakes by itself, unless slots are wanted. */
static bool
has_work_for_disk (TxFlusher *self)
{
  if (!_tx_flusher_has_sealed (self))
    return false;
  return !atomic_load (&self->is_failing) ||
         _tx_ring_count_free (self->ring) < self->ring->slot_base / 4;
}

static void
wake_disk (TxFlusher *self, bool is_certain)
{
  if (!is_certain && !has_work_for_disk (self))
    return;
  self->n_ticks_unserved = 0;
  /* Before it sleeps it looks for sealed slots by itself, but not for anything else. */
  if (is_certain || atomic_load (&self->disk.is_asleep))
    {
      atomic_store (&self->disk.is_asleep, false);
      wake (&self->disk);
    }
}

static void
sleep_until_woken (TxFlusher *self, uint32_t wake_seen)
{
  TxStreamShared *shared = &self->stream->priv->shared;

  /* What has come since it was last woken has definitions perhaps. */
  wake_disk (self, self->n_ticks_unserved > 0);
  atomic_store (&self->clock.is_asleep, true);
  if (atomic_load (&shared->asked))
    _tx_os_wait (&self->clock.wake_word, wake_seen, -1);
  atomic_store (&self->clock.is_asleep, false);
  self->n_idle_ticks = 0;
}

/* One turn; whether to go on. */
static bool
turn_clock (TxFlusher *self)
{
  uint32_t wake_seen = atomic_load (&self->clock.wake_word);
  bool is_over, has_grown;

  pthread_mutex_lock (&self->mutex);
  is_over = self->exit != TX_FLUSHER_STAY;
  pthread_mutex_unlock (&self->mutex);
  if (is_over)
    return false;
  _tx_flusher_tick (self);
  has_grown = fit_ring (self);
  if (self->n_idle_ticks == 0)
    self->n_ticks_unserved++;
  wake_disk (self, self->n_ticks_unserved >= N_UNSERVED_TICKS_MAX);
  if (self->n_idle_ticks >= N_IDLE_TICKS_MAX)
    sleep_until_woken (self, wake_seen);
  else
    _tx_os_wait (&self->clock.wake_word, wake_seen,
                 (int64_t) _tx_pace_get_wait (&self->pace, self->last_tick_ns, !has_grown,
                                              _tx_os_get_thread_cpu_ns));
  return true;
}

/* ---- The disk ---- */

/* Whether all that can be done now for who waits is done. */
static bool
is_served (const TxFlusher *self, bool has_more)
{
  return !has_more &&
         (!atomic_load (&self->is_failing) || self->n_failed >= TX_FLUSHER_QUICK_TRIES);
}

static void
rest (TxFlusher *self, uint32_t wake_seen)
{
  int64_t wait_ns;

  atomic_store (&self->disk.is_asleep, true);
  wait_ns = has_work_for_disk (self) ? 0 : _tx_flusher_get_wait (self);
  if (wait_ns != 0)
    _tx_os_wait (&self->disk.wake_word, wake_seen, wait_ns);
  atomic_store (&self->disk.is_asleep, false);
}

static bool
turn_disk (TxFlusher *self)
{
  uint32_t wake_seen = atomic_load (&self->disk.wake_word);
  TxFlusherExit how;
  uint64_t asked;
  bool is_asked, is_done;

  pthread_mutex_lock (&self->mutex);
  how = self->exit;
  asked = self->flush_asked;
  is_asked = asked != self->flush_done;
  pthread_mutex_unlock (&self->mutex);
  if (how == TX_FLUSHER_EXIT_NOW)
    return false;
  is_done = is_served (self, _tx_flusher_work (self, is_asked || how == TX_FLUSHER_EXIT_EMPTY));
  if (!is_done && atomic_load (&self->is_failing))
    {
      /* Somebody waits, so not for long. */
      _tx_os_wait (&self->disk.wake_word, wake_seen, _tx_flusher_get_wait (self));
      return true;
    }
  if (!is_done)
    return true;
  if (how == TX_FLUSHER_EXIT_EMPTY)
    {
      self->finish_func (self->func_data);
      return false;
    }
  pthread_mutex_lock (&self->mutex);
  if (is_asked)
    {
      self->flush_done = asked;
      pthread_cond_broadcast (&self->changed);
    }
  pthread_mutex_unlock (&self->mutex);
  rest (self, wake_seen);
  return true;
}

/* ---- Both ---- */

static void
begin_thread (TxFlusher *self, TxNativeThread *thread)
{
  _tx_os_own_descriptors ();
  pthread_mutex_lock (&self->mutex);
  thread->kernel_id = _tx_os_get_thread_id ();
  pthread_mutex_unlock (&self->mutex);
}

static void
end_thread (TxFlusher *self, TxNativeThread *thread)
{
  void (*orphan_func) (void *data) = NULL;
  void *data = self->func_data;

  pthread_mutex_lock (&self->mutex);
  thread->is_running = false;
  self->ended_cpu_ns += (uint64_t) _tx_os_get_thread_cpu_ns ();
  if (self->is_orphan && !self->clock.is_running && !self->disk.is_running)
    orphan_func = self->orphan_func;
  pthread_cond_broadcast (&self->changed);
  pthread_mutex_unlock (&self->mutex);
  if (orphan_func)
    orphan_func (data);
}

static void *
run_clock (void *data)
{
  TxFlusher *self = data;

  self->n_idle_ticks = 0;
  _tx_pace_init (&self->pace, self->tick_ns);
  begin_thread (self, &self->clock);
  while (turn_clock (self))
    ;
  end_thread (self, &self->clock);
  return NULL;
}

static void *
run_disk (void *data)
{
  TxFlusher *self = data;

  begin_thread (self, &self->disk);
  while (turn_disk (self))
    ;
  if (_tx_os_has_own_descriptors ())
    {
      _tx_flusher_close_files (self);
      _tx_directory_close (self->segments.directory);
    }
  end_thread (self, &self->disk);
  return NULL;
}

/* ---- In the program's threads ---- */

bool
_tx_flusher_init_thread (TxFlusher *self)
{
  pthread_condattr_t attributes;
  bool is_done;

  if (pthread_mutex_init (&self->mutex, NULL) != 0)
    return false;
  if (pthread_condattr_init (&attributes) != 0)
    return false;
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  is_done = pthread_cond_init (&self->changed, &attributes) == 0;
  pthread_condattr_destroy (&attributes);
  return is_done;
}

void
_tx_flusher_clear_thread (TxFlusher *self)
{
  pthread_cond_destroy (&self->changed);
  pthread_mutex_destroy (&self->mutex);
}

/* Under the mutex. A thread that has ended by itself is joined first. */
static bool
start_thread (TxFlusher *self, TxNativeThread *thread, void *(*run) (void *data))
{
  if (thread->is_running)
    return true;
  if (thread->has_thread)
    pthread_join ((pthread_t) thread->thread, NULL);
  thread->has_thread = false;
  thread->kernel_id = 0; /* not known before it has begun */
  thread->is_running = true;
  if (self->os->start_thread (self->os, run, self, &thread->thread) < 0)
    thread->is_running = false;
  else
    thread->has_thread = true;
  return thread->is_running;
}

bool
_tx_flusher_start (TxFlusher *self)
{
  bool is_started;

  pthread_mutex_lock (&self->mutex);
  self->exit = TX_FLUSHER_STAY;
  atomic_store (&self->is_hurried, false);
  is_started = start_thread (self, &self->disk, run_disk) &&
               start_thread (self, &self->clock, run_clock);
  if (is_started)
    atomic_store (&self->may_start, false);
  pthread_mutex_unlock (&self->mutex);
  return is_started;
}

/* Where no thread can be made just now (a limit on processes), it is tried again before long. Until
 * then the ring takes what it can, and then events are lost. */
static void
try_start (TxFlusher *self)
{
  TxStreamPrivate *stream = self->stream->priv;
  int64_t now_ns = stream->is_unserved ? _tx_os_get_mono_ns () : 0;

  if (stream->is_unserved && now_ns < self->start_retry_ns)
    return;
  stream->is_unserved = !_tx_flusher_start (self);
  if (stream->is_unserved)
    self->start_retry_ns = _tx_os_get_mono_ns () + START_RETRY_NS;
}

void
_tx_flusher_poke (void *data)
{
  TxFlusher *self = data;

  if (atomic_load_explicit (&self->may_start, memory_order_relaxed))
    {
      try_start (self);
      return;
    }
  self->stream->priv->is_unserved = false;
  if (atomic_load (&self->clock.is_asleep))
    {
      atomic_store (&self->clock.is_asleep, false);
      wake (&self->clock);
    }
}

/* Under the mutex, so that a thread that runs does not end meanwhile. */
static uint64_t
get_running_cpu_ns (const TxNativeThread *thread)
{
  struct timespec used;
  clockid_t clock;

  if (!thread->has_thread || !thread->is_running ||
      pthread_getcpuclockid ((pthread_t) thread->thread, &clock) != 0 ||
      clock_gettime (clock, &used) != 0)
    return 0;
  return (uint64_t) used.tv_sec * 1000000000u + (uint64_t) used.tv_nsec;
}

uint64_t
_tx_flusher_get_cpu_ns (TxFlusher *self)
{
  uint64_t cpu_ns;

  pthread_mutex_lock (&self->mutex);
  cpu_ns = self->ended_cpu_ns + get_running_cpu_ns (&self->clock) + get_running_cpu_ns (&self->disk);
  pthread_mutex_unlock (&self->mutex);
  return cpu_ns;
}

bool
_tx_flusher_flush (TxFlusher *self, uint64_t timeout_ns)
{
  struct timespec deadline = get_deadline (timeout_ns);
  uint64_t asked;
  bool is_done;

  if (!_tx_flusher_start (self))
    return false;
  pthread_mutex_lock (&self->mutex);
  asked = ++self->flush_asked;
  wake (&self->disk);
  while (self->flush_done < asked && self->disk.is_running)
    if (pthread_cond_timedwait (&self->changed, &self->mutex, &deadline) == ETIMEDOUT)
      break;
  is_done = self->flush_done >= asked;
  pthread_mutex_unlock (&self->mutex);
  return is_done;
}

static bool
is_held_up (const TxNativeThread *thread)
{
  return thread->is_running && thread->kernel_id != 0 &&
         _tx_process_is_thread_blocked (thread->kernel_id);
}

/* Under the mutex. Before a fork nobody waits for a disk: only for threads that run or could. */
static void
wait_ended (TxFlusher *self, bool bears_disk, uint64_t timeout_ns)
{
  int64_t began_ns = _tx_os_get_mono_ns ();
  uint64_t blocked_ns = 0;

  while (self->clock.is_running || self->disk.is_running)
    {
      uint64_t waited_ns = (uint64_t) (_tx_os_get_mono_ns () - began_ns);
      struct timespec deadline;

      if (waited_ns >= timeout_ns)
        return;
      deadline = get_deadline (bears_disk ? timeout_ns - waited_ns : LOOK_NS);
      if (pthread_cond_timedwait (&self->changed, &self->mutex, &deadline) != ETIMEDOUT ||
          bears_disk || !is_held_up (&self->disk))
        continue;
      blocked_ns += LOOK_NS;
      if (blocked_ns >= BLOCKED_NS_MAX)
        return;
    }
}

/* Joins what has ended. Before a fork, whoever counts threads shall find it gone. */
static void
join_thread (TxNativeThread *thread, TxFlusherExit how)
{
  if (!thread->has_thread)
    return;
  pthread_join ((pthread_t) thread->thread, NULL);
  thread->has_thread = false;
  if (how == TX_FLUSHER_EXIT_NOW)
    _tx_os_wait_thread_gone (thread->kernel_id);
}

/* Under the mutex: nobody joins them any more. */
static void
orphan_threads (TxFlusher *self)
{
  self->is_orphan = true;
  if (self->clock.has_thread)
    pthread_detach ((pthread_t) self->clock.thread);
  if (self->disk.has_thread)
    pthread_detach ((pthread_t) self->disk.thread);
}

bool
_tx_flusher_stop (TxFlusher *self, TxFlusherExit how, uint64_t timeout_ns, bool make_orphan)
{
  bool is_ended, is_clock_ended;

  atomic_store (&self->may_start, false);
  pthread_mutex_lock (&self->mutex);
  self->exit = how;
  atomic_store (&self->is_hurried, how == TX_FLUSHER_EXIT_NOW);
  wake (&self->clock);
  wake (&self->disk);
  wait_ended (self, how != TX_FLUSHER_EXIT_NOW, timeout_ns);
  is_clock_ended = !self->clock.is_running;
  is_ended = is_clock_ended && !self->disk.is_running;
  if (!is_ended && make_orphan)
    orphan_threads (self);
  else if (!is_ended)
    {
      self->exit = TX_FLUSHER_STAY;
      atomic_store (&self->is_hurried, false);
    }
  pthread_mutex_unlock (&self->mutex);
  if (is_clock_ended && (is_ended || !make_orphan))
    join_thread (&self->clock, how);
  if (is_ended)
    join_thread (&self->disk, how);
  return is_ended;
}
