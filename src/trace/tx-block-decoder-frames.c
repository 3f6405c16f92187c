// SPDX-License-Identifier: BSD-3-Clause
// The threads of a block and their stacks while it is decoded.
#include <stdlib.h>

#include "tx-block-decoder-private.h"
#include "tx-hash.h"

void
_tx_decoder_clear (TxBlockDecoder *self)
{
  for (size_t i = 0; i < self->n_threads; i++)
    free (self->threads[i].frames);
  free (self->threads);
  free (self->slots);
  free (self->functions);
  free (self->exact);
}

static uint32_t *
find_slot (TxBlockDecoder *self, TxThreadId id)
{
  /* The salt: where the table lies, which no trace can know. */
  size_t slot = (size_t) tx_hash (id, (uint64_t) (uintptr_t) self->slots);

  for (;; slot++)
    {
      uint32_t *found = &self->slots[slot & (self->n_slots - 1)];

      if (*found == 0 || self->threads[*found - 1].id == id)
        return found;
    }
}

static bool
grow_slots (TxBlockDecoder *self)
{
  size_t n_slots = self->n_slots ? 2 * self->n_slots : 16;
  uint32_t *slots = calloc (n_slots, sizeof *slots);

  if (!_tx_decoder_grown (self, slots != NULL))
    return false;
  free (self->slots);
  self->slots = slots;
  self->n_slots = n_slots;
  for (size_t i = 0; i < self->n_threads; i++)
    *find_slot (self, self->threads[i].id) = (uint32_t) i + 1;
  return true;
}

TxDecoderThread *
_tx_decoder_enter_thread (TxBlockDecoder *self, TxThreadId id, bool add)
{
  uint32_t *slot;

  if (2 * (self->n_threads + 1) > self->n_slots && !grow_slots (self))
    return NULL;
  slot = find_slot (self, id);
  if (*slot == 0)
    {
      if (!add)
        {
          _tx_decoder_violate (self);
          return NULL;
        }
      if (!TX_DECODER_RESERVE (self, threads, self->n_threads + 1))
        return NULL;
      self->threads[self->n_threads++] = (TxDecoderThread){ .id = id };
      *slot = (uint32_t) self->n_threads;
    }
  self->current = *slot - 1;
  return &self->threads[self->current];
}

static bool
find_first_line (const TxBlockDecoder *self, TxFunctionId id, uint32_t *ret_first_line)
{
  size_t low = 0, high = self->n_functions;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (self->functions[middle].id < id)
        low = middle + 1;
      else
        high = middle;
    }
  if (low < self->n_functions && self->functions[low].id == id)
    {
      *ret_first_line = self->functions[low].first_line;
      return true;
    }
  return id != 0 && self->first_line && self->first_line (self->data, id, ret_first_line);
}

TxDecoderFrame
_tx_decoder_make_frame (const TxBlockDecoder *self, TxFunctionId function, uint32_t line)
{
  TxDecoderFrame frame = { function, line, line, true };

  if (line == 0)
    frame.reference_is_known = find_first_line (self, function, &frame.reference);
  return frame;
}

TxDecoderFrame *
_tx_decoder_push (TxBlockDecoder *self, TxFunctionId function, uint32_t line)
{
  TxDecoderThread *thread = _tx_decoder_get_thread (self);

  if (!thread || thread->id == 0 || _tx_decoder_get_depth (thread) >= TX_DEPTH_MAX ||
      self->cursor.failed)
    {
      _tx_decoder_violate (self);
      return NULL;
    }
  if (!_tx_decoder_grown (
          self, TX_ARRAY_RESERVE (thread->frames, thread->capacity, thread->n_frames + 1)))
    return NULL;
  thread->frames[thread->n_frames] = _tx_decoder_make_frame (self, function, line);
  return &thread->frames[thread->n_frames++];
}
