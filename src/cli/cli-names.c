// SPDX-License-Identifier: BSD-3-Clause
// Escapes names when first asked for. Memory: one text for each file and function.
#include "cli-names.h"

#include <stdlib.h>
#include <string.h>

#include "replay/replay-text.h"

struct _CliNames
{
  const TxReader *reader; /* borrowed */
  char **files;           /* (array length=n_files + 1): owned; by id; NULL: not asked for yet */
  size_t n_files;
  char **functions; /* the same */
  size_t n_functions;
};

static const char unknown[] = "?";

CliNames *
cli_names_new (const TxReader *reader)
{
  CliNames *self = calloc (1, sizeof *self);

  if (!self)
    return NULL;
  self->reader = reader;
  self->n_files = tx_reader_get_n_files (reader);
  self->n_functions = tx_reader_get_n_functions (reader);
  self->files = calloc (self->n_files + 1, sizeof *self->files);
  self->functions = calloc (self->n_functions + 1, sizeof *self->functions);
  if (self->files && self->functions)
    return self;
  cli_names_free (self);
  return NULL;
}

static void
free_texts (char **texts, size_t n)
{
  if (texts)
    for (size_t i = 0; i <= n; i++)
      free (texts[i]);
  free (texts);
}

void
cli_names_free (CliNames *self)
{
  if (!self)
    return;
  free_texts (self->files, self->n_files);
  free_texts (self->functions, self->n_functions);
  free (self);
}

static const char *
escape_into (char **slot, const char *name)
{
  size_t length = strlen (name);
  size_t size = 10 * length + 1;

  if (!*slot && (*slot = malloc (size)))
    {
      size_t used = replay_text_escape (name, length, *slot, size);
      char *fitting = realloc (*slot, used + 1);

      if (fitting)
        *slot = fitting;
    }
  return *slot ? *slot : unknown;
}

const char *
cli_names_get_file (CliNames *self, TxFunctionId function)
{
  const TxFunction *known = tx_reader_get_function (self->reader, function);
  const TxFile *file = known ? tx_reader_get_file (self->reader, known->file) : NULL;

  return file && file->id <= self->n_files ? escape_into (&self->files[file->id], file->path)
                                           : unknown;
}

const char *
cli_names_get_function (CliNames *self, TxFunctionId function)
{
  const TxFunction *known = tx_reader_get_function (self->reader, function);

  return known && function <= self->n_functions
             ? escape_into (&self->functions[function], known->name)
             : unknown;
}
