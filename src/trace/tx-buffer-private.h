// SPDX-License-Identifier: BSD-3-Clause
// Growth of arrays and byte buffers, in which sizes are checked for overflow.
// TxBuffer is sticky: append freely, ask `failed` once.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tx-bytes-private.h"

/**
 * _tx_array_reserve:
 * @array: (inout): malloc()ed array, or NULL; moved when it grows
 * @capacity: (inout): its size in elements
 * @needed: elements that must fit
 *
 * Grows by half at least, so that appending one by one is linear.
 *
 * Returns: false without memory; the array is as before then
 */
static inline bool
_tx_array_reserve (void **array, size_t *capacity, size_t needed, size_t element_size)
{
  size_t grown = *capacity + *capacity / 2;
  size_t size;
  void *moved;

  if (needed <= *capacity)
    return true;
  if (grown < needed)
    grown = needed;
  if (grown < 16)
    grown = 16;
  if (__builtin_mul_overflow (grown, element_size, &size) || size > PTRDIFF_MAX)
    return false;
  moved = realloc (*array, size);
  if (!moved)
    return false;
  *array = moved;
  *capacity = grown;
  return true;
}

/* As above for a typed array `TYPE *array`: no casts at the callers. */
#define TX_ARRAY_RESERVE(array, capacity, needed)                                                  \
  ({                                                                                               \
    void *_tx_moved = (array);                                                                     \
    bool _tx_done = _tx_array_reserve (&_tx_moved, &(capacity), (needed), sizeof *(array));        \
    (array) = _tx_moved;                                                                           \
    _tx_done;                                                                                      \
  })

/** TxBuffer: bytes that grow. Zeroed is empty. */
typedef struct
{
  uint8_t *data;   /* owned */
  size_t size;     /* bytes in use */
  size_t capacity; /* bytes allocated */
  bool failed;     /* something could not be appended; nothing more is */
} TxBuffer;

static inline void
_tx_buffer_clear (TxBuffer *self)
{
  free (self->data);
  *self = (TxBuffer){ 0 };
}

/* @size_bytes more bytes, not initialised; NULL without memory. */
static inline uint8_t *
_tx_buffer_extend (TxBuffer *self, size_t size_bytes)
{
  size_t needed;
  uint8_t *added;

  if (self->failed || __builtin_add_overflow (self->size, size_bytes, &needed) ||
      !TX_ARRAY_RESERVE (self->data, self->capacity, needed ? needed : 1))
    {
      self->failed = true;
      return NULL;
    }
  added = self->data + self->size;
  self->size = needed;
  return added;
}

static inline void
_tx_buffer_append (TxBuffer *self, const void *bytes, size_t size_bytes)
{
  uint8_t *added = _tx_buffer_extend (self, size_bytes);

  if (added && size_bytes)
    memcpy (added, bytes, size_bytes);
}

static inline void
_tx_buffer_append_u8 (TxBuffer *self, uint8_t value)
{
  _tx_buffer_append (self, &value, 1);
}

static inline void
_tx_buffer_append_varint (TxBuffer *self, uint64_t value)
{
  uint8_t bytes[TX_VARINT64_SIZE_MAX];

  _tx_buffer_append (self, bytes, (size_t) (_tx_put_varint64 (bytes, value) - bytes));
}

/* The bytes, to be free()d by the caller; the buffer is empty afterwards. NULL when it had failed.
 */
static inline uint8_t *
_tx_buffer_take (TxBuffer *self, size_t *ret_size_bytes)
{
  uint8_t *data = self->data;

  if (self->failed)
    {
      _tx_buffer_clear (self);
      return NULL;
    }
  *ret_size_bytes = self->size;
  *self = (TxBuffer){ 0 };
  return data;
}
