// SPDX-License-Identifier: BSD-3-Clause
// Runs a program as the interpreter itself would: with no frames of ours below it,
// so that its tracebacks, its recursion limit and what it sees of the stack are those of
// a plain run. For `python -m trackexec run`.
#pragma once

#include "py-compat.h"

/** rec_program_run_file: method: (path) -> exit status. SystemExit ends the process, as in a plain
 * run. */
PyObject *rec_program_run_file (PyObject *module, PyObject *path);

/** rec_program_run_call: method: (callable, *args) -> exit status. As above, for runpy's functions.
 */
PyObject *rec_program_run_call (PyObject *module, PyObject *const *args, Py_ssize_t n_args);

/** rec_program_end: after the interpreter's end: dies by SIGINT if the program ended by
 * KeyboardInterrupt. */
void rec_program_end (void);
