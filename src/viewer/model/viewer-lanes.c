// SPDX-License-Identifier: BSD-3-Clause
// ViewerLanes: owns the slices of time that the timeline draws. Filling them in
// is the business of the one who makes them.
#include "viewer-lanes.h"

G_DEFINE_BOXED_TYPE (ViewerLanes, viewer_lanes, viewer_lanes_ref, viewer_lanes_unref)

ViewerLanes *
viewer_lanes_new (gint64 from_ns, gint64 to_ns, guint n_slices, guint n_lanes)
{
  ViewerLanes *self = g_new0 (ViewerLanes, 1);

  g_atomic_ref_count_init (&self->refs);
  self->from_ns = from_ns;
  self->to_ns = to_ns;
  self->n_slices = n_slices;
  self->n_lanes = n_lanes;
  self->lanes = g_new0 (ViewerLane, n_lanes);
  for (guint i = 0; i < n_lanes; i++)
    self->lanes[i].slices = g_new0 (ViewerSlice, n_slices);
  return self;
}

ViewerLanes *
viewer_lanes_ref (ViewerLanes *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
viewer_lanes_unref (ViewerLanes *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  for (guint i = 0; i < self->n_lanes; i++)
    {
      g_free (self->lanes[i].label);
      g_free (self->lanes[i].slices);
    }
  g_free (self->lanes);
  g_free (self);
}
