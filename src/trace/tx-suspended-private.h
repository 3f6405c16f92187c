// SPDX-License-Identifier: BSD-3-Clause
// TxSuspended: frames that have yielded and may go on, by key. A hash table with
// open addressing; knows nothing of streams.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tx-types.h"

typedef struct
{
  uint64_t key; /* 0: a free place */
  TxActivationId activation;
  uint32_t line;
} TxSuspendedFrame;

/** TxSuspended: zeroed is empty. */
typedef struct
{
  TxSuspendedFrame *places; /* owned (array length=n_places) */
  size_t n_places;          /* 0 or a power of 2 */
  size_t n_used;
} TxSuspended;

void _tx_suspended_clear (TxSuspended *self);

/* ---- Inside; do not call directly ---- */

bool _tx_suspended_grow (TxSuspended *self);
void _tx_suspended_close_hole (TxSuspended *self, size_t hole);

/* Keys are addresses: multiplying by 2^64 / golden ratio spreads them over the upper bits. */
static inline size_t
_tx_suspended_get_home (const TxSuspended *self, uint64_t key)
{
  return (size_t) ((key * 0x9e3779b97f4a7c15u) >> 32) & (self->n_places - 1);
}

static inline size_t
_tx_suspended_find_place (const TxSuspended *self, uint64_t key)
{
  size_t place = _tx_suspended_get_home (self, key);

  while (self->places[place].key != 0 && self->places[place].key != key)
    place = (place + 1) & (self->n_places - 1);
  return place;
}

/* ---- Inline: called at each `await` that waits ---- */

/* Replaces a frame with the same key. False without memory, or for key 0. */
static inline bool
_tx_suspended_add (TxSuspended *self, const TxSuspendedFrame *frame)
{
  size_t place;

  if (frame->key == 0)
    return false;
  if (4 * (self->n_used + 1) > 3 * self->n_places && !_tx_suspended_grow (self))
    return false;
  place = _tx_suspended_find_place (self, frame->key);
  self->n_used += self->places[place].key == 0;
  self->places[place] = *frame;
  return true;
}

/* Removes the frame @key; false when it is not there. */
static inline bool
_tx_suspended_take (TxSuspended *self, uint64_t key, TxSuspendedFrame *ret_frame)
{
  size_t place;

  if (self->n_used == 0 || key == 0)
    return false;
  place = _tx_suspended_find_place (self, key);
  if (self->places[place].key == 0)
    return false;
  *ret_frame = self->places[place];
  self->n_used--;
  if (self->places[(place + 1) & (self->n_places - 1)].key == 0)
    self->places[place].key = 0;
  else
    _tx_suspended_close_hole (self, place);
  return true;
}

static inline bool
_tx_suspended_has (const TxSuspended *self, uint64_t key)
{
  return self->n_used > 0 && key != 0 &&
         self->places[_tx_suspended_find_place (self, key)].key != 0;
}
