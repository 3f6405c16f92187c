// SPDX-License-Identifier: BSD-3-Clause
// Stretches of a recording that are missing, as things of their own: what lies where nothing can be
// shown, why, and how much. Most of them have positions (their steps' numbers stay reserved), so one
// can be there, and every move leads out of them.
#pragma once

#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  REPLAY_GAP_DROPPED, /* the program was faster than the disk: events were left out */
  REPLAY_GAP_EVICTED, /* removed to bound the size of the recording; its totals are left */
  REPLAY_GAP_LOST,    /* blocks that were never written, or whose file is gone */
  REPLAY_GAP_DAMAGED, /* bytes that changed since they were written */
} ReplayGapKind;

/** ReplayGap: neighbouring blocks that are missing for one reason are one gap. */
typedef struct {
  ReplayGapKind kind;
  ReplayPosition first;  /* its first position; where it has none, that of the first step behind it */
  uint64_t n_steps;      /* positions in it; 0: none, or not known how many steps are missing */
  uint64_t n_blocks;     /* 0 for dropped events */
  uint64_t events_lost;  /* DROPPED: as far as known */
  bool has_times;
  int64_t from_real_ns;  /* wall clock, UTC, around it: nothing that is missing happened outside */
  int64_t to_real_ns;
} ReplayGap;

/** replay_trace_get_gap: the gap that @position lies in. %TX_END when the step is there, or beyond the end. */
TxStatus replay_trace_get_gap (ReplayTrace *self, ReplayPosition position, ReplayGap *ret_gap, TxError *error) TX_WARN_UNUSED;

/**
 * replay_trace_find_gap:
 * The next gap that begins behind @position (backward: the last one that begins before it); from
 * %REPLAY_POSITION_NONE the first (last) of the recording. %TX_END if there is none. DAMAGED ones are known only
 * where the block table or an earlier read has found them: this reads no blocks.
 */
TxStatus replay_trace_find_gap (ReplayTrace *self, ReplayPosition position, bool backward, ReplayGap *ret_gap, TxError *error) TX_WARN_UNUSED;

/**
 * replay_gap_describe:
 * In English, one line: "3400 steps are missing here: removed to bound the size of the
 * recording".
 *
 * Returns: the length of the text
 */
size_t replay_gap_describe (const ReplayGap *self, char *ret_text, size_t size);

#ifdef __cplusplus
}
#endif
