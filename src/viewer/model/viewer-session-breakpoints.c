// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: breakpoints: set and taken away by the user, checked by the back worker (a line
// that never ran is refused with the reason), and the moments of their hits for the timeline.
#include "viewer-session-private.h"

#include "viewer-breakpoint.h"
#include "viewer-error.h"
#include "viewer-format.h"

typedef struct
{
  guint file;
  guint line;
  ViewerSources *sources; /* owned */
  guint64 count;
  char *location; /* owned */
  char *text;     /* owned */
} CheckJob;

static void
free_check_job (CheckJob *job)
{
  viewer_sources_unref (job->sources);
  g_free (job->location);
  g_free (job->text);
  g_free (job);
}

/* The library decides in a set of its own: the session's is the main loop's. */
static gboolean
check_line (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  CheckJob *job = data;
  const TxReader *reader = replay_trace_get_reader (trace);
  ReplayBreakpoints *scratch = replay_breakpoints_new ();
  TxError tx_error = { 0 };
  TxStatus status = replay_breakpoints_add (scratch, trace, job->file, job->line, NULL, &tx_error);
  g_autoptr (ViewerSource) source = viewer_sources_load (job->sources, reader, job->file);
  uint64_t count = 0;

  replay_breakpoints_free (scratch);
  if (!viewer_error_take_tx (status, &tx_error, error))
    return FALSE;
  if (replay_hits_count (trace, job->file, job->line, progress, &count, NULL) == TX_OK)
    job->count = count;
  job->location = viewer_format_location (reader, job->file, job->line);
  job->text = viewer_source_dup_line (source, job->line);
  return TRUE;
}

static void
add_to_list (ViewerSession *self, CheckJob *job, guint id)
{
  g_autoptr (ViewerBreakpoint) item = viewer_breakpoint_new ();

  item->id = id;
  item->file = job->file;
  item->line = job->line;
  item->enabled = TRUE;
  item->count = job->count;
  item->location = g_steal_pointer (&job->location);
  item->text = g_steal_pointer (&job->text);
  g_list_store_append (self->breakpoint_list, item);
}

static void
changed (ViewerSession *self)
{
  _viewer_session_emit (self, VIEWER_SESSION_BREAKPOINTS_CHANGED);
  _viewer_session_request_hits (self);
}

static void
check_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  CheckJob *job = data;
  uint32_t id = 0;
  TxError tx_error = { 0 };
  TxStatus status;

  if (error)
    {
      _viewer_session_emit_failed (self, error);
      return;
    }
  if (viewer_session_has_breakpoint (self, job->file, job->line))
    return;
  status = replay_breakpoints_add (self->breakpoints, NULL, job->file, job->line, &id, &tx_error);
  if (status != TX_OK)
    {
      g_autoptr (GError) failure = NULL;

      viewer_error_take_tx (status, &tx_error, &failure);
      _viewer_session_emit_failed (self, failure);
      return;
    }
  add_to_list (self, job, id);
  changed (self);
}

static guint
find_in_list (ViewerSession *self, guint id)
{
  GListModel *list = G_LIST_MODEL (self->breakpoint_list);
  guint n_items = g_list_model_get_n_items (list);

  for (guint i = 0; i < n_items; i++)
    {
      g_autoptr (ViewerBreakpoint) item = g_list_model_get_item (list, i);

      if (item->id == id)
        return i;
    }
  return G_MAXUINT;
}

/** viewer_session_toggle_breakpoint: a refusal comes as `failed`. */
void
viewer_session_toggle_breakpoint (ViewerSession *self, guint file, guint line)
{
  const ReplayBreakpoint *known = replay_breakpoints_find (self->breakpoints, file, line);
  CheckJob *job;

  if (known)
    {
      guint index = find_in_list (self, known->id);

      replay_breakpoints_remove (self->breakpoints, file, line);
      if (index != G_MAXUINT)
        g_list_store_remove (self->breakpoint_list, index);
      changed (self);
      return;
    }
  if (!self->back)
    return;
  job = g_new0 (CheckJob, 1);
  job->file = file;
  job->line = line;
  job->sources = viewer_sources_ref (self->sources);
  viewer_worker_push (self->back, G_OBJECT (self), NULL, check_line, check_done_cb, job,
                      (GDestroyNotify) free_check_job);
}

void
viewer_session_enable_breakpoint (ViewerSession *self, guint id, gboolean enabled)
{
  guint index = find_in_list (self, id);
  g_autoptr (ViewerBreakpoint) item = NULL;

  if (index == G_MAXUINT || !replay_breakpoints_set_enabled (self->breakpoints, id, enabled))
    return;
  item = g_list_model_get_item (G_LIST_MODEL (self->breakpoint_list), index);
  item->enabled = enabled;
  changed (self);
}

/* ---- Moments of hits ---- */

typedef struct
{
  ReplayBreakpoints *breakpoints; /* owned copy */
  GArray *times;                  /* owned, of gint64 */
} HitsJob;

static void
free_hits_job (HitsJob *job)
{
  replay_breakpoints_free (job->breakpoints);
  g_array_unref (job->times);
  g_free (job);
}

/* Where there are more hits than marks, evenly spread ones stand for all. */
static gboolean
find_hits (ReplayTrace *trace,
           const ReplayBreakpoint *breakpoint,
           guint budget,
           GArray *times,
           const ReplayProgress *progress)
{
  uint64_t count = 0;
  guint n_marks;

  if (replay_hits_count (trace, breakpoint->file, breakpoint->line, progress, &count, NULL) !=
      TX_OK)
    return FALSE;
  n_marks = (guint) MIN (count, budget);
  for (guint i = 0; i < n_marks; i++)
    {
      ReplayPosition position;
      ReplayStep step;
      TxStatus status = replay_hits_nth (trace, breakpoint->file, breakpoint->line,
                                         1 + i * count / n_marks, progress, &position, NULL);

      if (status == TX_CANCELLED)
        return FALSE;
      if (status == TX_OK && replay_trace_get_step (trace, position, &step, NULL) == TX_OK)
        {
          gint64 time_ns = step.real_ns;

          g_array_append_val (times, time_ns);
        }
    }
  return TRUE;
}

static gboolean
query_hits (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  HitsJob *job = data;
  size_t count = replay_breakpoints_get_count (job->breakpoints);

  for (size_t i = 0; i < count; i++)
    {
      const ReplayBreakpoint *breakpoint = replay_breakpoints_get (job->breakpoints, i);

      if (breakpoint->enabled &&
          !find_hits (trace, breakpoint, (guint) (VIEWER_SESSION_HITS_MAX / count), job->times,
                      progress))
        break;
    }
  return TRUE;
}

static void
hits_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  HitsJob *job = data;

  g_array_unref (self->hits);
  self->hits = g_array_ref (job->times);
  _viewer_session_emit (self, VIEWER_SESSION_HITS_CHANGED);
}

void
_viewer_session_request_hits (ViewerSession *self)
{
  HitsJob *job;

  if (!self->back)
    return;
  job = g_new0 (HitsJob, 1);
  job->breakpoints = replay_breakpoints_copy (self->breakpoints);
  job->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  viewer_worker_push (self->back, G_OBJECT (self), NULL, query_hits, hits_done_cb, job,
                      (GDestroyNotify) free_hits_job);
}
