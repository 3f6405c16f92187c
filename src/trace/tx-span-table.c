// SPDX-License-Identifier: BSD-3-Clause
// Finds the blocks that each run is made of. A run is believed when its header is the exact sum of
// what the table says of these blocks.
#include "tx-span-table-private.h"

#include "tx-block-private.h"
#include "tx-buffer-private.h"
#include "tx-file-private.h"
#include "tx-thread-lines-private.h"

/* Runs that fit nowhere, after which the rest of a file is not worth reading. */
#define IGNORED_MAX 4096u

typedef enum
{
  TAKE_DONE,
  TAKE_LATER, /* its blocks are not there yet */
  TAKE_NO_MEMORY,
} TakeResult;

void
_tx_span_table_clear (TxSpanTable *self)
{
  for (unsigned level = 0; level < TX_SPAN_LEVELS; level++)
    free (self->lists[level].entries);
  free (self->thread_list.entries);
  *self = (TxSpanTable){ 0 };
}

/* ---- Sums ---- */

static void
add_info (TxBlockSummary *sum, const TxBlockInfo *info)
{
  sum->mono_last_ns = info->times.mono_last_ns;
  sum->steps += info->steps;
  sum->events += info->events;
  sum->thread_mask |= info->thread_mask;
  if (info->depth_min < sum->depth_min)
    sum->depth_min = info->depth_min;
  if (info->depth_max > sum->depth_max)
    sum->depth_max = info->depth_max;
}

TxBlockSummary
_tx_blocks_sum (const TxBlockTable *blocks, size_t index, size_t n)
{
  TxBlockSummary sum = _tx_block_info_get_summary (&blocks->entries[index].info);

  for (size_t i = 1; i < n; i++)
    add_info (&sum, &blocks->entries[index + i].info);
  return sum;
}

/* ---- Entries ---- */

static bool
push (TxSpanList *self, const TxSpanEntry *entry)
{
  if (!TX_ARRAY_RESERVE (self->entries, self->capacity, self->n_entries + 1))
    return false;
  self->entries[self->n_entries++] = *entry;
  return true;
}

/* Whether entry @index of the blocks is behind all spans: a hostile file may hold a run twice. */
static bool
is_ahead (const TxSpanList *self, size_t index)
{
  const TxSpan *last = self->n_entries ? &self->entries[self->n_entries - 1].span : NULL;

  return !last || index >= last->first_index + last->n_blocks;
}

const TxSpanEntry *
_tx_span_list_find (const TxSpanList *self, size_t index)
{
  size_t low = 0,
         high = self->n_entries; /* the last one that begins at or before it is below high */

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (self->entries[middle].span.first_index <= index)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == 0 ||
      index - self->entries[low - 1].span.first_index >= self->entries[low - 1].span.n_blocks)
    return NULL;
  return &self->entries[low - 1];
}

/* The filed entry that begins with block @sequence. */
static bool
find_block (const TxBlockTable *blocks, uint64_t sequence, size_t *ret_index)
{
  size_t low = 0, high = blocks->n_filed;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (blocks->entries[middle].info.sequence < sequence)
        low = middle + 1;
      else
        high = middle;
    }
  *ret_index = low;
  return low < blocks->n_filed && blocks->entries[low].info.sequence == sequence;
}

/* How many entries from @index on the run stands for; 0 when it is not exactly these. */
static size_t
match (const TxSpanTable *self,
       const TxBlockTable *blocks,
       const TxFrameHeader *header,
       size_t index)
{
  const TxBlockEntry *entries = blocks->entries + index;
  bool is_evicted = entries->info.place == TX_BLOCK_EVICTED;
  size_t n = is_evicted ? 1 : header->events_raw_size;
  TxBlockSummary sum;

  if (n > blocks->n_filed - index ||
      (is_evicted && entries->info.n_missing != header->events_raw_size))
    return 0;
  for (size_t i = 0; i < n; i++)
    if (entries[i].place.segment != self->number ||
        (!is_evicted && entries[i].info.place != TX_BLOCK_FILE))
      return 0;
  sum = _tx_blocks_sum (blocks, index, n);
  return _tx_block_summary_is_same (&sum, &header->summary) ? n : 0;
}

/* ---- Runs and groups ---- */

static void
begin_spans (TxSpanTable *self)
{
  self->group = self->threads = (TxOpenSpan){ 0 };
}

static void
add_run (TxOpenSpan *self, const TxSpanEntry *run)
{
  TxSpanEntry *entry = &self->entry;

  if (entry->n_runs == 0)
    entry->span.first_index = run->span.first_index;
  if (run->span.first_index != entry->span.first_index + entry->span.n_blocks)
    self->is_bad = true;
  entry->span.n_blocks += run->span.n_blocks;
  entry->n_blocks += run->n_blocks;
  entry->n_runs++;
  entry->place = run->place;
  entry->frame_index = run->frame_index;
  entry->frame_n = run->frame_n;
}

/* Behind a run that says that it is the last one. */
static bool
end_span (TxOpenSpan *self, TxSpanList *list, uint32_t n_runs_min, uint32_t n_runs_max)
{
  bool is_good = !self->is_bad && self->entry.n_runs >= n_runs_min &&
                 self->entry.n_runs <= n_runs_max && is_ahead (list, self->entry.span.first_index);
  bool has_memory = !is_good || push (list, &self->entry);

  *self = (TxOpenSpan){ 0 };
  return has_memory;
}

static bool
end_spans (TxSpanTable *self, uint16_t flags)
{
  if ((flags & TX_FRAME_GROUP) &&
      !end_span (&self->group, &self->lists[TX_SPAN_GROUP], 2, TX_GROUP_RUNS_MAX))
    return false;
  return !(flags & TX_FRAME_THREADS) ||
         end_span (&self->threads, &self->thread_list, 1, TX_THREAD_LINES_RUNS_MAX);
}

static TakeResult
take_run (TxSpanTable *self, const TxBlockTable *blocks, const TxFrameHeader *header)
{
  TxSpanEntry run = { .n_blocks = header->events_raw_size,
                      .place = { self->number, (uint32_t) _tx_frame_header_get_frame_size (header),
                                 self->offset } };
  size_t index, n;

  if (header->summary.sequence >= blocks->filed_sequence ||
      run.n_blocks > blocks->filed_sequence - header->summary.sequence)
    return TAKE_LATER;
  if (find_block (blocks, header->summary.sequence, &index) &&
      is_ahead (&self->lists[TX_SPAN_RUN], index) && (n = match (self, blocks, header, index)) > 0)
    {
      run.span = (TxSpan){ index, n };
      run.frame_index = index;
      run.frame_n = n;
      if (blocks->entries[index].info.place == TX_BLOCK_FILE &&
          !push (&self->lists[TX_SPAN_RUN], &run))
        return TAKE_NO_MEMORY;
      add_run (&self->group, &run);
      add_run (&self->threads, &run);
    }
  else
    {
      self->n_ignored++;
      self->group.is_bad = self->threads.is_bad = true;
    }
  return end_spans (self, header->flags) ? TAKE_DONE : TAKE_NO_MEMORY;
}

/* The runs of the file at hand, up to the first header that is damaged or not there yet. */
static TakeResult
take_runs (TxSpanTable *self, const TxBlockTable *blocks, int dir_fd, uint64_t trace_id)
{
  TakeResult result = TAKE_DONE;
  TxFrameHeader header;
  uint64_t size;
  int fd = _tx_digests_open (dir_fd, self->number, &size);

  while (result == TAKE_DONE && fd >= 0 && self->n_ignored < IGNORED_MAX &&
         _tx_digests_read_frame_header (fd, trace_id, self->number, self->offset, &header))
    {
      result = take_run (self, blocks, &header);
      if (result == TAKE_DONE)
        self->offset += _tx_frame_header_get_frame_size (&header);
    }
  _tx_file_close (fd);
  return result;
}

/* ---- All of it ---- */

/* Runs of a segment are complete when a block of a later one was written. */
static uint32_t
get_last_segment (const TxBlockTable *blocks)
{
  for (size_t i = blocks->n_filed; i-- > 0;)
    if (blocks->entries[i].info.place != TX_BLOCK_MISSING)
      return blocks->entries[i].place.segment;
  return 0;
}

static TxStatus
read_files (TxSpanTable *self,
            const TxBlockTable *blocks,
            TxSegmentNames *names,
            int dir_fd,
            uint64_t trace_id,
            TxError *error)
{
  uint32_t last = get_last_segment (blocks);
  uint32_t next;

  while (_tx_digests_find_next (names, dir_fd, self->number, &next) && next <= last)
    {
      TakeResult result;

      if (next != self->number || self->offset == 0)
        {
          self->number = next;
          self->offset = TX_SEGMENT_HEADER_SIZE;
          self->n_ignored = 0;
          begin_spans (self);
        }
      result = take_runs (self, blocks, dir_fd, trace_id);
      if (result == TAKE_NO_MEMORY)
        return tx_error_set (error, TX_ERROR_MEMORY, "cannot list the digests: out of memory");
      if (result == TAKE_LATER || next == last)
        break;
      self->number = next + 1;
      self->offset = 0;
    }
  return TX_OK;
}

TxStatus
_tx_span_table_read (
    TxSpanTable *self, const TxBlockTable *blocks, int dir_fd, uint64_t trace_id, TxError *error)
{
  TxSegmentNames names = { 0 };
  TxStatus status = read_files (self, blocks, &names, dir_fd, trace_id, error);

  _tx_segment_names_clear (&names);
  return status;
}
