// SPDX-License-Identifier: BSD-3-Clause
// ReplayTrace: opening, following, and what is at a position.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay-convert-private.h"
#include "replay-duration-private.h"
#include "replay-trace-private.h"

/* The reader of @directory, or of what it is converted into. */
static TxReader *
open_reader (ReplayTrace *self, const char *directory, TxError *error)
{
  TxReader *reader;
  char *converted;

  if (!replay_convert_is_needed (directory))
    return tx_reader_open (directory, error);
  if (_replay_convert_open (directory, NULL, &converted, &self->converted_lock, error) != TX_OK)
    return NULL;
  reader = tx_reader_open (converted, error);
  free (converted);
  return reader;
}

ReplayTrace *
replay_trace_open (const char *directory, TxError *error)
{
  ReplayTrace *self = calloc (1, sizeof *self);

  if (self == NULL)
    {
      tx_error_set (error, TX_ERROR_MEMORY, "no memory to open '%s'", directory);
      return NULL;
    }
  self->converted_lock = -1;
  self->cache = _replay_cache_new ();
  self->sealed_totals = _replay_line_table_new ();
  if (self->cache == NULL || self->sealed_totals == NULL)
    {
      tx_error_set (error, TX_ERROR_MEMORY, "no memory to open '%s'", directory);
      goto fail;
    }
  self->reader = open_reader (self, directory, error);
  if (self->reader == NULL)
    goto fail;
  return self;

fail:
  replay_trace_close (self);
  return NULL;
}

void
replay_trace_close (ReplayTrace *self)
{
  if (self == NULL)
    return;
  _replay_trace_forget_hits (self);
  _replay_line_table_free (self->sealed_totals);
  _replay_line_table_free (self->totals);
  _replay_cache_free (self->cache);
  if (self->reader != NULL)
    tx_reader_close (self->reader);
  if (self->converted_lock >= 0)
    close (self->converted_lock);
  free (self);
}

/* The first block that can still change: in the ring, or not there yet. */
static size_t
find_first_open (const ReplayTrace *self)
{
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);
  size_t index = n_blocks;

  for (size_t i = 0; i < n_blocks; i++)
    if (tx_reader_get_block_info (self->reader, i)->place == TX_BLOCK_RING)
      {
        index = i;
        break;
      }
  return index;
}

TxStatus
replay_trace_refresh (ReplayTrace *self, bool *ret_changed, TxError *error)
{
  size_t first_open = find_first_open (self);
  bool changed = false;
  TxStatus status = tx_reader_refresh (self->reader, &changed, error);

  if (status < 0)
    return status;
  if (changed)
    {
      _replay_cache_forget (self->cache, first_open);
      _replay_trace_forget_hits (self);
      _replay_line_table_free (self->totals);
      self->totals = NULL;
    }
  if (ret_changed != NULL)
    *ret_changed = changed;
  return status;
}

const TxReader *
replay_trace_get_reader (const ReplayTrace *self)
{
  return self->reader;
}

uint64_t
replay_trace_get_n_steps (const ReplayTrace *self)
{
  return tx_reader_get_n_steps (self->reader);
}

TxStatus
_replay_trace_load_block (ReplayTrace *self,
                          size_t index,
                          const TxBlock **ret_block,
                          TxError *error)
{
  if (tx_block_info_is_gap (tx_reader_get_block_info (self->reader, index)))
    return tx_error_set (error, TX_ERROR_GAP, "this part of the recording is missing");
  return _replay_cache_get_block (self->cache, self->reader, index, ret_block, error);
}

TxStatus
_replay_trace_load_digest (ReplayTrace *self,
                           size_t index,
                           const TxDigest **ret_digest,
                           TxError *error)
{
  if (tx_reader_get_block_info (self->reader, index)->place == TX_BLOCK_MISSING)
    return tx_error_set (error, TX_ERROR_GAP, "this part of the recording is missing");
  return _replay_cache_get_digest (self->cache, self->reader, index, ret_digest, error);
}

bool
_replay_status_is_missing (TxStatus status)
{
  return status == TX_ERROR_GAP || status == TX_ERROR_DAMAGED;
}

bool
_replay_trace_may_have_thread (const ReplayTrace *self, size_t index, TxThreadId thread)
{
  const TxBlockInfo *info = tx_reader_get_block_info (self->reader, index);

  if (tx_block_info_is_gap (info))
    return false;
  return thread == 0 || (info->thread_mask >> thread % 64 & 1) != 0;
}

TxFileId
_replay_trace_get_file_of (const ReplayTrace *self, TxFunctionId function)
{
  const TxFunction *known = NULL;

  if (function != 0 && function <= tx_reader_get_n_functions (self->reader))
    known = tx_reader_get_function (self->reader, function);
  return known == NULL ? 0 : known->file;
}

bool
_replay_progress_report (const ReplayProgress *progress, uint64_t done, uint64_t total)
{
  if (progress == NULL || progress->func == NULL)
    return true;
  return progress->func (progress->data, total == 0 ? 1.0 : (double) done / (double) total);
}

bool
_replay_trace_get_end (const ReplayTrace *self,
                       size_t *ret_index,
                       int64_t *ret_mono_ns,
                       int64_t *ret_real_ns)
{
  for (size_t i = tx_reader_get_n_blocks (self->reader); i-- > 0;)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, i);

      if (tx_block_info_is_gap (info))
        continue;
      *ret_index = i;
      *ret_mono_ns = info->times.mono_last_ns;
      *ret_real_ns = tx_reader_real_from_mono (self->reader, i, info->times.mono_last_ns);
      return true;
    }
  return false;
}

bool
replay_trace_get_range (const ReplayTrace *self, int64_t *ret_start_ns, int64_t *ret_end_ns)
{
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);
  int64_t start_ns = INT64_MAX, end_ns = INT64_MIN;

  /* All of them: the wall clock may have been set. */
  for (size_t i = 0; i < n_blocks; i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, i);
      int64_t last_ns;

      if (info->place == TX_BLOCK_MISSING)
        continue;
      last_ns = tx_reader_real_from_mono (self->reader, i, info->times.mono_last_ns);
      if (info->times.real_first_ns < start_ns)
        start_ns = info->times.real_first_ns;
      if (last_ns > end_ns)
        end_ns = last_ns;
    }
  if (start_ns == INT64_MAX)
    return false;
  *ret_start_ns = start_ns;
  *ret_end_ns = end_ns > start_ns ? end_ns : start_ns;
  return true;
}

TxStatus
_replay_trace_locate (ReplayTrace *self,
                      ReplayPosition position,
                      ReplayPlace *ret_place,
                      TxError *error)
{
  ReplayPlace place = { 0 };
  TxStatus status;

  if (!tx_reader_find_step (self->reader, position, &place.index))
    return tx_error_set (error, TX_END, "there is no step %llu: the recording has %llu",
                         (unsigned long long) position,
                         (unsigned long long) replay_trace_get_n_steps (self));
  status = _replay_trace_load_block (self, place.index, &place.block, error);
  if (status != TX_OK)
    return status;
  place.step =
      (size_t) (position - tx_reader_get_block_info (self->reader, place.index)->first_step);
  if (place.step >= place.block->n_steps)
    return tx_error_set (error, TX_ERROR_GAP, "this part of the recording is damaged");
  place.event = place.block->steps[place.step];
  *ret_place = place;
  return TX_OK;
}

TxStatus
replay_trace_get_step (ReplayTrace *self,
                       ReplayPosition position,
                       ReplayStep *ret_step,
                       TxError *error)
{
  ReplayPlace place;
  const TxEvent *event;
  TxStatus status = _replay_trace_locate (self, position, &place, error);

  if (status != TX_OK)
    return status;
  event = &place.block->events[place.event];
  *ret_step = (ReplayStep){
    .position = position,
    .real_ns = tx_reader_real_from_mono (self->reader, place.index, event->time_ns),
    .mono_ns = event->time_ns,
    .error_ns = event->error_ns,
    .duration_ns = -1,
    .thread = event->thread,
    .depth = event->depth,
    .function = event->function,
    .file = _replay_trace_get_file_of (self, event->function),
    .line = event->line,
  };
  (void) _replay_duration_find_in_block (place.block, place.event, &ret_step->duration_ns,
                                         &ret_step->duration_error_ns);
  return TX_OK;
}

TxStatus
replay_trace_skip_missing (ReplayTrace *self,
                           ReplayPosition position,
                           bool backward,
                           ReplayPosition *ret_position)
{
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);
  size_t index;

  if (position >= replay_trace_get_n_steps (self))
    {
      if (!backward || replay_trace_get_n_steps (self) == 0)
        return TX_END;
      position = replay_trace_get_n_steps (self) - 1;
    }
  if (!tx_reader_find_step (self->reader, position, &index))
    return TX_END;
  while (index < n_blocks)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, index);
      uint64_t first = info->first_step;
      const TxBlock *block;
      TxStatus status =
          info->steps == 0 ? TX_ERROR_GAP : _replay_trace_load_block (self, index, &block, NULL);

      if (status == TX_OK && block->n_steps > 0)
        {
          uint64_t last = first + block->n_steps - 1;

          if (position >= first && position <= last)
            {
              *ret_position = position;
              return TX_OK;
            }
          if (backward && position > last)
            {
              *ret_position = last;
              return TX_OK;
            }
          if (!backward && position < first)
            {
              *ret_position = first;
              return TX_OK;
            }
        }
      else if (status < 0 && !_replay_status_is_missing (status))
        return status;
      index = backward ? index - 1 : index + 1; /* beyond 0 it wraps and ends the loop */
    }
  return TX_END;
}
