// SPDX-License-Identifier: BSD-3-Clause
// From numbers of executions ("the 37th") to positions. A number holds over the whole recording:
// what a digest of a group or a run tells counts, also where some of its blocks can't be read any
// more. An execution whose number falls on those is not there, and the next one that is has a
// greater number.
#include "replay-moves.h"
#include "replay-search-private.h"
#include "replay-spans-private.h"
#include "replay-targets-private.h"

#include <stdlib.h>

/* Where the block behind block @index begins. */
static ReplayPosition
get_behind (const ReplayTrace *trace, size_t index)
{
  const TxReader *reader = replay_trace_get_reader (trace);

  return index + 1 < tx_reader_get_n_blocks (reader)
             ? tx_reader_get_block_info (reader, index + 1)->first_step
             : REPLAY_POSITION_NONE;
}

/* --- lines --- */

/* Where the @n-th execution of the line is; if that can't be read, where the block behind it begins
   and @ret_is_there is false. %TX_END if there are fewer. */
static TxStatus
find_line_hit (ReplayTrace *trace,
               const ReplayTarget *target,
               uint64_t n,
               const ReplayProgress *progress,
               ReplayPosition *ret_position,
               bool *ret_is_there,
               TxError *error)
{
  const ReplayHitTable *table;
  uint64_t hits_before;
  size_t i = 0, block;
  TxStatus status =
      replay_hits_nth (trace, target->file, target->line, n, progress, ret_position, error);

  *ret_is_there = status == TX_OK;
  if (!_replay_status_is_missing (status))
    return status;
  status = _replay_trace_get_hits (trace, target->file, target->line, progress, &table, error);
  if (status != TX_OK)
    return status;
  while (i + 1 < table->n_entries && table->entries[i + 1].hits_before < n)
    i++;
  *ret_position = REPLAY_POSITION_NONE;
  if (i == table->n_entries)
    return TX_OK;
  status =
      _replay_trace_find_hit (trace, table, &table->entries[i], n, &block, &hits_before, error);
  if (status != TX_OK && status != TX_END)
    return status;
  *ret_position = get_behind (trace, status == TX_OK ? block : block - 1);
  return TX_OK;
}

/* --- functions --- */

/* How often a call of the target's functions begins in block @index; 0 where that can't be known.
 */
static TxStatus
get_entries (ReplayTargets *self,
             size_t index,
             ReplayTargetHit **ret_hits,
             size_t *ret_n_hits,
             TxError *error)
{
  const TxDigest *digest;
  TxStatus status;

  *ret_hits = NULL;
  *ret_n_hits = 0;
  if (!_replay_targets_select (self, index, 1))
    return TX_OK;
  status = _replay_trace_load_digest (self->trace, index, &digest, error);
  if (status == TX_OK && !_replay_targets_may_be_in (self, digest))
    return TX_OK;
  if (status != TX_OK && !_replay_status_is_missing (status))
    return status;
  status = _replay_targets_dup_hits (self, index, ret_hits, ret_n_hits, error);
  return _replay_status_is_missing (status) ? TX_OK : status;
}

/* How often calls of the functions begin, as a digest says; false if it does not. */
static bool
count_entries (const ReplayTargets *self, const TxDigest *digest, uint64_t *ret_count)
{
  *ret_count = 0;
  for (size_t i = 0; i < digest->n_lines; i++)
    {
      const TxDigestLine *line = &digest->lines[i];
      size_t found = _replay_targets_find_key (self->functions, self->n_functions, line->function);

      if (line->hits == 0 || found == self->n_functions ||
          self->functions[found].key != line->function)
        continue;
      if (!digest->tells_entries)
        return false;
      *ret_count += line->entries;
    }
  return true;
}

/* The calls that are looked for, and where one has got to. */
typedef struct
{
  ReplayTargets all;
  uint64_t n;
  uint64_t n_before;
  const ReplayProgress *progress;
  size_t turn;
} Calls;

/* The largest span of at most @level_max that begins with block @index, ends before @limit and
   tells of calls; false if not even the block does. */
static bool
ask_largest (Calls *self,
             ReplaySpanLevel level_max,
             size_t index,
             size_t limit,
             ReplaySpan *ret_span,
             uint64_t *ret_count)
{
  ReplayTrace *trace = self->all.trace;
  const TxDigest *digest;

  for (int level = (int) level_max; level >= (int) REPLAY_SPAN_BLOCK; level--)
    if (_replay_trace_find_span (trace, (ReplaySpanLevel) level, index, false, limit, ret_span) &&
        _replay_trace_load_span (trace, ret_span, &digest, NULL) == TX_OK &&
        count_entries (&self->all, digest, ret_count))
      return true;
  return false;
}

/* Goes on over block @index, which has @n_told of them (%UINT64_MAX: not known); %TX_END if the
   n-th is not there. */
static TxStatus
find_in_block (
    Calls *self, size_t index, uint64_t n_told, ReplayPosition *ret_position, TxError *error)
{
  ReplayTargetHit *hits;
  size_t n_hits;
  TxStatus status = get_entries (&self->all, index, &hits, &n_hits, error);

  if (status != TX_OK)
    return status;
  if (n_hits >= self->n - self->n_before)
    *ret_position =
        tx_reader_get_block_info (replay_trace_get_reader (self->all.trace), index)->first_step +
        hits[self->n - self->n_before - 1].step;
  else
    status = TX_END;
  self->n_before += n_told == UINT64_MAX ? n_hits : n_told;
  free (hits);
  return status;
}

/* Goes on over the blocks from @first to before @limit. %TX_END if the n-th is not among them;
   %TX_ERROR_GAP if it is, and can't be read: @ret_position is then behind what tells of it. Goes as
   deep as there are levels of spans. */
static TxStatus
find_in_blocks (Calls *self,
                ReplaySpanLevel level_max,
                size_t first,
                size_t limit,
                ReplayPosition *ret_position,
                TxError *error)
{
  ReplaySpan span;
  TxStatus status = TX_END;

  for (size_t index = first; index < limit && status == TX_END; index += span.n_blocks)
    {
      uint64_t n_told = UINT64_MAX, n_before = self->n_before;

      if (++self->turn % REPLAY_SPANS_A_REPORT == 0 &&
          !_replay_progress_report (
              self->progress, index,
              tx_reader_get_n_blocks (replay_trace_get_reader (self->all.trace))))
        return TX_CANCELLED;
      if (!ask_largest (self, level_max, index, limit, &span, &n_told))
        span = (ReplaySpan){ index, 1, REPLAY_SPAN_BLOCK, index };
      if (n_told < self->n - n_before)
        {
          self->n_before = n_before + n_told;
          continue;
        }
      if (span.level == REPLAY_SPAN_BLOCK)
        status = find_in_block (self, index, n_told, ret_position, error);
      else
        status = find_in_blocks (self, (ReplaySpanLevel) (span.level - 1), index,
                                 index + span.n_blocks, ret_position, error);
      if (status == TX_END && n_told != UINT64_MAX)
        {
          *ret_position = get_behind (self->all.trace, index + span.n_blocks - 1);
          return TX_ERROR_GAP;
        }
    }
  return status;
}

/* As find_line_hit(); of recordings whose digests don't tell of calls, all blocks that have lines
   of the functions are decoded. */
static TxStatus
find_function_hit (ReplayTrace *trace,
                   const ReplayTarget *target,
                   uint64_t n,
                   const ReplayProgress *progress,
                   ReplayPosition *ret_position,
                   bool *ret_is_there,
                   TxError *error)
{
  Calls calls = { .n = n, .progress = progress };
  TxStatus status;

  _replay_targets_init (&calls.all, trace);
  status = _replay_targets_add_functions (&calls.all, &target->functions, error);
  if (status == TX_OK)
    status = find_in_blocks (&calls, REPLAY_SPAN_GROUP, 0,
                             tx_reader_get_n_blocks (replay_trace_get_reader (trace)), ret_position,
                             error);
  *ret_is_there = status == TX_OK;
  _replay_targets_clear (&calls.all);
  return status == TX_ERROR_GAP ? TX_OK : status;
}

static TxStatus
find_hit (ReplayTrace *trace,
          const ReplayTarget *target,
          uint64_t n,
          const ReplayProgress *progress,
          ReplayPosition *ret_position,
          bool *ret_is_there,
          TxError *error)
{
  *ret_is_there = true;
  if (target->file != 0)
    return find_line_hit (trace, target, n, progress, ret_position, ret_is_there, error);
  return find_function_hit (trace, target, n, progress, ret_position, ret_is_there, error);
}

TxStatus
_replay_target_apply_counts (ReplayTrace *trace,
                             ReplayTarget *target,
                             const ReplayProgress *progress,
                             TxError *error)
{
  const ReplayCondition *condition = target->condition;
  ReplayPosition position;
  bool is_there;
  TxStatus status = TX_OK;

  target->last = REPLAY_POSITION_NONE;
  if (condition->number != 0)
    {
      status = TX_END;
      if (condition->number > condition->ignore)
        status = find_hit (trace, target, condition->number, progress, &position, &is_there, error);
      if (status == TX_OK && is_there)
        target->first = target->last = position;
      else if (status == TX_OK)
        status = TX_END;
    }
  else if (condition->ignore != 0)
    {
      status = TX_END;
      if (condition->ignore != UINT64_MAX)
        status = find_hit (trace, target, condition->ignore + 1, progress, &target->first,
                           &is_there, error);
    }
  if (status == TX_END) /* no such execution: never */
    {
      target->first = 1;
      target->last = 0;
      status = TX_OK;
    }
  return status;
}
