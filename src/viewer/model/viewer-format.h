// SPDX-License-Identifier: BSD-3-Clause
// Numbers, durations and names as the window shows them.
#pragma once

#include <glib.h>

#include "trace/tx-reader.h"

G_BEGIN_DECLS

char *viewer_format_count (guint64 count);
char *viewer_format_count_short (guint64 count);
char *viewer_format_duration (gint64 duration_ns);
char *viewer_format_bound (guint32 error_ns);
/** viewer_format_text: recorded bytes as a label may show them: UTF-8, without control characters,
 * and of 256 characters at most. */
char *viewer_format_text (const char *bytes);
char *viewer_format_base_name (const char *path);
char *viewer_format_location (const TxReader *reader, guint32 file, guint32 line);
char *viewer_format_function (const TxReader *reader, guint32 function);
char *viewer_format_thread (const TxReader *reader, guint32 thread);

G_END_DECLS
