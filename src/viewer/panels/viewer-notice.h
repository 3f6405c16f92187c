// SPDX-License-Identifier: BSD-3-Clause
// ViewerNotice: a line or two that appear over the window for a few seconds. Not an AdwToast: that
// one cuts a message after one line, and libadwaita 1.2 crashes when its window is closed while it
// goes away.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_NOTICE (viewer_notice_get_type ())
G_DECLARE_FINAL_TYPE (ViewerNotice, viewer_notice, VIEWER, NOTICE, GtkWidget)

void viewer_notice_show (ViewerNotice *self, const char *text);
void viewer_notice_hide (ViewerNotice *self);

G_END_DECLS
