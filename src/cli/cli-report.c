// SPDX-License-Identifier: BSD-3-Clause
// Prints messages to the standard error with everything unprintable replaced.
#include "cli-report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "replay/replay-text.h"

#define MESSAGE_SIZE 2048u

void
cli_report (const char *program, const char *format, ...)
{
  char message[MESSAGE_SIZE];
  char clean[10 * MESSAGE_SIZE + 1];
  va_list arguments;

  va_start (arguments, format);
  vsnprintf (message, sizeof message, format, arguments);
  va_end (arguments);
  replay_text_sanitize (message, strlen (message), clean, sizeof clean);
  fprintf (stderr, "%s: %s\n", program, clean);
}

CliExit
cli_report_error (const char *program, const TxError *error)
{
  cli_report (program, "%s", error->message);
  return error->status == TX_ERROR_DAMAGED ? CLI_EXIT_DAMAGED : CLI_EXIT_USAGE;
}
