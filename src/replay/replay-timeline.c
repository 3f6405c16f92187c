// SPDX-License-Identifier: BSD-3-Clause
// The timeline's data. A range of few blocks is decoded, so that each step falls into its bucket;
// for more, a block's digest is spread over the buckets that the block covers.
#include "replay-timeline.h"

#include <stdlib.h>

#include "replay-timeline-private.h"
#include "replay-trace-private.h"

#define BLOCKS_DECODED_MAX 24u
#define BLOCKS_A_REPORT    64u
#define BUCKETS_MAX        65536u

/* A query on its way. */
typedef struct
{
  ReplayTrace *trace;
  const TxReader *reader;
  const ReplayProgress *progress;
  ReplayTimeline *timeline; /* owned */
  size_t n_lanes_allocated;
  uint64_t *lane_steps;   /* owned (array length=n_lanes_allocated) */
  size_t *lane_of_thread; /* owned (array length=n_threads + 1): index + 1, 0 none */
  size_t n_threads;
} Work;

size_t
_replay_timeline_get_bucket (const ReplayTimeline *timeline, int64_t real_ns)
{
  uint64_t extent_ns = (uint64_t) timeline->end_real_ns - (uint64_t) timeline->start_real_ns;
  uint64_t offset_ns;
  size_t bucket;

  if (real_ns <= timeline->start_real_ns || extent_ns == 0)
    return 0;
  /* What is far behind the end is more than the division below can hold. */
  if (real_ns >= timeline->end_real_ns)
    return timeline->n_buckets - 1;
  offset_ns = (uint64_t) real_ns - (uint64_t) timeline->start_real_ns;
  bucket = (size_t) ((double) offset_ns / (double) extent_ns * (double) timeline->n_buckets);
  return bucket < timeline->n_buckets ? bucket : timeline->n_buckets - 1;
}

static bool
is_in_range (const ReplayTimeline *timeline, int64_t real_ns)
{
  return real_ns >= timeline->start_real_ns && real_ns <= timeline->end_real_ns;
}

/* Damaged recordings may name threads that no catalog has. */
static bool
is_known (const Work *work, TxThreadId thread)
{
  return thread != 0 && thread <= work->n_threads;
}

/* The lane of a known thread, made if it is new; NULL without memory. */
static ReplayTimelineLane *
get_lane (Work *work, TxThreadId thread, size_t *ret_index)
{
  ReplayTimeline *timeline = work->timeline;
  ReplayTimelineLane *lane;

  if (work->lane_of_thread[thread] == 0)
    {
      if (timeline->n_lanes == work->n_lanes_allocated)
        {
          size_t n = work->n_lanes_allocated == 0 ? 8 : work->n_lanes_allocated * 2;
          ReplayTimelineLane *lanes = realloc (timeline->lanes, n * sizeof *lanes);
          uint64_t *steps = realloc (work->lane_steps, n * sizeof *steps);

          timeline->lanes = lanes != NULL ? lanes : timeline->lanes;
          work->lane_steps = steps != NULL ? steps : work->lane_steps;
          if (lanes == NULL || steps == NULL)
            return NULL;
          work->n_lanes_allocated = n;
        }
      lane = &timeline->lanes[timeline->n_lanes];
      *lane = (ReplayTimelineLane){ thread, calloc (timeline->n_buckets, sizeof *lane->buckets) };
      if (lane->buckets == NULL)
        return NULL;
      work->lane_steps[timeline->n_lanes] = 0;
      work->lane_of_thread[thread] = ++timeline->n_lanes;
    }
  *ret_index = work->lane_of_thread[thread] - 1;
  return &timeline->lanes[*ret_index];
}

static void
add_to_bucket (ReplayTimelineBucket *bucket, uint32_t depth_min, uint32_t depth_max, uint64_t steps)
{
  if (bucket->depth_max == 0 || depth_min < bucket->depth_min)
    bucket->depth_min = depth_min;
  if (depth_max > bucket->depth_max)
    bucket->depth_max = depth_max;
  bucket->steps += steps;
}

/* --- decoded blocks --- */

static TxStatus
add_events (Work *work, size_t index, TxError *error)
{
  const TxBlock *block;
  TxStatus status = _replay_trace_load_block (work->trace, index, &block, error);

  if (status != TX_OK)
    return status;
  for (size_t i = 0; i < block->n_steps; i++)
    {
      const TxEvent *event = &block->events[block->steps[i]];
      int64_t real_ns = tx_reader_real_from_mono (work->reader, index, event->time_ns);
      ReplayTimelineLane *lane;
      size_t lane_index;

      if (!is_in_range (work->timeline, real_ns) || !is_known (work, event->thread))
        continue;
      lane = get_lane (work, event->thread, &lane_index);
      if (lane == NULL)
        return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the timeline");
      add_to_bucket (&lane->buckets[_replay_timeline_get_bucket (work->timeline, real_ns)],
                     event->depth, event->depth, 1);
      work->lane_steps[lane_index]++;
    }
  return TX_OK;
}

/* --- digests --- */

/* Spreads @thread's steps of a block over the buckets @first to @last. */
static void
spread (ReplayTimelineLane *lane, const TxDigestThread *thread, size_t first, size_t last)
{
  uint64_t n = last - first + 1;

  for (uint64_t i = 0; i < n; i++)
    {
      uint64_t steps = (i + 1) * thread->steps / n - i * thread->steps / n;

      add_to_bucket (&lane->buckets[first + i], thread->depth_min, thread->depth_max, steps);
    }
}

static TxStatus
add_digest (Work *work, size_t index, int64_t first_ns, int64_t last_ns, TxError *error)
{
  size_t first = _replay_timeline_get_bucket (work->timeline, first_ns);
  size_t last = _replay_timeline_get_bucket (work->timeline, last_ns);
  ReplayThreads threads;
  TxStatus status = _replay_trace_load_block_threads (work->trace, index, &threads, error);

  if (status != TX_OK)
    return status;
  for (size_t i = 0; i < threads.n_items; i++)
    {
      const TxDigestThread *thread = &threads.items[i];
      ReplayTimelineLane *lane;
      size_t lane_index;

      if (thread->steps == 0 || !is_known (work, thread->thread))
        continue;
      lane = get_lane (work, thread->thread, &lane_index);
      if (lane == NULL)
        return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the timeline");
      spread (lane, thread, first, last < first ? first : last);
      work->lane_steps[lane_index] += thread->steps;
    }
  return TX_OK;
}

/* --- all of it --- */

/* The wall-clock extent of a block; for missing ones, what lies between its neighbours. */
void
_replay_timeline_get_extent (const TxReader *reader,
                             size_t index,
                             int64_t *ret_first_ns,
                             int64_t *ret_last_ns)
{
  size_t n_blocks = tx_reader_get_n_blocks (reader);
  const TxBlockInfo *info = tx_reader_get_block_info (reader, index);

  if (info->place != TX_BLOCK_MISSING)
    {
      *ret_first_ns = info->times.real_first_ns;
      *ret_last_ns = tx_reader_real_from_mono (reader, index, info->times.mono_last_ns);
      return;
    }
  *ret_first_ns = INT64_MIN;
  *ret_last_ns = INT64_MAX;
  if (index > 0 && tx_reader_get_block_info (reader, index - 1)->place != TX_BLOCK_MISSING)
    _replay_timeline_get_extent (reader, index - 1, &(int64_t){ 0 }, ret_first_ns);
  if (index + 1 < n_blocks &&
      tx_reader_get_block_info (reader, index + 1)->place != TX_BLOCK_MISSING)
    *ret_last_ns = tx_reader_get_block_info (reader, index + 1)->times.real_first_ns;
}

static size_t
count_blocks (const Work *work)
{
  size_t n = 0;

  for (size_t i = 0; i < tx_reader_get_n_blocks (work->reader); i++)
    {
      int64_t first_ns, last_ns;

      _replay_timeline_get_extent (work->reader, i, &first_ns, &last_ns);
      n += last_ns >= work->timeline->start_real_ns && first_ns <= work->timeline->end_real_ns;
    }
  return n;
}

/* Stretches that are missing; put into the lanes when all of them are known. */
static void
mark_missing (Work *work)
{
  ReplayTimeline *timeline = work->timeline;

  for (size_t i = 0; i < tx_reader_get_n_blocks (work->reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (work->reader, i);
      int64_t first_ns, last_ns;

      if (info->place != TX_BLOCK_MISSING && info->events_lost == 0)
        continue;
      _replay_timeline_get_extent (work->reader, i, &first_ns, &last_ns);
      if (info->place != TX_BLOCK_MISSING) /* dropped just before this block */
        {
          last_ns = first_ns;
          if (i > 0)
            _replay_timeline_get_extent (work->reader, i - 1, &(int64_t){ 0 }, &first_ns);
        }
      if (last_ns < timeline->start_real_ns || first_ns > timeline->end_real_ns)
        continue;
      for (size_t bucket = _replay_timeline_get_bucket (timeline, first_ns);
           bucket <= _replay_timeline_get_bucket (timeline, last_ns); bucket++)
        for (size_t lane = 0; lane < timeline->n_lanes; lane++)
          timeline->lanes[lane].buckets[bucket].missing = true;
    }
}

static TxStatus
add_blocks (Work *work, TxError *error)
{
  const ReplayTimeline *timeline = work->timeline;
  size_t n_blocks = tx_reader_get_n_blocks (work->reader);
  size_t n_wanted = count_blocks (work);
  bool decode = n_wanted <= BLOCKS_DECODED_MAX;
  size_t n_done = 0;

  for (size_t i = 0; i < n_blocks; i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (work->reader, i);
      int64_t first_ns, last_ns;
      TxStatus status;

      if (info->place == TX_BLOCK_MISSING)
        continue;
      _replay_timeline_get_extent (work->reader, i, &first_ns, &last_ns);
      if (last_ns < timeline->start_real_ns || first_ns > timeline->end_real_ns)
        continue;
      if ((decode || n_done % BLOCKS_A_REPORT == 0) &&
          !_replay_progress_report (work->progress, n_done, n_wanted))
        return TX_CANCELLED;
      n_done++;
      /* Of what was removed the digests are left. */
      status = decode && info->place != TX_BLOCK_EVICTED
                   ? add_events (work, i, error)
                   : add_digest (work, i, first_ns, last_ns, error);
      if (status != TX_OK && !_replay_status_is_missing (status))
        return status;
    }
  return TX_OK;
}

/* Lanes in order of their steps; those that are too many are dropped. */
static void
sort_lanes (Work *work, size_t max_lanes)
{
  ReplayTimeline *timeline = work->timeline;

  timeline->n_threads = timeline->n_lanes;
  for (size_t i = 0; i < timeline->n_lanes; i++)
    {
      size_t best = i;
      ReplayTimelineLane lane = timeline->lanes[i];
      uint64_t steps = work->lane_steps[i];

      if (max_lanes != 0 && i >= max_lanes)
        break;
      for (size_t k = i + 1; k < timeline->n_lanes; k++)
        if (work->lane_steps[k] > work->lane_steps[best] ||
            (work->lane_steps[k] == work->lane_steps[best] &&
             timeline->lanes[k].thread < timeline->lanes[best].thread))
          best = k;
      timeline->lanes[i] = timeline->lanes[best];
      work->lane_steps[i] = work->lane_steps[best];
      timeline->lanes[best] = lane;
      work->lane_steps[best] = steps;
    }
  while (max_lanes != 0 && timeline->n_lanes > max_lanes)
    free (timeline->lanes[--timeline->n_lanes].buckets);
}

static void
find_depth_max (ReplayTimeline *timeline)
{
  for (size_t i = 0; i < timeline->n_lanes; i++)
    for (size_t k = 0; k < timeline->n_buckets; k++)
      if (timeline->lanes[i].buckets[k].depth_max > timeline->depth_max)
        timeline->depth_max = timeline->lanes[i].buckets[k].depth_max;
}

TxStatus
replay_timeline_query (ReplayTrace *trace,
                       int64_t start_real_ns,
                       int64_t end_real_ns,
                       size_t n_buckets,
                       size_t max_lanes,
                       const ReplayProgress *progress,
                       ReplayTimeline **ret_timeline,
                       TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  Work work = { .trace = trace,
                .reader = reader,
                .progress = progress,
                .n_threads = tx_reader_get_n_threads (reader) };
  TxStatus status;

  if (n_buckets == 0 || n_buckets > BUCKETS_MAX || end_real_ns < start_real_ns)
    return tx_error_set (error, TX_ERROR_INVALID, "the timeline has no extent");
  work.timeline = calloc (1, sizeof *work.timeline);
  work.lane_of_thread = calloc (work.n_threads + 1, sizeof *work.lane_of_thread);
  if (work.timeline == NULL || work.lane_of_thread == NULL)
    status = tx_error_set (error, TX_ERROR_MEMORY, "no memory for the timeline");
  else
    {
      work.timeline->start_real_ns = start_real_ns;
      work.timeline->end_real_ns = end_real_ns;
      work.timeline->n_buckets = n_buckets;
      status = add_blocks (&work, error);
    }
  if (status == TX_OK)
    {
      sort_lanes (&work, max_lanes);
      mark_missing (&work);
      find_depth_max (work.timeline);
      *ret_timeline = work.timeline;
    }
  else
    replay_timeline_free (work.timeline);
  free (work.lane_of_thread);
  free (work.lane_steps);
  return status;
}

void
replay_timeline_free (ReplayTimeline *self)
{
  if (self == NULL)
    return;
  for (size_t i = 0; i < self->n_lanes; i++)
    free (self->lanes[i].buckets);
  free (self->lanes);
  free (self);
}
