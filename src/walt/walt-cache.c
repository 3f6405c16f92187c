// SPDX-License-Identifier: BSD-3-Clause
// Entries of the cache: found, made, published, removed. All below one directory of the user's own.
#include "walt-cache-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define N_ENTRIES_MAX  64u
#define SIZE_BYTES_MAX (UINT64_C (4) << 30)

/* Names of what is no entry yet, or no more. Not older than so much, one may be about to be locked.
 */
#define NEW_PREFIX    ".new-"
#define OLD_PREFIX    ".old-"
#define NEW_AGE_MIN_S 60

/* An entry has a directory with files. */
#define TREE_DEPTH_MAX 3

/* ---- The directory ---- */

static char *
join (const char *directory, const char *name)
{
  char *path;

  return asprintf (&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* NULL where the environment names none, or without memory. */
static char *
find_path (void)
{
  const char *cache = getenv ("XDG_CACHE_HOME");
  const char *home = getenv ("HOME");

  if (cache && cache[0] == '/')
    return join (cache, "trackexec/walt");
  return home && home[0] == '/' ? join (home, ".cache/trackexec/walt") : NULL;
}

/* All parts of @path that lack. */
static bool
make_directories (char *path)
{
  for (char *slash = path + 1; (slash = strchr (slash, '/')); slash++)
    {
      bool is_made;

      *slash = '\0';
      is_made = mkdir (path, 0700) == 0 || errno == EEXIST;
      *slash = '/';
      if (!is_made)
        return false;
    }
  return mkdir (path, 0700) == 0 || errno == EEXIST;
}

TxStatus
_walt_cache_open (WaltCache *self, TxError *error)
{
  struct stat status;

  *self = (WaltCache){ .path = find_path (), .fd = -1 };
  if (!self->path)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot keep a converted recording: no cache directory is known (set "
                         "XDG_CACHE_HOME or HOME)");
  if (make_directories (self->path))
    self->fd = open (self->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (self->fd < 0 || fstat (self->fd, &status) != 0)
    {
      tx_error_set_errno (error, errno, "cannot keep a converted recording in '%.300s'",
                          self->path);
      _walt_cache_close (self);
      return TX_ERROR_IO;
    }
  if (status.st_uid == geteuid () && (status.st_mode & 022) == 0)
    return TX_OK;
  tx_error_set (error, TX_ERROR_INVALID,
                "cannot keep a converted recording in '%.300s': others may write there (set "
                "XDG_CACHE_HOME to a directory of your own)",
                self->path);
  _walt_cache_close (self);
  return TX_ERROR_INVALID;
}

void
_walt_cache_close (WaltCache *self)
{
  if (self->fd >= 0)
    close (self->fd);
  free (self->path);
  *self = (WaltCache){ .fd = -1 };
}

/* ---- Locks ---- */

/* File systems without locks do not keep anybody from using the cache. */
static bool
lock (int fd, int how)
{
  return flock (fd, how | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* The directory @name, locked; -1 where it is not there, or locked otherwise, or another by now. */
static int
open_locked (const WaltCache *self, const char *name, int how)
{
  int fd = openat (self->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat mine, now;

  if (fd < 0)
    return -1;
  if (lock (fd, how) && fstat (fd, &mine) == 0 &&
      fstatat (self->fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && mine.st_ino == now.st_ino &&
      mine.st_dev == now.st_dev)
    return fd;
  close (fd);
  return -1;
}

/* ---- Removing ---- */

static void
remove_tree (int dir_fd, const char *name, int depth)
{
  int fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir (fd);
  struct dirent *entry;

  while (stream && (entry = readdir (stream)))
    {
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      if (unlinkat (fd, entry->d_name, 0) != 0 && depth < TREE_DEPTH_MAX)
        remove_tree (fd, entry->d_name, depth + 1);
    }
  if (stream)
    closedir (stream);
  else if (fd >= 0)
    close (fd);
  (void) unlinkat (dir_fd, name, AT_REMOVEDIR);
}

/* An entry that nobody uses. */
static void
remove_unused (const WaltCache *self, const char *name)
{
  int fd = open_locked (self, name, LOCK_EX);
  char old[NAME_MAX + 1];

  if (fd < 0)
    return;
  if (snprintf (old, sizeof old, OLD_PREFIX "%ld-%s", (long) getpid (), name) < (int) sizeof old &&
      renameat (self->fd, name, self->fd, old) == 0)
    remove_tree (self->fd, old, 0);
  close (fd);
}

/* ---- Entries ---- */

void
_walt_cache_entry_leave (WaltCacheEntry *self)
{
  if (self->lock >= 0)
    close (self->lock);
  free (self->path);
  *self = (WaltCacheEntry){ .lock = -1 };
}

void
_walt_cache_entry_remove (WaltCacheEntry *self)
{
  if (self->path)
    remove_tree (AT_FDCWD, self->path, 0);
  _walt_cache_entry_leave (self);
}

TxStatus
_walt_cache_find (const WaltCache *self,
                  const char *key,
                  const char *probe,
                  WaltCacheEntry *ret_entry)
{
  int fd = open_locked (self, key, LOCK_SH);
  struct stat status;

  if (fd < 0)
    return TX_END;
  /* Of the last file that a trace gets; empty ones are what a crash of the machine has left. */
  if (fstatat (fd, probe, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_size == 0)
    {
      close (fd);
      remove_unused (self, key);
      return TX_END;
    }
  (void) futimens (fd, NULL);
  *ret_entry = (WaltCacheEntry){ .path = join (self->path, key), .lock = fd };
  if (ret_entry->path)
    return TX_OK;
  _walt_cache_entry_leave (ret_entry);
  return TX_ERROR_MEMORY;
}

TxStatus
_walt_cache_begin (const WaltCache *self, WaltCacheEntry *ret_entry, TxError *error)
{
  WaltCacheEntry entry = { .path = join (self->path, NEW_PREFIX "XXXXXX"), .lock = -1 };

  if (!entry.path)
    return tx_error_set (error, TX_ERROR_MEMORY,
                         "cannot keep a converted recording: out of memory");
  if (mkdtemp (entry.path))
    entry.lock = open (entry.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (entry.lock >= 0 && lock (entry.lock, LOCK_SH))
    {
      *ret_entry = entry;
      return TX_OK;
    }
  tx_error_set_errno (error, errno, "cannot keep a converted recording in '%.300s'", self->path);
  _walt_cache_entry_leave (&entry);
  return TX_ERROR_IO;
}

TxStatus
_walt_cache_publish (const WaltCache *self, const char *key, WaltCacheEntry *entry, TxError *error)
{
  char *path = join (self->path, key);

  if (!path)
    return tx_error_set (error, TX_ERROR_MEMORY,
                         "cannot keep a converted recording: out of memory");
  if (rename (entry->path, path) == 0)
    {
      free (entry->path);
      entry->path = path;
      return TX_OK;
    }
  free (path);
  if (errno == EEXIST || errno == ENOTEMPTY)
    return TX_END;
  return tx_error_set_errno (error, errno, "cannot keep a converted recording in '%.300s'",
                             self->path);
}

/* ---- Limits ---- */

/** What is in the cache. */
typedef struct
{
  char name[NAME_MAX + 1];
  struct timespec used;
  uint64_t size_bytes;
} Kept;

static uint64_t
measure_tree (int dir_fd, const char *name, int depth)
{
  int fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir (fd);
  uint64_t size = 0;
  struct dirent *entry;
  struct stat status;

  while (stream && (entry = readdir (stream)))
    {
      if (entry->d_name[0] == '.' || fstatat (fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      size += (uint64_t) status.st_blocks * 512;
      if (S_ISDIR (status.st_mode) && depth < TREE_DEPTH_MAX)
        size += measure_tree (fd, entry->d_name, depth + 1);
    }
  if (stream)
    closedir (stream);
  else if (fd >= 0)
    close (fd);
  return size;
}

/* The latest used one first. */
static int
compare_kept (const void *a, const void *b)
{
  const Kept *left = a, *right = b;

  if (left->used.tv_sec != right->used.tv_sec)
    return left->used.tv_sec > right->used.tv_sec ? -1 : 1;
  return left->used.tv_nsec > right->used.tv_nsec ? -1 : left->used.tv_nsec < right->used.tv_nsec;
}

/* What was begun and is not locked, or was being removed: nobody's. */
static bool
is_left_over (const WaltCache *self, const char *name)
{
  struct stat status;

  if (strncmp (name, OLD_PREFIX, strlen (OLD_PREFIX)) == 0)
    return true;
  return strncmp (name, NEW_PREFIX, strlen (NEW_PREFIX)) == 0 &&
         fstatat (self->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         status.st_mtim.tv_sec + NEW_AGE_MIN_S < time (NULL);
}

static void
remove_left_over (const WaltCache *self, const char *name)
{
  int fd = open_locked (self, name, LOCK_EX);

  if (fd < 0)
    return;
  remove_tree (self->fd, name, 0);
  close (fd);
}

/* The entries; what is nobody's goes. Returns their number; @ret_kept: (transfer full). */
static size_t
list_entries (const WaltCache *self, const char *key, size_t n_same, Kept **ret_kept)
{
  struct dirent **entries;
  int n_entries = scandir (self->path, &entries, NULL, NULL);
  Kept *kept = n_entries > 0 ? calloc ((size_t) n_entries, sizeof *kept) : NULL;
  size_t n = 0;

  for (int i = 0; i < n_entries; i++)
    {
      const char *name = entries[i]->d_name;
      struct stat status;

      if (is_left_over (self, name))
        remove_left_over (self, name);
      else if (name[0] != '.' && strncmp (name, key, n_same) == 0 && strcmp (name, key) != 0)
        remove_unused (self, name);
      else if (kept && name[0] != '.' &&
               fstatat (self->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        {
          snprintf (kept[n].name, sizeof kept[n].name, "%s", name);
          kept[n].used = status.st_mtim;
          kept[n++].size_bytes = measure_tree (self->fd, name, 0);
        }
      free (entries[i]);
    }
  if (n_entries >= 0)
    free (entries);
  *ret_kept = kept;
  return n;
}

void
_walt_cache_prune (const WaltCache *self, const char *key, size_t n_same)
{
  uint64_t size_bytes = 0;
  Kept *kept;
  size_t n = list_entries (self, key, n_same, &kept);

  if (n > 0)
    qsort (kept, n, sizeof *kept, compare_kept);
  for (size_t i = 0; i < n; i++)
    {
      size_bytes += kept[i].size_bytes;
      if (i >= N_ENTRIES_MAX || size_bytes > SIZE_BYTES_MAX)
        remove_unused (self, kept[i].name);
    }
  free (kept);
}
