// SPDX-License-Identifier: BSD-3-Clause
// What opening a trace needs to open a converted one.
#pragma once

#include "replay-convert.h"

/**
 * _replay_convert_open:
 * @ret_directory: (transfer full): free()
 * @ret_lock: (transfer full): close() when the trace is closed
 */
TxStatus _replay_convert_open (const char *directory,
                               const ReplayProgress *progress,
                               char **ret_directory,
                               int *ret_lock,
                               TxError *error) TX_WARN_UNUSED;
