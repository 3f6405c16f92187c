// SPDX-License-Identifier: BSD-3-Clause
// ViewerWorker: one ReplayTrace and the one thread that may call it. Work is queued and
// done in order; results come back on the main loop in one idle each.
#pragma once

#include <gio/gio.h>

#include "replay/replay-trace.h"

G_BEGIN_DECLS

typedef struct _ViewerWorker ViewerWorker;

/**
 * ViewerWorkFunc:
 * @trace: the worker's; only to be used inside
 * @data: the job's; nobody else touches it while the job is queued or runs
 *
 * Runs in the worker's thread. Returns: %FALSE with @error set on failure.
 */
typedef gboolean (*ViewerWorkFunc) (ReplayTrace *trace,
                                    gpointer data,
                                    const ReplayProgress *progress,
                                    GError **error);

/**
 * ViewerDoneFunc:
 * @owner: what was given to viewer_worker_push()
 * @error: (nullable): owned by the caller; %G_IO_ERROR_CANCELLED when it was cancelled
 *
 * Runs on the main loop, exactly once a job, unless @owner is gone or the worker was closed.
 */
typedef void (*ViewerDoneFunc) (gpointer owner, gpointer data, const GError *error);

ViewerWorker *viewer_worker_new (const char *name, ReplayTrace *trace);
void viewer_worker_close (ViewerWorker *self);
void viewer_worker_push (ViewerWorker *self,
                         GObject *owner,
                         GCancellable *cancellable,
                         ViewerWorkFunc work,
                         ViewerDoneFunc done,
                         gpointer data,
                         GDestroyNotify destroy);
gboolean viewer_worker_is_busy (ViewerWorker *self);
gboolean
viewer_worker_get_progress (ViewerWorker *self, double *ret_fraction, gint64 *ret_elapsed_us);
guint viewer_worker_count_open (void);

G_END_DECLS
