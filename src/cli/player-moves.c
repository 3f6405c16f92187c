// SPDX-License-Identifier: BSD-3-Clause
// The commands that move, and what they say where they stop.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "player-command.h"
#include "replay/replay-times.h"

static const ReplayMove moves[] = {
  [PLAYER_MOVE_STEP] = { .kind = REPLAY_MOVE_STEP },
  [PLAYER_MOVE_STEP_BACK] = { .kind = REPLAY_MOVE_STEP, .backward = true },
  [PLAYER_MOVE_NEXT] = { .kind = REPLAY_MOVE_NEXT, .stop_at_breakpoints = true },
  [PLAYER_MOVE_NEXT_BACK] = { .kind = REPLAY_MOVE_NEXT,
                              .backward = true,
                              .stop_at_breakpoints = true },
  [PLAYER_MOVE_FINISH] = { .kind = REPLAY_MOVE_FINISH, .stop_at_breakpoints = true },
  [PLAYER_MOVE_FINISH_BACK] = { .kind = REPLAY_MOVE_FINISH,
                                .backward = true,
                                .stop_at_breakpoints = true },
  [PLAYER_MOVE_CONTINUE] = { .kind = REPLAY_MOVE_CONTINUE },
  [PLAYER_MOVE_CONTINUE_BACK] = { .kind = REPLAY_MOVE_CONTINUE, .backward = true },
  [PLAYER_MOVE_RUN_TO] = { .kind = REPLAY_MOVE_RUN_TO },
  [PLAYER_MOVE_RUN_TO_BACK] = { .kind = REPLAY_MOVE_RUN_TO, .backward = true },
};

static const char *
get_stop_name (ReplayStopReason reason)
{
  static const char *const names[] = {
    [REPLAY_STOP_ARRIVED] = "arrived", [REPLAY_STOP_BREAKPOINT] = "breakpoint",
    [REPLAY_STOP_END] = "end",         [REPLAY_STOP_START] = "start",
    [REPLAY_STOP_GAP] = "gap",
  };

  return (size_t) reason < sizeof names / sizeof *names ? names[reason] : "arrived";
}

/* Moves within a thread end with it. */
static bool
is_of_thread (const ReplayMove *move)
{
  return !move->any_thread && (move->kind == REPLAY_MOVE_STEP || move->kind == REPLAY_MOVE_NEXT ||
                               move->kind == REPLAY_MOVE_FINISH);
}

static void
say_end (const Player *self, const ReplayMove *move, PlayerAnswer *answer)
{
  bool is_first = self->step.position == 0;
  bool is_last = self->step.position + 1 == replay_trace_get_n_steps (self->trace);
  const char *end = player_is_live (self) ? "this is the end of what is recorded so far"
                                          : "this is the end of the recording";

  if (move->kind == REPLAY_MOVE_CONTINUE)
    player_answer_say (answer, replay_breakpoints_get_count (self->breakpoints) == 0
                                   ? "no breakpoint is set"
                                   : "no breakpoint was hit");
  if (move->kind == REPLAY_MOVE_RUN_TO)
    player_answer_say (answer, "the line is not executed %s here",
                       move->backward ? "before" : "after");
  if (move->backward ? is_first : is_last)
    player_answer_say (answer, "%s", move->backward ? "this is the start of the recording" : end);
  else if (is_of_thread (move))
    player_answer_say (answer, "this is the %s recorded step of thread %u",
                       move->backward ? "first" : "last", self->step.thread);
}

static void
say_stop (const Player *self, const ReplayMove *move, const ReplayStop *stop, PlayerAnswer *answer)
{
  answer->stop = get_stop_name (stop->reason);
  switch (stop->reason)
    {
    case REPLAY_STOP_BREAKPOINT:
      if (stop->breakpoint > 0)
        player_answer_say (answer, "breakpoint %u", stop->breakpoint);
      break;
    case REPLAY_STOP_END:
    case REPLAY_STOP_START:
      say_end (self, move, answer);
      break;
    case REPLAY_STOP_ARRIVED:
    case REPLAY_STOP_GAP:
    default:
      break;
    }
  if (stop->missing_blocks > 0)
    player_answer_say (answer, "%" PRIu64 " blocks are missing on the way", stop->missing_blocks);
  else if (stop->over_gap || stop->reason == REPLAY_STOP_GAP)
    player_answer_say (answer, "something is missing on the way");
}

/* "" is 1. */
static bool
parse_count (const char *text, uint64_t *ret_count)
{
  char *end;

  *ret_count = 1;
  if (*text == '\0')
    return true;
  *ret_count = strtoull (text, &end, 10);
  return *end == '\0' && text[0] >= '0' && text[0] <= '9' && *ret_count > 0;
}

/* Moves up to @count times, from where one is; all or, when cancelled, nothing. */
static TxStatus
move_often (
    Player *self, const ReplayMove *move, uint64_t count, PlayerAnswer *answer, TxError *error)
{
  ReplayStop stop = { .position = self->step.position };
  uint64_t missing_blocks = 0;
  bool over_gap = false;
  TxStatus status = TX_OK;

  for (uint64_t i = 0; i < count && status == TX_OK; i++)
    {
      status = replay_move (self->trace, stop.position, move, &self->progress, &stop, error);
      if (status != TX_OK)
        return status;
      over_gap |= stop.over_gap || stop.reason == REPLAY_STOP_GAP;
      missing_blocks += stop.missing_blocks;
      if (stop.reason == REPLAY_STOP_END || stop.reason == REPLAY_STOP_START ||
          (stop.reason == REPLAY_STOP_BREAKPOINT && move->kind != REPLAY_MOVE_CONTINUE))
        break;
      if (i % 1024 == 1023 && self->progress.func &&
          !self->progress.func (self->progress.data, (double) i / (double) count))
        return TX_CANCELLED;
    }
  status = player_go_to (self, stop.position, answer, error);
  if (status != TX_OK)
    return status;
  stop.missing_blocks = missing_blocks;
  stop.over_gap = over_gap;
  if (over_gap && stop.reason == REPLAY_STOP_ARRIVED)
    stop.reason = REPLAY_STOP_GAP;
  say_stop (self, move, &stop, answer);
  return TX_OK;
}

TxStatus
player_command_move (Player *self,
                     const PlayerCommand *command,
                     const char *argument,
                     PlayerAnswer *answer,
                     TxError *error)
{
  ReplayMove move = moves[command->detail];
  uint64_t count = 1;
  TxStatus status = TX_OK;

  if (!self->has_step)
    return tx_error_set (error, TX_END, "cannot move: nothing was recorded yet");
  move.breakpoints = self->breakpoints;
  move.any_thread = self->any_thread && move.kind == REPLAY_MOVE_STEP;
  if (move.kind != REPLAY_MOVE_RUN_TO)
    {
      if (!parse_count (argument, &count))
        return tx_error_set (error, TX_ERROR_INVALID, "cannot %s '%.100s' times: it is not a count",
                             command->names[0], argument);
    }
  else if (*argument)
    status = player_find_location (self, argument, &move.file, &move.line, error);
  else
    move.file = self->file, move.line = self->line;
  if (status == TX_OK && move.kind == REPLAY_MOVE_RUN_TO && (move.line == 0 || move.file == 0))
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot run to '%.200s': give a line, or FILE:LINE", argument);
  if (status != TX_OK)
    return status;
  self->is_following = false;
  return move_often (self, &move, count, answer, error);
}

/* The line that a command about executions means. */
static TxStatus
find_line (const Player *self,
           const char *argument,
           TxFileId *ret_file,
           uint32_t *ret_line,
           TxError *error)
{
  TxStatus status = TX_OK;

  *ret_file = self->file;
  *ret_line = self->line;
  if (*argument)
    status = player_find_location (self, argument, ret_file, ret_line, error);
  if (status == TX_OK && (*ret_file == 0 || *ret_line == 0))
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot tell which line is meant: give a line, or FILE:LINE");
  return status;
}

TxStatus
player_command_hit (Player *self,
                    const PlayerCommand *command,
                    const char *argument,
                    PlayerAnswer *answer,
                    TxError *error)
{
  bool backward = command->detail;
  ReplayPosition position;
  TxFileId file;
  uint32_t line;
  TxStatus status = find_line (self, argument, &file, &line, error);

  if (status != TX_OK)
    return status;
  if (!self->has_step)
    return tx_error_set (error, TX_END, "cannot move: nothing was recorded yet");
  status = replay_hits_near (self->trace, file, line, self->step.position, backward,
                             &self->progress, &position, error);
  if (status == TX_END)
    {
      answer->stop = backward ? "start" : "end";
      player_answer_say (answer, "%s:%u is not executed %s here",
                         cli_location_get_file (self->reader, file), line,
                         backward ? "before" : "after");
      return TX_OK;
    }
  if (status != TX_OK)
    return status;
  answer->stop = "arrived";
  self->is_following = false;
  return player_go_to (self, position, answer, error);
}

TxStatus
player_command_slowest (Player *self,
                        const PlayerCommand *command,
                        const char *argument,
                        PlayerAnswer *answer,
                        TxError *error)
{
  char duration[REPLAY_TIMES_FORMAT_SIZE];
  ReplayPosition position;
  int64_t duration_ns = 0;
  TxFileId file;
  uint32_t line;
  TxStatus status = find_line (self, argument, &file, &line, error);

  if (status == TX_OK)
    status = replay_hits_slowest (self->trace, file, line, &self->progress, &position, &duration_ns,
                                  error);
  if (status == TX_END)
    return tx_error_set (error, TX_END,
                         "cannot go to the slowest execution of %s:%u: it was never executed",
                         cli_location_get_file (self->reader, file), line);
  if (status != TX_OK)
    return status;
  replay_times_format_duration (duration_ns, duration, sizeof duration);
  player_answer_say (answer, "the slowest execution: %s", duration);
  answer->stop = "arrived";
  self->is_following = false;
  return player_go_to (self, position, answer, error);
}

TxStatus
player_command_history (Player *self,
                        const PlayerCommand *command,
                        const char *argument,
                        PlayerAnswer *answer,
                        TxError *error)
{
  bool back = command->detail;
  ReplayPosition position;
  TxStatus status = replay_history_go (self->history, back, &position);

  if (status == TX_END)
    {
      answer->stop = back ? "start" : "end";
      player_answer_say (answer, "no %s position in the history", back ? "earlier" : "later");
      return TX_OK;
    }
  if (status != TX_OK)
    return tx_error_set (error, status, "cannot go through the history");
  answer->stop = "arrived";
  self->is_following = false;
  return player_go_to (self, position, answer, error);
}
