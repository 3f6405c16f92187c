// SPDX-License-Identifier: BSD-3-Clause
// The table of commands, and running one.
#include "player-command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player-list.h"

static bool
is_space (char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- The table ---- */

#define MOVE(kind) PLAYER_COMPLETE_NOTHING, player_command_move, kind

const PlayerCommand player_commands[] = {
  { { "s", "step" }, "[COUNT]", "step, into calls", MOVE (PLAYER_MOVE_STEP) },
  { { "n", "next" }, "[COUNT]", "next line, over calls and awaits", MOVE (PLAYER_MOVE_NEXT) },
  { { "finish" }, "[COUNT]", "out of this function", MOVE (PLAYER_MOVE_FINISH) },
  { { "c", "continue" }, "[COUNT]", "to the next breakpoint", MOVE (PLAYER_MOVE_CONTINUE) },
  { { "rs", "t-" }, "[COUNT]", "step back", MOVE (PLAYER_MOVE_STEP_BACK) },
  { { "rn", "p-" }, "[COUNT]", "next line backward", MOVE (PLAYER_MOVE_NEXT_BACK) },
  { { "rfin" }, "[COUNT]", "back to the call of this function", MOVE (PLAYER_MOVE_FINISH_BACK) },
  { { "rc", "g-" }, "[COUNT]", "back to the breakpoint before", MOVE (PLAYER_MOVE_CONTINUE_BACK) },
  { { "u" },
    "[LINE]",
    "run to a line: 12 or file.py:12; none: that of the cursor",
    PLAYER_COMPLETE_PLACE,
    player_command_move,
    PLAYER_MOVE_RUN_TO },
  { { "ru" },
    "[LINE]",
    "run back to a line",
    PLAYER_COMPLETE_PLACE,
    player_command_move,
    PLAYER_MOVE_RUN_TO_BACK },
  { { "]" },
    "[LINE]",
    "the next execution of a line",
    PLAYER_COMPLETE_PLACE,
    player_command_hit,
    false },
  { { "[" },
    "[LINE]",
    "the execution of a line before",
    PLAYER_COMPLETE_PLACE,
    player_command_hit,
    true },
  { { "slowest" },
    "[LINE]",
    "the execution of a line that took longest",
    PLAYER_COMPLETE_PLACE,
    player_command_slowest,
    0 },
  { { "j" },
    "SPEC",
    "jump: 12:00:16, +2s, 50%, end, core.py:120#37, a line of a log",
    PLAYER_COMPLETE_PLACE,
    player_command_jump,
    0 },
  { { "thread" },
    "[NUMBER]",
    "to where a thread stands",
    PLAYER_COMPLETE_NOTHING,
    player_command_thread,
    0 },
  { { "back" },
    "",
    "back in the history of positions",
    PLAYER_COMPLETE_NOTHING,
    player_command_history,
    true },
  { { "forward" },
    "",
    "forward in the history of positions",
    PLAYER_COMPLETE_NOTHING,
    player_command_history,
    false },
  { { "w", "where" },
    "",
    "show the current position again",
    PLAYER_COMPLETE_NOTHING,
    player_command_where,
    0 },
  { { "b" },
    "[PLACE] [if ...]",
    "set a breakpoint or remove it: 12, file.py:12, function",
    PLAYER_COMPLETE_PLACE,
    player_command_break,
    0 },
  { { "delete" },
    "NUMBER",
    "remove a breakpoint",
    PLAYER_COMPLETE_NOTHING,
    player_command_delete,
    0 },
  { { "enable" },
    "NUMBER",
    "switch a breakpoint on",
    PLAYER_COMPLETE_NOTHING,
    player_command_enable,
    true },
  { { "disable" },
    "NUMBER",
    "switch a breakpoint off",
    PLAYER_COMPLETE_NOTHING,
    player_command_enable,
    false },
  { { "breakpoints" },
    "",
    "list breakpoints",
    PLAYER_COMPLETE_NOTHING,
    player_command_list,
    PLAYER_LIST_BREAKPOINTS },
  { { "f", "file" },
    "[FILE]",
    "look at another file; none: at the current one",
    PLAYER_COMPLETE_FILE,
    player_command_file,
    0 },
  { { "up" }, "", "look at the caller", PLAYER_COMPLETE_NOTHING, player_command_frame, 1 },
  { { "down" },
    "",
    "look at the function that was called",
    PLAYER_COMPLETE_NOTHING,
    player_command_frame,
    -1 },
  { { "bt", "stack" },
    "",
    "show the stack",
    PLAYER_COMPLETE_NOTHING,
    player_command_list,
    PLAYER_LIST_STACK },
  { { "threads" },
    "",
    "list threads, and where each stands",
    PLAYER_COMPLETE_NOTHING,
    player_command_list,
    PLAYER_LIST_THREADS },
  { { "hot" },
    "[COLUMN] [thread THREAD]",
    "list hot spots, by a column, of one thread or of all",
    PLAYER_COMPLETE_COLUMN,
    player_command_hotspots,
    PLAYER_LIST_HOTSPOTS },
  { { "files" },
    "",
    "list files",
    PLAYER_COMPLETE_NOTHING,
    player_command_list,
    PLAYER_LIST_FILES },
  { { "info" },
    "",
    "what the recording is",
    PLAYER_COMPLETE_NOTHING,
    player_command_list,
    PLAYER_LIST_INFO },
  { { "m" },
    "[NOTE]",
    "bookmark this position, with a note",
    PLAYER_COMPLETE_NOTHING,
    player_command_bookmark,
    0 },
  { { "unmark" },
    "NUMBER",
    "remove a bookmark",
    PLAYER_COMPLETE_NOTHING,
    player_command_unmark,
    0 },
  { { "bookmarks" },
    "",
    "list bookmarks",
    PLAYER_COMPLETE_NOTHING,
    player_command_list,
    PLAYER_LIST_BOOKMARKS },
  { { "/" },
    "[TEXT]",
    "find a text in the file; none: the last one again",
    PLAYER_COMPLETE_NOTHING,
    player_command_search,
    false },
  { { "r/" },
    "[TEXT]",
    "find a text backward",
    PLAYER_COMPLETE_NOTHING,
    player_command_search,
    true },
  { { "any" },
    "[on|off]",
    "whether step goes to any thread",
    PLAYER_COMPLETE_NOTHING,
    player_command_any,
    0 },
  { { "follow" },
    "[on|off]",
    "stay at the end of a recording that grows",
    PLAYER_COMPLETE_NOTHING,
    player_command_follow,
    0 },
  { { "zone" },
    "[ZONE]",
    "show times in the zone local, utc or recorder",
    PLAYER_COMPLETE_ZONE,
    player_command_zone,
    0 },
  { { "h", "help" },
    "",
    "help: all commands and keys",
    PLAYER_COMPLETE_NOTHING,
    player_command_help,
    0 },
  { { "q", "quit" }, "", "quit", PLAYER_COMPLETE_NOTHING, player_command_quit, 0 },
};

const size_t player_n_commands = sizeof player_commands / sizeof *player_commands;

/* ---- Running ---- */

static bool
has_name (const PlayerCommand *command, const char *text, size_t length)
{
  for (size_t i = 0; i < PLAYER_NAMES_MAX && command->names[i]; i++)
    if (strlen (command->names[i]) == length && memcmp (command->names[i], text, length) == 0)
      return true;
  return false;
}

const PlayerCommand *
player_find_command (const char *text, const char **ret_argument)
{
  size_t length = 0;

  while (is_space (*text))
    text++;
  /* A text to search for may follow at once, as in vi and less. */
  if (text[0] == '/' || (text[0] == 'r' && text[1] == '/'))
    length = text[0] == '/' ? 1 : 2;
  else
    while (text[length] && !is_space (text[length]))
      length++;
  for (size_t i = 0; i < player_n_commands; i++)
    if (length > 0 && has_name (&player_commands[i], text, length))
      {
        for (text += length; is_space (*text); text++)
          ;
        *ret_argument = text;
        return &player_commands[i];
      }
  return NULL;
}

TxStatus
player_run (Player *self, const char *text, PlayerAnswer *ret_answer, TxError *error)
{
  const char *argument;
  const PlayerCommand *command = player_find_command (text, &argument);
  PlayerAnswer answer = { .kind = PLAYER_ANSWER_POSITION };
  TxError reason = { 0 };
  size_t length;
  char *copy;
  TxStatus status;

  if (!command)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot run '%.100s': there is no such command (h lists them)", text);
  length = strlen (argument);
  while (length > 0 && is_space (argument[length - 1]))
    length--;
  copy = strndup (argument, length);
  if (!copy)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot run '%s': out of memory",
                         command->names[0]);
  if (length > 0 && !command->argument[0])
    status =
        tx_error_set (&reason, TX_ERROR_INVALID, "cannot run '%s' with '%.100s': it takes nothing",
                      command->names[0], copy);
  else
    status = command->run (self, command, copy, &answer, &reason);
  free (copy);
  if (status == TX_OK)
    *ret_answer = answer;
  else if (status == TX_CANCELLED)
    tx_error_set (error, status, "cancelled: nothing has changed");
  else
    tx_error_set (error, status, "%s",
                  reason.message[0] ? reason.message : tx_status_get_name (status));
  return status;
}
