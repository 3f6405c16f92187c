// SPDX-License-Identifier: BSD-3-Clause
// Where on a timeline breakpoints are hit. Digests tell of most buckets: of a span without a hit,
// and of a block with one that lies in one bucket. What they leave open is decoded, block by block,
// as long as its buckets have no mark yet: so a few blocks a bucket at most, however many there
// are.
#include <stdlib.h>
#include <string.h>

#include "replay-targets-private.h"
#include "replay-timeline-private.h"

typedef struct
{
  ReplayTrace *trace;
  const TxReader *reader;
  const ReplayTimeline *timeline;
  const ReplayProgress *progress;
  ReplayTargets targets;
  bool *marks;
  size_t *open; /* owned: blocks of which the digest does not say enough */
  size_t n_open, open_capacity;
} Marking;

static bool
is_in_range (const Marking *self, int64_t first_ns, int64_t last_ns)
{
  return last_ns >= self->timeline->start_real_ns && first_ns <= self->timeline->end_real_ns;
}

/* Whether the blocks still have to be asked: one of them lies in a bucket without a mark. */
static bool
is_wanted (const Marking *self, size_t first, size_t n_blocks)
{
  for (size_t i = first; i < first + n_blocks; i++)
    {
      int64_t first_ns, last_ns;

      if (tx_block_info_is_gap (tx_reader_get_block_info (self->reader, i)))
        continue;
      _replay_timeline_get_extent (self->reader, i, &first_ns, &last_ns);
      if (!is_in_range (self, first_ns, last_ns))
        continue;
      for (size_t bucket = _replay_timeline_get_bucket (self->timeline, first_ns);
           bucket <= _replay_timeline_get_bucket (self->timeline, last_ns); bucket++)
        if (!self->marks[bucket])
          return true;
    }
  return false;
}

/* Marks the block's bucket, if it lies in one. */
static bool
mark_block (const Marking *self, size_t index)
{
  int64_t first_ns, last_ns;
  size_t bucket;

  _replay_timeline_get_extent (self->reader, index, &first_ns, &last_ns);
  bucket = _replay_timeline_get_bucket (self->timeline, first_ns);
  if (bucket != _replay_timeline_get_bucket (self->timeline, last_ns) ||
      first_ns < self->timeline->start_real_ns || last_ns > self->timeline->end_real_ns)
    return false;
  self->marks[bucket] = true;
  return true;
}

static TxStatus
leave_open (Marking *self, size_t index, TxError *error)
{
  if (self->n_open == self->open_capacity)
    {
      size_t capacity = self->open_capacity == 0 ? 64 : 2 * self->open_capacity;
      size_t *open = reallocarray (self->open, capacity, sizeof *open);

      if (open == NULL)
        return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the marks of breakpoints");
      self->open = open;
      self->open_capacity = capacity;
    }
  self->open[self->n_open++] = index;
  return TX_OK;
}

static bool
has_targets_cb (void *data, const ReplaySpan *span)
{
  Marking *self = data;
  const TxDigest *digest;

  return is_wanted (self, span->first, span->n_blocks) &&
         _replay_targets_select (&self->targets, span->first, span->n_blocks) &&
         (_replay_trace_load_span (self->trace, span, &digest, NULL) != TX_OK ||
          _replay_targets_may_be_in (&self->targets, digest));
}

static TxStatus
ask_block (Marking *self, size_t index, TxError *error)
{
  const TxDigest *digest;
  TxStatus status;

  if (tx_block_info_is_gap (tx_reader_get_block_info (self->reader, index)) ||
      !is_wanted (self, index, 1) || !_replay_targets_select (&self->targets, index, 1))
    return TX_OK;
  status = _replay_trace_load_digest (self->trace, index, &digest, error);
  if (_replay_status_is_missing (status))
    return leave_open (self, index, error); /* the events may be good */
  if (status != TX_OK || !_replay_targets_may_be_in (&self->targets, digest) ||
      (_replay_targets_are_in (&self->targets, digest) && mark_block (self, index)))
    return status;
  return leave_open (self, index, error);
}

static TxStatus
ask_digests (Marking *self, TxError *error)
{
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);
  TxStatus status = TX_OK;

  for (size_t i = 0, n = 0; status == TX_OK && i < n_blocks; n++)
    {
      size_t n_passed = _replay_trace_skip_span (self->trace, i, false, has_targets_cb, self);

      if (n % REPLAY_SPANS_A_REPORT == 0 && !_replay_progress_report (self->progress, i, n_blocks))
        return TX_CANCELLED;
      if (n_passed == 0)
        status = ask_block (self, i, error);
      i += n_passed == 0 ? 1 : n_passed;
    }
  return status;
}

static TxStatus
mark_hits_of (Marking *self, size_t index, TxError *error)
{
  ReplayTargetHit *hits;
  const TxBlock *block;
  size_t n_hits;
  TxStatus status;

  if (!_replay_targets_select (&self->targets, index, 1))
    return TX_OK;
  status = _replay_targets_dup_hits (&self->targets, index, &hits, &n_hits, error);
  if (status != TX_OK)
    return status;
  status = _replay_trace_load_block (self->trace, index, &block, error);
  for (size_t i = 0; status == TX_OK && i < n_hits; i++)
    {
      const TxEvent *event = &block->events[block->steps[hits[i].step]];
      int64_t real_ns = tx_reader_real_from_mono (self->reader, index, event->time_ns);

      if (is_in_range (self, real_ns, real_ns))
        self->marks[_replay_timeline_get_bucket (self->timeline, real_ns)] = true;
    }
  free (hits);
  return status;
}

static TxStatus
decode_open (Marking *self, TxError *error)
{
  for (size_t i = 0; i < self->n_open; i++)
    {
      TxStatus status;

      if (!is_wanted (self, self->open[i], 1))
        continue;
      if (!_replay_progress_report (self->progress, i, self->n_open))
        return TX_CANCELLED;
      status = mark_hits_of (self, self->open[i], error);
      if (status != TX_OK && !_replay_status_is_missing (status))
        return status;
    }
  return TX_OK;
}

TxStatus
replay_timeline_mark_hits (ReplayTrace *trace,
                           const ReplayTimeline *timeline,
                           const ReplayBreakpoints *breakpoints,
                           const ReplayProgress *progress,
                           bool *ret_marks,
                           TxError *error)
{
  Marking self = { .trace = trace,
                   .reader = replay_trace_get_reader (trace),
                   .timeline = timeline,
                   .progress = progress,
                   .marks = ret_marks };
  TxStatus status;

  memset (ret_marks, 0, timeline->n_buckets * sizeof *ret_marks);
  _replay_targets_init (&self.targets, trace);
  status = _replay_targets_add_breakpoints (&self.targets, breakpoints, progress, error);
  if (status == TX_OK)
    status = ask_digests (&self, error);
  if (status == TX_OK)
    status = decode_open (&self, error);
  _replay_targets_clear (&self.targets);
  free (self.open);
  return status;
}
