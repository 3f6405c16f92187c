// SPDX-License-Identifier: BSD-3-Clause
// Parses the text files of a trace (docs/trace-format.md, section 2.1).
#include "tx-info-reader-private.h"

#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"

static bool
is_key (const char *key, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (!(key[i] >= 'a' && key[i] <= 'z') && !(key[i] >= '0' && key[i] <= '9') && key[i] != '_' &&
        key[i] != '.')
      return false;
  return size > 0;
}

static int
hex_digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/* Undoes the escape at @from, a backslash. Returns bytes used; 0 where it is none, or is a NUL. */
static size_t
unescape_one (const char *from, const char *end, char *ret_byte)
{
  int high, low;

  if (end - from >= 2 && (from[1] == 'n' || from[1] == '\\'))
    {
      *ret_byte = from[1] == 'n' ? '\n' : '\\';
      return 2;
    }
  if (end - from < 4 || from[1] != 'x')
    return 0;
  high = hex_digit (from[2]);
  low = hex_digit (from[3]);
  if (high < 0 || low < 0 || (high == 0 && low == 0))
    return 0;
  *ret_byte = (char) (high * 16 + low);
  return 4;
}

/* In place; what is no escape stays as it is. */
static void
unescape (char *value, const char *end)
{
  const char *from = value;
  char *to = value;

  while (from < end)
    {
      size_t used = *from == '\\' ? unescape_one (from, end, to) : 0;

      if (used == 0)
        {
          *to = *from;
          used = 1;
        }
      to++;
      from += used;
    }
  *to = '\0';
}

bool
_tx_info_parse (TxInfo *self, char *text, size_t size_bytes)
{
  size_t capacity = 0;
  char *end = text + size_bytes;
  char *newline;

  *self = (TxInfo){ .text = text };
  for (char *line = text; (newline = memchr (line, '\n', (size_t) (end - line)));
       line = newline + 1)
    {
      char *equals = memchr (line, '=', (size_t) (newline - line));

      if (!equals || !is_key (line, (size_t) (equals - line)) ||
          memchr (line, '\0', (size_t) (newline - line)))
        {
          self->n_bad++;
          continue;
        }
      if (!TX_ARRAY_RESERVE (self->lines, capacity, self->n_lines + 1))
        {
          _tx_info_clear (self);
          return false;
        }
      *equals = '\0';
      *newline = '\0';
      unescape (equals + 1, newline);
      self->lines[self->n_lines++] = (TxInfoLine){ line, equals + 1 };
    }
  return true;
}

void
_tx_info_clear (TxInfo *self)
{
  free (self->text);
  free (self->lines);
  *self = (TxInfo){ 0 };
}

const char *
_tx_info_get (const TxInfo *self, const char *key)
{
  for (size_t i = 0; i < self->n_lines; i++)
    if (strcmp (self->lines[i].key, key) == 0)
      return self->lines[i].value;
  return NULL;
}

bool
_tx_info_get_number (const TxInfo *self, const char *key, int base, uint64_t *ret_number)
{
  const char *value = _tx_info_get (self, key);
  uint64_t number = 0;

  if (!value || !*value)
    return false;
  for (; *value; value++)
    {
      int digit = hex_digit (*value);

      if (digit < 0 || digit >= base || __builtin_mul_overflow (number, (uint64_t) base, &number) ||
          __builtin_add_overflow (number, (uint64_t) digit, &number))
        return false;
    }
  *ret_number = number;
  return true;
}

TxProcess
_tx_info_get_process (const TxInfo *self)
{
  const char *boot_id = _tx_info_get (self, "boot_id");
  TxProcess process = { .boot_id = boot_id ? boot_id : "" };
  uint64_t pid = 0;

  if (_tx_info_get_number (self, "pid", 10, &pid) && pid <= UINT32_MAX)
    process.pid = (uint32_t) pid;
  (void) _tx_info_get_number (self, "start_ticks", 10, &process.start_ticks);
  (void) _tx_info_get_number (self, "image", 10, &process.image);
  (void) _tx_info_get_number (self, "pid_namespace", 10, &process.pid_namespace);
  (void) _tx_info_get_number (self, "time_namespace", 10, &process.time_namespace);
  return process;
}
