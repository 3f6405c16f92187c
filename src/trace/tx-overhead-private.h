// SPDX-License-Identifier: BSD-3-Clause
// TxOverhead: what recording has cost, as the recorder states it in the trace's `end` and in its
// statistics.
#pragma once

#include "tx-buffer-private.h"
#include "tx-stream.h"
#include "tx-writer.h"

/**
 * _tx_overhead_measure_event_ps:
 *
 * Returns: picoseconds that writing an event takes here, measured (once a process, in some
 *   20 microseconds) on memory of its own with lines, calls and returns as the hot path writes them
 */
uint64_t _tx_overhead_measure_event_ps (void);

/** _tx_overhead_append: lines `key=value` for `end`. */
void _tx_overhead_append (TxBuffer *text, const TxStreamStats *stream, const TxWriterStats *writer);
