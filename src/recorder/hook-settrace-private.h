// SPDX-License-Identifier: BSD-3-Clause
// The event source before 3.12, in two files: hook-settrace.c, and hook-settrace-deep.c for what it
// does while a thread is deep in its C stack.
#pragma once

#include "hook.h"

#if !REC_HAVE_MONITORING

/* What lasts as long as the process: a frame hook is given nothing but the frame. */
typedef struct
{
  PyTypeObject *type;          /* owned */
  PyObject *tracer;            /* owned: the only Tracer */
  bool frame_hook;             /* ours is installed */
  uint64_t deep_thread;        /* 0, or taken away for this thread: see _rec_settrace_eval_deep() */
  uint64_t newest_thread;      /* meanwhile: this one and older ones are known */
  bool is_missing_told;        /* this recording has the mark of threads that began meanwhile */
  const RecPyFrame *evaluated; /* the frame that our function was given last; only compared */
  void *stack_thread;          /* rec_py_thread_pointer() of the thread that ... */
  uintptr_t stack_boundary;    /* ... is in the upper half of its stack down to here */
} RecSettrace;

extern RecSettrace _rec_settrace;

/** _rec_settrace_trace: the trace function. */
int _rec_settrace_trace (PyObject *self, PyFrameObject *object, int what, PyObject *arg);

/** _rec_settrace_eval: the frame hook. */
PyObject *_rec_settrace_eval (PyThreadState *tstate, RecPyFrame *frame, int thrown);

/** _rec_settrace_trace_everything: frames out of scope, too.
 * @threads: from here on in the interpreter's list */
void _rec_settrace_trace_everything (PyThreadState *threads);

/** _rec_settrace_replace_threading_hook: what new threads of `threading` get as their trace
 * function, without running any code; if it is @from. Exceptions are not kept. */
void _rec_settrace_replace_threading_hook (PyObject *from, PyObject *to);

static inline bool
_rec_settrace_is_ours (const PyThreadState *tstate)
{
  return tstate->c_traceobj == _rec_settrace.tracer;
}

#if REC_FRAME_HOOK_USES_STACK
/** _rec_settrace_trace_deep: the trace function while a thread is deep in its stack. */
int _rec_settrace_trace_deep (PyObject *self, PyFrameObject *object, int what, PyObject *arg);

/** _rec_settrace_eval_deep:
 * Without a frame hook, calls between Python functions use no C stack, with it they do. A deep
 * recursion must not end in a crash for our sake: below half of the stack the hook is taken away
 * until this frame ends, and everything is traced meanwhile. (Another tool that has put its
 * function before ours keeps it, and uses the C stack itself.) */
PyObject *_rec_settrace_eval_deep (PyThreadState *tstate, RecPyFrame *frame, int thrown);

/** _rec_settrace_forget_deep: the recording ends. */
void _rec_settrace_forget_deep (void);

/** _rec_settrace_after_fork_in_child: the thread that was deep may be gone. */
void _rec_settrace_after_fork_in_child (RecEngine *engine);
#else
#define _rec_settrace_trace_deep _rec_settrace_trace /* none ever is */
#endif

#endif /* !REC_HAVE_MONITORING */
