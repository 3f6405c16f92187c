// SPDX-License-Identifier: BSD-3-Clause
// CliNames: printable names of a recording's files and functions, escaped once each. For output
// that programs read, so that a tab or newline in a name can't break a row.
#pragma once

#include "trace/tx-reader.h"

typedef struct _CliNames CliNames;

/** cli_names_new: (nullable): NULL without memory. Borrows @reader. */
CliNames *cli_names_new (const TxReader *reader);
void cli_names_free (CliNames *self);

/** Escaped as replay_text_escape() does; "?" where not known or without memory. Valid as long as @self. */
const char *cli_names_get_file (CliNames *self, TxFunctionId function);
const char *cli_names_get_function (CliNames *self, TxFunctionId function);
