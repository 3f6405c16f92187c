// SPDX-License-Identifier: BSD-3-Clause
// TxThreadLines: what each of several threads had of each line, over runs in a row: section 9 of
// the digest of the last of them (docs/trace-format.md). It refers to the sum of the runs' digests,
// and says how that is to be divided among the threads.
#pragma once

#include "tx-buffer-private.h"
#include "tx-digester-private.h"

/* Runs after which it ends, whatever it takes; and threads, which are the bits of a number. */
#define TX_THREAD_LINES_RUNS_MAX    64u
#define TX_THREAD_LINES_THREADS_MAX 60u

/** TxThreadTally: one thread, as if it had been alone. */
typedef struct
{
  TxThreadId id;
  TxTally tally;
  uint32_t resumed, restated; /* as in a digest */
} TxThreadTally;

typedef struct
{
  TxThreadTally *threads; /* owned; none: so far all is of one thread, and of the run at hand */
  size_t n_threads, threads_capacity;
  bool is_over;    /* too much to be told, or no memory: nothing is, up to the end */
  uint32_t n_runs; /* complete ones, and how many blocks these have */
  uint32_t n_blocks;
  size_t size; /* of the section when it was last made: it does not get smaller */
  TxTallyItems items;
} TxThreadLines;

/* What a thread with @hits of @all_hits executions would have of their time, if each took the same.
 */
static inline uint64_t
_tx_thread_lines_share (uint64_t self_ns, uint32_t hits, uint32_t all_hits)
{
  if (all_hits == 0)
    return 0;
  return self_ns / all_hits * hits + self_ns % all_hits * hits / all_hits;
}

/** _tx_thread_lines_add: a block's digest, which a digester has made; @run: what the run at hand
 * had before. */
void _tx_thread_lines_add (TxThreadLines *self, const TxDigest *run, const TxDigest *digest);

/** _tx_thread_lines_end_run: a run of so many blocks is complete. */
void _tx_thread_lines_end_run (TxThreadLines *self, uint32_t n_blocks);

/** _tx_thread_lines_give_up: nothing is told of these runs; what was gathered for it is freed. */
void _tx_thread_lines_give_up (TxThreadLines *self);

/** _tx_thread_lines_are_told: whether there are several threads, of which a section can tell. */
bool _tx_thread_lines_are_told (const TxThreadLines *self);

/** _tx_thread_lines_encode: the content of the section. */
void _tx_thread_lines_encode (TxThreadLines *self, TxBuffer *ret_content);

/** _tx_thread_lines_reset: begins anew; _clear: and has no memory. */
void _tx_thread_lines_reset (TxThreadLines *self);
void _tx_thread_lines_clear (TxThreadLines *self);

/**
 * _tx_thread_lines_decode:
 * @bytes: the section's content; hostile
 * @sum: the sum of the digests of @n_runs runs of @n_blocks blocks
 *
 * Returns: (nullable): what @thread had, as a digest
 */
TxDigest *_tx_thread_lines_decode (const uint8_t *bytes,
                                   size_t size_bytes,
                                   const TxDigest *sum,
                                   uint32_t n_runs,
                                   uint32_t n_blocks,
                                   TxThreadId thread,
                                   TxError *error);
