// SPDX-License-Identifier: BSD-3-Clause
// Files and functions by what people call them: the end of a path, the end of a qualified name.
#include <string.h>

#include "replay-trace-private.h"

/* Whether the @len bytes of @name are @whole or the end of it at a @separator. */
static bool
is_end_of (const char *whole, const char *name, size_t len, char separator)
{
  size_t whole_len = strlen (whole);

  if (len == 0 || len > whole_len || memcmp (whole + whole_len - len, name, len) != 0)
    return false;
  return len == whole_len || name[0] == separator || whole[whole_len - len - 1] == separator;
}

size_t
replay_trace_find_file (const ReplayTrace *self, const char *name, TxFileId *ret_file)
{
  size_t n_files = tx_reader_get_n_files (self->reader);
  size_t name_len = strlen (name);
  size_t n_found = 0;

  for (size_t id = 1; id <= n_files; id++)
    {
      const TxFile *file = tx_reader_get_file (self->reader, (TxFileId) id);

      if (file == NULL)
        continue;
      if (strcmp (file->path, name) == 0)
        {
          *ret_file = (TxFileId) id;
          return 1;
        }
      if (!is_end_of (file->path, name, name_len, '/'))
        continue;
      if (n_found++ == 0)
        *ret_file = (TxFileId) id;
    }
  return n_found;
}

size_t
replay_trace_find_functions (const ReplayTrace *self,
                             const char *name,
                             TxFunctionId *functions,
                             size_t capacity)
{
  size_t n_functions = tx_reader_get_n_functions (self->reader);
  const char *colon = strrchr (name, ':');
  const char *last = colon != NULL ? colon + 1 : name;
  size_t last_len = strlen (last);
  size_t n_found = 0;

  for (size_t id = 1; id <= n_functions; id++)
    {
      const TxFunction *function = tx_reader_get_function (self->reader, (TxFunctionId) id);
      const TxFile *file;

      if (function == NULL || !is_end_of (function->name, last, last_len, '.'))
        continue;
      if (colon != NULL)
        {
          file = function->file == 0 ? NULL : tx_reader_get_file (self->reader, function->file);
          if (file == NULL || !is_end_of (file->path, name, (size_t) (colon - name), '/'))
            continue;
        }
      if (n_found < capacity)
        functions[n_found] = (TxFunctionId) id;
      n_found++;
    }
  return n_found;
}
