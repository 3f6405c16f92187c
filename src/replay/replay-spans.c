// SPDX-License-Identifier: BSD-3-Clause
// ReplaySpan: what the reader has of runs and groups, through the cache.
#include "replay-spans-private.h"

#include "replay-trace-private.h"

static TxSpanLevel
get_reader_level (ReplaySpanLevel level)
{
  return level == REPLAY_SPAN_GROUP ? TX_SPAN_GROUP : TX_SPAN_RUN;
}

bool
_replay_trace_find_span (const ReplayTrace *self,
                         ReplaySpanLevel level,
                         size_t index,
                         bool backward,
                         size_t limit,
                         ReplaySpan *ret_span)
{
  const TxSpan *span;
  size_t number;

  if (level == REPLAY_SPAN_BLOCK)
    {
      *ret_span = (ReplaySpan){ index, 1, level, index };
      return true;
    }
  if (!tx_reader_find_span (self->reader, get_reader_level (level), index, &number))
    return false;
  span = tx_reader_get_span (self->reader, get_reader_level (level), number);
  if (backward ? index + 1 != span->first_index + span->n_blocks || span->first_index < limit
               : index != span->first_index || span->n_blocks > limit - index)
    return false;
  *ret_span = (ReplaySpan){ span->first_index, span->n_blocks, level, number };
  return true;
}

TxStatus
_replay_trace_load_span (ReplayTrace *self,
                         const ReplaySpan *span,
                         const TxDigest **ret_digest,
                         TxError *error)
{
  if (span->level == REPLAY_SPAN_BLOCK)
    return _replay_trace_load_digest (self, span->first, ret_digest, error);
  return _replay_cache_get_span (self->cache, self->reader, get_reader_level (span->level),
                                 span->number, true, ret_digest, error);
}

/* What its run has of block @index, or of a removed run its group; false if it does not tell. */
static bool
get_part (ReplayTrace *self, size_t index, ReplayThreads *ret_threads)
{
  bool is_run = tx_reader_get_block_info (self->reader, index)->place == TX_BLOCK_EVICTED;
  TxSpanLevel level = is_run ? TX_SPAN_GROUP : TX_SPAN_RUN;
  const TxDigest *digest;
  size_t number, part, first;

  if (!tx_reader_find_span (self->reader, level, index, &number) ||
      _replay_cache_get_span (self->cache, self->reader, level, number, false, &digest, NULL) !=
          TX_OK)
    return false;
  part = index - tx_reader_get_span (self->reader, level, number)->first_index;
  if (part >= digest->n_parts)
    return false;
  first = part == 0 ? 0 : digest->part_ends[part - 1];
  *ret_threads = (ReplayThreads){ digest->part_threads + first, digest->part_ends[part] - first };
  return true;
}

TxStatus
_replay_trace_load_threads (ReplayTrace *self,
                            const ReplaySpan *span,
                            ReplayThreads *ret_threads,
                            TxError *error)
{
  const TxDigest *digest;
  TxStatus status;

  if (span->level == REPLAY_SPAN_BLOCK && get_part (self, span->first, ret_threads))
    return TX_OK;
  status = span->level == REPLAY_SPAN_BLOCK
               ? _replay_trace_load_digest (self, span->first, &digest, error)
               : _replay_cache_get_span (self->cache, self->reader, get_reader_level (span->level),
                                         span->number, false, &digest, error);
  if (status == TX_OK)
    *ret_threads = (ReplayThreads){ digest->threads, digest->n_threads };
  return status;
}

TxStatus
_replay_trace_load_block_threads (ReplayTrace *self,
                                  size_t index,
                                  ReplayThreads *ret_threads,
                                  TxError *error)
{
  const ReplaySpan span = { index, 1, REPLAY_SPAN_BLOCK, index };

  return _replay_trace_load_threads (self, &span, ret_threads, error);
}

const TxDigestThread *
_replay_threads_find (const ReplayThreads *self, TxThreadId thread)
{
  size_t low = 0;
  size_t high = self->n_items;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (self->items[middle].thread < thread)
        low = middle + 1;
      else
        high = middle;
    }
  return low < self->n_items && self->items[low].thread == thread ? &self->items[low] : NULL;
}

TxStatus
_replay_trace_load_largest (ReplayTrace *self,
                            ReplaySpanLevel level_max,
                            size_t index,
                            size_t limit,
                            ReplaySpan *ret_span,
                            const TxDigest **ret_digest,
                            TxError *error)
{
  TxStatus status = TX_END;

  for (int level = (int) level_max; level >= (int) REPLAY_SPAN_BLOCK; level--)
    {
      if (!_replay_trace_find_span (self, (ReplaySpanLevel) level, index, false, limit, ret_span))
        continue;
      status = _replay_trace_load_span (self, ret_span, ret_digest, error);
      if (!_replay_status_is_missing (status))
        break;
    }
  return status;
}

TxStatus
_replay_trace_each_span (ReplayTrace *self,
                         ReplaySpanLevel level_max,
                         size_t first,
                         size_t limit,
                         const ReplayProgress *progress,
                         ReplaySpanFunc func,
                         void *data,
                         TxError *error)
{
  ReplaySpan span;

  for (size_t index = first, n = 0; index < limit; index += span.n_blocks)
    {
      const TxDigest *digest;
      TxStatus status;

      if (n++ % REPLAY_SPANS_A_REPORT == 0 &&
          !_replay_progress_report (progress, index - first, limit - first))
        return TX_CANCELLED;
      status = _replay_trace_load_largest (self, level_max, index, limit, &span, &digest, error);
      if (_replay_status_is_missing (status))
        {
          digest = NULL;
          status = TX_OK;
        }
      if (status == TX_OK)
        status = func (data, &span, digest, error);
      if (status != TX_OK)
        return status;
    }
  return TX_OK;
}

size_t
_replay_trace_skip_span (
    ReplayTrace *self, size_t index, bool backward, ReplaySpanMattersFunc matters, void *data)
{
  size_t limit = backward ? 0 : tx_reader_get_n_blocks (self->reader);

  /* Of what was removed only the digests are left: nothing to pass over without a word. */
  if (tx_block_info_is_gap (tx_reader_get_block_info (self->reader, index)))
    return 0;
  for (int level = REPLAY_SPAN_GROUP; level >= (int) REPLAY_SPAN_RUN; level--)
    {
      ReplaySpan span;

      if (_replay_trace_find_span (self, (ReplaySpanLevel) level, index, backward, limit, &span) &&
          tx_reader_get_block_info (self->reader, span.first)->events_lost == 0 &&
          !matters (data, &span))
        return span.n_blocks;
    }
  return 0;
}

/* Whose threads are wanted. */
typedef struct
{
  ReplayTrace *trace;
  bool (*wants) (const void *data, const TxDigestThread *thread);
  const void *data;
} Wanting;

static bool
has_wanted_cb (void *data, const ReplaySpan *span)
{
  const Wanting *wanting = data;
  ReplayThreads threads;

  if (_replay_trace_load_threads (wanting->trace, span, &threads, NULL) != TX_OK)
    return true;
  for (size_t i = 0; i < threads.n_items; i++)
    if (wanting->wants (wanting->data, &threads.items[i]))
      return true;
  return false;
}

size_t
_replay_trace_skip_threads (ReplayTrace *self,
                            size_t index,
                            bool (*wants) (const void *data, const TxDigestThread *thread),
                            const void *data)
{
  Wanting wanting = { self, wants, data };

  return _replay_trace_skip_span (self, index, true, has_wanted_cb, &wanting);
}
