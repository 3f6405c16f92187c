// SPDX-License-Identifier: BSD-3-Clause
// The extension module trackexec._recorder: where it may be imported, and what is
// made once a process. The functions are in recorder-type.c.
#include "engine.h"
#include "hook.h"
#include "idle.h"
#include "program.h"
#include "recorder-type.h"

#define END_NAME "trackexec._recorder.end"

/* The interpreter clears its dictionary when all that is the program's is gone, but before it frees
 * what daemon threads that wait for the GIL still look at: while the end is written they find out
 * that they are to end. Later, at close_at_exit(), they would crash, as some do without us (3.10).
 */
static void
close_at_end (PyObject *capsule)
{
  rec_engine_close_at_exit (PyCapsule_GetPointer (capsule, END_NAME));
}

static bool
watch_end (RecEngine *engine)
{
  PyObject *dict = PyInterpreterState_GetDict (PyInterpreterState_Get ());
  PyObject *capsule = PyCapsule_New (engine, END_NAME, close_at_end);
  bool ok = dict != NULL && capsule != NULL && PyDict_SetItemString (dict, END_NAME, capsule) == 0;

  Py_XDECREF (capsule);
  return ok;
}

/* Behind the interpreter's end: no Python any more. Closes what the above has not. */
static void
close_at_exit (void)
{
  rec_engine_close_at_exit (rec_engine_get ());
  rec_program_end ();
}

static int
exec_module (PyObject *module)
{
  RecEngine *engine = rec_engine_get ();

  if (PyInterpreterState_Get () != PyInterpreterState_Main ())
    {
      PyErr_SetString (PyExc_ImportError, "trackexec cannot record subinterpreters");
      return -1;
    }
  if (engine->hook == NULL)
    {
      const RecHook *hook = rec_hook_get ();

      if (!rec_code_table_init (&engine->codes) || !hook->prepare (engine, module) ||
          !rec_recorder_init (module) || !rec_idle_init ())
        return -1;
      if (Py_AtExit (close_at_exit) < 0)
        {
          PyErr_SetString (PyExc_ImportError, "trackexec: no room for another exit function");
          return -1;
        }
      if (!watch_end (engine))
        return -1;
      engine->hook = hook;
    }
  return PyModule_AddStringConstant (module, "version", TRACKEXEC_VERSION);
}

static PyModuleDef_Slot slots[] = {
  { Py_mod_exec, exec_module },
  REC_MODULE_SLOTS_EXTRA{ 0 },
};

static struct PyModuleDef definition = {
  PyModuleDef_HEAD_INIT,
  .m_name = "trackexec._recorder",
  .m_doc = "The recorder's engine; use the functions of the package instead.",
  .m_methods = rec_recorder_methods,
  .m_slots = slots,
};

PyMODINIT_FUNC PyInit__recorder (void);

PyMODINIT_FUNC
PyInit__recorder (void)
{
  return PyModuleDef_Init (&definition);
}
