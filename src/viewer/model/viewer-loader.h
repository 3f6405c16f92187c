// SPDX-License-Identifier: BSD-3-Clause
// ViewerLoader: opens what a user named (a trace, a run, a base directory) without blocking.
#pragma once

#include <gio/gio.h>

#include "replay/replay-path.h"
#include "replay/replay-trace.h"

G_BEGIN_DECLS

/** ViewerLoaded: what opening gave. */
typedef struct
{
  char *given;      /* owned: what the user named */
  ReplayPath *path; /* owned: what it turned out to be, with the traces of its run */
  gsize chosen;     /* index into path->traces; n_traces: several, and the user has to say which */
  ReplayTrace *front; /* owned: for moves; NULL when nothing was chosen */
  ReplayTrace *back;  /* owned: for long queries, so that moves never wait for them */
} ViewerLoaded;

void viewer_loaded_free (ViewerLoaded *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ViewerLoaded, viewer_loaded_free)

#define VIEWER_TYPE_LOADER (viewer_loader_get_type ())
G_DECLARE_FINAL_TYPE (ViewerLoader, viewer_loader, VIEWER, LOADER, GObject)

ViewerLoader *viewer_loader_new (const char *directory);
const char *viewer_loader_get_directory (ViewerLoader *self);
void viewer_loader_load_async (ViewerLoader *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
ViewerLoaded *viewer_loader_load_finish (ViewerLoader *self, GAsyncResult *result, GError **error);

G_END_DECLS
