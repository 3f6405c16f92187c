// SPDX-License-Identifier: BSD-3-Clause
// The keys of trackexec-replay's screen: a table, from which help is printed too.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct _Screen Screen;

/* Keys that are no characters: as curses has them, apart from all characters. */
#define SCREEN_KEY_FUNCTION 0x10000000u

typedef struct {
  uint32_t code;        /* a character, or SCREEN_KEY_FUNCTION | KEY_... */
  const char *command;  /* what it runs (player-command.h); with a space at its end: what the command line begins with */
  void (*action) (Screen *screen, int detail); /* where that is no command */
  int detail;
  const char *label;    /* as in help; with @summary only */
  const char *summary;  /* NULL: another key of the row above */
} ScreenKey;

extern const ScreenKey screen_keys[];
extern const size_t screen_n_keys;
