// SPDX-License-Identifier: BSD-3-Clause
// Follows the format's structures in mutated bytes, and makes trace id and checksums right.
#include <string.h>

#include "fuzz-directory.h"
#include "trace/tx-bytes-private.h"
#include "trace/tx-checksum-private.h"
#include "trace/tx-format-private.h"

static uint64_t
sum (const uint8_t *bytes, size_t size, uint64_t seed)
{
  return _tx_checksum (bytes, size, seed);
}

void
fuzz_fix_records (uint8_t *bytes, size_t size)
{
  size_t offset = TX_FILE_HEADER_SIZE;

  if (size >= TX_FILE_HEADER_SIZE)
    _tx_put_u64 (bytes + 8, FUZZ_TRACE_ID);
  while (offset + TX_RECORD_HEADER_SIZE <= size)
    {
      uint8_t *record = bytes + offset;
      size_t left = size - offset - TX_RECORD_HEADER_SIZE;
      size_t payload_size = _tx_get_u32 (record + 8);

      if (payload_size > left)
        {
          payload_size = left;
          _tx_put_u32 (record + 8, (uint32_t) left);
        }
      _tx_put_u64 (record + 16, sum (record + TX_RECORD_HEADER_SIZE, payload_size, FUZZ_TRACE_ID));
      _tx_put_u64 (record + 24, sum (record, 24, FUZZ_TRACE_ID ^ offset));
      offset += TX_RECORD_HEADER_SIZE + (size_t) _tx_align (payload_size);
    }
}

static void
fix_frame (uint8_t *frame, uint32_t number, uint64_t offset, size_t left)
{
  uint8_t placed[16 + 112];
  uint64_t seed = FUZZ_TRACE_ID ^ _tx_get_u64 (frame + 8);
  size_t events_size = _tx_get_u32 (frame + 76);
  size_t digest_size = _tx_get_u32 (frame + 84);

  left -= TX_FRAME_HEADER_SIZE;
  if (events_size > left)
    _tx_put_u32 (frame + 76, (uint32_t) (events_size = left));
  left -= events_size;
  if (digest_size > left)
    _tx_put_u32 (frame + 84, (uint32_t) (digest_size = left));
  _tx_put_u64 (frame + 88, sum (frame + TX_FRAME_HEADER_SIZE, events_size, seed));
  _tx_put_u64 (frame + 96, sum (frame + TX_FRAME_HEADER_SIZE + events_size, digest_size, seed));
  _tx_put_u64 (placed, number);
  _tx_put_u64 (placed + 8, offset);
  memcpy (placed + 16, frame, 112);
  _tx_put_u64 (frame + 112, sum (placed, sizeof placed, FUZZ_TRACE_ID));
}

void
fuzz_fix_segment (uint8_t *bytes, size_t size, uint32_t number)
{
  size_t offset = TX_SEGMENT_HEADER_SIZE;

  if (size < TX_SEGMENT_HEADER_SIZE)
    return;
  _tx_put_u64 (bytes + 8, FUZZ_TRACE_ID);
  _tx_put_u64 (bytes + 56, sum (bytes, 56, FUZZ_TRACE_ID));
  while (offset + TX_FRAME_HEADER_SIZE <= size)
    {
      fix_frame (bytes + offset, number, offset, size - offset);
      offset +=
          (size_t) _tx_align ((uint64_t) TX_FRAME_HEADER_SIZE + _tx_get_u32 (bytes + offset + 76) +
                              _tx_get_u32 (bytes + offset + 84));
    }
}

void
fuzz_fix_index (uint8_t *bytes, size_t size)
{
  uint64_t number = 0;

  if (size >= TX_FILE_HEADER_SIZE)
    _tx_put_u64 (bytes + 8, FUZZ_TRACE_ID);
  for (size_t offset = TX_FILE_HEADER_SIZE; offset + TX_INDEX_RECORD_SIZE <= size;
       offset += TX_INDEX_RECORD_SIZE, number++)
    _tx_put_u64 (bytes + offset + 120, sum (bytes + offset, 120, FUZZ_TRACE_ID ^ number));
}

void
fuzz_fix_ring (uint8_t *bytes, size_t size)
{
  uint32_t slot_size;
  uint64_t stride;

  if (size < TX_RING_FIELDS_SIZE)
    return;
  _tx_put_u64 (bytes + 16, FUZZ_TRACE_ID);
  slot_size = _tx_get_u32 (bytes + 60);
  stride = _tx_ring_stride (slot_size);
  for (uint64_t offset = TX_RING_HEADER_SIZE; offset + TX_SLOT_HEADER_SIZE <= size;
       offset += stride)
    {
      uint8_t *slot = bytes + offset;
      uint8_t fixed[24];

      memcpy (fixed, slot, 8);
      memcpy (fixed + 8, slot + 16, 16);
      _tx_put_u64 (slot + 48, sum (fixed, sizeof fixed, FUZZ_TRACE_ID));
    }
}
