// SPDX-License-Identifier: BSD-3-Clause
// What all that prints JSON shares: strings, which may hold any byte in a recording.
#pragma once

/**
 * cli_json_print_string:
 * Prints @text in quotes to the standard output. Bytes that are no UTF-8 become lone surrogates, as Python's
 * surrogateescape has them; characters that can't be printed are escaped.
 */
void cli_json_print_string (const char *text);
