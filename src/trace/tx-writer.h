// SPDX-License-Identifier: BSD-3-Clause
// TxWriter: records one process into a trace directory. Owns the ring in shared
// memory, the files of the trace and the native thread that fills them; hands
// out the TxStream that the event source writes to.
//
// Two native threads, which block every signal and never call back. Each millisecond
// while events flow the clock asks the stream for a stamp; it sleeps while nothing
// moves. Sealed slots are digested, compressed and appended by the other one. While the
// disk hangs the ring grows; when it is at its limit, blocks are dropped whole and shown
// as a gap.
#pragma once

#include "tx-error.h"
#include "tx-stream.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _TxWriter TxWriter;

/** TxInfoEntry: one line of the `info` file. Neither may hold a newline; `=` only in the value. */
typedef struct {
  const char *key;
  const char *value;
} TxInfoEntry;

/** In a limit of TxWriterOptions: none. */
#define TX_NO_LIMIT UINT64_MAX

/**
 * TxWriterOptions:
 * Zero in a field means its default.
 */
typedef struct {
  const char *ring_dir;       /* NULL: $RUNTIME_DIRECTORY, /dev/shm, the trace directory, in this order; "": plain memory, which dies with the process */
  uint32_t slot_count;        /* TX_SLOT_COUNT_DEFAULT */
  uint32_t slot_count_max;    /* while the disk hangs; slot_count where that is given, else as many as make 64 MiB */
  uint32_t slot_size_bytes;   /* TX_SLOT_SIZE_DEFAULT */
  uint64_t tick_ns;           /* 1 ms */
  uint64_t segment_size_bytes;/* TX_SEGMENT_SIZE_MAX */
  uint64_t sync_interval_ns;  /* a power cut loses no more; 10 s; UINT64_MAX: never. Without a thread: never */
  uint64_t max_size_bytes;    /* of all files; the oldest segments make room. 1 GiB, at most a tenth of the file system */
  uint64_t min_free_bytes;    /* left to others on the file system. A twentieth of it, at most 2 GiB */
  uint64_t max_age_ns;        /* older segments are removed, and by tx_writer_recover() older runs; none */
  uint64_t keep_runs;         /* so many stay, with the running one, of those that tx_writer_recover() sees; 32 */
  const TxInfoEntry *info;    /* (array length=n_info): further lines for `info` */
  size_t n_info;
  bool manual;                /* no native threads: the caller calls tx_writer_flush() (tests, generators) */
  int64_t (*clock_ns) (void *data, bool realtime); /* NULL: the system's (tests, generators) */
  int64_t (*cpu_ns) (void *data);  /* CPU time of the calling thread; NULL: the system's, none where clock_ns is given */
  void *clock_data;
  bool is_converted;          /* what happened elsewhere is written down: see tx-convert.h. Needs manual and clock_ns */
  uint32_t converted_pid;     /* with it: the process's id, 0 unknown */
} TxWriterOptions;

/**
 * tx_writer_new:
 * @directory: an existing empty directory (mode 0700 is the caller's concern)
 * @options: (nullable)
 *
 * Creates the trace's files and its ring. The native threads start with the first event.
 *
 * Returns: (nullable): the writer; NULL with @error set, nothing left behind but `info` perhaps
 */
TxWriter *tx_writer_new (const char *directory, const TxWriterOptions *options, TxError *error) TX_WARN_UNUSED;

/** tx_writer_get_stream: (transfer none): lives as long as the writer. */
TxStream *tx_writer_get_stream (TxWriter *self);

/**
 * tx_writer_flush:
 * Seals the open slot if it holds events, and waits until all sealed slots are in the files.
 * With a native thread: waits at most @timeout_ns.
 */
TxStatus tx_writer_flush (TxWriter *self, uint64_t timeout_ns, TxError *error) TX_WARN_UNUSED;

/**
 * tx_writer_close:
 * @self: (nullable) (transfer full)
 * @timeout_ns: how long to wait for the disk; the ring file stays for recovery if it is not enough
 *
 * Seals, writes the end, marks the recording as finished, removes the ring and frees the writer and
 * its stream, also when it fails.
 */
TxStatus tx_writer_close (TxWriter *self, uint64_t timeout_ns, TxError *error);

/**
 * tx_writer_pause_thread / tx_writer_allow_thread:
 * For the time around a fork: ends the native thread (waiting at most @timeout_ns, and at most 2 ms
 * for a disk; false when it was too busy), and lets the next sealed slot or stamp start it again.
 * Events go on meanwhile.
 */
bool tx_writer_pause_thread (TxWriter *self, uint64_t timeout_ns);
void tx_writer_allow_thread (TxWriter *self);

/**
 * tx_writer_abandon_in_child:
 * In a forked child, before anything else touches the stream (async-signal-safe; also done by the
 * writer's own pthread_atfork handler): drops the parent's ring, so that no event of this process
 * can reach it. Events are ignored from then on; tx_writer_close() only frees memory.
 */
void tx_writer_abandon_in_child (TxWriter *self);

/** TxWriterStats: totals of the native thread. Safe to read at any time. */
typedef struct {
  uint64_t steps;         /* in blocks written */
  uint64_t events;
  uint64_t blocks_written;
  uint64_t blocks_lost;   /* could not be written */
  uint64_t raw_bytes;
  uint64_t file_bytes;    /* all files of the trace */
  int last_errno;         /* of the last failed write, 0 when all is well */
  uint64_t native_cpu_ns; /* CPU time of the native threads */
  uint64_t event_cost_ps; /* what writing an event costs the program here, in picoseconds: measured on the
                             spot, without the interpreter's part */
} TxWriterStats;

void tx_writer_get_stats (TxWriter *self, TxWriterStats *ret_stats);

/**
 * tx_writer_recover:
 * @base: (nullable): directory below which the traces of dead processes are sealed (see tx-recover.h),
 *   in the background, when events begin to flow; then its old runs are removed (see tx-retention.h)
 * @run: (nullable): directory where forked children record; those that die are sealed now and then
 * @ring_dir: (nullable): as in the options
 */
void tx_writer_recover (TxWriter *self, const char *base, const char *run, const char *ring_dir);

/** tx_writer_get_trace_id: the random number that `info` states. */
uint64_t tx_writer_get_trace_id (const TxWriter *self);

/** tx_writer_get_ring_path: (transfer none): where the ring is; "" when it is plain memory. */
const char *tx_writer_get_ring_path (const TxWriter *self);

#ifdef __cplusplus
}
#endif
