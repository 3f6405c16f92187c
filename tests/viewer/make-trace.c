// SPDX-License-Identifier: BSD-3-Clause
// Makes the fixture's recording for tests that drive the viewer from outside. Prints the directory
// of the trace; with "live" the recording goes on until standard input ends, and each line read
// from it is played (see trace-text.h).
#include <stdio.h>
#include <string.h>

#include "viewer-fixture.h"

static void
go_on (ViewerFixture *fixture)
{
  char line[4096];

  while (fgets (line, sizeof line, stdin))
    {
      g_auto (GStrv) parts = g_strsplit (line, "SOURCE", -1);
      g_autofree char *text = g_strjoinv (fixture->source, parts);

      trace_text_play (fixture->live, g_strchomp (text));
    }
  trace_text_close (fixture->live);
}

int
main (int argc, char **argv)
{
  ViewerFixture fixture = { 0 };
  gboolean live = argc > 1 && g_str_equal (argv[1], "live");

  if (live)
    viewer_fixture_set_up_live (&fixture, NULL);
  else
    viewer_fixture_set_up (&fixture, NULL);
  printf ("%s\n", fixture.trace);
  fflush (stdout);
  if (live)
    go_on (&fixture);
  return 0;
}
