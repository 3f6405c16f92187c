// SPDX-License-Identifier: BSD-3-Clause
// One thread's lines from section 9 of a digest, whose bytes nobody vouches for, and from the sum
// that they divide. The encoder is in tx-thread-lines.c.
#include <stdlib.h>

#include "tx-thread-lines-private.h"

/** Columns: where each is read at present. */
typedef struct
{
  TxCursor masks, hits, self, callees, slowest, waiting;
  uint64_t n_waiting;
} Columns;

/** Division: the sum, and what is asked for of it. */
typedef struct
{
  const TxDigest *sum;
  size_t owner; /* index of the thread in the sum's threads */
  Columns columns;
  uint64_t waiting_place; /* of the next line with such time; UINT64_MAX: none */
  uint64_t waiting_owner, waiting_ns;
  TxDigestLine *lines; /* owned */
  size_t n_lines;
  uint64_t hits; /* of all lines */
  uint32_t resumed, restated;
  bool failed;
} Division;

/* ---- Lines ---- */

static void
read_waiting (Division *self)
{
  TxCursor *cursor = &self->columns.waiting;

  self->waiting_place = UINT64_MAX;
  if (self->columns.n_waiting == 0)
    return;
  self->columns.n_waiting--;
  self->waiting_place = _tx_cursor_varint32 (cursor);
  self->waiting_owner = _tx_cursor_varint32 (cursor);
  self->waiting_ns = _tx_cursor_varint64 (cursor);
}

/* What the thread waited in line @place. */
static uint64_t
take_waiting (Division *self, size_t place)
{
  uint64_t waiting_ns = 0;

  while (self->waiting_place == place && !self->columns.waiting.failed)
    {
      if (self->waiting_owner == self->owner)
        waiting_ns = self->waiting_ns;
      read_waiting (self);
    }
  return waiting_ns;
}

/* Takes the part of one thread away from @rest; false where there is not so much. */
static bool
take_part (Division *self, bool with_callees, TxDigestLine *rest, TxDigestLine *part)
{
  Columns *columns = &self->columns;
  uint64_t share_ns;

  part->hits = _tx_cursor_varint32 (&columns->hits);
  if (part->hits > rest->hits)
    return false;
  share_ns = _tx_thread_lines_share (rest->self_ns, part->hits, rest->hits);
  part->self_ns = share_ns + (uint64_t) _tx_cursor_zigzag64 (&columns->self);
  part->cumulated_ns = part->self_ns;
  if (with_callees)
    part->cumulated_ns += (uint64_t) _tx_cursor_zigzag64 (&columns->callees);
  if (part->self_ns > rest->self_ns || part->cumulated_ns > rest->cumulated_ns)
    return false;
  rest->hits -= part->hits;
  rest->self_ns -= part->self_ns;
  rest->cumulated_ns -= part->cumulated_ns;
  return true;
}

/* A line that several threads have. */
static bool
divide_line (Division *self,
             const TxDigestLine *sum,
             uint64_t mask,
             bool with_callees,
             TxDigestLine *ret_line)
{
  TxDigestLine rest = *sum;
  bool is_slowest_known = false;

  for (size_t owner = 0; mask != 0; owner++, mask >>= 1)
    {
      bool is_last = mask == 1;
      TxDigestLine part = rest;
      uint64_t less_ns = 0;

      if (!(mask & 1))
        continue;
      if (!is_last && !take_part (self, with_callees, &rest, &part))
        return false;
      if (!is_last || is_slowest_known)
        less_ns = _tx_cursor_varint64 (&self->columns.slowest);
      is_slowest_known |= less_ns == 0;
      if (less_ns > sum->slowest_ns)
        return false;
      part.slowest_ns = sum->slowest_ns - less_ns;
      if (owner == self->owner)
        *ret_line = part;
    }
  return true;
}

/* Line @place of the sum, and what of it is the thread's. */
static bool
take_line (Division *self, size_t place)
{
  const TxDigestLine *sum = &self->sum->lines[place];
  uint64_t number = _tx_cursor_varint64 (&self->columns.masks);
  uint64_t mask = number >> 1;
  TxDigestLine line = *sum;
  bool is_shared = (mask & (mask - 1)) != 0;

  if (mask == 0 || mask >> self->sum->n_threads != 0 || (!is_shared && (number & 1)))
    return false;
  if (is_shared)
    {
      if (!divide_line (self, sum, mask, number & 1, &line))
        return false;
      line.waiting_ns = take_waiting (self, place);
      if (line.waiting_ns > line.self_ns)
        return false;
    }
  line.function = sum->function;
  line.line = sum->line;
  line.entries = line.awaits = 0;
  if (mask >> self->owner & 1)
    {
      self->lines[self->n_lines++] = line;
      self->hits += line.hits;
    }
  return true;
}

/* ---- The section ---- */

static TxCursor
take_column (TxCursor *cursor)
{
  uint32_t size = _tx_cursor_varint32 (cursor);
  const uint8_t *bytes = _tx_cursor_bytes (cursor, size);

  return _tx_cursor (bytes, cursor->failed ? 0 : size);
}

static bool
is_at_end (const TxCursor *cursor)
{
  return !cursor->failed && cursor->pos == cursor->end;
}

static bool
take_head (Division *self, TxCursor *cursor, uint32_t n_runs, uint32_t n_blocks)
{
  if (_tx_cursor_varint32 (cursor) != n_runs || _tx_cursor_varint32 (cursor) != n_blocks ||
      _tx_cursor_varint32 (cursor) != self->sum->n_lines ||
      _tx_cursor_varint32 (cursor) != self->sum->n_threads ||
      self->sum->n_threads > TX_THREAD_LINES_THREADS_MAX)
    return false;
  for (size_t i = 0; i < self->sum->n_threads; i++)
    {
      uint32_t resumed = _tx_cursor_varint32 (cursor), restated = _tx_cursor_varint32 (cursor);

      if (i != self->owner)
        continue;
      self->resumed = resumed;
      self->restated = restated;
    }
  return !cursor->failed;
}

static bool
divide (Division *self, TxCursor *cursor)
{
  Columns *columns = &self->columns;

  columns->masks = take_column (cursor);
  columns->hits = take_column (cursor);
  columns->self = take_column (cursor);
  columns->callees = take_column (cursor);
  columns->slowest = take_column (cursor);
  columns->n_waiting = _tx_cursor_varint32 (cursor);
  columns->waiting = take_column (cursor);
  if (!is_at_end (cursor))
    return false;
  read_waiting (self);
  for (size_t i = 0; i < self->sum->n_lines; i++)
    if (!take_line (self, i))
      return false;
  return is_at_end (&columns->masks) && is_at_end (&columns->hits) && is_at_end (&columns->self) &&
         is_at_end (&columns->callees) && is_at_end (&columns->slowest) &&
         is_at_end (&columns->waiting) && columns->n_waiting == 0 &&
         self->waiting_place == UINT64_MAX && self->hits == self->sum->threads[self->owner].steps;
}

static TxDigest *
make_digest (Division *self)
{
  const TxDigestThread *thread = &self->sum->threads[self->owner];
  TxDigest *digest = calloc (1, sizeof *digest);
  TxDigestThread *threads = malloc (sizeof *threads);

  if (!digest || !threads)
    {
      free (digest);
      free (threads);
      return NULL;
    }
  *threads = *thread;
  *digest = (TxDigest){
    .threads = threads,
    .n_threads = 1,
    .lines = self->lines,
    .n_lines = self->n_lines,
    .steps = thread->steps,
    .depth_min = thread->depth_min,
    .depth_max = thread->depth_max,
    .error_ns = self->sum->error_ns,
    .resumed = self->resumed,
    .restated = self->restated,
  };
  self->lines = NULL;
  return digest;
}

TxDigest *
_tx_thread_lines_decode (const uint8_t *bytes,
                         size_t size_bytes,
                         const TxDigest *sum,
                         uint32_t n_runs,
                         uint32_t n_blocks,
                         TxThreadId thread,
                         TxError *error)
{
  TxCursor cursor = _tx_cursor (bytes, size_bytes);
  Division division = { .sum = sum };
  TxDigest *digest = NULL;

  while (division.owner < sum->n_threads && sum->threads[division.owner].thread != thread)
    division.owner++;
  if (division.owner == sum->n_threads || !take_head (&division, &cursor, n_runs, n_blocks))
    {
      tx_error_set (error, TX_ERROR_DAMAGED, "the lines of thread %u cannot be told", thread);
      return NULL;
    }
  division.lines = malloc ((sum->n_lines + 1) * sizeof *division.lines);
  if (division.lines && !divide (&division, &cursor))
    tx_error_set (error, TX_ERROR_DAMAGED, "the lines of %zu threads in %zu bytes are not valid",
                  sum->n_threads, size_bytes);
  else if (!division.lines || !(digest = make_digest (&division)))
    tx_error_set (error, TX_ERROR_MEMORY, "cannot tell the lines of a thread: out of memory");
  free (division.lines);
  return digest;
}
