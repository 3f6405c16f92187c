// SPDX-License-Identifier: BSD-3-Clause
// Walks the records of a file (docs/trace-format.md, section 3).
#include "tx-record-reader-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-checksum-private.h"
#include "tx-compress-private.h"
#include "tx-file-private.h"

/* Damage is mostly short; beginning small keeps a file full of it linear. */
#define SCAN_SIZE_FIRST 256u
#define SCAN_SIZE       (64u * 1024u)
#define WINDOW_SIZE     (64u * 1024u)

typedef struct
{
  TxRecordReader *reader;
  int fd;
  uint64_t size; /* of the file when this read began */
  uint64_t trace_id;
  TxRecordFunc func;
  void *data;
  TxDamage *damage;

  TxBuffer window; /* bytes of the file from window_offset on: records are small, reads are not */
  uint64_t window_offset;
} Walk;

/* @size_bytes of the file at @offset, good until the next call; NULL where they cannot be read. */
static const uint8_t *
look_at (Walk *self, uint64_t offset, size_t size_bytes)
{
  size_t wanted = size_bytes > WINDOW_SIZE ? size_bytes : WINDOW_SIZE;
  ssize_t n;

  if (offset >= self->window_offset && offset - self->window_offset <= self->window.size &&
      size_bytes <= self->window.size - (offset - self->window_offset))
    return self->window.data + (offset - self->window_offset);
  self->window.size = 0;
  if (offset > self->size || size_bytes > self->size - offset)
    return NULL;
  if (wanted > self->size - offset)
    wanted = (size_t) (self->size - offset);
  if (!_tx_buffer_extend (&self->window, wanted))
    return NULL;
  n = _tx_file_read (self->fd, self->window.data, wanted, offset);
  self->window_offset = offset;
  self->window.size = n > 0 ? (size_t) n : 0;
  return self->window.size >= size_bytes ? self->window.data : NULL;
}

static bool
is_bounded (const Walk *self, const TxRecordHeader *header)
{
  return header->decoded_size <= self->reader->decoded_max &&
         header->size <= _tx_compress_bound (self->reader->decoded_max);
}

static bool
read_header (Walk *self, uint64_t offset, TxRecordHeader *ret_header)
{
  const uint8_t *bytes = look_at (self, offset, TX_RECORD_HEADER_SIZE);

  return bytes && _tx_record_header_decode (bytes, self->trace_id, offset, ret_header);
}

/* Offset of the first good header at or behind @offset; UINT64_MAX when there is none. */
static uint64_t
scan (const Walk *self, uint64_t offset)
{
  uint8_t *bytes = malloc (SCAN_SIZE);
  size_t size = SCAN_SIZE_FIRST;
  uint64_t found = UINT64_MAX;

  while (bytes && found == UINT64_MAX && offset < self->size)
    {
      uint64_t data = _tx_file_skip_hole (self->fd, offset);
      ssize_t n;
      size_t i;

      if (data >= self->size)
        break;
      offset = data - data % TX_ALIGNMENT;
      n = _tx_file_read (self->fd, bytes, size, offset);

      for (i = 0; n >= 0 && i + TX_RECORD_HEADER_SIZE <= (size_t) n; i += TX_ALIGNMENT)
        {
          TxRecordHeader header;

          if (_tx_record_header_decode (bytes + i, self->trace_id, offset + i, &header))
            {
              found = offset + i;
              break;
            }
        }
      if (i == 0)
        break;
      offset += i;
      size = size < SCAN_SIZE ? 2 * size : SCAN_SIZE;
    }
  free (bytes);
  return found;
}

/* One record whose header is good. Returns false when the callback had no memory. */
static bool
read_record (Walk *self, const TxRecordHeader *header)
{
  TxRecordReader *reader = self->reader;
  TxRecord record = {
    .type = header->type,
    .codec = header->codec,
    .size = header->size,
    .decoded_size = header->decoded_size,
    .offset = reader->offset + TX_RECORD_HEADER_SIZE,
    .checksum = header->payload_checksum,
  };

  record.payload = look_at (self, record.offset, header->size);
  if (self->window.failed)
    return false;
  if (record.payload &&
      _tx_checksum (record.payload, header->size, self->trace_id) == header->payload_checksum)
    return self->func (self->data, &record);
  _tx_damage_add (self->damage, "a record of file '%s' at byte %llu is damaged and was left out",
                  reader->name, (unsigned long long) reader->offset);
  return true;
}

/* Behind damage at the reader's offset, or to the end where nothing good follows. */
static bool
skip_damage (Walk *self, bool is_live)
{
  TxRecordReader *reader = self->reader;
  uint64_t from = reader->scanned > reader->offset ? reader->scanned : reader->offset;
  uint64_t found = scan (self, from);

  if (found == UINT64_MAX)
    {
      /* Later bytes may complete a header that begins within the last ones seen. */
      uint64_t safe = self->size > TX_RECORD_HEADER_SIZE ? self->size - TX_RECORD_HEADER_SIZE : 0;

      safe -= safe % TX_ALIGNMENT;
      if (safe > from)
        reader->scanned = safe;
      if (!is_live && !reader->has_bad_end)
        _tx_damage_add (self->damage, "file '%s' is damaged from byte %llu to its end",
                        reader->name, (unsigned long long) reader->offset);
      reader->has_bad_end = !is_live;
      return false;
    }
  _tx_damage_add (self->damage, "file '%s' is damaged at byte %llu; %llu bytes were left out",
                  reader->name, (unsigned long long) reader->offset,
                  (unsigned long long) (found - reader->offset));
  reader->offset = found;
  return true;
}

static bool
walk (Walk *self, bool is_live)
{
  TxRecordReader *reader = self->reader;

  while (reader->offset + TX_RECORD_HEADER_SIZE <= self->size)
    {
      TxRecordHeader header;
      uint64_t next;

      if (!read_header (self, reader->offset, &header))
        {
          if (self->window.failed)
            return false;
          if (!skip_damage (self, is_live))
            return true;
          continue;
        }
      next = reader->offset + TX_RECORD_HEADER_SIZE + _tx_align (header.size);
      if (reader->offset + TX_RECORD_HEADER_SIZE + header.size > self->size)
        return true; /* the last one, not whole (yet) */
      if (!is_bounded (self, &header))
        _tx_damage_add (self->damage,
                        "a record of file '%s' at byte %llu is larger than the format allows",
                        reader->name, (unsigned long long) reader->offset);
      else if (!read_record (self, &header))
        return false;
      reader->offset = next;
    }
  return true;
}

/* Its own id is checked; the records are bound to the trace by their checksums anyway. */
static void
check_file_header (Walk *self)
{
  uint8_t bytes[TX_FILE_HEADER_SIZE];
  ssize_t n = _tx_file_read (self->fd, bytes, sizeof bytes, 0);
  uint64_t trace_id;

  if (n < 0)
    _tx_damage_add (self->damage, "cannot read file '%s': %s", self->reader->name,
                    strerror (errno));
  if (n != sizeof bytes)
    return;
  self->reader->offset = TX_FILE_HEADER_SIZE;
  if (!_tx_file_header_decode (bytes, self->reader->magic, &trace_id) || trace_id != self->trace_id)
    _tx_damage_add (self->damage, "the header of file '%s' is damaged", self->reader->name);
}

TxStatus
_tx_record_reader_read (TxRecordReader *self,
                        int dir_fd,
                        uint64_t trace_id,
                        bool is_live,
                        TxRecordFunc func,
                        void *data,
                        TxDamage *damage,
                        TxError *error)
{
  struct stat status = { 0 };
  Walk state = {
    .reader = self,
    .fd = _tx_file_open (dir_fd, self->name, &status),
    .trace_id = trace_id,
    .func = func,
    .data = data,
    .damage = damage,
  };
  bool has_memory = true;

  if (state.fd < 0)
    {
      if (errno != ENOENT && self->offset == 0)
        _tx_damage_add (damage, "cannot read file '%s': %s", self->name, strerror (errno));
      return TX_OK;
    }
  state.size = status.st_size > 0 ? (uint64_t) status.st_size : 0;
  if (self->offset == 0)
    check_file_header (&state);
  if (self->offset > 0)
    has_memory = walk (&state, is_live);
  _tx_buffer_clear (&state.window);
  _tx_file_close (state.fd);
  if (!has_memory)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot read file '%s': out of memory",
                         self->name);
  return TX_OK;
}

uint8_t *
_tx_record_read_payload (const TxRecord *record, int fd, uint64_t trace_id)
{
  uint8_t *stored = malloc (record->size ? record->size : 1);
  uint8_t *decoded = malloc ((size_t) record->decoded_size + 1);
  bool good = stored && decoded && _tx_file_read_whole (fd, stored, record->size, record->offset) &&
              _tx_checksum (stored, record->size, trace_id) == record->checksum &&
              _tx_decompress (record->codec, stored, record->size, decoded, record->decoded_size);

  free (stored);
  if (!good)
    {
      free (decoded);
      return NULL;
    }
  return decoded;
}
