// SPDX-License-Identifier: BSD-3-Clause
// ViewerSourceView: a read-only GtkSourceView that shows the session's source: current line or
// frame, counts, breakpoints, dim lines that never ran.
#pragma once

#include <gtksourceview/gtksource.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_SOURCE_VIEW (viewer_source_view_get_type ())
G_DECLARE_FINAL_TYPE (ViewerSourceView, viewer_source_view, VIEWER, SOURCE_VIEW, GtkSourceView)

/** Property `session` (ViewerSession, nullable). */

guint viewer_source_view_get_cursor_line (ViewerSourceView *self);
GtkSourceBuffer *viewer_source_view_get_source_buffer (ViewerSourceView *self);

G_END_DECLS
