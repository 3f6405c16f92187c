// SPDX-License-Identifier: BSD-3-Clause
// TxStream: what an event source calls for each event of a process. Owns the
// threads' stacks and the encoding into the open slot of the ring; knows
// nothing of Python, of files or of compression (see tx-writer.h for those).
//
// One stream serves one process. All calls come from threads of that process
// that exclude each other (in CPython: they hold the GIL). No call locks,
// allocates (but for a growing stack and for definitions), makes a system call
// (but for a look at the thread's CPU clock, each 2 ms at most) or fails: an
// event that finds no room is counted and shows as a gap.
//
// The hot path has a single check: the write position against `limit`. The
// native thread of the writer sets `limit` to zero when it wants the next
// event to read the clock; a full slot, precise sections and a fork child end
// in the same slow path.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "tx-types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The longest encoding of an event that the hot path may write unchecked. */
#define TX_EVENT_SIZE_HOT_MAX 16u

/* Reference of a thread's sentinel: further than a byte's delta from each line below 2^31. */
#define TX_REFERENCE_NONE 0x80000040u

/**
 * TxFrame:
 * One recorded frame on a thread's stack.
 */
typedef struct {
  TxFunctionId function;
  uint32_t line;      /* last executed line, 0 before the first one */
  uint32_t reference; /* what the next line's delta refers to: line, else the function's first line */
  TxActivationId activation; /* 0 until the frame has been suspended once */
  uint64_t key; /* identity of the frame at the event source (its address); opaque here */
} TxFrame;

/**
 * TxThread:
 * The recorded stack of one thread. Owned by the stream.
 */
typedef struct _TxThread TxThread;
struct _TxThread {
  TxThread *next;       /* of the stream's list that it is in */
  uint64_t key;         /* identity of the thread at the event source; opaque here */
  TxFrame *top;         /* innermost frame; frames[0], a sentinel, when the stack is empty */
  TxFrame *last;        /* last frame that fits before the array must grow */
  TxFrame *frames;      /* owned; frames[0] is a sentinel that is never written to a trace, with a
                           reference that no line is near to */
  TxThreadId id;
  uint32_t known_floor; /* frames from this index on are known to the reader of the open block; 0: all */
  uint64_t stated_in;   /* sequence of the block that last stated this stack, UINT64_MAX: none */
  uint32_t precise;     /* nesting of precise sections */
  uint32_t untracked;   /* entries beyond TX_DEPTH_MAX or without memory: counted, not stored */
  uint64_t tick_at_sight; /* opaque to the stream: for the event source's housekeeping */
  int64_t cpu_read_ns;  /* when its CPU clock was read last, 0 never ... */
  int64_t cpu_ns;       /* ... and what it said */
};

typedef struct _TxStream TxStream;
typedef struct _TxStreamPrivate TxStreamPrivate;

/**
 * TxStream:
 * The fields are read and written by the inline functions below only.
 */
struct _TxStream {
  uint8_t *pos;                    /* where the next event goes */
  TxThread *current;               /* the thread of the last event; never NULL */
  TxFrame *top;                    /* current->top once more: what is looked at first at each event is
                                      a load nearer so. See _tx_stream_set_top() */
  uint8_t *base;                   /* first byte of the open slot's data */
  _Atomic (uint32_t) *committed;   /* in the ring: bytes of the open slot that readers may see */
  TxStreamPrivate *priv;           /* owned */

  /* From here on a forked child finds zeros, however it was forked: nothing of it may be written
     into the ring, which it does not have. */
  _Atomic (uint8_t *) limit;       /* at or beyond it: slow path. Set to NULL to ask for a stamp; NULL
                                      as long as the current thread needs the slow path for anything */
  bool is_ours;                    /* looked at in slow paths */
};

/* ---- Slow paths; do not call directly ---- */
void _tx_stream_line_slow (TxStream *self, uint32_t line);
void _tx_stream_call_slow (TxStream *self, TxFunctionId function, uint32_t first_line, uint64_t key);
void _tx_stream_leave_slow (TxStream *self, TxEventKind kind);

/* Changes the innermost frame of the current thread. */
static inline void
_tx_stream_set_top (TxStream *self, TxFrame *top)
{
  self->top = top;
  self->current->top = top;
}

static inline void
_tx_stream_commit (TxStream *self, uint8_t *end)
{
  self->pos = end;
  atomic_store_explicit (self->committed, (uint32_t) (end - self->base), memory_order_release);
}

/* Appends a LEB128 number; at most 5 bytes. Returns the next position. */
static inline uint8_t *
_tx_put_varint32 (uint8_t *pos, uint32_t value)
{
  while (value >= 0x80)
    {
      *pos++ = (uint8_t) (value | 0x80);
      value >>= 7;
    }
  *pos++ = (uint8_t) value;
  return pos;
}

/* First bytes of the events that the hot path writes (docs/trace-format.md, section "Events"). */
#define TX_OP_LINE_BIAS 0x40 /* 0x00..0x7f: a line, delta = byte - 0x40 */
#define TX_OP_CALL      0x80
#define TX_OP_RETURN    0x81
#define TX_OP_UNWIND    0x82
#define TX_OP_CALL_NEAR 0xa0 /* 0xa0..0xef: a call of function byte - 0x9f */

/* Functions with an id up to this are called by one byte. */
#define TX_CALL_NEAR_MAX 80u

/* Appends a call; at most 6 bytes. Returns the next position. */
static inline uint8_t *
_tx_put_call (uint8_t *pos, TxFunctionId function)
{
  if (function - 1 < TX_CALL_NEAR_MAX)
    {
      *pos = (uint8_t) (TX_OP_CALL_NEAR - 1 + function);
      return pos + 1;
    }
  *pos = TX_OP_CALL;
  return _tx_put_varint32 (pos + 1, function);
}

/**
 * tx_stream_try_line:
 * tx_stream_line() in the usual case. For callers that can leave the others to a call in their
 * place, and need no stack then.
 *
 * Returns: false: nothing has happened, _tx_stream_line_slow() must be called
 */
static inline bool
tx_stream_try_line (TxStream *self, uint32_t line)
{
  TxFrame *frame = self->top;
  uint32_t code = line - frame->reference + TX_OP_LINE_BIAS;
  uint8_t *pos = self->pos;

  if (line == frame->line)
    return true;
  /* An empty stack needs no check of its own: its sentinel's reference makes the code large. */
  if (__builtin_expect (code >= 0x80
                          || pos >= atomic_load_explicit (&self->limit, memory_order_relaxed),
                        0))
    return false;
  frame->line = line;
  frame->reference = line;
  *pos = (uint8_t) code;
  _tx_stream_commit (self, pos + 1);
  return true;
}

/**
 * tx_stream_line:
 * @line: 1-based; below 2^31
 *
 * The innermost frame of the current thread begins to execute @line. Nothing is
 * recorded when that is the frame's current line already (see "step").
 * Without a recorded frame nothing happens.
 */
static inline void
tx_stream_line (TxStream *self, uint32_t line)
{
  if (!tx_stream_try_line (self, line))
    _tx_stream_line_slow (self, line);
}

/**
 * tx_stream_try_call:
 * As tx_stream_try_line(), of tx_stream_call().
 *
 * Returns: false: nothing has happened, _tx_stream_call_slow() must be called
 */
static inline bool
tx_stream_try_call (TxStream *self, TxFunctionId function, uint32_t first_line, uint64_t key)
{
  TxFrame *frame = self->top + 1;
  uint8_t *pos = self->pos;

  if (__builtin_expect (pos >= atomic_load_explicit (&self->limit, memory_order_relaxed)
                          || frame > self->current->last,
                        0))
    return false;
  _tx_stream_set_top (self, frame);
  frame->function = function;
  frame->line = 0;
  frame->reference = first_line;
  frame->activation = 0;
  frame->key = key;
  _tx_stream_commit (self, _tx_put_call (pos, function));
  return true;
}

/**
 * tx_stream_call:
 * @function: as tx_stream_define_function() returned it; 0 where that failed
 * @first_line: the function's first line, as defined
 * @key: identity of the frame (for tx_stream_yield() and resynchronising)
 *
 * The current thread enters a frame for the first time.
 */
static inline void
tx_stream_call (TxStream *self, TxFunctionId function, uint32_t first_line, uint64_t key)
{
  if (!tx_stream_try_call (self, function, first_line, key))
    _tx_stream_call_slow (self, function, first_line, key);
}

/**
 * tx_stream_try_return:
 * As tx_stream_try_line(), of tx_stream_return().
 *
 * Returns: false: nothing has happened, _tx_stream_leave_slow() must be called
 */
static inline bool
tx_stream_try_return (TxStream *self)
{
  TxThread *thread = self->current;
  uint8_t *pos = self->pos;

  /* Above the floor the reader knows the frame below, so one byte says it all. On an empty stack
     top is frames, which is not above any floor. */
  if (__builtin_expect (pos >= atomic_load_explicit (&self->limit, memory_order_relaxed)
                          || self->top <= thread->frames + thread->known_floor,
                        0))
    return false;
  _tx_stream_set_top (self, self->top - 1);
  *pos = TX_OP_RETURN;
  _tx_stream_commit (self, pos + 1);
  return true;
}

/**
 * tx_stream_return:
 * The innermost frame of the current thread is left normally.
 * On an empty stack nothing happens.
 */
static inline void
tx_stream_return (TxStream *self)
{
  if (!tx_stream_try_return (self))
    _tx_stream_leave_slow (self, TX_EVENT_RETURN);
}

/** tx_stream_unwind: the innermost frame of the current thread is left by an exception. */
static inline void
tx_stream_unwind (TxStream *self)
{
  _tx_stream_leave_slow (self, TX_EVENT_UNWIND);
}

/* ---- Less frequent events ---- */

/**
 * tx_stream_yield:
 * The innermost frame of the current thread is suspended; its line is kept under its key,
 * for tx_stream_resume().
 */
void tx_stream_yield (TxStream *self);

/**
 * tx_stream_resume:
 * The current thread goes on with the suspended frame @key, on whichever thread it was
 * suspended. A key never seen (suspended before recording began) is entered with
 * @function and no line yet.
 */
void tx_stream_resume (TxStream *self, TxFunctionId function, uint32_t first_line, uint64_t key);

/**
 * tx_stream_forget_suspended:
 * Forgets a suspended frame: its key is about to be used by a new one, or it was freed.
 */
void tx_stream_forget_suspended (TxStream *self, uint64_t key);

/** tx_stream_is_suspended: whether tx_stream_resume() would go on with a known frame. */
bool tx_stream_is_suspended (const TxStream *self, uint64_t key);

/**
 * tx_stream_get_thread:
 * @key: identity of a thread, not 0
 *
 * Returns: (transfer none): the thread, made (with the next id) when never seen; NULL without
 *   memory: leave the current thread's events out then
 */
TxThread *tx_stream_get_thread (TxStream *self, uint64_t key);

/**
 * tx_stream_switch_to:
 * The events that follow are @thread's. Written with the thread's whole stack the first time in a block.
 */
void tx_stream_switch_to (TxStream *self, TxThread *thread);

/**
 * tx_stream_define_thread:
 * @native_id: the kernel's id of the thread, 0 if unknown
 * @name: (nullable): UTF-8
 *
 * States what is known of a thread. May be repeated when a name changes.
 */
void tx_stream_define_thread (TxStream *self, const TxThread *thread, uint64_t native_id, const char *name);

/**
 * tx_stream_drop_thread:
 * The thread has ended: frees @thread. The current thread may be dropped; events before the next
 * tx_stream_switch_to() are then nobody's and are left out.
 */
void tx_stream_drop_thread (TxStream *self, TxThread *thread);

/**
 * tx_stream_resync:
 * @frames: (array length=n_frames): outermost first; function, line and key filled in,
 *   line 0 where unknown; reference is filled in from @first_lines
 * @first_lines: (array length=n_frames): first line of each frame's function
 *
 * States the current thread's stack anew: it was found to differ from what the events said, or
 * the thread had frames when recording began. Counted by stats when @reason is a resync.
 */
void tx_stream_resync (TxStream *self,
                       const TxFrame *frames,
                       const uint32_t *first_lines,
                       size_t n_frames,
                       TxStackReason reason);

/**
 * tx_stream_define_file:
 * @path: bytes of the file's name as the program knows it, made absolute
 *
 * The writer's native thread copies the source text into the trace.
 *
 * Returns: the file's id; 0 without memory (try again later). Kept while no slot is free, so a
 *   returned id is always defined before the first event that needs it.
 */
TxFileId tx_stream_define_file (TxStream *self, const char *path, size_t path_size);

/**
 * TxFunctionDefinition:
 * What is known of one code object.
 */
typedef struct {
  TxFileId file;
  uint32_t first_line;       /* co_firstlineno; lines' deltas start from it */
  uint32_t flags;            /* TxFunctionFlags; LINES_KNOWN is set by the stream when the bitmap is there */
  const char *name;          /* qualified where known; bytes, usually UTF-8 */
  size_t name_size;
  uint32_t bitmap_first_line; /* the line of bit 0 */
  const uint8_t *line_bitmap; /* (nullable): bit i: line bitmap_first_line + i has code */
  size_t line_bitmap_size;    /* bytes; above TX_LINE_BITMAP_MAX it is left out */
} TxFunctionDefinition;

/** tx_stream_define_function: as tx_stream_define_file(). Every code object gets an id of its own. */
TxFunctionId tx_stream_define_function (TxStream *self, const TxFunctionDefinition *definition);

/**
 * tx_stream_define_type:
 * @name: of a type of exceptions, qualified; bytes, usually UTF-8
 *
 * Returns: its id; 0 without memory
 */
TxTypeId tx_stream_define_type (TxStream *self, const char *name, size_t name_size);

/**
 * tx_stream_raise:
 * @message: cut at TX_MESSAGE_SIZE_MAX
 *
 * An exception is raised in the innermost frame of the current thread, or comes to it. Without a
 * recorded frame nothing happens.
 */
void
tx_stream_raise (TxStream *self, TxTypeId type, const char *message, size_t message_size);

/** tx_stream_mark: leaves @text (UTF-8, cut at TX_MARK_SIZE_MAX) at this place, with an exact stamp. */
void tx_stream_mark (TxStream *self, const char *text, size_t text_size);

/**
 * tx_stream_precise_begin:
 * From here to the matching tx_stream_precise_end() each event of the current thread is stamped
 * exactly. Nests.
 */
void tx_stream_precise_begin (TxStream *self);
void tx_stream_precise_end (TxStream *self);

/** TxStreamStats: totals since the stream was made. */
typedef struct {
  uint64_t bytes;          /* event bytes written */
  uint64_t blocks;         /* slots sealed */
  uint64_t events_lost;    /* found no free slot, or no memory */
  uint64_t resyncs;
  uint64_t stamps;         /* clock readings of the program's threads */
  uint64_t threads;        /* seen */
  uint64_t functions;
  uint64_t files;
} TxStreamStats;

void tx_stream_get_stats (const TxStream *self, TxStreamStats *ret_stats);

/** tx_stream_get_depth: recorded frames of the current thread. */
static inline uint32_t
tx_stream_get_depth (const TxStream *self)
{
  return (uint32_t) (self->top - self->current->frames) + self->current->untracked;
}

#ifdef __cplusplus
}
#endif
