// SPDX-License-Identifier: BSD-3-Clause
// How long a step runs.
#pragma once

#include "replay-trace-private.h"

/* Of the line that begins at @event, if it ends in the block; false otherwise. */
bool _replay_duration_find_in_block (const TxBlock *block,
                                     size_t event,
                                     int64_t *ret_duration_ns,
                                     uint32_t *ret_error_ns);
