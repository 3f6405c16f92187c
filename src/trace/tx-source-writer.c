// SPDX-License-Identifier: BSD-3-Clause
// Source texts into `sources`: read from the program's files by the native thread, as they are.
#include <errno.h>
#include <fcntl.h>

#include "tx-catalog-writer-private.h"
#include "tx-record-writer-private.h"

/* Times that one source may fail to be written before it is given up: some minutes. */
#define N_FAILED_MAX 100u

/* A large source has made the batch large; so much of it is kept. */
#define BATCH_KEPT_MAX (1024u * 1024u)

/** One file's text. */
typedef struct
{
  TxSourceStatus status;
  int64_t mtime_ns;
  int64_t ctime_ns; /* also moves where a file is put in another's place, or its mtime set */
  uint8_t *bytes;   /* owned, but for one that is given */
  size_t size;
} Source;

/* Reads up to the end or @size bytes: the file may change meanwhile. */
static bool
read_all (TxOs *os, int fd, Source *source, size_t size)
{
  source->bytes = malloc (size ? size : 1);
  if (!source->bytes)
    return false;
  while (source->size < size)
    {
      int64_t n =
          os->read_at (os, fd, source->bytes + source->size, size - source->size, source->size);

      if (n < 0)
        return false;
      if (n == 0)
        break;
      source->size += (size_t) n;
    }
  return true;
}

static TxSourceStatus
read_open_source (TxOs *os, int fd, Source *source)
{
  struct stat status;

  if (os->get_status (os, fd, &status) < 0)
    return TX_SOURCE_UNREADABLE;
  if (!S_ISREG (status.st_mode))
    return TX_SOURCE_NONE;
  if (status.st_size > TX_SOURCE_SIZE_MAX)
    return TX_SOURCE_TOO_LARGE;
  if (!read_all (os, fd, source, (size_t) status.st_size))
    {
      source->size = 0;
      return TX_SOURCE_UNREADABLE;
    }
  source->mtime_ns = _tx_os_get_file_ns (&status.st_mtim);
  source->ctime_ns = _tx_os_get_file_ns (&status.st_ctim);
  return TX_SOURCE_PRESENT;
}

static Source
read_source (TxOs *os, const char *path)
{
  Source source = { .status = TX_SOURCE_NONE };
  int fd;

  /* Names such as <string> are no files, and a relative one could be another's by now. */
  if (path[0] != '/')
    return source;
  /* A pipe must not make us wait, nor a terminal become ours. */
  fd = os->open (os, AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
  if (fd < 0)
    {
      source.status = fd == -ENOENT || fd == -ENOTDIR ? TX_SOURCE_NONE : TX_SOURCE_UNREADABLE;
      return source;
    }
  source.status = read_open_source (os, fd, &source);
  os->close (os, fd);
  return source;
}

/* Whether the file was changed after the program can have loaded it: between its start and now, but
   for a module that was loaded under our eyes; and in any case after its first line ran. */
static bool
is_younger (const TxCatalogWriter *self, const TxPendingSource *pending, const Source *source)
{
  bool was_entered = pending->file <= self->n_was_entered && self->was_entered[pending->file - 1];

  if (!was_entered && self->program_real_ns == 0)
    return false;
  return source->ctime_ns > (was_entered ? pending->real_ns : self->program_real_ns);
}

static int
write_source (TxCatalogWriter *self, TxFileId file, const Source *source)
{
  TxBuffer payload = { 0 };

  _tx_buffer_append_varint (&payload, file);
  _tx_buffer_append_varint (&payload, source->status);
  _tx_buffer_append_varint (&payload, _tx_zigzag (source->mtime_ns));
  _tx_buffer_append_varint (&payload, source->size);
  _tx_buffer_append (&payload, source->bytes, source->size);
  self->batch.size = 0;
  self->batch.failed = payload.failed;
  if (!payload.failed)
    _tx_record_append (&self->batch, TX_RECORD_SOURCE, payload.data, payload.size, self->trace_id,
                       self->sources.offset);
  _tx_buffer_clear (&payload);
  if (self->batch.failed)
    return -ENOMEM;
  return _tx_output_append (&self->sources, self->batch.data, self->batch.size);
}

static void
finish_source (TxCatalogWriter *self)
{
  free (self->pending[self->n_copied++].path);
  self->n_failed = 0;
  if (self->n_copied == self->n_pending)
    self->n_copied = self->n_pending = 0;
  if (self->batch.capacity > BATCH_KEPT_MAX)
    _tx_buffer_clear (&self->batch);
}

int
_tx_catalog_writer_copy_source (TxCatalogWriter *self, uint64_t size_max)
{
  const TxPendingSource *pending;
  Source source;
  int result;

  if (self->n_copied == self->n_pending)
    return 0;
  pending = &self->pending[self->n_copied];
  source = read_source (self->sources.directory->os, pending->path);
  if (source.status == TX_SOURCE_PRESENT && self->sources.offset + source.size > size_max)
    {
      source.status = TX_SOURCE_TOO_LARGE;
      source.size = 0;
    }
  if (source.status == TX_SOURCE_PRESENT && is_younger (self, pending, &source))
    source.status = TX_SOURCE_YOUNGER;
  result = write_source (self, pending->file, &source);
  free (source.bytes);
  if (result < 0 && ++self->n_failed < N_FAILED_MAX)
    return result;
  if (result < 0)
    {
      _tx_output_skip (&self->sources, TX_ALIGNMENT);
      self->n_lost++;
    }
  finish_source (self);
  return 1;
}

int
_tx_catalog_writer_add_source (
    TxCatalogWriter *self, TxFileId file, int64_t mtime_ns, const uint8_t *bytes, size_t size)
{
  Source source = { .status = TX_SOURCE_PRESENT, .mtime_ns = mtime_ns };
  int result;

  if (size > TX_SOURCE_SIZE_MAX)
    source.status = TX_SOURCE_TOO_LARGE;
  else
    {
      source.bytes = (uint8_t *) bytes;
      source.size = size;
    }
  result = write_source (self, file, &source);
  if (self->batch.capacity > BATCH_KEPT_MAX)
    _tx_buffer_clear (&self->batch);
  return result;
}
