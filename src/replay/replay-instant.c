// SPDX-License-Identifier: BSD-3-Clause
// Instants: from the wall clock to a place among the blocks, and the stacks of all threads there.
#include "replay-instant-private.h"

#include <stdlib.h>

#define STACK_FRAMES_MAX 1048576u /* deeper frames are left out */

ReplayInstant
_replay_trace_find_instant (const ReplayTrace *self, int64_t real_ns)
{
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);
  ReplayInstant instant = { 0, INT64_MIN };

  for (size_t i = n_blocks; i-- > 0;)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, i);
      int64_t latest_ns = info->times.mono_last_ns;
      int64_t elapsed_ns;

      if (tx_block_info_is_gap (info) || info->times.real_first_ns > real_ns)
        continue;
      if (i + 1 < n_blocks &&
          !tx_block_info_is_gap (tx_reader_get_block_info (self->reader, i + 1)))
        latest_ns = tx_reader_get_block_info (self->reader, i + 1)->times.mono_first_ns;
      instant.index = i;
      if (__builtin_sub_overflow (real_ns, info->times.real_first_ns, &elapsed_ns) ||
          __builtin_add_overflow (info->times.mono_first_ns, elapsed_ns, &instant.mono_ns) ||
          instant.mono_ns > latest_ns)
        instant.mono_ns = latest_ns;
      break;
    }
  return instant;
}

/* ---- Stacks of all threads ---- */

/* Threads that are still to be heard of. */
typedef struct
{
  ReplayTrace *trace;
  bool *wanted; /* owned (array length=n_threads + 1): by id */
  size_t n_threads;
  size_t n_wanted;
  ReplayStacksFunc func;
  void *data;
} Visit;

static bool
is_wanted (const Visit *self, TxThreadId thread)
{
  return thread != 0 && thread <= self->n_threads && self->wanted[thread];
}

/* The threads with events among the first @n_events of a block, as it is met going backward. */
static TxStatus
visit_threads (Visit *self, size_t index, size_t n_events, TxError *error)
{
  const TxBlock *block;
  TxStatus status = _replay_trace_load_block (self->trace, index, &block, error);

  if (status != TX_OK)
    return status;
  for (size_t i = n_events < block->n_events ? n_events : block->n_events; i-- > 0;)
    {
      TxThreadId thread = block->events[i].thread;
      ReplayPlace place = { .index = index, .block = block, .event = i };
      ReplayFrame *frames;
      size_t n_frames;

      if (!is_wanted (self, thread))
        continue;
      self->wanted[thread] = false;
      self->n_wanted--;
      status = _replay_trace_dup_stack (self->trace, place, thread, STACK_FRAMES_MAX, &frames,
                                        &n_frames, error);
      if (status != TX_OK)
        return status;
      if (n_frames > 0)
        status = self->func (self->data, thread, frames, n_frames, &place, error);
      free (frames);
      /* Other blocks were loaded perhaps, and this one not kept. */
      if (status == TX_OK)
        status = _replay_trace_load_block (self->trace, index, &block, error);
      if (status != TX_OK)
        return status;
    }
  return TX_OK;
}

/* Whether the digest of a block names a thread that is still wanted. */
static TxStatus
has_wanted (Visit *self, size_t index, bool *ret_has, TxError *error)
{
  const TxDigest *digest;
  TxStatus status = _replay_trace_load_digest (self->trace, index, &digest, error);

  *ret_has = false;
  if (status != TX_OK)
    return status;
  for (size_t i = 0; i < digest->n_threads && !*ret_has; i++)
    *ret_has = is_wanted (self, digest->threads[i].thread);
  return TX_OK;
}

static TxStatus
visit_blocks (Visit *self, size_t index, size_t n_events, TxError *error)
{
  for (size_t i = index + 1; i-- > 0 && self->n_wanted > 0; n_events = SIZE_MAX)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->trace->reader, i);
      bool has = true;
      TxStatus status = TX_OK;

      if (tx_block_info_is_gap (info))
        break;
      if (n_events == SIZE_MAX)
        status = has_wanted (self, i, &has, error);
      if (status == TX_OK && has)
        status = visit_threads (self, i, n_events, error);
      if (_replay_status_is_missing (status))
        break;
      if (status != TX_OK)
        return status;
      if (info->events_lost > 0) /* before its first event */
        break;
    }
  return TX_OK;
}

TxStatus
_replay_trace_visit_stacks (ReplayTrace *self,
                            size_t index,
                            size_t n_events,
                            TxThreadId thread,
                            ReplayStacksFunc func,
                            void *data,
                            TxError *error)
{
  size_t n_threads = tx_reader_get_n_threads (self->reader);
  Visit visit = { .trace = self, .n_threads = n_threads, .func = func, .data = data };
  TxStatus status;

  visit.wanted = calloc (n_threads + 1, sizeof *visit.wanted);
  if (visit.wanted == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the threads");
  for (size_t id = 1; id <= n_threads; id++)
    visit.wanted[id] = thread == 0 || thread == id;
  visit.n_wanted = thread == 0 ? n_threads : thread <= n_threads;
  status = visit_blocks (&visit, index, n_events, error);
  free (visit.wanted);
  return status;
}
