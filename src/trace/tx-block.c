// SPDX-License-Identifier: BSD-3-Clause
// Decoded blocks as objects: made of bytes by the decoder, freed, or made in borrowed memory. Times
// are tx-block-times.c's, stacks in between tx-block-stack.c's.
#include "tx-block-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tx-block-decoder-private.h"

/* From so many bytes on large pages are worth what they have too much. */
#define LARGE_SIZE_MIN (1024u * 1024u)

/* Gives back what the large arrays have too much. */
static void
cut_arrays (TxBlockDecoder *self)
{
  TxEvent *events = realloc (self->events, (self->n_events ? self->n_events : 1) * sizeof *events);
  uint32_t *steps = realloc (self->steps, (self->n_steps ? self->n_steps : 1) * sizeof *steps);

  if (events)
    self->events = events;
  if (steps)
    self->steps = steps;
}

static TxBlock *
make_block (TxBlockDecoder *self,
            uint64_t sequence,
            const TxBlockTimes *times,
            size_t raw_size_bytes)
{
  TxBlock *block = calloc (1, sizeof *block);

  if (!block || self->no_memory)
    {
      free (block);
      return NULL;
    }
  if (!self->keeps_room)
    cut_arrays (self);
  _tx_block_spread_times (self->events, self->n_events, self->exact, self->n_exact,
                          times->mono_last_ns, self->is_even);
  *block = (TxBlock){
    .sequence = sequence,
    .times = *times,
    .events = self->events,
    .n_events = self->n_events,
    .steps = self->steps,
    .n_steps = self->n_steps,
    .frames = self->frames,
    .n_frames = self->n_frames,
    .stacks = self->stacks,
    .n_stacks = self->n_stacks,
    .texts = self->texts,
    .n_texts = self->n_texts,
    .gaps = self->gaps,
    .n_gaps = self->n_gaps,
    .raw = self->raw,
    .raw_size_bytes = raw_size_bytes,
    .damaged = self->cursor.failed,
  };
  return block;
}

static void
clear_arrays (TxBlockDecoder *self)
{
  if (!self->keeps_room)
    {
      free (self->events);
      free (self->steps);
      free (self->raw);
    }
  free (self->frames);
  free (self->stacks);
  free (self->texts);
  free (self->gaps);
}

/* Whole large pages, where the kernel has them. NULL without. */
static void *
map_large (size_t *size_bytes)
{
#ifdef MADV_HUGEPAGE
  const size_t page_size = 2u * 1024u * 1024u;
  size_t whole_size = (*size_bytes + page_size - 1) / page_size * page_size;
  uint8_t *memory = mmap (NULL, whole_size + page_size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  size_t before;

  if (memory == MAP_FAILED)
    return NULL;
  before = (page_size - (uintptr_t) memory % page_size) % page_size;
  if (before > 0)
    munmap (memory, before);
  munmap (memory + before + whole_size, page_size - before);
  (void) madvise (memory + before, whole_size, MADV_HUGEPAGE);
  *size_bytes = whole_size;
  return memory + before;
#else
  (void) size_bytes;
  return NULL;
#endif
}

/* The scratch's arrays, one behind the other: events, steps, bytes. */
static bool
borrow_scratch (TxBlockDecoder *self, TxBlockScratch *scratch, size_t size)
{
  self->keeps_room = true;
  if (size > scratch->capacity || !scratch->memory)
    {
      size_t capacity = size ? size : 1;
      size_t size_bytes = capacity * (sizeof *self->events + sizeof *self->steps + 1);
      bool is_readers = scratch->is_readers;
      void *memory = is_readers && size_bytes > LARGE_SIZE_MIN ? map_large (&size_bytes) : NULL;

      if (!memory)
        memory =
            mmap (NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED)
        return false;
      _tx_block_scratch_clear (scratch);
      *scratch = (TxBlockScratch){ memory, size_bytes, capacity, is_readers };
    }
  self->events = scratch->memory;
  self->steps = (uint32_t *) (self->events + scratch->capacity);
  self->raw = (uint8_t *) (self->steps + scratch->capacity);
  return true;
}

/* The first exact time is the header's. */
static bool
begin (TxBlockDecoder *self,
       const uint8_t *raw,
       size_t size,
       const TxBlockTimes *times,
       TxBlockScratch *scratch)
{
  if (scratch)
    {
      if (!borrow_scratch (self, scratch, size))
        return false;
    }
  else
    {
      self->raw = malloc (size ? size : 1);
      self->events = malloc ((size ? size : 1) * sizeof *self->events);
      self->steps = malloc ((size ? size : 1) * sizeof *self->steps);
    }
  if (!self->raw || !self->events || !self->steps || !TX_DECODER_RESERVE (self, exact, 1))
    return false;
  if (size)
    memcpy (self->raw, raw, size);
  self->cursor = _tx_cursor (self->raw, size);
  self->exact[self->n_exact++] = (TxExactTime){ .event = 0, .time_ns = times->mono_first_ns };
  return true;
}

TxBlock *
_tx_block_decode (const uint8_t *raw,
                  size_t raw_size_bytes,
                  uint64_t sequence,
                  const TxBlockTimes *times,
                  TxFirstLineFunc first_line,
                  TxDefinitionFunc define,
                  void *data,
                  TxBlockScratch *scratch,
                  TxError *error)
{
  TxBlockDecoder decoder = {
    .first_line = first_line, .define = define, .data = data, .current = SIZE_MAX
  };
  TxBlock *block = NULL;

  if (raw_size_bytes > TX_RAW_SIZE_MAX)
    {
      tx_error_set (error, TX_ERROR_DAMAGED,
                    "cannot decode block %llu: %zu bytes of events are more than the format allows",
                    (unsigned long long) sequence, raw_size_bytes);
      return NULL;
    }
  if (begin (&decoder, raw, raw_size_bytes, times, scratch))
    {
      _tx_decoder_run (&decoder);
      block = make_block (&decoder, sequence, times, raw_size_bytes);
    }
  _tx_decoder_clear (&decoder);
  if (!block)
    {
      clear_arrays (&decoder);
      tx_error_set (error, TX_ERROR_MEMORY, "cannot decode block %llu: out of memory",
                    (unsigned long long) sequence);
    }
  return block;
}

TxBlock *
tx_block_decode (const uint8_t *raw,
                 size_t raw_size_bytes,
                 uint64_t sequence,
                 const TxBlockTimes *times,
                 TxFirstLineFunc first_line,
                 void *data,
                 TxError *error)
{
  return _tx_block_decode (raw, raw_size_bytes, sequence, times, first_line, NULL, data, NULL,
                           error);
}

void
tx_block_free (TxBlock *self)
{
  if (!self)
    return;
  free ((void *) self->events);
  free ((void *) self->steps);
  free ((void *) self->frames);
  free ((void *) self->stacks);
  free ((void *) self->texts);
  free ((void *) self->gaps);
  free ((void *) self->raw);
  free (self);
}

void
_tx_block_free_borrowed (TxBlock *block)
{
  if (!block)
    return;
  block->events = NULL;
  block->steps = NULL;
  block->raw = NULL;
  tx_block_free (block);
}

void
_tx_block_scratch_clear (TxBlockScratch *self)
{
  if (self->memory)
    munmap (self->memory, self->size_bytes);
  *self = (TxBlockScratch){ 0 };
}
