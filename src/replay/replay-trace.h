// SPDX-License-Identifier: BSD-3-Clause
// ReplayTrace: an open recording for replay. Owns the TxReader and a small cache
// of decoded blocks and digests; answers what is at a position. A position is
// the global number of a step, 0 .. n_steps - 1.
//
// Threads: one call at a time on a ReplayTrace (it caches); callers that work in
// the background queue their calls. Several ReplayTraces may show one recording.
#pragma once

#include "trace/tx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t ReplayPosition;
#define REPLAY_POSITION_NONE UINT64_MAX

typedef struct _ReplayTrace ReplayTrace;

/**
 * ReplayProgress:
 * How long work reports and is cancelled.
 * @fraction: 0 .. 1
 * Returns: false to cancel; the function then returns %TX_CANCELLED and nothing has changed
 */
typedef bool (*ReplayProgressFunc) (void *data, double fraction);
typedef struct {
  ReplayProgressFunc func; /* nullable */
  void *data;
} ReplayProgress;

/** replay_trace_open: @directory is one trace (see replay-path.h for runs and base directories), or what replay-convert.h converts. */
ReplayTrace *replay_trace_open (const char *directory, TxError *error) TX_WARN_UNUSED;
void replay_trace_close (ReplayTrace *self);
/** replay_trace_refresh: takes in what a live recording has written since. */
TxStatus replay_trace_refresh (ReplayTrace *self, bool *ret_changed, TxError *error) TX_WARN_UNUSED;
/** replay_trace_get_reader: (transfer none): for names, sources, info and state. */
const TxReader *replay_trace_get_reader (const ReplayTrace *self);
uint64_t replay_trace_get_n_steps (const ReplayTrace *self);
/** replay_trace_get_range: first and last known wall-clock moment (UTC ns); false for an empty recording. */
bool replay_trace_get_range (const ReplayTrace *self, int64_t *ret_start_ns, int64_t *ret_end_ns);

/** ReplayStep: all that is known of one step. */
typedef struct {
  ReplayPosition position;
  int64_t real_ns;      /* wall clock, UTC */
  int64_t mono_ns;
  uint32_t error_ns;    /* bound of both; 0 exact */
  int64_t duration_ns;  /* to the next step of the same frame or its exit; -1 where not known cheaply */
  uint32_t duration_error_ns; /* bound of duration_ns; UINT32_MAX: more than 4 s */
  TxThreadId thread;
  uint32_t depth;       /* 1 = outermost recorded frame */
  TxFunctionId function;
  TxFileId file;        /* 0 not known */
  uint32_t line;        /* 0 not known */
} ReplayStep;

/**
 * replay_trace_get_step:
 * %TX_ERROR_GAP when the step lies in a missing stretch, %TX_END beyond the end.
 * duration_ns is found within the step's block only, else -1.
 */
TxStatus replay_trace_get_step (ReplayTrace *self, ReplayPosition position, ReplayStep *ret_step, TxError *error) TX_WARN_UNUSED;

/** ReplayDuration: how long a step ran, with all that it called. */
typedef struct {
  int64_t duration_ns;
  uint32_t error_ns;    /* bound; UINT32_MAX: more than 4 s */
  bool is_open;         /* it still ran when the recording ended: duration_ns is until then */
  bool over_gap;        /* something is missing on the way: it may have ended there */
} ReplayDuration;

/**
 * replay_trace_get_duration:
 * As duration_ns of replay_trace_get_step(), however far away the end is: blocks between are skipped by their
 * digests. A step ends with the next step of its frame, or where that is left or suspended.
 */
TxStatus replay_trace_get_duration (ReplayTrace *self, ReplayPosition position, const ReplayProgress *progress, ReplayDuration *ret_duration, TxError *error) TX_WARN_UNUSED;

/**
 * replay_trace_seek_time:
 * The last step that started at or before @real_ns (the first step for an earlier time).
 */
TxStatus replay_trace_seek_time (ReplayTrace *self, int64_t real_ns, ReplayPosition *ret_position, TxError *error) TX_WARN_UNUSED;

/** replay_trace_skip_missing: nearest position at or after (before) @position that is not missing; TX_END if none. */
TxStatus replay_trace_skip_missing (ReplayTrace *self, ReplayPosition position, bool backward, ReplayPosition *ret_position);

/* ---- Stack ---- */

/** ReplayFrame: one frame of a stack, with the line that it is at. */
typedef struct {
  uint32_t depth;
  TxFunctionId function;
  TxFileId file;
  uint32_t line;         /* 0 none yet or not known */
} ReplayFrame;

/**
 * replay_trace_get_stack:
 * @thread: 0: the thread of the step
 * @frames: (out) (array length=capacity): innermost first
 * @ret_depth: whole depth. Frames that a block does not hold are looked up in earlier ones.
 *
 * For another thread: its stack after its last event at or before @position.
 */
TxStatus replay_trace_get_stack (ReplayTrace *self,
                                 ReplayPosition position,
                                 TxThreadId thread,
                                 ReplayFrame *frames,
                                 size_t capacity,
                                 size_t *ret_n_frames,
                                 uint32_t *ret_depth,
                                 TxError *error) TX_WARN_UNUSED;

/**
 * replay_trace_get_frame_step:
 * @depth: a depth of the stack at @position
 *
 * The step at which the frame at @depth of the current thread began its current line.
 */
TxStatus replay_trace_get_frame_step (ReplayTrace *self, ReplayPosition position, uint32_t depth, ReplayPosition *ret_position, const ReplayProgress *progress, TxError *error) TX_WARN_UNUSED;

/* ---- Lines of files ---- */

/** ReplayLineState: what is known of a line of a file, for the gutter and for breakpoints. */
typedef enum {
  REPLAY_LINE_RAN,        /* executed at least once */
  REPLAY_LINE_NEVER_RAN,  /* has code in a function that ran, but was never executed */
  REPLAY_LINE_NO_CODE,    /* within functions that ran, no code on it */
  REPLAY_LINE_UNKNOWN,    /* in no function that ran */
} ReplayLineState;

/** ReplayFileLine: totals of one line of a file, over the whole recording. */
typedef struct {
  uint32_t line;
  ReplayLineState state;
  uint64_t hits;
  uint64_t self_ns;
  uint64_t cumulated_ns;
} ReplayFileLine;

/**
 * replay_trace_dup_file_lines:
 * @ret_lines: (transfer full) (array length=ret_n_lines): free(); by line; only lines with a state other than UNKNOWN
 *
 * From digests: O(blocks) the first time, cached until a refresh brings something new.
 */
TxStatus replay_trace_dup_file_lines (ReplayTrace *self, TxFileId file, ReplayFileLine **ret_lines, size_t *ret_n_lines, const ReplayProgress *progress, TxError *error) TX_WARN_UNUSED;

TxStatus replay_trace_get_line_state (ReplayTrace *self, TxFileId file, uint32_t line, ReplayLineState *ret_state, TxError *error) TX_WARN_UNUSED;

/**
 * replay_trace_find_file:
 * @name: a path, or the end of one at a `/`: `core.py`, `pkg/core.py`
 *
 * Returns: matches; *ret_file is the first one. 1 is unambiguous.
 */
size_t replay_trace_find_file (const ReplayTrace *self, const char *name, TxFileId *ret_file);

/* ---- Functions ---- */

/**
 * replay_trace_find_functions:
 * @name: a qualified name or the end of one at a dot, as `Server.handle`, `handle`; a file, as
 *   replay_trace_find_file() takes it, and a colon may stand before: `core.py:handle`
 * @functions: (out) (array length=capacity): ascending; nullable when @capacity is 0
 *
 * Code that was compiled again is a function of its own, so several are usual. O(functions).
 *
 * Returns: how many there are, which may be more than @capacity
 */
size_t replay_trace_find_functions (const ReplayTrace *self, const char *name, TxFunctionId *functions, size_t capacity);

#ifdef __cplusplus
}
#endif
