// SPDX-License-Identifier: BSD-3-Clause
// Prints the whole stack at each @EVERY-th step: "STEP FILE:LINE FILE:LINE...", outermost first.
#include <stdio.h>
#include <stdlib.h>

#include "replay/replay-trace.h"

#define DEPTH_MAX 8192u

static void
print_stack (ReplayTrace *trace, ReplayPosition position)
{
  static ReplayFrame frames[DEPTH_MAX];
  size_t n_frames;
  uint32_t depth;
  TxError error = { 0 };

  if (replay_trace_get_stack (trace, position, 0, frames, DEPTH_MAX, &n_frames, &depth, &error) !=
          TX_OK ||
      n_frames != depth)
    {
      fprintf (stderr, "no stack at %llu: %s\n", (unsigned long long) position, error.message);
      exit (1);
    }
  printf ("%llu", (unsigned long long) position);
  for (size_t i = n_frames; i > 0; i--)
    printf (" %u:%u", frames[i - 1].file - 1, frames[i - 1].line);
  putchar ('\n');
}

int
main (int argc, char **argv)
{
  TxError error = { 0 };
  ReplayTrace *trace = argc == 3 ? replay_trace_open (argv[1], &error) : NULL;
  uint64_t every = argc == 3 ? strtoull (argv[2], NULL, 10) : 0;

  if (!trace || every == 0)
    {
      fprintf (stderr, "print-stacks DIR EVERY: %s\n", error.message);
      return 1;
    }
  for (uint64_t i = 0; i < replay_trace_get_n_steps (trace); i += every)
    print_stack (trace, i);
  replay_trace_close (trace);
  return 0;
}
