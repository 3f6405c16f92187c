// SPDX-License-Identifier: BSD-3-Clause
// ReplayWalk: goes through the blocks of a range. The stacks are kept by replay-walk-stacks.c.
#include "replay-walk.h"

#include <stdlib.h>

#include "replay-instant-private.h"
#include "replay-walk-private.h"

struct _ReplayWalk
{
  ReplayTrace *trace;             /* borrowed */
  const ReplayProgress *progress; /* borrowed; nullable */
  TxThreadId thread;
  bool is_empty;
  ReplayInstant from, to;
  bool has_all;    /* up to the end: also events at that very moment, and gaps behind it */
  size_t n_blocks; /* to walk through, from 0 on; what follows the end are gaps */
  bool has_begun;
  bool has_ended;
  size_t next_index;       /* of the block to load next */
  TxBlock *block;          /* owned; nullable: the one at hand */
  size_t event;            /* in it: the next one */
  ReplayPosition position; /* of its next step */
  ReplayWalkStacks stacks;
};

/* ---- The range ---- */

static void
find_extent (ReplayWalk *self, const ReplayWalkQuery *query)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  int64_t start_ns, end_ns;

  self->is_empty = !replay_trace_get_range (self->trace, &start_ns, &end_ns);
  if (self->is_empty)
    return;
  self->has_all = query->to_real_ns > end_ns;
  self->from = query->from_real_ns <= start_ns
                   ? (ReplayInstant){ 0, INT64_MIN }
                   : _replay_trace_find_instant (self->trace, query->from_real_ns);
  self->to = _replay_trace_find_instant (self->trace, self->has_all ? end_ns : query->to_real_ns);
  if (self->has_all)
    self->is_empty =
        !_replay_trace_get_end (self->trace, &self->to.index, &self->to.mono_ns, &end_ns) ||
        query->from_real_ns > end_ns;
  else
    self->is_empty = self->to.mono_ns == INT64_MIN || query->from_real_ns >= query->to_real_ns;
  self->n_blocks =
      self->has_all && !self->is_empty ? tx_reader_get_n_blocks (reader) : self->to.index + 1;
  self->next_index = self->from.index;
}

/* The first event that belongs to the range. */
static size_t
find_first_event (const TxBlock *block, int64_t mono_ns)
{
  size_t i = 0;

  while (i < block->n_events && block->events[i].time_ns < mono_ns)
    i++;
  return i;
}

static TxStatus
enter_stack_cb (void *data,
                TxThreadId thread,
                const ReplayFrame *frames,
                size_t n_frames,
                const ReplayPlace *last_event,
                TxError *error)
{
  ReplayWalk *self = data;

  _replay_walk_stacks_state (&self->stacks, thread, frames, n_frames, self->from.mono_ns);
  return TX_OK;
}

/* What all threads are at when the range begins. */
static TxStatus
begin (ReplayWalk *self, TxError *error)
{
  const TxBlock *block;
  TxStatus status;

  self->has_begun = true;
  self->stacks.index = self->from.index;
  if (self->from.mono_ns == INT64_MIN)
    return TX_OK;
  status = _replay_trace_load_block (self->trace, self->from.index, &block, error);
  if (status != TX_OK)
    return _replay_status_is_missing (status) ? TX_OK : status;
  return _replay_trace_visit_stacks (self->trace, self->from.index,
                                     find_first_event (block, self->from.mono_ns), self->thread,
                                     enter_stack_cb, self, error);
}

static void
end (ReplayWalk *self)
{
  _replay_walk_stacks_cut (&self->stacks, self->to.mono_ns);
}

/* ---- Blocks ---- */

/* When a block that can't be had would begin, as far as the table tells. */
static int64_t
get_gap_time (const ReplayWalk *self, size_t index)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  const TxBlockInfo *info = tx_reader_get_block_info (reader, index);

  if (!tx_block_info_is_gap (info) || info->times.mono_first_ns != 0)
    return info->times.mono_first_ns;
  return index > 0 ? tx_reader_get_block_info (reader, index - 1)->times.mono_last_ns : 0;
}

static void
pass_gap (ReplayWalk *self, size_t index, uint64_t missing_blocks, bool is_damaged)
{
  self->stacks.index = index;
  _replay_walk_stacks_cut (&self->stacks, INT64_MIN);
  _replay_walk_stacks_tell_gap (&self->stacks,
                                &(ReplayWalkEvent){ .mono_ns = get_gap_time (self, index),
                                                    .missing_blocks = missing_blocks,
                                                    .is_damaged = is_damaged });
}

/* Whether a walk of one thread has nothing to see in a block. The table tells 64 threads apart,
 * digests all. */
static bool
is_skipped (const ReplayWalk *self, size_t index, const TxBlockInfo *info)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  ReplayThreads threads;

  if (self->thread == 0 || info->events_lost > 0 || index == self->from.index)
    return false;
  if (!_replay_trace_may_have_thread (self->trace, index, self->thread))
    return true;
  return tx_reader_get_n_threads (reader) > 64 &&
         _replay_trace_load_block_threads (self->trace, index, &threads, NULL) == TX_OK &&
         _replay_threads_find (&threads, self->thread) == NULL;
}

static TxStatus
load_next (ReplayWalk *self, TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  size_t index = self->next_index++;
  const TxBlockInfo *info = tx_reader_get_block_info (reader, index);
  TxStatus status;

  if (!_replay_progress_report (self->progress, index - self->from.index,
                                self->n_blocks - self->from.index))
    return TX_CANCELLED;
  if (self->has_all && index > self->to.index && !self->has_ended)
    {
      self->has_ended = true;
      end (self);
    }
  if (tx_block_info_is_gap (info))
    {
      pass_gap (self, index, info->n_missing, false);
      return TX_OK;
    }
  if (is_skipped (self, index, info))
    return TX_OK;
  status = tx_reader_load_block (reader, index, &self->block, error);
  if (_replay_status_is_missing (status))
    {
      pass_gap (self, index, 1, true);
      return TX_OK;
    }
  if (status != TX_OK)
    return status;
  self->stacks.index = index;
  self->event = index == self->from.index ? find_first_event (self->block, self->from.mono_ns) : 0;
  self->position = info->first_step;
  for (size_t i = 0; i < self->event; i++)
    self->position += self->block->events[i].kind == TX_EVENT_LINE;
  return TX_OK;
}

/* One event of the block at hand. */
static void
take_event (ReplayWalk *self)
{
  const TxEvent *event = &self->block->events[self->event++];

  if (event->kind == TX_EVENT_GAP)
    {
      _replay_walk_stacks_cut (&self->stacks, INT64_MIN);
      _replay_walk_stacks_tell_gap (
          &self->stacks,
          &(ReplayWalkEvent){ .mono_ns = event->time_ns,
                              .events_lost = self->block->gaps[event->detail].events_lost });
    }
  else if (self->thread == 0 || event->thread == self->thread)
    _replay_walk_stacks_add (&self->stacks, self->block, event, self->position);
  self->position += event->kind == TX_EVENT_LINE;
}

/* Whether the block at hand has another event within the range. Events of a block whose times go
   back are taken up to the first that lies behind it, as hot spots do. */
static bool
has_event (const ReplayWalk *self)
{
  return self->event < self->block->n_events &&
         (self->has_all || self->next_index - 1 < self->to.index ||
          self->block->events[self->event].time_ns < self->to.mono_ns);
}

static void
end_block (ReplayWalk *self)
{
  bool is_damaged = self->block->damaged;
  bool is_last = self->next_index - 1 == self->to.index;

  if (!is_last)
    _replay_walk_stacks_end_block (&self->stacks, self->block->times.mono_last_ns);
  if (is_damaged && (!is_last || self->has_all))
    pass_gap (self, self->next_index - 1, 0, true);
  tx_block_free (self->block);
  self->block = NULL;
}

/* Goes on until there is something to tell. */
static TxStatus
go_on (ReplayWalk *self, TxError *error)
{
  TxStatus status = TX_OK;

  self->stacks.n_queued = self->stacks.next = 0;
  if (!self->has_begun)
    status = begin (self, error);
  while (status == TX_OK && self->stacks.n_queued == 0 && !self->stacks.no_memory)
    {
      if (self->block != NULL && has_event (self))
        take_event (self);
      else if (self->block != NULL)
        end_block (self);
      else if (self->next_index < self->n_blocks)
        status = load_next (self, error);
      else if (!self->has_ended)
        {
          self->has_ended = true;
          end (self);
        }
      else
        return TX_END;
    }
  if (self->stacks.no_memory)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the stacks of a walk");
  return status;
}

/* ---- The walk ---- */

ReplayWalk *
replay_walk_new (ReplayTrace *trace,
                 const ReplayWalkQuery *query,
                 const ReplayProgress *progress,
                 TxError *error)
{
  ReplayWalk *self = calloc (1, sizeof *self);

  if (self == NULL)
    {
      tx_error_set (error, TX_ERROR_MEMORY, "no memory for a walk");
      return NULL;
    }
  self->trace = trace;
  self->progress = progress;
  self->thread = query->thread;
  self->stacks.reader = replay_trace_get_reader (trace);
  self->stacks.running = SIZE_MAX;
  self->stacks.floor_ns = INT64_MIN;
  find_extent (self, query);
  return self;
}

void
replay_walk_free (ReplayWalk *self)
{
  if (self == NULL)
    return;
  tx_block_free (self->block);
  _replay_walk_stacks_clear (&self->stacks);
  free (self);
}

TxStatus
replay_walk_next (ReplayWalk *self, const ReplayWalkEvent **ret_event, TxError *error)
{
  if (self->is_empty)
    return TX_END;
  if (self->stacks.next == self->stacks.n_queued)
    {
      TxStatus status = go_on (self, error);

      if (status != TX_OK)
        return status;
    }
  *ret_event = &self->stacks.queue[self->stacks.next++];
  return TX_OK;
}

bool
replay_walk_get_extent (const ReplayWalk *self, int64_t *ret_from_mono_ns, int64_t *ret_to_mono_ns)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);

  if (self->is_empty)
    return false;
  *ret_from_mono_ns = self->from.mono_ns != INT64_MIN
                          ? self->from.mono_ns
                          : tx_reader_get_block_info (reader, 0)->times.mono_first_ns;
  *ret_to_mono_ns = self->to.mono_ns;
  return true;
}
