// SPDX-License-Identifier: BSD-3-Clause
// CliSources: lines of the source texts that a recording holds, as UTF-8. Loads each text once.
#pragma once

#include "trace/tx-reader.h"

typedef struct _CliSources CliSources;

/** cli_sources_new: (nullable): NULL without memory. Borrows @reader. */
CliSources *cli_sources_new (const TxReader *reader);
void cli_sources_free (CliSources *self);

/**
 * cli_sources_dup_line:
 * @line: 1-based
 *
 * The line without the white space around it. Lines end as Python has it: at \n, \r\n and \r. Texts that
 * declare a Latin encoding are converted; bytes of others that are not UTF-8 stay as they are.
 *
 * Returns: (transfer full): free() it; "" where there is no such source or line; NULL without memory
 */
char *cli_sources_dup_line (CliSources *self, TxFileId file, uint32_t line);

/** cli_sources_get_n_lines: 0 where there is no such source. An end of line at the end begins no further one. */
size_t cli_sources_get_n_lines (CliSources *self, TxFileId file);

/** cli_sources_dup_whole_line: as cli_sources_dup_line(), but with the white space before and behind. */
char *cli_sources_dup_whole_line (CliSources *self, TxFileId file, uint32_t line);

/**
 * cli_sources_report_younger:
 * Says on the standard error which of the files whose lines were asked for were changed after the program
 * had started: one line, or nothing.
 */
void cli_sources_report_younger (const CliSources *self, const char *program);
