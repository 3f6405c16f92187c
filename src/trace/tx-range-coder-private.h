// SPDX-License-Identifier: BSD-3-Clause
// TxRangeCoder: bits, each with the probability that it is expected to have, as bytes and back: a
// binary arithmetic coder with carry (G. N. N. Martin's range coder in the form that LZMA has
// made known). Everything inline, with the direction as a constant: it runs for each event.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of 65536: that a bit is 0. */
typedef uint16_t TxProbability;

#define TX_PROBABILITY_EVEN  32768u
#define TX_PROBABILITY_LEAST 32u /* neither bit is ever taken for less likely */

/* Bytes at the end, and at the beginning of decoding. */
#define TX_RANGE_CODER_SIZE_MIN 5u

typedef struct
{
  uint64_t low; /* encoding: 32 bits and a carry */
  uint32_t range;
  uint32_t code; /* decoding */
  uint64_t
      n_held; /* encoding: bytes that a carry may still change: the first is held, others 0xff */
  uint8_t held;
  bool failed;  /* out of room, or of bytes */
  uint8_t *out; /* encoding: borrowed, up to out_end */
  uint8_t *out_end;
  const uint8_t *in; /* decoding: borrowed, up to in_end */
  const uint8_t *in_end;
} TxRangeCoder;

static inline void
_tx_range_coder_put (TxRangeCoder *self, uint8_t byte)
{
  if (self->out == self->out_end)
    self->failed = true;
  else
    *self->out++ = byte;
}

static inline void
_tx_range_coder_shift_out (TxRangeCoder *self)
{
  if (self->low < 0xff000000u || self->low >> 32 != 0)
    {
      uint8_t carry = (uint8_t) (self->low >> 32);

      for (uint8_t byte = self->held; self->n_held > 0; self->n_held--, byte = 0xff)
        _tx_range_coder_put (self, (uint8_t) (byte + carry));
      self->held = (uint8_t) (self->low >> 24);
    }
  self->n_held++;
  self->low = (self->low & 0x00ffffff) << 8;
}

static inline void
_tx_range_coder_shift_in (TxRangeCoder *self)
{
  uint8_t byte = 0;

  if (self->in == self->in_end)
    self->failed = true;
  else
    byte = *self->in++;
  self->code = self->code << 8 | byte;
}

static inline TxRangeCoder
_tx_range_encoder (uint8_t *out, size_t capacity)
{
  return (TxRangeCoder){ .range = UINT32_MAX, .n_held = 1, .out = out, .out_end = out + capacity };
}

static inline TxRangeCoder
_tx_range_decoder (const uint8_t *in, size_t size_bytes)
{
  TxRangeCoder self = { .range = UINT32_MAX, .in = in, .in_end = in + size_bytes };

  for (unsigned i = 0; i < TX_RANGE_CODER_SIZE_MIN; i++)
    _tx_range_coder_shift_in (&self);
  if (size_bytes > 0 && in[0] != 0)
    self.failed = true;
  return self;
}

/* Behind the last bit: whether exactly the bytes were there that encoding gives. */
static inline bool
_tx_range_decoder_is_over (const TxRangeCoder *self)
{
  return !self->failed && self->in == self->in_end && self->code == 0;
}

static inline void
_tx_range_encoder_end (TxRangeCoder *self)
{
  for (unsigned i = 0; i < TX_RANGE_CODER_SIZE_MIN; i++)
    _tx_range_coder_shift_out (self);
}

/* What a probability becomes by a 0. */
static inline unsigned
_tx_range_learn_0 (unsigned p, unsigned speed)
{
  return p + ((65536 - TX_PROBABILITY_LEAST - p) >> speed);
}

/* Until the range has its 24 bits again. */
static inline void
_tx_range_coder_fill (TxRangeCoder *self, bool is_encoder)
{
  while (self->range < 1u << 24)
    {
      self->range <<= 8;
      if (is_encoder)
        _tx_range_coder_shift_out (self);
      else
        _tx_range_coder_shift_in (self);
    }
}

/**
 * _tx_range_code:
 * @bit: 0 or 1, when encoding
 * @probability: learns from the bit
 * @speed: how fast: 1 / 2^speed of the way
 *
 * Returns: the bit
 */
__attribute__ ((always_inline)) static inline unsigned
_tx_range_code (
    TxRangeCoder *self, bool is_encoder, unsigned bit, TxProbability *probability, unsigned speed)
{
  unsigned p = *probability;
  uint32_t bound = (self->range >> 16) * p;

  if (!is_encoder)
    bit = self->code >= bound;
  if (bit == 0)
    {
      self->range = bound;
      *probability = (TxProbability) _tx_range_learn_0 (p, speed);
    }
  else
    {
      if (is_encoder)
        self->low += bound;
      else
        self->code -= bound;
      self->range -= bound;
      *probability = (TxProbability) (p - ((p - TX_PROBABILITY_LEAST) >> speed));
    }
  _tx_range_coder_fill (self, is_encoder);
  return bit;
}
