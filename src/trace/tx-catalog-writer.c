// SPDX-License-Identifier: BSD-3-Clause
// Definitions into `catalog`. They are written before any block that may use them; what a full
// disk refuses is kept and tried again.
#include "tx-catalog-writer-private.h"

#include <errno.h>

#include "tx-checksum-private.h"
#include "tx-compress-private.h"
#include "tx-definition-private.h"
#include "tx-format-private.h"
#include "tx-record-writer-private.h"

#define BATCH_SIZE       (64u * 1024u)
#define BACKLOG_SIZE_MAX (64u * 1024u * 1024u)

/* ---- Files ---- */

static int
create (TxOutput *output,
        TxDirectory *directory,
        const char *name,
        const char *magic,
        uint64_t trace_id)
{
  uint8_t header[TX_FILE_HEADER_SIZE];
  int result = _tx_output_create (output, directory, name);

  if (result < 0)
    return result;
  _tx_file_header_encode (header, magic, trace_id);
  result = _tx_output_append (output, header, sizeof header);
  if (result < 0)
    _tx_output_remove (output);
  return result;
}

int
_tx_catalog_writer_init (TxCatalogWriter *self,
                         TxDirectory *directory,
                         uint64_t trace_id,
                         int64_t program_real_ns)
{
  int result;

  *self = (TxCatalogWriter){ .trace_id = trace_id, .program_real_ns = program_real_ns };
  result = create (&self->catalog, directory, TX_FILE_CATALOG, TX_MAGIC_CATALOG, trace_id);
  if (result < 0)
    return result;
  result = create (&self->sources, directory, TX_FILE_SOURCES, TX_MAGIC_SOURCES, trace_id);
  if (result < 0)
    _tx_output_remove (&self->catalog);
  return result;
}

void
_tx_catalog_writer_clear (TxCatalogWriter *self)
{
  _tx_output_close (&self->catalog);
  _tx_output_close (&self->sources);
  _tx_buffer_clear (&self->backlog);
  _tx_buffer_clear (&self->batch);
  free (self->first_lines);
  free (self->was_entered);
  for (size_t i = self->n_copied; i < self->n_pending; i++)
    free (self->pending[i].path);
  free (self->pending);
  *self = (TxCatalogWriter){ .catalog.fd = -1, .sources.fd = -1 };
}

void
_tx_catalog_writer_remove_files (TxCatalogWriter *self)
{
  _tx_output_remove (&self->catalog);
  _tx_output_remove (&self->sources);
}

/* ---- What definitions say ---- */

static void
note_function (TxCatalogWriter *self, const TxDefinition *definition)
{
  /* Functions come in order of their ids; a hole would be one without memory: its line is not
   * known. */
  if (!TX_ARRAY_RESERVE (self->first_lines, self->first_lines_capacity, definition->id))
    return;
  while (self->n_first_lines < definition->id)
    self->first_lines[self->n_first_lines++] = 0;
  self->first_lines[definition->id - 1] = definition->first_line;
}

void
_tx_catalog_writer_note_module (TxCatalogWriter *self, TxFileId file, uint32_t flags)
{
  if (!(flags & TX_FUNCTION_MODULE) || (flags & TX_FUNCTION_WAS_RUNNING) || file == 0 ||
      !TX_ARRAY_RESERVE (self->was_entered, self->was_entered_capacity, file))
    return;
  while (self->n_was_entered < file)
    self->was_entered[self->n_was_entered++] = false;
  self->was_entered[file - 1] = true;
}

static void
note_file (TxCatalogWriter *self, const TxDefinition *definition)
{
  char *path;

  if (self->is_given_sources)
    return;
  path = malloc (definition->name_size + 1);
  if (!path || !TX_ARRAY_RESERVE (self->pending, self->pending_capacity, self->n_pending + 1))
    {
      free (path);
      self->n_lost++;
      return;
    }
  if (definition->name_size)
    memcpy (path, definition->name, definition->name_size);
  path[definition->name_size] = '\0';
  self->pending[self->n_pending++] =
      (TxPendingSource){ definition->id, path, _tx_os_get_real_ns () };
}

static TxEventKind
get_kind (uint8_t byte)
{
  switch (byte)
    {
    case TX_BYTE_DEFINE_FILE:
      return TX_EVENT_DEFINE_FILE;
    case TX_BYTE_DEFINE_FUNCTION:
      return TX_EVENT_DEFINE_FUNCTION;
    case TX_BYTE_DEFINE_TYPE:
      return TX_EVENT_DEFINE_TYPE;
    default:
      return TX_EVENT_DEFINE_THREAD;
    }
}

static void
note_definition (TxCatalogWriter *self, const TxDefinitionEntry *entry)
{
  TxCursor cursor = _tx_cursor (entry->bytes + 1, entry->size - 1);
  TxDefinition definition;

  if (!_tx_definition_decode (&cursor, get_kind (entry->bytes[0]), &definition))
    return;
  if (definition.kind == TX_EVENT_DEFINE_FUNCTION)
    {
      note_function (self, &definition);
      _tx_catalog_writer_note_module (self, definition.file, definition.flags);
    }
  else if (definition.kind == TX_EVENT_DEFINE_FILE)
    note_file (self, &definition);
}

bool
_tx_catalog_writer_get_first_line (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  const TxCatalogWriter *self = data;

  if (function == 0 || function > self->n_first_lines || self->first_lines[function - 1] == 0)
    return false;
  *ret_first_line = self->first_lines[function - 1];
  return true;
}

/* ---- Definitions into the catalog ---- */

static void
add_to_backlog (TxCatalogWriter *self, const TxDefinitionEntry *entry)
{
  size_t before = self->backlog.size;

  if (before - self->backlog_done < BACKLOG_SIZE_MAX)
    {
      _tx_buffer_append (&self->backlog, &entry->size, sizeof entry->size);
      _tx_buffer_append (&self->backlog, entry->bytes, entry->size);
      if (!self->backlog.failed)
        return;
      self->backlog.failed = false;
      self->backlog.size = before;
    }
  self->n_lost++;
}

static TxRecordType
get_record_type (uint8_t byte)
{
  switch (byte)
    {
    case TX_BYTE_DEFINE_FILE:
      return TX_RECORD_FILE;
    case TX_BYTE_DEFINE_FUNCTION:
      return TX_RECORD_FUNCTION;
    case TX_BYTE_DEFINE_TYPE:
      return TX_RECORD_TYPE;
    default:
      return TX_RECORD_THREAD;
    }
}

/* Records from the backlog into the batch, up to its size. Returns where the rest begins. */
static size_t
fill_batch (TxCatalogWriter *self)
{
  size_t pos = self->backlog_done;

  self->batch.size = 0;
  self->batch.failed = false;
  while (pos < self->backlog.size && self->batch.size < BATCH_SIZE)
    {
      const uint8_t *entry = self->backlog.data + pos + sizeof (uint32_t);
      uint32_t size;

      memcpy (&size, self->backlog.data + pos, sizeof size);
      _tx_record_append (&self->batch, get_record_type (entry[0]), entry + 1, size - 1,
                         self->trace_id, self->catalog.offset);
      pos += sizeof size + size;
    }
  return pos;
}

static int
write_backlog (TxCatalogWriter *self)
{
  while (self->backlog_done < self->backlog.size)
    {
      size_t pos = fill_batch (self);
      int result = self->batch.failed
                       ? -ENOMEM
                       : _tx_output_append (&self->catalog, self->batch.data, self->batch.size);

      if (result < 0)
        return result;
      self->backlog_done = pos;
    }
  self->backlog.size = self->backlog_done = 0;
  return 0;
}

int
_tx_catalog_writer_take_definitions (TxCatalogWriter *self, TxDefinitionQueue *queue)
{
  TxDefinitionEntry entry;

  while (_tx_definition_reader_peek (&queue->catalog, queue, &entry))
    {
      note_definition (self, &entry);
      add_to_backlog (self, &entry);
      _tx_definition_reader_advance (&queue->catalog);
    }
  return write_backlog (self);
}
