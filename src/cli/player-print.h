// SPDX-License-Identifier: BSD-3-Clause
// Prints answers to the standard output, for scripts: as text, or as a JSON object a line.
#pragma once

#include "cli-term.h"
#include "player-command.h"

/** player_print_text: a position is two lines, a list a table; the message comes first. Control characters never get through. */
void player_print_text (Player *player, const CliTerm *term, const PlayerAnswer *answer);

/** player_print_json: @error: (nullable): of a command that failed; then @answer is NULL. */
void player_print_json (Player *player, const char *command, const PlayerAnswer *answer, const TxError *error);

/** player_print_help: commands and keys. */
void player_print_help (const CliTerm *term);
