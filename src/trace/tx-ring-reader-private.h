// SPDX-License-Identifier: BSD-3-Clause
// TxRingReader: a consistent copy of what is in a ring, of a process that writes into it
// this moment or of one that is gone. Never writes; believes nothing that the
// ring, or whoever named its path, says.
#pragma once

#include "tx-damage-private.h"
#include "tx-format-private.h"

/** TxRingSlot: the copy of one slot. */
typedef struct
{
  TxSlotHeader header; /* committed: bytes in data */
  uint8_t *data;       /* owned */
  size_t capacity;
  bool is_held; /* false: the slot holds no block */
} TxRingSlot;

typedef struct
{
  int fd; /* owned; -1: not open. Stays readable when the file is removed */
  TxRingHeader header;
  TxRingSlot *slots; /* owned; (array length=n_slots) */
  size_t n_slots;
  const _Atomic bool *stop; /* borrowed (nullable): true: reading is cancelled */
} TxRingReader;

/** TxRingPlace: where `info` says that the ring is. */
typedef struct
{
  const char *path; /* "": nowhere */
  uint64_t dev;     /* both 0: not known */
  uint64_t ino;
  uint32_t pid;
} TxRingPlace;

void _tx_ring_reader_init (TxRingReader *self);
void _tx_ring_reader_clear (TxRingReader *self);

/** _tx_ring_reader_is_stopped: whether whoever reads is to end. */
bool _tx_ring_reader_is_stopped (const TxRingReader *self);

/**
 * _tx_ring_reader_open:
 * @dir_fd: the trace directory, where the ring may be as well
 *
 * Tries the path, the path as the process itself sees it, and the trace directory.
 */
TxStatus _tx_ring_reader_open (TxRingReader *self,
                               const TxRingPlace *place,
                               int dir_fd,
                               uint64_t trace_id,
                               TxError *error) TX_WARN_UNUSED;

/**
 * _tx_ring_reader_open_fd:
 * @fd: (transfer full): a regular file
 *
 * Takes a file as the ring of @trace_id when its header is one.
 */
TxStatus _tx_ring_reader_open_fd (TxRingReader *self, int fd, uint64_t trace_id, TxError *error)
    TX_WARN_UNUSED;

/**
 * _tx_ring_reader_read:
 * Takes a new copy of the slots, of which only what is new is read. Slots that move while they are
 * read are left out: their blocks are in a segment by now, or will be.
 */
TxStatus _tx_ring_reader_read (TxRingReader *self,
                               uint64_t trace_id,
                               TxDamage *damage,
                               TxError *error) TX_WARN_UNUSED;

/** _tx_ring_reader_forget: drops the copies; the file stays open. */
void _tx_ring_reader_forget (TxRingReader *self);
