// SPDX-License-Identifier: BSD-3-Clause
// A record: header, payload as it is or compressed, zeros up to the next multiple of 8.
#include "tx-record-writer-private.h"

#include "tx-checksum-private.h"
#include "tx-compress-private.h"

/* Below this LZ4 gains nothing worth the time. */
#define COMPRESS_SIZE_MIN 128u

static size_t
put_payload (uint8_t *dst, size_t capacity, const uint8_t *payload, size_t size, uint8_t *ret_codec)
{
  if (size >= COMPRESS_SIZE_MIN)
    return _tx_compress (payload, size, dst, capacity, ret_codec);
  *ret_codec = TX_CODEC_STORED;
  if (size)
    memcpy (dst, payload, size);
  return size;
}

void
_tx_record_append (TxBuffer *batch,
                   TxRecordType type,
                   const uint8_t *payload,
                   size_t size,
                   uint64_t trace_id,
                   uint64_t batch_offset)
{
  size_t begin = batch->size;
  size_t bound = _tx_compress_bound (size);
  size_t capacity = bound > size ? bound : size;
  uint8_t *record = _tx_buffer_extend (batch, TX_RECORD_HEADER_SIZE + capacity + TX_ALIGNMENT);
  TxRecordHeader header = { .type = (uint8_t) type, .decoded_size = (uint32_t) size };
  size_t padded;

  if (!record)
    return;
  header.size = (uint32_t) put_payload (record + TX_RECORD_HEADER_SIZE, capacity, payload, size,
                                        &header.codec);
  header.payload_checksum = _tx_checksum (record + TX_RECORD_HEADER_SIZE, header.size, trace_id);
  _tx_record_header_encode (record, &header, trace_id, batch_offset + begin);
  padded = (size_t) _tx_align (header.size);
  memset (record + TX_RECORD_HEADER_SIZE + header.size, 0, padded - header.size);
  batch->size = begin + TX_RECORD_HEADER_SIZE + padded;
}
