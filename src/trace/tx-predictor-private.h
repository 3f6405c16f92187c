// SPDX-License-Identifier: BSD-3-Clause
// TxPredictor: the events of a block as what could not be predicted (codec 2 of
// docs/trace-format.md, section 4.2). A tenth to a half of what LZ4 makes of them, for some ten
// times its work: for native threads, not for the program's. Knows the events' shapes and nothing
// of their meaning but for what predicts well; owns no block.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** TxPredictor: what has been learned of a block so far; nothing of it lasts from block to block.
 */
typedef struct _TxPredictor TxPredictor;

/** _tx_predictor_new: (nullable): NULL without memory, of which it uses 290 KiB. */
TxPredictor *_tx_predictor_new (void);
void _tx_predictor_free (TxPredictor *self);

/**
 * _tx_predictor_encode:
 * @src: the events of a whole block
 * @capacity: of @dst; less than @src_size gives what is smaller than the events only
 *
 * Returns: bytes put into @dst; 0 when they would be more than @capacity, or when @src is not made
 *   of events in their shortest form, which another codec may store then
 */
size_t _tx_predictor_encode (
    TxPredictor *self, const uint8_t *src, size_t src_size, uint8_t *dst, size_t capacity);

/**
 * _tx_predictor_decode:
 * @dst: (array length=dst_size): room for exactly the decoded bytes
 *
 * Hostile bytes: never reads outside @src nor writes outside @dst; time is bounded by both.
 *
 * Returns: whether @src gives exactly @dst_size bytes
 */
bool _tx_predictor_decode (
    TxPredictor *self, const uint8_t *src, size_t src_size, uint8_t *dst, size_t dst_size);
