// SPDX-License-Identifier: BSD-3-Clause
// Texts are put together in the caller's buffer: no object is made, and none of the program's
// methods is called.
#include "exception.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_PLACES_MIN  64u
#define NAME_SIZE_MAX 256u

/** Text: being written; what does not fit is left out. */
typedef struct
{
  char *bytes; /* borrowed */
  size_t size;
  size_t size_max;
} Text;

static void
append_bytes (Text *text, const char *bytes, size_t size)
{
  if (size > text->size_max - text->size)
    size = text->size_max - text->size;
  memcpy (text->bytes + text->size, bytes, size);
  text->size += size;
}

static void
append (Text *text, const char *string)
{
  append_bytes (text, string, strlen (string));
}

/* A whole character or nothing; halves of surrogate pairs have no UTF-8 form. */
static void
append_character (Text *text, Py_UCS4 character)
{
  uint8_t bytes[4];
  size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

  if (character >= 0xd800 && character < 0xe000)
    {
      append (text, "?");
      return;
    }
  if (size > text->size_max - text->size)
    {
      text->size_max = text->size;
      return;
    }
  bytes[0] = (uint8_t) (size == 1 ? character : (0xf00u >> size) | character >> 6 * (size - 1));
  for (size_t i = 1; i < size; i++)
    bytes[i] = (uint8_t) (0x80 | (character >> 6 * (size - 1 - i) & 0x3f));
  append_bytes (text, (const char *) bytes, size);
}

/* Read in place: PyUnicode_AsUTF8() would leave a copy with the program's string. */
static void
append_string (Text *text, PyObject *string)
{
  Py_ssize_t length;

  if (!rec_py_string_is_ready (string))
    return;
  length = PyUnicode_GET_LENGTH (string);
  for (Py_ssize_t i = 0; i < length && text->size < text->size_max; i++)
    append_character (text, PyUnicode_READ_CHAR (string, i));
}

/* ---- Types ---- */

/* `__module__` of a type made by a class statement; (transfer none) (nullable). */
static PyObject *
get_module (PyTypeObject *type)
{
  PyObject *module = type->tp_dict != NULL ? rec_py_dict_peek (type->tp_dict, "__module__") : NULL;

  return module != NULL && PyUnicode_CheckExact (module) ? module : NULL;
}

static void
append_type (Text *text, PyTypeObject *type)
{
  PyObject *module;
  PyObject *name;

  if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0)
    {
      append (text, type->tp_name);
      return;
    }
  module = get_module (type);
  name = ((PyHeapTypeObject *) type)->ht_qualname;
  if (module != NULL && PyUnicode_CompareWithASCIIString (module, "builtins") != 0)
    {
      append_string (text, module);
      append (text, ".");
    }
  if (name != NULL && PyUnicode_CheckExact (name))
    append_string (text, name);
  else
    append (text, type->tp_name);
}

void
rec_type_table_clear (RecTypeTable *self)
{
  free (self->places);
  *self = (RecTypeTable){ 0 };
}

static RecType *
find_place (const RecTypeTable *self, uint64_t hash)
{
  size_t place = (size_t) hash & (self->n_places - 1);

  while (self->places[place].hash != 0 && self->places[place].hash != hash)
    place = (place + 1) & (self->n_places - 1);
  return &self->places[place];
}

static bool
reserve_place (RecTypeTable *self)
{
  RecTypeTable grown = { .n_places = self->n_places > 0 ? 2 * self->n_places : N_PLACES_MIN,
                         .n_used = self->n_used };

  if (2 * (self->n_used + 1) <= self->n_places)
    return true;
  if (self->n_used >= REC_TYPES_MAX)
    return false;
  grown.places = calloc (grown.n_places, sizeof *grown.places);
  if (grown.places == NULL)
    return false;
  for (size_t i = 0; i < self->n_places; i++)
    if (self->places[i].hash != 0)
      *find_place (&grown, self->places[i].hash) = self->places[i];
  free (self->places);
  *self = grown;
  return true;
}

static TxTypeId
find_or_define (RecTypeTable *self, TxStream *stream, PyTypeObject *type)
{
  char name[NAME_SIZE_MAX];
  Text text = { name, 0, sizeof name };
  uint64_t hash = 14695981039346656037u;
  RecType *place;

  append_type (&text, type);
  for (size_t i = 0; i < text.size; i++)
    hash = (hash ^ (uint8_t) name[i]) * 1099511628211u;
  hash |= hash == 0;
  if (self->n_used > 0 && find_place (self, hash)->hash == hash)
    return find_place (self, hash)->id;
  if (!reserve_place (self))
    return 0;
  place = find_place (self, hash);
  place->id = tx_stream_define_type (stream, name, text.size);
  if (place->id == 0)
    return 0;
  place->hash = hash;
  self->n_used++;
  return place->id;
}

TxTypeId
rec_type_table_get (RecTypeTable *self, TxStream *stream, PyTypeObject *type)
{
  TxTypeId id;

  if (type == self->last)
    return self->last_id;
  id = find_or_define (self, stream, type);
  if (id != 0 && (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0)
    {
      self->last = type;
      self->last_id = id;
    }
  return id;
}

/* ---- Messages ---- */

static void
append_number (Text *text, PyObject *number)
{
  char digits[32];
  int overflow;
  long long value = PyLong_AsLongLongAndOverflow (number, &overflow);

  if (overflow != 0)
    {
      append (text, "<int>");
      return;
    }
  snprintf (digits, sizeof digits, "%lld", value);
  append (text, digits);
}

static void
append_quoted (Text *text, PyObject *string)
{
  append (text, "'");
  append_string (text, string);
  append (text, "'");
}

static void
append_octets (Text *text, PyObject *bytes)
{
  append (text, "b'");
  for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE (bytes) && text->size < text->size_max; i++)
    {
      uint8_t octet = (uint8_t) PyBytes_AS_STRING (bytes)[i];
      char escaped[8];

      snprintf (escaped, sizeof escaped, octet >= 0x20 && octet < 0x7f ? "%c" : "\\x%02x", octet);
      append (text, escaped);
    }
  append (text, "'");
}

/* Plain data as repr() shows it, of all else only the type. */
static void
append_value (Text *text, PyObject *value)
{
  char number[32];

  if (value == NULL || value == Py_None)
    append (text, "None");
  else if (PyUnicode_CheckExact (value))
    append_quoted (text, value);
  else if (PyBool_Check (value))
    append (text, value == Py_True ? "True" : "False");
  else if (PyLong_CheckExact (value))
    append_number (text, value);
  else if (PyFloat_CheckExact (value))
    {
      snprintf (number, sizeof number, "%.12g", PyFloat_AS_DOUBLE (value));
      append (text, number);
    }
  else if (PyBytes_CheckExact (value))
    append_octets (text, value);
  else
    {
      append (text, "<");
      append_type (text, PyExceptionClass_Check (value) ? (PyTypeObject *) value : Py_TYPE (value));
      append (text, ">");
    }
}

/* As OSError shows itself; false where it was made otherwise. */
static bool
append_os_error (Text *text, PyObject *exception)
{
  const PyOSErrorObject *error = (const PyOSErrorObject *) exception;

  if (!PyObject_TypeCheck (exception, (PyTypeObject *) PyExc_OSError) || error->myerrno == NULL ||
      error->strerror == NULL || !PyUnicode_CheckExact (error->strerror))
    return false;
  append (text, "[Errno ");
  append_value (text, error->myerrno);
  append (text, "] ");
  append_string (text, error->strerror);
  if (error->filename != NULL && error->filename != Py_None)
    {
      append (text, ": ");
      append_value (text, error->filename);
    }
  return true;
}

size_t
rec_exception_write_message (PyObject *exception, char *buffer, size_t size_bytes)
{
  Text text = { buffer, 0, size_bytes };
  PyObject *args = ((PyBaseExceptionObject *) exception)->args;
  Py_ssize_t n_args = args != NULL && PyTuple_CheckExact (args) ? PyTuple_GET_SIZE (args) : 0;

  if (append_os_error (&text, exception) || n_args == 0)
    return text.size;
  if (n_args == 1 && PyUnicode_CheckExact (PyTuple_GET_ITEM (args, 0)) &&
      !PyObject_TypeCheck (exception, (PyTypeObject *) PyExc_KeyError))
    append_string (&text, PyTuple_GET_ITEM (args, 0));
  else if (n_args == 1)
    append_value (&text, PyTuple_GET_ITEM (args, 0));
  else
    {
      for (Py_ssize_t i = 0; i < n_args && text.size < text.size_max; i++)
        {
          append (&text, i == 0 ? "(" : ", ");
          append_value (&text, PyTuple_GET_ITEM (args, i));
        }
      append (&text, ")");
    }
  return text.size;
}
