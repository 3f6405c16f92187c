// SPDX-License-Identifier: BSD-3-Clause
// The events of TxStream: lines, entries and exits, in their slow paths, and the rarer ones. What
// must stand before an event is tx-stream-block.c's; threads are tx-stream-thread.c's.
//
// Each function writes its event only where _tx_stream_begin() lets it, but always brings the
// thread's stack up to date: after a gap it is stated anew.
#include "tx-stream.h"

#include <string.h>

#include "tx-bytes-private.h"
#include "tx-stream-private.h"

#define LINE_SIZE_MAX   (1u + 5u)
#define CALL_SIZE_MAX   (1u + 5u)
#define LEAVE_SIZE_MAX  (1u + 5u + 1u + 5u + 5u) /* with activation and REVEAL */
#define RESUME_SIZE_MAX (1u + 5u + 5u + 5u)

/* Whether an event of the hot path's size may be written at once, as there. */
static inline bool
has_room (const TxStream *self)
{
  return self->pos < atomic_load_explicit (&self->limit, memory_order_relaxed);
}

/* ---- Lines ---- */

static uint8_t *
put_line (uint8_t *pos, uint32_t reference, uint32_t line)
{
  int64_t delta = (int64_t) line - reference;

  if (delta >= -TX_OP_LINE_BIAS && delta < 0x80 - TX_OP_LINE_BIAS)
    {
      *pos++ = (uint8_t) (delta + TX_OP_LINE_BIAS);
      return pos;
    }
  *pos++ = TX_BYTE_LINE_FAR;
  return _tx_put_varint64 (pos, _tx_zigzag (delta));
}

void
_tx_stream_line_slow (TxStream *self, uint32_t line)
{
  TxThread *thread = _tx_stream_get_current (self);
  TxFrame *frame = thread->top;
  bool is_written;
  uint8_t *pos;

  if (line == 0 || (frame == thread->frames && thread->untracked == 0))
    return;
  if (_tx_stream_put_near (self, &pos))
    {
      _tx_stream_commit (self, put_line (pos, frame->reference, line));
      frame->line = frame->reference = line;
      return;
    }
  is_written = _tx_stream_begin (self, LINE_SIZE_MAX, 0);
  if (is_written)
    _tx_stream_end (self, put_line (self->pos, frame->reference, line));
  if (thread->untracked == 0)
    frame->line = frame->reference = line;
}

/* ---- Entries ---- */

_Static_assert (TX_OP_CALL_NEAR == TX_BYTE_CALL_NEAR &&
                    TX_OP_CALL_NEAR - 1 + TX_CALL_NEAR_MAX == TX_BYTE_CALL_NEAR_LAST,
                "what the hot path writes is what readers take for a call");

/* Room for one more frame; false where there is none. */
static bool
reserve_frame (TxStream *self)
{
  TxThread *thread = self->current;
  bool has_room = thread->top != thread->last ||
                  _tx_thread_grow (thread, (size_t) (thread->top - thread->frames) + 1);

  self->top = thread->top;
  return has_room;
}

static inline void
put_frame (TxStream *self, const TxFrame *frame)
{
  _tx_stream_set_top (self, self->top + 1);
  *self->top = *frame;
}

/* A new innermost frame; false where it cannot be stored. */
static bool
push (TxStream *self, const TxFrame *frame)
{
  TxThread *thread = self->current;

  if (thread->untracked > 0 || !reserve_frame (self))
    return false;
  put_frame (self, frame);
  return true;
}

/* Enters a frame without having stored it: from here on nothing of this thread is written. */
static void
push_untracked (TxStream *self)
{
  if (self->current->untracked == 0)
    _tx_stream_lose (self);
  self->current->untracked++;
  _tx_stream_update_limit (self);
}

void
_tx_stream_call_slow (TxStream *self, TxFunctionId function, uint32_t first_line, uint64_t key)
{
  TxFrame frame = { .function = function, .reference = first_line, .key = key };
  TxThread *thread = _tx_stream_get_current (self);
  uint8_t *pos;

  if (thread->id == 0)
    return;
  if (thread->top < thread->last && _tx_stream_put_near (self, &pos))
    {
      put_frame (self, &frame);
      _tx_stream_commit (self, _tx_put_call (pos, function));
      return;
    }
  /* The stack may be stated before the event, so it grows afterwards; see to it that it can. */
  if (thread->untracked == 0 && !reserve_frame (self))
    {
      push_untracked (self);
      return;
    }
  if (_tx_stream_begin (self, CALL_SIZE_MAX, 0))
    {
      pos = self->pos;
      push (self, &frame);
      _tx_stream_end (self, _tx_put_call (pos, function));
    }
  else if (!push (self, &frame))
    push_untracked (self);
}

/* As the difference to the one before in the block: chains of frames that await each other are
   resumed and suspended in order, and so the same few bytes come again and again. */
static inline uint8_t *
put_activation (TxStream *self, uint8_t *pos, TxActivationId activation)
{
  int64_t difference = (int64_t) activation - self->priv->last_activation;

  self->priv->last_activation = activation;
  return _tx_put_varint64 (pos, _tx_zigzag (difference));
}

static inline uint8_t *
put_resume (TxStream *self, uint8_t *pos, const TxFrame *frame)
{
  *pos++ = TX_BYTE_RESUME;
  pos = _tx_put_varint32 (pos, frame->function);
  pos = put_activation (self, pos, frame->activation);
  return _tx_put_varint32 (pos, frame->line);
}

_Static_assert (RESUME_SIZE_MAX <= TX_EVENT_SIZE_HOT_MAX, "RESUME is written unchecked");

void
tx_stream_resume (TxStream *self, TxFunctionId function, uint32_t first_line, uint64_t key)
{
  TxThread *thread = _tx_stream_get_current (self);
  TxFrame frame = { .function = function, .reference = first_line, .key = key };
  TxSuspendedFrame suspended;
  uint8_t *pos;

  if (thread->id == 0 || self->priv->is_dead)
    return;
  if (_tx_suspended_take (&self->priv->suspended, key, &suspended))
    {
      frame.activation = suspended.activation;
      frame.line = suspended.line;
      if (suspended.line != 0)
        frame.reference = suspended.line;
    }
  else
    frame.activation = ++self->priv->n_activations;
  if (thread->untracked == 0 && !reserve_frame (self))
    {
      push_untracked (self);
      return;
    }
  if (has_room (self) && thread->top < thread->last)
    {
      put_frame (self, &frame);
      _tx_stream_commit (self, put_resume (self, self->pos, &frame));
    }
  else if (_tx_stream_begin (self, RESUME_SIZE_MAX, 0))
    {
      pos = put_resume (self, self->pos, &frame);
      push (self, &frame);
      _tx_stream_end (self, pos);
    }
  else if (!push (self, &frame))
    push_untracked (self);
}

/* ---- Exits ---- */

/* Leaves a frame that was not stored. With the last of them the block ends, so that a gap can be
 * stated. */
static void
pop_untracked (TxStream *self)
{
  _tx_stream_lose (self);
  if (--self->current->untracked == 0 && self->priv->is_open)
    _tx_stream_seal (self, _tx_stream_read_clock (self));
  _tx_stream_update_limit (self);
}

/* The frame below becomes innermost. If the block has not stated it, it does so now. */
static uint8_t *
put_reveal (TxThread *thread, uint8_t *pos)
{
  uint32_t index = (uint32_t) (thread->top - thread->frames);

  if (index >= thread->known_floor)
    return pos;
  thread->known_floor = index;
  if (index == 0)
    return pos;
  *pos++ = TX_BYTE_REVEAL;
  pos = _tx_put_varint32 (pos, thread->top->function);
  return _tx_put_varint32 (pos, thread->top->line);
}

static void
leave (TxStream *self, TxEventByte byte)
{
  TxThread *thread = _tx_stream_get_current (self);
  uint8_t *pos;

  if (thread->untracked > 0)
    {
      pop_untracked (self);
      return;
    }
  if (thread->top == thread->frames)
    return;
  if (!_tx_stream_begin (self, LEAVE_SIZE_MAX, 0))
    {
      _tx_stream_set_top (self, self->top - 1);
      return;
    }
  pos = self->pos;
  *pos++ = (uint8_t) byte;
  if (byte == TX_BYTE_YIELD)
    pos = put_activation (self, pos, thread->top->activation);
  _tx_stream_set_top (self, self->top - 1);
  _tx_stream_end (self, put_reveal (thread, pos));
}

void
_tx_stream_leave_slow (TxStream *self, TxEventKind kind)
{
  TxEventByte byte = kind == TX_EVENT_RETURN ? TX_BYTE_RETURN : TX_BYTE_UNWIND;
  TxThread *thread = _tx_stream_get_current (self);
  uint8_t *pos;

  /* As on the hot path, the frame below must be known. */
  if (thread->top > thread->frames + thread->known_floor && _tx_stream_put_near (self, &pos))
    {
      _tx_stream_set_top (self, self->top - 1);
      *pos = (uint8_t) byte;
      _tx_stream_commit (self, pos + 1);
      return;
    }
  leave (self, byte);
}

void
tx_stream_yield (TxStream *self)
{
  TxThread *thread = _tx_stream_get_current (self);
  TxFrame *frame = thread->top;
  uint8_t *pos;

  if (self->priv->is_dead)
    return;
  if (frame != thread->frames && thread->untracked == 0)
    {
      if (frame->activation == 0)
        frame->activation = ++self->priv->n_activations;
      /* Without memory it will be taken for one that was suspended before recording began. */
      (void) _tx_suspended_add (&self->priv->suspended, &(TxSuspendedFrame){
                                                            .key = frame->key,
                                                            .activation = frame->activation,
                                                            .line = frame->line,
                                                        });
    }
  /* As for a return on the hot path: the reader knows the frame below. */
  if (has_room (self) && frame > thread->frames + thread->known_floor)
    {
      pos = self->pos;
      *pos++ = TX_BYTE_YIELD;
      _tx_stream_set_top (self, self->top - 1);
      _tx_stream_commit (self, put_activation (self, pos, frame->activation));
    }
  else
    leave (self, TX_BYTE_YIELD);
}

void
tx_stream_forget_suspended (TxStream *self, uint64_t key)
{
  TxSuspendedFrame suspended;

  (void) _tx_suspended_take (&self->priv->suspended, key, &suspended);
}

bool
tx_stream_is_suspended (const TxStream *self, uint64_t key)
{
  return _tx_suspended_has (&self->priv->suspended, key);
}

/* ---- Others ---- */

/* Not in the middle of a character: UTF-8 continues with 10xxxxxx. */
static size_t
cut_text (const char *text, size_t size, size_t size_max)
{
  if (size > size_max)
    for (size = size_max; size > 0 && ((uint8_t) text[size] & 0xc0) == 0x80;)
      size--;
  return size;
}

static uint8_t *
put_text (uint8_t *pos, const char *text, size_t size)
{
  pos = _tx_put_varint32 (pos, (uint32_t) size);
  if (size > 0)
    memcpy (pos, text, size);
  return pos + size;
}

void
tx_stream_mark (TxStream *self, const char *text, size_t text_size)
{
  TxRing *ring = self->priv->ring;
  size_t size_max = ring->slot_size / 4 < TX_MARK_SIZE_MAX ? ring->slot_size / 4 : TX_MARK_SIZE_MAX;

  text_size = cut_text (text, text_size, size_max);
  if (!_tx_stream_begin (self, 1 + 5 + (uint32_t) text_size, TX_BEGIN_STAMPED))
    return;
  *self->pos = TX_BYTE_MARK;
  _tx_stream_end (self, put_text (self->pos + 1, text, text_size));
}

void
tx_stream_raise (TxStream *self, TxTypeId type, const char *message, size_t message_size)
{
  const TxThread *thread = _tx_stream_get_current (self);
  uint8_t *pos;

  message_size = cut_text (message, message_size, TX_MESSAGE_SIZE_MAX);
  if (thread->top == thread->frames ||
      !_tx_stream_begin (self, 1 + 5 + 5 + (uint32_t) message_size, 0))
    return;
  pos = self->pos;
  *pos++ = TX_BYTE_RAISE;
  pos = _tx_put_varint32 (pos, type);
  _tx_stream_end (self, put_text (pos, message, message_size));
}

void
tx_stream_precise_begin (TxStream *self)
{
  if (_tx_stream_get_current (self)->id == 0 || self->priv->is_dead)
    return;
  self->current->precise++;
  (void) _tx_stream_read_clock (self);
  _tx_stream_update_limit (self);
}

void
tx_stream_precise_end (TxStream *self)
{
  if (_tx_stream_get_current (self)->precise == 0 || self->priv->is_dead)
    return;
  self->current->precise--;
  _tx_stream_update_limit (self);
}

void
tx_stream_get_stats (const TxStream *self, TxStreamStats *ret_stats)
{
  const TxStreamPrivate *priv = self->priv;

  *ret_stats = priv->stats;
  if (priv->is_open)
    ret_stats->bytes += (uint64_t) (self->pos - self->base);
  ret_stats->threads = priv->n_threads;
  ret_stats->functions = priv->n_functions;
  ret_stats->files = priv->n_files;
}
