// SPDX-License-Identifier: BSD-3-Clause
// Recordings of other tools, which are converted into traces when they are opened: today WalT's trackexec.
#pragma once

#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/** replay_convert_is_needed: whether @directory is a recording that is no trace, but can be made one. */
bool replay_convert_is_needed (const char *directory);

/**
 * replay_convert:
 * @directory: one for which replay_convert_is_needed()
 * @progress: (nullable)
 *
 * Converts it into the user's cache, where it has not been done before, so that replay_trace_open(), which
 * does the same without progress, finds it there. Any thread.
 */
TxStatus replay_convert (const char *directory, const ReplayProgress *progress, TxError *error) TX_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
