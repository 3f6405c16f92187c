// SPDX-License-Identifier: BSD-3-Clause
// ViewerWorkspace: the panels of an open recording, side by side.
#pragma once

#include <gio/gio.h>

#include "viewer-hotspots-panel.h"
#include "viewer-source-panel.h"
#include "viewer-timeline-panel.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_WORKSPACE (viewer_workspace_get_type ())
G_DECLARE_FINAL_TYPE (ViewerWorkspace, viewer_workspace, VIEWER, WORKSPACE, GtkWidget)

/** Property `session` (ViewerSession, nullable): handed on to all panels. */

void viewer_workspace_place (ViewerWorkspace *self, GSettings *settings);
void viewer_workspace_save (ViewerWorkspace *self, GSettings *settings);
void viewer_workspace_show_sidebar (ViewerWorkspace *self, gboolean shown);
void viewer_workspace_show_hotspots (ViewerWorkspace *self, gboolean shown);

ViewerSourcePanel *viewer_workspace_get_source (ViewerWorkspace *self);
ViewerHotspotsPanel *viewer_workspace_get_hotspots (ViewerWorkspace *self);
GtkWidget *viewer_workspace_get_timeline (ViewerWorkspace *self);

G_END_DECLS
