// SPDX-License-Identifier: BSD-3-Clause
// TxRingHome: what the header page of a ring says of where it belongs, so that a ring whose process
// is gone can be sealed into its trace, or removed with it.
#pragma once

#include <limits.h>

#include "tx-format-private.h"

typedef struct
{
  uint64_t image;           /* as in `info` */
  uint64_t pid_namespace;   /* as in `info` */
  uint64_t time_namespace;  /* as in `info`; 0 where it needs more than 32 bits */
  char directory[PATH_MAX]; /* of the trace, absolute; "": not known */
} TxRingHome;

/* @page: TX_RING_HEADER_SIZE bytes; behind what _tx_ring_header_encode() has written. Takes
 * the numbers of @numbers. A path that has no room is left out. */
void _tx_ring_home_encode (uint8_t *page, const TxRingHome *numbers, const char *directory);

/* False when the page says nothing that can be true. */
bool _tx_ring_home_decode (const uint8_t *page, TxRingHome *ret_home);
