// SPDX-License-Identifier: BSD-3-Clause
// A list of chunks; each holds entries, a 32-bit size before each. `filled` is stored with release
// order behind an entry, and a chunk's successor is linked only after the last one.
#include "tx-definition-queue-private.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE (64u * 1024u)

struct _TxDefinitionChunk
{
  _Atomic (TxDefinitionChunk *) next; /* owned */
  _Atomic (uint32_t) filled;          /* bytes of entries that readers may see */
  uint32_t capacity;
  uint8_t data[];
};

void
_tx_definition_queue_clear (TxDefinitionQueue *self)
{
  TxDefinitionChunk *chunk = self->oldest;

  while (chunk)
    {
      TxDefinitionChunk *next = atomic_load_explicit (&chunk->next, memory_order_relaxed);

      free (chunk);
      chunk = next;
    }
  memset (self, 0, sizeof *self);
}

/* Frees what both readers have left behind. */
static void
free_old_chunks (TxDefinitionQueue *self)
{
  TxDefinitionChunk *streamed = atomic_load_explicit (&self->stream.chunk, memory_order_relaxed);
  TxDefinitionChunk *copied = atomic_load_explicit (&self->catalog.chunk, memory_order_acquire);

  /* A reader that has not begun holds everything: it starts at `first`. */
  if (!streamed || !copied)
    return;
  while (self->oldest != streamed && self->oldest != copied)
    {
      TxDefinitionChunk *next = atomic_load_explicit (&self->oldest->next, memory_order_relaxed);

      free (self->oldest);
      self->oldest = next;
    }
}

uint8_t *
_tx_definition_queue_reserve (TxDefinitionQueue *self, uint32_t size_max)
{
  TxDefinitionChunk *newest = self->newest;
  uint32_t needed = size_max + (uint32_t) sizeof (uint32_t);
  uint32_t filled = newest ? atomic_load_explicit (&newest->filled, memory_order_relaxed) : 0;

  free_old_chunks (self);
  if (!newest || needed > newest->capacity - filled)
    {
      uint32_t capacity = needed > CHUNK_SIZE ? needed : CHUNK_SIZE;
      TxDefinitionChunk *added = calloc (1, sizeof *added + capacity);

      if (!added)
        return NULL;
      added->capacity = capacity;
      if (newest)
        atomic_store_explicit (&newest->next, added, memory_order_release);
      else
        {
          self->oldest = added;
          atomic_store_explicit (&self->first, added, memory_order_release);
        }
      self->newest = added;
      filled = 0;
    }
  return self->newest->data + filled + sizeof (uint32_t);
}

void
_tx_definition_queue_publish (TxDefinitionQueue *self, uint32_t size)
{
  TxDefinitionChunk *chunk = self->newest;
  uint32_t filled = atomic_load_explicit (&chunk->filled, memory_order_relaxed);

  memcpy (chunk->data + filled, &size, sizeof size);
  atomic_store_explicit (&chunk->filled, filled + (uint32_t) sizeof size + size,
                         memory_order_release);
}

/* Moves on to the next chunk once this one is read: no entry is added to a chunk that has a next.
 */
static TxDefinitionChunk *
find_chunk (TxDefinitionReader *reader, TxDefinitionQueue *queue)
{
  TxDefinitionChunk *chunk = atomic_load_explicit (&reader->chunk, memory_order_relaxed);

  if (!chunk)
    {
      chunk = atomic_load_explicit (&queue->first, memory_order_acquire);
      if (!chunk)
        return NULL;
      atomic_store_explicit (&reader->chunk, chunk, memory_order_release);
    }
  for (;;)
    {
      TxDefinitionChunk *next = atomic_load_explicit (&chunk->next, memory_order_acquire);

      if (reader->offset < atomic_load_explicit (&chunk->filled, memory_order_acquire))
        return chunk;
      if (!next)
        return NULL;
      reader->offset = 0;
      /* From here on the producer may free the chunk behind. */
      atomic_store_explicit (&reader->chunk, next, memory_order_release);
      chunk = next;
    }
}

bool
_tx_definition_reader_peek (TxDefinitionReader *reader,
                            TxDefinitionQueue *queue,
                            TxDefinitionEntry *ret_entry)
{
  TxDefinitionChunk *chunk = find_chunk (reader, queue);

  if (!chunk)
    return false;
  memcpy (&ret_entry->size, chunk->data + reader->offset, sizeof ret_entry->size);
  ret_entry->bytes = chunk->data + reader->offset + sizeof ret_entry->size;
  return true;
}

void
_tx_definition_reader_advance (TxDefinitionReader *reader)
{
  TxDefinitionChunk *chunk = atomic_load_explicit (&reader->chunk, memory_order_relaxed);
  uint32_t size;

  memcpy (&size, chunk->data + reader->offset, sizeof size);
  reader->offset += (uint32_t) sizeof size + size;
}
