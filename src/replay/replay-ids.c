// SPDX-License-Identifier: BSD-3-Clause
// A hash table with open addressing, at most half full.
#include "replay-ids-private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "replay-salt-private.h"
#include "trace/tx-hash.h"

static ReplayIdSlot *
find_slot (const ReplayIds *self, uint32_t id)
{
  for (size_t i = (size_t) tx_hash (id, self->salt);; i++)
    {
      ReplayIdSlot *slot = &self->slots[i & (self->n_slots - 1)];

      if (slot->number == 0 || slot->id == id)
        return slot;
    }
}

static bool
grow (ReplayIds *self)
{
  ReplayIds grown = { .n_slots = self->n_slots == 0 ? 16 : self->n_slots * 2,
                      .n_ids = self->n_ids,
                      .salt = self->salt };

  if (2 * (self->n_ids + 1) <= self->n_slots)
    return true;
  grown.slots = calloc (grown.n_slots, sizeof *grown.slots);
  if (grown.slots == NULL)
    return false;
  if (self->n_slots == 0)
    grown.salt = _replay_salt_new (grown.slots);
  for (size_t i = 0; i < self->n_slots; i++)
    if (self->slots[i].number != 0)
      *find_slot (&grown, self->slots[i].id) = self->slots[i];
  free (self->slots);
  *self = grown;
  return true;
}

uint32_t *
_replay_ids_get (ReplayIds *self, uint32_t id)
{
  ReplayIdSlot *slot;

  if (!grow (self))
    return NULL;
  slot = find_slot (self, id);
  if (slot->number == 0)
    {
      slot->id = id;
      self->n_ids++;
    }
  return &slot->number;
}

void
_replay_ids_forget (ReplayIds *self)
{
  /* A table that was needed once is not cleared again and again for a few. */
  if (self->n_ids < self->n_slots / 16)
    {
      _replay_ids_clear (self);
      return;
    }
  if (self->n_ids > 0)
    memset (self->slots, 0, self->n_slots * sizeof *self->slots);
  self->n_ids = 0;
}

void
_replay_ids_clear (ReplayIds *self)
{
  free (self->slots);
  *self = (ReplayIds){ 0 };
}
