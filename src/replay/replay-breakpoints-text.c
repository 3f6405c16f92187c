// SPDX-License-Identifier: BSD-3-Clause
// Breakpoints as one types them: `core.py:120 ignore 5 from handle`, and printed so.
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay-breakpoints.h"
#include "replay-spec.h"
#include "replay-text.h"

#define TEXT_SIZE_MAX 8192u /* bytes */

typedef struct
{
  char *place; /* these point into a copy of the text; NULL: not said */
  char *number;
  char *ignore;
  char *thread;
  char *from;
  char *within;
} Words;

typedef struct
{
  const char *name;
  size_t offset; /* in Words */
} Keyword;

static const Keyword keywords[] = {
  { "number", offsetof (Words, number) }, { "ignore", offsetof (Words, ignore) },
  { "thread", offsetof (Words, thread) }, { "from", offsetof (Words, from) },
  { "within", offsetof (Words, within) },
};

static const Keyword *
find_keyword (const char *word, size_t len)
{
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
    if (strlen (keywords[i].name) == len && memcmp (keywords[i].name, word, len) == 0)
      return &keywords[i];
  return NULL;
}

static bool
is_space (char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static TxStatus
complain (TxError *error, const char *about, const char *what)
{
  char quoted[128];

  replay_text_sanitize (about, strnlen (about, 100), quoted, sizeof quoted);
  return tx_error_set (error, TX_ERROR_INVALID, "'%s': %s", quoted, what);
}

/* Divides @text, which is changed. A value reaches to the next keyword; the first word is never
 * one. */
static TxStatus
divide (char *text, Words *words, TxError *error)
{
  char **value = &words->place;

  for (char *at = text;;)
    {
      const Keyword *keyword;
      char *word, *end;

      while (is_space (*at))
        at++;
      if (*at == '\0')
        return TX_OK;
      word = at;
      while (*at != '\0' && !is_space (*at))
        at++;
      end = at;
      keyword = words->place == NULL ? NULL : find_keyword (word, (size_t) (end - word));
      if (keyword == NULL)
        {
          if (*value == NULL || **value == '\0')
            *value = word;
          else /* a value of several words: what divided it was cut off */
            for (char *gap = *value + strlen (*value); gap < word; gap++)
              *gap = ' ';
        }
      else
        {
          value = (char **) ((char *) words + keyword->offset);
          if (*value != NULL)
            return complain (error, keyword->name, "this condition is said twice");
          *value = end; /* empty so far */
        }
      if (*end == '\0')
        return TX_OK;
      *end = '\0';
      at = end + 1;
    }
}

/* --- numbers --- */

static bool
read_number (const char *text, uint64_t max, uint64_t *ret_value)
{
  uint64_t value = 0;

  for (const char *p = text; *p != '\0'; p++)
    {
      uint64_t digit = (uint64_t) (*p - '0');

      if (*p < '0' || *p > '9' || digit > max || value > (max - digit) / 10)
        return false;
      value = value * 10 + digit;
    }
  *ret_value = value;
  return text[0] != '\0';
}

static TxStatus
take_number (const char *text, const char *what, uint64_t *ret_value, TxError *error)
{
  if (text == NULL)
    return TX_OK;
  if (!read_number (text, UINT64_MAX - 1, ret_value))
    return complain (error, text, what);
  return TX_OK;
}

/* --- conditions --- */

static TxStatus
find_thread (const ReplayTrace *trace, const char *text, TxThreadId *ret_thread, TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  size_t n_threads = tx_reader_get_n_threads (reader);
  uint64_t number;

  if (read_number (text, UINT32_MAX, &number) && number > 0 && number <= n_threads)
    {
      *ret_thread = (TxThreadId) number;
      return TX_OK;
    }
  for (size_t id = 1; id <= n_threads; id++)
    {
      const TxThreadInfo *thread = tx_reader_get_thread (reader, (TxThreadId) id);

      if (thread == NULL || text[0] == '\0' || strcmp (thread->name, text) != 0)
        continue;
      *ret_thread = (TxThreadId) id;
      return TX_OK;
    }
  return complain (error, text, "no thread of the recording has this number or name");
}

static TxStatus
find_range (ReplayTrace *trace,
            const ReplayBreakpointsContext *context,
            const char *text,
            ReplayCondition *condition,
            TxError *error)
{
  const ReplaySpecContext said = {
    .current = context->position, .file = context->file, .zone = context->zone, .allow_range = true
  };
  ReplaySpec spec;
  TxStatus status = replay_spec_resolve_times (trace, text, &said, NULL, &spec, error);

  /* A range outside of the recording is as useless as none; the message stays. */
  if (status == TX_END)
    {
      status = TX_ERROR_INVALID;
      if (error != NULL)
        error->status = status;
    }
  if (status != TX_OK)
    return status;
  if (!spec.is_range)
    return complain (error, text, "a range of times is expected here, like 12:00..12:05");
  condition->has_range = true;
  condition->from_ns = spec.from.real_ns;
  condition->to_ns = spec.to.real_ns;
  return TX_OK;
}

static TxStatus
find_caller (const ReplayTrace *trace, const char *text, ReplayCondition *condition, TxError *error)
{
  if (strlen (text) > REPLAY_BREAKPOINT_NAME_SIZE_MAX ||
      replay_trace_find_functions (trace, text, NULL, 0) == 0)
    return complain (error, text, "no function of this name was recorded");
  condition->caller = text;
  return TX_OK;
}

static TxStatus
read_condition (ReplayTrace *trace,
                const ReplayBreakpointsContext *context,
                const Words *words,
                ReplayCondition *condition,
                TxError *error)
{
  TxStatus status = take_number (words->number, "a number from 1 is expected behind 'number'",
                                 &condition->number, error);

  if (status == TX_OK && words->number != NULL && condition->number == 0)
    status = complain (error, words->number, "executions are counted from 1");
  if (status == TX_OK)
    status = take_number (words->ignore, "a number is expected behind 'ignore'", &condition->ignore,
                          error);
  if (status == TX_OK && words->thread != NULL)
    status = find_thread (trace, words->thread, &condition->thread, error);
  if (status == TX_OK && words->from != NULL)
    status = find_caller (trace, words->from, condition, error);
  if (status == TX_OK && words->within != NULL)
    status = find_range (trace, context, words->within, condition, error);
  return status;
}

/* --- the place --- */

/* Cuts `#37` off the place. */
static TxStatus
cut_number (Words *words, TxError *error)
{
  char *hash = strrchr (words->place, '#');
  uint64_t number;

  if (hash == NULL || !read_number (hash + 1, UINT64_MAX - 1, &number))
    return TX_OK;
  if (words->number != NULL)
    return complain (error, words->place, "the number of the execution is said twice");
  *hash = '\0';
  words->number = hash + 1;
  return TX_OK;
}

static TxStatus
find_file (const ReplayTrace *trace, const char *name, TxFileId *ret_file, TxError *error)
{
  size_t n_found = replay_trace_find_file (trace, name, ret_file);

  if (n_found == 0)
    return complain (error, name, "no such file was recorded");
  if (n_found > 1)
    return complain (error, name, "several recorded files end so (give more of the path)");
  return TX_OK;
}

/* Adds the breakpoint; @place is changed. */
static TxStatus
add_place (ReplayBreakpoints *self,
           ReplayTrace *trace,
           char *place,
           const ReplayBreakpointsContext *context,
           uint32_t *ret_id,
           TxError *error)
{
  char *colon = strrchr (place, ':');
  TxFileId file = context->file;
  uint64_t line;
  TxStatus status = TX_OK;

  if (!read_number (colon != NULL ? colon + 1 : place, UINT32_MAX, &line))
    return replay_breakpoints_add_function (self, trace, place, ret_id, error);
  if (line == 0)
    return complain (error, place, "lines are counted from 1");
  if (colon != NULL && colon != place)
    {
      *colon = '\0';
      status = find_file (trace, place, &file, error);
    }
  else if (file == 0)
    status = complain (error, place, "no file is shown here (say FILE:LINE)");
  if (status != TX_OK)
    return status;
  return replay_breakpoints_add (self, trace, file, (uint32_t) line, ret_id, error);
}

static TxStatus
add_words (ReplayBreakpoints *self,
           ReplayTrace *trace,
           Words *words,
           const ReplayBreakpointsContext *context,
           uint32_t *ret_id,
           TxError *error)
{
  ReplayCondition condition = { 0 };
  size_t n_before = replay_breakpoints_get_count (self);
  uint32_t id = 0;
  TxStatus status = cut_number (words, error);

  if (status == TX_OK)
    status = read_condition (trace, context, words, &condition, error);
  if (status == TX_OK)
    status = add_place (self, trace, words->place, context, &id, error);
  if (status != TX_OK)
    return status;
  if (!replay_breakpoints_set_condition (self, id, &condition))
    {
      if (replay_breakpoints_get_count (self) > n_before)
        replay_breakpoints_remove_id (self, id);
      return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a breakpoint");
    }
  if (ret_id != NULL)
    *ret_id = id;
  return TX_OK;
}

TxStatus
replay_breakpoints_add_text (ReplayBreakpoints *self,
                             ReplayTrace *trace,
                             const char *text,
                             const ReplayBreakpointsContext *context,
                             uint32_t *ret_id,
                             TxError *error)
{
  Words words = { 0 };
  char *copy;
  TxStatus status;

  if (strnlen (text, TEXT_SIZE_MAX + 1) > TEXT_SIZE_MAX)
    return tx_error_set (error, TX_ERROR_INVALID, "the text is too long for a breakpoint");
  copy = strdup (text);
  if (copy == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a breakpoint");
  status = divide (copy, &words, error);
  if (status == TX_OK && words.place == NULL)
    status = tx_error_set (error, TX_ERROR_INVALID,
                           "no place was given (say a line, FILE:LINE or a function)");
  if (status == TX_OK)
    status = add_words (self, trace, &words, context, ret_id, error);
  free (copy);
  return status;
}

/* --- printing --- */

/* Appends to a text of @size; nothing once it is full. */
typedef struct
{
  char *text;
  size_t size;
  size_t len;
} Output;

static void TX_PRINTF (2, 3) append (Output *out, const char *format, ...)
{
  va_list arguments;
  int n;

  va_start (arguments, format);
  n = vsnprintf (out->text + out->len, out->size - out->len, format, arguments);
  va_end (arguments);
  if (n > 0)
    out->len += (size_t) n < out->size - out->len ? (size_t) n : out->size - out->len - 1;
}

static void
append_name (Output *out, const char *name)
{
  out->len +=
      replay_text_sanitize (name, strlen (name), out->text + out->len, out->size - out->len);
}

static void
append_range (Output *out, const ReplayCondition *condition, const ReplayZone *zone)
{
  unsigned flags = REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET;
  char from[REPLAY_TIMES_FORMAT_SIZE];
  char to[REPLAY_TIMES_FORMAT_SIZE];

  replay_times_format (condition->from_ns, zone, flags, 9, from, sizeof from);
  replay_times_format (condition->to_ns, zone, flags, 9, to, sizeof to);
  append (out, " within %s..%s", from, to);
}

size_t
replay_breakpoint_format (const ReplayBreakpoint *self,
                          const ReplayTrace *trace,
                          const ReplayZone *zone,
                          char *ret_text,
                          size_t size)
{
  const ReplayCondition *condition = &self->condition;
  Output out = { ret_text, size, 0 };
  char file[REPLAY_SPEC_FORMAT_SIZE];

  if (size == 0)
    return 0;
  ret_text[0] = '\0';
  if (self->function != NULL)
    append_name (&out, self->function);
  else
    {
      (void) replay_spec_format_file (trace, self->file, file, sizeof file);
      append (&out, "%s:%" PRIu32, file, self->line);
    }
  if (condition->number != 0)
    append (&out, " number %" PRIu64, condition->number);
  if (condition->ignore != 0)
    append (&out, " ignore %" PRIu64, condition->ignore);
  if (condition->thread != 0)
    append (&out, " thread %" PRIu32, condition->thread);
  if (condition->caller != NULL)
    {
      append (&out, " from ");
      append_name (&out, condition->caller);
    }
  if (condition->has_range)
    append_range (&out, condition, zone);
  return out.len;
}
