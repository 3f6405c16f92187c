// SPDX-License-Identifier: BSD-3-Clause
// What a directory given by a user is: a trace, a run with its processes, or a base directory.
#pragma once

#include "trace/tx-error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  REPLAY_PATH_TRACE, /* one process's trace */
  REPLAY_PATH_RUN,   /* holds traces */
  REPLAY_PATH_BASE,  /* holds runs; the newest (`latest`) is looked into */
} ReplayPathKind;

typedef struct {
  char *directory;   /* of the trace */
  char *name;        /* the process's name: last part of the directory */
} ReplayPathTrace;

typedef struct {
  ReplayPathKind kind;
  char *run_directory;      /* "" for a lone trace */
  ReplayPathTrace *traces;  /* (array length=n_traces): by name */
  size_t n_traces;          /* at least 1 */
} ReplayPath;

/** replay_path_resolve: %TX_ERROR_NOT_TRACE with a message that says what was looked for when there is no trace. */
TxStatus replay_path_resolve (const char *directory, ReplayPath **ret_path, TxError *error) TX_WARN_UNUSED;
void replay_path_free (ReplayPath *self);

#ifdef __cplusplus
}
#endif
