// SPDX-License-Identifier: BSD-3-Clause
// ViewerHistory: jumps make entries, single steps only move the entry one is on: going back
// after a jump returns to the line from where one jumped.
#include "viewer-history.h"

void
viewer_history_init (ViewerHistory *self)
{
  self->positions = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->at = 0;
}

void
viewer_history_clear (ViewerHistory *self)
{
  g_clear_pointer (&self->positions, g_array_unref);
}

/** viewer_history_jump: what lay ahead is forgotten. Arriving where one is makes no entry. */
void
viewer_history_jump (ViewerHistory *self, guint64 position)
{
  if (self->positions->len && g_array_index (self->positions, guint64, self->at) == position)
    return;
  if (self->positions->len)
    g_array_set_size (self->positions, self->at + 1);
  if (self->positions->len == VIEWER_HISTORY_MAX)
    g_array_remove_index (self->positions, 0);
  g_array_append_val (self->positions, position);
  self->at = self->positions->len - 1;
}

/** viewer_history_drift: a small move: the current entry follows. */
void
viewer_history_drift (ViewerHistory *self, guint64 position)
{
  if (self->positions->len == 0)
    viewer_history_jump (self, position);
  else
    g_array_index (self->positions, guint64, self->at) = position;
}

gboolean
viewer_history_can_go (const ViewerHistory *self, int direction)
{
  return direction < 0 ? self->at > 0 : self->at + 1 < self->positions->len;
}

gboolean
viewer_history_go (ViewerHistory *self, int direction, guint64 *ret_position)
{
  if (!viewer_history_can_go (self, direction))
    return FALSE;
  self->at = direction < 0 ? self->at - 1 : self->at + 1;
  *ret_position = g_array_index (self->positions, guint64, self->at);
  return TRUE;
}
