// SPDX-License-Identifier: BSD-3-Clause
// What the terminal programs say when something is wrong, and what they exit with. Owns the one
// way of printing to the standard error; control characters never get through.
#pragma once

#include "trace/tx-error.h"

/* INTERFACE: exit codes of all our programs. */
typedef enum {
  CLI_EXIT_OK = 0,
  CLI_EXIT_USAGE = 1,   /* wrong usage, or nothing to show */
  CLI_EXIT_DAMAGED = 2, /* damaged: what could be read was shown */
} CliExit;

/** cli_report: prints `PROGRAM: MESSAGE` as one line. */
void cli_report (const char *program, const char *format, ...) TX_PRINTF (2, 3);

/** cli_report_error: prints @error; returns what to exit with. */
CliExit cli_report_error (const char *program, const TxError *error);
