// SPDX-License-Identifier: BSD-3-Clause
// Numbers in bytes: little-endian loads and stores, LEB128, and TxCursor, the one
// way in which decoders look at bytes that they do not trust. Knows no
// structure of the format.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TX_VARINT32_SIZE_MAX 5u
#define TX_VARINT64_SIZE_MAX 10u

/* ---- Fixed size; compilers make one instruction of each on little-endian machines ---- */

static inline uint16_t
_tx_get_u16 (const uint8_t *pos)
{
  return (uint16_t) (pos[0] | pos[1] << 8);
}

static inline uint32_t
_tx_get_u32 (const uint8_t *pos)
{
  return (uint32_t) pos[0] | (uint32_t) pos[1] << 8 | (uint32_t) pos[2] << 16 |
         (uint32_t) pos[3] << 24;
}

static inline uint64_t
_tx_get_u64 (const uint8_t *pos)
{
  return (uint64_t) _tx_get_u32 (pos) | (uint64_t) _tx_get_u32 (pos + 4) << 32;
}

static inline int64_t
_tx_get_i64 (const uint8_t *pos)
{
  return (int64_t) _tx_get_u64 (pos);
}

static inline void
_tx_put_u16 (uint8_t *pos, uint16_t value)
{
  pos[0] = (uint8_t) value;
  pos[1] = (uint8_t) (value >> 8);
}

static inline void
_tx_put_u32 (uint8_t *pos, uint32_t value)
{
  pos[0] = (uint8_t) value;
  pos[1] = (uint8_t) (value >> 8);
  pos[2] = (uint8_t) (value >> 16);
  pos[3] = (uint8_t) (value >> 24);
}

static inline void
_tx_put_u64 (uint8_t *pos, uint64_t value)
{
  _tx_put_u32 (pos, (uint32_t) value);
  _tx_put_u32 (pos + 4, (uint32_t) (value >> 32));
}

static inline void
_tx_put_i64 (uint8_t *pos, int64_t value)
{
  _tx_put_u64 (pos, (uint64_t) value);
}

/* ---- LEB128 ---- */

/* Appends at most TX_VARINT64_SIZE_MAX bytes; returns the next position. */
static inline uint8_t *
_tx_put_varint64 (uint8_t *pos, uint64_t value)
{
  while (value >= 0x80)
    {
      *pos++ = (uint8_t) (value | 0x80);
      value >>= 7;
    }
  *pos++ = (uint8_t) value;
  return pos;
}

static inline size_t
_tx_varint64_size (uint64_t value)
{
  size_t size = 1;

  while (value >= 0x80)
    {
      value >>= 7;
      size++;
    }
  return size;
}

static inline uint64_t
_tx_zigzag (int64_t value)
{
  return ((uint64_t) value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t
_tx_unzigzag (uint64_t value)
{
  return (int64_t) ((value >> 1) ^ (0 - (value & 1)));
}

/* ---- Cursor ---- */

/**
 * TxCursor:
 * Reads forward in bounded bytes. Sticky: once something does not fit, @failed is set, the
 * position stays, and everything read from then on is 0. So a decoder reads a
 * whole structure and asks once.
 */
typedef struct
{
  const uint8_t *pos;
  const uint8_t *end;
  bool failed;
} TxCursor;

static inline TxCursor
_tx_cursor (const uint8_t *bytes, size_t size_bytes)
{
  /* Without bytes there may be no array: NULL + 0 is not asked for. */
  return (TxCursor){ .pos = bytes, .end = size_bytes ? bytes + size_bytes : bytes };
}

static inline size_t
_tx_cursor_left (const TxCursor *self)
{
  return self->pos == self->end ? 0 : (size_t) (self->end - self->pos);
}

static inline uint8_t
_tx_cursor_u8 (TxCursor *self)
{
  if (self->failed || self->pos == self->end)
    {
      self->failed = true;
      return 0;
    }
  return *self->pos++;
}

/* @max: what the value may not exceed; the number of bytes is bounded by the type that holds it. */
static inline uint64_t
_tx_cursor_varint_slow (TxCursor *self, uint64_t max, unsigned size_max)
{
  const uint8_t *pos = self->pos;
  uint64_t value = 0;

  if (self->failed)
    return 0;
  for (unsigned i = 0; i < size_max && pos != self->end; i++)
    {
      uint8_t byte = *pos++;

      if (i == 9 && byte > 1)
        break;
      value |= (uint64_t) (byte & 0x7f) << (7 * i);
      if (byte & 0x80)
        continue;
      if (value > max)
        break;
      self->pos = pos;
      return value;
    }
  self->failed = true;
  return 0;
}

static inline uint32_t
_tx_cursor_varint32 (TxCursor *self)
{
  if (!self->failed && self->pos != self->end && *self->pos < 0x80)
    return *self->pos++;
  return (uint32_t) _tx_cursor_varint_slow (self, UINT32_MAX, TX_VARINT32_SIZE_MAX);
}

static inline uint64_t
_tx_cursor_varint64 (TxCursor *self)
{
  if (!self->failed && self->pos != self->end && *self->pos < 0x80)
    return *self->pos++;
  return _tx_cursor_varint_slow (self, UINT64_MAX, TX_VARINT64_SIZE_MAX);
}

static inline int64_t
_tx_cursor_zigzag64 (TxCursor *self)
{
  return _tx_unzigzag (_tx_cursor_varint64 (self));
}

/* @size_bytes bytes, which stay where they are; NULL when they are not all there. */
static inline const uint8_t *
_tx_cursor_bytes (TxCursor *self, size_t size_bytes)
{
  const uint8_t *bytes = self->pos;

  if (self->failed || size_bytes > _tx_cursor_left (self))
    {
      self->failed = true;
      return NULL;
    }
  if (size_bytes)
    self->pos += size_bytes;
  return bytes;
}

static inline int64_t
_tx_cursor_i64 (TxCursor *self)
{
  const uint8_t *bytes = _tx_cursor_bytes (self, 8);

  return bytes ? _tx_get_i64 (bytes) : 0;
}

/* A varint length of at most @size_max, then that many bytes. */
static inline const uint8_t *
_tx_cursor_string (TxCursor *self, size_t size_max, size_t *ret_size_bytes)
{
  uint32_t size = _tx_cursor_varint32 (self);

  if (size > size_max)
    self->failed = true;
  *ret_size_bytes = self->failed ? 0 : size;
  return _tx_cursor_bytes (self, *ret_size_bytes);
}
