// SPDX-License-Identifier: BSD-3-Clause
// Fields of comma-separated values.
#include "cli-csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-text.h"

void
cli_csv_print_string (const char *text)
{
  size_t length = strlen (text);
  size_t size = 10 * length + 1;
  char *escaped = malloc (size);

  if (!escaped)
    return;
  replay_text_escape (text, length, escaped, size);
  if (strpbrk (escaped, ",\"; ") == NULL)
    fputs (escaped, stdout);
  else
    {
      putchar ('"');
      for (const char *p = escaped; *p; p++)
        {
          if (*p == '"')
            putchar ('"');
          putchar (*p);
        }
      putchar ('"');
    }
  free (escaped);
}
