// SPDX-License-Identifier: BSD-3-Clause
// The full screen of trackexec-replay, on ncurses. Shows a Player and runs its commands; decides nothing about
// the recording. All curses calls are in screen*.c.
#pragma once

#include "player.h"
#include "replay/replay-path.h"

/** screen_open: takes over the terminal. Fails where there is none, or one that can't move its cursor. */
TxStatus screen_open (TxError *error) TX_WARN_UNUSED;
/** screen_close: gives it back. */
void screen_close (void);

/** screen_choose: lets one choose a process; false where none was chosen. Between screen_open() and screen_close(). */
bool screen_choose (const ReplayPath *path, size_t *ret_index);

/** screen_run: until one quits. @message: (nullable): said first. Between screen_open() and screen_close(). */
TxStatus screen_run (Player *player, const char *message, TxError *error) TX_WARN_UNUSED;
