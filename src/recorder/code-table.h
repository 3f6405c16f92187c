// SPDX-License-Identifier: BSD-3-Clause
// RecCodeTable: what the recorder knows of each code object, kept in the object's
// own extra slot, so that it dies with it and is never found under a reused
// address. Decides scope once a code object and recording, and defines what is in
// scope (file, name, executable lines) in the stream.
#pragma once

#include "defined-table.h"
#include "filter.h"
#include "py-compat.h"

#include "trace/tx-stream.h"

/**
 * RecCode:
 * One code object. Freed by the interpreter with the code object.
 */
typedef struct _RecCode RecCode;
struct _RecCode
{
  RecCode *previous; /* in the table's list */
  RecCode *next;
  PyCodeObject *code;    /* borrowed: it owns us */
  uint32_t generation;   /* the recording that the next fields are of; 0: none */
  TxFunctionId function; /* 0: not in scope */
  uint32_t first_line;
  bool resumable;     /* generator, coroutine or asynchronous generator */
  bool hooked;        /* for the hook: it has set events on it */
  bool refused;       /* for the hook: the interpreter does not let us trace it */
  char *path; /* owned (nullable): absolute, where the name in the code object is relative: as it was
                 when the module began to run */
  uint32_t n_foreign; /* for the hook: callbacks since it was found out of scope */
  size_t n_units;     /* length of unit_lines */
  uint32_t
      *unit_lines; /* (nullable) owned: line by instruction, where LINE events cannot be used */
};

typedef struct _RecFile RecFile;

#define REC_FILE_BUCKETS 512u

/** RecCodeTable: all fields private but for the inline function. */
typedef struct
{
  Py_ssize_t extra_index; /* of the interpreter's code extras; -1: not asked for yet */
  uint32_t generation;    /* of the running recording, from 1 */
  RecDefinedTable defined;
  bool is_collecting; /* frames that were found running, not entered: see TX_FUNCTION_WAS_RUNNING */
  size_t n_files;
  RecFile *files[REC_FILE_BUCKETS]; /* owned, chained; by name */
} RecCodeTable;

/** rec_code_table_init: false with an exception set when the interpreter has no slot left. */
bool rec_code_table_init (RecCodeTable *self);

/** rec_code_table_begin: a new recording: everything is to be decided anew. */
void rec_code_table_begin (RecCodeTable *self);

/** rec_code_table_peek: (nullable): what is known of @code, perhaps of an older recording. */
static inline RecCode *
rec_code_table_peek (const RecCodeTable *self, PyCodeObject *code)
{
  return rec_py_get_code_extra (code, self->extra_index);
}

/** rec_code_table_is_decided: whether @code (nullable) belongs to the running recording. */
static inline bool
rec_code_table_is_decided (const RecCodeTable *self, const RecCode *code)
{
  return code != NULL && code->generation == self->generation;
}

/** rec_code_table_matches: whether @code is in scope; remembers and defines nothing. Runs no Python
 * code; a pending exception is the caller's to save. */
bool rec_code_table_matches (RecCodeTable *self,
                             const RecFilter *filter,
                             PyCodeObject *code,
                             PyObject *globals);

/**
 * rec_code_table_decide:
 * @globals: (nullable): of the frame that runs @code
 *
 * Decides whether @code is in scope and defines it in @stream if so. Runs no Python code; a pending
 * exception is the caller's to save.
 *
 * Returns: (nullable): NULL without memory, no exception set
 */
RecCode *rec_code_table_decide (RecCodeTable *self,
                                const RecFilter *filter,
                                TxStream *stream,
                                PyCodeObject *code,
                                PyObject *globals);

/** rec_code_table_first: all code objects ever decided and alive, linked by `next`. */
RecCode *rec_code_table_first (void);
