// SPDX-License-Identifier: BSD-3-Clause
// ViewerSourcePanel: the source in the middle of the window, with its name and its search bar.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_SOURCE_PANEL (viewer_source_panel_get_type ())
G_DECLARE_FINAL_TYPE (ViewerSourcePanel, viewer_source_panel, VIEWER, SOURCE_PANEL, GtkWidget)

/** Property `session` (ViewerSession, nullable). */

guint viewer_source_panel_get_cursor_line (ViewerSourcePanel *self);
void viewer_source_panel_find (ViewerSourcePanel *self);
GtkWidget *viewer_source_panel_get_view (ViewerSourcePanel *self);

G_END_DECLS
