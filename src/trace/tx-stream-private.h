// SPDX-License-Identifier: BSD-3-Clause
// The inside of TxStream, for its own files (tx-stream*.c) and for the writer that owns it.
//
// Two sides touch it: the program's threads, one at a time, and the native thread. What both
// touch is in TxStreamShared; everything else is the program's.
#pragma once

#include "tx-bytes-private.h"
#include "tx-counter-private.h"
#include "tx-definition-queue-private.h"
#include "tx-format-private.h"
#include "tx-ring-private.h"
#include "tx-stream.h"
#include "tx-suspended-private.h"

/* STAMP with two numbers of 64 bits. */
#define STAMP_SIZE_MAX (1u + 10u + 10u)

/**
 * TxStreamShared:
 * How the native thread asks for a stamp, and what it learns from that.
 *
 * The native thread: reads the position P (acquire), then the clock; stores asked_ns,
 * asked_position, asked (in this order, all seq_cst), then `limit` = NULL. The next event takes the
 * slow path, takes `asked` back and writes a STAMP. If its own position still is P, then no event
 * was committed between the native thread's reading of P and now, so none after asked_ns, which was
 * read later: "quiet for now - asked_ns" holds. If an event was in flight its position differs, and
 * nothing is claimed. Reading a newer asked_ns with an older asked_position only shortens the
 * claim.
 *
 * The slow path stores a new `limit` first and looks at `asked` afterwards (both seq_cst): either
 * it sees the question, or its store comes before the native thread's NULL. So a question is never
 * lost.
 */
typedef struct
{
  _Atomic bool asked;
  _Atomic uint64_t asked_position;
  _Atomic int64_t asked_ns;
  _Atomic uint64_t n_opened; /* blocks opened so far: the open one is n_opened - 1 */
  _Atomic uint64_t n_sealed; /* blocks sealed so far */
} TxStreamShared;

struct _TxStreamPrivate
{
  TxRing *ring; /* borrowed */
  TxStreamShared shared;
  TxDefinitionQueue definitions;
  void (*poke) (void *data); /* (nullable): there is something for the native thread; cheap */
  int64_t (*clock_ns) (void *data, bool realtime);
  int64_t (*cpu_ns) (void *data); /* (nullable): CPU time of the calling thread */
  void *poke_data;
  void *clock_data;

  bool is_dead; /* forked: everything is ignored */
  bool
      is_converted; /* see tx-convert.h: no clock is read but for a block's start and where asked */
  bool is_open;     /* a slot is open */
  bool needs_poke;
  bool is_unserved;        /* poke has found that no native thread can be made: it is to be called
                              whenever there is time for it */
  uint64_t sequence;       /* of the open block, else of the next one */
  uint8_t *end;            /* of the open slot's data */
  TxThreadId block_thread; /* thread of the last event in the open block, 0: none */
  int64_t last_exact_ns;   /* last exact time of the open block */
  uint8_t *stamped;        /* behind the last exact time */
  uint8_t *due;            /* where the next one is due if nobody asks for it before */
  uint32_t stride;         /* bytes from one to the next */
  int64_t real_offset_ns;  /* wall clock minus monotonic, as the open block states it */
  TxCounter counter;
  uint8_t *near_limit;  /* up to it events of a precise section may be written by
                           _tx_stream_put_near(); NULL: none may */
  uint64_t events_lost; /* not yet stated by a GAP */
  uint32_t frames_max;  /* in one stated stack: TX_SNAPSHOT_FRAMES_MAX, fewer in small slots */

  TxThread **threads;   /* owned array of owned lists, by the threads' keys */
  size_t n_lists;       /* 0 or a power of 2 */
  size_t n_alive;       /* threads in them */
  TxThread nobody;      /* current when no thread is */
  TxFrame nobody_frame; /* its sentinel */
  TxSuspended suspended;
  TxThreadId n_threads;
  TxFileId n_files;
  TxFunctionId n_functions;
  TxTypeId n_types;
  TxActivationId n_activations;
  TxActivationId last_activation; /* that the open block has named; 0: none */
  TxStreamStats stats;
  _Atomic (uint32_t) nowhere; /* `committed` while no slot is open */
};

/* Flags of _tx_stream_begin(). */
enum
{
  TX_BEGIN_STAMPED = 1, /* the event gets an exact time */
};

/** _tx_stream_new: (nullable): a stream on @ring; @poke may be set later. NULL without memory. */
TxStream *
_tx_stream_new (TxRing *ring, int64_t (*clock_ns) (void *data, bool realtime), void *clock_data);

/** _tx_stream_use_system_clocks: @clock_ns is the system's: the CPU clock and the counter go with
 * it. */
void _tx_stream_use_system_clocks (TxStream *self);
void _tx_stream_free (TxStream *self);

/** _tx_stream_abandon: in a forked child; async-signal-safe. */
void _tx_stream_abandon (TxStream *self);

/**
 * _tx_stream_get_current:
 * The current thread, for whatever is not on the hot path. In a child of a fork that called no
 * handlers (_Fork(), clone()) this is the first look: then it is nobody from here on.
 */
static inline TxThread *
_tx_stream_get_current (TxStream *self)
{
  if (__builtin_expect (!self->is_ours, 0))
    _tx_stream_abandon (self);
  return self->current;
}

/**
 * _tx_stream_begin:
 * @size: bytes that the event may need
 *
 * Makes room, and writes what must stand before an event of the current thread: a new block, an
 * exact time, the thread or its stack. The event goes to `pos`; _tx_stream_end() must follow.
 *
 * Returns: false when the event is left out (and counted); `end` must not be called then
 */
bool _tx_stream_begin (TxStream *self, uint32_t size, unsigned flags);
void _tx_stream_end (TxStream *self, uint8_t *pos);

/**
 * _tx_stream_take_question:
 * Whether the native thread has asked for a stamp; then the time, and for how long nothing was
 * written before (0: not certain).
 */
bool _tx_stream_take_question (TxStream *self, int64_t *ret_now_ns, int64_t *ret_quiet_ns);

/**
 * _tx_stream_put_end:
 * The stream is about to be sealed from outside: if nothing has been written since the native
 * thread asked, says so by a stamp behind the last event. Else the last events would seem to be
 * spread up to now.
 */
void _tx_stream_put_end (TxStream *self);

/** _tx_stream_put_stamp: the exact time of what is put next; not committed. */
void _tx_stream_put_stamp (TxStream *self, int64_t now_ns, int64_t quiet_ns);

/** _tx_stream_read_clock: the exact time; in a precise section the counter is set by it. */
int64_t _tx_stream_read_clock (TxStream *self);

/** _tx_stream_has_wall_moved: whether the wall clock is not any more where the open block has it.
 */
bool _tx_stream_has_wall_moved (TxStream *self);

/** _tx_stream_get_wall: the wall clock at @now_ns, for the header of a new block. */
int64_t _tx_stream_get_wall (TxStream *self, int64_t now_ns);

/** _tx_stream_measure_wait: how long the current thread was on no CPU since this was asked last; 0
 * where that is little or not known. */
int64_t _tx_stream_measure_wait (TxStream *self, int64_t now_ns);

/* NEAR with less than 2^28 ns since the time before. */
#define TX_NEAR_SIZE_MAX (1u + 4u)

/**
 * _tx_stream_put_near:
 * @pos: (out): behind the time: the event goes there, TX_EVENT_SIZE_HOT_MAX at most, and is
 * committed
 *
 * In a precise section, where the hot path could be used but for that: the time of the next event,
 * from the processor's counter. False: _tx_stream_begin() is needed.
 */
static inline bool
_tx_stream_put_near (TxStream *self, uint8_t **ret_pos)
{
  TxStreamPrivate *priv = self->priv;
  uint8_t *pos = self->pos;
  int64_t now_ns;
  uint64_t since_ns;

  if (pos >= priv->near_limit || atomic_load_explicit (&priv->shared.asked, memory_order_relaxed))
    return false;
  now_ns = _tx_counter_get_ns (&priv->counter);
  if (now_ns == INT64_MIN)
    return false;
  /* It may be behind by what it is inexact. */
  since_ns = now_ns > priv->last_exact_ns ? (uint64_t) (now_ns - priv->last_exact_ns) : 0;
  if (since_ns >> 28 != 0)
    return false;
  *pos++ = TX_BYTE_NEAR;
  pos = _tx_put_varint32 (pos, (uint32_t) since_ns);
  priv->last_exact_ns += (int64_t) since_ns;
  *ret_pos = pos;
  return true;
}

/** _tx_stream_note_stamp: an exact time stands before `pos`. */
void _tx_stream_note_stamp (TxStream *self);

/** _tx_stream_seal: seals the open slot, if any; nothing has happened since @mono_last_ns. */
void _tx_stream_seal (TxStream *self, int64_t mono_last_ns);

/** _tx_stream_lose: counts an event that is left out. */
void _tx_stream_lose (TxStream *self);

/**
 * _tx_stream_state_loss:
 * Nothing may come that would be behind a gap: what was lost since the last block is stated by one
 * that has nothing else.
 *
 * Returns: whether it is there, sealed; false too when nothing was lost, or no slot is free
 */
bool _tx_stream_state_loss (TxStream *self);

/** _tx_stream_update_limit: after anything that changes whether the fast path may be used. */
void _tx_stream_update_limit (TxStream *self);

/** _tx_stream_put_stack: states the current thread's stack at @pos. Returns the next position. */
uint8_t *_tx_stream_put_stack (TxStream *self, TxStackReason reason, uint8_t *pos);
uint32_t _tx_stream_get_stack_size_max (const TxStream *self, const TxThread *thread);

/** _tx_stream_poke: tells the native thread what the slow path has found for it, if anything. */
void _tx_stream_poke (TxStream *self);

/** _tx_stream_write_definitions: what waits, into the open slot as far as it has room; true: all of
 * it. */
bool _tx_stream_write_definitions (TxStream *self);

/** _tx_thread_grow: makes room for at least @n_frames frames and the sentinel. False without
 * memory. */
bool _tx_thread_grow (TxThread *self, size_t n_frames);

/* ---- For the native thread ---- */

/** _tx_stream_get_position: changes with each event that is written. */
uint64_t _tx_stream_get_position (TxStream *self);

/** _tx_stream_ask: asks for a stamp; @position was read before @now_ns. */
void _tx_stream_ask (TxStream *self, uint64_t position, int64_t now_ns);

/** _tx_stream_repeat_ask: makes sure that the next event sees the question, if it is still open. */
bool _tx_stream_repeat_ask (TxStream *self);
