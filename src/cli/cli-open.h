// SPDX-License-Identifier: BSD-3-Clause
// From a directory and times on the command line to an open recording and a range in it.
#pragma once

#include "replay/replay-trace.h"
#include "replay/replay-zone.h"

/**
 * cli_open_trace:
 * @directory: a trace, a run or a base directory. A run of several processes is refused, with a
 *   list of them.
 */
ReplayTrace *cli_open_trace (const char *directory, TxError *error) TX_WARN_UNUSED;

/**
 * cli_take_directory:
 * The one argument that is left behind the options that getopt took.
 *
 * Returns: (nullable): borrowed from @argv; NULL: none or several, which was said
 */
const char *cli_take_directory (const char *program, int argc, char **argv);

/** CliRange: wall clock (UTC ns); both ends belong to it. */
typedef struct {
  int64_t from_ns; /* INT64_MIN: from the start */
  int64_t to_ns;   /* INT64_MAX: to the end */
} CliRange;

/**
 * cli_parse_range:
 * @from, @to: (nullable): every form of replay_spec_resolve(), or a range in @from alone. What had to be
 *   assumed (a date) is said on the standard error.
 */
TxStatus cli_parse_range (const char *program, ReplayTrace *trace, const char *from, const char *to, CliRange *ret_range, TxError *error) TX_WARN_UNUSED;

/**
 * cli_parse_position:
 * @option: as it is called in messages
 * @ret_asked_ns: the time that was said, or that of the step
 *
 * Every form of replay_spec_resolve() to a step: for a time the last one that began at or before it.
 */
TxStatus cli_parse_position (const char *program, ReplayTrace *trace, const char *option, const char *text, ReplayPosition *ret_position, int64_t *ret_asked_ns, TxError *error) TX_WARN_UNUSED;

/**
 * cli_report_state:
 * Says on the standard error what is missing or damaged in the recording.
 *
 * Returns: what to exit with: %CLI_EXIT_DAMAGED where something is damaged
 */
int cli_report_state (const char *program, const ReplayTrace *trace);
