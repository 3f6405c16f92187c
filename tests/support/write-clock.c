// SPDX-License-Identifier: BSD-3-Clause
// What a program had computed when it wrote to its terminal, to be preloaded into it: for each
// write to descriptor 1 a record in the file WRITE_CLOCK, of the bytes written and the nanoseconds
// of processor time until then.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__ ((visibility ("default")))

EXPORT ssize_t
write (int fd, const void *bytes, size_t size)
{
  static ssize_t (*real) (int, const void *, size_t);
  static int file = -1;
  uint64_t record[2];
  struct timespec now;
  ssize_t written;

  if (!real)
    {
      const char *path = getenv ("WRITE_CLOCK");

      real = (ssize_t (*) (int, const void *, size_t)) dlsym (RTLD_NEXT, "write");
      file = path ? open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    }
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  written = real (fd, bytes, size);
  if (fd != STDOUT_FILENO || file < 0 || written <= 0)
    return written;
  record[0] = (uint64_t) written;
  record[1] = (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
  return real (file, record, sizeof record) == sizeof record ? written : -1;
}
