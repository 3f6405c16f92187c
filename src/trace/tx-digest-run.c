// SPDX-License-Identifier: BSD-3-Clause
// Adding digests up: both sides are sorted, so one pass over each.
#include "tx-digest-run-private.h"

#include <stdlib.h>

#include "tx-digest-sums-private.h"

void
_tx_digest_run_clear (TxDigestRun *self)
{
  free (self->threads);
  free (self->lines);
  free (self->part_threads);
  *self = (TxDigestRun){ 0 };
}

bool
_tx_digest_run_is_full (const TxDigestRun *self, uint32_t n_parts_max, size_t n_lines_max)
{
  return self->n_parts >= n_parts_max || self->n_lines >= n_lines_max ||
         self->n_part_threads >= TX_RUN_PART_THREADS_MAX;
}

bool
_tx_digest_run_continues (const TxDigestRun *self, const TxBlockSummary *summary)
{
  return summary->sequence == self->summary.sequence + self->n_blocks &&
         summary->first_step == self->summary.first_step + self->summary.steps &&
         summary->events_lost == 0 && summary->mono_first_ns >= self->summary.mono_first_ns &&
         (uint64_t) self->summary.events + summary->events <= UINT32_MAX;
}

static void
add_thread (TxDigestThread *self, const TxDigestThread *other)
{
  self->steps += other->steps;
  if (other->depth_min < self->depth_min)
    self->depth_min = other->depth_min;
  if (other->depth_max > self->depth_max)
    self->depth_max = other->depth_max;
}

static TxDigestThread *
merge_threads (const TxDigestRun *self, const TxDigest *digest, size_t *ret_n_threads)
{
  TxDigestThread *merged = malloc ((self->n_threads + digest->n_threads + 1) * sizeof *merged);
  size_t i = 0, j = 0, n = 0;

  if (!merged)
    return NULL;
  while (i < self->n_threads || j < digest->n_threads)
    {
      if (j == digest->n_threads ||
          (i < self->n_threads && self->threads[i].thread < digest->threads[j].thread))
        merged[n++] = self->threads[i++];
      else if (i == self->n_threads || digest->threads[j].thread < self->threads[i].thread)
        merged[n++] = digest->threads[j++];
      else
        {
          merged[n] = self->threads[i++];
          add_thread (&merged[n++], &digest->threads[j++]);
        }
    }
  *ret_n_threads = n;
  return merged;
}

static int
compare_lines (const TxDigestLine *a, const TxDigestLine *b)
{
  if (a->function != b->function)
    return a->function < b->function ? -1 : 1;
  return a->line < b->line ? -1 : a->line > b->line;
}

static TxDigestLine *
merge_lines (const TxDigestRun *self, const TxDigest *digest, size_t *ret_n_lines)
{
  TxDigestLine *merged = malloc ((self->n_lines + digest->n_lines + 1) * sizeof *merged);
  size_t i = 0, j = 0, n = 0;

  if (!merged)
    return NULL;
  while (i < self->n_lines || j < digest->n_lines)
    {
      int order = i == self->n_lines     ? 1
                  : j == digest->n_lines ? -1
                                         : compare_lines (&self->lines[i], &digest->lines[j]);

      if (order < 0)
        merged[n++] = self->lines[i++];
      else if (order > 0)
        merged[n++] = digest->lines[j++];
      else
        {
          merged[n] = self->lines[i++];
          _tx_digest_line_add (&merged[n++], &digest->lines[j++]);
        }
    }
  *ret_n_lines = n;
  return merged;
}

static bool
add_part (TxDigestRun *self, const TxDigest *digest)
{
  size_t n = self->n_part_threads + digest->n_threads;

  if (!TX_ARRAY_RESERVE (self->part_threads, self->part_threads_capacity, n))
    return false;
  for (size_t i = 0; i < digest->n_threads; i++)
    self->part_threads[self->n_part_threads + i] = digest->threads[i];
  self->n_part_threads = n;
  self->part_ends[self->n_parts++] = (uint32_t) n;
  return true;
}

static void
add_summary (TxDigestRun *self, const TxBlockSummary *summary)
{
  TxBlockSummary *sum = &self->summary;

  if (self->n_blocks == 0)
    {
      *sum = *summary;
      return;
    }
  sum->mono_last_ns = summary->mono_last_ns;
  sum->steps += summary->steps;
  sum->events += summary->events;
  sum->thread_mask |= summary->thread_mask;
  if (summary->depth_min < sum->depth_min)
    sum->depth_min = summary->depth_min;
  if (summary->depth_max > sum->depth_max)
    sum->depth_max = summary->depth_max;
}

static void
add_error (TxDigestRun *self, const TxDigest *digest)
{
  if (digest->error_ns > self->error_ns)
    self->error_ns = digest->error_ns;
  self->resumed = _tx_add_capped (self->resumed, digest->resumed);
  self->restated = _tx_add_capped (self->restated, digest->restated);
  self->tells_entries = digest->tells_entries && (self->n_blocks == 0 || self->tells_entries);
  self->tells_awaits = digest->tells_awaits && (self->n_blocks == 0 || self->tells_awaits);
}

bool
_tx_digest_run_add (TxDigestRun *self,
                    const TxBlockSummary *summary,
                    uint32_t n_blocks,
                    const TxDigest *digest)
{
  size_t n_threads, n_lines;
  TxDigestThread *threads = merge_threads (self, digest, &n_threads);
  TxDigestLine *lines = merge_lines (self, digest, &n_lines);

  if (!threads || !lines || !add_part (self, digest))
    {
      free (threads);
      free (lines);
      return false;
    }
  free (self->threads);
  free (self->lines);
  self->threads = threads;
  self->n_threads = n_threads;
  self->lines = lines;
  self->n_lines = n_lines;
  add_summary (self, summary);
  add_error (self, digest);
  self->n_blocks += n_blocks;
  return true;
}

TxDigest
_tx_digest_run_get (const TxDigestRun *self)
{
  return (TxDigest){
    .threads = self->threads,
    .n_threads = self->n_threads,
    .lines = self->lines,
    .n_lines = self->n_lines,
    .tells_entries = self->tells_entries,
    .tells_awaits = self->tells_awaits,
    .steps = self->summary.steps,
    .depth_min = self->summary.depth_min,
    .depth_max = self->summary.depth_max,
    .error_ns = self->error_ns,
    .resumed = self->resumed,
    .restated = self->restated,
    .part_threads = self->part_threads,
    .n_part_threads = self->n_part_threads,
    .part_ends = self->part_ends,
    .n_parts = self->n_parts,
  };
}

void
_tx_digest_run_append_group (const TxDigestRun *self, TxBuffer *buffer)
{
  TxDigest digest = _tx_digest_run_get (self);
  TxBuffer counts = { 0 };
  size_t size = 0;
  uint8_t *bytes = tx_digest_encode (&digest, &size);

  _tx_buffer_append_varint (&counts, self->n_parts);
  _tx_buffer_append_varint (&counts, self->n_blocks);
  _tx_buffer_append_u8 (buffer, TX_DIGEST_TAG_GROUP);
  _tx_buffer_append_varint (buffer, counts.size + size);
  _tx_buffer_append (buffer, counts.data, counts.size);
  _tx_buffer_append (buffer, bytes, size);
  if (!bytes || counts.failed)
    buffer->failed = true;
  _tx_buffer_clear (&counts);
  free (bytes);
}
