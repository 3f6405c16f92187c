// SPDX-License-Identifier: BSD-3-Clause
// ViewerTravel: the part of a move that runs in the front worker's thread: finds the position and
// all that is shown there (names, stack, source). Touches no session.
#include "viewer-travel-private.h"

#include <glib/gi18n.h>

#include "viewer-error.h"
#include "viewer-format.h"
#include "viewer-frame.h"

void
_viewer_travel_free (ViewerTravel *travel)
{
  _viewer_cursor_unref (travel->cursor);
  viewer_sources_unref (travel->sources);
  replay_breakpoints_free (travel->breakpoints);
  g_free (travel->text);
  g_free (travel->location);
  g_free (travel->function);
  g_free (travel->thread_name);
  g_clear_pointer (&travel->frames, g_ptr_array_unref);
  g_clear_pointer (&travel->source, viewer_source_unref);
  g_free (travel);
}

/* What was typed, and both ends of a range. */
static TxStatus
find_said (ReplayTrace *trace,
           ViewerTravel *travel,
           const ReplayProgress *progress,
           ReplayPosition *ret_position,
           TxError *error)
{
  ReplaySpecContext context = { .current = travel->cursor->position, .file = travel->file };
  ReplaySpecPlace from, to;
  ReplayBookmarks *bookmarks = NULL;
  TxStatus status;

  if (travel->point.kind == REPLAY_TIMES_BOOKMARK || travel->to_point.kind == REPLAY_TIMES_BOOKMARK)
    bookmarks = replay_bookmarks_open (trace, NULL, NULL);
  context.bookmarks = bookmarks;
  status = replay_spec_resolve_point (trace, &travel->point, &context, progress, &from, error);
  if (status == TX_OK && travel->is_range)
    status = replay_spec_resolve_point (trace, &travel->to_point, &context, progress, &to, error);
  replay_bookmarks_close (bookmarks);
  if (status != TX_OK)
    return status;
  *ret_position = from.position;
  travel->range_from_ns = from.real_ns;
  travel->range_to_ns = travel->is_range ? to.real_ns : from.real_ns;
  return TX_OK;
}

/* Where the thread stands now: its last step so far, or else its first one. */
static TxStatus
find_thread (ReplayTrace *trace,
             ViewerTravel *travel,
             const ReplayProgress *progress,
             ReplayPosition *ret_position,
             TxError *error)
{
  TxStatus status = replay_move_to_thread (trace, travel->cursor->position, travel->thread,
                                           progress, ret_position, error);

  if (status == TX_END)
    return tx_error_set (error, TX_ERROR_INVALID, _ ("Thread %u has no step in the recording"),
                         travel->thread);
  return status;
}

static TxStatus
find_position (ReplayTrace *trace,
               ViewerTravel *travel,
               const ReplayProgress *progress,
               ReplayPosition *ret_position,
               TxError *error)
{
  ReplayPosition from = travel->cursor->position;
  int64_t duration_ns;
  TxStatus status;

  switch (travel->kind)
    {
    case VIEWER_TRAVEL_POSITION:
      *ret_position = travel->position;
      return TX_OK;
    case VIEWER_TRAVEL_TIME:
      return replay_trace_seek_time (trace, travel->time_ns, ret_position, error);
    case VIEWER_TRAVEL_MOVE:
      travel->move.breakpoints = travel->breakpoints;
      status = replay_move (trace, from, &travel->move, progress, &travel->stop, error);
      if (status == TX_OK)
        *ret_position = travel->stop.position;
      return status;
    case VIEWER_TRAVEL_HIT:
      return replay_hits_nth (trace, travel->file, travel->line, travel->number, progress,
                              ret_position, error);
    case VIEWER_TRAVEL_NEAR_HIT:
      return replay_hits_near (trace, travel->file, travel->line, from, travel->backward, progress,
                               ret_position, error);
    case VIEWER_TRAVEL_SLOWEST:
      return replay_hits_slowest (trace, travel->file, travel->line, progress, ret_position,
                                  &duration_ns, error);
    case VIEWER_TRAVEL_THREAD:
      return find_thread (trace, travel, progress, ret_position, error);
    case VIEWER_TRAVEL_SAID:
      return find_said (trace, travel, progress, ret_position, error);
    default:
      g_assert_not_reached ();
    }
}

/* A position inside a missing stretch becomes the nearest one that is known. */
static TxStatus
get_step (ReplayTrace *trace, ViewerTravel *travel, ReplayPosition position, TxError *error)
{
  TxStatus status = replay_trace_get_step (trace, position, &travel->step, error);

  if (status != TX_ERROR_GAP && status != TX_ERROR_DAMAGED)
    return status;
  travel->notice = _ ("This part of the recording is missing: the nearest known step is shown");
  if (replay_trace_skip_missing (trace, position, FALSE, &position) != TX_OK &&
      replay_trace_skip_missing (trace, position, TRUE, &position) != TX_OK)
    return status;
  return replay_trace_get_step (trace, position, &travel->step, error);
}

static ViewerFrame *
make_frame (const TxReader *reader, const ReplayFrame *from)
{
  ViewerFrame *frame = viewer_frame_new ();
  const TxFile *file = from->file ? tx_reader_get_file (reader, from->file) : NULL;

  frame->depth = from->depth;
  frame->file = from->file;
  frame->line = from->line;
  frame->function = viewer_format_function (reader, from->function);
  frame->location = viewer_format_location (reader, from->file, from->line);
  frame->path = viewer_format_text (file ? file->path : "");
  return frame;
}

/* A stack that can't be found is no reason not to show the line. */
static void
describe_stack (ReplayTrace *trace, ViewerTravel *travel)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  g_autofree ReplayFrame *frames = g_new0 (ReplayFrame, VIEWER_SESSION_FRAMES_MAX);
  size_t n_frames = 0;
  uint32_t depth = 0;

  travel->frames = g_ptr_array_new_with_free_func (g_object_unref);
  if (replay_trace_get_stack (trace, travel->step.position, 0, frames, VIEWER_SESSION_FRAMES_MAX,
                              &n_frames, &depth, NULL) != TX_OK)
    n_frames = 0;
  travel->depth = MAX (depth, travel->step.depth);
  for (size_t i = 0; i < n_frames; i++)
    g_ptr_array_add (travel->frames, make_frame (reader, &frames[i]));
}

static void
describe_place (ReplayTrace *trace, ViewerTravel *travel)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  const ReplayStep *step = &travel->step;

  travel->location = viewer_format_location (reader, step->file, step->line);
  travel->function = viewer_format_function (reader, step->function);
  travel->thread_name = viewer_format_thread (reader, step->thread);
  if (step->file)
    travel->source = viewer_sources_load (travel->sources, reader, step->file);
  describe_stack (trace, travel);
}

gboolean
_viewer_travel_run (ReplayTrace *trace,
                    gpointer data,
                    const ReplayProgress *progress,
                    GError **error)
{
  ViewerTravel *travel = data;
  ReplayPosition position = 0;
  TxError tx_error = { 0 };
  TxStatus status;

  if (replay_trace_get_n_steps (trace) == 0)
    {
      g_set_error_literal (error, VIEWER_ERROR, VIEWER_ERROR_NOTHING,
                           _ ("The recording has no step yet"));
      return FALSE;
    }
  status = find_position (trace, travel, progress, &position, &tx_error);
  if (status == TX_OK)
    status = get_step (trace, travel, position, &tx_error);
  if (status == TX_END && tx_error.message[0] == '\0')
    tx_error_set (&tx_error, TX_END, "%s", _ ("There is no such execution of this line"));
  if (!viewer_error_take_tx (status, &tx_error, error))
    return FALSE;
  travel->cursor->position = travel->step.position;
  describe_place (trace, travel);
  return TRUE;
}
