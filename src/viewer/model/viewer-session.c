// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: the object: what it owns, its signals, its end. What it knows is asked in -get.c,
// moves are in -travel.c, what the source shows in -shown.c, long queries in -query.c, breakpoints
// in -breakpoints.c, the growing recording in -live.c.
#include "viewer-session-private.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "viewer-breakpoint.h"
#include "viewer-file.h"
#include "viewer-frame.h"
#include "viewer-hotspot.h"
#include "viewer-thread.h"

G_DEFINE_FINAL_TYPE (ViewerSession, viewer_session, G_TYPE_OBJECT)

guint _viewer_session_signals[VIEWER_SESSION_N_SIGNALS];

static const char *const plain_signals[VIEWER_SESSION_N_SIGNALS] = {
  [VIEWER_SESSION_MOVED] = "moved",
  [VIEWER_SESSION_SHOWN] = "shown",
  [VIEWER_SESSION_LINES_CHANGED] = "lines-changed",
  [VIEWER_SESSION_EXTENT_CHANGED] = "extent-changed",
  [VIEWER_SESSION_HOTSPOTS_CHANGED] = "hotspots-changed",
  [VIEWER_SESSION_RANGE_CHANGED] = "range-changed",
  [VIEWER_SESSION_BREAKPOINTS_CHANGED] = "breakpoints-changed",
  [VIEWER_SESSION_HITS_CHANGED] = "hits-changed",
  [VIEWER_SESSION_ZONE_CHANGED] = "zone-changed",
  [VIEWER_SESSION_BUSY_CHANGED] = "busy-changed",
};

void
_viewer_session_emit (ViewerSession *self, ViewerSessionSignal which)
{
  g_signal_emit (self, _viewer_session_signals[which], 0);
}

/* Cancelling is what the user asked for: silent. */
void
_viewer_session_emit_failed (ViewerSession *self, const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, _viewer_session_signals[VIEWER_SESSION_FAILED], 0, error);
}

void
_viewer_session_emit_notice (ViewerSession *self, const char *text)
{
  g_signal_emit (self, _viewer_session_signals[VIEWER_SESSION_NOTICE], 0, text);
}

/* Cancels what the old one stood for and makes one for what comes. */
void
_viewer_session_renew (GCancellable **cancellable)
{
  if (*cancellable)
    g_cancellable_cancel (*cancellable);
  g_clear_object (cancellable);
  *cancellable = g_cancellable_new ();
}

ViewerCursor *
_viewer_cursor_new (void)
{
  ViewerCursor *self = g_new0 (ViewerCursor, 1);

  g_atomic_ref_count_init (&self->refs);
  return self;
}

ViewerCursor *
_viewer_cursor_ref (ViewerCursor *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
_viewer_cursor_unref (ViewerCursor *self)
{
  if (g_atomic_ref_count_dec (&self->refs))
    g_free (self);
}

static void
clear_cancellable (GCancellable **cancellable)
{
  if (*cancellable)
    g_cancellable_cancel (*cancellable);
  g_clear_object (cancellable);
}

/**
 * viewer_session_close:
 *
 * Ends all work and timers. The object stays usable for reading what it has; nothing comes any
 * more.
 */
void
viewer_session_close (ViewerSession *self)
{
  g_clear_handle_id (&self->refresh_timer, g_source_remove);
  g_clear_handle_id (&self->busy_timer, g_source_remove);
  clear_cancellable (&self->travel_cancellable);
  clear_cancellable (&self->index_cancellable);
  clear_cancellable (&self->lanes_cancellable);
  clear_cancellable (&self->hotspots_cancellable);
  g_clear_pointer (&self->front, viewer_worker_close);
  g_clear_pointer (&self->back, viewer_worker_close);
}

static void
viewer_session_dispose (GObject *object)
{
  viewer_session_close (VIEWER_SESSION (object));

  G_OBJECT_CLASS (viewer_session_parent_class)->dispose (object);
}

static void
clear_place (ViewerPlace *place)
{
  g_free (place->location);
  g_free (place->function);
  g_free (place->thread_name);
  g_free (place->time_text);
}

static void
viewer_session_finalize (GObject *object)
{
  ViewerSession *self = VIEWER_SESSION (object);

  g_clear_pointer (&self->sources, viewer_sources_unref);
  g_clear_pointer (&self->cursor, _viewer_cursor_unref);
  g_free (self->given);
  g_free (self->directory);
  g_free (self->name);
  g_free (self->run_directory);
  g_strfreev (self->siblings);
  g_free (self->damage);
  g_clear_object (&self->threads);
  g_clear_object (&self->files);
  g_free (self->recorder_zone);
  replay_zone_free (self->zone);
  g_clear_pointer (&self->time_zone, g_time_zone_unref);
  clear_place (&self->place);
  g_clear_object (&self->stack);
  viewer_history_clear (&self->history);
  g_clear_pointer (&self->source, viewer_source_unref);
  g_clear_pointer (&self->lines, g_array_unref);
  g_clear_pointer (&self->overview, viewer_lanes_unref);
  g_clear_object (&self->hotspots);
  replay_breakpoints_free (self->breakpoints);
  g_clear_object (&self->breakpoint_list);
  g_clear_pointer (&self->hits, g_array_unref);
#ifdef __GLIBC__
  /* Rows lie among others' memory, in the workers' heaps, and would be kept from the system. */
  malloc_trim (0);
#endif

  G_OBJECT_CLASS (viewer_session_parent_class)->finalize (object);
}

static void
viewer_session_class_init (ViewerSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->dispose = viewer_session_dispose;
  object_class->finalize = viewer_session_finalize;

  for (guint i = 0; i < VIEWER_SESSION_N_SIGNALS; i++)
    if (plain_signals[i])
      _viewer_session_signals[i] = g_signal_new (plain_signals[i], type, G_SIGNAL_RUN_LAST, 0, NULL,
                                                 NULL, NULL, G_TYPE_NONE, 0);
  _viewer_session_signals[VIEWER_SESSION_DETAIL_READY] =
      g_signal_new ("detail-ready", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                    VIEWER_TYPE_LANES);
  _viewer_session_signals[VIEWER_SESSION_NOTICE] = g_signal_new (
      "notice", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  _viewer_session_signals[VIEWER_SESSION_FAILED] = g_signal_new (
      "failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
viewer_session_init (ViewerSession *self)
{
  self->sources = viewer_sources_new ();
  self->cursor = _viewer_cursor_new ();
  self->threads = g_list_store_new (VIEWER_TYPE_THREAD);
  self->files = g_list_store_new (VIEWER_TYPE_FILE);
  self->stack = g_list_store_new (VIEWER_TYPE_FRAME);
  self->hotspots = g_list_store_new (VIEWER_TYPE_HOTSPOT);
  self->breakpoint_list = g_list_store_new (VIEWER_TYPE_BREAKPOINT);
  self->lines = g_array_new (FALSE, TRUE, sizeof (ViewerLine));
  self->hits = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->breakpoints = replay_breakpoints_new ();
  self->shown_frame = G_MAXUINT;
  viewer_history_init (&self->history);
  self->zone = replay_zone_new_local ();
  self->time_zone = g_time_zone_new_local ();
}

static void
take_names (ViewerSession *self, ViewerLoaded *loaded)
{
  ReplayPath *path = loaded->path;
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  self->given = g_strdup (loaded->given);
  self->directory = g_strdup (path->traces[loaded->chosen].directory);
  self->name = g_utf8_make_valid (path->traces[loaded->chosen].name, -1);
  self->run_directory = g_strdup (path->run_directory);
  for (gsize i = 0; i < path->n_traces; i++)
    g_strv_builder_add (names, path->traces[i].name);
  self->siblings = g_strv_builder_end (names);
}

/**
 * viewer_session_new:
 * @loaded: (transfer full): with a chosen trace
 *
 * The first position and all the rest come soon after, by signals.
 */
ViewerSession *
viewer_session_new (ViewerLoaded *loaded)
{
  ViewerSession *self = g_object_new (VIEWER_TYPE_SESSION, NULL);

  take_names (self, loaded);
  self->front = viewer_worker_new ("trackexec-front", g_steal_pointer (&loaded->front));
  self->back = viewer_worker_new ("trackexec-back", g_steal_pointer (&loaded->back));
  _viewer_session_start (self);
  viewer_loaded_free (loaded);
  return self;
}
