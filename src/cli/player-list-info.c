// SPDX-License-Identifier: BSD-3-Clause
// What there is to say of the recording as a whole.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli-sum.h"
#include "player-list.h"
#include "replay/replay-times.h"

static void add (PlayerList *list, const char *name, const char *format, ...) TX_PRINTF (3, 4);

static void
add (PlayerList *list, const char *name, const char *format, ...)
{
  PlayerRow *row = player_list_add (list);
  va_list arguments;

  if (!row)
    return;
  player_row_set_text (row, 0, name);
  va_start (arguments, format);
  if (vasprintf (&row->cells[1].text, format, arguments) < 0)
    row->cells[1].text = NULL;
  va_end (arguments);
}

static const char *
get_state_text (TxReaderState state)
{
  switch (state)
    {
    case TX_STATE_FINISHED:
      return "finished";
    case TX_STATE_RECORDING:
      return "still recording";
    case TX_STATE_DIED:
      return "the process died; nothing is missing";
    case TX_STATE_DIED_TAIL_MISSING:
    default:
      return "the process died and its ring is not here: the last moments are missing";
    }
}

/* Blocks that are not there, and why. */
static void
add_missing (const Player *player, PlayerList *list)
{
  uint64_t n_missing = 0, n_evicted = 0, n_lost = 0;

  for (size_t i = 0; i < tx_reader_get_n_blocks (player->reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (player->reader, i);

      n_missing += info->place == TX_BLOCK_MISSING ? info->n_missing : 0;
      n_evicted += info->place == TX_BLOCK_EVICTED ? info->n_missing : 0;
      n_lost += info->events_lost;
    }
  if (n_evicted > 0)
    add (list, "evicted", "%" PRIu64 " blocks, to bound the size; hot spots still count them",
         n_evicted);
  if (n_missing > 0)
    add (list, "missing", "%" PRIu64 " blocks", n_missing);
  if (n_lost > 0)
    add (list, "dropped", "%" PRIu64 " events, as the disk or the machine did not follow", n_lost);
}

static void
add_extent (const Player *player, PlayerList *list)
{
  int64_t start_ns, end_ns;
  char text[REPLAY_TIMES_FORMAT_SIZE];
  const unsigned flags = REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET;

  if (!replay_trace_get_range (player->trace, &start_ns, &end_ns))
    return;
  replay_times_format (start_ns, player->zone, flags, 6, text, sizeof text);
  add (list, "begins", "%s", text);
  replay_times_format (end_ns, player->zone, flags, 6, text, sizeof text);
  add (list, "ends", "%s", text);
  replay_times_format_duration (cli_subtract (end_ns, start_ns), text, sizeof text);
  add (list, "lasts", "%s", text);
}

static TxStatus
fill (Player *player, PlayerList *list, TxError *error)
{
  static const char *const keys[] = { "python", "argv", "host", "zone" };
  size_t n_damages = 0;
  const char *damage = tx_reader_get_damage (player->reader, &n_damages);

  add (list, "directory", "%s", tx_reader_get_directory (player->reader));
  add (list, "state", "%s", get_state_text (tx_reader_get_state (player->reader)));
  add_extent (player, list);
  add (list, "steps", "%" PRIu64, replay_trace_get_n_steps (player->trace));
  add (list, "threads", "%zu", tx_reader_get_n_threads (player->reader));
  add (list, "files", "%zu", tx_reader_get_n_files (player->reader));
  add_missing (player, list);
  if (damage)
    add (list, "damage", "%s (%zu in all)", damage, n_damages);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (tx_reader_get_info (player->reader, keys[i]))
      add (list, keys[i], "%s", tx_reader_get_info (player->reader, keys[i]));
  return TX_OK;
}

static TxStatus
activate (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  answer->kind = PLAYER_ANSWER_MESSAGE;
  player_answer_say (answer, "%s: %s", row->cells[0].text ? row->cells[0].text : "",
                     row->cells[1].text ? row->cells[1].text : "");
  return TX_OK;
}

const PlayerListClass player_list_info = {
  .name = "info",
  .title = "Recording",
  .empty = "",
  .columns = { { "what", "what", PLAYER_CELL_TEXT, 9, 0 },
               { "value", "", PLAYER_CELL_TEXT, 0, 0 } },
  .is_of_data = true,
  .is_of_settings = true,
  .fill = fill,
  .activate = activate,
};
