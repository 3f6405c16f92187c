// SPDX-License-Identifier: BSD-3-Clause
#include "refusals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

static RefusalKind refused;
static long n_until = -1; /* below 0: none is refused */

void
refusal_begin (RefusalKind kind, long n)
{
  refused = kind;
  n_until = n;
}

bool
refusal_end (void)
{
  bool was_refused = n_until < 0;

  n_until = -1;
  return was_refused;
}

static bool
refuses (RefusalKind kind, int error)
{
  if (kind != refused || n_until < 0 || n_until-- > 0)
    return false;
  errno = error;
  return true;
}

/* The linker puts these in place of the libraries' calls. */
#define WRAP(type, name, arguments)                                                                \
  type __real_##name arguments;                                                                    \
  type __wrap_##name arguments;                                                                    \
  type __wrap_##name arguments

WRAP (int, open64, (const char *path, int flags, ...))
{
  return refuses (REFUSAL_OPEN, EMFILE) ? -1 : __real_open64 (path, flags, 0600);
}

WRAP (int, openat64, (int fd, const char *path, int flags, ...))
{
  mode_t mode = 0;

  if (flags & O_CREAT)
    {
      va_list args;

      va_start (args, flags);
      mode = va_arg (args, mode_t);
      va_end (args);
    }
  return refuses (REFUSAL_OPEN, EMFILE) ? -1 : __real_openat64 (fd, path, flags, mode);
}

WRAP (int, fstat64, (int fd, struct stat *status))
{
  int result;

  if (refuses (REFUSAL_STATUS, EIO))
    return -1;
  result = __real_fstat64 (fd, status);
  if (result == 0 && refuses (REFUSAL_KIND, 0))
    status->st_mode = S_IFIFO | 0600;
  return result;
}

WRAP (ssize_t, pread64, (int fd, void *bytes, size_t size, off_t offset))
{
  return refuses (REFUSAL_READ, EIO) || refuses (REFUSAL_INTERRUPT, EINTR)
             ? -1
             : __real_pread64 (fd, bytes, size, offset);
}

WRAP (ssize_t, read, (int fd, void *bytes, size_t size))
{
  return refuses (REFUSAL_READ, EIO) || refuses (REFUSAL_INTERRUPT, EINTR)
             ? -1
             : __real_read (fd, bytes, size);
}

WRAP (off_t, lseek64, (int fd, off_t offset, int whence))
{
  return refuses (REFUSAL_SEEK, EINVAL) ? -1 : __real_lseek64 (fd, offset, whence);
}

WRAP (DIR *, fdopendir, (int fd))
{
  return refuses (REFUSAL_LIST, EIO) ? NULL : __real_fdopendir (fd);
}

WRAP (int, mkdir, (const char *path, mode_t mode))
{
  return refuses (REFUSAL_MAKE, EACCES) ? -1 : __real_mkdir (path, mode);
}

WRAP (char *, mkdtemp, (char *path))
{
  return refuses (REFUSAL_MAKE, EACCES) ? NULL : __real_mkdtemp (path);
}

WRAP (int, rename, (const char *from, const char *to))
{
  return refuses (REFUSAL_MAKE, EACCES) ? -1 : __real_rename (from, to);
}

WRAP (int, flock, (int fd, int how))
{
  return refuses (REFUSAL_LOCK, EWOULDBLOCK) ? -1 : __real_flock (fd, how);
}
