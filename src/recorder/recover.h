// SPDX-License-Identifier: BSD-3-Clause
// What `python -m trackexec recover` calls.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/** rec_recover: (directory, ring_dir or None): seals the traces of dead processes in a
 * directory, and removes rings that no trace needs. A dict of what was done. */
PyObject *rec_recover (PyObject *module, PyObject *args);
