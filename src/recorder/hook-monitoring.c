// SPDX-License-Identifier: BSD-3-Clause
// The event source since 3.12: sys.monitoring. Global events find code objects as
// they begin to run: what is out of scope is told once to send no more, what is in
// scope gets local events. Exceptions have no local events, so those that pass
// through foreign code cost a look at its tag. Long functions on interpreters
// where a LINE event costs time in proportion to the function are recorded by
// INSTRUCTION events and a table of our own.
#include "hook.h"

#if REC_HAVE_MONITORING

#include "line-table.h"

#include <time.h>

/* Numbers of the events in sys.monitoring.events, part of its interface: 1 << number. */
enum
{
  START,
  RESUME_EVENT,
  RETURN,
  YIELD,
  LINE = 5,
  INSTRUCTION = 6,
  RAISE = 10,
  UNWIND = 12,
  THROW = 13
};

#define GLOBAL_EVENTS (1 << START | 1 << RESUME_EVENT | 1 << THROW | 1 << UNWIND | 1 << RAISE)
/* PY_START stays on beside LINE: since 3.13 the line of a one-line function is not sent without it.
 */
#define FRAME_EVENTS (1 << START | 1 << RESUME_EVENT | 1 << RETURN | 1 << YIELD)

#define TOOL_FIRST 3
#define TOOL_LAST  4

/* An instance is what the interpreter calls for one kind of event. */
typedef struct
{
  PyObject ob_base;
  vectorcallfunc vectorcall;
} Callback;

/* What lasts as long as the process. */
static struct
{
  PyObject *monitoring; /* owned: sys.monitoring */
  PyObject *disable;    /* owned: sys.monitoring.DISABLE */
  PyTypeObject *type;   /* owned: of the callbacks */
  PyObject *set_local;  /* owned: sys.monitoring.set_local_events */
  int tool;             /* ours while recording, else -1 */
} hook = { .tool = -1 };

/* ---- Code objects ---- */

static bool
set_local_events (PyCodeObject *code, int events)
{
  PyObject *result = PyObject_CallFunction (hook.set_local, "iOi", hook.tool, code, events);

  if (result == NULL)
    PyErr_Clear ();
  Py_XDECREF (result);
  return result != NULL;
}

static bool
adopt (RecEngine *engine, RecCode *code)
{
  int line_event = 1 << LINE;

  if (engine->slow_lines && code->unit_lines == NULL && rec_line_table_is_costly (code->code))
    code->unit_lines = rec_line_table_dup_unit_lines (code->code, &code->n_units);
  if (engine->slow_lines && code->unit_lines != NULL)
    {
      line_event = 1 << INSTRUCTION;
      engine->instructions++;
    }
  code->hooked = set_local_events (code->code, FRAME_EVENTS | line_event);
  return code->hooked;
}

/* ---- Events ---- */

/* Since 3.13 extensions send events of things that are no code objects (PyMonitoring_Fire*()):
 * nothing is read of one that the running frame does not have. */

/* Code in scope begins the trace of a forked child, and is not yet known in it. */
static bool
begin_child (RecEngine *engine,
             PyThreadState *tstate,
             PyCodeObject *object,
             RecPyFrame *frame,
             RecPyFrame *innermost)
{
  if (rec_engine_is_in_scope (engine, object, rec_py_frame_globals (frame)))
    rec_engine_begin_child (engine, tstate, innermost, NULL);
  return rec_code_table_is_decided (&engine->codes, rec_code_table_peek (&engine->codes, object));
}

/* PY_START, PY_RESUME or PY_THROW that is not simply an entry into code known to be in scope. */
static PyObject *
enter_slow (RecEngine *engine, PyThreadState *tstate, PyCodeObject *object, RecEntry entry)
{
  RecPyFrame *frame = rec_py_frame_current (tstate);
  RecCode *code;
  bool is_known;

  if (frame == NULL || rec_py_frame_code (frame) != object)
    Py_RETURN_NONE;
  code = rec_code_table_peek (&engine->codes, object);
  is_known = rec_code_table_is_decided (&engine->codes, code);
  if (engine->is_pending)
    is_known = begin_child (engine, tstate, object, frame, rec_py_frame_previous (frame));
  if (engine->stream == NULL)
    Py_RETURN_NONE;
  if (!is_known)
    code = rec_engine_decide (engine, object, rec_py_frame_globals (frame));
  if (code == NULL || code->generation != engine->codes.generation)
    Py_RETURN_NONE; /* no memory: asked again at its next event */
  if (code->function != 0)
    {
      _rec_engine_enter_slow (engine, tstate, code, frame, entry);
      Py_RETURN_NONE;
    }
  if (entry == REC_ENTRY_THROW)
    {
      engine->foreign_exits++;
      Py_RETURN_NONE; /* cannot be told to be silent */
    }
  engine->foreign_callbacks += is_known;
  return Py_NewRef (hook.disable);
}

/* PY_START and PY_RESUME: (code, offset) */
static inline PyObject *
enter (PyObject *self, PyCodeObject *object, RecEntry entry)
{
  RecEngine *engine = rec_engine_get ();
  PyThreadState *tstate = rec_py_thread ();
  RecPyFrame *frame = *rec_py_frame_slot (tstate);
  RecCode *code;

  if (__builtin_expect (frame != NULL && rec_py_frame_code (frame) == object, 1))
    {
      code = rec_code_table_peek (&engine->codes, object);
      if (__builtin_expect (rec_code_table_is_decided (&engine->codes, code) &&
                                code->function != 0 && engine->stream != NULL,
                            1))
        {
          rec_engine_enter (engine, tstate, code, frame, entry);
          Py_RETURN_NONE;
        }
    }
  return enter_slow (engine, tstate, object, entry);
}

static PyObject *
start_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  return enter (self, (PyCodeObject *) args[0], REC_ENTRY_START);
}

static PyObject *
resume_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  return enter (self, (PyCodeObject *) args[0], REC_ENTRY_RESUME);
}

/* (code, offset, exception): global, may not be DISABLEd. */
static PyObject *
throw_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  return enter_slow (rec_engine_get (), rec_py_thread (), (PyCodeObject *) args[0],
                     REC_ENTRY_THROW);
}

static PyObject *
leave_slow (RecEngine *engine, PyThreadState *tstate, PyCodeObject *object, RecExit how)
{
  RecPyFrame *frame = rec_py_frame_current (tstate);
  RecCode *code;

  if (frame == NULL || rec_py_frame_code (frame) != object)
    Py_RETURN_NONE;
  if (engine->is_pending)
    begin_child (engine, tstate, object, frame, frame);
  if (engine->stream == NULL)
    Py_RETURN_NONE;
  code = rec_code_table_peek (&engine->codes, object);
  if (rec_code_table_is_decided (&engine->codes, code) && code->function != 0)
    _rec_engine_leave_slow (engine, tstate, code, frame, how);
  else if (how == REC_EXIT_UNWIND)
    engine->foreign_exits++;
  Py_RETURN_NONE;
}

__attribute__ ((noinline)) static PyObject *
return_slow (RecEngine *engine, PyCodeObject *object)
{
  PyThreadState *tstate = rec_py_thread ();

  if (engine->stream == NULL || !rec_engine_is_top (engine, *rec_py_frame_slot (tstate)))
    return leave_slow (engine, tstate, object, REC_EXIT_RETURN);
  tx_stream_return (engine->stream);
  Py_RETURN_NONE;
}

/* (code, offset, value): of code in scope only */
static PyObject *
return_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  RecEngine *engine = rec_engine_get ();

  if (__builtin_expect (rec_engine_knows_thread (engine) &&
                            rec_engine_is_top (engine, *rec_py_frame_slot (engine->tstate)) &&
                            tx_stream_try_return (engine->stream),
                        1))
    Py_RETURN_NONE;
  return return_slow (engine, (PyCodeObject *) args[0]);
}

/* (code, offset, value): of code in scope only */
static PyObject *
yield_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  RecEngine *engine = rec_engine_get ();
  PyThreadState *tstate = rec_engine_peek_thread (engine);

  if (__builtin_expect (
          engine->stream != NULL && rec_engine_is_top (engine, *rec_py_frame_slot (tstate)), 1))
    {
      rec_engine_yield (engine);
      Py_RETURN_NONE;
    }
  return leave_slow (engine, tstate, (PyCodeObject *) args[0], REC_EXIT_YIELD);
}

/* (code, offset, exception): global, may not be DISABLEd. */
static PyObject *
unwind_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  return leave_slow (rec_engine_get (), rec_py_thread (), (PyCodeObject *) args[0],
                     REC_EXIT_UNWIND);
}

/* (code, offset, exception): global, may not be DISABLEd. */
static PyObject *
raise_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  RecEngine *engine = rec_engine_get ();
  PyCodeObject *object = (PyCodeObject *) args[0];
  PyObject *traceback = ((PyBaseExceptionObject *) args[2])->traceback;
  RecCode *code;
  PyThreadState *tstate;
  RecPyFrame *frame;

  /* The StopIteration that brings an await its value is on no traceback, and is no event. */
  if (traceback == NULL)
    Py_RETURN_NONE;
  tstate = rec_py_thread ();
  frame = rec_py_frame_current (tstate);
  if (frame == NULL || rec_py_frame_code (frame) != object)
    Py_RETURN_NONE;
  if (engine->is_pending)
    begin_child (engine, tstate, object, frame, frame);
  code = rec_code_table_peek (&engine->codes, object);
  if (engine->stream != NULL && rec_code_table_is_decided (&engine->codes, code) &&
      code->function != 0)
    rec_engine_raise (engine, tstate, code, frame, args[2], traceback);
  Py_RETURN_NONE;
}

__attribute__ ((noinline)) static PyObject *
line_slow (RecEngine *engine, uint32_t line)
{
  PyThreadState *tstate = rec_py_thread ();
  RecPyFrame *frame = rec_py_frame_current (tstate);

  if (engine->stream != NULL && rec_engine_is_top (engine, *rec_py_frame_slot (tstate)))
    tx_stream_line (engine->stream, line);
  else if (frame != NULL)
    _rec_engine_line_slow (engine, tstate, frame, line);
  Py_RETURN_NONE;
}

/* Here and in return_cb() whatever is unusual is left to a call at the end, so that the usual case
 * saves no registers: that is a quarter of its instructions. @line: not 0 */
static inline PyObject *
begin_line (RecEngine *engine, uint32_t line)
{
  if (__builtin_expect (rec_engine_knows_thread (engine) &&
                            rec_engine_is_top (engine, *rec_py_frame_slot (engine->tstate)) &&
                            tx_stream_try_line (engine->stream, line),
                        1))
    Py_RETURN_NONE;
  return line_slow (engine, line);
}

__attribute__ ((noinline)) static PyObject *
far_line (RecEngine *engine, PyObject *number)
{
  uint32_t line = rec_py_read_number (number);

  if (line == 0)
    Py_RETURN_NONE;
  return begin_line (engine, line);
}

/* (code, line): of code in scope only */
static PyObject *
line_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  if (__builtin_expect (!rec_py_is_small_number (args[1]), 0))
    return far_line (rec_engine_get (), args[1]);
  return begin_line (rec_engine_get (), rec_py_read_small_number (args[1]));
}

/* (code, offset): of long functions in scope only */
static PyObject *
instruction_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  RecEngine *engine = rec_engine_get ();
  const RecCode *code = rec_code_table_peek (&engine->codes, (PyCodeObject *) args[0]);
  uint32_t unit = rec_py_read_number (args[1]) / (uint32_t) sizeof (_Py_CODEUNIT);

  /* A line that the frame is at already is no step, so there is no need to know where lines begin.
   */
  if (code == NULL || unit >= code->n_units || code->unit_lines[unit] == 0)
    Py_RETURN_NONE;
  return begin_line (engine, code->unit_lines[unit]);
}

static PyObject *
nothing_cb (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  Py_RETURN_NONE;
}

/* ---- The callbacks' type ---- */

static void
dealloc_callback (PyObject *self)
{
  PyTypeObject *type = Py_TYPE (self);

  type->tp_free (self);
  Py_DECREF (type);
}

static PyMemberDef callback_members[] = {
  { "__vectorcalloffset__", Py_T_PYSSIZET, offsetof (Callback, vectorcall), Py_READONLY, NULL },
  { 0 },
};

static PyType_Slot callback_slots[] = {
  { Py_tp_dealloc, dealloc_callback },
  { Py_tp_call, PyVectorcall_Call },
  { Py_tp_members, callback_members },
  { 0 },
};

static PyType_Spec callback_spec = {
  .name = "trackexec._recorder.Callback",
  .basicsize = sizeof (Callback),
  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
  .slots = callback_slots,
};

static bool
prepare (RecEngine *engine, PyObject *module)
{
  PyObject *monitoring = PySys_GetObject ("monitoring");

  if (monitoring == NULL)
    {
      PyErr_SetString (PyExc_RuntimeError, "trackexec: this Python has no sys.monitoring");
      return false;
    }
  hook.monitoring = Py_NewRef (monitoring);
  hook.disable = PyObject_GetAttrString (monitoring, "DISABLE");
  hook.set_local = PyObject_GetAttrString (monitoring, "set_local_events");
  hook.type = (PyTypeObject *) PyType_FromModuleAndSpec (module, &callback_spec, NULL);
  return hook.disable != NULL && hook.set_local != NULL && hook.type != NULL;
}

/* ---- On and off ---- */

static bool
call (const char *method, const char *format, int first, int second)
{
  PyObject *result = PyObject_CallMethod (hook.monitoring, method, format, first, second);

  Py_XDECREF (result);
  return result != NULL;
}

static bool
register_callback (int event, vectorcallfunc function)
{
  PyObject *callback = Py_NewRef (Py_None);
  PyObject *result;

  if (function != NULL)
    {
      Callback *made = PyObject_New (Callback, hook.type);

      Py_DECREF (callback);
      if (made == NULL)
        return false;
      made->vectorcall = function;
      callback = (PyObject *) made;
    }
  result = PyObject_CallMethod (hook.monitoring, "register_callback", "iiO", hook.tool, 1 << event,
                                callback);
  Py_DECREF (callback);
  Py_XDECREF (result);
  return result != NULL;
}

static const struct
{
  int event;
  vectorcallfunc function;
} callbacks[] = {
  { START, start_cb }, { RESUME_EVENT, resume_cb }, { RETURN, return_cb },
  { YIELD, yield_cb }, { LINE, line_cb },           { INSTRUCTION, instruction_cb },
  { THROW, throw_cb }, { UNWIND, unwind_cb },       { RAISE, raise_cb },
};

static bool
claim_tool (void)
{
  for (int tool = TOOL_FIRST; tool <= TOOL_LAST; tool++)
    {
      PyObject *result =
          PyObject_CallMethod (hook.monitoring, "use_tool_id", "is", tool, "trackexec");

      if (result != NULL)
        {
          Py_DECREF (result);
          hook.tool = tool;
          return true;
        }
      if (!PyErr_ExceptionMatches (PyExc_ValueError))
        return false;
      PyErr_Clear ();
    }
  PyErr_SetString (PyExc_RuntimeError,
                   "sys.monitoring has no free tool id: 3 and 4 are taken by other tools");
  return false;
}

/* Code that an earlier recording told to be silent stays so, if it has not run since, even for a
 * new one. Setting and removing a local event makes the interpreter look at it anew, without a
 * restart_events(), which would wake up what other tools have silenced. */
static void
wake_silenced (RecEngine *engine)
{
  for (RecCode *code = rec_code_table_first (); code->code != NULL; code = code->next)
    {
      if (code->function != 0 || code->generation == 0)
        continue;
      set_local_events (code->code, 1 << START | 1 << RESUME_EVENT);
      set_local_events (code->code, 0);
    }
  engine->stale_disabled = false;
}

static bool
install (RecEngine *engine)
{
  if (!call ("set_events", "ii", hook.tool, GLOBAL_EVENTS))
    return false;
  engine->stale_disabled = true;
  return true;
}

static void
uninstall (RecEngine *engine)
{
  if (hook.tool < 0)
    return;
  call ("set_events", "ii", hook.tool, 0);
  PyErr_Clear ();
  for (RecCode *code = rec_code_table_first (); code->code != NULL; code = code->next)
    if (code->hooked)
      {
        set_local_events (code->code, 0);
        code->hooked = false;
      }
  for (size_t i = 0; i < sizeof callbacks / sizeof callbacks[0]; i++)
    {
      register_callback (callbacks[i].event, NULL);
      PyErr_Clear ();
    }
  call ("free_tool_id", "i", hook.tool, 0);
  PyErr_Clear ();
  hook.tool = -1;
}

/* ---- Does a LINE event cost time in proportion to the function's length? ---- */

/* Nanoseconds a line, at best of a few runs; -1 with an exception set on failure. */
static double
time_calls (PyObject *function, unsigned n_lines)
{
  double best = -1;

  for (unsigned i = 0; i < 3; i++)
    {
      struct timespec before;
      struct timespec after;
      PyObject *result;
      double time_ns;

      clock_gettime (CLOCK_MONOTONIC, &before);
      result = PyObject_CallNoArgs (function);
      clock_gettime (CLOCK_MONOTONIC, &after);
      if (result == NULL)
        return -1;
      Py_DECREF (result);
      time_ns = ((double) (after.tv_sec - before.tv_sec) * 1e9 +
                 (double) (after.tv_nsec - before.tv_nsec)) /
                n_lines;
      best = best < 0 || time_ns < best ? time_ns : best;
    }
  return best;
}

/* The same of a function of @n_lines lines. */
static double
time_lines (unsigned n_lines)
{
  char source[8192] = "def f():\n";
  size_t used = sizeof "def f():\n" - 1;
  PyObject *globals = PyDict_New ();
  PyObject *done = NULL;
  double best = -1;

  for (unsigned i = 0; i < n_lines && used + 7 < sizeof source; i++)
    used += (size_t) snprintf (source + used, sizeof source - used, " x=1\n");
  if (globals != NULL && PyDict_SetItemString (globals, "__builtins__", PyEval_GetBuiltins ()) == 0)
    done = PyRun_String (source, Py_file_input, globals, globals);
  if (done != NULL)
    {
      PyObject *function = PyDict_GetItemString (globals, "f");

      /* The events go with the code. */
      if (set_local_events ((PyCodeObject *) PyFunction_GET_CODE (function), 1 << LINE))
        best = time_calls (function, n_lines);
    }
  Py_XDECREF (done);
  Py_XDECREF (globals);
  return best;
}

/* Once a process: the ratio is about 1 without the fault, and over 50 with it. This runs Python,
 * and so the program's handlers of signals that have just come: what these raise is its own.
 *
 * Returns: false with such an exception set
 */
static bool
probe_slow_lines (RecEngine *engine)
{
  static int known = -1;

  if (known < 0 && register_callback (LINE, nothing_cb))
    {
      double long_ns = time_lines (300);
      double short_ns = long_ns >= 0 ? time_lines (60) : -1;

      if (short_ns >= 0)
        known = long_ns > 8 * short_ns;
    }
  engine->slow_lines = known > 0;
  if (PyErr_Occurred () && !PyErr_ExceptionMatches (PyExc_Exception))
    return false;
  PyErr_Clear ();
  return true;
}

static bool
acquire (RecEngine *engine)
{
  if (!claim_tool ())
    return false;
  if (engine->stale_disabled)
    wake_silenced (engine);
  if (!probe_slow_lines (engine))
    return false;
  for (size_t i = 0; i < sizeof callbacks / sizeof callbacks[0]; i++)
    if (!register_callback (callbacks[i].event, callbacks[i].function))
      return false;
  rec_engine_note (engine, "backend", "monitoring");
  rec_engine_note (engine, "tool_id", "%d", hook.tool);
  rec_engine_note (engine, "long_functions", "%s", engine->slow_lines ? "instruction" : "line");
  return true;
}

const RecHook *
rec_hook_get (void)
{
  static const RecHook monitoring = {
    .prepare = prepare,
    .acquire = acquire,
    .install = install,
    .uninstall = uninstall,
    .adopt = adopt,
  };

  return &monitoring;
}

#endif /* REC_HAVE_MONITORING */
