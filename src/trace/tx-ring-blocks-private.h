// SPDX-License-Identifier: BSD-3-Clause
// TxRingBlocks: the blocks that are in a ring and in no file yet: their summaries for
// the block table, their definitions for the catalog, and the decoded blocks.
#pragma once

#include "tx-block-private.h"
#include "tx-block-table-private.h"
#include "tx-catalog-private.h"
#include "tx-ring-reader-private.h"

/** TxRingBlock: what is known of the block in one slot. */
typedef struct
{
  TxBlockSummary summary; /* mono_last: of the last event */
  uint64_t n_decoded;     /* bytes that it was made from; 0: none yet */
} TxRingBlock;

typedef struct
{
  TxRingReader reader;
  TxRingBlock *blocks; /* owned; (array length=reader.n_slots); NULL until needed */
  TxBlockScratch scratch; /* for decoding, while blocks are added */
} TxRingBlocks;

void _tx_ring_blocks_init (TxRingBlocks *self);
void _tx_ring_blocks_clear (TxRingBlocks *self);

/** _tx_ring_blocks_lack: whether it holds blocks behind @sequence, but not this one. */
bool _tx_ring_blocks_lack (const TxRingBlocks *self, uint64_t sequence);

/**
 * _tx_ring_blocks_add_to:
 * Puts the blocks that were read last behind those of @table, and their definitions into @catalog.
 */
TxStatus _tx_ring_blocks_add_to (TxRingBlocks *self,
                                 TxBlockTable *table,
                                 TxCatalog *catalog,
                                 TxDamage *damage,
                                 TxError *error) TX_WARN_UNUSED;

/** _tx_ring_blocks_load: (nullable): the block of an entry that is in the ring. Thread-safe while
 * nothing is read. */
TxBlock *_tx_ring_blocks_load (const TxRingBlocks *self,
                               const TxBlockEntry *entry,
                               const TxCatalog *catalog,
                               TxError *error);
