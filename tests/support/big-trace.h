// SPDX-License-Identifier: BSD-3-Clause
// Makes traces of any size that look like those of a server: several threads that take turns, tasks
// of many functions, loops, deep and shallow calls, recursion, generators, exceptions, waiting.
// They come from the real writer, whose clock is moved by hand, so that nothing sleeps.
#pragma once

#include <stdint.h>

#include "trace/tx.h"

/* Places that a benchmark looks for, in the file BIG_TRACE_FILE. */
#define BIG_TRACE_FILE       "/srv/big/main.py"
#define BIG_TRACE_LINE_LOOP  12u /* of the main loop: often */
#define BIG_TRACE_LINE_CALL  15u /* a call that takes a tenth of all steps: once */
#define BIG_TRACE_LINE_RARE  17u /* once near the beginning and once near the end */
#define BIG_TRACE_LINE_NEVER 19u /* has code, was never executed */
#define BIG_TRACE_LINE_AWAIT                                                                       \
  221u /* of a coroutine that goes on at the next line a tenth of all steps later: once */
#define BIG_TRACE_LINE_HOT 206u /* in a function that all tasks call */

typedef struct
{
  uint64_t n_steps; /* about so many */
  uint64_t seed;
  unsigned n_threads;                 /* 0: six */
  uint32_t slot_size_bytes;           /* 0: the default */
  uint64_t segment_size_bytes;        /* 0: the default */
  uint32_t thread_share;              /* 0: the default; as in TxSegmentWriter, or */
  void (*progress) (double fraction); /* nullable */
} BigTraceOptions;

/* Digests of runs tell threads apart, whatever that takes. */
#define BIG_TRACE_THREADS_ALWAYS (UINT32_MAX - 1)

/** big_trace_make: into @directory, which is there and empty. */
TxStatus big_trace_make (const char *directory, const BigTraceOptions *options, TxError *error);
