// SPDX-License-Identifier: BSD-3-Clause
// ViewerBreakpoint: owns the strings of one row.
#include "viewer-breakpoint.h"

G_DEFINE_FINAL_TYPE (ViewerBreakpoint, viewer_breakpoint, G_TYPE_OBJECT)

static void
viewer_breakpoint_finalize (GObject *object)
{
  ViewerBreakpoint *self = VIEWER_BREAKPOINT (object);

  g_free (self->location);
  g_free (self->text);

  G_OBJECT_CLASS (viewer_breakpoint_parent_class)->finalize (object);
}

static void
viewer_breakpoint_class_init (ViewerBreakpointClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = viewer_breakpoint_finalize;
}

static void
viewer_breakpoint_init (ViewerBreakpoint *self)
{
}

ViewerBreakpoint *
viewer_breakpoint_new (void)
{
  return g_object_new (VIEWER_TYPE_BREAKPOINT, NULL);
}
