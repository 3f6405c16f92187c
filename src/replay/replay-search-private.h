// SPDX-License-Identifier: BSD-3-Clause
// ReplaySearch: finds the next or the previous step of a kind, reading only the blocks that can
// hold one. All moves and hits are searches.
#pragma once

#include "replay-targets-private.h"
#include "replay-trace-private.h"

typedef struct
{
  TxFileId file;
  uint32_t line;
} ReplayLine;

typedef enum
{
  REPLAY_FRAME_ANY = 0,
  REPLAY_FRAME_LEFT, /* the thread's frame at depth 1 must have been left (backward: entered) before
                      */
} ReplayFrameWait;

/* What is looked for: a step of @thread at most at @depth_max, or any thread's at one of @lines. */
typedef struct
{
  ReplayTrace *trace;
  bool backward;
  const ReplayProgress *progress; /* nullable */

  TxThreadId thread;           /* 0: none */
  uint32_t depth_max;          /* UINT32_MAX: at any depth */
  TxFunctionId frame_function; /* of the frame at depth_max, which is on the stack; 0: not known */
  ReplayFrameWait wait;
  bool follows; /* the coroutine at depth_max, while it waits and to another thread */

  const ReplayLine *lines; /* (array length=n_lines): borrowed; ascending by line */
  size_t n_lines;
  ReplayTargets *targets; /* (nullable): borrowed; places with conditions, as the lines are */
} ReplaySearch;

typedef struct
{
  ReplayPosition position;
  bool by_line;            /* one of the lines or targets, else the thread */
  uint32_t target;         /* the target's id, 0 if it is none */
  bool over_gap;           /* something is missing on the way */
  uint64_t missing_blocks; /* as far as known */
} ReplayFound;

/* From behind (before) @position, which need not exist: REPLAY_POSITION_NONE backward is the end.
   %TX_END if there is none; then @ret_found says what was missing. */
TxStatus _replay_search_run (const ReplaySearch *self,
                             ReplayPosition position,
                             ReplayFound *ret_found,
                             TxError *error) TX_WARN_UNUSED;

/* The function of the frame at @depth of the stack at @position, 0 if the block does not tell. */
TxFunctionId
_replay_trace_get_function_at (ReplayTrace *self, ReplayPosition position, uint32_t depth);

/* Whether @event is an execution of the line. */
bool
_replay_trace_is_hit (const ReplayTrace *trace, const TxEvent *event, TxFileId file, uint32_t line);
