// SPDX-License-Identifier: BSD-3-Clause
// TxBlock: one block decoded into arrays, with a time for each event.
// Owns its memory; knows no files. Immutable once made, so it may be read by
// several threads.
#pragma once

#include "tx-error.h"
#include "tx-types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * TxEvent:
 * One decoded event. @thread, @depth, @function and @line always describe one
 * frame: the one that runs (LINE), is entered (CALL, RESUME), is left (RETURN,
 * UNWIND, YIELD), or is innermost (STACK, THREAD, REVEAL and all others; depth 0
 * and zeros when the stack is empty).
 */
typedef struct {
  int64_t time_ns;      /* monotonic clock: exact when error_ns is 0, else an estimate */
  uint32_t error_ns;    /* the true time is within time_ns +- error_ns; UINT32_MAX: more than 4 s */
  uint32_t kind;        /* TxEventKind */
  TxThreadId thread;
  uint32_t depth;       /* 1 = outermost recorded frame */
  TxFunctionId function;/* 0: not known */
  uint32_t line;        /* LINE: the line; CALL: 0; others: the frame's last line, 0 if none or not known */
  TxActivationId activation; /* YIELD, RESUME; RAISE: the TxTypeId; else 0 */
  uint32_t detail;      /* STACK: index in stacks; MARK, RAISE (its message), DEFINE_*, CLOCK: index in texts; GAP: index in gaps; WAIT: microseconds, UINT32_MAX: that or more; else 0 */
} TxEvent;

/** TxStackFrame: one frame of a stated stack. */
typedef struct {
  TxFunctionId function;
  uint32_t line; /* last executed line, 0 if none or not known */
} TxStackFrame;

/** TxBlockStack: a stated stack. Depths 1 .. depth - n_frames are not held by this block. */
typedef struct {
  uint32_t depth;
  uint32_t reason;       /* TxStackReason */
  uint32_t first_frame;  /* index in the block's frames, outermost first */
  uint32_t n_frames;
} TxBlockStack;

/** TxBlockText: a mark, the name in a definition, the two clocks of CLOCK. As recorded, not terminated. */
typedef struct {
  uint32_t offset; /* in the block's raw bytes */
  uint32_t size;
} TxBlockText;

/** TxBlockGap: what is known of dropped events. */
typedef struct {
  uint64_t events_lost;
} TxBlockGap;

/** TxBlockTimes: what the block's header says of its time. */
typedef struct {
  int64_t mono_first_ns; /* when its first event was written */
  int64_t mono_last_ns;  /* when it was sealed, or the last moment known */
  int64_t real_first_ns; /* wall clock, UTC, at mono_first_ns */
} TxBlockTimes;

typedef struct {
  uint64_t sequence;
  TxBlockTimes times;
  const TxEvent *events;      /* (array length=n_events) */
  size_t n_events;
  const uint32_t *steps;      /* (array length=n_steps): indices in events of the LINE events */
  size_t n_steps;
  const TxStackFrame *frames; /* of all stated stacks */
  size_t n_frames;
  const TxBlockStack *stacks;
  size_t n_stacks;
  const TxBlockText *texts;
  size_t n_texts;
  const TxBlockGap *gaps;
  size_t n_gaps;
  const uint8_t *raw;         /* the event bytes */
  size_t raw_size_bytes;
  bool damaged;               /* decoding ended early: what precedes is good */
} TxBlock;

/**
 * TxFirstLineFunc:
 * Tells the decoder the first line of a function; false when it is not known (its lines are then
 * shown as 0 until one is stated). Definitions inside the block are seen without asking.
 */
typedef bool (*TxFirstLineFunc) (void *data, TxFunctionId function, uint32_t *ret_first_line);

/**
 * tx_block_decode:
 * @raw: event bytes; copied
 * @sequence: as its header says
 * @first_line: asked for functions that the block does not define
 *
 * Decodes hostile bytes: bounded by @raw_size_bytes, never more than one event a byte. A violation
 * ends the block there and sets damaged. Thread-safe.
 *
 * Returns: (nullable): free with tx_block_free(); NULL without memory or with too large an input
 */
TxBlock *tx_block_decode (const uint8_t *raw,
                          size_t raw_size_bytes,
                          uint64_t sequence,
                          const TxBlockTimes *times,
                          TxFirstLineFunc first_line,
                          void *data,
                          TxError *error) TX_WARN_UNUSED;

void tx_block_free (TxBlock *self);

/**
 * tx_block_get_stack:
 * @event: index in events
 * @thread: 0: the thread of that event
 * @frames: (out) (array length=capacity): innermost first
 * @ret_depth: the whole depth; frames beyond those held by the block are not filled in
 *
 * The stack of @thread right after @event, by walking back to where the block states it.
 *
 * Returns: frames filled in, 0 also when the block does not know the thread's stack there
 */
size_t tx_block_get_stack (const TxBlock *self,
                           size_t event,
                           TxThreadId thread,
                           TxStackFrame *frames,
                           size_t capacity,
                           uint32_t *ret_depth);

#ifdef __cplusplus
}
#endif
