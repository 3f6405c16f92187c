// SPDX-License-Identifier: BSD-3-Clause
// The commands that show something, go somewhere else than by a move, or set how one moves and
// sees.
#include <stdlib.h>
#include <string.h>

#include "cli-thread.h"
#include "player-command.h"
#include "player-list.h"

/* ---- Looking ---- */

TxStatus
player_command_jump (Player *player,
                     const PlayerCommand *command,
                     const char *argument,
                     PlayerAnswer *answer,
                     TxError *error)
{
  if (*argument == '\0')
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot jump: say where (12:00:16, +2s, 50%%, start, end, core.py:120#37, "
                         "a line of a log)");
  player->is_following = false;
  return player_jump (player, argument, answer, error);
}

TxStatus
player_command_file (Player *player,
                     const PlayerCommand *command,
                     const char *argument,
                     PlayerAnswer *answer,
                     TxError *error)
{
  TxFileId file = player->step.file;
  uint32_t line = 0;
  TxStatus status = TX_OK;

  if (*argument)
    status = player_find_location (player, argument, &file, &line, error);
  if (status != TX_OK)
    return status;
  if (line == 0)
    line = file == player->step.file ? player->step.line : 1;
  answer->kind = PLAYER_ANSWER_LOOK;
  player_look_at (player, file, line);
  return TX_OK;
}

/* detail: 1 up (to the caller), -1 down */
TxStatus
player_command_frame (Player *player,
                      const PlayerCommand *command,
                      const char *argument,
                      PlayerAnswer *answer,
                      TxError *error)
{
  answer->kind = PLAYER_ANSWER_LOOK;
  return player_select_frame (player, player->depth - (uint32_t) command->detail, answer, error);
}

TxStatus
player_command_where (Player *player,
                      const PlayerCommand *command,
                      const char *argument,
                      PlayerAnswer *answer,
                      TxError *error)
{
  if (!player->has_step)
    return tx_error_set (error, TX_END, "nothing was recorded yet");
  player->depth = player->step.depth;
  player_look_at (player, player->step.file, player->step.line);
  return TX_OK;
}

/* detail: backward */
TxStatus
player_command_search (Player *player,
                       const PlayerCommand *command,
                       const char *argument,
                       PlayerAnswer *answer,
                       TxError *error)
{
  answer->kind = PLAYER_ANSWER_LOOK;
  return player_search (player, argument, command->detail, answer, error);
}

/* ---- Lists ---- */

/* detail: a PlayerListKind */
TxStatus
player_command_list (Player *player,
                     const PlayerCommand *command,
                     const char *argument,
                     PlayerAnswer *answer,
                     TxError *error)
{
  answer->kind = PLAYER_ANSWER_LIST;
  answer->list = (PlayerListKind) command->detail;
  return TX_OK;
}

/* What comes first of @text, if it is a column; *@text is what follows it then. */
static const PlayerHotspotColumn *
take_column (const char **text)
{
  size_t size = strcspn (*text, " ");

  for (const PlayerHotspotColumn *column = player_hotspot_columns; column->name; column++)
    if (strlen (column->name) == size && strncmp (column->name, *text, size) == 0)
      {
        *text += size;
        *text += strspn (*text, " ");
        return column;
      }
  return NULL;
}

/* "thread THREAD", "thread all"; nothing: as it was. */
static TxStatus
take_hot_thread (const Player *player, const char *text, TxThreadId *thread, TxError *error)
{
  static const char word[] = "thread ";

  if (*text == '\0')
    return TX_OK;
  if (strncmp (text, word, sizeof word - 1) != 0)
    return tx_error_set (
        error, TX_ERROR_INVALID,
        "cannot sort by '%.100s': there is no such column (say cumulated, self, average, slowest, "
        "waiting, count or location; thread and a thread, or all)",
        text);
  text += sizeof word - 1;
  text += strspn (text, " ");
  if (strcmp (text, "all") != 0)
    return cli_thread_find (player->reader, text, thread, error);
  *thread = 0;
  return TX_OK;
}

TxStatus
player_command_hotspots (Player *player,
                         const PlayerCommand *command,
                         const char *argument,
                         PlayerAnswer *answer,
                         TxError *error)
{
  const char *rest = argument;
  const PlayerHotspotColumn *column = take_column (&rest);
  TxThreadId thread = player->hot_thread;
  TxStatus status = take_hot_thread (player, rest, &thread, error);

  if (status != TX_OK)
    return status;
  if (*argument)
    {
      if (column)
        player->sort = column->sort;
      player->hot_thread = thread;
      player->changes.settings++;
    }
  return player_command_list (player, command, argument, answer, error);
}

TxStatus
player_command_thread (Player *player,
                       const PlayerCommand *command,
                       const char *argument,
                       PlayerAnswer *answer,
                       TxError *error)
{
  char *end;
  unsigned long thread = strtoul (argument, &end, 10);

  if (*argument == '\0')
    {
      answer->list = PLAYER_LIST_THREADS;
      answer->kind = PLAYER_ANSWER_LIST;
      return TX_OK;
    }
  if (*end || *argument < '0' || *argument > '9' || thread > UINT32_MAX)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot go to thread '%.100s': it is not a number", argument);
  player->is_following = false;
  return player_go_to_thread (player, (TxThreadId) thread, answer, error);
}

/* ---- Settings ---- */

/* "on", "off", or "" for the other one. */
static TxStatus
parse_switch (const char *argument, bool *value, TxError *error)
{
  if (*argument == '\0')
    *value = !*value;
  else if (strcmp (argument, "on") == 0 || strcmp (argument, "off") == 0)
    *value = argument[1] == 'n';
  else
    return tx_error_set (error, TX_ERROR_INVALID, "cannot use '%.100s': say on or off", argument);
  return TX_OK;
}

TxStatus
player_command_any (Player *player,
                    const PlayerCommand *command,
                    const char *argument,
                    PlayerAnswer *answer,
                    TxError *error)
{
  TxStatus status = parse_switch (argument, &player->any_thread, error);

  if (status != TX_OK)
    return status;
  player->changes.settings++;
  answer->kind = PLAYER_ANSWER_MESSAGE;
  player_answer_say (answer, player->any_thread ? "step goes to whatever thread comes next"
                                                : "step stays in its thread");
  return TX_OK;
}

TxStatus
player_command_follow (Player *player,
                       const PlayerCommand *command,
                       const char *argument,
                       PlayerAnswer *answer,
                       TxError *error)
{
  bool follow = player->is_following;
  TxStatus status = parse_switch (argument, &follow, error);

  if (status != TX_OK)
    return status;
  if (follow && !player_is_live (player))
    return tx_error_set (error, TX_END, "cannot follow: the recording does not grow any more");
  player->is_following = follow;
  player->changes.settings++;
  player_answer_say (answer, follow ? "following the end" : "no longer following");
  answer->kind = PLAYER_ANSWER_MESSAGE;
  if (!follow || !player->has_step)
    return TX_OK;
  answer->kind = PLAYER_ANSWER_POSITION;
  return player_go_to (player, replay_trace_get_n_steps (player->trace) - 1, answer, error);
}

TxStatus
player_command_zone (Player *player,
                     const PlayerCommand *command,
                     const char *argument,
                     PlayerAnswer *answer,
                     TxError *error)
{
  static const char *const names[] = {
    [PLAYER_ZONE_LOCAL] = "local", [PLAYER_ZONE_UTC] = "utc", [PLAYER_ZONE_RECORDER] = "recorder"
  };
  size_t zone = 0;

  while (zone < 3 && strcmp (names[zone], argument) != 0)
    zone++;
  if (*argument == '\0')
    zone = ((size_t) player->zone_kind + 1) % 3;
  if (zone == 3)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot show times as '%.100s': say local, utc or recorder", argument);
  player_set_zone (player, (PlayerZone) zone);
  answer->kind = PLAYER_ANSWER_MESSAGE;
  player_answer_say (answer, "times are shown in the zone %s (%s)", names[zone],
                     replay_zone_get_name (player->zone));
  return TX_OK;
}

TxStatus
player_command_help (Player *player,
                     const PlayerCommand *command,
                     const char *argument,
                     PlayerAnswer *answer,
                     TxError *error)
{
  answer->kind = PLAYER_ANSWER_HELP;
  return TX_OK;
}

TxStatus
player_command_quit (Player *player,
                     const PlayerCommand *command,
                     const char *argument,
                     PlayerAnswer *answer,
                     TxError *error)
{
  answer->kind = PLAYER_ANSWER_QUIT;
  return TX_OK;
}
