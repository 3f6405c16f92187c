// SPDX-License-Identifier: BSD-3-Clause
// Fills the list of blocks segment by segment: from its index, and from the frame headers where
// that lacks; from the digests that are left where the segment was removed.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tx-block-private.h"
#include "tx-block-table-private.h"
#include "tx-file-private.h"

/* How many bad index records in a row make the rest of the index not worth reading. */
#define BAD_RECORDS_MAX 4096u

/* One reading of the files. */
typedef struct
{
  TxBlockTable *table;
  int dir_fd;
  uint64_t trace_id;
  TxDamage *damage;
  int fd;          /* owned; the segment that was looked at last, -1 */
  uint32_t number; /* its number */
  uint64_t size;   /* its size, 0 when it is not there */
  TxSegmentNames names;
  bool no_memory;
} Reading;

/* Makes @number the segment at hand; false when there is no such file. */
static bool
select_segment (Reading *self, uint32_t number)
{
  if (self->fd >= 0 && self->number == number)
    return true;
  _tx_file_close (self->fd);
  self->number = number;
  self->size = 0;
  self->fd = _tx_segment_open (self->dir_fd, number, &self->size);
  if (self->fd < 0 && errno != ENOENT && self->table->unreadable != (uint64_t) number + 1)
    {
      self->table->unreadable = (uint64_t) number + 1;
      _tx_damage_add (self->damage, "cannot read segment %" PRIu32 ": %s", number,
                      strerror (errno));
    }
  return self->fd >= 0;
}

/* Whether the segment at hand reaches to @end. It may have grown since it was opened. */
static bool
reaches (Reading *self, uint64_t end)
{
  if (end > self->size)
    {
      uint32_t number = self->number;

      _tx_file_close (self->fd);
      self->fd = -1;
      if (!select_segment (self, number))
        return false;
    }
  return end <= self->size;
}

static void
add (Reading *self, const TxBlockSummary *summary, const TxFramePlace *place, bool is_there)
{
  TxBlockTable *table = self->table;
  TxBlockEntry entry = { .info = _tx_block_info_make (summary,
                                                      is_there ? TX_BLOCK_FILE : TX_BLOCK_MISSING),
                         .place = *place };

  if (!is_there)
    entry.info.n_missing = 1;
  if (!_tx_block_table_fits (table, summary, 1))
    _tx_damage_add (self->damage,
                    "block %" PRIu64 " in segment %" PRIu32
                    " does not fit behind the one before and was left out",
                    summary->sequence, place->segment);
  else if (!_tx_block_table_push (table, summary, &entry))
    self->no_memory = true;
}

static void
move_to (TxBlockTable *table, uint32_t segment, uint64_t offset)
{
  if (segment != table->segment)
    {
      table->n_index_records = 0;
      table->has_index_header = false;
    }
  table->segment = segment;
  table->offset = offset;
  table->scanned = 0;
  table->has_bad_end = false;
}

/* Behind the damage at the position. False when no good frame follows before @end. */
static bool
skip_damage (Reading *self, uint64_t end)
{
  TxBlockTable *table = self->table;
  uint64_t from = table->scanned > table->offset ? table->scanned : table->offset;
  uint64_t found = _tx_segment_scan (self->fd, self->trace_id, table->segment, from, end);

  if (found == UINT64_MAX)
    {
      /* A header may begin in the last bytes that are there now. */
      uint64_t safe = end > TX_FRAME_HEADER_SIZE ? end - TX_FRAME_HEADER_SIZE : 0;

      if (safe - safe % TX_ALIGNMENT > from)
        table->scanned = safe - safe % TX_ALIGNMENT;
      return false;
    }
  _tx_damage_add (self->damage,
                  "segment %" PRIu32 " is damaged at byte %" PRIu64 "; %" PRIu64
                  " bytes were left out",
                  table->segment, table->offset, found - table->offset);
  move_to (table, table->segment, found);
  return true;
}

/* Takes the frames from the position to @end of the segment at hand. */
static void
walk_segment (Reading *self, uint64_t end)
{
  TxBlockTable *table = self->table;

  if (table->offset == 0)
    {
      if (self->size < TX_SEGMENT_HEADER_SIZE)
        return;
      if (!_tx_segment_check_header (self->fd, self->trace_id, table->segment))
        _tx_damage_add (self->damage, "the header of segment %" PRIu32 " is damaged",
                        table->segment);
      move_to (table, table->segment, TX_SEGMENT_HEADER_SIZE);
    }
  while (!self->no_memory && table->offset < end && end - table->offset >= TX_FRAME_HEADER_SIZE)
    {
      TxFramePlace place = { .segment = table->segment, .offset = table->offset };
      TxFrameHeader header;
      uint64_t size;

      if (!_tx_segment_read_frame_header (self->fd, self->trace_id, table->segment, table->offset,
                                          &header))
        {
          if (!skip_damage (self, end))
            return;
          continue;
        }
      size = _tx_frame_header_get_frame_size (&header);
      /* The padding says nothing. */
      if ((uint64_t) TX_FRAME_HEADER_SIZE + header.events_size + header.digest_size >
          self->size - table->offset)
        return; /* the last one, not whole (yet) */
      place.size = (uint32_t) size;
      add (self, &header.summary, &place, true);
      move_to (table, table->segment, table->offset + size);
    }
}

/* Something is left in a segment which no frame explains. One that is not whole is no damage: there
 * the writer was killed, or its disk was full. */
static void
note_bad_end (Reading *self)
{
  TxBlockTable *table = self->table;

  if (table->has_bad_end || table->offset >= self->size || table->scanned <= table->offset)
    return;
  table->has_bad_end = true;
  _tx_damage_add (self->damage, "segment %" PRIu32 " is damaged from byte %" PRIu64 " to its end",
                  table->segment, table->offset);
}

/* ---- Index ---- */

static void
take_index_record (Reading *self, const TxIndexRecord *record)
{
  TxBlockTable *table = self->table;
  TxFramePlace place = { record->segment, record->frame_size, record->offset };
  bool is_there;

  /* Its frame was walked over before the record came. */
  if (record->segment == table->segment && record->offset < table->offset)
    return;
  if (record->segment != table->segment || record->frame_size < TX_FRAME_HEADER_SIZE ||
      record->offset > TX_SEGMENT_SIZE_MAX + TX_FRAME_HEADER_SIZE ||
      record->summary.sequence < table->next_sequence)
    {
      _tx_damage_add (self->damage,
                      "the record of block %" PRIu64 " in the index of segment %" PRIu32
                      " is not valid",
                      record->summary.sequence, table->segment);
      return;
    }
  if (table->offset < record->offset && select_segment (self, table->segment))
    walk_segment (self, record->offset < self->size ? record->offset : self->size);
  if (record->summary.sequence < table->next_sequence)
    return;
  /* The padding may be cut. */
  is_there = select_segment (self, record->segment) &&
             reaches (self, record->offset + record->frame_size - (TX_ALIGNMENT - 1));
  add (self, &record->summary, &place, is_there);
  move_to (table, record->segment, record->offset + record->frame_size);
}

static bool
open_index (Reading *self, int *ret_fd)
{
  TxBlockTable *table = self->table;
  uint8_t bytes[TX_FILE_HEADER_SIZE];
  uint64_t trace_id;
  char name[32];
  int fd;

  snprintf (name, sizeof name, TX_FILE_INDEX_FORMAT, table->segment);
  fd = _tx_file_open (self->dir_fd, name, NULL);

  if (fd < 0)
    {
      if (errno != ENOENT && !table->has_index_header)
        _tx_damage_add (self->damage, "cannot read file '%s': %s", name, strerror (errno));
      return false;
    }
  if (!table->has_index_header)
    {
      if (!_tx_file_read_whole (fd, bytes, sizeof bytes, 0))
        {
          _tx_file_close (fd);
          return false;
        }
      table->has_index_header = true;
      if (!_tx_file_header_decode (bytes, TX_MAGIC_INDEX, &trace_id) || trace_id != self->trace_id)
        _tx_damage_add (self->damage, "the header of file '%s' is damaged", name);
    }
  *ret_fd = fd;
  return true;
}

/* Takes the whole records in @bytes. Returns how many were used; fewer when too much is bad. */
static size_t
take_index_records (Reading *self, const uint8_t *bytes, size_t n_records, uint32_t *n_bad)
{
  TxBlockTable *table = self->table;
  size_t i;

  for (i = 0; i < n_records && !self->no_memory && *n_bad < BAD_RECORDS_MAX; i++)
    {
      TxIndexRecord record;
      uint64_t number = table->n_index_records++;

      if (_tx_index_record_decode (bytes + i * TX_INDEX_RECORD_SIZE, self->trace_id, number,
                                   &record))
        {
          take_index_record (self, &record);
          *n_bad = 0;
          continue;
        }
      ++*n_bad;
      _tx_damage_add (self->damage,
                      "record %" PRIu64 " of the index of segment %" PRIu32 " is damaged", number,
                      table->segment);
    }
  return i;
}

static void
read_index (Reading *self)
{
  TxBlockTable *table = self->table;
  uint8_t bytes[64 * TX_INDEX_RECORD_SIZE];
  uint32_t n_bad = 0;
  size_t n_records;
  int fd;

  if (!open_index (self, &fd))
    return;
  do
    {
      ssize_t n =
          _tx_file_read (fd, bytes, sizeof bytes,
                         TX_FILE_HEADER_SIZE + table->n_index_records * TX_INDEX_RECORD_SIZE);

      n_records = n > 0 ? (size_t) n / TX_INDEX_RECORD_SIZE : 0;
    }
  while (n_records > 0 && take_index_records (self, bytes, n_records, &n_bad) == n_records);
  _tx_file_close (fd);
}

/* ---- What is left of removed segments ---- */

static void
add_run (Reading *self, const TxFrameHeader *header, uint64_t offset)
{
  TxBlockTable *table = self->table;
  TxBlockEntry entry = {
    .info = _tx_block_info_make (&header->summary, TX_BLOCK_EVICTED),
    .place = { self->number, (uint32_t) _tx_frame_header_get_frame_size (header), offset },
  };

  entry.info.n_missing = header->events_raw_size;
  if (_tx_block_table_fits (table, &header->summary, header->events_raw_size) &&
      !_tx_block_table_push (table, &header->summary, &entry))
    self->no_memory = true;
}

/* The runs of one file, up to the first damage: what lacks is missing, as it would be anyway. */
static void
take_runs (Reading *self, uint32_t number)
{
  uint64_t offset = TX_SEGMENT_HEADER_SIZE;
  TxFrameHeader header;

  _tx_file_close (self->fd);
  self->number = number;
  self->fd = _tx_digests_open (self->dir_fd, number, &self->size);
  while (self->fd >= 0 && !self->no_memory &&
         _tx_digests_read_frame_header (self->fd, self->trace_id, number, offset, &header))
    {
      add_run (self, &header, offset);
      offset += _tx_frame_header_get_frame_size (&header);
    }
  _tx_file_close (self->fd);
  self->fd = -1;
}

/* Those of segments from @first on and before @end. */
static void
take_removed (Reading *self, uint32_t first, uint32_t end)
{
  while (first < end && !self->no_memory && _tx_digests_find_next (&self->names, self->dir_fd, first, &first) &&
         first < end)
    take_runs (self, first++);
}

/* ---- All of it ---- */

static void
read_segments (Reading *self)
{
  TxBlockTable *table = self->table;

  while (!self->no_memory)
    {
      uint32_t begin = table->segment;
      uint32_t next;
      size_t n_before = table->n_entries;
      bool is_there = select_segment (self, begin);

      if (!is_there && errno == ENOENT && table->offset == 0 && begin < UINT32_MAX)
        take_removed (self, begin, begin + 1);
      /* Without either the index still tells how much is missing. */
      if (is_there || table->n_entries == n_before)
        read_index (self);
      if (select_segment (self, begin))
        walk_segment (self, self->size);
      if (begin == UINT32_MAX || !_tx_segment_find_next (&self->names, self->dir_fd, begin + 1, &next))
        return;
      if (is_there && select_segment (self, begin))
        note_bad_end (self);
      take_removed (self, begin + 1, next);
      move_to (table, next, 0);
    }
}

TxStatus
_tx_block_table_read (TxBlockTable *self,
                      int dir_fd,
                      uint64_t trace_id,
                      bool is_live,
                      TxDamage *damage,
                      TxError *error)
{
  Reading reading = {
    .table = self, .dir_fd = dir_fd, .trace_id = trace_id, .damage = damage, .fd = -1
  };

  self->n_entries = self->n_filed;
  self->next_sequence = self->filed_sequence;
  self->next_step = self->filed_step;
  read_segments (&reading);
  if (!is_live && select_segment (&reading, self->segment))
    note_bad_end (&reading);
  _tx_file_close (reading.fd);
  _tx_segment_names_clear (&reading.names);
  self->n_filed = self->n_entries;
  self->filed_sequence = self->next_sequence;
  self->filed_step = self->next_step;
  if (reading.no_memory)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot list the blocks: out of memory");
  return TX_OK;
}
