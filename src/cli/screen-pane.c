// SPDX-License-Identifier: BSD-3-Clause
// A pane: the rows of one list, with a title, a selected row, and what Enter and Delete do on it.
#include <stdio.h>
#include <string.h>

#include "screen-private.h"

#define LIVE_RELOAD_MS      3000 /* a list that costs and changes five times a second can't be used */
#define CELL_SIZE           2048u
#define COLUMNS_FROM_HEIGHT 6

static bool
is_stale (const ScreenPane *pane, const PlayerListClass *klass, const PlayerChanges *now)
{
  if (!pane->is_loaded)
    return true;
  if (klass->is_of_position &&
      (pane->loaded.position != now->position || pane->loaded.look != now->look))
    return true;
  if (klass->is_of_settings && pane->loaded.settings != now->settings)
    return true;
  return klass->is_of_data && pane->loaded.data != now->data &&
         screen_get_now_ms () - pane->loaded_ms > LIVE_RELOAD_MS;
}

/* A list of where one is begins at the row that says so. */
static void
select_current (ScreenPane *pane, bool follow)
{
  if (follow)
    for (size_t i = 0; i < pane->list.n_rows; i++)
      if (pane->list.rows[i].is_current)
        {
          pane->selected = i;
          break;
        }
  if (pane->selected >= pane->list.n_rows)
    pane->selected = pane->list.n_rows > 0 ? pane->list.n_rows - 1 : 0;
}

bool
screen_pane_load (Screen *self, PlayerListKind kind)
{
  ScreenPane *pane = &self->panes[kind];
  const PlayerListClass *klass = player_list_get_class (kind);
  PlayerList list;
  TxError error;
  TxStatus status;

  if (!is_stale (pane, klass, &self->player->changes))
    return false;
  status = player_list_load (self->player, kind, &list, &error);
  if (self->was_put_off)
    {
      if (status == TX_OK)
        player_list_clear (&list);
      return true;
    }
  pane->loaded = self->player->changes;
  pane->loaded_ms = screen_get_now_ms ();
  pane->is_loaded = true;
  if (status == TX_OK)
    {
      if (pane->list.klass)
        player_list_clear (&pane->list);
      pane->list = list;
      select_current (pane, klass->is_of_position && !klass->remove);
    }
  pane->error[0] = '\0';
  if (status == TX_CANCELLED)
    snprintf (pane->error, sizeof pane->error, "cancelled");
  else if (status != TX_OK)
    snprintf (pane->error, sizeof pane->error, "%.190s", error.message);
  return true;
}

/* For what is done with its rows: those that are shown may be of another position. */
static void
load_now (Screen *self, PlayerListKind kind)
{
  screen_begin_work (self);
  (void) screen_pane_load (self, kind);
}

/* ---- Drawing ---- */

static void
draw_title (Screen *self, const ScreenPane *pane, PlayerListKind kind)
{
  const PlayerListClass *klass = player_list_get_class (kind);
  ScreenStyle style = self->focus == (int) kind ? SCREEN_FOCUSED : SCREEN_TITLE;
  bool is_old = is_stale (pane, klass, &self->player->changes);
  char text[400];

  snprintf (text, sizeof text, " %s%s%s%s", klass->title, is_old ? screen_get_ellipsis () : "",
            pane->list.note[0] ? " " : "", pane->list.note);
  screen_put (pane->area.y, pane->area.x, pane->area.width, style, text, false);
}

static void
draw_row (Screen *self,
          const ScreenPane *pane,
          int y,
          const PlayerRow *row,
          const unsigned *widths,
          bool is_selected)
{
  ScreenStyle style = is_selected ? SCREEN_SELECTED : row->is_dim ? SCREEN_DIM : SCREEN_PLAIN;
  ScreenPen pen = {
    .y = y, .x = pane->area.x, .end = pane->area.x + pane->area.width, .style = style
  };
  char text[CELL_SIZE];

  pen.style = row->is_current ? SCREEN_ARROW : style;
  screen_pen_put_symbol (&pen, row->is_current ? "\342\226\266" : " ", row->is_current ? ">" : " ");
  pen.style = style;
  for (size_t i = 0; i < PLAYER_COLUMNS_MAX; i++)
    {
      const PlayerColumn *column = &pane->list.klass->columns[i];

      if (widths[i] == 0)
        continue;
      player_list_format_cell (self->player, column, &row->cells[i], text, sizeof text);
      screen_put (y, pen.x, (int) widths[i], style, text, player_column_is_right (column));
      pen.x += (int) widths[i];
      pen.end = pane->area.x + pane->area.width;
      screen_pen_put_text (&pen, " ");
    }
  screen_pen_fill (&pen, pane->area.x + pane->area.width);
}

/* Rows above the first of the list: the title, and where there is room the columns' titles. */
static int
get_head_height (const ScreenPane *pane)
{
  return pane->area.height >= COLUMNS_FROM_HEIGHT && pane->list.klass &&
                 pane->list.klass->has_titles
             ? 2
             : 1;
}

static void
draw_columns (const ScreenPane *pane, const unsigned *widths)
{
  ScreenPen pen = { .y = pane->area.y + 1,
                    .x = pane->area.x,
                    .end = pane->area.x + pane->area.width,
                    .style = SCREEN_DIM };

  screen_pen_put_text (&pen, " ");
  for (size_t i = 0; i < PLAYER_COLUMNS_MAX; i++)
    if (widths[i] > 0)
      {
        const PlayerColumn *column = &pane->list.klass->columns[i];

        screen_put (pen.y, pen.x, (int) widths[i], SCREEN_DIM, column->title,
                    player_column_is_right (column));
        pen.x += (int) widths[i];
        screen_pen_put_text (&pen, " ");
      }
}

static void
keep_in_sight (ScreenPane *pane)
{
  int head = get_head_height (pane);
  size_t height = pane->area.height > head ? (size_t) (pane->area.height - head) : 1;

  if (pane->selected < pane->top)
    pane->top = pane->selected;
  if (pane->selected >= pane->top + height)
    pane->top = pane->selected - height + 1;
  if (pane->top >= pane->list.n_rows)
    pane->top = 0;
}

void
screen_pane_draw (Screen *self, PlayerListKind kind)
{
  ScreenPane *pane = &self->panes[kind];
  const PlayerListClass *klass = player_list_get_class (kind);
  unsigned widths[PLAYER_COLUMNS_MAX];
  int head;

  if (!pane->is_shown || pane->area.height == 0)
    return;
  player_list_fit (klass, pane->area.width > 1 ? (unsigned) pane->area.width - 1 : 1, widths);
  keep_in_sight (pane);
  head = get_head_height (pane);
  draw_title (self, pane, kind);
  if (head > 1)
    draw_columns (pane, widths);
  for (int row = head; row < pane->area.height; row++)
    {
      size_t index = pane->top + (size_t) (row - head);

      if (!pane->error[0] && index < pane->list.n_rows)
        draw_row (self, pane, pane->area.y + row, &pane->list.rows[index], widths,
                  index == pane->selected && self->focus == (int) kind);
    }
  if (pane->area.height > 1 && pane->is_loaded && (pane->error[0] || pane->list.n_rows == 0))
    {
      ScreenStyle style = pane->error[0] ? SCREEN_ERROR : SCREEN_DIM;
      char text[210];

      snprintf (text, sizeof text, " %s", pane->error[0] ? pane->error : klass->empty);
      screen_put (pane->area.y + 1, pane->area.x, pane->area.width, style, text, false);
    }
}

/* ---- Doing ---- */

void
screen_pane_show (Screen *self, PlayerListKind kind, bool show)
{
  self->panes[kind].is_shown = show;
  self->focus = show ? (int) kind : SCREEN_FOCUS_SOURCE;
  screen_lay_out (self);
}

void
screen_pane_move (Screen *self, PlayerListKind kind, int64_t rows)
{
  ScreenPane *pane = &self->panes[kind];
  int64_t selected, last;

  load_now (self, kind);
  selected = (int64_t) pane->selected + rows;
  last = (int64_t) pane->list.n_rows - 1;
  if (last >= 0)
    pane->selected = (size_t) (selected < 0 ? 0 : selected > last ? last : selected);
}

/* The list is loaded anew by what the row does: only its copy of the figures is used. */
static void
act (Screen *self,
     PlayerListKind kind,
     TxStatus (*function) (Player *, const PlayerRow *, PlayerAnswer *, TxError *))
{
  ScreenPane *pane = &self->panes[kind];
  PlayerAnswer answer = { .kind = PLAYER_ANSWER_POSITION };
  TxError error = { 0 };
  TxStatus status;

  load_now (self, kind);
  if (!function || pane->error[0] || pane->selected >= pane->list.n_rows)
    return;
  screen_begin_work (self);
  self->player->is_following = false;
  status = function (self->player, &pane->list.rows[pane->selected], &answer, &error);
  screen_take_answer (self, status, &answer, &error);
}

void
screen_pane_activate (Screen *self, PlayerListKind kind)
{
  act (self, kind, player_list_get_class (kind)->activate);
}

void
screen_pane_remove (Screen *self, PlayerListKind kind)
{
  act (self, kind, player_list_get_class (kind)->remove);
}

void
screen_pane_click (Screen *self, PlayerListKind kind, int y)
{
  ScreenPane *pane = &self->panes[kind];
  int row;

  load_now (self, kind);
  row = y - pane->area.y - get_head_height (pane);
  self->focus = (int) kind;
  if (row < 0 || pane->top + (size_t) row >= pane->list.n_rows)
    return;
  pane->selected = pane->top + (size_t) row;
  screen_pane_activate (self, kind);
}
