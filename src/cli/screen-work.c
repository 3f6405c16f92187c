// SPDX-License-Identifier: BSD-3-Clause
// Long work. One thread: while something takes long, its progress function draws how far it is and
// looks at the keyboard. What was asked for goes on until Esc cancels it, and other keys wait for
// their turn. What only belongs to the picture gives way to them: little of it is done before the
// picture, the rest when that is there and no key waits.
#include <stdio.h>

#include "screen-private.h"

#define PROGRESS_POLL_MS 50
#define PROGRESS_SHOW_MS 300 /* shorter work is not worth a word */
#define SPARE_POLL_MS    5
#define SPARE_DRAW_MS    50 /* what is known by then is shown */
#define QUICK_MS         2  /* behind a key: nobody sees whether its picture comes so much later */
#define KEY_ESCAPE       27
#define KEY_INTERRUPT    3 /* Ctrl+C */

static void
begin (Screen *self, ScreenWork work)
{
  self->work = work;
  self->work_began_ms = screen_get_now_ms ();
  self->was_cancelled = false;
  self->was_put_off = false;
}

void
screen_begin_work (Screen *self)
{
  begin (self, SCREEN_WORK_COMMAND);
}

static void
draw_progress (const Screen *self, double fraction)
{
  const ScreenArea *area = &self->message_area;
  int bar_width = area->width > 60 ? 40 : area->width / 3;
  int done = (int) (fraction * bar_width);
  ScreenPen pen = {
    .y = area->y, .x = area->x, .end = area->x + area->width, .style = SCREEN_NOTICE
  };
  char text[64];

  screen_pen_put_text (&pen, "[");
  for (int i = 0; i < bar_width; i++)
    screen_pen_put_symbol (&pen, i < done ? "\342\226\210" : "\342\226\221", i < done ? "#" : ".");
  snprintf (text, sizeof text, "] %3d %%  Esc cancels", (int) (fraction * 100));
  screen_pen_put_text (&pen, text);
  screen_pen_fill (&pen, area->x + area->width);
  refresh ();
}

/* Esc cancels what it was offered for, or asked for; a key for which spare work is put off stays
   the only one, since of several clicks curses has the last. */
static void
look_at_keyboard (Screen *self, int64_t now_ms)
{
  bool is_spare = self->work == SCREEN_WORK_SPARE;
  uint32_t key;

  while (!self->was_put_off && (key = screen_take_waiting_key ()) != 0)
    if ((key == KEY_ESCAPE || key == KEY_INTERRUPT) &&
        (!is_spare || now_ms - self->work_began_ms > PROGRESS_SHOW_MS))
      {
        self->was_cancelled = true;
        self->n_pending = 0;
      }
    else
      {
        if (self->n_pending < SCREEN_PENDING_MAX)
          self->pending[self->n_pending++] = key;
        self->was_put_off = is_spare;
      }
}

bool
screen_progress_cb (void *data, double fraction)
{
  Screen *self = data;
  int64_t now_ms = screen_get_now_ms ();
  int64_t poll_ms = self->work == SCREEN_WORK_SPARE ? SPARE_POLL_MS : PROGRESS_POLL_MS;

  if (self->work == SCREEN_WORK_QUICK)
    self->was_put_off |= now_ms - self->work_began_ms >= QUICK_MS;
  if (self->was_cancelled || self->was_put_off)
    return false;
  if (self->work == SCREEN_WORK_QUICK || now_ms - self->polled_ms < poll_ms)
    return true;
  self->polled_ms = now_ms;
  if (now_ms - self->work_began_ms > PROGRESS_SHOW_MS)
    draw_progress (self, fraction < 0 ? 0 : fraction > 1 ? 1 : fraction);
  look_at_keyboard (self, now_ms);
  return !self->was_cancelled && !self->was_put_off;
}

/* ---- What a picture lacks ---- */

static bool
measure (Screen *self)
{
  Player *player = self->player;

  if (player->is_measured || !player->has_step)
    return false;
  player_measure (player);
  if (self->was_put_off)
    player->is_measured = false;
  return true;
}

/* Loads the first thing that is missing or old; false: nothing is. */
static bool
load_next (Screen *self)
{
  if (self->shows_help)
    return false;
  if (screen_source_load (self) || measure (self))
    return true;
  for (int i = 0; i < PLAYER_LISTS; i++)
    if (self->panes[i].is_shown && self->panes[i].area.height > 0 &&
        screen_pane_load (self, (PlayerListKind) i))
      return true;
  return screen_timeline_load (self);
}

void
screen_load_quickly (Screen *self)
{
  begin (self, SCREEN_WORK_QUICK);
  self->work_began_ms = self->woke_ms;
  while (screen_progress_cb (self, 0) && load_next (self))
    ;
}

bool
screen_load_rest (Screen *self)
{
  int64_t began_ms = screen_get_now_ms ();
  bool has_loaded = false;

  while (screen_get_now_ms () - began_ms < SPARE_DRAW_MS)
    {
      begin (self, SCREEN_WORK_SPARE);
      look_at_keyboard (self, self->work_began_ms);
      if (self->was_put_off || self->n_pending > 0 || !load_next (self) || self->was_put_off)
        break;
      has_loaded = true;
    }
  return has_loaded;
}
