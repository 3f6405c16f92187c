// SPDX-License-Identifier: BSD-3-Clause
// Files as the reader opens and reads them.
#include "tx-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int
_tx_file_open (int dir_fd, const char *name, struct stat *ret_stat)
{
  struct stat st;
  int fd;

  /* Opening some devices does something (rewinds a tape, arms a watchdog): look before. */
  if (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return -1;
  if (!S_ISREG (st.st_mode))
    {
      errno = S_ISLNK (st.st_mode) ? ELOOP : EINVAL;
      return -1;
    }
  /* It may be another one by now: a FIFO must not make us wait for whoever planted it. */
  fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return -1;
  if (fstat (fd, &st) != 0 || !S_ISREG (st.st_mode))
    {
      close (fd);
      errno = EINVAL;
      return -1;
    }
  if (ret_stat)
    *ret_stat = st;
  return fd;
}

void
_tx_file_close (int fd)
{
  int saved_errno = errno;

  if (fd >= 0)
    close (fd);
  errno = saved_errno;
}

uint64_t
_tx_file_get_size (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 && st.st_size > 0 ? (uint64_t) st.st_size : 0;
}

ssize_t
_tx_file_read (int fd, void *bytes, size_t size_bytes, uint64_t offset)
{
  size_t done = 0;

  if (offset > INT64_MAX || size_bytes > INT64_MAX - offset)
    {
      errno = EOVERFLOW;
      return -1;
    }
  while (done < size_bytes)
    {
      ssize_t n = pread (fd, (char *) bytes + done, size_bytes - done, (off_t) (offset + done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && done == 0)
        return -1;
      if (n <= 0)
        break;
      done += (size_t) n;
    }
  return (ssize_t) done;
}

char *
_tx_file_read_text (int dir_fd, const char *name, size_t size_max, size_t *ret_size_bytes)
{
  int fd = _tx_file_open (dir_fd, name, NULL);
  uint64_t size;
  ssize_t n = -1;
  char *text;

  if (fd < 0)
    return NULL;
  size = _tx_file_get_size (fd);
  if (size > size_max)
    size = size_max;
  text = malloc (size + 1);
  if (text)
    n = _tx_file_read (fd, text, size, 0);
  _tx_file_close (fd);
  if (n < 0)
    {
      free (text);
      return NULL;
    }
  text[n] = '\0';
  *ret_size_bytes = (size_t) n;
  return text;
}

uint64_t
_tx_file_skip_hole (int fd, uint64_t offset)
{
#ifdef SEEK_DATA
  off_t data = offset <= INT64_MAX ? lseek (fd, (off_t) offset, SEEK_DATA) : -1;

  if (data >= 0)
    return (uint64_t) data;
  if (errno == ENXIO)
    return UINT64_MAX;
#endif
  return offset;
}
