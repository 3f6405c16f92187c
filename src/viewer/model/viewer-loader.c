// SPDX-License-Identifier: BSD-3-Clause
// ViewerLoader: runs replay_path_resolve() and the two replay_trace_open() in a thread. Owns the
// name of the directory; what it opens belongs to the one who asked.
#include "viewer-loader.h"

#include <glib/gi18n.h>

#include "replay/replay-convert.h"
#include "viewer-error.h"

struct _ViewerLoader
{
  GObject parent_instance;

  char *directory; /* owned, as given */
};

G_DEFINE_FINAL_TYPE (ViewerLoader, viewer_loader, G_TYPE_OBJECT)

void
viewer_loaded_free (ViewerLoaded *self)
{
  if (!self)
    return;
  replay_path_free (self->path);
  if (self->front)
    replay_trace_close (self->front);
  if (self->back)
    replay_trace_close (self->back);
  g_free (self->given);
  g_free (self);
}

static void
viewer_loader_finalize (GObject *object)
{
  ViewerLoader *self = VIEWER_LOADER (object);

  g_free (self->directory);

  G_OBJECT_CLASS (viewer_loader_parent_class)->finalize (object);
}

static void
viewer_loader_class_init (ViewerLoaderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = viewer_loader_finalize;
}

static void
viewer_loader_init (ViewerLoader *self)
{
}

/** viewer_loader_new: @directory: a path of the file system, any bytes. */
ViewerLoader *
viewer_loader_new (const char *directory)
{
  ViewerLoader *self = g_object_new (VIEWER_TYPE_LOADER, NULL);

  self->directory = g_strdup (directory);
  return self;
}

const char *
viewer_loader_get_directory (ViewerLoader *self)
{
  return self->directory;
}

static ReplayTrace *
open_trace (const char *directory, GError **error)
{
  TxError tx_error = { 0 };
  ReplayTrace *trace = replay_trace_open (directory, &tx_error);

  if (!trace)
    viewer_error_take_tx (tx_error.status == TX_OK ? TX_ERROR_IO : tx_error.status, &tx_error,
                          error);
  return trace;
}

static bool
go_on_cb (void *data, double fraction)
{
  return !g_cancellable_is_cancelled (data);
}

/* Where another tool has written the recording it is made a trace first, which can take long. */
static gboolean
convert (const char *directory, GCancellable *cancellable, GError **error)
{
  ReplayProgress progress = { go_on_cb, cancellable };
  TxError tx_error = { 0 };

  return !replay_convert_is_needed (directory) ||
         viewer_error_take_tx (replay_convert (directory, &progress, &tx_error), &tx_error, error);
}

static ViewerLoaded *
load (const char *directory, GCancellable *cancellable, GError **error)
{
  g_autoptr (ViewerLoaded) loaded = g_new0 (ViewerLoaded, 1);
  TxError tx_error = { 0 };
  TxStatus status = replay_path_resolve (directory, &loaded->path, &tx_error);

  if (!viewer_error_take_tx (status, &tx_error, error))
    return NULL;
  loaded->given = g_strdup (directory);
  loaded->chosen = loaded->path->n_traces == 1 ? 0 : loaded->path->n_traces;
  if (loaded->chosen == loaded->path->n_traces)
    return g_steal_pointer (&loaded);
  if (!convert (loaded->path->traces[0].directory, cancellable, error))
    return NULL;
  loaded->front = open_trace (loaded->path->traces[0].directory, error);
  if (!loaded->front)
    return NULL;
  loaded->back = open_trace (loaded->path->traces[0].directory, error);
  if (!loaded->back)
    return NULL;
  return g_steal_pointer (&loaded);
}

static void
load_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;
  ViewerLoaded *loaded = load (task_data, cancellable, &error);

  if (loaded)
    g_task_return_pointer (task, loaded, (GDestroyNotify) viewer_loaded_free);
  else
    g_task_return_error (task, error);
}

/** viewer_loader_load_async: a cancelled load is forgotten at once, whatever the disk does. */
void
viewer_loader_load_async (ViewerLoader *self,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_task_data (task, g_strdup (self->directory), g_free);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, load_thread);
}

/** viewer_loader_load_finish: Returns: (transfer full): NULL with @error set on failure. */
ViewerLoaded *
viewer_loader_load_finish (ViewerLoader *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
