// SPDX-License-Identifier: BSD-3-Clause
// The entries behind RecCodeTable: made at a code object's first event, linked so
// that hooks can walk them, freed by the interpreter. Also the file names seen:
// absolute for the trace, with links resolved for the filter.
#include "code-table.h"

#include "line-table.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Foreign file names are remembered up to here, so that a program that makes up names costs no
 * memory. */
#define FILES_MAX 65536u

struct _RecFile
{
  RecFile *next;  /* owned */
  TxFileId id;    /* 0: not defined */
  char *path;     /* owned: absolute, for the trace */
  char *resolved; /* owned (nullable): links resolved, for the filter */
  size_t name_size;
  char name[]; /* as in the code objects, but absolute where it is relative there */
};

/* All entries: the interpreter frees them one by one and gives us nothing but the pointer.
 * The GIL protects the list. */
static RecCode all_codes = { .previous = &all_codes, .next = &all_codes };

static void
free_code (void *extra)
{
  RecCode *self = extra;

  if (self == NULL)
    return;
  self->previous->next = self->next;
  self->next->previous = self->previous;
  PyMem_RawFree (self->unit_lines);
  free (self->path);
  PyMem_RawFree (self);
}

RecCode *
rec_code_table_first (void)
{
  /* The sentinel has no code object, which ends a walk. */
  return all_codes.next;
}

bool
rec_code_table_init (RecCodeTable *self)
{
  self->extra_index = rec_py_request_code_extra (free_code);
  if (self->extra_index < 0)
    PyErr_SetString (PyExc_RuntimeError, "trackexec: the interpreter has no code slot left");
  return self->extra_index >= 0;
}

static void
clear_files (RecCodeTable *self)
{
  for (size_t i = 0; i < REC_FILE_BUCKETS; i++)
    while (self->files[i] != NULL)
      {
        RecFile *file = self->files[i];

        self->files[i] = file->next;
        free (file->path);
        free (file->resolved);
        free (file);
      }
  self->n_files = 0;
}

void
rec_code_table_begin (RecCodeTable *self)
{
  self->generation++;
  rec_defined_table_clear (&self->defined);
  clear_files (self);
}

/* ---- File names ---- */

/* (nullable) (transfer full): with links resolved; of a file in an archive those of the archive. */
static char *
resolve (const char *path)
{
  char *resolved = realpath (path, NULL);
  size_t size = strlen (path);
  char outer[PATH_MAX];
  char *joined;

  if (resolved != NULL || errno != ENOTDIR || size >= sizeof outer)
    return resolved;
  memcpy (outer, path, size + 1);
  while (resolved == NULL && errno == ENOTDIR && strrchr (outer, '/') > outer)
    {
      *strrchr (outer, '/') = '\0';
      resolved = realpath (outer, NULL);
    }
  if (resolved == NULL)
    return NULL;
  joined = realloc (resolved, strlen (resolved) + size - strlen (outer) + 1);
  if (joined == NULL)
    free (resolved);
  else
    strcat (joined, path + strlen (outer));
  return joined;
}

static uint32_t
hash_bytes (const char *bytes, size_t size)
{
  uint32_t hash = 2166136261u;

  for (size_t i = 0; i < size; i++)
    hash = (hash ^ (uint8_t) bytes[i]) * 16777619u;
  return hash;
}

/* Removes `//`, `/./` and `/../` from an absolute path, in place, without looking at the disk. */
static void
normalize_path (char *path)
{
  char *to = path;
  const char *from = path;

  while (*from != '\0')
    {
      size_t size;

      while (*from == '/')
        from++;
      size = strcspn (from, "/");
      if (size == 2 && from[0] == '.' && from[1] == '.')
        while (to > path && *--to != '/')
          ;
      else if (size > 0 && !(size == 1 && from[0] == '.'))
        {
          *to++ = '/';
          memmove (to, from, size);
          to += size;
        }
      from += size;
    }
  if (to == path)
    *to++ = '/';
  *to = '\0';
}

static bool
is_relative (const char *name, size_t size)
{
  return size > 0 && name[0] != '/' && name[0] != '<';
}

/* Names in angle brackets (`<string>`, `<frozen ...>`) are no paths and stay as they are. */
static char *
dup_absolute (const char *name, size_t size)
{
  char *path = malloc (size + PATH_MAX + 2);
  size_t used = 0;

  if (path == NULL)
    return NULL;
  if (is_relative (name, size))
    {
      if (getcwd (path, PATH_MAX) == NULL)
        path[0] = '\0';
      used = strlen (path);
      path[used++] = '/';
    }
  memcpy (path + used, name, size);
  path[used + size] = '\0';
  if (path[0] == '/')
    normalize_path (path);
  return path;
}

static RecFile *
find_file (RecCodeTable *self, const RecFilter *filter, const char *name, size_t size)
{
  RecFile **bucket = &self->files[hash_bytes (name, size) % REC_FILE_BUCKETS];
  RecFile *file;

  for (file = *bucket; file != NULL; file = file->next)
    if (file->name_size == size && memcmp (file->name, name, size) == 0)
      return file;
  if (self->n_files >= FILES_MAX)
    clear_files (self);
  file = calloc (1, sizeof *file + size + 1);
  if (file == NULL)
    return NULL;
  memcpy (file->name, name, size);
  file->name_size = size;
  file->path = dup_absolute (name, size);
  if (file->path == NULL)
    {
      free (file);
      return NULL;
    }
  if (rec_filter_has_paths (filter))
    file->resolved = resolve (file->path);
  file->next = *bucket;
  *bucket = file;
  self->n_files++;
  return file;
}

/* ---- Strings of the code object ---- */

typedef struct
{
  PyObject *bytes; /* owned (nullable): keeps text where the string has no UTF-8 form */
  const char *text;
  size_t size;
} Text;

/* Names with surrogates (bytes of a file name that are not UTF-8) come back as those bytes. */
static bool
get_text (PyObject *string, Text *ret_text)
{
  Py_ssize_t size = 0;
  Text text = { 0 };

  if (string == NULL || !PyUnicode_Check (string))
    return false;
  text.text = PyUnicode_AsUTF8AndSize (string, &size);
  if (text.text == NULL)
    {
      PyErr_Clear ();
      text.bytes = PyUnicode_AsEncodedString (string, "utf-8", "surrogateescape");
      if (text.bytes == NULL)
        {
          PyErr_Clear ();
          return false;
        }
      text.text = PyBytes_AS_STRING (text.bytes);
      size = PyBytes_GET_SIZE (text.bytes);
    }
  text.size = (size_t) size;
  *ret_text = text;
  return true;
}

/* ---- Definitions ---- */

typedef struct
{
  uint32_t first; /* line of bit 0; a multiple of 8 below the first line */
  uint32_t last;
  size_t size;
  uint8_t *bits; /* owned (nullable) */
} Bitmap;

static bool
next_executable (RecLineTable *table, size_t first_offset, RecLineRange *ret_range)
{
  while (rec_line_table_next (table, ret_range))
    if (ret_range->line != 0 && ret_range->end > first_offset)
      return true;
  return false;
}

static Bitmap
make_bitmap (PyCodeObject *code)
{
  size_t first_offset = rec_py_code_first_offset (code);
  Bitmap bitmap = { .first = UINT32_MAX };
  RecLineTable table;
  RecLineRange range;

  rec_line_table_init (&table, code);
  while (next_executable (&table, first_offset, &range))
    {
      bitmap.first = range.line < bitmap.first ? range.line : bitmap.first;
      bitmap.last = range.line > bitmap.last ? range.line : bitmap.last;
    }
  if (bitmap.last == 0 || bitmap.last - bitmap.first >= TX_LINE_BITMAP_MAX * 8u)
    return bitmap;
  bitmap.size = (bitmap.last - bitmap.first) / 8 + 1;
  bitmap.bits = calloc (1, bitmap.size);
  if (bitmap.bits == NULL)
    return bitmap;
  rec_line_table_init (&table, code);
  while (next_executable (&table, first_offset, &range))
    bitmap.bits[(range.line - bitmap.first) / 8] |=
        (uint8_t) (1u << (range.line - bitmap.first) % 8);
  return bitmap;
}

static uint32_t
get_flags (PyCodeObject *code)
{
  uint32_t flags = 0;

  if ((code->co_flags & CO_GENERATOR) != 0)
    flags |= TX_FUNCTION_GENERATOR;
  if ((code->co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) != 0)
    flags |= TX_FUNCTION_COROUTINE;
  if ((code->co_flags & CO_ASYNC_GENERATOR) != 0)
    flags |= TX_FUNCTION_ASYNC_GENERATOR;
  if (PyUnicode_Check (code->co_name) &&
      PyUnicode_CompareWithASCIIString (code->co_name, "<module>") == 0)
    flags |= TX_FUNCTION_MODULE;
  return flags;
}

static TxFunctionId
define (RecCodeTable *self, TxStream *stream, PyCodeObject *code, RecFile *file)
{
  TxFunctionDefinition definition = {
    .flags = get_flags (code) | (self->is_collecting ? TX_FUNCTION_WAS_RUNNING : 0u)
  };
  Text name = { .text = "?", .size = 1 };
  TxFunctionId function = 0;
  Bitmap bitmap;

  if (file->id == 0)
    file->id = tx_stream_define_file (stream, file->path, strlen (file->path));
  if (file->id == 0)
    return 0;
  bitmap = make_bitmap (code);
  get_text (rec_py_code_name (code), &name);
  definition.file = file->id;
  definition.first_line = code->co_firstlineno > 0 ? (uint32_t) code->co_firstlineno : 0;
  definition.name = name.text;
  definition.name_size = name.size;
  definition.bitmap_first_line = bitmap.bits != NULL ? bitmap.first : 0;
  definition.line_bitmap = bitmap.bits;
  definition.line_bitmap_size = bitmap.bits != NULL ? bitmap.size : 0;
  function = rec_defined_table_define (&self->defined, stream, &definition);
  free (bitmap.bits);
  Py_XDECREF (name.bytes);
  return function;
}

/* ---- Deciding ---- */

/* (transfer none) (nullable): `__name__` of the module that @globals belongs to. */
static const char *
get_module_name (PyObject *globals)
{
  static PyObject *key; /* owned, for good: made at the first decision */
  PyObject *name;
  const char *text;

  if (key == NULL)
    key = PyUnicode_InternFromString ("__name__");
  if (key == NULL || globals == NULL || !PyDict_Check (globals))
    return NULL;
  name = PyDict_GetItemWithError (globals, key);
  text = name != NULL && PyUnicode_Check (name) ? PyUnicode_AsUTF8 (name) : NULL;
  return text;
}

/* Our own frames are never anybody's program. */
static bool
is_ourselves (const char *module)
{
  return module != NULL && strncmp (module, "trackexec", 9) == 0 &&
         (module[9] == '\0' || module[9] == '.');
}

static RecCode *
make_code (RecCodeTable *self, PyCodeObject *code)
{
  RecCode *entry = PyMem_RawCalloc (1, sizeof *entry);

  if (entry == NULL)
    return NULL;
  entry->code = code;
  entry->next = &all_codes;
  entry->previous = all_codes.previous;
  all_codes.previous->next = entry;
  all_codes.previous = entry;
  if (rec_py_set_code_extra ((PyObject *) code, self->extra_index, entry) < 0)
    {
      PyErr_Clear ();
      free_code (entry);
      return NULL;
    }
  rec_py_trim_code_extras (code, self->extra_index);
  return entry;
}

/* ---- Relative file names ---- */

/* Code that is compiled within @code has its file, wherever the program goes before it runs. */
static void
pass_path_on (RecCodeTable *self, PyCodeObject *code, const char *path)
{
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE (code->co_consts); i++)
    {
      PyObject *object = PyTuple_GET_ITEM (code->co_consts, i);
      PyCodeObject *inner = (PyCodeObject *) object;
      RecCode *entry;

      if (!PyCode_Check (object) || inner->co_filename != code->co_filename)
        continue;
      entry = rec_code_table_peek (self, inner);
      if (entry == NULL)
        entry = make_code (self, inner);
      if (entry == NULL || entry->path != NULL)
        continue;
      entry->path = strdup (path);
      pass_path_on (self, inner, path);
    }
}

/* A relative name means what it meant in the directory that the program was in when the outermost
 * code of the file came to run: later ones may be others' names. */
static void
keep_path (RecCodeTable *self, RecCode *entry, const Text *name)
{
  if (entry->path != NULL || !is_relative (name->text, name->size))
    return;
  entry->path = dup_absolute (name->text, name->size);
  if (entry->path != NULL)
    pass_path_on (self, entry->code, entry->path);
}

/* @entry: (nullable) */
static RecFile *
find_file_of (RecCodeTable *self, const RecFilter *filter, const RecCode *entry, const Text *name)
{
  char *path = NULL;
  RecFile *file;

  if (!is_relative (name->text, name->size))
    return find_file (self, filter, name->text, name->size);
  if (entry != NULL && entry->path != NULL)
    return find_file (self, filter, entry->path, strlen (entry->path));
  path = dup_absolute (name->text, name->size);
  if (path == NULL)
    return NULL;
  file = find_file (self, filter, path, strlen (path));
  free (path);
  return file;
}

/* From here on the file is that of @entry's code, and of what is compiled within. */
static RecFile *
keep_file_of (RecCodeTable *self, const RecFilter *filter, RecCode *entry, const Text *name)
{
  keep_path (self, entry, name);
  return find_file_of (self, filter, entry, name);
}

/* ---- Scope ---- */

bool
rec_code_table_matches (RecCodeTable *self,
                        const RecFilter *filter,
                        PyCodeObject *code,
                        PyObject *globals)
{
  const char *module = get_module_name (globals);
  const RecCode *entry = rec_code_table_peek (self, code);
  RecFile *file = NULL;
  Text name;
  bool in_scope;

  PyErr_Clear ();
  if (is_ourselves (module) || (entry != NULL && entry->refused) ||
      !get_text (code->co_filename, &name))
    return false;
  if (rec_filter_has_paths (filter))
    file = find_file_of (self, filter, entry, &name);
  in_scope = rec_filter_match (filter, module, file != NULL ? file->resolved : NULL);
  Py_XDECREF (name.bytes);
  return in_scope;
}

RecCode *
rec_code_table_decide (RecCodeTable *self,
                       const RecFilter *filter,
                       TxStream *stream,
                       PyCodeObject *code,
                       PyObject *globals)
{
  const char *module = get_module_name (globals);
  RecCode *entry = rec_code_table_peek (self, code);
  RecFile *file = NULL;
  Text name;
  bool in_scope;

  PyErr_Clear ();
  if (entry == NULL)
    entry = make_code (self, code);
  if (entry == NULL || !get_text (code->co_filename, &name))
    return entry;
  if (rec_filter_has_paths (filter))
    file = keep_file_of (self, filter, entry, &name);
  in_scope = !is_ourselves (module) && !entry->refused &&
             rec_filter_match (filter, module, file != NULL ? file->resolved : NULL);
  if (in_scope && file == NULL)
    file = keep_file_of (self, filter, entry, &name);
  entry->generation = self->generation;
  entry->n_foreign = 0;
  entry->first_line = code->co_firstlineno > 0 ? (uint32_t) code->co_firstlineno : 0;
  entry->resumable = (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ITERABLE_COROUTINE |
                                        CO_ASYNC_GENERATOR)) != 0;
  entry->function = in_scope && file != NULL ? define (self, stream, code, file) : 0;
  if (in_scope && entry->function == 0)
    entry->generation = 0; /* no memory: asked again at its next event */
  Py_XDECREF (name.bytes);
  return entry;
}
