// SPDX-License-Identifier: BSD-3-Clause
// Opens what is there and reads it piece by piece.
#include "walt-directory-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "walt-gzip-private.h"
#include "walt.h"

#define RECORD_SIZE 10u

/* Digits of a map's number: no recording has as many. */
#define NUMBER_DIGITS_MAX 15u

/* ---- Opening ---- */

int
_walt_directory_open_file (int dir_fd, const char *name)
{
  int fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status;

  if (fd < 0)
    return -1;
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    return fd;
  close (fd);
  errno = EINVAL;
  return -1;
}

bool
walt_is_trace (const char *directory)
{
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat status;
  bool is_trace;

  if (fd < 0)
    return false;
  is_trace = fstatat (fd, "log_index", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
             S_ISREG (status.st_mode) &&
             fstatat (fd, "log_map", &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (status.st_mode);
  close (fd);
  return is_trace;
}

/* `17` or `17.gz`, written in one way only. */
static bool
parse_map_name (const char *name, WaltMapFile *ret_map)
{
  size_t n_digits = strspn (name, "0123456789");
  const char *end = name + n_digits;

  if (n_digits == 0 || n_digits > NUMBER_DIGITS_MAX || (name[0] == '0' && n_digits > 1) ||
      (*end && strcmp (end, ".gz") != 0))
    return false;
  *ret_map = (WaltMapFile){ .number = strtoull (name, NULL, 10), .is_raw = *end == '\0' };
  return true;
}

/* By number; the raw one first. */
static int
compare_maps (const void *a, const void *b)
{
  const WaltMapFile *left = a, *right = b;

  if (left->number != right->number)
    return left->number < right->number ? -1 : 1;
  return right->is_raw - left->is_raw;
}

static void
sort_maps (WaltDirectory *self)
{
  size_t n = 0;

  if (self->n_maps == 0)
    return;
  qsort (self->maps, self->n_maps, sizeof *self->maps, compare_maps);
  for (size_t i = 0; i < self->n_maps; i++)
    if (n == 0 || self->maps[n - 1].number != self->maps[i].number)
      self->maps[n++] = self->maps[i];
  self->n_maps = n;
}

static bool
add_map (WaltDirectory *self, size_t *capacity, const WaltMapFile *map)
{
  if (self->n_maps == *capacity)
    {
      size_t larger = *capacity ? 2 * *capacity : 64;
      WaltMapFile *maps = reallocarray (self->maps, larger, sizeof *maps);

      if (!maps)
        return false;
      self->maps = maps;
      *capacity = larger;
    }
  self->maps[self->n_maps++] = *map;
  return true;
}

/* The maps that the index has blocks for. 0 or an errno. */
static int
list_maps (WaltDirectory *self)
{
  int fd = openat (self->maps_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir (fd);
  size_t capacity = 0;
  struct dirent *entry;
  WaltMapFile map;
  int result = 0;

  if (!stream)
    {
      result = errno;
      if (fd >= 0)
        close (fd);
      return result;
    }
  while (result == 0 && (entry = readdir (stream)))
    if (parse_map_name (entry->d_name, &map) &&
        map.number < self->n_records / WALT_BLOCKS_PER_MAP + 1 && !add_map (self, &capacity, &map))
      result = ENOMEM;
  closedir (stream);
  sort_maps (self);
  return result;
}

static int
open_files (WaltDirectory *self)
{
  struct stat status;

  self->fd = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->fd < 0)
    return errno;
  self->index_fd = _walt_directory_open_file (self->fd, "log_index");
  if (self->index_fd < 0 || fstat (self->index_fd, &status) != 0)
    return errno;
  self->n_records = (uint64_t) status.st_size / RECORD_SIZE;
  self->has_part_record = status.st_size % RECORD_SIZE != 0;
  self->maps_fd = openat (self->fd, "log_map", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return self->maps_fd < 0 ? errno : list_maps (self);
}

TxStatus
_walt_directory_open (WaltDirectory *self, const char *path, TxError *error)
{
  int result;

  *self = (WaltDirectory){ .fd = -1, .maps_fd = -1, .index_fd = -1 };
  self->path = strdup (path);
  self->bytes = malloc (WALT_MAP_SIZE + 1);
  result = self->path && self->bytes ? open_files (self) : ENOMEM;
  if (result == 0)
    return TX_OK;
  _walt_directory_clear (self);
  if (result == ENOMEM)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot open '%.300s': out of memory", path);
  return tx_error_set_errno (error, result, "cannot open the recording of WalT's in '%.300s'",
                             path);
}

static void
close_file (int fd)
{
  if (fd >= 0)
    close (fd);
}

void
_walt_directory_clear (WaltDirectory *self)
{
  close_file (self->index_fd);
  close_file (self->maps_fd);
  close_file (self->fd);
  free (self->maps);
  free (self->bytes);
  free (self->path);
  *self = (WaltDirectory){ .fd = -1, .maps_fd = -1, .index_fd = -1 };
}

/* ---- Reading ---- */

/* @size bytes, or fewer at the end; -1 with errno. */
static ssize_t
read_at (int fd, uint8_t *bytes, size_t size, uint64_t offset)
{
  size_t done = 0;

  while (done < size)
    {
      ssize_t n = pread (fd, bytes + done, size - done, (off_t) (offset + done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      done += (size_t) n;
    }
  return (ssize_t) done;
}

bool
_walt_directory_read_record (const WaltDirectory *self, uint64_t index, WaltRecord *ret_record)
{
  uint8_t bytes[RECORD_SIZE];
  ssize_t n = read_at (self->index_fd, bytes, sizeof bytes, index * RECORD_SIZE);
  uint64_t ticks = 0;

  if (n != (ssize_t) sizeof bytes)
    {
      errno = n < 0 ? errno : EIO;
      return false;
    }
  for (size_t i = 0; i < 8; i++)
    ticks |= (uint64_t) bytes[i] << (8 * i);
  *ret_record = (WaltRecord){ .ticks = ticks, .depth_min = (uint16_t) (bytes[8] | bytes[9] << 8) };
  return true;
}

static void TX_PRINTF (2, 3) set_reason (WaltMapResult *result, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (result->reason, sizeof result->reason, format, args);
  va_end (args);
}

static void
read_raw_map (WaltDirectory *self, int fd, const char *name, WaltMapResult *result)
{
  ssize_t n = read_at (fd, self->bytes, WALT_MAP_SIZE, 0);

  if (n < 0)
    set_reason (result, "log_map/%s cannot be read: %s", name, strerror (errno));
  else
    result->n_blocks = (size_t) n / WALT_BLOCK_SIZE;
  result->is_unchecked = true;
  close (fd);
}

static TxStatus
read_packed_map (WaltDirectory *self, int fd, const char *name, WaltMapResult *result)
{
  WaltGzip *gzip = _walt_gzip_new (fd);
  size_t n;

  if (!gzip)
    return TX_ERROR_MEMORY;
  /* One more than a map may have: then the end is seen, or that there is none. */
  n = _walt_gzip_read (gzip, self->bytes, WALT_MAP_SIZE + 1);
  switch (_walt_gzip_get_state (gzip))
    {
    case WALT_GZIP_WHOLE:
      result->n_blocks = n / WALT_BLOCK_SIZE;
      if (n > WALT_MAP_SIZE || n % WALT_BLOCK_SIZE != 0)
        {
          result->n_blocks = 0;
          set_reason (result, "log_map/%s has another size than a map", name);
        }
      break;
    case WALT_GZIP_CUT:
      result->n_blocks = n / WALT_BLOCK_SIZE;
      result->is_unchecked = true;
      set_reason (result, "log_map/%s is cut: what it holds cannot be checked", name);
      break;
    case WALT_GZIP_UNREADABLE:
      set_reason (result, "log_map/%s cannot be read: %s", name,
                  strerror (_walt_gzip_get_errno (gzip)));
      break;
    default:
      set_reason (result,
                  n > WALT_MAP_SIZE ? "log_map/%s is larger than a map"
                                    : "log_map/%s is damaged: its checksum or structure is wrong",
                  name);
    }
  _walt_gzip_free (gzip);
  return TX_OK;
}

TxStatus
_walt_directory_read_map (WaltDirectory *self, size_t index, WaltMapResult *ret_result)
{
  const WaltMapFile *map = &self->maps[index];
  char name[32];
  int fd;

  *ret_result = (WaltMapResult){ 0 };
  snprintf (name, sizeof name, "%" PRIu64 "%s", map->number, map->is_raw ? "" : ".gz");
  fd = _walt_directory_open_file (self->maps_fd, name);
  if (fd < 0 && map->is_raw && errno == ENOENT)
    {
      /* Compressed since the directory was listed. */
      snprintf (name, sizeof name, "%" PRIu64 ".gz", map->number);
      fd = _walt_directory_open_file (self->maps_fd, name);
      if (fd >= 0)
        return read_packed_map (self, fd, name, ret_result);
    }
  if (fd < 0)
    {
      set_reason (ret_result, "log_map/%s cannot be opened: %s", name,
                  errno == EINVAL || errno == ELOOP ? "it is no file" : strerror (errno));
      return TX_OK;
    }
  if (!map->is_raw)
    return read_packed_map (self, fd, name, ret_result);
  read_raw_map (self, fd, name, ret_result);
  return TX_OK;
}

uint32_t
_walt_directory_read_pid (const WaltDirectory *self)
{
  int fd = _walt_directory_open_file (self->fd, "pid");
  uint8_t text[16];
  ssize_t n = fd < 0 ? 0 : read_at (fd, text, sizeof text - 1, 0);
  unsigned long long pid;

  close_file (fd);
  if (n <= 0 || text[0] < '0' || text[0] > '9')
    return 0;
  text[n] = '\0';
  pid = strtoull ((const char *) text, NULL, 10);
  return pid <= INT32_MAX ? (uint32_t) pid : 0;
}

/* ---- State ---- */

/* FNV-1a, Fowler, Noll and Vo. */
static uint64_t
hash_number (uint64_t hash, uint64_t number)
{
  for (size_t i = 0; i < 8; i++)
    hash = (hash ^ (number >> (8 * i) & 0xff)) * UINT64_C (0x100000001b3);
  return hash;
}

static uint64_t
hash_file (uint64_t hash, int dir_fd, const char *name)
{
  struct stat status;

  if (fstatat (dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return hash_number (hash, UINT64_MAX);
  hash = hash_number (hash, status.st_mode);
  hash = hash_number (hash, status.st_ino);
  hash = hash_number (hash, (uint64_t) status.st_size);
  hash = hash_number (hash, (uint64_t) status.st_mtim.tv_sec);
  return hash_number (hash, (uint64_t) status.st_mtim.tv_nsec);
}

uint64_t
_walt_directory_hash_state (const WaltDirectory *self)
{
  uint64_t hash = UINT64_C (0xcbf29ce484222325);
  char name[32];

  hash = hash_file (hash, self->fd, "log_index");
  hash = hash_file (hash, self->fd, "log_sources.tar.gz");
  hash = hash_file (hash, self->fd, "pid");
  for (size_t i = 0; i < self->n_maps; i++)
    {
      snprintf (name, sizeof name, "%" PRIu64 "%s", self->maps[i].number,
                self->maps[i].is_raw ? "" : ".gz");
      hash = hash_number (hash_file (hash, self->maps_fd, name), self->maps[i].number);
    }
  return hash;
}
