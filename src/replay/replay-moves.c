// SPDX-License-Identifier: BSD-3-Clause
// Moves: each is a search with the right thread, depth and lines.
#include "replay-moves.h"

#include <stdlib.h>

#include "replay-search-private.h"

static int
compare_lines (const void *a, const void *b)
{
  const ReplayLine *left = a, *right = b;

  return (left->line > right->line) - (left->line < right->line);
}

/* What stops a move beside the thread's steps: lines, or, where one of them has a condition or is
   on a function, targets. */
typedef struct
{
  ReplayLine *lines; /* owned */
  size_t n_lines;
  bool has_targets;
  ReplayTargets targets;
} Places;

static void
clear_places (Places *places)
{
  free (places->lines);
  _replay_targets_clear (&places->targets);
}

static bool
uses_breakpoints (const ReplayMove *move)
{
  return move->breakpoints != NULL &&
         (move->kind == REPLAY_MOVE_CONTINUE || move->stop_at_breakpoints);
}

static TxStatus
collect_lines (const ReplayMove *move, Places *places, TxError *error)
{
  size_t n_breakpoints =
      uses_breakpoints (move) ? replay_breakpoints_get_count (move->breakpoints) : 0;

  places->lines = calloc (n_breakpoints + 1, sizeof *places->lines);
  if (places->lines == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the breakpoints");
  for (size_t i = 0; i < n_breakpoints; i++)
    {
      const ReplayBreakpoint *breakpoint = replay_breakpoints_get (move->breakpoints, i);

      if (!breakpoint->enabled)
        continue;
      if (breakpoint->function != NULL || _replay_condition_is_set (&breakpoint->condition))
        places->has_targets = true;
      else
        places->lines[places->n_lines++] = (ReplayLine){ breakpoint->file, breakpoint->line };
    }
  if (move->kind == REPLAY_MOVE_RUN_TO)
    places->lines[places->n_lines++] = (ReplayLine){ move->file, move->line };
  qsort (places->lines, places->n_lines, sizeof *places->lines, compare_lines);
  return TX_OK;
}

/* Clear @places whatever is returned. */
static TxStatus
collect_places (const ReplayMove *move,
                const ReplayProgress *progress,
                Places *places,
                TxError *error)
{
  TxStatus status = collect_lines (move, places, error);

  if (status != TX_OK || !places->has_targets)
    return status;
  places->n_lines = 0;
  if (move->kind == REPLAY_MOVE_RUN_TO)
    status = _replay_targets_add_line (&places->targets, move->file, move->line, error);
  if (status == TX_OK)
    status = _replay_targets_add_breakpoints (&places->targets, move->breakpoints, progress, error);
  return status;
}

/* Says in @search which steps of the thread end the move. */
static void
aim (const ReplayMove *move, const ReplayStep *from, ReplaySearch *search)
{
  switch (move->kind)
    {
    case REPLAY_MOVE_STEP:
      search->thread = from->thread;
      search->depth_max = UINT32_MAX;
      break;
    case REPLAY_MOVE_NEXT:
      search->thread = from->thread;
      search->depth_max = from->depth;
      search->frame_function = from->function;
      search->follows = true;
      break;
    case REPLAY_MOVE_FINISH:
      search->thread = from->thread;
      search->depth_max = UINT32_MAX;
      search->wait = REPLAY_FRAME_LEFT; /* nothing recorded called it: what comes after it */
      if (from->depth <= 1)
        break;
      search->wait = REPLAY_FRAME_ANY;
      search->depth_max = from->depth - 1;
      search->follows = true;
      search->frame_function =
          _replay_trace_get_function_at (search->trace, from->position, from->depth - 1);
      break;
    case REPLAY_MOVE_CONTINUE:
    case REPLAY_MOVE_RUN_TO:
    default:
      break;
    }
}

/* Where a move ends that finds nothing: the last (first) step, of its thread if it has one. */
static TxStatus
find_limit (const ReplaySearch *search, ReplayPosition from, ReplayStop *stop, TxError *error)
{
  ReplaySearch limit = { .trace = search->trace,
                         .backward = !search->backward,
                         .progress = search->progress,
                         .thread = search->thread,
                         .depth_max = UINT32_MAX };
  ReplayFound found;
  TxStatus status;

  stop->reason = search->backward ? REPLAY_STOP_START : REPLAY_STOP_END;
  stop->position = from;
  if (search->thread == 0)
    {
      status = replay_trace_skip_missing (search->trace, search->backward ? 0 : UINT64_MAX,
                                          !search->backward, &stop->position);
      return status == TX_END ? TX_OK : status;
    }
  if (search->backward)
    {
      /* Step 0 is behind nothing, so it is looked at apart. */
      ReplayStep first;

      if (replay_trace_get_step (search->trace, 0, &first, NULL) == TX_OK &&
          first.thread == search->thread)
        {
          stop->position = 0;
          return TX_OK;
        }
      status = _replay_search_run (&limit, 0, &found, error);
    }
  else
    status = _replay_search_run (&limit, REPLAY_POSITION_NONE, &found, error);
  if (status == TX_OK)
    stop->position = found.position;
  return status == TX_END ? TX_OK : status;
}

/* STEP in any thread: the neighbour, over what is missing. */
static TxStatus
step_any (ReplayTrace *trace, ReplayPosition from, bool backward, ReplayStop *stop)
{
  uint64_t n_steps = replay_trace_get_n_steps (trace);
  TxStatus status = TX_END;

  stop->position = from;
  if (backward ? from > 0 : from + 1 < n_steps)
    status = replay_trace_skip_missing (trace, backward ? from - 1 : from + 1, backward,
                                        &stop->position);
  if (status == TX_END)
    {
      stop->position = from;
      stop->reason = backward ? REPLAY_STOP_START : REPLAY_STOP_END;
      return TX_OK;
    }
  if (status != TX_OK)
    return status;
  stop->reason = REPLAY_STOP_ARRIVED;
  if (stop->position != (backward ? from - 1 : from + 1))
    stop->reason = REPLAY_STOP_GAP;
  return TX_OK;
}

/* Counts the missing blocks between two positions, for moves that do not search. */
static void
note_gaps_between (const ReplayTrace *trace, ReplayPosition a, ReplayPosition b, ReplayStop *stop)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  size_t first, last;

  if (!tx_reader_find_step (reader, a < b ? a : b, &first) ||
      !tx_reader_find_step (reader, a < b ? b : a, &last))
    return;
  for (size_t i = first; i <= last; i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);

      if (!tx_block_info_is_gap (info) && (i == first || info->events_lost == 0))
        continue;
      stop->missing_blocks += info->n_missing;
      if (stop->reason == REPLAY_STOP_ARRIVED)
        stop->reason = REPLAY_STOP_GAP;
    }
}

/* Which breakpoint stopped the move at @position; 0: none, it is where the move was to end. */
static TxStatus
find_breakpoint (const ReplaySearch *search,
                 const ReplayMove *move,
                 const ReplayFound *found,
                 uint32_t *ret_id,
                 TxError *error)
{
  const ReplayBreakpoint *breakpoint;
  ReplayStep step;
  TxStatus status;

  *ret_id = found->by_line ? found->target : 0;
  if (!found->by_line || search->targets != NULL)
    return TX_OK;
  status = replay_trace_get_step (search->trace, found->position, &step, error);
  if (status != TX_OK || !uses_breakpoints (move) ||
      (move->kind == REPLAY_MOVE_RUN_TO && step.file == move->file && step.line == move->line))
    return status;
  breakpoint = replay_breakpoints_find (move->breakpoints, step.file, step.line);
  if (breakpoint != NULL)
    *ret_id = breakpoint->id;
  return TX_OK;
}

static TxStatus
search_move (const ReplaySearch *search,
             ReplayPosition from,
             const ReplayMove *move,
             ReplayStop *stop,
             TxError *error)
{
  ReplayFound found = { 0 };
  TxStatus status = _replay_search_run (search, from, &found, error);

  stop->missing_blocks = found.missing_blocks;
  stop->over_gap = found.over_gap;
  if (status == TX_END)
    return find_limit (search, from, stop, error);
  if (status == TX_OK)
    status = find_breakpoint (search, move, &found, &stop->breakpoint, error);
  if (status != TX_OK)
    return status;
  stop->position = found.position;
  stop->reason = found.over_gap ? REPLAY_STOP_GAP : REPLAY_STOP_ARRIVED;
  if (stop->breakpoint != 0)
    stop->reason = REPLAY_STOP_BREAKPOINT;
  return TX_OK;
}

/* One step, whichever thread's: the neighbour, or the way out of a missing stretch. */
static TxStatus
move_any (ReplayTrace *trace, ReplayPosition from, bool from_gap, bool backward, ReplayStop *stop)
{
  TxStatus status = step_any (trace, from, backward, stop);

  if (status != TX_OK)
    return status;
  if (from_gap && stop->reason == REPLAY_STOP_ARRIVED)
    stop->reason = REPLAY_STOP_GAP;
  if (stop->position != from)
    note_gaps_between (trace, from, stop->position, stop);
  stop->over_gap = from_gap || stop->reason == REPLAY_STOP_GAP;
  return TX_OK;
}

static bool
leads_to_neighbour (const ReplayMove *move, bool from_gap)
{
  if (move->kind == REPLAY_MOVE_STEP && move->any_thread)
    return true;
  return from_gap && move->kind != REPLAY_MOVE_CONTINUE && move->kind != REPLAY_MOVE_RUN_TO;
}

TxStatus
replay_move (ReplayTrace *trace,
             ReplayPosition from,
             const ReplayMove *move,
             const ReplayProgress *progress,
             ReplayStop *ret_stop,
             TxError *error)
{
  ReplaySearch search = { .trace = trace, .backward = move->backward, .progress = progress };
  ReplayStop stop = { 0 };
  ReplayStep step = { 0 };
  Places places = { 0 };
  TxStatus status = replay_trace_get_step (trace, from, &step, error);
  bool from_gap = _replay_status_is_missing (status);

  if (status != TX_OK && !from_gap)
    return status;
  _replay_targets_init (&places.targets, trace);
  if (leads_to_neighbour (move, from_gap))
    status = move_any (trace, from, from_gap, move->backward, &stop);
  else
    {
      status = collect_places (move, progress, &places, error);
      search.lines = places.lines;
      search.n_lines = places.n_lines;
      search.targets = places.has_targets ? &places.targets : NULL;
      if (!from_gap)
        aim (move, &step, &search);
      if (status == TX_OK)
        status = search_move (&search, from, move, &stop, error);
    }
  clear_places (&places);
  if (status == TX_OK)
    *ret_stop = stop;
  return status;
}

TxStatus
replay_move_to_thread (ReplayTrace *trace,
                       ReplayPosition position,
                       TxThreadId thread,
                       const ReplayProgress *progress,
                       ReplayPosition *ret_position,
                       TxError *error)
{
  ReplaySearch search = { .trace = trace,
                          .backward = true,
                          .progress = progress,
                          .thread = thread,
                          .depth_max = UINT32_MAX };
  ReplayFound found;
  ReplayStep step;
  TxStatus status = TX_END;

  if (replay_trace_get_step (trace, position, &step, NULL) == TX_OK && step.thread == thread)
    {
      *ret_position = position;
      return TX_OK;
    }
  for (int i = 0; i < 2 && status == TX_END && thread != 0; i++)
    {
      search.backward = i == 0;
      status = _replay_search_run (&search, position, &found, error);
    }
  if (status == TX_END)
    return tx_error_set (error, TX_END, "thread %u has no step in the recording", thread);
  if (status == TX_OK)
    *ret_position = found.position;
  return status;
}
