// SPDX-License-Identifier: BSD-3-Clause
// The stream itself and its threads: made, found, switched to, their stacks stated anew, dropped.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tx-os-private.h"
#include "tx-stream-private.h"

#define N_FRAMES_MIN 64u
#define N_LISTS_MIN  16u

/* ---- The stream ---- */

/* On two pages: what a child shall find zeroed begins the second one. Where the kernel cannot do
 * that, the handler in tx-writer-fork.c is all there is. */
static TxStream *
map_stream (TxOs *os)
{
  size_t page_size = (size_t) sysconf (_SC_PAGESIZE);
  void *memory;

  if (os->map (os, -1, 2 * page_size, &memory) < 0)
    return NULL;
  (void) madvise ((uint8_t *) memory + page_size, page_size, MADV_WIPEONFORK);
  return (TxStream *) (void *) ((uint8_t *) memory + page_size - offsetof (TxStream, limit));
}

static void
unmap_stream (TxStream *self)
{
  size_t page_size = (size_t) sysconf (_SC_PAGESIZE);

  munmap ((uint8_t *) self + offsetof (TxStream, limit) - page_size, 2 * page_size);
}

static TxStreamPrivate *
make_private (TxRing *ring, int64_t (*clock_ns) (void *data, bool realtime), void *clock_data)
{
  TxStreamPrivate *priv = calloc (1, sizeof *priv);
  uint32_t frames_fitting = ring->slot_size / 4 / 10; /* a stack has a quarter of a slot at most */

  if (!priv)
    return NULL;
  priv->ring = ring;
  priv->clock_ns = clock_ns;
  priv->stride = TX_SLOT_SIZE_MAX;
  priv->clock_data = clock_data;
  priv->frames_max =
      frames_fitting < TX_SNAPSHOT_FRAMES_MAX ? frames_fitting : TX_SNAPSHOT_FRAMES_MAX;
  priv->nobody_frame.reference = TX_REFERENCE_NONE;
  priv->nobody.frames = priv->nobody.top = priv->nobody.last = &priv->nobody_frame;
  return priv;
}

TxStream *
_tx_stream_new (TxRing *ring, int64_t (*clock_ns) (void *data, bool realtime), void *clock_data)
{
  TxStreamPrivate *priv = make_private (ring, clock_ns, clock_data);
  TxStream *self = priv ? map_stream (ring->os) : NULL;

  if (!self)
    {
      free (priv);
      return NULL;
    }
  *self = (TxStream){
    .current = &priv->nobody,
    .top = &priv->nobody_frame,
    .committed = &priv->nowhere,
    .priv = priv,
    .is_ours = true,
  };
  return self;
}

static int64_t
read_cpu_clock (void *data)
{
  return _tx_os_get_thread_cpu_ns ();
}

void
_tx_stream_use_system_clocks (TxStream *self)
{
  self->priv->cpu_ns = read_cpu_clock;
  _tx_counter_init (&self->priv->counter);
  (void) _tx_counter_set (&self->priv->counter, self->priv->clock_ns, self->priv->clock_data);
}

static void
set_current (TxStream *self, TxThread *thread)
{
  self->current = thread;
  self->top = thread->top;
}

static void
free_thread (TxThread *thread)
{
  free (thread->frames);
  free (thread);
}

void
_tx_stream_free (TxStream *self)
{
  TxStreamPrivate *priv;

  if (!self)
    return;
  priv = self->priv;
  for (size_t i = 0; i < priv->n_lists; i++)
    while (priv->threads[i])
      {
        TxThread *thread = priv->threads[i];

        priv->threads[i] = thread->next;
        free_thread (thread);
      }
  free (priv->threads);
  _tx_suspended_clear (&priv->suspended);
  _tx_definition_queue_clear (&priv->definitions);
  free (priv);
  unmap_stream (self);
}

void
_tx_stream_abandon (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;

  priv->is_dead = true;
  priv->is_open = false;
  priv->poke = NULL;
  self->pos = self->base = NULL;
  priv->near_limit = NULL;
  self->committed = &priv->nowhere;
  set_current (self, &priv->nobody);
  atomic_store (&self->limit, NULL);
}

/* ---- Threads ---- */

bool
_tx_thread_grow (TxThread *self, size_t n_frames)
{
  size_t depth = self->frames ? (size_t) (self->top - self->frames) : 0;
  size_t capacity = self->frames ? (size_t) (self->last - self->frames) : 0;
  TxFrame *frames;

  if (n_frames > TX_DEPTH_MAX)
    return false;
  if (n_frames <= capacity && self->frames)
    return true;
  capacity = 2 * capacity < N_FRAMES_MIN ? N_FRAMES_MIN : 2 * capacity;
  if (capacity < n_frames)
    capacity = n_frames;
  if (capacity > TX_DEPTH_MAX)
    capacity = TX_DEPTH_MAX;
  frames = realloc (self->frames, (capacity + 1) * sizeof *frames);
  if (!frames)
    return false;
  if (!self->frames)
    frames[0] = (TxFrame){ .reference = TX_REFERENCE_NONE };
  self->frames = frames;
  self->top = frames + depth;
  self->last = frames + capacity;
  return true;
}

/* Keys may be numbers one after the other, or addresses. */
static TxThread **
get_list (const TxStreamPrivate *priv, uint64_t key)
{
  return &priv->threads[(key * 0x9e3779b97f4a7c15u) >> 32 & (priv->n_lists - 1)];
}

static void
put_in_list (TxStreamPrivate *priv, TxThread *thread)
{
  TxThread **list = get_list (priv, thread->key);

  thread->next = *list;
  *list = thread;
}

/* As many lists as threads, so that each is short whatever the number of threads. */
static bool
grow_lists (TxStreamPrivate *priv)
{
  TxThread **lists = priv->threads;
  size_t n_lists = priv->n_lists;

  priv->n_lists = n_lists ? 2 * n_lists : N_LISTS_MIN;
  priv->threads = calloc (priv->n_lists, sizeof (TxThread *));
  if (!priv->threads)
    {
      priv->threads = lists;
      priv->n_lists = n_lists;
      return false;
    }
  for (size_t i = 0; i < n_lists; i++)
    while (lists[i])
      {
        TxThread *thread = lists[i];

        lists[i] = thread->next;
        put_in_list (priv, thread);
      }
  free (lists);
  return true;
}

static TxThread *
make_thread (TxStreamPrivate *priv, uint64_t key)
{
  TxThread *thread;

  if (priv->n_alive >= priv->n_lists && !grow_lists (priv) && priv->n_lists == 0)
    return NULL;
  thread = calloc (1, sizeof *thread);
  if (!thread)
    return NULL;
  thread->key = key;
  thread->stated_in = UINT64_MAX;
  if (!_tx_thread_grow (thread, N_FRAMES_MIN))
    {
      free_thread (thread);
      return NULL;
    }
  thread->id = ++priv->n_threads;
  put_in_list (priv, thread);
  priv->n_alive++;
  return thread;
}

TxThread *
tx_stream_get_thread (TxStream *self, uint64_t key)
{
  TxStreamPrivate *priv = self->priv;

  (void) _tx_stream_get_current (self);
  for (TxThread *thread = priv->n_lists ? *get_list (priv, key) : NULL; thread;
       thread = thread->next)
    if (thread->key == key)
      return thread;
  return priv->is_dead ? NULL : make_thread (priv, key);
}

void
tx_stream_switch_to (TxStream *self, TxThread *thread)
{
  (void) _tx_stream_get_current (self);
  if (self->priv->is_dead)
    return;
  /* Nothing is written before the thread's first event: it may be switched away from without one.
   */
  set_current (self, thread ? thread : &self->priv->nobody);
  _tx_stream_update_limit (self);
}

void
tx_stream_drop_thread (TxStream *self, TxThread *thread)
{
  TxStreamPrivate *priv = self->priv;

  if (_tx_stream_get_current (self) == thread)
    {
      set_current (self, &priv->nobody);
      _tx_stream_update_limit (self);
    }
  for (TxThread **link = get_list (priv, thread->key); *link; link = &(*link)->next)
    if (*link == thread)
      {
        *link = thread->next;
        priv->n_alive--;
        free_thread (thread);
        return;
      }
}

/* ---- Stating a stack anew ---- */

static void
set_frames (TxStream *self, const TxFrame *frames, const uint32_t *first_lines, size_t n_frames)
{
  TxThread *thread = self->current;
  size_t n_stored = n_frames;

  if (!_tx_thread_grow (thread, n_frames))
    {
      n_stored = (size_t) (thread->last - thread->frames);
      n_stored = n_stored < n_frames ? n_stored : n_frames;
    }
  for (size_t i = 0; i < n_stored; i++)
    {
      TxFrame *frame = &thread->frames[i + 1];

      *frame = frames[i];
      frame->reference = frame->line ? frame->line : first_lines[i];
    }
  _tx_stream_set_top (self, thread->frames + n_stored);
  thread->untracked = (uint32_t) (n_frames - n_stored);
}

void
tx_stream_resync (TxStream *self,
                  const TxFrame *frames,
                  const uint32_t *first_lines,
                  size_t n_frames,
                  TxStackReason reason)
{
  TxStreamPrivate *priv = self->priv;
  TxThread *thread = _tx_stream_get_current (self);
  uint32_t size = 1 + 5 + 1 + 5 + 5 + 10 * priv->frames_max;

  if (thread->id == 0 || priv->is_dead)
    return;
  if (reason == TX_STACK_RESYNC)
    priv->stats.resyncs++;
  if (thread->untracked > 0)
    {
      /* What was left out is stated by a gap, which only a new block can have. */
      thread->untracked = 0;
      _tx_stream_seal (self, _tx_stream_read_clock (self));
    }
  if (!_tx_stream_begin (self, size, 0))
    {
      set_frames (self, frames, first_lines, n_frames);
      return;
    }
  set_frames (self, frames, first_lines, n_frames);
  _tx_stream_end (self, _tx_stream_put_stack (self, reason, self->pos));
}
