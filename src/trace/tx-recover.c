// SPDX-License-Identifier: BSD-3-Clause
// One trace: the blocks of its ring into a new segment, their definitions into the catalog, an
// `end` that says so. In this order, and the ring is removed last: wherever it is cut short, a
// reader finds each block once, and the next recovery goes on.
#include "tx-recover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "tx-block-private.h"
#include "tx-catalog-writer-private.h"
#include "tx-reader-private.h"
#include "tx-record-writer-private.h"
#include "tx-segment-writer-private.h"

typedef struct
{
  TxDirectory directory;
  TxReader *reader;         /* owned */
  const _Atomic bool *stop; /* borrowed (nullable) */
  TxCatalog filed;          /* what the file `catalog` has */
  TxCatalogWriter writer;   /* its batch, and both files opened for appending */
  TxOutput segment;
  uint32_t segment_number; /* once it is there */
  TxEncodedFrame frame;
  TxBlockScratch scratch;
  uint64_t n_blocks; /* appended */
  bool has_loss;     /* one of them only says what was lost */
} Recovery;

static int
check_stop (const Recovery *self)
{
  return self->stop && atomic_load (self->stop) ? -ECANCELED : 0;
}

/* ---- Files that exist ---- */

/* Appending goes behind what a write that was cut short has left, at a multiple of @unit. */
static int
adopt_file (TxOutput *self, TxDirectory *directory, const char *name, uint64_t unit)
{
  struct stat status;

  *self = (TxOutput){ .directory = directory, .fd = -1 };
  snprintf (self->name, sizeof self->name, "%s", name);
  if (fstatat (_tx_directory_get_fd (directory), name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return -errno;
  if (!S_ISREG (status.st_mode) || status.st_nlink != 1 || status.st_uid != geteuid ())
    return -EPERM;
  self->device = status.st_dev;
  self->inode = status.st_ino;
  self->offset = ((uint64_t) status.st_size + unit - 1) / unit * unit;
  return 0;
}

/* ---- Definitions ---- */

static void
append_string (TxBuffer *payload, const uint8_t *bytes, size_t size)
{
  _tx_buffer_append_varint (payload, size);
  if (size > 0)
    _tx_buffer_append (payload, bytes, size);
}

static TxRecordType
encode_definition (TxBuffer *payload, const TxDefinition *definition)
{
  _tx_buffer_append_varint (payload, definition->id);
  if (definition->kind == TX_EVENT_DEFINE_THREAD)
    _tx_buffer_append_varint (payload, definition->native_id);
  if (definition->kind == TX_EVENT_DEFINE_FUNCTION)
    {
      _tx_buffer_append_varint (payload, definition->file);
      _tx_buffer_append_varint (payload, definition->first_line);
      _tx_buffer_append_varint (payload, definition->flags);
    }
  append_string (payload, definition->name, definition->name_size);
  if (definition->kind == TX_EVENT_DEFINE_FUNCTION)
    {
      _tx_buffer_append_varint (payload, definition->bitmap_first_line);
      append_string (payload, definition->bitmap, definition->bitmap_size);
    }
  switch (definition->kind)
    {
    case TX_EVENT_DEFINE_FILE:
      return TX_RECORD_FILE;
    case TX_EVENT_DEFINE_FUNCTION:
      return TX_RECORD_FUNCTION;
    case TX_EVENT_DEFINE_TYPE:
      return TX_RECORD_TYPE;
    default:
      return TX_RECORD_THREAD;
    }
}

static bool
is_filed (const Recovery *self, const TxDefinition *definition)
{
  switch (definition->kind)
    {
    case TX_EVENT_DEFINE_FILE:
      return _tx_catalog_get_file (&self->filed, definition->id) != NULL;
    case TX_EVENT_DEFINE_FUNCTION:
      return _tx_catalog_get_function (&self->filed, definition->id) != NULL;
    default:
      return false; /* a later one may say more */
    }
}

static void
define_cb (void *data, const TxDefinition *definition)
{
  Recovery *self = data;
  TxBuffer payload = { 0 };
  TxRecordType type;

  if (is_filed (self, definition))
    return;
  type = encode_definition (&payload, definition);
  if (payload.failed)
    self->writer.batch.failed = true;
  else
    _tx_record_append (&self->writer.batch, type, payload.data, payload.size,
                       self->reader->trace_id, self->writer.catalog.offset);
  _tx_buffer_clear (&payload);
}

static bool
first_line_cb (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  return _tx_catalog_get_first_line (&((Recovery *) data)->reader->catalog, function,
                                     ret_first_line);
}

static int
append_definitions (Recovery *self)
{
  if (self->writer.batch.failed)
    return -ENOMEM;
  return self->writer.batch.size == 0
             ? 0
             : _tx_output_append (&self->writer.catalog, self->writer.batch.data,
                                  self->writer.batch.size);
}

/* ---- Blocks ---- */

static TxBlockSummary
summarise (const TxBlockInfo *info, const TxDigest *digest)
{
  return (TxBlockSummary){
    .sequence = info->sequence,
    .first_step = info->first_step,
    .mono_first_ns = info->times.mono_first_ns,
    .real_first_ns = info->times.real_first_ns,
    .mono_last_ns = info->times.mono_last_ns,
    .steps = info->steps,
    .events = info->events,
    .depth_min = digest->depth_min,
    .depth_max = digest->depth_max,
    .thread_mask = info->thread_mask,
    .events_lost = info->events_lost,
  };
}

/** RawBlock: one that is to be appended. */
typedef struct
{
  const uint8_t *data; /* borrowed */
  size_t size;
  TxBlockInfo info;
} RawBlock;

/* Its definitions go to the batch. */
static TxDigest *
digest_block (Recovery *self, const RawBlock *raw)
{
  TxDigester *digester = tx_digester_new ();
  TxDigest *digest = NULL;
  TxBlock *block;

  self->writer.batch.size = 0;
  self->writer.batch.failed = false;
  block = _tx_block_decode (raw->data, raw->size, raw->info.sequence, &raw->info.times,
                            first_line_cb, define_cb, self, &self->scratch, NULL);
  if (digester && block && block->n_steps == raw->info.steps)
    digest = tx_digester_add (digester, block);
  _tx_block_free_borrowed (block);
  tx_digester_free (digester);
  return digest;
}

static int
encode_block (Recovery *self, const RawBlock *raw, const TxDigest *digest)
{
  TxBlockSummary summary = summarise (&raw->info, digest);
  size_t size = 0;
  uint8_t *bytes = tx_digest_encode (digest, &size);
  bool is_done = false;

  if (bytes && size <= TX_DIGEST_SIZE_MAX)
    is_done = _tx_encoded_frame_fill (&self->frame, &summary, self->reader->trace_id, raw->data,
                                      raw->size, bytes, size);
  free (bytes);
  return is_done ? 0 : -ENOMEM;
}

/* A segment of its own, behind all that are there. */
static int
begin_segment (Recovery *self)
{
  const TxRingHeader *ring = &self->reader->ring.reader.header;
  uint8_t bytes[TX_SEGMENT_HEADER_SIZE];
  char name[sizeof self->segment.name];
  uint32_t number = self->reader->blocks.segment;
  int result = -EEXIST;

  for (; result == -EEXIST && number < UINT32_MAX; number++)
    {
      snprintf (name, sizeof name, TX_FILE_SEGMENT_FORMAT, number);
      result = _tx_output_create (&self->segment, &self->directory, name);
    }
  if (result < 0)
    return result;
  self->segment_number = number - 1;
  _tx_segment_header_encode (bytes, &(TxSegmentHeader){
                                        .trace_id = self->reader->trace_id,
                                        .number = self->segment_number,
                                        .mono_ns = ring->heartbeat_mono_ns,
                                        .real_ns = ring->heartbeat_real_ns,
                                    });
  return _tx_output_append (&self->segment, bytes, sizeof bytes);
}

static int
append_block (Recovery *self, const RawBlock *raw)
{
  TxDigest *digest = NULL;
  int result = self->segment.is_created ? 0 : begin_segment (self);

  if (result == 0)
    {
      digest = digest_block (self, raw);
      result = digest ? append_definitions (self) : -ENOMEM;
    }
  if (result == 0)
    result = encode_block (self, raw, digest);
  tx_digest_free (digest);
  if (result < 0)
    return result;
  _tx_frame_header_encode (self->frame.bytes.data, &self->frame.header, self->reader->trace_id,
                           self->segment_number, self->segment.offset);
  result = _tx_output_append (&self->segment, self->frame.bytes.data, self->frame.bytes.size);
  self->n_blocks += result == 0;
  return result;
}

static int
append_ring_block (Recovery *self, const TxBlockEntry *entry)
{
  const TxRingSlot *slot = &self->reader->ring.reader.slots[entry->slot];

  return append_block (self, &(RawBlock){ slot->data, slot->header.committed, entry->info });
}

/* The last moment that is known of. */
static void
get_last_times (const Recovery *self, int64_t *ret_mono_ns, int64_t *ret_real_ns)
{
  const TxRingHeader *ring = &self->reader->ring.reader.header;
  size_t n_blocks = self->reader->blocks.n_entries;

  *ret_mono_ns = ring->heartbeat_mono_ns;
  *ret_real_ns = ring->heartbeat_real_ns;
  if (n_blocks > 0)
    {
      const TxBlockTimes *times = &self->reader->blocks.entries[n_blocks - 1].info.times;

      if (times->mono_last_ns > *ret_mono_ns)
        {
          *ret_mono_ns = times->mono_last_ns;
          *ret_real_ns = tx_reader_real_from_mono (self->reader, n_blocks - 1, *ret_mono_ns);
        }
    }
}

/* What was lost behind the last block, where each is there to tell what was lost before it. */
static uint64_t
count_unstated_loss (const Recovery *self)
{
  uint64_t total = self->reader->ring.reader.header.events_lost;
  uint64_t stated = 0;

  for (size_t i = 0; i < self->reader->blocks.n_entries; i++)
    {
      if (self->reader->blocks.entries[i].info.place == TX_BLOCK_MISSING)
        return 0;
      stated += self->reader->blocks.entries[i].info.events_lost;
    }
  return total > stated ? total - stated : 0;
}

/* The process has not come to another block, which would have said it. */
static int
append_loss (Recovery *self)
{
  uint64_t n_lost = count_unstated_loss (self);
  uint8_t bytes[1 + 10] = { TX_BYTE_GAP };
  RawBlock raw = {
    .data = bytes,
    .info = { .sequence = self->reader->blocks.next_sequence,
              .first_step = self->reader->blocks.next_step,
              .events = 1,
              .events_lost = n_lost },
  };
  TxBlockTimes *times = &raw.info.times;
  int result;

  if (n_lost == 0)
    return 0;
  raw.size = (size_t) (_tx_put_varint64 (bytes + 1, n_lost) - bytes);
  get_last_times (self, &times->mono_first_ns, &times->real_first_ns);
  times->mono_last_ns = times->mono_first_ns;
  result = append_block (self, &raw);
  self->has_loss = result == 0;
  return result;
}

static int
append_blocks (Recovery *self)
{
  const TxBlockTable *blocks = &self->reader->blocks;
  int result = 0;

  for (size_t i = blocks->n_filed; i < blocks->n_entries && result == 0; i++)
    if (blocks->entries[i].info.place == TX_BLOCK_RING)
      {
        result = append_ring_block (self, &blocks->entries[i]);
        if (result == 0)
          result = check_stop (self);
      }
  if (result == 0)
    result = append_loss (self);
  /* On a full disk each try would leave an empty one. */
  if (result < 0 && self->n_blocks == 0)
    _tx_output_remove (&self->segment);
  return result;
}

/* ---- Sources ---- */

/* Of files that are as they were when the recording began: a younger text is not what has run. */
static bool
is_as_it_was (const TxFile *file, int64_t real_ns)
{
  struct stat status;

  return file && !file->has_source && file->path[0] == '/' && stat (file->path, &status) == 0 &&
         _tx_os_get_file_ns (&status.st_ctim) < real_ns;
}

/* What the writer would have known of them. */
static int64_t
note_modules (Recovery *self)
{
  uint64_t began_ns = 0, program_ns = 0;

  (void) _tx_info_get_number (&self->reader->info, "real_ns", 10, &began_ns);
  (void) _tx_info_get_number (&self->reader->info, "program_real_ns", 10, &program_ns);
  self->writer.program_real_ns = (int64_t) program_ns;
  for (TxFunctionId id = 1; id <= tx_reader_get_n_functions (self->reader); id++)
    {
      const TxFunction *function = tx_reader_get_function (self->reader, id);

      if (function && function->file <= tx_reader_get_n_files (self->reader))
        _tx_catalog_writer_note_module (&self->writer, function->file, function->flags);
    }
  return (int64_t) began_ns;
}

/* A process that died young had no time for them. They are a help, so failures do not matter. */
static void
append_sources (Recovery *self)
{
  TxCatalogWriter *writer = &self->writer;
  int64_t began_ns = note_modules (self);

  for (TxFileId id = 1; id <= tx_reader_get_n_files (self->reader); id++)
    {
      const TxFile *file = tx_reader_get_file (self->reader, id);
      char *path;

      if (!is_as_it_was (file, began_ns))
        continue;
      path = strdup (file->path);
      if (!path ||
          !TX_ARRAY_RESERVE (writer->pending, writer->pending_capacity, writer->n_pending + 1))
        {
          free (path);
          break;
        }
      writer->pending[writer->n_pending++] = (TxPendingSource){ id, path, began_ns };
    }
  while (check_stop (self) == 0 && _tx_catalog_writer_copy_source (writer, UINT64_MAX) > 0)
    ;
}

/* ---- The end ---- */

static uint64_t
count_blocks (const Recovery *self)
{
  uint64_t n_blocks = self->has_loss;

  for (size_t i = 0; i < self->reader->blocks.n_entries; i++)
    n_blocks += !tx_block_info_is_gap (&self->reader->blocks.entries[i].info);
  return n_blocks;
}

/* Somebody was killed in the middle of writing it: what is there ends as a line, and the rest
 * follows. */
static int
complete_end (Recovery *self, const char *text, size_t size)
{
  TxOutput end;
  int result = adopt_file (&end, &self->directory, TX_FILE_END, 1);

  if (result == 0)
    result = _tx_output_append (&end, "\n", 1);
  if (result == 0)
    result = _tx_output_append (&end, text, size);
  _tx_output_close (&end);
  return result;
}

/* The reason comes first: whatever is cut short behind it, this is not taken for a closed one. */
static int
write_end (Recovery *self)
{
  char text[256];
  int64_t mono_ns, real_ns;
  int size, result;

  get_last_times (self, &mono_ns, &real_ns);
  size = snprintf (text, sizeof text,
                   "reason=recovered\nreal_ns=%" PRId64 "\nmono_ns=%" PRId64 "\nblocks=%" PRIu64
                   "\nsteps=%" PRIu64 "\n",
                   real_ns, mono_ns, count_blocks (self), self->reader->blocks.next_step);
  result = _tx_output_write_file (&self->directory, TX_FILE_END, text, (size_t) size);
  return result == -EEXIST ? complete_end (self, text, (size_t) size) : result;
}

static void
remove_ring (Recovery *self)
{
  const char *path = _tx_reader_get_info (self->reader, "ring");
  int fd = self->reader->ring.reader.fd;
  struct stat ours, there;

  if (fstat (fd, &ours) < 0)
    return;
  if (path[0] == '/' && lstat (path, &there) == 0 && there.st_dev == ours.st_dev &&
      there.st_ino == ours.st_ino)
    unlink (path);
  if (fstatat (_tx_directory_get_fd (&self->directory), TX_FILE_RING, &there,
               AT_SYMLINK_NOFOLLOW) == 0 &&
      there.st_dev == ours.st_dev && there.st_ino == ours.st_ino)
    unlinkat (_tx_directory_get_fd (&self->directory), TX_FILE_RING, 0);
}

static int
seal (Recovery *self)
{
  TxDamage damage = { 0 };
  int result = adopt_file (&self->writer.catalog, &self->directory, TX_FILE_CATALOG, TX_ALIGNMENT);

  if (result < 0)
    return result;
  self->writer.trace_id = self->reader->trace_id;
  if (_tx_catalog_read (&self->filed, self->reader->dir_fd, self->reader->trace_id, false, &damage,
                        NULL) != TX_OK)
    return -ENOMEM;
  result = append_blocks (self);
  if (result == 0 &&
      adopt_file (&self->writer.sources, &self->directory, TX_FILE_SOURCES, TX_ALIGNMENT) == 0)
    append_sources (self);
  if (result == 0)
    result = check_stop (self);
  /* Nothing waits for the disk: a power cut now is one before, and a reader says what is missing.
   */
  if (result == 0)
    result = write_end (self);
  if (result == 0)
    remove_ring (self);
  return result;
}

/* ---- Whether ---- */

/* Ours alone, and nobody else's recovery at it. */
static int
lock_directory (TxDirectory *directory)
{
  struct stat status;
  int fd = _tx_directory_get_fd (directory);

  if (fd < 0)
    return fd;
  if (fstat (fd, &status) < 0)
    return -errno;
  if (status.st_uid != geteuid () || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return -EPERM;
  return flock (fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

static TxStatus
recover_locked (Recovery *self, TxRecoverResult *ret_result, TxError *error)
{
  TxProcess process;
  TxError why = { 0 };
  int result;

  self->reader = _tx_reader_open_until (self->directory.path, self->stop, &why);
  if (!self->reader)
    {
      *ret_result = TX_RECOVER_NO_TRACE;
      if (why.status == TX_ERROR_NOT_TRACE)
        return TX_OK;
      if (error)
        *error = why;
      return why.status;
    }
  process = _tx_reader_get_process (self->reader);
  *ret_result = TX_RECOVER_WHOLE;
  if (self->reader->has_end)
    return TX_OK;
  *ret_result = TX_RECOVER_ALIVE;
  if (self->reader->state == TX_STATE_RECORDING || _tx_process_may_be_elsewhere (&process))
    return TX_OK;
  *ret_result = TX_RECOVER_TAIL_MISSING;
  if (self->reader->state != TX_STATE_DIED)
    return TX_OK;
  *ret_result = TX_RECOVER_SEALED;
  result = seal (self);
  if (result == -ECANCELED)
    return TX_CANCELLED;
  if (result < 0)
    return tx_error_set_errno (error, -result, "cannot seal the trace '%.300s'",
                               self->directory.path);
  return TX_OK;
}

static void
clear (Recovery *self)
{
  _tx_output_close (&self->segment);
  _tx_buffer_clear (&self->frame.bytes);
  _tx_block_scratch_clear (&self->scratch);
  _tx_catalog_writer_clear (&self->writer);
  _tx_catalog_clear (&self->filed);
  tx_reader_close (self->reader);
  _tx_directory_clear (&self->directory);
}

TxStatus
tx_recover_trace (const char *directory,
                  TxRecoverResult *ret_result,
                  uint64_t *ret_blocks,
                  TxError *error)
{
  return tx_recover_trace_until (directory, NULL, ret_result, ret_blocks, error);
}

TxStatus
tx_recover_trace_until (const char *directory,
                        const _Atomic bool *stop,
                        TxRecoverResult *ret_result,
                        uint64_t *ret_blocks,
                        TxError *error)
{
  Recovery self = { .stop = stop };
  TxStatus status;
  int result = _tx_directory_open (&self.directory, _tx_os_get_default (), directory);

  if (result < 0)
    return tx_error_set_errno (error, -result, "cannot open '%.300s'", directory);
  _tx_catalog_init (&self.filed);
  result = lock_directory (&self.directory);
  if (result == -EWOULDBLOCK)
    {
      *ret_result = TX_RECOVER_BUSY;
      status = TX_OK;
    }
  else if (result < 0)
    status = tx_error_set_errno (error, -result, "cannot seal the trace '%.300s'", directory);
  else
    status = recover_locked (&self, ret_result, error);
  if (ret_blocks)
    *ret_blocks = self.n_blocks;
  clear (&self);
  return status;
}
