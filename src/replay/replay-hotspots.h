// SPDX-License-Identifier: BSD-3-Clause
// Hot spots: which lines took the time, for the whole recording, a file, a thread
// or a time range. From digests; only the blocks at the edges of a range are decoded,
// and of a single thread those before and behind the runs that tell threads apart.
#pragma once

#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  TxFileId file;           /* 0: function not known */
  uint32_t line;
  TxFunctionId function;   /* one of those that have the line (the most hit) */
  uint64_t count;          /* executions */
  uint64_t self_ns;
  uint64_t cumulated_ns;   /* with callees, counted once under recursion */
  uint64_t slowest_ns;     /* longest single execution; of one thread: of those that ended in the range */
  uint64_t waiting_ns;     /* of self_ns: the thread was on no CPU; as far as known: slow executions only */
  uint64_t self_error_ns;      /* bounds: the truth is within self_ns +- self_error_ns, ... */
  uint64_t cumulated_error_ns; /* (average: divided by count) */
  uint64_t slowest_error_ns;
  bool is_idle;            /* an event loop waited: time, but no work */
} ReplayHotspot;

/** Average is cumulated_ns / count; 0 when count is 0. */
typedef enum {
  REPLAY_SORT_CUMULATED,
  REPLAY_SORT_SELF,
  REPLAY_SORT_AVERAGE,
  REPLAY_SORT_COUNT,
  REPLAY_SORT_SLOWEST,
  REPLAY_SORT_WAITING,
  REPLAY_SORT_LOCATION,
} ReplayHotspotSort;

typedef struct {
  int64_t from_real_ns;  /* inclusive; INT64_MIN: from the start */
  int64_t to_real_ns;    /* exclusive; INT64_MAX: to the end */
  TxFileId file;         /* 0: all */
  ReplayHotspotSort sort;
  size_t max_items;      /* 0: all */
  TxThreadId thread;     /* 0: all. Where digests don't tell threads apart the blocks that it shares with others are decoded, which takes
                            milliseconds each: some hundreds at both ends of a range, all of them in recordings without such digests */
} ReplayHotspotQuery;

typedef struct {
  ReplayHotspot *items;  /* (array length=n_items): sorted, greatest first (location: ascending) */
  size_t n_items;
  size_t n_lines;        /* before max_items cut it */
  uint64_t total_ns;     /* wall time of the range */
  uint64_t total_steps;
  uint64_t idle_ns;      /* of all threads: their event loops waited, where the program marks that */
  uint64_t missing_blocks; /* in the range: figures are too small by what was in them */
  uint64_t events_lost;    /* dropped in the range: the same */
} ReplayHotspots;

TxStatus replay_hotspots_query (ReplayTrace *trace, const ReplayHotspotQuery *query, const ReplayProgress *progress, ReplayHotspots **ret_hotspots, TxError *error) TX_WARN_UNUSED;
void replay_hotspots_free (ReplayHotspots *self);

#ifdef __cplusplus
}
#endif
