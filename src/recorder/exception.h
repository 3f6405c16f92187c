// SPDX-License-Identifier: BSD-3-Clause
// RecException: an exception's type and message as text, without running any code of the program:
// from the type's own fields and from arguments that are plain data. And RecTypeTable: which types
// the stream knows.
#pragma once

#include "py-compat.h"

#include "trace/tx-stream.h"

#define REC_TYPES_MAX 65536u

/** RecType: a type that was defined, found by its name: types come and go with their addresses. */
typedef struct
{
  uint64_t hash; /* of the name, 0: a free place */
  TxTypeId id;
} RecType;

/** RecTypeTable: zeroed is empty. */
typedef struct
{
  RecType *places; /* owned (array length=n_places); open addressing */
  size_t n_places; /* 0 or a power of 2 */
  size_t n_used;
  const PyTypeObject *last; /* (nullable): asked for last, if it is one that never goes; ... */
  TxTypeId last_id;         /* ... and its id */
} RecTypeTable;

void rec_type_table_clear (RecTypeTable *self);

/** rec_type_table_get: the stream's id for @type, defined at need; 0 without memory or for too many. */
TxTypeId rec_type_table_get (RecTypeTable *self, TxStream *stream, PyTypeObject *type);

/**
 * rec_exception_write_message:
 * @exception: an instance
 *
 * What the exception was made with, cut at the end of @buffer. Returns: its size in bytes
 */
size_t rec_exception_write_message (PyObject *exception, char *buffer, size_t size_bytes);
