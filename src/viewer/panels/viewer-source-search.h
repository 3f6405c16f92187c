// SPDX-License-Identifier: BSD-3-Clause
// ViewerSourceSearch: the bar that finds text in the file shown.
#pragma once

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_SOURCE_SEARCH (viewer_source_search_get_type ())
G_DECLARE_FINAL_TYPE (ViewerSourceSearch, viewer_source_search, VIEWER, SOURCE_SEARCH, GtkWidget)

/** Property `view` (GtkSourceView, construct-time): where to search. */

void viewer_source_search_start (ViewerSourceSearch *self);

G_END_DECLS
