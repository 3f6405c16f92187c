// SPDX-License-Identifier: BSD-3-Clause
// The lines at the top: time with its bound, place, execution n of N, thread; what of the recording
// as a whole one has to know. What does not fit is left out, the least important first.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli-location.h"
#include "player-format.h"
#include "replay/replay-times.h"
#include "screen-private.h"

#define PART_SIZE    600u
#define NARROW_WIDTH 60

static const char *
get_state_text (const Screen *self)
{
  const Player *player = self->player;

  if (player->is_following)
    return "FOLLOWING";
  if (tx_reader_get_damage (player->reader, NULL))
    return "DAMAGED";
  switch (tx_reader_get_state (player->reader))
    {
    case TX_STATE_RECORDING:
      return "RECORDING";
    case TX_STATE_DIED:
      return "DIED";
    case TX_STATE_DIED_TAIL_MISSING:
      return "DIED, END MISSING";
    case TX_STATE_FINISHED:
    default:
      return "";
    }
}

/* Parts with two spaces between, as many as fit, then spaces. */
static void
draw_parts (int y,
            int width,
            ScreenStyle style,
            const char (*parts)[PART_SIZE],
            size_t n_parts,
            const char *right)
{
  ScreenPen pen = { .y = y, .end = width, .style = style };
  int right_width = screen_get_text_width (right, strlen (right));
  int room = right_width > 0 && right_width + 12 < width ? width - right_width - 2 : width;

  for (size_t i = 0; i < n_parts; i++)
    {
      int needed = screen_get_text_width (parts[i], strlen (parts[i])) + (pen.x > 0 ? 2 : 1);

      if (parts[i][0] == '\0' || (pen.x > 0 && pen.x + needed > room))
        continue;
      screen_pen_put_text (&pen, pen.x > 0 ? "  " : " ");
      pen.end = room;
      screen_pen_put_text (&pen, parts[i]);
      pen.end = width;
    }
  screen_pen_fill (&pen, width);
  if (room < width)
    screen_put (y, room + 1, width - room - 1, style, right, false);
}

/* The place takes all of the first line then, and the time begins the second. */
static bool
is_narrow (const Screen *self)
{
  return self->header.width < NARROW_WIDTH;
}

static void
draw_first (const Screen *self, bool is_place_first)
{
  const Player *player = self->player;
  const ReplayStep *step = &player->step;
  char parts[4][PART_SIZE] = { "" };
  char bound[REPLAY_TIMES_FORMAT_SIZE];
  char time[REPLAY_TIMES_FORMAT_SIZE];

  if (!player->has_step)
    snprintf (parts[0], PART_SIZE, "nothing was recorded yet");
  else
    {
      player_format_time (player, step->real_ns, 6, time, sizeof time);
      player_format_bound (player, step->error_ns, bound, sizeof bound);
      snprintf (parts[is_place_first ? 1 : 0], PART_SIZE, "%s %s", time,
                player->in_gap ? "" : bound);
      snprintf (parts[is_place_first ? 0 : 1], PART_SIZE, "%.200s:%" PRIu32 " in %.200s",
                cli_location_get_file (player->reader, step->file), step->line,
                player_get_function_name (player, step->function));
      if (player->in_gap)
        snprintf (parts[is_place_first ? 0 : 1], PART_SIZE, "missing");
    }
  snprintf (parts[2], PART_SIZE, "%.200s", player->name);
  draw_parts (self->header.y, self->header.width, SCREEN_HEADER, (const char (*)[PART_SIZE]) parts,
              3, get_state_text (self));
}

static void
draw_second (const Screen *self)
{
  const Player *player = self->player;
  const ReplayStep *step = &player->step;
  uint64_t n_steps = replay_trace_get_n_steps (player->trace);
  char parts[7][PART_SIZE] = { "" };
  char thread[512];
  char count[16];
  char shown[PART_SIZE] = "";

  if (player->has_step && is_narrow (self))
    player_format_time (player, step->real_ns, 6, parts[0], PART_SIZE);
  if (player->hit > 0)
    snprintf (parts[1], PART_SIZE, "execution %" PRIu64 " of %" PRIu64, player->hit,
              player->n_hits);
  else if (player->has_step && !player->is_measured)
    snprintf (parts[1], PART_SIZE, "execution %s", screen_get_ellipsis ());
  if (player->has_step && !player->in_gap)
    {
      player_format_thread (player, step->thread, thread, sizeof thread);
      snprintf (parts[2], PART_SIZE, "thread %s", thread);
      snprintf (parts[3], PART_SIZE, "depth %" PRIu32, step->depth);
      player_format_duration (player, parts[4], PART_SIZE);
    }
  if (player->in_gap)
    replay_gap_describe (&player->gap, parts[1], PART_SIZE);
  player_format_count (n_steps, count, sizeof count);
  if (player->has_step)
    snprintf (parts[5], PART_SIZE, "step %" PRIu64 " of %s", step->position, count);
  /* Whoever looks at another file is told so. */
  if (player->has_step && player->file != step->file && !player->in_gap)
    snprintf (shown, sizeof shown, "shown: %.200s",
              cli_location_get_file (player->reader, player->file));
  if (player->any_thread)
    snprintf (parts[6], PART_SIZE, "any thread");
  draw_parts (self->header.y + 1, self->header.width, SCREEN_PLAIN,
              (const char (*)[PART_SIZE]) parts, 7, shown);
}

void
screen_header_draw (const Screen *self)
{
  if (self->header.height > 0)
    draw_first (self, self->header.height == 1 || is_narrow (self));
  if (self->header.height > 1)
    draw_second (self);
}
