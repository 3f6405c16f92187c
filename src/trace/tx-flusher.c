// SPDX-License-Identifier: BSD-3-Clause
// What the native threads do without a file: ticks, and blocks into frames.
#include "tx-flusher-private.h"

#include <errno.h>
#include <stdlib.h>

#include "tx-digester-scan-private.h"

/* ---- Ticks ---- */

void
_tx_flusher_tick (TxFlusher *self)
{
  /* In this order: what TxStreamShared says rests on it. */
  uint64_t position = _tx_stream_get_position (self->stream);
  int64_t mono_ns = self->clock_ns (self->clock_data, false);
  int64_t real_ns = self->clock_ns (self->clock_data, true);

  _tx_ring_set_heartbeat (self->ring, mono_ns, real_ns);
  if (position != self->last_position || !_tx_stream_repeat_ask (self->stream))
    _tx_stream_ask (self->stream, position, mono_ns);
  self->n_idle_ticks = position == self->last_position ? self->n_idle_ticks + 1 : 0;
  self->last_position = position;
  self->last_tick_ns = mono_ns;
}

/* ---- One block ---- */

/* A sealed slot's content. */
typedef struct
{
  const uint8_t *raw; /* borrowed: in the ring */
  size_t size;
  uint64_t sequence;
  TxBlockTimes times;
} SealedBlock;

static TxBlockSummary
summarise (const TxFlusher *self,
           const SealedBlock *sealed,
           const TxDigest *digest,
           const TxScanCounts *counts)
{
  TxBlockSummary summary = {
    .sequence = sealed->sequence,
    .first_step = self->next_step,
    .mono_first_ns = sealed->times.mono_first_ns,
    .real_first_ns = sealed->times.real_first_ns,
    .mono_last_ns = sealed->times.mono_last_ns,
    .steps = digest->steps,
    .events = (uint32_t) counts->n_events,
    .depth_min = digest->depth_min,
    .depth_max = digest->depth_max,
    .events_lost = counts->events_lost,
  };

  for (size_t i = 0; i < digest->n_threads; i++)
    summary.thread_mask |= (uint64_t) 1 << (digest->threads[i].thread % 64);
  return summary;
}

/* The digest by way of the decoded events, for what the scan refuses. Also where no digest can be
   made, @ret_n_steps tells how many steps there are. */
static TxDigest *
digest_decoded (TxFlusher *self,
                const SealedBlock *sealed,
                TxScanCounts *ret_counts,
                uint64_t *ret_n_steps)
{
  TxBlock *block = _tx_block_decode (sealed->raw, sealed->size, sealed->sequence, &sealed->times,
                                     _tx_catalog_writer_get_first_line, NULL, &self->catalog,
                                     &self->scratch, NULL);
  TxDigest *digest;

  if (!block)
    return NULL;
  digest = tx_digester_add (self->digester, block);
  *ret_n_steps = block->n_steps;
  *ret_counts = (TxScanCounts){ .n_events = block->n_events };
  for (size_t i = 0; i < block->n_gaps; i++)
    ret_counts->events_lost += block->gaps[i].events_lost;
  _tx_block_free_borrowed (block);
  return digest;
}

static TxDigest *
make_digest (TxFlusher *self,
             const SealedBlock *sealed,
             TxScanCounts *ret_counts,
             uint64_t *ret_n_steps)
{
  TxDigest *digest = NULL;

  *ret_n_steps = 0;
  if (!self->digester)
    self->digester = tx_digester_new ();
  if (!self->digester)
    return NULL;
  if (!self->is_converted)
    digest = _tx_digester_scan (self->digester, sealed->raw, sealed->size, sealed->sequence,
                                &sealed->times, _tx_catalog_writer_get_first_line, &self->catalog,
                                ret_counts);
  if (!digest)
    return digest_decoded (self, sealed, ret_counts, ret_n_steps);
  *ret_n_steps = digest->steps;
  return digest;
}

/* The better way takes the longer; where blocks have piled up there is no time for it. */
static TxPredictor *
get_predictor (TxFlusher *self)
{
  uint64_t n_waiting = atomic_load (&self->stream->priv->shared.n_sealed) - self->next_sequence;

  if (!self->predictor)
    self->predictor = _tx_predictor_new ();
  if (!self->hard_compressor)
    self->hard_compressor = _tx_hard_compressor_new ();
  return n_waiting > self->ring->slot_base / 4 * 3 && !self->is_manual ? NULL : self->predictor;
}

static bool
encode_block (TxFlusher *self, const SealedBlock *sealed, uint64_t *ret_n_steps)
{
  TxScanCounts counts;
  TxDigest *digest = make_digest (self, sealed, &counts, ret_n_steps);
  uint8_t *bytes = NULL;
  size_t size;
  bool is_done = false;

  if (digest)
    bytes = tx_digest_encode (digest, &size);
  if (bytes && size <= TX_DIGEST_SIZE_MAX)
    {
      TxBlockSummary summary = summarise (self, sealed, digest, &counts);

      self->frame.predictor = get_predictor (self);
      self->frame.hard_compressor = self->hard_compressor;
      is_done = _tx_encoded_frame_fill (&self->frame, &summary, self->ring->trace_id, sealed->raw,
                                        sealed->size, bytes, size);
    }
  free (bytes);
  tx_digest_free (self->frame.digest);
  self->frame.digest = digest;
  return is_done;
}

int
_tx_flusher_encode (TxFlusher *self)
{
  const uint8_t *slot = _tx_ring_get_slot (self->ring, self->next_sequence);
  TxSlotHeader header;
  SealedBlock sealed;

  self->frame_steps = 0;
  if (!_tx_slot_header_decode (slot, self->ring->trace_id, &header) ||
      header.committed > self->ring->slot_size)
    return -EIO; /* the program has written over our memory */
  sealed = (SealedBlock){ .raw = slot + TX_SLOT_HEADER_SIZE,
                          .size = header.committed,
                          .sequence = header.sequence,
                          .times = { .mono_first_ns = header.mono_first_ns,
                                     .mono_last_ns = header.mono_last_ns,
                                     .real_first_ns = header.real_first_ns } };
  self->has_frame = encode_block (self, &sealed, &self->frame_steps);
  return self->has_frame ? 0 : -ENOMEM;
}
