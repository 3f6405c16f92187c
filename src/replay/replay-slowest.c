// SPDX-License-Identifier: BSD-3-Clause
// The slowest execution of a line: digests say in which block it ended; there it is looked for,
// and, if it began earlier, its beginning in the blocks before.
#include "replay-moves.h"
#include "replay-search-private.h"

typedef struct
{
  ReplayTrace *trace;
  TxFileId file;
  uint32_t line;
  size_t index; /* of the block */

  bool found;
  ReplayPosition position;
  int64_t duration_ns;
} Slowest;

static void
offer (Slowest *self, ReplayPosition position, int64_t duration_ns)
{
  if (self->found && duration_ns <= self->duration_ns)
    return;
  self->found = true;
  self->position = position;
  self->duration_ns = duration_ns;
}

/* The event that ends the line at which the frame at @depth is after @event; n_events if none. */
static size_t
find_end (const TxBlock *block, size_t event, uint32_t depth)
{
  const TxThreadId thread = block->events[event].thread;

  for (size_t i = event + 1; i < block->n_events; i++)
    {
      const TxEvent *next = &block->events[i];

      if (next->thread == thread && next->depth <= depth &&
          (next->kind == TX_EVENT_LINE || next->kind == TX_EVENT_RETURN ||
           next->kind == TX_EVENT_UNWIND || next->kind == TX_EVENT_YIELD))
        return i;
    }
  return block->n_events;
}

/* Executions that begin and end in the block. */
static void
offer_whole (Slowest *self, const TxBlock *block)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  uint64_t first_step = tx_reader_get_block_info (reader, self->index)->first_step;

  for (size_t i = 0; i < block->n_steps; i++)
    {
      const TxEvent *start = &block->events[block->steps[i]];
      size_t end;

      if (!_replay_trace_is_hit (self->trace, start, self->file, self->line))
        continue;
      end = find_end (block, block->steps[i], start->depth);
      if (end < block->n_events)
        offer (self, first_step + i,
               _replay_get_elapsed (start->time_ns, block->events[end].time_ns));
    }
}

/* The outermost frame of a stated stack that was at the line and left it in the block: no other
   frame of this stack was there for longer. */
static bool
find_carried (const Slowest *self,
              const TxBlock *block,
              size_t event,
              uint32_t *ret_depth,
              TxFunctionId *ret_function,
              int64_t *ret_end_ns)
{
  const TxBlockStack *stack = &block->stacks[block->events[event].detail];

  for (uint32_t i = 0; i < stack->n_frames; i++)
    {
      const TxStackFrame *frame = &block->frames[stack->first_frame + i];
      uint32_t depth = stack->depth - stack->n_frames + 1 + i;
      size_t end;

      if (frame->line != self->line ||
          _replay_trace_get_file_of (self->trace, frame->function) != self->file)
        continue;
      end = find_end (block, event, depth);
      if (end == block->n_events)
        continue;
      *ret_depth = depth;
      *ret_function = frame->function;
      *ret_end_ns = block->events[end].time_ns;
      return true;
    }
  return false;
}

/* Executions that began before the block, one for each stack that it states. */
static TxStatus
offer_carried (Slowest *self, const TxBlock *block, TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  uint64_t first_step = tx_reader_get_block_info (reader, self->index)->first_step;

  for (size_t event = 0; event < block->n_events; event++)
    {
      ReplaySearch search = { .trace = self->trace, .backward = true };
      ReplayFound found;
      ReplayStep step;
      int64_t end_ns;
      TxStatus status;

      if (block->events[event].kind != TX_EVENT_STACK ||
          !find_carried (self, block, event, &search.depth_max, &search.frame_function, &end_ns))
        continue;
      search.thread = block->events[event].thread;
      status = _replay_search_run (&search, first_step, &found, error);
      if (status == TX_OK)
        status = replay_trace_get_step (self->trace, found.position, &step, error);
      if (status < 0 && !_replay_status_is_missing (status))
        return status;
      if (status == TX_OK && step.depth == search.depth_max && step.line == self->line)
        offer (self, found.position, _replay_get_elapsed (step.mono_ns, end_ns));
      /* the search may have pushed the block out of the cache */
      status = _replay_trace_load_block (self->trace, self->index, &block, error);
      if (status != TX_OK)
        return status;
    }
  return TX_OK;
}

static uint64_t
get_slowest_ns (const Slowest *self, const TxDigest *digest)
{
  uint64_t slowest_ns = 0;

  for (size_t i = 0; i < digest->n_lines; i++)
    if (digest->lines[i].line == self->line && digest->lines[i].slowest_ns > slowest_ns &&
        _replay_trace_get_file_of (self->trace, digest->lines[i].function) == self->file)
      slowest_ns = digest->lines[i].slowest_ns;
  return slowest_ns;
}

/* Where the longest execution of all is said to have ended. */
typedef struct
{
  const Slowest *slowest;
  ReplaySpan span;
  uint64_t best_ns;
} Best;

static TxStatus
offer_span_cb (void *data, const ReplaySpan *span, const TxDigest *digest, TxError *error)
{
  Best *self = data;
  uint64_t slowest_ns = digest == NULL ? 0 : get_slowest_ns (self->slowest, digest);

  (void) error;
  if (slowest_ns > self->best_ns)
    {
      self->best_ns = slowest_ns;
      self->span = *span;
    }
  return TX_OK;
}

/* The first smaller span of @best's that says what it says. %TX_END if none does. */
static TxStatus
descend (ReplayTrace *trace, Best *best, TxError *error)
{
  ReplaySpan span = best->span, part;

  for (size_t index = span.first; index < span.first + span.n_blocks; index += part.n_blocks)
    {
      const TxDigest *digest;
      TxStatus status =
          _replay_trace_load_largest (trace, (ReplaySpanLevel) (span.level - 1), index,
                                      span.first + span.n_blocks, &part, &digest, error);

      if (status == TX_OK && get_slowest_ns (best->slowest, digest) == best->best_ns)
        {
          best->span = part;
          return TX_OK;
        }
      if (status != TX_OK && !_replay_status_is_missing (status))
        return status;
    }
  return TX_END;
}

/* %TX_END if no digest knows an execution that ended. */
static TxStatus
find_block_by (Slowest *self,
               ReplaySpanLevel level_max,
               const ReplayProgress *progress,
               bool *ret_agrees,
               TxError *error)
{
  size_t n_blocks = tx_reader_get_n_blocks (replay_trace_get_reader (self->trace));
  Best best = { .slowest = self };
  TxStatus status = _replay_trace_each_span (self->trace, level_max, 0, n_blocks, progress,
                                             offer_span_cb, &best, error);

  *ret_agrees = true;
  if (status == TX_OK && best.best_ns == 0)
    return TX_END;
  while (status == TX_OK && best.span.level != REPLAY_SPAN_BLOCK)
    status = descend (self->trace, &best, error);
  self->index = best.span.first;
  *ret_agrees = status != TX_END;
  return status;
}

static TxStatus
find_block (Slowest *self, const ReplayProgress *progress, TxError *error)
{
  bool agrees;
  TxStatus status = find_block_by (self, REPLAY_SPAN_GROUP, progress, &agrees, error);

  /* A block's digest is damaged that a span still has: those that are left decide. */
  if (!agrees)
    status = find_block_by (self, REPLAY_SPAN_BLOCK, progress, &agrees, error);
  return status;
}

TxStatus
replay_hits_slowest (ReplayTrace *trace,
                     TxFileId file,
                     uint32_t line,
                     const ReplayProgress *progress,
                     ReplayPosition *ret_position,
                     int64_t *ret_duration_ns,
                     TxError *error)
{
  Slowest slowest = { .trace = trace, .file = file, .line = line };
  const TxBlock *block;
  TxStatus status = TX_END;

  if (file != 0 && line != 0)
    status = find_block (&slowest, progress, error);
  if (status == TX_OK)
    {
      status = _replay_trace_load_block (trace, slowest.index, &block, error);
      if (status == TX_OK)
        {
          offer_whole (&slowest, block);
          status = offer_carried (&slowest, block, error);
        }
      if (status != TX_OK)
        return status;
    }
  if (status < 0 || status == TX_CANCELLED)
    return status;
  if (!slowest.found) /* none has ended: the first one, which still runs or took no time */
    {
      status = replay_hits_nth (trace, file, line, 1, progress, &slowest.position, error);
      if (status != TX_OK)
        return status;
    }
  *ret_position = slowest.position;
  *ret_duration_ns = slowest.duration_ns;
  return TX_OK;
}
