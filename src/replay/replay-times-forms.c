// SPDX-License-Identifier: BSD-3-Clause
// The forms of a time that are no dates: start, end, 50%, @1713284441.25, core.py:120#37, step 12,
// m3, +1m30s.
#include <string.h>

#include "replay-times-private.h"

#define NS_PER_SECOND   INT64_C (1000000000)
#define SECONDS_PER_DAY 86400

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static bool
is_word (ReplayText text, const char *word)
{
  size_t len = strlen (word);

  if (text.len != len)
    return false;
  for (size_t i = 0; i < len; i++)
    if ((text.at[i] | 0x20) != word[i])
      return false;
  return true;
}

/* --- start, end, 50% --- */

ReplayTimesAnswer
_replay_times_parse_word (const ReplayTimesParser *parser, ReplayText text, ReplayTimesPoint *point)
{
  if (is_word (text, "start"))
    {
      point->kind = REPLAY_TIMES_START;
      point->time_ns = parser->context->start_ns;
      return _replay_times_answer (TX_OK);
    }
  if (is_word (text, "end"))
    {
      point->kind = REPLAY_TIMES_END;
      point->time_ns = parser->context->end_ns;
      return _replay_times_answer (TX_OK);
    }
  return _replay_times_not_mine ();
}

/* A decimal number, with point or comma, in billionths; false if there is none at the start. */
static bool
take_decimal (ReplayText *text, int64_t *ret_whole, int64_t *ret_billionths)
{
  int64_t whole = 0, billionths = 0, scale = NS_PER_SECOND;
  size_t pos = 0;

  while (pos < text->len && is_digit (text->at[pos]))
    {
      if (__builtin_mul_overflow (whole, 10, &whole) ||
          __builtin_add_overflow (whole, text->at[pos] - '0', &whole))
        return false;
      pos++;
    }
  if (pos == 0)
    return false;
  if (pos + 1 < text->len && (text->at[pos] == '.' || text->at[pos] == ',') &&
      is_digit (text->at[pos + 1]))
    for (pos++; pos < text->len && is_digit (text->at[pos]); pos++)
      {
        scale /= 10;
        billionths += (text->at[pos] - '0') * scale;
      }
  *text = (ReplayText){ text->at + pos, text->len - pos };
  *ret_whole = whole;
  *ret_billionths = billionths;
  return true;
}

ReplayTimesAnswer
_replay_times_parse_percent (const ReplayTimesParser *parser,
                             ReplayText text,
                             ReplayTimesPoint *point)
{
  const ReplayTimesContext *context = parser->context;
  ReplayText rest = { text.at, text.len - 1 };
  int64_t whole, billionths;
  uint64_t extent_ns = (uint64_t) context->end_ns - (uint64_t) context->start_ns;
  unsigned __int128 share;
  char quoted[64];

  if (text.at[text.len - 1] != '%' || !is_digit (text.at[0]))
    return _replay_times_not_mine ();
  rest = _replay_times_trim (rest);
  if (!take_decimal (&rest, &whole, &billionths) || rest.len != 0)
    return _replay_times_not_mine (); /* perhaps a line of a log */
  if (whole > 100 || (whole == 100 && billionths > 0))
    return _replay_times_answer (
        tx_error_set (parser->error, TX_ERROR_INVALID,
                      "'%s' is not a share of the recording between 0%% and 100%%",
                      _replay_times_quote (text, quoted)));
  point->kind = REPLAY_TIMES_PERCENT;
  share = (unsigned __int128) extent_ns * (uint64_t) (whole * NS_PER_SECOND + billionths) /
          ((uint64_t) NS_PER_SECOND * 100);
  point->time_ns = (int64_t) ((uint64_t) context->start_ns + (uint64_t) share);
  return _replay_times_answer (TX_OK);
}

/* --- @1713284441.25 --- */

ReplayTimesAnswer
_replay_times_parse_epoch (const ReplayTimesParser *parser,
                           ReplayText text,
                           ReplayTimesPoint *point)
{
  bool marked = text.at[0] == '@';
  ReplayText number = text;
  int64_t time_ns, unit_ns;
  ReplayEpochResult result;
  char quoted[64];

  if (marked)
    number = (ReplayText){ text.at + 1, text.len - 1 };
  result = _replay_epoch_read (number, marked, &time_ns, &unit_ns);
  if (result == REPLAY_EPOCH_NONE && !marked)
    return _replay_times_not_mine ();
  if (result != REPLAY_EPOCH_GOOD)
    return _replay_times_answer (
        tx_error_set (parser->error, TX_ERROR_INVALID,
                      "'%s' is not a time: seconds since 1970 have 10 digits, "
                      "milliseconds 13, microseconds 16, nanoseconds 19",
                      _replay_times_quote (text, quoted)));
  point->kind = REPLAY_TIMES_INSTANT;
  return _replay_times_answer (_replay_times_place (parser, time_ns, unit_ns, text, point));
}

/* --- core.py:120#37 --- */

/* Cuts decimal digits off the end of @text. False: none, or too large. */
static bool
cut_number (ReplayText *text, uint64_t max, uint64_t *ret_value)
{
  size_t start = text->len;
  uint64_t value = 0;

  while (start > 0 && is_digit (text->at[start - 1]))
    start--;
  if (start == text->len)
    return false;
  for (size_t i = start; i < text->len; i++)
    {
      if (value > (max - (uint64_t) (text->at[i] - '0')) / 10)
        return false;
      value = value * 10 + (uint64_t) (text->at[i] - '0');
    }
  text->len = start;
  *ret_value = value;
  return true;
}

static bool
cut_last (ReplayText *text)
{
  if (text->len <= 4 || !is_word ((ReplayText){ text->at + text->len - 4, 4 }, "last"))
    return false;
  text->len -= 4;
  return true;
}

/* `..` within a name would be the middle of a range, except as a part of a path. */
static bool
is_file_name (ReplayText file)
{
  for (size_t i = 0; i + 1 < file.len; i++)
    if (file.at[i] == '.' && file.at[i + 1] == '.' &&
        !((i == 0 || file.at[i - 1] == '/') && i + 2 < file.len && file.at[i + 2] == '/'))
      return false;
  return memchr (file.at, '#', file.len) == NULL && memchr (file.at, '\n', file.len) == NULL;
}

ReplayTimesAnswer
_replay_times_parse_hit (const ReplayTimesParser *parser, ReplayText text, ReplayTimesPoint *point)
{
  ReplayText rest = text;
  uint64_t hit_number = REPLAY_TIMES_HIT_LAST, line;
  bool is_last = cut_last (&rest);
  char quoted[64];

  if ((!is_last && !cut_number (&rest, UINT64_MAX, &hit_number)) || rest.len == 0 ||
      rest.at[rest.len - 1] != '#')
    return _replay_times_not_mine ();
  rest.len--;
  if (!cut_number (&rest, UINT32_MAX, &line) || rest.len == 0 || rest.at[rest.len - 1] != ':')
    return _replay_times_not_mine ();
  rest.len--;
  if (!is_file_name (rest))
    return _replay_times_not_mine ();
  if (line == 0 || (hit_number == 0 && !is_last))
    return _replay_times_answer (tx_error_set (parser->error, TX_ERROR_INVALID,
                                               "'%s': lines and executions are counted from 1",
                                               _replay_times_quote (text, quoted)));
  point->kind = REPLAY_TIMES_HIT;
  point->file = rest.at;
  point->file_len = rest.len;
  point->line = (uint32_t) line;
  point->hit_number = hit_number;
  return _replay_times_answer (TX_OK);
}

/* --- step 1234, m3, bookmark 3, bookmark NOTE --- */

/* What follows @word and spaces; false if @text does not begin so. */
static bool
skip_word (ReplayText text, const char *word, ReplayText *ret_rest)
{
  size_t len = strlen (word);

  if (text.len <= len || !is_word ((ReplayText){ text.at, len }, word) || text.at[len] != ' ')
    return false;
  *ret_rest = _replay_times_trim ((ReplayText){ text.at + len, text.len - len });
  return ret_rest->len > 0;
}

ReplayTimesAnswer
_replay_times_parse_step (const ReplayTimesParser *parser, ReplayText text, ReplayTimesPoint *point)
{
  ReplayText rest;
  char quoted[64];

  if (!skip_word (text, "step", &rest) || !is_digit (rest.at[rest.len - 1]))
    return _replay_times_not_mine ();
  for (size_t i = 0; i < rest.len; i++)
    if (!is_digit (rest.at[i]))
      return _replay_times_not_mine ();
  if (!cut_number (&rest, UINT64_MAX - 1, &point->step))
    return _replay_times_answer (tx_error_set (parser->error, TX_ERROR_INVALID,
                                               "'%s': no step has such a number",
                                               _replay_times_quote (text, quoted)));
  point->kind = REPLAY_TIMES_STEP;
  return _replay_times_answer (TX_OK);
}

/* Where `..` is a part of the text it is two ends of a range, not a note. */
static bool
is_note (ReplayText text)
{
  for (size_t i = 0; i + 1 < text.len; i++)
    if (text.at[i] == '.' && text.at[i + 1] == '.')
      return false;
  return memchr (text.at, '\n', text.len) == NULL;
}

ReplayTimesAnswer
_replay_times_parse_bookmark (const ReplayTimesParser *parser,
                              ReplayText text,
                              ReplayTimesPoint *point)
{
  bool is_short = text.len > 1 && (text.at[0] | 0x20) == 'm' && is_digit (text.at[1]);
  ReplayText note = { text.at + 1, text.len - 1 };
  ReplayText number;
  uint64_t id;

  if (!is_short && (!skip_word (text, "bookmark", &note) || !is_note (note)))
    return _replay_times_not_mine ();
  number = note;
  if (cut_number (&number, UINT32_MAX, &id) && number.len == 0 && id > 0)
    point->bookmark = (uint32_t) id;
  else if (is_short)
    return _replay_times_not_mine ();
  else
    {
      point->note = note.at;
      point->note_len = note.len;
    }
  point->kind = REPLAY_TIMES_BOOKMARK;
  return _replay_times_answer (TX_OK);
}

/* --- +2s, -1m30s --- */

typedef struct
{
  const char *name;
  int64_t ns;
} Unit;

static const Unit units[] = {
  { "ns", 1 },
  { "us", 1000 },
  { "\302\265s", 1000 }, /* micro sign */
  { "\316\274s", 1000 }, /* Greek mu */
  { "ms", 1000000 },
  { "sec", NS_PER_SECOND },
  { "s", NS_PER_SECOND },
  { "min", 60 * NS_PER_SECOND },
  { "m", 60 * NS_PER_SECOND },
  { "h", 3600 * NS_PER_SECOND },
  { "d", SECONDS_PER_DAY *NS_PER_SECOND },
  { "w", 7 * SECONDS_PER_DAY *NS_PER_SECOND },
};

static const Unit *
take_unit (ReplayText *text)
{
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    {
      size_t len = strlen (units[i].name);

      if (text->len < len || memcmp (text->at, units[i].name, len) != 0)
        continue;
      if (text->len > len && ((text->at[len] | 0x20) >= 'a' && (text->at[len] | 0x20) <= 'z'))
        continue;
      *text = (ReplayText){ text->at + len, text->len - len };
      return &units[i];
    }
  return NULL;
}

/* Number and unit, added to *@total_ns; false also when units don't go from large to small. */
static bool
take_component (ReplayText *text, int64_t *smallest_ns, int64_t *total_ns)
{
  int64_t whole, billionths, ns;
  const Unit *unit;

  *text = _replay_times_trim (*text);
  if (!take_decimal (text, &whole, &billionths))
    return false;
  *text = _replay_times_trim (*text);
  unit = take_unit (text);
  if (unit == NULL || unit->ns >= *smallest_ns)
    return false;
  *smallest_ns = unit->ns;
  return !__builtin_mul_overflow (whole, unit->ns, &ns) &&
         !__builtin_add_overflow (*total_ns, ns, total_ns) &&
         !__builtin_add_overflow (
             *total_ns, (int64_t) ((__int128) billionths * unit->ns / NS_PER_SECOND), total_ns);
}

bool
_replay_times_read_delta (ReplayText text, int64_t *ret_delta_ns)
{
  bool negative = text.at[0] == '-';
  int64_t smallest_ns = INT64_MAX;
  int64_t total_ns = 0;

  if (negative || text.at[0] == '+')
    text = (ReplayText){ text.at + 1, text.len - 1 };
  do
    if (!take_component (&text, &smallest_ns, &total_ns))
      return false;
  while (text.len > 0);
  *ret_delta_ns = negative ? -total_ns : total_ns;
  return true;
}

ReplayTimesAnswer
_replay_times_parse_relative (const ReplayTimesParser *parser,
                              ReplayText text,
                              ReplayTimesPoint *point)
{
  bool is_signed = text.at[0] == '+' || text.at[0] == '-';
  int64_t delta_ns, time_ns;
  char quoted[64];

  if (!is_signed && !is_digit (text.at[0]))
    return _replay_times_not_mine ();
  if (!_replay_times_read_delta (text, &delta_ns))
    {
      if (!is_signed || memchr (text.at, ':', text.len) != NULL)
        return _replay_times_not_mine ();
      return _replay_times_answer (
          tx_error_set (parser->error, TX_ERROR_INVALID,
                        "'%s' is not a relative time: say numbers with units d, h, m, s, "
                        "ms, us or ns, large ones first, like +1m30s",
                        _replay_times_quote (text, quoted)));
    }
  point->kind = REPLAY_TIMES_RELATIVE;
  point->delta_ns = delta_ns;
  if (__builtin_add_overflow (parser->reference_ns, delta_ns, &time_ns))
    return _replay_times_answer (_replay_times_refuse (parser, false, 0, text));
  return _replay_times_answer (_replay_times_place (parser, time_ns, 0, text, point));
}
