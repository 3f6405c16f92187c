// SPDX-License-Identifier: BSD-3-Clause
// From what people say to places: locations, times, threads, frames, texts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "player.h"
#include "replay/replay-spec.h"

#define FRAMES_MAX 4096u

static TxStatus
find_file (const Player *self, const char *name, size_t length, TxFileId *ret_file, TxError *error)
{
  char *copy = strndup (name, length);
  size_t n_found = copy ? replay_trace_find_file (self->trace, copy, ret_file) : 0;

  free (copy);
  if (n_found == 1)
    return TX_OK;
  if (n_found > 1)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot choose '%.*s': %zu files end so (give more of the path)",
                         (int) (length < 200 ? length : 200), name, n_found);
  return tx_error_set (error, TX_ERROR_INVALID, "cannot find '%.*s': no such file was recorded",
                       (int) (length < 200 ? length : 200), name);
}

/* Digits only: a line's number. 0 where it is none. */
static uint32_t
parse_line (const char *text)
{
  unsigned long number = 0;

  for (; *text >= '0' && *text <= '9' && number <= UINT32_MAX; text++)
    number = 10 * number + (unsigned long) (*text - '0');
  return *text == '\0' && number <= UINT32_MAX ? (uint32_t) number : 0;
}

TxStatus
player_find_location (
    const Player *self, const char *text, TxFileId *ret_file, uint32_t *ret_line, TxError *error)
{
  const char *colon = strrchr (text, ':');
  TxStatus status;

  if (parse_line (text) > 0)
    {
      if (self->file == 0)
        return tx_error_set (error, TX_ERROR_INVALID, "cannot use line %s: no file is shown", text);
      *ret_file = self->file;
      *ret_line = parse_line (text);
      return TX_OK;
    }
  if (colon && parse_line (colon + 1) > 0)
    {
      status = find_file (self, text, (size_t) (colon - text), ret_file, error);
      if (status == TX_OK)
        *ret_line = parse_line (colon + 1);
      return status;
    }
  status = find_file (self, text, strlen (text), ret_file, error);
  if (status == TX_OK)
    *ret_line = 0;
  return status;
}

/* ---- Times and threads ---- */

TxStatus
player_jump (Player *self, const char *text, PlayerAnswer *answer, TxError *error)
{
  ReplaySpecContext context = { .current =
                                    self->has_step ? self->step.position : REPLAY_POSITION_NONE,
                                .file = self->file,
                                .zone = self->zone,
                                .bookmarks = self->bookmarks };
  ReplaySpec spec;
  TxStatus status =
      replay_spec_resolve (self->trace, text, &context, &self->progress, &spec, error);

  if (status != TX_OK)
    return status;
  if (spec.note[0])
    player_answer_say (answer, "%s", spec.note);
  answer->stop = "arrived";
  return player_go_to (self, spec.from.position, answer, error);
}

TxStatus
player_go_to_time (Player *self, int64_t real_ns, PlayerAnswer *answer, TxError *error)
{
  ReplayPosition position;
  int64_t start_ns, end_ns;
  TxStatus status;

  if (!replay_trace_get_range (self->trace, &start_ns, &end_ns))
    return tx_error_set (error, TX_END, "cannot go to a time: nothing was recorded");
  answer->stop = real_ns < start_ns ? "start" : real_ns > end_ns ? "end" : "arrived";
  if (real_ns < start_ns || real_ns > end_ns)
    player_answer_say (answer, "this is the %s of the recording",
                       real_ns < start_ns ? "start" : "end");
  status = replay_trace_seek_time (self->trace, real_ns, &position, error);
  return status == TX_OK ? player_go_to (self, position, answer, error) : status;
}

TxStatus
player_go_to_thread (Player *self, TxThreadId thread, PlayerAnswer *answer, TxError *error)
{
  ReplayPosition position = 0;
  TxStatus status;

  if (thread == 0 || thread > tx_reader_get_n_threads (self->reader))
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot go to thread %u: there are threads 1 to %zu", thread,
                         tx_reader_get_n_threads (self->reader));
  status = replay_move_to_thread (self->trace, self->step.position, thread, &self->progress,
                                  &position, error);
  if (status == TX_END)
    return tx_error_set (error, TX_END, "cannot go to thread %u: it has no step in the recording",
                         thread);
  if (status != TX_OK)
    return status;
  if (position > self->step.position)
    player_answer_say (answer, "thread %u begins here", thread);
  answer->stop = "arrived";
  return player_go_to (self, position, answer, error);
}

/* ---- Frames ---- */

TxStatus
player_select_frame (Player *self, uint32_t depth, PlayerAnswer *answer, TxError *error)
{
  ReplayFrame *frames;
  size_t n_frames = 0;
  uint32_t whole = 0;
  TxStatus status;

  if (!self->has_step || self->in_gap)
    return tx_error_set (error, TX_END, "cannot look at the stack: nothing is known of it here");
  if (depth == 0)
    return tx_error_set (error, TX_END, "cannot go up: this is the outermost frame");
  if (depth > self->step.depth)
    return tx_error_set (error, TX_END, "cannot go down: this is the innermost frame");
  frames = calloc (FRAMES_MAX, sizeof *frames);
  if (!frames)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot look at the stack: out of memory");
  status = replay_trace_get_stack (self->trace, self->step.position, 0, frames, FRAMES_MAX,
                                   &n_frames, &whole, error);
  for (size_t i = 0; status == TX_OK && i < n_frames; i++)
    if (frames[i].depth == depth)
      {
        self->depth = depth;
        player_look_at (self, frames[i].file, frames[i].line);
        player_answer_say (answer, "frame %u of %u: %s:%u in %s", depth, whole,
                           cli_location_get_file (self->reader, frames[i].file), frames[i].line,
                           player_get_function_name (self, frames[i].function));
        free (frames);
        return TX_OK;
      }
  free (frames);
  if (status != TX_OK)
    return status;
  return tx_error_set (error, TX_END, "cannot look at frame %u: it is not known", depth);
}

/* ---- Texts ---- */

static bool
has_capital (const char *text)
{
  for (; *text; text++)
    if (*text >= 'A' && *text <= 'Z')
      return true;
  return false;
}

const char *
player_find_text (const char *line, const char *text)
{
  return has_capital (text) ? strstr (line, text) : strcasestr (line, text);
}

TxStatus
player_search (Player *self, const char *text, bool backward, PlayerAnswer *answer, TxError *error)
{
  uint32_t n_lines = (uint32_t) cli_sources_get_n_lines (self->sources, self->file);

  if (*text)
    snprintf (self->search, sizeof self->search, "%s", text);
  if (!self->search[0])
    return tx_error_set (error, TX_ERROR_INVALID, "cannot search: no text was given");
  for (uint32_t i = 1; i <= n_lines; i++)
    {
      uint32_t start = self->line > 0 && self->line <= n_lines ? self->line - 1 : 0;
      uint32_t line = (backward ? start + n_lines - i : start + i) % n_lines + 1;
      char *source = cli_sources_dup_whole_line (self->sources, self->file, line);
      bool is_found = source && player_find_text (source, self->search) != NULL;

      free (source);
      if (!is_found)
        continue;
      if (backward ? line >= self->line : line <= self->line)
        player_answer_say (answer, "went on from the %s of the file",
                           backward ? "end" : "beginning");
      player_look_at (self, self->file, line);
      return TX_OK;
    }
  self->changes.look++;
  return tx_error_set (error, TX_END, "cannot find '%.200s' in %s", self->search,
                       self->file ? cli_location_get_file (self->reader, self->file) : "no file");
}
