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

bool
_tx_suspended_grow (TxSuspended *self)
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
      grown.places[_tx_suspended_find_place (&grown, self->places[i].key)] = self->places[i];
  free (self->places);
  *self = grown;
  return true;
}

/* Closes the hole at @hole: moves back each frame behind it that may stand nearer to its home. */
void
_tx_suspended_close_hole (TxSuspended *self, size_t hole)
{
  size_t mask = self->n_places - 1;
  size_t place = (hole + 1) & mask;

  while (self->places[place].key != 0)
    {
      size_t home = _tx_suspended_get_home (self, self->places[place].key);

      if (((place - home) & mask) >= ((place - hole) & mask))
        {
          self->places[hole] = self->places[place];
          hole = place;
        }
      place = (place + 1) & mask;
    }
  self->places[hole] = (TxSuspendedFrame){ 0 };
}
