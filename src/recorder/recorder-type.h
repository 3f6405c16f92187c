// SPDX-License-Identifier: BSD-3-Clause
// What Python code sees of the engine: the functions of the extension module and
// the context manager of precise sections. Parses arguments and makes results; all
// decisions are the engine's.
#pragma once

#include "engine.h"

/** rec_recorder_methods: for the module's definition; ends with a zero entry. */
extern PyMethodDef rec_recorder_methods[];

/** rec_recorder_init: makes the types; false with an exception set. */
bool rec_recorder_init (PyObject *module);
