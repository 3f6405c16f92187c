// SPDX-License-Identifier: BSD-3-Clause
// ExportSums: hash tables.
#include "export-sums.h"

#include <stdlib.h>

#include "trace/tx-hash.h"

/* ---- Entries ---- */

/* @table: where it lies is the salt, which no trace can know. */
static size_t
hash (uint32_t a, uint32_t b, uint32_t c, const void *table)
{
  return (size_t) tx_hash ((uint64_t) a << 32 | b, tx_hash (c, (uint64_t) (uintptr_t) table));
}

static size_t
find_place (const ExportSums *self, TxFunctionId function, uint32_t line, uint32_t callee)
{
  size_t i = hash (function, line, callee, self->places) & (self->n_places - 1);

  for (;; i = (i + 1) & (self->n_places - 1))
    {
      const ExportSum *entry = &self->entries[self->places[i] - 1];

      if (self->places[i] == 0 ||
          (entry->function == function && entry->line == line && entry->callee == callee))
        return i;
    }
}

static bool
grow (ExportSums *self)
{
  size_t n_places = self->n_places == 0 ? 1024 : 2 * self->n_places;
  uint32_t *places = calloc (n_places, sizeof *places);
  ExportSum *entries = reallocarray (self->entries, n_places / 2, sizeof *entries);

  if (entries != NULL)
    self->entries = entries;
  if (entries == NULL || places == NULL || n_places > UINT32_MAX)
    {
      free (places);
      self->no_memory = true;
      return false;
    }
  free (self->places);
  self->places = places;
  self->n_places = n_places;
  self->capacity = n_places / 2;
  for (size_t i = 0; i < self->n_entries; i++)
    self->places[find_place (self, entries[i].function, entries[i].line, entries[i].callee)] =
        (uint32_t) i + 1;
  return true;
}

uint32_t
export_sums_get (ExportSums *self, TxFunctionId function, uint32_t line, uint32_t callee)
{
  size_t place;

  if (self->n_entries == self->capacity && !grow (self))
    return 0;
  place = find_place (self, function, line, callee);
  if (self->places[place] == 0)
    {
      self->entries[self->n_entries] =
          (ExportSum){ .function = function, .line = line, .callee = callee };
      self->places[place] = (uint32_t) ++self->n_entries;
    }
  return self->places[place] - 1;
}

/* ---- Calls on the stack: a call under itself is counted once ---- */

static size_t
find_slot (const ExportSums *self, uint32_t entry, TxThreadId thread)
{
  size_t i = hash (entry, thread, 1, self->active) & (self->n_slots - 1);

  while (self->active[i].entry != 0 &&
         (self->active[i].entry != entry + 1 || self->active[i].thread != thread))
    i = (i + 1) & (self->n_slots - 1);
  return i;
}

static bool
grow_active (ExportSums *self)
{
  ExportActive *before = self->active;
  size_t n_before = self->n_slots;

  self->n_slots = n_before == 0 ? 256 : 2 * n_before;
  self->active = calloc (self->n_slots, sizeof *self->active);
  if (self->active == NULL)
    {
      self->active = before;
      self->n_slots = n_before;
      self->no_memory = true;
      return false;
    }
  for (size_t i = 0; i < n_before; i++)
    if (before[i].entry != 0)
      self->active[find_slot (self, before[i].entry - 1, before[i].thread)] = before[i];
  free (before);
  return true;
}

bool
export_sums_enter (ExportSums *self, uint32_t entry, TxThreadId thread)
{
  ExportActive *active;

  if (2 * self->n_active >= self->n_slots && !grow_active (self))
    return false;
  active = &self->active[find_slot (self, entry, thread)];
  if (active->entry == 0)
    {
      *active = (ExportActive){ entry + 1, thread, 0 };
      self->n_active++;
    }
  return active->count++ == 0;
}

/* Frees a slot, and moves up those that had to give way to it. */
static void
free_slot (ExportSums *self, size_t i)
{
  size_t mask = self->n_slots - 1;

  self->n_active--;
  for (size_t k = (i + 1) & mask; self->active[k].entry != 0; k = (k + 1) & mask)
    {
      size_t home =
          hash (self->active[k].entry - 1, self->active[k].thread, 1, self->active) & mask;

      if (((k - home) & mask) < ((k - i) & mask))
        continue;
      self->active[i] = self->active[k];
      i = k;
    }
  self->active[i] = (ExportActive){ 0 };
}

void
export_sums_leave (ExportSums *self, uint32_t entry, TxThreadId thread)
{
  size_t i = find_slot (self, entry, thread);

  if (self->active[i].entry != 0 && --self->active[i].count == 0)
    free_slot (self, i);
}

/* ---- All of them ---- */

static int
compare_entries (const void *a, const void *b)
{
  const ExportSum *left = a, *right = b;

  if (left->function != right->function)
    return left->function < right->function ? -1 : 1;
  if (left->line != right->line)
    return left->line < right->line ? -1 : 1;
  return (left->callee > right->callee) - (left->callee < right->callee);
}

void
export_sums_sort (ExportSums *self)
{
  if (self->n_entries > 0)
    qsort (self->entries, self->n_entries, sizeof *self->entries, compare_entries);
}

void
export_sums_clear (ExportSums *self)
{
  free (self->entries);
  free (self->places);
  free (self->active);
  *self = (ExportSums){ 0 };
}
