// SPDX-License-Identifier: BSD-3-Clause
// Moves on a recording: step, next, finish, continue, run-to, each also
// backward, and the hits of a line. Without state: a move takes a position and
// gives one. Blocks that cannot matter are skipped by index and digest.
#pragma once

#include "replay-breakpoints.h"
#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  REPLAY_MOVE_STEP,     /* the next step of the thread, into calls */
  REPLAY_MOVE_NEXT,     /* the next step of the thread that is not deeper; in a coroutine that awaits, the one
                         after it goes on, whichever tasks ran meanwhile */
  REPLAY_MOVE_FINISH, /* the next step of the thread that is less deep; of an outermost frame the first one
                         after it was left. Backward: the caller's step that made the call, or what came before */
  REPLAY_MOVE_CONTINUE, /* the next breakpoint hit, in any thread */
  REPLAY_MOVE_RUN_TO,   /* the next execution of (file, line), in any thread */
} ReplayMoveKind;

typedef enum {
  REPLAY_STOP_ARRIVED,
  REPLAY_STOP_BREAKPOINT, /* next and finish stop at breakpoints on their way too when asked to */
  REPLAY_STOP_END,        /* stopped at the last step (of the thread, for step/next/finish) */
  REPLAY_STOP_START,
  REPLAY_STOP_GAP,        /* arrived, behind a stretch that is missing */
} ReplayStopReason;

typedef struct {
  ReplayMoveKind kind;
  bool backward;
  bool any_thread;   /* STEP: the next step of the process, whichever thread */
  bool stop_at_breakpoints; /* NEXT, FINISH: as a debugger does. Needs breakpoints */
  const ReplayBreakpoints *breakpoints; /* nullable; for CONTINUE and stop_at_breakpoints */
  TxFileId file;     /* RUN_TO */
  uint32_t line;     /* RUN_TO */
} ReplayMove;

typedef struct {
  ReplayPosition position;
  ReplayStopReason reason;
  uint64_t missing_blocks; /* how many lay on the way, at least; 0 unknown or none */
  bool over_gap;           /* something is missing on the way, whatever the reason to stop. Blocks that digests say to be of no matter are not
                              looked into: that they can't be read, which changes nothing, is not said */
  uint32_t breakpoint;     /* BREAKPOINT: its id (the smallest of several), else 0 */
} ReplayStop;

/**
 * replay_move:
 * @from: a position, perhaps in a missing stretch: STEP, NEXT and FINISH then go to the first step behind
 *   (the last before) that stretch, whichever thread's, for reason GAP
 *
 * %TX_OK also when the move met the end or start: @ret_stop->reason says so and position is the last
 * (first) step, so that the user sees that there is nothing more. %TX_CANCELLED leaves @ret_stop untouched.
 */
TxStatus replay_move (ReplayTrace *trace, ReplayPosition from, const ReplayMove *move, const ReplayProgress *progress, ReplayStop *ret_stop, TxError *error) TX_WARN_UNUSED;

/**
 * replay_move_to_thread:
 * Where @thread stands at @position: its last step at or before, or else its first one. %TX_END if it has none.
 */
TxStatus replay_move_to_thread (ReplayTrace *trace, ReplayPosition position, TxThreadId thread, const ReplayProgress *progress, ReplayPosition *ret_position, TxError *error) TX_WARN_UNUSED;

/* ---- Hits: executions of a line ---- */

/** replay_hits_count: executions of the line in the whole recording, from digests. */
TxStatus replay_hits_count (ReplayTrace *trace, TxFileId file, uint32_t line, const ReplayProgress *progress, uint64_t *ret_count, TxError *error) TX_WARN_UNUSED;

/** replay_hits_index: which execution (1-based) of its line the step at @position is, and of how many. */
TxStatus replay_hits_index (ReplayTrace *trace, ReplayPosition position, const ReplayProgress *progress, uint64_t *ret_index, uint64_t *ret_count, TxError *error) TX_WARN_UNUSED;

/** replay_hits_nth: position of the n-th (1-based) execution; %TX_END when there are fewer. */
TxStatus replay_hits_nth (ReplayTrace *trace, TxFileId file, uint32_t line, uint64_t n, const ReplayProgress *progress, ReplayPosition *ret_position, TxError *error) TX_WARN_UNUSED;

/** replay_hits_near: the first execution after (last before) @position; %TX_END if none. */
TxStatus replay_hits_near (ReplayTrace *trace, TxFileId file, uint32_t line, ReplayPosition position, bool backward, const ReplayProgress *progress, ReplayPosition *ret_position, TxError *error) TX_WARN_UNUSED;

/** replay_hits_slowest: the execution that took longest, by what the digests say; %TX_END if none. */
TxStatus replay_hits_slowest (ReplayTrace *trace, TxFileId file, uint32_t line, const ReplayProgress *progress, ReplayPosition *ret_position, int64_t *ret_duration_ns, TxError *error) TX_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
