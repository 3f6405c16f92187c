// SPDX-License-Identifier: BSD-3-Clause
// Reads segments (docs/trace-format.md, section 4).
#include "tx-segment-reader-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tx-block-private.h"
#include "tx-buffer-private.h"
#include "tx-checksum-private.h"
#include "tx-compress-private.h"
#include "tx-file-private.h"
#include "tx-predictor-private.h"

/* Damage is mostly short; beginning small keeps a file full of it linear. */
#define SCAN_SIZE_FIRST 512u
#define SCAN_SIZE       (64u * 1024u)

/** Kind: of files with a number in their names. */
typedef enum
{
  KIND_SEGMENT,
  KIND_DIGESTS,
} Kind;

static const char *
make_name (char name[32], Kind kind, uint32_t number)
{
  if (kind == KIND_SEGMENT)
    snprintf (name, 32, TX_FILE_SEGMENT_FORMAT, number);
  else
    snprintf (name, 32, TX_FILE_DIGESTS_FORMAT, number);
  return name;
}

static int
open_kind (int dir_fd, Kind kind, uint32_t number, uint64_t *ret_size_bytes)
{
  /* The last frame may begin right before the segment's own limit. */
  const uint64_t size_max = TX_SEGMENT_SIZE_MAX + TX_FRAME_HEADER_SIZE +
                            _tx_compress_bound (TX_RAW_SIZE_MAX) +
                            _tx_compress_bound (TX_DIGEST_SIZE_MAX) + TX_ALIGNMENT;
  char name[32];
  uint64_t size;
  int fd;

  fd = _tx_file_open (dir_fd, make_name (name, kind, number), NULL);
  if (fd < 0)
    return -1;
  size = _tx_file_get_size (fd);
  *ret_size_bytes = size < size_max ? size : size_max;
  return fd;
}

int
_tx_segment_open (int dir_fd, uint32_t number, uint64_t *ret_size_bytes)
{
  return open_kind (dir_fd, KIND_SEGMENT, number, ret_size_bytes);
}

int
_tx_digests_open (int dir_fd, uint32_t number, uint64_t *ret_size_bytes)
{
  return open_kind (dir_fd, KIND_DIGESTS, number, ret_size_bytes);
}

/* The number in a file's name, as the writer would write it; false for any other name. */
static bool
parse_name (const char *name, Kind kind, uint32_t *ret_number)
{
  const char *digits = name + strcspn (name, "0123456789");
  char again[32];
  unsigned long long number;

  if (*digits == '\0')
    return false;
  number = strtoull (digits, NULL, 10);
  if (number > UINT32_MAX)
    return false;
  *ret_number = (uint32_t) number;
  return strcmp (name, make_name (again, kind, (uint32_t) number)) == 0;
}

void
_tx_segment_names_clear (TxSegmentNames *self)
{
  free (self->numbers[KIND_SEGMENT]);
  free (self->numbers[KIND_DIGESTS]);
  *self = (TxSegmentNames){ 0 };
}

static int
compare_numbers_cb (const void *a, const void *b)
{
  const uint32_t *left = a, *right = b;

  return (*left > *right) - (*left < *right);
}

/* Without memory what does not fit is left out. */
static void
note_name (TxSegmentNames *self, const char *name)
{
  uint32_t number;

  for (Kind kind = KIND_SEGMENT; kind <= KIND_DIGESTS; kind++)
    if (parse_name (name, kind, &number) &&
        TX_ARRAY_RESERVE (self->numbers[kind], self->capacity[kind], self->n_numbers[kind] + 1))
      self->numbers[kind][self->n_numbers[kind]++] = number;
}

static void
read_names (TxSegmentNames *self, int dir_fd)
{
  int fd = openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  struct dirent *entry;

  self->is_read = true;
  if (!dir)
    {
      _tx_file_close (fd);
      return;
    }
  while ((entry = readdir (dir)))
    note_name (self, entry->d_name);
  closedir (dir);
  for (Kind kind = KIND_SEGMENT; kind <= KIND_DIGESTS; kind++)
    if (self->n_numbers[kind] > 1)
      qsort (self->numbers[kind], self->n_numbers[kind], sizeof *self->numbers[kind],
             compare_numbers_cb);
}

static bool
find_next (TxSegmentNames *names, int dir_fd, Kind kind, uint32_t number, uint32_t *ret_number)
{
  struct stat st;
  char name[32];
  size_t low = 0, high;

  if (fstatat (dir_fd, make_name (name, kind, number), &st, AT_SYMLINK_NOFOLLOW) == 0)
    {
      *ret_number = number;
      return true;
    }
  if (!names->is_read)
    read_names (names, dir_fd);
  high = names->n_numbers[kind];
  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (names->numbers[kind][middle] < number)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == names->n_numbers[kind])
    return false;
  *ret_number = names->numbers[kind][low];
  return true;
}

bool
_tx_segment_find_next (TxSegmentNames *names, int dir_fd, uint32_t number, uint32_t *ret_number)
{
  return find_next (names, dir_fd, KIND_SEGMENT, number, ret_number);
}

bool
_tx_digests_find_next (TxSegmentNames *names, int dir_fd, uint32_t number, uint32_t *ret_number)
{
  return find_next (names, dir_fd, KIND_DIGESTS, number, ret_number);
}

bool
_tx_segment_check_header (int fd, uint64_t trace_id, uint32_t number)
{
  uint8_t bytes[TX_SEGMENT_HEADER_SIZE];
  TxSegmentHeader header;

  return _tx_file_read_whole (fd, bytes, sizeof bytes, 0) &&
         _tx_segment_header_decode (bytes, trace_id, &header) && header.number == number;
}

bool
_tx_segment_read_trace_id (int fd, uint64_t *ret_trace_id)
{
  uint8_t bytes[TX_SEGMENT_HEADER_SIZE];
  TxSegmentHeader header;
  uint64_t trace_id;

  if (!_tx_file_read_whole (fd, bytes, sizeof bytes, 0))
    return false;
  trace_id = _tx_get_u64 (bytes + 8);
  if (!_tx_segment_header_decode (bytes, trace_id, &header))
    return false;
  *ret_trace_id = trace_id;
  return true;
}

/* ---- Frame headers ---- */

bool
_tx_frame_header_is_bounded (const TxFrameHeader *self)
{
  return !(self->flags & TX_FRAME_RUN) && self->events_raw_size <= TX_RAW_SIZE_MAX &&
         self->events_size <= _tx_compress_bound (TX_RAW_SIZE_MAX) &&
         self->digest_raw_size <= TX_DIGEST_SIZE_MAX &&
         self->digest_size <= _tx_compress_bound (TX_DIGEST_SIZE_MAX) &&
         self->summary.steps <= self->summary.events &&
         self->summary.events <= self->events_raw_size &&
         self->summary.depth_min <= self->summary.depth_max &&
         self->summary.depth_max <= TX_DEPTH_MAX;
}

bool
_tx_segment_read_frame_header (
    int fd, uint64_t trace_id, uint32_t number, uint64_t offset, TxFrameHeader *ret_header)
{
  uint8_t bytes[TX_FRAME_HEADER_SIZE];

  return _tx_file_read_whole (fd, bytes, sizeof bytes, offset) &&
         _tx_frame_header_decode (bytes, trace_id, number, offset, ret_header) &&
         _tx_frame_header_is_bounded (ret_header);
}

/* A run of blocks: events_raw_size says of how many. */
static bool
is_bounded_run (const TxFrameHeader *header)
{
  return (header->flags & TX_FRAME_RUN) && header->events_raw_size >= 1 &&
         header->events_raw_size <= TX_RUN_BLOCKS_MAX && header->events_size == 0 &&
         header->digest_raw_size <= TX_DIGEST_SIZE_MAX &&
         header->digest_size <= _tx_compress_bound (TX_DIGEST_SIZE_MAX) &&
         header->summary.steps <= header->summary.events &&
         header->summary.events <= header->events_raw_size * TX_RAW_SIZE_MAX &&
         header->summary.depth_min <= header->summary.depth_max &&
         header->summary.depth_max <= TX_DEPTH_MAX;
}

bool
_tx_digests_read_frame_header (
    int fd, uint64_t trace_id, uint32_t number, uint64_t offset, TxFrameHeader *ret_header)
{
  uint8_t bytes[TX_FRAME_HEADER_SIZE];

  return _tx_file_read_whole (fd, bytes, sizeof bytes, offset) &&
         _tx_frame_header_decode (bytes, trace_id, number, offset, ret_header) &&
         is_bounded_run (ret_header);
}

/* Index in @bytes of the first good header; otherwise of the first one that is not whole any more.
 */
static size_t
scan_bytes (const uint8_t *bytes,
            size_t size,
            uint64_t trace_id,
            uint32_t number,
            uint64_t offset,
            bool *ret_found)
{
  size_t i;

  *ret_found = false;
  for (i = 0; i + TX_FRAME_HEADER_SIZE <= size; i += TX_ALIGNMENT)
    {
      TxFrameHeader header;

      if (_tx_frame_header_decode (bytes + i, trace_id, number, offset + i, &header) &&
          _tx_frame_header_is_bounded (&header))
        {
          *ret_found = true;
          break;
        }
    }
  return i;
}

uint64_t
_tx_segment_scan (int fd, uint64_t trace_id, uint32_t number, uint64_t offset, uint64_t end)
{
  uint8_t *bytes = malloc (SCAN_SIZE);
  size_t size = SCAN_SIZE_FIRST;
  bool found = false;

  while (bytes && !found)
    {
      uint64_t data = _tx_file_skip_hole (fd, offset);
      ssize_t n;
      size_t skipped;

      if (data >= end)
        break;
      offset = data - data % TX_ALIGNMENT;
      n = _tx_file_read (fd, bytes, size, offset);
      if (n < (ssize_t) TX_FRAME_HEADER_SIZE)
        break;
      skipped = scan_bytes (bytes, (size_t) n, trace_id, number, offset, &found);
      offset += skipped;
      size = size < SCAN_SIZE ? 2 * size : SCAN_SIZE;
    }
  free (bytes);
  return found && offset < end ? offset : UINT64_MAX;
}

/* ---- Loading ---- */

/* Where a part of a frame is, and how it is stored. */
typedef struct
{
  uint64_t offset;
  uint32_t size;
  uint32_t raw_size;
  uint64_t checksum;
  uint8_t codec;
  bool is_events;
} Part;

static Part
get_part (const TxFrameHeader *header, uint64_t frame_offset, TxFramePart part)
{
  if (part == TX_FRAME_EVENTS)
    return (Part){
      .offset = frame_offset + TX_FRAME_HEADER_SIZE,
      .size = header->events_size,
      .raw_size = header->events_raw_size,
      .checksum = header->events_checksum,
      .codec = header->events_codec,
      .is_events = true,
    };
  return (Part){
    .offset = frame_offset + TX_FRAME_HEADER_SIZE + header->events_size,
    .size = header->digest_size,
    .raw_size = header->digest_raw_size,
    .checksum = header->digest_checksum,
    .codec = header->digest_codec,
  };
}

bool
_tx_block_summary_is_same (const TxBlockSummary *a, const TxBlockSummary *b)
{
  return a->sequence == b->sequence && a->first_step == b->first_step &&
         a->mono_first_ns == b->mono_first_ns && a->real_first_ns == b->real_first_ns &&
         a->mono_last_ns == b->mono_last_ns && a->steps == b->steps && a->events == b->events &&
         a->depth_min == b->depth_min && a->depth_max == b->depth_max &&
         a->thread_mask == b->thread_mask && a->events_lost == b->events_lost;
}

/* Only events may be predicted. */
static TxStatus
decode_part (const Part *part, const uint8_t *stored, uint8_t *raw)
{
  TxPredictor *predictor;
  bool is_decoded;

  if (part->codec != TX_CODEC_PREDICTED || !part->is_events)
    return _tx_decompress (part->codec, stored, part->size, raw, part->raw_size) ? TX_OK
                                                                                 : TX_ERROR_DAMAGED;
  predictor = _tx_predictor_new ();
  if (!predictor)
    return TX_ERROR_MEMORY;
  is_decoded = _tx_predictor_decode (predictor, stored, part->size, raw, part->raw_size);
  _tx_predictor_free (predictor);
  return is_decoded ? TX_OK : TX_ERROR_DAMAGED;
}

static TxStatus
load_part (int fd, const Part *part, uint64_t seed, uint8_t **ret_bytes)
{
  uint8_t *stored = malloc (part->size ? part->size : 1);
  uint8_t *raw = malloc (part->raw_size ? part->raw_size : 1);
  TxStatus status = TX_OK;

  if (!stored || !raw)
    status = TX_ERROR_MEMORY;
  else if (!_tx_file_read_whole (fd, stored, part->size, part->offset) ||
           _tx_checksum (stored, part->size, seed) != part->checksum)
    status = TX_ERROR_DAMAGED;
  else
    status = decode_part (part, stored, raw);
  free (stored);
  if (status == TX_OK)
    *ret_bytes = raw;
  else
    free (raw);
  return status;
}

static TxStatus
load_from (int fd,
           uint64_t trace_id,
           const TxFramePlace *place,
           const TxBlockSummary *summary,
           TxFramePart which,
           uint8_t **ret_bytes,
           size_t *ret_size_bytes)
{
  TxFrameHeader header;
  TxStatus status;
  Part part;

  if (!(which == TX_FRAME_RUN_DIGEST
            ? _tx_digests_read_frame_header (fd, trace_id, place->segment, place->offset, &header)
            : _tx_segment_read_frame_header (fd, trace_id, place->segment, place->offset,
                                             &header)) ||
      !_tx_block_summary_is_same (&header.summary, summary))
    return TX_ERROR_DAMAGED;
  part = get_part (&header, place->offset, which);
  status = load_part (fd, &part, trace_id ^ summary->sequence, ret_bytes);
  if (status == TX_OK)
    *ret_size_bytes = part.raw_size;
  return status;
}

TxStatus
_tx_segment_load (int dir_fd,
                  uint64_t trace_id,
                  const TxFramePlace *place,
                  const TxBlockSummary *summary,
                  TxFramePart part,
                  uint8_t **ret_bytes,
                  size_t *ret_size_bytes,
                  TxError *error)
{
  Kind kind = part == TX_FRAME_RUN_DIGEST ? KIND_DIGESTS : KIND_SEGMENT;
  uint64_t size;
  int fd = open_kind (dir_fd, kind, place->segment, &size);
  TxStatus status;
  char name[32];

  make_name (name, kind, place->segment);
  if (fd < 0 && errno == ENOENT)
    return tx_error_set (error, TX_ERROR_GAP,
                         "cannot read block %" PRIu64 ": file '%s' is not there any more",
                         summary->sequence, name);
  if (fd < 0)
    return tx_error_set_errno (error, errno, "cannot read block %" PRIu64 ": cannot open file '%s'",
                               summary->sequence, name);
  status = load_from (fd, trace_id, place, summary, part, ret_bytes, ret_size_bytes);
  _tx_file_close (fd);
  if (status == TX_ERROR_MEMORY)
    return tx_error_set (error, status, "cannot read block %" PRIu64 ": out of memory",
                         summary->sequence);
  if (status != TX_OK)
    return tx_error_set (error, status,
                         "cannot read block %" PRIu64 ": file '%s' is damaged at byte %" PRIu64,
                         summary->sequence, name, place->offset);
  return TX_OK;
}
