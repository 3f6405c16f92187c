// SPDX-License-Identifier: BSD-3-Clause
// ReplayWalk: a walk through a stretch of a recording from its first event to its last, one block in
// memory at a time, for whatever needs all of it: exports, tables of calls. Says of each thread which
// frames are entered and left, so that nobody has to know how a recording states stacks: what a walk
// enters it leaves.
#pragma once

#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  REPLAY_WALK_ENTER, /* a frame is on its thread's stack from here on */
  REPLAY_WALK_LINE,  /* a step: the innermost frame begins a line */
  REPLAY_WALK_LEAVE, /* the innermost frame is off the stack */
  REPLAY_WALK_WAIT,  /* of what the innermost line took, the thread was on no CPU for @waited_ns */
  REPLAY_WALK_MARK,  /* a text that the program left */
  REPLAY_WALK_RAISE, /* an exception in the innermost frame */
  REPLAY_WALK_GAP,   /* something is missing here; all frames were left */
} ReplayWalkKind;

/** ReplayWalkCause: why a frame is entered or left. */
typedef enum {
  REPLAY_WALK_CALL,   /* ENTER */
  REPLAY_WALK_RESUME, /* ENTER: a generator's or coroutine's frame goes on */
  REPLAY_WALK_THERE,  /* ENTER: it was on the stack when the walk, or what is known of the thread, begins */
  REPLAY_WALK_RETURN, /* LEAVE */
  REPLAY_WALK_UNWIND, /* LEAVE, by an exception */
  REPLAY_WALK_YIELD,  /* LEAVE: suspended */
  REPLAY_WALK_CUT,    /* LEAVE: it was on the stack when the walk, or what is known of the thread, ends */
} ReplayWalkCause;

/**
 * ReplayWalkEvent:
 * @function, @line and @depth are of the frame that is entered (its line is 0 but for RESUME and THERE), runs
 * or is left. Times of one thread never go back; those of several threads may at a gap, where each ends with
 * what is known of it.
 */
typedef struct {
  ReplayWalkKind kind;
  ReplayWalkCause cause;       /* ENTER, LEAVE */
  TxThreadId thread;           /* 0: nobody's (GAP, or a MARK before the first thread is known) */
  uint32_t depth;              /* 1 = outermost recorded frame; 0 without frames */
  TxFunctionId function;       /* 0: not known */
  uint32_t line;               /* 0: none yet, or not known */
  TxFunctionId caller;         /* ENTER, LEAVE: the frame below; 0: none, or not known */
  uint32_t caller_line;
  int64_t mono_ns;
  int64_t real_ns;             /* wall clock, UTC */
  uint32_t error_ns;           /* bound of both times */
  ReplayPosition position;     /* LINE, else REPLAY_POSITION_NONE */
  uint64_t elapsed_ns;         /* LEAVE: since the frame was entered */
  uint64_t waited_ns;          /* WAIT */
  uint64_t spent_ns;           /* since the thread's event before this one, which the innermost frame of then had ... */
  TxFunctionId spent_function; /* ... as self time ... */
  uint32_t spent_line;         /* ... of this line */
  TxActivationId activation;   /* RESUME, YIELD */
  TxTypeId type;               /* RAISE */
  const char *text;            /* MARK, RAISE: (array length=text_size): not terminated; until the next event */
  size_t text_size;
  uint64_t missing_blocks;     /* GAP: as far as known */
  uint64_t events_lost;        /* GAP: the same */
  bool is_damaged;             /* GAP: of a block that is there, but can't be read, or not to its end */
} ReplayWalkEvent;

/** ReplayWalkQuery: as for hot spots, which have the same times: the sum of spent_ns of a line is its self time. */
typedef struct {
  int64_t from_real_ns; /* inclusive; INT64_MIN: from the start */
  int64_t to_real_ns;   /* exclusive; INT64_MAX: to the end */
  TxThreadId thread;    /* 0: all; else only blocks with events of that thread are read */
} ReplayWalkQuery;

typedef struct _ReplayWalk ReplayWalk;

/**
 * replay_walk_new:
 * @trace: borrowed; other calls on it may be made during the walk, but replay_trace_refresh()
 * @progress: (nullable): borrowed; told with each block
 *
 * Memory does not depend on the length of the walk: it is that of a block and of the stacks.
 */
ReplayWalk *replay_walk_new (ReplayTrace *trace, const ReplayWalkQuery *query, const ReplayProgress *progress, TxError *error) TX_WARN_UNUSED;
void replay_walk_free (ReplayWalk *self);

/**
 * replay_walk_next:
 * @ret_event: borrowed, until the next call
 *
 * Returns: %TX_END behind the last event; %TX_CANCELLED; %TX_ERROR_MEMORY. A block that can't be read is a GAP.
 */
TxStatus replay_walk_next (ReplayWalk *self, const ReplayWalkEvent **ret_event, TxError *error) TX_WARN_UNUSED;

/** replay_walk_get_extent: the monotonic moments at which the walk begins and ends; false where it has nothing. */
bool replay_walk_get_extent (const ReplayWalk *self, int64_t *ret_from_mono_ns, int64_t *ret_to_mono_ns);

#ifdef __cplusplus
}
#endif
