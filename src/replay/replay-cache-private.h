// SPDX-License-Identifier: BSD-3-Clause
// ReplayCache: decoded blocks and digests that were used last. Bounded in bytes, whatever the size
// of the recording.
#pragma once

#include "trace/tx.h"

typedef struct _ReplayCache ReplayCache;

/* How much was loaded and decoded so far, for tests and benchmarks. */
typedef struct
{
  uint64_t blocks;
  uint64_t digests; /* of blocks */
  uint64_t spans[TX_SPAN_LEVELS];
} ReplayLoads;

ReplayCache *_replay_cache_new (void);
void _replay_cache_free (ReplayCache *self);

/* Borrowed; valid until REPLAY_CACHE_KEPT other blocks were asked for. */
#define REPLAY_CACHE_KEPT 4u
TxStatus _replay_cache_get_block (ReplayCache *self,
                                  const TxReader *reader,
                                  size_t index,
                                  const TxBlock **ret_block,
                                  TxError *error) TX_WARN_UNUSED;
/* Borrowed; valid until the next digest is asked for. */
TxStatus _replay_cache_get_digest (ReplayCache *self,
                                   const TxReader *reader,
                                   size_t index,
                                   const TxDigest **ret_digest,
                                   TxError *error) TX_WARN_UNUSED;

/* Borrowed; valid until the next digest of a span of that level is asked for, with lines or without as
   this one. */
TxStatus _replay_cache_get_span (ReplayCache *self,
                                 const TxReader *reader,
                                 TxSpanLevel level,
                                 size_t number,
                                 bool with_lines,
                                 const TxDigest **ret_digest,
                                 TxError *error) TX_WARN_UNUSED;

const ReplayLoads *_replay_cache_get_loads (const ReplayCache *self);

/* Forgets what is kept of blocks from @first_index on. */
void _replay_cache_forget (ReplayCache *self, size_t first_index);
