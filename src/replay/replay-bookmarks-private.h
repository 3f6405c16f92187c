// SPDX-License-Identifier: BSD-3-Clause
// The text of a file of bookmarks: taken apart and put together. Knows no files.
#pragma once

#include "replay-bookmarks.h"

#define REPLAY_BOOKMARKS_SIZE_MAX                                                                  \
  (16u * 1024u * 1024u) /* bytes of a file; larger ones are none of ours */

typedef struct
{
  ReplayBookmark *items; /* owned, with their notes; by position, then id */
  size_t n_items;
  uint32_t last_id; /* the greatest that was ever given */
  char *unknown;    /* owned, nullable: lines that are not understood, terminated */
  size_t unknown_len;
} ReplayBookmarkList;

void _replay_bookmark_list_clear (ReplayBookmarkList *self);

/* @text: any bytes, hostile ones too; empty is a list of none. %TX_ERROR_DAMAGED when it is none of
   ours, %TX_ERROR_VERSION when of a later version. @ret_list is untouched on failure. */
TxStatus _replay_bookmark_list_parse (const char *text,
                                      size_t len,
                                      ReplayBookmarkList *ret_list,
                                      TxError *error) TX_WARN_UNUSED;

/* (transfer full): free(); NULL without memory. */
char *_replay_bookmark_list_print (const ReplayBookmarkList *self, size_t *ret_len);

/* Copies @note (nullable). False without memory. */
bool _replay_bookmark_list_add (ReplayBookmarkList *self,
                                uint32_t id,
                                ReplayPosition position,
                                int64_t real_ns,
                                const char *note,
                                size_t note_len);
