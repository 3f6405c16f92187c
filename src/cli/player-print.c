// SPDX-License-Identifier: BSD-3-Clause
// Answers as text.
#include "player-print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "player-list.h"
#include "replay/replay-times.h"
#include "screen-keys.h"

#define LINES_AROUND      5u
#define TABLE_WIDTH       100u /* where the width has no end */
#define CELL_SIZE         2048u
#define HELP_COLUMN_WIDTH 24

static void
print_fitting (const CliTerm *term, const char *text, size_t width)
{
  char *fitting = cli_term_dup_fitting (term, text, width);

  if (fitting)
    fputs (fitting, stdout);
  free (fitting);
}

/* ---- Source lines ---- */

static void
print_source_line (
    Player *player, const CliTerm *term, TxFileId file, uint32_t line, const char *mark)
{
  char *source = cli_sources_dup_whole_line (player->sources, file, line);

  printf ("%s%5" PRIu32 "  ", mark, line);
  if (source)
    print_fitting (term, source, term->width > 20 ? term->width - 10 : 10);
  putchar ('\n');
  free (source);
}

static void
print_look (Player *player, const CliTerm *term)
{
  uint32_t n_lines = (uint32_t) cli_sources_get_n_lines (player->sources, player->file);
  uint32_t first = player->line > LINES_AROUND ? player->line - LINES_AROUND : 1;

  print_fitting (term, player->file ? cli_location_get_file (player->reader, player->file) : "?",
                 SIZE_MAX);
  printf (":%" PRIu32 "\n", player->line);
  for (uint32_t line = first; line <= n_lines && line <= player->line + LINES_AROUND; line++)
    {
      bool is_current =
          player->has_step && player->file == player->step.file && line == player->step.line;

      print_source_line (player, term, player->file, line,
                         is_current             ? "=>"
                         : line == player->line ? " >"
                                                : "  ");
    }
  if (n_lines == 0)
    puts ("  no source of this file was recorded");
}

/* ---- The position ---- */

static void
print_gap (const Player *player)
{
  char time[REPLAY_TIMES_FORMAT_SIZE];
  char text[256];

  player_format_time (player, player->step.real_ns, 6, time, sizeof time);
  replay_gap_describe (&player->gap, text, sizeof text);
  printf ("step %" PRIu64 ", %s\n  %s\n", player->step.position, time, text);
}

static void
print_position (Player *player, const CliTerm *term)
{
  const ReplayStep *step = &player->step;
  char time[REPLAY_TIMES_FORMAT_SIZE];
  char bound[REPLAY_TIMES_FORMAT_SIZE];
  char duration[REPLAY_TIMES_FORMAT_SIZE] = "";
  char thread[512];

  player_measure (player);
  player_format_time (player, step->real_ns, 6, time, sizeof time);
  player_format_bound (player, step->error_ns, bound, sizeof bound);
  player_format_thread (player, step->thread, thread, sizeof thread);
  print_fitting (term, step->file ? cli_location_get_file (player->reader, step->file) : "?",
                 SIZE_MAX);
  printf (":%" PRIu32, step->line);
  if (player->hit > 0)
    printf ("#%" PRIu64 " of %" PRIu64, player->hit, player->n_hits);
  fputs (" in ", stdout);
  print_fitting (term, player_get_function_name (player, step->function), SIZE_MAX);
  printf (", %s %s, thread ", time, bound);
  print_fitting (term, thread, SIZE_MAX);
  printf (", depth %" PRIu32, step->depth);
  player_format_duration (player, duration, sizeof duration);
  printf ("%s%s", duration[0] ? ", " : "", duration);
  putchar ('\n');
  print_source_line (player, term, step->file, step->line, "");
}

/* ---- Lists ---- */

static void
print_cell (const CliTerm *term, const char *text, unsigned width, bool at_right)
{
  char *fitting = cli_term_dup_fitting (term, text, width);

  if (fitting)
    cli_term_print (fitting, width, at_right);
  free (fitting);
}

static void
print_row (const CliTerm *term,
           const Player *player,
           const PlayerList *list,
           const PlayerRow *row,
           const unsigned *widths)
{
  char text[CELL_SIZE];

  fputs (row && row->is_current ? "* " : "  ", stdout);
  for (size_t i = 0; i < PLAYER_COLUMNS_MAX; i++)
    {
      const PlayerColumn *column = &list->klass->columns[i];
      bool is_last = true;

      if (widths[i] == 0)
        continue;
      for (size_t k = i + 1; k < PLAYER_COLUMNS_MAX; k++)
        is_last &= widths[k] == 0;
      snprintf (text, sizeof text, "%s", column->name ? column->title : "");
      if (row)
        player_list_format_cell (player, column, &row->cells[i], text, sizeof text);
      if (is_last && !player_column_is_right (column))
        print_fitting (term, text, widths[i]);
      else
        print_cell (term, text, widths[i], player_column_is_right (column));
      if (!is_last)
        putchar (' ');
    }
  putchar ('\n');
}

static void
print_list (Player *player, const CliTerm *term, PlayerListKind kind)
{
  unsigned width = term->width < SIZE_MAX ? (unsigned) term->width : TABLE_WIDTH;
  unsigned widths[PLAYER_COLUMNS_MAX];
  PlayerList list;
  TxError error;

  if (player_list_load (player, kind, &list, &error) != TX_OK)
    {
      print_fitting (term, error.message, SIZE_MAX);
      putchar ('\n');
      return;
    }
  player_list_fit (list.klass, width - 2, widths);
  if (list.n_rows == 0)
    puts (list.klass->empty);
  else
    print_row (term, player, &list, NULL, widths);
  for (size_t i = 0; i < list.n_rows; i++)
    print_row (term, player, &list, &list.rows[i], widths);
  player_list_clear (&list);
}

/* ---- Help ---- */

static void
print_names (const PlayerCommand *command)
{
  int width = 2;

  fputs ("  ", stdout);
  for (size_t i = 0; i < PLAYER_NAMES_MAX && command->names[i]; i++)
    width += printf ("%s%s", i ? ", " : "", command->names[i]);
  width += printf ("%s%s", command->argument[0] ? " " : "", command->argument);
  printf ("%*s", width < HELP_COLUMN_WIDTH ? HELP_COLUMN_WIDTH - width : 1, "");
}

void
player_print_help (const CliTerm *term)
{
  puts ("Commands");
  for (size_t i = 0; i < player_n_commands; i++)
    {
      print_names (&player_commands[i]);
      puts (player_commands[i].summary);
    }
  puts ("\nKeys of the screen: lower case goes forward, upper case backward");
  for (size_t i = 0; i < screen_n_keys; i++)
    if (screen_keys[i].summary)
      printf ("  %-*s%s\n", HELP_COLUMN_WIDTH - 2, screen_keys[i].label, screen_keys[i].summary);
}

void
player_print_text (Player *player, const CliTerm *term, const PlayerAnswer *answer)
{
  if (answer->message[0])
    {
      print_fitting (term, answer->message, SIZE_MAX);
      putchar ('\n');
    }
  switch (answer->kind)
    {
    case PLAYER_ANSWER_POSITION:
      if (player->in_gap)
        print_gap (player);
      else
        print_position (player, term);
      break;
    case PLAYER_ANSWER_LOOK:
      print_look (player, term);
      break;
    case PLAYER_ANSWER_LIST:
      print_list (player, term, answer->list);
      break;
    case PLAYER_ANSWER_HELP:
      player_print_help (term);
      break;
    case PLAYER_ANSWER_MESSAGE:
    case PLAYER_ANSWER_QUIT:
    default:
      break;
    }
}
