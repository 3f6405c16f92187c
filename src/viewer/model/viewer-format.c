// SPDX-License-Identifier: BSD-3-Clause
// Text for people. Names in a trace may hold any byte: all that leaves here is UTF-8, without
// control characters, and never markup.
#include "viewer-format.h"

#include <glib/gi18n.h>
#include <string.h>

#include "replay/replay-times.h"

#define THIN_SPACE "\xe2\x80\xaf"

/** viewer_format_count: with groups of three digits: "12 345 678". */
char *
viewer_format_count (guint64 count)
{
  char digits[32];
  GString *text = g_string_new (NULL);
  int length = g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, count);

  for (int i = 0; i < length; i++)
    {
      if (i > 0 && (length - i) % 3 == 0)
        g_string_append (text, THIN_SPACE);
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

/** viewer_format_count_short: at most five characters, for the gutter: "9999", "12k", "3.4M". */
char *
viewer_format_count_short (guint64 count)
{
  static const char units[] = "kMGTPE";
  double value = (double) count;
  int unit = -1;

  if (count < 10000)
    return g_strdup_printf ("%" G_GUINT64_FORMAT, count);
  /* 999.5 would print as 1000 of the smaller unit. */
  while (value >= 999.5 && unit < 5)
    value /= 1000, unit++;
  return g_strdup_printf (value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

char *
viewer_format_duration (gint64 duration_ns)
{
  char text[REPLAY_TIMES_FORMAT_SIZE];
  char *unit;

  replay_times_format_duration (duration_ns, text, sizeof text);
  unit = strstr (text, " us");
  if (unit)
    return g_strdup_printf ("%.*s µs", (int) (unit - text), text);
  return g_strdup (text);
}

/** viewer_format_bound: "±1.20 ms"; "" for an exact time. */
char *
viewer_format_bound (guint32 error_ns)
{
  g_autofree char *duration = NULL;

  if (error_ns == 0)
    return g_strdup ("");
  duration = viewer_format_duration (error_ns);
  return g_strdup_printf ("±%s", duration);
}

/* A label of thousands of characters is of no use to anybody and takes the window long to lay out. */
#define N_CHARACTERS_MAX 256

/* What stands in the middle of a longer text is left out. */
static char *
shorten (const char *text)
{
  glong n = g_utf8_strlen (text, -1);
  const char *end;

  if (n <= N_CHARACTERS_MAX)
    return g_strdup (text);
  end = g_utf8_offset_to_pointer (text, N_CHARACTERS_MAX / 2);
  return g_strdup_printf ("%.*s…%s", (int) (end - text), text,
                          g_utf8_offset_to_pointer (text, n - N_CHARACTERS_MAX / 2 + 1));
}

char *
viewer_format_text (const char *bytes)
{
  g_autofree char *text = g_utf8_make_valid (bytes, -1);

  for (char *at = text; *at; at++)
    if ((guchar) *at < 0x20 || *at == 0x7f)
      *at = '?';
  return shorten (text);
}

/** viewer_format_base_name: last part of a recorded path. */
char *
viewer_format_base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return viewer_format_text (slash && slash[1] ? slash + 1 : path);
}

char *
viewer_format_location (const TxReader *reader, guint32 file, guint32 line)
{
  const TxFile *known = file ? tx_reader_get_file (reader, file) : NULL;
  g_autofree char *name = known ? viewer_format_base_name (known->path) : g_strdup (_ ("unknown"));

  return line ? g_strdup_printf ("%s:%u", name, line) : g_steal_pointer (&name);
}

char *
viewer_format_function (const TxReader *reader, guint32 function)
{
  const TxFunction *known = function ? tx_reader_get_function (reader, function) : NULL;

  return known && known->name && known->name[0] ? viewer_format_text (known->name)
                                                : g_strdup (_ ("unknown"));
}

char *
viewer_format_thread (const TxReader *reader, guint32 thread)
{
  const TxThreadInfo *known = thread ? tx_reader_get_thread (reader, thread) : NULL;

  if (known && known->name && known->name[0])
    return viewer_format_text (known->name);
  return g_strdup_printf (_ ("Thread %u"), thread);
}
