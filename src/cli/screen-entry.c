// SPDX-License-Identifier: BSD-3-Clause
// The command line at the bottom: editing, its history, Tab.
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "screen-private.h"

#define CONTROL(letter) ((letter) - '@')

void
screen_entry_open (Screen *self, const char *text)
{
  ScreenEntry *entry = &self->entry;

  entry->is_open = true;
  entry->cursor = strlen (text);
  memcpy (entry->text, text, entry->cursor + 1);
  entry->at = entry->n_history;
  entry->offer[0] = '\0';
}

void
screen_entry_clear (ScreenEntry *entry)
{
  for (size_t i = 0; i < entry->n_history; i++)
    free (entry->history[i]);
  entry->n_history = 0;
}

/* ---- Editing ---- */

static bool
is_inside (char byte)
{
  return ((unsigned char) byte & 0xc0) == 0x80;
}

static size_t
find_before (const ScreenEntry *entry, size_t pos)
{
  while (pos > 0 && is_inside (entry->text[--pos]))
    ;
  return pos;
}

static size_t
find_behind (const ScreenEntry *entry, size_t pos)
{
  if (entry->text[pos])
    pos++;
  while (is_inside (entry->text[pos]))
    pos++;
  return pos;
}

static void
delete_range (ScreenEntry *entry, size_t start, size_t end)
{
  memmove (entry->text + start, entry->text + end, strlen (entry->text + end) + 1);
  entry->cursor = start;
}

static void
insert (ScreenEntry *entry, const char *text, size_t length)
{
  size_t used = strlen (entry->text);

  if (used + length >= sizeof entry->text)
    return;
  memmove (entry->text + entry->cursor + length, entry->text + entry->cursor,
           used - entry->cursor + 1);
  memcpy (entry->text + entry->cursor, text, length);
  entry->cursor += length;
}

/* Terminals of other encodings than UTF-8 give bytes of theirs: those that are no ASCII are left
 * out. */
static void
insert_character (ScreenEntry *entry, uint32_t c)
{
  char text[4];
  size_t length = 1;

  text[0] = (char) c;
  if (c >= 0x80)
    {
      if (!screen_is_utf8 () || c > 0x10ffff)
        return;
      length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      for (size_t i = length - 1; i > 0; i--, c >>= 6)
        text[i] = (char) (0x80 | (c & 0x3f));
      text[0] = (char) ((0xf00 >> length & 0xff) | c);
    }
  insert (entry, text, length);
}

static void
delete_word (ScreenEntry *entry)
{
  size_t start = entry->cursor;

  while (start > 0 && entry->text[start - 1] == ' ')
    start--;
  while (start > 0 && entry->text[start - 1] != ' ')
    start--;
  delete_range (entry, start, entry->cursor);
}

/* ---- History ---- */

static void
remember (ScreenEntry *entry)
{
  if (!entry->text[0] ||
      (entry->n_history > 0 && strcmp (entry->history[entry->n_history - 1], entry->text) == 0))
    return;
  if (entry->n_history == SCREEN_HISTORY_MAX)
    {
      free (entry->history[0]);
      memmove (entry->history, entry->history + 1, --entry->n_history * sizeof *entry->history);
    }
  entry->history[entry->n_history] = strdup (entry->text);
  if (entry->history[entry->n_history])
    entry->n_history++;
}

static void
recall (ScreenEntry *entry, bool older)
{
  const char *text;

  if (older ? entry->at == 0 : entry->at >= entry->n_history)
    return;
  entry->at += older ? (size_t) -1 : 1;
  text = entry->at < entry->n_history ? entry->history[entry->at] : "";
  entry->cursor = strlen (text);
  memcpy (entry->text, text, entry->cursor + 1);
}

/* ---- Tab ---- */

static void
complete (Screen *self)
{
  ScreenEntry *entry = &self->entry;
  PlayerCompletions found;
  size_t used = 0;

  player_complete (self->player, entry->text, entry->cursor, &found);
  if (found.n_words > 0)
    {
      size_t typed = entry->cursor - found.start;

      insert (entry, found.words[0] + typed, found.common - typed);
      if (found.n_words == 1)
        insert (entry, " ", 1);
    }
  entry->offer[0] = '\0';
  for (size_t i = 0; found.n_words > 1 && i < found.n_words; i++)
    {
      size_t length = strlen (found.words[i]);

      if (used + length + 3 > sizeof entry->offer)
        break;
      memcpy (entry->offer + used, found.words[i], length);
      used += length;
      strcpy (entry->offer + used, "  ");
      used += 2;
    }
  player_completions_clear (&found);
}

/* ---- Keys ---- */

static void
accept (Screen *self)
{
  ScreenEntry *entry = &self->entry;

  entry->is_open = false;
  remember (entry);
  if (entry->text[strspn (entry->text, " ")])
    screen_run_command (self, entry->text);
}

static bool
take_motion (ScreenEntry *entry, uint32_t key)
{
  switch (key)
    {
    case SCREEN_KEY_FUNCTION | KEY_LEFT:
    case CONTROL ('B'):
      entry->cursor = find_before (entry, entry->cursor);
      return true;
    case SCREEN_KEY_FUNCTION | KEY_RIGHT:
    case CONTROL ('F'):
      entry->cursor = find_behind (entry, entry->cursor);
      return true;
    case SCREEN_KEY_FUNCTION | KEY_HOME:
    case CONTROL ('A'):
      entry->cursor = 0;
      return true;
    case SCREEN_KEY_FUNCTION | KEY_END:
    case CONTROL ('E'):
      entry->cursor = strlen (entry->text);
      return true;
    case SCREEN_KEY_FUNCTION | KEY_UP:
    case CONTROL ('P'):
      recall (entry, true);
      return true;
    case SCREEN_KEY_FUNCTION | KEY_DOWN:
    case CONTROL ('N'):
      recall (entry, false);
      return true;
    default:
      return false;
    }
}

static bool
take_deletion (ScreenEntry *entry, uint32_t key)
{
  switch (key)
    {
    case SCREEN_KEY_FUNCTION | KEY_BACKSPACE:
    case 127:
    case CONTROL ('H'):
      /* Nothing is left to delete: out of here, as in vi. */
      if (entry->text[0] == '\0')
        entry->is_open = false;
      delete_range (entry, find_before (entry, entry->cursor), entry->cursor);
      return true;
    case SCREEN_KEY_FUNCTION | KEY_DC:
    case CONTROL ('D'):
      delete_range (entry, entry->cursor, find_behind (entry, entry->cursor));
      return true;
    case CONTROL ('U'):
      delete_range (entry, 0, entry->cursor);
      return true;
    case CONTROL ('K'):
      entry->text[entry->cursor] = '\0';
      return true;
    case CONTROL ('W'):
      delete_word (entry);
      return true;
    default:
      return false;
    }
}

void
screen_entry_take_key (Screen *self, uint32_t key)
{
  ScreenEntry *entry = &self->entry;

  if (key == '\t')
    {
      complete (self);
      return;
    }
  entry->offer[0] = '\0';
  if (key == '\r' || key == '\n' || key == (SCREEN_KEY_FUNCTION | KEY_ENTER))
    accept (self);
  else if (key == 27 || key == CONTROL ('C') || key == CONTROL ('G'))
    entry->is_open = false;
  else if (!take_motion (entry, key) && !take_deletion (entry, key) && key >= ' ' &&
           key < SCREEN_KEY_FUNCTION)
    insert_character (entry, key);
}

/* ---- Drawing ---- */

/* The part around the cursor, where all of it does not fit. */
void
screen_entry_draw (const Screen *self)
{
  const ScreenEntry *entry = &self->entry;
  const ScreenArea *area = &self->message_area;
  int before = screen_get_text_width (entry->text, entry->cursor);
  ScreenPen pen = {
    .y = area->y, .x = area->x, .end = area->x + area->width, .style = SCREEN_PLAIN
  };
  int room = area->width - 2;

  if (!entry->is_open || area->width < 3)
    return;
  if (entry->offer[0] && area->y > 0)
    screen_put (area->y - 1, area->x, area->width, SCREEN_TITLE, entry->offer, false);
  screen_pen_put_text (&pen, ":");
  pen.skip = before > room ? before - room : 0;
  screen_pen_put_text (&pen, entry->text);
  screen_pen_fill (&pen, area->x + area->width);
  move (area->y, area->x + 1 + (before > room ? room : before));
}
