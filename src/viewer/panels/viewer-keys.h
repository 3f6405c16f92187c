// SPDX-License-Identifier: BSD-3-Clause
// The single letters: they move while the source or the timeline has the focus, never in an entry.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void viewer_keys_add (GtkWidget *widget, GtkPropagationPhase phase);

G_END_DECLS
