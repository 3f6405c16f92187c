// SPDX-License-Identifier: BSD-3-Clause
// Executions of a line: how many, which one, the n-th, the next (the slowest: replay-slowest.c).
#include "replay-moves.h"
#include "replay-search-private.h"

TxStatus
replay_hits_count (ReplayTrace *trace,
                   TxFileId file,
                   uint32_t line,
                   const ReplayProgress *progress,
                   uint64_t *ret_count,
                   TxError *error)
{
  const ReplayHitTable *table;
  TxStatus status = _replay_trace_get_hits (trace, file, line, progress, &table, error);

  if (status == TX_OK)
    *ret_count = table->count;
  return status;
}

bool
_replay_trace_is_hit (const ReplayTrace *trace, const TxEvent *event, TxFileId file, uint32_t line)
{
  return event->kind == TX_EVENT_LINE && event->line == line &&
         _replay_trace_get_file_of (trace, event->function) == file;
}

/* The last entry that begins at or before a block, or with the n-th execution; NULL if there is none. */
static const ReplayHitEntry *
find_entry_of_block (const ReplayHitTable *table, size_t block)
{
  size_t low = 0;
  size_t high = table->n_entries;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (table->entries[middle].span.first <= block)
        low = middle + 1;
      else
        high = middle;
    }
  return low == 0 ? NULL : &table->entries[low - 1];
}

static const ReplayHitEntry *
find_entry_of_hit (const ReplayHitTable *table, uint64_t n)
{
  size_t low = 0;
  size_t high = table->n_entries;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (table->entries[middle].hits_before < n)
        low = middle + 1;
      else
        high = middle;
    }
  return low == 0 ? NULL : &table->entries[low - 1];
}

TxStatus
replay_hits_index (ReplayTrace *trace,
                   ReplayPosition position,
                   const ReplayProgress *progress,
                   uint64_t *ret_index,
                   uint64_t *ret_count,
                   TxError *error)
{
  const ReplayHitTable *table;
  const ReplayHitEntry *entry;
  ReplayPlace place;
  ReplayStep step;
  uint64_t hits = 0, before;
  TxStatus status = replay_trace_get_step (trace, position, &step, error);

  if (status == TX_OK)
    status = _replay_trace_get_hits (trace, step.file, step.line, progress, &table, error);
  if (status == TX_OK)
    status = _replay_trace_locate (trace, position, &place, error);
  if (status != TX_OK)
    return status;
  for (size_t i = 0; i <= place.step; i++)
    hits += _replay_trace_is_hit (trace, &place.block->events[place.block->steps[i]], step.file,
                                  step.line);
  entry = find_entry_of_block (table, place.index);
  if (entry == NULL || place.index - entry->span.first >= entry->span.n_blocks)
    return tx_error_set (error, TX_ERROR_DAMAGED, "the digest of this block is damaged");
  status = _replay_trace_count_hits_until (trace, table, entry, place.index, &before, error);
  if (status != TX_OK)
    return status;
  *ret_index = entry->hits_before + before + hits;
  *ret_count = table->count;
  return TX_OK;
}

TxStatus
replay_hits_nth (ReplayTrace *trace,
                 TxFileId file,
                 uint32_t line,
                 uint64_t n,
                 const ReplayProgress *progress,
                 ReplayPosition *ret_position,
                 TxError *error)
{
  const ReplayHitTable *table;
  const ReplayHitEntry *entry;
  const TxBlock *block;
  uint64_t hits;
  size_t index;
  TxStatus status = _replay_trace_get_hits (trace, file, line, progress, &table, error);

  if (status != TX_OK)
    return status;
  if (n == 0 || n > table->count)
    return tx_error_set (error, TX_END, "this line has %llu executions",
                         (unsigned long long) table->count);
  entry = find_entry_of_hit (table, n);
  status = _replay_trace_find_hit (trace, table, entry, n, &index, &hits, error);
  if (status == TX_OK)
    status = _replay_trace_load_block (trace, index, &block, error);
  if (status == TX_END)
    return tx_error_set (error, TX_ERROR_GAP, "that execution lies in a damaged part");
  if (status != TX_OK)
    return status;
  for (size_t i = 0; i < block->n_steps; i++)
    if (_replay_trace_is_hit (trace, &block->events[block->steps[i]], file, line) && ++hits == n)
      {
        *ret_position =
            tx_reader_get_block_info (replay_trace_get_reader (trace), index)->first_step + i;
        return TX_OK;
      }
  return tx_error_set (error, TX_ERROR_GAP, "that execution lies in a damaged part");
}

TxStatus
replay_hits_near (ReplayTrace *trace,
                  TxFileId file,
                  uint32_t line,
                  ReplayPosition position,
                  bool backward,
                  const ReplayProgress *progress,
                  ReplayPosition *ret_position,
                  TxError *error)
{
  const ReplayLine wanted = { file, line };
  ReplaySearch search = {
    .trace = trace, .backward = backward, .progress = progress, .lines = &wanted, .n_lines = 1
  };
  ReplayFound found;
  TxStatus status = _replay_search_run (&search, position, &found, error);

  if (status == TX_OK)
    *ret_position = found.position;
  else if (status == TX_END)
    return tx_error_set (error, TX_END, "there is no %s execution of this line",
                         backward ? "earlier" : "later");
  return status;
}
