// SPDX-License-Identifier: BSD-3-Clause
// Blocks of the ring. Decoded once when they have changed, again when they are loaded.
#include "tx-ring-blocks-private.h"

#include <inttypes.h>
#include <stdlib.h>

void
_tx_ring_blocks_init (TxRingBlocks *self)
{
  *self = (TxRingBlocks){ 0 };
  _tx_ring_reader_init (&self->reader);
}

void
_tx_ring_blocks_clear (TxRingBlocks *self)
{
  free (self->blocks);
  _tx_block_scratch_clear (&self->scratch);
  _tx_ring_reader_clear (&self->reader);
  _tx_ring_blocks_init (self);
}

typedef struct
{
  TxCatalog *catalog;
  bool is_refused; /* a definition that cannot be true */
} DefineState;

static bool
first_line_cb (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  return _tx_catalog_get_first_line (((DefineState *) data)->catalog, function, ret_first_line);
}

static void
define_cb (void *data, const TxDefinition *definition)
{
  DefineState *state = data;

  if (!_tx_catalog_define (state->catalog, definition))
    state->is_refused = true;
}

static TxBlockSummary
summarise (const TxBlock *block)
{
  TxBlockSummary summary = {
    .sequence = block->sequence,
    .mono_first_ns = block->times.mono_first_ns,
    .real_first_ns = block->times.real_first_ns,
    .mono_last_ns = block->times.mono_first_ns,
    .steps = (uint32_t) block->n_steps,
    .events = (uint32_t) block->n_events,
    .depth_min = UINT32_MAX,
  };

  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *event = &block->events[i];
      uint32_t below = event->depth - (_tx_event_is_exit (event->kind) ? 1 : 0);

      if (event->thread == 0)
        continue;
      summary.thread_mask |= UINT64_C (1) << (event->thread % 64);
      if (below < summary.depth_min)
        summary.depth_min = below;
      if (event->depth > summary.depth_max)
        summary.depth_max = event->depth;
    }
  for (size_t i = 0; i < block->n_gaps; i++)
    summary.events_lost += block->gaps[i].events_lost;
  if (summary.depth_min > summary.depth_max)
    summary.depth_min = summary.depth_max;
  if (block->n_events && block->events[block->n_events - 1].time_ns > summary.mono_last_ns)
    summary.mono_last_ns = block->events[block->n_events - 1].time_ns;
  return summary;
}

static TxStatus
decode_slot (TxRingBlocks *self, size_t index, TxCatalog *catalog, TxDamage *damage, TxError *error)
{
  const TxRingSlot *slot = &self->reader.slots[index];
  TxBlockTimes times = { .mono_first_ns = slot->header.mono_first_ns,
                         .mono_last_ns = slot->header.mono_first_ns,
                         .real_first_ns = slot->header.real_first_ns };
  DefineState state = { .catalog = catalog };
  TxBlock *block =
      _tx_block_decode (slot->data, slot->header.committed, slot->header.sequence, &times,
                        first_line_cb, define_cb, &state, &self->scratch, error);

  if (!block)
    return TX_ERROR_MEMORY;
  if (block->damaged || state.is_refused)
    _tx_damage_add (damage, "block %" PRIu64 " in the ring is damaged", slot->header.sequence);
  self->blocks[index] = (TxRingBlock){ summarise (block), slot->header.committed };
  _tx_block_free_borrowed (block);
  if (catalog->no_memory)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot read the ring: out of memory");
  return TX_OK;
}

/* What the table is told: the end is when it was sealed, else the last moment known. */
static TxBlockSummary
get_summary (const TxRingBlocks *self, size_t index)
{
  const TxRingSlot *slot = &self->reader.slots[index];
  TxBlockSummary summary = self->blocks[index].summary;
  int64_t end_ns = slot->header.state == TX_SLOT_SEALED ? slot->header.mono_last_ns
                                                        : self->reader.header.heartbeat_mono_ns;

  if (end_ns > summary.mono_last_ns)
    summary.mono_last_ns = end_ns;
  return summary;
}

/* Not whether the slot has changed since it was read before: it may have been read several times
 * since its blocks were asked for. */
static bool
is_decoded (const TxRingBlock *self, const TxSlotHeader *header)
{
  return self->n_decoded > 0 && self->n_decoded == header->committed &&
         self->summary.sequence == header->sequence;
}

static TxStatus
add_slot (TxRingBlocks *self,
          size_t index,
          TxBlockTable *table,
          TxCatalog *catalog,
          TxDamage *damage,
          TxError *error)
{
  const TxRingSlot *slot = &self->reader.slots[index];
  TxBlockSummary summary;

  if (slot->header.sequence < table->next_sequence)
    return TX_OK; /* in a file by now */
  if (!is_decoded (&self->blocks[index], &slot->header))
    {
      TxStatus status = decode_slot (self, index, catalog, damage, error);

      if (status != TX_OK)
        return status;
    }
  summary = get_summary (self, index);
  if (!_tx_block_table_add_ring (table, &summary, index))
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot list the blocks: out of memory");
  return TX_OK;
}

/* The held slot with the lowest sequence >= @sequence; n_slots when there is none. */
static size_t
find_slot (const TxRingReader *reader, uint64_t sequence)
{
  size_t found = reader->n_slots;

  for (size_t i = 0; i < reader->n_slots; i++)
    if (reader->slots[i].is_held && reader->slots[i].header.sequence >= sequence &&
        (found == reader->n_slots ||
         reader->slots[i].header.sequence < reader->slots[found].header.sequence))
      found = i;
  return found;
}

bool
_tx_ring_blocks_lack (const TxRingBlocks *self, uint64_t sequence)
{
  size_t index = find_slot (&self->reader, sequence);

  return index < self->reader.n_slots && self->reader.slots[index].header.sequence > sequence;
}

static TxStatus
add_slots (
    TxRingBlocks *self, TxBlockTable *table, TxCatalog *catalog, TxDamage *damage, TxError *error)
{
  uint64_t sequence = table->next_sequence;
  size_t index;

  if (self->reader.n_slots == 0)
    return TX_OK;
  if (!self->blocks)
    self->blocks = calloc (self->reader.n_slots, sizeof *self->blocks);
  if (!self->blocks)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot read the ring: out of memory");
  while ((index = find_slot (&self->reader, sequence)) < self->reader.n_slots)
    {
      TxStatus status;

      if (_tx_ring_reader_is_stopped (&self->reader))
        return tx_error_set (error, TX_CANCELLED, "reading the ring was cancelled");
      status = add_slot (self, index, table, catalog, damage, error);
      if (status != TX_OK)
        return status;
      if (self->reader.slots[index].header.sequence == UINT64_MAX)
        break;
      sequence = self->reader.slots[index].header.sequence + 1;
    }
  return TX_OK;
}

TxStatus
_tx_ring_blocks_add_to (
    TxRingBlocks *self, TxBlockTable *table, TxCatalog *catalog, TxDamage *damage, TxError *error)
{
  TxStatus status = add_slots (self, table, catalog, damage, error);

  _tx_block_scratch_clear (&self->scratch);
  return status;
}

TxBlock *
_tx_ring_blocks_load (const TxRingBlocks *self,
                      const TxBlockEntry *entry,
                      const TxCatalog *catalog,
                      TxError *error)
{
  const TxRingSlot *slot = &self->reader.slots[entry->slot];

  return tx_block_decode (slot->data, slot->header.committed, entry->info.sequence,
                          &entry->info.times, _tx_catalog_get_first_line, (void *) catalog, error);
}
