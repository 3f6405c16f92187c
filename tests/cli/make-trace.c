// SPDX-License-Identifier: BSD-3-Clause
// Makes a recording from a text (tests/support/trace-text.h) on the standard input, with a clock
// that only the text moves, so that what programs print of it is always the same.
//
//   make-trace [--die] DIRECTORY
//
// With --live each line is played as it comes, and answered by `ok`; the recording is closed at the
// end of the input.
//
//   make-trace --live DIRECTORY
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace-text.h"

static int
record_live (const char *directory)
{
  TraceText *trace = trace_text_new (directory, NULL);
  char *line = NULL;
  size_t size = 0;

  while (getline (&line, &size, stdin) >= 0)
    {
      trace_text_play (trace, line);
      puts ("ok");
      fflush (stdout);
    }
  free (line);
  trace_text_close (trace);
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GString) text = g_string_new (NULL);
  bool die = argc == 3 && strcmp (argv[1], "--die") == 0;
  bool live = argc == 3 && strcmp (argv[1], "--live") == 0;
  char buffer[4096];
  size_t size;

  if (argc != 2 && !die && !live)
    {
      fprintf (stderr, "usage: make-trace [--die | --live] DIRECTORY\n");
      return 1;
    }
  while (!live && (size = fread (buffer, 1, sizeof buffer, stdin)) > 0)
    g_string_append_len (text, buffer, (gssize) size);
  if (g_mkdir_with_parents (argv[argc - 1], 0700) != 0)
    {
      perror (argv[argc - 1]);
      return 1;
    }
  if (live)
    return record_live (argv[argc - 1]);
  if (die)
    trace_text_record_and_die (argv[argc - 1], NULL, text->str);
  else
    trace_text_record (argv[argc - 1], text->str);
  return 0;
}
