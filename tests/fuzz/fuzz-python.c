// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as Python source: each byte of each line gets a kind, and nothing behind it is touched.
#include <stdlib.h>
#include <string.h>

#include "python-colours.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define UNTOUCHED 0xa5

static void
check (PythonState *state, const uint8_t *line, size_t length)
{
  uint8_t *kinds = malloc (length + 1);
  char *copy = malloc (length > 0 ? length : 1); /* its end is the end of the memory */

  if (!kinds || !copy)
    abort ();
  memset (kinds, UNTOUCHED, length + 1);
  if (length > 0)
    memcpy (copy, line, length);
  python_colour_line (state, copy, length, kinds);
  for (size_t i = 0; i < length; i++)
    if (kinds[i] >= PYTHON_KINDS)
      abort ();
  if (kinds[length] != UNTOUCHED || state->n_strings > PYTHON_NESTING_MAX)
    abort ();
  free (kinds);
  free (copy);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  PythonState state = { 0 };

  while (size > 0)
    {
      const uint8_t *end = memchr (data, '\n', size);
      size_t length = end ? (size_t) (end - data) : size;

      check (&state, data, length);
      data += length + (end != NULL);
      size -= length + (end != NULL);
    }
  return 0;
}
