// SPDX-License-Identifier: BSD-3-Clause
// What the files of this library share of a ReplayTrace: loading through the cache, questions about
// blocks, progress, and the search for a step.
#pragma once

#include "replay-cache-private.h"
#include "replay-lines-private.h"
#include "replay-spans-private.h"
#include "replay-trace.h"

/* Executions of one line, span by span; only spans with hits. */
typedef struct
{
  ReplaySpan span;
  uint64_t hits_before; /* executions in all blocks before */
} ReplayHitEntry;

typedef struct
{
  TxFileId file; /* 0: slot not used */
  uint32_t line;
  ReplayHitEntry *entries; /* owned; ascending */
  size_t n_entries;
  uint64_t count; /* of all */
  uint64_t last_use;
} ReplayHitTable;

#define REPLAY_HIT_TABLES 32u

/* How often work reports its progress: a span, or a block that is looked into, takes about a
   millisecond. */
#define REPLAY_SPANS_A_REPORT 4u

struct _ReplayTrace
{
  TxReader *reader; /* owned */
  ReplayCache *cache; /* owned */
  int converted_lock; /* owned; keeps a converted trace in the cache; -1 */

  /* Totals of the blocks that can't change any more, and of all of them. */
  ReplayLineTable *sealed_totals; /* owned; covers blocks 0 .. n_sealed - 1 */
  size_t n_sealed;
  ReplayLineTable *totals; /* owned; NULL: to be made, or all are sealed */
  size_t n_sealed_unreadable; /* blocks whose digest is damaged, of those sealed; and of all */
  size_t n_unreadable;

  ReplayHitTable hit_tables[REPLAY_HIT_TABLES];
  uint64_t hit_clock; /* for last_use */
};

/* Nanoseconds from one monotonic time to another. Those of damaged or hostile recordings may go back,
   or lie at both ends of what a number holds: 0, and as much as can be said. */
static inline int64_t
_replay_get_elapsed (int64_t from_ns, int64_t to_ns)
{
  int64_t elapsed_ns;

  if (to_ns <= from_ns)
    return 0;
  return __builtin_sub_overflow (to_ns, from_ns, &elapsed_ns) ? INT64_MAX : elapsed_ns;
}

/* A block from the cache, valid until the next but a few loads. %TX_ERROR_GAP for a missing one,
   %TX_ERROR_DAMAGED for one that can't be read. */
TxStatus _replay_trace_load_block (ReplayTrace *self,
                                   size_t index,
                                   const TxBlock **ret_block,
                                   TxError *error) TX_WARN_UNUSED;

/* The same for digests. */
TxStatus _replay_trace_load_digest (ReplayTrace *self,
                                    size_t index,
                                    const TxDigest **ret_digest,
                                    TxError *error) TX_WARN_UNUSED;

/* Whether @status only says that this block is not there, so that one goes on without it. */
bool _replay_status_is_missing (TxStatus status);

/* Whether the index says that block @index may hold events of @thread (0: any). */
bool _replay_trace_may_have_thread (const ReplayTrace *self, size_t index, TxThreadId thread);

/* Block and step within it, and the event, of @position. The block is valid as long as loaded. */
typedef struct
{
  size_t index;
  const TxBlock *block;
  size_t step;  /* index in block->steps */
  size_t event; /* index in block->events */
} ReplayPlace;

TxStatus _replay_trace_locate (ReplayTrace *self,
                               ReplayPosition position,
                               ReplayPlace *ret_place,
                               TxError *error) TX_WARN_UNUSED;

/* The file of a function, 0 if not known. */
TxFileId _replay_trace_get_file_of (const ReplayTrace *self, TxFunctionId function);

/* Wall clock of the last moment of the recording, and the same as the monotonic clock has it. */
bool _replay_trace_get_end (const ReplayTrace *self,
                            size_t *ret_index,
                            int64_t *ret_mono_ns,
                            int64_t *ret_real_ns);

/* Tells how far the work is; false: cancelled. */
bool _replay_progress_report (const ReplayProgress *progress, uint64_t done, uint64_t total);

/* Adds the digests of the blocks @first to before @limit, and to *@n_unreadable how many can't be read. On failure
   some may have been added. */
TxStatus _replay_trace_add_digests (ReplayTrace *self,
                                    ReplayLineTable *table,
                                    size_t first,
                                    size_t limit,
                                    size_t *n_unreadable,
                                    const ReplayProgress *progress,
                                    TxError *error) TX_WARN_UNUSED;

/* Totals of all lines, from digests; made when first asked for. */
TxStatus _replay_trace_get_totals (ReplayTrace *self,
                                   const ReplayProgress *progress,
                                   const ReplayLineTable **ret_totals,
                                   TxError *error) TX_WARN_UNUSED;

/* The block table of a line's executions; made when first asked for. Valid until the next call. */
TxStatus _replay_trace_get_hits (ReplayTrace *self,
                                 TxFileId file,
                                 uint32_t line,
                                 const ReplayProgress *progress,
                                 const ReplayHitTable **ret_table,
                                 TxError *error) TX_WARN_UNUSED;

/* How often a digest says that the line was executed, and in a block, whose events tell where its digest
   can't be read. */
uint64_t _replay_trace_count_hits (const ReplayTrace *self,
                                   const TxDigest *digest,
                                   TxFileId file,
                                   uint32_t line);

/* The hits in blocks from the beginning of @entry's span to before @block, which is in it. */
TxStatus _replay_trace_count_hits_until (ReplayTrace *self,
                                         const ReplayHitTable *table,
                                         const ReplayHitEntry *entry,
                                         size_t block,
                                         uint64_t *ret_hits,
                                         TxError *error) TX_WARN_UNUSED;

/* The block within @entry's span with the line's @n-th execution of all, and how many are before it.
   %TX_END if the blocks don't have what their span has: then the block behind the smallest such span. */
TxStatus _replay_trace_find_hit (ReplayTrace *self,
                                 const ReplayHitTable *table,
                                 const ReplayHitEntry *entry,
                                 uint64_t n,
                                 size_t *ret_block,
                                 uint64_t *ret_hits_before,
                                 TxError *error) TX_WARN_UNUSED;

void _replay_trace_forget_hits (ReplayTrace *self);

/* Where @thread had its last event: in the blocks before @index, or among the first @n_events of block
   @index (SIZE_MAX: all). %TX_END if it had none. */
TxStatus _replay_trace_find_last_event (ReplayTrace *self,
                                        TxThreadId thread,
                                        size_t index,
                                        size_t n_events,
                                        ReplayPlace *ret_place,
                                        TxError *error) TX_WARN_UNUSED;

/* The stack of @thread after the event of @place, innermost first, at most @n_frames_max frames.
   free() it. */
TxStatus _replay_trace_dup_stack (ReplayTrace *self,
                                  ReplayPlace place,
                                  TxThreadId thread,
                                  size_t n_frames_max,
                                  ReplayFrame **ret_frames,
                                  size_t *ret_n_frames,
                                  TxError *error) TX_WARN_UNUSED;

/* The same without what only blocks before something that is missing tell. */
TxStatus _replay_trace_dup_stack_behind_gaps (ReplayTrace *self,
                                              ReplayPlace place,
                                              TxThreadId thread,
                                              size_t n_frames_max,
                                              ReplayFrame **ret_frames,
                                              size_t *ret_n_frames,
                                              TxError *error) TX_WARN_UNUSED;
