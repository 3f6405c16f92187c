// SPDX-License-Identifier: BSD-3-Clause
// The digester's tables: functions by id, their lines by number, and which lines have sums in the
// current block.
#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-digester-private.h"

#define CHUNK_LINES 256u

/* A function's table of lines is no longer than this: lines farther off are found by hash. Real
   functions are shorter; damaged bytes must not cost memory. */
#define SPAN_MAX 65536u

/* ---- Functions ---- */

static TxTallyFunction **
find_place (const TxTally *self, TxFunctionId id)
{
  for (size_t place = _tx_tally_hash (id);; place++)
    {
      TxTallyFunction **found = &self->places[place & (self->n_places - 1)];

      if (!*found || (*found)->id == id)
        return found;
    }
}

static bool
grow_places (TxTally *self)
{
  TxTally grown = *self;

  grown.n_places = self->n_places ? 2 * self->n_places : 256;
  grown.places = calloc (grown.n_places, sizeof *grown.places);
  if (!grown.places)
    return false;
  for (size_t i = 0; i < self->n_places; i++)
    if (self->places[i])
      *find_place (&grown, self->places[i]->id) = self->places[i];
  free (self->places);
  *self = grown;
  return true;
}

TxTallyFunction *
_tx_tally_find_function_slow (TxTally *self, TxFunctionId id)
{
  TxTallyFunction **place;

  /* A quarter full at most: the first place mostly is the right one. */
  if (4 * (self->n_functions + 1) > self->n_places && !grow_places (self))
    return NULL;
  place = find_place (self, id);
  if (!*place)
    {
      *place = calloc (1, sizeof **place);
      if (!*place)
        return NULL;
      (*place)->id = id;
      self->n_functions++;
    }
  return *place;
}

/* ---- Lines ---- */

static TxTallyLine *
get_line (const TxTally *self, size_t index)
{
  return &self->chunks[index / CHUNK_LINES][index % CHUNK_LINES];
}

/* Room for one line more, also in the list of touched ones, so that touching cannot fail. */
static TxTallyLine *
add_line (TxTally *self, TxFunctionId function, uint32_t number)
{
  TxTallyLine *line;

  if (!TX_ARRAY_RESERVE (self->touched, self->touched_capacity, self->n_lines + 1))
    return NULL;
  if (self->n_lines == self->n_chunks * CHUNK_LINES)
    {
      TxTallyLine *chunk;

      if (!TX_ARRAY_RESERVE (self->chunks, self->chunks_capacity, self->n_chunks + 1))
        return NULL;
      chunk = calloc (CHUNK_LINES, sizeof *chunk);
      if (!chunk)
        return NULL;
      self->chunks[self->n_chunks++] = chunk;
    }
  line = get_line (self, self->n_lines++);
  line->sums.function = function;
  line->sums.line = number;
  return line;
}

static size_t
hash_far (TxFunctionId function, uint32_t number)
{
  return (size_t) ((((uint64_t) function << 32 | number) * UINT64_C (0x9e3779b97f4a7c15)) >> 32);
}

static TxTallyLine **
find_far_place (const TxTally *self, TxFunctionId function, uint32_t number)
{
  for (size_t place = hash_far (function, number);; place++)
    {
      TxTallyLine **found = &self->far_lines[place & (self->n_far_places - 1)];

      if (!*found || ((*found)->sums.function == function && (*found)->sums.line == number))
        return found;
    }
}

static bool
grow_far_places (TxTally *self)
{
  TxTally grown = *self;

  grown.n_far_places = self->n_far_places ? 2 * self->n_far_places : 64;
  grown.far_lines = calloc (grown.n_far_places, sizeof *grown.far_lines);
  if (!grown.far_lines)
    return false;
  for (size_t i = 0; i < self->n_far_places; i++)
    if (self->far_lines[i])
      *find_far_place (&grown, self->far_lines[i]->sums.function, self->far_lines[i]->sums.line) =
          self->far_lines[i];
  free (self->far_lines);
  *self = grown;
  return true;
}

static TxTallyLine *
find_far_line (TxTally *self, TxFunctionId function, uint32_t number)
{
  TxTallyLine **place;

  if (2 * (self->n_far_lines + 1) > self->n_far_places && !grow_far_places (self))
    return NULL;
  place = find_far_place (self, function, number);
  if (!*place)
    {
      *place = add_line (self, function, number);
      self->n_far_lines += *place != NULL;
    }
  return *place;
}

/* The function's table from @first to @end, both included. */
static bool
grow_lines (TxTallyFunction *function, uint32_t first, uint32_t end)
{
  uint32_t n_lines = end - first + 1;
  TxTallyLine **lines = calloc (n_lines, sizeof *lines);

  if (!lines)
    return false;
  if (function->n_lines)
    memcpy (lines + (function->base - first), function->lines, function->n_lines * sizeof *lines);
  free (function->lines);
  function->lines = lines;
  function->base = first;
  function->n_lines = n_lines;
  return true;
}

/* Sees to it that the table has a place for @number; false without memory, or when it lies too far
 * off. */
static bool
cover_line (TxTallyFunction *function, uint32_t number, bool *ret_is_far)
{
  uint32_t slack = function->n_lines / 2 + 8;
  uint32_t first = function->n_lines ? function->base : number;
  uint32_t end = function->n_lines ? function->base + (function->n_lines - 1) : number;

  *ret_is_far = false;
  if (function->n_lines && number >= first && number <= end)
    return true;
  if (function->n_lines == 0 || number > end)
    end = number < UINT32_MAX - slack ? number + slack : UINT32_MAX;
  else
    first = number > slack ? number - slack : 0;
  *ret_is_far = end - first >= SPAN_MAX;
  return !*ret_is_far && grow_lines (function, first, end);
}

TxTallyLine *
_tx_tally_find_line_slow (TxTally *self, TxTallyFunction *function, uint32_t number)
{
  TxTallyLine **place;
  bool is_far;

  if (!cover_line (function, number, &is_far))
    return is_far ? find_far_line (self, function->id, number) : NULL;
  place = &function->lines[number - function->base];
  if (!*place && self->n_far_lines > 0)
    {
      /* Its neighbours may have come after it. */
      TxTallyLine **far_place = find_far_place (self, function->id, number);

      *place = *far_place;
    }
  if (!*place)
    *place = add_line (self, function->id, number);
  return *place;
}

/* ---- Taking ---- */

static int
compare_lines (const void *a, const void *b)
{
  const TxDigestLine *one = a, *other = b;

  if (one->function != other->function)
    return one->function < other->function ? -1 : 1;
  return one->line < other->line ? -1 : one->line > other->line;
}

static bool
has_sums (const TxDigestLine *sums)
{
  return sums->hits || sums->self_ns || sums->cumulated_ns || sums->slowest_ns || sums->awaits;
}

TxDigestLine *
_tx_tally_take (TxTally *self, size_t *ret_n_lines)
{
  TxDigestLine *taken = malloc ((self->n_touched ? self->n_touched : 1) * sizeof *taken);
  size_t n_lines = 0;

  for (size_t i = 0; i < self->n_touched; i++)
    {
      TxTallyLine *line = self->touched[i];

      if (line->sums.waiting_ns > line->sums.self_ns)
        line->sums.waiting_ns = line->sums.self_ns;
      if (taken && has_sums (&line->sums))
        taken[n_lines++] = line->sums;
      line->is_touched = false;
      line->sums = (TxDigestLine){ .function = line->sums.function, .line = line->sums.line };
    }
  if (taken)
    qsort (taken, n_lines, sizeof *taken, compare_lines);
  *ret_n_lines = n_lines;
  self->n_touched = 0;
  return taken;
}

void
_tx_tally_clear (TxTally *self)
{
  for (size_t i = 0; i < self->n_places; i++)
    if (self->places[i])
      {
        free (self->places[i]->lines);
        free (self->places[i]);
      }
  free (self->places);
  for (size_t i = 0; i < self->n_chunks; i++)
    free (self->chunks[i]);
  free (self->chunks);
  free (self->far_lines);
  free (self->touched);
  *self = (TxTally){ 0 };
}
