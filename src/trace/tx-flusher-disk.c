// SPDX-License-Identifier: BSD-3-Clause
// Sealed slots, definitions and sources into the files: everything that a disk can refuse or hold
// up.
//
// What the disk refuses stays in the ring and is tried again, soon at first and then each five
// seconds. While it goes on the oldest blocks are given up as slots are needed, so that the ring
// always holds the last moments; their steps keep their numbers.
#include "tx-flusher-private.h"

#include <errno.h>

#define QUICK_RETRY_NS 10000000
#define RETRY_NS       5000000000

/* Of the limit on the trace's size, sources may have one part in so many. */
#define SOURCES_SHARE 2u

static void
add (_Atomic uint64_t *total, uint64_t amount)
{
  atomic_fetch_add_explicit (total, amount, memory_order_relaxed);
}

/* ---- Failing ---- */

/* Whether it is too early to try again. */
static bool
is_waiting (const TxFlusher *self)
{
  return atomic_load (&self->is_failing) && !self->is_manual &&
         _tx_os_get_mono_ns () < self->retry_ns;
}

static void
note_failure (TxFlusher *self, int result)
{
  self->n_failed++;
  self->retry_ns =
      _tx_os_get_mono_ns () + (self->n_failed < TX_FLUSHER_QUICK_TRIES ? QUICK_RETRY_NS : RETRY_NS);
  atomic_store (&self->last_errno, -result);
  atomic_store (&self->is_failing, true);
}

static void
note_success (TxFlusher *self)
{
  if (!atomic_load (&self->is_failing))
    return;
  self->n_failed = 0;
  atomic_store (&self->is_failing, false);
}

/* ---- Blocks ---- */

bool
_tx_flusher_has_sealed (TxFlusher *self)
{
  return atomic_load (&self->n_taken) < atomic_load (&self->stream->priv->shared.n_sealed);
}

/* The block at hand is in a file, or lost: on to the next one. */
static void
pass_block (TxFlusher *self)
{
  /* Lost steps keep their numbers, where it is known how many there were. */
  self->next_step += self->frame_steps;
  self->has_frame = false;
  _tx_ring_free_slot (self->ring, self->next_sequence);
  self->next_sequence++;
  atomic_store (&self->n_taken, self->next_sequence);
}

static void
lose_block (TxFlusher *self)
{
  _tx_segment_writer_give_up (&self->segments);
  add (&self->blocks_lost, 1);
  pass_block (self);
}

static int
make_room (TxFlusher *self, uint64_t size_bytes)
{
  return _tx_limits_make_room (&self->limits, &self->segments,
                               _tx_catalog_writer_get_size (&self->catalog), size_bytes,
                               self->clock_ns (self->clock_data, false));
}

static void
count_block (TxFlusher *self)
{
  add (&self->blocks_written, 1);
  add (&self->steps, self->frame.header.summary.steps);
  add (&self->events, self->frame.header.summary.events);
  add (&self->raw_bytes, self->frame.header.events_raw_size);
}

/* The next sealed block; a negative errno when it stays where it is. */
static int
write_block (TxFlusher *self)
{
  int result = self->has_frame ? 0 : _tx_flusher_encode (self);

  if (result < 0)
    {
      atomic_store (&self->last_errno, -result);
      lose_block (self);
      return 0;
    }
  result = make_room (self, self->frame.bytes.size + TX_INDEX_RECORD_SIZE);
  if (result == 0)
    result = _tx_segment_writer_append (&self->segments, &self->frame,
                                        self->clock_ns (self->clock_data, false),
                                        self->clock_ns (self->clock_data, true));
  if (result == 0)
    {
      note_success (self);
      atomic_store (&self->last_errno, 0);
      count_block (self);
      pass_block (self);
      return 0;
    }
  note_failure (self, result);
  if (!self->is_manual)
    return result;
  lose_block (self);
  return 0;
}

/* The oldest blocks make room for new ones while the disk takes nothing. */
static void
shed_blocks (TxFlusher *self)
{
  uint32_t n_wanted = self->ring->slot_base / 4;

  while (_tx_flusher_has_sealed (self) && _tx_ring_count_free (self->ring) < n_wanted &&
         !atomic_load (&self->is_hurried))
    {
      if (!self->has_frame)
        (void) _tx_flusher_encode (self);
      lose_block (self);
    }
}

/* ---- Definitions and sources ---- */

static int
take_definitions (TxFlusher *self)
{
  int result =
      _tx_catalog_writer_take_definitions (&self->catalog, &self->stream->priv->definitions);

  if (result == 0)
    return 0;
  /* Without a thread nobody would try again, and a file at the limit of its size stays there: the
     blocks come first. */
  if (self->is_manual || result == -EFBIG)
    {
      atomic_store (&self->last_errno, -result);
      return 0;
    }
  note_failure (self, result);
  return result;
}

/* A source that cannot be written holds nothing else up. */
static bool
copy_source (TxFlusher *self)
{
  int64_t now_ns = _tx_os_get_mono_ns ();
  int copied;

  if (!self->is_manual && now_ns < self->source_retry_ns)
    return false;
  if (!_tx_catalog_writer_has_source (&self->catalog))
    return false;
  copied = make_room (self, 0);
  if (copied == 0)
    copied = _tx_catalog_writer_copy_source (&self->catalog,
                                             self->limits.max_size_bytes / SOURCES_SHARE);
  self->source_retry_ns = 0;
  if (copied < 0)
    {
      atomic_store (&self->last_errno, -copied);
      self->source_retry_ns = now_ns + RETRY_NS;
    }
  return copied > 0;
}

/* ---- On the disk ---- */

/* Definitions before the blocks that need them. What could not be synced is not tried again: the
   kernel takes it for written by then. So the next block begins a new segment. */
static void
sync_files (TxFlusher *self)
{
  int result = _tx_output_sync (&self->catalog.catalog);

  if (_tx_segment_writer_sync (&self->segments) < 0 || result < 0)
    atomic_store (&self->last_errno, result < 0 ? -result : EIO);
  (void) _tx_output_sync (&self->catalog.sources);
  self->sync_ns = 0;
}

static void
sync_if_due (TxFlusher *self)
{
  int64_t now_ns = self->clock_ns (self->clock_data, false);

  if (self->sync_interval_ns == 0)
    return;
  if (self->sync_ns == 0 && (self->catalog.catalog.is_dirty || self->catalog.sources.is_dirty ||
                             self->segments.segment.is_dirty))
    self->sync_ns = now_ns + (int64_t) self->sync_interval_ns;
  if (self->sync_ns != 0 && now_ns >= self->sync_ns)
    sync_files (self);
}

/* What a descriptor stands for is looked at first. */
void
_tx_flusher_close_files (TxFlusher *self)
{
  _tx_output_close (&self->catalog.catalog);
  _tx_output_close (&self->catalog.sources);
  _tx_output_close (&self->segments.segment);
  _tx_output_close (&self->segments.index);
  _tx_output_close (&self->segments.digests);
}

/* ---- All of it ---- */

static void
note_file_size (TxFlusher *self)
{
  atomic_store_explicit (&self->file_bytes,
                         _tx_catalog_writer_get_size (&self->catalog) +
                             _tx_segment_writer_get_size (&self->segments),
                         memory_order_relaxed);
}

bool
_tx_flusher_work (TxFlusher *self, bool is_forced)
{
  bool has_copied = false, has_sealed;
  int result = 0;

  if (!is_forced && is_waiting (self))
    {
      shed_blocks (self);
      sync_if_due (self);
      return false;
    }
  /* Definitions before the block that uses them: those of a block that is sealed now are in the
     queue. Who waits for the thread to end does not wait for all that has piled up. */
  do
    {
      has_sealed = _tx_flusher_has_sealed (self);
      result = take_definitions (self);
      if (result == 0 && has_sealed)
        result = write_block (self);
    }
  while (result == 0 && has_sealed && !atomic_load (&self->is_hurried));
  if (result == 0)
    {
      note_success (self);
      has_copied = copy_source (self);
    }
  sync_if_due (self);
  note_file_size (self);
  return result == 0 && (has_copied || _tx_flusher_has_sealed (self));
}

static void
take_earlier (int64_t *until_ns, int64_t time_ns)
{
  if (time_ns != 0 && (*until_ns == 0 || time_ns < *until_ns))
    *until_ns = time_ns;
}

int64_t
_tx_flusher_get_wait (const TxFlusher *self)
{
  int64_t until_ns = self->sync_ns;
  int64_t wait_ns;

  take_earlier (&until_ns,
                atomic_load (&self->is_failing) ? self->retry_ns : self->source_retry_ns);
  if (until_ns == 0)
    return -1;
  wait_ns = until_ns - _tx_os_get_mono_ns ();
  return wait_ns > 0 ? wait_ns : 0;
}
