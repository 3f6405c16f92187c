// SPDX-License-Identifier: BSD-3-Clause
// ReplayBookmarks: positions with a note, kept per recording under the user's state directory
// ($XDG_STATE_HOME/trackexec/bookmarks, else ~/.local/state/...), in a file named after the recording's
// trace_id, so that they are found again wherever the recording was copied to. Never written beside the recording.
//
// Each change takes a lock, reads what other programs wrote meanwhile, and replaces the file at once:
// nobody's bookmarks are lost, and a crash leaves the old file or the new one. Lines that this
// version does not understand are kept. Not thread-safe.
#pragma once

#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define REPLAY_BOOKMARK_NOTE_SIZE_MAX 4096u /* bytes; longer notes are refused */
#define REPLAY_BOOKMARKS_MAX 10000u         /* in one recording; more are refused */

/** ReplayBookmark: one of the set; valid until the set changes. */
typedef struct {
  uint32_t id;             /* from 1; never given twice in a recording, whichever program makes them */
  ReplayPosition position;
  int64_t real_ns;         /* wall clock, UTC, of the step */
  const char *note;        /* any bytes but NUL; "" for none */
} ReplayBookmark;

typedef struct _ReplayBookmarks ReplayBookmarks;

/**
 * replay_bookmarks_open:
 * @state_directory: (nullable): in place of the user's `.../trackexec`, for tests
 *
 * Reads what is there; makes no file or directory. %TX_ERROR_INVALID where the recording has no
 * trace_id or no state directory is known; %TX_ERROR_IO; %TX_ERROR_DAMAGED when the file is none of ours
 * or larger than any of ours can be: it is left alone.
 */
ReplayBookmarks *replay_bookmarks_open (const ReplayTrace *trace, const char *state_directory, TxError *error) TX_WARN_UNUSED;
void replay_bookmarks_close (ReplayBookmarks *self);

/** replay_bookmarks_refresh: takes in what other programs have changed. */
TxStatus replay_bookmarks_refresh (ReplayBookmarks *self, bool *ret_changed, TxError *error) TX_WARN_UNUSED;

/**
 * replay_bookmarks_add:
 * @note: (nullable): copied; any bytes
 * @ret_id: (nullable)
 *
 * Also takes in what other programs have changed, as all changes do. On failure nothing has changed, here
 * or in the file.
 */
TxStatus replay_bookmarks_add (ReplayBookmarks *self, ReplayPosition position, int64_t real_ns, const char *note, uint32_t *ret_id, TxError *error) TX_WARN_UNUSED;
/** %TX_END when there is no such bookmark (any more). */
TxStatus replay_bookmarks_set_note (ReplayBookmarks *self, uint32_t id, const char *note, TxError *error) TX_WARN_UNUSED;
/** %TX_END when there is no such bookmark (any more). */
TxStatus replay_bookmarks_remove (ReplayBookmarks *self, uint32_t id, TxError *error) TX_WARN_UNUSED;

size_t replay_bookmarks_get_count (const ReplayBookmarks *self);
/** By position, then id. */
const ReplayBookmark *replay_bookmarks_get (const ReplayBookmarks *self, size_t index);
const ReplayBookmark *replay_bookmarks_find (const ReplayBookmarks *self, uint32_t id);

/**
 * replay_bookmarks_find_note:
 * @note: (array length=note_len): the whole note, or the beginning of one
 *
 * Returns: how many fit: 1 sets @ret_bookmark. A note that is the same as a whole counts alone.
 */
size_t replay_bookmarks_find_note (const ReplayBookmarks *self, const char *note, size_t note_len, const ReplayBookmark **ret_bookmark);

/** replay_bookmarks_get_path: of the file, there or not. */
const char *replay_bookmarks_get_path (const ReplayBookmarks *self);

#ifdef __cplusplus
}
#endif
