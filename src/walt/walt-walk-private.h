// SPDX-License-Identifier: BSD-3-Clause
// WaltWalk: the blocks of a recording in order, each checked, and what lies between them where
// some cannot be used. Holds one map at a time.
#pragma once

#include "walt-directory-private.h"

/** WaltPiece: a good block, or a stretch of blocks that are left out. */
typedef struct
{
  uint64_t n_left_out;           /* 0: a block */
  char reason[WALT_REASON_SIZE]; /* why they are left out */

  const WaltBlock *block; /* borrowed, up to the next piece */
  uint64_t index;         /* of it, or of the first one that is left out */
  uint64_t start_ticks;
  uint64_t end_ticks; /* when the next block begins; UINT64_MAX where that is not known */
  bool is_unchecked;  /* no checksum says that it is as it was written */
} WaltPiece;

typedef struct
{
  WaltDirectory *directory; /* borrowed */
  size_t next_map;
  uint64_t next;                 /* block */
  uint64_t last_ticks;           /* of the last good record */
  uint64_t n_damages;            /* that were seen on the way ... */
  char damage[WALT_REASON_SIZE]; /* ... and the first of them */
  WaltMapResult map;
  uint64_t map_first; /* block of the map that was read last */
  WaltBlock block;
} WaltWalk;

void _walt_walk_init (WaltWalk *self, WaltDirectory *directory);

/** _walt_walk_next: TX_END behind the last one; only memory fails. */
TxStatus _walt_walk_next (WaltWalk *self, WaltPiece *ret_piece) TX_WARN_UNUSED;
