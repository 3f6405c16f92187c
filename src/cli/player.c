// SPDX-License-Identifier: BSD-3-Clause
// Player: the position and what belongs to it, the live recording, names and times.
#include "player.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-text.h"
#include "replay/replay-times.h"

void
player_answer_say (PlayerAnswer *self, const char *format, ...)
{
  size_t used = strlen (self->message);
  va_list arguments;

  if (used > 0 && used + 2 < sizeof self->message)
    {
      strcpy (self->message + used, "; ");
      used += 2;
    }
  va_start (arguments, format);
  vsnprintf (self->message + used, sizeof self->message - used, format, arguments);
  va_end (arguments);
}

static char *
dup_name (const TxReader *reader)
{
  const char *directory = tx_reader_get_directory (reader);
  const char *slash = strrchr (directory, '/');
  const char *name = slash && slash[1] ? slash + 1 : directory;
  size_t size = strlen (name) + 1;
  char *clean = malloc (size);

  if (clean)
    replay_text_sanitize (name, size - 1, clean, size);
  return clean;
}

Player *
player_new (ReplayTrace *trace, TxError *error)
{
  Player *self = calloc (1, sizeof *self);

  if (!self)
    {
      replay_trace_close (trace);
      goto no_memory;
    }
  self->trace = trace;
  self->reader = replay_trace_get_reader (trace);
  self->name = dup_name (self->reader);
  self->breakpoints = replay_breakpoints_new ();
  self->history = replay_history_new ();
  self->sources = cli_sources_new (self->reader);
  if (!self->name || !self->breakpoints || !self->history || !self->sources)
    goto no_memory;
  self->bookmarks = replay_bookmarks_open (trace, NULL, &self->bookmarks_error);
  player_set_zone (self, PLAYER_ZONE_LOCAL);
  if (replay_trace_get_n_steps (trace) > 0 && player_go_to (self, 0, NULL, error) != TX_OK)
    {
      player_free (self);
      return NULL;
    }
  return self;

no_memory:
  player_free (self);
  tx_error_set (error, TX_ERROR_MEMORY, "cannot replay: out of memory");
  return NULL;
}

void
player_free (Player *self)
{
  if (!self)
    return;
  cli_sources_free (self->sources);
  replay_bookmarks_close (self->bookmarks);
  replay_history_free (self->history);
  replay_breakpoints_free (self->breakpoints);
  replay_zone_free (self->zone);
  replay_trace_close (self->trace);
  free (self->name);
  free (self);
}

/* ---- The position ---- */

/* A position in a missing stretch is one, too: it has a number and a time, and no line. */
static TxStatus
find_step (Player *self,
           ReplayPosition position,
           ReplayStep *ret_step,
           ReplayGap *ret_gap,
           bool *ret_in_gap,
           TxError *error)
{
  TxStatus status = replay_trace_get_step (self->trace, position, ret_step, error);

  *ret_in_gap = false;
  if (status != TX_ERROR_GAP && status != TX_ERROR_DAMAGED)
    return status;
  if (replay_trace_get_gap (self->trace, position, ret_gap, NULL) != TX_OK)
    return status;
  *ret_in_gap = true;
  *ret_step =
      (ReplayStep){ .position = position,
                    .real_ns = ret_gap->has_times ? ret_gap->from_real_ns : self->step.real_ns,
                    .duration_ns = -1 };
  return TX_OK;
}

void
player_measure (Player *self)
{
  uint64_t hit, n_hits;
  ReplayDuration duration;

  if (self->is_measured || !self->has_step)
    return;
  self->is_measured = true;
  if (self->in_gap)
    return;
  if (replay_hits_index (self->trace, self->step.position, &self->progress, &hit, &n_hits, NULL) ==
      TX_OK)
    {
      self->hit = hit;
      self->n_hits = n_hits;
    }
  if (self->step.duration_ns < 0 &&
      replay_trace_get_duration (self->trace, self->step.position, &self->progress, &duration,
                                 NULL) == TX_OK)
    self->duration = duration;
}

/* What is known of a step at once. */
static void
forget_measures (Player *self)
{
  self->is_measured = false;
  self->hit = self->n_hits = 0;
  self->duration = (ReplayDuration){ .duration_ns = self->step.duration_ns,
                                     .error_ns = self->step.duration_error_ns };
}

TxStatus
player_go_to (Player *self, ReplayPosition position, PlayerAnswer *answer, TxError *error)
{
  ReplayStep step;
  ReplayGap gap = { 0 };
  bool in_gap;
  char text[256];
  TxStatus status = find_step (self, position, &step, &gap, &in_gap, error);

  if (status != TX_OK)
    return status;
  self->step = step;
  self->has_step = true;
  self->in_gap = in_gap;
  self->gap = gap;
  self->depth = step.depth;
  forget_measures (self);
  /* The positions of a growing end, and those that one slides over, are not visited by anybody. */
  if (!self->is_following && !self->is_sliding)
    replay_history_visit (self->history, step.position);
  if (!in_gap)
    player_look_at (self, step.file, step.line);
  self->changes.position++;
  if (in_gap && answer)
    {
      replay_gap_describe (&gap, text, sizeof text);
      player_answer_say (answer, "%s", text);
    }
  return TX_OK;
}

void
player_look_at (Player *self, TxFileId file, uint32_t line)
{
  self->file = file;
  self->line = line;
  self->changes.look++;
}

/* ---- Live ---- */

bool
player_is_live (const Player *self)
{
  return tx_reader_get_state (self->reader) == TX_STATE_RECORDING;
}

/* Files and their sources may have come. */
static TxStatus
renew_sources (Player *self, TxError *error)
{
  CliSources *sources = cli_sources_new (self->reader);

  if (!sources)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot read sources: out of memory");
  cli_sources_free (self->sources);
  self->sources = sources;
  return TX_OK;
}

TxStatus
player_refresh (Player *self, bool *ret_changed, TxError *error)
{
  size_t n_files = tx_reader_get_n_files (self->reader);
  uint64_t n_steps = replay_trace_get_n_steps (self->trace);
  TxReaderState state = tx_reader_get_state (self->reader);
  TxStatus status = replay_trace_refresh (self->trace, ret_changed, error);

  if (status != TX_OK)
    return status;
  *ret_changed |= state != tx_reader_get_state (self->reader);
  if (!*ret_changed)
    return TX_OK;
  self->changes.data++;
  if (tx_reader_get_n_files (self->reader) != n_files)
    status = renew_sources (self, error);
  player_set_zone (self, self->zone_kind);
  n_steps = replay_trace_get_n_steps (self->trace) - n_steps;
  if (status != TX_OK || n_steps == 0)
    return status;
  if (self->is_following)
    return player_go_to (self, replay_trace_get_n_steps (self->trace) - 1, NULL, error);
  if (!self->has_step)
    return player_go_to (self, 0, NULL, error);
  self->is_measured =
      false; /* of the line's executions there may be more, and the step may have ended */
  return TX_OK;
}

/* ---- Times and names ---- */

void
player_set_zone (Player *self, PlayerZone kind)
{
  const char *name = tx_reader_get_info (self->reader, "zone");
  int64_t start_ns = 0, end_ns = 0;

  replay_zone_free (self->zone);
  self->zone = NULL;
  if (kind == PLAYER_ZONE_RECORDER && name)
    self->zone = replay_zone_new_named (name);
  if (!self->zone)
    self->zone = kind == PLAYER_ZONE_UTC ? replay_zone_new_utc () : replay_zone_new_local ();
  self->zone_kind = kind;
  replay_trace_get_range (self->trace, &start_ns, &end_ns);
  self->shows_date = replay_times_need_date (start_ns, end_ns, self->zone);
  self->changes.settings++;
}

void
player_format_time (
    const Player *self, int64_t time_ns, unsigned digits, char *ret_text, size_t size)
{
  replay_times_format (time_ns, self->zone, self->shows_date ? REPLAY_TIMES_WITH_DATE : 0, digits,
                       ret_text, size);
}

void
player_format_bound (const Player *self, uint32_t error_ns, char *ret_text, size_t size)
{
  if (error_ns == 0)
    {
      snprintf (ret_text, size, "exact");
      return;
    }
  snprintf (ret_text, size, "%s", self->is_utf8 ? "\302\261" : "+-");
  if (size > 2) /* both are two bytes */
    replay_times_format_duration (error_ns, ret_text + 2, size - 2);
}

void
player_format_duration (const Player *self, char *ret_text, size_t size)
{
  char duration[REPLAY_TIMES_FORMAT_SIZE];
  char bound[REPLAY_TIMES_FORMAT_SIZE];

  ret_text[0] = '\0';
  if (self->duration.duration_ns < 0)
    return;
  replay_times_format_duration (self->duration.duration_ns, duration, sizeof duration);
  player_format_bound (self, self->duration.error_ns, bound, sizeof bound);
  snprintf (ret_text, size, "%s %s%s%s%s", self->duration.is_open ? "still runs after" : "lasts",
            duration, self->duration.error_ns > 0 ? " " : "",
            self->duration.error_ns > 0 ? bound : "", self->duration.over_gap ? " over a gap" : "");
}

const char *
player_get_function_name (const Player *self, TxFunctionId id)
{
  const TxFunction *function = id ? tx_reader_get_function (self->reader, id) : NULL;

  return function && function->name[0] ? function->name : "?";
}

void
player_format_thread (const Player *self, TxThreadId id, char *ret_text, size_t size)
{
  const TxThreadInfo *thread = id ? tx_reader_get_thread (self->reader, id) : NULL;

  if (thread && thread->name && thread->name[0])
    snprintf (ret_text, size, "%u %s", id, thread->name);
  else
    snprintf (ret_text, size, "%u", id);
}
