// SPDX-License-Identifier: BSD-3-Clause
// ReplaySearch: index first, then digests (replay-search-ask.c), then, for those blocks that may
// hold what is looked for, their events.
#include <stdlib.h>

#include "replay-search-walk-private.h"

/* Whether the thread leaves (backward: entered) a frame at @event. */
static bool
is_frame_end (const ReplaySearch *search, const TxEvent *event)
{
  switch (event->kind)
    {
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
    case TX_EVENT_YIELD:
      return !search->backward;
    case TX_EVENT_CALL:
    case TX_EVENT_RESUME:
      return search->backward;
    default:
      return false;
    }
}

/* Whether the coroutine that is followed is suspended at @event (backward: went on there). */
static bool
begins_await (const ReplayWalk *walk, const TxEvent *event)
{
  const ReplaySearch *search = walk->search;

  return search->follows && !walk->passed_below && event->thread == walk->thread &&
         event->depth == walk->depth_max && event->activation != 0 &&
         event->kind == (search->backward ? TX_EVENT_RESUME : TX_EVENT_YIELD) &&
         _replay_walk_is_coroutine (search, event->function);
}

/* It goes on (backward: was suspended), perhaps in another thread or called from elsewhere. */
static void
end_await (ReplayWalk *walk, const TxEvent *event)
{
  if (event->activation != walk->awaited ||
      event->kind != (walk->search->backward ? TX_EVENT_YIELD : TX_EVENT_RESUME))
    return;
  walk->awaited = 0;
  walk->thread = event->thread;
  walk->depth_max = event->depth;
}

/* Notes what an event that is no step says of the frame that the search began in. */
static void
follow_frame (ReplayWalk *walk, const TxBlock *block, const TxEvent *event)
{
  const ReplaySearch *search = walk->search;

  if (walk->awaited != 0)
    {
      end_await (walk, event);
      return;
    }
  if (event->thread != walk->thread)
    return;
  if (begins_await (walk, event))
    {
      walk->awaited = event->activation;
      walk->awaited_function = event->function;
      walk->awaited_line = event->line;
      return;
    }
  if (is_frame_end (search, event))
    {
      if (event->depth <= 1)
        walk->waiting = false;
      if (event->depth <= walk->depth_max)
        walk->passed_below = true;
    }
  if (event->kind == TX_EVENT_STACK && block->stacks[event->detail].reason >= TX_STACK_RESYNC)
    walk->passed_below = true;
}

/* Whether the block's step @step is one of the targets'. */
static bool
is_target (ReplayWalk *walk, size_t step)
{
  size_t low = 0;
  size_t high = walk->n_hits;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (walk->hits[middle].step < step)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == walk->n_hits || walk->hits[low].step != step)
    return false;
  walk->found.target = walk->hits[low].id;
  return true;
}

/* Looks at one event, if it is a line the block's step @step; true if it is the step that is looked
   for. */
static bool
look_at (ReplayWalk *walk, const TxBlock *block, const TxEvent *event, size_t step)
{
  const ReplaySearch *search = walk->search;

  if (event->kind == TX_EVENT_GAP)
    _replay_walk_note_missing (walk, 0);
  if (event->kind != TX_EVENT_LINE)
    {
      follow_frame (walk, block, event);
      return false;
    }
  if (_replay_walk_wants_line (search, event->function, event->line) || is_target (walk, step))
    {
      walk->found.by_line = true;
      return true;
    }
  return walk->thread != 0 && event->thread == walk->thread && !walk->waiting &&
         walk->awaited == 0 && event->depth <= walk->depth_max;
}

/* Walks the events of a block from @event on, @step being the number of steps before it. */
static bool
walk_forward (ReplayWalk *walk, const TxBlock *block, size_t event, size_t step, size_t *ret_step)
{
  for (; event < block->n_events; event++)
    {
      if (look_at (walk, block, &block->events[event], step))
        {
          *ret_step = step;
          return true;
        }
      if (block->events[event].kind == TX_EVENT_LINE)
        step++;
    }
  return false;
}

/* The same for the events before @event. */
static bool
walk_backward (ReplayWalk *walk, const TxBlock *block, size_t event, size_t step, size_t *ret_step)
{
  while (event-- > 0)
    {
      if (block->events[event].kind == TX_EVENT_LINE)
        step--;
      if (look_at (walk, block, &block->events[event], step))
        {
          *ret_step = step;
          return true;
        }
    }
  return false;
}

/* Finds the targets' hits in block @index, also where it turns out to be missing. */
static TxStatus
find_hits (ReplayWalk *walk, size_t index, TxError *error)
{
  ReplayTargets *targets = walk->search->targets;

  free (walk->hits);
  walk->hits = NULL;
  walk->n_hits = 0;
  if (targets == NULL || !_replay_targets_select (targets, index, 1))
    return TX_OK;
  return _replay_targets_dup_hits (targets, index, &walk->hits, &walk->n_hits, error);
}

/* Looks into block @index, from behind (before) its step @step if @partly. */
static TxStatus
look_into (ReplayWalk *walk, size_t index, bool partly, size_t step, TxError *error)
{
  const ReplaySearch *search = walk->search;
  const TxReader *reader = replay_trace_get_reader (search->trace);
  const TxBlock *block;
  size_t found;
  bool hit, has_step;
  TxStatus status = find_hits (walk, index, error);

  if (status == TX_OK)
    status = _replay_trace_load_block (search->trace, index, &block, error);
  if (_replay_status_is_missing (status))
    {
      _replay_walk_note_unreadable (walk, index);
      return TX_END;
    }
  if (status != TX_OK)
    return status;
  has_step = partly && step < block->n_steps; /* else it lies behind what can be read */
  if (search->backward)
    hit = walk_backward (walk, block, has_step ? block->steps[step] : block->n_events,
                         has_step ? step : block->n_steps, &found);
  else if (partly)
    hit = walk_forward (walk, block, has_step ? block->steps[step] + 1 : block->n_events, step + 1,
                        &found);
  else
    hit = walk_forward (walk, block, 0, 0, &found);
  if (!hit && block->damaged)
    _replay_walk_note_missing (walk, 0);
  if (!hit)
    return TX_END;
  walk->found.position = tx_reader_get_block_info (reader, index)->first_step + found;
  return TX_OK;
}

/* The block to begin with, and whether only a part of it is to be looked at. */
static bool
find_begin (const ReplaySearch *search,
            ReplayPosition position,
            size_t *ret_index,
            bool *ret_partly,
            size_t *ret_step)
{
  const TxReader *reader = replay_trace_get_reader (search->trace);
  size_t n_blocks = tx_reader_get_n_blocks (reader);

  *ret_partly = false;
  *ret_step = 0;
  if (position == REPLAY_POSITION_NONE || !tx_reader_find_step (reader, position, ret_index))
    {
      *ret_index = n_blocks - 1;
      return search->backward && n_blocks > 0;
    }
  *ret_partly = !tx_block_info_is_gap (tx_reader_get_block_info (reader, *ret_index));
  *ret_step = (size_t) (position - tx_reader_get_block_info (reader, *ret_index)->first_step);
  return true;
}

TxStatus
_replay_search_run (const ReplaySearch *self,
                    ReplayPosition position,
                    ReplayFound *ret_found,
                    TxError *error)
{
  size_t n_blocks = tx_reader_get_n_blocks (replay_trace_get_reader (self->trace));
  ReplayWalk walk = { .search = self,
                      .thread = self->thread,
                      .depth_max = self->depth_max,
                      .waiting = self->wait == REPLAY_FRAME_LEFT };
  size_t index, step;
  bool partly;
  TxStatus status = TX_END;

  if (!find_begin (self, position, &index, &partly, &step))
    index = n_blocks;
  for (uint64_t n = 0; index < n_blocks; n++)
    {
      bool wanted = partly;
      size_t n_passed;

      if (n % REPLAY_SPANS_A_REPORT == REPLAY_SPANS_A_REPORT - 1 &&
          !_replay_progress_report (self->progress, self->backward ? n_blocks - index : index,
                                    n_blocks))
        {
          status = TX_CANCELLED;
          break;
        }
      n_passed = partly ? 0 : _replay_walk_skip_span (&walk, index);
      if (n_passed > 0)
        {
          status = TX_END;
          index = self->backward ? index - n_passed : index + n_passed; /* as below */
          continue;
        }
      status = partly ? TX_OK : _replay_walk_check_block (&walk, index, &wanted, error);
      if (status != TX_OK)
        break;
      status = wanted ? look_into (&walk, index, partly, step, error) : TX_END;
      if (status != TX_END)
        break;
      partly = false;
      index = self->backward ? index - 1 : index + 1; /* beyond 0 it wraps and ends the loop */
    }
  free (walk.hits);
  if (status == TX_OK || status == TX_END)
    *ret_found = walk.found;
  return status;
}
