// SPDX-License-Identifier: BSD-3-Clause
// ViewerWindow: composes header, pages and workspace around one session.
#pragma once

#include <adwaita.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_WINDOW (viewer_window_get_type ())
G_DECLARE_FINAL_TYPE (ViewerWindow, viewer_window, VIEWER, WINDOW, AdwApplicationWindow)

ViewerWindow *viewer_window_new (AdwApplication *application);
void viewer_window_open (ViewerWindow *self, const char *directory);
ViewerSession *viewer_window_get_session (ViewerWindow *self);
gboolean viewer_window_is_idle (ViewerWindow *self);

G_END_DECLS
