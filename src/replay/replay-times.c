// SPDX-License-Identifier: BSD-3-Clause
// Understands what was typed or pasted as a time: tells the forms apart, splits ranges, and keeps
// what is said within the recording. The forms themselves are in the replay-times-*.c files.
#include <stdio.h>
#include <string.h>

#include "replay-text.h"
#include "replay-times-private.h"

#define RANGE_SIZE_MAX 8192u /* bytes; longer texts are lines of logs */
#define EXAMPLES       "try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end or core.py:120#37"

ReplayTimesAnswer
_replay_times_answer (TxStatus status)
{
  return (ReplayTimesAnswer){ true, status };
}

ReplayTimesAnswer
_replay_times_not_mine (void)
{
  return (ReplayTimesAnswer){ false, TX_OK };
}

bool
replay_times_has_time (ReplayTimesKind kind)
{
  return kind != REPLAY_TIMES_HIT && kind != REPLAY_TIMES_STEP && kind != REPLAY_TIMES_BOOKMARK;
}

static bool
is_space (char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

ReplayText
_replay_times_trim (ReplayText text)
{
  while (text.len > 0 && is_space (text.at[0]))
    text = (ReplayText){ text.at + 1, text.len - 1 };
  while (text.len > 0 && is_space (text.at[text.len - 1]))
    text.len--;
  return text;
}

const char *
_replay_times_quote (ReplayText text, char ret_text[64])
{
  bool cut = text.len > 55;
  size_t len = replay_text_sanitize (text.at, cut ? 55 : text.len, ret_text, 64);

  if (cut)
    memcpy (ret_text + len, "...", 4);
  return ret_text;
}

TxStatus
_replay_times_refuse (const ReplayTimesParser *parser, bool known, int64_t time_ns, ReplayText text)
{
  const ReplayTimesContext *context = parser->context;
  unsigned flags = REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET;
  char asked[REPLAY_TIMES_FORMAT_SIZE] = "";
  char start[REPLAY_TIMES_FORMAT_SIZE];
  char end[REPLAY_TIMES_FORMAT_SIZE];
  char quoted[64];

  if (known)
    {
      memcpy (asked, " is ", 5);
      replay_times_format (time_ns, context->zone, flags, 3, asked + 4, sizeof asked - 4);
    }
  replay_times_format (context->start_ns, context->zone, flags, 3, start, sizeof start);
  replay_times_format (context->end_ns, context->zone, flags, 3, end, sizeof end);
  return tx_error_set (parser->error, TX_END,
                       "'%s'%s%s outside of the recording, which covers %s to %s",
                       _replay_times_quote (text, quoted), asked, known ? "," : " is", start, end);
}

/* Sets the time of @point; what was written without its last digits reaches @unit_ns far. */
TxStatus
_replay_times_place (const ReplayTimesParser *parser,
                     int64_t time_ns,
                     int64_t unit_ns,
                     ReplayText text,
                     ReplayTimesPoint *point)
{
  const ReplayTimesContext *context = parser->context;

  point->time_ns = time_ns;
  if (time_ns >= context->start_ns && time_ns <= context->end_ns)
    return TX_OK;
  if (time_ns < context->start_ns &&
      (uint64_t) context->start_ns - (uint64_t) time_ns < (uint64_t) unit_ns)
    {
      point->time_ns = context->start_ns;
      point->clamped = true;
      return TX_OK;
    }
  return _replay_times_refuse (parser, true, time_ns, text);
}

static ReplayTimesAnswer
parse_point (const ReplayTimesParser *parser, ReplayText text, ReplayTimesPoint *ret_point)
{
  static const ReplayTimesForm forms[] = {
    _replay_times_parse_word,     _replay_times_parse_percent, _replay_times_parse_epoch,
    _replay_times_parse_hit,      _replay_times_parse_step,    _replay_times_parse_bookmark,
    _replay_times_parse_relative, _replay_times_parse_stamp
  };

  if (text.len == 0)
    return _replay_times_not_mine ();
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    {
      ReplayTimesPoint point = { 0 };
      ReplayTimesAnswer got = forms[i](parser, text, &point);

      if (!got.mine)
        continue;
      if (got.status == TX_OK)
        *ret_point = point;
      return got;
    }
  return _replay_times_not_mine ();
}

static TxStatus
finish_range (const ReplayTimesParser *parser, ReplayText text, ReplayTimesSpec *spec)
{
  char quoted[64];

  spec->kind = REPLAY_TIMES_RANGE;
  if (!replay_times_has_time (spec->from.kind) || !replay_times_has_time (spec->to.kind) ||
      spec->from.time_ns <= spec->to.time_ns)
    return TX_OK;
  return tx_error_set (parser->error, TX_ERROR_INVALID, "'%s': the range ends before it begins",
                       _replay_times_quote (text, quoted));
}

/* `A..B` and `A~B`, split at @pos; a missing A is the start, a missing B the end. */
static ReplayTimesAnswer
parse_halves (const ReplayTimesParser *parser,
              ReplayText text,
              size_t pos,
              size_t separator_len,
              ReplayTimesSpec *spec)
{
  ReplayText left = _replay_times_trim ((ReplayText){ text.at, pos });
  ReplayText right = _replay_times_trim (
      (ReplayText){ text.at + pos + separator_len, text.len - pos - separator_len });
  ReplayTimesParser second = *parser;
  ReplayTimesAnswer got;

  if (left.len == 0 && right.len == 0)
    return _replay_times_not_mine ();
  got = parse_point (parser, left.len == 0 ? (ReplayText){ "start", 5 } : left, &spec->from);
  if (!got.mine || got.status != TX_OK)
    return got;
  if (replay_times_has_time (spec->from.kind))
    {
      second.has_not_before = true;
      second.not_before_ns = spec->from.time_ns;
    }
  got = parse_point (&second, right.len == 0 ? (ReplayText){ "end", 3 } : right, &spec->to);
  if (!got.mine || got.status != TX_OK)
    return got;
  return _replay_times_answer (finish_range (parser, text, spec));
}

/* `A +30s`, `A -30s`: the sign at @pos, after a space. */
static ReplayTimesAnswer
parse_extent (const ReplayTimesParser *parser, ReplayText text, size_t pos, ReplayTimesSpec *spec)
{
  ReplayText right = { text.at + pos, text.len - pos };
  ReplayTimesParser second = *parser;
  int64_t delta_ns;
  ReplayTimesAnswer got;

  if (!_replay_times_read_delta (right, &delta_ns))
    return _replay_times_not_mine ();
  got = parse_point (parser, _replay_times_trim ((ReplayText){ text.at, pos }), &spec->from);
  if (!got.mine || got.status != TX_OK)
    return got;
  if (!replay_times_has_time (spec->from.kind))
    return _replay_times_not_mine ();
  second.reference_ns = spec->from.time_ns;
  got = parse_point (&second, right, &spec->to);
  if (!got.mine || got.status != TX_OK)
    return got;
  if (delta_ns < 0)
    {
      ReplayTimesPoint swapped = spec->from;

      spec->from = spec->to;
      spec->to = swapped;
    }
  return _replay_times_answer (finish_range (parser, text, spec));
}

/* Tries each place where a range could be split. A complaint about one half is kept: it is given if
   nothing else fits. */
static ReplayTimesAnswer
parse_range (const ReplayTimesParser *parser, ReplayText text, ReplayTimesSpec *spec)
{
  ReplayTimesAnswer complaint = _replay_times_not_mine ();
  TxError ignored;
  ReplayTimesParser quiet = *parser;

  if (text.len > RANGE_SIZE_MAX)
    return _replay_times_not_mine ();
  for (size_t pos = 0; pos < text.len; pos++)
    {
      char c = text.at[pos];
      bool dots = c == '.' && pos + 1 < text.len && text.at[pos + 1] == '.';
      bool sign = (c == '+' || c == '-') && pos > 0 && is_space (text.at[pos - 1]);
      ReplayTimesAnswer got;

      quiet.error = complaint.mine ? &ignored : parser->error;
      if (dots || c == '~')
        got = parse_halves (&quiet, text, pos, dots ? 2 : 1, spec);
      else if (sign)
        got = parse_extent (&quiet, text, pos, spec);
      else
        continue;
      if (got.mine && got.status == TX_OK)
        return got;
      if (got.mine && !complaint.mine)
        complaint = got;
    }
  return complaint;
}

/* Which of the forms can @text be: a range, one time, a line of a log, in this order. */
static TxStatus
parse_text (const ReplayTimesParser *parser, ReplayText text, ReplayTimesSpec *spec)
{
  TxError ignored;
  ReplayTimesParser quiet = *parser;
  char quoted[64];
  ReplayTimesAnswer range;
  ReplayTimesAnswer got = parse_point (parser, text, &spec->from);

  if (got.mine && got.status == TX_OK)
    goto done;
  if (got.mine) /* its complaint is the one to give if this is no range either */
    quiet.error = &ignored;
  range = parse_range (&quiet, text, spec);
  if (range.mine && range.status == TX_OK && !parser->context->allow_range)
    return tx_error_set (parser->error, TX_ERROR_INVALID, "'%s' is a range: say one time here",
                         _replay_times_quote (text, quoted));
  if (range.mine && (range.status == TX_OK || !got.mine))
    return range.status;
  if (got.mine)
    return got.status;

  memset (&spec->from, 0, sizeof spec->from);
  got = _replay_times_parse_log (parser, text, &spec->from);
  if (got.mine && got.status == TX_OK)
    goto done;
  if (got.mine)
    return got.status;
  return tx_error_set (parser->error, TX_ERROR_INVALID, "'%s' is not a time (%s)",
                       _replay_times_quote (text, quoted), EXAMPLES);

done:
  spec->kind = spec->from.kind;
  return TX_OK;
}

TxStatus
replay_times_parse (const char *text,
                    const ReplayTimesContext *context,
                    ReplayTimesSpec *ret_spec,
                    TxError *error)
{
  ReplayTimesParser parser = { .context = context,
                               .reference_ns = context->current_ns,
                               .error = error };
  ReplayTimesSpec spec;
  ReplayText whole = { text, strnlen (text, REPLAY_TIMES_TEXT_SIZE_MAX + 1) };
  TxStatus status;

  memset (&spec, 0, sizeof spec);
  if (context->end_ns < context->start_ns)
    return tx_error_set (error, TX_ERROR_INVALID, "the recording has no extent in time");
  if (whole.len > REPLAY_TIMES_TEXT_SIZE_MAX)
    return tx_error_set (error, TX_ERROR_INVALID, "the text is too long to be a time");
  whole = _replay_times_trim (whole);
  if (whole.len == 0)
    return tx_error_set (error, TX_ERROR_INVALID, "no time was given (%s)", EXAMPLES);
  status = parse_text (&parser, whole, &spec);
  if (status == TX_OK)
    *ret_spec = spec;
  return status;
}
