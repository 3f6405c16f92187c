// SPDX-License-Identifier: BSD-3-Clause
// TxDamage: what a reader found to be wrong with a trace: how often, and one line
// on the first.
#pragma once

#include <stddef.h>

#include "tx-error.h"

/** TxDamage: zeroed is none. */
typedef struct
{
  size_t count;
  char first[TX_ERROR_MESSAGE_SIZE]; /* one line */
} TxDamage;

void _tx_damage_add (TxDamage *self, const char *format, ...) TX_PRINTF (2, 3);
