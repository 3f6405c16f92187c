// SPDX-License-Identifier: BSD-3-Clause
// From a moment of the wall clock to the step that ran then. The clock may have been set: blocks
// are in order of the monotonic clock, each with its own difference to the wall's.
#include "replay-trace-private.h"

/* The last step of block @index that started at or before @real_ns; false if none did. */
static bool
find_step_before (
    const ReplayTrace *self, size_t index, const TxBlock *block, int64_t real_ns, size_t *ret_step)
{
  size_t low = 0;
  size_t high = block->n_steps; /* the first later step is in [low, high] */

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;
      int64_t mono_ns = block->events[block->steps[middle]].time_ns;

      if (tx_reader_real_from_mono (self->reader, index, mono_ns) <= real_ns)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == 0)
    return false;
  *ret_step = low - 1;
  return true;
}

/* Looks in block @index. %TX_END: no step of it started at or before @real_ns. */
static TxStatus
seek_in_block (ReplayTrace *self,
               size_t index,
               int64_t real_ns,
               ReplayPosition *ret_position,
               bool *ret_is_exact,
               TxError *error)
{
  const TxBlock *block;
  size_t step;
  int64_t mono_ns;
  TxStatus status = _replay_trace_load_block (self, index, &block, error);

  if (_replay_status_is_missing (status))
    return TX_END;
  if (status != TX_OK)
    return status;
  if (!find_step_before (self, index, block, real_ns, &step))
    return TX_END;
  mono_ns = block->events[block->steps[step]].time_ns;
  *ret_is_exact = tx_reader_real_from_mono (self->reader, index, mono_ns) == real_ns;
  *ret_position = tx_reader_get_block_info (self->reader, index)->first_step + step;
  return TX_OK;
}

/* Among the blocks that @real_ns lies in. Where the wall clock was set back there are several: the
   step that started at this very moment is the one that was printed so, else the last is taken. */
static TxStatus
seek_within (ReplayTrace *self, int64_t real_ns, ReplayPosition *ret_position, TxError *error)
{
  bool has_found = false;

  for (size_t i = tx_reader_get_n_blocks (self->reader); i-- > 0;)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, i);
      ReplayPosition position;
      bool is_exact;
      TxStatus status;

      if (tx_block_info_is_gap (info) || info->steps == 0 || info->times.real_first_ns > real_ns ||
          tx_reader_real_from_mono (self->reader, i, info->times.mono_last_ns) < real_ns)
        continue;
      status = seek_in_block (self, i, real_ns, &position, &is_exact, error);
      if (status < 0)
        return status;
      if (status == TX_OK && (is_exact || !has_found))
        *ret_position = position;
      if (status == TX_OK && is_exact)
        return TX_OK;
      has_found |= status == TX_OK;
    }
  return has_found ? TX_OK : TX_END;
}

/* The block that ended last before @real_ns, by the wall clock, or in which that lies; of those
   that ended at one time the later. Without any false. */
static bool
find_block_before (const ReplayTrace *self, int64_t real_ns, size_t *ret_index)
{
  int64_t best_ns = INT64_MIN;
  bool has_found = false;

  for (size_t i = 0; i < tx_reader_get_n_blocks (self->reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, i);
      int64_t last_ns = tx_reader_real_from_mono (self->reader, i, info->times.mono_last_ns);

      if (tx_block_info_is_gap (info) || info->steps == 0 || info->times.real_first_ns > real_ns ||
          last_ns < best_ns)
        continue;
      has_found = true;
      best_ns = last_ns;
      *ret_index = i;
    }
  return has_found;
}

/* Before the first step of the block that it lies in, between blocks, or behind all of them. */
static TxStatus
seek_before (ReplayTrace *self, int64_t real_ns, ReplayPosition *ret_position, TxError *error)
{
  size_t index;

  if (!find_block_before (self, real_ns, &index))
    return TX_END;
  for (size_t i = index + 1; i-- > 0;)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, i);
      bool is_exact;
      TxStatus status;

      if (tx_block_info_is_gap (info) || info->steps == 0 || info->times.real_first_ns > real_ns)
        continue;
      status = seek_in_block (self, i, real_ns, ret_position, &is_exact, error);
      if (status != TX_END)
        return status;
    }
  return TX_END;
}

TxStatus
replay_trace_seek_time (ReplayTrace *self,
                        int64_t real_ns,
                        ReplayPosition *ret_position,
                        TxError *error)
{
  TxStatus status = seek_within (self, real_ns, ret_position, error);

  if (status == TX_END)
    status = seek_before (self, real_ns, ret_position, error);
  if (status != TX_END)
    return status;
  if (replay_trace_skip_missing (self, 0, false, ret_position) == TX_OK)
    return TX_OK;
  return tx_error_set (error, TX_END, "nothing was recorded");
}
