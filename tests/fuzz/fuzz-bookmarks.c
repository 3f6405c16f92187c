// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a file of bookmarks: refused, or a list within its limits that is the same when it
// is printed and read again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-bookmarks-private.h"

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_list (const ReplayBookmarkList *list)
{
  CHECK (list->n_items <= REPLAY_BOOKMARKS_MAX);
  for (size_t i = 0; i < list->n_items; i++)
    {
      const ReplayBookmark *item = &list->items[i];

      CHECK (item->id > 0 && item->id <= list->last_id);
      CHECK (item->position != REPLAY_POSITION_NONE);
      CHECK (strlen (item->note) <= REPLAY_BOOKMARK_NOTE_SIZE_MAX);
      CHECK (i == 0 || list->items[i - 1].position <= item->position);
    }
}

static void
check_same (const ReplayBookmarkList *a, const ReplayBookmarkList *b)
{
  CHECK (a->n_items == b->n_items && a->last_id == b->last_id);
  CHECK (a->unknown_len == b->unknown_len);
  CHECK (a->unknown_len == 0 || memcmp (a->unknown, b->unknown, a->unknown_len) == 0);
  for (size_t i = 0; i < a->n_items; i++)
    {
      CHECK (a->items[i].id == b->items[i].id && a->items[i].position == b->items[i].position);
      CHECK (a->items[i].real_ns == b->items[i].real_ns);
      CHECK (strcmp (a->items[i].note, b->items[i].note) == 0);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  ReplayBookmarkList list, again;
  TxError error = { 0 };
  TxStatus status = _replay_bookmark_list_parse ((const char *) data, size, &list, &error);
  char *text;
  size_t len;

  if (status != TX_OK)
    {
      CHECK (status == TX_ERROR_DAMAGED || status == TX_ERROR_VERSION);
      CHECK (error.message[0] != '\0');
      return 0;
    }
  check_list (&list);
  text = _replay_bookmark_list_print (&list, &len);
  CHECK (text != NULL);
  CHECK (_replay_bookmark_list_parse (text, len, &again, NULL) == TX_OK);
  check_same (&list, &again);
  free (text);
  _replay_bookmark_list_clear (&again);
  _replay_bookmark_list_clear (&list);
  return 0;
}
