// SPDX-License-Identifier: BSD-3-Clause
// ViewerBreakpoint: one breakpoint as the list of them shows it.
// A record for list views: set once by its maker, then only read.
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_BREAKPOINT (viewer_breakpoint_get_type ())
G_DECLARE_FINAL_TYPE (ViewerBreakpoint, viewer_breakpoint, VIEWER, BREAKPOINT, GObject)

struct _ViewerBreakpoint
{
  GObject parent_instance;

  guint32 id;   /* of the ReplayBreakpoints */
  guint32 file; /* id */
  guint32 line; /* 1-based */
  gboolean enabled;
  guint64 count;  /* executions of its line in the whole recording */
  char *location; /* owned, UTF-8: "core.py:12" */
  char *text;     /* owned, UTF-8: the source line, "" unknown */
};

ViewerBreakpoint *viewer_breakpoint_new (void);

G_END_DECLS
