// SPDX-License-Identifier: BSD-3-Clause
// The floor of the benchmark: callbacks in C that do nothing, on the events that
// the recorder needs. What it costs is the interpreter's doing; what the recorder
// costs beyond it is ours. Owns no measuring: see bench.py. It can count events.
//
// start(codes, counting): from 3.12 local sys.monitoring events on the given code objects,
// with callbacks of a C type that has its own vectorcall slot; PyEval_SetTrace before.
// stop() returns (lines, enters, leaves, throws), all zero unless counting.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum
{
  LINES,
  ENTERS,
  LEAVES,
  THROWS,
  N_KINDS
};

static uint64_t counts[N_KINDS];

#if PY_VERSION_HEX >= 0x030c0000

#define TOOL_ID 4

/** Callback: a callable that does nothing, or counts. */
typedef struct
{
  PyObject_HEAD vectorcallfunc vectorcall;
  int kind; /* index in counts */
} Callback;

static PyObject *
ignore_event (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  Py_RETURN_NONE;
}

static PyObject *
count_event (PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
  counts[((Callback *) self)->kind]++;
  Py_RETURN_NONE;
}

static void
dealloc_callback (PyObject *self)
{
  PyTypeObject *type = Py_TYPE (self);

  type->tp_free (self);
  Py_DECREF (type);
}

static PyMemberDef callback_members[] = {
  { "__vectorcalloffset__", Py_T_PYSSIZET, offsetof (Callback, vectorcall), Py_READONLY, NULL },
  { NULL },
};

static PyType_Slot callback_slots[] = {
  { Py_tp_call, PyVectorcall_Call },
  { Py_tp_members, callback_members },
  { Py_tp_dealloc, dealloc_callback },
  { 0, NULL },
};

static PyType_Spec callback_spec = {
  .name = "_trackexec_floor.Callback",
  .basicsize = sizeof (Callback),
  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
  .slots = callback_slots,
};

/** The events of the recorder: those that can be set on one code object alone come first. */
static const struct
{
  const char *name;
  int kind;
  bool is_local;
} events[] = {
  { "LINE", LINES, true },       { "PY_START", ENTERS, true }, { "PY_RESUME", ENTERS, true },
  { "PY_RETURN", LEAVES, true }, { "PY_YIELD", LEAVES, true }, { "PY_UNWIND", THROWS, false },
  { "PY_THROW", THROWS, false }, { "RAISE", THROWS, false },
};

static int
read_event (PyObject *monitoring, const char *name)
{
  PyObject *set = PyObject_GetAttrString (monitoring, "events");
  PyObject *value = set ? PyObject_GetAttrString (set, name) : NULL;
  int event = value ? (int) PyLong_AsLong (value) : -1;

  Py_XDECREF (set);
  Py_XDECREF (value);
  return event;
}

static int
call (PyObject *result)
{
  Py_XDECREF (result);
  return result ? 0 : -1;
}

/* Registers the callbacks (none when vectorcall is NULL); gives the sets of events. */
static int
register_callbacks (PyObject *monitoring,
                    vectorcallfunc vectorcall,
                    int *ret_local,
                    int *ret_global)
{
  PyTypeObject *type = (PyTypeObject *) PyType_FromSpec (&callback_spec);

  if (!type)
    return -1;
  for (size_t i = 0; i < Py_ARRAY_LENGTH (events); i++)
    {
      int event = read_event (monitoring, events[i].name);
      PyObject *callback = Py_NewRef (Py_None);

      if (event < 0)
        return -1;
      if (vectorcall)
        {
          Callback *made = PyObject_New (Callback, type);

          if (!made)
            return -1;
          made->vectorcall = vectorcall;
          made->kind = events[i].kind;
          callback = (PyObject *) made;
        }
      if (call (PyObject_CallMethod (monitoring, "register_callback", "iiN", TOOL_ID, event,
                                     callback)))
        return -1;
      *(events[i].is_local ? ret_local : ret_global) |= event;
    }
  Py_DECREF (type);
  return 0;
}

static int
set_local_events (PyObject *monitoring, PyObject *codes, int set)
{
  for (Py_ssize_t i = 0; i < PyList_Size (codes); i++)
    {
      PyObject *code = PyList_GET_ITEM (codes, i);

      if (call (PyObject_CallMethod (monitoring, "set_local_events", "iOi", TOOL_ID, code, set)))
        return -1;
    }
  return 0;
}

static int
start (PyObject *codes, bool counting)
{
  PyObject *monitoring = PySys_GetObject ("monitoring");
  int local = 0;
  int global = 0;

  if (call (PyObject_CallMethod (monitoring, "use_tool_id", "is", TOOL_ID, "floor")) ||
      register_callbacks (monitoring, counting ? count_event : ignore_event, &local, &global) ||
      set_local_events (monitoring, codes, local))
    return -1;
  return call (PyObject_CallMethod (monitoring, "set_events", "ii", TOOL_ID, global));
}

static int
stop (PyObject *codes)
{
  PyObject *monitoring = PySys_GetObject ("monitoring");
  int ignored = 0;

  if (call (PyObject_CallMethod (monitoring, "set_events", "ii", TOOL_ID, 0)) ||
      set_local_events (monitoring, codes, 0) ||
      register_callbacks (monitoring, NULL, &ignored, &ignored))
    return -1;
  return call (PyObject_CallMethod (monitoring, "free_tool_id", "i", TOOL_ID));
}

#else

static int
ignore_event (PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
  return 0;
}

static int
count_event (PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
  static const signed char kinds[] = {
    [PyTrace_CALL] = ENTERS,   [PyTrace_EXCEPTION] = THROWS, [PyTrace_LINE] = LINES,
    [PyTrace_RETURN] = LEAVES, [PyTrace_C_CALL] = -1,        [PyTrace_C_EXCEPTION] = -1,
    [PyTrace_C_RETURN] = -1,   [PyTrace_OPCODE] = -1,
  };

  if (kinds[what] >= 0)
    counts[kinds[what]]++;
  return 0;
}

static int
start (PyObject *codes, bool counting)
{
  PyEval_SetTrace (counting ? count_event : ignore_event, NULL);
  return 0;
}

static int
stop (PyObject *codes)
{
  PyEval_SetTrace (NULL, NULL);
  return 0;
}

#endif

static PyObject *
floor_start (PyObject *module, PyObject *args)
{
  PyObject *codes;
  int counting;

  if (!PyArg_ParseTuple (args, "O!p", &PyList_Type, &codes, &counting))
    return NULL;
  memset (counts, 0, sizeof counts);
  if (start (codes, counting))
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *
floor_stop (PyObject *module, PyObject *args)
{
  PyObject *codes;

  if (!PyArg_ParseTuple (args, "O!", &PyList_Type, &codes) || stop (codes))
    return NULL;
  return Py_BuildValue ("KKKK", (unsigned long long) counts[LINES],
                        (unsigned long long) counts[ENTERS], (unsigned long long) counts[LEAVES],
                        (unsigned long long) counts[THROWS]);
}

static PyMethodDef floor_methods[] = {
  { "start", floor_start, METH_VARARGS, "start(codes, counting): begin to call back." },
  { "stop", floor_stop, METH_VARARGS, "stop(codes): end; (lines, enters, leaves, throws)." },
  { NULL },
};

static PyModuleDef_Slot floor_slots[] = {
  { 0, NULL },
};

static struct PyModuleDef floor_module = {
  PyModuleDef_HEAD_INIT,
  .m_name = "_trackexec_floor",
  .m_doc = "Callbacks that do nothing, on the events of the recorder.",
  .m_methods = floor_methods,
  .m_slots = floor_slots,
};

PyMODINIT_FUNC PyInit__trackexec_floor (void);

PyMODINIT_FUNC
PyInit__trackexec_floor (void)
{
  return PyModuleDef_Init (&floor_module);
}
