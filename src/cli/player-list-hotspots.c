// SPDX-License-Identifier: BSD-3-Clause
// The lines that took the time.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli-thread.h"
#include "player-list.h"
#include "replay/replay-times.h"

#define ITEMS_MAX 200u

enum
{
  COLUMN_CUMULATED,
  COLUMN_BOUND,
  COLUMN_SELF,
  COLUMN_AVERAGE,
  COLUMN_SLOWEST,
  COLUMN_WAITING,
  COLUMN_COUNT,
  COLUMN_LOCATION,
  COLUMN_FUNCTION,
  COLUMN_SELF_BOUND,
};

const PlayerHotspotColumn player_hotspot_columns[] = {
  { "cumulated", REPLAY_SORT_CUMULATED }, { "self", REPLAY_SORT_SELF },
  { "average", REPLAY_SORT_AVERAGE },     { "slowest", REPLAY_SORT_SLOWEST },
  { "waiting", REPLAY_SORT_WAITING },     { "count", REPLAY_SORT_COUNT },
  { "location", REPLAY_SORT_LOCATION },   { NULL, 0 },
};

static const char *
get_sort_name (ReplayHotspotSort sort)
{
  for (const PlayerHotspotColumn *column = player_hotspot_columns; column->name; column++)
    if (column->sort == sort)
      return column->name;
  return "";
}

static int64_t
clamp (uint64_t duration_ns)
{
  return duration_ns > INT64_MAX ? INT64_MAX : (int64_t) duration_ns;
}

static bool
add_row (Player *player, PlayerList *list, const ReplayHotspot *item)
{
  PlayerRow *row = player_list_add (list);

  if (!row)
    return false;
  row->file = item->file;
  row->line = item->line;
  row->is_current =
      player->has_step && item->file == player->step.file && item->line == player->step.line;
  player_row_set_number (row, COLUMN_CUMULATED, clamp (item->cumulated_ns));
  player_row_set_number (row, COLUMN_BOUND, clamp (item->cumulated_error_ns));
  player_row_set_number (row, COLUMN_SELF, clamp (item->self_ns));
  player_row_set_number (row, COLUMN_AVERAGE,
                         clamp (item->count ? item->cumulated_ns / item->count : 0));
  player_row_set_number (row, COLUMN_SLOWEST, clamp (item->slowest_ns));
  player_row_set_number (row, COLUMN_WAITING, clamp (item->waiting_ns));
  player_row_set_number (row, COLUMN_COUNT, clamp (item->count));
  player_row_set_location (row, COLUMN_LOCATION, player, item->file, item->line);
  player_row_set_text (row, COLUMN_FUNCTION, player_get_function_name (player, item->function));
  player_row_set_number (row, COLUMN_SELF_BOUND, clamp (item->self_error_ns));
  return true;
}

/* What is shown in which order. Returns: bytes put into @note */
static size_t
put_order (const Player *player, char *note, size_t size)
{
  char *label =
      player->hot_thread == 0 ? NULL : cli_thread_dup_label (player->reader, player->hot_thread);
  int n = snprintf (note, size, "by %s%s%.60s", get_sort_name (player->sort),
                    label ? ", thread " : "", label ? label : "");

  free (label);
  return n < 0 ? 0 : (size_t) n < size ? (size_t) n : size - 1;
}

static TxStatus
fill (Player *player, PlayerList *list, TxError *error)
{
  ReplayHotspotQuery query = {
    .from_real_ns = INT64_MIN,
    .to_real_ns = INT64_MAX,
    .sort = player->sort,
    .max_items = ITEMS_MAX,
    .thread = player->hot_thread,
  };
  ReplayHotspots *hotspots;
  size_t size;
  TxStatus status =
      replay_hotspots_query (player->trace, &query, &player->progress, &hotspots, error);

  if (status != TX_OK)
    return status;
  for (size_t i = 0; i < hotspots->n_items && add_row (player, list, &hotspots->items[i]); i++)
    ;
  size = put_order (player, list->note, sizeof list->note);
  if (hotspots->missing_blocks > 0 || hotspots->events_lost > 0)
    snprintf (list->note + size, sizeof list->note - size,
              "; too small by %" PRIu64 " blocks, %" PRIu64 " events that are missing",
              hotspots->missing_blocks, hotspots->events_lost);
  else if (hotspots->n_items < hotspots->n_lines)
    snprintf (list->note + size, sizeof list->note - size, ", the first %zu of %zu",
              hotspots->n_items, hotspots->n_lines);
  replay_hotspots_free (hotspots);
  return TX_OK;
}

static TxStatus
activate (Player *player, const PlayerRow *row, PlayerAnswer *answer, TxError *error)
{
  ReplayPosition position;
  int64_t duration_ns;
  char duration[REPLAY_TIMES_FORMAT_SIZE];
  TxStatus status = replay_hits_slowest (player->trace, row->file, row->line, &player->progress,
                                         &position, &duration_ns, error);

  if (status == TX_END)
    return tx_error_set (error, TX_END,
                         "cannot go to the line's slowest execution: it is not known");
  if (status != TX_OK)
    return status;
  replay_times_format_duration (duration_ns, duration, sizeof duration);
  player_answer_say (answer, "the slowest execution%s: %s",
                     player->hot_thread == 0 ? "" : " of all threads", duration);
  return player_go_to (player, position, answer, error);
}

const PlayerListClass player_list_hotspots = {
  .name = "hot",
  .title = "Hot spots",
  .empty = "no line was recorded",
  .columns = { [COLUMN_CUMULATED] = { "cumulated_ns", "cumul.", PLAYER_CELL_DURATION, 8, 0 },
               [COLUMN_BOUND] = { "cumulated_error_ns", "+-", PLAYER_CELL_DURATION, 8, 54 },
               [COLUMN_SELF] = { "self_ns", "self", PLAYER_CELL_DURATION, 8, 36 },
               [COLUMN_AVERAGE] = { "average_ns", "average", PLAYER_CELL_DURATION, 8, 70 },
               [COLUMN_SLOWEST] = { "slowest_ns", "slowest", PLAYER_CELL_DURATION, 8, 78 },
               [COLUMN_WAITING] = { "waiting_ns", "waiting", PLAYER_CELL_DURATION, 8, 96 },
               [COLUMN_COUNT] = { "count", "count", PLAYER_CELL_COUNT, 5, 28 },
               [COLUMN_LOCATION] = { "location", "location", PLAYER_CELL_TEXT, 0, 0 },
               [COLUMN_FUNCTION] = { "function", "function", PLAYER_CELL_TEXT, 22, 112 },
               [COLUMN_SELF_BOUND] = { "self_error_ns", "", PLAYER_CELL_DURATION, 8,
                                       PLAYER_COLUMN_HIDDEN } },
  .has_titles = true,
  .is_of_data = true,
  .is_of_settings = true,
  .fill = fill,
  .activate = activate,
};
