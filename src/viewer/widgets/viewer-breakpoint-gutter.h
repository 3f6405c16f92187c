// SPDX-License-Identifier: BSD-3-Clause
// ViewerBreakpointGutter: the column of dots left of the line numbers. A click is told by the
// renderer's own signal "activate"; what it means is somebody else's business.
#pragma once

#include <gtksourceview/gtksource.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_BREAKPOINT_GUTTER (viewer_breakpoint_gutter_get_type ())
G_DECLARE_FINAL_TYPE (ViewerBreakpointGutter,
                      viewer_breakpoint_gutter,
                      VIEWER,
                      BREAKPOINT_GUTTER,
                      GtkSourceGutterRenderer)

GtkSourceGutterRenderer *viewer_breakpoint_gutter_new (void);
void viewer_breakpoint_gutter_set_session (ViewerBreakpointGutter *self, ViewerSession *session);

G_END_DECLS
