// SPDX-License-Identifier: BSD-3-Clause
// The files that were recorded.
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "player-list.h"

static int
compare_rows (const void *a, const void *b)
{
  const char *first = ((const PlayerRow *) a)->cells[0].text;
  const char *second = ((const PlayerRow *) b)->cells[0].text;

  return strcmp (first ? first : "", second ? second : "");
}

static TxStatus
fill (Player *player, PlayerList *list, TxError *error)
{
  size_t n_files = tx_reader_get_n_files (player->reader);

  for (size_t id = 1; id <= n_files; id++)
    {
      const TxFile *file = tx_reader_get_file (player->reader, (TxFileId) id);
      PlayerRow *row;

      if (!file)
        continue;
      row = player_list_add (list);
      if (!row)
        return tx_error_set (error, TX_ERROR_MEMORY, "cannot show files: out of memory");
      row->file = (TxFileId) id;
      row->id = id;
      row->is_current = player->file == id;
      row->is_dim = !file->has_source;
      player_row_set_text (row, 0, cli_location_get_file (player->reader, (TxFileId) id));
      player_row_set_text (row, 1, file->path);
    }
  if (list->n_rows > 0) /* else there is no array */
    qsort (list->rows, list->n_rows, sizeof *list->rows, compare_rows);
  return TX_OK;
}

static TxStatus
activate (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  answer->kind = PLAYER_ANSWER_LOOK;
  player_look_at (player, row->file, row->file == player->step.file ? player->step.line : 1);
  return TX_OK;
}

const PlayerListClass player_list_files = {
  .name = "files",
  .title = "Files",
  .empty = "no file was recorded",
  .columns = { { "file", "file", PLAYER_CELL_TEXT, 24, 0 },
               { "path", "path", PLAYER_CELL_TEXT, 0, 40 } },
  .is_of_data = true,
  .is_of_position = true,
  .fill = fill,
  .activate = activate,
};
