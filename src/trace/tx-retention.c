// SPDX-License-Identifier: BSD-3-Clause
// Removing old runs. Each is looked through first, and removed only if every name in it is one that
// the writer makes and every process of it is gone.
#include "tx-retention.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tx-buffer-private.h"
#include "tx-file-private.h"
#include "tx-format-private.h"
#include "tx-info-reader-private.h"
#include "tx-process-private.h"

#define OPEN_FLAGS    (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define RUN_NAME_SIZE 13u

/* ---- Directories ---- */

/* Calls @each for each entry until one returns false; whether all have returned true. */
static bool
for_each (int dir_fd, bool (*each) (int dir_fd, const char *name, void *data), void *data)
{
  int fd = openat (dir_fd, ".", OPEN_FLAGS);
  DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;
  struct dirent *entry;
  bool is_good = directory != NULL;

  if (!directory)
    {
      if (fd >= 0)
        close (fd);
      return false;
    }
  while (is_good && (entry = readdir (directory)))
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      is_good = each (dir_fd, entry->d_name, data);
  closedir (directory);
  return is_good;
}

/* A directory of ours; -1 for anything else. */
static int
open_ours (int dir_fd, const char *name)
{
  int fd = openat (dir_fd, name, OPEN_FLAGS);
  struct stat status;

  if (fd >= 0 && (fstat (fd, &status) != 0 || status.st_uid != geteuid ()))
    {
      close (fd);
      fd = -1;
    }
  return fd;
}

/* ---- Looking a run through ---- */

static bool
has_number_behind (const char *name, const char *prefix)
{
  size_t size = strlen (prefix);

  return strncmp (name, prefix, size) == 0 && name[size] != '\0' &&
         strspn (name + size, "0123456789") == strlen (name + size);
}

static bool
is_trace_file (const char *name)
{
  static const char *const names[] = { TX_FILE_PID,     TX_FILE_INFO, TX_FILE_CATALOG,
                                       TX_FILE_SOURCES, TX_FILE_END,  TX_FILE_RING };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (name, names[i]) == 0)
      return true;
  return has_number_behind (name, "blocks.") || has_number_behind (name, "index.") ||
         has_number_behind (name, "digests.");
}

static bool
look_at_file (int dir_fd, const char *name, void *data)
{
  time_t *newest = data;
  struct stat status;

  if (!is_trace_file (name) || fstatat (dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG (status.st_mode))
    return false;
  if (status.st_mtime > *newest)
    *newest = status.st_mtime;
  return true;
}

/* Whether the process of the trace may still write. What does not say whose it is may. */
static bool
may_live (int trace_fd)
{
  TxProcess process;
  TxInfo info;
  size_t size;
  char *text = _tx_file_read_text (trace_fd, TX_FILE_INFO, TX_INFO_SIZE_MAX, &size);
  bool is_alive;

  if (!text || !_tx_info_parse (&info, text, size))
    return true;
  process = _tx_info_get_process (&info);
  is_alive = process.pid == 0 || _tx_process_is_alive (&process) ||
             _tx_process_may_be_elsewhere (&process);
  _tx_info_clear (&info);
  return is_alive;
}

static bool
is_ended (int trace_fd)
{
  return faccessat (trace_fd, TX_FILE_END, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
look_at_trace (int run_fd, const char *name, void *data)
{
  int fd = open_ours (run_fd, name);
  bool is_removable;

  if (fd < 0)
    return false;
  is_removable = for_each (fd, look_at_file, data) && (is_ended (fd) || !may_live (fd));
  close (fd);
  return is_removable;
}

/* ---- Removing ---- */

/* `info` goes last: what is left of a removal that was cut short is a trace, and goes next time. */
static bool
remove_file (int dir_fd, const char *name, void *data)
{
  return strcmp (name, TX_FILE_INFO) == 0 || unlinkat (dir_fd, name, 0) == 0;
}

/* Looked at once more: since the run was looked through another process may have joined it. What
 * may be removed stays so. */
static bool
remove_trace (int run_fd, const char *name, void *data)
{
  time_t newest = 0;
  int fd = look_at_trace (run_fd, name, &newest) ? open_ours (run_fd, name) : -1;
  bool is_gone;

  if (fd < 0)
    return false;
  is_gone = for_each (fd, remove_file, NULL) && unlinkat (fd, TX_FILE_INFO, 0) == 0;
  close (fd);
  return is_gone && unlinkat (run_fd, name, AT_REMOVEDIR) == 0;
}

/* ---- Runs ---- */

typedef struct
{
  char name[RUN_NAME_SIZE + 1];
} Run;

typedef struct
{
  Run *runs; /* owned */
  size_t n_runs, capacity;
  char latest[RUN_NAME_SIZE + 1]; /* "" unknown */
} Runs;

static bool
is_run_name (const char *name)
{
  for (unsigned i = 0; i < RUN_NAME_SIZE; i++)
    if (i == 6 ? name[i] != '-' : !isdigit ((unsigned char) name[i]))
      return false;
  return name[RUN_NAME_SIZE] == '\0';
}

static bool
add_run (int dir_fd, const char *name, void *data)
{
  Runs *self = data;

  if (!is_run_name (name))
    return true;
  if (!TX_ARRAY_RESERVE (self->runs, self->capacity, self->n_runs + 1))
    return false;
  memcpy (self->runs[self->n_runs++].name, name, sizeof self->runs->name);
  return true;
}

static int
compare_runs (const void *a, const void *b)
{
  return strcmp (((const Run *) a)->name, ((const Run *) b)->name);
}

static void
read_latest (Runs *self, int base_fd)
{
  ssize_t size = readlinkat (base_fd, "latest", self->latest, RUN_NAME_SIZE);

  self->latest[size > 0 ? size : 0] = '\0';
}

/* Whether it was removed. @is_surplus: whatever its age. */
static bool
try_run (int base_fd, const Run *run, bool is_surplus, uint64_t max_age_ns)
{
  int fd = open_ours (base_fd, run->name);
  time_t newest = 0;
  bool is_removable;

  if (fd < 0)
    return false;
  is_removable = for_each (fd, look_at_trace, &newest) && newest > 0;
  if (!is_surplus)
    is_removable =
        is_removable && max_age_ns > 0 && time (NULL) - newest > (time_t) (max_age_ns / 1000000000);
  if (is_removable)
    (void) for_each (fd, remove_trace, NULL);
  close (fd);
  return is_removable && unlinkat (base_fd, run->name, AT_REMOVEDIR) == 0;
}

unsigned
tx_retention_remove_runs (const char *base,
                          uint64_t keep_runs,
                          uint64_t max_age_ns,
                          const _Atomic bool *stop)
{
  int base_fd = open (base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  unsigned n_removed = 0;
  Runs self = { 0 };

  if (base_fd < 0)
    return 0;
  (void) for_each (base_fd, add_run, &self);
  read_latest (&self, base_fd);
  if (self.n_runs)
    qsort (self.runs, self.n_runs, sizeof *self.runs, compare_runs);
  for (size_t i = 0; i < self.n_runs && !(stop && atomic_load (stop)); i++)
    if (strcmp (self.runs[i].name, self.latest) != 0)
      n_removed += try_run (base_fd, &self.runs[i], self.n_runs - i > keep_runs, max_age_ns);
  free (self.runs);
  close (base_fd);
  return n_removed;
}
