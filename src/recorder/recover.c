// SPDX-License-Identifier: BSD-3-Clause
// Recovery on request: arguments, the GIL, and what was done as a dict.
#include "recover.h"

#include "trace/tx-recover.h"

static PyObject *
make_result (const TxRecoverStats *stats)
{
  return Py_BuildValue ("{sIsIsIsIsIsIsKsN}", "sealed", stats->n_sealed, "alive", stats->n_alive,
                        "busy", stats->n_busy, "tail_missing", stats->n_tail_missing, "failed",
                        stats->n_failed, "rings_removed", stats->n_rings_removed, "blocks",
                        (unsigned long long) stats->n_blocks, "error",
                        PyUnicode_DecodeFSDefault (stats->error.message));
}

PyObject *
rec_recover (PyObject *module, PyObject *args)
{
  TxRecoverStats stats = { 0 };
  PyObject *directory = NULL;
  PyObject *given = NULL;
  PyObject *ring_dir = NULL;
  const char *place = NULL;
  unsigned n_alive;

  if (!PyArg_ParseTuple (args, "O&O:recover", PyUnicode_FSConverter, &directory, &given))
    return NULL;
  if (given != Py_None && !PyUnicode_FSConverter (given, &ring_dir))
    {
      Py_DECREF (directory);
      return NULL;
    }
  if (ring_dir != NULL)
    place = PyBytes_AS_STRING (ring_dir);
  Py_BEGIN_ALLOW_THREADS;
  tx_recover_directory (PyBytes_AS_STRING (directory), NULL, &stats);
  n_alive = stats.n_alive;
  tx_recover_rings (place, PyBytes_AS_STRING (directory), NULL, &stats);
  stats.n_alive = n_alive; /* their rings were counted again */
  Py_END_ALLOW_THREADS;
  Py_DECREF (directory);
  Py_XDECREF (ring_dir);
  return make_result (&stats);
}
