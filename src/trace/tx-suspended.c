// SPDX-License-Identifier: BSD-3-Clause
// Linear probing; removal shifts back what follows, so there are no tombstones and a
// program that suspends for weeks does not wear the table out.
#include "tx-suspended-private.h"

#include <stdlib.h>

#define N_PLACES_MIN 64u

void
_tx_suspended_clear (TxSuspended *self)
{
  free (self->places);
  *self = (TxSuspended){ 0 };
}

/* Keys are addresses: multiplying by 2^64 / golden ratio spreads them over the upper bits. */
static size_t
get_home (const TxSuspended *self, uint64_t key)
{
  return (size_t) ((key * 0x9e3779b97f4a7c15u) >> 32) & (self->n_places - 1);
}

static size_t
find_place (const TxSuspended *self, uint64_t key)
{
  size_t place = get_home (self, key);

  while (self->places[place].key != 0 && self->places[place].key != key)
    place = (place + 1) & (self->n_places - 1);
  return place;
}

static bool
grow (TxSuspended *self)
{
  TxSuspended grown = {
    .n_places = self->n_places ? 2 * self->n_places : N_PLACES_MIN,
    .n_used = self->n_used,
  };

  grown.places = calloc (grown.n_places, sizeof *grown.places);
  if (!grown.places)
    return false;
  for (size_t i = 0; i < self->n_places; i++)
    if (self->places[i].key != 0)
      grown.places[find_place (&grown, self->places[i].key)] = self->places[i];
  free (self->places);
  *self = grown;
  return true;
}

bool
_tx_suspended_add (TxSuspended *self, const TxSuspendedFrame *frame)
{
  size_t place;

  if (frame->key == 0)
    return false;
  if (4 * (self->n_used + 1) > 3 * self->n_places && !grow (self))
    return false;
  place = find_place (self, frame->key);
  self->n_used += self->places[place].key == 0;
  self->places[place] = *frame;
  return true;
}

/* Closes the hole at @hole: moves back each frame behind it that may stand nearer to its home. */
static void
close_hole (TxSuspended *self, size_t hole)
{
  size_t mask = self->n_places - 1;
  size_t place = (hole + 1) & mask;

  while (self->places[place].key != 0)
    {
      size_t home = get_home (self, self->places[place].key);

      if (((place - home) & mask) >= ((place - hole) & mask))
        {
          self->places[hole] = self->places[place];
          hole = place;
        }
      place = (place + 1) & mask;
    }
  self->places[hole] = (TxSuspendedFrame){ 0 };
}

bool
_tx_suspended_take (TxSuspended *self, uint64_t key, TxSuspendedFrame *ret_frame)
{
  size_t place;

  if (self->n_used == 0 || key == 0)
    return false;
  place = find_place (self, key);
  if (self->places[place].key == 0)
    return false;
  *ret_frame = self->places[place];
  close_hole (self, place);
  self->n_used--;
  return true;
}

bool
_tx_suspended_has (const TxSuspended *self, uint64_t key)
{
  return self->n_used > 0 && key != 0 && self->places[find_place (self, key)].key != 0;
}
