// SPDX-License-Identifier: BSD-3-Clause
// Digests of blocks that are not decoded, for the native thread.
#pragma once

#include "tx-block-private.h"
#include "tx-digest.h"

/** TxScanCounts: what else a block's summary needs. */
typedef struct
{
  size_t n_events;
  uint64_t events_lost; /* as its GAP events say */
} TxScanCounts;

/**
 * _tx_digester_scan:
 * As tx_digester_add() on the decoded block, with the same result, but for blocks whose lines
 * cannot be told (a function is not known), have violations, extensions or no thread: those are
 * refused.
 *
 * Returns: (transfer full) (nullable): NULL also without memory; the digester has forgotten what
 *   threads did before then, and tx_digester_add() may be given the same block
 */
TxDigest *_tx_digester_scan (TxDigester *digester,
                             const uint8_t *raw,
                             size_t raw_size_bytes,
                             uint64_t sequence,
                             const TxBlockTimes *times,
                             TxFirstLineFunc first_line,
                             void *data,
                             TxScanCounts *ret_counts);
