// SPDX-License-Identifier: BSD-3-Clause
// ReplaySpan: blocks in a row that one digest tells of. What is asked of many blocks is asked of
// the spans that they make up, the largest first, and of smaller ones where that does not say
// enough. Where a span is not there or can't be read, the blocks' own digests take its place.
#pragma once

#include "replay-trace.h"

/* A single block is a span as well. */
typedef enum
{
  REPLAY_SPAN_BLOCK = 0,
  REPLAY_SPAN_RUN = 1,
  REPLAY_SPAN_GROUP = 2,
} ReplaySpanLevel;

typedef struct
{
  size_t first; /* index of a block */
  size_t n_blocks;
  ReplaySpanLevel level;
  size_t number; /* of the reader's spans of that level; of a block its index */
} ReplaySpan;

/* The span of that level that begins (backward: ends) with block @index, and reaches at most to
   before block @limit (backward: to block @limit). False if there is none. */
bool _replay_trace_find_span (const ReplayTrace *self,
                              ReplaySpanLevel level,
                              size_t index,
                              bool backward,
                              size_t limit,
                              ReplaySpan *ret_span);

/* From the cache; as _replay_trace_load_digest(), which it is for a block. */
TxStatus _replay_trace_load_span (ReplayTrace *self,
                                  const ReplaySpan *span,
                                  const TxDigest **ret_digest,
                                  TxError *error) TX_WARN_UNUSED;

/* The threads of a span, without the work for its lines. Of a block from its run, where that tells.
 */
typedef struct
{
  const TxDigestThread *items; /* borrowed until the next are asked for; by id */
  size_t n_items;
} ReplayThreads;

TxStatus _replay_trace_load_threads (ReplayTrace *self,
                                     const ReplaySpan *span,
                                     ReplayThreads *ret_threads,
                                     TxError *error) TX_WARN_UNUSED;
TxStatus _replay_trace_load_block_threads (ReplayTrace *self,
                                           size_t index,
                                           ReplayThreads *ret_threads,
                                           TxError *error) TX_WARN_UNUSED;

/* NULL if it is not among them. */
const TxDigestThread *_replay_threads_find (const ReplayThreads *self, TxThreadId thread);

/* The largest span, at most of level @level_max, that begins with block @index, ends before @limit
   and can be loaded; at last the block alone, whose status is returned when it can't. */
TxStatus _replay_trace_load_largest (ReplayTrace *self,
                                     ReplaySpanLevel level_max,
                                     size_t index,
                                     size_t limit,
                                     ReplaySpan *ret_span,
                                     const TxDigest **ret_digest,
                                     TxError *error) TX_WARN_UNUSED;

/* Called for each stretch in order. @digest: NULL where a block's can't be read. */
typedef TxStatus (*ReplaySpanFunc) (void *data,
                                    const ReplaySpan *span,
                                    const TxDigest *digest,
                                    TxError *error);

/* Blocks @first to before @limit, by spans that are as large as possible up to level @level_max. */
TxStatus _replay_trace_each_span (ReplayTrace *self,
                                  ReplaySpanLevel level_max,
                                  size_t first,
                                  size_t limit,
                                  const ReplayProgress *progress,
                                  ReplaySpanFunc func,
                                  void *data,
                                  TxError *error) TX_WARN_UNUSED;

/* How many blocks from (back from) block @index on belong to a span that does not matter; 0: look at
   the block. Never over anything that is missing. */
typedef bool (*ReplaySpanMattersFunc) (void *data, const ReplaySpan *span);

size_t _replay_trace_skip_span (ReplayTrace *self,
                                size_t index,
                                bool backward,
                                ReplaySpanMattersFunc matters,
                                void *data);

/* The same backward, where it matters whether @wants says that one of the threads is wanted. */
size_t _replay_trace_skip_threads (ReplayTrace *self,
                                   size_t index,
                                   bool (*wants) (const void *data, const TxDigestThread *thread),
                                   const void *data);
