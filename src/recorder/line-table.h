// SPDX-License-Identifier: BSD-3-Clause
// RecLineTable: walks the line table of a code object, range by range, in each of
// the three encodings that CPython has used. Reads bytes only: no Python call.
#pragma once

#include "py-compat.h"

/** RecLineRange: instructions from @start up to before @end (byte offsets) belong to @line. */
typedef struct
{
  size_t start;
  size_t end;
  uint32_t line; /* 0: no line */
} RecLineRange;

typedef struct
{
  const uint8_t *pos;
  const uint8_t *end;
  size_t offset;    /* where the next range starts */
  size_t code_size; /* bytes of bytecode */
  int64_t line;     /* of the range before */
  bool done;
} RecLineTable;

/** rec_line_table_init: @code must outlive @self. */
void rec_line_table_init (RecLineTable *self, PyCodeObject *code);

/** rec_line_table_next: false at the end, @ret_range is untouched then. */
bool rec_line_table_next (RecLineTable *self, RecLineRange *ret_range);

#if REC_HAVE_MONITORING
/**
 * rec_line_table_is_costly:
 * Whether a LINE event in @code can cost time in proportion to the code's length, on interpreters
 * that keep a line as an 8-bit difference and else search this table (3.12.0 ... 3.13.0).
 */
bool rec_line_table_is_costly (PyCodeObject *code);

/**
 * rec_line_table_dup_unit_lines:
 * For recording lines by INSTRUCTION events: which line each instruction of @code begins or goes on
 * with, by half its byte offset; 0 where no LINE event could stand.
 *
 * Returns: (transfer full) (nullable): PyMem_RawFree() it; NULL without memory, no exception set
 */
uint32_t *rec_line_table_dup_unit_lines (PyCodeObject *code, size_t *ret_n_units);
#endif
