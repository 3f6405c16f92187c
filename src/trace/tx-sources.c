// SPDX-License-Identifier: BSD-3-Clause
// Finds and loads the recorded source texts.
#include "tx-sources-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-compress-private.h"
#include "tx-file-private.h"

/* The four numbers before the text. */
#define OPERANDS_SIZE_MAX (4u * TX_VARINT64_SIZE_MAX)

void
_tx_sources_init (TxSources *self)
{
  *self = (TxSources){ .records = { .name = TX_FILE_SOURCES,
                                    .magic = TX_MAGIC_SOURCES,
                                    .decoded_max = TX_SOURCE_SIZE_MAX + OPERANDS_SIZE_MAX } };
}

void
_tx_sources_clear (TxSources *self)
{
  free (self->sources);
  *self = (TxSources){ 0 };
}

typedef struct
{
  TxSources *sources;
  TxDamage *damage;
} ReadState;

/* Whether the record has a text; the first numbers tell. */
static bool
decode_operands (const TxRecord *record, TxSource *source, bool *ret_present)
{
  uint8_t bytes[OPERANDS_SIZE_MAX];
  size_t size = _tx_decompress_prefix (record->codec, record->payload, record->size, bytes,
                                       record->decoded_size < sizeof bytes ? record->decoded_size
                                                                           : sizeof bytes);
  TxCursor cursor = _tx_cursor (bytes, size);
  uint32_t status;

  source->file = _tx_cursor_varint32 (&cursor);
  status = _tx_cursor_varint32 (&cursor);
  source->mtime_ns = _tx_cursor_zigzag64 (&cursor);
  source->text_size = _tx_cursor_varint64 (&cursor);
  source->header_size = (size_t) (cursor.pos - bytes);
  source->is_younger = status == TX_SOURCE_YOUNGER;
  *ret_present = status == TX_SOURCE_PRESENT || source->is_younger;
  return !cursor.failed && source->file != 0 &&
         (!*ret_present || source->text_size == record->decoded_size - source->header_size);
}

static bool
read_record_cb (void *data, const TxRecord *record)
{
  ReadState *state = data;
  TxSources *sources = state->sources;
  TxSource source = { .record = *record };
  bool is_present;

  if (record->type != TX_RECORD_SOURCE)
    return true;
  source.record.payload = NULL;
  if (!decode_operands (record, &source, &is_present))
    {
      _tx_damage_add (state->damage,
                      "a text in file '" TX_FILE_SOURCES "' at byte %llu is not valid",
                      (unsigned long long) record->offset);
      return true;
    }
  if (!is_present)
    return true;
  if (!TX_ARRAY_RESERVE (sources->sources, sources->capacity, sources->n_sources + 1))
    return false;
  sources->sources[sources->n_sources++] = source;
  return true;
}

TxStatus
_tx_sources_read (TxSources *self,
                  int dir_fd,
                  uint64_t trace_id,
                  bool is_live,
                  TxCatalog *catalog,
                  TxDamage *damage,
                  TxError *error)
{
  ReadState state = { self, damage };
  TxStatus status = _tx_record_reader_read (&self->records, dir_fd, trace_id, is_live,
                                            read_record_cb, &state, damage, error);

  /* All of them: a file's definition may have come later than its text. */
  for (size_t i = 0; i < self->n_sources; i++)
    {
      const TxSource *source = &self->sources[i];
      TxFile *file = _tx_catalog_get_file (catalog, source->file);

      if (!file)
        continue;
      file->has_source = true;
      file->source_size_bytes = source->text_size;
      file->source_mtime_ns = source->mtime_ns;
      file->is_source_younger = source->is_younger;
    }
  return status;
}

static TxStatus
load (const TxSource *source,
      int fd,
      uint64_t trace_id,
      char **ret_bytes,
      size_t *ret_size_bytes,
      TxError *error)
{
  uint8_t *payload = _tx_record_read_payload (&source->record, fd, trace_id);

  if (!payload)
    return tx_error_set (
        error, TX_ERROR_DAMAGED,
        "cannot read the text of file %u from '" TX_FILE_SOURCES "': it is damaged", source->file);
  memmove (payload, payload + source->header_size, source->text_size);
  payload[source->text_size] = '\0';
  *ret_bytes = (char *) payload;
  *ret_size_bytes = source->text_size;
  return TX_OK;
}

TxStatus
_tx_sources_dup (const TxSources *self,
                 int dir_fd,
                 uint64_t trace_id,
                 TxFileId file,
                 char **ret_bytes,
                 size_t *ret_size_bytes,
                 TxError *error)
{
  size_t i = self->n_sources;
  TxStatus status;
  int fd;

  /* The latest copy. */
  while (i > 0 && self->sources[i - 1].file != file)
    i--;
  if (i == 0)
    return tx_error_set (error, TX_END, "the trace has no text of file %u", file);
  fd = _tx_file_open (dir_fd, TX_FILE_SOURCES, NULL);
  if (fd < 0)
    return tx_error_set_errno (error, errno, "cannot open file '" TX_FILE_SOURCES "'");
  status = load (&self->sources[i - 1], fd, trace_id, ret_bytes, ret_size_bytes, error);
  _tx_file_close (fd);
  return status;
}
