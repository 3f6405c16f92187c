// SPDX-License-Identifier: BSD-3-Clause
// How long a step runs: to the next step of its frame, or to where that is left. Within a block its
// events tell; beyond it digests say in which blocks it can end.
#include "replay-duration-private.h"

#define BLOCKS_A_REPORT 64u

/* Both ends may be off, in either direction. */
static uint32_t
add_errors (uint32_t a, uint32_t b)
{
  uint32_t sum;

  return __builtin_add_overflow (a, b, &sum) ? UINT32_MAX : sum;
}

/* What is looked for: where @thread's frame at @depth ends its line. */
typedef struct
{
  TxThreadId thread;
  uint32_t depth;
  TxFunctionId function; /* 0: not known */
} Frame;

/* The first of the events from @event on at which the line ends, or where the stack was stated anew
   and nobody knows; n_events if none. */
static size_t
find_end (const Frame *frame, const TxBlock *block, size_t event)
{
  for (; event < block->n_events; event++)
    {
      const TxEvent *next = &block->events[event];

      if (next->thread != frame->thread || next->depth > frame->depth)
        continue;
      if (next->kind == TX_EVENT_LINE || next->kind == TX_EVENT_RETURN ||
          next->kind == TX_EVENT_UNWIND || next->kind == TX_EVENT_YIELD)
        break;
      if (next->kind == TX_EVENT_STACK && block->stacks[next->detail].reason >= TX_STACK_RESYNC)
        break;
    }
  return event;
}

bool
_replay_duration_find_in_block (const TxBlock *block,
                                size_t event,
                                int64_t *ret_duration_ns,
                                uint32_t *ret_error_ns)
{
  const TxEvent *start = &block->events[event];
  const Frame frame = { start->thread, start->depth, start->function };
  size_t end = find_end (&frame, block, event + 1);

  if (end == block->n_events || block->events[end].kind == TX_EVENT_STACK)
    return false;
  *ret_duration_ns = _replay_get_elapsed (start->time_ns, block->events[end].time_ns);
  *ret_error_ns = add_errors (start->error_ns, block->events[end].error_ns);
  return true;
}

/* Whether the end may be in a block, by its digest: the frame is left where the stack is smaller
   for a moment, and until then only its function executes lines at its depth (unless that is
   missing). */
static bool
may_end_in (ReplayTrace *trace, const Frame *frame, const ReplaySpan *span, bool over_gap)
{
  const TxDigestThread *thread;
  ReplayThreads threads;
  const TxDigest *digest;

  if (_replay_trace_load_threads (trace, span, &threads, NULL) != TX_OK)
    return true;
  thread = _replay_threads_find (&threads, frame->thread);
  if (thread == NULL || thread->depth_min > frame->depth)
    return false;
  if (thread->depth_min < frame->depth || frame->function == 0 || over_gap ||
      _replay_trace_load_span (trace, span, &digest, NULL) != TX_OK)
    return true;
  for (size_t i = 0; i < digest->n_lines && digest->lines[i].function <= frame->function; i++)
    if (digest->lines[i].function == frame->function && digest->lines[i].hits > 0)
      return true;
  return false;
}

typedef struct
{
  ReplayTrace *trace;
  const Frame *frame;
  bool over_gap;
} Ending;

static bool
may_end_cb (void *data, const ReplaySpan *span)
{
  const Ending *ending = data;

  return may_end_in (ending->trace, ending->frame, span, ending->over_gap);
}

/* Looks into block @index. %TX_END: the line still runs behind it. */
static TxStatus
look_into (ReplayTrace *trace,
           const Frame *frame,
           size_t index,
           const ReplayStep *start,
           ReplayDuration *duration,
           TxError *error)
{
  const TxBlockInfo *info = tx_reader_get_block_info (trace->reader, index);
  const ReplaySpan span = { index, 1, REPLAY_SPAN_BLOCK, index };
  const TxBlock *block;
  size_t end;
  TxStatus status;

  duration->over_gap |= tx_block_info_is_gap (info) || info->events_lost > 0;
  if (!_replay_trace_may_have_thread (trace, index, frame->thread))
    return TX_END;
  if (!may_end_in (trace, frame, &span, duration->over_gap))
    return TX_END;
  status = _replay_trace_load_block (trace, index, &block, error);
  if (_replay_status_is_missing (status))
    {
      duration->over_gap = true;
      return TX_END;
    }
  if (status != TX_OK)
    return status;
  end = find_end (frame, block, 0);
  duration->over_gap |= block->damaged && end == block->n_events;
  if (end == block->n_events)
    return TX_END;
  duration->over_gap |= block->events[end].kind == TX_EVENT_STACK;
  duration->duration_ns = _replay_get_elapsed (start->mono_ns, block->events[end].time_ns);
  duration->error_ns = add_errors (start->error_ns, block->events[end].error_ns);
  return TX_OK;
}

/* Looks through the block of the step, where it does not end but for a stack that was stated anew,
   and those behind it. */
static TxStatus
find_end_behind (ReplayTrace *trace,
                 const Frame *frame,
                 const ReplayStep *start,
                 const ReplayProgress *progress,
                 ReplayDuration *duration,
                 TxError *error)
{
  size_t n_blocks = tx_reader_get_n_blocks (trace->reader);
  ReplayPlace place;
  size_t end;
  TxStatus status = _replay_trace_locate (trace, start->position, &place, error);

  if (status != TX_OK)
    return status;
  end = find_end (frame, place.block, place.event + 1);
  if (end < place.block->n_events)
    {
      duration->over_gap = true;
      duration->duration_ns =
          _replay_get_elapsed (start->mono_ns, place.block->events[end].time_ns);
      duration->error_ns = add_errors (start->error_ns, place.block->events[end].error_ns);
      return TX_OK;
    }
  duration->over_gap = place.block->damaged;
  status = TX_END;
  for (size_t i = place.index + 1; i < n_blocks && status == TX_END; i++)
    {
      Ending ending = { trace, frame, duration->over_gap };
      size_t n_passed = _replay_trace_skip_span (trace, i, false, may_end_cb, &ending);

      if (n_passed > 0)
        {
          i += n_passed - 1;
          continue;
        }
      if (i % BLOCKS_A_REPORT == 0 && !_replay_progress_report (progress, i, n_blocks))
        return TX_CANCELLED;
      status = look_into (trace, frame, i, start, duration, error);
    }
  return status;
}

TxStatus
replay_trace_get_duration (ReplayTrace *self,
                           ReplayPosition position,
                           const ReplayProgress *progress,
                           ReplayDuration *ret_duration,
                           TxError *error)
{
  ReplayDuration duration = { 0 };
  ReplayStep start;
  Frame frame;
  size_t index;
  int64_t mono_ns, real_ns;
  TxStatus status = replay_trace_get_step (self, position, &start, error);

  if (status != TX_OK)
    return status;
  if (start.duration_ns >= 0)
    {
      *ret_duration = (ReplayDuration){ start.duration_ns, start.duration_error_ns, false, false };
      return TX_OK;
    }
  frame = (Frame){ start.thread, start.depth, start.function };
  status = find_end_behind (self, &frame, &start, progress, &duration, error);
  if (status == TX_END)
    {
      duration.is_open = true;
      duration.error_ns = start.error_ns;
      if (_replay_trace_get_end (self, &index, &mono_ns, &real_ns))
        duration.duration_ns = _replay_get_elapsed (start.mono_ns, mono_ns);
      status = TX_OK;
    }
  if (status == TX_OK)
    *ret_duration = duration;
  return status;
}
