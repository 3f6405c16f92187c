// SPDX-License-Identifier: BSD-3-Clause
// ViewerSource: decoding of source bytes (BOM, PEP 263 cookie, else UTF-8; what can't be decoded
// is replaced) and the table of its lines. Only \n, \r\n and \r end a line, as for Python.
#include "viewer-source.h"

#include <stdlib.h>
#include <string.h>

#include "viewer-format.h"

/* A text view needs some hundred bytes a line, and much time for a long one; nothing that people
   read is larger than this. */
#define LINE_SIZE_MAX 10000u
#define LINES_MAX     200000u
#define TEXT_SIZE_MAX (16u << 20)

struct _ViewerSources
{
  gatomicrefcount refs;
  GMutex mutex;        /* guards the table */
  GHashTable *by_file; /* owned: id to owned ViewerSource */
};

static gboolean
is_encoding_char (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || c == '.';
}

/* PEP 263: a comment of the first two lines that holds coding[:=]\s*([-\w.]+). */
static char *
dup_cookie (const char *bytes, gsize size_bytes)
{
  const char *at = bytes, *end = bytes + size_bytes;

  for (int line = 0; line < 2 && at < end; line++)
    {
      gsize length = 0;
      g_autofree char *copy = NULL;
      char *found;
      const char *first;

      while (at + length < end && at[length] != '\n' && at[length] != '\r')
        length++;
      copy = g_strndup (at, MIN (length, 500));
      at += length;
      if (at + 1 < end && at[0] == '\r' && at[1] == '\n')
        at++;
      at++;
      for (first = copy; *first == ' ' || *first == '\t' || *first == '\f'; first++)
        ;
      if (*first != '#')
        {
          if (*first)
            return NULL;
          continue;
        }
      found = strstr (copy, "coding");
      if (found && (found[6] == ':' || found[6] == '='))
        {
          gsize name = 0;

          for (found += 7; *found == ' ' || *found == '\t'; found++)
            ;
          while (is_encoding_char (found[name]))
            name++;
          if (name)
            return g_strndup (found, name);
        }
    }
  return NULL;
}

/* Python's own names that iconv calls otherwise. */
static const char *
get_iconv_name (const char *cookie)
{
  g_autofree char *lower = g_ascii_strdown (cookie, -1);

  g_strdelimit (lower, "_", '-');
  if (g_str_has_prefix (lower, "latin-1") || g_str_has_prefix (lower, "iso-8859-1-") ||
      g_str_equal (lower, "latin1") || g_str_equal (lower, "l1"))
    return "ISO-8859-1";
  if (g_str_has_prefix (lower, "utf-8") || g_str_equal (lower, "utf8"))
    return NULL;
  return cookie;
}

/* What is shown of a line: up to @end, or as much as a text view takes without becoming slow. */
static void
append_line (GString *out, const char *text, gsize size, gboolean *ret_exact)
{
  gsize shown = MIN (size, LINE_SIZE_MAX);

  /* Not in the middle of a character. */
  while (shown < size && shown > 0 && ((guchar) text[shown] & 0xc0) == 0x80)
    shown--;
  for (gsize i = 0; i < shown; i++)
    if (text[i] == '\0')
      g_string_append (out, "\xef\xbf\xbd");
    else
      g_string_append_c (out, text[i]);
  if (shown == size)
    return;
  g_string_append (out, "\xe2\x80\xa6");
  *ret_exact = FALSE;
}

/* A NUL or a lone \r would confuse a text view: every line end becomes \n. */
static char *
normalise (const char *text, gsize size_bytes, gboolean *ret_exact)
{
  GString *out = g_string_sized_new (MIN (size_bytes, TEXT_SIZE_MAX) + 1);
  guint n_lines = 0;
  gsize start = 0;

  for (gsize i = 0; i < size_bytes; i++)
    if (text[i] == '\r' || text[i] == '\n')
      {
        append_line (out, text + start, i - start, ret_exact);
        g_string_append_c (out, '\n');
        if (text[i] == '\r' && i + 1 < size_bytes && text[i + 1] == '\n')
          i++;
        start = i + 1;
        if (++n_lines < LINES_MAX && out->len < TEXT_SIZE_MAX)
          continue;
        *ret_exact &= start == size_bytes;
        return g_string_free (out, FALSE);
      }
  append_line (out, text + start, size_bytes - start, ret_exact);
  return g_string_free (out, FALSE);
}

/**
 * viewer_source_decode:
 * @bytes: hostile
 * @ret_exact: whether nothing had to be replaced or cut (a line of ten thousand bytes, 200,000
 * lines)
 *
 * Returns: (transfer full): valid UTF-8
 */
char *
viewer_source_decode (const char *bytes, gsize size_bytes, gboolean *ret_exact)
{
  g_autofree char *cookie = NULL;
  g_autofree char *converted = NULL;
  g_autofree char *valid = NULL;
  gsize written = 0;

  *ret_exact = size_bytes <= TEXT_SIZE_MAX;
  size_bytes = MIN (size_bytes, TEXT_SIZE_MAX);
  if (size_bytes >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0)
    bytes += 3, size_bytes -= 3;
  else
    cookie = dup_cookie (bytes, size_bytes);
  if (cookie && get_iconv_name (cookie))
    converted = g_convert (bytes, (gssize) size_bytes, "UTF-8", get_iconv_name (cookie), NULL,
                           &written, NULL);
  if (converted)
    return normalise (converted, written, ret_exact);
  *ret_exact &= g_utf8_validate_len (bytes, size_bytes, NULL);
  valid = g_utf8_make_valid (bytes, (gssize) size_bytes);
  return normalise (valid, strlen (valid), ret_exact);
}

static void
find_lines (ViewerSource *self)
{
  gsize start = 0;

  g_array_append_val (self->starts, start);
  for (const char *at = self->text; (at = strchr (at, '\n')) != NULL;)
    {
      start = (gsize) (++at - self->text);
      if (*at)
        g_array_append_val (self->starts, start);
    }
}

/** viewer_source_new: @bytes: (nullable): NULL when the trace doesn't have them. */
ViewerSource *
viewer_source_new (guint file, const char *path, const char *bytes, gsize size_bytes)
{
  ViewerSource *self = g_new0 (ViewerSource, 1);

  g_atomic_ref_count_init (&self->refs);
  self->file = file;
  self->path = g_strdup (path);
  self->display_path = viewer_format_text (path);
  self->starts = g_array_new (FALSE, FALSE, sizeof (gsize));
  self->exact = TRUE;
  if (bytes)
    {
      self->text = viewer_source_decode (bytes, size_bytes, &self->exact);
      find_lines (self);
    }
  return self;
}

ViewerSource *
viewer_source_ref (ViewerSource *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
viewer_source_unref (ViewerSource *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->path);
  g_free (self->display_path);
  g_free (self->text);
  g_array_unref (self->starts);
  g_free (self);
}

guint
viewer_source_get_n_lines (const ViewerSource *self)
{
  return self->starts->len;
}

/** viewer_source_dup_line: without indent and line end; "" where there is no such line. */
char *
viewer_source_dup_line (const ViewerSource *self, guint line)
{
  const char *start;

  if (!self->text || line == 0 || line > self->starts->len)
    return g_strdup ("");
  start = self->text + g_array_index (self->starts, gsize, line - 1);
  return g_strstrip (g_strndup (start, MIN (strcspn (start, "\n"), 400)));
}

ViewerSources *
viewer_sources_new (void)
{
  ViewerSources *self = g_new0 (ViewerSources, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->mutex);
  self->by_file = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) viewer_source_unref);
  return self;
}

ViewerSources *
viewer_sources_ref (ViewerSources *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
viewer_sources_unref (ViewerSources *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->by_file);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static ViewerSource *
read_source (const TxReader *reader, guint file)
{
  const TxFile *known = tx_reader_get_file (reader, file);
  char *bytes = NULL;
  size_t size_bytes = 0;
  ViewerSource *source;

  if (tx_reader_dup_source (reader, file, &bytes, &size_bytes, NULL) != TX_OK)
    bytes = NULL;
  source = viewer_source_new (file, known ? known->path : "", bytes, size_bytes);
  source->younger = known && known->is_source_younger;
  free (bytes);
  return source;
}

/**
 * viewer_sources_load:
 * @reader: of the calling thread
 *
 * Thread-safe. Returns: (transfer full): also for a file without text
 */
ViewerSource *
viewer_sources_load (ViewerSources *self, const TxReader *reader, guint file)
{
  ViewerSource *source;

  g_mutex_lock (&self->mutex);
  source = g_hash_table_lookup (self->by_file, GUINT_TO_POINTER (file));
  if (source)
    viewer_source_ref (source);
  g_mutex_unlock (&self->mutex);
  if (source)
    return source;

  source = read_source (reader, file);
  /* A live trace may get its source text later: only what is there is kept. */
  if (!source->text)
    return source;
  g_mutex_lock (&self->mutex);
  g_hash_table_replace (self->by_file, GUINT_TO_POINTER (file), viewer_source_ref (source));
  g_mutex_unlock (&self->mutex);
  return source;
}
