// SPDX-License-Identifier: BSD-3-Clause
// TxRecoverJob: recovery in a native thread of its own, for a process that records: what earlier
// processes of the service have left, and later what forked children leave that end without a
// chance to close their traces. The thread is there only while there is work, and never
// around a fork.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct _TxRecoverJob TxRecoverJob;

/* As for tx_writer_recover(). NULL without memory. */
TxRecoverJob *_tx_recover_job_new (const char *base, const char *run, const char *ring_dir);

/** _tx_recover_job_keep: which runs of the base stay (see tx-retention.h); before it starts. */
void _tx_recover_job_keep (TxRecoverJob *self, uint64_t keep_runs, uint64_t max_age_ns);

/* @self: (nullable): ends the thread first; where a disk holds that up, it keeps what it uses. */
void _tx_recover_job_free (TxRecoverJob *self, uint64_t timeout_ns);

/** _tx_recover_job_start: the thread, if there is work and none runs. From any event; cheap. */
void _tx_recover_job_start (TxRecoverJob *self);

/** _tx_recover_job_stop: after the trace that it is at; does not wait. */
void _tx_recover_job_stop (TxRecoverJob *self);

/** _tx_recover_job_pause: as _stop(), and waits; what takes long is cut short. False when the thread is held up for longer than
 * 2 ms by something other than a want of CPU, or for longer than @timeout_ns. */
bool _tx_recover_job_pause (TxRecoverJob *self, uint64_t timeout_ns);

/** _tx_recover_job_count_fork: in the parent: the child may leave a ring. */
void _tx_recover_job_count_fork (TxRecoverJob *self);
