// SPDX-License-Identifier: BSD-3-Clause
// Finds the blocks by way of the maps that are there, so that no number in a file makes it work.
#include "walt-walk-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
_walt_walk_init (WaltWalk *self, WaltDirectory *directory)
{
  *self = (WaltWalk){ .directory = directory };
}

static void TX_PRINTF (2, 3) note_damage (WaltWalk *self, const char *format, ...)
{
  va_list args;

  if (self->n_damages++ > 0)
    return;
  va_start (args, format);
  vsnprintf (self->damage, sizeof self->damage, format, args);
  va_end (args);
}

/* Blocks up to @end. */
static TxStatus
leave_out (WaltWalk *self, uint64_t end, const char *reason, WaltPiece *piece)
{
  *piece = (WaltPiece){ .n_left_out = end - self->next, .index = self->next };
  snprintf (piece->reason, sizeof piece->reason, "%s", reason);
  self->next = end;
  return TX_OK;
}

/* ---- Times ---- */

static bool
read_ticks (const WaltWalk *self, uint64_t index, uint64_t *ret_ticks)
{
  WaltRecord record;

  if (index >= self->directory->n_records ||
      !_walt_directory_read_record (self->directory, index, &record) ||
      record.ticks > WALT_TICKS_MAX)
    return false;
  *ret_ticks = record.ticks;
  return true;
}

/*
 * Times never go back. Where they do, one of two records is wrong: the earlier one, if without it
 * they would go on, else the later one.
 */
static bool
is_too_late (const WaltWalk *self, uint64_t index, uint64_t ticks, uint64_t last_ticks)
{
  uint64_t next;

  return read_ticks (self, index + 1, &next) && next < ticks && next >= last_ticks;
}

static bool
is_good_time (const WaltWalk *self, const WaltRecord *record, uint64_t index)
{
  return record->ticks <= WALT_TICKS_MAX && record->ticks >= self->last_ticks &&
         !is_too_late (self, index, record->ticks, self->last_ticks);
}

/* When the block behind @index begins, as far as its record can be trusted. */
static uint64_t
find_end (const WaltWalk *self, uint64_t index, uint64_t ticks)
{
  uint64_t end;

  if (!read_ticks (self, index + 1, &end) || end < ticks ||
      is_too_late (self, index + 1, end, ticks))
    return UINT64_MAX;
  return end;
}

/* ---- Blocks ---- */

static TxStatus
check_block (WaltWalk *self, WaltPiece *piece)
{
  uint64_t index = self->next;
  WaltRecord record;
  const char *wrong;
  char reason[WALT_REASON_SIZE];
  uint64_t end_ticks;

  if (!_walt_directory_read_record (self->directory, index, &record))
    {
      snprintf (reason, sizeof reason, "log_index cannot be read: %s", strerror (errno));
      note_damage (self, "%s", reason);
      return leave_out (self, index + 1, reason, piece);
    }
  if (!is_good_time (self, &record, index))
    {
      note_damage (self, "log_index has a wrong time for block %" PRIu64, index);
      return leave_out (self, index + 1, "log_index has a wrong time", piece);
    }
  end_ticks = find_end (self, index, record.ticks);
  _walt_block_decode (&self->block,
                      self->directory->bytes + (index - self->map_first) * WALT_BLOCK_SIZE);
  wrong = _walt_block_check (&self->block, &record, end_ticks);
  if (wrong)
    {
      note_damage (self, "block %" PRIu64 " has %s", index, wrong);
      snprintf (reason, sizeof reason, "it has %s", wrong);
      return leave_out (self, index + 1, reason, piece);
    }
  self->last_ticks = record.ticks;
  *piece = (WaltPiece){ .block = &self->block,
                        .index = index,
                        .start_ticks = record.ticks,
                        .end_ticks = end_ticks,
                        .is_unchecked = self->map.is_unchecked };
  self->next = index + 1;
  return TX_OK;
}

/* ---- Maps ---- */

static uint64_t
get_map_end (const WaltWalk *self)
{
  uint64_t end = self->map_first + WALT_BLOCKS_PER_MAP;

  return end < self->directory->n_records ? end : self->directory->n_records;
}

/* The end of the map is not there. A map that is still written ends with the recording: what the
   index does not have is nothing that lacks. */
static TxStatus
leave_out_end_of_map (WaltWalk *self, WaltPiece *piece)
{
  char reason[WALT_REASON_SIZE];

  if (self->map.reason[0])
    snprintf (reason, sizeof reason, "%s", self->map.reason);
  else
    {
      snprintf (reason, sizeof reason, "log_map/%" PRIu64 " ends too early",
                self->map_first / WALT_BLOCKS_PER_MAP);
      note_damage (self, "%s", reason);
    }
  return leave_out (self, get_map_end (self), reason, piece);
}

static TxStatus
read_map (WaltWalk *self)
{
  self->map_first = self->directory->maps[self->next_map].number * WALT_BLOCKS_PER_MAP;
  if (_walt_directory_read_map (self->directory, self->next_map++, &self->map) != TX_OK)
    return TX_ERROR_MEMORY;
  if (self->map.reason[0])
    note_damage (self, "%s", self->map.reason);
  return TX_OK;
}

/* To the map that has the next block; the piece is what lies before it, if anything. */
static TxStatus
go_to_map (WaltWalk *self, bool *ret_has_piece, WaltPiece *piece)
{
  const WaltDirectory *directory = self->directory;
  uint64_t first = directory->n_records;
  char reason[WALT_REASON_SIZE];

  if (self->next_map < directory->n_maps &&
      directory->maps[self->next_map].number * WALT_BLOCKS_PER_MAP < first)
    first = directory->maps[self->next_map].number * WALT_BLOCKS_PER_MAP;
  *ret_has_piece = self->next < first;
  if (*ret_has_piece)
    {
      snprintf (reason, sizeof reason, "log_map/%" PRIu64 " is missing",
                self->next / WALT_BLOCKS_PER_MAP);
      note_damage (self, "%s", reason);
      return leave_out (self, first, reason, piece);
    }
  return self->next < directory->n_records ? read_map (self) : TX_END;
}

TxStatus
_walt_walk_next (WaltWalk *self, WaltPiece *ret_piece)
{
  for (;;)
    {
      bool has_piece;
      TxStatus status;

      if (self->next_map > 0 && self->next < get_map_end (self) && self->next >= self->map_first)
        return self->next - self->map_first < self->map.n_blocks
                   ? check_block (self, ret_piece)
                   : leave_out_end_of_map (self, ret_piece);
      status = go_to_map (self, &has_piece, ret_piece);
      if (status != TX_OK || has_piece)
        return status;
    }
}
