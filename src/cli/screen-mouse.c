// SPDX-License-Identifier: BSD-3-Clause
// The mouse: what is below it decides what a click or the wheel does. Pressed on the timeline it
// slides the position along until it is let go.
//
// curses asks terminals for buttons only (mode 1000). Motion while a button is held is mode 1002,
// which curses does not know, so it is switched here, also around what curses does on signals: a
// shell must not get it.
#include "screen-private.h"

#include <signal.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#define WHEEL_LINES 3
#define MOTION_ON   "\033[?1002h"
#define MOTION_OFF  "\033[?1002l"

/* ---- Motion ---- */

static const int signals[] = { SIGTSTP, SIGINT, SIGTERM };
#define N_SIGNALS (sizeof signals / sizeof *signals)

static struct sigaction of_curses[N_SIGNALS];
static volatile sig_atomic_t has_motion;

static void
put (const char *sequence)
{
  (void) !write (STDOUT_FILENO, sequence, strlen (sequence));
}

/* Curses leaves the screen; after SIGTSTP it comes back. */
static void
take_signal (int number)
{
  put (MOTION_OFF);
  for (size_t i = 0; i < N_SIGNALS; i++)
    if (signals[i] == number)
      of_curses[i].sa_handler (number);
  put (MOTION_ON);
}

/* Where curses has a handler, ours is put around it. */
static void
wrap_signals (void)
{
  for (size_t i = 0; i < N_SIGNALS; i++)
    {
      struct sigaction ours;

      if (sigaction (signals[i], NULL, &of_curses[i]) != 0 || of_curses[i].sa_handler == SIG_DFL ||
          of_curses[i].sa_handler == SIG_IGN || of_curses[i].sa_flags & SA_SIGINFO)
        continue;
      ours = of_curses[i];
      ours.sa_handler = take_signal;
      sigaction (signals[i], &ours, NULL);
    }
}

void
screen_mouse_init (void)
{
  const char *begin;

  mouseinterval (0);
  if (mousemask (BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON1_CLICKED | BUTTON4_PRESSED |
                     BUTTON5_PRESSED | REPORT_MOUSE_POSITION,
                 NULL) == 0)
    return;
  /* Only terminals that send the mouse as xterm does know the mode. */
  begin = tigetstr ("kmous");
  if (begin == (char *) -1 || begin == NULL || strncmp (begin, "\033[", 2) != 0)
    return;
  has_motion = true;
  wrap_signals ();
  put (MOTION_ON);
}

void
screen_mouse_close (void)
{
  if (!has_motion)
    return;
  has_motion = false;
  for (size_t i = 0; i < N_SIGNALS; i++)
    if (of_curses[i].sa_handler != SIG_DFL && of_curses[i].sa_handler != SIG_IGN)
      sigaction (signals[i], &of_curses[i], NULL);
  put (MOTION_OFF);
}

/* ---- What is done with it ---- */

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
    {
      self->is_sliding = self->player->is_sliding = true;
      screen_timeline_click (self, event->x);
    }
}

void
screen_mouse_let_go (Screen *self)
{
  self->is_held = false;
  if (!self->is_sliding)
    return;
  self->is_sliding = self->player->is_sliding = false;
  if (self->player->has_step)
    replay_history_visit (self->player->history, self->player->step.position);
}

static void
turn_wheel (Screen *self, const MEVENT *event, int rows)
{
  int pane = find_pane (self, event);

  if (pane >= 0)
    screen_pane_move (self, (PlayerListKind) pane, rows);
  else if (is_within (&self->timeline.area, event))
    screen_timeline_zoom (self, rows < 0 ? 1 : -1);
  else
    screen_source_scroll (self, rows);
}

/* Off the timeline it still slides, as sliders do: up to its ends. Curses loses the press where the
 * terminal sends motion right behind it. */
static void
drag (Screen *self, const MEVENT *event)
{
  if (self->is_sliding)
    screen_timeline_click (self, event->x);
  else if (!self->is_held && is_within (&self->timeline.area, event))
    click (self, event);
  self->is_held = true;
}

void
screen_take_mouse (Screen *self)
{
  MEVENT event;

  if (getmouse (&event) != OK)
    return;
  if (event.bstate & REPORT_MOUSE_POSITION)
    {
      drag (self, &event);
      return;
    }
  if (event.bstate & BUTTON1_RELEASED && self->is_sliding)
    screen_timeline_click (self, event.x);
  screen_mouse_let_go (self);
  self->is_held = event.bstate & BUTTON1_PRESSED;
  if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
    click (self, &event);
  else if (event.bstate & BUTTON4_PRESSED)
    turn_wheel (self, &event, -WHEEL_LINES);
  else if (event.bstate & BUTTON5_PRESSED)
    turn_wheel (self, &event, WHEEL_LINES);
  if (!self->is_held)
    screen_mouse_let_go (self);
}
