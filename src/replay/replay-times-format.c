// SPDX-License-Identifier: BSD-3-Clause
// Prints times and durations.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay-times.h"

#define NS_PER_SECOND   INT64_C (1000000000)
#define SECONDS_PER_DAY 86400

/* A text being put together; what does not fit is cut. */
typedef struct
{
  char *text;
  size_t size, len;
} Out;

static void put (Out *out, const char *format, ...) TX_PRINTF (2, 3);

static void
put (Out *out, const char *format, ...)
{
  va_list args;
  int len;

  va_start (args, format);
  len = vsnprintf (out->text + out->len, out->size - out->len, format, args);
  va_end (args);
  if (len < 0)
    return;
  out->len += (size_t) len;
  if (out->len >= out->size)
    out->len = out->size - 1;
}

static int64_t
divide_down (int64_t value, int64_t by)
{
  return value / by - (value % by < 0);
}

static void
put_offset (Out *out, int32_t offset_s)
{
  int32_t seconds = abs (offset_s);

  put (out, "%c%02d:%02d", offset_s < 0 ? '-' : '+', seconds / 3600, seconds / 60 % 60);
  if (seconds % 60 != 0)
    put (out, ":%02d", seconds % 60);
}

size_t
replay_times_format (int64_t time_ns,
                     const ReplayZone *zone,
                     unsigned flags,
                     unsigned digits,
                     char *ret_text,
                     size_t size)
{
  Out out = { ret_text, size, 0 };
  int64_t time_s = divide_down (time_ns, NS_PER_SECOND);
  int32_t nanos = (int32_t) ((time_ns % NS_PER_SECOND + NS_PER_SECOND) % NS_PER_SECOND);
  int32_t offset_s = replay_zone_get_offset (zone, time_s);
  int64_t wall_s = time_s + offset_s;
  int64_t days = divide_down (wall_s, SECONDS_PER_DAY);
  int32_t second = (int32_t) (wall_s - days * SECONDS_PER_DAY);
  ReplayDay day;

  if (size == 0)
    return 0;
  ret_text[0] = '\0';
  if (flags & REPLAY_TIMES_WITH_DATE)
    {
      replay_day_from_number (days, &day);
      put (&out, "%04d-%02d-%02d ", day.year, day.month, day.day);
    }
  put (&out, "%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
  if (digits >= 9)
    put (&out, ".%09d", nanos);
  else if (digits >= 6)
    put (&out, ".%06d", nanos / 1000);
  else if (digits >= 3)
    put (&out, ".%03d", nanos / 1000000);
  if (flags & REPLAY_TIMES_WITH_OFFSET)
    put_offset (&out, offset_s);
  return out.len;
}

static int64_t
get_day_number (int64_t time_ns, const ReplayZone *zone)
{
  int64_t time_s = divide_down (time_ns, NS_PER_SECOND);

  return divide_down (time_s + replay_zone_get_offset (zone, time_s), SECONDS_PER_DAY);
}

bool
replay_times_need_date (int64_t start_ns, int64_t end_ns, const ReplayZone *zone)
{
  return get_day_number (start_ns, zone) != get_day_number (end_ns, zone);
}

void
replay_times_describe (const ReplayTimesPoint *point,
                       const ReplayZone *zone,
                       char *ret_text,
                       size_t size)
{
  Out out = { ret_text, size, 0 };
  char time[REPLAY_TIMES_FORMAT_SIZE];

  if (size == 0)
    return;
  ret_text[0] = '\0';
  if (point->assumed == REPLAY_TIMES_ASSUMED_DATE)
    put (&out, "taken as of %04d-%02d-%02d", point->day.year, point->day.month, point->day.day);
  else if (point->assumed == REPLAY_TIMES_ASSUMED_YEAR)
    put (&out, "taken as of %04d", point->day.year);
  if (point->ambiguous)
    {
      replay_times_format (point->other_ns, zone, REPLAY_TIMES_WITH_OFFSET, 0, time, sizeof time);
      put (&out, "%sclocks were put back and showed this time twice; the other is %s",
           out.len > 0 ? "; " : "", time);
    }
  if (point->skipped)
    {
      replay_times_format (point->time_ns, zone, REPLAY_TIMES_WITH_OFFSET, 0, time, sizeof time);
      put (&out, "%sclocks were put forward over this time; taken as %s", out.len > 0 ? "; " : "",
           time);
    }
  if (point->clamped)
    put (&out, "%sthe recording begins within it", out.len > 0 ? "; " : "");
}

/* Three significant digits of @value_ns in a unit of @unit_ns. */
static void
put_decimal (Out *out, uint64_t value_ns, uint64_t unit_ns, const char *unit)
{
  uint64_t whole = value_ns / unit_ns;
  uint64_t rest = value_ns % unit_ns;

  if (whole >= 100 || unit_ns == 1)
    put (out, "%llu %s", (unsigned long long) whole, unit);
  else if (whole >= 10)
    put (out, "%llu.%llu %s", (unsigned long long) whole,
         (unsigned long long) (rest * 10 / unit_ns), unit);
  else
    put (out, "%llu.%02llu %s", (unsigned long long) whole,
         (unsigned long long) (rest * 100 / unit_ns), unit);
}

size_t
replay_times_format_duration (int64_t duration_ns, char *ret_text, size_t size)
{
  Out out = { ret_text, size, 0 };
  uint64_t ns = duration_ns < 0 ? 0 - (uint64_t) duration_ns : (uint64_t) duration_ns;
  unsigned long long seconds = ns / NS_PER_SECOND;

  if (size == 0)
    return 0;
  ret_text[0] = '\0';
  if (duration_ns < 0)
    put (&out, "-");
  if (ns == 0)
    put (&out, "0");
  else if (ns < 1000)
    put_decimal (&out, ns, 1, "ns");
  else if (ns < 1000000)
    put_decimal (&out, ns, 1000, "us");
  else if (ns < NS_PER_SECOND)
    put_decimal (&out, ns, 1000000, "ms");
  else if (seconds < 60)
    put_decimal (&out, ns, NS_PER_SECOND, "s");
  else if (seconds < 3600)
    put (&out, "%llum%02llus", seconds / 60, seconds % 60);
  else if (seconds < SECONDS_PER_DAY)
    put (&out, "%lluh%02llum", seconds / 3600, seconds / 60 % 60);
  else
    put (&out, "%llud%02lluh", seconds / SECONDS_PER_DAY, seconds / 3600 % 24);
  return out.len;
}
