// SPDX-License-Identifier: BSD-3-Clause
// TxFlusher: empties the ring into the trace's files and asks the stream for stamps; as two native
// threads, or in manual mode wherever the writer calls it.
//
// The clock thread (_tick) never touches a disk, so stamps, heartbeat and the ring's growth go on
// whatever the disk does. The disk thread (_work) does everything that a disk can hold up. They
// share the ring, the stream and the atomic fields here.
#pragma once

#include <pthread.h>

#include "tx-block-private.h"
#include "tx-catalog-writer-private.h"
#include "tx-digest.h"
#include "tx-limits-private.h"
#include "tx-pace-private.h"
#include "tx-segment-writer-private.h"
#include "tx-stream-private.h"
#include "tx-writer.h"

/* So often in quick succession is a failing write tried, then each five seconds. */
#define TX_FLUSHER_QUICK_TRIES 4u

/** TxFlusherExit: whether, and when, the threads shall end. */
typedef enum
{
  TX_FLUSHER_STAY = 0,
  TX_FLUSHER_EXIT_NOW,   /* after what they are just doing */
  TX_FLUSHER_EXIT_EMPTY, /* when all sealed slots are in the files, as far as the disk takes them */
} TxFlusherExit;

/** TxNativeThread: one of the threads; under the flusher's mutex but for the atomic fields. */
typedef struct
{
  uint64_t thread;  /* pthread_t, when has_thread */
  int kernel_id;    /* of the thread, as the kernel numbers it; 0: it has not begun */
  bool has_thread;  /* made, and not yet joined */
  bool is_running;
  _Atomic uint32_t wake_word;
  _Atomic bool is_asleep;
} TxNativeThread;

typedef struct
{
  TxOs *os; /* borrowed, as the next two */
  TxRing *ring;
  TxStream *stream;
  int64_t (*clock_ns) (void *data, bool realtime);
  void *clock_data;
  uint64_t tick_ns;
  uint64_t sync_interval_ns; /* 0: never */
  bool is_converted; /* blocks have an extension, which the scan refuses */
  bool is_manual;

  /* The clock thread's own. */
  uint64_t last_position; /* of the stream, at the last tick */
  int64_t last_tick_ns;
  unsigned n_idle_ticks;
  TxPace pace;
  unsigned n_ticks_unserved; /* with news, since the disk thread was last woken for anything */
  unsigned n_ticks_roomy;    /* since the ring was last found to be short of slots */

  /* The disk thread's own. */
  TxCatalogWriter catalog;
  TxSegmentWriter segments;
  TxLimits limits;
  TxDigester *digester; /* owned; NULL without memory: made when needed */
  TxPredictor *predictor; /* the same */
  TxHardCompressor *hard_compressor; /* the same */
  TxBlockScratch scratch;
  TxEncodedFrame frame;   /* of the next block, when has_frame: made once, however often tried */
  uint64_t frame_steps;   /* of it, as far as known */
  bool has_frame;
  uint64_t next_sequence; /* of the block to be written */
  uint64_t next_step;     /* its first step */
  unsigned n_failed;      /* tries in a row */
  int64_t retry_ns;       /* when to try again, while is_failing */
  int64_t source_retry_ns; /* when to try the next source again; 0: at once */
  int64_t sync_ns;        /* when to sync; 0: nothing is unsynced */

  /* Written by the disk thread, read by anyone. */
  _Atomic uint64_t steps, events, blocks_written, blocks_lost, raw_bytes, file_bytes;
  _Atomic uint64_t n_taken; /* blocks that have left the ring */
  _Atomic int last_errno;
  _Atomic bool is_failing; /* the disk has refused what was written last */

  /* The threads; under the mutex. */
  pthread_mutex_t mutex;
  pthread_cond_t changed; /* monotonic clock */
  TxNativeThread clock;
  TxNativeThread disk;
  uint64_t ended_cpu_ns; /* CPU time of threads that have ended */
  bool is_orphan; /* the writer has given up waiting: the last thread frees it */
  TxFlusherExit exit;
  uint64_t flush_asked, flush_done; /* numbers of requests */
  void (*finish_func) (void *data); /* called by the disk thread as its last act before EXIT_EMPTY */
  void (*orphan_func) (void *data); /* called by the last thread as its last act */
  void *func_data;

  /* The program's side. */
  _Atomic bool is_hurried; /* exit is EXIT_NOW: looked at where there is much to do */
  _Atomic bool may_start;  /* poke starts the threads */
  int64_t start_retry_ns; /* not before that, where they could not be made; the stream's threads' */
} TxFlusher;

/* ---- Stamps and blocks (tx-flusher.c) ---- */

/** _tx_flusher_tick: heartbeat, and a question where something has moved. */
void _tx_flusher_tick (TxFlusher *self);

/** _tx_flusher_encode: the next block, which is sealed, as the frame. 0 or a negative errno. */
int _tx_flusher_encode (TxFlusher *self);

/* ---- Into the files (tx-flusher-disk.c) ---- */

/**
 * _tx_flusher_work:
 * @is_forced: also when the disk has just refused
 *
 * Definitions, sealed slots, at most one source. True: there may be more right now.
 */
bool _tx_flusher_work (TxFlusher *self, bool is_forced);

/** _tx_flusher_close_files: they are opened again when something is to be written. */
void _tx_flusher_close_files (TxFlusher *self);

/** _tx_flusher_has_sealed: whether a sealed slot waits. Any thread's. */
bool _tx_flusher_has_sealed (TxFlusher *self);

/** _tx_flusher_get_wait: how long until there is work without anybody saying so; -1: never. */
int64_t _tx_flusher_get_wait (const TxFlusher *self);

/* ---- The threads (tx-flusher-thread.c) ---- */

/* The fields above set, false without memory. */
bool _tx_flusher_init_thread (TxFlusher *self);
void _tx_flusher_clear_thread (TxFlusher *self);

/** _tx_flusher_poke: the stream's poke: starts the threads, or wakes the clock if it is asleep. */
void _tx_flusher_poke (void *data);

/** _tx_flusher_start: whether both threads run now. */
bool _tx_flusher_start (TxFlusher *self);

/** _tx_flusher_get_cpu_ns: what the threads have used so far. */
uint64_t _tx_flusher_get_cpu_ns (TxFlusher *self);

/** _tx_flusher_flush: until everything sealed so far is in the files, or refused; false when that
 * took too long. */
bool _tx_flusher_flush (TxFlusher *self, uint64_t timeout_ns);

/**
 * _tx_flusher_stop:
 * @how: not STAY
 * @make_orphan: on timeout leave the threads to themselves: the last one calls orphan_func
 *
 * Ends the threads and joins them; true also when there are none. On timeout false, and those that
 * have not ended stay.
 */
bool _tx_flusher_stop (TxFlusher *self, TxFlusherExit how, uint64_t timeout_ns, bool make_orphan);
