// SPDX-License-Identifier: BSD-3-Clause
// ViewerStackPanel: the call stack at the current position, innermost frame first; a click
// shows the frame in the source.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_STACK_PANEL (viewer_stack_panel_get_type ())
G_DECLARE_FINAL_TYPE (ViewerStackPanel, viewer_stack_panel, VIEWER, STACK_PANEL, GtkWidget)

/** Property `session` (ViewerSession, nullable). */

G_END_DECLS
