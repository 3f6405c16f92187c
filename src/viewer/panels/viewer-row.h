// SPDX-License-Identifier: BSD-3-Clause
// A row of the lists at the side: a name, and something short and dim at its right.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWidget *viewer_row_new (void);
void viewer_row_set (GtkWidget *row, const char *name, const char *note, const char *tooltip);

G_END_DECLS
