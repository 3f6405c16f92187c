// SPDX-License-Identifier: BSD-3-Clause
// The terminal's width and colours, and texts of a given width.
#include "cli-term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "replay/replay-text.h"

#define WIDTH_MIN 40u
#define WIDTH_MAX 10000u

static size_t
find_width (bool is_terminal)
{
  const char *columns = getenv ("COLUMNS");
  unsigned long width = columns ? strtoul (columns, NULL, 10) : 0;
  struct winsize size;

  if (is_terminal && ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    width = size.ws_col;
  else if (is_terminal && width == 0)
    width = 80;
  if (width == 0 || width > WIDTH_MAX)
    return SIZE_MAX;
  return width < WIDTH_MIN ? WIDTH_MIN : width;
}

void
cli_term_look (CliTerm *ret_term)
{
  bool is_terminal = isatty (STDOUT_FILENO);
  const char *no_colour = getenv ("NO_COLOR");
  const char *term = getenv ("TERM");

  setlocale (LC_CTYPE, "");
  *ret_term = (CliTerm){
    .has_colours = is_terminal && !(no_colour && *no_colour) && term && strcmp (term, "dumb") != 0,
    .is_utf8 = strcmp (nl_langinfo (CODESET), "UTF-8") == 0,
    .width = find_width (is_terminal),
  };
}

static size_t
get_char_width (uint32_t c)
{
  int width = c < 0x80 ? 1 : wcwidth ((wchar_t) c);

  return width < 0 ? 1 : (size_t) width;
}

size_t
cli_term_get_width (const char *text)
{
  size_t length = strlen (text);
  size_t width = 0;

  while (length > 0)
    {
      uint32_t c;

      replay_text_take_char (&text, &length, &c);
      width += get_char_width (c);
    }
  return width;
}

/* How many bytes of @text fit. */
static size_t
find_cut (const char *text, size_t width)
{
  size_t length = strlen (text);
  const char *at = text;
  size_t used = 0;

  while (length > 0)
    {
      const char *before = at;
      uint32_t c;

      replay_text_take_char (&at, &length, &c);
      used += get_char_width (c);
      if (used > width)
        return (size_t) (before - text);
    }
  return (size_t) (at - text);
}

/* Terminals of other encodings get no bytes that they would misread. */
static void
make_ascii (char *text)
{
  char *out = text;
  size_t length = strlen (text);
  const char *at = text;

  while (length > 0)
    {
      uint32_t c;

      replay_text_take_char (&at, &length, &c);
      *out++ = c < 0x80 ? (char) c : '?';
    }
  *out = '\0';
}

char *
cli_term_dup_fitting (const CliTerm *self, const char *text, size_t width)
{
  const char *mark = self->is_utf8 ? "\342\200\246" : "..."; /* an ellipsis */
  size_t mark_width = self->is_utf8 ? 1 : 3;
  size_t length = strlen (text);
  char *fitting = malloc (length + 4);

  if (!fitting)
    return NULL;
  replay_text_sanitize (text, length, fitting, length + 1);
  if (!self->is_utf8)
    make_ascii (fitting);
  if (cli_term_get_width (fitting) > width)
    strcpy (fitting + find_cut (fitting, width > mark_width ? width - mark_width : 0), mark);
  return fitting;
}

void
cli_term_print (const char *text, size_t width, bool at_right)
{
  size_t used = cli_term_get_width (text);
  int fill = used < width ? (int) (width - used) : 0;

  if (at_right)
    printf ("%*s%s", fill, "", text);
  else
    printf ("%s%*s", text, fill, "");
}

void
cli_term_colour (const CliTerm *self, const char *style)
{
  if (self->has_colours)
    printf ("\033[%sm", style);
}
