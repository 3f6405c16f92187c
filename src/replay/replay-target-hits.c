// SPDX-License-Identifier: BSD-3-Clause
// The hits of breakpoints within one block: its events are walked through once from the beginning,
// with the stack of each thread, which says where a function begins and who called it.
#include <stdlib.h>

#include "replay-ids-private.h"
#include "replay-targets-private.h"

#define BASE_FRAMES_MAX (1024u * 1024u) /* farther out no caller is looked for */

typedef struct
{
  TxFunctionId function;
  bool has_line; /* it has executed one */
} Frame;

/* A thread's stack, as far as the block holds it. */
typedef struct
{
  TxThreadId id;
  Frame *frames; /* owned; outermost first */
  size_t n_frames, capacity;
  uint32_t base; /* frames below that the block does not hold */

  /* Whether one of those is a caller's, as it was found for this set; NULL: not asked yet. */
  const ReplayFunctionSet *base_callers;
  bool is_base_caller;
} Thread;

typedef struct
{
  ReplayTargets *targets;
  size_t index;         /* of the block */
  const TxBlock *block; /* in the cache; loaded again when others were */
  Thread *threads;      /* owned */
  size_t n_threads, threads_capacity;
  ReplayIds ids;         /* numbers of threads, from 1 */
  Thread *current;       /* the last one looked for; NULL: none */
  ReplayTargetHit *hits; /* owned */
  size_t n_hits, capacity;
  TxStatus status; /* sticky */
  TxError *error;
} Pass;

static void
fail (Pass *self)
{
  self->status = tx_error_set (self->error, TX_ERROR_MEMORY, "no memory for the breakpoints");
}

static bool
add_thread (Pass *self, TxThreadId id)
{
  if (self->n_threads == self->threads_capacity)
    {
      size_t capacity = self->threads_capacity == 0 ? 8 : self->threads_capacity * 2;
      Thread *threads = realloc (self->threads, capacity * sizeof *threads);

      if (threads == NULL)
        return false;
      self->threads = threads;
      self->threads_capacity = capacity;
    }
  self->threads[self->n_threads++] = (Thread){ .id = id };
  return true;
}

static Thread *
get_thread (Pass *self, TxThreadId id)
{
  uint32_t *number;

  if (self->current != NULL && self->current->id == id)
    return self->current;
  self->current = NULL;
  number = _replay_ids_get (&self->ids, id);
  if (number != NULL && *number == 0 && add_thread (self, id))
    *number = (uint32_t) self->n_threads;
  if (number == NULL || *number == 0)
    {
      fail (self);
      return NULL;
    }
  return self->current = &self->threads[*number - 1];
}

static void
push (Pass *self, Thread *thread, TxFunctionId function, uint32_t line)
{
  if (thread->n_frames == thread->capacity)
    {
      size_t capacity = thread->capacity == 0 ? 32 : thread->capacity * 2;
      Frame *frames = realloc (thread->frames, capacity * sizeof *frames);

      if (frames == NULL)
        {
          fail (self);
          return;
        }
      thread->frames = frames;
      thread->capacity = capacity;
    }
  thread->frames[thread->n_frames++] = (Frame){ function, line != 0 };
}

static void
state_stack (Pass *self, Thread *thread, const TxBlockStack *stack)
{
  thread->n_frames = 0;
  thread->base_callers = NULL;
  thread->base = stack->depth - stack->n_frames;
  for (uint32_t i = 0; i < stack->n_frames && self->status == TX_OK; i++)
    {
      const TxStackFrame *frame = &self->block->frames[stack->first_frame + i];

      push (self, thread, frame->function, frame->line);
    }
}

static void
shrink_base (Thread *thread)
{
  thread->base--;
  thread->base_callers = NULL;
}

/* Follows an event that is no step. */
static void
follow (Pass *self, const TxEvent *event)
{
  Thread *thread = event->thread == 0 ? NULL : get_thread (self, event->thread);

  if (thread == NULL)
    return;
  switch (event->kind)
    {
    case TX_EVENT_STACK:
      state_stack (self, thread, &self->block->stacks[event->detail]);
      break;
    case TX_EVENT_CALL:
    case TX_EVENT_RESUME:
      push (self, thread, event->function, event->line);
      break;
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
    case TX_EVENT_YIELD:
      if (thread->n_frames > 0)
        thread->n_frames--;
      else if (thread->base > 0)
        shrink_base (thread);
      break;
    case TX_EVENT_REVEAL:
      if (thread->n_frames == 0 && thread->base > 0)
        {
          shrink_base (thread);
          push (self, thread, event->function, event->line);
        }
      break;
    default:
      break;
    }
}

/* --- conditions --- */

static bool
has_function (const ReplayFunctionSet *set, TxFunctionId function)
{
  size_t low = 0;
  size_t high = set->n_ids;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (set->ids[middle] < function)
        low = middle + 1;
      else
        high = middle;
    }
  return low < set->n_ids && set->ids[low] == function;
}

/* Whether one of the frames that the block does not hold is a caller's: earlier blocks have them.
 */
static bool
find_base_caller (Pass *self, const Thread *thread, size_t event, const ReplayFunctionSet *callers)
{
  ReplayPlace place = { .index = self->index, .event = event };
  ReplayFrame *frames;
  size_t n_frames;
  bool found = false;
  TxStatus status = _replay_trace_dup_stack (self->targets->trace, place, thread->id,
                                             BASE_FRAMES_MAX, &frames, &n_frames, self->error);

  if (status == TX_OK)
    {
      for (size_t i = 0; i < n_frames && !found; i++)
        found = frames[i].depth <= thread->base && has_function (callers, frames[i].function);
      free (frames);
      status =
          _replay_trace_load_block (self->targets->trace, self->index, &self->block, self->error);
    }
  if (status != TX_OK)
    self->status = status;
  return found;
}

static bool
is_called_from (Pass *self, size_t event, const ReplayFunctionSet *callers)
{
  Thread *thread = get_thread (self, self->block->events[event].thread);

  if (thread == NULL)
    return false;
  for (size_t i = thread->n_frames; i-- > 0;)
    if (i + 1 < thread->n_frames && has_function (callers, thread->frames[i].function))
      return true;
  if (thread->base == 0)
    return false;
  if (thread->base_callers != callers)
    {
      thread->is_base_caller = find_base_caller (self, thread, event, callers);
      thread->base_callers = callers;
    }
  return thread->is_base_caller;
}

static bool
is_met (Pass *self, const ReplayTarget *target, size_t event, ReplayPosition position)
{
  const TxReader *reader = replay_trace_get_reader (self->targets->trace);
  const TxEvent *step = &self->block->events[event];
  const ReplayCondition *condition = target->condition;

  if (position < target->first || position > target->last)
    return false;
  if (condition == NULL)
    return true;
  if (condition->thread != 0 && condition->thread != step->thread)
    return false;
  if (condition->has_range)
    {
      int64_t real_ns = tx_reader_real_from_mono (reader, self->index, step->time_ns);

      if (real_ns < condition->from_ns || real_ns > condition->to_ns)
        return false;
    }
  return condition->caller == NULL || is_called_from (self, event, &target->callers);
}

/* --- steps --- */

static void
add_hit (Pass *self, size_t step, uint32_t id)
{
  if (self->n_hits > 0 && self->hits[self->n_hits - 1].step == step)
    {
      if (id < self->hits[self->n_hits - 1].id)
        self->hits[self->n_hits - 1].id = id;
      return;
    }
  if (self->n_hits == self->capacity)
    {
      size_t capacity = self->capacity == 0 ? 16 : self->capacity * 2;
      ReplayTargetHit *hits = realloc (self->hits, capacity * sizeof *hits);

      if (hits == NULL)
        {
          fail (self);
          return;
        }
      self->hits = hits;
      self->capacity = capacity;
    }
  self->hits[self->n_hits++] = (ReplayTargetHit){ step, id };
}

static void
offer (Pass *self, const ReplayTarget *target, size_t event, size_t step)
{
  const TxReader *reader = replay_trace_get_reader (self->targets->trace);
  ReplayPosition position = tx_reader_get_block_info (reader, self->index)->first_step + step;

  if (self->status == TX_OK && is_met (self, target, event, position))
    add_hit (self, step, target->id);
}

/* Whether the step is the first of its frame; notes that it has one now. */
static bool
begins_frame (Pass *self, const TxEvent *event)
{
  Thread *thread = get_thread (self, event->thread);
  Frame *frame;

  if (thread == NULL || thread->n_frames == 0)
    return false;
  frame = &thread->frames[thread->n_frames - 1];
  if (frame->has_line)
    return false;
  frame->has_line = true;
  return true;
}

static void
look_at_step (Pass *self, size_t event, size_t step)
{
  const ReplayTargets *targets = self->targets;
  const TxEvent *line = &self->block->events[event];
  TxFunctionId function = line->function;
  uint32_t number = line->line;
  bool begins = begins_frame (self, line);

  for (size_t i = _replay_targets_find_key (targets->lines, targets->n_lines, number);
       i < targets->n_lines && targets->lines[i].key == number; i++)
    {
      const ReplayTarget *target = &targets->items[targets->lines[i].target];

      if (target->file == _replay_trace_get_file_of (targets->trace, function))
        offer (self, target, event, step);
    }
  if (!begins)
    return;
  for (size_t i = _replay_targets_find_key (targets->functions, targets->n_functions, function);
       i < targets->n_functions && targets->functions[i].key == function; i++)
    offer (self, &targets->items[targets->functions[i].target], event, step);
}

TxStatus
_replay_targets_dup_hits (ReplayTargets *self,
                          size_t index,
                          ReplayTargetHit **ret_hits,
                          size_t *ret_n_hits,
                          TxError *error)
{
  Pass pass = { .targets = self, .index = index, .error = error };
  size_t step = 0;

  pass.status = _replay_trace_load_block (self->trace, index, &pass.block, error);
  for (size_t i = 0; pass.status == TX_OK && i < pass.block->n_events; i++)
    {
      if (pass.block->events[i].kind == TX_EVENT_LINE)
        look_at_step (&pass, i, step++);
      else
        follow (&pass, &pass.block->events[i]);
    }
  for (size_t i = 0; i < pass.n_threads; i++)
    free (pass.threads[i].frames);
  free (pass.threads);
  _replay_ids_clear (&pass.ids);
  if (pass.status != TX_OK)
    {
      free (pass.hits);
      return pass.status;
    }
  *ret_hits = pass.hits;
  *ret_n_hits = pass.n_hits;
  return TX_OK;
}
