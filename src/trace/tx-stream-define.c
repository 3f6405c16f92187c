// SPDX-License-Identifier: BSD-3-Clause
// Definitions of files, functions and threads. Each goes into the queue first, from which
// the native thread copies it to the catalog, and then into the open slot; where none is open
// it waits in the queue for the next one.
#include <string.h>

#include "tx-bytes-private.h"
#include "tx-stream-private.h"

/* All of a definition but its strings, and the strings' sizes. */
#define FIXED_SIZE_MAX 64u

/* Bytes of strings that one definition may have: it has to fit into any slot behind a gap. */
static size_t
get_size_max (const TxStreamPrivate *priv)
{
  return priv->ring->slot_size / 2;
}

static uint8_t *
put_string (uint8_t *pos, const void *bytes, size_t size)
{
  pos = _tx_put_varint32 (pos, (uint32_t) size);
  if (size)
    memcpy (pos, bytes, size);
  return pos + size;
}

/* The entry that ends at @end is complete. */
static void
publish (TxStream *self, const uint8_t *begin, const uint8_t *end)
{
  TxStreamPrivate *priv = self->priv;
  uint32_t size = (uint32_t) (end - begin);
  int64_t now_ns, quiet_ns;
  bool is_asked;

  _tx_definition_queue_publish (&priv->definitions, size);
  if (!priv->is_open)
    return;
  is_asked = _tx_stream_take_question (self, &now_ns, &quiet_ns);
  if (size + STAMP_SIZE_MAX > (size_t) (priv->end - self->pos))
    {
      if (!is_asked)
        {
          now_ns = priv->clock_ns (priv->clock_data, false);
          quiet_ns = 0;
        }
      _tx_stream_seal (self, now_ns - quiet_ns);
    }
  else
    {
      if (is_asked)
        _tx_stream_put_stamp (self, now_ns, quiet_ns);
      (void) _tx_stream_write_definitions (self);
    }
  _tx_stream_update_limit (self);
  _tx_stream_poke (self);
}

static size_t
cut (size_t size, size_t size_max)
{
  return size < size_max ? size : size_max;
}

/* What has nothing but a name. */
static uint32_t
define_name (TxStream *self, uint8_t byte, uint32_t *n_defined, const char *name, size_t size)
{
  TxStreamPrivate *priv = self->priv;
  uint8_t *begin, *pos;

  (void) _tx_stream_get_current (self);
  size = cut (cut (size, TX_NAME_SIZE_MAX), get_size_max (priv));
  if (priv->is_dead)
    return 0;
  begin = _tx_definition_queue_reserve (&priv->definitions, FIXED_SIZE_MAX + (uint32_t) size);
  if (!begin)
    return 0;
  pos = begin;
  *pos++ = byte;
  pos = _tx_put_varint32 (pos, ++*n_defined);
  publish (self, begin, put_string (pos, name, size));
  return *n_defined;
}

TxFileId
tx_stream_define_file (TxStream *self, const char *path, size_t path_size)
{
  return define_name (self, TX_BYTE_DEFINE_FILE, &self->priv->n_files, path, path_size);
}

TxTypeId
tx_stream_define_type (TxStream *self, const char *name, size_t name_size)
{
  return define_name (self, TX_BYTE_DEFINE_TYPE, &self->priv->n_types, name, name_size);
}

TxFunctionId
tx_stream_define_function (TxStream *self, const TxFunctionDefinition *definition)
{
  TxStreamPrivate *priv = self->priv;
  size_t name_size = cut (cut (definition->name_size, TX_NAME_SIZE_MAX), get_size_max (priv) / 2);
  size_t bitmap_size = definition->line_bitmap ? definition->line_bitmap_size : 0;
  uint32_t flags = definition->flags & ~(uint32_t) TX_FUNCTION_LINES_KNOWN;
  uint8_t *begin, *pos;

  (void) _tx_stream_get_current (self);
  if (bitmap_size > TX_LINE_BITMAP_MAX || name_size + bitmap_size > get_size_max (priv))
    bitmap_size = 0;
  if (bitmap_size > 0)
    flags |= TX_FUNCTION_LINES_KNOWN;
  if (priv->is_dead)
    return 0;
  begin = _tx_definition_queue_reserve (&priv->definitions, FIXED_SIZE_MAX + (uint32_t) name_size +
                                                                (uint32_t) bitmap_size);
  if (!begin)
    return 0;
  pos = begin;
  *pos++ = TX_BYTE_DEFINE_FUNCTION;
  pos = _tx_put_varint32 (pos, ++priv->n_functions);
  pos = _tx_put_varint32 (pos, definition->file);
  pos = _tx_put_varint32 (pos, definition->first_line);
  pos = _tx_put_varint32 (pos, flags);
  pos = put_string (pos, definition->name, name_size);
  pos = _tx_put_varint32 (pos, bitmap_size ? definition->bitmap_first_line : 0);
  publish (self, begin, put_string (pos, definition->line_bitmap, bitmap_size));
  return priv->n_functions;
}

void
tx_stream_define_thread (TxStream *self,
                         const TxThread *thread,
                         uint64_t native_id,
                         const char *name)
{
  TxStreamPrivate *priv = self->priv;
  size_t name_size = name ? cut (strlen (name), cut (TX_NAME_SIZE_MAX, get_size_max (priv))) : 0;
  uint8_t *begin, *pos;

  (void) _tx_stream_get_current (self);
  if (priv->is_dead)
    return;
  begin = _tx_definition_queue_reserve (&priv->definitions, FIXED_SIZE_MAX + (uint32_t) name_size);
  if (!begin)
    return;
  pos = begin;
  *pos++ = TX_BYTE_DEFINE_THREAD;
  pos = _tx_put_varint32 (pos, thread->id);
  pos = _tx_put_varint64 (pos, native_id);
  publish (self, begin, put_string (pos, name, name_size));
}
