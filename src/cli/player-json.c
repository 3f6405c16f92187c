// SPDX-License-Identifier: BSD-3-Clause
// Answers as JSON: one object a line, times in nanoseconds.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-json.h"
#include "player-list.h"
#include "player-print.h"
#include "replay/replay-spec.h"
#include "screen-keys.h"

static void
print_member (const char *name, const char *text)
{
  printf (", \"%s\": ", name);
  cli_json_print_string (text);
}

static const char *
get_path (const Player *player, TxFileId id)
{
  const TxFile *file = id ? tx_reader_get_file (player->reader, id) : NULL;

  return file ? file->path : "?";
}

/* `core.py:120#37`: what every place that takes a time takes too. */
static void
print_spec (const Player *player)
{
  char spec[REPLAY_SPEC_FORMAT_SIZE];

  if (replay_spec_format (player->trace, player->step.position, &player->progress, spec,
                          sizeof spec, NULL) == TX_OK)
    print_member ("spec", spec);
}

static void
print_gap (const Player *player)
{
  static const char *const kinds[] = { [REPLAY_GAP_DROPPED] = "dropped",
                                       [REPLAY_GAP_EVICTED] = "evicted",
                                       [REPLAY_GAP_LOST] = "lost",
                                       [REPLAY_GAP_DAMAGED] = "damaged" };

  printf (", \"at\": {\"position\": %" PRIu64 ", \"time_ns\": %" PRId64, player->step.position,
          player->step.real_ns);
  print_member ("gap", kinds[player->gap.kind]);
  printf (", \"gap_position\": %" PRIu64 ", \"gap_steps\": %" PRIu64 ", \"gap_blocks\": %" PRIu64
          "}",
          player->gap.first, player->gap.n_steps, player->gap.n_blocks);
}

static void
print_at (Player *player)
{
  const ReplayStep *step = &player->step;
  const TxThreadInfo *thread = tx_reader_get_thread (player->reader, step->thread);
  char time[REPLAY_TIMES_FORMAT_SIZE];
  char *source = cli_sources_dup_line (player->sources, step->file, step->line);

  player_measure (player);
  replay_times_format (step->real_ns, player->zone,
                       REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 9, time, sizeof time);
  printf (", \"at\": {\"position\": %" PRIu64, step->position);
  print_spec (player);
  print_member ("file", get_path (player, step->file));
  printf (", \"line\": %" PRIu32, step->line);
  print_member ("function", player_get_function_name (player, step->function));
  printf (", \"execution\": %" PRIu64 ", \"executions\": %" PRIu64 ", \"thread\": %" PRIu32,
          player->hit, player->n_hits, step->thread);
  print_member ("thread_name", thread ? thread->name : "");
  printf (", \"depth\": %" PRIu32 ", \"time_ns\": %" PRId64, step->depth, step->real_ns);
  print_member ("time", time);
  printf (", \"error_ns\": %" PRIu32 ", \"duration_ns\": ", step->error_ns);
  if (player->duration.duration_ns < 0)
    fputs ("null", stdout);
  else
    printf ("%" PRId64 ", \"duration_error_ns\": %" PRIu32 ", \"still_runs\": %s",
            player->duration.duration_ns, player->duration.error_ns,
            player->duration.is_open ? "true" : "false");
  print_member ("source", source ? source : "");
  putchar ('}');
  free (source);
}

static void
print_look (Player *player)
{
  char *source = cli_sources_dup_line (player->sources, player->file, player->line);

  fputs (", \"look\": {\"file\": ", stdout);
  cli_json_print_string (get_path (player, player->file));
  printf (", \"line\": %" PRIu32 ", \"depth\": %" PRIu32, player->line, player->depth);
  print_member ("source", source ? source : "");
  putchar ('}');
  free (source);
}

static void
print_row (const PlayerListClass *klass, const PlayerRow *row)
{
  fputs ("{\"current\": ", stdout);
  fputs (row->is_current ? "true" : "false", stdout);
  for (size_t i = 0; i < PLAYER_COLUMNS_MAX && klass->columns[i].name; i++)
    if (klass->columns[i].kind == PLAYER_CELL_TEXT)
      print_member (klass->columns[i].name, row->cells[i].text ? row->cells[i].text : "");
    else
      printf (", \"%s\": %" PRId64, klass->columns[i].name, row->cells[i].number);
  putchar ('}');
}

static void
print_list (Player *player, PlayerListKind kind)
{
  PlayerList list;
  TxError error;

  if (player_list_load (player, kind, &list, &error) != TX_OK)
    {
      print_member ("error", error.message);
      return;
    }
  print_member ("list", list.klass->name);
  fputs (", \"rows\": [", stdout);
  for (size_t i = 0; i < list.n_rows; i++)
    {
      if (i > 0)
        fputs (", ", stdout);
      print_row (list.klass, &list.rows[i]);
    }
  putchar (']');
  player_list_clear (&list);
}

static void
print_help (void)
{
  fputs (", \"commands\": [", stdout);
  for (size_t i = 0; i < player_n_commands; i++)
    {
      const PlayerCommand *command = &player_commands[i];

      printf ("%s{\"names\": [", i ? ", " : "");
      for (size_t k = 0; k < PLAYER_NAMES_MAX && command->names[k]; k++)
        {
          fputs (k ? ", " : "", stdout);
          cli_json_print_string (command->names[k]);
        }
      putchar (']');
      print_member ("argument", command->argument);
      print_member ("summary", command->summary);
      putchar ('}');
    }
  fputs ("], \"keys\": [", stdout);
  for (size_t i = 0, n = 0; i < screen_n_keys; i++)
    if (screen_keys[i].summary)
      {
        fputs (n++ ? ", {\"key\": " : "{\"key\": ", stdout);
        cli_json_print_string (screen_keys[i].label);
        print_member ("summary", screen_keys[i].summary);
        putchar ('}');
      }
  putchar (']');
}

void
player_print_json (Player *player,
                   const char *command,
                   const PlayerAnswer *answer,
                   const TxError *error)
{
  fputs ("{\"command\": ", stdout);
  cli_json_print_string (command);
  if (answer && answer->stop)
    print_member ("stop", answer->stop);
  if (answer && answer->message[0])
    print_member ("message", answer->message);
  if (error)
    print_member ("error", error->message);
  if (answer && answer->kind == PLAYER_ANSWER_LIST)
    print_list (player, answer->list);
  else if (answer && answer->kind == PLAYER_ANSWER_LOOK)
    print_look (player);
  else if (answer && answer->kind == PLAYER_ANSWER_HELP)
    print_help ();
  if (player->has_step && player->in_gap)
    print_gap (player);
  else if (player->has_step)
    print_at (player);
  puts ("}");
}
