// SPDX-License-Identifier: BSD-3-Clause
// A directory that stays the one it was.
#include "tx-directory-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

/* What the descriptor stands for is not ours; no errno, for looking may fail with any of them. */
#define SOMETHING_ELSE 1

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int
_tx_directory_open (TxDirectory *self, TxOs *os, const char *path)
{
  struct stat status;
  int fd, result;

  *self = (TxDirectory){ .os = os, .fd = -1, .kept_fd = -1 };
  self->path = realpath (path, NULL);
  if (!self->path)
    return -errno;
  fd = os->open (os, AT_FDCWD, self->path, OPEN_FLAGS, 0);
  result = fd < 0 ? fd : os->get_status (os, fd, &status);
  if (result < 0)
    {
      if (fd >= 0)
        os->close (os, fd);
      _tx_directory_clear (self);
      return result;
    }
  self->fd = fd;
  self->device = status.st_dev;
  self->inode = status.st_ino;
  return 0;
}

/* 0 when @fd is the directory, and is still linked anywhere. */
static int
check_fd (const TxDirectory *self, int fd)
{
  struct stat status;
  int result = self->os->get_status (self->os, fd, &status);

  if (result < 0)
    return result;
  if (status.st_dev != self->device || status.st_ino != self->inode)
    return SOMETHING_ELSE;
  return status.st_nlink == 0 ? -ENOENT : 0;
}

static void
close_fd (TxDirectory *self, int *fd)
{
  int result = self->os && *fd >= 0 ? check_fd (self, *fd) : -EBADF;

  if (result == 0 || result == -ENOENT)
    self->os->close (self->os, *fd);
  *fd = -1;
}

void
_tx_directory_close (TxDirectory *self)
{
  close_fd (self, &self->fd);
}

void
_tx_directory_clear (TxDirectory *self)
{
  _tx_directory_close (self);
  close_fd (self, &self->kept_fd);
  free (self->path);
  self->path = NULL;
}

void
_tx_directory_hand_over (TxDirectory *self)
{
  if (_tx_os_has_own_descriptors ())
    _tx_directory_close (self);
  else
    self->kept_fd = self->fd;
  self->fd = -1;
}

/* The directory that is at @path, if it is the same. */
static int
open_same (TxDirectory *self, const char *path, int flags)
{
  int fd = self->os->open (self->os, AT_FDCWD, path, flags, 0);
  int result = fd < 0 ? fd : check_fd (self, fd);

  if (fd >= 0 && result != 0)
    self->os->close (self->os, fd);
  if (result == SOMETHING_ELSE)
    return -ESTALE;
  return result < 0 ? result : fd;
}

static int
open_again (TxDirectory *self)
{
  char path[32];
  int fd = -EBADF;

  if (self->kept_fd >= 0)
    {
      snprintf (path, sizeof path, "/proc/self/fd/%d", self->kept_fd);
      fd = open_same (self, path, OPEN_FLAGS & ~O_NOFOLLOW);
    }
  return fd >= 0 ? fd : open_same (self, self->path, OPEN_FLAGS);
}

int
_tx_directory_get_fd (TxDirectory *self)
{
  int result = self->fd >= 0 ? check_fd (self, self->fd) : -EBADF;

  if (result == 0)
    return self->fd;
  if (result != SOMETHING_ELSE && result != -EBADF)
    return result;
  self->fd = -1; /* whoever has that number now shall keep it */
  result = open_again (self);
  if (result >= 0)
    self->fd = result;
  return result;
}
