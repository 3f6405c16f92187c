// SPDX-License-Identifier: BSD-3-Clause
// ExportLanes: the stack of each thread, as an export follows it.
#include "export.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more; false without memory. */
static bool
reserve (void **array, size_t *capacity, size_t n, size_t size)
{
  void *grown;

  if (n < *capacity)
    return true;
  grown = reallocarray (*array, 2 * n + 16, size);
  if (grown == NULL)
    return false;
  *array = grown;
  *capacity = 2 * n + 16;
  return true;
}

/* The first lane of @thread or of one behind it. */
static size_t
find (const ExportLanes *self, TxThreadId thread)
{
  size_t low = 0, high = self->n_lanes;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (self->lanes[middle].thread < thread)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

ExportLane *
export_lanes_get (ExportLanes *self, TxThreadId thread)
{
  if (self->last < self->n_lanes && self->lanes[self->last].thread == thread)
    return &self->lanes[self->last];
  self->last = find (self, thread);
  if (self->last < self->n_lanes && self->lanes[self->last].thread == thread)
    return &self->lanes[self->last];
  if (!reserve ((void **) &self->lanes, &self->capacity, self->n_lanes, sizeof *self->lanes))
    return NULL;
  memmove (&self->lanes[self->last + 1], &self->lanes[self->last],
           (self->n_lanes - self->last) * sizeof *self->lanes);
  self->n_lanes++;
  self->lanes[self->last] = (ExportLane){ .thread = thread };
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
  *self = (ExportLanes){ 0 };
}
