// SPDX-License-Identifier: BSD-3-Clause
// ReplayMoment: what the whole process was at at a position: the stack of each thread, and which execution of
// its line each was in.
#pragma once

#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/** ReplayMomentThread: a thread with frames on its stack. */
typedef struct {
  TxThreadId thread;
  bool is_running;       /* its is the step at the position; the others wait, or run code that is not recorded */
  ReplayFrame *frames;   /* (array length=n_frames): innermost first; outer ones may be missing */
  size_t n_frames;
  uint32_t depth;        /* of the whole stack */
  bool has_step;         /* the next ones are known */
  ReplayStep step;       /* with which the innermost frame began its line */
  uint64_t hit;          /* which execution of that line it is, from 1 ... */
  uint64_t n_hits;       /* ... of how many in the recording */
} ReplayMomentThread;

typedef struct {
  ReplayStep step;             /* at the position */
  ReplayMomentThread *threads; /* (array length=n_threads): the running one first, then by number */
  size_t n_threads;
  size_t n_others;             /* threads without frames there: not begun, ended, outside of what is recorded, or
                                  nothing known of them because something is missing before */
} ReplayMoment;

/**
 * replay_moment_query:
 * %TX_ERROR_GAP in a missing stretch, %TX_END beyond the end, %TX_CANCELLED. Reads back until each thread was
 * heard of, and the digests to count executions.
 */
TxStatus replay_moment_query (ReplayTrace *trace, ReplayPosition position, const ReplayProgress *progress, ReplayMoment **ret_moment, TxError *error) TX_WARN_UNUSED;
void replay_moment_free (ReplayMoment *self);

#ifdef __cplusplus
}
#endif
