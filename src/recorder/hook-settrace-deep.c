// SPDX-License-Identifier: BSD-3-Clause
// Before 3.12, while a thread is deep in its C stack: the frame hook, by which Python calls would
// use it up, is taken away for a while. Everything is traced meanwhile, and threads that begin are
// looked for at the events of others.
#include "hook-settrace-private.h"

#if !REC_HAVE_MONITORING && REC_FRAME_HOOK_USES_STACK

/* ---- Threads that begin meanwhile ---- */

static bool
is_untraced (const PyThreadState *thread)
{
  return thread->c_traceobj == NULL && thread->c_tracefunc == NULL;
}

/* Newer than the thread with the key @after, or running nothing yet. */
static bool
is_new (PyThreadState *thread, uint64_t after)
{
  return rec_py_thread_key (thread) > after || *rec_py_frame_slot (thread) == NULL;
}

static void
set_trace_unasked (PyThreadState *thread, Py_tracefunc function, PyObject *tracer)
{
  PyObject *old = thread->c_traceobj;

  Py_XINCREF (tracer);
  thread->c_traceobj = tracer;
  thread->c_tracefunc = function;
  Py_XDECREF (old); /* nothing or the Tracer, which stays */
}

/* As _PyEval_SetTrace() does it, but the audit hooks are asked afterwards: while they are, the
 * threads may run and end. */
static void
trace_untraced_threads (RecEngine *engine, PyInterpreterState *interpreter, uint64_t after)
{
  bool found = false;

  for (PyThreadState *thread = rec_py_threads (interpreter, NULL); thread != NULL;
       thread = PyThreadState_Next (thread))
    if (is_untraced (thread) && is_new (thread, after))
      {
        set_trace_unasked (thread, _rec_settrace_trace_deep, _rec_settrace.tracer);
        rec_py_tracing_set_everywhere (thread, _rec_settrace_trace);
        found = true;
      }
  if (!found)
    return;
  /* An ended thread may have had the same number. */
  _rec_settrace.stack_thread = NULL;
  engine->thread_pointer = NULL;
  if (PySys_Audit ("sys.settrace", NULL) == 0)
    return;
  PyErr_Clear ();
  for (PyThreadState *thread = rec_py_threads (interpreter, NULL); thread != NULL;
       thread = PyThreadState_Next (thread))
    if (_rec_settrace_is_ours (thread) && is_new (thread, after))
      set_trace_unasked (thread, NULL, NULL);
}

/* @threading: (nullable): what runs there will get our trace object before it does anything else */
static bool
has_begun_unseen (PyThreadState *thread, const PyObject *threading)
{
  RecPyFrame *outermost = NULL;

  if (!is_untraced (thread))
    return false;
  for (RecPyFrame *frame = rec_py_frame_current (thread); frame != NULL;
       frame = rec_py_frame_previous (frame))
    outermost = frame;
  return outermost != NULL && rec_py_frame_globals (outermost) != threading;
}

/* Threads have begun since this was called last, and nobody gave them our trace function. Mostly
 * they have not run yet, as here is an event of the thread that made them. */
static void
trace_new_threads (RecEngine *engine, PyInterpreterState *interpreter)
{
  static const char text[] = "trackexec: threads began while another one was deep in its stack; "
                             "lines of them may be missing";
  PyObject *threading = rec_py_peek_threading ();
  uint64_t known = _rec_settrace.newest_thread;
  uint64_t n_seen = 0;
  bool is_missing = false;

  if (threading != NULL && PyDict_GetItemString (threading, "_trace_hook") != _rec_settrace.tracer)
    threading = NULL;
  for (PyThreadState *thread = rec_py_threads (interpreter, &_rec_settrace.newest_thread);
       thread != NULL && rec_py_thread_key (thread) > known; thread = PyThreadState_Next (thread))
    {
      is_missing = is_missing || has_begun_unseen (thread, threading);
      n_seen++;
    }
  is_missing = is_missing || n_seen < _rec_settrace.newest_thread - known;
  trace_untraced_threads (engine, interpreter, known);
  _rec_settrace_trace_everything (rec_py_threads (interpreter, NULL));
  if (is_missing && !_rec_settrace.is_missing_told && engine->stream != NULL)
    {
      _rec_settrace.is_missing_told = true;
      rec_engine_mark (engine, text, sizeof text - 1);
    }
}

int
_rec_settrace_trace_deep (PyObject *self, PyFrameObject *object, int what, PyObject *arg)
{
  PyInterpreterState *interpreter = rec_py_thread ()->interp;

  if (_rec_settrace.deep_thread != 0 &&
      rec_py_newest_thread_key (interpreter) != _rec_settrace.newest_thread)
    trace_new_threads (rec_engine_get (), interpreter);
  return _rec_settrace_trace (self, object, what, arg);
}
/* ---- Beginning and ending ---- */

void
_rec_settrace_forget_deep (void)
{
  _rec_settrace.deep_thread = 0;
  _rec_settrace_replace_threading_hook (_rec_settrace.tracer, Py_None);
}

static void
put_back_frame_hook (PyInterpreterState *interpreter)
{
  _rec_settrace_forget_deep ();
  for (PyThreadState *thread = rec_py_threads (interpreter, NULL); thread != NULL;
       thread = PyThreadState_Next (thread))
    if (thread->c_tracefunc == _rec_settrace_trace_deep)
      thread->c_tracefunc = _rec_settrace_trace;
  if (_rec_settrace.frame_hook &&
      _PyInterpreterState_GetEvalFrameFunc (interpreter) == _PyEval_EvalFrameDefault)
    _PyInterpreterState_SetEvalFrameFunc (interpreter, _rec_settrace_eval);
}

static void
begin_deep (RecEngine *engine, PyThreadState *tstate)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;

  PyErr_Fetch (&type, &value, &traceback);
  _PyInterpreterState_SetEvalFrameFunc (tstate->interp, _PyEval_EvalFrameDefault);
  _rec_settrace.deep_thread = rec_py_thread_key (tstate);
  rec_py_threads (tstate->interp, &_rec_settrace.newest_thread);
  trace_untraced_threads (engine, tstate->interp, _rec_settrace.newest_thread);
  _rec_settrace_trace_everything (rec_py_threads (tstate->interp, NULL));
  /* While an audit hook lets other threads run, theirs get an exception from sys.settrace(). */
  if (!rec_py_has_audit_hooks (tstate->interp))
    _rec_settrace_replace_threading_hook (Py_None, _rec_settrace.tracer);
  PyErr_Restore (type, value, traceback);
}

static void
end_deep (RecEngine *engine, PyThreadState *tstate)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;

  if (_rec_settrace.deep_thread != rec_py_thread_key (tstate))
    return; /* the recording has ended meanwhile */
  PyErr_Fetch (&type, &value, &traceback);
  if (rec_py_newest_thread_key (tstate->interp) != _rec_settrace.newest_thread)
    trace_new_threads (engine, tstate->interp);
  put_back_frame_hook (tstate->interp);
  PyErr_Restore (type, value, traceback);
}

PyObject *
_rec_settrace_eval_deep (PyThreadState *tstate, RecPyFrame *frame, int thrown)
{
  RecEngine *engine = rec_engine_get ();
  PyObject *result;

  begin_deep (engine, tstate);
  result = _PyEval_EvalFrameDefault (tstate, frame, thrown);
  end_deep (engine, tstate);
  return result;
}

void
_rec_settrace_after_fork_in_child (RecEngine *engine)
{
  _rec_settrace.is_missing_told = false;
  if (_rec_settrace.deep_thread != 0 &&
      _rec_settrace.deep_thread != rec_py_thread_key (rec_py_thread ()))
    put_back_frame_hook (PyInterpreterState_Get ());
}

#endif /* !REC_HAVE_MONITORING && REC_FRAME_HOOK_USES_STACK */
