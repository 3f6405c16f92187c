// SPDX-License-Identifier: BSD-3-Clause
// RecDefinedTable: which functions the stream knows, by all that their definitions say. A program
// that executes the same text again and again makes new code objects each time: they are one function
// to whoever looks at the trace, and cost it nothing more.
#pragma once

#include "trace/tx-stream.h"

#define REC_DEFINED_MAX 65536u

/** RecDefined: one function. */
typedef struct
{
  uint64_t hash[2]; /* of the definition; 0: a free place */
  TxFunctionId function;
} RecDefined;

/** RecDefinedTable: zeroed is empty; forgets all when it has REC_DEFINED_MAX. */
typedef struct
{
  RecDefined *places; /* owned (array length=n_places): open addressing */
  size_t n_places;    /* 0 or a power of 2 */
  size_t n_used;
} RecDefinedTable;

void rec_defined_table_clear (RecDefinedTable *self);

/** rec_defined_table_define: the id of an equal definition, else as tx_stream_define_function(). */
TxFunctionId rec_defined_table_define (RecDefinedTable *self,
                                       TxStream *stream,
                                       const TxFunctionDefinition *definition);
