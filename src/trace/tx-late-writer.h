// SPDX-License-Identifier: BSD-3-Clause
// TxLateWriter: makes a trace's directory and its TxWriter in a thread of its own, so that whoever
// needs them waits for a slow disk only as long as it likes. For forked children, whose
// traces begin with their first event, in the middle of the program.
#pragma once

#include "tx-writer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _TxLateWriter TxLateWriter;

/**
 * tx_late_writer_start:
 * @run: existing directory of ours, absolute, in which the trace's one is made, mode 0700
 * @name: of the trace's directory; where it is taken, `-2`, `-3`... are tried behind it
 * @options: copied with all that it points to, but for clock_data
 *
 * Returns: (nullable): NULL without memory or without a thread
 */
TxLateWriter *tx_late_writer_start (const char *run, const char *name, const TxWriterOptions *options) TX_WARN_UNUSED;

/**
 * tx_late_writer_wait:
 * Waits until the work is done: at most 2 ms for a disk, and at most @timeout_ns while only a CPU
 * is lacking. Returns: whether it is done
 */
bool tx_late_writer_wait (TxLateWriter *self, uint64_t timeout_ns);

/** tx_late_writer_is_done: without waiting. */
bool tx_late_writer_is_done (const TxLateWriter *self);

/**
 * tx_late_writer_finish:
 * @self: (transfer full): done
 * @ret_directory: (transfer full): free(); of the trace
 *
 * Returns: (transfer full) (nullable): NULL with @error set
 */
TxWriter *tx_late_writer_finish (TxLateWriter *self, char **ret_directory, TxError *error) TX_WARN_UNUSED;

/** tx_late_writer_leave: (transfer full): not wanted any more: what comes of it is taken away by its
 * thread. */
void tx_late_writer_leave (TxLateWriter *self);

/** tx_late_writer_abandon_in_child: (transfer full): of the parent, whose thread it was. */
void tx_late_writer_abandon_in_child (TxLateWriter *self);

#ifdef __cplusplus
}
#endif
