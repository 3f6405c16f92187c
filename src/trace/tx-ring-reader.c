// SPDX-License-Identifier: BSD-3-Clause
// Copies the slots of a ring (docs/trace-format.md, section 7).
#include "tx-ring-reader-private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-file-private.h"

/* How often a header that is being written is looked at again. */
#define N_TRIES 4

void
_tx_ring_reader_init (TxRingReader *self)
{
  *self = (TxRingReader){ .fd = -1 };
}

void
_tx_ring_reader_forget (TxRingReader *self)
{
  for (size_t i = 0; i < self->n_slots; i++)
    {
      free (self->slots[i].data);
      self->slots[i] = (TxRingSlot){ 0 };
    }
}

void
_tx_ring_reader_clear (TxRingReader *self)
{
  const _Atomic bool *stop = self->stop;

  _tx_ring_reader_forget (self);
  free (self->slots);
  _tx_file_close (self->fd);
  _tx_ring_reader_init (self);
  self->stop = stop;
}

bool
_tx_ring_reader_is_stopped (const TxRingReader *self)
{
  return self->stop && atomic_load (self->stop);
}

/* ---- Opening ---- */

static bool
read_header (int fd, uint64_t trace_id, TxRingHeader *ret_header)
{
  uint8_t bytes[TX_RING_FIELDS_SIZE];

  return _tx_file_read_whole (fd, bytes, sizeof bytes, 0) &&
         _tx_ring_header_decode (bytes, ret_header) && ret_header->trace_id == trace_id;
}

TxStatus
_tx_ring_reader_open_fd (TxRingReader *self, int fd, uint64_t trace_id, TxError *error)
{
  TxRingHeader header;
  TxRingSlot *slots;
  uint64_t size = _tx_file_get_size (fd);
  uint64_t n_slots;

  if (!read_header (fd, trace_id, &header))
    {
      _tx_file_close (fd);
      return tx_error_set (error, TX_ERROR_DAMAGED,
                           "cannot use the ring file: it is not the ring of this trace");
    }
  /* A copy may have been cut; a slot that is not whole is looked at as far as it is there. */
  n_slots = size > TX_RING_HEADER_SIZE
                ? (size - TX_RING_HEADER_SIZE + _tx_ring_stride (header.slot_size) - 1) /
                      _tx_ring_stride (header.slot_size)
                : 0;
  if (n_slots > header.slot_count)
    n_slots = header.slot_count;
  slots = calloc (n_slots ? n_slots : 1, sizeof *slots);
  if (!slots)
    {
      _tx_file_close (fd);
      return tx_error_set (error, TX_ERROR_MEMORY, "cannot read the ring: out of memory");
    }
  _tx_ring_reader_clear (self);
  self->fd = fd;
  self->header = header;
  self->slots = slots;
  self->n_slots = n_slots;
  return TX_OK;
}

/* -1 when @path is not the file that is meant; dev and ino are checked where they are given. */
static int
open_place (const char *path, const TxRingPlace *place)
{
  struct stat st;
  int fd = _tx_file_open (AT_FDCWD, path, &st);

  if (fd >= 0 && (place->dev || place->ino) &&
      ((uint64_t) st.st_dev != place->dev || (uint64_t) st.st_ino != place->ino))
    {
      _tx_file_close (fd);
      errno = ENOENT;
      return -1;
    }
  return fd;
}

/* The process may see another file system than we do (a container). */
static int
open_as_process (const TxRingPlace *place)
{
  char path[4096 + 32];
  int length = snprintf (path, sizeof path, "/proc/%" PRIu32 "/root%s", place->pid, place->path);

  if (place->pid == 0 || length < 0 || (size_t) length >= sizeof path)
    {
      errno = ENOENT;
      return -1;
    }
  return open_place (path, place);
}

/* Whether the path is one that a writer could have given: nothing else is opened, whatever `info`
 * says. */
static bool
may_be_ring (const char *path, uint64_t trace_id)
{
  const char *slash = strrchr (path, '/');
  char name[32];

  snprintf (name, sizeof name, "%016" PRIx64 ".ring", trace_id);
  return path[0] == '/' && (strcmp (slash + 1, name) == 0 || strcmp (slash + 1, TX_FILE_RING) == 0);
}

TxStatus
_tx_ring_reader_open (
    TxRingReader *self, const TxRingPlace *place, int dir_fd, uint64_t trace_id, TxError *error)
{
  int reason = ENOENT;
  int fd = -1;
  TxStatus status;

  if (may_be_ring (place->path, trace_id))
    {
      fd = open_place (place->path, place);
      reason = errno;
      if (fd < 0)
        fd = open_as_process (place);
      status = fd >= 0 ? _tx_ring_reader_open_fd (self, fd, trace_id, error) : TX_END;
      if (status == TX_OK || status == TX_ERROR_MEMORY)
        return status;
    }
  fd = _tx_file_open (dir_fd, TX_FILE_RING, NULL);
  if (fd >= 0)
    return _tx_ring_reader_open_fd (self, fd, trace_id, error);
  return tx_error_set_errno (error, reason, "cannot open the ring '%.300s'", place->path);
}

/* ---- Reading ---- */

static uint64_t
slot_offset (const TxRingReader *self, size_t index)
{
  return TX_RING_HEADER_SIZE + index * _tx_ring_stride (self->header.slot_size);
}

typedef enum
{
  SLOT_EMPTY,
  SLOT_BAD, /* or in the middle of being opened */
  SLOT_HELD,
} SlotLook;

static SlotLook
look_at_slot (const TxRingReader *self, size_t index, uint64_t trace_id, TxSlotHeader *ret_header)
{
  for (int i = 0; i < N_TRIES; i++)
    {
      uint8_t bytes[TX_SLOT_HEADER_SIZE];
      uint32_t state;

      if (!_tx_file_read_whole (self->fd, bytes, sizeof bytes, slot_offset (self, index)))
        return SLOT_EMPTY;
      state = _tx_get_u32 (bytes + TX_SLOT_STATE_OFFSET);
      if (state == TX_SLOT_FREE || state == TX_SLOT_OPENING)
        return SLOT_EMPTY;
      if ((state == TX_SLOT_OPEN || state == TX_SLOT_SEALED) &&
          _tx_slot_header_decode (bytes, trace_id, ret_header) &&
          ret_header->committed <= self->header.slot_size)
        return SLOT_HELD;
    }
  return SLOT_BAD;
}

/* Whether data read between the two looks is that of the block of the first one. */
static bool
is_same_block (const TxSlotHeader *before, const TxSlotHeader *after)
{
  return before->sequence == after->sequence &&
         (before->state == after->state ||
          (before->state == TX_SLOT_OPEN && after->state == TX_SLOT_SEALED));
}

static void
drop_slot (TxRingSlot *slot)
{
  slot->is_held = false;
  slot->header = (TxSlotHeader){ 0 };
}

/* The data behind what was read before. Returns false without memory. */
static bool
read_data (
    TxRingReader *self, size_t index, uint64_t trace_id, const TxSlotHeader *header, bool *ret_good)
{
  TxRingSlot *slot = &self->slots[index];
  uint32_t known = 0;
  TxSlotHeader after;

  if (slot->is_held && slot->header.sequence == header->sequence &&
      slot->header.committed <= header->committed)
    known = slot->header.committed;
  if (!TX_ARRAY_RESERVE (slot->data, slot->capacity, header->committed))
    return false;
  *ret_good = _tx_file_read_whole (self->fd, slot->data + known, header->committed - known,
                                   slot_offset (self, index) + TX_SLOT_HEADER_SIZE + known) &&
              look_at_slot (self, index, trace_id, &after) == SLOT_HELD &&
              is_same_block (header, &after);
  return true;
}

static bool
read_slot (TxRingReader *self, size_t index, uint64_t trace_id, TxDamage *damage)
{
  TxRingSlot *slot = &self->slots[index];
  TxSlotHeader header;
  SlotLook look = look_at_slot (self, index, trace_id, &header);
  bool good;

  if (look == SLOT_BAD)
    _tx_damage_add (damage, "slot %zu of the ring is damaged and was left out", index);
  if (look != SLOT_HELD || header.committed == 0)
    {
      drop_slot (slot);
      return true;
    }
  if (slot->is_held && slot->header.sequence == header.sequence &&
      slot->header.committed == header.committed && slot->header.state == header.state)
    return true;
  if (!read_data (self, index, trace_id, &header, &good))
    return false;
  if (!good)
    {
      drop_slot (slot);
      return true;
    }
  slot->header = header;
  slot->is_held = true;
  return true;
}

/* Most of the slots were never in use. Read anew for each turn: a block that was opened before has
   its slot below. */
static size_t
count_used (const TxRingReader *self)
{
  uint8_t bytes[4];
  uint32_t n_used;

  if (!_tx_file_read_whole (self->fd, bytes, sizeof bytes, TX_RING_SLOTS_USED_OFFSET) ||
      !_tx_slots_used_decode (_tx_get_u32 (bytes), &n_used) || n_used > self->n_slots)
    return self->n_slots;
  return n_used;
}

static bool
read_slots (TxRingReader *self, uint64_t trace_id, TxDamage *damage)
{
  size_t n_used = count_used (self);

  for (size_t i = 0; i < n_used; i++)
    if (_tx_ring_reader_is_stopped (self) || !read_slot (self, i, trace_id, damage))
      return false;
  return true;
}

/* Whether any slot is held, and the highest sequence among them. */
static bool
find_newest (const TxRingReader *self, uint64_t *ret_sequence)
{
  bool found = false;

  for (size_t i = 0; i < self->n_slots; i++)
    if (self->slots[i].is_held && (!found || self->slots[i].header.sequence > *ret_sequence))
      {
        *ret_sequence = self->slots[i].header.sequence;
        found = true;
      }
  return found;
}

/*
 * While the slots are looked at one by one, the process may open one behind us and the next one
 * before us: a hole, or a block that went on after we had left it. So they are read twice. What is
 * older than the newest block of the first time was sealed before the second one began: it is found
 * whole now, or freed, and then it is in a file. What is newer waits for the next call.
 */
static bool
read_consistently (TxRingReader *self, uint64_t trace_id, TxDamage *damage)
{
  TxDamage counted_already = { 0 };
  uint64_t newest = 0;
  bool has_newest;

  if (!read_slots (self, trace_id, damage))
    return false;
  has_newest = find_newest (self, &newest);
  if (!read_slots (self, trace_id, &counted_already))
    return false;
  for (size_t i = 0; i < self->n_slots; i++)
    if (self->slots[i].is_held && (!has_newest || self->slots[i].header.sequence > newest))
      drop_slot (&self->slots[i]);
  return true;
}

TxStatus
_tx_ring_reader_read (TxRingReader *self, uint64_t trace_id, TxDamage *damage, TxError *error)
{
  TxRingHeader header;

  if (!read_consistently (self, trace_id, damage))
    return _tx_ring_reader_is_stopped (self)
               ? tx_error_set (error, TX_CANCELLED, "reading the ring was cancelled")
               : tx_error_set (error, TX_ERROR_MEMORY, "cannot read the ring: out of memory");
  /* The heartbeat after the slots: it bounds the times of their events. */
  if (read_header (self->fd, trace_id, &header))
    {
      self->header.heartbeat_mono_ns = header.heartbeat_mono_ns;
      self->header.heartbeat_real_ns = header.heartbeat_real_ns;
      self->header.events_lost = header.events_lost;
      self->header.state = header.state;
    }
  return TX_OK;
}
