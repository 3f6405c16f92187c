// SPDX-License-Identifier: BSD-3-Clause
// Processes and threads, as /proc tells of them.
#include "tx-process-private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Reads a short file of /proc as text; "" when it is not there. */
static void
read_text (const char *path, char *text, size_t size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read (fd, text, size - 1) : -1;

  text[n > 0 ? n : 0] = '\0';
  if (fd >= 0)
    close (fd);
}

/* The text behind the name in /proc/PID/stat, which may hold anything: field 3 comes first. NULL
 * when there is no such process. */
static char *
read_stat (const char *path, char text[1024])
{
  char *pos;

  read_text (path, text, 1024);
  pos = strrchr (text, ')');
  return pos && pos[1] == ' ' ? pos + 2 : NULL;
}

/* Field @number, from 3, of what read_stat() gave; 0 where there is none. */
static uint64_t
get_field (const char *stat, int number)
{
  for (int field = 3; stat && field < number; field++)
    {
      stat = strchr (stat, ' ');
      if (stat)
        stat++;
    }
  return stat ? strtoull (stat, NULL, 10) : 0;
}

uint64_t
_tx_process_get_image (uint32_t pid)
{
  char path[32];
  char text[1024];

  snprintf (path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
  return get_field (read_stat (path, text), 28);
}

/* Forks on the way from a process to the one that has run the program first. */
#define N_ANCESTORS_MAX 64

/* Field 22 of the farthest ancestor that runs the same image. */
static uint64_t
get_program_ticks (void)
{
  uint32_t pid = (uint32_t) getpid ();
  uint64_t image = _tx_process_get_image (pid);
  uint64_t ticks = 0;

  for (int i = 0; i < N_ANCESTORS_MAX && pid != 0; i++)
    {
      char path[32];
      char text[1024];
      const char *stat;

      snprintf (path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
      stat = read_stat (path, text);
      /* Of another user's process we see 1 or nothing. */
      if (!stat || (i > 0 && (image <= 1 || get_field (stat, 28) != image)))
        break;
      ticks = get_field (stat, 22);
      pid = (uint32_t) get_field (stat, 4);
    }
  return ticks;
}

int64_t
_tx_process_get_program_start (void)
{
  uint64_t ticks = get_program_ticks ();
  long ticks_per_s = sysconf (_SC_CLK_TCK);
  struct timespec boot, real;
  int64_t age_ns;

  if (ticks == 0 || ticks_per_s <= 0 || clock_gettime (CLOCK_BOOTTIME, &boot) < 0 ||
      clock_gettime (CLOCK_REALTIME, &real) < 0)
    return 0;
  /* The next tick: before that no interpreter has read any text of a program's. */
  age_ns = ((int64_t) boot.tv_sec - (int64_t) ((ticks + 1) / (uint64_t) ticks_per_s)) * 1000000000 +
           boot.tv_nsec -
           (int64_t) ((ticks + 1) % (uint64_t) ticks_per_s) * (1000000000 / ticks_per_s);
  return (int64_t) real.tv_sec * 1000000000 + real.tv_nsec - (age_ns > 0 ? age_ns : 0);
}

static uint64_t
get_inode (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 ? status.st_ino : 0;
}

uint64_t
_tx_process_get_namespace (void)
{
  return get_inode ("/proc/self/ns/pid");
}

uint64_t
_tx_process_get_time_namespace (void)
{
  return get_inode ("/proc/self/ns/time");
}

static bool
is_same_time (const TxProcess *self)
{
  uint64_t ours = _tx_process_get_time_namespace ();

  return self->time_namespace == 0 || ours == 0 || self->time_namespace == ours;
}

/* By whomever, also where /proc tells nothing of it: there may be none, or one that hides what is
 * not ours (hidepid). */
static bool
is_pid_used (uint32_t pid)
{
  return pid != 0 && pid <= INT32_MAX && (kill ((pid_t) pid, 0) == 0 || errno != ESRCH);
}

/* A zombie has run its last line. So has the main thread of a process that goes on without it, and
 * the kernel calls that a zombie too: field 20 counts the threads. */
static bool
is_over (const char *stat)
{
  return *stat == 'X' || (*stat == 'Z' && get_field (stat, 20) <= 1);
}

/* "" where it is not known. */
static void
read_running_boot (char text[64])
{
  read_text ("/proc/sys/kernel/random/boot_id", text, 64);
  text[strcspn (text, "\n")] = '\0';
}

bool
_tx_process_is_alive (const TxProcess *self)
{
  char path[32];
  char text[1024];
  char boot[64];
  uint64_t image;
  const char *pos;

  if (self->pid == 0 || self->start_ticks == 0 || !*self->boot_id)
    return false;
  read_running_boot (boot);
  if (*boot && strcmp (boot, self->boot_id) != 0)
    return false;
  snprintf (path, sizeof path, "/proc/%" PRIu32 "/stat", self->pid);
  pos = read_stat (path, text);
  if (!pos)
    return is_pid_used (self->pid);
  if (is_over (pos))
    return false;
  /* Ticks are counted otherwise in another time namespace. */
  if (get_field (pos, 22) != self->start_ticks && is_same_time (self))
    return false;
  /* Of another user's process we see 1 or nothing. */
  image = get_field (pos, 28);
  return self->image <= 1 || image <= 1 || image == self->image;
}

bool
_tx_process_may_be_elsewhere (const TxProcess *self)
{
  uint64_t ours = _tx_process_get_namespace ();
  char boot[64];

  /* It began where /proc is not. */
  if (self->start_ticks == 0 || !*self->boot_id)
    return is_pid_used (self->pid);
  read_running_boot (boot);
  return self->pid_namespace != 0 && ours != 0 && self->pid_namespace != ours &&
         strcmp (boot, self->boot_id) == 0;
}

bool
_tx_process_is_thread_blocked (int thread_id)
{
  char path[64];
  char text[1024];
  const char *pos;

  snprintf (path, sizeof path, "/proc/self/task/%d/stat", thread_id);
  pos = read_stat (path, text);
  return pos && *pos != 'R' && *pos != 'Z' && *pos != 'X';
}
