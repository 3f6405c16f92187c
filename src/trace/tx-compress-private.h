// SPDX-License-Identifier: BSD-3-Clause
// Compression of blocks, digests and records: LZ4 blocks without a frame. Behind
// these functions so that one file only knows the library.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** TxCodec: how a payload is stored; the codec bytes of the format. */
typedef enum
{
  TX_CODEC_STORED = 0,
  TX_CODEC_LZ4 = 1,
  TX_CODEC_PREDICTED = 2, /* of a block's events only: see tx-predictor-private.h */
} TxCodec;

/** _tx_compress_bound: bytes that _tx_compress() may need for @size_bytes; 0 when that is too
 * large. */
size_t _tx_compress_bound (size_t size_bytes);

/**
 * _tx_compress:
 * @ret_codec: LZ4, or stored where that is not smaller
 *
 * Needs no memory of its own but 16 KiB of stack. Thread-safe.
 *
 * Returns: bytes put into @dst; 0 when @capacity is less than _tx_compress_bound(), or @src_size is
 * 0
 */
size_t _tx_compress (
    const uint8_t *src, size_t src_size, uint8_t *dst, size_t capacity, uint8_t *ret_codec);

/** TxHardCompressor: LZ4's slower way, with what it has to remember meanwhile (256 KiB). */
typedef struct _TxHardCompressor TxHardCompressor;

/** _tx_hard_compressor_new: (transfer full) (nullable): NULL without memory. */
TxHardCompressor *_tx_hard_compressor_new (void);
void _tx_hard_compressor_free (TxHardCompressor *self); /* NULL is allowed */

/**
 * _tx_hard_compressor_run:
 *
 * As _tx_compress() gives with codec LZ4, but for bytes that repeat themselves smaller by half, and
 * for ten times the time. Not thread-safe.
 *
 * Returns: bytes put into @dst; 0 when they do not fit
 */
size_t _tx_hard_compressor_run (
    TxHardCompressor *self, const uint8_t *src, size_t src_size, uint8_t *dst, size_t capacity);

/**
 * _tx_decompress:
 * @dst: (array length=dst_size): room for exactly the decoded bytes
 *
 * Hostile bytes: never writes outside @dst. Thread-safe.
 *
 * Returns: whether @codec is known and @src gives exactly @dst_size bytes
 */
bool
_tx_decompress (uint8_t codec, const uint8_t *src, size_t src_size, uint8_t *dst, size_t dst_size);

/**
 * _tx_decompress_prefix:
 * As _tx_decompress(), but stops when @dst is full.
 *
 * Returns: bytes put into @dst, less than @dst_size only when there are no more; 0 on a violation
 */
size_t _tx_decompress_prefix (
  uint8_t codec, const uint8_t *src, size_t src_size, uint8_t *dst, size_t dst_size);
