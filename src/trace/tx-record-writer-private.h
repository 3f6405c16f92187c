// SPDX-License-Identifier: BSD-3-Clause
// Encoding of one record of `catalog` or `sources`.
#pragma once

#include "tx-buffer-private.h"
#include "tx-format-private.h"

/**
 * _tx_record_append:
 * @batch: records to be written at @batch_offset of the file, this one behind them
 *
 * Compresses the payload where that helps. Without memory @batch fails.
 */
void _tx_record_append (TxBuffer *batch,
                        TxRecordType type,
                        const uint8_t *payload,
                        size_t size,
                        uint64_t trace_id,
                        uint64_t batch_offset);
