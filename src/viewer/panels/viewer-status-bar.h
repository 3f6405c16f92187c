// SPDX-License-Identifier: BSD-3-Clause
// ViewerStatusBar: the line between source and timeline: when, where, which execution.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_STATUS_BAR (viewer_status_bar_get_type ())
G_DECLARE_FINAL_TYPE (ViewerStatusBar, viewer_status_bar, VIEWER, STATUS_BAR, GtkWidget)

/** Property `session` (ViewerSession, nullable). */

G_END_DECLS
