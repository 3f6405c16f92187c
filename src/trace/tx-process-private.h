// SPDX-License-Identifier: BSD-3-Clause
// Whether the process of a trace still runs, and what else /proc tells of processes and threads.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** TxProcess: what a trace says of its process. What is not known cannot match. */
typedef struct
{
  uint32_t pid;
  uint64_t start_ticks;    /* field 22 of /proc/PID/stat when the trace began; 0: not known */
  uint64_t image;          /* field 28, which changes with each exec; 0 or 1: not known */
  uint64_t pid_namespace;  /* inode of /proc/PID/ns/pid; 0: not known */
  uint64_t time_namespace; /* inode of /proc/PID/ns/time, in which the ticks count; 0: not known */
  const char *boot_id;     /* borrowed: of the kernel it ran on; "": not known */
} TxProcess;

/** _tx_process_is_alive: a pid that was used again, or a process that has run another program
 * since, is not taken for it. */
bool _tx_process_is_alive (const TxProcess *self);

/** _tx_process_may_be_elsewhere: it ran under this kernel, but where we do not see it (a
 * container), or nothing but its pid is known, which is in use: so it may live though it does not
 * seem to. */
bool _tx_process_may_be_elsewhere (const TxProcess *self);

/** _tx_process_get_image: field 28 of /proc/PID/stat: where the program's stack begins. 0 unknown.
 */
uint64_t _tx_process_get_image (uint32_t pid);

/** _tx_process_get_namespace: inode of our /proc/self/ns/pid; 0 unknown. */
uint64_t _tx_process_get_namespace (void);

/** _tx_process_get_time_namespace: inode of our /proc/self/ns/time; 0 unknown. */
uint64_t _tx_process_get_time_namespace (void);

/**
 * _tx_process_get_program_start:
 * When the program began that this process runs: itself, or the process that it was forked from,
 * however often. Wall clock, UTC ns, of up to 10 ms later; 0: not known.
 */
int64_t _tx_process_get_program_start (void);

/** _tx_process_is_thread_blocked: whether a thread of ours waits for something other than a CPU. */
bool _tx_process_is_thread_blocked (int thread_id);
