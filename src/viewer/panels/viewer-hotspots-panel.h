// SPDX-License-Identifier: BSD-3-Clause
// ViewerHotspotsPanel: the table of lines by time; activating a row goes to its slowest
// execution.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_HOTSPOTS_PANEL (viewer_hotspots_panel_get_type ())
G_DECLARE_FINAL_TYPE (ViewerHotspotsPanel, viewer_hotspots_panel, VIEWER, HOTSPOTS_PANEL, GtkWidget)

/** Property `session` (ViewerSession, nullable). */

void viewer_hotspots_panel_focus_search (ViewerHotspotsPanel *self);
gboolean viewer_hotspots_panel_sort (ViewerHotspotsPanel *self, const char *column);
gboolean viewer_hotspots_panel_activate (ViewerHotspotsPanel *self, guint row);

G_END_DECLS
