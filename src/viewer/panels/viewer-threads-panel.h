// SPDX-License-Identifier: BSD-3-Clause
// ViewerThreadsPanel: the threads of the recording; a click goes to where one stands.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_THREADS_PANEL (viewer_threads_panel_get_type ())
G_DECLARE_FINAL_TYPE (ViewerThreadsPanel, viewer_threads_panel, VIEWER, THREADS_PANEL, GtkWidget)

/** Property `session` (ViewerSession, nullable). */

G_END_DECLS
