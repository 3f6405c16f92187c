// SPDX-License-Identifier: BSD-3-Clause
// ReplayHistory: a bounded array and the place in it.
#include "replay-history.h"

#include <stdlib.h>
#include <string.h>

struct _ReplayHistory
{
  ReplayPosition positions[REPLAY_HISTORY_MAX];
  size_t n_positions;
  size_t current; /* index; 0 also when there are none */
};

ReplayHistory *
replay_history_new (void)
{
  return calloc (1, sizeof (ReplayHistory));
}

void
replay_history_free (ReplayHistory *self)
{
  free (self);
}

void
replay_history_visit (ReplayHistory *self, ReplayPosition position)
{
  if (self->n_positions > 0)
    {
      if (self->positions[self->current] == position)
        return;
      self->n_positions = self->current + 1;
    }
  if (self->n_positions == REPLAY_HISTORY_MAX)
    {
      memmove (self->positions, self->positions + 1,
               (REPLAY_HISTORY_MAX - 1) * sizeof *self->positions);
      self->n_positions--;
    }
  self->positions[self->n_positions] = position;
  self->current = self->n_positions++;
}

bool
replay_history_can_go (const ReplayHistory *self, bool back)
{
  return back ? self->current > 0 : self->current + 1 < self->n_positions;
}

TxStatus
replay_history_go (ReplayHistory *self, bool back, ReplayPosition *ret_position)
{
  if (!replay_history_can_go (self, back))
    return TX_END;
  self->current += back ? (size_t) -1 : 1;
  *ret_position = self->positions[self->current];
  return TX_OK;
}
