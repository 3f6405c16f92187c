// SPDX-License-Identifier: BSD-3-Clause
// Finds the time in a pasted line of a log: JSON members with well-known names, an epoch number at
// the start, else the first written date or time.
#include <string.h>

#include "replay-times-private.h"

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

ReplayEpochResult
_replay_epoch_read (ReplayText text, bool any_seconds, int64_t *ret_time_ns, int64_t *ret_unit_ns)
{
  size_t n_digits = 0;
  int64_t value = 0;
  int64_t unit_ns; /* of the last digit before the point, then of the last one written */

  while (n_digits < text.len && is_digit (text.at[n_digits]))
    n_digits++;
  if (n_digits == 0)
    return REPLAY_EPOCH_NONE;
  if (n_digits < text.len &&
      ((text.at[n_digits] != '.' && text.at[n_digits] != ',') || n_digits + 1 == text.len))
    return REPLAY_EPOCH_NONE;
  for (size_t i = n_digits + 1; i < text.len; i++)
    if (!is_digit (text.at[i]))
      return REPLAY_EPOCH_NONE;

  if (n_digits == 10 || (any_seconds && n_digits < 10))
    unit_ns = 1000000000;
  else if (n_digits == 13)
    unit_ns = 1000000;
  else if (n_digits == 16)
    unit_ns = 1000;
  else if (n_digits == 19)
    unit_ns = 1;
  else
    return REPLAY_EPOCH_LENGTH;
  for (size_t i = 0; i < n_digits; i++)
    if (__builtin_mul_overflow (value, 10, &value) ||
        __builtin_add_overflow (value, text.at[i] - '0', &value))
      return REPLAY_EPOCH_LENGTH;
  if (__builtin_mul_overflow (value, unit_ns, &value))
    return REPLAY_EPOCH_LENGTH;
  for (size_t i = n_digits + 1; i < text.len && unit_ns > 1; i++)
    {
      unit_ns /= 10;
      if (__builtin_add_overflow (value, (text.at[i] - '0') * unit_ns, &value))
        return REPLAY_EPOCH_LENGTH;
    }
  *ret_time_ns = value;
  *ret_unit_ns = unit_ns;
  return REPLAY_EPOCH_GOOD;
}

static bool
take_epoch (ReplayText text, ReplayLogTime *ret_time)
{
  if (_replay_epoch_read (text, false, &ret_time->time_ns, &ret_time->unit_ns) != REPLAY_EPOCH_GOOD)
    return false;
  ret_time->result = REPLAY_STAMP_GOOD;
  ret_time->is_epoch = true;
  return true;
}

/* The digits, and perhaps a fraction, at the start of @text. */
static ReplayText
get_number (ReplayText text)
{
  size_t len = 0;

  while (len < text.len && is_digit (text.at[len]))
    len++;
  if (len > 0 && len + 1 < text.len && text.at[len] == '.' && is_digit (text.at[len + 1]))
    for (len++; len < text.len && is_digit (text.at[len]);)
      len++;
  return (ReplayText){ text.at, len };
}

static bool
is_time_key (ReplayText key)
{
  static const char *const names[] = {
    "ts",           "time",
    "timestamp",    "@timestamp",
    "asctime",      "created",
    "datetime",     "date",
    "eventTime",    "t",
    "time_ns",      "__REALTIME_TIMESTAMP",
    "timestamp_ms", "_SOURCE_REALTIME_TIMESTAMP",
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (key.len == strlen (names[i]) && memcmp (key.at, names[i], key.len) == 0)
      return true;
  return false;
}

/* The value of a JSON member: a number, or a string that holds a number or a date. */
static bool
read_member (ReplayText value, ReplayLogTime *ret_time)
{
  ReplayText number;
  size_t size_bytes;
  ReplayStampComplaint complaint;
  char after;

  while (value.len > 0 && (*value.at == ' ' || *value.at == '\t'))
    value = (ReplayText){ value.at + 1, value.len - 1 };
  if (value.len > 0 && *value.at == '"')
    {
      value = (ReplayText){ value.at + 1, value.len - 1 };
      if (_replay_stamp_read (value.at, value.len, &ret_time->stamp, &size_bytes, &complaint) ==
          REPLAY_STAMP_GOOD)
        {
          ret_time->result = REPLAY_STAMP_GOOD;
          return true;
        }
    }
  number = get_number (value);
  after = number.len < value.len ? value.at[number.len] : ' ';
  return strchr ("\", }\t\r\n", after) != NULL && after != '\0' && take_epoch (number, ret_time);
}

/* Members are found by their quoted key before a colon; where in the object does not matter. */
static bool
find_member (ReplayText line, ReplayLogTime *ret_time)
{
  size_t key_start = 0; /* behind the last quotation mark, 0 = none yet */

  for (size_t pos = 0; pos < line.len; pos++)
    {
      size_t after = pos + 1;

      if (line.at[pos] != '"')
        continue;
      while (after < line.len && line.at[after] == ' ')
        after++;
      if (key_start > 0 && after < line.len && line.at[after] == ':' &&
          is_time_key ((ReplayText){ line.at + key_start, pos - key_start }) &&
          read_member ((ReplayText){ line.at + after + 1, line.len - after - 1 }, ret_time))
        return true;
      key_start = pos + 1;
    }
  return false;
}

void
_replay_log_find (ReplayText line, ReplayLogTime *ret_time)
{
  ReplayText rest = line;
  ReplayText number;

  memset (ret_time, 0, sizeof *ret_time);
  if (find_member (line, ret_time))
    return;
  if (rest.len > 0 && *rest.at == '[')
    rest = (ReplayText){ rest.at + 1, rest.len - 1 };
  number = get_number (rest);
  if (number.len < rest.len && strchr (" ]\t:", rest.at[number.len]) != NULL &&
      rest.at[number.len] != '\0' && take_epoch (number, ret_time))
    return;
  ret_time->result = _replay_stamp_find (line.at, line.len, &ret_time->stamp, &ret_time->complaint);
}
