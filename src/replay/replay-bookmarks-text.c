// SPDX-License-Identifier: BSD-3-Clause
// Bookmarks as text, a line each, so that people can look at them:
//
//   trackexec bookmarks 1
//   last 7
//   mark 3 1234 1700000000000000000 the note
//
// that is id, position, wall clock in ns, and the note with its control characters and percent
// signs as %XX.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay-bookmarks-private.h"

#define MAGIC   "trackexec bookmarks "
#define VERSION "1"

void
_replay_bookmark_list_clear (ReplayBookmarkList *self)
{
  for (size_t i = 0; i < self->n_items; i++)
    free ((char *) self->items[i].note);
  free (self->items);
  free (self->unknown);
  *self = (ReplayBookmarkList){ 0 };
}

static bool
is_before (const ReplayBookmark *a, const ReplayBookmark *b)
{
  return a->position != b->position ? a->position < b->position : a->id < b->id;
}

bool
_replay_bookmark_list_add (ReplayBookmarkList *self,
                           uint32_t id,
                           ReplayPosition position,
                           int64_t real_ns,
                           const char *note,
                           size_t note_len)
{
  ReplayBookmark item = { .id = id, .position = position, .real_ns = real_ns };
  ReplayBookmark *items = NULL;
  char *copy = malloc (note_len + 1);
  size_t at = self->n_items;

  if (copy != NULL && (self->n_items & (self->n_items + 1)) == 0) /* 0, 1, 3, 7, ...: full */
    items = realloc (self->items, (2 * self->n_items + 1) * sizeof *items);
  else if (copy != NULL)
    items = self->items;
  if (items == NULL)
    {
      free (copy);
      return false;
    }
  memcpy (copy, note_len > 0 ? note : "", note_len);
  copy[note_len] = '\0';
  item.note = copy;
  self->items = items;
  for (; at > 0 && is_before (&item, &items[at - 1]); at--)
    items[at] = items[at - 1];
  items[at] = item;
  self->n_items++;
  if (id > self->last_id)
    self->last_id = id;
  return true;
}

/* --- reading --- */

typedef struct
{
  const char *at;
  const char *end;
} Line;

/* A word of digits and the space behind it, or the line's end. */
static bool
take_number (Line *line, uint64_t max, uint64_t *ret_value)
{
  const char *start = line->at;
  uint64_t value = 0;

  for (; line->at < line->end && *line->at >= '0' && *line->at <= '9'; line->at++)
    {
      uint64_t digit = (uint64_t) (*line->at - '0');

      if (value > (max - digit) / 10 || digit > max)
        return false;
      value = value * 10 + digit;
    }
  if (line->at == start || (line->at < line->end && *line->at != ' '))
    return false;
  if (line->at < line->end)
    line->at++;
  *ret_value = value;
  return true;
}

static bool
take_word (Line *line, const char *word)
{
  size_t len = strlen (word);

  if ((size_t) (line->end - line->at) < len || memcmp (line->at, word, len) != 0)
    return false;
  line->at += len;
  return true;
}

static int
get_hex (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The rest of the line as a note, in @buffer, which has room for it; false if it can't be one. */
static bool
take_note (Line *line, char *buffer, size_t *ret_len)
{
  size_t len = 0;

  for (const char *p = line->at; p < line->end; p++)
    {
      char c = *p;

      if (c == '%')
        {
          if (line->end - p < 3 || get_hex (p[1]) < 0 || get_hex (p[2]) < 0)
            return false;
          c = (char) (get_hex (p[1]) * 16 + get_hex (p[2]));
          p += 2;
        }
      if (c == '\0' || len == REPLAY_BOOKMARK_NOTE_SIZE_MAX)
        return false;
      buffer[len++] = c;
    }
  *ret_len = len;
  return true;
}

static bool
has_id (const ReplayBookmarkList *list, uint32_t id)
{
  for (size_t i = 0; i < list->n_items; i++)
    if (list->items[i].id == id)
      return true;
  return false;
}

/* Whether the line is one of ours; false also without memory, which @ret_no_memory tells. */
static bool
read_line (ReplayBookmarkList *list, Line line, char *note, bool *ret_no_memory)
{
  uint64_t id, position, real_ns;
  bool negative;
  size_t len;

  if (take_word (&line, "last "))
    {
      if (!take_number (&line, UINT32_MAX, &id) || line.at != line.end)
        return false;
      if (id > list->last_id)
        list->last_id = (uint32_t) id;
      return true;
    }
  if (!take_word (&line, "mark ") || !take_number (&line, UINT32_MAX, &id) ||
      !take_number (&line, UINT64_MAX - 1, &position))
    return false;
  negative = take_word (&line, "-");
  if (!take_number (&line, INT64_MAX, &real_ns) || !take_note (&line, note, &len) || id == 0 ||
      list->n_items == REPLAY_BOOKMARKS_MAX || has_id (list, (uint32_t) id))
    return false;
  *ret_no_memory = !_replay_bookmark_list_add (
      list, (uint32_t) id, position, negative ? -(int64_t) real_ns : (int64_t) real_ns, note, len);
  return !*ret_no_memory;
}

/* Lines of later versions, and of people who edit the file, stay in it. */
static bool
keep_unknown (ReplayBookmarkList *list, Line line)
{
  size_t len = (size_t) (line.end - line.at);
  char *unknown;

  if (len == 0)
    return true;
  unknown = realloc (list->unknown, list->unknown_len + len + 2);
  if (unknown == NULL)
    return false;
  memcpy (unknown + list->unknown_len, line.at, len);
  memcpy (unknown + list->unknown_len + len, "\n", 2);
  list->unknown = unknown;
  list->unknown_len += len + 1;
  return true;
}

static TxStatus
check_first_line (Line line, TxError *error)
{
  if (!take_word (&line, MAGIC))
    return tx_error_set (error, TX_ERROR_DAMAGED, "it is not a file of bookmarks");
  if (!take_word (&line, VERSION) || line.at != line.end)
    return tx_error_set (error, TX_ERROR_VERSION, "it was made by a later version");
  return TX_OK;
}

TxStatus
_replay_bookmark_list_parse (const char *text,
                             size_t len,
                             ReplayBookmarkList *ret_list,
                             TxError *error)
{
  ReplayBookmarkList list = { 0 };
  const char *end = text + len;
  char *note = malloc (REPLAY_BOOKMARK_NOTE_SIZE_MAX);
  bool no_memory = note == NULL;
  bool is_first = true;
  TxStatus status = TX_OK;

  for (const char *at = text; at < end && status == TX_OK && !no_memory; is_first = false)
    {
      const char *newline = memchr (at, '\n', (size_t) (end - at));
      Line line = { at, newline != NULL ? newline : end };

      if (is_first)
        status = check_first_line (line, error);
      else if (!read_line (&list, line, note, &no_memory) && !no_memory)
        no_memory = !keep_unknown (&list, line);
      at = newline != NULL ? newline + 1 : end;
    }
  free (note);
  if (no_memory)
    status = tx_error_set (error, TX_ERROR_MEMORY, "no memory for the bookmarks");
  if (status != TX_OK)
    {
      _replay_bookmark_list_clear (&list);
      return status;
    }
  *ret_list = list;
  return TX_OK;
}

/* --- writing --- */

static char *
print_note (char *at, const char *note)
{
  static const char hex[] = "0123456789ABCDEF";

  for (; *note != '\0'; note++)
    {
      unsigned char c = (unsigned char) *note;

      if (c >= 0x20 && c != 0x7f && c != '%')
        {
          *at++ = *note;
          continue;
        }
      *at++ = '%';
      *at++ = hex[c >> 4];
      *at++ = hex[c & 15];
    }
  *at++ = '\n';
  return at;
}

char *
_replay_bookmark_list_print (const ReplayBookmarkList *self, size_t *ret_len)
{
  size_t capacity = 128 + self->unknown_len;
  char *text, *at;

  for (size_t i = 0; i < self->n_items; i++)
    capacity += 96 + 3 * strlen (self->items[i].note);
  text = at = malloc (capacity);
  if (text == NULL)
    return NULL;
  at += sprintf (at, MAGIC VERSION "\nlast %" PRIu32 "\n", self->last_id);
  for (size_t i = 0; i < self->n_items; i++)
    {
      const ReplayBookmark *item = &self->items[i];

      at += sprintf (at, "mark %" PRIu32 " %" PRIu64 " %" PRId64 " ", item->id, item->position,
                     item->real_ns);
      at = print_note (at, item->note);
    }
  memcpy (at, self->unknown_len > 0 ? self->unknown : "", self->unknown_len);
  *ret_len = (size_t) (at - text) + self->unknown_len;
  return text;
}
