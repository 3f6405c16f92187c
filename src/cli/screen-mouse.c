// SPDX-License-Identifier: BSD-3-Clause
// The mouse: what is below it decides what a click or the wheel does.
#include "screen-private.h"

#define WHEEL_LINES 3

static bool
is_within (const ScreenArea *area, const MEVENT *event)
{
  return event->y >= area->y && event->y < area->y + area->height && event->x >= area->x &&
         event->x < area->x + area->width;
}

/* The pane below the mouse; -1: none. */
static int
find_pane (const Screen *self, const MEVENT *event)
{
  for (int i = 0; i < PLAYER_LISTS; i++)
    if (self->panes[i].is_shown && is_within (&self->panes[i].area, event))
      return i;
  return -1;
}

static void
click (Screen *self, const MEVENT *event)
{
  int pane = find_pane (self, event);

  if (pane >= 0)
    screen_pane_click (self, (PlayerListKind) pane, event->y);
  else if (is_within (&self->source.area, event))
    screen_source_click (self, event->y, event->x);
  else if (is_within (&self->timeline.area, event))
    screen_timeline_click (self, event->x);
}

static void
turn_wheel (Screen *self, const MEVENT *event, int lines)
{
  int pane = find_pane (self, event);

  if (pane >= 0)
    screen_pane_move (self, (PlayerListKind) pane, lines);
  else if (is_within (&self->timeline.area, event))
    screen_timeline_zoom (self, lines < 0 ? 1 : -1);
  else
    screen_source_scroll (self, lines);
}

void
screen_take_mouse (Screen *self)
{
  MEVENT event;

  if (getmouse (&event) != OK)
    return;
  if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
    click (self, &event);
  else if (event.bstate & BUTTON4_PRESSED)
    turn_wheel (self, &event, -WHEEL_LINES);
  else if (event.bstate & BUTTON5_PRESSED)
    turn_wheel (self, &event, WHEEL_LINES);
}
