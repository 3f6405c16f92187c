// SPDX-License-Identifier: BSD-3-Clause
// The columns of the table of hot spots: titles, texts, order.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void viewer_hotspots_columns_add (GtkColumnView *view);
gboolean viewer_hotspots_columns_sort (GtkColumnView *view, const char *id);

G_END_DECLS
