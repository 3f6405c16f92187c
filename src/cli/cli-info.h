// SPDX-License-Identifier: BSD-3-Clause
// Prints what a trace says of itself: its `info`, and its `end` once it has one.
#pragma once

#include "replay/replay-trace.h"

/** cli_info_print: a header, then at most @limit lines, to the standard output; whether all was written. */
bool cli_info_print (const ReplayTrace *trace, uint64_t limit);
