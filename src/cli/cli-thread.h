// SPDX-License-Identifier: BSD-3-Clause
// Threads as they are named on a command line and shown.
#pragma once

#include "trace/tx-reader.h"

/**
 * cli_thread_find:
 * @text: its number, or its name
 *
 * %TX_END where there is none; %TX_ERROR_INVALID where several have that name.
 */
TxStatus cli_thread_find (const TxReader *reader, const char *text, TxThreadId *ret_thread, TxError *error) TX_WARN_UNUSED;

/** cli_thread_dup_label: (transfer full): "2 worker", escaped as replay_text_escape() does; NULL without memory. */
char *cli_thread_dup_label (const TxReader *reader, TxThreadId thread);
