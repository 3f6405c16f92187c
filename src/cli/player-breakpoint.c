// SPDX-License-Identifier: BSD-3-Clause
// The commands about breakpoints, and their list.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player-command.h"
#include "player-list.h"

#define TEXT_SIZE 2048u

/* How conditions are said here, and in the replay library. */
static const struct
{
  const char *said;
  const char *meant;
} words[] = {
  { "if", "" },
  { "and", "" },
  { "count", "number" },
  { "time", "within" },
};

/* `12 if count 37 and thread 2` becomes `12 number 37 thread 2`: only what follows the `if` is
 * looked at. */
static bool
translate (const char *text, char *ret_text, size_t size, bool *ret_has_condition)
{
  size_t used = 0;

  *ret_has_condition = false;
  ret_text[0] = '\0';
  while (*text)
    {
      size_t length = strcspn (text, " \t");
      const char *meant = NULL;

      *ret_has_condition |= length == 2 && memcmp (text, "if", 2) == 0;
      for (size_t i = 0; *ret_has_condition && i < sizeof words / sizeof *words; i++)
        if (strlen (words[i].said) == length && memcmp (words[i].said, text, length) == 0)
          meant = words[i].meant;
      if (used + length + 8 > size)
        return false;
      if (!meant || *meant)
        used +=
            (size_t) snprintf (ret_text + used, size - used, "%s%.*s", used ? " " : "",
                               meant ? (int) strlen (meant) : (int) length, meant ? meant : text);
      text += length;
      text += strspn (text, " \t");
    }
  return true;
}

static const ReplayBreakpoint *
find_number (const Player *player, const char *argument, TxError *error)
{
  const ReplayBreakpoint *breakpoint;
  char *end;
  unsigned long id = strtoul (argument, &end, 10);

  breakpoint = *argument && *end == '\0' && id <= UINT32_MAX
                   ? replay_breakpoints_find_id (player->breakpoints, (uint32_t) id)
                   : NULL;
  if (!breakpoint)
    tx_error_set (
        error, TX_ERROR_INVALID,
        "cannot find breakpoint '%.100s': give the number of one (breakpoints lists them)",
        argument);
  return breakpoint;
}

static void
say_breakpoint (const Player *player, uint32_t id, const char *what, PlayerAnswer *answer)
{
  const ReplayBreakpoint *breakpoint = replay_breakpoints_find_id (player->breakpoints, id);
  char text[256] = "";

  if (breakpoint)
    replay_breakpoint_format (breakpoint, player->trace, player->zone, text, sizeof text);
  answer->kind = PLAYER_ANSWER_MESSAGE;
  player_answer_say (answer, "breakpoint %u %s: %s", id, what, text);
}

static void
remove_breakpoint (Player *player, uint32_t id, PlayerAnswer *answer)
{
  say_breakpoint (player, id, "removed", answer);
  replay_breakpoints_remove_id (player->breakpoints, id);
  player->changes.settings++;
  player->changes.breakpoints++;
}

TxStatus
player_command_break (Player *player,
                      const PlayerCommand *command,
                      const char *argument,
                      PlayerAnswer *answer,
                      TxError *error)
{
  ReplayBreakpointsContext context = { .position = player->has_step ? player->step.position
                                                                    : REPLAY_POSITION_NONE,
                                       .file = player->file,
                                       .zone = player->zone };
  size_t n_before = replay_breakpoints_get_count (player->breakpoints);
  char said[TEXT_SIZE];
  char text[TEXT_SIZE];
  bool has_condition;
  uint32_t id = 0;
  TxStatus status;

  /* Without a place the line looked at is meant. */
  if (*argument && strncmp (argument, "if ", 3) != 0)
    snprintf (said, sizeof said, "%s", argument);
  else
    snprintf (said, sizeof said, "%u%s%s", player->line, *argument ? " " : "", argument);
  if (!translate (said, text, sizeof text, &has_condition))
    return tx_error_set (error, TX_ERROR_INVALID, "cannot set a breakpoint: the text is too long");
  status =
      replay_breakpoints_add_text (player->breakpoints, player->trace, text, &context, &id, error);
  if (status != TX_OK)
    return status;
  player->changes.settings++;
  player->changes.breakpoints++;
  if (replay_breakpoints_get_count (player->breakpoints) > n_before)
    say_breakpoint (player, id, "set", answer);
  else if (has_condition || strchr (text, ' '))
    say_breakpoint (player, id, "changed", answer);
  else
    remove_breakpoint (player, id, answer);
  return TX_OK;
}

TxStatus
player_command_delete (Player *player,
                       const PlayerCommand *command,
                       const char *argument,
                       PlayerAnswer *answer,
                       TxError *error)
{
  const ReplayBreakpoint *breakpoint = find_number (player, argument, error);

  if (!breakpoint)
    return TX_ERROR_INVALID;
  remove_breakpoint (player, breakpoint->id, answer);
  return TX_OK;
}

TxStatus
player_command_enable (Player *player,
                       const PlayerCommand *command,
                       const char *argument,
                       PlayerAnswer *answer,
                       TxError *error)
{
  const ReplayBreakpoint *breakpoint = find_number (player, argument, error);
  bool enabled = command->detail;

  if (!breakpoint)
    return TX_ERROR_INVALID;
  replay_breakpoints_set_enabled (player->breakpoints, breakpoint->id, enabled);
  player->changes.settings++;
  player->changes.breakpoints++;
  say_breakpoint (player, breakpoint->id, enabled ? "switched on" : "switched off", answer);
  return TX_OK;
}

/* ---- The list ---- */

static TxStatus
fill (Player *player, PlayerList *list, TxError *error)
{
  for (size_t i = 0; i < replay_breakpoints_get_count (player->breakpoints); i++)
    {
      const ReplayBreakpoint *breakpoint = replay_breakpoints_get (player->breakpoints, i);
      PlayerRow *row = player_list_add (list);
      char text[512];

      if (!row)
        return tx_error_set (error, TX_ERROR_MEMORY, "cannot show breakpoints: out of memory");
      replay_breakpoint_format (breakpoint, player->trace, player->zone, text, sizeof text);
      row->id = breakpoint->id;
      row->file = breakpoint->file;
      row->line = breakpoint->line;
      row->is_dim = !breakpoint->enabled;
      player_row_set_number (row, 0, breakpoint->id);
      player_row_set_text (row, 1, breakpoint->enabled ? "on" : "off");
      player_row_set_text (row, 2, text);
    }
  return TX_OK;
}

static TxStatus
activate (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  TxFunctionId id = 0;
  const ReplayBreakpoint *breakpoint =
      replay_breakpoints_find_id (player->breakpoints, (uint32_t) row->id);
  const TxFunction *function;

  answer->kind = PLAYER_ANSWER_LOOK;
  if (row->file)
    {
      player_look_at (player, row->file, row->line);
      return TX_OK;
    }
  if (breakpoint && breakpoint->function)
    replay_trace_find_functions (player->trace, breakpoint->function, &id, 1);
  function = id ? tx_reader_get_function (player->reader, id) : NULL;
  if (!function)
    return tx_error_set (error, TX_END, "cannot look at breakpoint %u: its function is not known",
                         (unsigned) row->id);
  player_look_at (player, function->file, function->first_line);
  return TX_OK;
}

static TxStatus
remove_row (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  remove_breakpoint (player, (uint32_t) row->id, answer);
  return TX_OK;
}

const PlayerListClass player_list_breakpoints = {
  .name = "breakpoints",
  .title = "Breakpoints",
  .empty = "no breakpoint (b sets one)",
  .columns = { { "number", "#", PLAYER_CELL_NUMBER, 3, 0 },
               { "state", "", PLAYER_CELL_TEXT, 3, 24 },
               { "place", "place", PLAYER_CELL_TEXT, 0, 0 } },
  .is_of_settings = true,
  .fill = fill,
  .activate = activate,
  .remove = remove_row,
};
