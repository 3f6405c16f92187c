// SPDX-License-Identifier: BSD-3-Clause
// Appending to a file whose descriptor may have been taken away.
#include "tx-output-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* What the descriptor stands for is not ours; no errno, for looking may fail with any of them. */
#define SOMETHING_ELSE 1

/* 0 when @fd is the file, and still in some directory: what is written to a removed one is lost. */
static int
check_fd (const TxOutput *self, int fd)
{
  struct stat status;
  int result = self->directory->os->get_status (self->directory->os, fd, &status);

  if (result < 0)
    return result;
  if (status.st_dev != self->device || status.st_ino != self->inode)
    return SOMETHING_ELSE;
  return status.st_nlink == 0 ? -ENOENT : 0;
}

int
_tx_output_create (TxOutput *self, TxDirectory *directory, const char *name)
{
  TxOs *os = directory->os;
  struct stat status;
  int dir_fd, result;

  *self = (TxOutput){ .directory = directory, .fd = -1 };
  snprintf (self->name, sizeof self->name, "%s", name);
  dir_fd = _tx_directory_get_fd (directory);
  if (dir_fd < 0)
    return dir_fd;
  self->fd =
      os->open (os, dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (self->fd < 0)
    return self->fd;
  /* Whatever the umask is. */
  result = os->set_mode (os, self->fd, 0600);
  if (result == 0)
    result = os->get_status (os, self->fd, &status);
  if (result < 0)
    {
      os->close (os, self->fd);
      os->unlink (os, dir_fd, name);
      self->fd = -1;
      return result;
    }
  self->is_created = true;
  self->device = status.st_dev;
  self->inode = status.st_ino;
  return 0;
}

/* The descriptor, which is ours: as it was, or opened again. */
static int
get_fd (TxOutput *self)
{
  TxOs *os = self->directory->os;
  int result = self->fd >= 0 ? check_fd (self, self->fd) : -EBADF;
  int dir_fd, fd;

  if (result == 0)
    return self->fd;
  if (result != SOMETHING_ELSE && result != -EBADF)
    return result;
  self->fd = -1; /* whoever has that number now shall keep it */
  dir_fd = _tx_directory_get_fd (self->directory);
  if (dir_fd < 0)
    return dir_fd;
  fd = os->open (os, dir_fd, self->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd < 0)
    return fd;
  result = check_fd (self, fd);
  if (result != 0)
    {
      os->close (os, fd);
      return result == SOMETHING_ELSE ? -ESTALE : result;
    }
  self->fd = fd;
  return fd;
}

int
_tx_output_append (TxOutput *self, const void *bytes, size_t size_bytes)
{
  TxOs *os = self->directory->os;
  const uint8_t *pos = bytes;
  size_t done = 0;
  int fd = get_fd (self);

  if (fd < 0)
    return fd;
  while (done < size_bytes)
    {
      int64_t size = os->write_at (os, fd, pos + done, size_bytes - done, self->offset + done);

      if (size <= 0)
        {
          if (done > self->written)
            self->written = done;
          return size < 0 ? (int) size : -EIO;
        }
      done += (size_t) size;
    }
  self->offset += size_bytes;
  self->written = 0;
  self->is_dirty = true;
  return 0;
}

void
_tx_output_skip (TxOutput *self, uint32_t unit)
{
  self->offset += (self->written + unit - 1) / unit * unit;
  self->written = 0;
}

int
_tx_output_sync (TxOutput *self)
{
  int fd;

  if (!self->is_dirty)
    return 0;
  self->is_dirty = false;
  fd = get_fd (self);
  return fd < 0 ? fd : self->directory->os->sync (self->directory->os, fd);
}

void
_tx_output_close (TxOutput *self)
{
  if (self->directory && self->fd >= 0)
    {
      int result = check_fd (self, self->fd);

      if (result == 0 || result == -ENOENT)
        self->directory->os->close (self->directory->os, self->fd);
    }
  self->fd = -1;
}

void
_tx_output_remove (TxOutput *self)
{
  int dir_fd;

  if (!self->directory || !self->is_created)
    return;
  _tx_output_close (self);
  dir_fd = _tx_directory_get_fd (self->directory);
  /* It was just created through that descriptor. */
  if (dir_fd < 0)
    dir_fd = self->directory->fd;
  if (dir_fd >= 0)
    self->directory->os->unlink (self->directory->os, dir_fd, self->name);
}

int
_tx_output_write_file (TxDirectory *directory,
                       const char *name,
                       const void *bytes,
                       size_t size_bytes)
{
  TxOutput output;
  int result = _tx_output_create (&output, directory, name);

  if (result < 0)
    return result;
  result = _tx_output_append (&output, bytes, size_bytes);
  if (result < 0)
    _tx_output_remove (&output);
  else
    _tx_output_close (&output);
  return result;
}
