// SPDX-License-Identifier: BSD-3-Clause
// Encoding and decoding of the format's fixed-size structures.
#include "tx-format-private.h"

#include <string.h>

#include "tx-bytes-private.h"
#include "tx-checksum-private.h"
#include "tx-types.h"

#define RECORD_MAGIC    0x43525854u
#define FRAME_MAGIC     0x4c425854u
#define SEGMENT_MAGIC   "TXBLOCK1"
#define RING_MAGIC      "TXRING01"
#define RING_VERSION    1u
#define RING_BYTE_ORDER 0x01020304u
#define MAGIC_SIZE      8u
#define SUMMARY_SIZE    64u

/* ---- File header ---- */

void
_tx_file_header_encode (uint8_t bytes[TX_FILE_HEADER_SIZE], const char *magic, uint64_t trace_id)
{
  memcpy (bytes, magic, MAGIC_SIZE);
  _tx_put_u64 (bytes + 8, trace_id);
}

bool
_tx_file_header_decode (const uint8_t bytes[TX_FILE_HEADER_SIZE],
                        const char *magic,
                        uint64_t *ret_trace_id)
{
  if (memcmp (bytes, magic, MAGIC_SIZE) != 0)
    return false;
  *ret_trace_id = _tx_get_u64 (bytes + 8);
  return true;
}

/* ---- Record header ---- */

void
_tx_record_header_encode (uint8_t bytes[TX_RECORD_HEADER_SIZE],
                          const TxRecordHeader *header,
                          uint64_t trace_id,
                          uint64_t offset)
{
  _tx_put_u32 (bytes, RECORD_MAGIC);
  bytes[4] = header->type;
  bytes[5] = header->codec;
  _tx_put_u16 (bytes + 6, 0);
  _tx_put_u32 (bytes + 8, header->size);
  _tx_put_u32 (bytes + 12, header->decoded_size);
  _tx_put_u64 (bytes + 16, header->payload_checksum);
  _tx_put_u64 (bytes + 24, _tx_checksum (bytes, 24, trace_id ^ offset));
}

bool
_tx_record_header_decode (const uint8_t bytes[TX_RECORD_HEADER_SIZE],
                          uint64_t trace_id,
                          uint64_t offset,
                          TxRecordHeader *ret_header)
{
  if (_tx_get_u32 (bytes) != RECORD_MAGIC ||
      _tx_get_u64 (bytes + 24) != _tx_checksum (bytes, 24, trace_id ^ offset))
    return false;
  *ret_header = (TxRecordHeader){
    .type = bytes[4],
    .codec = bytes[5],
    .size = _tx_get_u32 (bytes + 8),
    .decoded_size = _tx_get_u32 (bytes + 12),
    .payload_checksum = _tx_get_u64 (bytes + 16),
  };
  return true;
}

/* ---- Segment header ---- */

void
_tx_segment_header_encode (uint8_t bytes[TX_SEGMENT_HEADER_SIZE], const TxSegmentHeader *header)
{
  memset (bytes, 0, TX_SEGMENT_HEADER_SIZE);
  memcpy (bytes, SEGMENT_MAGIC, MAGIC_SIZE);
  _tx_put_u64 (bytes + 8, header->trace_id);
  _tx_put_u32 (bytes + 16, header->number);
  _tx_put_i64 (bytes + 24, header->mono_ns);
  _tx_put_i64 (bytes + 32, header->real_ns);
  _tx_put_u64 (bytes + 56, _tx_checksum (bytes, 56, header->trace_id));
}

bool
_tx_segment_header_decode (const uint8_t bytes[TX_SEGMENT_HEADER_SIZE],
                           uint64_t trace_id,
                           TxSegmentHeader *ret_header)
{
  if (memcmp (bytes, SEGMENT_MAGIC, MAGIC_SIZE) != 0 || _tx_get_u64 (bytes + 8) != trace_id ||
      _tx_get_u64 (bytes + 56) != _tx_checksum (bytes, 56, trace_id))
    return false;
  *ret_header = (TxSegmentHeader){
    .trace_id = trace_id,
    .number = _tx_get_u32 (bytes + 16),
    .mono_ns = _tx_get_i64 (bytes + 24),
    .real_ns = _tx_get_i64 (bytes + 32),
  };
  return true;
}

/* ---- Frame header ---- */

static void
put_summary (uint8_t bytes[SUMMARY_SIZE], const TxBlockSummary *summary)
{
  _tx_put_u64 (bytes, summary->sequence);
  _tx_put_u64 (bytes + 8, summary->first_step);
  _tx_put_i64 (bytes + 16, summary->mono_first_ns);
  _tx_put_i64 (bytes + 24, summary->real_first_ns);
  _tx_put_i64 (bytes + 32, summary->mono_last_ns);
  _tx_put_u32 (bytes + 40, summary->steps);
  _tx_put_u32 (bytes + 44, summary->events);
  _tx_put_u32 (bytes + 48, summary->depth_min);
  _tx_put_u32 (bytes + 52, summary->depth_max);
  _tx_put_u64 (bytes + 56, summary->thread_mask);
}

static TxBlockSummary
get_summary (const uint8_t bytes[SUMMARY_SIZE])
{
  return (TxBlockSummary){
    .sequence = _tx_get_u64 (bytes),
    .first_step = _tx_get_u64 (bytes + 8),
    .mono_first_ns = _tx_get_i64 (bytes + 16),
    .real_first_ns = _tx_get_i64 (bytes + 24),
    .mono_last_ns = _tx_get_i64 (bytes + 32),
    .steps = _tx_get_u32 (bytes + 40),
    .events = _tx_get_u32 (bytes + 44),
    .depth_min = _tx_get_u32 (bytes + 48),
    .depth_max = _tx_get_u32 (bytes + 52),
    .thread_mask = _tx_get_u64 (bytes + 56),
  };
}

static uint64_t
sum_frame_header (const uint8_t bytes[TX_FRAME_HEADER_SIZE],
                  uint64_t trace_id,
                  uint32_t segment,
                  uint64_t offset)
{
  uint8_t placed[16 + 112];

  _tx_put_u64 (placed, segment);
  _tx_put_u64 (placed + 8, offset);
  memcpy (placed + 16, bytes, 112);
  return _tx_checksum (placed, sizeof placed, trace_id);
}

void
_tx_frame_header_encode (uint8_t bytes[TX_FRAME_HEADER_SIZE],
                         const TxFrameHeader *header,
                         uint64_t trace_id,
                         uint32_t segment,
                         uint64_t offset)
{
  memset (bytes, 0, TX_FRAME_HEADER_SIZE);
  _tx_put_u32 (bytes, FRAME_MAGIC);
  bytes[4] = header->events_codec;
  bytes[5] = header->digest_codec;
  _tx_put_u16 (bytes + 6, header->flags);
  put_summary (bytes + 8, &header->summary);
  _tx_put_u32 (bytes + 72, header->events_raw_size);
  _tx_put_u32 (bytes + 76, header->events_size);
  _tx_put_u32 (bytes + 80, header->digest_raw_size);
  _tx_put_u32 (bytes + 84, header->digest_size);
  _tx_put_u64 (bytes + 88, header->events_checksum);
  _tx_put_u64 (bytes + 96, header->digest_checksum);
  _tx_put_u64 (bytes + 104, header->summary.events_lost);
  _tx_put_u64 (bytes + 112, sum_frame_header (bytes, trace_id, segment, offset));
}

bool
_tx_frame_header_decode (const uint8_t bytes[TX_FRAME_HEADER_SIZE],
                         uint64_t trace_id,
                         uint32_t segment,
                         uint64_t offset,
                         TxFrameHeader *ret_header)
{
  if (_tx_get_u32 (bytes) != FRAME_MAGIC ||
      _tx_get_u64 (bytes + 112) != sum_frame_header (bytes, trace_id, segment, offset))
    return false;
  *ret_header = (TxFrameHeader){
    .events_codec = bytes[4],
    .digest_codec = bytes[5],
    .flags = _tx_get_u16 (bytes + 6),
    .summary = get_summary (bytes + 8),
    .events_raw_size = _tx_get_u32 (bytes + 72),
    .events_size = _tx_get_u32 (bytes + 76),
    .digest_raw_size = _tx_get_u32 (bytes + 80),
    .digest_size = _tx_get_u32 (bytes + 84),
    .events_checksum = _tx_get_u64 (bytes + 88),
    .digest_checksum = _tx_get_u64 (bytes + 96),
  };
  ret_header->summary.events_lost = _tx_get_u64 (bytes + 104);
  return true;
}

/* ---- Index record ---- */

void
_tx_index_record_encode (uint8_t bytes[TX_INDEX_RECORD_SIZE],
                         const TxIndexRecord *record,
                         uint64_t trace_id,
                         uint64_t number)
{
  memset (bytes, 0, TX_INDEX_RECORD_SIZE);
  put_summary (bytes, &record->summary);
  _tx_put_u32 (bytes + 64, record->segment);
  _tx_put_u32 (bytes + 68, record->frame_size);
  _tx_put_u64 (bytes + 72, record->offset);
  _tx_put_u64 (bytes + 80, record->summary.events_lost);
  _tx_put_u64 (bytes + 120, _tx_checksum (bytes, 120, trace_id ^ number));
}

bool
_tx_index_record_decode (const uint8_t bytes[TX_INDEX_RECORD_SIZE],
                         uint64_t trace_id,
                         uint64_t number,
                         TxIndexRecord *ret_record)
{
  if (_tx_get_u64 (bytes + 120) != _tx_checksum (bytes, 120, trace_id ^ number))
    return false;
  *ret_record = (TxIndexRecord){
    .summary = get_summary (bytes),
    .segment = _tx_get_u32 (bytes + 64),
    .frame_size = _tx_get_u32 (bytes + 68),
    .offset = _tx_get_u64 (bytes + 72),
  };
  ret_record->summary.events_lost = _tx_get_u64 (bytes + 80);
  return true;
}

/* ---- Ring ---- */

void
_tx_ring_header_encode (uint8_t bytes[TX_RING_FIELDS_SIZE], const TxRingHeader *header)
{
  uint32_t byte_order = RING_BYTE_ORDER;

  memset (bytes, 0, TX_RING_FIELDS_SIZE);
  memcpy (bytes, RING_MAGIC, MAGIC_SIZE);
  _tx_put_u32 (bytes + 8, RING_VERSION);
  /* As the machine has it, since the live fields are stored so: another kind of machine refuses the
   * ring. */
  memcpy (bytes + 12, &byte_order, sizeof byte_order);
  _tx_put_u64 (bytes + 16, header->trace_id);
  _tx_put_u32 (bytes + 24, header->pid);
  _tx_put_u64 (bytes + 32, header->start_ticks);
  memcpy (bytes + 40, header->boot_id, sizeof header->boot_id);
  _tx_put_u32 (bytes + 56, header->slot_count);
  _tx_put_u32 (bytes + 60, header->slot_size);
  _tx_put_i64 (bytes + TX_RING_HEARTBEAT_MONO_OFFSET, header->heartbeat_mono_ns);
  _tx_put_i64 (bytes + TX_RING_HEARTBEAT_REAL_OFFSET, header->heartbeat_real_ns);
  _tx_put_u64 (bytes + TX_RING_EVENTS_LOST_OFFSET, header->events_lost);
  _tx_put_u32 (bytes + TX_RING_STATE_OFFSET, header->state);
  _tx_put_u32 (bytes + TX_RING_SLOTS_USED_OFFSET, _tx_slots_used_encode (0));
}

bool
_tx_ring_header_decode (const uint8_t bytes[TX_RING_FIELDS_SIZE], TxRingHeader *ret_header)
{
  TxRingHeader header = {
    .trace_id = _tx_get_u64 (bytes + 16),
    .pid = _tx_get_u32 (bytes + 24),
    .start_ticks = _tx_get_u64 (bytes + 32),
    .slot_count = _tx_get_u32 (bytes + 56),
    .slot_size = _tx_get_u32 (bytes + 60),
    .heartbeat_mono_ns = _tx_get_i64 (bytes + TX_RING_HEARTBEAT_MONO_OFFSET),
    .heartbeat_real_ns = _tx_get_i64 (bytes + TX_RING_HEARTBEAT_REAL_OFFSET),
    .events_lost = _tx_get_u64 (bytes + TX_RING_EVENTS_LOST_OFFSET),
    .state = _tx_get_u32 (bytes + TX_RING_STATE_OFFSET),
  };

  if (memcmp (bytes, RING_MAGIC, MAGIC_SIZE) != 0 || _tx_get_u32 (bytes + 8) != RING_VERSION ||
      _tx_get_u32 (bytes + 12) != RING_BYTE_ORDER || header.slot_count == 0 ||
      header.slot_count > TX_SLOT_COUNT_MAX || header.slot_size < TX_SLOT_SIZE_MIN ||
      header.slot_size > TX_SLOT_SIZE_MAX)
    return false;
  memcpy (header.boot_id, bytes + 40, sizeof header.boot_id);
  *ret_header = header;
  return true;
}

static uint64_t
sum_slot_header (const uint8_t bytes[TX_SLOT_HEADER_SIZE], uint64_t trace_id)
{
  uint8_t fixed[24];

  memcpy (fixed, bytes, 8);
  memcpy (fixed + 8, bytes + 16, 16);
  return _tx_checksum (fixed, sizeof fixed, trace_id);
}

void
_tx_slot_header_encode_opening (uint8_t bytes[TX_SLOT_HEADER_SIZE],
                                const TxSlotHeader *header,
                                uint64_t trace_id)
{
  _tx_put_u64 (bytes, header->sequence);
  _tx_put_i64 (bytes + 16, header->mono_first_ns);
  _tx_put_i64 (bytes + 24, header->real_first_ns);
  _tx_put_u64 (bytes + 48, sum_slot_header (bytes, trace_id));
}

bool
_tx_slot_header_decode (const uint8_t bytes[TX_SLOT_HEADER_SIZE],
                        uint64_t trace_id,
                        TxSlotHeader *ret_header)
{
  if (_tx_get_u64 (bytes + 48) != sum_slot_header (bytes, trace_id))
    return false;
  *ret_header = (TxSlotHeader){
    .sequence = _tx_get_u64 (bytes),
    .committed = _tx_get_u32 (bytes + TX_SLOT_COMMITTED_OFFSET),
    .state = _tx_get_u32 (bytes + TX_SLOT_STATE_OFFSET),
    .mono_first_ns = _tx_get_i64 (bytes + 16),
    .real_first_ns = _tx_get_i64 (bytes + 24),
    .mono_last_ns = _tx_get_i64 (bytes + TX_SLOT_MONO_LAST_OFFSET),
  };
  return true;
}
