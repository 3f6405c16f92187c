// SPDX-License-Identifier: BSD-3-Clause
// ViewerHistory: positions visited, for going back and forward as in a browser.
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VIEWER_HISTORY_MAX 500 /* entries kept; the oldest is dropped */

typedef struct
{
  GArray *positions; /* owned guint64 */
  guint at;          /* index of where one is */
} ViewerHistory;

void viewer_history_init (ViewerHistory *self);
void viewer_history_clear (ViewerHistory *self);
void viewer_history_jump (ViewerHistory *self, guint64 position);
void viewer_history_drift (ViewerHistory *self, guint64 position);
gboolean viewer_history_can_go (const ViewerHistory *self, int direction);
gboolean viewer_history_go (ViewerHistory *self, int direction, guint64 *ret_position);

G_END_DECLS
