// SPDX-License-Identifier: BSD-3-Clause
// In which spans and blocks a line was executed, and how often.
#include <stdlib.h>
#include <string.h>

#include "replay-search-private.h"

uint64_t
_replay_trace_count_hits (const ReplayTrace *self,
                          const TxDigest *digest,
                          TxFileId file,
                          uint32_t line)
{
  uint64_t hits = 0;

  for (size_t i = 0; i < digest->n_lines; i++)
    if (digest->lines[i].line == line && digest->lines[i].hits > 0 &&
        _replay_trace_get_file_of (self, digest->lines[i].function) == file)
      hits += digest->lines[i].hits;
  return hits;
}

/* In a block whose digest is damaged; 0 if its events are so, too. */
static TxStatus
count_in_events (ReplayTrace *self,
                 size_t index,
                 const ReplayHitTable *table,
                 uint64_t *ret_hits,
                 TxError *error)
{
  const TxBlock *block;
  TxStatus status = _replay_trace_load_block (self, index, &block, error);

  *ret_hits = 0;
  if (_replay_status_is_missing (status))
    return TX_OK;
  for (size_t i = 0; status == TX_OK && i < block->n_steps; i++)
    *ret_hits +=
        _replay_trace_is_hit (self, &block->events[block->steps[i]], table->file, table->line);
  return status;
}

/* --- making a table --- */

typedef struct
{
  ReplayTrace *trace;
  ReplayHitTable *table;
  size_t capacity;
} Filling;

static TxStatus
append_entry (Filling *self, const ReplaySpan *span, uint64_t hits, TxError *error)
{
  ReplayHitTable *table = self->table;

  if (hits == 0)
    return TX_OK;
  if (table->n_entries == self->capacity)
    {
      size_t wanted = self->capacity == 0 ? 16 : self->capacity * 2;
      ReplayHitEntry *entries = realloc (table->entries, wanted * sizeof *entries);

      if (entries == NULL)
        return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the executions of a line");
      table->entries = entries;
      self->capacity = wanted;
    }
  table->entries[table->n_entries++] = (ReplayHitEntry){ *span, table->count };
  table->count += hits;
  return TX_OK;
}

static TxStatus
add_span_cb (void *data, const ReplaySpan *span, const TxDigest *digest, TxError *error)
{
  Filling *self = data;
  uint64_t hits = 0;
  TxStatus status = TX_OK;

  if (tx_reader_get_block_info (self->trace->reader, span->first)->steps == 0 &&
      span->n_blocks == 1)
    return TX_OK;
  if (digest != NULL)
    hits = _replay_trace_count_hits (self->trace, digest, self->table->file, self->table->line);
  else
    status = count_in_events (self->trace, span->first, self->table, &hits, error);
  return status == TX_OK ? append_entry (self, span, hits, error) : status;
}

static TxStatus
fill_table (ReplayTrace *self,
            ReplayHitTable *table,
            const ReplayProgress *progress,
            TxError *error)
{
  Filling filling = { self, table, 0 };

  return _replay_trace_each_span (self, REPLAY_SPAN_GROUP, 0, tx_reader_get_n_blocks (self->reader),
                                  progress, add_span_cb, &filling, error);
}

TxStatus
_replay_trace_get_hits (ReplayTrace *self,
                        TxFileId file,
                        uint32_t line,
                        const ReplayProgress *progress,
                        const ReplayHitTable **ret_table,
                        TxError *error)
{
  ReplayHitTable *oldest = &self->hit_tables[0];
  ReplayHitTable table = { .file = file, .line = line, .last_use = ++self->hit_clock };
  TxStatus status;

  if (file == 0 || line == 0)
    return tx_error_set (error, TX_ERROR_INVALID, "this line is not known");
  for (size_t i = 0; i < REPLAY_HIT_TABLES; i++)
    {
      ReplayHitTable *kept = &self->hit_tables[i];

      if (kept->file == file && kept->line == line)
        {
          kept->last_use = self->hit_clock;
          *ret_table = kept;
          return TX_OK;
        }
      if (kept->last_use < oldest->last_use)
        oldest = kept;
    }
  status = fill_table (self, &table, progress, error);
  if (status != TX_OK)
    {
      free (table.entries);
      return status;
    }
  free (oldest->entries);
  *oldest = table;
  *ret_table = oldest;
  return TX_OK;
}

void
_replay_trace_forget_hits (ReplayTrace *self)
{
  for (size_t i = 0; i < REPLAY_HIT_TABLES; i++)
    free (self->hit_tables[i].entries);
  memset (self->hit_tables, 0, sizeof self->hit_tables);
}

/* --- within a span --- */

/* The next smaller span from block @index on, before @limit, and its hits. */
static TxStatus
load_part (ReplayTrace *self,
           const ReplayHitTable *table,
           ReplaySpanLevel level_max,
           size_t index,
           size_t limit,
           ReplaySpan *ret_span,
           uint64_t *ret_hits,
           TxError *error)
{
  const TxDigest *digest;
  TxStatus status =
      _replay_trace_load_largest (self, level_max, index, limit, ret_span, &digest, error);

  if (_replay_status_is_missing (status))
    return count_in_events (self, index, table, ret_hits, error);
  if (status == TX_OK)
    *ret_hits = _replay_trace_count_hits (self, digest, table->file, table->line);
  return status;
}

static ReplaySpanLevel
get_lower (ReplaySpanLevel level)
{
  return level == REPLAY_SPAN_BLOCK ? level : (ReplaySpanLevel) (level - 1);
}

TxStatus
_replay_trace_count_hits_until (ReplayTrace *self,
                                const ReplayHitTable *table,
                                const ReplayHitEntry *entry,
                                size_t block,
                                uint64_t *ret_hits,
                                TxError *error)
{
  ReplaySpan part;
  uint64_t hits;

  *ret_hits = 0;
  for (size_t index = entry->span.first; index < block; index += part.n_blocks)
    {
      TxStatus status =
          load_part (self, table, get_lower (entry->span.level), index, block, &part, &hits, error);

      if (status != TX_OK)
        return status;
      *ret_hits += hits;
    }
  return TX_OK;
}

TxStatus
_replay_trace_find_hit (ReplayTrace *self,
                        const ReplayHitTable *table,
                        const ReplayHitEntry *entry,
                        uint64_t n,
                        size_t *ret_block,
                        uint64_t *ret_hits_before,
                        TxError *error)
{
  ReplaySpan span = entry->span;
  uint64_t before = entry->hits_before;

  for (size_t index = span.first; index < span.first + span.n_blocks;)
    {
      ReplaySpan part;
      uint64_t hits;
      TxStatus status = load_part (self, table, get_lower (span.level), index,
                                   span.first + span.n_blocks, &part, &hits, error);

      if (status != TX_OK)
        return status;
      if (hits < n - before)
        {
          before += hits;
          index += part.n_blocks;
          continue;
        }
      if (part.n_blocks == 1)
        {
          *ret_block = index;
          *ret_hits_before = before;
          return TX_OK;
        }
      span = part;
    }
  *ret_block = span.first + span.n_blocks;
  return TX_END;
}
