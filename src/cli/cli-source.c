// SPDX-License-Identifier: BSD-3-Clause
// Finds lines in source texts. A table of where lines begin is made with the first look.
#include "cli-source.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli-report.h"

/* The table of lines must not be much larger than the text of a file that people write. */
#define LINES_MAX 4000000u

typedef struct
{
  bool is_loaded;
  bool is_latin;
  char *bytes; /* owned; NULL: there is none */
  size_t size_bytes;
  size_t *lines; /* owned (array length=n_lines): where each begins */
  size_t n_lines;
} Source;

struct _CliSources
{
  const TxReader *reader; /* borrowed */
  Source *sources;        /* owned (array length=n_sources): by file id */
  size_t n_sources;
};

CliSources *
cli_sources_new (const TxReader *reader)
{
  CliSources *self = calloc (1, sizeof *self);

  if (!self)
    return NULL;
  self->reader = reader;
  self->n_sources = tx_reader_get_n_files (reader) + 1;
  self->sources = calloc (self->n_sources, sizeof *self->sources);
  if (!self->sources)
    {
      free (self);
      return NULL;
    }
  return self;
}

void
cli_sources_free (CliSources *self)
{
  if (!self)
    return;
  for (size_t i = 0; i < self->n_sources; i++)
    {
      free (self->sources[i].bytes);
      free (self->sources[i].lines);
    }
  free (self->sources);
  free (self);
}

static bool
is_end_of_line (const char *bytes, size_t size, size_t pos)
{
  return bytes[pos] == '\n' || (bytes[pos] == '\r' && (pos + 1 == size || bytes[pos + 1] != '\n'));
}

static bool
find_lines (Source *source)
{
  size_t n = 1;

  for (size_t i = 0; i < source->size_bytes && n < LINES_MAX; i++)
    n += is_end_of_line (source->bytes, source->size_bytes, i);
  source->lines = calloc (n, sizeof *source->lines);
  if (!source->lines)
    return false;
  source->n_lines = 1;
  for (size_t i = 0; i < source->size_bytes && source->n_lines < n; i++)
    if (is_end_of_line (source->bytes, source->size_bytes, i))
      source->lines[source->n_lines++] = i + 1;
  return true;
}

/* PEP 263: a comment in the first two lines that says `coding: latin-1` or the like. */
static bool
declares_latin (const Source *source)
{
  static const char *const names[] = { "latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252" };
  size_t end = source->n_lines > 2 ? source->lines[2] : source->size_bytes;

  for (size_t i = 0; i + 7 < end; i++)
    {
      const char *name;

      if (strncasecmp (source->bytes + i, "coding", 6) != 0 || !strchr (":=", source->bytes[i + 6]))
        continue;
      name = source->bytes + i + 7; /* a NUL stands behind the text */
      name += strspn (name, " \t");
      for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strncasecmp (name, names[k], strlen (names[k])) == 0)
          return true;
    }
  return false;
}

static Source *
load (CliSources *self, TxFileId file)
{
  Source *source;

  if (file == 0 || file >= self->n_sources)
    return NULL;
  source = &self->sources[file];
  if (source->is_loaded)
    return source->bytes ? source : NULL;
  source->is_loaded = true;
  if (tx_reader_dup_source (self->reader, file, &source->bytes, &source->size_bytes, NULL) != TX_OK)
    source->bytes = NULL;
  else if (!find_lines (source))
    {
      free (source->bytes);
      source->bytes = NULL;
    }
  else
    source->is_latin = declares_latin (source);
  return source->bytes ? source : NULL;
}

static bool
is_blank (char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Latin-1 is the first 256 code points of Unicode. */
static char *
dup_converted (const char *bytes, size_t size)
{
  char *text = malloc (2 * size + 1);
  size_t used = 0;

  if (!text)
    return NULL;
  for (size_t i = 0; i < size; i++)
    {
      unsigned char c = (unsigned char) bytes[i];

      if (c >= 0x80)
        {
          text[used++] = (char) (0xc0 | c >> 6);
          c = 0x80 | (c & 0x3f);
        }
      text[used++] = (char) c;
    }
  text[used] = '\0';
  return text;
}

/* The bytes of a line, its end left out; false where there is no such line. */
static bool
find_line (CliSources *self,
           TxFileId file,
           uint32_t line,
           Source **ret_source,
           size_t *ret_start,
           size_t *ret_end)
{
  Source *source = load (self, file);
  size_t end;

  if (!source || line == 0 || line > source->n_lines)
    return false;
  end = line < source->n_lines ? source->lines[line] : source->size_bytes;
  while (end > source->lines[line - 1] &&
         (source->bytes[end - 1] == '\n' || source->bytes[end - 1] == '\r'))
    end--;
  *ret_source = source;
  *ret_start = source->lines[line - 1];
  *ret_end = end;
  /* A byte order mark belongs to no line. */
  if (line == 1 && end >= 3 && memcmp (source->bytes, "\xef\xbb\xbf", 3) == 0)
    *ret_start = 3;
  return true;
}

static char *
dup_decoded (const Source *source, size_t start, size_t end)
{
  if (source->is_latin)
    return dup_converted (source->bytes + start, end - start);
  return strndup (source->bytes + start, end - start);
}

char *
cli_sources_dup_line (CliSources *self, TxFileId file, uint32_t line)
{
  Source *source;
  size_t start, end;

  if (!find_line (self, file, line, &source, &start, &end))
    return strdup ("");
  while (start < end && is_blank (source->bytes[start]))
    start++;
  while (start < end && is_blank (source->bytes[end - 1]))
    end--;
  return dup_decoded (source, start, end);
}

char *
cli_sources_dup_whole_line (CliSources *self, TxFileId file, uint32_t line)
{
  Source *source;
  size_t start, end;

  if (!find_line (self, file, line, &source, &start, &end))
    return strdup ("");
  return dup_decoded (source, start, end);
}

size_t
cli_sources_get_n_lines (CliSources *self, TxFileId file)
{
  const Source *source = load (self, file);

  if (!source)
    return 0;
  return source->lines[source->n_lines - 1] == source->size_bytes ? source->n_lines - 1
                                                                  : source->n_lines;
}

void
cli_sources_report_younger (const CliSources *self, const char *program)
{
  const char *first = NULL;
  size_t n_more = 0;

  for (size_t i = 0; i < self->n_sources; i++)
    {
      const TxFile *file = tx_reader_get_file (self->reader, (TxFileId) i);

      if (!self->sources[i].is_loaded || !file || !file->is_source_younger)
        continue;
      n_more += first != NULL;
      first = first ? first : file->path;
    }
  if (first && n_more > 0)
    cli_report (
        program,
        "'%.300s' and %zu more files were changed after the program had started: what ran may "
        "have been other lines",
        first, n_more);
  else if (first)
    cli_report (
        program,
        "'%.300s' was changed after the program had started: what ran may have been other lines",
        first);
}
