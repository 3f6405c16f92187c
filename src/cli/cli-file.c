// SPDX-License-Identifier: BSD-3-Clause
// CliFile: a temporary file beside the one that is to be replaced.
#include "cli-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The one that mkostemp() gives 0600; a new file gets what any program's would. */
static mode_t
get_new_mode (void)
{
  mode_t mask = umask (0);

  umask (mask);
  return 0666 & ~mask;
}

static TxStatus
open_temporary (CliFile *self, mode_t mode, TxError *error)
{
  if (asprintf (&self->temporary, "%s.XXXXXX", self->path) < 0)
    {
      self->temporary = NULL;
      return tx_error_set (error, TX_ERROR_MEMORY, "cannot write '%.200s': out of memory",
                           self->path);
    }
  self->fd = mkostemp (self->temporary, O_CLOEXEC);
  if (self->fd < 0)
    {
      free (self->temporary);
      self->temporary = NULL;
      return tx_error_set_errno (error, errno, "cannot write '%.200s'", self->path);
    }
  (void) fchmod (self->fd, mode); /* a file system without modes is no reason not to write */
  return TX_OK;
}

TxStatus
cli_file_open (CliFile *self, const char *path, TxError *error)
{
  struct stat status;
  bool exists = stat (path, &status) == 0;

  *self = (CliFile){ .fd = -1 };
  if (exists && !S_ISREG (status.st_mode))
    {
      self->fd = open (path, O_WRONLY | O_CLOEXEC);
      return self->fd >= 0 ? TX_OK
                           : tx_error_set_errno (error, errno, "cannot write '%.200s'", path);
    }
  self->path = exists ? realpath (path, NULL) : strdup (path);
  if (self->path == NULL)
    return tx_error_set_errno (error, errno, "cannot write '%.200s'", path);
  return open_temporary (self, exists ? status.st_mode & 07777 : get_new_mode (), error);
}

TxStatus
cli_file_commit (CliFile *self, TxError *error)
{
  if (self->temporary == NULL)
    return TX_OK;
  /* The content before the name: after a crash of the machine one finds the one file or the other.
   */
  if (fsync (self->fd) != 0 || rename (self->temporary, self->path) != 0)
    return tx_error_set_errno (error, errno, "cannot write '%.200s'", self->path);
  free (self->temporary);
  self->temporary = NULL;
  return TX_OK;
}

void
cli_file_discard (CliFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->temporary != NULL)
    unlink (self->temporary);
  free (self->temporary);
  free (self->path);
  *self = (CliFile){ .fd = -1 };
}
