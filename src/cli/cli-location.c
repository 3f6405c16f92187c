// SPDX-License-Identifier: BSD-3-Clause
// Finds how much of a path tells a file from all others.
#include "cli-location.h"

#include <string.h>

/* The last @n_parts parts of a path. */
static const char *
get_tail (const char *path, unsigned n_parts)
{
  const char *at = path + strlen (path);

  while (at > path)
    {
      if (at[-1] == '/' && --n_parts == 0)
        break;
      at--;
    }
  return at;
}

/* How many parts of @file's path tell it from all others of the recording. */
static unsigned
count_parts (const TxReader *reader, const TxFile *file)
{
  for (unsigned n_parts = 1; n_parts < 8; n_parts++)
    {
      const char *tail = get_tail (file->path, n_parts);
      bool is_unique = true;

      for (size_t id = 1; is_unique && id <= tx_reader_get_n_files (reader); id++)
        {
          const TxFile *other = tx_reader_get_file (reader, (TxFileId) id);

          is_unique =
              !other || other == file || strcmp (get_tail (other->path, n_parts), tail) != 0;
        }
      if (is_unique)
        return n_parts;
    }
  return 8;
}

const char *
cli_location_get_file (const TxReader *reader, TxFileId id)
{
  const TxFile *file = id ? tx_reader_get_file (reader, id) : NULL;

  return file ? get_tail (file->path, count_parts (reader, file)) : "?";
}
