// SPDX-License-Identifier: BSD-3-Clause
// PlayerAnswer: what a command that went well has to say, for the screen and for `--command` alike.
#pragma once

#include <stddef.h>

#include "trace/tx-error.h"

typedef enum {
  PLAYER_ANSWER_POSITION, /* one is somewhere: show where */
  PLAYER_ANSWER_MESSAGE,  /* only a message */
  PLAYER_ANSWER_LOOK,     /* another line is looked at: show the lines around it */
  PLAYER_ANSWER_LIST,     /* a list: show it */
  PLAYER_ANSWER_HELP,
  PLAYER_ANSWER_QUIT,
} PlayerAnswerKind;

/* The panes, and what `--command` prints as tables. */
typedef enum {
  PLAYER_LIST_STACK,
  PLAYER_LIST_THREADS,
  PLAYER_LIST_HOTSPOTS,
  PLAYER_LIST_BREAKPOINTS,
  PLAYER_LIST_BOOKMARKS,
  PLAYER_LIST_FILES,
  PLAYER_LIST_INFO,
  PLAYER_LISTS, /* how many there are */
} PlayerListKind;

typedef struct {
  PlayerAnswerKind kind;
  PlayerListKind list;
  const char *stop;  /* static: why a move stopped: arrived, breakpoint, end, start, gap; NULL: no move */
  char message[512]; /* one line; "": nothing to say */
} PlayerAnswer;

/** player_answer_say: appends to the message, after "; " where there is one. */
void player_answer_say (PlayerAnswer *self, const char *format, ...) TX_PRINTF (2, 3);
