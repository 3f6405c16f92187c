// SPDX-License-Identifier: BSD-3-Clause
// What only converters do to a stream and a writer.
#include "tx-convert.h"

#include <errno.h>

#include "tx-bytes-private.h"
#include "tx-stream-private.h"
#include "tx-writer-private.h"

#define TIME_SIZE_MAX (1u + 10u)

void
tx_stream_put_time (TxStream *self)
{
  TxStreamPrivate *priv = self->priv;
  int64_t now_ns = priv->clock_ns (priv->clock_data, false);
  uint64_t since_ns;
  uint8_t *pos;

  if (!_tx_stream_begin (self, TIME_SIZE_MAX, 0))
    return;
  since_ns = now_ns > priv->last_exact_ns ? (uint64_t) now_ns - (uint64_t) priv->last_exact_ns : 0;
  pos = self->pos;
  *pos++ = TX_BYTE_NEAR;
  pos = _tx_put_varint64 (pos, since_ns);
  priv->last_exact_ns += (int64_t) since_ns;
  priv->stats.stamps++;
  _tx_stream_end (self, pos);
}

void
tx_stream_put_gap (TxStream *self, uint64_t n_events)
{
  TxStreamPrivate *priv = self->priv;

  if (priv->is_dead || n_events == 0)
    return;
  _tx_stream_seal (self, priv->clock_ns (priv->clock_data, false));
  priv->events_lost += n_events;
  priv->stats.events_lost += n_events;
  _tx_ring_set_events_lost (priv->ring, priv->stats.events_lost);
  _tx_stream_update_limit (self);
}

TxStatus
tx_writer_add_source (TxWriter *self,
                      TxFileId file,
                      int64_t mtime_ns,
                      const uint8_t *bytes,
                      size_t size_bytes,
                      TxError *error)
{
  TxCatalogWriter *catalog = &self->flusher.catalog;
  sigset_t before;
  int result;

  if (!catalog->is_given_sources)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot add a source text to the recording of a process");
  _tx_os_begin_files (&before);
  result = _tx_catalog_writer_add_source (catalog, file, mtime_ns, bytes, size_bytes);
  _tx_os_end_files (&before);
  if (result == -ENOMEM)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot write a source text: out of memory");
  if (result < 0)
    return tx_error_set_errno (error, -result, "cannot write a source text into '%s'",
                               self->directory.path);
  return TX_OK;
}
