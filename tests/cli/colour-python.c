// SPDX-License-Identifier: BSD-3-Clause
// Prints what python-colours makes of the standard input: of each line a letter a byte: `.` plain,
// k keyword, s string, c comment, n number, d decorator, f name that is defined.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "python-colours.h"

int
main (void)
{
  static const char letters[PYTHON_KINDS + 1] = ".kscndf";
  PythonState state = { 0 };
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  while ((length = getline (&line, &size, stdin)) >= 0)
    {
      uint8_t *kinds;

      while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
      kinds = malloc ((size_t) length + 1);
      if (!kinds)
        return 1;
      python_colour_line (&state, line, (size_t) length, kinds);
      for (ssize_t i = 0; i < length; i++)
        putchar (letters[kinds[i]]);
      putchar ('\n');
      free (kinds);
    }
  free (line);
  return 0;
}
