// SPDX-License-Identifier: BSD-3-Clause
// Whether the processor's counter can be a clock, and how it is set by the kernel's.
#include "tx-counter-private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define N_TRIES   4
#define N_MISSES  3         /* then it is given up */
#define MISS_NS   500       /* off by more at the end of its reach */
#define REACH_NS  1000000   /* half a microsecond at the kernel's fastest slewing (500 ppm) */
#define SCALE_NS  1000000   /* the shortest time that tells the scale */
#define RENEW_NS  500000000 /* between two pairs that are kept */
#define EARLY_NS  INT64_C (5000000000)
#define PAIR_GOOD 400u  /* counts that a reading of the clock may take ... */
#define PAIR_MAX  1600u /* ... and at most: it was interrupted */

#if defined(__x86_64__)
/* The kernel has found the counter good if it keeps its own time by it. */
static bool
is_trusted_by_kernel (void)
{
  static const char *const good[] = { "tsc", "kvm-clock", "hyperv_clocksource_tsc_page" };
  char name[64] = "";
  int fd = open ("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                 O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : read (fd, name, sizeof name - 1);

  if (fd >= 0)
    close (fd);
  if (size <= 0)
    return false;
  name[strcspn (name, "\n")] = '\0';
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    if (strcmp (name, good[i]) == 0)
      return true;
  return false;
}

static bool
is_even (void)
{
  unsigned a, b, c, d = 0;

  /* "Invariant TSC": the same rate in all states of the processor. */
  return __get_cpuid (0x80000007, &a, &b, &c, &d) && (d & 1u << 8) != 0 && is_trusted_by_kernel ();
}
#elif defined(__aarch64__)
static bool
is_even (void)
{
  return true; /* by definition: it is the system's counter */
}
#else
static bool
is_even (void)
{
  return false;
}
#endif

void
_tx_counter_init (TxCounter *self)
{
  *self = (TxCounter){ .is_usable = is_even () };
}

/* Both at one moment: the best of some tries; whether it is good enough. */
static bool
read_pair (int64_t (*clock_ns) (void *data, bool realtime),
           void *data,
           uint64_t *ret_count,
           int64_t *ret_ns)
{
  uint64_t best = UINT64_MAX;

  for (int i = 0; i < N_TRIES && best > PAIR_GOOD; i++)
    {
      uint64_t before = _tx_counter_read ();
      int64_t ns = clock_ns (data, false);
      uint64_t took = _tx_counter_read () - before;

      if (took >= best)
        continue;
      best = took;
      *ret_ns = ns;
      *ret_count = before + took / 2;
    }
  return best <= PAIR_MAX;
}

static void
set_scale (TxCounter *self, uint64_t count, int64_t ns)
{
  uint64_t counts = count - self->early;
  int64_t elapsed_ns = ns - self->early_ns;

  if (self->early_ns == 0 || elapsed_ns > 2 * EARLY_NS)
    {
      /* The scale of before, if any, does until there is a new one. */
      self->early = self->middle = count;
      self->early_ns = self->middle_ns = ns;
      return;
    }
  if (elapsed_ns < SCALE_NS || counts == 0)
    return;
  self->scale = (uint64_t) (((unsigned __int128) (uint64_t) elapsed_ns << 32) / counts);
  self->reach = (uint64_t) ((unsigned __int128) counts * REACH_NS / (uint64_t) elapsed_ns);
  if (self->scale >> 40 != 0 || self->reach >= UINT64_C (1) << 24)
    self->is_usable = false; /* no processor counts so slowly or so fast */
  if (ns - self->middle_ns < RENEW_NS)
    return;
  if (elapsed_ns > EARLY_NS)
    {
      self->early = self->middle;
      self->early_ns = self->middle_ns;
    }
  self->middle = count;
  self->middle_ns = ns;
}

/* Whether it was right just now. */
static bool
is_right (const TxCounter *self, uint64_t count, int64_t ns)
{
  uint64_t counts = count - self->base;
  int64_t off_ns;

  if (self->scale == 0 || counts >= 2 * self->reach)
    return true;
  off_ns = self->base_ns + (int64_t) (counts * self->scale >> 32) - ns;
  return off_ns <= MISS_NS && off_ns >= -MISS_NS;
}

int64_t
_tx_counter_set (TxCounter *self, int64_t (*clock_ns) (void *data, bool realtime), void *data)
{
  uint64_t count = 0;
  int64_t ns = 0;

  if (!self->is_usable)
    return clock_ns (data, false);
  if (!read_pair (clock_ns, data, &count, &ns))
    {
      self->reach = 0; /* it is not believed before it is set */
      return clock_ns (data, false);
    }
  if (!is_right (self, count, ns))
    {
      self->scale = self->reach = 0;
      self->early_ns = 0;
      self->is_usable = ++self->n_misses < N_MISSES;
    }
  set_scale (self, count, ns);
  self->base = count;
  self->base_ns = ns;
  if (!self->is_usable || self->scale == 0)
    self->reach = 0;
  return ns;
}
