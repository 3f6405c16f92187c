// SPDX-License-Identifier: BSD-3-Clause
// The event source before 3.12: a trace function in C, in every thread. Where
// nobody else evaluates frames (PEP 523), a hook there puts it into threads that
// begin, however they were started, and switches tracing off in frames out of scope,
// so that they run at full speed; else `threading` does the former and nobody the
// latter. Another tool's trace function is never replaced; when ours is, that is
// noticed, marked and left so. Tools that save and restore the trace function bring us
// back: our trace object is callable and installs the C function again.
#include "hook-settrace-private.h"

#if !REC_HAVE_MONITORING

#include "c-stack.h"

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

RecSettrace _rec_settrace;

/* ---- Events ---- */

static void check_frame_hook (RecEngine *engine) __attribute__ ((noinline));

__attribute__ ((noinline)) static int
call_slow (RecPyFrame *frame)
{
  RecEngine *engine = rec_engine_get ();
  RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));
  RecEntry entry = REC_ENTRY_START;

  if (_rec_settrace.frame_hook && _rec_settrace.evaluated != frame)
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
                            (_rec_settrace.evaluated == frame || !_rec_settrace.frame_hook) &&
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
int
_rec_settrace_trace (PyObject *self, PyFrameObject *object, int what, PyObject *arg)
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

static Py_tracefunc
get_function (void)
{
  return _rec_settrace.deep_thread != 0 ? _rec_settrace_trace_deep : _rec_settrace_trace;
}

static void
set_trace (PyThreadState *tstate, Py_tracefunc function, PyObject *tracer)
{
  static __thread bool is_asking;
  PyObject *type;
  PyObject *value;
  PyObject *traceback;

  if (is_asking)
    return; /* this is the audit hook's own frame */
  is_asking = true;
  /* An audit hook may say no: then this thread is not recorded. */
  PyErr_Fetch (&type, &value, &traceback);
  if (_PyEval_SetTrace (tstate, function, tracer) < 0)
    PyErr_Clear ();
  PyErr_Restore (type, value, traceback);
  is_asking = false;
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
  set_trace (tstate, get_function (), self);
  rec_engine_thread_returned (engine, tstate);
  what = get_event (event);
  if (what >= 0)
    _rec_settrace_trace (self, (PyFrameObject *) frame, what, value);
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

  _rec_settrace.type = (PyTypeObject *) PyType_FromSpec (&tracer_spec);
  if (_rec_settrace.type == NULL)
    return false;
  tracer = PyObject_New (Tracer, _rec_settrace.type);
  if (tracer == NULL)
    return false;
  _rec_settrace.tracer = (PyObject *) tracer;
  return true;
}

/* ---- The frame hook ---- */

/* Somebody has given our trace object to sys.settrace(), and its __call__ was not called yet. */
__attribute__ ((noinline)) static void
take_back (RecEngine *engine, PyThreadState *tstate)
{
  if (tstate->c_tracefunc == _rec_settrace_trace ||
      tstate->c_tracefunc == _rec_settrace_trace_deep || tstate->c_tracefunc == NULL)
    return;
  tstate->c_tracefunc = get_function ();
  rec_engine_thread_returned (engine, tstate);
}

void
_rec_settrace_trace_everything (PyThreadState *threads)
{
  for (PyThreadState *thread = threads; thread != NULL; thread = PyThreadState_Next (thread))
    if (_rec_settrace_is_ours (thread))
      {
        if (thread->c_tracefunc == _rec_settrace_trace)
          thread->c_tracefunc = get_function ();
        rec_py_tracing_set_everywhere (thread, _rec_settrace_trace);
      }
}

void
_rec_settrace_replace_threading_hook (PyObject *from, PyObject *to)
{
  PyObject *dict = rec_py_peek_threading ();

  if (dict != NULL && PyDict_GetItemString (dict, "_trace_hook") == from &&
      PyDict_SetItemString (dict, "_trace_hook", to) < 0)
    PyErr_Clear ();
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

  if (_rec_settrace.deep_thread != 0 ||
      _PyInterpreterState_GetEvalFrameFunc (interpreter) == _rec_settrace_eval)
    return;
  _rec_settrace.frame_hook = false;
  engine->replaced++;
  _rec_settrace_trace_everything (PyInterpreterState_ThreadHead (interpreter));
  PyErr_Fetch (&type, &value, &traceback);
  _rec_settrace_replace_threading_hook (Py_None, _rec_settrace.tracer);
  PyErr_Restore (type, value, traceback);
  rec_engine_mark (engine, text, sizeof text - 1);
}

/* ---- The C stack ---- */

/* Whether this is the upper half of the thread's stack, as far as that is told in a moment: asking
 * for a variable of the thread is a call in a shared object, but mostly it is the last one. */
static inline bool
is_stack_known_high (void)
{
#if REC_FRAME_HOOK_USES_STACK
  return rec_py_thread_pointer () != NULL &&
         rec_py_thread_pointer () == _rec_settrace.stack_thread &&
         (uintptr_t) __builtin_frame_address (0) >= _rec_settrace.stack_boundary;
#else
  return true;
#endif
}

#if REC_FRAME_HOOK_USES_STACK
static bool
is_stack_low (void)
{
  if (rec_c_stack_is_low (&_rec_settrace.stack_boundary))
    return true;
  _rec_settrace.stack_thread = rec_py_thread_pointer ();
  return false;
}
#endif

/* ---- Beginning and ending with a frame ---- */

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
  if (is_stack_low () &&
      _PyInterpreterState_GetEvalFrameFunc (tstate->interp) == _rec_settrace_eval)
    return _rec_settrace_eval_deep (tstate, frame, thrown);
#endif
  if (!rec_code_table_is_decided (&engine->codes, code))
    code = _rec_engine_get_code (engine, frame);
  in_scope = engine->is_pending ? rec_engine_is_in_scope (engine, rec_py_frame_code (frame),
                                                          rec_py_frame_globals (frame))
                                : code != NULL && code->function != 0;
  if (!_rec_settrace_is_ours (tstate))
    {
      /* A thread that begins gets our trace function; one that had it and lost it does not. */
      if (tstate->c_traceobj == NULL && tstate->c_tracefunc == NULL &&
          *rec_py_frame_slot (tstate) == NULL)
        {
          /* An ended thread may have had the same number. */
          _rec_settrace.stack_thread = NULL;
          engine->thread_pointer = NULL;
          set_trace (tstate, _rec_settrace_trace, _rec_settrace.tracer);
        }
      else if (in_scope)
        rec_engine_thread_replaced (engine, tstate);
    }
  if (!_rec_settrace_is_ours (tstate))
    return _PyEval_EvalFrameDefault (tstate, frame, thrown);
  take_back (engine, tstate);
  _rec_settrace.evaluated = frame;
  saved = rec_py_tracing_save (tstate);
  rec_py_tracing_set (tstate, _rec_settrace_trace, in_scope || _rec_settrace.deep_thread != 0);
  result = _PyEval_EvalFrameDefault (tstate, frame, thrown);
  if (_rec_settrace_is_ours (tstate))
    {
      take_back (engine, tstate);
      if (_rec_settrace.deep_thread != 0)
        /* Nobody would switch it on for the next frame. */
        rec_py_tracing_set (tstate, _rec_settrace_trace, true);
      else
        rec_py_tracing_restore (tstate, saved);
    }
  return result;
}

/* Code out of scope that is called from code out of scope is not traced, as that is not. */
static inline bool
is_untraced_already (const PyThreadState *tstate)
{
  return !rec_py_tracing_is_on (tstate) &&
         tstate->c_tracefunc == rec_py_untraced_function (_rec_settrace_trace);
}

/* Something was switched on in the meantime. */
__attribute__ ((noinline)) static void
untrace_again (RecEngine *engine, PyThreadState *tstate)
{
  if (!_rec_settrace_is_ours (tstate))
    return;
  take_back (engine, tstate);
  rec_py_tracing_set (tstate, _rec_settrace_trace, _rec_settrace.deep_thread != 0);
}

/* Code in scope that is called from code in scope is traced as that is. Only where it has changed
 * the trace function by itself is there something to be put back. */
PyObject *
_rec_settrace_eval (PyThreadState *tstate, RecPyFrame *frame, int thrown)
{
  RecEngine *engine = rec_engine_get ();
  const RecCode *code = rec_code_table_peek (&engine->codes, rec_py_frame_code (frame));
  PyObject *result;

  if (__builtin_expect (engine->stream == NULL || !is_stack_known_high () ||
                            !rec_code_table_is_decided (&engine->codes, code) ||
                            !_rec_settrace_is_ours (tstate),
                        0))
    return eval_frame_slow (tstate, frame, thrown);
  if (code->function == 0 && is_untraced_already (tstate))
    {
      _rec_settrace.evaluated = frame;
      result = _PyEval_EvalFrameDefault (tstate, frame, thrown);
      if (__builtin_expect (!is_untraced_already (tstate), 0))
        untrace_again (engine, tstate);
      return result;
    }
  if (code->function == 0 || tstate->c_tracefunc != _rec_settrace_trace ||
      !rec_py_tracing_is_on (tstate))
    return eval_frame_slow (tstate, frame, thrown);
  _rec_settrace.evaluated = frame;
  result = _PyEval_EvalFrameDefault (tstate, frame, thrown);
  if (__builtin_expect (
          tstate->c_tracefunc != _rec_settrace_trace && _rec_settrace_is_ours (tstate), 0))
    {
      take_back (engine, tstate);
      rec_py_tracing_set (tstate, _rec_settrace_trace, true);
    }
  return result;
}

/* ---- On and off ---- */

static bool
acquire (RecEngine *engine)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();

  _rec_settrace.is_missing_told = false;
  _rec_settrace.frame_hook =
      _PyInterpreterState_GetEvalFrameFunc (interpreter) == _PyEval_EvalFrameDefault;
  rec_engine_note (engine, "backend", "settrace");
  rec_engine_note (engine, "frame_hook", "%s", _rec_settrace.frame_hook ? "yes" : "no");
  rec_engine_note (engine, "thread_coverage", "%s",
                   _rec_settrace.frame_hook ? "all"
                                            : "running ones and those of the threading module");
  return true;
}

/* Without the frame hook: new threads of `threading` get the trace object as their trace function.
 */
static void
set_threading_hook (PyObject *tracer)
{
  PyObject *threading = PyImport_ImportModule ("threading");
  PyObject *present = threading != NULL ? PyObject_GetAttrString (threading, "_trace_hook") : NULL;

  if (present != NULL && (present == Py_None || present == _rec_settrace.tracer) &&
      present != tracer)
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
      set_trace (tstate, _rec_settrace_trace, _rec_settrace.tracer);
  if (_rec_settrace.frame_hook)
    _PyInterpreterState_SetEvalFrameFunc (interpreter, _rec_settrace_eval);
  else
    set_threading_hook (_rec_settrace.tracer);
  return true;
}

static void
uninstall (RecEngine *engine)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();

  if (_PyInterpreterState_GetEvalFrameFunc (interpreter) == _rec_settrace_eval)
    _PyInterpreterState_SetEvalFrameFunc (interpreter, _PyEval_EvalFrameDefault);
  if (!_rec_settrace.frame_hook)
    set_threading_hook (Py_None);
#if REC_FRAME_HOOK_USES_STACK
  if (_rec_settrace.deep_thread != 0)
    _rec_settrace_forget_deep ();
#endif
  _rec_settrace.frame_hook = false;
  for (PyThreadState *tstate = PyInterpreterState_ThreadHead (interpreter); tstate != NULL;
       tstate = PyThreadState_Next (tstate))
    if (_rec_settrace_is_ours (tstate))
      {
        rec_py_tracing_set (tstate, _rec_settrace_trace, true);
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
#if REC_FRAME_HOOK_USES_STACK
    .after_fork_in_child = _rec_settrace_after_fork_in_child,
#endif
  };

  return &settrace;
}

#endif /* !REC_HAVE_MONITORING */
