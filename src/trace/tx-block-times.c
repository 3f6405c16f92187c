// SPDX-License-Identifier: BSD-3-Clause
// Times of a block's events: exact where the program read the clock, in between
// spread evenly with a bound. Knows no bytes.
#include "tx-block-private.h"

/** Interval: from one exact time to the next. */
typedef struct
{
  int64_t from_ns;
  uint64_t length;   /* ns in which all its events lie */
  uint64_t spread;   /* at most that: the part over which they are spread */
  uint64_t parts;    /* its events, the one with the exact time too */
  uint32_t error_ns; /* of both exact times */
} Interval;

/* Nanoseconds from @from to @to; 0 when it goes backward, as hostile bytes may have it. */
static uint64_t
distance (int64_t from, int64_t to)
{
  return to > from ? (uint64_t) to - (uint64_t) from : 0;
}

uint64_t
_tx_block_guess_spread (uint64_t length_ns, uint64_t quiet_ns, uint64_t parts, uint64_t gap_ns)
{
  uint64_t flow_ns;

  if (quiet_ns == 0 || gap_ns == 0 || __builtin_mul_overflow (parts, gap_ns, &flow_ns))
    return length_ns;
  return flow_ns < length_ns ? flow_ns : length_ns;
}

uint32_t
_tx_block_get_error (uint64_t length_ns, uint64_t spread_ns, uint64_t parts, uint32_t ends_error_ns)
{
  uint64_t first = spread_ns / parts;
  uint64_t last = first * (parts - 1) + spread_ns % parts * (parts - 1) / parts;
  uint64_t error = last > length_ns - first ? last : length_ns - first;

  if (parts < 2)
    return 0;
  if (__builtin_add_overflow (error, ends_error_ns, &error) || error > UINT32_MAX)
    return UINT32_MAX;
  return (uint32_t) error;
}

/* A stamp has the time of the event behind it and takes no part. */
static uint64_t
count_parts (const TxEvent *events, size_t n)
{
  uint64_t parts = 1;

  for (size_t i = 0; i < n; i++)
    parts += events[i].kind != TX_EVENT_STAMP;
  return parts;
}

static void
set_time (TxEvent *event, const Interval *interval, uint64_t since)
{
  uint64_t rest = interval->length - since;
  uint64_t error = (since > rest ? since : rest) + interval->error_ns;

  event->time_ns = (int64_t) ((uint64_t) interval->from_ns + since);
  event->error_ns = error < UINT32_MAX ? (uint32_t) error : UINT32_MAX;
}

/* Spreads the @n events behind the exact one. */
static void
spread (TxEvent *events, size_t n, const Interval *interval)
{
  uint64_t since = 0;
  uint64_t rest = 0;

  /* spread * k / parts for k = 1, 2, ...: by addition, so it neither overflows nor divides. */
  for (size_t i = 0; i < n; i++)
    {
      if (events[i].kind == TX_EVENT_STAMP)
        continue;
      since += interval->spread / interval->parts;
      rest += interval->spread % interval->parts;
      if (rest >= interval->parts)
        {
          rest -= interval->parts;
          since++;
        }
      set_time (&events[i], interval, since);
    }
}

/*
 * The same over steps: the k-th of n, from 0, has spread * k / n, and what is no step the time of
 * the step behind it. @events[0] is the exact one, which has its time already.
 */
static void
spread_steps (TxEvent *events, size_t n, const Interval *interval)
{
  uint64_t n_steps = 0;
  uint64_t since = 0, rest = 0;

  for (size_t i = 0; i < n; i++)
    n_steps += events[i].kind == TX_EVENT_LINE;
  if (n_steps == 0)
    since = interval->spread;
  for (size_t i = 0; i < n; i++)
    {
      if (i > 0 && events[i].kind != TX_EVENT_STAMP)
        set_time (&events[i], interval, since);
      if (events[i].kind != TX_EVENT_LINE)
        continue;
      since += interval->spread / n_steps;
      rest += interval->spread % n_steps;
      if (rest >= n_steps)
        {
          rest -= n_steps;
          since++;
        }
    }
}

static void
set_exact (TxEvent *event, const TxExactTime *exact)
{
  event->time_ns = exact->time_ns;
  event->error_ns = exact->error_ns;
}

void
_tx_block_spread_times (TxEvent *events,
                        size_t n_events,
                        const TxExactTime *exact,
                        size_t n_exact,
                        int64_t end_ns,
                        bool is_even)
{
  uint64_t gap_ns = 0;

  for (size_t i = 0; i < n_exact; i++)
    {
      size_t at = exact[i].event;
      bool is_last = i + 1 == n_exact;
      size_t next = is_last ? n_events : exact[i + 1].event;
      uint64_t quiet_ns = is_last ? 0 : exact[i + 1].quiet_ns;
      uint64_t length = distance (exact[i].time_ns, is_last ? end_ns : exact[i + 1].time_ns);
      Interval interval = { .from_ns = exact[i].time_ns, .error_ns = exact[i].error_ns };

      if (at >= n_events)
        break;
      if (!is_last && exact[i + 1].error_ns > interval.error_ns)
        interval.error_ns = exact[i + 1].error_ns;
      set_exact (&events[at], &exact[i]);
      if (next > n_events)
        next = n_events;
      if (next <= at + 1)
        next = at + 1;
      interval.parts = count_parts (&events[at + 1], next - at - 1);
      interval.length = length - quiet_ns;
      interval.spread = _tx_block_guess_spread (interval.length, quiet_ns, interval.parts, gap_ns);
      if (is_even)
        spread_steps (&events[at], next - at, &interval);
      else
        spread (&events[at + 1], next - at - 1, &interval);
      if (interval.spread >= interval.parts)
        gap_ns = interval.spread / interval.parts;
    }

  /* The stamp itself. */
  for (size_t i = 1; i < n_exact; i++)
    if (exact[i].event > 0 && exact[i].event <= n_events &&
        events[exact[i].event - 1].kind == TX_EVENT_STAMP)
      set_exact (&events[exact[i].event - 1], &exact[i]);
}
