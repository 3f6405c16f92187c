// SPDX-License-Identifier: BSD-3-Clause
// RecHook: what an event source has to offer to the engine. There is one of them a
// Python version: hook-monitoring.c since 3.12, hook-settrace.c before.
#pragma once

#include "engine.h"

/**
 * RecHook:
 * All are called with the GIL held; those that return bool set an exception on failure.
 */
struct _RecHook
{
  /* Makes what lasts as long as the process (types, callbacks). Once. */
  bool (*prepare) (RecEngine *engine, PyObject *module);
  /* Finds out how it can work here and takes what it needs; says so by rec_engine_note(). */
  bool (*acquire) (RecEngine *engine);
  /* Begins to send events of all threads. */
  bool (*install) (RecEngine *engine);
  /* Sends no more events, gives back what it took. Works in a forked child, too. Never fails. */
  void (*uninstall) (RecEngine *engine);
  /* (nullable): @code was found in scope: make it send events. False: it cannot be traced. */
  bool (*adopt) (RecEngine *engine, RecCode *code);
  /* (nullable): a forked child goes on with the caller's thread alone. Never fails. */
  void (*after_fork_in_child) (RecEngine *engine);
};

/** rec_hook_get: (transfer none): the event source of this Python. */
const RecHook *rec_hook_get (void);
