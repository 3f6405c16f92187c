// SPDX-License-Identifier: BSD-3-Clause
// What the bitmaps of functions say of the lines of a file, a bit a line: lines said of again and
// again, as by functions that claim the whole file each, cost no more than their bytes.
#pragma once

#include "replay-ids-private.h"
#include "trace/tx-reader.h"

#define REPLAY_LINE_PAGE_WORDS 64u

/** ReplayLinePage: lines from @number * 4096 on. */
typedef struct
{
  uint32_t number;
  uint64_t code[REPLAY_LINE_PAGE_WORDS];  /* lines with code */
  uint64_t known[REPLAY_LINE_PAGE_WORDS]; /* lines of which it is known whether they have */
} ReplayLinePage;

/** ReplayLineBits: of a file; {0} has none. */
typedef struct
{
  ReplayLinePage *pages; /* owned; in order once _replay_line_bits_sort() was called */
  size_t n_pages, capacity;
  ReplayIds places; /* of pages, from 1, by their number */
  size_t current;   /* the page asked for last */
} ReplayLineBits;

/** _replay_line_bits_add: what a function's bitmap says; false: no memory. */
bool _replay_line_bits_add (ReplayLineBits *self, const TxFunction *function);
/** _replay_line_bits_sort: no more is added after it. */
void _replay_line_bits_sort (ReplayLineBits *self);
void _replay_line_bits_clear (ReplayLineBits *self);
