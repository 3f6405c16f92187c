// SPDX-License-Identifier: BSD-3-Clause
// ViewerThread: one thread of the recording.
// A record for list views: set once by its maker, then only read.
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_THREAD (viewer_thread_get_type ())
G_DECLARE_FINAL_TYPE (ViewerThread, viewer_thread, VIEWER, THREAD, GObject)

struct _ViewerThread
{
  GObject parent_instance;

  guint32 number; /* 1, 2, ... in order of first events */
  char *name;     /* owned, UTF-8; "" unknown */
};

ViewerThread *viewer_thread_new (void);

G_END_DECLS
