// SPDX-License-Identifier: BSD-3-Clause
// The stack at the current position, innermost frame first.
#include <stdlib.h>

#include "player-list.h"

#define FRAMES_MAX 4096u

static TxStatus
fill (Player *player, PlayerList *list, TxError *error)
{
  ReplayFrame *frames;
  size_t n_frames = 0;
  uint32_t depth = 0;
  TxStatus status;

  if (!player->has_step)
    return TX_OK;
  frames = calloc (FRAMES_MAX, sizeof *frames);
  if (!frames)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot show the stack: out of memory");
  status = replay_trace_get_stack (player->trace, player->step.position, 0, frames, FRAMES_MAX,
                                   &n_frames, &depth, error);
  for (size_t i = 0; status == TX_OK && i < n_frames; i++)
    {
      PlayerRow *row = player_list_add (list);

      if (!row)
        break;
      row->id = frames[i].depth;
      row->file = frames[i].file;
      row->line = frames[i].line;
      row->is_current = frames[i].depth == player->depth;
      player_row_set_number (row, 0, frames[i].depth);
      player_row_set_location (row, 1, player, frames[i].file, frames[i].line);
      player_row_set_text (row, 2, player_get_function_name (player, frames[i].function));
    }
  free (frames);
  return status;
}

static TxStatus
activate (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  answer->kind = PLAYER_ANSWER_LOOK;
  return player_select_frame (player, (uint32_t) row->id, answer, error);
}

const PlayerListClass player_list_stack = {
  .name = "bt",
  .title = "Stack",
  .empty = "no frame",
  .columns = { { "depth", "#", PLAYER_CELL_NUMBER, 3, 0 },
               { "location", "location", PLAYER_CELL_TEXT, 22, 0 },
               { "function", "function", PLAYER_CELL_TEXT, 0, 30 } },
  .is_of_position = true,
  .fill = fill,
  .activate = activate,
};
