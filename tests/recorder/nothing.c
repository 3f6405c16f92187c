// SPDX-License-Identifier: BSD-3-Clause
// A tracer that does nothing, by the same means as the recorder's before 3.12: a trace function in
// C in every thread, and a function that evaluates frames (PEP 523). What differs under it differs by
// the interpreter's doing: test_cpython.py asks it.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if PY_VERSION_HEX < 0x030c0000

#if PY_VERSION_HEX >= 0x030b0000
typedef struct _PyInterpreterFrame Frame;
#else
typedef struct _frame Frame;
#endif

/* The callable that sys.gettrace() shows, as the recorder shows its own. */
static PyObject *tracer;

static int
trace (PyObject *self, PyFrameObject *frame, int what, PyObject *argument)
{
  return 0;
}

static PyObject *
eval_frame (PyThreadState *tstate, Frame *frame, int thrown)
{
  if (tstate->c_traceobj == NULL && tstate->c_tracefunc == NULL && PyEval_GetFrame () == NULL)
    PyEval_SetTrace (trace, tracer);
  return _PyEval_EvalFrameDefault (tstate, frame, thrown);
}

static PyObject *
call (PyObject *module, PyObject *args)
{
  PyEval_SetTrace (trace, tracer);
  Py_INCREF (tracer);
  return tracer;
}

static PyMethodDef call_method = { "trace", call, METH_VARARGS, NULL };

static PyObject *
start (PyObject *module, PyObject *unused)
{
  tracer = PyCFunction_New (&call_method, NULL);
  if (tracer == NULL)
    return NULL;
  PyEval_SetTrace (trace, tracer);
  _PyInterpreterState_SetEvalFrameFunc (PyInterpreterState_Get (), eval_frame);
  Py_RETURN_NONE;
}

#else

static PyObject *
start (PyObject *module, PyObject *unused)
{
  PyErr_SetString (PyExc_RuntimeError, "not before 3.12: use sys.monitoring");
  return NULL;
}

#endif

static PyMethodDef methods[] = {
  { "start", start, METH_NOARGS, "start(): trace all threads, and do nothing with it." },
  { NULL },
};

static PyModuleDef_Slot slots[] = {
  { 0, NULL },
};

static struct PyModuleDef definition = {
  PyModuleDef_HEAD_INIT,
  .m_name = "_trackexec_nothing",
  .m_methods = methods,
  .m_slots = slots,
};

PyMODINIT_FUNC PyInit__trackexec_nothing (void);

PyMODINIT_FUNC
PyInit__trackexec_nothing (void)
{
  return PyModuleDef_Init (&definition);
}
