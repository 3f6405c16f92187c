// SPDX-License-Identifier: BSD-3-Clause
// ReplayTargets: the places that stop a move, with their conditions, made for one recording: which
// blocks can hold a hit by index and digest, and which steps of a block are hits.
#pragma once

#include "replay-breakpoints.h"
#include "replay-trace-private.h"

/* Functions of one name. */
typedef struct
{
  TxFunctionId *ids; /* owned; ascending */
  size_t n_ids;
} ReplayFunctionSet;

typedef struct
{
  uint32_t id;   /* of the breakpoint; 0: the line that is run to */
  TxFileId file; /* 0: the functions */
  uint32_t line;
  ReplayFunctionSet functions;
  const ReplayCondition *condition; /* nullable; borrowed from the set of breakpoints */
  ReplayFunctionSet callers;        /* if the condition has a caller */
  ReplayPosition first, last;       /* what the condition's counts leave; none if first > last */
  bool may_be_in_block;             /* as _replay_targets_select() found */
} ReplayTarget;

/* What a digest is searched for. */
typedef struct
{
  uint32_t key; /* line or function */
  size_t target;
} ReplayTargetKey;

/* A hit within a block. */
typedef struct
{
  size_t step;
  uint32_t id; /* the smallest where there are several */
} ReplayTargetHit;

typedef struct
{
  ReplayTrace *trace;
  ReplayTarget *items; /* owned */
  size_t n_items;
  ReplayTargetKey *lines; /* owned; by key */
  size_t n_lines;
  ReplayTargetKey *functions; /* owned; by key */
  size_t n_functions;
} ReplayTargets;

/* Whether anything is asked. */
bool _replay_condition_is_set (const ReplayCondition *self);

/* Empty until something is added; clear it also after a failure. */
void _replay_targets_init (ReplayTargets *self, ReplayTrace *trace);
void _replay_targets_clear (ReplayTargets *self);
TxStatus _replay_targets_add_line (ReplayTargets *self,
                                   TxFileId file,
                                   uint32_t line,
                                   TxError *error) TX_WARN_UNUSED;
/* All calls of the functions. */
TxStatus _replay_targets_add_functions (ReplayTargets *self,
                                        const ReplayFunctionSet *set,
                                        TxError *error) TX_WARN_UNUSED;
/* Those that are enabled; counts executions where conditions ask for it. @breakpoints must outlive
   @self. */
TxStatus _replay_targets_add_breakpoints (ReplayTargets *self,
                                          const ReplayBreakpoints *breakpoints,
                                          const ReplayProgress *progress,
                                          TxError *error) TX_WARN_UNUSED;

/* Whether the blocks may have hits by what the index says. Notes which targets', for the next. */
bool _replay_targets_select (ReplayTargets *self, size_t first, size_t n_blocks);
/* The same for its digest. */
bool _replay_targets_may_be_in (const ReplayTargets *self, const TxDigest *digest);
/* Whether its digest alone says that they have one: a line or a function without a condition was
   executed. */
bool _replay_targets_are_in (const ReplayTargets *self, const TxDigest *digest);

/* The first key that is not smaller; @n_keys if there is none. */
size_t _replay_targets_find_key (const ReplayTargetKey *keys, size_t n_keys, uint32_t key);

/* The hits in block @index, ascending. free() them. The block that was loaded before may have left
   the cache. */
TxStatus _replay_targets_dup_hits (ReplayTargets *self,
                                   size_t index,
                                   ReplayTargetHit **ret_hits,
                                   size_t *ret_n_hits,
                                   TxError *error) TX_WARN_UNUSED;

/* Sets the first and the last position that the counts of the target's condition leave. */
TxStatus _replay_target_apply_counts (ReplayTrace *trace,
                                      ReplayTarget *target,
                                      const ReplayProgress *progress,
                                      TxError *error) TX_WARN_UNUSED;
