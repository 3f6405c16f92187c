// SPDX-License-Identifier: BSD-3-Clause
// What converters need besides TxWriter and TxStream: they write down what happened in another process,
// long ago and perhaps on another machine, as another program's file tells it.
//
// A TxWriter with `is_converted` (which needs `manual` and `clock_ns`) is for them. Its clock says at what
// moment of the recording the converter is, and is read where the converter wants it to be:
// at the start of a block, at tx_stream_put_time(), for marks and at the end. Between these moments time is
// spread over steps (docs/trace-format.md, section 5, EVEN). Source texts are given by tx_writer_add_source()
// rather than read from files that only have the same names, and `info` says nothing of the calling process.
//
// A line `damage` among the options' info lines (and `damages`, how often) is told by readers as damage.
#pragma once

#include "tx-writer.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * tx_stream_put_time:
 * What is written next happens at what the clock says now, give or take 1,000 ns, and what was written
 * before is spread over the time up to then.
 */
void tx_stream_put_time (TxStream *self);

/**
 * tx_stream_put_gap:
 * @n_events: how many at least, not 0
 *
 * Events are missing here. The open block is sealed; the next event begins one with a gap. State the stack
 * with tx_stream_resync() (%TX_STACK_AFTER_GAP) where it is not what it was.
 */
void tx_stream_put_gap (TxStream *self, uint64_t n_events);

/**
 * tx_writer_add_source:
 * @file: as tx_stream_define_file() returned it
 * @mtime_ns: of the source file, 0 unknown
 * @bytes: (array length=size_bytes): its text, copied; one that is too large is stated as such
 *
 * %TX_ERROR_INVALID unless the writer is a converter's, %TX_ERROR_IO when it could not be written.
 */
TxStatus tx_writer_add_source (TxWriter *self,
                               TxFileId file,
                               int64_t mtime_ns,
                               const uint8_t *bytes,
                               size_t size_bytes,
                               TxError *error) TX_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
