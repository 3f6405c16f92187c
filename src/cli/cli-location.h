// SPDX-License-Identifier: BSD-3-Clause
// Names of files that are as short as they can be told apart.
#pragma once

#include "trace/tx-reader.h"

/**
 * cli_location_get_file:
 *
 * Returns: (transfer none): the last parts of the file's path that no other file of the recording ends in, as
 *   recorded: any byte. "?" where not known
 */
const char *cli_location_get_file (const TxReader *reader, TxFileId id);
