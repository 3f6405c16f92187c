// SPDX-License-Identifier: BSD-3-Clause
// The timeline's data: call depth over time, in as many buckets as there are pixels.
// From the index and digests; blocks that are wider than a few buckets are decoded
// when the range is narrow enough (at most a few dozen blocks).
#pragma once

#include "replay-breakpoints.h"
#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint32_t depth_min;
  uint32_t depth_max;   /* 0 with no activity */
  uint64_t steps;
  bool missing;         /* (part of) the bucket is a gap */
} ReplayTimelineBucket;

typedef struct {
  TxThreadId thread;
  ReplayTimelineBucket *buckets; /* (array length=n_buckets) */
} ReplayTimelineLane;

typedef struct {
  int64_t start_real_ns;
  int64_t end_real_ns;
  size_t n_buckets;
  ReplayTimelineLane *lanes; /* (array length=n_lanes): one a thread with steps in the range, busiest first */
  size_t n_lanes;
  size_t n_threads;          /* with steps in the range; more than n_lanes when max_lanes cut */
  uint32_t depth_max;        /* over all lanes, for scaling */
} ReplayTimeline;

TxStatus replay_timeline_query (ReplayTrace *trace, int64_t start_real_ns, int64_t end_real_ns, size_t n_buckets, size_t max_lanes, const ReplayProgress *progress, ReplayTimeline **ret_timeline, TxError *error) TX_WARN_UNUSED;

/**
 * replay_timeline_mark_hits:
 * @ret_marks: (array length=n_buckets of @timeline): whether a breakpoint that is on is hit in the bucket
 *
 * From digests; a block is decoded only where they don't say whether a bucket has a hit: those at the borders of
 * buckets, and where conditions are asked for (or functions, of older recordings).
 */
TxStatus replay_timeline_mark_hits (ReplayTrace *trace, const ReplayTimeline *timeline, const ReplayBreakpoints *breakpoints, const ReplayProgress *progress, bool *ret_marks, TxError *error) TX_WARN_UNUSED;
void replay_timeline_free (ReplayTimeline *self);

#ifdef __cplusplus
}
#endif
