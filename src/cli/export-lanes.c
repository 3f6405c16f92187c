// SPDX-License-Identifier: BSD-3-Clause
// ExportLanes: the stack of each thread, as an export follows it.
#include "export.h"

#include <stdlib.h>
#include <string.h>

#include "trace/tx-hash.h"

/* Room for one more; false without memory. */
static bool
reserve (void **array, size_t *capacity, size_t n, size_t size)
{
  void *grown;

  if (n < *capacity)
    return true;
  grown = reallocarray (*array, 2 * n + 4, size);
  if (grown == NULL)
    return false;
  *array = grown;
  *capacity = 2 * n + 4;
  return true;
}

/* Where the table of places has @thread, or has room for it. */
static uint32_t *
find_place (const ExportLanes *self, TxThreadId thread)
{
  /* The salt: where the table lies, which no trace can know. */
  size_t i = (size_t) tx_hash (thread, (uint64_t) (uintptr_t) self->places);

  for (;; i++)
    {
      uint32_t *place = &self->places[i & (self->n_places - 1)];

      if (*place == 0 || self->lanes[*place - 1].thread == thread)
        return place;
    }
}

/* Threads without frames are forgotten: there may have been any number. */
static void
forget_ended (ExportLanes *self)
{
  size_t n_kept = 0;

  for (size_t i = 0; i < self->n_lanes; i++)
    if (self->lanes[i].n_frames > 0)
      self->lanes[n_kept++] = self->lanes[i];
    else
      free (self->lanes[i].frames);
  self->n_lanes = n_kept;
}

/* Room for one more at least, and for half as many as there can be, so that this is rare. */
static bool
make_room (ExportLanes *self)
{
  size_t capacity;
  ExportLane *lanes;
  uint32_t *places;

  forget_ended (self);
  capacity = self->n_lanes >= self->capacity / 2 ? 2 * self->capacity + 16 : self->capacity;
  lanes = reallocarray (self->lanes, capacity, sizeof *lanes);
  if (lanes != NULL)
    self->lanes = lanes;
  self->n_places = 1;
  while (self->n_places < 2 * capacity)
    self->n_places *= 2;
  places = calloc (self->n_places, sizeof *places);
  free (self->places);
  self->places = places;
  if (lanes == NULL || places == NULL || capacity >= UINT32_MAX)
    return false;
  self->capacity = capacity;
  for (size_t i = 0; i < self->n_lanes; i++)
    *find_place (self, self->lanes[i].thread) = (uint32_t) i + 1;
  return true;
}

ExportLane *
export_lanes_get (ExportLanes *self, TxThreadId thread)
{
  uint32_t *place;

  if (self->last < self->n_lanes && self->lanes[self->last].thread == thread)
    return &self->lanes[self->last];
  if (self->n_lanes == self->capacity && !make_room (self))
    return NULL;
  place = find_place (self, thread);
  if (*place == 0)
    {
      self->lanes[self->n_lanes++] = (ExportLane){ .thread = thread };
      *place = (uint32_t) self->n_lanes;
    }
  self->last = *place - 1;
  return &self->lanes[self->last];
}

ExportFrame *
export_lane_push (ExportLane *lane)
{
  ExportFrame *frame;

  if (!reserve ((void **) &lane->frames, &lane->capacity, lane->n_frames, sizeof *lane->frames))
    return NULL;
  frame = &lane->frames[lane->n_frames++];
  *frame = (ExportFrame){ 0 };
  memcpy (frame->at, lane->counters, sizeof frame->at);
  return frame;
}

void
export_lanes_clear (ExportLanes *self)
{
  for (size_t i = 0; i < self->n_lanes; i++)
    free (self->lanes[i].frames);
  free (self->lanes);
  free (self->places);
  *self = (ExportLanes){ 0 };
}
