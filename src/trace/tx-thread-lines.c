// SPDX-License-Identifier: BSD-3-Clause
// Adding up the lines of each thread, and writing them down. What one thread alone has of a line
// is told by the sum already, and so is what the last of several has: the rest.
#include "tx-thread-lines-private.h"

#include <stdlib.h>

#include "tx-digest-sums-private.h"
#include "tx-format-private.h"

/* Lines of all threads, after which it is too much. */
#define LINES_MAX 131072u

void
_tx_thread_lines_reset (TxThreadLines *self)
{
  for (size_t i = 0; i < self->n_threads; i++)
    _tx_tally_clear (&self->threads[i].tally);
  self->n_threads = 0;
  self->is_over = false;
  self->n_runs = self->n_blocks = 0;
  self->size = 0;
}

void
_tx_thread_lines_clear (TxThreadLines *self)
{
  _tx_thread_lines_reset (self);
  _tx_tally_items_clear (&self->items);
  free (self->threads);
  *self = (TxThreadLines){ 0 };
}

void
_tx_thread_lines_give_up (TxThreadLines *self)
{
  for (size_t i = 0; i < self->n_threads; i++)
    _tx_tally_clear (&self->threads[i].tally);
  self->n_threads = 0;
  self->is_over = true;
}

/* ---- Adding ---- */

/* NULL without memory, or where there are too many. */
static TxThreadTally *
find_thread (TxThreadLines *self, TxThreadId id)
{
  for (size_t i = 0; i < self->n_threads; i++)
    if (self->threads[i].id == id)
      return &self->threads[i];
  if (self->n_threads == TX_THREAD_LINES_THREADS_MAX ||
      !TX_ARRAY_RESERVE (self->threads, self->threads_capacity, self->n_threads + 1))
    return NULL;
  self->threads[self->n_threads] = (TxThreadTally){ .id = id };
  return &self->threads[self->n_threads++];
}

static void
add_sums (TxDigestLine *self, const TxDigestLine *other)
{
  self->hits += other->hits;
  self->self_ns += other->self_ns;
  self->cumulated_ns += other->cumulated_ns;
  self->waiting_ns += other->waiting_ns;
  if (other->slowest_ns > self->slowest_ns)
    self->slowest_ns = other->slowest_ns;
}

static bool
add_thread (TxThreadLines *self,
            TxThreadId id,
            const TxDigestLine *lines,
            size_t n_lines,
            uint32_t resumed,
            uint32_t restated)
{
  TxThreadTally *thread = find_thread (self, id);
  TxTallyFunction *function = NULL;

  if (!thread)
    return false;
  thread->resumed = _tx_add_capped (thread->resumed, resumed);
  thread->restated = _tx_add_capped (thread->restated, restated);
  for (size_t i = 0; i < n_lines; i++)
    {
      TxTallyLine *line;

      if (!function || function->id != lines[i].function)
        function = _tx_tally_find_function (&thread->tally, lines[i].function);
      line = function ? _tx_tally_find_line (&thread->tally, function, lines[i].line) : NULL;
      if (!line)
        return false;
      _tx_tally_touch (&thread->tally, line);
      add_sums (&line->sums, &lines[i]);
    }
  return true;
}

static bool
add_digest (TxThreadLines *self, const TxDigest *digest)
{
  bool is_added = digest->n_threads < 2 || digest->thread_lines;

  for (size_t i = 0; is_added && i < digest->n_threads; i++)
    {
      const TxDigestThreadLines *lines = digest->thread_lines ? &digest->thread_lines[i] : NULL;

      is_added = add_thread (self, digest->threads[i].thread, lines ? lines->lines : digest->lines,
                             lines ? lines->n_lines : digest->n_lines,
                             lines ? lines->resumed : digest->resumed,
                             lines ? lines->restated : digest->restated);
    }
  return is_added;
}

/* Whether nobody but one thread is in both. */
static bool
is_of_one (const TxDigest *run, const TxDigest *digest)
{
  return digest->n_threads < 2 && run->n_threads < 2 &&
         (digest->n_threads == 0 || run->n_threads == 0 ||
          digest->threads[0].thread == run->threads[0].thread);
}

static size_t
count_lines (const TxThreadLines *self)
{
  size_t n_lines = 0;

  for (size_t i = 0; i < self->n_threads; i++)
    n_lines += self->threads[i].tally.n_lines;
  return n_lines;
}

void
_tx_thread_lines_add (TxThreadLines *self, const TxDigest *run, const TxDigest *digest)
{
  if (self->is_over || (self->n_threads == 0 && is_of_one (run, digest)))
    return;
  if ((self->n_threads == 0 && !add_digest (self, run)) || !add_digest (self, digest) ||
      count_lines (self) > LINES_MAX)
    _tx_thread_lines_give_up (self);
}

void
_tx_thread_lines_end_run (TxThreadLines *self, uint32_t n_blocks)
{
  self->n_runs++;
  self->n_blocks += n_blocks;
}

bool
_tx_thread_lines_are_told (const TxThreadLines *self)
{
  return self->n_threads > 0 && !self->is_over;
}

/* ---- Writing ---- */

typedef struct
{
  TxBuffer masks, hits, self, callees, slowest, waiting;
  size_t n_waiting;
} Columns;

static bool
has_callees (const TxTallyItem *items, size_t n_items)
{
  for (size_t i = 0; i < n_items; i++)
    if (items[i].line->sums.cumulated_ns != items[i].line->sums.self_ns)
      return true;
  return false;
}

static TxDigestLine
sum_up (const TxTallyItem *items, size_t n_items)
{
  TxDigestLine sum = { 0 };

  for (size_t i = 0; i < n_items; i++)
    add_sums (&sum, &items[i].line->sums);
  return sum;
}

/* The slowest execution of each, the last one's only where it could be another's. */
static void
put_slowest (Columns *columns, const TxTallyItem *items, size_t n_items, uint64_t slowest_ns)
{
  bool is_known = true;

  for (size_t i = 0; i < n_items && (i + 1 < n_items || !is_known); i++)
    {
      uint64_t less_ns = slowest_ns - items[i].line->sums.slowest_ns;

      is_known &= less_ns != 0;
      _tx_buffer_append_varint (&columns->slowest, less_ns);
    }
}

/* A line that several threads have; @place: of it among all lines. */
static void
put_shared (
    Columns *columns, const TxTallyItem *items, size_t n_items, bool with_callees, size_t place)
{
  TxDigestLine rest = sum_up (items, n_items);

  put_slowest (columns, items, n_items, rest.slowest_ns);
  for (size_t i = 0; i < n_items; i++)
    {
      const TxDigestLine *sums = &items[i].line->sums;

      if (sums->waiting_ns > 0)
        {
          columns->n_waiting++;
          _tx_buffer_append_varint (&columns->waiting, place);
          _tx_buffer_append_varint (&columns->waiting, items[i].owner);
          _tx_buffer_append_varint (&columns->waiting, sums->waiting_ns);
        }
      if (i + 1 == n_items)
        break;
      _tx_buffer_append_varint (&columns->hits, sums->hits);
      _tx_buffer_append_varint (
          &columns->self,
          _tx_zigzag ((int64_t) (sums->self_ns -
                                 _tx_thread_lines_share (rest.self_ns, sums->hits, rest.hits))));
      if (with_callees)
        _tx_buffer_append_varint (&columns->callees,
                                  _tx_zigzag ((int64_t) (sums->cumulated_ns - sums->self_ns)));
      rest.self_ns -= sums->self_ns;
      rest.hits -= sums->hits;
    }
}

/* Returns: how many different lines there are */
static size_t
put_lines (const TxTallyItems *all, Columns *columns)
{
  size_t n_lines = 0;

  for (size_t first = 0, end; first < all->n_items; first = end)
    {
      const TxTallyItem *items = &all->items[first];
      uint64_t mask = 0;
      bool with_callees;

      for (end = first; end < all->n_items && all->items[end].key == items->key; end++)
        mask |= UINT64_C (1) << all->items[end].owner;
      with_callees = end - first > 1 && has_callees (items, end - first);
      _tx_buffer_append_varint (&columns->masks, mask << 1 | with_callees);
      if (end - first > 1)
        put_shared (columns, items, end - first, with_callees, n_lines);
      n_lines++;
    }
  return n_lines;
}

static void
append_column (TxBuffer *content, TxBuffer *column)
{
  _tx_buffer_append_varint (content, column->size);
  _tx_buffer_append (content, column->data, column->size);
  if (column->failed)
    content->failed = true;
  _tx_buffer_clear (column);
}

static int
compare_threads (const void *a, const void *b)
{
  const TxThreadTally *one = a, *other = b;

  return one->id < other->id ? -1 : one->id > other->id;
}

/* All lines in order, those of the threads by their ids. */
static bool
list_items (TxThreadLines *self)
{
  qsort (self->threads, self->n_threads, sizeof *self->threads, compare_threads);
  self->items.n_items = 0;
  for (size_t i = 0; i < self->n_threads; i++)
    if (!_tx_tally_items_add (&self->items, &self->threads[i].tally, i, false))
      return false;
  _tx_tally_items_sort (&self->items);
  return true;
}

void
_tx_thread_lines_encode (TxThreadLines *self, TxBuffer *ret_content)
{
  Columns columns = { 0 };
  size_t n_lines;

  *ret_content = (TxBuffer){ .failed = !list_items (self) };
  if (ret_content->failed)
    return;
  n_lines = put_lines (&self->items, &columns);
  _tx_buffer_append_varint (ret_content, self->n_runs);
  _tx_buffer_append_varint (ret_content, self->n_blocks);
  _tx_buffer_append_varint (ret_content, n_lines);
  _tx_buffer_append_varint (ret_content, self->n_threads);
  for (size_t i = 0; i < self->n_threads; i++)
    {
      _tx_buffer_append_varint (ret_content, self->threads[i].resumed);
      _tx_buffer_append_varint (ret_content, self->threads[i].restated);
    }
  append_column (ret_content, &columns.masks);
  append_column (ret_content, &columns.hits);
  append_column (ret_content, &columns.self);
  append_column (ret_content, &columns.callees);
  append_column (ret_content, &columns.slowest);
  _tx_buffer_append_varint (ret_content, columns.n_waiting);
  append_column (ret_content, &columns.waiting);
}
