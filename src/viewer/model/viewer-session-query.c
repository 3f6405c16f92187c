// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: questions whose answer may take long: counts of a file's lines, lanes, hot spots,
// which execution of its line the position is. All go to the back worker; an answer that nobody
// waits for any more is cancelled.
#include "viewer-session-private.h"

#include <stdlib.h>

#include "replay/replay-hotspots.h"
#include "replay/replay-timeline.h"
#include "viewer-error.h"
#include "viewer-format.h"
#include "viewer-hotspot.h"
#include "viewer-lines.h"

/* ---- Counts of the lines of the file shown ---- */

typedef struct
{
  guint file;
  ReplayFileLine *lines; /* owned, malloc */
  size_t n_lines;
} LinesJob;

static void
free_lines_job (LinesJob *job)
{
  free (job->lines);
  g_free (job);
}

static gboolean
query_lines (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  LinesJob *job = data;
  TxError tx_error = { 0 };
  TxStatus status = replay_trace_dup_file_lines (trace, job->file, &job->lines, &job->n_lines,
                                                 progress, &tx_error);

  return viewer_error_take_tx (status, &tx_error, error);
}

static void
lines_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  LinesJob *job = data;

  if (error)
    {
      _viewer_session_emit_failed (self, error);
      return;
    }
  if (!self->source || self->source->file != job->file)
    return;
  self->lines_file = job->file;
  viewer_lines_fill (self->lines, self->source, job->lines, job->n_lines);
  self->hottest_ns = viewer_lines_get_hottest_ns (self->lines);
  _viewer_session_emit (self, VIEWER_SESSION_LINES_CHANGED);
}

void
_viewer_session_request_lines (ViewerSession *self)
{
  LinesJob *job;

  if (!self->back || !self->source)
    return;
  job = g_new0 (LinesJob, 1);
  job->file = self->source->file;
  viewer_worker_push (self->back, G_OBJECT (self), NULL, query_lines, lines_done_cb, job,
                      (GDestroyNotify) free_lines_job);
}

/* ---- Execution n of N ---- */

typedef struct
{
  guint64 position;
  guint64 index;
  guint64 count;
} IndexJob;

static gboolean
query_index (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  IndexJob *job = data;
  uint64_t index = 0, count = 0;
  TxError tx_error = { 0 };
  TxStatus status = replay_hits_index (trace, job->position, progress, &index, &count, &tx_error);

  job->index = index;
  job->count = count;
  return viewer_error_take_tx (status, &tx_error, error);
}

/* The figure is an extra: where it can't be had (a gap, the live edge) it is left out. */
static void
index_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  IndexJob *job = data;

  if (error || self->place.step.position != job->position)
    return;
  self->place.execution = job->index;
  self->place.executions = job->count;
  _viewer_session_emit (self, VIEWER_SESSION_MOVED);
}

void
_viewer_session_request_index (ViewerSession *self)
{
  IndexJob *job;

  if (!self->back)
    return;
  _viewer_session_renew (&self->index_cancellable);
  job = g_new0 (IndexJob, 1);
  job->position = self->place.step.position;
  viewer_worker_push (self->back, G_OBJECT (self), self->index_cancellable, query_index,
                      index_done_cb, job, g_free);
}

/* ---- Lanes of the timeline ---- */

typedef struct
{
  gint64 from_ns;
  gint64 to_ns;
  guint n_slices;
  gboolean overview;
  ViewerLanes *lanes; /* owned */
} LanesJob;

static void
free_lanes_job (LanesJob *job)
{
  g_clear_pointer (&job->lanes, viewer_lanes_unref);
  g_free (job);
}

static int
compare_lanes (gconstpointer a, gconstpointer b)
{
  const ViewerLane *left = a, *right = b;

  return left->thread < right->thread ? -1 : left->thread > right->thread;
}

static ViewerLanes *
convert_lanes (const TxReader *reader, const ReplayTimeline *from)
{
  ViewerLanes *lanes = viewer_lanes_new (from->start_real_ns, from->end_real_ns,
                                         (guint) from->n_buckets, (guint) from->n_lanes);

  for (guint i = 0; i < lanes->n_lanes; i++)
    {
      ViewerLane *lane = &lanes->lanes[i];

      lane->thread = from->lanes[i].thread;
      lane->label = viewer_format_thread (reader, lane->thread);
      for (guint j = 0; j < lanes->n_slices; j++)
        {
          const ReplayTimelineBucket *bucket = &from->lanes[i].buckets[j];

          lane->slices[j] = (ViewerSlice){ bucket->depth_min, bucket->depth_max,
                                           bucket->missing ? VIEWER_SLICE_GAP : 0 };
          lane->depth_max = MAX (lane->depth_max, bucket->depth_max);
        }
    }
  if (lanes->n_lanes)
    qsort (lanes->lanes, lanes->n_lanes, sizeof lanes->lanes[0], compare_lanes);
  return lanes;
}

static gboolean
query_lanes (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  LanesJob *job = data;
  ReplayTimeline *timeline = NULL;
  TxError tx_error = { 0 };
  TxStatus status =
      replay_timeline_query (trace, job->from_ns, job->to_ns, job->n_slices,
                             VIEWER_SESSION_LANES_MAX, progress, &timeline, &tx_error);

  if (!viewer_error_take_tx (status, &tx_error, error))
    return FALSE;
  job->lanes = convert_lanes (replay_trace_get_reader (trace), timeline);
  replay_timeline_free (timeline);
  return TRUE;
}

/* A lane's scale is that of the whole recording, so that zooming doesn't change heights. */
static void
take_scales (ViewerLanes *detail, const ViewerLanes *overview)
{
  for (guint i = 0; i < detail->n_lanes; i++)
    for (guint j = 0; overview && j < overview->n_lanes; j++)
      if (overview->lanes[j].thread == detail->lanes[i].thread)
        detail->lanes[i].depth_max = MAX (detail->lanes[i].depth_max, overview->lanes[j].depth_max);
}

static void
lanes_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  LanesJob *job = data;

  if (error)
    _viewer_session_emit_failed (self, error);
  else if (job->overview)
    {
      g_clear_pointer (&self->overview, viewer_lanes_unref);
      self->overview = g_steal_pointer (&job->lanes);
      _viewer_session_emit (self, VIEWER_SESSION_EXTENT_CHANGED);
    }
  else
    {
      take_scales (job->lanes, self->overview);
      g_signal_emit (self, _viewer_session_signals[VIEWER_SESSION_DETAIL_READY], 0, job->lanes);
    }
}

static void
push_lanes (ViewerSession *self, LanesJob *job, GCancellable *cancellable)
{
  viewer_worker_push (self->back, G_OBJECT (self), cancellable, query_lanes, lanes_done_cb, job,
                      (GDestroyNotify) free_lanes_job);
}

void
_viewer_session_request_overview (ViewerSession *self)
{
  LanesJob *job;

  if (!self->back || !self->has_extent)
    return;
  job = g_new0 (LanesJob, 1);
  *job = (LanesJob){ self->from_ns, self->to_ns, VIEWER_SESSION_OVERVIEW, TRUE, NULL };
  push_lanes (self, job, NULL);
}

/** viewer_session_request_lanes: replaces what was asked for before and has not come yet. */
void
viewer_session_request_lanes (ViewerSession *self, gint64 from_ns, gint64 to_ns, guint n_slices)
{
  LanesJob *job;

  if (!self->back || to_ns <= from_ns)
    return;
  _viewer_session_renew (&self->lanes_cancellable);
  job = g_new0 (LanesJob, 1);
  *job = (LanesJob){ from_ns, to_ns, n_slices, FALSE, NULL };
  push_lanes (self, job, self->lanes_cancellable);
}

/* ---- Hot spots ---- */

typedef struct
{
  gint64 from_ns;
  gint64 to_ns;
  ViewerSources *sources; /* owned */
  GPtrArray *items;       /* owned, of ViewerHotspot */
  guint64 total_ns;
  guint64 total_steps;
  guint64 missing_blocks;
} HotspotsJob;

static void
free_hotspots_job (HotspotsJob *job)
{
  viewer_sources_unref (job->sources);
  g_ptr_array_unref (job->items);
  g_free (job);
}

static ViewerHotspot *
make_hotspot (const TxReader *reader,
              ViewerSources *sources,
              const ReplayHotspot *from,
              guint64 total_ns)
{
  ViewerHotspot *item = viewer_hotspot_new ();
  g_autofree char *key = NULL;

  item->file = from->file;
  item->line = from->line;
  item->count = from->count;
  item->self_ns = from->self_ns;
  item->cumulated_ns = from->cumulated_ns;
  item->average_ns = from->count ? from->cumulated_ns / from->count : 0;
  item->slowest_ns = from->slowest_ns;
  item->share = total_ns ? MIN ((double) from->cumulated_ns / (double) total_ns, 1.0) : 0;
  item->location = viewer_format_location (reader, from->file, from->line);
  item->function = viewer_format_function (reader, from->function);
  item->text = g_strdup ("");
  if (from->file)
    {
      g_autoptr (ViewerSource) source = viewer_sources_load (sources, reader, from->file);

      g_free (item->text);
      item->text = viewer_source_dup_line (source, from->line);
    }
  key = g_strjoin ("\n", item->location, item->function, item->text, NULL);
  item->key = g_utf8_casefold (key, -1);
  return item;
}

static gboolean
query_hotspots (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  HotspotsJob *job = data;
  const TxReader *reader = replay_trace_get_reader (trace);
  ReplayHotspotQuery query = { .from_real_ns = job->from_ns,
                               .to_real_ns = job->to_ns,
                               .sort = REPLAY_SORT_CUMULATED,
                               .max_items = VIEWER_SESSION_HOTSPOTS_MAX };
  ReplayHotspots *hotspots = NULL;
  TxError tx_error = { 0 };
  TxStatus status = replay_hotspots_query (trace, &query, progress, &hotspots, &tx_error);

  if (!viewer_error_take_tx (status, &tx_error, error))
    return FALSE;
  for (size_t i = 0; i < hotspots->n_items; i++)
    g_ptr_array_add (job->items,
                     make_hotspot (reader, job->sources, &hotspots->items[i], hotspots->total_ns));
  job->total_ns = hotspots->total_ns;
  job->total_steps = hotspots->total_steps;
  job->missing_blocks = hotspots->missing_blocks;
  replay_hotspots_free (hotspots);
  return TRUE;
}

static void
hotspots_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  HotspotsJob *job = data;

  if (error)
    {
      _viewer_session_emit_failed (self, error);
      return;
    }
  self->has_summary = TRUE;
  self->total_ns = job->total_ns;
  self->total_steps = job->total_steps;
  self->missing_blocks = job->missing_blocks;
  self->missing_seen = MAX (self->missing_seen, job->missing_blocks);
  g_list_store_splice (self->hotspots, 0, g_list_model_get_n_items (G_LIST_MODEL (self->hotspots)),
                       job->items->pdata, job->items->len);
  _viewer_session_emit (self, VIEWER_SESSION_HOTSPOTS_CHANGED);
}

void
_viewer_session_request_hotspots (ViewerSession *self)
{
  gboolean ranged = self->range_from_ns != self->range_to_ns;
  HotspotsJob *job;

  if (!self->back)
    return;
  _viewer_session_renew (&self->hotspots_cancellable);
  job = g_new0 (HotspotsJob, 1);
  job->from_ns = ranged ? self->range_from_ns : G_MININT64;
  job->to_ns = ranged ? self->range_to_ns : G_MAXINT64;
  job->sources = viewer_sources_ref (self->sources);
  job->items = g_ptr_array_new_with_free_func (g_object_unref);
  viewer_worker_push (self->back, G_OBJECT (self), self->hotspots_cancellable, query_hotspots,
                      hotspots_done_cb, job, (GDestroyNotify) free_hotspots_job);
}
