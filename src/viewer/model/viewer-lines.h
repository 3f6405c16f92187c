// SPDX-License-Identifier: BSD-3-Clause
// What is known of each line of a file: the table behind the gutter.
#pragma once

#include <glib.h>

#include "replay/replay-trace.h"
#include "viewer-source.h"

G_BEGIN_DECLS

/** ViewerLine: what the gutter shows of one line of the file shown. */
typedef struct
{
  ReplayLineState state;
  guint64 hits;
  guint64 self_ns;
  guint64 cumulated_ns;
} ViewerLine;

void viewer_lines_fill (GArray *lines,
                        const ViewerSource *source,
                        const ReplayFileLine *known,
                        gsize n_known);
guint64 viewer_lines_get_hottest_ns (const GArray *lines);

G_END_DECLS
