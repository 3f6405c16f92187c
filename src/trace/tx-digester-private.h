// SPDX-License-Identifier: BSD-3-Clause
// What the digester's files share: lines that are counted, functions, threads with their stacks, and
// the accounting of one event, which both ways of feeding a digester do inline.
//
// Self time is charged at each event. Cumulated time is charged when a line stops being a frame's
// line, or a block ends: a frame below cannot change while others are above it, so a line's whole
// time on the stack is that of its outermost frame, and frames above with the same line are left
// out.
#pragma once

#include "tx-block-private.h"
#include "tx-digest.h"
#include "tx-thread-index-private.h"

/** TxTallyLine: a (function, line) with a thread's sums in the current block. Lives until the tally
 * is cleared. */
typedef struct
{
  TxDigestLine sums;
  uint32_t n_below; /* frames of the thread that stand on it, but for the innermost one */
  bool is_touched;  /* listed in the tally's touched */
  uint64_t seen_in; /* number of the last walk over a stack that met it */
} TxTallyLine;

/** TxTallyFirstLine: what is known of a function's first line. */
typedef enum
{
  TX_TALLY_NOT_ASKED = 0,
  TX_TALLY_KNOWN,
  TX_TALLY_NOT_KNOWN,
} TxTallyFirstLine;

/** TxTallyFunction: a function with its lines, found by their number. */
typedef struct
{
  TxFunctionId id;
  uint32_t first_line; /* where the next is KNOWN */
  TxTallyFirstLine first_line_state;
  uint32_t base;       /* number of lines[0] */
  uint32_t n_lines;    /* places */
  TxTallyLine **lines; /* owned array of borrowed lines; NULL: not met yet */
} TxTallyFunction;

/** TxTally: functions and lines, of one thread. They do not move. */
typedef struct
{
  TxTallyFunction **places; /* owned array of owned functions: hash table by id; NULL: free */
  size_t n_places;          /* 0 or a power of 2 */
  uint64_t multiplier;      /* of ids, for their hashes: nothing that a trace could know */
  size_t n_functions;
  TxTallyLine **chunks; /* owned array of owned arrays */
  size_t n_chunks, chunks_capacity;
  size_t n_chunk_lines; /* of the last chunk, that are still to be had */
  size_t n_lines;
  TxTallyLine **far_lines; /* owned; borrowed lines: hash table of those too far from their
                              function's others */
  size_t n_far_places;     /* 0 or a power of 2 */
  size_t n_far_lines;
  TxTallyLine **touched; /* owned array of borrowed lines: those with sums in this block; as long as
                            all lines */
  size_t n_touched, touched_capacity;
} TxTally;

/* The function, made when never met; NULL without memory. */
TxTallyFunction *_tx_tally_find_function_slow (TxTally *self, TxFunctionId id);

/* The line, made when never met; NULL without memory. */
TxTallyLine *
_tx_tally_find_line_slow (TxTally *self, TxTallyFunction *function, uint32_t number);

static inline size_t
_tx_tally_hash (const TxTally *self, uint32_t id)
{
  return (size_t) ((id * self->multiplier) >> 32);
}

/* NULL where it is not at once found, or not there. */
static inline TxTallyFunction *
_tx_tally_find_met_function (const TxTally *self, TxFunctionId id)
{
  TxTallyFunction *found;

  if (self->n_places == 0)
    return NULL;
  found = self->places[_tx_tally_hash (self, id) & (self->n_places - 1)];
  return found && found->id == id ? found : NULL;
}

static inline TxTallyFunction *
_tx_tally_find_function (TxTally *self, TxFunctionId id)
{
  TxTallyFunction *found = _tx_tally_find_met_function (self, id);

  return found ? found : _tx_tally_find_function_slow (self, id);
}

/* NULL where it is not at once found, or not there. */
static inline TxTallyLine *
_tx_tally_find_met_line (const TxTallyFunction *function, uint32_t number)
{
  uint32_t index = number - function->base;

  return index < function->n_lines ? function->lines[index] : NULL;
}

static inline TxTallyLine *
_tx_tally_find_line (TxTally *self, TxTallyFunction *function, uint32_t number)
{
  TxTallyLine *found = _tx_tally_find_met_line (function, number);

  return found ? found : _tx_tally_find_line_slow (self, function, number);
}

/* Says that the line is about to be added to; there is room in the list for all lines. */
static inline void
_tx_tally_touch (TxTally *self, TxTallyLine *line)
{
  if (!line->is_touched)
    {
      line->is_touched = true;
      self->touched[self->n_touched++] = line;
    }
}

/* All sums are 0 afterwards, and no line is touched. */
void _tx_tally_reset (TxTally *self);

/* What was said of the function's first line is to be asked for again. */
void _tx_tally_forget_first_line (TxTally *self, TxFunctionId id);

/* Frees everything: functions and lines that anyone holds are gone. */
void _tx_tally_clear (TxTally *self);

/** TxTallyItem: a touched line of one of several tallies. */
typedef struct
{
  uint64_t key; /* function and line */
  TxTallyLine *line;
  size_t owner; /* number of its tally */
} TxTallyItem;

/** TxTallyItems: those of all of them, to be put in order; kept from block to block. */
typedef struct
{
  TxTallyItem *items; /* owned */
  size_t n_items, capacity;
  TxTallyItem *other; /* owned: as long as items */
} TxTallyItems;

/* Adds the tally's touched lines, or of these those with sums; false without memory. */
bool _tx_tally_items_add (TxTallyItems *self, const TxTally *tally, size_t owner, bool with_sums);

/* By function, then line, then as they were added. */
void _tx_tally_items_sort (TxTallyItems *self);
void _tx_tally_items_clear (TxTallyItems *self);

/** TxTallyFrame: a frame of a thread. */
typedef struct
{
  TxTallyLine *line; /* borrowed; the digester's `nobody` before its first line */
  TxTallyFunction *function;
  uint32_t number;    /* of the line; 0: none yet */
  uint32_t reference; /* what the next line's delta refers to; scanning only */
  int64_t since_ns;   /* its cumulated time is counted up to here */
  int64_t began_ns;   /* when the line's execution began; INT64_MAX: not known */
} TxTallyFrame;

/** TxTallyThread: a thread's stack, and what it did in the current block. */
typedef struct
{
  TxThreadId id;
  uint32_t depth;       /* of the whole stack */
  TxTallyFrame *top;    /* innermost frame; frames[0], which stands for nobody, without any */
  TxTallyFrame *last;   /* last one that fits */
  TxTally *tally;       /* owned; its lines */
  size_t n_counted;     /* lines and functions of it that are in the digester's n_kept */
  TxTallyFrame *frames; /* owned; from frames[1] on, outermost first: as many as were told of */
  int64_t last_ns;      /* of its last event; INT64_MAX: none yet */
  bool is_active;       /* has events in this block */
  uint32_t steps;
  uint32_t depth_min, depth_max;
  uint32_t resumed, restated; /* as in a digest */
} TxTallyThread;

static inline size_t
_tx_tally_thread_count_frames (const TxTallyThread *self)
{
  return (size_t) (self->top - self->frames);
}

static inline void
_tx_tally_thread_note_depth (TxTallyThread *self)
{
  if (self->depth < self->depth_min)
    self->depth_min = self->depth;
  if (self->depth > self->depth_max)
    self->depth_max = self->depth;
}

struct _TxDigester
{
  TxTally first_lines; /* functions only: what is known of all of them */
  TxTally **spares; /* owned array of owned tallies: of threads that have ended: the next ones will do much the same */
  size_t n_spares;
  TxTallyItems items;
  TxTallyThread **active; /* owned; threads of the current block, when it is over */
  size_t active_capacity;
  TxTallyLine nobody; /* takes the time of frames before their first line; is never reported */
  TxTallyThread *threads; /* owned */
  size_t n_threads, threads_capacity;
  TxThreadIndex index; /* of threads */
  size_t current; /* index in threads; SIZE_MAX: none yet */
  size_t n_kept;      /* lines and functions of all tallies, as far as counted */
  size_t tally_limit; /* lines and functions, above which the tallies are made anew */
  uint64_t next_sequence;
  uint64_t n_walks;
  uint32_t error_ns; /* of the current block's digest */
  bool has_begun;
  bool has_references; /* the frames' references are good: scanning has brought them here */
  bool lacks_awaits;   /* a frame without a line was suspended or went on in the current block */
  bool no_memory;      /* in the current block */
};

/* ---- Parts of both ways (tx-digester.c) ---- */

/** _tx_digester_enter_thread: makes @id current and active; NULL without memory. */
TxTallyThread *_tx_digester_enter_thread (TxDigester *self, TxThreadId id, int64_t now_ns);

/** _tx_digester_push: a frame that was entered or found, on line @number (0: none yet); NULL
 * without memory. */
TxTallyFrame *_tx_digester_push_slow (TxDigester *self,
                                      TxTallyThread *thread,
                                      TxTallyFunction *function,
                                      uint32_t number,
                                      int64_t now_ns);

/** _tx_digester_state_stack: what the thread's stack is said to be: @frames are the innermost
 * ones. */
void _tx_digester_state_stack (TxDigester *self,
                               TxTallyThread *thread,
                               uint32_t depth,
                               const TxStackFrame *frames,
                               size_t n_frames,
                               int64_t now_ns);

/** _tx_digester_begin_block / _finish_block: around all events of a block. finish: (transfer full)
 * (nullable): NULL without memory, or when @is_good is not so; nothing is kept of the past then. */
void _tx_digester_begin_block (TxDigester *self, uint64_t sequence);
TxDigest *_tx_digester_finish_block (TxDigester *self, int64_t end_ns, bool is_good);

/** _tx_digester_forget_threads: as behind a hole. */
void _tx_digester_forget_threads (TxDigester *self);

/** _tx_digester_count_kept: lines and functions that it remembers. */
size_t _tx_digester_count_kept (const TxDigester *self);

/* ---- Accounting ---- */

static inline uint64_t
_tx_digester_get_elapsed (int64_t from_ns, int64_t to_ns)
{
  return to_ns > from_ns ? (uint64_t) to_ns - (uint64_t) from_ns : 0;
}

/* The innermost line has had the thread since its last event. */
static inline void
_tx_digester_charge_self (TxTallyThread *thread, int64_t now_ns)
{
  if (now_ns <= thread->last_ns)
    return;
  thread->top->line->sums.self_ns += _tx_digester_get_elapsed (thread->last_ns, now_ns);
  thread->last_ns = now_ns;
}

/* The innermost frame leaves its line, whose execution ends. */
static inline void
_tx_digester_end_line (TxTallyFrame *frame, int64_t now_ns)
{
  TxTallyLine *line = frame->line;
  uint64_t on_stack_ns = _tx_digester_get_elapsed (frame->since_ns, now_ns);
  uint64_t execution_ns = _tx_digester_get_elapsed (frame->began_ns, now_ns);

  frame->since_ns = now_ns;
  line->sums.cumulated_ns += line->n_below == 0 ? on_stack_ns : 0;
  if (execution_ns > line->sums.slowest_ns)
    line->sums.slowest_ns = execution_ns;
}

/* The innermost line was on no CPU for @wait_us of the time that it has been charged with. */
static inline void
_tx_digester_charge_wait (TxTallyThread *thread, uint32_t wait_us)
{
  TxTallyLine *line = thread->top->line;

  _tx_tally_touch (thread->tally, line);
  line->sums.waiting_ns += wait_us * UINT64_C (1000);
}

/* The innermost frame is about to be suspended, or went on just now. */
static inline void
_tx_digester_note_await (TxDigester *self, TxTallyThread *thread)
{
  TxTallyLine *line = thread->top->line;

  if (line == &self->nobody)
    {
      self->lacks_awaits = true;
      return;
    }
  _tx_tally_touch (thread->tally, line);
  line->sums.awaits++;
}

/* A step: @line of the innermost frame, which is there. */
static inline void
_tx_digester_begin_line (TxDigester *self,
                         TxTallyThread *thread,
                         TxTallyLine *line,
                         uint32_t number,
                         int64_t now_ns)
{
  TxTallyFrame *frame = thread->top;

  _tx_digester_end_line (frame, now_ns);
  _tx_tally_touch (thread->tally, line);
  line->sums.hits++;
  line->sums.entries += frame->line == &self->nobody;
  thread->steps++;
  frame->line = line;
  frame->number = number;
  frame->began_ns = now_ns;
}

static inline TxTallyFrame *
_tx_digester_push (TxDigester *self,
                   TxTallyThread *thread,
                   TxTallyFunction *function,
                   uint32_t number,
                   int64_t now_ns)
{
  TxTallyFrame *frame = thread->top + 1;

  if (number != 0 || thread->top == thread->last)
    return _tx_digester_push_slow (self, thread, function, number, now_ns);
  thread->top->line->n_below++;
  thread->top = frame;
  *frame = (TxTallyFrame){ .line = &self->nobody,
                           .function = function,
                           .since_ns = now_ns,
                           .began_ns = INT64_MAX };
  return frame;
}

/* The innermost frame, which is there, is left. */
static inline void
_tx_digester_pop (TxTallyThread *thread, int64_t now_ns)
{
  _tx_digester_end_line (thread->top, now_ns);
  thread->top--;
  thread->depth--;
  thread->top->line->n_below--;
  _tx_tally_touch (thread->tally, thread->top->line);
}
