// SPDX-License-Identifier: BSD-3-Clause
// Tells what a directory given by a user is: by the `info` file of traces, and by what lies below.
// Opens nothing for writing and reads no file's content.
#include "replay-path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replay-convert.h"

/* More processes in one run, or runs in a base directory, than anyone can choose from. */
#define ENTRIES_MAX 100000u

static char *
join (const char *directory, const char *name)
{
  size_t length = strlen (directory);
  const char *separator = length > 0 && directory[length - 1] == '/' ? "" : "/";
  char *path = NULL;

  return asprintf (&path, "%s%s%s", directory, separator, name) < 0 ? NULL : path;
}

/* A trace is a directory with a regular file `info`; or it can be made one of what is there. */
static bool
is_trace (const char *directory)
{
  struct stat status;
  char *info = join (directory, "info");
  bool found = info && lstat (info, &status) == 0 && S_ISREG (status.st_mode);

  free (info);
  return found || replay_convert_is_needed (directory);
}

/* The last part of @directory with its slashes at the end left out. */
static char *
dup_last_part (const char *directory)
{
  char *resolved = realpath (directory, NULL);
  const char *path = resolved ? resolved : directory;
  const char *slash = strrchr (path, '/');
  char *name = strdup (slash && slash[1] ? slash + 1 : path);

  free (resolved);
  return name;
}

static bool
add_trace (ReplayPath *self, const char *directory)
{
  ReplayPathTrace *traces = realloc (self->traces, (self->n_traces + 1) * sizeof *traces);
  ReplayPathTrace trace;

  if (!traces)
    return false;
  self->traces = traces;
  trace = (ReplayPathTrace){ strdup (directory), dup_last_part (directory) };
  if (!trace.directory || !trace.name)
    {
      free (trace.directory);
      free (trace.name);
      return false;
    }
  traces[self->n_traces++] = trace;
  return true;
}

static int
compare_traces (const void *a, const void *b)
{
  return strcmp (((const ReplayPathTrace *) a)->name, ((const ReplayPathTrace *) b)->name);
}

/* Adds the traces in @run. False with errno when it can't be read or without memory. */
static bool
add_traces_of_run (ReplayPath *self, const char *run)
{
  DIR *stream = opendir (run);
  struct dirent *entry;
  bool is_complete = stream != NULL;

  while (is_complete && self->n_traces < ENTRIES_MAX && (entry = readdir (stream)))
    {
      char *directory;

      if (entry->d_name[0] == '.')
        continue;
      directory = join (run, entry->d_name);
      is_complete = directory && (!is_trace (directory) || add_trace (self, directory));
      free (directory);
    }
  if (stream)
    closedir (stream);
  if (self->n_traces > 1)
    qsort (self->traces, self->n_traces, sizeof *self->traces, compare_traces);
  return is_complete;
}

/* A directory that holds traces. */
static bool
is_run (const char *directory)
{
  ReplayPath probe = { 0 };
  bool found = add_traces_of_run (&probe, directory) && probe.n_traces > 0;

  for (size_t i = 0; i < probe.n_traces; i++)
    {
      free (probe.traces[i].directory);
      free (probe.traces[i].name);
    }
  free (probe.traces);
  return found;
}

/*
 * The run to look into: `latest`, else (a copied tree may have lost the link) the one whose name,
 * a time of start, sorts last. NULL when there is none.
 */
static char *
find_newest_run (const char *base)
{
  char *newest = join (base, "latest");
  struct dirent **entries;
  int n_entries;

  if (newest && is_run (newest))
    return newest;
  free (newest);
  newest = NULL;
  n_entries = scandir (base, &entries, NULL, alphasort);
  for (int i = n_entries - 1; i >= 0; i--)
    {
      if (!newest && entries[i]->d_name[0] != '.')
        {
          char *run = join (base, entries[i]->d_name);

          if (run && is_run (run))
            newest = run;
          else
            free (run);
        }
      free (entries[i]);
    }
  if (n_entries >= 0)
    free (entries);
  return newest;
}

static bool
set_run (ReplayPath *self, ReplayPathKind kind, const char *run)
{
  self->kind = kind;
  self->run_directory = strdup (run);
  return self->run_directory != NULL;
}

/* Fills in @self; TX_END when there is no trace. */
static TxStatus
look (ReplayPath *self, const char *directory)
{
  char *newest;
  bool is_done;

  if (is_trace (directory))
    return set_run (self, REPLAY_PATH_TRACE, "") && add_trace (self, directory) ? TX_OK
                                                                                : TX_ERROR_MEMORY;
  if (!add_traces_of_run (self, directory))
    return TX_ERROR_MEMORY;
  if (self->n_traces > 0)
    return set_run (self, REPLAY_PATH_RUN, directory) ? TX_OK : TX_ERROR_MEMORY;
  newest = find_newest_run (directory);
  if (!newest)
    return TX_END;
  is_done = set_run (self, REPLAY_PATH_BASE, newest) && add_traces_of_run (self, newest);
  free (newest);
  return is_done ? TX_OK : TX_ERROR_MEMORY;
}

TxStatus
replay_path_resolve (const char *directory, ReplayPath **ret_path, TxError *error)
{
  DIR *stream = opendir (directory);
  ReplayPath *path;
  TxStatus status;

  if (!stream)
    return tx_error_set_errno (error, errno, "cannot open '%s'", directory);
  closedir (stream);
  path = calloc (1, sizeof *path);
  status = path ? look (path, directory) : TX_ERROR_MEMORY;
  if (status == TX_OK)
    {
      *ret_path = path;
      return TX_OK;
    }
  replay_path_free (path);
  if (status == TX_END)
    return tx_error_set (
        error, TX_ERROR_NOT_TRACE,
        "cannot open '%s': there is no recording in it, nor in the directories below "
        "(give a trace, a run or a base directory)",
        directory);
  return tx_error_set (error, status, "cannot open '%s': out of memory", directory);
}

void
replay_path_free (ReplayPath *self)
{
  if (!self)
    return;
  for (size_t i = 0; i < self->n_traces; i++)
    {
      free (self->traces[i].directory);
      free (self->traces[i].name);
    }
  free (self->traces);
  free (self->run_directory);
  free (self);
}
