// SPDX-License-Identifier: BSD-3-Clause
// CliOutput: a buffer before the standard output or a file, for rows by the hundred million: stdio's formatting costs
// more than reading the recording. Errors stick, and are looked at once, at the end.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CLI_OUTPUT_SIZE 65536u

typedef struct {
  int fd;        /* where to; 0: the standard output, so that an output of zeros is one */
  size_t used;
  int sys_errno; /* of the first write that failed; 0: none did */
  char bytes[CLI_OUTPUT_SIZE];
} CliOutput;

/** cli_output_flush: writes what is in the buffer, to the end or to the first error. */
void cli_output_flush (CliOutput *self);

/** cli_output_put_text: @text of any length. */
void cli_output_put_text (CliOutput *self, const char *text);
void cli_output_put_char (CliOutput *self, char c);
void cli_output_put_number (CliOutput *self, uint64_t number);
void cli_output_put_signed (CliOutput *self, int64_t number);

/** cli_output_put_json: @text, which is UTF-8, in quotes. */
void cli_output_put_json (CliOutput *self, const char *text);

/** cli_output_put_csv: @text as a field of RFC 4180: in quotes where it needs them. */
void cli_output_put_csv (CliOutput *self, const char *text);
