// SPDX-License-Identifier: BSD-3-Clause
// TxBlockTable: the blocks of a trace in order, with what is missing in between.
// Fills itself from the segments' indexes, and from the frame headers where these lack or are
// damaged; the ring's blocks are put behind by the reader. Loads nothing.
#pragma once

#include "tx-damage-private.h"
#include "tx-reader.h"
#include "tx-segment-reader-private.h"

/** TxBlockEntry: one block, or a run of missing ones. */
typedef struct
{
  TxBlockInfo info;
  TxFramePlace place; /* of FILE and EVICTED */
  size_t slot;        /* of RING: index in the ring's slots */
} TxBlockEntry;

typedef struct
{
  TxBlockEntry *entries; /* owned */
  size_t n_entries;
  size_t capacity;
  size_t n_filed; /* entries before the ring's, which never change again */

  uint64_t next_sequence; /* behind the last entry */
  uint64_t next_step;
  uint64_t filed_sequence; /* the same behind the filed ones */
  uint64_t filed_step;

  uint32_t segment;    /* where the next frame is expected */
  uint64_t offset;     /* 0: the segment's header was not read yet */
  uint64_t scanned;    /* no good header between offset and here */
  bool has_bad_end;    /* that was counted as damage */
  uint64_t unreadable; /* number + 1 of the segment that was last found so; 0 none */

  uint64_t n_index_records; /* of that segment's index, read so far */
  bool has_index_header;
} TxBlockTable;

void _tx_block_table_clear (TxBlockTable *self);

/**
 * _tx_block_table_read:
 * Drops the ring's entries, then reads what has come to the files since the last call.
 */
TxStatus _tx_block_table_read (TxBlockTable *self,
                               int dir_fd,
                               uint64_t trace_id,
                               bool is_live,
                               TxDamage *damage,
                               TxError *error) TX_WARN_UNUSED;

/**
 * _tx_block_table_add_ring:
 * @summary: first_step is not looked at
 *
 * Puts a block of the ring behind, with what lacks before it as missing. One that is older than the
 * end is in a file already and is left out.
 *
 * Returns: false without memory
 */
bool _tx_block_table_add_ring (TxBlockTable *self, const TxBlockSummary *summary, size_t slot);

/** _tx_block_table_add_missing_end: the recording is known to have had so much more. Stays. */
bool _tx_block_table_add_missing_end (TxBlockTable *self, uint64_t n_blocks, uint64_t n_steps);

/**
 * _tx_block_table_add_known:
 * The entries behind the filed ones are known to lack @n_steps steps, and to reach to before block @sequence at
 * least. Where a hole is before them it gets these steps, else one is put behind. Until the next reading.
 *
 * Returns: false without memory
 */
bool _tx_block_table_add_known (TxBlockTable *self, uint64_t sequence, uint64_t n_steps);

/* ---- Between tx-block-table.c and tx-block-table-read.c ---- */

/** _tx_block_table_fits: whether @n_blocks blocks with these numbers can stand behind the end. */
bool _tx_block_table_fits (const TxBlockTable *self,
                           const TxBlockSummary *summary,
                           uint32_t n_blocks);

TxBlockInfo _tx_block_info_make (const TxBlockSummary *summary, TxBlockPlace place);

/** _tx_block_info_get_summary: what the header of the block's frame has to say. */
TxBlockSummary _tx_block_info_get_summary (const TxBlockInfo *self);

/** _tx_block_table_push: appends @entry, which fits, and what is missing before it. False without
 * memory. */
bool
_tx_block_table_push (TxBlockTable *self, const TxBlockSummary *summary, const TxBlockEntry *entry);
