// SPDX-License-Identifier: BSD-3-Clause
// What digests are added up with.
#pragma once

#include "tx-digest.h"

/** _tx_digest_line_add: adds what others had of the same line. */
static inline void
_tx_digest_line_add (TxDigestLine *self, const TxDigestLine *other)
{
  self->hits += other->hits;
  self->self_ns += other->self_ns;
  self->cumulated_ns += other->cumulated_ns;
  self->waiting_ns += other->waiting_ns;
  self->entries += other->entries;
  self->awaits += other->awaits;
  if (other->slowest_ns > self->slowest_ns)
    self->slowest_ns = other->slowest_ns;
}

/** _tx_add_capped: the sum, or %UINT32_MAX where it is greater. */
static inline uint32_t
_tx_add_capped (uint32_t a, uint32_t b)
{
  uint32_t sum;

  return __builtin_add_overflow (a, b, &sum) ? UINT32_MAX : sum;
}
