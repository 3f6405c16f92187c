// SPDX-License-Identifier: BSD-3-Clause
// Definitions are compared by two hashes of 64 bits; their bytes are not kept.
#include "defined-table.h"

#include <stdbool.h>
#include <stdlib.h>

void
rec_defined_table_clear (RecDefinedTable *self)
{
  free (self->places);
  *self = (RecDefinedTable){ 0 };
}

static void
hash_definition (const TxFunctionDefinition *definition, uint64_t ret_hash[2])
{
  const struct
  {
    const void *bytes;
    size_t size;
  } parts[] = {
    { &definition->file, sizeof definition->file },
    { &definition->first_line, sizeof definition->first_line },
    { &definition->flags, sizeof definition->flags },
    { &definition->bitmap_first_line, sizeof definition->bitmap_first_line },
    { &definition->name_size, sizeof definition->name_size },
    { definition->name, definition->name_size },
    { definition->line_bitmap, definition->line_bitmap_size },
  };
  uint64_t one = 14695981039346656037u;
  uint64_t other = 0x9e3779b97f4a7c15u;

  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    for (size_t j = 0; j < parts[i].size; j++)
      {
        uint8_t byte = ((const uint8_t *) parts[i].bytes)[j];

        one = (one ^ byte) * 1099511628211u;
        other = (other + byte) * 0xd6e8feb86659fd93u;
        other ^= other >> 32;
      }
  ret_hash[0] = one | 1;
  ret_hash[1] = other;
}

static RecDefined *
find_place (RecDefined *places, size_t n_places, const uint64_t hash[2])
{
  size_t place = (size_t) hash[1] & (n_places - 1);

  while (places[place].hash[0] != 0 &&
         (places[place].hash[0] != hash[0] || places[place].hash[1] != hash[1]))
    place = (place + 1) & (n_places - 1);
  return &places[place];
}

/* Without memory, or with too many, what is new is defined once more. */
static bool
reserve (RecDefinedTable *self)
{
  size_t n_places = self->n_places > 0 ? 2 * self->n_places : 256;
  RecDefined *places;

  if (2 * (self->n_used + 1) <= self->n_places)
    return true;
  if (self->n_used >= REC_DEFINED_MAX)
    rec_defined_table_clear (self);
  if (self->n_places == 0)
    n_places = 256;
  places = calloc (n_places, sizeof *places);
  if (places == NULL)
    return false;
  for (size_t i = 0; i < self->n_places; i++)
    if (self->places[i].hash[0] != 0)
      *find_place (places, n_places, self->places[i].hash) = self->places[i];
  free (self->places);
  self->places = places;
  self->n_places = n_places;
  return true;
}

TxFunctionId
rec_defined_table_define (RecDefinedTable *self,
                          TxStream *stream,
                          const TxFunctionDefinition *definition)
{
  RecDefined defined = { .function = 0 };
  RecDefined *place;

  if (!reserve (self))
    return tx_stream_define_function (stream, definition);
  hash_definition (definition, defined.hash);
  place = find_place (self->places, self->n_places, defined.hash);
  if (place->hash[0] != 0)
    return place->function;
  defined.function = tx_stream_define_function (stream, definition);
  if (defined.function != 0)
    {
      *place = defined;
      self->n_used++;
    }
  return defined.function;
}
