// SPDX-License-Identifier: BSD-3-Clause
// Idle time of event loops: while a watched callable waits (a selector's select), the
// thread's innermost recorded frame is one of the function `<idle>`, entered and left at
// exact times, so that waiting is a line of its own beside the lines that work.
#pragma once

#include "engine.h"

/** rec_idle_init: makes the type of watched callables; false with an exception set. */
bool rec_idle_init (void);

/**
 * rec_idle_watch:
 * @args: a callable that waits (its timeout is its first argument, or named so), and whether it is
 *   a method in a class, whose timeout comes behind the object
 *
 * Returns: (transfer full): a callable that does the same, idle meanwhile
 */
PyObject *rec_idle_watch (PyObject *module, PyObject *const *args, Py_ssize_t n_args);

/** rec_idle_begin: the calling thread begins to wait; nothing happens when not recording. */
void rec_idle_begin (RecEngine *engine);

/** rec_idle_end: the calling thread has waited. Nothing happens when the stack was stated anew
 * since. */
void rec_idle_end (RecEngine *engine);

/** rec_idle_interrupt: recorded code of the stream's thread begins to run inside of the wait. */
void rec_idle_interrupt (RecEngine *engine);
