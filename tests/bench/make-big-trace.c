// SPDX-License-Identifier: BSD-3-Clause
// Makes a trace of any size to measure on; see big-trace.h.
//
//   make-big-trace DIRECTORY STEPS [SEED [THREADS]]
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "big-trace.h"

static void
report (double fraction)
{
  if (isatty (STDERR_FILENO))
    fprintf (stderr, "\r%3.0f %%", fraction * 100);
}

int
main (int argc, char **argv)
{
  BigTraceOptions options = { .progress = report, .seed = 1 };
  TxError error = { 0 };

  if (argc < 3 || argc > 5)
    {
      fprintf (stderr, "usage: make-big-trace DIRECTORY STEPS [SEED [THREADS]]\n");
      return 1;
    }
  options.n_steps = (uint64_t) strtod (argv[2], NULL);
  if (argc > 3)
    options.seed = strtoull (argv[3], NULL, 10);
  if (argc > 4)
    options.n_threads = (unsigned) strtoul (argv[4], NULL, 10);
  if (options.n_steps < 100000 || mkdir (argv[1], 0700) != 0)
    {
      fprintf (stderr,
               "make-big-trace: cannot make '%s' with %s steps (a new directory, 100000 or more)\n",
               argv[1], argv[2]);
      return 1;
    }
  if (big_trace_make (argv[1], &options, &error) != TX_OK)
    {
      fprintf (stderr, "make-big-trace: %s\n", error.message);
      return 1;
    }
  return 0;
}
