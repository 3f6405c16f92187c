// SPDX-License-Identifier: BSD-3-Clause
// Tables of what was defined. The writer's side is in tx-catalog-writer.c.
#include "tx-catalog-private.h"

#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-compress-private.h"

/* Operands of a function: a name, a bitmap, and numbers. */
#define RECORD_SIZE_MAX (TX_NAME_SIZE_MAX + TX_LINE_BITMAP_MAX + 64u)

/* Ids are dense, so a table may have holes of lost definitions only. That many are believed at
 * once. */
#define ID_JUMP_MAX (1u << 20)

struct _TxCatalogItem
{
  TxCatalogItem *next;
  union
  {
    TxFile file;
    TxFunction function;
    TxThreadInfo thread;
  } u;
  char bytes[]; /* what it points to */
};

void
_tx_catalog_init (TxCatalog *self)
{
  *self = (TxCatalog){ .records = { .name = TX_FILE_CATALOG,
                                    .magic = TX_MAGIC_CATALOG,
                                    .decoded_max = RECORD_SIZE_MAX } };
}

void
_tx_catalog_clear (TxCatalog *self)
{
  while (self->items)
    {
      TxCatalogItem *item = self->items;

      self->items = item->next;
      free (item);
    }
  free (self->files.items);
  free (self->functions.items);
  free (self->threads.items);
  free (self->types.items);
  *self = (TxCatalog){ 0 };
}

static void *
look_up (const TxCatalogTable *table, uint32_t id)
{
  return id > 0 && id <= table->n_items ? table->items[id - 1] : NULL;
}

static bool
insert (TxCatalog *self, TxCatalogTable *table, uint32_t id, void *item)
{
  if (!TX_ARRAY_RESERVE (table->items, table->capacity, id))
    {
      self->no_memory = true;
      return false;
    }
  while (table->n_items < id)
    table->items[table->n_items++] = NULL;
  table->items[id - 1] = item;
  return true;
}

/* Copies @size bytes and a NUL to @to. Returns what is behind them. */
static char *
copy_bytes (char *to, const uint8_t *from, size_t size)
{
  if (size)
    memcpy (to, from, size);
  to[size] = '\0';
  return to + size + 1;
}

static TxCatalogItem *
make_item (TxCatalog *self, const TxDefinition *definition)
{
  TxCatalogItem *item =
      calloc (1, sizeof *item + definition->name_size + 1 + definition->bitmap_size + 1);

  if (!item)
    {
      self->no_memory = true;
      return NULL;
    }
  copy_bytes (copy_bytes (item->bytes, definition->name, definition->name_size), definition->bitmap,
              definition->bitmap_size);
  item->next = self->items;
  self->items = item;
  return item;
}

static bool
define_file (TxCatalog *self, const TxDefinition *definition)
{
  TxCatalogItem *item;

  if (look_up (&self->files, definition->id))
    return true;
  item = make_item (self, definition);
  if (!item)
    return false;
  item->u.file = (TxFile){ .id = definition->id, .path = item->bytes };
  return insert (self, &self->files, definition->id, &item->u.file);
}

static bool
define_function (TxCatalog *self, const TxDefinition *definition)
{
  TxCatalogItem *item;
  bool has_bitmap =
      (definition->flags & TX_FUNCTION_LINES_KNOWN) != 0 && definition->bitmap_size > 0;

  if (look_up (&self->functions, definition->id))
    return true;
  item = make_item (self, definition);
  if (!item)
    return false;
  item->u.function = (TxFunction){
    .id = definition->id,
    .file = definition->file,
    .first_line = definition->first_line,
    .flags =
        has_bitmap ? definition->flags : definition->flags & ~(uint32_t) TX_FUNCTION_LINES_KNOWN,
    .name = item->bytes,
    .bitmap_first_line = definition->bitmap_first_line,
    .line_bitmap = has_bitmap ? (const uint8_t *) item->bytes + definition->name_size + 1 : NULL,
    .line_bitmap_size = has_bitmap ? definition->bitmap_size : 0,
  };
  return insert (self, &self->functions, definition->id, &item->u.function);
}

static bool
define_thread (TxCatalog *self, const TxDefinition *definition)
{
  const TxThreadInfo *known = look_up (&self->threads, definition->id);
  TxCatalogItem *item;

  if (known && known->native_id == definition->native_id &&
      strlen (known->name) == definition->name_size &&
      (definition->name_size == 0 ||
       memcmp (known->name, definition->name, definition->name_size) == 0))
    return true;
  item = make_item (self, definition);
  if (!item)
    return false;
  item->u.thread = (TxThreadInfo){
    .id = definition->id,
    .native_id = definition->native_id,
    .name = item->bytes,
  };
  return insert (self, &self->threads, definition->id, &item->u.thread);
}

static bool
define_type (TxCatalog *self, const TxDefinition *definition)
{
  TxCatalogItem *item;

  if (look_up (&self->types, definition->id))
    return true;
  item = make_item (self, definition);
  return item && insert (self, &self->types, definition->id, item->bytes);
}

static size_t
table_size (const TxCatalog *self, TxEventKind kind)
{
  return kind == TX_EVENT_DEFINE_FILE       ? self->files.n_items
         : kind == TX_EVENT_DEFINE_FUNCTION ? self->functions.n_items
         : kind == TX_EVENT_DEFINE_TYPE     ? self->types.n_items
                                            : self->threads.n_items;
}

bool
_tx_catalog_define (TxCatalog *self, const TxDefinition *definition)
{
  if (definition->id > table_size (self, definition->kind) + ID_JUMP_MAX ||
      definition->id > ID_JUMP_MAX + self->n_bytes_seen)
    return false;
  self->n_bytes_seen += definition->name_size + definition->bitmap_size + 1;
  switch (definition->kind)
    {
    case TX_EVENT_DEFINE_FILE:
      return define_file (self, definition);
    case TX_EVENT_DEFINE_FUNCTION:
      return define_function (self, definition);
    case TX_EVENT_DEFINE_THREAD:
      return define_thread (self, definition);
    case TX_EVENT_DEFINE_TYPE:
      return define_type (self, definition);
    default:
      return false;
    }
}

/* ---- Reading the file ---- */

typedef struct
{
  TxCatalog *catalog;
  TxDamage *damage;
} ReadState;

static TxEventKind
kind_of_record (uint8_t type)
{
  switch (type)
    {
    case TX_RECORD_FILE:
      return TX_EVENT_DEFINE_FILE;
    case TX_RECORD_FUNCTION:
      return TX_EVENT_DEFINE_FUNCTION;
    case TX_RECORD_THREAD:
      return TX_EVENT_DEFINE_THREAD;
    case TX_RECORD_TYPE:
      return TX_EVENT_DEFINE_TYPE;
    default:
      return 0;
    }
}

static bool
read_record_cb (void *data, const TxRecord *record)
{
  ReadState *state = data;
  TxEventKind kind = kind_of_record (record->type);
  uint8_t decoded[RECORD_SIZE_MAX];
  TxCursor cursor = _tx_cursor (decoded, record->decoded_size);
  TxDefinition definition;

  if (kind == 0)
    return true; /* of a later version */
  if (!_tx_decompress (record->codec, record->payload, record->size, decoded,
                       record->decoded_size) ||
      !_tx_definition_decode (&cursor, kind, &definition) || cursor.pos != cursor.end ||
      !_tx_catalog_define (state->catalog, &definition))
    {
      if (state->catalog->no_memory)
        return false;
      _tx_damage_add (state->damage,
                      "a definition in file '" TX_FILE_CATALOG "' at byte %llu is not valid",
                      (unsigned long long) record->offset);
    }
  return true;
}

TxStatus
_tx_catalog_read (
    TxCatalog *self, int dir_fd, uint64_t trace_id, bool is_live, TxDamage *damage, TxError *error)
{
  ReadState state = { self, damage };

  return _tx_record_reader_read (&self->records, dir_fd, trace_id, is_live, read_record_cb, &state,
                                 damage, error);
}

/* ---- Looking up ---- */

TxFile *
_tx_catalog_get_file (const TxCatalog *self, TxFileId id)
{
  return look_up (&self->files, id);
}

const TxFunction *
_tx_catalog_get_function (const TxCatalog *self, TxFunctionId id)
{
  return look_up (&self->functions, id);
}

const TxThreadInfo *
_tx_catalog_get_thread (const TxCatalog *self, TxThreadId id)
{
  return look_up (&self->threads, id);
}

const char *
_tx_catalog_get_type (const TxCatalog *self, TxTypeId id)
{
  return look_up (&self->types, id);
}

bool
_tx_catalog_get_first_line (void *data, TxFunctionId id, uint32_t *ret_first_line)
{
  const TxFunction *function = look_up (&((const TxCatalog *) data)->functions, id);

  if (!function)
    return false;
  *ret_first_line = function->first_line;
  return true;
}
