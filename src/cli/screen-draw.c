// SPDX-License-Identifier: BSD-3-Clause
// The one way to the terminal's cells. Takes any bytes; nothing but printable characters of known
// width leaves.
#include <langinfo.h>
#include <string.h>
#include <wchar.h>

#include "replay/replay-text.h"
#include "screen-private.h"

#define TAB_WIDTH 8

static bool is_utf8; /* of the one terminal that there is */

void
screen_draw_init (void)
{
  is_utf8 = strcmp (nl_langinfo (CODESET), "UTF-8") == 0;
}

bool
screen_is_utf8 (void)
{
  return is_utf8;
}

const char *
screen_get_ellipsis (void)
{
  return screen_is_utf8 () ? "\342\200\246" : "...";
}

/* What is shown of a character, and how many columns it takes: 0 for one that belongs to that
 * before. */
static wchar_t
get_shown (uint32_t c, bool is_valid, int *ret_width)
{
  int width = 1;

  if (!is_valid || !replay_text_is_printable (c) || (c >= 0x80 && !is_utf8))
    c = '?';
  else if (c >= 0x80)
    {
      width = wcwidth ((wchar_t) c);
      if (width < 0)
        {
          c = '?';
          width = 1;
        }
    }
  *ret_width = width;
  return (wchar_t) c;
}

/* A character with what is combined with it. */
static void
put_cell (ScreenPen *pen, const wchar_t *characters, int width)
{
  attr_t attributes;
  short pair;
  cchar_t cell;

  if (pen->skip >= width && pen->skip > 0)
    {
      pen->skip -= width;
      return;
    }
  if (pen->skip > 0) /* half of a wide one is scrolled out */
    {
      characters = L" ";
      width -= pen->skip;
      pen->skip = 0;
    }
  if (pen->x + width > pen->end)
    {
      pen->end = pen->end < pen->x ? pen->end : pen->x;
      return;
    }
  wattr_get (stdscr, &attributes, &pair, NULL);
  if (setcchar (&cell, characters, attributes, pair, NULL) == OK)
    mvadd_wch (pen->y, pen->x, &cell);
  pen->x += width;
}

static void
put_tab (ScreenPen *pen)
{
  int spaces = TAB_WIDTH - pen->column % TAB_WIDTH;

  pen->column += spaces;
  while (spaces-- > 0)
    put_cell (pen, L" ", 1);
}

/* Takes what is combined with the character before, as much as a cell holds. */
static void
take_combined (const char **text, size_t *length, wchar_t *cluster, size_t size)
{
  size_t used = 1;

  while (*length > 0)
    {
      const char *after = *text;
      size_t left = *length;
      uint32_t c;
      int width;
      bool is_valid = replay_text_take_char (&after, &left, &c);
      wchar_t shown = get_shown (c, is_valid, &width);

      if (width != 0)
        break;
      if (used + 1 < size)
        cluster[used++] = shown;
      *text = after;
      *length = left;
    }
  cluster[used] = L'\0';
}

void
screen_pen_put (ScreenPen *pen, const char *text, size_t length)
{
  screen_style_set (pen->style, pen->on_current);
  while (length > 0 && pen->x < pen->end)
    {
      wchar_t cluster[CCHARW_MAX + 1] = { 0 };
      uint32_t c;
      int width;
      bool is_valid = replay_text_take_char (&text, &length, &c);

      if (c == '\t')
        {
          put_tab (pen);
          continue;
        }
      cluster[0] = get_shown (c, is_valid, &width);
      if (width == 0) /* nothing stands before it */
        continue;
      take_combined (&text, &length, cluster, CCHARW_MAX);
      pen->column += width;
      put_cell (pen, cluster, width);
    }
}

void
screen_pen_put_text (ScreenPen *pen, const char *text)
{
  screen_pen_put (pen, text, strlen (text));
}

void
screen_pen_put_symbol (ScreenPen *pen, const char *utf8, const char *ascii)
{
  screen_pen_put_text (pen, is_utf8 ? utf8 : ascii);
}

void
screen_pen_fill (ScreenPen *pen, int end)
{
  screen_style_set (pen->style, pen->on_current);
  pen->skip = 0;
  pen->end = end;
  while (pen->x < end)
    put_cell (pen, L" ", 1);
}

int
screen_get_text_width (const char *text, size_t length)
{
  int column = 0;

  while (length > 0)
    {
      uint32_t c;
      int width;
      bool is_valid = replay_text_take_char (&text, &length, &c);

      if (c == '\t')
        column += TAB_WIDTH - column % TAB_WIDTH;
      else
        {
          get_shown (c, is_valid, &width);
          column += width;
        }
    }
  return column;
}

void
screen_put (int y, int x, int width, ScreenStyle style, const char *text, bool at_right)
{
  ScreenPen pen = { .y = y, .x = x, .end = x + width, .style = style };
  int used = screen_get_text_width (text, strlen (text));

  if (at_right && used < width)
    screen_pen_fill (&pen, x + width - used);
  pen.end = x + width;
  screen_pen_put_text (&pen, text);
  screen_pen_fill (&pen, x + width);
}
