// SPDX-License-Identifier: BSD-3-Clause
// Linear probing; nothing is removed one by one, for threads are forgotten when a block ends.
#include "tx-thread-index-private.h"

#include <stdlib.h>
#include <string.h>

#include "tx-hash.h"

#define N_PLACES_MIN 16u

/* Half full at most. */
static size_t
count_places (size_t n_threads)
{
  size_t n_places = N_PLACES_MIN;

  while (n_places < 2 * n_threads)
    n_places *= 2;
  return n_places;
}

static TxThreadPlace *
find_place (const TxThreadIndex *self, TxThreadId id)
{
  size_t mask = self->n_places - 1;
  /* The salt: where the table lies. */
  size_t place = (size_t) tx_hash (id, (uint64_t) (uintptr_t) self->places) & mask;

  while (self->places[place].number != 0 && self->places[place].id != id)
    place = (place + 1) & mask;
  return &self->places[place];
}

size_t
_tx_thread_index_find (const TxThreadIndex *self, TxThreadId id)
{
  return self->n_used == 0 ? SIZE_MAX : (size_t) find_place (self, id)->number - 1;
}

static bool
grow (TxThreadIndex *self)
{
  TxThreadIndex grown = { .n_places = count_places (self->n_used + 1), .n_used = self->n_used };

  grown.places = calloc (grown.n_places, sizeof *grown.places);
  if (!grown.places)
    return false;
  for (size_t i = 0; i < self->n_places; i++)
    if (self->places[i].number != 0)
      *find_place (&grown, self->places[i].id) = self->places[i];
  free (self->places);
  *self = grown;
  return true;
}

bool
_tx_thread_index_add (TxThreadIndex *self, TxThreadId id, size_t index)
{
  if (index >= UINT32_MAX)
    return false;
  if (2 * (self->n_used + 1) > self->n_places && !grow (self))
    return false;
  *find_place (self, id) = (TxThreadPlace){ .id = id, .number = (uint32_t) index + 1 };
  self->n_used++;
  return true;
}

void
_tx_thread_index_empty (TxThreadIndex *self, size_t n_expected)
{
  size_t n_places = count_places (n_expected);

  /* A place is emptied as often as a block ends: those of threads that are gone for good are given
     back. */
  if (n_places < self->n_places)
    {
      TxThreadPlace *places = realloc (self->places, n_places * sizeof *places);

      if (places)
        {
          self->places = places;
          self->n_places = n_places;
        }
    }
  if (self->places)
    memset (self->places, 0, self->n_places * sizeof *self->places);
  self->n_used = 0;
}

void
_tx_thread_index_clear (TxThreadIndex *self)
{
  free (self->places);
  *self = (TxThreadIndex){ 0 };
}
