// SPDX-License-Identifier: BSD-3-Clause
// TxLimits: how much of a disk a trace may have, and making room within that. The disk thread's.
#pragma once

#include "tx-segment-writer-private.h"
#include "tx-writer.h"

typedef struct
{
  uint64_t max_size_bytes; /* of all files of the trace; TX_NO_LIMIT: any; 0: found out at first use */
  uint64_t min_free_bytes; /* of the file system; the same */
  int64_t max_age_ns;      /* of a segment's last block; 0: any */
  uint64_t unchecked;      /* bytes written since the file system was last looked at */
  int64_t checked_ns;      /* monotonic, when it was; 0: never */
  uint64_t free_bytes;     /* then */
} TxLimits;

/**
 * _tx_limits_make_room:
 * @fixed_size: bytes of files that nothing is ever removed from
 * @wanted_size: bytes about to be written
 *
 * Removes segments as the limits ask for. 0; -EDQUOT: the trace may not be larger; -ENOSPC: no more
 * of the file system may be used; or what removing or looking has failed with.
 */
int _tx_limits_make_room (TxLimits *self,
                          TxSegmentWriter *segments,
                          uint64_t fixed_size,
                          uint64_t wanted_size,
                          int64_t mono_ns);

/** _tx_limits_get_segment_size: so that a segment is a small part of the limit. */
uint64_t _tx_limits_get_segment_size (const TxLimits *self, uint64_t size_max);

/** _tx_limits_find_defaults: where a limit is 0. */
void _tx_limits_find_defaults (TxLimits *self, TxDirectory *directory);
