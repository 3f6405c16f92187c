// SPDX-License-Identifier: BSD-3-Clause
// Every system call of the writing side that can fail, behind one table, so that a
// test can make the N-th of them fail. Failure is a negative errno. Reading the
// clock and waking a thread are not here: they cannot fail.
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/** TxSpace: of a file system, as this user may use it. */
typedef struct
{
  uint64_t free_bytes;
  uint64_t total_bytes;
} TxSpace;

typedef struct _TxOs TxOs;
struct _TxOs
{
  int (*open) (TxOs *self, int dir_fd, const char *path, int flags, mode_t mode);
  int (*close) (TxOs *self, int fd);
  int (*make_directory) (TxOs *self, const char *path, mode_t mode);
  int (*get_status) (TxOs *self, int fd, struct stat *ret_status);
  int (*set_mode) (TxOs *self, int fd, mode_t mode);
  /* Reserves space, so that writing there through memory cannot fail. */
  int (*allocate) (TxOs *self, int fd, uint64_t offset, uint64_t size_bytes);
  /* Gives such space back; what was there reads as zeros. */
  int (*release) (TxOs *self, int fd, uint64_t offset, uint64_t size_bytes);
  int (*resize) (TxOs *self, int fd, uint64_t size_bytes);
  /* @fd: -1 for memory without a file */
  int (*map) (TxOs *self, int fd, size_t size_bytes, void **ret_memory);
  int64_t (*write_at) (TxOs *self, int fd, const void *bytes, size_t size_bytes, uint64_t offset);
  int64_t (*read_at) (TxOs *self, int fd, void *bytes, size_t size_bytes, uint64_t offset);
  /* The data is on the disk. */
  int (*sync) (TxOs *self, int fd);
  int (*get_space) (TxOs *self, int fd, TxSpace *ret_space);
  int (*unlink) (TxOs *self, int dir_fd, const char *path);
  int (*get_random) (TxOs *self, void *bytes, size_t size_bytes);
  /* With all signals blocked in it. */
  int (*start_thread) (TxOs *self, void *(*run) (void *), void *data, uint64_t *ret_thread);
};

/** _tx_os_get_default: the real system. */
TxOs *_tx_os_get_default (void);

/* ---- What is not in the table ---- */

/**
 * _tx_os_begin_files / _tx_os_end_files:
 * Around the program's own threads' work on files: a file size limit must be an error and not a
 * signal, which would end the program.
 */
void _tx_os_begin_files (sigset_t *ret_before);
void _tx_os_end_files (const sigset_t *before);

int64_t _tx_os_get_mono_ns (void);
int64_t _tx_os_get_real_ns (void);
/* CPU time of the calling thread; a system call. */
int64_t _tx_os_get_thread_cpu_ns (void);

/* A file's time, since 1970. Files may be of any time, also of one that no number of nanoseconds
 * reaches: then the farthest one. */
static inline int64_t
_tx_os_get_file_ns (const struct timespec *time)
{
  int64_t ns;

  if (__builtin_mul_overflow ((int64_t) time->tv_sec, INT64_C (1000000000), &ns) ||
      __builtin_add_overflow (ns, (int64_t) time->tv_nsec, &ns))
    return time->tv_sec < 0 ? INT64_MIN : INT64_MAX;
  return ns;
}

/* Sleeps while @word is @value, for at most @timeout_ns (negative: no limit). May wake early. */
void _tx_os_wait (_Atomic uint32_t *word, uint32_t value, int64_t timeout_ns);
void _tx_os_wake (_Atomic uint32_t *word);

/**
 * _tx_os_own_descriptors:
 * A native thread begins with it: what it opens is seen by nobody else, and takes no number that
 * the program's next file would have had; nor can a program that closes whatever it finds, as
 * daemons do, leave the thread with a file of the program's. Where the kernel has no such thing
 * (before Linux 5.9), all goes on as in the program's threads.
 */
void _tx_os_own_descriptors (void);
bool _tx_os_has_own_descriptors (void);

int _tx_os_get_thread_id (void);

/* A joined thread is in /proc for some microseconds more: waits until it is not, 2 ms at most. */
void _tx_os_wait_thread_gone (int thread_id);

/* Field 22 of /proc/PID/stat of this process; 0 where unknown. */
uint64_t _tx_os_get_start_ticks (void);

/* The running kernel's boot id: 36 characters and NUL; empty where unknown. */
void _tx_os_get_boot_id (char ret_text[37]);
