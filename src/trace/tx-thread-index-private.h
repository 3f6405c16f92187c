// SPDX-License-Identifier: BSD-3-Clause
// TxThreadIndex: where the thread of an id is in an array. A hash table with open addressing and a
// salt, for ids that a trace says.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tx-types.h"

typedef struct
{
  TxThreadId id;
  uint32_t number; /* index + 1; 0: a free place */
} TxThreadPlace;

/** TxThreadIndex: zeroed is empty. */
typedef struct
{
  TxThreadPlace *places; /* owned (array length=n_places) */
  size_t n_places;       /* 0 or a power of 2 */
  size_t n_used;
} TxThreadIndex;

/** _tx_thread_index_find: SIZE_MAX where there is none. */
size_t _tx_thread_index_find (const TxThreadIndex *self, TxThreadId id);

/** _tx_thread_index_add: @id: not there yet. False without memory. */
bool _tx_thread_index_add (TxThreadIndex *self, TxThreadId id, size_t index);

/** _tx_thread_index_empty: all are gone. Up to @n_expected, no more than there were, may be added
 * without more memory. */
void _tx_thread_index_empty (TxThreadIndex *self, size_t n_expected);

void _tx_thread_index_clear (TxThreadIndex *self);
