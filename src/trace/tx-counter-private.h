// SPDX-License-Identifier: BSD-3-Clause
// TxCounter: the processor's own counter as a clock, for precise sections: reading it takes a
// third of what CLOCK_MONOTONIC takes. It is set by that clock again and again, and believed for a
// millisecond from each time on, so that it stays within TX_NEAR_ERROR_NS also while the clock is
// being slewed. A counter that does not run evenly is not used.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

typedef struct
{
  bool is_usable;
  uint64_t scale;  /* ns a count, times 2^32; 0: not known (yet) */
  uint64_t reach;  /* counts from `base` for which it is believed */
  uint64_t base;   /* the counter at base_ns */
  int64_t base_ns; /* of CLOCK_MONOTONIC */
  uint64_t early;  /* an earlier pair, from which the scale comes; at most some seconds old */
  int64_t early_ns;
  uint64_t middle; /* one in between, which becomes the early one */
  int64_t middle_ns;
  unsigned n_misses; /* times that it was found to be wrong */
} TxCounter;

static inline uint64_t
_tx_counter_read (void)
{
#if defined(__x86_64__)
  return __rdtsc ();
#elif defined(__aarch64__)
  uint64_t value;

  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
  return 0;
#endif
}

/** _tx_counter_init: looks whether the processor has an even one, which the kernel trusts too. */
void _tx_counter_init (TxCounter *self);

/**
 * _tx_counter_set:
 * @clock_ns: CLOCK_MONOTONIC
 *
 * Sets it by the clock. Returns: the clock's time.
 */
int64_t
_tx_counter_set (TxCounter *self, int64_t (*clock_ns) (void *data, bool realtime), void *data);

/**
 * _tx_counter_get_ns:
 * Returns: the time; INT64_MIN when it has to be set first
 */
static inline int64_t
_tx_counter_get_ns (const TxCounter *self)
{
  uint64_t counts = _tx_counter_read () - self->base;

  /* reach is below 2^31, so nothing overflows. */
  if (__builtin_expect (counts >= self->reach, 0))
    return INT64_MIN;
  return self->base_ns + (int64_t) (counts * self->scale >> 32);
}
