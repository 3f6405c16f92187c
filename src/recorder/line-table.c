// SPDX-License-Identifier: BSD-3-Clause
// The three encodings of a code object's line table: 3.9's lnotab (pairs of
// unsigned address and signed line increments), 3.10's table of the same pairs
// that describes ranges (PEP 626), and the location table since 3.11, of which
// columns are skipped. A table that ends in the middle of an entry just ends.
#include "line-table.h"

void
rec_line_table_init (RecLineTable *self, PyCodeObject *code)
{
  PyObject *table = rec_py_code_line_table (code);

  *self = (RecLineTable){
    .pos = (const uint8_t *) PyBytes_AS_STRING (table),
    .end = (const uint8_t *) PyBytes_AS_STRING (table) + PyBytes_GET_SIZE (table),
    .code_size = rec_py_code_size (code),
    .line = code->co_firstlineno,
  };
}

static bool
put_range (RecLineTable *self, size_t size, bool has_line, RecLineRange *ret_range)
{
  ret_range->start = self->offset;
  ret_range->end = self->offset + size;
  ret_range->line = has_line && self->line > 0 ? (uint32_t) self->line : 0;
  self->offset = ret_range->end;
  return true;
}

#if REC_LINE_TABLE == REC_LINE_TABLE_LOCATION

static uint64_t
read_varint (RecLineTable *self)
{
  uint64_t value = 0;
  unsigned shift = 0;

  while (self->pos < self->end)
    {
      uint8_t byte = *self->pos++;

      value |= (uint64_t) (byte & 0x3f) << shift;
      shift += 6;
      if ((byte & 0x40) == 0 || shift > 54)
        break;
    }
  return value;
}

static int64_t
read_signed (RecLineTable *self)
{
  uint64_t value = read_varint (self);

  return (value & 1) != 0 ? -(int64_t) (value >> 1) : (int64_t) (value >> 1);
}

bool
rec_line_table_next (RecLineTable *self, RecLineRange *ret_range)
{
  uint8_t first;
  unsigned kind;
  size_t size;

  if (self->pos >= self->end)
    return false;
  first = *self->pos++;
  kind = (first >> 3) & 15;
  size = ((size_t) (first & 7) + 1) * sizeof (_Py_CODEUNIT);
  switch (kind)
    {
    case 15: /* no location */
      return put_range (self, size, false, ret_range);
    case 14: /* line, end line, columns */
      self->line += read_signed (self);
      read_varint (self);
      read_varint (self);
      read_varint (self);
      break;
    case 13: /* line only */
      self->line += read_signed (self);
      break;
    case 12:
    case 11:
    case 10: /* a line at most two further, two bytes of columns */
      self->line += kind - 10;
      self->pos += 2;
      break;
    default: /* the same line, one byte of columns */
      self->pos += 1;
      break;
    }
  return put_range (self, size, true, ret_range);
}

#elif REC_LINE_TABLE == REC_LINE_TABLE_PAIRS

bool
rec_line_table_next (RecLineTable *self, RecLineRange *ret_range)
{
  while (self->pos + 1 < self->end)
    {
      uint8_t size = self->pos[0];
      int8_t delta = (int8_t) self->pos[1];

      self->pos += 2;
      if (delta != -128)
        self->line += delta;
      if (size != 0)
        return put_range (self, size, delta != -128, ret_range);
    }
  return false;
}

#else

bool
rec_line_table_next (RecLineTable *self, RecLineRange *ret_range)
{
  size_t size = 0;

  while (!self->done && size == 0)
    {
      if (self->pos + 1 < self->end)
        size = self->pos[0];
      else
        {
          self->done = true;
          size = self->code_size > self->offset ? self->code_size - self->offset : 0;
        }
      if (size != 0)
        put_range (self, size, true, ret_range);
      if (!self->done)
        {
          self->line += (int8_t) self->pos[1];
          self->pos += 2;
        }
    }
  return size != 0;
}

#endif

#if REC_HAVE_MONITORING
bool
rec_line_table_is_costly (PyCodeObject *code)
{
  RecLineTable table;
  RecLineRange range;

  rec_line_table_init (&table, code);
  while (rec_line_table_next (&table, &range))
    {
      /* CPython's compute_line_delta(): what does not fit 8 bits is searched at each event. */
      int64_t last_unit = (int64_t) (range.end / sizeof (_Py_CODEUNIT)) - 1;
      int64_t delta = (int64_t) range.line - code->co_firstlineno - (last_unit >> 4);

      if (range.line != 0 && (delta > 127 || delta <= -126))
        return true;
    }
  return false;
}

uint32_t *
rec_line_table_dup_unit_lines (PyCodeObject *code, size_t *ret_n_units)
{
  size_t n_units = rec_py_code_size (code) / sizeof (_Py_CODEUNIT);
  uint32_t *lines = PyMem_RawCalloc (n_units + 1, sizeof *lines);
  PyObject *bytecode = PyCode_GetCode (code);
  RecLineTable table;
  RecLineRange range;

  if (lines == NULL || bytecode == NULL)
    {
      PyErr_Clear ();
      PyMem_RawFree (lines);
      Py_XDECREF (bytecode);
      return NULL;
    }
  rec_line_table_init (&table, code);
  while (rec_line_table_next (&table, &range))
    for (size_t at = range.start; at < range.end; at += sizeof (_Py_CODEUNIT))
      {
        size_t unit = at / sizeof (_Py_CODEUNIT);

        if (unit >= n_units || at + 1 >= (size_t) PyBytes_GET_SIZE (bytecode) ||
            at < rec_py_code_first_offset (code))
          continue;
        if (!rec_py_opcode_is_lineless ((uint8_t) PyBytes_AS_STRING (bytecode)[at]))
          lines[unit] = range.line;
      }
  Py_DECREF (bytecode);
  *ret_n_units = n_units;
  return lines;
}
#endif
