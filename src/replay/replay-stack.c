// SPDX-License-Identifier: BSD-3-Clause
// Stacks at a position, put together from as many blocks as it takes: a block states the innermost
// frames only, and those of a thread only if it has events of it.
#include <stdlib.h>

#include "replay-search-private.h"
#include "replay-trace-private.h"

/* Index behind the last of the first @n_events events that are @thread's; 0 if none is. */
static size_t
find_event_before (const TxBlock *block, size_t n_events, TxThreadId thread)
{
  while (n_events > 0 && block->events[n_events - 1].thread != thread)
    n_events--;
  return n_events;
}

/* Events of a thread that are looked for: in blocks in which its stack was not always deeper. */
typedef struct
{
  TxThreadId thread;
  uint64_t depth_max;
  bool stops_at_gaps; /* nothing is looked for before something that is missing */
} Sought;

/* Whether something is missing between blocks @index and @index + 1, or the first of them is. */
static bool
is_gap_behind (const ReplayTrace *self, size_t index)
{
  return tx_block_info_is_gap (tx_reader_get_block_info (self->reader, index)) ||
         (index + 1 < tx_reader_get_n_blocks (self->reader) &&
          tx_reader_get_block_info (self->reader, index + 1)->events_lost > 0);
}

static bool
is_sought_cb (const void *data, const TxDigestThread *thread)
{
  const Sought *sought = data;

  return thread->thread == sought->thread && thread->depth_min <= sought->depth_max;
}

/* As _replay_trace_find_last_event(). */
static TxStatus
find_last_event (ReplayTrace *self,
                 Sought sought,
                 size_t index,
                 size_t n_events,
                 ReplayPlace *ret_place,
                 TxError *error)
{
  const TxThreadId thread = sought.thread;

  for (size_t i = index + 1; i-- > 0; n_events = SIZE_MAX)
    {
      const TxDigestThread *known;
      ReplayThreads threads;
      const TxBlock *block;
      TxStatus status;
      size_t found, n_passed;

      if (sought.stops_at_gaps && is_gap_behind (self, i))
        break;
      n_passed =
          n_events == SIZE_MAX ? _replay_trace_skip_threads (self, i, is_sought_cb, &sought) : 0;
      if (n_passed > 0)
        {
          i -= n_passed - 1;
          continue;
        }
      if (!_replay_trace_may_have_thread (self, i, thread))
        continue;
      if (n_events == SIZE_MAX)
        {
          status = _replay_trace_load_block_threads (self, i, &threads, error);
          known = status == TX_OK ? _replay_threads_find (&threads, thread) : NULL;
          if (status == TX_OK && (known == NULL || !is_sought_cb (&sought, known)))
            continue;
        }
      status = _replay_trace_load_block (self, i, &block, error);
      if (_replay_status_is_missing (status) && sought.stops_at_gaps)
        break;
      if (_replay_status_is_missing (status))
        continue;
      if (status != TX_OK)
        return status;
      found = find_event_before (block, n_events < block->n_events ? n_events : block->n_events,
                                 thread);
      if (found == 0)
        continue;
      *ret_place = (ReplayPlace){ .index = i, .block = block, .event = found - 1 };
      return TX_OK;
    }
  return tx_error_set (error, TX_END, "the thread has no events before");
}

TxStatus
_replay_trace_find_last_event (ReplayTrace *self,
                               TxThreadId thread,
                               size_t index,
                               size_t n_events,
                               ReplayPlace *ret_place,
                               TxError *error)
{
  return find_last_event (self, (Sought){ thread, UINT32_MAX, false }, index, n_events, ret_place,
                          error);
}

static ReplayFrame
make_frame (const ReplayTrace *self, uint32_t depth, const TxStackFrame *frame)
{
  return (ReplayFrame){
    .depth = depth,
    .function = frame->function,
    .file = _replay_trace_get_file_of (self, frame->function),
    .line = frame->line,
  };
}

/* What of a stack is filled in: frames deeper than @next_depth. */
typedef struct
{
  TxThreadId thread;
  ReplayFrame *frames; /* (array length=capacity): borrowed, innermost first */
  size_t capacity;
  size_t n_frames;
  uint32_t next_depth;
  bool stops_at_gaps;
} Collector;

/* Takes from the stack after the event of @place what is still wanted. */
static TxStatus
take_frames (const ReplayTrace *self, const ReplayPlace *place, Collector *out, TxError *error)
{
  TxStackFrame *buffer;
  uint32_t depth = 0;
  size_t capacity, n;

  tx_block_get_stack (place->block, place->event, out->thread, NULL, 0, &depth);
  capacity = place->block->n_events + place->block->n_frames; /* no block can hold more */
  if (depth < capacity)
    capacity = depth;
  if (capacity == 0 || depth < out->next_depth)
    return TX_OK;
  buffer = calloc (capacity, sizeof *buffer);
  if (buffer == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a stack");
  n = tx_block_get_stack (place->block, place->event, out->thread, buffer, capacity, &depth);
  for (size_t i = depth - out->next_depth; i < n && out->n_frames < out->capacity; i++)
    out->frames[out->n_frames++] = make_frame (self, out->next_depth--, &buffer[i]);
  free (buffer);
  return TX_OK;
}

/* Frames that a block does not hold were never innermost in it, so they are in earlier blocks as
   they were: not in those where the stack was always so deep that no statement of it reaches down
   to them. Ends without them where those are missing. */
static TxStatus
collect (ReplayTrace *self, ReplayPlace place, Collector *out, TxError *error)
{
  Sought sought = { .thread = out->thread, .stops_at_gaps = out->stops_at_gaps };

  for (;;)
    {
      TxStatus status = take_frames (self, &place, out, error);

      if (status != TX_OK)
        return status;
      if (out->next_depth == 0 || out->n_frames == out->capacity || place.index == 0)
        return TX_OK;
      sought.depth_max = (uint64_t) out->next_depth + TX_SNAPSHOT_FRAMES_MAX - 1;
      status = find_last_event (self, sought, place.index - 1, SIZE_MAX, &place, error);
      if (status == TX_END)
        return TX_OK;
      if (status != TX_OK)
        return status;
    }
}

static TxStatus
dup_stack (ReplayTrace *self,
           ReplayPlace place,
           TxThreadId thread,
           bool stops_at_gaps,
           size_t n_frames_max,
           ReplayFrame **ret_frames,
           size_t *ret_n_frames,
           TxError *error)
{
  Collector out = { .thread = thread, .stops_at_gaps = stops_at_gaps };
  TxStatus status = _replay_trace_load_block (self, place.index, &place.block, error);
  uint32_t depth;

  if (status != TX_OK)
    return status;
  tx_block_get_stack (place.block, place.event, thread, NULL, 0, &depth);
  out.next_depth = depth;
  out.capacity = depth < n_frames_max ? depth : n_frames_max;
  out.frames = calloc (out.capacity + 1, sizeof *out.frames);
  if (out.frames == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a stack");
  status = collect (self, place, &out, error);
  if (status != TX_OK)
    {
      free (out.frames);
      return status;
    }
  *ret_frames = out.frames;
  *ret_n_frames = out.n_frames;
  return TX_OK;
}

TxStatus
_replay_trace_dup_stack (ReplayTrace *self,
                         ReplayPlace place,
                         TxThreadId thread,
                         size_t n_frames_max,
                         ReplayFrame **ret_frames,
                         size_t *ret_n_frames,
                         TxError *error)
{
  return dup_stack (self, place, thread, false, n_frames_max, ret_frames, ret_n_frames, error);
}

TxStatus
_replay_trace_dup_stack_behind_gaps (ReplayTrace *self,
                                     ReplayPlace place,
                                     TxThreadId thread,
                                     size_t n_frames_max,
                                     ReplayFrame **ret_frames,
                                     size_t *ret_n_frames,
                                     TxError *error)
{
  return dup_stack (self, place, thread, true, n_frames_max, ret_frames, ret_n_frames, error);
}

TxStatus
replay_trace_get_stack (ReplayTrace *self,
                        ReplayPosition position,
                        TxThreadId thread,
                        ReplayFrame *frames,
                        size_t capacity,
                        size_t *ret_n_frames,
                        uint32_t *ret_depth,
                        TxError *error)
{
  Collector out = { .frames = frames, .capacity = capacity };
  uint32_t depth = 0;
  ReplayPlace place;
  TxStatus status = _replay_trace_locate (self, position, &place, error);

  if (status != TX_OK)
    return status;
  out.thread = thread != 0 ? thread : place.block->events[place.event].thread;
  status =
      _replay_trace_find_last_event (self, out.thread, place.index, place.event + 1, &place, error);
  if (status == TX_OK)
    {
      tx_block_get_stack (place.block, place.event, out.thread, NULL, 0, &depth);
      out.next_depth = depth;
      status = collect (self, place, &out, error);
    }
  if (status < 0)
    return status;
  *ret_n_frames = out.n_frames; /* none where the thread had not begun */
  if (ret_depth != NULL)
    *ret_depth = depth;
  return TX_OK;
}

/* The function of the frame at @depth, 0 if not known. */
TxFunctionId
_replay_trace_get_function_at (ReplayTrace *self, ReplayPosition position, uint32_t depth)
{
  ReplayPlace place;
  TxStackFrame *buffer;
  TxFunctionId function = 0;
  uint32_t whole;
  size_t n, wanted;

  if (_replay_trace_locate (self, position, &place, NULL) != TX_OK)
    return 0;
  tx_block_get_stack (place.block, place.event, 0, NULL, 0, &whole);
  if (depth == 0 || depth > whole)
    return 0;
  wanted = whole - depth + 1;
  if (wanted > place.block->n_events + place.block->n_frames)
    return 0;
  buffer = calloc (wanted, sizeof *buffer);
  if (buffer == NULL)
    return 0;
  n = tx_block_get_stack (place.block, place.event, 0, buffer, wanted, &whole);
  if (n == wanted)
    function = buffer[wanted - 1].function;
  free (buffer);
  return function;
}

TxStatus
replay_trace_get_frame_step (ReplayTrace *self,
                             ReplayPosition position,
                             uint32_t depth,
                             ReplayPosition *ret_position,
                             const ReplayProgress *progress,
                             TxError *error)
{
  ReplaySearch search = { .trace = self, .backward = true, .progress = progress };
  ReplayFound found;
  ReplayStep step;
  TxStatus status = replay_trace_get_step (self, position, &step, error);

  if (status != TX_OK)
    return status;
  if (depth == 0 || depth > step.depth)
    return tx_error_set (error, TX_ERROR_INVALID, "the stack has no frame at depth %u", depth);
  if (depth == step.depth)
    {
      *ret_position = position;
      return TX_OK;
    }
  search.thread = step.thread;
  search.depth_max = depth;
  search.frame_function = _replay_trace_get_function_at (self, position, depth);
  status = _replay_search_run (&search, position, &found, error);
  if (status != TX_OK)
    return status;
  status = replay_trace_get_step (self, found.position, &step, error);
  if (status == TX_OK && step.depth != depth)
    return tx_error_set (error, TX_END, "the frame had not executed a line yet");
  if (status == TX_OK)
    *ret_position = found.position;
  return status;
}
