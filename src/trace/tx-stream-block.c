// SPDX-License-Identifier: BSD-3-Clause
// What stands around events: opening and sealing blocks, stating stacks and threads, gaps. The slow
// path's common part. Times are tx-stream-time.c's.
#include <string.h>

#include "tx-bytes-private.h"
#include "tx-stream-private.h"

/* Longest encodings. */
#define WAIT_SIZE_MAX   (1u + 10u)
#define THREAD_SIZE_MAX (1u + 5u)
#define STACK_SIZE_MAX  (1u + 5u + 1u + 5u + 5u)
#define STACK_FRAME_MAX (5u + 5u)
#define GAP_SIZE_MAX    (1u + 10u)
#define EVEN_SIZE       2u

/* ---- Stacks ---- */

static uint32_t
get_n_stated (const TxStreamPrivate *priv, const TxThread *thread)
{
  size_t depth = (size_t) (thread->top - thread->frames);

  return depth < priv->frames_max ? (uint32_t) depth : priv->frames_max;
}

uint32_t
_tx_stream_get_stack_size_max (const TxStream *self, const TxThread *thread)
{
  return STACK_SIZE_MAX + STACK_FRAME_MAX * get_n_stated (self->priv, thread);
}

uint8_t *
_tx_stream_put_stack (TxStream *self, TxStackReason reason, uint8_t *pos)
{
  TxStreamPrivate *priv = self->priv;
  TxThread *thread = self->current;
  uint32_t depth = (uint32_t) (thread->top - thread->frames);
  uint32_t count = get_n_stated (priv, thread);

  *pos++ = TX_BYTE_STACK;
  pos = _tx_put_varint32 (pos, thread->id);
  *pos++ = (uint8_t) reason;
  pos = _tx_put_varint32 (pos, depth);
  pos = _tx_put_varint32 (pos, count);
  for (const TxFrame *frame = thread->top - count + 1; frame <= thread->top; frame++)
    {
      pos = _tx_put_varint32 (pos, frame->function);
      pos = _tx_put_varint32 (pos, frame->line);
    }
  thread->known_floor = count == depth ? 0 : depth - count + 1;
  thread->stated_in = priv->sequence;
  priv->block_thread = thread->id;
  return pos;
}

/* ---- Blocks ---- */

void
_tx_stream_seal (TxStream *self, int64_t mono_last_ns)
{
  TxStreamPrivate *priv = self->priv;
  uint8_t *slot;

  if (!priv->is_open)
    return;
  slot = _tx_ring_get_slot (priv->ring, priv->sequence);
  priv->stats.bytes += (uint64_t) (self->pos - self->base);
  priv->stats.blocks++;
  atomic_store_explicit (_tx_slot_mono_last (slot), mono_last_ns, memory_order_relaxed);
  atomic_store_explicit (_tx_slot_state (slot), TX_SLOT_SEALED, memory_order_release);
  priv->is_open = false;
  priv->block_thread = 0;
  priv->sequence++;
  priv->needs_poke = true;
  self->pos = self->base = NULL;
  priv->near_limit = NULL;
  self->committed = &priv->nowhere;
  atomic_store (&priv->shared.n_sealed, priv->sequence);
  atomic_store (&self->limit, NULL);
}

/* Opens a slot; false when none is free. */
static bool
open_slot (TxStream *self, int64_t now_ns)
{
  TxStreamPrivate *priv = self->priv;
  uint8_t *slot = _tx_ring_take_slot (priv->ring, priv->sequence);
  TxSlotHeader header = { .sequence = priv->sequence, .mono_first_ns = now_ns };

  if (!slot)
    return false;
  header.real_first_ns = _tx_stream_get_wall (self, now_ns);
  atomic_store_explicit (_tx_slot_state (slot), TX_SLOT_OPENING, memory_order_relaxed);
  atomic_thread_fence (memory_order_release);
  atomic_store_explicit (_tx_slot_mono_last (slot), 0, memory_order_relaxed);
  atomic_store_explicit (_tx_slot_committed (slot), 0, memory_order_relaxed);
  _tx_slot_header_encode_opening (slot, &header, priv->ring->trace_id);
  atomic_store_explicit (_tx_slot_state (slot), TX_SLOT_OPEN, memory_order_release);

  self->base = self->pos = slot + TX_SLOT_HEADER_SIZE;
  self->committed = _tx_slot_committed (slot);
  priv->end = self->base + priv->ring->slot_size;
  priv->is_open = true;
  priv->last_activation = 0;
  priv->needs_poke = true;
  priv->last_exact_ns = now_ns;
  _tx_stream_note_stamp (self);
  atomic_store (&priv->shared.n_opened, priv->sequence + 1);
  return true;
}

static void
put_gap (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;

  *self->pos++ = TX_BYTE_GAP;
  _tx_stream_commit (self, _tx_put_varint64 (self->pos, priv->events_lost));
  priv->events_lost = 0;
}

static void
put_even (TxStream *self)
{
  *self->pos++ = TX_BYTE_EVEN;
  *self->pos++ = 0;
  _tx_stream_commit (self, self->pos);
}

bool
_tx_stream_write_definitions (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;
  TxDefinitionEntry entry;

  while (_tx_definition_reader_peek (&priv->definitions.stream, &priv->definitions, &entry))
    {
      if (entry.size > (size_t) (priv->end - self->pos))
        return false;
      memcpy (self->pos, entry.bytes, entry.size);
      _tx_stream_commit (self, self->pos + entry.size);
      _tx_definition_reader_advance (&priv->definitions.stream);
    }
  return true;
}

/* A new block up to the current thread's stack: room for @size bytes more. False when no slot is
 * free. */
static bool
open_block (TxStream *self, uint32_t size, int64_t now_ns)
{
  TxStreamPrivate *priv = self->priv;

  for (;;)
    {
      bool has_gap = priv->events_lost > 0;
      bool is_complete;

      if (!open_slot (self, now_ns))
        return false;
      if (has_gap)
        put_gap (self);
      if (priv->is_converted)
        put_even (self);
      is_complete = _tx_stream_write_definitions (self);
      if (is_complete && size <= (size_t) (priv->end - self->pos))
        {
          /* Committed with the event, so that a block never ends in a stack without need. */
          self->pos = _tx_stream_put_stack (
              self, has_gap ? TX_STACK_AFTER_GAP : TX_STACK_BLOCK_START, self->pos);
          return true;
        }
      /* So much was defined while no slot was free that it fills this one. */
      _tx_stream_seal (self, now_ns);
    }
}

/* ---- Events ---- */

void
_tx_stream_lose (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;

  priv->events_lost++;
  priv->stats.events_lost++;
  _tx_ring_set_events_lost (priv->ring, priv->stats.events_lost);
  atomic_store (&self->limit, NULL);
  _tx_stream_poke (self);
}

bool
_tx_stream_state_loss (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;
  int64_t now_ns;

  if (priv->events_lost == 0 || priv->is_open || priv->is_dead)
    return false;
  now_ns = priv->clock_ns (priv->clock_data, false);
  if (!open_slot (self, now_ns))
    return false;
  put_gap (self);
  _tx_stream_seal (self, now_ns);
  return true;
}

/* What the current thread needs before its next event in the open block. */
static bool
put_thread (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;
  TxThread *thread = self->current;

  if (thread->stated_in != priv->sequence)
    {
      self->pos = _tx_stream_put_stack (self, TX_STACK_FIRST_SWITCH, self->pos);
      return true;
    }
  if (priv->block_thread == thread->id)
    return false;
  *self->pos++ = TX_BYTE_THREAD;
  self->pos = _tx_put_varint32 (self->pos, thread->id);
  priv->block_thread = thread->id;
  return true;
}

/** Prologue: what stands before an event besides what its thread needs. */
typedef struct
{
  bool is_stamped;
  bool is_late;      /* only what stands directly behind the stamp needs it */
  bool is_new_block; /* it has its exact time already, and its stack behind that */
  int64_t now_ns, quiet_ns, wait_ns;
} Prologue;

/* An exact time for whatever comes first, and once more for the event itself if something has come
 * between. */
static void
put_prologue (TxStream *self, const Prologue *prologue)
{
  bool in_between = prologue->is_new_block;

  if (prologue->is_stamped && !prologue->is_late && !prologue->is_new_block)
    _tx_stream_put_stamp (self, prologue->now_ns, prologue->quiet_ns);
  if (put_thread (self))
    in_between = true;
  if (prologue->wait_ns > 0)
    {
      *self->pos++ = TX_BYTE_WAIT;
      self->pos = _tx_put_varint64 (self->pos, (uint64_t) prologue->wait_ns / 1000);
      in_between = true;
    }
  if (prologue->is_stamped && in_between)
    _tx_stream_put_stamp (self, prologue->now_ns, 0);
}

/* Nobody has asked for an exact time for long. */
static bool
is_due (const TxStream *self)
{
  return self->priv->is_open && self->pos >= self->priv->due;
}

/* Another thread than before goes on in the open block. Taking turns costs them far more than a
 * clock. */
static bool
is_switch (const TxStream *self)
{
  return self->priv->is_open && self->priv->block_thread != self->current->id;
}

bool
_tx_stream_begin (TxStream *self, uint32_t size, unsigned flags)
{
  TxStreamPrivate *priv = self->priv;
  TxThread *thread = _tx_stream_get_current (self);
  Prologue prologue = { 0 };
  bool is_asked;
  uint32_t needed;

  if (priv->is_dead || thread->id == 0)
    return false;
  if (thread->untracked > 0)
    {
      _tx_stream_lose (self);
      return false;
    }
  is_asked = _tx_stream_take_question (self, &prologue.now_ns, &prologue.quiet_ns);
  prologue.is_stamped =
      is_asked || thread->precise > 0 || (flags & TX_BEGIN_STAMPED) != 0 || is_due (self);
  prologue.is_late = !prologue.is_stamped && is_switch (self);
  prologue.is_stamped |= prologue.is_late;
  needed = size + 2 * STAMP_SIZE_MAX + WAIT_SIZE_MAX + THREAD_SIZE_MAX + GAP_SIZE_MAX + EVEN_SIZE +
           _tx_stream_get_stack_size_max (self, thread);
  prologue.is_new_block = !priv->is_open || needed > (size_t) (priv->end - self->pos) ||
                          (is_asked && _tx_stream_has_wall_moved (self));
  if (!is_asked && (prologue.is_stamped || prologue.is_new_block))
    prologue.now_ns = _tx_stream_read_clock (self);
  if (is_asked || prologue.is_new_block || is_switch (self))
    prologue.wait_ns = _tx_stream_measure_wait (self, prologue.now_ns);
  if (prologue.is_new_block)
    {
      _tx_stream_seal (self, prologue.now_ns - prologue.quiet_ns);
      if (!open_block (self, needed, prologue.now_ns))
        {
          _tx_stream_lose (self);
          return false;
        }
    }
  put_prologue (self, &prologue);
  return true;
}

void
_tx_stream_end (TxStream *self, uint8_t *pos)
{
  _tx_stream_commit (self, pos);
  _tx_stream_update_limit (self);
  _tx_stream_poke (self);
}
