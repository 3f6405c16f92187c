// SPDX-License-Identifier: BSD-3-Clause
// CliProgress: a percentage that is written over and over.
#include "cli-progress.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t got_signal; /* a handler has nothing else to reach */

static void
note_signal (int number)
{
  got_signal = number;
}

static bool
show_cb (void *data, double fraction)
{
  CliProgress *self = data;
  int percent = (int) (fraction * 100);

  if (self->is_terminal && percent != self->last_percent)
    {
      fprintf (stderr, "\r%3d %%", percent);
      self->last_percent = percent;
      self->is_shown = true;
    }
  return got_signal == 0;
}

void
cli_progress_init (CliProgress *self, bool is_quiet)
{
  /* A second one ends the program, should the first one not get through. */
  struct sigaction action = { .sa_handler = note_signal, .sa_flags = (int) SA_RESETHAND };

  *self = (CliProgress){ .is_terminal = !is_quiet && isatty (STDERR_FILENO) };
  self->progress = (ReplayProgress){ show_cb, self };
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

void
cli_progress_clear (CliProgress *self)
{
  if (self->is_shown)
    fputs ("\r     \r", stderr);
  self->is_shown = false;
  self->last_percent = 0;
}

int
cli_progress_get_signal (void)
{
  return got_signal;
}
