// SPDX-License-Identifier: BSD-3-Clause
// The terminal, keys, commands, the picture, and the loop around them.
#include "screen-private.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#include "replay/replay-text.h"

#define REFRESH_MS 120  /* of a live recording: what is new is to be seen within 200 */
#define IDLE_MS    1000 /* a change of the size between two calls is seen then */
#define ESCAPE_MS  50

int64_t
screen_get_now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- The terminal ---- */

static SCREEN *terminal; /* curses has one at a time */

TxStatus
screen_open (TxError *error)
{
  const char *name = getenv ("TERM");

  if (!isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO))
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot show the screen: input or output is no terminal (give --command, "
                         "as in --command c)");
  setlocale (LC_CTYPE, "");
  terminal = name && *name ? newterm (NULL, stdout, stdin) : NULL;
  if (!terminal)
    return tx_error_set (
        error, TX_ERROR_INVALID,
        "cannot use the terminal '%.50s': its type is not known here (set TERM, or give --command)",
        name ? name : "");
  if (!cursor_address || tigetflag ("hc") > 0)
    {
      screen_close ();
      return tx_error_set (
          error, TX_ERROR_INVALID,
          "cannot use the terminal '%.50s': it can't move its cursor (set TERM, or give --command)",
          name);
    }
  raw ();
  noecho ();
  nonl ();
  keypad (stdscr, TRUE);
  nodelay (stdscr, TRUE);
  meta (stdscr, TRUE);
  if (!getenv ("ESCDELAY"))
    set_escdelay (ESCAPE_MS);
  screen_mouse_init ();
  screen_draw_init ();
  screen_styles_init ();
  return TX_OK;
}

void
screen_close (void)
{
  if (!terminal)
    return;
  screen_mouse_close ();
  endwin ();
  delscreen (terminal);
  terminal = NULL;
}

/* ---- Keys ---- */

uint32_t
screen_take_waiting_key (void)
{
  wint_t key = 0;
  int result = get_wch (&key);

  return result == KEY_CODE_YES ? SCREEN_KEY_FUNCTION | (uint32_t) key
         : result == OK         ? (uint32_t) key
                                : 0;
}

uint32_t
screen_read_key (Screen *self, int timeout_ms)
{
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
  uint32_t key;

  if (self && self->n_pending > 0)
    {
      key = self->pending[0];
      memmove (self->pending, self->pending + 1, --self->n_pending * sizeof *self->pending);
      return key;
    }
  key = screen_take_waiting_key ();
  if (key != 0)
    return key;
  if (poll (&input, 1, timeout_ms) < 0 && errno != EINTR)
    return SCREEN_KEY_HANGUP;
  key = screen_take_waiting_key ();
  /* A terminal that is gone is always readable, and nothing comes. */
  if (key == 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)))
    return SCREEN_KEY_HANGUP;
  return key;
}

/* ---- Commands ---- */

void
screen_say (Screen *self, bool is_error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  vsnprintf (self->message, sizeof self->message, format, arguments);
  va_end (arguments);
  self->is_error = is_error;
}

void
screen_take_answer (Screen *self, TxStatus status, const PlayerAnswer *answer, const TxError *error)
{
  if (status != TX_OK)
    {
      screen_say (self, status < 0, "%s",
                  status == TX_CANCELLED ? "cancelled: nothing has changed" : error->message);
      return;
    }
  screen_say (self, false, "%s", answer->message);
  switch (answer->kind)
    {
    case PLAYER_ANSWER_LIST:
      screen_pane_show (self, answer->list, true);
      break;
    case PLAYER_ANSWER_HELP:
      self->shows_help = true;
      self->help_top = 0;
      break;
    case PLAYER_ANSWER_QUIT:
      self->quits = true;
      break;
    case PLAYER_ANSWER_POSITION:
    case PLAYER_ANSWER_LOOK:
      self->source.left = 0;
      break;
    case PLAYER_ANSWER_MESSAGE:
    default:
      break;
    }
}

/* Takes in what a live recording has got; one that fails says so and is left as it is. */
static bool
refresh_live (Screen *self)
{
  bool changed = false;
  TxError error = { 0 };
  TxStatus status;

  if (!player_is_live (self->player))
    return false;
  screen_begin_work (self);
  status = player_refresh (self->player, &changed, &error);
  if (status != TX_OK && status != TX_CANCELLED)
    screen_say (self, true, "%s", error.message);
  if (changed && !player_is_live (self->player))
    {
      self->player->is_following = false;
      screen_say (self, false, "the recording has ended");
    }
  return changed || status != TX_OK;
}

void
screen_run_command (Screen *self, const char *command)
{
  PlayerAnswer answer = { 0 };
  TxError error = { 0 };
  TxStatus status;

  /* What was recorded a moment ago is there for a move. */
  refresh_live (self);
  screen_begin_work (self);
  status = player_run (self->player, command, &answer, &error);
  screen_take_answer (self, status, &answer, &error);
}

/* ---- Drawing ---- */

static void
draw_message (const Screen *self)
{
  const ScreenArea *area = &self->message_area;
  bool has_hint = self->message[0] == '\0';
  const char *text =
      has_hint ? "n next  s step  o out  c continue  N S O C back  b break  j jump  : cmd  h help"
               : self->message;

  screen_put (area->y, area->x, area->width,
              has_hint         ? SCREEN_DIM
              : self->is_error ? SCREEN_ERROR
                               : SCREEN_NOTICE,
              text, false);
}

/* A line between the source and the panes at its side. */
static void
draw_divider (const Screen *self)
{
  const ScreenArea *area = &self->source.area;
  int x = area->x + area->width;

  if (x >= COLS)
    return;
  for (int y = area->y; y < area->y + area->height; y++)
    {
      ScreenPen pen = { .y = y, .x = x, .end = x + 1, .style = SCREEN_DIM };

      screen_pen_put_symbol (&pen, "\342\224\202", "|");
    }
}

static void
place_cursor (const Screen *self)
{
  const ScreenSource *source = &self->source;
  int64_t row = (int64_t) self->player->line - source->top + source->n_notes;

  if (self->entry.is_open || self->shows_help)
    return;
  if (self->focus == SCREEN_FOCUS_SOURCE && row >= 0 && row < source->area.height)
    move (source->area.y + (int) row, source->text_x < COLS ? source->text_x : 0);
  else
    move (LINES - 1, COLS - 1);
}

void
screen_draw (Screen *self)
{
  screen_lay_out (self);
  screen_load_quickly (self);
  screen_style_set (SCREEN_PLAIN, false);
  bkgdset (' ');
  erase ();
  if (self->shows_help)
    screen_help_draw (self);
  else
    {
      screen_header_draw (self);
      screen_source_draw (self);
      draw_divider (self);
      for (int i = 0; i < PLAYER_LISTS; i++)
        screen_pane_draw (self, (PlayerListKind) i);
      screen_timeline_draw (self);
    }
  draw_message (self);
  curs_set (self->entry.is_open ? 1 : 0);
  screen_entry_draw (self);
  place_cursor (self);
  refresh ();
}

/* ---- The loop ---- */

static void
run_loop (Screen *self)
{
  int64_t refreshed_ms = 0;
  bool is_stale = true;

  while (!self->quits)
    {
      uint32_t key;

      if (self->woke_ms - refreshed_ms >= REFRESH_MS)
        {
          refreshed_ms = self->woke_ms;
          is_stale |= refresh_live (self);
        }
      if (is_stale)
        screen_draw (self);
      while (screen_load_rest (self))
        screen_draw (self);
      key = screen_read_key (self, player_is_live (self->player) ? REFRESH_MS : IDLE_MS);
      self->woke_ms = screen_get_now_ms ();
      is_stale = key != 0;
      if (key == SCREEN_KEY_HANGUP)
        self->quits = true;
      else if (key != 0)
        screen_take_key (self, key);
      /* Keys that are there already need no picture each. */
      while (!self->quits && self->n_pending == 0 && (key = screen_take_waiting_key ()) != 0)
        screen_take_key (self, key);
    }
}

static void
show_first_panes (Screen *self)
{
  self->panes[PLAYER_LIST_STACK].is_shown = COLS >= 100;
  self->panes[PLAYER_LIST_THREADS].is_shown =
      COLS >= 100 && LINES >= 30 && tx_reader_get_n_threads (self->player->reader) > 1;
  self->panes[PLAYER_LIST_HOTSPOTS].is_shown = COLS >= 100;
}

TxStatus
screen_run (Player *player, const char *message, TxError *error)
{
  Screen *self = calloc (1, sizeof *self);

  if (!self)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot show the screen: out of memory");
  self->player = player;
  self->focus = SCREEN_FOCUS_SOURCE;
  player->progress = (ReplayProgress){ screen_progress_cb, self };
  player->is_utf8 = screen_is_utf8 ();
  if (message)
    screen_say (self, false, "%s", message);
  self->woke_ms = screen_get_now_ms ();
  show_first_panes (self);
  run_loop (self);
  player->progress = (ReplayProgress){ 0 };
  for (int i = 0; i < PLAYER_LISTS; i++)
    player_list_clear (&self->panes[i].list);
  screen_source_clear (&self->source);
  screen_timeline_clear (&self->timeline);
  screen_entry_clear (&self->entry);
  free (self);
  return TX_OK;
}
