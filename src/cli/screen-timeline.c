// SPDX-License-Identifier: BSD-3-Clause
// The timeline: a lane a thread, call depth over time in block characters; missing stretches; where
// one is; hits of breakpoints; bookmarks; the times at both ends.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-sum.h"
#include "replay/replay-times.h"
#include "screen-private.h"

#define LIVE_RELOAD_MS 1000

void
screen_timeline_clear (ScreenTimeline *self)
{
  replay_timeline_free (self->timeline);
  free (self->marks);
  *self = (ScreenTimeline){ 0 };
}

/* What is shown of the recording's time. */
static bool
get_range (const Screen *self, int64_t *ret_start_ns, int64_t *ret_end_ns)
{
  const ScreenTimeline *timeline = &self->timeline;

  if (!replay_trace_get_range (self->player->trace, ret_start_ns, ret_end_ns))
    return false;
  if (timeline->start_ns < timeline->end_ns)
    {
      *ret_start_ns = timeline->start_ns;
      *ret_end_ns = timeline->end_ns;
    }
  /* An end that is a moment: a step there is to be seen. */
  if (*ret_end_ns <= *ret_start_ns)
    *ret_end_ns = cli_add (*ret_start_ns, 1);
  return true;
}

/* Below the lanes; without an axis the marks have no row of their own. */
static bool
has_marks_row (const ScreenTimeline *timeline)
{
  return timeline->shows_marks && timeline->area.height > 2;
}

static int
get_n_lanes (const ScreenTimeline *timeline)
{
  int height = timeline->area.height - has_marks_row (timeline);

  return height > 1 ? height - 1 : height;
}

static bool
is_stale (const Screen *self)
{
  const ScreenTimeline *timeline = &self->timeline;

  if (timeline->loaded_width != timeline->area.width)
    return true;
  if (timeline->loaded_start_ns != timeline->start_ns ||
      timeline->loaded_end_ns != timeline->end_ns)
    return true;
  return timeline->data != self->player->changes.data &&
         screen_get_now_ms () - timeline->loaded_ms > LIVE_RELOAD_MS;
}

/* A part that is shown goes along with the position. */
static void
keep_in_sight (Screen *self)
{
  ScreenTimeline *timeline = &self->timeline;
  int64_t at_ns = self->player->step.real_ns;
  int64_t length_ns = cli_subtract (timeline->end_ns, timeline->start_ns);
  int64_t first_ns, last_ns;

  if (length_ns == 0 || (at_ns >= timeline->start_ns && at_ns <= timeline->end_ns) ||
      !replay_trace_get_range (self->player->trace, &first_ns, &last_ns))
    return;
  timeline->start_ns = cli_subtract (at_ns, length_ns / 2);
  if (cli_add (timeline->start_ns, length_ns) > last_ns)
    timeline->start_ns = cli_subtract (last_ns, length_ns);
  if (timeline->start_ns < first_ns)
    timeline->start_ns = first_ns;
  timeline->end_ns = cli_add (timeline->start_ns, length_ns);
}

/* Whoever cancels it sees what was there before until something else is to be shown. */
static bool
load_lanes (Screen *self)
{
  ScreenTimeline *timeline = &self->timeline;
  ReplayTimeline *loaded = NULL;
  int64_t start_ns, end_ns;

  if (!is_stale (self) || !get_range (self, &start_ns, &end_ns))
    return false;
  if (replay_timeline_query (self->player->trace, start_ns, end_ns, (size_t) timeline->area.width,
                             SCREEN_LANES_MAX, &self->player->progress, &loaded, NULL) != TX_OK &&
      self->was_put_off)
    return true;
  timeline->data = self->player->changes.data;
  timeline->loaded_ms = screen_get_now_ms ();
  timeline->loaded_start_ns = timeline->start_ns;
  timeline->loaded_end_ns = timeline->end_ns;
  timeline->loaded_width = timeline->area.width;
  if (!loaded)
    return true;
  replay_timeline_free (timeline->timeline);
  timeline->timeline = loaded;
  timeline->has_marks = false;
  return true;
}

/* What is there is of the width that is shown. */
static bool
can_draw (const ScreenTimeline *timeline)
{
  return timeline->area.height > 0 && timeline->timeline &&
         timeline->timeline->n_buckets == (size_t) timeline->area.width;
}

static bool
lacks_marks (const Screen *self)
{
  const ScreenTimeline *timeline = &self->timeline;

  return can_draw (timeline) && timeline->shows_marks &&
         (!timeline->has_marks || timeline->marks_breakpoints != self->player->changes.breakpoints);
}

/* Where breakpoints are hit. Whoever cancels it sees the timeline without. */
static bool
load_marks (Screen *self)
{
  ScreenTimeline *timeline = &self->timeline;
  const ReplayTimeline *known = timeline->timeline;
  bool *marks;

  if (!lacks_marks (self))
    return false;
  marks = reallocarray (timeline->marks, known->n_buckets, sizeof *marks);
  if (!marks)
    {
      timeline->shows_marks = false;
      return false;
    }
  timeline->marks = marks;
  if (replay_timeline_mark_hits (self->player->trace, known, self->player->breakpoints,
                                 &self->player->progress, marks, NULL) != TX_OK)
    memset (marks, 0, known->n_buckets * sizeof *marks);
  timeline->has_marks = !self->was_put_off;
  timeline->marks_breakpoints = self->player->changes.breakpoints;
  return true;
}

bool
screen_timeline_load (Screen *self)
{
  if (self->timeline.area.height <= 0 || self->timeline.area.width <= 0)
    return false;
  keep_in_sight (self);
  return load_lanes (self) || load_marks (self);
}

/* The column of a time; -1: not in sight. */
static int
get_column (const ReplayTimeline *timeline, int64_t time_ns)
{
  double share = (double) cli_subtract (time_ns, timeline->start_real_ns) /
                 (double) cli_subtract (timeline->end_real_ns, timeline->start_real_ns);
  int column = (int) (share * (double) timeline->n_buckets);

  if (time_ns == timeline->end_real_ns)
    return (int) timeline->n_buckets - 1;
  return share < 0 || column >= (int) timeline->n_buckets ? -1 : column;
}

/* ---- Drawing ---- */

static void
draw_bucket (ScreenPen *pen, const ReplayTimelineBucket *bucket, uint32_t depth_max, bool is_here)
{
  static const char *const bars[] = { "\342\226\201", "\342\226\202", "\342\226\203",
                                      "\342\226\204", "\342\226\205", "\342\226\206",
                                      "\342\226\207", "\342\226\210" };
  static const char *const ascii[] = { "_", ".", ".", "-", "-", "=", "=", "#" };
  uint32_t level =
      depth_max == 0 ? 0
                     : (uint32_t) (((uint64_t) bucket->depth_max * 8 + depth_max - 1) / depth_max);

  pen->style = is_here ? SCREEN_HERE : bucket->missing ? SCREEN_GAP : SCREEN_LANE;
  if (bucket->missing)
    screen_pen_put_symbol (pen, "\342\226\222", "x"); /* medium shade */
  else if (level == 0 || bucket->depth_max == 0)
    screen_pen_put_text (pen, is_here && !screen_is_utf8 () ? "|" : " ");
  else
    screen_pen_put_symbol (pen, bars[level > 8 ? 7 : level - 1], ascii[level > 8 ? 7 : level - 1]);
}

static void
draw_lanes (const Screen *self, const ReplayTimeline *known, int here)
{
  const ScreenArea *area = &self->timeline.area;
  int n_lanes = get_n_lanes (&self->timeline);

  for (int i = 0; i < n_lanes && i < (int) known->n_lanes; i++)
    {
      ScreenPen pen = { .y = area->y + i, .x = area->x, .end = area->x + area->width };
      bool is_current = known->n_lanes == 1 || known->lanes[i].thread == self->player->step.thread;

      for (size_t k = 0; k < known->n_buckets; k++)
        draw_bucket (&pen, &known->lanes[i].buckets[k], known->depth_max,
                     (int) k == here && is_current);
    }
}

static void
draw_bookmarks (const Screen *self, const ReplayTimeline *known, int y)
{
  const ReplayBookmarks *bookmarks = self->player->bookmarks;

  for (size_t i = 0; bookmarks && i < replay_bookmarks_get_count (bookmarks); i++)
    {
      int column = get_column (known, replay_bookmarks_get (bookmarks, i)->real_ns);
      ScreenPen pen = { .y = y, .x = column, .end = column + 1, .style = SCREEN_ARROW };

      if (column >= 0)
        screen_pen_put_symbol (&pen, "\342\231\246", "m"); /* diamond */
    }
}

/* In a row of their own, or over the lane where there is no room for one. */
static void
draw_marks (const Screen *self, const ReplayTimeline *known, int here)
{
  const ScreenTimeline *timeline = &self->timeline;
  int y = timeline->area.y + (has_marks_row (timeline) ? get_n_lanes (timeline) : 0);

  for (size_t i = 0; i < known->n_buckets; i++)
    {
      int x = timeline->area.x + (int) i;
      ScreenPen pen = {
        .y = y, .x = x, .end = x + 1, .style = (int) i == here ? SCREEN_HERE : SCREEN_BREAKPOINT
      };

      if (timeline->marks[i])
        screen_pen_put_symbol (&pen, "\342\227\217", "*"); /* as in the margin */
    }
}

/* The times at both ends, bookmarks, and the place below the lanes. */
static void
draw_axis (const Screen *self, const ReplayTimeline *known, int here)
{
  const ScreenArea *area = &self->timeline.area;
  const Player *player = self->player;
  int y = area->y + area->height - 1;
  bool is_whole = self->timeline.start_ns == self->timeline.end_ns;
  char start[REPLAY_TIMES_FORMAT_SIZE];
  char end[REPLAY_TIMES_FORMAT_SIZE];
  char length[REPLAY_TIMES_FORMAT_SIZE];
  char text[3 * REPLAY_TIMES_FORMAT_SIZE];
  ScreenStyle style = self->focus == SCREEN_FOCUS_TIMELINE ? SCREEN_FOCUSED : SCREEN_DIM;
  ScreenPen pen = { .y = y, .x = here, .end = here + 1, .style = SCREEN_HERE };

  player_format_time (player, known->start_real_ns, 3, start, sizeof start);
  player_format_time (player, known->end_real_ns, 3, end, sizeof end);
  replay_times_format_duration (cli_subtract (known->end_real_ns, known->start_real_ns), length,
                                sizeof length);
  screen_put (y, area->x, area->width, style, start, false);
  snprintf (text, sizeof text, "%s%s%s", length, is_whole ? "" : " (0: all)",
            is_stale (self) || lacks_marks (self) ? screen_get_ellipsis () : "");
  if (area->width >= 60)
    {
      int width = screen_get_text_width (text, strlen (text));

      screen_put (y, area->x + area->width / 2 - width / 2, width, style, text, false);
    }
  if (area->width >= 2 * (int) strlen (end) + 2)
    screen_put (y, area->x + area->width - (int) strlen (end), (int) strlen (end), style, end,
                false);
  draw_bookmarks (self, known, y);
  /* Not on a figure of the times; the lanes show the place anyway. */
  if (here >= 0 && (mvinch (y, here) & A_CHARTEXT) == ' ')
    screen_pen_put_symbol (&pen, "\342\226\262", "^");
}

void
screen_timeline_draw (Screen *self)
{
  const ReplayTimeline *known = self->timeline.timeline;
  int here;

  if (!can_draw (&self->timeline))
    {
      const ScreenArea *area = &self->timeline.area;

      if (area->height > 0 && is_stale (self))
        screen_put (area->y + area->height - 1, area->x, area->width, SCREEN_DIM,
                    screen_get_ellipsis (), false);
      return;
    }
  here = self->player->has_step ? get_column (known, self->player->step.real_ns) : -1;
  draw_lanes (self, known, here);
  if (self->timeline.shows_marks && self->timeline.has_marks)
    draw_marks (self, known, here);
  if (self->timeline.area.height > 1)
    draw_axis (self, known, here);
}

/* ---- Doing ---- */

/* @detail: 1 zooms in, -1 out, 0 shows all; what is at the current position stays there. */
void
screen_timeline_zoom (Screen *self, int detail)
{
  ScreenTimeline *timeline = &self->timeline;
  int64_t first_ns, last_ns, start_ns, end_ns, at_ns = self->player->step.real_ns;
  int64_t length_ns;

  if (!replay_trace_get_range (self->player->trace, &first_ns, &last_ns) ||
      !get_range (self, &start_ns, &end_ns))
    return;
  length_ns = cli_subtract (end_ns, start_ns);
  length_ns = detail > 0 ? length_ns / 2 : length_ns > INT64_MAX / 2 ? length_ns : length_ns * 2;
  if (detail == 0 || length_ns >= cli_subtract (last_ns, first_ns))
    {
      timeline->start_ns = timeline->end_ns = 0;
      return;
    }
  if (length_ns < 1000) /* times are not finer */
    length_ns = 1000;
  start_ns = cli_subtract (at_ns, length_ns / 2);
  if (cli_add (start_ns, length_ns) > last_ns)
    start_ns = cli_subtract (last_ns, length_ns);
  if (start_ns < first_ns)
    start_ns = first_ns;
  timeline->start_ns = start_ns;
  timeline->end_ns = cli_add (start_ns, length_ns);
}

void
screen_timeline_click (Screen *self, int x)
{
  const ReplayTimeline *known = self->timeline.timeline;
  PlayerAnswer answer = { .kind = PLAYER_ANSWER_POSITION };
  TxError error = { 0 };
  double share;
  TxStatus status;

  if (!known || known->n_buckets == 0)
    return;
  self->focus = SCREEN_FOCUS_TIMELINE;
  self->player->is_following = false;
  if (x < self->timeline.area.x)
    x = self->timeline.area.x;
  if (x >= self->timeline.area.x + (int) known->n_buckets)
    x = self->timeline.area.x + (int) known->n_buckets - 1;
  /* The middle of the column: its beginning may belong to the one before. */
  share = ((double) (x - self->timeline.area.x) + 0.5) / (double) known->n_buckets;
  screen_begin_work (self);
  status =
      player_go_to_time (self->player,
                         cli_add (known->start_real_ns,
                                  (int64_t) (share * (double) cli_subtract (known->end_real_ns,
                                                                            known->start_real_ns))),
                         &answer, &error);
  screen_take_answer (self, status, &answer, &error);
}
