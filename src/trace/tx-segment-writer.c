// SPDX-License-Identifier: BSD-3-Clause
// Frames into segments, and one index record for each.
#include "tx-segment-writer-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tx-checksum-private.h"
#include "tx-compress-private.h"

/* One byte of so many tells threads apart. At the end of a file, where it is now or never, half as
   much again may; and so many bytes in any case, since short recordings are small. */
#define THREAD_SHARE      100u
#define THREAD_BYTES_FREE (512u * 1024u)

void
_tx_segment_writer_init (TxSegmentWriter *self,
                         TxDirectory *directory,
                         uint64_t trace_id,
                         uint64_t size_max)
{
  *self = (TxSegmentWriter){
    .directory = directory,
    .trace_id = trace_id,
    .size_max = size_max,
    .n_run_blocks_max = TX_RUN_BLOCKS_MAX,
    .n_group_runs_max = TX_GROUP_RUNS_MAX,
    .thread_share = THREAD_SHARE,
    .segment.fd = -1,
  };
}

void
_tx_encoded_frame_clear (TxEncodedFrame *self)
{
  _tx_buffer_clear (&self->bytes);
  tx_digest_free (self->digest);
  self->digest = NULL;
}

void
_tx_segment_writer_clear (TxSegmentWriter *self)
{
  _tx_output_close (&self->segment);
  _tx_output_close (&self->index);
  _tx_output_close (&self->digests);
  _tx_digest_run_clear (&self->run);
  _tx_digest_run_clear (&self->group);
  _tx_thread_lines_clear (&self->thread_lines);
  _tx_buffer_clear (&self->thread_section);
  _tx_encoded_frame_clear (&self->run_frame);
  free (self->infos);
  self->infos = NULL;
  self->infos_capacity = 0;
}

/* ---- Frames ---- */

/* What repeats itself so much is small enough by LZ4, which takes a tenth of the predictor's time.
 */
#define LZ4_RATIO_GOOD 48u
/* From here on LZ4's slower way, a third of the predictor's time, often leaves less than it would.
 */
#define LZ4_RATIO_FAIR  20u
#define HARD_RATIO_GOOD 42u
/* Where neither did, they are not tried on so many blocks that follow. */
#define N_WITHOUT_LZ4 7u

/* LZ4, where it makes the events small enough. Returns: bytes put at @pos; 0: it does not */
static size_t
try_lz4 (TxEncodedFrame *self, const uint8_t *events, size_t size, uint8_t *pos, size_t capacity)
{
  uint8_t codec;
  size_t encoded = _tx_compress (events, size, pos, capacity, &codec);

  if (encoded <= size / LZ4_RATIO_GOOD)
    return encoded;
  if (encoded > size / LZ4_RATIO_FAIR || !self->hard_compressor)
    return 0;
  return _tx_hard_compressor_run (self->hard_compressor, events, size, pos, size / HARD_RATIO_GOOD);
}

/* Returns: bytes put at @pos */
static uint32_t
encode_events (
    TxEncodedFrame *self, const uint8_t *events, size_t size, uint8_t *pos, size_t capacity)
{
  uint8_t *codec = &self->header.events_codec;
  size_t encoded = 0;

  if (self->predictor && size > 1)
    {
      if (self->n_without_lz4 > 0)
        self->n_without_lz4--;
      else
        {
          encoded = try_lz4 (self, events, size, pos, capacity);
          *codec = TX_CODEC_LZ4;
          self->n_without_lz4 = encoded == 0 ? N_WITHOUT_LZ4 : 0;
        }
      if (encoded == 0)
        {
          encoded = _tx_predictor_encode (self->predictor, events, size, pos, size - 1);
          *codec = TX_CODEC_PREDICTED;
        }
    }
  if (encoded == 0)
    encoded = _tx_compress (events, size, pos, capacity, codec);
  return (uint32_t) encoded;
}

bool
_tx_encoded_frame_fill (TxEncodedFrame *self,
                        const TxBlockSummary *summary,
                        uint64_t trace_id,
                        const uint8_t *events,
                        size_t events_size,
                        const uint8_t *digest,
                        size_t digest_size)
{
  size_t events_bound = _tx_compress_bound (events_size);
  size_t digest_bound = _tx_compress_bound (digest_size);
  size_t capacity = TX_FRAME_HEADER_SIZE + events_bound + digest_bound + TX_ALIGNMENT;
  TxFrameHeader *header = &self->header;
  uint64_t seed = trace_id ^ summary->sequence;
  uint8_t *pos;

  self->bytes.size = 0;
  self->bytes.failed = false;
  if (!_tx_buffer_extend (&self->bytes, capacity))
    return false;
  *header = (TxFrameHeader){
    .summary = *summary,
    .events_raw_size = (uint32_t) events_size,
    .digest_raw_size = (uint32_t) digest_size,
  };
  pos = self->bytes.data + TX_FRAME_HEADER_SIZE;
  header->events_size = encode_events (self, events, events_size, pos, events_bound);
  header->events_checksum = _tx_checksum (pos, header->events_size, seed);
  pos += header->events_size;
  header->digest_size =
      (uint32_t) _tx_compress (digest, digest_size, pos, digest_bound, &header->digest_codec);
  header->digest_checksum = _tx_checksum (pos, header->digest_size, seed);
  pos += header->digest_size;
  memset (pos, 0, TX_ALIGNMENT);
  self->bytes.size = (size_t) _tx_frame_header_get_frame_size (header);
  return true;
}

/* ---- Digests ---- */

static int
create_file (TxSegmentWriter *self,
             TxOutput *ret_output,
             const char *name,
             const void *header,
             size_t header_size)
{
  TxOutput output;
  int result = _tx_output_create (&output, self->directory, name);

  if (result < 0)
    return result;
  result = _tx_output_append (&output, header, header_size);
  if (result < 0)
    {
      _tx_output_remove (&output);
      return result;
    }
  *ret_output = output;
  return 0;
}

/* Adds the run to its group. Whether that is complete with it: @is_last, or nothing more fits. */
static bool
add_to_group (TxSegmentWriter *self, bool is_last)
{
  TxDigest digest = _tx_digest_run_get (&self->run);

  if (self->group.n_parts > 0 && !_tx_digest_run_continues (&self->group, &self->run.summary))
    _tx_digest_run_clear (&self->group);
  if (!_tx_digest_run_add (&self->group, &self->run.summary, self->run.n_blocks, &digest))
    {
      _tx_digest_run_clear (&self->group);
      return false;
    }
  return is_last ||
         _tx_digest_run_is_full (&self->group, self->n_group_runs_max, TX_GROUP_LINES_MAX);
}

/* Whether a section of so many bytes is too much for what is recorded. */
static bool
costs_too_much (const TxSegmentWriter *self, uint64_t size, bool is_last)
{
  uint64_t share = self->thread_share, most;

  if (share == 0)
    return false;
  most = self->block_bytes / (is_last ? (2 * share + 2) / 3 : share);
  if (is_last && most < THREAD_BYTES_FREE && share == THREAD_SHARE)
    most = THREAD_BYTES_FREE;
  return self->thread_bytes + size > most;
}

/* Whether the lines of threads, told one by one, end with the run, which is the last one of its
   file if @is_last. The section for that is made then, where there is to be one: as soon as it is
   not too much, so that as few blocks as can be lie between two. */
static bool
end_thread_lines (TxSegmentWriter *self, bool is_last)
{
  TxThreadLines *lines = &self->thread_lines;

  _tx_buffer_clear (&self->thread_section);
  _tx_thread_lines_end_run (lines, self->run.n_blocks);
  if (!_tx_thread_lines_are_told (lines))
    return true;
  is_last |= lines->n_runs == TX_THREAD_LINES_RUNS_MAX;
  if (costs_too_much (self, lines->size, is_last))
    return is_last;
  _tx_thread_lines_encode (lines, &self->thread_section);
  lines->size = self->thread_section.size;
  if (!self->thread_section.failed && !costs_too_much (self, lines->size, is_last))
    return true;
  _tx_buffer_clear (&self->thread_section);
  return is_last;
}

/* The run's digest, with its group's if @with_group. */
static bool
encode_run (const TxSegmentWriter *self, bool with_group, TxBuffer *ret_buffer)
{
  TxDigest digest = _tx_digest_run_get (&self->run);
  size_t size = 0;
  uint8_t *bytes = tx_digest_encode (&digest, &size);

  *ret_buffer = (TxBuffer){ .data = bytes, .size = size, .capacity = size, .failed = !bytes };
  if (self->thread_section.size > 0)
    {
      _tx_buffer_append_u8 (ret_buffer, TX_DIGEST_TAG_THREAD_LINES);
      _tx_buffer_append_varint (ret_buffer, self->thread_section.size);
      _tx_buffer_append (ret_buffer, self->thread_section.data, self->thread_section.size);
    }
  if (with_group)
    _tx_digest_run_append_group (&self->group, ret_buffer);
  return !ret_buffer->failed && ret_buffer->size <= TX_DIGEST_SIZE_MAX;
}

static bool
fill_run_frame (TxSegmentWriter *self, bool with_group, bool ends_threads)
{
  TxEncodedFrame *frame = &self->run_frame;
  TxBuffer buffer;
  bool is_filled = encode_run (self, with_group, &buffer) &&
                   _tx_encoded_frame_fill (frame, &self->run.summary, self->trace_id, NULL, 0,
                                           buffer.data, buffer.size);

  _tx_buffer_clear (&buffer);
  frame->header.flags = TX_FRAME_RUN;
  frame->header.flags |= with_group ? TX_FRAME_GROUP : 0;
  frame->header.flags |= ends_threads ? TX_FRAME_THREADS : 0;
  frame->header.events_raw_size = self->run.n_blocks;
  return is_filled;
}

static bool
append_run (TxSegmentWriter *self, bool with_group, bool ends_threads)
{
  TxSegmentHeader header = { .trace_id = self->trace_id, .number = self->n_segments - 1 };
  TxEncodedFrame *frame = &self->run_frame;
  uint8_t bytes[TX_SEGMENT_HEADER_SIZE];
  char name[32];

  snprintf (name, sizeof name, TX_FILE_DIGESTS_FORMAT, header.number);
  _tx_segment_header_encode (bytes, &header);
  if (!self->digests.directory && create_file (self, &self->digests, name, bytes, sizeof bytes) < 0)
    return false;
  if (!fill_run_frame (self, with_group, ends_threads) &&
      !(with_group && fill_run_frame (self, false, ends_threads)))
    return false;
  _tx_frame_header_encode (frame->bytes.data, &frame->header, self->trace_id, header.number,
                           self->digests.offset);
  return _tx_output_append (&self->digests, frame->bytes.data, frame->bytes.size) >= 0;
}

/* A run that cannot be written leaves a gap if its segment is removed; the next run overwrites what
   is left of it. @is_last: of its group, and of its file or before a hole. */
static void
write_run (TxSegmentWriter *self, bool is_last)
{
  bool is_complete, ends_threads, is_written;

  if (self->run.n_blocks == 0)
    return;
  is_complete = add_to_group (self, is_last);
  ends_threads = end_thread_lines (self, is_last);
  is_written = append_run (self, is_complete && self->group.n_parts > 1, ends_threads);
  if (!is_written || is_complete)
    _tx_digest_run_clear (&self->group);
  if (is_written)
    self->thread_bytes += self->thread_section.size;
  if (!is_written || ends_threads)
    _tx_thread_lines_reset (&self->thread_lines);
  _tx_buffer_clear (&self->thread_section);
  _tx_digest_run_clear (&self->run);
}

static void
add_to_run (TxSegmentWriter *self, const TxEncodedFrame *frame)
{
  const TxBlockSummary *summary = &frame->header.summary;
  TxDigest run;
  bool continues;

  self->block_bytes += frame->bytes.size;
  if (!frame->digest)
    return;
  continues = _tx_digest_run_continues (&self->run, summary);
  if (!continues || _tx_digest_run_is_full (&self->run, self->n_run_blocks_max, TX_RUN_LINES_MAX))
    write_run (self, !continues);
  run = _tx_digest_run_get (&self->run);
  _tx_thread_lines_add (&self->thread_lines, &run, frame->digest);
  if (!_tx_digest_run_add (&self->run, summary, 1, frame->digest))
    _tx_thread_lines_give_up (&self->thread_lines);
}

/* ---- Segments ---- */

static void
finish_segment (TxSegmentWriter *self)
{
  TxSegmentInfo *info = &self->infos[self->n_segments - 1];

  write_run (self, true);
  _tx_thread_lines_reset (&self->thread_lines);
  info->size_bytes = self->segment.offset + self->index.offset;
  info->digests_size_bytes = self->digests.offset;
  self->finished_size += info->size_bytes + info->digests_size_bytes;
  _tx_output_close (&self->segment);
  _tx_output_close (&self->index);
  _tx_output_close (&self->digests);
  self->segment = (TxOutput){ .fd = -1 };
  self->index = self->digests = (TxOutput){ .fd = -1 };
}

static int
begin_segment (TxSegmentWriter *self, int64_t mono_ns, int64_t real_ns)
{
  TxSegmentHeader header = {
    .trace_id = self->trace_id,
    .number = self->n_segments,
    .mono_ns = mono_ns,
    .real_ns = real_ns,
  };
  uint8_t bytes[TX_SEGMENT_HEADER_SIZE];
  char name[32];
  TxOutput segment;
  int result;

  if (!TX_ARRAY_RESERVE (self->infos, self->infos_capacity, (size_t) self->n_segments + 1))
    return -ENOMEM;
  snprintf (name, sizeof name, TX_FILE_SEGMENT_FORMAT, header.number);
  _tx_segment_header_encode (bytes, &header);
  result = create_file (self, &segment, name, bytes, sizeof bytes);
  if (result < 0)
    return result;
  if (self->n_segments > 0)
    finish_segment (self);
  self->segment = segment;
  self->infos[self->n_segments++] = (TxSegmentInfo){ 0 };
  self->is_full = self->is_index_over = false;
  /* The new names as well; a file system that cannot do this is none the worse. */
  self->is_name_unsynced = true;
  snprintf (name, sizeof name, TX_FILE_INDEX_FORMAT, header.number);
  _tx_file_header_encode (bytes, TX_MAGIC_INDEX, self->trace_id);
  (void) create_file (self, &self->index, name, bytes, TX_FILE_HEADER_SIZE);
  return 0;
}

static void
append_index_record (TxSegmentWriter *self, const TxFrameHeader *header, uint64_t offset)
{
  TxIndexRecord record = {
    .summary = header->summary,
    .segment = self->n_segments - 1,
    .frame_size = (uint32_t) _tx_frame_header_get_frame_size (header),
    .offset = offset,
  };
  uint8_t bytes[TX_INDEX_RECORD_SIZE];
  uint64_t number;

  if (!self->index.directory || self->is_index_over)
    return;
  number = (self->index.offset - TX_FILE_HEADER_SIZE) / TX_INDEX_RECORD_SIZE;
  _tx_index_record_encode (bytes, &record, self->trace_id, number);
  /* Without the rest of the index the headers are walked. */
  if (_tx_output_append (&self->index, bytes, sizeof bytes) < 0)
    self->is_index_over = true;
}

static bool
needs_segment (const TxSegmentWriter *self, size_t frame_size)
{
  return self->n_segments == 0 || self->is_full ||
         (self->segment.offset > TX_SEGMENT_HEADER_SIZE &&
          self->segment.offset + frame_size > self->size_max);
}

int
_tx_segment_writer_append (TxSegmentWriter *self,
                           TxEncodedFrame *frame,
                           int64_t mono_ns,
                           int64_t real_ns)
{
  uint64_t offset;
  int result;

  if (needs_segment (self, frame->bytes.size))
    {
      result = begin_segment (self, mono_ns, real_ns);
      if (result < 0)
        return result;
    }
  offset = self->segment.offset;
  _tx_frame_header_encode (frame->bytes.data, &frame->header, self->trace_id, self->n_segments - 1,
                           offset);
  result = _tx_output_append (&self->segment, frame->bytes.data, frame->bytes.size);
  /* The limit on the size of files: the next one has room. And one that somebody has removed does not
     come back. */
  if ((result == -EFBIG && offset > TX_SEGMENT_HEADER_SIZE) || result == -ENOENT ||
      result == -ESTALE)
    self->is_full = true;
  if (result < 0)
    return result;
  self->infos[self->n_segments - 1].mono_last_ns = frame->header.summary.mono_last_ns;
  append_index_record (self, &frame->header, offset);
  add_to_run (self, frame);
  return 0;
}

void
_tx_segment_writer_give_up (TxSegmentWriter *self)
{
  /* A frame that is not whole is the last one of its segment, as where a process was killed. */
  if (self->segment.written > 0)
    self->is_full = true;
}

void
_tx_segment_writer_end (TxSegmentWriter *self)
{
  /* A short recording needs no file more. */
  if (self->n_segments > 0 && self->digests.directory)
    write_run (self, true);
}

int
_tx_segment_writer_sync (TxSegmentWriter *self)
{
  int result = 0;
  int dir_fd;

  if (self->n_segments == 0)
    return 0;
  if (self->is_name_unsynced && (dir_fd = _tx_directory_get_fd (self->directory)) >= 0)
    {
      (void) self->directory->os->sync (self->directory->os, dir_fd);
      self->is_name_unsynced = false;
    }
  result = _tx_output_sync (&self->segment);
  /* Whatever the kernel could not write is lost, and it will not try again. */
  if (result < 0)
    self->is_full = true;
  if (self->index.directory)
    (void) _tx_output_sync (&self->index);
  if (self->digests.directory)
    (void) _tx_output_sync (&self->digests);
  return result;
}
