// SPDX-License-Identifier: BSD-3-Clause
// ViewerThread: owns the strings of one row.
#include "viewer-thread.h"

G_DEFINE_FINAL_TYPE (ViewerThread, viewer_thread, G_TYPE_OBJECT)

static void
viewer_thread_finalize (GObject *object)
{
  ViewerThread *self = VIEWER_THREAD (object);

  g_free (self->name);

  G_OBJECT_CLASS (viewer_thread_parent_class)->finalize (object);
}

static void
viewer_thread_class_init (ViewerThreadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = viewer_thread_finalize;
}

static void
viewer_thread_init (ViewerThread *self)
{
}

ViewerThread *
viewer_thread_new (void)
{
  return g_object_new (VIEWER_TYPE_THREAD, NULL);
}
