// SPDX-License-Identifier: BSD-3-Clause
// The source: margin (breakpoint, arrow, number, count, heat) and coloured text; which part of it
// is shown.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "screen-private.h"

#define SCROLL_OFF 3 /* lines kept in sight around the one looked at */

/* ---- What is known of the lines ---- */

void
screen_source_clear (ScreenSource *self)
{
  free (self->lines);
  free (self->states);
  *self = (ScreenSource){ 0 };
}

static void
take_lines (ScreenSource *self, ReplayFileLine *lines, size_t n_lines)
{
  free (self->lines);
  self->lines = lines;
  self->n_lines = n_lines;
  self->hottest_ns = 0;
  for (size_t i = 0; i < n_lines; i++)
    if (lines[i].self_ns > self->hottest_ns)
      self->hottest_ns = lines[i].self_ns;
}

bool
screen_source_load (Screen *self)
{
  ScreenSource *source = &self->source;
  Player *player = self->player;
  ReplayFileLine *lines = NULL;
  size_t n_lines = 0;

  if (source->area.height <= 0 ||
      (source->has_lines && source->file == player->file && source->data == player->changes.data))
    return false;
  if (player->file != 0 && replay_trace_dup_file_lines (player->trace, player->file, &lines,
                                                        &n_lines, &player->progress, NULL) != TX_OK)
    {
      if (self->was_put_off)
        return true;
      n_lines = 0;
    }
  take_lines (source, lines, n_lines);
  source->file = player->file;
  source->data = player->changes.data;
  source->has_lines = true;
  return true;
}

/* Also of a file whose source was not recorded: as far as lines are known. */
uint32_t
screen_source_get_n_lines (const Screen *self)
{
  const ScreenSource *source = &self->source;
  size_t n_lines = cli_sources_get_n_lines (self->player->sources, self->player->file);
  uint32_t known = source->n_lines > 0 ? source->lines[source->n_lines - 1].line : 0;

  if (n_lines == 0 && self->player->line > known)
    known = self->player->line;
  return n_lines > 0 ? (uint32_t) n_lines : known;
}

/* ---- Which part is shown ---- */

/* When the line looked at has changed, it comes into sight: near the top third where it was far. */
static void
scroll_to_look (Screen *self)
{
  ScreenSource *source = &self->source;
  uint32_t line = self->player->line > 0 ? self->player->line : 1;
  int rows = source->area.height - source->n_notes;
  uint32_t height = rows > 0 ? (uint32_t) rows : 1;
  uint32_t off = height > 4 * SCROLL_OFF ? SCROLL_OFF : height / 4;
  uint32_t n_lines = screen_source_get_n_lines (self);

  if (source->top == 0)
    source->top = 1;
  if (source->look != self->player->changes.look || source->scrolled_height != source->area.height)
    {
      if (line < source->top + off && line + height > source->top && source->top > 1)
        source->top = line > off ? line - off : 1;
      else if (line >= source->top + height - off && line < source->top + 2 * height)
        source->top = line - (height - off) + 1;
      if (line < source->top || line >= source->top + height)
        source->top = line > height / 3 ? line - height / 3 : 1;
      source->look = self->player->changes.look;
      source->scrolled_height = source->area.height;
    }
  if (n_lines > 0 && source->top > n_lines)
    source->top = n_lines;
}

void
screen_source_scroll (Screen *self, int64_t lines)
{
  int64_t n_lines = screen_source_get_n_lines (self);
  int64_t last = n_lines > self->source.area.height ? n_lines - self->source.area.height + 1 : 1;
  int64_t top = (int64_t) self->source.top + lines;

  self->source.top = (uint32_t) (top < 1 ? 1 : top > last ? last : top);
}

void
screen_source_move (Screen *self, int64_t lines)
{
  int64_t n_lines = screen_source_get_n_lines (self);
  int64_t line = (int64_t) self->player->line + lines;

  if (n_lines == 0)
    return;
  player_look_at (self->player, self->player->file,
                  (uint32_t) (line < 1         ? 1
                              : line > n_lines ? n_lines
                                               : line));
}

void
screen_source_click (Screen *self, int y, int x)
{
  ScreenSource *source = &self->source;
  uint32_t line = source->top + (uint32_t) (y - source->area.y - source->n_notes);

  if (y < source->area.y + source->n_notes || line > screen_source_get_n_lines (self))
    return;
  self->focus = SCREEN_FOCUS_SOURCE;
  player_look_at (self->player, self->player->file, line);
  source->look = self->player->changes.look; /* what one clicks on stays where it is */
  if (x < source->text_x)
    screen_run_command (self, "b");
}

/* ---- Drawing ---- */

static int
count_digits (uint32_t number)
{
  int digits = 1;

  while (number >= 10)
    {
      number /= 10;
      digits++;
    }
  return digits;
}

static bool
has_source (const Player *player)
{
  return cli_sources_get_n_lines (player->sources, player->file) > 0;
}

static bool
is_younger (const Player *player)
{
  const TxFile *file = player->file ? tx_reader_get_file (player->reader, player->file) : NULL;

  return file && file->is_source_younger;
}

/* Why there is no text, or what one has to know of it. */
static void
draw_note (Screen *self, int row)
{
  const ScreenArea *area = &self->source.area;
  const Player *player = self->player;
  char text[700];

  if (!player->has_step)
    snprintf (text, sizeof text, "  Nothing was recorded yet.");
  else if (player->file == 0)
    snprintf (text, sizeof text, "  The file of this line is not known.");
  else if (has_source (player))
    snprintf (text, sizeof text,
              "  This text may be younger than what ran: the file was changed after the program "
              "had started.");
  else
    snprintf (text, sizeof text, "  The source of %.500s was not recorded.",
              cli_location_get_file (player->reader, player->file));
  if (player->in_gap)
    {
      replay_gap_describe (&player->gap, text + 2, sizeof text - 2);
      text[0] = text[1] = ' ';
    }
  if (row < area->height)
    screen_put (area->y + row, area->x, area->width, SCREEN_NOTICE, text, false);
}

void
screen_source_draw (Screen *self)
{
  ScreenSource *source = &self->source;
  uint32_t n_lines;
  int first;

  if (source->area.height <= 0)
    return;
  if (source->file != self->player->file) /* those of another file say nothing of this one */
    {
      take_lines (source, NULL, 0);
      source->has_lines = false;
    }
  n_lines = screen_source_get_n_lines (self);
  first = self->player->in_gap || !has_source (self->player) || is_younger (self->player);
  source->n_notes = first;
  scroll_to_look (self);
  if (first > 0)
    draw_note (self, 0);
  for (int row = first; row < source->area.height; row++)
    {
      uint32_t line = source->top + (uint32_t) (row - first);

      if (line <= n_lines)
        screen_source_draw_line (self, row, line,
                                 count_digits (n_lines) < 3 ? 3 : count_digits (n_lines));
    }
}
