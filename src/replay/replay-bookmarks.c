// SPDX-License-Identifier: BSD-3-Clause
// ReplayBookmarks: the file: found, locked, read, replaced. The directory is what is locked, so
// that nothing is left behind; the file itself is a new one after each change.
#include "replay-bookmarks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "replay-bookmarks-private.h"

#define LOCK_TRIES_MAX 500u
#define LOCK_PAUSE_NS  10000000 /* 10 ms: five seconds in all */
#define TRACE_ID_LEN   16u

struct _ReplayBookmarks
{
  char *directory;  /* owned */
  char *path;       /* owned */
  const char *name; /* of the file in the directory: the end of path */
  ReplayBookmarkList list;
};

/* --- where --- */

/* 16 hex digits, and nothing that could lead elsewhere. */
static bool
is_trace_id (const char *id)
{
  return id != NULL && strlen (id) == TRACE_ID_LEN &&
         strspn (id, "0123456789abcdef") == TRACE_ID_LEN;
}

/* As the XDG base directory specification has it: paths that are not absolute don't count. */
static char *
make_directory_name (const char *state_directory)
{
  const char *state = getenv ("XDG_STATE_HOME");
  const char *home = getenv ("HOME");
  const char *middle = "/trackexec/bookmarks";
  size_t size;
  char *name;

  if (state_directory != NULL)
    {
      state = state_directory;
      middle = "/bookmarks";
    }
  else if (state == NULL || state[0] != '/')
    {
      if (home == NULL || home[0] != '/')
        return NULL;
      state = home;
      middle = "/.local/state/trackexec/bookmarks";
    }
  size = strlen (state) + strlen (middle) + 1;
  name = malloc (size);
  if (name != NULL)
    snprintf (name, size, "%s%s", state, middle);
  return name;
}

/* The directory and those above it. Others may make them meanwhile. */
static TxStatus
make_directories (const ReplayBookmarks *self, TxError *error)
{
  for (char *slash = strchr (self->directory + 1, '/');; slash = strchr (slash + 1, '/'))
    {
      int result;

      if (slash != NULL)
        *slash = '\0';
      result = mkdir (self->directory, 0700);
      if (slash != NULL)
        *slash = '/';
      if (result != 0 && errno != EEXIST && slash == NULL)
        return tx_error_set_errno (error, errno, "cannot make '%s' for bookmarks", self->directory);
      if (slash == NULL)
        return TX_OK;
    }
}

/* --- reading --- */

static TxStatus
read_all (const ReplayBookmarks *self, int fd, char **ret_text, size_t *ret_len, TxError *error)
{
  struct stat info;
  size_t size, len = 0;
  char *text;

  if (fstat (fd, &info) != 0)
    return tx_error_set_errno (error, errno, "cannot read the bookmarks in '%s'", self->path);
  if (!S_ISREG (info.st_mode) || info.st_size > (off_t) REPLAY_BOOKMARKS_SIZE_MAX)
    return tx_error_set (error, TX_ERROR_DAMAGED,
                         "cannot read the bookmarks in '%s': it is no file of bookmarks",
                         self->path);
  size = (size_t) info.st_size;
  text = malloc (size + 1);
  if (text == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the bookmarks");
  while (len < size)
    {
      ssize_t n = read (fd, text + len, size - len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          free (text);
          return tx_error_set_errno (error, errno, "cannot read the bookmarks in '%s'", self->path);
        }
      if (n == 0)
        break;
      len += (size_t) n;
    }
  *ret_text = text;
  *ret_len = len;
  return TX_OK;
}

/* The file as it is now; without one an empty list. */
static TxStatus
load (const ReplayBookmarks *self, ReplayBookmarkList *ret_list, TxError *error)
{
  int fd = open (self->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  TxError reason = { 0 };
  char *text = NULL;
  size_t len = 0;
  TxStatus status;

  if (fd < 0 && errno == ENOENT)
    {
      *ret_list = (ReplayBookmarkList){ 0 };
      return TX_OK;
    }
  if (fd < 0)
    return tx_error_set_errno (error, errno, "cannot read the bookmarks in '%s'", self->path);
  status = read_all (self, fd, &text, &len, error);
  close (fd);
  if (status != TX_OK)
    return status;
  status = _replay_bookmark_list_parse (text, len, ret_list, &reason);
  free (text);
  if (status != TX_OK)
    return tx_error_set (error, status, "cannot read the bookmarks in '%.300s': %.100s", self->path,
                         reason.message);
  return TX_OK;
}

static bool
is_same (const ReplayBookmarkList *a, const ReplayBookmarkList *b)
{
  if (a->n_items != b->n_items)
    return false;
  for (size_t i = 0; i < a->n_items; i++)
    if (a->items[i].id != b->items[i].id || a->items[i].position != b->items[i].position ||
        strcmp (a->items[i].note, b->items[i].note) != 0)
      return false;
  return true;
}

TxStatus
replay_bookmarks_refresh (ReplayBookmarks *self, bool *ret_changed, TxError *error)
{
  ReplayBookmarkList list;
  TxStatus status = load (self, &list, error);

  if (status != TX_OK)
    return status;
  if (ret_changed != NULL)
    *ret_changed = !is_same (&self->list, &list);
  _replay_bookmark_list_clear (&self->list);
  self->list = list;
  return TX_OK;
}

ReplayBookmarks *
replay_bookmarks_open (const ReplayTrace *trace, const char *state_directory, TxError *error)
{
  const char *id = tx_reader_get_info (replay_trace_get_reader (trace), "trace_id");
  ReplayBookmarks *self;
  size_t size;

  if (!is_trace_id (id))
    {
      tx_error_set (error, TX_ERROR_INVALID,
                    "cannot keep bookmarks: the recording states no trace_id");
      return NULL;
    }
  self = calloc (1, sizeof *self);
  if (self == NULL)
    goto no_memory;
  self->directory = make_directory_name (state_directory);
  if (self->directory == NULL)
    {
      tx_error_set (error, TX_ERROR_INVALID,
                    "cannot keep bookmarks: neither XDG_STATE_HOME nor HOME is set");
      goto fail;
    }
  size = strlen (self->directory) + TRACE_ID_LEN + 2;
  self->path = malloc (size);
  if (self->path == NULL)
    goto no_memory;
  snprintf (self->path, size, "%s/%s", self->directory, id);
  self->name = self->path + size - 1 - TRACE_ID_LEN;
  if (replay_bookmarks_refresh (self, NULL, error) != TX_OK)
    goto fail;
  return self;

no_memory:
  tx_error_set (error, TX_ERROR_MEMORY, "no memory for the bookmarks");
fail:
  replay_bookmarks_close (self);
  return NULL;
}

void
replay_bookmarks_close (ReplayBookmarks *self)
{
  if (self == NULL)
    return;
  _replay_bookmark_list_clear (&self->list);
  free (self->directory);
  free (self->path);
  free (self);
}

/* --- changing --- */

/* The directory, locked until it is closed. */
static TxStatus
lock (const ReplayBookmarks *self, int *ret_fd, TxError *error)
{
  const struct timespec pause = { 0, LOCK_PAUSE_NS };
  TxStatus status = make_directories (self, error);
  int fd;

  if (status != TX_OK)
    return status;
  fd = open (self->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return tx_error_set_errno (error, errno, "cannot open '%s' for bookmarks", self->directory);
  for (unsigned i = 0; flock (fd, LOCK_EX | LOCK_NB) != 0; i++)
    {
      int reason = errno;

      if ((reason == EWOULDBLOCK || reason == EINTR) && i < LOCK_TRIES_MAX)
        {
          nanosleep (&pause, NULL);
          continue;
        }
      close (fd);
      if (reason == EWOULDBLOCK)
        return tx_error_set (error, TX_ERROR_IO,
                             "cannot change the bookmarks in '%s': another program holds its lock "
                             "(try again)",
                             self->directory);
      return tx_error_set_errno (error, reason, "cannot lock '%s' for bookmarks", self->directory);
    }
  *ret_fd = fd;
  return TX_OK;
}

static bool
write_all (int fd, const char *text, size_t len)
{
  while (len > 0)
    {
      ssize_t n = write (fd, text, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return false;
      text += n;
      len -= (size_t) n;
    }
  return true;
}

/* Puts a new file in the place of the old one. The lock is held, so the name is ours. */
static TxStatus
replace (const ReplayBookmarks *self, int dir_fd, const char *text, size_t len, TxError *error)
{
  char name[TRACE_ID_LEN + 8];
  bool good;
  int reason, fd;

  snprintf (name, sizeof name, "%s.new", self->name);
  (void) unlinkat (dir_fd, name, 0);
  fd = openat (dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return tx_error_set_errno (error, errno, "cannot write the bookmarks in '%s'", self->path);
  good = write_all (fd, text, len) && fsync (fd) == 0;
  reason = errno;
  if (close (fd) != 0 && good)
    {
      good = false;
      reason = errno;
    }
  if (good && renameat (dir_fd, name, dir_fd, self->name) != 0)
    {
      good = false;
      reason = errno;
    }
  if (!good)
    {
      (void) unlinkat (dir_fd, name, 0);
      return tx_error_set_errno (error, reason, "cannot write the bookmarks in '%s'", self->path);
    }
  (void) fsync (dir_fd);
  return TX_OK;
}

/* One change of the list, as the file has it now. */
typedef TxStatus (*Change) (ReplayBookmarkList *list, void *data, TxError *error);

static TxStatus
save (const ReplayBookmarks *self, int dir_fd, const ReplayBookmarkList *list, TxError *error)
{
  size_t len;
  char *text = _replay_bookmark_list_print (list, &len);
  TxStatus status;

  if (text == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the bookmarks");
  if (len > REPLAY_BOOKMARKS_SIZE_MAX)
    status = tx_error_set (error, TX_ERROR_INVALID,
                           "cannot keep more bookmarks of this recording: the file is full");
  else
    status = replace (self, dir_fd, text, len, error);
  free (text);
  return status;
}

static TxStatus
change (ReplayBookmarks *self, Change func, void *data, TxError *error)
{
  ReplayBookmarkList list = { 0 };
  int dir_fd = -1;
  TxStatus status = lock (self, &dir_fd, error);

  if (status != TX_OK)
    return status;
  status = load (self, &list, error);
  if (status == TX_OK)
    status = func (&list, data, error);
  if (status == TX_OK)
    status = save (self, dir_fd, &list, error);
  close (dir_fd);
  if (status != TX_OK)
    {
      _replay_bookmark_list_clear (&list);
      return status;
    }
  _replay_bookmark_list_clear (&self->list);
  self->list = list;
  return TX_OK;
}

typedef struct
{
  uint32_t id; /* in, or out of an addition */
  ReplayPosition position;
  int64_t real_ns;
  const char *note;
} Wish;

static TxStatus
add_cb (ReplayBookmarkList *list, void *data, TxError *error)
{
  Wish *wish = data;

  if (list->n_items == REPLAY_BOOKMARKS_MAX || list->last_id == UINT32_MAX)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot keep more than %u bookmarks of a recording", REPLAY_BOOKMARKS_MAX);
  wish->id = list->last_id + 1;
  if (!_replay_bookmark_list_add (list, wish->id, wish->position, wish->real_ns, wish->note,
                                  strlen (wish->note)))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a bookmark");
  return TX_OK;
}

static ReplayBookmark *
find (const ReplayBookmarkList *list, uint32_t id)
{
  for (size_t i = 0; i < list->n_items; i++)
    if (list->items[i].id == id)
      return &list->items[i];
  return NULL;
}

static TxStatus
set_note_cb (ReplayBookmarkList *list, void *data, TxError *error)
{
  const Wish *wish = data;
  ReplayBookmark *item = find (list, wish->id);
  char *note;

  if (item == NULL)
    return tx_error_set (error, TX_END, "there is no bookmark %u", wish->id);
  note = strdup (wish->note);
  if (note == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a bookmark");
  free ((char *) item->note);
  item->note = note;
  return TX_OK;
}

static TxStatus
remove_cb (ReplayBookmarkList *list, void *data, TxError *error)
{
  const Wish *wish = data;
  ReplayBookmark *item = find (list, wish->id);

  if (item == NULL)
    return tx_error_set (error, TX_END, "there is no bookmark %u", wish->id);
  free ((char *) item->note);
  list->n_items--;
  memmove (item, item + 1, (size_t) (&list->items[list->n_items] - item) * sizeof *item);
  return TX_OK;
}

static TxStatus
check_note (const char *note, TxError *error)
{
  if (strlen (note) <= REPLAY_BOOKMARK_NOTE_SIZE_MAX)
    return TX_OK;
  return tx_error_set (error, TX_ERROR_INVALID, "the note is longer than %u bytes",
                       REPLAY_BOOKMARK_NOTE_SIZE_MAX);
}

TxStatus
replay_bookmarks_add (ReplayBookmarks *self,
                      ReplayPosition position,
                      int64_t real_ns,
                      const char *note,
                      uint32_t *ret_id,
                      TxError *error)
{
  Wish wish = { .position = position, .real_ns = real_ns, .note = note != NULL ? note : "" };
  TxStatus status = check_note (wish.note, error);

  if (status == TX_OK && position == REPLAY_POSITION_NONE)
    status = tx_error_set (error, TX_ERROR_INVALID, "there is no position to mark");
  if (status == TX_OK)
    status = change (self, add_cb, &wish, error);
  if (status == TX_OK && ret_id != NULL)
    *ret_id = wish.id;
  return status;
}

TxStatus
replay_bookmarks_set_note (ReplayBookmarks *self, uint32_t id, const char *note, TxError *error)
{
  Wish wish = { .id = id, .note = note != NULL ? note : "" };
  TxStatus status = check_note (wish.note, error);

  return status == TX_OK ? change (self, set_note_cb, &wish, error) : status;
}

TxStatus
replay_bookmarks_remove (ReplayBookmarks *self, uint32_t id, TxError *error)
{
  Wish wish = { .id = id };

  return change (self, remove_cb, &wish, error);
}

/* --- looking --- */

size_t
replay_bookmarks_get_count (const ReplayBookmarks *self)
{
  return self->list.n_items;
}

const ReplayBookmark *
replay_bookmarks_get (const ReplayBookmarks *self, size_t index)
{
  return index < self->list.n_items ? &self->list.items[index] : NULL;
}

const ReplayBookmark *
replay_bookmarks_find (const ReplayBookmarks *self, uint32_t id)
{
  return find (&self->list, id);
}

size_t
replay_bookmarks_find_note (const ReplayBookmarks *self,
                            const char *note,
                            size_t note_len,
                            const ReplayBookmark **ret_bookmark)
{
  const ReplayBookmark *whole = NULL, *beginning = NULL;
  size_t n_whole = 0, n_beginning = 0;

  for (size_t i = 0; i < self->list.n_items && note_len > 0; i++)
    {
      const ReplayBookmark *item = &self->list.items[i];

      if (strncmp (item->note, note, note_len) != 0)
        continue;
      beginning = item;
      n_beginning++;
      if (item->note[note_len] != '\0')
        continue;
      whole = item;
      n_whole++;
    }
  if (n_whole > 0)
    *ret_bookmark = whole;
  else if (n_beginning > 0)
    *ret_bookmark = beginning;
  return n_whole > 0 ? n_whole : n_beginning;
}

const char *
replay_bookmarks_get_path (const ReplayBookmarks *self)
{
  return self->path;
}
