// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimeEntry: where one says a time. Takes all forms that the command line takes; says what is
// wrong right below.
#pragma once

#include <gtk/gtk.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_TIME_ENTRY (viewer_time_entry_get_type ())
G_DECLARE_FINAL_TYPE (ViewerTimeEntry, viewer_time_entry, VIEWER, TIME_ENTRY, GtkWidget)

/**
 * Property `session` (ViewerSession, nullable).
 * Signal `done` (): the time was understood and is being gone to, or the user gave up.
 */

void viewer_time_entry_start (ViewerTimeEntry *self);

G_END_DECLS
