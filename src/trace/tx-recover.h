// SPDX-License-Identifier: BSD-3-Clause
// Recovery: what a process that died has left in its ring is appended to its trace, so that a copy
// of the directory is whole. Only appends, and only to traces whose process is gone for
// certain; two recoveries of one trace exclude each other, and one that is cut short is
// repeated without harm.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tx-error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** TxRecoverResult: what became of a trace. */
typedef enum {
  TX_RECOVER_SEALED,       /* the ring's blocks are in the files, the ring is gone, `end` says so */
  TX_RECOVER_WHOLE,        /* nothing was to be done */
  TX_RECOVER_NO_TRACE,     /* there is none, or it was never finished being begun */
  TX_RECOVER_ALIVE,        /* its process lives, or may live in another container */
  TX_RECOVER_BUSY,         /* another recovery is at it */
  TX_RECOVER_TAIL_MISSING, /* its ring is gone: the last moments are lost */
} TxRecoverResult;

/**
 * tx_recover_trace:
 * @directory: of a trace; it must be the caller's own
 * @ret_blocks: (nullable): blocks that were appended
 *
 * On failure the trace is as good as it was, and its ring is kept.
 */
TxStatus tx_recover_trace (const char *directory,
                           TxRecoverResult *ret_result,
                           uint64_t *ret_blocks,
                           TxError *error) TX_WARN_UNUSED;

/**
 * tx_recover_trace_until:
 * @stop: (nullable): looked at after each block; then TX_CANCELLED, and the next time it goes on from there
 */
TxStatus tx_recover_trace_until (const char *directory,
                                 const _Atomic bool *stop,
                                 TxRecoverResult *ret_result,
                                 uint64_t *ret_blocks,
                                 TxError *error) TX_WARN_UNUSED;

/** TxRecoverStats: sums over many traces; zeroed at the beginning. */
typedef struct {
  unsigned n_sealed;
  unsigned n_alive;
  unsigned n_busy;
  unsigned n_tail_missing;
  unsigned n_failed;
  unsigned n_rings_removed; /* of traces that are gone or whole */
  uint64_t n_blocks;        /* appended */
  TxError error;            /* of the first that failed */
  const _Atomic bool *cut;  /* (nullable): of the caller: true: the trace in hands is not finished either */
} TxRecoverStats;

/**
 * tx_recover_directory:
 * @directory: a base directory, a run or a trace
 * @stop: (nullable): looked at before each trace
 */
void tx_recover_directory (const char *directory, const _Atomic bool *stop, TxRecoverStats *stats);

/**
 * tx_recover_rings:
 * @ring_dir: (nullable): where rings are; NULL: the places where they are by default
 * @below: traces below this directory are sealed; of the others only the rings of traces that do
 *   not exist any more are removed
 */
void tx_recover_rings (const char *ring_dir, const char *below, const _Atomic bool *stop, TxRecoverStats *stats);

#ifdef __cplusplus
}
#endif
