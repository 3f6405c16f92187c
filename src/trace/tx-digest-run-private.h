// SPDX-License-Identifier: BSD-3-Clause
// TxDigestRun: digests in a row, added up to one: those of blocks to a run, those of runs to a
// group. What tells of many blocks at once, and what is kept of those that had to make room.
#pragma once

#include <stdbool.h>

#include "tx-buffer-private.h"
#include "tx-digest.h"
#include "tx-format-private.h"

/* Lines after which a run and a group end: a few times what one of their parts has. */
#define TX_RUN_LINES_MAX   16384u
#define TX_GROUP_LINES_MAX 32768u

/* Threads of all parts together, after which either ends. */
#define TX_RUN_PART_THREADS_MAX 16384u

typedef struct
{
  TxBlockSummary summary; /* of all of it */
  uint32_t n_blocks;
  uint32_t n_parts;        /* what was added; 0: nothing */
  TxDigestThread *threads; /* owned, sorted as in a digest */
  TxDigestLine *lines;     /* owned */
  size_t n_threads, n_lines;
  bool tells_entries, tells_awaits;
  uint32_t error_ns, resumed, restated; /* as in a digest */
  TxDigestThread *part_threads; /* owned, part by part */
  size_t n_part_threads, part_threads_capacity;
  uint32_t part_ends[TX_RUN_BLOCKS_MAX];
} TxDigestRun;

void _tx_digest_run_clear (TxDigestRun *self);

/** _tx_digest_run_continues: whether what @summary tells of follows without a hole. */
bool _tx_digest_run_continues (const TxDigestRun *self, const TxBlockSummary *summary);

/** _tx_digest_run_is_full: whether nothing more is to be added, so many parts and lines being the
 * most. */
bool _tx_digest_run_is_full (const TxDigestRun *self, uint32_t n_parts_max, size_t n_lines_max);

/** _tx_digest_run_add: @n_blocks blocks that continue it. False without memory: unchanged. */
bool _tx_digest_run_add (TxDigestRun *self,
                         const TxBlockSummary *summary,
                         uint32_t n_blocks,
                         const TxDigest *digest);

/** _tx_digest_run_get: as a digest, borrowed; valid until the next change. */
TxDigest _tx_digest_run_get (const TxDigestRun *self);

/** _tx_digest_run_append_group: as a section behind the digest of its last run. */
void _tx_digest_run_append_group (const TxDigestRun *self, TxBuffer *buffer);

/** _tx_digest_decode_threads: as tx_digest_decode(), without the lines, which are not looked at. */
TxDigest *
_tx_digest_decode_threads (const uint8_t *bytes, size_t size_bytes, TxError *error) TX_WARN_UNUSED;

/** _tx_digest_find_thread_lines: the content of the section that tells threads apart; hostile. */
bool _tx_digest_find_thread_lines (const uint8_t *bytes,
                                   size_t size_bytes,
                                   const uint8_t **ret_content,
                                   size_t *ret_size_bytes);

/** TxDigestGroup: such a section. */
typedef struct
{
  uint32_t n_runs;
  uint32_t n_blocks;
  const uint8_t *bytes; /* of its digest; borrowed */
  size_t size_bytes;
} TxDigestGroup;

/** _tx_digest_find_group: whether the digest @bytes of a run has one; hostile. */
bool _tx_digest_find_group (const uint8_t *bytes, size_t size_bytes, TxDigestGroup *ret_group);
