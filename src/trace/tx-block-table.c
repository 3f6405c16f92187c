// SPDX-License-Identifier: BSD-3-Clause
// The list of blocks itself: a block is believed when its sequence and its first step fit
// behind what is there. It is filled by tx-block-table-read.c.
#include "tx-block-table-private.h"

#include <stdlib.h>

#include "tx-block-private.h"
#include "tx-buffer-private.h"

/* A missing entry holds 32 bits of steps; more are spread over several, but not over any number. */
#define MISSING_ENTRIES_MAX 64u

void
_tx_block_table_clear (TxBlockTable *self)
{
  free (self->entries);
  *self = (TxBlockTable){ 0 };
}

/* ---- Entries ---- */

/* What the monotonic and the wall clock say at the end of the last entry. */
static TxBlockTimes
get_end_times (const TxBlockTable *self)
{
  const TxBlockTimes *last;
  uint64_t passed;

  if (self->n_entries == 0)
    return (TxBlockTimes){ 0 };
  last = &self->entries[self->n_entries - 1].info.times;
  passed = (uint64_t) last->mono_last_ns - (uint64_t) last->mono_first_ns;
  return (TxBlockTimes){
    .mono_first_ns = last->mono_last_ns,
    .mono_last_ns = last->mono_last_ns,
    .real_first_ns = (int64_t) ((uint64_t) last->real_first_ns + passed),
  };
}

static bool
push (TxBlockTable *self, const TxBlockEntry *entry)
{
  if (!TX_ARRAY_RESERVE (self->entries, self->capacity, self->n_entries + 1))
    return false;
  self->entries[self->n_entries++] = *entry;
  self->next_step = entry->info.first_step + entry->info.steps;
  self->next_sequence =
      entry->info.sequence + (tx_block_info_is_gap (&entry->info) ? entry->info.n_missing : 1);
  return true;
}

/* @n_blocks > 0 missing blocks behind the end. @next: times of what follows, NULL for none. */
static bool
push_missing (TxBlockTable *self, uint64_t n_blocks, uint64_t n_steps, const TxBlockTimes *next)
{
  TxBlockEntry entry = {
    .info = { .depth_max = UINT32_MAX, .thread_mask = UINT64_MAX, .place = TX_BLOCK_MISSING }
  };

  entry.info.times = get_end_times (self);
  if (next && self->n_entries == 0)
    entry.info.times = *next;
  if (next && next->mono_first_ns > entry.info.times.mono_first_ns)
    entry.info.times.mono_last_ns = next->mono_first_ns;
  do
    {
      uint32_t steps = n_steps < UINT32_MAX ? (uint32_t) n_steps : UINT32_MAX;

      entry.info.sequence = self->next_sequence;
      entry.info.first_step = self->next_step;
      entry.info.steps = steps;
      n_steps -= steps;
      entry.info.n_missing = n_steps > 0 && n_blocks > 1 ? 1 : n_blocks;
      n_blocks -= entry.info.n_missing;
      if (!push (self, &entry))
        return false;
    }
  while (n_steps > 0 && n_blocks > 0);
  return true;
}

bool
_tx_block_table_fits (const TxBlockTable *self, const TxBlockSummary *summary, uint32_t n_blocks)
{
  uint64_t lost_blocks, lost_steps;

  if (summary->sequence < self->next_sequence || summary->first_step < self->next_step ||
      summary->first_step > INT64_MAX || summary->steps > summary->events ||
      summary->events > (uint64_t) n_blocks * TX_RAW_SIZE_MAX ||
      summary->sequence > UINT64_MAX - 1 - n_blocks)
    return false;
  lost_blocks = summary->sequence - self->next_sequence;
  lost_steps = summary->first_step - self->next_step;
  return (lost_steps + TX_RAW_SIZE_MAX - 1) / TX_RAW_SIZE_MAX <= lost_blocks &&
         lost_steps / UINT32_MAX < MISSING_ENTRIES_MAX;
}

TxBlockInfo
_tx_block_info_make (const TxBlockSummary *summary, TxBlockPlace place)
{
  return (TxBlockInfo){
    .sequence = summary->sequence,
    .first_step = summary->first_step,
    .times = { .mono_first_ns = summary->mono_first_ns,
               .mono_last_ns = summary->mono_last_ns,
               .real_first_ns = summary->real_first_ns },
    .steps = summary->steps,
    .events = summary->events,
    .depth_min = summary->depth_min,
    .depth_max = summary->depth_max,
    .thread_mask = summary->thread_mask,
    .events_lost = summary->events_lost,
    .place = place,
  };
}

TxBlockSummary
_tx_block_info_get_summary (const TxBlockInfo *self)
{
  return (TxBlockSummary){
    .sequence = self->sequence,
    .first_step = self->first_step,
    .mono_first_ns = self->times.mono_first_ns,
    .real_first_ns = self->times.real_first_ns,
    .mono_last_ns = self->times.mono_last_ns,
    .steps = self->steps,
    .events = self->events,
    .depth_min = self->depth_min,
    .depth_max = self->depth_max,
    .thread_mask = self->thread_mask,
    .events_lost = self->events_lost,
  };
}

bool
_tx_block_table_push (TxBlockTable *self, const TxBlockSummary *summary, const TxBlockEntry *entry)
{
  uint64_t lost_blocks = summary->sequence - self->next_sequence;

  if (lost_blocks > 0 &&
      !push_missing (self, lost_blocks, summary->first_step - self->next_step, &entry->info.times))
    return false;
  return push (self, entry);
}

bool
_tx_block_table_add_ring (TxBlockTable *self, const TxBlockSummary *summary, size_t slot)
{
  TxBlockSummary placed = *summary;
  TxBlockEntry entry = { .slot = slot };

  placed.first_step = self->next_step;
  if (!_tx_block_table_fits (self, &placed, 1))
    return true;
  entry.info = _tx_block_info_make (&placed, TX_BLOCK_RING);
  return _tx_block_table_push (self, &placed, &entry);
}

bool
_tx_block_table_add_missing_end (TxBlockTable *self, uint64_t n_blocks, uint64_t n_steps)
{
  if (n_blocks == 0 || n_blocks > UINT64_MAX - 1 - self->next_sequence ||
      n_steps / UINT32_MAX >= MISSING_ENTRIES_MAX || n_steps > INT64_MAX - self->next_step ||
      (n_steps + TX_RAW_SIZE_MAX - 1) / TX_RAW_SIZE_MAX > n_blocks)
    return true;
  return push_missing (self, n_blocks, n_steps, NULL);
}

bool
_tx_block_table_add_known (TxBlockTable *self, uint64_t sequence, uint64_t n_steps)
{
  TxBlockEntry *hole = &self->entries[self->n_filed];

  if (self->n_filed == self->n_entries || hole->info.place != TX_BLOCK_MISSING)
    return sequence <= self->next_sequence ||
           _tx_block_table_add_missing_end (self, sequence - self->next_sequence, n_steps);
  if (n_steps > UINT32_MAX - hole->info.steps || n_steps > INT64_MAX - self->next_step)
    return true;
  hole->info.steps += (uint32_t) n_steps;
  for (size_t i = self->n_filed + 1; i < self->n_entries; i++)
    self->entries[i].info.first_step += n_steps;
  self->next_step += n_steps;
  return true;
}
