// SPDX-License-Identifier: BSD-3-Clause
// The slow and simple truth: every event of a recording in one array, moves by walking it. Also
// makes random recordings to compare on.
#pragma once

#include <glib.h>

#include "replay/replay-moves.h"

/* A frame of a stack. */
typedef struct
{
  ReplayFrame frame;
  bool has_line; /* it has executed one, as far as known */
} RefFrame;

/* An event, or a stretch that is missing. */
typedef struct
{
  bool is_gap;
  uint64_t missing_blocks; /* of a gap */
  ReplayPosition position; /* of a step, else REPLAY_POSITION_NONE */
  size_t block;
  TxEvent event;
  int64_t real_ns;
  TxFileId file;
  bool is_coroutine; /* the function */
  bool begins;       /* a step: the first one of its frame */
  GArray *callers;   /* owned; a step: of TxFunctionId, those on the stack below it */
  GArray *stack;     /* owned; STACK: of TxStackFrame, as stated, outermost first */
  uint32_t stack_depth;
  TxStackReason reason;
} RefItem;

typedef struct
{
  const TxReader *reader; /* borrowed */
  GArray *items;          /* owned; of RefItem */
  GArray *positions;      /* owned; of size_t: index in items of each step that is there */
} Reference;

Reference *reference_new (const TxReader *reader);
void reference_free (Reference *self);
const RefItem *reference_get (const Reference *self, size_t index);

/* Index of the item of the n-th step that is there. */
size_t reference_get_step (const Reference *self, size_t n);
size_t reference_get_n_steps (const Reference *self);

/* What replay_trace_get_stack() must answer, innermost first; of ReplayFrame. @step counts the
   steps that are there. */
GArray *reference_get_stack (const Reference *self, size_t step, TxThreadId thread);

/* The breakpoints that each item is a hit of: of uint32_t, the smallest id, 0: none. */
GArray *reference_find_hits (const Reference *self, const ReplayBreakpoints *breakpoints);

/* What replay_move() must answer. @hits: from reference_find_hits() of the move's breakpoints.
   @from may lie in what is missing. */
ReplayStop reference_move (const Reference *self,
                           ReplayPosition from,
                           const ReplayMove *move,
                           const GArray *hits);

/* What replay_trace_get_duration() must answer, but for what is missing. */
ReplayDuration reference_get_duration (const Reference *self, size_t step);

/* The executions of a line: of ReplayPosition. */
GArray *reference_list_hits (const Reference *self, TxFileId file, uint32_t line);

/* A program of about @n_events in the language of trace-text.h, with threads, recursion,
   generators, coroutines and exceptions; ends its blocks each @block_events. */
char *reference_make_program (GRand *random, unsigned n_events, unsigned block_events);
