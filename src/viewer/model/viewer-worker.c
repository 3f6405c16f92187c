// SPDX-License-Identifier: BSD-3-Clause
// ViewerWorker: owns a thread, its queue and its ReplayTrace, which is opened elsewhere and
// closed here, in the thread, after the last job. Knows nothing of what jobs do.
// Not GTask's thread pool: a ReplayTrace takes one call at a time, in the order asked for.
#include "viewer-worker.h"

struct _ViewerWorker
{
  gatomicrefcount refs;
  ReplayTrace *trace;   /* owned; the thread's */
  GAsyncQueue *queue;   /* owned, of owned Job */
  GCancellable *closed; /* owned; cancelled: jobs are dropped */
  gint n_jobs;          /* atomic: queued, running or with their result on the way */

  GMutex mutex; /* guards the fields below */
  double fraction;
  gint64 started_us; /* monotonic; 0: idle */
};

typedef struct
{
  ViewerWorker *worker;      /* owned */
  GWeakRef owner;            /* borrowed: a result for nobody is dropped */
  GCancellable *cancellable; /* owned, nullable */
  ViewerWorkFunc work;       /* NULL: the thread ends */
  ViewerDoneFunc done;
  gpointer data; /* owned through destroy */
  GDestroyNotify destroy;
  GError *error; /* owned */
} Job;

/* Tests wait for it: a thread that still closes files looks like a leak. */
static gint n_open_workers;

static void
unref_worker (ViewerWorker *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_async_queue_unref (self->queue);
  g_object_unref (self->closed);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static void
free_job (Job *job)
{
  if (job->destroy)
    job->destroy (job->data);
  g_weak_ref_clear (&job->owner);
  g_clear_object (&job->cancellable);
  g_clear_error (&job->error);
  unref_worker (job->worker);
  g_free (job);
}

static gboolean
deliver_cb (gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GObject) owner = g_weak_ref_get (&job->owner);

  g_atomic_int_add (&job->worker->n_jobs, -1);
  if (owner && job->done && !g_cancellable_is_cancelled (job->worker->closed))
    job->done (owner, job->data, job->error);
  return G_SOURCE_REMOVE;
}

static void
deliver (Job *job)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, deliver_cb, job, (GDestroyNotify) free_job);
}

static bool
report_progress (void *data, double fraction)
{
  Job *job = data;
  ViewerWorker *self = job->worker;

  g_mutex_lock (&self->mutex);
  self->fraction = fraction;
  g_mutex_unlock (&self->mutex);
  return !g_cancellable_is_cancelled (self->closed) &&
         !(job->cancellable && g_cancellable_is_cancelled (job->cancellable));
}

static void
set_started (ViewerWorker *self, gint64 started_us)
{
  g_mutex_lock (&self->mutex);
  self->started_us = started_us;
  self->fraction = 0;
  g_mutex_unlock (&self->mutex);
}

static void
run_job (ViewerWorker *self, Job *job)
{
  ReplayProgress progress = { report_progress, job };

  if (report_progress (job, 0))
    {
      set_started (self, g_get_monotonic_time ());
      job->work (self->trace, job->data, &progress, &job->error);
      set_started (self, 0);
    }
  else
    g_set_error_literal (&job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
  deliver (job);
}

static gpointer
run_thread (gpointer user_data)
{
  ViewerWorker *self = user_data;
  gboolean running = TRUE;

  while (running)
    {
      Job *job = g_async_queue_pop (self->queue);

      running = job->work != NULL;
      if (running)
        run_job (self, job);
      else
        free_job (job);
    }
  replay_trace_close (self->trace);
  g_atomic_int_add (&n_open_workers, -1);
  unref_worker (self);
  return NULL;
}

/**
 * viewer_worker_new:
 * @name: of the thread, at most 15 bytes
 * @trace: (transfer full)
 */
ViewerWorker *
viewer_worker_new (const char *name, ReplayTrace *trace)
{
  ViewerWorker *self = g_new0 (ViewerWorker, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->mutex);
  self->trace = trace;
  self->queue = g_async_queue_new ();
  self->closed = g_cancellable_new ();
  g_atomic_int_inc (&n_open_workers);
  g_atomic_ref_count_inc (&self->refs);
  g_thread_unref (g_thread_new (name, run_thread, self));
  return self;
}

static void
push (ViewerWorker *self, Job *job)
{
  g_atomic_ref_count_inc (&self->refs);
  job->worker = self;
  g_async_queue_push (self->queue, job);
}

/**
 * viewer_worker_close:
 * @self: (transfer full)
 *
 * Cancels what runs, drops what waits; the thread closes the trace and ends by itself, so that
 * a slow disk never blocks the one who closes a window.
 */
void
viewer_worker_close (ViewerWorker *self)
{
  Job *last = g_new0 (Job, 1);

  g_weak_ref_init (&last->owner, NULL);
  g_cancellable_cancel (self->closed);
  push (self, last);
  unref_worker (self);
}

/**
 * viewer_worker_push:
 * @owner: kept weakly
 * @cancellable: (nullable)
 * @done: (nullable)
 * @data: (transfer full): freed with @destroy after @done
 */
void
viewer_worker_push (ViewerWorker *self,
                    GObject *owner,
                    GCancellable *cancellable,
                    ViewerWorkFunc work,
                    ViewerDoneFunc done,
                    gpointer data,
                    GDestroyNotify destroy)
{
  Job *job = g_new0 (Job, 1);

  g_weak_ref_init (&job->owner, owner);
  g_set_object (&job->cancellable, cancellable);
  job->work = work;
  job->done = done;
  job->data = data;
  job->destroy = destroy;
  g_atomic_int_inc (&self->n_jobs);
  push (self, job);
}

/** viewer_worker_is_busy: whether any job's result is still to come. */
gboolean
viewer_worker_is_busy (ViewerWorker *self)
{
  return g_atomic_int_get (&self->n_jobs) > 0;
}

/** viewer_worker_get_progress: of the running job. Returns: %FALSE when none runs. */
gboolean
viewer_worker_get_progress (ViewerWorker *self, double *ret_fraction, gint64 *ret_elapsed_us)
{
  gboolean running;

  g_mutex_lock (&self->mutex);
  running = self->started_us != 0;
  if (running)
    {
      *ret_fraction = self->fraction;
      *ret_elapsed_us = g_get_monotonic_time () - self->started_us;
    }
  g_mutex_unlock (&self->mutex);
  return running;
}

/** viewer_worker_count_open: threads that have not ended yet, in this process. */
guint
viewer_worker_count_open (void)
{
  return (guint) g_atomic_int_get (&n_open_workers);
}
