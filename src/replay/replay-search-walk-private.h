// SPDX-License-Identifier: BSD-3-Clause
// A search on its way: between replay-search.c, which walks through events, and
// replay-search-ask.c, which asks the index and digests where to.
#pragma once

#include "replay-search-private.h"

typedef struct
{
  const ReplaySearch *search;
  ReplayFound found;
  TxThreadId thread; /* of the frame at depth_max: as in the search until it was followed */
  uint32_t depth_max;
  TxActivationId
      awaited; /* that frame is suspended: nothing counts before it goes on; 0: it runs */
  TxFunctionId awaited_function; /* its function, and the line that it waits at; 0: not known */
  uint32_t awaited_line;
  bool waiting;      /* for the frame to be left */
  bool passed_below; /* the frame at depth_max was left, so its function says nothing any more */
  ReplayTargetHit *hits; /* owned; of the targets in the block that is walked */
  size_t n_hits;
} ReplayWalk;

/* Whether it is one of the lines that are looked for. */
bool _replay_walk_wants_line (const ReplaySearch *search, TxFunctionId function, uint32_t line);

bool _replay_walk_is_coroutine (const ReplaySearch *search, TxFunctionId id);

/* Something is missing on the way. */
void _replay_walk_note_missing (ReplayWalk *self, uint64_t n_blocks);

/* Block @index can't be read. Digests may still tell whether the frame was left in it: then that is
   known, whether the search passes over the block or comes to look into it. */
void _replay_walk_note_unreadable (ReplayWalk *self, size_t index);

/* How many blocks from (back from) block @index on can be passed over; 0: look at it. */
size_t _replay_walk_skip_span (ReplayWalk *self, size_t index);

/* Whether index and digest say that block @index has to be looked into. Notes what is missing
   before it and instead of it. */
TxStatus _replay_walk_check_block (ReplayWalk *self, size_t index, bool *ret_wanted, TxError *error)
    TX_WARN_UNUSED;
