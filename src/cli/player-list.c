// SPDX-License-Identifier: BSD-3-Clause
// Rows, cells and their texts; how columns share a width.
#include "player-list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "player-format.h"
#include "replay/replay-text.h"
#include "replay/replay-times.h"

static const PlayerListClass *const classes[PLAYER_LISTS] = {
  [PLAYER_LIST_STACK] = &player_list_stack,
  [PLAYER_LIST_THREADS] = &player_list_threads,
  [PLAYER_LIST_HOTSPOTS] = &player_list_hotspots,
  [PLAYER_LIST_BREAKPOINTS] = &player_list_breakpoints,
  [PLAYER_LIST_BOOKMARKS] = &player_list_bookmarks,
  [PLAYER_LIST_FILES] = &player_list_files,
  [PLAYER_LIST_INFO] = &player_list_info,
};

const PlayerListClass *
player_list_get_class (PlayerListKind kind)
{
  return classes[kind];
}

TxStatus
player_list_load (Player *player, PlayerListKind kind, PlayerList *ret_list, TxError *error)
{
  PlayerList list = { .klass = classes[kind] };
  TxStatus status = list.klass->fill (player, &list, error);

  if (status != TX_OK)
    {
      player_list_clear (&list);
      return status;
    }
  *ret_list = list;
  return TX_OK;
}

void
player_list_clear (PlayerList *self)
{
  for (size_t i = 0; i < self->n_rows; i++)
    for (size_t k = 0; k < PLAYER_COLUMNS_MAX; k++)
      free (self->rows[i].cells[k].text);
  free (self->rows);
  *self = (PlayerList){ .klass = self->klass };
}

PlayerRow *
player_list_add (PlayerList *self)
{
  if (self->n_rows == self->capacity)
    {
      size_t capacity = self->capacity ? 2 * self->capacity : 32;
      PlayerRow *rows = reallocarray (self->rows, capacity, sizeof *rows);

      if (!rows)
        return NULL;
      self->rows = rows;
      self->capacity = capacity;
    }
  self->rows[self->n_rows] = (PlayerRow){ .position = REPLAY_POSITION_NONE };
  return &self->rows[self->n_rows++];
}

void
player_row_set_text (PlayerRow *self, size_t column, const char *text)
{
  free (self->cells[column].text);
  self->cells[column].text = strdup (text);
}

void
player_row_set_number (PlayerRow *self, size_t column, int64_t number)
{
  self->cells[column].number = number;
}

void
player_row_set_location (
    PlayerRow *self, size_t column, const Player *player, TxFileId file, uint32_t line)
{
  free (self->cells[column].text);
  if (asprintf (&self->cells[column].text, "%s:%" PRIu32,
                cli_location_get_file (player->reader, file), line) < 0)
    self->cells[column].text = NULL;
}

void
player_list_format_cell (const Player *player,
                         const PlayerColumn *column,
                         const PlayerCell *cell,
                         char *ret_text,
                         size_t size)
{
  switch (column->kind)
    {
    case PLAYER_CELL_NUMBER:
      snprintf (ret_text, size, "%" PRId64, cell->number);
      break;
    case PLAYER_CELL_COUNT:
      player_format_count ((uint64_t) cell->number, ret_text, size);
      break;
    case PLAYER_CELL_DURATION:
      replay_times_format_duration (cell->number, ret_text, size);
      break;
    case PLAYER_CELL_TIME:
      player_format_time (player, cell->number, 6, ret_text, size);
      break;
    case PLAYER_CELL_TEXT:
    default:
      if (cell->text)
        replay_text_sanitize (cell->text, strlen (cell->text), ret_text, size);
      else
        ret_text[0] = '\0';
      break;
    }
}

void
player_list_fit (const PlayerListClass *klass,
                 unsigned width,
                 unsigned ret_widths[PLAYER_COLUMNS_MAX])
{
  unsigned used = 0;
  size_t rest = PLAYER_COLUMNS_MAX;

  memset (ret_widths, 0, PLAYER_COLUMNS_MAX * sizeof *ret_widths);
  for (size_t i = 0; i < PLAYER_COLUMNS_MAX && klass->columns[i].name; i++)
    {
      const PlayerColumn *column = &klass->columns[i];
      unsigned space = used > 0;

      if (width < column->from_width || used + space >= width)
        continue;
      if (column->width == 0)
        {
          rest = i;
          used += space;
          continue;
        }
      ret_widths[i] = column->width < width - used - space ? column->width : width - used - space;
      used += ret_widths[i] + space;
    }
  if (rest < PLAYER_COLUMNS_MAX && used < width)
    ret_widths[rest] = width - used;
}
