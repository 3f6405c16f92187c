// SPDX-License-Identifier: BSD-3-Clause
// Reads dates and times as people and logs write them: ISO 8601 and Python logging, syslog and
// journalctl, web servers, ctime(). A bounded cursor on the text, one small function a form.
#include "replay-stamp-private.h"

#include <string.h>

#define NS_PER_SECOND INT64_C (1000000000)
#define NS_PER_MINUTE (60 * NS_PER_SECOND)
#define NS_PER_DAY    (86400 * NS_PER_SECOND)
#define YEAR_MIN      1969 /* what zones west of UTC show when a clock begins with 1970 */
#define YEAR_MAX      2261 /* the last whole one in 64-bit nanoseconds */

typedef struct
{
  const char *start, *at, *end;
  ReplayStamp *stamp;
  ReplayStampComplaint *complaint; /* field is NULL until something is out of bounds */
} Cursor;

typedef bool (*ReadFunc) (Cursor *cursor);

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static bool
is_letter (char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char
peek (const Cursor *cursor, size_t offset)
{
  return (size_t) (cursor->end - cursor->at) > offset ? cursor->at[offset] : '\0';
}

static bool
take (Cursor *cursor, char c)
{
  if (cursor->at == cursor->end || *cursor->at != c)
    return false;
  cursor->at++;
  return true;
}

static bool
take_any (Cursor *cursor, const char *set)
{
  if (cursor->at == cursor->end || *cursor->at == '\0' || strchr (set, *cursor->at) == NULL)
    return false;
  cursor->at++;
  return true;
}

static void
skip_spaces (Cursor *cursor)
{
  while (take (cursor, ' '))
    ;
}

static bool
at_word_end (const Cursor *cursor)
{
  char c = peek (cursor, 0);

  return !is_digit (c) && !is_letter (c);
}

/* @digits_min to @digits_max digits, and not one more. */
static bool
take_number (Cursor *cursor, int digits_min, int digits_max, int32_t *ret_value)
{
  int32_t value = 0;
  int n = 0;

  while (n < digits_max && is_digit (peek (cursor, (size_t) n)))
    value = value * 10 + (cursor->at[n++] - '0');
  if (n < digits_min || is_digit (peek (cursor, (size_t) n)))
    return false;
  cursor->at += n;
  *ret_value = value;
  return true;
}

static void
check (Cursor *cursor, const char *field, int32_t value, int32_t min, int32_t max)
{
  if ((value >= min && value <= max) || cursor->complaint->field != NULL)
    return;
  *cursor->complaint = (ReplayStampComplaint){ field, value, min, max };
}

static bool
match_word (Cursor *cursor, const char *word)
{
  size_t len = strlen (word);

  for (size_t i = 0; i < len; i++)
    if ((peek (cursor, i) | 0x20) != word[i])
      return false;
  cursor->at += len;
  return true;
}

static bool
read_month_name (Cursor *cursor, int32_t *ret_month)
{
  static const char names[][4] = { "jan", "feb", "mar", "apr", "may", "jun",
                                   "jul", "aug", "sep", "oct", "nov", "dec" };

  for (int32_t i = 0; i < 12; i++)
    if (match_word (cursor, names[i]))
      {
        *ret_month = i + 1;
        return at_word_end (cursor);
      }
  return false;
}

static void
skip_weekday (Cursor *cursor)
{
  static const char names[][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
  const char *start = cursor->at;

  for (size_t i = 0; i < 7; i++)
    if (match_word (cursor, names[i]))
      {
        take (cursor, ',');
        if (take (cursor, ' '))
          {
            skip_spaces (cursor);
            return;
          }
        break;
      }
  cursor->at = start;
}

static void
take_fraction (Cursor *cursor)
{
  int32_t nanos = 0;
  int32_t scale = NS_PER_SECOND;

  if (!(peek (cursor, 0) == '.' || peek (cursor, 0) == ',') || !is_digit (peek (cursor, 1)))
    return;
  cursor->at++;
  for (; is_digit (peek (cursor, 0)); cursor->at++)
    if (scale > 1) /* digits beyond the nanosecond are dropped */
      {
        scale /= 10;
        nanos += (*cursor->at - '0') * scale;
      }
  cursor->stamp->nanos = nanos;
  cursor->stamp->unit_ns = scale;
}

/* H:MM, HH:MM, HH:MM:SS, HH:MM:SS.fraction */
static bool
read_clock (Cursor *cursor)
{
  ReplayStamp *stamp = cursor->stamp;

  if (!take_number (cursor, 1, 2, &stamp->hour) || !take (cursor, ':') ||
      !take_number (cursor, 2, 2, &stamp->minute))
    return false;
  stamp->unit_ns = NS_PER_MINUTE;
  if (peek (cursor, 0) == ':')
    {
      cursor->at++;
      if (!take_number (cursor, 2, 2, &stamp->second))
        return false;
      stamp->unit_ns = NS_PER_SECOND;
      take_fraction (cursor);
    }
  if (peek (cursor, 0) == ':' && is_digit (peek (cursor, 1)))
    return false;
  stamp->has_clock = true;
  check (cursor, "hour", stamp->hour, 0, 23);
  check (cursor, "minute", stamp->minute, 0, 59);
  check (cursor, "second", stamp->second, 0, 60);
  return true;
}

/* Z, UTC, GMT, +02:00, +0200, +02; after a space only those that can't be something else. */
static void
read_offset (Cursor *cursor)
{
  const char *start = cursor->at;
  bool spaced = take (cursor, ' ');
  int32_t sign = peek (cursor, 0) == '-' ? -1 : 1;
  int32_t hours = 0, minutes = 0;

  if ((!spaced && match_word (cursor, "z")) || match_word (cursor, "utc") ||
      match_word (cursor, "gmt"))
    {
      if (!at_word_end (cursor) || peek (cursor, 0) == '+' || peek (cursor, 0) == '-')
        goto none;
    }
  else
    {
      bool long_form;

      if (!take_any (cursor, "+-") || !is_digit (peek (cursor, 0)) || !is_digit (peek (cursor, 1)))
        goto none;
      hours = (cursor->at[0] - '0') * 10 + (cursor->at[1] - '0');
      cursor->at += 2;
      long_form = take (cursor, ':');
      if (long_form || is_digit (peek (cursor, 0)))
        {
          if (!take_number (cursor, 2, 2, &minutes))
            goto none;
          long_form = true;
        }
      if ((spaced && !long_form) || !at_word_end (cursor))
        goto none;
      check (cursor, "hours of the UTC offset", hours, 0, 15);
      check (cursor, "minutes of the UTC offset", minutes, 0, 59);
    }
  cursor->stamp->has_offset = true;
  cursor->stamp->offset_s = sign * (hours * 3600 + minutes * 60);
  return;

none:
  cursor->at = start;
}

static void
set_date (Cursor *cursor, int32_t year, int32_t month, int32_t day)
{
  ReplayStamp *stamp = cursor->stamp;

  stamp->has_date = true;
  stamp->month = month;
  stamp->day = day;
  check (cursor, "month", month, 1, 12);
  check (cursor, "day", day, 1, 31);
  if (year < 0)
    return;
  stamp->has_year = true;
  stamp->year = year;
  check (cursor, "year", year, YEAR_MIN, YEAR_MAX);
}

/* 2024-01-27, 2024/01/27, and with a time after `T` or spaces. */
static bool
read_iso (Cursor *cursor)
{
  int32_t year, month, day;
  char separator;
  const char *date_end;

  skip_weekday (cursor); /* journalctl --output=short-full */
  if (!take_number (cursor, 4, 4, &year))
    return false;
  separator = peek (cursor, 0);
  if (!take_any (cursor, "-/") || !take_number (cursor, 1, 2, &month) ||
      !take (cursor, separator) || !take_number (cursor, 1, 2, &day))
    return false;
  set_date (cursor, year, month, day);
  cursor->stamp->unit_ns = NS_PER_DAY;
  date_end = cursor->at;
  if (take_any (cursor, "Tt"))
    {
      if (!read_clock (cursor))
        return false;
    }
  else if (take (cursor, ' '))
    {
      skip_spaces (cursor);
      if (!is_digit (peek (cursor, 0)) || !read_clock (cursor))
        {
          cursor->at = date_end;
          cursor->stamp->unit_ns = NS_PER_DAY;
          return at_word_end (cursor);
        }
    }
  else
    return at_word_end (cursor);
  read_offset (cursor);
  return true;
}

/* 16/Apr/2024:16:20:41 +0200, 16/Apr/2024 16:20:41, 16 Apr 2024 16:20:41 +0200 */
static bool
read_httpd (Cursor *cursor)
{
  int32_t year, month, day;
  char separator;

  skip_weekday (cursor); /* mail and HTTP headers */
  if (!take_number (cursor, 1, 2, &day))
    return false;
  separator = peek (cursor, 0);
  if (!take_any (cursor, "/ -") || !read_month_name (cursor, &month) || !take (cursor, separator) ||
      !take_number (cursor, 4, 4, &year) || !take_any (cursor, ": "))
    return false;
  set_date (cursor, year, month, day);
  if (!read_clock (cursor))
    return false;
  read_offset (cursor);
  return true;
}

/* Apr 16 16:20:41, Tue Apr 16 16:20:41.123456 2024 */
static bool
read_syslog (Cursor *cursor)
{
  int32_t year, month, day;
  const char *clock_end;

  skip_weekday (cursor);
  if (!read_month_name (cursor, &month) || !take (cursor, ' '))
    return false;
  skip_spaces (cursor);
  if (!take_number (cursor, 1, 2, &day) || !take (cursor, ' '))
    return false;
  skip_spaces (cursor);
  set_date (cursor, -1, month, day);
  if (!read_clock (cursor))
    return false;
  clock_end = cursor->at;
  if (take (cursor, ' ') && take_number (cursor, 4, 4, &year) && at_word_end (cursor) &&
      year >= YEAR_MIN && year <= YEAR_MAX)
    set_date (cursor, year, month, day);
  else
    {
      cursor->at = clock_end;
      read_offset (cursor);
    }
  return true;
}

static bool
read_clock_alone (Cursor *cursor)
{
  if (!read_clock (cursor))
    return false;
  read_offset (cursor);
  return true;
}

ReplayStampResult
_replay_stamp_read (const char *text,
                    size_t len,
                    ReplayStamp *ret_stamp,
                    size_t *ret_size_bytes,
                    ReplayStampComplaint *ret_complaint)
{
  static const ReadFunc forms[] = { read_iso, read_httpd, read_syslog, read_clock_alone };

  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    {
      ReplayStamp stamp = { 0 };
      ReplayStampComplaint complaint = { 0 };
      Cursor cursor = { text, text, text + len, &stamp, &complaint };

      if (!forms[i](&cursor) || !at_word_end (&cursor))
        continue;
      *ret_size_bytes = (size_t) (cursor.at - text);
      if (complaint.field != NULL)
        {
          *ret_complaint = complaint;
          return REPLAY_STAMP_BAD;
        }
      *ret_stamp = stamp;
      return REPLAY_STAMP_GOOD;
    }
  return REPLAY_STAMP_NONE;
}

/* Whether a stamp may begin at @pos, by what stands before. After `:` only in "INFO:16:20:41". */
static bool
can_begin (const char *text, size_t pos)
{
  char before = pos == 0 ? ' ' : text[pos - 1];

  if (!is_digit (text[pos]) && !is_letter (text[pos]))
    return false;
  if (before == ':')
    return pos >= 2 && is_letter (text[pos - 2]);
  return !is_digit (before) && !is_letter (before) && before != '.' && before != '-' &&
         before != '_';
}

ReplayStampResult
_replay_stamp_find (const char *text,
                    size_t len,
                    ReplayStamp *ret_stamp,
                    ReplayStampComplaint *ret_complaint)
{
  ReplayStampResult worst = REPLAY_STAMP_NONE;

  for (size_t pos = 0; pos < len; pos++)
    {
      ReplayStamp stamp;
      ReplayStampComplaint complaint;
      size_t size_bytes;

      if (!can_begin (text, pos))
        continue;
      switch (_replay_stamp_read (text + pos, len - pos, &stamp, &size_bytes, &complaint))
        {
        case REPLAY_STAMP_GOOD:
          if (!stamp.has_date && stamp.unit_ns == NS_PER_MINUTE)
            break;
          *ret_stamp = stamp;
          return REPLAY_STAMP_GOOD;
        case REPLAY_STAMP_BAD:
          if (worst == REPLAY_STAMP_NONE)
            {
              *ret_complaint = complaint;
              worst = REPLAY_STAMP_BAD;
            }
          break;
        case REPLAY_STAMP_NONE:
        default:
          break;
        }
    }
  return worst;
}
