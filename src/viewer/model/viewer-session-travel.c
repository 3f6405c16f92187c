// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: moves, seen from the main loop: each is one ViewerTravel for the front worker, and
// what it brings back changes the session at once and as a whole.
#include "viewer-travel-private.h"

#include <glib/gi18n.h>

#include "viewer-error.h"

static void
take_place (ViewerSession *self, ViewerTravel *travel)
{
  ViewerPlace *place = &self->place;

  g_free (place->location);
  g_free (place->function);
  g_free (place->thread_name);
  g_free (place->time_text);
  *place = (ViewerPlace){ .valid = TRUE, .step = travel->step };
  place->location = g_steal_pointer (&travel->location);
  place->function = g_steal_pointer (&travel->function);
  place->thread_name = g_steal_pointer (&travel->thread_name);
  place->time_text = viewer_session_dup_time_text (self, travel->step.real_ns, 6);
  self->stack_depth = travel->depth;
  g_list_store_splice (self->stack, 0, g_list_model_get_n_items (G_LIST_MODEL (self->stack)),
                       travel->frames->pdata, travel->frames->len);
}

static const char *
get_stop_notice (const ViewerTravel *travel)
{
  if (travel->notice || travel->kind != VIEWER_TRAVEL_MOVE)
    return travel->notice;
  switch (travel->stop.reason)
    {
    case REPLAY_STOP_END:
      return travel->move.kind == REPLAY_MOVE_CONTINUE || travel->move.kind == REPLAY_MOVE_RUN_TO
                 ? _ ("No further hit: this is the end of the recording")
                 : _ ("This is the last step of this thread");
    case REPLAY_STOP_START:
      return travel->move.kind == REPLAY_MOVE_CONTINUE || travel->move.kind == REPLAY_MOVE_RUN_TO
                 ? _ ("No earlier hit: this is the start of the recording")
                 : _ ("This is the first step of this thread");
    case REPLAY_STOP_GAP:
      return _ ("A part of the recording is missing before this step");
    case REPLAY_STOP_ARRIVED:
    case REPLAY_STOP_BREAKPOINT:
    default:
      return NULL;
    }
}

static void
arrive (ViewerSession *self, ViewerTravel *travel)
{
  const char *notice = get_stop_notice (travel);

  take_place (self, travel);
  if (travel->is_range)
    viewer_session_set_range (self, travel->range_from_ns, travel->range_to_ns);
  if (!travel->from_history && travel->drifts)
    viewer_history_drift (&self->history, travel->step.position);
  else if (!travel->from_history)
    viewer_history_jump (&self->history, travel->step.position);
  if (travel->source)
    _viewer_session_take_source (self, travel->source, travel->step.line, 0);
  _viewer_session_emit (self, VIEWER_SESSION_MOVED);
  _viewer_session_request_index (self);
  if (notice)
    _viewer_session_emit_notice (self, notice);
}

static void
travel_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  ViewerTravel *travel = data;

  self->n_travels--;
  if (travel->drag)
    {
      self->dragging = FALSE;
      if (self->has_drag_target)
        viewer_session_drag_to_time (self, self->drag_target_ns);
    }
  if (error)
    _viewer_session_emit_failed (self, error);
  else
    arrive (self, travel);
  _viewer_session_watch_busy (self);
}

static ViewerTravel *
travel_new (ViewerSession *self, ViewerTravelKind kind)
{
  ViewerTravel *travel = g_new0 (ViewerTravel, 1);

  travel->kind = kind;
  travel->cursor = _viewer_cursor_ref (self->cursor);
  travel->sources = viewer_sources_ref (self->sources);
  return travel;
}

static void
depart (ViewerSession *self, ViewerTravel *travel)
{
  if (!self->front)
    {
      _viewer_travel_free (travel);
      return;
    }
  if (!self->travel_cancellable)
    self->travel_cancellable = g_cancellable_new ();
  self->n_travels++;
  viewer_worker_push (self->front, G_OBJECT (self), self->travel_cancellable, _viewer_travel_run,
                      travel_done_cb, travel, (GDestroyNotify) _viewer_travel_free);
  _viewer_session_watch_busy (self);
}

void
viewer_session_move (ViewerSession *self, ReplayMoveKind kind, gboolean backward)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_MOVE);

  travel->move = (ReplayMove){ .kind = kind, .backward = backward };
  travel->drifts = kind == REPLAY_MOVE_STEP || kind == REPLAY_MOVE_NEXT;
  if (kind == REPLAY_MOVE_CONTINUE)
    travel->breakpoints = replay_breakpoints_copy (self->breakpoints);
  depart (self, travel);
}

void
viewer_session_run_to (ViewerSession *self, guint file, guint line, gboolean backward)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_MOVE);

  travel->move =
      (ReplayMove){ .kind = REPLAY_MOVE_RUN_TO, .backward = backward, .file = file, .line = line };
  depart (self, travel);
}

void
viewer_session_go_to_position (ViewerSession *self, guint64 position)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_POSITION);

  travel->position = position;
  depart (self, travel);
}

void
viewer_session_go_to_time (ViewerSession *self, gint64 time_ns)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_TIME);

  travel->time_ns = time_ns;
  depart (self, travel);
}

/**
 * viewer_session_drag_to_time:
 *
 * As viewer_session_go_to_time(), for a pointer that moves: while one answer is on its way only the
 * newest wish is kept, so that the source follows however fast the pointer is.
 */
void
viewer_session_drag_to_time (ViewerSession *self, gint64 time_ns)
{
  ViewerTravel *travel;

  self->has_drag_target = self->dragging;
  self->drag_target_ns = time_ns;
  if (self->dragging)
    return;
  self->dragging = TRUE;
  travel = travel_new (self, VIEWER_TRAVEL_TIME);
  travel->time_ns = time_ns;
  travel->drag = TRUE;
  travel->drifts = TRUE;
  depart (self, travel);
}

/** viewer_session_go_to_hit: @number: from 1 */
void
viewer_session_go_to_hit (ViewerSession *self, guint file, guint line, guint64 number)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_HIT);

  travel->file = file;
  travel->line = line;
  travel->number = number;
  depart (self, travel);
}

void
viewer_session_go_to_near_hit (ViewerSession *self, guint file, guint line, gboolean backward)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_NEAR_HIT);

  travel->file = file;
  travel->line = line;
  travel->backward = backward;
  depart (self, travel);
}

void
viewer_session_go_to_slowest (ViewerSession *self, guint file, guint line)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_SLOWEST);

  travel->file = file;
  travel->line = line;
  depart (self, travel);
}

void
viewer_session_go_to_thread (ViewerSession *self, guint thread)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_THREAD);

  travel->thread = thread;
  depart (self, travel);
}

void
viewer_session_go_in_history (ViewerSession *self, int direction)
{
  guint64 position;
  ViewerTravel *travel;

  if (!viewer_history_go (&self->history, direction, &position))
    return;
  travel = travel_new (self, VIEWER_TRAVEL_POSITION);
  travel->position = position;
  travel->from_history = TRUE;
  depart (self, travel);
}

gboolean
viewer_session_can_go_in_history (ViewerSession *self, int direction)
{
  return viewer_history_can_go (&self->history, direction);
}

/* A point that is found later must not point into a text that is gone by then. */
static ReplayTimesPoint
keep_point (const ReplayTimesPoint *point, const char *text, const char *copy)
{
  ReplayTimesPoint kept = *point;

  if (kept.file)
    kept.file = copy + (kept.file - text);
  if (kept.note)
    kept.note = copy + (kept.note - text);
  return kept;
}

static void
go_to_spec (ViewerSession *self, const char *text, const ReplayTimesSpec *spec)
{
  ViewerTravel *travel = travel_new (self, VIEWER_TRAVEL_SAID);

  travel->text = g_strdup (text);
  travel->point = keep_point (&spec->from, text, travel->text);
  travel->to_point = keep_point (&spec->to, text, travel->text);
  travel->is_range = spec->kind == REPLAY_TIMES_RANGE;
  travel->file = self->place.valid ? self->place.step.file : 0;
  depart (self, travel);
}

/**
 * viewer_session_go_to_text:
 * @text: any form of INTERFACE section 2; a range is selected and its start gone to
 *
 * What had to be assumed (a date, a side of a clock change) is said as a notice.
 */
gboolean
viewer_session_go_to_text (ViewerSession *self, const char *text, GError **error)
{
  ReplayTimesContext context = { .current_ns =
                                     self->place.valid ? self->place.step.real_ns : self->from_ns,
                                 .start_ns = self->from_ns,
                                 .end_ns = self->to_ns,
                                 .zone = self->zone,
                                 .allow_range = true };
  ReplayTimesSpec spec;
  TxError tx_error = { 0 };
  char said[256] = "";

  if (!self->has_extent)
    {
      g_set_error_literal (error, VIEWER_ERROR, VIEWER_ERROR_NOTHING,
                           _ ("The recording has no step yet"));
      return FALSE;
    }
  if (!viewer_error_take_tx (replay_times_parse (text, &context, &spec, &tx_error), &tx_error,
                             error))
    return FALSE;
  replay_times_describe (&spec.from, self->zone, said, sizeof said);
  if (said[0])
    _viewer_session_emit_notice (self, said);
  go_to_spec (self, text, &spec);
  return TRUE;
}
