// SPDX-License-Identifier: BSD-3-Clause
// TxSpanTable: which blocks of the table have a digest together: those of a run, those of a group
// of runs (docs/trace-format.md, section 4.1). Reads the headers in the files of digests only;
// what does not fit the blocks exactly is left out, since their own digests say the same.
#pragma once

#include "tx-block-table-private.h"
#include "tx-reader.h"

/** TxSpanEntry: one such span, and the frame that has its digest. */
typedef struct
{
  TxSpan span;
  TxFramePlace place;
  size_t frame_index; /* of the first entry of the run that the frame is of */
  size_t frame_n;     /* how many entries that run has */
  uint32_t n_blocks;  /* blocks in all of the span; an evicted entry stands for several */
  uint32_t n_runs;    /* of several */
} TxSpanEntry;

typedef struct
{
  TxSpanEntry *entries; /* owned; ascending, not overlapping */
  size_t n_entries, capacity;
} TxSpanList;

/** TxOpenSpan: runs that were read; which one is the last is not known yet. */
typedef struct
{
  TxSpanEntry entry;
  bool is_bad; /* one of them did not fit */
} TxOpenSpan;

typedef struct
{
  TxSpanList lists[TX_SPAN_LEVELS];
  TxSpanList thread_list; /* runs that are told thread by thread */
  uint32_t number;        /* of the file that is read at present */
  uint64_t offset;        /* of its next frame; 0: at its beginning */
  uint32_t n_ignored;     /* runs of this file that did not fit */
  TxOpenSpan group;       /* the runs that were read since the last group */
  TxOpenSpan threads;     /* the same of those that are told thread by thread */
} TxSpanTable;

void _tx_span_table_clear (TxSpanTable *self);

/** _tx_span_table_read: what has come to the files since the last call, for blocks that @blocks
 * has. */
TxStatus _tx_span_table_read (TxSpanTable *self,
                              const TxBlockTable *blocks,
                              int dir_fd,
                              uint64_t trace_id,
                              TxError *error) TX_WARN_UNUSED;

/** _tx_span_list_find: (nullable): the entry that holds block @index. */
const TxSpanEntry *_tx_span_list_find (const TxSpanList *self, size_t index);

/** _tx_blocks_sum: what the header of a run says that is made of these entries. */
TxBlockSummary _tx_blocks_sum (const TxBlockTable *blocks, size_t index, size_t n);
