// SPDX-License-Identifier: BSD-3-Clause
// The event source before 3.12: a trace function in C, in every thread. Where
// nobody else evaluates frames (PEP 523), a hook there puts it into threads that
// begin, however they were started, and switches tracing off in frames out of scope,
// so that they run at full speed; else `threading` does the former and nobody the
// latter. Another tool's trace function is never replaced; when ours is, that is
// noticed, marked and left so. Tools that save and restore the trace function bring us
// back: our trace object is callable and installs the C function again.
#include "hook.h"

#if !REC_HAVE_MONITORING

#include <pthread.h>

/* A function that is jumped to with all of its arguments in place. */
#if defined __GNUC__ && !defined __clang__
#define REC_WHOLE __attribute__ ((noinline, noclone))
#else
#define REC_WHOLE __attribute__ ((noinline))
#endif

/* The trace object: what sys.gettrace() shows. */
typedef struct
{
  PyObject ob_base;
} Tracer;

/* What lasts as long as the process: a frame hook is given nothing but the frame. */
static struct
{
  PyTypeObject *type;          /* owned */
  PyObject *tracer;            /* owned: the only Tracer */
  bool frame_hook;             /* ours is installed */
  bool is_deep;                /* taken away for a while: see eval_frame_deep() */
  const RecPyFrame *evaluated; /* the frame that our function was given last; only compared */
  void *stack_thread;          /* rec_py_thread_pointer() of the thread that ... */
  uintptr_t stack_middle;      /* ... has this in the middle of its stack */
} hook;

/* ---- Events ---- */

static void check_frame_hook (RecEngine *engine) __attribute__ ((noinline));

__attribute__ ((noinline)) static int
call_slow (RecPyFrame *frame)
{
  RecEngine *engine = rec_engine_get ();
  RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));
  RecEntry entry = REC_ENTRY_START;

  if (hook.frame_hook && hook.evaluated != frame)
    check_frame_hook (engine);
  if (!rec_code_table_is_decided (&engine->codes, code))
    code = _rec_engine_get_code (engine, frame);
  if (code == NULL || code->function == 0)
    return 0;
  if (code->resumable && !rec_py_frame_is_fresh (frame))
    entry = REC_ENTRY_RESUME;
  rec_engine_enter (engine, rec_py_thread (), code, frame, entry);
  return 0;
}

/* Usually known code is called from the innermost recorded frame. That one runs in the thread that
 * the stream is at, and so does this one. */
static inline int
trace_call (RecEngine *engine, RecPyFrame *frame)
{
  RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));
  uint64_t caller = engine->stream->top->key;

  if (__builtin_expect (rec_code_table_is_decided (&engine->codes, code) && code->function != 0 &&
                            !code->resumable && rec_engine_knows_thread (engine) && caller != 0 &&
                            rec_py_frame_is_called_by (frame, (RecPyFrame *) (uintptr_t) caller) &&
                            (hook.evaluated == frame || !hook.frame_hook) &&
                            tx_stream_try_call (engine->stream, code->function, code->first_line,
                                                (uint64_t) (uintptr_t) frame),
                        1))
    return 0;
  return call_slow (frame);
}

/* @arg: (type, exception, traceback) */
static void
trace_exception (RecEngine *engine, RecPyFrame *frame, PyObject *arg)
{
  RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));

  if (rec_code_table_is_decided (&engine->codes, code) && code->function != 0 && arg != NULL &&
      PyTuple_Check (arg) && PyTuple_GET_SIZE (arg) == 3)
    rec_engine_raise (engine, rec_py_thread (), code, frame, PyTuple_GET_ITEM (arg, 1),
                      PyTuple_GET_ITEM (arg, 2));
}

static void
trace_return_slow (RecEngine *engine, RecPyFrame *frame, const PyObject *value)
{
  RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));
  RecExit how = REC_EXIT_RETURN;

  if (!rec_code_table_is_decided (&engine->codes, code) || code->function == 0)
    return;
  if (value == NULL)
    how = REC_EXIT_UNWIND;
  else if (code->resumable && rec_py_frame_is_suspending (frame))
    how = REC_EXIT_YIELD;
  _rec_engine_leave_slow (engine, rec_py_thread (), code, frame, how);
}

static void
trace_line_slow (RecEngine *engine, RecPyFrame *frame, uint32_t line)
{
  const RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));

  if (line != 0 && !(rec_code_table_is_decided (&engine->codes, code) && code->function == 0))
    _rec_engine_line_slow (engine, rec_py_thread (), frame, line);
}

/* The first event of a forked child begins its trace; those of code out of scope do not. Whether
 * the event is to be recorded now; a line begins it itself. */
static bool
begin_child (RecEngine *engine, RecPyFrame *frame, int what)
{
  if (!engine->is_pending)
    return engine->stream != NULL;
  if (what == PyTrace_LINE)
    return true;
  if (!rec_engine_is_in_scope (engine, rec_py_frame_code (frame), rec_py_frame_globals (frame)))
    return false;
  return rec_engine_begin_child (
      engine, rec_py_thread (), what == PyTrace_CALL ? rec_py_frame_previous (frame) : frame, NULL);
}

/* All events in all cases. */
REC_WHOLE static int
trace_other (PyObject *self, PyFrameObject *object, int what, PyObject *arg)
{
  RecEngine *engine = rec_engine_get ();
  RecPyFrame *frame = rec_py_frame_from_object (object);
  uint32_t line;
  bool is_top;

  if (__builtin_expect (engine->stream == NULL, 0) && !begin_child (engine, frame, what))
    return 0;
  is_top = engine->stream != NULL && rec_engine_is_top (engine, frame) && !engine->recheck;
  switch (what)
    {
    case PyTrace_LINE:
      line = rec_py_traced_line (object);
      if (__builtin_expect (is_top && line != 0, 1))
        tx_stream_line (engine->stream, line);
      else
        trace_line_slow (engine, frame, line);
      break;
    case PyTrace_CALL:
      call_slow (frame);
      break;
    case PyTrace_RETURN:
      if (__builtin_expect (!is_top || arg == NULL, 0))
        trace_return_slow (engine, frame, arg);
      else if (rec_py_frame_is_resumable (frame) && rec_py_frame_is_suspending (frame))
        rec_engine_yield (engine);
      else
        tx_stream_return (engine->stream);
      break;
    case PyTrace_EXCEPTION:
      trace_exception (engine, frame, arg);
      break;
    default:
      break;
    }
  return 0;
}

/* What is unusual is left to a call at the end, with the same arguments at the same places, so that
 * what is usual saves and moves no registers. */
static int
trace (PyObject *self, PyFrameObject *object, int what, PyObject *arg)
{
  RecEngine *engine = rec_engine_get ();
  TxStream *stream = engine->stream;
  RecPyFrame *frame = rec_py_frame_from_object (object);

  if (__builtin_expect (stream == NULL || engine->recheck, 0))
    return trace_other (self, object, what, arg);
  if (what == PyTrace_LINE)
    {
      if (__builtin_expect (rec_engine_is_top (engine, frame) && object->f_lineno > 0 &&
                                tx_stream_try_line (stream, (uint32_t) object->f_lineno),
                            1))
        return 0;
    }
  else if (what == PyTrace_CALL)
    return trace_call (engine, frame);
  else if (what == PyTrace_RETURN && arg != NULL && rec_engine_is_top (engine, frame) &&
           !rec_py_frame_is_resumable (frame) && tx_stream_try_return (stream))
    return 0;
  return trace_other (self, object, what, arg);
}

/* ---- The trace object ---- */

static bool
is_ours (const PyThreadState *tstate)
{
  return tstate->c_traceobj == hook.tracer;
}

static void
set_trace (PyThreadState *tstate, Py_tracefunc function, PyObject *tracer)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;

  /* An audit hook may say no: then this thread is not recorded. */
  PyErr_Fetch (&type, &value, &traceback);
  if (_PyEval_SetTrace (tstate, function, tracer) < 0)
    PyErr_Clear ();
  PyErr_Restore (type, value, traceback);
}

static int
get_event (PyObject *name)
{
  static const struct
  {
    const char *name;
    int what;
  } events[] = { { "call", PyTrace_CALL },
                 { "line", PyTrace_LINE },
                 { "return", PyTrace_RETURN },
                 { "exception", PyTrace_EXCEPTION } };

  for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
    if (PyUnicode_Check (name) && PyUnicode_CompareWithASCIIString (name, events[i].name) == 0)
      return events[i].what;
  return -1;
}

/* Called as a Python trace function after somebody gave us to sys.settrace(). */
static PyObject *
call_tracer (PyObject *self, PyObject *args, PyObject *kwargs)
{
  RecEngine *engine = rec_engine_get ();
  PyThreadState *tstate = rec_py_thread ();
  PyObject *frame;
  PyObject *event;
  PyObject *value;
  int what;

  if (!PyArg_UnpackTuple (args, "trace", 3, 3, &frame, &event, &value))
    return NULL;
  if (engine->stream == NULL || !PyFrame_Check (frame))
    Py_RETURN_NONE;
  set_trace (tstate, trace, self);
  rec_engine_thread_returned (engine, tstate);
  what = get_event (event);
  if (what >= 0)
    trace (self, (PyFrameObject *) frame, what, value);
  Py_INCREF (self);
  return self;
}

static void
dealloc_tracer (PyObject *self)
{
  PyTypeObject *type = Py_TYPE (self);

  type->tp_free (self);
  Py_DECREF (type);
}

static PyType_Slot tracer_slots[] = {
  { Py_tp_dealloc, dealloc_tracer },
  { Py_tp_call, call_tracer },
  { 0 },
};

static PyType_Spec tracer_spec = {
  .name = "trackexec._recorder.Tracer",
  .basicsize = sizeof (Tracer),
  .flags = Py_TPFLAGS_DEFAULT,
  .slots = tracer_slots,
};

static bool
prepare (RecEngine *engine, PyObject *module)
{
  Tracer *tracer;

  hook.type = (PyTypeObject *) PyType_FromSpec (&tracer_spec);
  if (hook.type == NULL)
    return false;
  tracer = PyObject_New (Tracer, hook.type);
  if (tracer == NULL)
    return false;
  hook.tracer = (PyObject *) tracer;
  return true;
}

/* ---- The frame hook ---- */

/* Somebody has given our trace object to sys.settrace(), and its __call__ was not called yet. */
static void
take_back (RecEngine *engine, PyThreadState *tstate)
{
  if (tstate->c_tracefunc == trace || tstate->c_tracefunc == NULL)
    return;
  tstate->c_tracefunc = trace;
  rec_engine_thread_returned (engine, tstate);
}

static PyObject *eval_frame (PyThreadState *tstate, RecPyFrame *frame, int thrown);

static void
trace_everything (PyInterpreterState *interpreter)
{
  for (PyThreadState *thread = PyInterpreterState_ThreadHead (interpreter); thread != NULL;
       thread = PyThreadState_Next (thread))
    if (is_ours (thread))
      rec_py_tracing_set_everywhere (thread, trace);
}

/* New threads of `threading` get our trace object, as set_threading_hook() does it, but without
 * running any code. */
static void
leave_threads_to_threading (void)
{
  PyObject *name = PyUnicode_InternFromString ("threading");
  PyObject *threading = name != NULL ? PyImport_GetModule (name) : NULL;
  PyObject *dict =
      threading != NULL && PyModule_Check (threading) ? PyModule_GetDict (threading) : NULL;

  if (dict != NULL && PyDict_GetItemString (dict, "_trace_hook") == Py_None)
    PyDict_SetItemString (dict, "_trace_hook", hook.tracer);
  Py_XDECREF (threading);
  Py_XDECREF (name);
}

/* A frame begins that our function was not given: another tool has put its own in place, and does
 * not call ours. From here on everything is traced, as without the hook; that is said, once. */
static void
check_frame_hook (RecEngine *engine)
{
  static const char text[] =
      "trackexec: another tool evaluates frames in the place of the recorder (PEP 523); threads of "
      "C code and of _thread that begin from here on are missing";
  PyInterpreterState *interpreter = PyInterpreterState_Get ();
  PyObject *type;
  PyObject *value;
  PyObject *traceback;

  if (hook.is_deep || _PyInterpreterState_GetEvalFrameFunc (interpreter) == eval_frame)
    return;
  hook.frame_hook = false;
  engine->replaced++;
  trace_everything (interpreter);
  PyErr_Fetch (&type, &value, &traceback);
  leave_threads_to_threading ();
  PyErr_Restore (type, value, traceback);
  rec_engine_mark (engine, text, sizeof text - 1);
}

/* Whether this is the upper half of the thread's stack, as far as that is told in a moment: asking
 * for a variable of the thread is a call in a shared object, but mostly it is the last one. */
static inline bool
is_stack_known_high (void)
{
#if REC_FRAME_HOOK_USES_STACK
  return rec_py_thread_pointer () != NULL && rec_py_thread_pointer () == hook.stack_thread &&
         (uintptr_t) __builtin_frame_address (0) >= hook.stack_middle;
#else
  return true;
#endif
}

#if REC_FRAME_HOOK_USES_STACK
static bool
is_stack_low (void)
{
  static __thread uintptr_t middle; /* of this thread's stack */
  char here;

  if (middle == 0)
    {
      pthread_attr_t attributes;
      void *base = NULL;
      size_t size_bytes = 0;

      if (pthread_getattr_np (pthread_self (), &attributes) == 0)
        {
          pthread_attr_getstack (&attributes, &base, &size_bytes);
          pthread_attr_destroy (&attributes);
        }
      middle = (uintptr_t) base + size_bytes / 2;
    }
  hook.stack_thread = rec_py_thread_pointer ();
  hook.stack_middle = middle;
  return (uintptr_t) &here < middle;
}

/* Without a frame hook, calls between Python functions use no C stack, with it they do. A deep
 * recursion must not end in a crash for our sake: below half of the stack the hook is taken away
 * until this frame ends, and everything is traced meanwhile. */
static PyObject *
eval_frame_deep (PyThreadState *tstate, RecPyFrame *frame, int thrown)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();
  PyObject *result;

  _PyInterpreterState_SetEvalFrameFunc (interpreter, _PyEval_EvalFrameDefault);
  hook.is_deep = true;
  trace_everything (interpreter);
  result = _PyEval_EvalFrameDefault (tstate, frame, thrown);
  hook.is_deep = false;
  if (hook.frame_hook &&
      _PyInterpreterState_GetEvalFrameFunc (interpreter) == _PyEval_EvalFrameDefault)
    _PyInterpreterState_SetEvalFrameFunc (interpreter, eval_frame);
  return result;
}
#endif

__attribute__ ((noinline)) static PyObject *
eval_frame_slow (PyThreadState *tstate, RecPyFrame *frame, int thrown)
{
  RecEngine *engine = rec_engine_get ();
  RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));
  RecPyTracing saved;
  PyObject *result;
  bool in_scope;

  if (engine->stream == NULL && !engine->is_pending)
    return _PyEval_EvalFrameDefault (tstate, frame, thrown);
#if REC_FRAME_HOOK_USES_STACK
  if (is_stack_low ())
    return eval_frame_deep (tstate, frame, thrown);
#endif
  if (!rec_code_table_is_decided (&engine->codes, code))
    code = _rec_engine_get_code (engine, frame);
  in_scope = engine->is_pending ? rec_engine_is_in_scope (engine, rec_py_frame_code (frame),
                                                          rec_py_frame_globals (frame))
                                : code != NULL && code->function != 0;
  if (!is_ours (tstate))
    {
      /* A thread that begins gets our trace function; one that had it and lost it does not. */
      if (tstate->c_traceobj == NULL && tstate->c_tracefunc == NULL &&
          *rec_py_frame_slot (tstate) == NULL)
        {
          /* An ended thread may have had the same number. */
          hook.stack_thread = NULL;
          engine->thread_pointer = NULL;
          set_trace (tstate, trace, hook.tracer);
        }
      else if (in_scope)
        rec_engine_thread_replaced (engine, tstate);
    }
  if (!is_ours (tstate))
    return _PyEval_EvalFrameDefault (tstate, frame, thrown);
  take_back (engine, tstate);
  hook.evaluated = frame;
  saved = rec_py_tracing_save (tstate);
  rec_py_tracing_set (tstate, trace, in_scope);
  result = _PyEval_EvalFrameDefault (tstate, frame, thrown);
  if (is_ours (tstate))
    {
      take_back (engine, tstate);
      rec_py_tracing_restore (tstate, saved);
    }
  return result;
}

/* Code in scope that is called from code in scope is traced as that is. Only where it has changed
 * the trace function by itself is there something to be put back. */
static PyObject *
eval_frame (PyThreadState *tstate, RecPyFrame *frame, int thrown)
{
  RecEngine *engine = rec_engine_get ();
  const RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));
  PyObject *result;

  if (__builtin_expect (engine->stream == NULL || !is_stack_known_high () ||
                            !rec_code_table_is_decided (&engine->codes, code) ||
                            code->function == 0 || tstate->c_tracefunc != trace ||
                            !is_ours (tstate) || !rec_py_tracing_is_on (tstate),
                        0))
    return eval_frame_slow (tstate, frame, thrown);
  hook.evaluated = frame;
  result = _PyEval_EvalFrameDefault (tstate, frame, thrown);
  if (__builtin_expect (tstate->c_tracefunc != trace && is_ours (tstate), 0))
    {
      take_back (engine, tstate);
      rec_py_tracing_set (tstate, trace, true);
    }
  return result;
}

/* ---- On and off ---- */

static bool
acquire (RecEngine *engine)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();

  hook.frame_hook = _PyInterpreterState_GetEvalFrameFunc (interpreter) == _PyEval_EvalFrameDefault;
  rec_engine_note (engine, "backend", "settrace");
  rec_engine_note (engine, "frame_hook", "%s", hook.frame_hook ? "yes" : "no");
  rec_engine_note (engine, "thread_coverage", "%s",
                   hook.frame_hook ? "all" : "running ones and those of the threading module");
  return true;
}

/* Without the frame hook: new threads of `threading` get the trace object as their trace function.
 */
static void
set_threading_hook (PyObject *tracer)
{
  PyObject *threading = PyImport_ImportModule ("threading");
  PyObject *present = threading != NULL ? PyObject_GetAttrString (threading, "_trace_hook") : NULL;

  if (present != NULL && (present == Py_None || present == hook.tracer) && present != tracer)
    Py_XDECREF (PyObject_CallMethod (threading, "settrace", "O", tracer));
  PyErr_Clear ();
  Py_XDECREF (present);
  Py_XDECREF (threading);
}

static bool
install (RecEngine *engine)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();

  for (PyThreadState *tstate = PyInterpreterState_ThreadHead (interpreter); tstate != NULL;
       tstate = PyThreadState_Next (tstate))
    if (tstate->c_traceobj == NULL && tstate->c_tracefunc == NULL)
      set_trace (tstate, trace, hook.tracer);
  if (hook.frame_hook)
    _PyInterpreterState_SetEvalFrameFunc (interpreter, eval_frame);
  else
    set_threading_hook (hook.tracer);
  return true;
}

static void
uninstall (RecEngine *engine)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();

  if (_PyInterpreterState_GetEvalFrameFunc (interpreter) == eval_frame)
    _PyInterpreterState_SetEvalFrameFunc (interpreter, _PyEval_EvalFrameDefault);
  if (!hook.frame_hook)
    set_threading_hook (Py_None);
  hook.frame_hook = false;
  for (PyThreadState *tstate = PyInterpreterState_ThreadHead (interpreter); tstate != NULL;
       tstate = PyThreadState_Next (tstate))
    if (is_ours (tstate))
      {
        rec_py_tracing_set (tstate, trace, true);
        set_trace (tstate, NULL, NULL);
      }
}

const RecHook *
rec_hook_get (void)
{
  static const RecHook settrace = {
    .prepare = prepare,
    .acquire = acquire,
    .install = install,
    .uninstall = uninstall,
  };

  return &settrace;
}

#endif /* !REC_HAVE_MONITORING */
