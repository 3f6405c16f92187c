// SPDX-License-Identifier: BSD-3-Clause
// The real system behind TxOs.
#include "tx-os-private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* LZ4 keeps 16 KiB on the stack; the rest is for sanitizers and the C library. */
#define THREAD_STACK_SIZE (512u * 1024u)

/* The numbers below are the standard streams', also of a process that was begun without them: what
 * anybody prints there shall not come into a file of ours. */
#define FD_MIN 3

static int
move_from_streams (int fd)
{
  int moved;

  if (fd >= FD_MIN)
    return fd;
  moved = fcntl (fd, F_DUPFD_CLOEXEC, FD_MIN);
  if (moved < 0)
    moved = -errno;
  close (fd);
  return moved;
}

static int
os_open (TxOs *self, int dir_fd, const char *path, int flags, mode_t mode)
{
  int fd;

  do
    fd = openat (dir_fd, path, flags, mode);
  while (fd < 0 && errno == EINTR);
  return fd < 0 ? -errno : move_from_streams (fd);
}

static int
os_close (TxOs *self, int fd)
{
  return close (fd) < 0 ? -errno : 0;
}

static int
os_make_directory (TxOs *self, const char *path, mode_t mode)
{
  return mkdir (path, mode) < 0 ? -errno : 0;
}

static int
os_get_status (TxOs *self, int fd, struct stat *ret_status)
{
  return fstat (fd, ret_status) < 0 ? -errno : 0;
}

static int
os_set_mode (TxOs *self, int fd, mode_t mode)
{
  return fchmod (fd, mode) < 0 ? -errno : 0;
}

static int
os_allocate (TxOs *self, int fd, uint64_t offset, uint64_t size_bytes)
{
  int status;

  do
    status = posix_fallocate (fd, (off_t) offset, (off_t) size_bytes);
  while (status == EINTR);
  return -status;
}

static int
os_release (TxOs *self, int fd, uint64_t offset, uint64_t size_bytes)
{
  return fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) offset,
                    (off_t) size_bytes) < 0
             ? -errno
             : 0;
}

static int
os_resize (TxOs *self, int fd, uint64_t size_bytes)
{
  int status;

  do
    status = ftruncate (fd, (off_t) size_bytes);
  while (status < 0 && errno == EINTR);
  return status < 0 ? -errno : 0;
}

static int
os_map (TxOs *self, int fd, size_t size_bytes, void **ret_memory)
{
  int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void *memory = mmap (NULL, size_bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

  if (memory == MAP_FAILED)
    return -errno;
  *ret_memory = memory;
  return 0;
}

static int64_t
os_write_at (TxOs *self, int fd, const void *bytes, size_t size_bytes, uint64_t offset)
{
  ssize_t size;

  do
    size = pwrite (fd, bytes, size_bytes, (off_t) offset);
  while (size < 0 && errno == EINTR);
  return size < 0 ? -errno : size;
}

static int64_t
os_read_at (TxOs *self, int fd, void *bytes, size_t size_bytes, uint64_t offset)
{
  ssize_t size;

  do
    size = pread (fd, bytes, size_bytes, (off_t) offset);
  while (size < 0 && errno == EINTR);
  return size < 0 ? -errno : size;
}

static int
os_sync (TxOs *self, int fd)
{
  /* Not again after EINTR or anything else: pages whose writing failed count as clean then. */
  return fdatasync (fd) < 0 ? -errno : 0;
}

static int
os_get_space (TxOs *self, int fd, TxSpace *ret_space)
{
  struct statvfs status;

  if (fstatvfs (fd, &status) < 0)
    return -errno;
  ret_space->free_bytes = (uint64_t) status.f_bavail * status.f_frsize;
  ret_space->total_bytes = (uint64_t) status.f_blocks * status.f_frsize;
  return 0;
}

static int
os_unlink (TxOs *self, int dir_fd, const char *path)
{
  return unlinkat (dir_fd, path, 0) < 0 ? -errno : 0;
}

static int
os_get_random (TxOs *self, void *bytes, size_t size_bytes)
{
  ssize_t size = getrandom (bytes, size_bytes, GRND_NONBLOCK);

  return size == (ssize_t) size_bytes ? 0 : -EAGAIN;
}

static int
os_start_thread (TxOs *self, void *(*run) (void *), void *data, uint64_t *ret_thread)
{
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  int status;

  status = pthread_attr_init (&attributes);
  if (status != 0)
    return -status;
  pthread_attr_setstacksize (&attributes, THREAD_STACK_SIZE);
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  status = pthread_create (&thread, &attributes, run, data);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  pthread_attr_destroy (&attributes);
  if (status != 0)
    return -status;
  pthread_setname_np (thread, "trackexec");
  *ret_thread = (uint64_t) thread;
  return 0;
}

TxOs *
_tx_os_get_default (void)
{
  static TxOs os = {
    .open = os_open,
    .close = os_close,
    .make_directory = os_make_directory,
    .get_status = os_get_status,
    .set_mode = os_set_mode,
    .allocate = os_allocate,
    .release = os_release,
    .resize = os_resize,
    .map = os_map,
    .write_at = os_write_at,
    .read_at = os_read_at,
    .sync = os_sync,
    .get_space = os_get_space,
    .unlink = os_unlink,
    .get_random = os_get_random,
    .start_thread = os_start_thread,
  };

  return &os;
}

void
_tx_os_begin_files (sigset_t *ret_before)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGXFSZ);
  pthread_sigmask (SIG_BLOCK, &set, ret_before);
}

void
_tx_os_end_files (const sigset_t *before)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGXFSZ);
  /* One that we have caused is pending for this thread alone. One that was blocked before may be
     somebody's who waits for it. */
  if (!sigismember (before, SIGXFSZ))
    while (sigtimedwait (&set, NULL, &(struct timespec){ 0 }) > 0)
      ;
  pthread_sigmask (SIG_SETMASK, before, NULL);
}

static int64_t
get_clock_ns (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
_tx_os_get_mono_ns (void)
{
  return get_clock_ns (CLOCK_MONOTONIC);
}

int64_t
_tx_os_get_real_ns (void)
{
  return get_clock_ns (CLOCK_REALTIME);
}

int64_t
_tx_os_get_thread_cpu_ns (void)
{
  return get_clock_ns (CLOCK_THREAD_CPUTIME_ID);
}

void
_tx_os_wait (_Atomic uint32_t *word, uint32_t value, int64_t timeout_ns)
{
  struct timespec timeout = {
    .tv_sec = timeout_ns / 1000000000,
    .tv_nsec = timeout_ns % 1000000000,
  };

  syscall (SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout_ns < 0 ? NULL : &timeout, NULL, 0);
}

void
_tx_os_wake (_Atomic uint32_t *word)
{
  syscall (SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1u << 1)
#endif

static _Thread_local bool has_own_descriptors;

void
_tx_os_own_descriptors (void)
{
  has_own_descriptors = syscall (SYS_close_range, 0u, ~0u, CLOSE_RANGE_UNSHARE) == 0;
}

bool
_tx_os_has_own_descriptors (void)
{
  return has_own_descriptors;
}

int
_tx_os_get_thread_id (void)
{
  return (int) syscall (SYS_gettid);
}

void
_tx_os_wait_thread_gone (int thread_id)
{
  char path[64];

  snprintf (path, sizeof path, "/proc/self/task/%d", thread_id);
  for (int i = 0; i < 100 && access (path, F_OK) == 0; i++)
    nanosleep (&(struct timespec){ .tv_nsec = 20000 }, NULL);
}

/* A small file under /proc, terminated; empty where it cannot be read. */
static void
read_small_file (const char *path, char *ret_text, size_t capacity)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : read (fd, ret_text, capacity - 1);

  if (fd >= 0)
    close (fd);
  ret_text[size < 0 ? 0 : size] = '\0';
}

uint64_t
_tx_os_get_start_ticks (void)
{
  char text[1024];
  const char *pos;

  read_small_file ("/proc/self/stat", text, sizeof text);
  /* The name in field 2 may hold anything, so count from its closing bracket. */
  pos = strrchr (text, ')');
  for (int field = 2; pos && field < 22; field++)
    pos = strchr (pos + 1, ' ');
  return pos ? strtoull (pos, NULL, 10) : 0;
}

void
_tx_os_get_boot_id (char ret_text[37])
{
  read_small_file ("/proc/sys/kernel/random/boot_id", ret_text, 37);
  if (strlen (ret_text) != 36)
    ret_text[0] = '\0';
}
