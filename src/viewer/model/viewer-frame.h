// SPDX-License-Identifier: BSD-3-Clause
// ViewerFrame: one frame of the call stack at the current position.
// A record for list views: set once by its maker, then only read.
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_FRAME (viewer_frame_get_type ())
G_DECLARE_FINAL_TYPE (ViewerFrame, viewer_frame, VIEWER, FRAME, GObject)

struct _ViewerFrame
{
  GObject parent_instance;

  guint32 depth;  /* 1 = outermost recorded frame */
  guint32 file;   /* id; 0: not known */
  guint32 line;   /* 1-based; 0: none yet or not known */
  char *function; /* owned, UTF-8 */
  char *location; /* owned, UTF-8: "core.py:12" */
  char *path;     /* owned, UTF-8 */
};

ViewerFrame *viewer_frame_new (void);

G_END_DECLS
