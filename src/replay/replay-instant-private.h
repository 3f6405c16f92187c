// SPDX-License-Identifier: BSD-3-Clause
// A moment of the wall clock as a place among the blocks, and what all threads were at there.
#pragma once

#include "replay-trace-private.h"

/* A moment within the recording. */
typedef struct
{
  size_t index;    /* of the last block that began at or before it */
  int64_t mono_ns; /* not behind the beginning of the next block; INT64_MIN: before everything */
} ReplayInstant;

ReplayInstant _replay_trace_find_instant (const ReplayTrace *self, int64_t real_ns);

/* Told of each thread that has frames; @frames are innermost first, and borrowed. */
typedef TxStatus (*ReplayStacksFunc) (void *data,
                                      TxThreadId thread,
                                      const ReplayFrame *frames,
                                      size_t n_frames,
                                      const ReplayPlace *last_event,
                                      TxError *error);

/* The stacks of all threads (@thread: 0), or of one, after the first @n_events events of block @index,
   by reading back until each was heard of, or until something is missing: behind that nothing is known. */
TxStatus _replay_trace_visit_stacks (ReplayTrace *self,
                                     size_t index,
                                     size_t n_events,
                                     TxThreadId thread,
                                     ReplayStacksFunc func,
                                     void *data,
                                     TxError *error) TX_WARN_UNUSED;
