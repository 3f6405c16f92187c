// SPDX-License-Identifier: BSD-3-Clause
// Reads TZif (RFC 8536, versions 2 to 4) and the POSIX TZ rule in its footer. Every count is
// checked against what is left of the data. Leap seconds are skipped: system clocks have none.
#include "replay-tzif-private.h"

#include <stdlib.h>
#include <string.h>

#include "replay-zone.h"

#define HEADER_SIZE     44u
#define TRANSITIONS_MAX 8192u
#define TYPES_MAX       256u
#define OFFSET_MAX_S    (26 * 3600)
#define SECONDS_PER_DAY 86400

typedef struct
{
  uint32_t n_utc, n_std, n_leap, n_time, n_type, n_char;
} Counts;

static uint32_t
read_be32 (const uint8_t *p)
{
  return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static int64_t
read_be64 (const uint8_t *p)
{
  return (int64_t) ((uint64_t) read_be32 (p) << 32 | read_be32 (p + 4));
}

/* Checks the header at *@pos and moves behind it. */
static bool
read_counts (const uint8_t *data, size_t size_bytes, size_t *pos, Counts *ret_counts)
{
  const uint8_t *p;

  if (size_bytes - *pos < HEADER_SIZE)
    return false;
  p = data + *pos;
  if (memcmp (p, "TZif", 4) != 0 || p[4] < '2')
    return false;
  ret_counts->n_utc = read_be32 (p + 20);
  ret_counts->n_std = read_be32 (p + 24);
  ret_counts->n_leap = read_be32 (p + 28);
  ret_counts->n_time = read_be32 (p + 32);
  ret_counts->n_type = read_be32 (p + 36);
  ret_counts->n_char = read_be32 (p + 40);
  *pos += HEADER_SIZE;
  return ret_counts->n_utc <= TYPES_MAX && ret_counts->n_std <= TYPES_MAX &&
         ret_counts->n_leap <= TRANSITIONS_MAX && ret_counts->n_time <= TRANSITIONS_MAX &&
         ret_counts->n_type >= 1 && ret_counts->n_type <= TYPES_MAX &&
         ret_counts->n_char <= TRANSITIONS_MAX;
}

static size_t
get_body_size (const Counts *counts, size_t time_size)
{
  return counts->n_time * (time_size + 1) + (size_t) counts->n_type * 6 + counts->n_char +
         counts->n_leap * (time_size + 4) + counts->n_std + counts->n_utc;
}

static bool
read_transitions (const uint8_t *body, const Counts *counts, ReplayTzif *tzif)
{
  const uint8_t *indexes = body + (size_t) counts->n_time * 8;
  const uint8_t *types = indexes + counts->n_time;

  tzif->first_offset_s = (int32_t) read_be32 (types);
  if (tzif->first_offset_s > OFFSET_MAX_S || tzif->first_offset_s < -OFFSET_MAX_S)
    return false;
  if (counts->n_time == 0)
    return true;
  tzif->transitions = calloc (counts->n_time, sizeof *tzif->transitions);
  if (tzif->transitions == NULL)
    return false;
  tzif->n_transitions = counts->n_time;
  for (size_t i = 0; i < counts->n_time; i++)
    {
      ReplayTzTransition *transition = &tzif->transitions[i];

      if (indexes[i] >= counts->n_type)
        return false;
      transition->time_s = read_be64 (body + i * 8);
      transition->offset_s = (int32_t) read_be32 (types + (size_t) indexes[i] * 6);
      if (transition->offset_s > OFFSET_MAX_S || transition->offset_s < -OFFSET_MAX_S)
        return false;
      if (i > 0 && transition->time_s <= tzif->transitions[i - 1].time_s)
        return false;
    }
  return true;
}

bool
_replay_tzif_parse (const uint8_t *data, size_t size_bytes, ReplayTzif *ret_tzif)
{
  ReplayTzif tzif = { 0 };
  Counts counts;
  size_t pos = 0;
  size_t body_size;
  const uint8_t *footer_end;

  if (!read_counts (data, size_bytes, &pos, &counts))
    return false;
  body_size = get_body_size (&counts, 4);
  if (size_bytes - pos < body_size)
    return false;
  pos += body_size;
  if (!read_counts (data, size_bytes, &pos, &counts))
    return false;
  body_size = get_body_size (&counts, 8);
  if (size_bytes - pos < body_size)
    return false;
  if (!read_transitions (data + pos, &counts, &tzif))
    goto fail;
  pos += body_size;

  if (size_bytes - pos >= 2 && data[pos] == '\n')
    {
      pos++;
      footer_end = memchr (data + pos, '\n', size_bytes - pos);
      if (footer_end != NULL)
        tzif.has_rule = _replay_tz_rule_parse ((const char *) data + pos,
                                               (size_t) (footer_end - (data + pos)), &tzif.rule);
    }
  *ret_tzif = tzif;
  return true;

fail:
  _replay_tzif_clear (&tzif);
  return false;
}

void
_replay_tzif_clear (ReplayTzif *self)
{
  free (self->transitions);
  memset (self, 0, sizeof *self);
}

/* --- the POSIX rule: "CET-1CEST,M3.5.0,M10.5.0/3" --- */

typedef struct
{
  const char *at, *end;
} Rest;

static bool
take_char (Rest *rest, char c)
{
  if (rest->at == rest->end || *rest->at != c)
    return false;
  rest->at++;
  return true;
}

static bool
take_name (Rest *rest)
{
  const char *start = rest->at;

  if (take_char (rest, '<'))
    {
      while (rest->at < rest->end && *rest->at != '>')
        rest->at++;
      return take_char (rest, '>');
    }
  while (rest->at < rest->end &&
         ((*rest->at >= 'A' && *rest->at <= 'Z') || (*rest->at >= 'a' && *rest->at <= 'z')))
    rest->at++;
  return rest->at - start >= 3;
}

static bool
take_number (Rest *rest, int32_t min, int32_t max, int32_t *ret_value)
{
  int32_t value = 0;
  int n_digits = 0;

  while (rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9' && n_digits < 4)
    {
      value = value * 10 + (*rest->at++ - '0');
      n_digits++;
    }
  if (n_digits == 0 || value < min || value > max)
    return false;
  *ret_value = value;
  return true;
}

/* [+-]h[:m[:s]] */
static bool
take_seconds (Rest *rest, int32_t *ret_seconds)
{
  int32_t hours, minutes = 0, seconds = 0;
  bool negative = take_char (rest, '-');

  if (!negative)
    take_char (rest, '+');
  if (!take_number (rest, 0, 167, &hours))
    return false;
  if (take_char (rest, ':'))
    {
      if (!take_number (rest, 0, 59, &minutes))
        return false;
      if (take_char (rest, ':') && !take_number (rest, 0, 59, &seconds))
        return false;
    }
  *ret_seconds = (hours * 3600 + minutes * 60 + seconds) * (negative ? -1 : 1);
  return true;
}

static bool
take_day (Rest *rest, ReplayTzDay *ret_day)
{
  ret_day->time_s = 2 * 3600;
  if (take_char (rest, 'M'))
    {
      ret_day->kind = REPLAY_TZ_DAY_MONTH_WEEK;
      if (!take_number (rest, 1, 12, &ret_day->month) || !take_char (rest, '.') ||
          !take_number (rest, 1, 5, &ret_day->week) || !take_char (rest, '.') ||
          !take_number (rest, 0, 6, &ret_day->weekday))
        return false;
    }
  else if (take_char (rest, 'J'))
    {
      ret_day->kind = REPLAY_TZ_DAY_JULIAN;
      if (!take_number (rest, 1, 365, &ret_day->day))
        return false;
    }
  else
    {
      ret_day->kind = REPLAY_TZ_DAY_ZERO;
      if (!take_number (rest, 0, 365, &ret_day->day))
        return false;
    }
  return !take_char (rest, '/') || take_seconds (rest, &ret_day->time_s);
}

bool
_replay_tz_rule_parse (const char *text, size_t len, ReplayTzRule *ret_rule)
{
  Rest rest = { text, text + len };
  ReplayTzRule rule = { 0 };

  if (!take_name (&rest) || !take_seconds (&rest, &rule.standard_s))
    return false;
  rule.standard_s = -rule.standard_s; /* POSIX counts west of UTC */
  if (rest.at < rest.end)
    {
      rule.has_daylight = true;
      rule.daylight_s = rule.standard_s + 3600;
      if (!take_name (&rest))
        return false;
      if (rest.at < rest.end && *rest.at != ',')
        {
          if (!take_seconds (&rest, &rule.daylight_s))
            return false;
          rule.daylight_s = -rule.daylight_s;
        }
      if (!take_char (&rest, ',') || !take_day (&rest, &rule.start) || !take_char (&rest, ',') ||
          !take_day (&rest, &rule.end))
        return false;
    }
  if (rest.at != rest.end || abs (rule.standard_s) > OFFSET_MAX_S ||
      abs (rule.daylight_s) > OFFSET_MAX_S)
    return false;
  *ret_rule = rule;
  return true;
}

/* Seconds since 1970 of the wall clock at which @day of @year changes the offset. */
static int64_t
get_change (const ReplayTzDay *day, int32_t year)
{
  ReplayDay first = { year, 1, 1 };
  int64_t number = replay_day_number (&first);

  switch (day->kind)
    {
    case REPLAY_TZ_DAY_JULIAN:
      {
        ReplayDay march = { year, 3, 1 };
        bool leap = replay_day_number (&march) - number == 60;

        number += day->day - 1 + (leap && day->day >= 60 ? 1 : 0);
        break;
      }
    case REPLAY_TZ_DAY_ZERO:
      number += day->day;
      break;
    case REPLAY_TZ_DAY_MONTH_WEEK:
    default:
      {
        ReplayDay date = { year, day->month, 1 };
        int64_t month_start = replay_day_number (&date);
        int64_t weekday = ((month_start + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */

        date.day = 1 + (int32_t) ((day->weekday - weekday + 7) % 7) + (day->week - 1) * 7;
        while (!replay_day_is_valid (&date))
          date.day -= 7;
        number = month_start + date.day - 1;
        break;
      }
    }
  return number * SECONDS_PER_DAY + day->time_s;
}

static int32_t
get_rule_offset (const ReplayTzRule *rule, int64_t time_s)
{
  int64_t wall_s = time_s + rule->standard_s;
  int64_t days = wall_s / SECONDS_PER_DAY - (wall_s % SECONDS_PER_DAY < 0);
  ReplayDay today;
  int64_t start_s, end_s;
  bool daylight;

  if (!rule->has_daylight)
    return rule->standard_s;
  replay_day_from_number (days, &today);
  start_s = get_change (&rule->start, today.year) - rule->standard_s;
  end_s = get_change (&rule->end, today.year) - rule->daylight_s;
  if (start_s < end_s)
    daylight = time_s >= start_s && time_s < end_s;
  else
    daylight = time_s >= start_s || time_s < end_s;
  return daylight ? rule->daylight_s : rule->standard_s;
}

int32_t
_replay_tzif_get_offset (const ReplayTzif *self, int64_t time_s)
{
  size_t low = 0;
  size_t high = self->n_transitions; /* the first transition after time_s is in [low, high] */

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (self->transitions[middle].time_s <= time_s)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == self->n_transitions && self->has_rule)
    return get_rule_offset (&self->rule, time_s);
  return low == 0 ? self->first_offset_s : self->transitions[low - 1].offset_s;
}
