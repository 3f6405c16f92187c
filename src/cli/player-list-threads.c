// SPDX-License-Identifier: BSD-3-Clause
// The threads, and where each stands at the current position.
#include "player-list.h"

static TxStatus
fill (Player *player, PlayerList *list, TxError *error)
{
  size_t n_threads = tx_reader_get_n_threads (player->reader);

  for (size_t id = 1; id <= n_threads; id++)
    {
      const TxThreadInfo *thread = tx_reader_get_thread (player->reader, (TxThreadId) id);
      PlayerRow *row = player_list_add (list);
      ReplayFrame frame = { 0 };
      size_t n_frames = 0;
      uint32_t depth = 0;

      if (player->progress.func &&
          !player->progress.func (player->progress.data, (double) id / (double) n_threads))
        return tx_error_set (error, TX_CANCELLED, "cancelled");
      if (!row)
        return tx_error_set (error, TX_ERROR_MEMORY, "cannot show threads: out of memory");
      row->id = id;
      row->is_current = player->has_step && player->step.thread == id;
      player_row_set_number (row, 0, (int64_t) id);
      player_row_set_text (row, 1, thread ? thread->name : "");
      /* A thread that has not begun, or has ended, stands nowhere. */
      if (player->has_step &&
          replay_trace_get_stack (player->trace, player->step.position, (TxThreadId) id, &frame, 1,
                                  &n_frames, &depth, NULL) != TX_OK)
        n_frames = 0;
      player_row_set_number (row, 2, depth);
      row->is_dim = n_frames == 0;
      if (n_frames == 0)
        continue;
      row->file = frame.file;
      row->line = frame.line;
      player_row_set_location (row, 3, player, frame.file, frame.line);
      player_row_set_text (row, 4, player_get_function_name (player, frame.function));
    }
  return TX_OK;
}

static TxStatus
activate (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  return player_go_to_thread (player, (TxThreadId) row->id, answer, error);
}

const PlayerListClass player_list_threads = {
  .name = "threads",
  .title = "Threads",
  .empty = "no thread",
  .columns = { { "thread", "#", PLAYER_CELL_NUMBER, 3, 0 },
               { "name", "name", PLAYER_CELL_TEXT, 14, 0 },
               { "depth", "depth", PLAYER_CELL_NUMBER, 5, 44 },
               { "location", "location", PLAYER_CELL_TEXT, 0, 20 },
               { "function", "function", PLAYER_CELL_TEXT, 20, 70 } },
  .is_of_position = true,
  .has_titles = true,
  .is_of_data = true,
  .fill = fill,
  .activate = activate,
};
