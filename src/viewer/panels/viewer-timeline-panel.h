// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimelinePanel: the timeline bound to the session: a click goes there, a range selects
// what hot spots are counted over.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_TIMELINE_PANEL (viewer_timeline_panel_get_type ())
G_DECLARE_FINAL_TYPE (ViewerTimelinePanel, viewer_timeline_panel, VIEWER, TIMELINE_PANEL, GtkWidget)

/** Property `session` (ViewerSession, nullable). */

GtkWidget *viewer_timeline_panel_get_timeline (ViewerTimelinePanel *self);

G_END_DECLS
