// SPDX-License-Identifier: BSD-3-Clause
// ViewerCountGutter: how often each line ran, on a ground that shows how much time it took.
#pragma once

#include <gtksourceview/gtksource.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_COUNT_GUTTER (viewer_count_gutter_get_type ())
G_DECLARE_FINAL_TYPE (
    ViewerCountGutter, viewer_count_gutter, VIEWER, COUNT_GUTTER, GtkSourceGutterRenderer)

GtkSourceGutterRenderer *viewer_count_gutter_new (void);
void viewer_count_gutter_set_session (ViewerCountGutter *self, ViewerSession *session);

G_END_DECLS
