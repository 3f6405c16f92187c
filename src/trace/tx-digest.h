// SPDX-License-Identifier: BSD-3-Clause
// TxDigest: the summary of a block, which the writer stores beside it so that
// nobody has to decode the block to know what is inside. Also the accounting
// that makes digests: TxDigester, fed with the decoded blocks of a process in order.
//
// Times are wall time as the monotonic clock counts it, per thread: between two
// events of a thread, the innermost frame's line has the time as self time, and
// each different (function, line) on that thread's stack has it as cumulated
// time, once, however often it is on the stack. A stretch of a thread counts in
// the block in which it ends; the thread that runs when a block ends is brought
// up to the block's end.
#pragma once

#include "tx-block.h"

#ifdef __cplusplus
extern "C" {
#endif

/** TxDigestThread: one thread in a block. */
typedef struct {
  TxThreadId thread;
  uint32_t steps;
  uint32_t depth_min; /* over all its events, also of frames left and entered: the smallest stack */
  uint32_t depth_max;
} TxDigestThread;

/** TxDigestLine: one line in a block: executed in it, or on a stack while time passed. */
typedef struct {
  TxFunctionId function;
  uint32_t line;
  uint32_t hits;          /* steps; 0 for a line that only was on the stack */
  uint64_t self_ns;
  uint64_t cumulated_ns;
  uint64_t slowest_ns;    /* longest execution (to the next step or exit of its frame) that ended in the block */
  uint64_t waiting_ns;    /* of self_ns: on no CPU, as far as known (long executions only) */
  uint32_t entries;       /* of the hits: the first of a call of the function, where the digest tells */
  uint32_t awaits;        /* how often a frame was suspended at it or went on there, where the digest tells */
} TxDigestLine;

/** TxDigestThreadLines: the lines of one of several threads, as if it had been alone. */
typedef struct {
  const TxDigestLine *lines;     /* (array length=n_lines): by function, then line */
  size_t n_lines;
  uint32_t resumed, restated;    /* as in TxDigest */
} TxDigestThreadLines;

typedef struct {
  const TxDigestThread *threads; /* (array length=n_threads): by id */
  size_t n_threads;
  const TxDigestLine *lines;     /* (array length=n_lines): by function, then line */
  size_t n_lines;
  uint32_t steps;
  uint32_t depth_min;            /* over all threads */
  uint32_t depth_max;
  uint32_t error_ns;             /* of the time of any event: at most that; UINT32_MAX: more, or not known */
  uint32_t resumed;              /* frames that went on with a line that they had before */
  bool tells_entries;            /* the lines' entries are known */
  bool tells_awaits;             /* the lines' awaits are, all of them */
  uint32_t restated;             /* frames with a line that a stated stack or a return brought to light */
  const TxDigestThread *part_threads; /* (array length=n_part_threads): the threads of each part that was added up, part by part */
  size_t n_part_threads;
  const uint32_t *part_ends;     /* (array length=n_parts): for each part the index behind its last thread */
  size_t n_parts;                /* of a sum of digests: how many, in order; 0: one block's digest, or not told */
  const TxDigestThreadLines *thread_lines; /* (array length=n_threads) (nullable): only of a digest that a digester has made, of several threads */
} TxDigest;

void tx_digest_free (TxDigest *self);

/** tx_digest_encode: (transfer full): malloc()ed bytes, as docs/trace-format.md has them; NULL without memory. */
uint8_t *tx_digest_encode (const TxDigest *self, size_t *ret_size_bytes);

/** tx_digest_decode: hostile bytes; NULL with @error set. Thread-safe. */
TxDigest *tx_digest_decode (const uint8_t *bytes, size_t size_bytes, TxError *error) TX_WARN_UNUSED;

typedef struct _TxDigester TxDigester;

TxDigester *tx_digester_new (void);
void tx_digester_free (TxDigester *self);

/**
 * tx_digester_add:
 * @block: the next block; a hole in the sequence numbers makes it forget what threads did before
 *
 * Returns: (transfer full) (nullable): the block's digest; NULL without memory
 */
TxDigest *tx_digester_add (TxDigester *self, const TxBlock *block);

#ifdef __cplusplus
}
#endif
