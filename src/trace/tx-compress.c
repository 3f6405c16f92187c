// SPDX-License-Identifier: BSD-3-Clause
// The one file that knows LZ4.
#include "tx-compress-private.h"

#include <lz4.h>
#include <string.h>

size_t
_tx_compress_bound (size_t size_bytes)
{
  return size_bytes > LZ4_MAX_INPUT_SIZE ? 0 : (size_t) LZ4_COMPRESSBOUND (size_bytes);
}

size_t
_tx_compress (
    const uint8_t *src, size_t src_size, uint8_t *dst, size_t capacity, uint8_t *ret_codec)
{
  size_t bound = _tx_compress_bound (src_size);
  int size;

  if (src_size == 0 || bound == 0 || capacity < bound)
    return 0;
  size = LZ4_compress_default ((const char *) src, (char *) dst, (int) src_size, (int) bound);
  if (size > 0 && (size_t) size < src_size)
    {
      *ret_codec = TX_CODEC_LZ4;
      return (size_t) size;
    }
  memcpy (dst, src, src_size);
  *ret_codec = TX_CODEC_STORED;
  return src_size;
}

bool
_tx_decompress (uint8_t codec, const uint8_t *src, size_t src_size, uint8_t *dst, size_t dst_size)
{
  int size;

  if (codec == TX_CODEC_STORED)
    {
      if (src_size != dst_size)
        return false;
      if (dst_size)
        memcpy (dst, src, dst_size);
      return true;
    }
  if (codec != TX_CODEC_LZ4 || src_size > INT32_MAX || dst_size > LZ4_MAX_INPUT_SIZE)
    return false;
  size = LZ4_decompress_safe ((const char *) src, (char *) dst, (int) src_size, (int) dst_size);
  return size >= 0 && (size_t) size == dst_size;
}

size_t
_tx_decompress_prefix (
  uint8_t codec, const uint8_t *src, size_t src_size, uint8_t *dst, size_t dst_size)
{
  int size;

  if (codec == TX_CODEC_STORED)
    {
      size_t copied = src_size < dst_size ? src_size : dst_size;

      if (copied)
        memcpy (dst, src, copied);
      return copied;
    }
  if (codec != TX_CODEC_LZ4 || src_size > INT32_MAX || dst_size > LZ4_MAX_INPUT_SIZE)
    return 0;
  size = LZ4_decompress_safe_partial (
    (const char *) src, (char *) dst, (int) src_size, (int) dst_size, (int) dst_size);
  return size > 0 ? (size_t) size : 0;
}
