// SPDX-License-Identifier: BSD-3-Clause
// ViewerFrame: owns the strings of one row.
#include "viewer-frame.h"

G_DEFINE_FINAL_TYPE (ViewerFrame, viewer_frame, G_TYPE_OBJECT)

static void
viewer_frame_finalize (GObject *object)
{
  ViewerFrame *self = VIEWER_FRAME (object);

  g_free (self->function);
  g_free (self->location);
  g_free (self->path);

  G_OBJECT_CLASS (viewer_frame_parent_class)->finalize (object);
}

static void
viewer_frame_class_init (ViewerFrameClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = viewer_frame_finalize;
}

static void
viewer_frame_init (ViewerFrame *self)
{
}

ViewerFrame *
viewer_frame_new (void)
{
  return g_object_new (VIEWER_TYPE_FRAME, NULL);
}
