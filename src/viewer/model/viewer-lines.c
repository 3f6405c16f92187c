// SPDX-License-Identifier: BSD-3-Clause
// Fills the table of a file's lines. The recording knows nothing of functions that were never
// called: their bodies are found in the text, by indentation, so that they can be shown as what
// they are.
#include "viewer-lines.h"

#include <string.h>

#define LINES_MAX 10000000 /* a line number is only as good as the trace */

static guint
get_indent (const char *text)
{
  guint indent = 0;

  for (; *text == ' ' || *text == '\t' || *text == '\f'; text++)
    indent = *text == '\t' ? (indent / 8 + 1) * 8 : *text == '\f' ? 0 : indent + 1;
  return indent;
}

static gboolean
is_blank (const char *text)
{
  text += strspn (text, " \t\f");
  return *text == '\n' || *text == '\0';
}

static gboolean
is_def (const char *text)
{
  text += strspn (text, " \t\f");
  return g_str_has_prefix (text, "def ") || g_str_has_prefix (text, "async def ");
}

static const char *
get_text (const ViewerSource *source, guint line)
{
  return source->text + g_array_index (source->starts, gsize, line - 1);
}

static ReplayLineState
get_state (const GArray *lines, guint line)
{
  return line <= lines->len ? g_array_index (lines, ViewerLine, line - 1).state
                            : REPLAY_LINE_UNKNOWN;
}

/* The last line of the body of the `def` at @line, and whether anything in it is known. */
static guint
find_body_end (const GArray *lines, const ViewerSource *source, guint line, gboolean *ret_known)
{
  guint n_lines = viewer_source_get_n_lines (source);
  guint indent = get_indent (get_text (source, line));
  guint end = line;

  *ret_known = FALSE;
  for (guint at = line + 1; at <= n_lines; at++)
    {
      const char *text = get_text (source, at);

      if (is_blank (text))
        continue;
      /* The closing parenthesis of a long parameter list stands as far left as the def. */
      if (get_indent (text) <= indent && text[strspn (text, " \t\f")] != ')')
        break;
      if (get_indent (text) > indent && get_state (lines, at) != REPLAY_LINE_UNKNOWN)
        *ret_known = TRUE;
      end = at;
    }
  return end;
}

static void
mark_never_called (GArray *lines, const ViewerSource *source)
{
  guint n_lines = viewer_source_get_n_lines (source);

  for (guint line = 1; line <= n_lines; line++)
    {
      gboolean known;
      guint end;

      if (!is_def (get_text (source, line)))
        continue;
      end = find_body_end (lines, source, line, &known);
      if (known || end == line)
        continue;
      for (guint at = line + 1; at <= end; at++)
        g_array_index (lines, ViewerLine, at - 1).state = REPLAY_LINE_NEVER_RAN;
      line = end;
    }
}

/* New elements are zeroed, and a zero state would mean "ran". */
static void
grow (GArray *lines, guint n_lines)
{
  ViewerLine unknown = { .state = REPLAY_LINE_UNKNOWN };

  while (lines->len < n_lines)
    g_array_append_val (lines, unknown);
}

/**
 * viewer_lines_fill:
 * @lines: (element-type ViewerLine): emptied first; index line - 1
 * @source: of the same file
 * @known: (array length=n_known): what the recording knows, by line
 */
void
viewer_lines_fill (GArray *lines,
                   const ViewerSource *source,
                   const ReplayFileLine *known,
                   gsize n_known)
{
  g_array_set_size (lines, 0);
  grow (lines, source->text ? viewer_source_get_n_lines (source) : 0);
  for (gsize i = 0; i < n_known; i++)
    {
      if (known[i].line == 0 || known[i].line > LINES_MAX)
        continue;
      grow (lines, known[i].line);
      g_array_index (lines, ViewerLine, known[i].line - 1) =
          (ViewerLine){ known[i].state, known[i].hits, known[i].self_ns, known[i].cumulated_ns };
    }
  if (source->text)
    mark_never_called (lines, source);
}

guint64
viewer_lines_get_hottest_ns (const GArray *lines)
{
  guint64 hottest_ns = 0;

  for (guint i = 0; i < lines->len; i++)
    hottest_ns = MAX (hottest_ns, g_array_index (lines, ViewerLine, i).self_ns);
  return hottest_ns;
}
