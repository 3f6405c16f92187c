// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: what is known of the recording as a whole (state, extent, threads, files, damage),
// its first look and its growth while the program still runs; and the state "busy".
#include "viewer-session-private.h"

#include <glib/gi18n.h>

#include "viewer-error.h"
#include "viewer-file.h"
#include "viewer-format.h"
#include "viewer-thread.h"

#define REFRESH_MS        200
#define HOTSPOTS_EVERY_US (3 * G_USEC_PER_SEC)
#define BUSY_CHECK_MS     100
#define NAMES_A_LOOK      1024
#define BUSY_AFTER_US     400000 /* shorter work is not worth a word */

/** Extent: a look at the recording, taken in a worker's thread. */
typedef struct
{
  gboolean refresh; /* read what is new first */
  gboolean changed;
  guint n_threads_known; /* of the session: only the rest is described */
  guint n_files_known;
  TxReaderState state;
  char *damage; /* owned */
  guint n_damages;
  guint64 n_steps;
  gboolean has_extent;
  gint64 from_ns;
  gint64 to_ns;
  char *zone;         /* owned; NULL: not known */
  GPtrArray *threads; /* owned */
  GPtrArray *files;   /* owned */
} Extent;

static void
free_extent (Extent *extent)
{
  g_free (extent->damage);
  g_free (extent->zone);
  g_ptr_array_unref (extent->threads);
  g_ptr_array_unref (extent->files);
  g_free (extent);
}

static Extent *
extent_new (ViewerSession *self, gboolean refresh)
{
  Extent *extent = g_new0 (Extent, 1);

  extent->refresh = refresh;
  extent->n_threads_known = g_list_model_get_n_items (G_LIST_MODEL (self->threads));
  extent->n_files_known = self->n_files_known;
  extent->threads = g_ptr_array_new_with_free_func (g_object_unref);
  extent->files = g_ptr_array_new_with_free_func (g_object_unref);
  return extent;
}

/* Hostile recordings name a million: nobody waits for those of one that was left. */
static gboolean
is_left (gsize id, const ReplayProgress *progress)
{
  return id % NAMES_A_LOOK == 0 && !progress->func (progress->data, 0);
}

/* FALSE: the recording was left meanwhile. */
static gboolean
describe_names (const TxReader *reader, Extent *extent, const ReplayProgress *progress)
{
  gsize n_threads = tx_reader_get_n_threads (reader);
  gsize n_files = tx_reader_get_n_files (reader);

  for (gsize id = extent->n_threads_known + 1; id <= n_threads; id++)
    {
      ViewerThread *thread;

      if (is_left (id, progress))
        return FALSE;
      thread = viewer_thread_new ();
      thread->number = (guint32) id;
      thread->name = viewer_format_thread (reader, (guint32) id);
      g_ptr_array_add (extent->threads, thread);
    }
  for (gsize id = extent->n_files_known + 1; id <= n_files; id++)
    {
      const TxFile *known = tx_reader_get_file (reader, (guint32) id);
      ViewerFile *file;

      if (is_left (id, progress))
        return FALSE;
      if (!known)
        continue;
      file = viewer_file_new ();
      file->id = (guint32) id;
      file->path = g_utf8_make_valid (known->path, -1);
      file->name = viewer_format_base_name (known->path);
      g_ptr_array_add (extent->files, file);
    }
  extent->n_files_known = (guint) n_files;
  return TRUE;
}

static gboolean
look (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  Extent *extent = data;
  const TxReader *reader = replay_trace_get_reader (trace);
  int64_t from_ns = 0, to_ns = 0;
  const char *damage;
  size_t n_damages = 0;
  bool changed = true;
  TxError tx_error = { 0 };

  if (extent->refresh &&
      !viewer_error_take_tx (replay_trace_refresh (trace, &changed, &tx_error), &tx_error, error))
    return FALSE;
  extent->changed = changed;
  extent->state = tx_reader_get_state (reader);
  extent->n_steps = replay_trace_get_n_steps (trace);
  extent->has_extent = extent->n_steps > 0 && replay_trace_get_range (trace, &from_ns, &to_ns);
  extent->from_ns = from_ns;
  extent->to_ns = to_ns;
  damage = tx_reader_get_damage (reader, &n_damages);
  extent->damage = damage ? g_utf8_make_valid (damage, -1) : NULL;
  extent->n_damages = (guint) n_damages;
  extent->zone = g_strdup (tx_reader_get_info (reader, "zone"));
  if (describe_names (reader, extent, progress))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
  return FALSE;
}

static void
append_all (GListStore *store, GPtrArray *items)
{
  g_list_store_splice (store, g_list_model_get_n_items (G_LIST_MODEL (store)), 0, items->pdata,
                       items->len);
}

static void
take_extent (ViewerSession *self, Extent *extent)
{
  self->state = extent->state;
  self->n_steps = extent->n_steps;
  self->has_extent = extent->has_extent;
  self->from_ns = extent->from_ns;
  self->to_ns = extent->to_ns;
  g_free (self->damage);
  self->damage = g_steal_pointer (&extent->damage);
  self->n_damages = extent->n_damages;
  append_all (self->threads, extent->threads);
  append_all (self->files, extent->files);
  self->n_files_known = extent->n_files_known;
}

static gboolean
refresh_cb (gpointer user_data)
{
  _viewer_session_refresh (user_data);
  return G_SOURCE_CONTINUE;
}

static void
watch_growth (ViewerSession *self)
{
  gboolean recording = self->state == TX_STATE_RECORDING;

  if (recording && !self->refresh_timer && self->front)
    self->refresh_timer = g_timeout_add (REFRESH_MS, refresh_cb, self);
  else if (!recording)
    g_clear_handle_id (&self->refresh_timer, g_source_remove);
}

/* Hot spots of a growing recording are looked up now and then only: a table that is replaced five
 * times a second can't be used. */
static void
ask_all (ViewerSession *self)
{
  gint64 now_us = g_get_monotonic_time ();

  _viewer_session_request_overview (self);
  _viewer_session_request_lines (self);
  if (self->state == TX_STATE_RECORDING && self->has_summary &&
      now_us - self->hotspots_asked_us < HOTSPOTS_EVERY_US)
    return;
  self->hotspots_asked_us = now_us;
  _viewer_session_request_hotspots (self);
}

static void
front_looked_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  Extent *extent = data;
  gboolean first = !self->known;
  gboolean was_empty = self->n_steps == 0;

  self->n_refreshing -= extent->refresh;
  if (error)
    {
      /* Once is enough: a vanished directory would say so five times a second. */
      g_clear_handle_id (&self->refresh_timer, g_source_remove);
      _viewer_session_emit_failed (self, error);
      return;
    }
  take_extent (self, extent);
  if (first)
    {
      self->recorder_zone = g_steal_pointer (&extent->zone);
      _viewer_session_update_zone (self);
    }
  self->known = TRUE;
  watch_growth (self);
  if (was_empty && self->n_steps > 0)
    viewer_session_go_to_position (self, 0);
  _viewer_session_emit (self, VIEWER_SESSION_EXTENT_CHANGED);
  if (first)
    ask_all (self);
  else if (extent->changed)
    _viewer_session_retry_source (self);
}

static void
back_refreshed_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  Extent *extent = data;

  self->n_refreshing--;
  if (!error && extent->changed)
    ask_all (self);
}

static void
push_look (ViewerSession *self, ViewerWorker *worker, gboolean refresh, ViewerDoneFunc done)
{
  self->n_refreshing += refresh;
  viewer_worker_push (worker, G_OBJECT (self), NULL, look, done, extent_new (self, refresh),
                      (GDestroyNotify) free_extent);
}

/** _viewer_session_refresh: both workers take in what is new, unless they still do. */
void
_viewer_session_refresh (ViewerSession *self)
{
  if (self->n_refreshing || !self->front || viewer_worker_is_busy (self->back))
    return;
  push_look (self, self->front, TRUE, front_looked_cb);
  push_look (self, self->back, TRUE, back_refreshed_cb);
}

/** _viewer_session_start: the first look at the recording; all else follows from it. */
void
_viewer_session_start (ViewerSession *self)
{
  push_look (self, self->front, FALSE, front_looked_cb);
}

/* ---- Busy ---- */

static gboolean
busy_cb (gpointer user_data)
{
  ViewerSession *self = user_data;
  gboolean was_busy = self->busy;
  gint64 elapsed_us = 0;
  double fraction = 0;

  self->busy = self->n_travels > 0 &&
               viewer_worker_get_progress (self->front, &fraction, &elapsed_us) &&
               elapsed_us > BUSY_AFTER_US;
  self->busy_fraction = fraction;
  if (self->busy || was_busy)
    _viewer_session_emit (self, VIEWER_SESSION_BUSY_CHANGED);
  if (self->n_travels > 0)
    return G_SOURCE_CONTINUE;
  self->busy_timer = 0;
  return G_SOURCE_REMOVE;
}

void
_viewer_session_watch_busy (ViewerSession *self)
{
  if (self->n_travels == 0 && self->busy)
    {
      self->busy = FALSE;
      _viewer_session_emit (self, VIEWER_SESSION_BUSY_CHANGED);
    }
  else if (self->n_travels > 0 && !self->busy_timer && self->front)
    self->busy_timer = g_timeout_add (BUSY_CHECK_MS, busy_cb, self);
}

/** viewer_session_is_busy: whether a move takes long enough to show its progress. */
gboolean
viewer_session_is_busy (ViewerSession *self, double *ret_fraction)
{
  *ret_fraction = self->busy_fraction;
  return self->busy;
}

/** viewer_session_has_work: whether any answer is still to come. */
gboolean
viewer_session_has_work (ViewerSession *self)
{
  return self->front && (viewer_worker_is_busy (self->front) || viewer_worker_is_busy (self->back));
}

/** viewer_session_cancel: moves on their way and queued; nothing changes by them. */
void
viewer_session_cancel (ViewerSession *self)
{
  if (self->n_travels > 0)
    _viewer_session_renew (&self->travel_cancellable);
}
