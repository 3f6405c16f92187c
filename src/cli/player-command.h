// SPDX-License-Identifier: BSD-3-Clause
// The commands of trackexec-replay: a table of what can be typed, and running one. Help, completion and the keys
// of the screen (screen-keys.c) come from that table.
#pragma once

#include "player.h"

#define PLAYER_NAMES_MAX 3u

/** What a command's argument is, for Tab. */
typedef enum {
  PLAYER_COMPLETE_NOTHING,
  PLAYER_COMPLETE_FILE,
  PLAYER_COMPLETE_PLACE,    /* a file, then `:` and a line; or a function */
  PLAYER_COMPLETE_COLUMN,   /* what hot spots are sorted by */
  PLAYER_COMPLETE_ZONE,
} PlayerCompletion;

typedef struct _PlayerCommand PlayerCommand;

/** @argument: what stood behind the name, without space around it; "" if nothing */
typedef TxStatus (*PlayerCommandFunc) (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);

struct _PlayerCommand {
  const char *names[PLAYER_NAMES_MAX]; /* the first is what help shows first; NULL behind the last */
  const char *argument;                /* as in help: "[COUNT]"; "" where it takes none */
  const char *summary;                 /* one line */
  PlayerCompletion completion;
  PlayerCommandFunc run;
  int detail;                          /* for @run: which of several things it does */
};

extern const PlayerCommand player_commands[];
extern const size_t player_n_commands;

/** player_find_command: by the name at the beginning of @text; @ret_argument: what follows, in @text. */
const PlayerCommand *player_find_command (const char *text, const char **ret_argument);

/**
 * player_run:
 * @text: a command as typed
 * @ret_answer: set where %TX_OK is returned
 *
 * %TX_CANCELLED leaves everything as it was.
 */
TxStatus player_run (Player *self, const char *text, PlayerAnswer *ret_answer, TxError *error) TX_WARN_UNUSED;

/* ---- What the table runs; one file a group ---- */

/* player-moves.c; detail: a PlayerMoveKind */
typedef enum {
  PLAYER_MOVE_STEP,
  PLAYER_MOVE_STEP_BACK,
  PLAYER_MOVE_NEXT,
  PLAYER_MOVE_NEXT_BACK,
  PLAYER_MOVE_FINISH,
  PLAYER_MOVE_FINISH_BACK,
  PLAYER_MOVE_CONTINUE,
  PLAYER_MOVE_CONTINUE_BACK,
  PLAYER_MOVE_RUN_TO,
  PLAYER_MOVE_RUN_TO_BACK,
} PlayerMoveKind;
TxStatus player_command_move (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
/* detail: backward */
TxStatus player_command_hit (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_slowest (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_history (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);

/* player-look.c */
TxStatus player_command_jump (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_file (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
/* detail: 1 up (to the caller), -1 down */
TxStatus player_command_frame (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_where (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
/* detail: backward */
TxStatus player_command_search (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
/* detail: a PlayerListKind */
TxStatus player_command_list (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_hotspots (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_thread (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_any (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_follow (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_zone (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_help (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_quit (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);

/* player-breakpoint.c */
TxStatus player_command_break (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_delete (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
/* detail: enabled */
TxStatus player_command_enable (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);

/* player-bookmark.c */
TxStatus player_command_bookmark (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);
TxStatus player_command_unmark (Player *player, const PlayerCommand *command, const char *argument, PlayerAnswer *answer, TxError *error);

/* ---- Completion: player-complete.c ---- */

/** PlayerCompletions: what could stand instead of the last word. */
typedef struct {
  char **words;   /* owned (array length=n_words), each too: sorted; printable */
  size_t n_words;
  size_t start;   /* where in the text the word begins */
  size_t common;  /* bytes that all of them begin with */
} PlayerCompletions;

/** player_complete: @text: (array length=cursor): what stands before the cursor. Without memory: none. */
void player_complete (Player *self, const char *text, size_t cursor, PlayerCompletions *ret_completions);
void player_completions_clear (PlayerCompletions *self);
