// SPDX-License-Identifier: BSD-3-Clause
// What all that prints comma-separated values shares: fields, which may hold any byte in a recording.
#pragma once

/** cli_csv_print_string: prints @text to the standard output, escaped as replay_text_escape() does, and in quotes
 * where RFC 4180 needs them. */
void cli_csv_print_string (const char *text);
