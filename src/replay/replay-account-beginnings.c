// SPDX-License-Identifier: BSD-3-Clause
// When the lines of a stack began, going back through the thread's events once for all frames: the
// line of an outer one began before any frame within it was entered.
#include "replay-account-private.h"

/* The way back. */
typedef struct
{
  ReplayTrace *trace;
  TxThreadId thread;
  const ReplayFrame *frames; /* innermost first */
  size_t n_frames;
  int64_t *began_ns;
  uint32_t depth; /* of the innermost frame that is still asked for; those outside of it are, too */
} Way;

static bool
is_done (const Way *self)
{
  return self->n_frames == 0 || self->depth < self->frames[self->n_frames - 1].depth;
}

/* What the event, behind which all frames that are asked for were as they are, says of them. */
static void
look_at (Way *self, const TxEvent *event)
{
  if (event->depth > self->depth || event->depth == 0)
    return;
  switch (event->kind)
    {
    case TX_EVENT_LINE:
      if (event->depth >= self->frames[self->n_frames - 1].depth)
        self->began_ns[self->frames[0].depth - event->depth] = event->time_ns;
      self->depth = event->depth - 1;
      break;
    case TX_EVENT_CALL:
    case TX_EVENT_RESUME:
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
    case TX_EVENT_YIELD:
      /* It goes on at a line that it had, or has none. */
      self->depth = event->depth - 1;
      break;
    default:
      break;
    }
}

/* %TX_END: nothing before is known. */
static TxStatus
look_into_block (Way *self, size_t index, size_t n_events, TxError *error)
{
  const TxBlock *block;
  TxStatus status = _replay_trace_load_block (self->trace, index, &block, error);

  if (status != TX_OK)
    return _replay_status_is_missing (status) ? TX_END : status;
  if (n_events > block->n_events)
    n_events = block->n_events;
  while (n_events-- > 0 && !is_done (self))
    {
      const TxEvent *event = &block->events[n_events];

      if (event->kind == TX_EVENT_GAP)
        return TX_END;
      if (event->thread != self->thread)
        continue;
      if (event->kind == TX_EVENT_STACK && block->stacks[event->detail].reason >= TX_STACK_RESYNC)
        return TX_END;
      look_at (self, event);
    }
  return TX_OK;
}

static bool
may_tell (const Way *self, const ReplayThreads *threads)
{
  const TxDigestThread *thread = _replay_threads_find (threads, self->thread);

  return thread != NULL && thread->depth_min <= self->depth;
}

static bool
matters_cb (void *data, const ReplaySpan *span)
{
  const Way *self = data;
  ReplayThreads threads;

  return _replay_trace_load_threads (self->trace, span, &threads, NULL) != TX_OK ||
         may_tell (self, &threads);
}

TxStatus
_replay_account_find_beginnings (ReplayTrace *trace,
                                 TxThreadId thread,
                                 ReplayPlace place,
                                 const ReplayFrame *frames,
                                 size_t n_frames,
                                 int64_t *began_ns,
                                 TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  Way way = { .trace = trace,
              .thread = thread,
              .frames = frames,
              .n_frames = n_frames,
              .began_ns = began_ns,
              .depth = n_frames > 0 ? frames[0].depth : 0 };
  size_t n_events = place.event + 1;

  for (size_t i = 0; i < n_frames; i++)
    began_ns[i] = INT64_MAX;
  for (size_t index = place.index + 1, n_passed; index > 0 && !is_done (&way); index -= n_passed)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, index - 1);
      ReplayThreads threads;
      TxStatus status = TX_OK;

      n_passed = n_events == SIZE_MAX
                     ? _replay_trace_skip_span (trace, index - 1, true, matters_cb, &way)
                     : 0;
      if (n_passed > 0)
        continue;
      n_passed = 1;
      if (n_events == SIZE_MAX && !tx_block_info_is_gap (info) &&
          !_replay_trace_may_have_thread (trace, index - 1, thread) && info->events_lost == 0)
        continue;
      if (n_events != SIZE_MAX ||
          _replay_trace_load_block_threads (trace, index - 1, &threads, NULL) != TX_OK ||
          may_tell (&way, &threads))
        status = look_into_block (&way, index - 1, n_events, error);
      if (status != TX_OK)
        return status == TX_END ? TX_OK : status;
      if (info->events_lost > 0)
        break;
      n_events = SIZE_MAX;
    }
  return TX_OK;
}
