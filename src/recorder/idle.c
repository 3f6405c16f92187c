// SPDX-License-Identifier: BSD-3-Clause
// Idle sections, and the callables that have them around each call. A callable given a
// timeout of zero does not wait, and is called without.
#include "idle.h"

#include "engine-private.h"

#include <structmember.h>

#define IDLE_NAME "<idle>"
#define IDLE_LINE 1u

/* ---- Sections ---- */

/* The idle function of the running recording. */
static struct
{
  const TxStream *stream;
  uint32_t generation;
  TxFunctionId function;
} known;

/* What identifies an idle frame: an address that no frame of the interpreter has. */
static uint64_t
get_idle_key (void)
{
  return (uint64_t) (uintptr_t) &known;
}

static bool
is_idle (const RecEngine *engine)
{
  return engine->stream->current->top->key == get_idle_key () &&
         engine->stream->current->untracked == 0;
}

static TxFunctionId
define_idle (RecEngine *engine)
{
  TxFunctionDefinition definition = { .first_line = IDLE_LINE,
                                      .flags = TX_FUNCTION_IDLE,
                                      .name = IDLE_NAME,
                                      .name_size = sizeof IDLE_NAME - 1 };

  if (known.stream == engine->stream && known.generation == engine->codes.generation &&
      known.function != 0)
    return known.function;
  definition.file = tx_stream_define_file (engine->stream, IDLE_NAME, sizeof IDLE_NAME - 1);
  known.stream = engine->stream;
  known.generation = engine->codes.generation;
  known.function =
      definition.file != 0 ? tx_stream_define_function (engine->stream, &definition) : 0;
  return known.function;
}

void
rec_idle_begin (RecEngine *engine)
{
  TxFunctionId function;

  if (engine->stream == NULL || !_rec_engine_go_to_thread (engine, rec_py_thread ()) ||
      is_idle (engine))
    return;
  function = define_idle (engine);
  if (function == 0)
    return;
  tx_stream_precise_begin (engine->stream);
  tx_stream_call (engine->stream, function, IDLE_LINE, get_idle_key ());
  tx_stream_line (engine->stream, IDLE_LINE);
  tx_stream_precise_end (engine->stream);
}

static void
leave (RecEngine *engine)
{
  tx_stream_precise_begin (engine->stream);
  tx_stream_return (engine->stream);
  tx_stream_precise_end (engine->stream);
}

void
rec_idle_interrupt (RecEngine *engine)
{
  if (is_idle (engine))
    leave (engine);
}

void
rec_idle_end (RecEngine *engine)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;

  if (engine->stream == NULL)
    return;
  PyErr_Fetch (&type, &value, &traceback);
  if (_rec_engine_go_to_thread (engine, rec_py_thread ()) && is_idle (engine))
    leave (engine);
  PyErr_Restore (type, value, traceback);
}

/* ---- Watched callables ---- */

typedef struct
{
  PyObject ob_base;
  PyObject *callable; /* owned; NULL once the collector has cleared it */
  bool is_method;     /* of a class: the first argument is the object */
} Watched;

/* select() and its kin take a timeout first, or by name: None waits for ever, 0 does not wait. */
static bool
waits (const Watched *self, PyObject *args, PyObject *kwargs)
{
  PyObject *timeout = NULL;
  Py_ssize_t place = self->is_method ? 1 : 0;

  if (PyTuple_GET_SIZE (args) > place)
    timeout = PyTuple_GET_ITEM (args, place);
  else if (kwargs != NULL)
    timeout = PyDict_GetItemString (kwargs, "timeout");
  if (timeout == NULL)
    return true;
  if (PyLong_CheckExact (timeout))
    {
      int overflow;

      return PyLong_AsLongAndOverflow (timeout, &overflow) > 0 || overflow > 0;
    }
  return !PyFloat_CheckExact (timeout) || PyFloat_AS_DOUBLE (timeout) > 0;
}

static PyObject *
call_watched (PyObject *self, PyObject *args, PyObject *kwargs)
{
  RecEngine *engine = rec_engine_get ();
  PyObject *callable = ((Watched *) self)->callable;
  PyObject *result;

  if (callable == NULL)
    {
      PyErr_SetString (PyExc_RuntimeError, "what was watched is gone");
      return NULL;
    }
  if (engine->stream == NULL || !waits ((Watched *) self, args, kwargs))
    return PyObject_Call (callable, args, kwargs);
  Py_INCREF (callable);
  rec_idle_begin (engine);
  result = PyObject_Call (callable, args, kwargs);
  rec_idle_end (engine);
  Py_DECREF (callable);
  return result;
}

static int
traverse_watched (PyObject *self, visitproc visit, void *arg)
{
  Py_VISIT (((Watched *) self)->callable);
  Py_VISIT (Py_TYPE (self));
  return 0;
}

static int
clear_watched (PyObject *self)
{
  Py_CLEAR (((Watched *) self)->callable);
  return 0;
}

static void
dealloc_watched (PyObject *self)
{
  PyTypeObject *type = Py_TYPE (self);

  PyObject_GC_UnTrack (self);
  clear_watched (self);
  type->tp_free (self);
  Py_DECREF (type);
}

/* As a function does in a class. */
static PyObject *
bind_watched (PyObject *self, PyObject *object, PyObject *type)
{
  if (object != NULL && object != Py_None && ((Watched *) self)->is_method)
    return PyMethod_New (self, object);
  Py_INCREF (self);
  return self;
}

/* Types have these two themselves. */
static bool
is_of_type (PyObject *name)
{
  return PyUnicode_CompareWithASCIIString (name, "__module__") == 0 ||
         PyUnicode_CompareWithASCIIString (name, "__doc__") == 0;
}

/* What the callable is known by (its name, its help, its object) is had of it. */
static PyObject *
get_attribute (PyObject *self, PyObject *name)
{
  PyObject *callable = ((Watched *) self)->callable;
  PyObject *attribute;

  if (callable == NULL || !is_of_type (name))
    {
      attribute = PyObject_GenericGetAttr (self, name);
      if (attribute != NULL || callable == NULL || !PyErr_ExceptionMatches (PyExc_AttributeError))
        return attribute;
      PyErr_Clear ();
    }
  return PyObject_GetAttr (callable, name);
}

static PyMemberDef watched_members[] = {
  { "__wrapped__", T_OBJECT, offsetof (Watched, callable), READONLY, "What is called." },
  { 0 },
};

static PyType_Slot watched_slots[] = {
  { Py_tp_call, call_watched },
  { Py_tp_clear, clear_watched },
  { Py_tp_dealloc, dealloc_watched },
  { Py_tp_descr_get, bind_watched },
  { Py_tp_getattro, get_attribute },
  { Py_tp_members, watched_members },
  { Py_tp_traverse, traverse_watched },
  { 0 },
};

static PyType_Spec watched_spec = {
  .name = "trackexec._recorder.Watched",
  .basicsize = sizeof (Watched),
  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
  .slots = watched_slots,
};

static PyTypeObject *watched_type; /* owned: lasts as long as the process */

bool
rec_idle_init (void)
{
  watched_type = (PyTypeObject *) PyType_FromSpec (&watched_spec);
  return watched_type != NULL;
}

PyObject *
rec_idle_watch (PyObject *module, PyObject *const *args, Py_ssize_t n_args)
{
  Watched *self;

  if (n_args != 2 || !PyCallable_Check (args[0]))
    {
      PyErr_SetString (PyExc_TypeError, "a callable is needed, and whether it is a method");
      return NULL;
    }
  self = PyObject_GC_New (Watched, watched_type);
  if (self == NULL)
    return NULL;
  Py_INCREF (args[0]);
  self->callable = args[0];
  self->is_method = args[1] == Py_True;
  PyObject_GC_Track ((PyObject *) self);
  return (PyObject *) self;
}
