// SPDX-License-Identifier: BSD-3-Clause
// The digester's tables: functions by id, their lines by number, which lines have sums in the
// current block, and the order of these.
#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-digester-private.h"
#include "tx-hash.h"

/* Lines that are made at once: few at first, for there may be thousands of threads. */
#define CHUNK_LINES_MIN 8u
#define CHUNK_LINES_MAX 256u
#define PLACES_MIN      16u

/* A function's table of lines is no longer than this: lines farther off are found by hash. Real
   functions are shorter; damaged bytes must not cost memory. */
#define SPAN_MAX 65536u

/* ---- Functions ---- */

static TxTallyFunction **
find_place (const TxTally *self, TxFunctionId id)
{
  for (size_t place = _tx_tally_hash (self, id);; place++)
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

  grown.n_places = self->n_places ? 2 * self->n_places : PLACES_MIN;
  grown.places = calloc (grown.n_places, sizeof *grown.places);
  if (!grown.places)
    return false;
  grown.multiplier = tx_hash ((uint64_t) (uintptr_t) grown.places, 0) | 1;
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

static size_t
get_chunk_size (size_t number)
{
  return number < 5 ? (size_t) CHUNK_LINES_MIN << number : CHUNK_LINES_MAX;
}

/* Room for one line more, also in the list of touched ones, so that touching cannot fail. */
static TxTallyLine *
add_line (TxTally *self, TxFunctionId function, uint32_t number)
{
  TxTallyLine *line;

  if (!TX_ARRAY_RESERVE (self->touched, self->touched_capacity, self->n_lines + 1))
    return NULL;
  if (self->n_chunk_lines == 0)
    {
      TxTallyLine *chunk;

      if (!TX_ARRAY_RESERVE (self->chunks, self->chunks_capacity, self->n_chunks + 1))
        return NULL;
      chunk = calloc (get_chunk_size (self->n_chunks), sizeof *chunk);
      if (!chunk)
        return NULL;
      self->n_chunk_lines = get_chunk_size (self->n_chunks);
      self->chunks[self->n_chunks++] = chunk;
    }
  line = &self->chunks[self->n_chunks - 1][--self->n_chunk_lines];
  self->n_lines++;
  line->sums.function = function;
  line->sums.line = number;
  return line;
}

static TxTallyLine **
find_far_place (const TxTally *self, TxFunctionId function, uint32_t number)
{
  /* The salt: where the table lies. */
  size_t place =
      (size_t) tx_hash ((uint64_t) function << 32 | number, (uint64_t) (uintptr_t) self->far_lines);

  for (;; place++)
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

void
_tx_tally_forget_first_line (TxTally *self, TxFunctionId id)
{
  TxTallyFunction *function = self->n_places ? *find_place (self, id) : NULL;

  if (function)
    function->first_line_state = TX_TALLY_NOT_ASKED;
}

/* ---- In order ---- */

/* Items up to which they are put in order one by one. */
#define FEW_ITEMS 32u

/* Bits by which they are put in order at once, and from how many items on more are worth it. */
#define DIGIT_BITS     8u
#define DIGIT_BITS_MAX 11u
#define MANY_ITEMS     1024u

static bool
has_sums (const TxDigestLine *sums)
{
  return sums->hits || sums->self_ns || sums->cumulated_ns || sums->slowest_ns || sums->awaits;
}

bool
_tx_tally_items_add (TxTallyItems *self, const TxTally *tally, size_t owner, bool with_sums)
{
  size_t n_items = self->n_items + tally->n_touched;
  size_t capacity = self->capacity;

  if (!TX_ARRAY_RESERVE (self->items, self->capacity, n_items))
    return false;
  if (self->capacity != capacity || !self->other)
    {
      free (self->other);
      self->other = malloc ((self->capacity ? self->capacity : 1) * sizeof *self->other);
      if (!self->other)
        {
          _tx_tally_items_clear (self);
          return false;
        }
    }
  for (size_t i = 0; i < tally->n_touched; i++)
    {
      TxTallyLine *line = tally->touched[i];

      if (!with_sums || has_sums (&line->sums))
        self->items[self->n_items++] = (TxTallyItem){
          .key = (uint64_t) line->sums.function << 32 | line->sums.line,
          .line = line,
          .owner = owner,
        };
    }
  return true;
}

void
_tx_tally_items_clear (TxTallyItems *self)
{
  free (self->items);
  free (self->other);
  *self = (TxTallyItems){ 0 };
}

static void
sort_few (TxTallyItem *items, size_t n_items)
{
  for (size_t i = 1; i < n_items; i++)
    {
      TxTallyItem item = items[i];
      size_t k = i;

      for (; k > 0 && items[k - 1].key > item.key; k--)
        items[k] = items[k - 1];
      items[k] = item;
    }
}

/* By the @n_bits of the keys from @shift on, into the other array. */
static void
sort_by_digit (TxTallyItems *self, unsigned shift, unsigned n_bits)
{
  const TxTallyItem *items = self->items;
  TxTallyItem *sorted = self->other;
  uint32_t places[1u << DIGIT_BITS_MAX] = { 0 }, n_before = 0;
  uint64_t mask = (1u << n_bits) - 1;

  for (size_t i = 0; i < self->n_items; i++)
    places[items[i].key >> shift & mask]++;
  for (size_t digit = 0; digit <= mask; digit++)
    {
      uint32_t count = places[digit];

      places[digit] = n_before;
      n_before += count;
    }
  for (size_t i = 0; i < self->n_items; i++)
    sorted[places[items[i].key >> shift & mask]++] = items[i];
  self->other = self->items;
  self->items = sorted;
}

/* Digit by digit from the lowest on, of the bits in which they differ: blocks have hundreds of
   lines and thousands, and comparing them two by two took a tenth of the time that a digest takes.
 */
void
_tx_tally_items_sort (TxTallyItems *self)
{
  unsigned n_bits = self->n_items < MANY_ITEMS ? DIGIT_BITS : DIGIT_BITS_MAX, shift = 0;
  uint64_t differing = 0;

  if (self->n_items <= FEW_ITEMS)
    {
      sort_few (self->items, self->n_items);
      return;
    }
  for (size_t i = 1; i < self->n_items; i++)
    differing |= self->items[i].key ^ self->items[0].key;
  while (shift < 64 && differing >> shift != 0)
    {
      shift += (unsigned) __builtin_ctzll (differing >> shift);
      sort_by_digit (self, shift, n_bits);
      shift += n_bits;
    }
}

/* ---- Beginning anew ---- */

void
_tx_tally_reset (TxTally *self)
{
  for (size_t i = 0; i < self->n_touched; i++)
    {
      TxTallyLine *line = self->touched[i];

      line->is_touched = false;
      line->sums = (TxDigestLine){ .function = line->sums.function, .line = line->sums.line };
    }
  self->n_touched = 0;
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
