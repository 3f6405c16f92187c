// SPDX-License-Identifier: BSD-3-Clause
// TxPace: how long the native thread waits for its next tick. The asked-for resolution where it can
// be had for a hundredth of a core; where a wake-up costs so much that it can't (virtual machines),
// ticks that go on and on are made rarer. Rests between are saved up for a while, so a program that
// mostly waits has full resolution.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct
{
  uint64_t tick_ns;  /* as asked for */
  uint64_t cost_ns;  /* CPU time of a tick, all in all; 0 not known yet */
  int64_t credit_ns; /* CPU time that may be spent at once; negative: spent too much */
  int64_t last_ns;   /* monotonic, when this was asked last; 0 never */
  int64_t cpu_ns;    /* of the thread at that time, if is_measuring */
  unsigned n_left;   /* ticks until the cost is measured anew */
  bool is_measuring;
} TxPace;

void _tx_pace_init (TxPace *self, uint64_t tick_ns);

/**
 * _tx_pace_get_wait:
 * @now_ns: monotonic
 * @is_plain: since this was asked last the thread did nothing but wait and tick
 * @cpu_ns: tells the CPU time of the calling thread, now and then
 *
 * Asked once a tick. Returns: the time until the next one
 */
uint64_t _tx_pace_get_wait (TxPace *self, int64_t now_ns, bool is_plain, int64_t (*cpu_ns) (void));
