// SPDX-License-Identifier: BSD-3-Clause
// ViewerLanes: what the timeline draws: for each thread, the lowest and highest
// call depth of equal slices of time. A value that a worker makes and the
// main loop shows; never changed once published.
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/** ViewerSlice: one slice of a lane. */
typedef struct
{
  guint32 depth_min; /* lowest depth in the slice; 0 when the thread had no frame */
  guint32 depth_max; /* highest depth; 0: nothing ran here */
  guint32 flags;     /* ViewerSliceFlags */
} ViewerSlice;

typedef enum
{
  VIEWER_SLICE_GAP = 1 << 0, /* a part of the slice is known to be missing */
} ViewerSliceFlags;

/** ViewerLane: one thread. */
typedef struct
{
  guint32 thread;      /* number, from 1 */
  char *label;         /* owned, UTF-8 */
  guint32 depth_max;   /* of the whole recording: the lane's scale */
  ViewerSlice *slices; /* owned, n_slices of the ViewerLanes */
} ViewerLane;

typedef struct
{
  gatomicrefcount refs;
  gint64 from_ns; /* epoch, start of the first slice */
  gint64 to_ns;   /* end of the last one */
  guint n_slices;
  guint n_lanes;
  ViewerLane *lanes; /* owned, n_lanes */
} ViewerLanes;

#define VIEWER_TYPE_LANES (viewer_lanes_get_type ())
GType viewer_lanes_get_type (void);

ViewerLanes *viewer_lanes_new (gint64 from_ns, gint64 to_ns, guint n_slices, guint n_lanes);
ViewerLanes *viewer_lanes_ref (ViewerLanes *self);
void viewer_lanes_unref (ViewerLanes *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ViewerLanes, viewer_lanes_unref)

G_END_DECLS
