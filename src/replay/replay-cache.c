// SPDX-License-Identifier: BSD-3-Clause
// ReplayCache: blocks in a few slots, the least recently used one replaced; digests in tables by
// their number, one for blocks and one for each level of spans, evicted in the order of a clock
// hand when they exceed their budget.
#include "replay-cache-private.h"

#include <stdlib.h>
#include <string.h>

/* Together they stay far below what a program may take whose trace is of any size. */
#define BLOCK_SLOTS            8u
#define BLOCKS_SIZE_BYTES_MAX  (40u * 1024u * 1024u) /* but for the last few */
#define DIGESTS_SIZE_BYTES_MAX (8u * 1024u * 1024u)  /* of blocks, and of spans without lines */
#define SPANS_SIZE_BYTES_MAX                                                                       \
  (2u * 1024u * 1024u) /* of spans with lines, which are mostly read once */

typedef struct
{
  TxBlockRoom *room;    /* owned; NULL: never used */
  const TxBlock *block; /* the room's; NULL: none */
  size_t index;
  uint64_t last_use;
} BlockSlot;

typedef struct
{
  TxDigest **items; /* owned (array length=n_items), by number; NULL: not kept */
  size_t n_items;
  size_t size_bytes;
  size_t hand; /* where eviction goes on */
} DigestTable;

struct _ReplayCache
{
  BlockSlot blocks[BLOCK_SLOTS];
  uint64_t clock;
  DigestTable digests;                  /* of blocks */
  DigestTable spans[TX_SPAN_LEVELS][2]; /* without and with lines */
  ReplayLoads loads;
};

ReplayCache *
_replay_cache_new (void)
{
  return calloc (1, sizeof (ReplayCache));
}

/* What a slot takes, or will: a room has space for as many events as the block has bytes. */
static size_t
get_slot_size (const TxBlock *block)
{
  return block->raw_size_bytes * (sizeof *block->events + sizeof *block->steps + 1) +
         block->n_frames * sizeof *block->frames + block->n_stacks * sizeof *block->stacks;
}

static void
free_slot (BlockSlot *slot)
{
  tx_block_room_free (slot->room);
  *slot = (BlockSlot){ 0 };
}

/* The slot for a new block: an unused one, or that of the block that was not used for the longest
   time. More are freed while all take too much. */
static BlockSlot *
find_slot (ReplayCache *self)
{
  for (;;)
    {
      BlockSlot *oldest = NULL, *unused = NULL;
      size_t size_bytes = 0, n_used = 0;

      for (size_t i = 0; i < BLOCK_SLOTS; i++)
        {
          BlockSlot *slot = &self->blocks[i];

          if (slot->block == NULL)
            {
              /* one with memory first */
              if (unused == NULL || slot->room != NULL)
                unused = slot;
              continue;
            }
          n_used++;
          size_bytes += get_slot_size (slot->block);
          if (oldest == NULL || slot->last_use < oldest->last_use)
            oldest = slot;
        }
      if (n_used <= REPLAY_CACHE_KEPT || size_bytes + size_bytes / n_used <= BLOCKS_SIZE_BYTES_MAX)
        return unused != NULL ? unused : oldest;
      if (size_bytes <= BLOCKS_SIZE_BYTES_MAX)
        return oldest;
      free_slot (oldest);
    }
}

TxStatus
_replay_cache_get_block (ReplayCache *self,
                         const TxReader *reader,
                         size_t index,
                         const TxBlock **ret_block,
                         TxError *error)
{
  BlockSlot *slot;
  TxStatus status;

  for (size_t i = 0; i < BLOCK_SLOTS; i++)
    if (self->blocks[i].block != NULL && self->blocks[i].index == index)
      {
        self->blocks[i].last_use = ++self->clock;
        *ret_block = self->blocks[i].block;
        return TX_OK;
      }
  slot = find_slot (self);
  if (slot->room == NULL)
    slot->room = tx_block_room_new ();
  if (slot->room == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a block");
  self->loads.blocks++;
  slot->block = NULL;
  status = tx_reader_load_block_into (reader, index, slot->room, &slot->block, error);
  if (status != TX_OK)
    return status;
  slot->index = index;
  slot->last_use = ++self->clock;
  *ret_block = slot->block;
  return TX_OK;
}

static size_t
get_digest_size (const TxDigest *digest)
{
  return sizeof *digest + digest->n_lines * sizeof *digest->lines +
         (digest->n_threads + digest->n_part_threads) * sizeof *digest->threads +
         digest->n_parts * sizeof *digest->part_ends;
}

static void
drop_digest (DigestTable *self, size_t number)
{
  if (self->items[number] == NULL)
    return;
  self->size_bytes -= get_digest_size (self->items[number]);
  tx_digest_free (self->items[number]);
  self->items[number] = NULL;
}

static void
clear_digests (DigestTable *self)
{
  for (size_t i = 0; i < self->n_items; i++)
    drop_digest (self, i);
  free (self->items);
  *self = (DigestTable){ 0 };
}

/* Makes room for numbers below @n_items; false without memory. */
static bool
grow (DigestTable *self, size_t n_items)
{
  TxDigest **items;

  if (n_items <= self->n_items)
    return true;
  items = realloc (self->items, n_items * sizeof *items);
  if (items == NULL)
    return false;
  memset (items + self->n_items, 0, (n_items - self->n_items) * sizeof *items);
  self->items = items;
  self->n_items = n_items;
  return true;
}

/* Keeps @digest, which is taken. Fresh memory costs more than decoding once more, so the budgets
   are small. */
static void
put_digest (DigestTable *self, size_t number, TxDigest *digest, size_t size_bytes_max)
{
  self->size_bytes += get_digest_size (digest);
  for (size_t n = 0; n < self->n_items && self->size_bytes > size_bytes_max; n++)
    {
      self->hand = (self->hand + 1) % self->n_items;
      drop_digest (self, self->hand);
    }
  self->items[number] = digest;
}

TxStatus
_replay_cache_get_digest (ReplayCache *self,
                          const TxReader *reader,
                          size_t index,
                          const TxDigest **ret_digest,
                          TxError *error)
{
  TxDigest *digest = NULL;
  TxStatus status = TX_OK;

  if (!grow (&self->digests, tx_reader_get_n_blocks (reader)))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the table of digests");
  if (self->digests.items[index] == NULL)
    {
      self->loads.digests++;
      status = tx_reader_load_digest (reader, index, &digest, error);
      if (status == TX_OK)
        put_digest (&self->digests, index, digest, DIGESTS_SIZE_BYTES_MAX);
    }
  if (status == TX_OK)
    *ret_digest = self->digests.items[index];
  return status;
}

TxStatus
_replay_cache_get_span (ReplayCache *self,
                        const TxReader *reader,
                        TxSpanLevel level,
                        size_t number,
                        bool with_lines,
                        const TxDigest **ret_digest,
                        TxError *error)
{
  DigestTable *table = &self->spans[level][with_lines];
  TxDigest *digest = NULL;
  TxStatus status = TX_OK;

  if (!grow (table, tx_reader_get_n_spans (reader, level)))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the table of digests");
  if (table->items[number] == NULL)
    {
      self->loads.spans[level]++;
      status = tx_reader_load_span (reader, level, number, with_lines, &digest, error);
      if (status == TX_OK)
        put_digest (table, number, digest,
                    with_lines ? SPANS_SIZE_BYTES_MAX : DIGESTS_SIZE_BYTES_MAX);
    }
  if (status == TX_OK)
    *ret_digest = table->items[number];
  return status;
}

const ReplayLoads *
_replay_cache_get_loads (const ReplayCache *self)
{
  return &self->loads;
}

void
_replay_cache_forget (ReplayCache *self, size_t first_index)
{
  for (size_t i = 0; i < BLOCK_SLOTS; i++)
    if (self->blocks[i].block != NULL && self->blocks[i].index >= first_index)
      self->blocks[i].block = NULL;
  for (size_t i = first_index; i < self->digests.n_items; i++)
    drop_digest (&self->digests, i);
}

void
_replay_cache_free (ReplayCache *self)
{
  if (self == NULL)
    return;
  for (size_t i = 0; i < BLOCK_SLOTS; i++)
    free_slot (&self->blocks[i]);
  clear_digests (&self->digests);
  for (unsigned level = 0; level < TX_SPAN_LEVELS; level++)
    for (unsigned with_lines = 0; with_lines < 2; with_lines++)
      clear_digests (&self->spans[level][with_lines]);
  free (self);
}
