// SPDX-License-Identifier: BSD-3-Clause
// One line of the source: margin (breakpoint, arrow, number, count, heat) and coloured text.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player-format.h"
#include "screen-private.h"

#define COUNT_WIDTH      5
#define COUNT_FROM_WIDTH 44 /* narrower ones show no counts */
#define LINE_SIZE_MAX    65536u

static const ReplayFileLine *
find_line (const ScreenSource *source, uint32_t line)
{
  size_t low = 0, high = source->n_lines;

  while (low < high)
    {
      size_t middle = (low + high) / 2;

      if (source->lines[middle].line == line)
        return &source->lines[middle];
      if (source->lines[middle].line < line)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

/* What is open at the beginning of @line; the lines before are read once. */
static PythonState
get_state (Screen *self, uint32_t line)
{
  ScreenSource *source = &self->source;
  Player *player = self->player;
  static const PythonState nothing = { 0 };

  if (source->states_file != player->file)
    source->n_states = 0;
  source->states_file = player->file;
  while (source->n_states < line)
    {
      PythonState state = source->n_states > 0 ? source->states[source->n_states - 1] : nothing;
      char *text;
      uint8_t *kinds;
      size_t length;

      if (source->n_states == source->states_capacity)
        {
          size_t capacity = source->states_capacity ? 2 * source->states_capacity : 1024;
          PythonState *states = reallocarray (source->states, capacity, sizeof *states);

          if (!states)
            return nothing;
          source->states = states;
          source->states_capacity = capacity;
        }
      if (source->n_states > 0)
        {
          text = cli_sources_dup_whole_line (player->sources, player->file,
                                             (uint32_t) source->n_states);
          length = text ? strlen (text) : 0;
          kinds = malloc (length + 1);
          if (kinds && text)
            python_colour_line (&state, text, length, kinds);
          free (text);
          free (kinds);
        }
      source->states[source->n_states++] = state;
    }
  return source->states[line - 1];
}

/* ---- The margin ---- */

static void
draw_breakpoint (ScreenPen *pen, const Player *player, uint32_t line)
{
  const ReplayBreakpoint *breakpoint =
      replay_breakpoints_find (player->breakpoints, player->file, line);

  pen->style = SCREEN_BREAKPOINT;
  if (!breakpoint)
    screen_pen_put_text (pen, " ");
  else if (breakpoint->enabled)
    screen_pen_put_symbol (pen, "\342\227\217", "*"); /* black circle */
  else
    screen_pen_put_symbol (pen, "\342\227\213", "o"); /* white circle */
}

/* How much of the file's time the line had for itself: 0 .. 8; the root brings small shares into
 * sight. */
static unsigned
get_heat (const ScreenSource *source, const ReplayFileLine *known)
{
  if (!known || source->hottest_ns == 0 || known->self_ns == 0)
    return 0;
  return (unsigned) lround (8 * sqrt ((double) known->self_ns / (double) source->hottest_ns));
}

static void
draw_heat (ScreenPen *pen, unsigned heat)
{
  static const char *const bars[] = { " ",
                                      "\342\226\201",
                                      "\342\226\202",
                                      "\342\226\203",
                                      "\342\226\204",
                                      "\342\226\205",
                                      "\342\226\206",
                                      "\342\226\207",
                                      "\342\226\210" };
  static const char *const ascii[] = { " ", ".", ".", ":", ":", "+", "+", "#", "#" };

  pen->style = heat >= 6 ? SCREEN_HOT_3 : heat >= 3 ? SCREEN_HOT_2 : SCREEN_HOT_1;
  screen_pen_put_symbol (pen, bars[heat], ascii[heat]);
}

static void
draw_margin (Screen *self, ScreenPen *pen, uint32_t line, int digits)
{
  const Player *player = self->player;
  const ReplayFileLine *known = find_line (&self->source, line);
  bool is_here = player->has_step && !player->in_gap && player->file == player->step.file &&
                 line == player->step.line;
  char text[32];

  draw_breakpoint (pen, player, line);
  pen->style = SCREEN_ARROW;
  if (is_here && player->depth == player->step.depth)
    screen_pen_put_symbol (pen, "\342\226\266", ">");
  else if (player->depth != player->step.depth && line == player->line && player->has_step)
    screen_pen_put_symbol (pen, "\342\226\267", "^"); /* the frame looked at */
  else
    screen_pen_put_text (pen, " ");
  snprintf (text, sizeof text, "%*" PRIu32, digits, line);
  pen->style = line == player->line ? SCREEN_SELECTED : SCREEN_DIM;
  screen_pen_put_text (pen, text);
  if (self->source.area.width >= COUNT_FROM_WIDTH)
    {
      text[0] = '\0';
      if (known && known->state == REPLAY_LINE_RAN)
        player_format_count (known->hits, text, sizeof text);
      pen->style = SCREEN_PLAIN;
      screen_pen_fill (pen, pen->x + 1 + COUNT_WIDTH - (int) strlen (text));
      pen->end = self->source.area.x + self->source.area.width;
      screen_pen_put_text (pen, text);
    }
  draw_heat (pen, get_heat (&self->source, known));
  pen->style = SCREEN_DIM;
  screen_pen_put_symbol (pen, "\342\224\202", "|");
}

/* ---- The text ---- */

static const ScreenStyle styles_of_kinds[PYTHON_KINDS] = {
  [PYTHON_PLAIN] = SCREEN_PLAIN,     [PYTHON_KEYWORD] = SCREEN_KEYWORD,
  [PYTHON_STRING] = SCREEN_STRING,   [PYTHON_COMMENT] = SCREEN_COMMENT,
  [PYTHON_NUMBER] = SCREEN_NUMBER,   [PYTHON_DECORATOR] = SCREEN_DECORATOR,
  [PYTHON_DEFINED] = SCREEN_DEFINED,
};

/* Styles take the place of the kinds; where the text searched for is, its own. */
static void
mark_matches (const Player *player, const char *text, uint8_t *styles)
{
  size_t length = strlen (player->search);

  if (length == 0)
    return;
  for (const char *at = text; (at = player_find_text (at, player->search)) != NULL; at += length)
    memset (styles + (at - text), SCREEN_MATCH, length);
}

static void
draw_text (Screen *self, ScreenPen *pen, uint32_t line, bool is_dim)
{
  Player *player = self->player;
  PythonState state = get_state (self, line);
  char *text = cli_sources_dup_whole_line (player->sources, player->file, line);
  size_t length = text ? strlen (text) : 0;
  uint8_t *styles = malloc (length + 1);

  if (length > LINE_SIZE_MAX)
    length = LINE_SIZE_MAX;
  if (text && styles)
    {
      text[length] = '\0';
      python_colour_line (&state, text, length, styles);
      for (size_t i = 0; i < length; i++)
        styles[i] = (uint8_t) (is_dim ? SCREEN_DIM : styles_of_kinds[styles[i]]);
      mark_matches (player, text, styles);
      pen->skip = self->source.left;
      pen->column = 0;
      for (size_t start = 0, end; start < length; start = end)
        {
          for (end = start + 1; end < length && styles[end] == styles[start]; end++)
            ;
          pen->style = (ScreenStyle) styles[start];
          screen_pen_put (pen, text + start, end - start);
        }
    }
  free (text);
  free (styles);
}

void
screen_source_draw_line (Screen *self, int row, uint32_t line, int digits)
{
  const ScreenArea *area = &self->source.area;
  const Player *player = self->player;
  int end = area->x + area->width;
  ScreenPen pen = { .y = area->y + row, .x = area->x, .end = end };
  const ReplayFileLine *known = find_line (&self->source, line);
  bool is_here = player->has_step && !player->in_gap && player->file == player->step.file &&
                 line == player->step.line;

  pen.on_current = is_here;
  draw_margin (self, &pen, line, digits);
  self->source.text_x = pen.x;
  draw_text (self, &pen, line, known && known->state == REPLAY_LINE_NEVER_RAN);
  pen.style = SCREEN_PLAIN;
  screen_pen_fill (&pen, end);
}
