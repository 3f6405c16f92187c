// SPDX-License-Identifier: BSD-3-Clause
// Bitmaps are put together a byte at a time.
#include "replay-line-bits-private.h"

#include <stdlib.h>

#define PAGE_LINES (REPLAY_LINE_PAGE_WORDS * 64u)

static bool
add_page (ReplayLineBits *self, uint32_t number)
{
  if (self->n_pages == self->capacity)
    {
      size_t capacity = self->capacity == 0 ? 4 : self->capacity * 2;
      ReplayLinePage *pages = realloc (self->pages, capacity * sizeof *pages);

      if (pages == NULL)
        return false;
      self->pages = pages;
      self->capacity = capacity;
    }
  self->pages[self->n_pages++] = (ReplayLinePage){ .number = number };
  return true;
}

static ReplayLinePage *
get_page (ReplayLineBits *self, uint32_t number)
{
  uint32_t *place;

  if (self->current < self->n_pages && self->pages[self->current].number == number)
    return &self->pages[self->current];
  place = _replay_ids_get (&self->places, number);
  if (place != NULL && *place == 0 && add_page (self, number))
    *place = (uint32_t) self->n_pages;
  if (place == NULL || *place == 0)
    return NULL;
  self->current = *place - 1;
  return &self->pages[self->current];
}

/* Of eight lines. */
static bool
add_bits (ReplayLineBits *self, uint64_t line, uint64_t code, uint64_t known)
{
  unsigned shift = line % 64;
  ReplayLinePage *page;

  if (known == 0 || line > UINT32_MAX)
    return true;
  page = get_page (self, (uint32_t) (line / PAGE_LINES));
  if (page == NULL)
    return false;
  page->code[line % PAGE_LINES / 64] |= code << shift;
  page->known[line % PAGE_LINES / 64] |= known << shift;
  if (shift <= 56)
    return true;
  return add_bits (self, line + (64 - shift), code >> (64 - shift), known >> (64 - shift));
}

/* Lines with code, and lines without between them. Module code and the like has the bodies of its
   functions between its lines, so there it says nothing of those. */
bool
_replay_line_bits_add (ReplayLineBits *self, const TxFunction *function)
{
  size_t size = function->line_bitmap_size;

  if (!(function->flags & TX_FUNCTION_LINES_KNOWN) || function->line_bitmap == NULL)
    return true;
  while (size > 0 && function->line_bitmap[size - 1] == 0)
    size--;
  for (size_t i = 0; i < size; i++)
    {
      uint8_t code = function->line_bitmap[i];
      uint8_t known = 0xff;

      if (function->flags & TX_FUNCTION_MODULE)
        known = code;
      else if (i + 1 == size)
        while (known / 2 >= code)
          known /= 2;
      if (!add_bits (self, function->bitmap_first_line + (uint64_t) i * 8, code, known))
        return false;
    }
  return true;
}

static int
compare_pages (const void *a, const void *b)
{
  const ReplayLinePage *left = a, *right = b;

  return (left->number > right->number) - (left->number < right->number);
}

void
_replay_line_bits_sort (ReplayLineBits *self)
{
  if (self->n_pages > 1)
    qsort (self->pages, self->n_pages, sizeof *self->pages, compare_pages);
}

void
_replay_line_bits_clear (ReplayLineBits *self)
{
  free (self->pages);
  _replay_ids_clear (&self->places);
  *self = (ReplayLineBits){ 0 };
}
