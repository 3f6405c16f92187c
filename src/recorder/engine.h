// SPDX-License-Identifier: BSD-3-Clause
// RecEngine: turns what an event source reports (a code object, a frame, a line)
// into events of the stream: which thread, which recorded frame, in scope or
// not, and the repair of a recorded stack that does not fit the running frames.
// There is one engine a process; it lives as long as the process. It does not know
// where events come from, and its functions for events never raise, never run
// Python code and, but for the first event of a code object or a thread, make no
// Python object. All are called with the GIL held.
#pragma once

#include "code-table.h"
#include "exception.h"
#include "filter.h"
#include "py-compat.h"

#include "trace/tx-writer.h"

typedef struct _RecHook RecHook;

#define REC_THREAD_CACHE 64u
#define REC_RAISES       16u
#define REC_RAISES_MAX   4u
#define REC_INFO_MAX     32u
#define REC_INFO_SIZE    1024u

/** RecThread: a thread that the stream knows. */
typedef struct
{
  uint64_t key;     /* rec_py_thread_key(); 0: empty */
  TxThread *thread; /* (transfer none) of the stream */
} RecThread;

/** RecRaise: an exception that was told of. The pointer is only compared. */
typedef struct
{
  const PyObject *exception;
  uint64_t frame;  /* key of the frame that it was in */
  bool is_passing; /* that frame was left by it */
  size_t depth;    /* of that frame; once it was left, of the one below, ... */
  uint32_t line;   /* ... and the line of that one */
} RecRaise;

/** RecRaises: the exceptions of a thread that may come to further frames; inner ones last. Where a
 * frame that one passes closes its generators, another passes on top of it. */
typedef struct
{
  TxThreadId thread;
  size_t n_raises;
  RecRaise raises[REC_RAISES_MAX];
} RecRaises;

/** RecInfo: a line for the trace's `info` file. */
typedef struct
{
  char key[32];
  char value[REC_INFO_SIZE];
} RecInfo;

/** RecLimits: as in TxWriterOptions. */
typedef struct
{
  uint64_t max_size_bytes;
  uint64_t min_free_bytes;
  uint64_t max_age_ns;
  uint64_t keep_runs;
} RecLimits;

/** RecOptions: how to record. Zero in a number means the writer's default. */
typedef struct
{
  const char *directory;      /* existing and empty */
  const char *ring_directory; /* (nullable) */
  uint32_t slot_count;
  uint32_t slot_size_bytes;
  RecLimits limits;
  RecFilter *filter;   /* (transfer full): also when starting fails */
  const RecInfo *info; /* (array length=n_info): what the caller knows of the process */
  size_t n_info;
  const char *recover_directory; /* (nullable): dead processes' traces below it are sealed */
  bool traces_children;          /* forked children go on in a trace beside this one */
} RecOptions;

typedef struct _RecChild RecChild;

typedef struct _RecEngine RecEngine;
struct _RecEngine
{
  /* Read for each event: kept together. */
  TxStream *stream;      /* (transfer none) of the writer; NULL: not recording */
  uint64_t thread_key;   /* whose events the stream expects; 0: ask */
  void *thread_pointer;  /* of the operating system's thread of `tstate`, see
                            rec_engine_peek_thread(); NULL: none */
  PyThreadState *tstate; /* (transfer none): that of thread_key, where it ran itself */
  RecCodeTable codes;

  bool prepared;    /* the hook's types are there */
  bool is_changing; /* a start or stop is under way: the hook may run the program's audit hooks */
  bool stale_disabled; /* an older recording left code that no longer sends its first events */
  bool recheck;        /* events may have been missed: compare the stack at the next one */
  const RecHook *hook; /* (transfer none) static */
  TxWriter *writer;    /* owned; NULL: not recording */
  RecFilter *filter;   /* owned */
  char *directory;     /* owned: of the running recording */
  RecChild *child;     /* owned (nullable): how forked children are to be recorded */
  bool is_pending;     /* a forked child whose trace begins with its first event */
  bool is_child_trace; /* the running recording began by itself in a forked child */

  RecThread cache[REC_THREAD_CACHE]; /* by key modulo size */
  RecThread *threads;                /* owned: all threads of the stream */
  size_t n_threads;
  size_t threads_size; /* allocated */
  size_t sweep_at;     /* number of threads at which ended ones are looked for */

  RecRaises raises[REC_RAISES]; /* by thread id modulo size */
  RecTypeTable types;

  TxFrame *frames; /* owned: scratch of the resynchronisation */
  uint32_t *first_lines;
  size_t frames_size; /* allocated, of both */

  RecInfo notes[REC_INFO_MAX]; /* the hook's lines for `info` */
  size_t n_notes;
  bool slow_lines;            /* LINE events cost time in proportion to a function's length here */
  uint64_t foreign_callbacks; /* from code out of scope that had been told to send no more */
  uint64_t foreign_exits; /* exceptions that passed through code out of scope (cannot be avoided) */
  uint64_t instructions;  /* functions recorded by INSTRUCTION events */
  uint64_t refused;       /* functions that cannot be traced */
  uint64_t replaced;      /* times that another tool took our place */
};

/* Its address is known when the extension is linked: events need not look for it. */
extern RecEngine _rec_engine __attribute__ ((visibility ("hidden")));

/** rec_engine_get: (transfer none): the engine of the process. */
static inline RecEngine *
rec_engine_get (void)
{
  return &_rec_engine;
}

/** rec_engine_note: adds a line for `info`; for hooks, during install. */
void rec_engine_note (RecEngine *self, const char *key, const char *format, ...) TX_PRINTF (3, 4);

/* ---- Recording on and off ---- */

/** rec_engine_start: false with an exception set; nothing is changed. Not while is_changing. */
bool rec_engine_start (RecEngine *self, const RecOptions *options);

/** rec_engine_stop: Returns: false with an exception set when the end could not be written. Does
 * nothing while is_changing: what has not begun or has ended already can't be stopped. */
bool rec_engine_stop (RecEngine *self);

/** rec_engine_close_at_exit: as stop, after the interpreter's end: touches nothing of Python. */
void rec_engine_close_at_exit (RecEngine *self);

/** rec_engine_leave_child_trace: a child that is told to record elsewhere does so. */
void rec_engine_leave_child_trace (RecEngine *self);

/* Around os.fork(): no native thread while it happens; the child's own trace begins with its first
 * event, or it does not record. */
void rec_engine_before_fork (RecEngine *self);
void rec_engine_after_fork_in_parent (RecEngine *self);
void rec_engine_after_fork_in_child (RecEngine *self);

/* ---- What the program says itself; nothing happens when not recording ---- */
void rec_engine_mark (RecEngine *self, const char *text, size_t size);
void rec_engine_precise_begin (RecEngine *self);
void rec_engine_precise_end (RecEngine *self);

/* ---- Events ---- */

/** RecEntry / RecExit: how a frame is entered or left. */
typedef enum
{
  REC_ENTRY_START,
  REC_ENTRY_RESUME,
  REC_ENTRY_THROW
} RecEntry;
typedef enum
{
  REC_EXIT_RETURN,
  REC_EXIT_YIELD,
  REC_EXIT_UNWIND
} RecExit;

/**
 * rec_engine_decide:
 * As rec_code_table_decide(), and tells the hook of code that came into scope.
 */
RecCode *rec_engine_decide (RecEngine *self, PyCodeObject *code, PyObject *globals);

/** rec_engine_is_in_scope: whether @code is, also before the trace of a forked child has begun. */
bool rec_engine_is_in_scope (RecEngine *self, PyCodeObject *code, PyObject *globals);

/**
 * rec_engine_begin_child:
 * @innermost: (nullable): frames of the caller's thread that run already, from here outwards
 * @begins_line: (nullable): the one of them whose line is about to be told
 *
 * A forked child is about to have its first event: begins its trace. Returns: whether it records
 */
bool rec_engine_begin_child (RecEngine *self,
                             PyThreadState *tstate,
                             RecPyFrame *innermost,
                             const RecPyFrame *begins_line);

/** _rec_engine_get_code: (nullable): what is known of the code that @frame runs; decided now if
 * need be. */
RecCode *_rec_engine_get_code (RecEngine *self, RecPyFrame *frame);

/**
 * rec_engine_thread_replaced / rec_engine_thread_returned:
 * Another tool took our place in @tstate, or gave it back: leaves a mark, once.
 */
void rec_engine_thread_replaced (RecEngine *self, PyThreadState *tstate);
void rec_engine_thread_returned (RecEngine *self, PyThreadState *tstate);

void _rec_engine_enter_slow (
    RecEngine *self, PyThreadState *tstate, RecCode *code, RecPyFrame *frame, RecEntry entry);
void _rec_engine_leave_slow (
    RecEngine *self, PyThreadState *tstate, RecCode *code, RecPyFrame *frame, RecExit how);
void
_rec_engine_line_slow (RecEngine *self, PyThreadState *tstate, RecPyFrame *frame, uint32_t line);

/**
 * rec_engine_raise:
 * @code: in scope, of the running recording; what @frame runs
 * @traceback: (nullable): of @exception
 *
 * The interpreter has found @exception in @frame: raised there, or come to it.
 */
void rec_engine_raise (RecEngine *self,
                       PyThreadState *tstate,
                       RecCode *code,
                       RecPyFrame *frame,
                       PyObject *exception,
                       PyObject *traceback);

/**
 * REC_KEY_LATE:
 * Set in the key of a recorded frame that was found on the stack before its own entry was told: an
 * exception is thrown through it into the generator that it delegates to, or a collection came
 * first. The bit keeps it from being taken for a frame that runs; addresses do not have it.
 */
#define REC_KEY_LATE 1u

void _rec_engine_yield_late (RecEngine *self);

/** rec_engine_yield: the innermost recorded frame is suspended, and those that delegate to it. */
static inline void
rec_engine_yield (RecEngine *self)
{
  tx_stream_yield (self->stream);
  if (__builtin_expect ((self->stream->top->key & REC_KEY_LATE) != 0, 0))
    _rec_engine_yield_late (self);
}

/**
 * rec_engine_is_top:
 * Is @frame the innermost recorded frame of the thread that the stream is at? A running frame
 * belongs to one thread, so a yes also tells that this thread runs.
 */
static inline bool
rec_engine_is_top (const RecEngine *self, const RecPyFrame *frame)
{
  return self->stream->top->key == (uint64_t) (uintptr_t) frame;
}

/**
 * rec_engine_peek_thread:
 * The running thread's state, for events of frames that had their entry told: asks the interpreter
 * only when another thread ran since. (On builds with a shared libpython asking costs as much as
 * all the rest of a line.) A new thread, or one whose state was replaced, may have the same thread
 * pointer as one before it; its first event is the entry of a frame, which must ask.
 */
static inline PyThreadState *
rec_engine_peek_thread (const RecEngine *self)
{
  void *pointer = rec_py_thread_pointer ();

  return pointer != NULL && self->thread_pointer == pointer ? self->tstate : rec_py_thread ();
}

/**
 * rec_engine_knows_thread:
 * Whether something is recorded and `tstate` is the running thread's, as far as that can be told in
 * two instructions: thread_pointer is NULL while nothing is recorded.
 */
static inline bool
rec_engine_knows_thread (const RecEngine *self)
{
  return REC_HAVE_THREAD_POINTER && self->thread_pointer == rec_py_thread_pointer ();
}

/* Is the innermost recorded frame of the thread that the stream is at the caller of @frame? */
static inline bool
rec_engine_is_caller_top (const RecEngine *self,
                          const PyThreadState *tstate,
                          const RecPyFrame *frame)
{
  const TxFrame *top = self->stream->top;

  return self->thread_key == rec_py_thread_key (tstate) &&
         rec_py_frame_is_called_by (frame, (const RecPyFrame *) (uintptr_t) top->key);
}

/**
 * rec_engine_enter:
 * @code: in scope, of the running recording
 * @frame: the frame that begins or goes on
 */
static inline void
rec_engine_enter (
    RecEngine *self, PyThreadState *tstate, RecCode *code, RecPyFrame *frame, RecEntry entry)
{
  uint64_t key = (uint64_t) (uintptr_t) frame;

  if (__builtin_expect (self->recheck || !rec_engine_is_caller_top (self, tstate, frame) ||
                            entry == REC_ENTRY_THROW,
                        0))
    _rec_engine_enter_slow (self, tstate, code, frame, entry);
  else if (entry == REC_ENTRY_RESUME)
    tx_stream_resume (self->stream, code->function, code->first_line, key);
  else
    {
      /* A frame that was suspended and then freed unseen may have had the same address. */
      if (code->resumable)
        tx_stream_forget_suspended (self->stream, key);
      tx_stream_call (self->stream, code->function, code->first_line, key);
    }
}
