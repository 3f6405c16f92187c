// SPDX-License-Identifier: BSD-3-Clause
// A disk that hangs, to be preloaded into a program: as long as the file SLOW_DISK_FLAG exists, calls
// that touch files below the directory SLOW_DISK sleep, as they do on a dead disk; for 60 s at most.
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__ ((visibility ("default")))

/* The real one, found once. */
#define REAL(name)                                                                                 \
  static __typeof__ (name) *real;                                                                  \
  if (!real)                                                                                       \
  real = (__typeof__ (name) *) dlsym (RTLD_NEXT, #name)

static void
wait_for_disk (void)
{
  const char *flag = getenv ("SLOW_DISK_FLAG");

  for (int i = 0; flag && i < 1200 && access (flag, F_OK) == 0; i++)
    nanosleep (&(struct timespec){ .tv_nsec = 50000000 }, NULL);
}

static int
is_below (const char *path)
{
  const char *disk = getenv ("SLOW_DISK");

  return disk && strncmp (path, disk, strlen (disk)) == 0;
}

static void
touch_fd (int fd)
{
  char link[64];
  char path[PATH_MAX];
  ssize_t size;

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  size = readlink (link, path, sizeof path - 1);
  if (size < 0)
    return;
  path[size] = '\0';
  if (is_below (path))
    wait_for_disk ();
}

static void
touch_path (int dir_fd, const char *path)
{
  if (path[0] == '/' && is_below (path))
    wait_for_disk ();
  else if (path[0] != '/' && dir_fd >= 0)
    touch_fd (dir_fd);
}

static mode_t
get_mode (int flags, va_list arguments)
{
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg (arguments, mode_t) : 0;
}

EXPORT int
openat (int dir_fd, const char *path, int flags, ...)
{
  REAL (openat);
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = get_mode (flags, arguments);
  va_end (arguments);
  touch_path (dir_fd, path);
  return real (dir_fd, path, flags, mode);
}

EXPORT int
openat64 (int dir_fd, const char *path, int flags, ...)
{
  REAL (openat64);
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = get_mode (flags, arguments);
  va_end (arguments);
  touch_path (dir_fd, path);
  return real (dir_fd, path, flags, mode);
}

EXPORT ssize_t
pwrite (int fd, const void *bytes, size_t size, off_t offset)
{
  REAL (pwrite);

  touch_fd (fd);
  return real (fd, bytes, size, offset);
}

EXPORT ssize_t
pwrite64 (int fd, const void *bytes, size_t size, off64_t offset)
{
  REAL (pwrite64);

  touch_fd (fd);
  return real (fd, bytes, size, offset);
}

EXPORT int
fdatasync (int fd)
{
  REAL (fdatasync);

  touch_fd (fd);
  return real (fd);
}

EXPORT int
fsync (int fd)
{
  REAL (fsync);

  touch_fd (fd);
  return real (fd);
}

EXPORT int
mkdirat (int dir_fd, const char *path, mode_t mode)
{
  REAL (mkdirat);

  touch_path (dir_fd, path);
  return real (dir_fd, path, mode);
}

EXPORT int
unlinkat (int dir_fd, const char *path, int flags)
{
  REAL (unlinkat);

  touch_path (dir_fd, path);
  return real (dir_fd, path, flags);
}
