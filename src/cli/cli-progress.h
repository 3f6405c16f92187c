// SPDX-License-Identifier: BSD-3-Clause
// How far long work is, on a terminal's standard error; an interrupt cancels it.
#pragma once

#include "replay/replay-trace.h"

typedef struct {
  ReplayProgress progress; /* to hand on; borrows @self, so that it must not move */
  bool is_terminal;
  bool is_shown;
  int last_percent;
} CliProgress;

/** cli_progress_init: @is_quiet: show nothing. From here on SIGINT and SIGTERM cancel instead of ending the program. */
void cli_progress_init (CliProgress *self, bool is_quiet);

/** cli_progress_clear: takes off the terminal what was shown. */
void cli_progress_clear (CliProgress *self);

/** cli_progress_get_signal: the signal that cancelled, 0: none. */
int cli_progress_get_signal (void);
