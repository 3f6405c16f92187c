// SPDX-License-Identifier: BSD-3-Clause
// The commands about bookmarks, and their list.
#include <stdlib.h>
#include <string.h>

#include "player-command.h"
#include "player-list.h"

static TxStatus
check (const Player *player, TxError *error)
{
  if (player->bookmarks)
    return TX_OK;
  return tx_error_set (error, TX_ERROR_INVALID, "%s", player->bookmarks_error.message);
}

TxStatus
player_command_bookmark (Player *player,
                         const PlayerCommand *command,
                         const char *argument,
                         PlayerAnswer *answer,
                         TxError *error)
{
  uint32_t id = 0;
  TxStatus status = check (player, error);

  if (status != TX_OK)
    return status;
  if (!player->has_step)
    return tx_error_set (error, TX_END, "cannot bookmark: nothing was recorded yet");
  status = replay_bookmarks_add (player->bookmarks, player->step.position, player->step.real_ns,
                                 argument, &id, error);
  if (status != TX_OK)
    return status;
  player->changes.settings++;
  answer->kind = PLAYER_ANSWER_MESSAGE;
  player_answer_say (answer, "bookmark %u (j m%u comes back)", id, id);
  return TX_OK;
}

static TxStatus
remove_bookmark (Player *player, uint32_t id, PlayerAnswer *answer, TxError *error)
{
  TxStatus status = replay_bookmarks_remove (player->bookmarks, id, error);

  if (status == TX_END)
    return tx_error_set (error, status, "cannot remove bookmark %u: there is none", id);
  if (status != TX_OK)
    return status;
  player->changes.settings++;
  answer->kind = PLAYER_ANSWER_MESSAGE;
  player_answer_say (answer, "bookmark %u removed", id);
  return TX_OK;
}

TxStatus
player_command_unmark (Player *player,
                       const PlayerCommand *command,
                       const char *argument,
                       PlayerAnswer *answer,
                       TxError *error)
{
  const char *digits = argument[0] == 'm' ? argument + 1 : argument;
  char *end;
  unsigned long id = strtoul (digits, &end, 10);
  TxStatus status = check (player, error);

  if (status != TX_OK)
    return status;
  if (*digits < '0' || *digits > '9' || *end || id > UINT32_MAX)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot remove bookmark '%.100s': give its number (bookmarks lists them)",
                         argument);
  return remove_bookmark (player, (uint32_t) id, answer, error);
}

/* ---- The list ---- */

static bool
add_row (Player *player, PlayerList *list, const ReplayBookmark *bookmark)
{
  PlayerRow *row = player_list_add (list);
  ReplayStep step;

  if (!row)
    return false;
  row->id = bookmark->id;
  row->position = bookmark->position;
  row->is_current = player->has_step && bookmark->position == player->step.position;
  player_row_set_number (row, 0, bookmark->id);
  player_row_set_number (row, 1, bookmark->real_ns);
  player_row_set_text (row, 2, bookmark->note);
  if (replay_trace_get_step (player->trace, bookmark->position, &step, NULL) == TX_OK)
    player_row_set_location (row, 3, player, step.file, step.line);
  return true;
}

static TxStatus
fill (Player *player, PlayerList *list, TxError *error)
{
  bool changed;
  TxStatus status = check (player, error);

  if (status == TX_OK)
    status = replay_bookmarks_refresh (player->bookmarks, &changed, error);
  if (status != TX_OK)
    return status;
  for (size_t i = 0; i < replay_bookmarks_get_count (player->bookmarks); i++)
    if (!add_row (player, list, replay_bookmarks_get (player->bookmarks, i)))
      return tx_error_set (error, TX_ERROR_MEMORY, "cannot show bookmarks: out of memory");
  return TX_OK;
}

static TxStatus
activate (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  if (row->position >= replay_trace_get_n_steps (player->trace))
    return tx_error_set (error, TX_END,
                         "cannot go to bookmark %u: the recording here does not reach so far",
                         (unsigned) row->id);
  return player_go_to (player, row->position, answer, error);
}

static TxStatus
remove_row (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  return remove_bookmark (player, (uint32_t) row->id, answer, error);
}

const PlayerListClass player_list_bookmarks = {
  .name = "bookmarks",
  .title = "Bookmarks",
  .empty = "no bookmark (m sets one)",
  .columns = { { "number", "#", PLAYER_CELL_NUMBER, 3, 0 },
               { "time_ns", "time", PLAYER_CELL_TIME, 15, 30 },
               { "note", "note", PLAYER_CELL_TEXT, 0, 0 },
               { "location", "location", PLAYER_CELL_TEXT, 20, 60 } },
  .is_of_position = true,
  .is_of_settings = true,
  .fill = fill,
  .activate = activate,
  .remove = remove_row,
};
