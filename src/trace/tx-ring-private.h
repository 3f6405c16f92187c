// SPDX-License-Identifier: BSD-3-Clause
// TxRing: the slots in shared memory, as the process that records sees them. Owns the
// mapping and its file's name; what is in the slots is the stream's (filling) and the native
// threads' (emptying).
//
// The file has room for slot_count slots, of which only the first n_reserved have memory behind
// them. When the disk does not take what is sealed, a native thread reserves more, and gives them
// back later; so a disk that hangs costs memory and no events. Free slots are bits: whoever clears
// one has the slot, the stream to fill it or the native thread to give its memory back. The stream
// takes the lowest, so that mostly the same few are used.
#pragma once

#include <limits.h>
#include <stdatomic.h>

#include "tx-directory-private.h"
#include "tx-error.h"
#include "tx-format-private.h"
#include "tx-os-private.h"
#include "tx-types.h"

typedef struct
{
  TxOs *os;        /* borrowed */
  uint8_t *memory; /* owned mapping; NULL once abandoned */
  size_t size_bytes;
  uint64_t stride;
  uint64_t trace_id;
  uint32_t slot_count;    /* at most */
  uint32_t slot_base;     /* reserved when it was made, and always */
  uint32_t n_reserved;    /* now; the native thread's */
  uint32_t n_used;        /* slots that have ever held a block: 0 to n_used - 1; the stream's */
  uint32_t slot_size;     /* data bytes */
  uint64_t device, inode; /* of the file */
  char path[PATH_MAX];    /* absolute; empty: plain memory, or unlinked */
  bool is_on_disk;        /* in the trace directory: never grows, that could take long */

  _Atomic uint64_t free_slots[TX_SLOT_COUNT_MAX / 64]; /* bits */
  _Atomic uint16_t slots[TX_SLOT_COUNT_MAX]; /* of the blocks at hand, by sequence % slot_count */
} TxRing;

/**
 * _tx_ring_init:
 * @header: whose ring it is, and its slots: as many as are reserved at once
 * @slot_count_max: how many it may grow to
 * @ring_dir: (nullable): NULL: $RUNTIME_DIRECTORY, then /dev/shm
 * @directory: of the trace, where the ring goes when no other place takes it
 *
 * Falls back to plain memory. Fails only without that.
 */
TxStatus _tx_ring_init (TxRing *self,
                        TxOs *os,
                        const TxRingHeader *header,
                        uint32_t slot_count_max,
                        const char *ring_dir,
                        TxDirectory *directory,
                        TxError *error) TX_WARN_UNUSED;

/* Unmaps; the file stays. Does nothing on a zeroed or abandoned ring. */
void _tx_ring_clear (TxRing *self);

/* Removes the file if it is still the one that was made. */
void _tx_ring_unlink (TxRing *self);

/* In a forked child: forgets the mapping, which the fork has not inherited. */
void _tx_ring_abandon (TxRing *self);

/* ---- Slots ---- */

static inline uint8_t *
_tx_ring_get_slot_at (const TxRing *self, uint32_t index)
{
  return self->memory + TX_RING_HEADER_SIZE + index * self->stride;
}

/* The slot of a block that was taken and not yet freed: its header, then its data. */
static inline uint8_t *
_tx_ring_get_slot (TxRing *self, uint64_t sequence)
{
  return _tx_ring_get_slot_at (
      self, atomic_load_explicit (&self->slots[sequence % self->slot_count], memory_order_relaxed));
}

/** _tx_ring_take_slot: the stream's: a free slot for the block @sequence; NULL when none is. */
uint8_t *_tx_ring_take_slot (TxRing *self, uint64_t sequence);

/** _tx_ring_free_slot: the native thread's: the block @sequence needs its slot no more. */
void _tx_ring_free_slot (TxRing *self, uint64_t sequence);

uint32_t _tx_ring_count_free (const TxRing *self);

/** _tx_ring_grow: the native thread's: up to @n_slots more; whether there are any. */
bool _tx_ring_grow (TxRing *self, uint32_t n_slots);

/**
 * _tx_ring_shrink:
 * @n_opened: blocks opened so far; the last one's slot is looked at even when it is free
 *
 * The native thread's: gives the last slot's memory back; false when that is in use, or none is too
 * many.
 */
bool _tx_ring_shrink (TxRing *self, const _Atomic (uint64_t) *n_opened);

/* Fields that others read meanwhile. Mapped memory is aligned, and so are the offsets. */
static inline _Atomic (uint32_t) *
_tx_slot_committed (uint8_t *slot)
{
  return (_Atomic (uint32_t) *) (void *) (slot + TX_SLOT_COMMITTED_OFFSET);
}

static inline _Atomic (uint32_t) *
_tx_slot_state (uint8_t *slot)
{
  return (_Atomic (uint32_t) *) (void *) (slot + TX_SLOT_STATE_OFFSET);
}

static inline _Atomic (int64_t) *
_tx_slot_mono_last (uint8_t *slot)
{
  return (_Atomic (int64_t) *) (void *) (slot + TX_SLOT_MONO_LAST_OFFSET);
}

void _tx_ring_set_heartbeat (TxRing *self, int64_t mono_ns, int64_t real_ns);
void _tx_ring_set_events_lost (TxRing *self, uint64_t events_lost);
void _tx_ring_set_state (TxRing *self, TxRingState state);
