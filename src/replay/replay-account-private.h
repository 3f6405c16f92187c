// SPDX-License-Identifier: BSD-3-Clause
// ReplayAccount: time and executions per line up to a moment that lies within a block, for the edges
// of ranges and the end of a recording. Complements the digests, which count whole blocks.
#pragma once

#include "replay-lines-private.h"
#include "replay-trace-private.h"

typedef struct
{
  ReplayTrace *trace;
  ReplayLineTable *sums; /* what is added to */
  int sign;              /* 1, or -1 to take away; then slowest_ns is left alone */
  bool with_slowest;     /* look up when the lines that still run began */
} ReplayAccount;

/* Adds what the digest of block @index would tell if it had been made when the block was written, by somebody
   who knew what was before: of blocks in the ring there is none yet. */
TxStatus _replay_account_add_block (const ReplayAccount *self,
                                    size_t index,
                                    TxError *error) TX_WARN_UNUSED;

/* Adds what digests of the blocks before @index leave out until @mono_ns: the events of block @index
   before that moment, and what all threads have been at since their last event. */
TxStatus _replay_account_add_until (const ReplayAccount *self,
                                    size_t index,
                                    int64_t mono_ns,
                                    TxError *error) TX_WARN_UNUSED;

/* Adds what the digests of all blocks up to @index leave out until @mono_ns, not before its end: what
   threads other than the running one have been at since their last event. */
TxStatus _replay_account_add_open (const ReplayAccount *self,
                                   size_t index,
                                   int64_t mono_ns,
                                   TxError *error) TX_WARN_UNUSED;

/* Deeper frames are not charged where something is not told by digests. */
#define REPLAY_ACCOUNT_FRAMES_MAX 16384u

/* Adds (takes away) what a digest says, which is of so long a time (UINT64_MAX: not known). */
TxStatus _replay_account_add_digest (const ReplayAccount *self,
                                     const TxDigest *digest,
                                     uint64_t duration_ns,
                                     TxError *error) TX_WARN_UNUSED;

/* When the lines of the stack began that @thread had after the event of @place: @frames, innermost
   first and without a hole. @began_ns: (out) (array length=n_frames): INT64_MAX where that is not known: behind something
   that is missing, or of a frame that goes on at a line that it had before. */
TxStatus _replay_account_find_beginnings (ReplayTrace *trace,
                                          TxThreadId thread,
                                          ReplayPlace place,
                                          const ReplayFrame *frames,
                                          size_t n_frames,
                                          int64_t *began_ns,
                                          TxError *error) TX_WARN_UNUSED;

/* Tells a new digester of all frames that there are when a thread comes into block @index, among its
   first @n_events: the block states the innermost ones only, and those below would have no time until
   they are revealed. Of the blocks that are made up for this @sequence is the number. */
TxStatus _replay_account_feed_stacks (ReplayTrace *trace,
                                      TxDigester *digester,
                                      size_t index,
                                      size_t n_events,
                                      uint64_t *sequence,
                                      TxError *error) TX_WARN_UNUSED;

/* Adds what @thread alone did from @from_ns in block @first to @to_ns in block @last, @with_end also
   the steps at that moment; decodes those of its blocks of which digests do not tell it.
   The sign must be 1. */
TxStatus _replay_account_add_thread (const ReplayAccount *self,
                                     TxThreadId thread,
                                     size_t first,
                                     int64_t from_ns,
                                     size_t last,
                                     int64_t to_ns,
                                     bool with_end,
                                     const ReplayProgress *progress,
                                     TxError *error) TX_WARN_UNUSED;
