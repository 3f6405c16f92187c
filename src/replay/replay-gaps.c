// SPDX-License-Identifier: BSD-3-Clause
// Stretches that are missing, from the block table; only whether one position can be read needs its
// block.
#include "replay-gaps.h"

#include <inttypes.h>
#include <stdio.h>

#include "replay-trace-private.h"

static ReplayGapKind
get_kind (const TxBlockInfo *info)
{
  return info->place == TX_BLOCK_EVICTED ? REPLAY_GAP_EVICTED : REPLAY_GAP_LOST;
}

static bool
is_gap_of_kind (const TxReader *reader, size_t index, ReplayGapKind kind)
{
  const TxBlockInfo *info = tx_reader_get_block_info (reader, index);

  return tx_block_info_is_gap (info) && get_kind (info) == kind;
}

/* The moments between which blocks @first to @last lie: those of the blocks around them, or their
 * own. */
static void
set_times (const TxReader *reader, size_t first, size_t last, ReplayGap *gap)
{
  const TxBlockInfo *info = tx_reader_get_block_info (reader, first);
  bool has_from = info->place != TX_BLOCK_MISSING, has_to;

  gap->from_real_ns = info->times.real_first_ns;
  if (first > 0 && tx_reader_get_block_info (reader, first - 1)->place != TX_BLOCK_MISSING)
    {
      int64_t mono_ns = tx_reader_get_block_info (reader, first - 1)->times.mono_last_ns;

      gap->from_real_ns = tx_reader_real_from_mono (reader, first - 1, mono_ns);
      has_from = true;
    }
  info = tx_reader_get_block_info (reader, last);
  has_to = info->place != TX_BLOCK_MISSING;
  gap->to_real_ns = tx_reader_real_from_mono (reader, last, info->times.mono_last_ns);
  if (last + 1 < tx_reader_get_n_blocks (reader) &&
      tx_reader_get_block_info (reader, last + 1)->place != TX_BLOCK_MISSING)
    {
      gap->to_real_ns = tx_reader_get_block_info (reader, last + 1)->times.real_first_ns;
      has_to = true;
    }
  gap->has_times = has_from && has_to;
}

/* Dropped events lie between a block and the one before. */
static void
set_dropped_times (const TxReader *reader, size_t index, ReplayGap *gap)
{
  const TxBlockInfo *before = index == 0 ? NULL : tx_reader_get_block_info (reader, index - 1);

  gap->to_real_ns = tx_reader_get_block_info (reader, index)->times.real_first_ns;
  gap->has_times = before != NULL && before->place != TX_BLOCK_MISSING;
  if (gap->has_times)
    gap->from_real_ns = tx_reader_real_from_mono (reader, index - 1, before->times.mono_last_ns);
}

/* The blocks from @first on that are missing for one reason. */
static size_t
take_run (const TxReader *reader, size_t first, ReplayGap *gap)
{
  size_t n_blocks = tx_reader_get_n_blocks (reader);
  const TxBlockInfo *info = tx_reader_get_block_info (reader, first);
  size_t end = first;

  *gap = (ReplayGap){ .kind = get_kind (info), .first = info->first_step };
  for (; end < n_blocks && is_gap_of_kind (reader, end, gap->kind); end++)
    {
      info = tx_reader_get_block_info (reader, end);
      gap->n_steps += info->steps;
      gap->n_blocks += info->n_missing;
    }
  set_times (reader, first, end - 1, gap);
  return end;
}

/* The first gap in the blocks from *@index on, which is set behind it; false if there is none. */
static bool
take_next (const TxReader *reader, size_t *index, ReplayGap *gap)
{
  size_t n_blocks = tx_reader_get_n_blocks (reader);

  for (; *index < n_blocks; (*index)++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, *index);

      if (tx_block_info_is_gap (info))
        {
          *index = take_run (reader, *index, gap);
          return true;
        }
      if (info->events_lost == 0)
        continue;
      *gap = (ReplayGap){ .kind = REPLAY_GAP_DROPPED,
                          .first = info->first_step,
                          .events_lost = info->events_lost };
      set_dropped_times (reader, (*index)++, gap);
      return true;
    }
  return false;
}

TxStatus
replay_trace_find_gap (
    ReplayTrace *self, ReplayPosition position, bool backward, ReplayGap *ret_gap, TxError *error)
{
  bool any = position == REPLAY_POSITION_NONE;
  bool has_found = false;
  size_t index = 0;
  ReplayGap gap;

  while (take_next (self->reader, &index, &gap))
    {
      if (!any && (backward ? gap.first >= position : gap.first <= position))
        continue;
      *ret_gap = gap;
      has_found = true;
      if (!backward)
        break;
    }
  if (has_found)
    return TX_OK;
  return tx_error_set (error, TX_END, "nothing is missing %s",
                       any        ? "in this recording"
                       : backward ? "before this"
                                  : "behind this");
}

TxStatus
replay_trace_get_gap (ReplayTrace *self,
                      ReplayPosition position,
                      ReplayGap *ret_gap,
                      TxError *error)
{
  const TxBlockInfo *info;
  const TxBlock *block;
  uint64_t n_there = 0;
  size_t index;
  TxStatus status;

  if (!tx_reader_find_step (self->reader, position, &index))
    return tx_error_set (error, TX_END, "the recording has no step %" PRIu64, position);
  info = tx_reader_get_block_info (self->reader, index);
  if (tx_block_info_is_gap (info))
    {
      while (index > 0 && is_gap_of_kind (self->reader, index - 1, get_kind (info)))
        index--;
      (void) take_run (self->reader, index, ret_gap);
      return TX_OK;
    }
  status = _replay_trace_load_block (self, index, &block, error);
  if (status == TX_OK)
    n_there = block->n_steps;
  else if (!_replay_status_is_missing (status))
    return status;
  if (position - info->first_step < n_there)
    return tx_error_set (error, TX_END, "nothing is missing here");
  *ret_gap = (ReplayGap){ .kind = REPLAY_GAP_DAMAGED,
                          .first = info->first_step + n_there,
                          .n_steps = info->steps - n_there,
                          .n_blocks = 1 };
  set_times (self->reader, index, index, ret_gap);
  return TX_OK;
}

/* --- in words --- */

static const char *
get_reason (ReplayGapKind kind)
{
  switch (kind)
    {
    case REPLAY_GAP_DROPPED:
      return "the disk could not follow the program";
    case REPLAY_GAP_EVICTED:
      return "removed to bound the size of the recording";
    case REPLAY_GAP_DAMAGED:
      return "the file is damaged here";
    case REPLAY_GAP_LOST:
    default:
      return "lost or damaged";
    }
}

static size_t
count_chars (int result, size_t size)
{
  if (result < 0 || size == 0)
    return 0;
  return (size_t) result < size ? (size_t) result : size - 1;
}

size_t
replay_gap_describe (const ReplayGap *self, char *ret_text, size_t size)
{
  char what[96] = "some events are";

  if (self->kind == REPLAY_GAP_DROPPED && self->events_lost > 0)
    snprintf (what, sizeof what, "%" PRIu64 " event%s", self->events_lost,
              self->events_lost == 1 ? " is" : "s are");
  else if (self->n_steps > 0)
    snprintf (what, sizeof what, "%" PRIu64 " step%s", self->n_steps,
              self->n_steps == 1 ? " is" : "s are");
  else if (self->n_blocks > 0)
    snprintf (what, sizeof what, "%" PRIu64 " block%s", self->n_blocks,
              self->n_blocks == 1 ? " is" : "s are");
  return count_chars (
      snprintf (ret_text, size, "%s missing here: %s", what, get_reason (self->kind)), size);
}
