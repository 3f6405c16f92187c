// SPDX-License-Identifier: BSD-3-Clause
// TxSuspended: frames that have yielded and may go on, by key. A hash table with
// open addressing; knows nothing of streams.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tx-types.h"

typedef struct
{
  uint64_t key; /* 0: a free place */
  TxActivationId activation;
  uint32_t line;
} TxSuspendedFrame;

/** TxSuspended: zeroed is empty. */
typedef struct
{
  TxSuspendedFrame *places; /* owned (array length=n_places) */
  size_t n_places;          /* 0 or a power of 2 */
  size_t n_used;
} TxSuspended;

void _tx_suspended_clear (TxSuspended *self);

/* Replaces a frame with the same key. False without memory, or for key 0. */
bool _tx_suspended_add (TxSuspended *self, const TxSuspendedFrame *frame);

/* Removes the frame @key; false when it is not there. */
bool _tx_suspended_take (TxSuspended *self, uint64_t key, TxSuspendedFrame *ret_frame);

bool _tx_suspended_has (const TxSuspended *self, uint64_t key);
