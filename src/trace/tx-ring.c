// SPDX-License-Identifier: BSD-3-Clause
// Making and removing the ring. Space is reserved before the file is mapped, so
// that a full file system is an error here and never a signal later.
#include "tx-ring-private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Places ---- */

/* A directory of ours alone in a place that others may write to, so nobody can plant anything
 * there. */
static int
open_private_directory (TxOs *os, const char *path)
{
  struct stat status;
  int fd, result;

  result = os->make_directory (os, path, 0700);
  if (result < 0 && result != -EEXIST)
    return result;
  fd = os->open (os, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd < 0)
    return fd;
  result = os->get_status (os, fd, &status);
  if (result == 0 && (status.st_uid != geteuid () || (status.st_mode & 077) != 0))
    result = -EPERM;
  if (result < 0)
    {
      os->close (os, fd);
      return result;
    }
  return fd;
}

/* Reserves and maps as much as is possible of what is wanted, the base at least. */
static int
map_fd (TxRing *self, int fd, uint32_t slot_count_max)
{
  TxOs *os = self->os;
  void *memory;
  int result = os->set_mode (os, fd, 0600);

  if (result == 0)
    result = os->allocate (os, fd, 0, self->size_bytes);
  if (result < 0)
    return result;
  if (slot_count_max > self->slot_base)
    {
      size_t size_max = _tx_ring_size (slot_count_max, self->slot_size);

      if (os->resize (os, fd, size_max) == 0 && os->map (os, fd, size_max, &memory) == 0)
        {
          self->slot_count = slot_count_max;
          self->size_bytes = size_max;
          self->memory = memory;
          return 0;
        }
    }
  result = os->map (os, fd, self->size_bytes, &memory);
  if (result == 0)
    self->memory = memory;
  return result;
}

/* Makes the ring's file, reserves its space and maps it; nothing is left behind on failure. */
static int
map_file (TxRing *self, int dir_fd, const char *name, uint32_t slot_count_max)
{
  TxOs *os = self->os;
  struct stat status;
  int fd, result;

  fd = os->open (os, dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return fd;
  result = os->get_status (os, fd, &status);
  if (result == 0)
    result = map_fd (self, fd, slot_count_max);
  os->close (os, fd);
  if (result < 0)
    {
      os->unlink (os, dir_fd, name);
      return result;
    }
  self->device = status.st_dev;
  self->inode = status.st_ino;
  return 0;
}

static int
map_in_place (TxRing *self, const char *place, uint32_t slot_count_max)
{
  char directory[PATH_MAX];
  char name[32];
  int dir_fd, result;

  if (place[0] != '/' ||
      snprintf (directory, sizeof directory, "%s/trackexec-%u", place, (unsigned) geteuid ()) >=
          (int) sizeof directory ||
      snprintf (name, sizeof name, "%016" PRIx64 ".ring", self->trace_id) >= (int) sizeof name ||
      snprintf (self->path, sizeof self->path, "%s/%s", directory, name) >= (int) sizeof self->path)
    return -ENAMETOOLONG;
  dir_fd = open_private_directory (self->os, directory);
  if (dir_fd < 0)
    return dir_fd;
  result = map_file (self, dir_fd, name, slot_count_max);
  self->os->close (self->os, dir_fd);
  return result;
}

/* systemd gives several, with colons between: the first is the service's own. */
static int
map_in_runtime_directory (TxRing *self, uint32_t slot_count_max)
{
  char place[PATH_MAX];
  const char *value = secure_getenv ("RUNTIME_DIRECTORY");
  size_t size = value ? strcspn (value, ":") : 0;

  if (size == 0 || size >= sizeof place)
    return -ENOENT;
  memcpy (place, value, size);
  place[size] = '\0';
  return map_in_place (self, place, slot_count_max);
}

static int
map_in_trace_directory (TxRing *self, TxDirectory *directory)
{
  int dir_fd = _tx_directory_get_fd (directory);
  int result;

  if (dir_fd < 0)
    return dir_fd;
  if (snprintf (self->path, sizeof self->path, "%s/%s", directory->path, TX_FILE_RING) >=
      (int) sizeof self->path)
    return -ENAMETOOLONG;
  result = map_file (self, dir_fd, TX_FILE_RING, 0);
  self->is_on_disk = result == 0;
  return result;
}

static int
map_plain_memory (TxRing *self)
{
  void *memory;
  int result = self->os->map (self->os, -1, self->size_bytes, &memory);

  self->path[0] = '\0';
  if (result == 0)
    self->memory = memory;
  return result;
}

static int
map_anywhere (TxRing *self,
              const char *ring_dir,
              TxDirectory *directory,
              uint32_t slot_count_max)
{
  if (ring_dir && !*ring_dir)
    return map_plain_memory (self);
  if (ring_dir)
    {
      if (map_in_place (self, ring_dir, slot_count_max) == 0)
        return 0;
    }
  else if (map_in_runtime_directory (self, slot_count_max) == 0 ||
           map_in_place (self, "/dev/shm", slot_count_max) == 0)
    return 0;
  if (map_in_trace_directory (self, directory) == 0)
    return 0;
  return map_plain_memory (self);
}

/* ---- Slots ---- */

static void
give_slot (TxRing *self, uint32_t index)
{
  atomic_fetch_or_explicit (&self->free_slots[index / 64], UINT64_C (1) << (index % 64),
                            memory_order_release);
}

/* Whether the slot was free, and is the caller's now. */
static bool
take_slot (TxRing *self, uint32_t index)
{
  uint64_t bit = UINT64_C (1) << (index % 64);

  return (atomic_fetch_and_explicit (&self->free_slots[index / 64], ~bit, memory_order_acquire) &
          bit) != 0;
}

/* Readers look at no slot beyond those that were in use. */
static void
note_used (TxRing *self, uint32_t index)
{
  uint8_t *field = self->memory + TX_RING_SLOTS_USED_OFFSET;

  if (index < self->n_used)
    return;
  self->n_used = index + 1;
  atomic_store_explicit ((_Atomic (uint32_t) *) (void *) field,
                         _tx_slots_used_encode (self->n_used), memory_order_release);
}

uint8_t *
_tx_ring_take_slot (TxRing *self, uint64_t sequence)
{
  for (uint32_t i = 0; i < (self->slot_count + 63) / 64; i++)
    {
      uint64_t bits = atomic_load_explicit (&self->free_slots[i], memory_order_relaxed);

      for (; bits != 0; bits &= bits - 1)
        {
          uint32_t index = 64 * i + (uint32_t) __builtin_ctzll (bits);

          if (!take_slot (self, index))
            continue;
          atomic_store_explicit (&self->slots[sequence % self->slot_count], (uint16_t) index,
                                 memory_order_relaxed);
          note_used (self, index);
          return _tx_ring_get_slot_at (self, index);
        }
    }
  return NULL;
}

void
_tx_ring_free_slot (TxRing *self, uint64_t sequence)
{
  uint32_t index =
      atomic_load_explicit (&self->slots[sequence % self->slot_count], memory_order_relaxed);

  atomic_store_explicit (_tx_slot_state (_tx_ring_get_slot_at (self, index)), TX_SLOT_FREE,
                         memory_order_release);
  give_slot (self, index);
}

uint32_t
_tx_ring_count_free (const TxRing *self)
{
  uint32_t n = 0;

  for (uint32_t i = 0; i < (self->slot_count + 63) / 64; i++)
    n += (uint32_t) __builtin_popcountll (
        atomic_load_explicit (&self->free_slots[i], memory_order_relaxed));
  return n;
}

/* The ring's file; a negative errno when it is not there any more. */
static int
open_file (const TxRing *self)
{
  struct stat status;
  int fd = self->os->open (self->os, AT_FDCWD, self->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
  int result;

  if (fd < 0)
    return fd;
  result = self->os->get_status (self->os, fd, &status);
  if (result == 0 && (status.st_dev != self->device || status.st_ino != self->inode))
    result = -ESTALE;
  if (result == 0)
    return fd;
  self->os->close (self->os, fd);
  return result;
}

/* How many of @n_slots more slots leave others at least as much of the file system. */
static uint32_t
limit_growth (const TxRing *self, int fd, uint32_t n_slots)
{
  TxSpace space;

  if (n_slots > self->slot_count - self->n_reserved)
    n_slots = self->slot_count - self->n_reserved;
  if (self->os->get_space (self->os, fd, &space) < 0)
    return 0;
  return space.free_bytes / 2 < n_slots * self->stride ? 0 : n_slots;
}

bool
_tx_ring_grow (TxRing *self, uint32_t n_slots)
{
  uint64_t offset = TX_RING_HEADER_SIZE + self->n_reserved * self->stride;
  int fd, result;

  if (self->n_reserved == self->slot_count)
    return false;
  fd = open_file (self);
  if (fd < 0)
    return false;
  n_slots = limit_growth (self, fd, n_slots);
  result = n_slots ? self->os->allocate (self->os, fd, offset, n_slots * self->stride) : -ENOSPC;
  self->os->close (self->os, fd);
  if (result < 0)
    return false;
  /* Mapped here, so that the program's threads need not wait for that. */
  for (uint64_t i = 0; i < n_slots * self->stride; i += 4096)
    atomic_store_explicit ((_Atomic (uint8_t) *) (self->memory + offset + i), 0,
                           memory_order_relaxed);
  for (uint32_t i = 0; i < n_slots; i++)
    give_slot (self, self->n_reserved++);
  return true;
}

bool
_tx_ring_shrink (TxRing *self, const _Atomic (uint64_t) *n_opened)
{
  uint32_t last = self->n_reserved - 1;
  uint64_t offset = TX_RING_HEADER_SIZE + last * self->stride;
  uint64_t begin = (offset + 4095) & ~(uint64_t) 4095;
  uint64_t n;
  int fd;

  if (self->n_reserved <= self->slot_base || !take_slot (self, last))
    return false;
  n = atomic_load (n_opened); /* from here on no block gets that slot */
  if (n > 0 && _tx_ring_get_slot (self, n - 1) == _tx_ring_get_slot_at (self, last))
    {
      give_slot (self, last);
      return false;
    }
  self->n_reserved--;
  fd = open_file (self);
  if (fd < 0)
    return true;
  /* Up to the end of the last page: what lies behind is not reserved either. */
  (void) self->os->release (self->os, fd, begin, ((self->stride + 4095) & ~(uint64_t) 4095));
  self->os->close (self->os, fd);
  return true;
}

/* ---- The ring ---- */

TxStatus
_tx_ring_init (TxRing *self,
               TxOs *os,
               const TxRingHeader *header,
               uint32_t slot_count_max,
               const char *ring_dir,
               TxDirectory *directory,
               TxError *error)
{
  TxRingHeader complete = *header;
  int result;

  *self = (TxRing){
    .os = os,
    .size_bytes = _tx_ring_size (header->slot_count, header->slot_size),
    .stride = _tx_ring_stride (header->slot_size),
    .trace_id = header->trace_id,
    .slot_count = header->slot_count,
    .slot_base = header->slot_count,
    .n_reserved = header->slot_count,
    .slot_size = header->slot_size,
  };
  result = map_anywhere (self, ring_dir, directory, slot_count_max);
  if (result < 0)
    return tx_error_set_errno (error, -result, "cannot get memory for the ring");
  /* A forked child must not write in its parent's ring. Where the kernel cannot do this, the
     handler in tx-writer-fork.c is what keeps it away. */
  madvise (self->memory, self->size_bytes, MADV_DONTFORK);
  complete.slot_count = self->slot_count;
  _tx_ring_header_encode (self->memory, &complete);
  for (uint32_t i = 0; i < self->slot_base; i++)
    give_slot (self, i);
  return TX_OK;
}

void
_tx_ring_clear (TxRing *self)
{
  if (self->memory)
    munmap (self->memory, self->size_bytes);
  self->memory = NULL;
}

void
_tx_ring_unlink (TxRing *self)
{
  struct stat status;

  if (self->path[0] != '\0' && lstat (self->path, &status) == 0 && status.st_dev == self->device &&
      status.st_ino == self->inode)
    self->os->unlink (self->os, AT_FDCWD, self->path);
  self->path[0] = '\0';
}

void
_tx_ring_abandon (TxRing *self)
{
  self->memory = NULL;
  self->path[0] = '\0';
}

void
_tx_ring_set_heartbeat (TxRing *self, int64_t mono_ns, int64_t real_ns)
{
  uint8_t *mono = self->memory + TX_RING_HEARTBEAT_MONO_OFFSET;
  uint8_t *real = self->memory + TX_RING_HEARTBEAT_REAL_OFFSET;

  atomic_store_explicit ((_Atomic (int64_t) *) (void *) real, real_ns, memory_order_relaxed);
  atomic_store_explicit ((_Atomic (int64_t) *) (void *) mono, mono_ns, memory_order_release);
}

void
_tx_ring_set_events_lost (TxRing *self, uint64_t events_lost)
{
  uint8_t *field = self->memory + TX_RING_EVENTS_LOST_OFFSET;

  atomic_store_explicit ((_Atomic (uint64_t) *) (void *) field, events_lost, memory_order_relaxed);
}

void
_tx_ring_set_state (TxRing *self, TxRingState state)
{
  uint8_t *field = self->memory + TX_RING_STATE_OFFSET;

  atomic_store_explicit ((_Atomic (uint32_t) *) (void *) field, (uint32_t) state,
                         memory_order_release);
}
