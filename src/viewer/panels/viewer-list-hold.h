// SPDX-License-Identifier: BSD-3-Clause
// Lists whose rows were exchanged stay where they are until they are laid out.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * viewer_list_hold_while_changing:
 * @list: a GtkListView or GtkColumnView
 *
 * When rows come or go @list can't be scrolled until it is laid out anew. GTK 4.8 looks at once for
 * the row that it is scrolled to, and warns where there is none any more.
 */
void viewer_list_hold_while_changing (GtkScrollable *list);

G_END_DECLS
