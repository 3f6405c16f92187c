// SPDX-License-Identifier: BSD-3-Clause
// Which traces to recover: those below a directory, and those whose rings are left in shared
// memory.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tx-file-private.h"
#include "tx-info-reader-private.h"
#include "tx-process-private.h"
#include "tx-recover.h"
#include "tx-ring-home-private.h"

/* A base has runs, a run has traces. */
#define DEPTH_MAX 2

static bool
is_stopped (const _Atomic bool *stop)
{
  return stop && atomic_load (stop);
}

static void
note_failure (TxRecoverStats *stats, const TxError *error)
{
  if (stats->n_failed++ == 0)
    stats->error = *error;
}

static TxRecoverResult
recover_one (const char *path, TxRecoverStats *stats)
{
  TxRecoverResult result = TX_RECOVER_WHOLE;
  uint64_t n_blocks = 0;
  TxError error = { 0 };
  TxStatus status = tx_recover_trace_until (path, stats->cut, &result, &n_blocks, &error);

  if (status < 0)
    note_failure (stats, &error);
  else if (status == TX_CANCELLED)
    result = TX_RECOVER_BUSY;
  else
    {
      stats->n_sealed += result == TX_RECOVER_SEALED;
      stats->n_alive += result == TX_RECOVER_ALIVE;
      stats->n_busy += result == TX_RECOVER_BUSY;
      stats->n_tail_missing += result == TX_RECOVER_TAIL_MISSING;
    }
  stats->n_blocks += n_blocks;
  return result;
}

/* ---- Below a directory ---- */

static bool
has_file (int dir_fd, const char *name)
{
  struct stat status;

  return fstatat (dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (status.st_mode);
}

static bool
read_info (int dir_fd, const char *name, TxInfo *ret_info)
{
  size_t size;
  char *text = _tx_file_read_text (dir_fd, name, TX_INFO_SIZE_MAX, &size);

  return text && _tx_info_parse (ret_info, text, size);
}

/* As a reader sees it: one that was cut short says nothing. */
static bool
has_end (int dir_fd)
{
  TxInfo end;
  bool is_whole;

  if (!has_file (dir_fd, TX_FILE_END) || !read_info (dir_fd, TX_FILE_END, &end))
    return false;
  is_whole = _tx_info_get (&end, "reason") && _tx_info_get (&end, "steps");
  _tx_info_clear (&end);
  return is_whole;
}

static void
walk (const char *path, int depth, const _Atomic bool *stop, TxRecoverStats *stats)
{
  DIR *directory;
  struct dirent *entry;
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0)
    {
      TxError error;

      tx_error_set_errno (&error, errno, "cannot open '%.300s'", path);
      if (depth == 0)
        note_failure (stats, &error);
      return;
    }
  if (has_file (fd, TX_FILE_INFO))
    {
      if (!has_end (fd) && !is_stopped (stop))
        recover_one (path, stats);
      close (fd);
      return;
    }
  directory = depth < DEPTH_MAX ? fdopendir (fd) : NULL;
  if (!directory)
    {
      close (fd);
      return;
    }
  while (!is_stopped (stop) && (entry = readdir (directory)))
    {
      char below[PATH_MAX];

      if (entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
          snprintf (below, sizeof below, "%s/%s", path, entry->d_name) < (int) sizeof below)
        walk (below, depth + 1, stop, stats);
    }
  closedir (directory);
}

void
tx_recover_directory (const char *directory, const _Atomic bool *stop, TxRecoverStats *stats)
{
  char *path = realpath (directory, NULL);
  TxError error;

  if (path)
    {
      walk (path, 0, stop, stats);
      free (path);
      return;
    }
  tx_error_set_errno (&error, errno, "cannot open '%.300s'", directory);
  note_failure (stats, &error);
}

/* ---- Rings ---- */

/* A boot id as /proc has it, from its 16 bytes. */
static void
format_boot_id (const uint8_t bytes[16], char ret_text[37])
{
  char *pos = ret_text;

  for (int i = 0; i < 16; i++)
    pos += sprintf (pos, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
}

static bool
may_live (const TxRingHeader *header, const TxRingHome *home)
{
  char boot_id[37];
  TxProcess process = {
    .pid = header->pid,
    .start_ticks = header->start_ticks,
    .image = home->image,
    .pid_namespace = home->pid_namespace,
    .time_namespace = home->time_namespace,
    .boot_id = boot_id,
  };

  format_boot_id (header->boot_id, boot_id);
  /* What does not say whose it is, is nobody's. */
  return header->start_ticks == 0 || _tx_process_is_alive (&process) ||
         _tx_process_may_be_elsewhere (&process);
}

/* One that is being made says nothing yet; after a minute nobody makes it any more. */
static bool
is_stillborn (const uint8_t page[TX_RING_HEADER_SIZE], const struct stat *status)
{
  static const uint8_t zeros[64];

  return memcmp (page, zeros, sizeof zeros) == 0 && time (NULL) - status->st_mtime > 60;
}

typedef enum
{
  RING_OTHER, /* not ours, or not to be understood */
  RING_STILLBORN,
  RING_GOOD,
} RingLook;

static RingLook
read_ring (int dir_fd, const char *name, TxRingHeader *ret_header, TxRingHome *ret_home)
{
  uint8_t page[TX_RING_HEADER_SIZE] = { 0 };
  struct stat status;
  int fd = _tx_file_open (dir_fd, name, &status);
  RingLook look = RING_OTHER;

  if (fd < 0 || status.st_uid != geteuid () || _tx_file_read (fd, page, sizeof page, 0) < 0)
    look = RING_OTHER;
  else if (_tx_ring_header_decode (page, ret_header) && _tx_ring_home_decode (page, ret_home))
    look = RING_GOOD;
  else if (is_stillborn (page, &status))
    look = RING_STILLBORN;
  _tx_file_close (fd);
  return look;
}

static bool
is_below (const char *path, const char *directory)
{
  size_t size = strlen (directory);

  return strncmp (path, directory, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* Another trace may have been begun where the ring's one was; what says nothing may be its own. */
static bool
is_other_trace (int fd, uint64_t trace_id)
{
  uint64_t told = trace_id;
  TxInfo info;

  if (!read_info (fd, TX_FILE_INFO, &info))
    return false;
  (void) _tx_info_get_number (&info, "trace_id", 16, &told);
  _tx_info_clear (&info);
  return told != trace_id;
}

/* Of a process that is gone: is there its trace, and does that still need the ring? */
static bool
is_needed (const char *trace, uint64_t trace_id)
{
  int fd = open (trace, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  bool is_needed;

  if (fd < 0)
    return errno != ENOENT && errno != ENOTDIR;
  is_needed = has_file (fd, TX_FILE_INFO) && !has_end (fd) && !is_other_trace (fd, trace_id);
  close (fd);
  return is_needed;
}

static void
look_at_ring (int dir_fd, const char *name, const char *below, TxRecoverStats *stats)
{
  TxRingHeader header;
  TxRingHome home;
  bool is_ours, is_unknown = false;

  switch (read_ring (dir_fd, name, &header, &home))
    {
    case RING_GOOD:
      break;
    case RING_STILLBORN:
      stats->n_rings_removed += unlinkat (dir_fd, name, 0) == 0;
      return;
    default:
      return;
    }
  if (home.directory[0] == '\0')
    return;
  is_ours = is_below (home.directory, below);
  if (may_live (&header, &home))
    {
      stats->n_alive += is_ours;
      return;
    }
  /* Sealing removes it. A trace that was begun only half does not know of its ring, or says nothing
     at all yet. */
  if (is_ours && is_needed (home.directory, header.trace_id))
    {
      TxRecoverResult result = recover_one (home.directory, stats);

      is_unknown = result == TX_RECOVER_TAIL_MISSING || result == TX_RECOVER_NO_TRACE;
    }
  if ((is_unknown || !is_needed (home.directory, header.trace_id)) &&
      unlinkat (dir_fd, name, 0) == 0)
    stats->n_rings_removed++;
}

static int
select_ring (const struct dirent *entry)
{
  const char *dot = strrchr (entry->d_name, '.');

  return dot && strcmp (dot, ".ring") == 0;
}

/* All names first: a directory that changes while it is read may leave some out. */
static void
look_at_rings (int fd, const char *below, const _Atomic bool *stop, TxRecoverStats *stats)
{
  struct dirent **entries;
  int n_entries = scandirat (fd, ".", &entries, select_ring, NULL);

  for (int i = 0; i < n_entries; i++)
    {
      if (!is_stopped (stop))
        look_at_ring (fd, entries[i]->d_name, below, stats);
      free (entries[i]);
    }
  if (n_entries >= 0)
    free (entries);
}

static void
walk_rings (const char *place, const char *below, const _Atomic bool *stop, TxRecoverStats *stats)
{
  char path[PATH_MAX];
  struct stat status;
  int fd = -1;

  if (snprintf (path, sizeof path, "%s/trackexec-%u", place, (unsigned) geteuid ()) <
      (int) sizeof path)
    fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 && fstat (fd, &status) == 0 && status.st_uid == geteuid () &&
      (status.st_mode & 077) == 0)
    look_at_rings (fd, below, stop, stats);
  _tx_file_close (fd);
}

void
tx_recover_rings (const char *ring_dir,
                  const char *below,
                  const _Atomic bool *stop,
                  TxRecoverStats *stats)
{
  char place[PATH_MAX];
  const char *runtime = secure_getenv ("RUNTIME_DIRECTORY");
  size_t size = runtime ? strcspn (runtime, ":") : 0;
  char *path = realpath (below, NULL);

  if (!path)
    return;
  if (ring_dir)
    walk_rings (ring_dir, path, stop, stats);
  else
    {
      if (size > 0 && size < sizeof place)
        {
          snprintf (place, sizeof place, "%.*s", (int) size, runtime);
          walk_rings (place, path, stop, stats);
        }
      walk_rings ("/dev/shm", path, stop, stats);
    }
  free (path);
}
