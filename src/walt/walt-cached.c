// SPDX-License-Identifier: BSD-3-Clause
// Converting once for each state of a recording: the key of the cache's entry is what tells it.
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "walt-cache-private.h"
#include "walt-directory-private.h"
#include "walt.h"

/* Changes with what conversions make of a recording. */
#define CONVERSION_VERSION 1

/** Which recording, in which state, and what its trace is called. */
typedef struct
{
  char key[WALT_CACHE_KEY_SIZE];
  size_t n_same; /* of the key: the recording */
  char name[NAME_MAX + 1];
} Identity;

static TxStatus
identify (const char *directory, Identity *ret_identity, TxError *error)
{
  WaltDirectory opened;
  struct stat status = { 0 };
  char *resolved = realpath (directory, NULL);
  const char *slash = resolved ? strrchr (resolved, '/') : NULL;
  TxStatus result;

  snprintf (ret_identity->name, sizeof ret_identity->name, "%.200s",
            slash && slash[1] ? slash + 1 : "trace");
  free (resolved);
  result = _walt_directory_open (&opened, directory, error);
  if (result != TX_OK)
    return result;
  (void) fstat (opened.fd, &status);
  ret_identity->n_same =
      (size_t) snprintf (ret_identity->key, sizeof ret_identity->key, "%d-%" PRIx64 "-%" PRIx64 "-",
                         CONVERSION_VERSION, (uint64_t) status.st_dev, (uint64_t) status.st_ino);
  snprintf (ret_identity->key + ret_identity->n_same,
            sizeof ret_identity->key - ret_identity->n_same, "%016" PRIx64,
            _walt_directory_hash_state (&opened));
  _walt_directory_clear (&opened);
  return TX_OK;
}

static TxStatus
find (const WaltCache *cache, const Identity *identity, WaltCacheEntry *ret_entry)
{
  char probe[NAME_MAX + 8];

  snprintf (probe, sizeof probe, "%s/end", identity->name);
  return _walt_cache_find (cache, identity->key, probe, ret_entry);
}

/* So that an entry that is there after a crash of the machine is whole. */
static void
sync_files (const char *directory)
{
  DIR *stream = opendir (directory);
  struct dirent *entry;

  while (stream && (entry = readdir (stream)))
    {
      int fd = openat (dirfd (stream), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

      if (fd >= 0)
        {
          (void) fsync (fd);
          close (fd);
        }
    }
  if (stream)
    closedir (stream);
}

static TxStatus
fill (const WaltCacheEntry *entry,
      const Identity *identity,
      const char *directory,
      WaltProgressFunc progress,
      void *data,
      TxError *error)
{
  char *target = NULL;
  TxStatus status;

  if (asprintf (&target, "%s/%s", entry->path, identity->name) < 0)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot convert '%.300s': out of memory",
                         directory);
  if (mkdir (target, 0700) == 0)
    status = walt_convert (directory, target, progress, data, error);
  else
    status = tx_error_set_errno (error, errno, "cannot make '%.300s'", target);
  if (status == TX_OK)
    sync_files (target);
  free (target);
  return status;
}

/* Converts, unless somebody else was faster: then theirs is taken. */
static TxStatus
make (const WaltCache *cache,
      const Identity *identity,
      const char *directory,
      WaltProgressFunc progress,
      void *data,
      WaltCacheEntry *ret_entry,
      TxError *error)
{
  WaltCacheEntry entry;
  TxStatus status = _walt_cache_begin (cache, &entry, error);

  if (status != TX_OK)
    return status;
  status = fill (&entry, identity, directory, progress, data, error);
  if (status == TX_OK)
    status = _walt_cache_publish (cache, identity->key, &entry, error);
  if (status == TX_OK)
    {
      *ret_entry = entry;
      return TX_OK;
    }
  if (status == TX_END)
    {
      status = find (cache, identity, ret_entry);
      /* It was damaged, and find() has removed it. */
      if (status == TX_END)
        {
          status = _walt_cache_publish (cache, identity->key, &entry, error);
          if (status == TX_OK)
            {
              *ret_entry = entry;
              return TX_OK;
            }
        }
      if (status == TX_END)
        status =
            tx_error_set (error, TX_ERROR_IO, "cannot replace '%.200s' in '%.250s': it is in use",
                          identity->key, cache->path);
    }
  _walt_cache_entry_remove (&entry);
  return status;
}

TxStatus
walt_convert_cached (const char *directory,
                     WaltProgressFunc progress,
                     void *data,
                     char **ret_directory,
                     int *ret_lock,
                     TxError *error)
{
  WaltCacheEntry entry;
  WaltCache cache;
  Identity identity;
  TxStatus status = identify (directory, &identity, error);

  if (status != TX_OK)
    return status;
  status = _walt_cache_open (&cache, error);
  if (status != TX_OK)
    return status;
  status = find (&cache, &identity, &entry);
  if (status == TX_END)
    {
      status = make (&cache, &identity, directory, progress, data, &entry, error);
      if (status == TX_OK)
        _walt_cache_prune (&cache, identity.key, identity.n_same);
    }
  _walt_cache_close (&cache);
  if (status != TX_OK)
    return status;
  if (asprintf (ret_directory, "%s/%s", entry.path, identity.name) < 0)
    {
      _walt_cache_entry_leave (&entry);
      return tx_error_set (error, TX_ERROR_MEMORY, "cannot convert '%.300s': out of memory",
                           directory);
    }
  *ret_lock = entry.lock;
  free (entry.path);
  return TX_OK;
}
