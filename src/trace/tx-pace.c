// SPDX-License-Identifier: BSD-3-Clause
// The pace of ticks: a purse of CPU time that fills with a hundredth of the time that passes.
#include "tx-pace-private.h"

#define SHARE 110 /* ticks may take one part in so many of a core: 1 %, and what is not measured   \
                   */
#define SLOWER_MAX 3        /* at most so many times the tick asked for */
#define CREDIT_MAX 5000000  /* ns; some hundred ticks */
#define N_BETWEEN  32u      /* ticks between two measurements, which are system calls */
#define COST_MAX   10000000 /* ns: no tick takes so long */

void
_tx_pace_init (TxPace *self, uint64_t tick_ns)
{
  *self = (TxPace){ .tick_ns = tick_ns };
}

static void
note_cost (TxPace *self, int64_t cost_ns)
{
  if (cost_ns <= 0 || cost_ns > COST_MAX)
    return;
  self->cost_ns =
      self->cost_ns == 0 ? (uint64_t) cost_ns : (3 * self->cost_ns + (uint64_t) cost_ns) / 4;
}

static void
measure (TxPace *self, bool is_plain, int64_t (*cpu_ns) (void))
{
  if (self->is_measuring)
    {
      self->is_measuring = false;
      if (is_plain)
        {
          note_cost (self, cpu_ns () - self->cpu_ns);
          self->n_left = N_BETWEEN;
        }
    }
  else if (self->n_left > 0)
    self->n_left--;
  else
    {
      self->is_measuring = true;
      self->cpu_ns = cpu_ns ();
    }
}

uint64_t
_tx_pace_get_wait (TxPace *self, int64_t now_ns, bool is_plain, int64_t (*cpu_ns) (void))
{
  int64_t passed_ns = self->last_ns == 0 ? 0 : now_ns - self->last_ns;
  uint64_t wait_ns = self->cost_ns * SHARE;

  self->last_ns = now_ns;
  measure (self, is_plain, cpu_ns);
  self->credit_ns += passed_ns / SHARE - (int64_t) self->cost_ns;
  if (self->credit_ns > CREDIT_MAX)
    self->credit_ns = CREDIT_MAX;
  if (self->credit_ns < -CREDIT_MAX / 8)
    self->credit_ns = -CREDIT_MAX / 8;
  if (self->credit_ns >= 0 || wait_ns <= self->tick_ns)
    return self->tick_ns;
  return wait_ns < SLOWER_MAX * self->tick_ns ? wait_ns : SLOWER_MAX * self->tick_ns;
}
