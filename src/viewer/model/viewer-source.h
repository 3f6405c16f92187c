// SPDX-License-Identifier: BSD-3-Clause
// ViewerSource: the text of one source file of a trace, decoded as Python would.
// ViewerSources: those of a trace, loaded when first asked for.
#pragma once

#include <gio/gio.h>

#include "trace/tx-reader.h"

G_BEGIN_DECLS

typedef struct
{
  gatomicrefcount refs;
  guint file;         /* id, from 1 */
  char *path;         /* owned, as recorded, bytes */
  char *display_path; /* owned: as viewer_format_text() has it */
  char *text;         /* owned, valid UTF-8, lines end with \n; NULL: the trace has none */
  GArray *starts;     /* owned gsize: offset of each line in text */
  gboolean younger;   /* the file was changed after the program had started: see TxFile */
  gboolean exact;     /* FALSE: some bytes could not be decoded and are shown replaced */
} ViewerSource;

ViewerSource *viewer_source_new (guint file, const char *path, const char *bytes, gsize size_bytes);
ViewerSource *viewer_source_ref (ViewerSource *self);
void viewer_source_unref (ViewerSource *self);
guint viewer_source_get_n_lines (const ViewerSource *self);
char *viewer_source_dup_line (const ViewerSource *self, guint line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ViewerSource, viewer_source_unref)

typedef struct _ViewerSources ViewerSources;

ViewerSources *viewer_sources_new (void);
ViewerSources *viewer_sources_ref (ViewerSources *self);
void viewer_sources_unref (ViewerSources *self);
ViewerSource *viewer_sources_load (ViewerSources *self, const TxReader *reader, guint file);

char *viewer_source_decode (const char *bytes, gsize size_bytes, gboolean *ret_exact);

G_END_DECLS
