// SPDX-License-Identifier: BSD-3-Clause
// JSON's strings.
#include "cli-json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "replay/replay-text.h"

void
cli_json_print_string (const char *text)
{
  size_t length = strlen (text);

  putchar ('"');
  while (length > 0)
    {
      const char *start = text;
      uint32_t c;

      if (!replay_text_take_char (&text, &length, &c))
        printf ("\\udc%02x", c);
      else if (c == '"' || c == '\\')
        printf ("\\%c", (char) c);
      else if (c < 0x10000 && !replay_text_is_printable (c))
        printf ("\\u%04x", c);
      else if (!replay_text_is_printable (c))
        printf ("\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
      else
        fwrite (start, 1, (size_t) (text - start), stdout);
    }
  putchar ('"');
}
