// SPDX-License-Identifier: BSD-3-Clause
// The frames of `python -m trackexec run` are unlinked from the thread while the
// program runs, and linked again behind it.
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* runpy was left by a KeyboardInterrupt, which no function of ours may tell the interpreter. */
static bool was_interrupted;

typedef struct
{
  PyThreadState *tstate;
  RecPyFrame *frame;
  int recursion;
} Detached;

static Detached
detach (void)
{
  Detached detached = { .tstate = rec_py_thread () };

  detached.frame = *rec_py_frame_slot (detached.tstate);
  detached.recursion = rec_py_reset_recursion (detached.tstate);
  *rec_py_frame_slot (detached.tstate) = NULL;
  return detached;
}

static void
attach (const Detached *detached)
{
  *rec_py_frame_slot (detached->tstate) = detached->frame;
  rec_py_use_recursion (detached->tstate, detached->recursion);
}

PyObject *
rec_program_run_file (PyObject *module, PyObject *path)
{
  PyObject *bytes;
  Detached detached;
  FILE *file;
  int status;

  if (!PyUnicode_FSConverter (path, &bytes))
    return NULL;
  file = fopen (PyBytes_AS_STRING (bytes), "rbe");
  if (file == NULL)
    {
      PyErr_SetFromErrnoWithFilenameObject (PyExc_OSError, path);
      Py_DECREF (bytes);
      return NULL;
    }
  detached = detach ();
  /* Prints what the program raises, and ends the process on SystemExit, by itself. */
  status = PyRun_AnyFileExFlags (file, PyBytes_AS_STRING (bytes), 1, NULL);
  attach (&detached);
  Py_DECREF (bytes);
  return PyLong_FromLong (status != 0);
}

PyObject *
rec_program_run_call (PyObject *module, PyObject *const *args, Py_ssize_t n_args)
{
  Detached detached;
  PyObject *result;

  if (n_args < 1)
    {
      PyErr_SetString (PyExc_TypeError, "run_call() needs a callable");
      return NULL;
    }
  detached = detach ();
  result = PyObject_Vectorcall (args[0], args + 1, (size_t) n_args - 1, NULL);
  if (result == NULL)
    {
      was_interrupted = PyErr_Occurred () == PyExc_KeyboardInterrupt; /* no other class, as there */
      PyErr_Print ();
    }
  attach (&detached);
  Py_XDECREF (result);
  return PyLong_FromLong (result == NULL);
}

void
rec_program_end (void)
{
  if (!was_interrupted)
    return;
  signal (SIGINT, SIG_DFL);
  kill (getpid (), SIGINT);
}
