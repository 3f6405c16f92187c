// SPDX-License-Identifier: BSD-3-Clause
// Recordings that WalT's trackexec has written: told from others, and converted into traces that
// every tool here reads. Nothing is ever written where they are.
//
// What that format does not tell, a converted trace does not have either: names of functions (each is
// `?`), threads (there is one), exceptions, which frames are suspended and which have returned, how long
// a line waited. A line that runs again in its frame without another one between is one step here.
// The wall clock serves as the monotonic one. Every byte is taken as hostile; the pickle that WalT's own
// reader leaves there is not looked at.
#pragma once

#include <stdbool.h>

#include "trace/tx-error.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * WaltProgressFunc:
 * @fraction: 0 .. 1
 *
 * Returns: false to cancel: %TX_CANCELLED then, and nothing is left behind
 */
typedef bool (*WaltProgressFunc) (void *data, double fraction);

/** walt_is_trace: whether @directory looks like a recording of WalT's: `log_index` and `log_map/`. */
bool walt_is_trace (const char *directory);

/**
 * walt_convert:
 * @directory: a recording of WalT's
 * @target: an existing empty directory, absolute
 * @progress: (nullable)
 *
 * Writes a trace of what can be read of @directory. Damage does not fail: it is stated in the trace, as
 * gaps, marks and in `info`. Memory does not grow with the recording. Fails where @directory cannot be read at all,
 * and with %TX_ERROR_IO where @target has no room; what is in @target is the caller's to remove then.
 */
TxStatus walt_convert (const char *directory,
                       const char *target,
                       WaltProgressFunc progress,
                       void *data,
                       TxError *error) TX_WARN_UNUSED;

/**
 * walt_convert_cached:
 * @ret_directory: (transfer full): free(): a trace in the user's cache directory
 * @ret_lock: (transfer full): close() it when the trace is not used any more: until then no program of the user's
 *   removes it
 *
 * As walt_convert(), once for each state of @directory: the trace is kept in
 * $XDG_CACHE_HOME/trackexec/walt (else ~/.cache/...), mode 0700. Programs that convert the same at once get the
 * same trace. Of those that nobody uses, earlier states of @directory go, and the longest unused ones when there
 * are more than 64, or more than 4 GiB of them.
 */
TxStatus walt_convert_cached (const char *directory,
                              WaltProgressFunc progress,
                              void *data,
                              char **ret_directory,
                              int *ret_lock,
                              TxError *error) TX_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
