// SPDX-License-Identifier: BSD-3-Clause
// What the files of the block decoder share, and decoding with the definitions
// handed out, which the library's own readers of blocks need.
#pragma once

#include "tx-block.h"
#include "tx-definition-private.h"

/** TX_RAW_SIZE_MAX: no block has more event bytes. */
#define TX_RAW_SIZE_MAX TX_SLOT_SIZE_MAX

/** TxExactTime: a clock reading of the program itself. */
typedef struct
{
  uint32_t
      event; /* index of the event that it belongs to; that of the next one while none is there */
  int64_t time_ns;
  uint64_t
      quiet_ns; /* nothing was written for so long before; at most the time since the one before */
  uint32_t error_ns; /* of time_ns: 0, or TX_NEAR_ERROR_NS */
} TxExactTime;

/* How far the time that NEAR gives may be off. */
#define TX_NEAR_ERROR_NS 1000u

/**
 * TxDefinitionFunc:
 * Called for each definition in the order of the stream, while decoding. Pointers in @definition
 * are good during the call only.
 */
typedef void (*TxDefinitionFunc) (void *data, const TxDefinition *definition);

/**
 * TxBlockScratch:
 * Memory for the large arrays of one block at a time. Zeroed is empty. Without it each block would
 * fault in, and give back, some fifty bytes of fresh memory for each event byte. It is mapped, not
 * malloc()ed: of the process that is recorded, malloc() would keep megabytes in the arena of each
 * thread that has ever done this, and raise its own thresholds.
 */
typedef struct
{
  void *memory;      /* owned; NULL: none yet */
  size_t size_bytes; /* of @memory */
  size_t capacity;   /* event bytes that it has room for */
  bool is_readers;   /* it may be whole large pages: few to fault in instead of hundreds */
} TxBlockScratch;

/** _tx_block_free_borrowed: frees @block (nullable) but for what it has of a scratch. */
void _tx_block_free_borrowed (TxBlock *block);
void _tx_block_scratch_clear (TxBlockScratch *self);

/**
 * _tx_block_decode:
 * As tx_block_decode(); @define (nullable) gets the definitions, with @data too; @scratch
 * (nullable) lends its memory to the block, which _tx_block_free_borrowed() is to free before the
 * next one is decoded.
 */
TxBlock *_tx_block_decode (const uint8_t *raw,
                           size_t raw_size_bytes,
                           uint64_t sequence,
                           const TxBlockTimes *times,
                           TxFirstLineFunc first_line,
                           TxDefinitionFunc define,
                           void *data,
                           TxBlockScratch *scratch,
                           TxError *error) TX_WARN_UNUSED;

/**
 * _tx_block_spread_times:
 * @exact: (array length=n_exact): by event; the first one is that of event 0
 * @end_ns: when the block was sealed
 * @is_even: over the steps of an interval, not over all events
 *
 * Gives each event its time and bound (docs/trace-format.md, section 5, rule 6).
 */
void _tx_block_spread_times (TxEvent *events,
                             size_t n_events,
                             const TxExactTime *exact,
                             size_t n_exact,
                             int64_t end_ns,
                             bool is_even);

/**
 * _tx_block_guess_spread:
 * @length_ns: of an interval between two exact times, its quiet end left out
 * @quiet_ns: the quiet end; 0: not known to have one
 * @parts: events in it, the first, exact one too
 * @gap_ns: between two events of the interval before, 0 unknown
 *
 * Over how much of @length_ns the events are spread: before a quiet end they went on as before, so
 * that the last of them is not put where the native thread happened to look.
 */
uint64_t
_tx_block_guess_spread (uint64_t length_ns, uint64_t quiet_ns, uint64_t parts, uint64_t gap_ns);

/**
 * _tx_block_get_error:
 * @length_ns, @spread_ns, @parts: of an interval, as above
 * @ends_error_ns: of both exact times
 *
 * Returns: the greatest error of the events that are spread: the first one's or the last one's
 */
uint32_t _tx_block_get_error (uint64_t length_ns,
                              uint64_t spread_ns,
                              uint64_t parts,
                              uint32_t ends_error_ns);

/** _tx_event_is_exit: whether a frame is left by an event of that kind. */
static inline bool
_tx_event_is_exit (uint32_t kind)
{
  return kind == TX_EVENT_RETURN || kind == TX_EVENT_UNWIND || kind == TX_EVENT_YIELD;
}
