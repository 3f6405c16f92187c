// SPDX-License-Identifier: BSD-3-Clause
// The list of items behind RecFilter and how one is compared. Lists are short
// and asked once a code object, so they are walked.
#include "filter.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct _Item Item;
struct _Item
{
  Item *next; /* owned */
  bool exclude;
  bool is_path;
  size_t size; /* bytes of text */
  char text[]; /* a module's name, or a path without a slash at its end */
};

struct _RecFilter
{
  Item *items; /* owned, in the order of adding */
  bool has_paths;
};

RecFilter *
rec_filter_new (void)
{
  return calloc (1, sizeof (RecFilter));
}

void
rec_filter_free (RecFilter *self)
{
  if (self == NULL)
    return;
  while (self->items != NULL)
    {
      Item *item = self->items;

      self->items = item->next;
      free (item);
    }
  free (self);
}

static bool
looks_like_path (const char *text)
{
  size_t size = strlen (text);

  return strchr (text, '/') != NULL || (size > 3 && strcmp (text + size - 3, ".py") == 0);
}

bool
rec_filter_add (RecFilter *self, const char *item, bool exclude)
{
  bool is_path = looks_like_path (item);
  char resolved[PATH_MAX];
  Item **end = &self->items;
  Item *added;
  size_t size;

  if (is_path && realpath (item, resolved) != NULL)
    item = resolved;
  size = strlen (item);
  while (is_path && size > 0 && item[size - 1] == '/')
    size--;
  added = malloc (sizeof *added + size + 1);
  if (added == NULL)
    return false;
  added->next = NULL;
  added->exclude = exclude;
  added->is_path = is_path;
  added->size = size;
  memcpy (added->text, item, size);
  added->text[size] = '\0';
  while (*end != NULL)
    end = &(*end)->next;
  *end = added;
  self->has_paths = self->has_paths || is_path;
  return true;
}

bool
rec_filter_has_paths (const RecFilter *self)
{
  return self->has_paths;
}

static bool
match_item (const Item *item, const char *module, const char *path)
{
  const char *text = item->is_path ? path : module;
  char separator = item->is_path ? '/' : '.';

  if (strcmp (item->text, "*") == 0)
    return true;
  if (text == NULL || strncmp (text, item->text, item->size) != 0)
    return false;
  return text[item->size] == '\0' || text[item->size] == separator;
}

bool
rec_filter_match (const RecFilter *self, const char *module, const char *path)
{
  bool matches = false;

  for (const Item *item = self->items; item != NULL; item = item->next)
    if (match_item (item, module, path))
      {
        if (item->exclude)
          return false;
        matches = true;
      }
  return matches;
}

void
rec_filter_describe (const RecFilter *self, char *buffer, size_t size_bytes)
{
  size_t used = 0;

  buffer[0] = '\0';
  for (const Item *item = self->items; item != NULL; item = item->next)
    {
      int n = snprintf (buffer + used, size_bytes - used, "%s%s%s", used > 0 ? " " : "",
                        item->exclude ? "-" : "", item->text);

      if (n < 0 || (size_t) n >= size_bytes - used)
        return;
      used += (size_t) n;
    }
  for (char *pos = buffer; *pos != '\0'; pos++)
    if (*pos == '\n' || *pos == '\r')
      *pos = '?';
}
