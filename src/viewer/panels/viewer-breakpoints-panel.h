// SPDX-License-Identifier: BSD-3-Clause
// ViewerBreakpointsPanel: the breakpoints; a click shows the line.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_BREAKPOINTS_PANEL (viewer_breakpoints_panel_get_type ())
G_DECLARE_FINAL_TYPE (
    ViewerBreakpointsPanel, viewer_breakpoints_panel, VIEWER, BREAKPOINTS_PANEL, GtkWidget)

/** Property `session` (ViewerSession, nullable). */

G_END_DECLS
