// SPDX-License-Identifier: BSD-3-Clause
// The pace of ticks, with a clock and costs of our own.
#include <glib.h>

#include "trace/tx-pace-private.h"

#define TICK 1000000

static int64_t cpu_ns;

static int64_t
read_cpu (void)
{
  return cpu_ns;
}

/* What the ticks took of the time, when each costs @cost_ns and there is a rest of @rest_ns after
   each @n_flow ticks; @ret_wait: the wait that was told last. */
static double
run (int64_t cost_ns, unsigned n_ticks, unsigned n_flow, int64_t rest_ns, uint64_t *ret_wait)
{
  TxPace pace;
  int64_t now_ns = 1, used_ns = 0;

  _tx_pace_init (&pace, TICK);
  for (unsigned i = 0; i < n_ticks; i++)
    {
      bool rests = n_flow > 0 && i % n_flow == n_flow - 1;

      *ret_wait = _tx_pace_get_wait (&pace, now_ns, !rests, read_cpu);
      now_ns += (int64_t) *ret_wait + (rests ? rest_ns : 0);
      cpu_ns += cost_ns;
      used_ns += cost_ns;
    }
  return (double) used_ns / (double) now_ns;
}

static void
test_cheap_ticks_come_as_asked (void)
{
  uint64_t wait;

  g_assert_cmpfloat (run (5000, 20000, 0, 0, &wait), <, 0.0051);
  g_assert_cmpuint (wait, ==, TICK);
}

static void
test_dear_ticks_keep_to_a_hundredth (void)
{
  uint64_t wait;

  g_assert_cmpfloat (run (20000, 20000, 0, 0, &wait), <, 0.0105);
  g_assert_cmpfloat (run (29000, 20000, 0, 0, &wait), <, 0.0105);
}

static void
test_no_tick_is_rarer_than_three (void)
{
  uint64_t wait;

  run (100000, 20000, 0, 0, &wait);
  g_assert_cmpuint (wait, ==, 3 * TICK);
}

/* 30 ms of events, 40 ms of none. */
static void
test_who_rests_has_full_resolution (void)
{
  uint64_t wait;

  g_assert_cmpfloat (run (20000, 20000, 30, 40 * TICK, &wait), <, 0.01);
  g_assert_cmpuint (wait, ==, TICK);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/pace/cheap", test_cheap_ticks_come_as_asked);
  g_test_add_func ("/trace/pace/dear", test_dear_ticks_keep_to_a_hundredth);
  g_test_add_func ("/trace/pace/limit", test_no_tick_is_rarer_than_three);
  g_test_add_func ("/trace/pace/rests", test_who_rests_has_full_resolution);
  return g_test_run ();
}
