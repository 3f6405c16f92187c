// SPDX-License-Identifier: BSD-3-Clause
// CliOutput: bytes are collected and written with write().
#include "cli-output.h"

#include <errno.h>
#include <unistd.h>

#define NUMBER_SIZE_MAX 20u /* digits of 2^64 - 1 */

void
cli_output_flush (CliOutput *self)
{
  int fd = self->fd == 0 ? STDOUT_FILENO : self->fd;
  size_t written = 0;

  while (written < self->used && self->sys_errno == 0)
    {
      ssize_t n = write (fd, self->bytes + written, self->used - written);

      if (n > 0)
        written += (size_t) n;
      else if (n < 0 && errno != EINTR)
        self->sys_errno = errno;
    }
  self->used = 0;
}

void
cli_output_put_text (CliOutput *self, const char *text)
{
  size_t length = strlen (text);

  while (length > CLI_OUTPUT_SIZE - self->used)
    {
      size_t n = CLI_OUTPUT_SIZE - self->used;

      memcpy (self->bytes + self->used, text, n);
      self->used += n;
      text += n;
      length -= n;
      cli_output_flush (self);
    }
  memcpy (self->bytes + self->used, text, length);
  self->used += length;
}

void
cli_output_put_char (CliOutput *self, char c)
{
  if (self->used == CLI_OUTPUT_SIZE)
    cli_output_flush (self);
  self->bytes[self->used++] = c;
}

void
cli_output_put_number (CliOutput *self, uint64_t number)
{
  char digits[NUMBER_SIZE_MAX];
  size_t n = 0;

  if (CLI_OUTPUT_SIZE - self->used < NUMBER_SIZE_MAX)
    cli_output_flush (self);
  do
    digits[n++] = (char) ('0' + number % 10);
  while ((number /= 10) > 0);
  while (n > 0)
    self->bytes[self->used++] = digits[--n];
}

void
cli_output_put_signed (CliOutput *self, int64_t number)
{
  if (number < 0)
    cli_output_put_char (self, '-');
  cli_output_put_number (self, number < 0 ? 0 - (uint64_t) number : (uint64_t) number);
}

void
cli_output_put_json (CliOutput *self, const char *text)
{
  static const char digits[] = "0123456789abcdef";

  cli_output_put_char (self, '"');
  for (; *text; text++)
    {
      unsigned char c = (unsigned char) *text;

      if (c < 0x20)
        {
          cli_output_put_text (self, "\\u00");
          cli_output_put_char (self, digits[c >> 4]);
          cli_output_put_char (self, digits[c & 15]);
          continue;
        }
      if (c == '"' || c == '\\')
        cli_output_put_char (self, '\\');
      cli_output_put_char (self, *text);
    }
  cli_output_put_char (self, '"');
}

void
cli_output_put_csv (CliOutput *self, const char *text)
{
  if (strpbrk (text, ",\"; \r\n") == NULL)
    {
      cli_output_put_text (self, text);
      return;
    }
  cli_output_put_char (self, '"');
  for (; *text; text++)
    {
      if (*text == '"')
        cli_output_put_char (self, '"');
      cli_output_put_char (self, *text);
    }
  cli_output_put_char (self, '"');
}
