// SPDX-License-Identifier: BSD-3-Clause
// Who gets which rows and columns. Small screens lose the timeline first, then panes, then the
// header.
#include "screen-private.h"

#define SIDE_FROM_WIDTH   100
#define SIDE_WIDTH_MIN    40
#define SIDE_WIDTH_MAX    76
#define PANE_HEIGHT_MIN   4 /* with its title */
#define SOURCE_HEIGHT_MIN 5

static int
clamp (int value, int low, int high)
{
  return value < low ? low : value > high ? high : value;
}

static bool
has_breakpoints (const Player *player)
{
  for (size_t i = 0; i < replay_breakpoints_get_count (player->breakpoints); i++)
    if (replay_breakpoints_get (player->breakpoints, i)->enabled)
      return true;
  return false;
}

/* Rows of the timeline: lanes, one with hits of breakpoints, and one with the times. */
static int
get_timeline_height (const Screen *self, int rows)
{
  int n_threads = (int) tx_reader_get_n_threads (self->player->reader);
  int most = rows >= 40 ? (int) SCREEN_LANES_MAX : rows >= 30 ? 3 : rows >= 20 ? 2 : 1;

  if (rows < 10)
    return 0;
  return clamp (n_threads, 1, most) + (rows >= 12 ? 1 + self->timeline.shows_marks : 0);
}

static int
count_shown (const Screen *self)
{
  int n = 0;

  for (int i = 0; i < PLAYER_LISTS; i++)
    n += self->panes[i].is_shown;
  return n;
}

/* A pane in @area for each that is wanted, as many as fit; the one with the focus always. */
static void
lay_out_panes (Screen *self, ScreenArea area)
{
  static const int weights[PLAYER_LISTS] = {
    [PLAYER_LIST_STACK] = 3,       [PLAYER_LIST_THREADS] = 2,   [PLAYER_LIST_HOTSPOTS] = 5,
    [PLAYER_LIST_BREAKPOINTS] = 2, [PLAYER_LIST_BOOKMARKS] = 2, [PLAYER_LIST_FILES] = 3,
    [PLAYER_LIST_INFO] = 4,
  };
  int n_fit = area.height / PANE_HEIGHT_MIN;
  int n_left = count_shown (self);
  int n_shown = 0;

  bool fits[PLAYER_LISTS] = { false };
  int weight = 0;

  if (n_fit == 0)
    n_fit = area.height > 1;
  n_left = n_left < n_fit ? n_left : n_fit;
  for (int i = 0; i < PLAYER_LISTS; i++)
    {
      bool waits_for_focus = n_left == 1 && self->focus > i && self->panes[self->focus].is_shown;

      self->panes[i].area = (ScreenArea){ 0 };
      fits[i] = self->panes[i].is_shown && n_left > 0 && !waits_for_focus;
      n_left -= fits[i];
      weight += fits[i] ? weights[i] : 0;
      n_shown += fits[i];
    }
  for (int i = 0; i < PLAYER_LISTS; i++)
    if (fits[i])
      {
        int height = n_shown == 1 ? area.height : area.height * weights[i] / weight;

        if (n_shown > 1)
          height = clamp (height, PANE_HEIGHT_MIN, area.height - (n_shown - 1) * PANE_HEIGHT_MIN);
        self->panes[i].area = (ScreenArea){ area.y, area.x, height, area.width };
        area.y += height;
        area.height -= height;
        weight -= weights[i];
        n_shown--;
      }
}

void
screen_lay_out (Screen *self)
{
  int rows = LINES, columns = COLS;
  int header_height = rows >= 12 ? 2 : rows >= 3 ? 1 : 0;
  int n_panes = count_shown (self);
  int timeline_height, middle;
  ScreenArea source = { header_height, 0, 0, columns };
  ScreenArea side = { header_height, 0, 0, 0 };

  self->timeline.shows_marks = has_breakpoints (self->player);
  timeline_height = get_timeline_height (self, rows);
  middle = rows - header_height - timeline_height - 1;
  source.height = middle > 0 ? middle : 0;
  self->header = (ScreenArea){ 0, 0, header_height, columns };
  self->message_area = (ScreenArea){ rows - 1, 0, 1, columns };
  self->timeline.area = (ScreenArea){ rows - 1 - timeline_height, 0, timeline_height, columns };
  if (n_panes > 0 && columns >= SIDE_FROM_WIDTH)
    {
      side.width = clamp (columns * 2 / 5, SIDE_WIDTH_MIN, SIDE_WIDTH_MAX);
      side.x = columns - side.width;
      side.height = source.height;
      source.width -= side.width + 1;
    }
  else if (n_panes > 0 && source.height >= SOURCE_HEIGHT_MIN + 2)
    {
      side.height = clamp (n_panes * 6, 2, source.height - SOURCE_HEIGHT_MIN);
      side.height = n_panes == 1 ? clamp (side.height, 2, source.height * 2 / 5 + 1)
                                 : clamp (side.height, 2, source.height / 2 + 1);
      side.width = columns;
      source.height -= side.height;
      side.y = source.y + source.height;
    }
  else if (n_panes > 0 && self->focus >= 0)
    {
      /* Too small for both: what has the focus. */
      side = source;
      source.height = 0;
    }
  self->source.area = source;
  lay_out_panes (self, side);
}
