// SPDX-License-Identifier: BSD-3-Clause
// trackexec-replay: walks through a recording in a terminal, or runs commands on it for scripts.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-open.h"
#include "cli-report.h"
#include "player-print.h"
#include "replay/replay-path.h"
#include "screen.h"

static const char program[] = "trackexec-replay";

static const char help[] =
    "usage: trackexec-replay [--at SPEC] [--follow] DIR\n"
    "       trackexec-replay [--at SPEC] [--json] --command COMMAND [--command COMMAND]... DIR\n"
    "\n"
    "Walks through a recording in a terminal, forward and backward, line by line.\n"
    "DIR is a trace, a run (of several processes one is chosen), or a base directory (its latest "
    "run).\n"
    "\n"
    "  --at SPEC              begin there: 12:00:16.55, \"2024-01-27 12:00\", +2s, 50%, start, "
    "end,\n"
    "                         core.py:120#37 (the 37th execution of that line), a line of a log\n"
    "  --follow               stay at the end while the program still runs\n"
    "  -c, --command COMMAND  show no screen: run the command and print where one is then, or the\n"
    "                         list asked for; may be given again. \"h\" prints all commands and "
    "keys\n"
    "  --json                 with --command: print one JSON object a line, with times in "
    "nanoseconds\n"
    "  -h, --help             print this and exit\n"
    "  --version              print the version and exit\n"
    "\n"
    "In the screen: n next line, s step, o out, c continue to a breakpoint, the same in upper "
    "case\n"
    "backward; b breakpoint, j jump in time, / find, 1 to 7 panes, : command, h help, q quit.\n"
    "\n"
    "Exit status: 0 success, 1 usage, a command that failed or nothing to show, 2 damaged (what "
    "can\n"
    "be read is shown).\n";

typedef struct
{
  const char *directory;
  const char *at;
  const char **commands; /* owned (array length=n_commands) */
  size_t n_commands;
  bool follow;
  bool json;
} Options;

/* ---- Opening ---- */

/* Of a run with several processes one is chosen on the screen. */
static ReplayTrace *
open_trace (const Options *options, bool *ret_was_left, TxError *error)
{
  ReplayTrace *trace = NULL;
  ReplayPath *path;
  size_t index = 0;

  *ret_was_left = false;
  if (replay_path_resolve (options->directory, &path, error) != TX_OK)
    return NULL;
  if (path->n_traces == 1 || screen_choose (path, &index))
    trace = replay_trace_open (path->traces[index].directory, error);
  else
    *ret_was_left = true;
  replay_path_free (path);
  return trace;
}

static TxStatus
go_to_first (Player *player, const Options *options, PlayerAnswer *answer, TxError *error)
{
  TxError reason = { 0 };

  if (options->follow)
    {
      player->is_following = player_is_live (player);
      if (!player->is_following)
        player_answer_say (answer, "the recording does not grow any more: this is its end");
      if (player->has_step && player_go_to (player, replay_trace_get_n_steps (player->trace) - 1,
                                            answer, error) != TX_OK)
        return error->status;
    }
  if (!options->at)
    return TX_OK;
  if (player_jump (player, options->at, answer, &reason) != TX_OK)
    return tx_error_set (error, reason.status, "cannot use --at: %s", reason.message);
  return TX_OK;
}

/* ---- Commands without a screen ---- */

static CliExit
run_commands (Player *player, const Options *options)
{
  CliTerm term;
  bool quits = false;

  cli_term_look (&term);
  player->is_utf8 = term.is_utf8;
  for (size_t i = 0; i < options->n_commands && !quits; i++)
    {
      PlayerAnswer answer = { 0 };
      TxError error = { 0 };
      TxStatus status = player_run (player, options->commands[i], &answer, &error);

      if (options->json)
        player_print_json (player, options->commands[i], status == TX_OK ? &answer : NULL,
                           status == TX_OK ? NULL : &error);
      if (status != TX_OK)
        {
          fflush (stdout);
          return cli_report_error (program, &error);
        }
      quits = answer.kind == PLAYER_ANSWER_QUIT;
      if (!options->json)
        player_print_text (player, &term, &answer);
    }
  /* A reader that has seen enough (`| head`) is no error. */
  if ((fflush (stdout) != 0 || ferror (stdout)) && errno != EPIPE)
    {
      cli_report (program, "cannot write to the standard output: %s", strerror (errno));
      return CLI_EXIT_USAGE;
    }
  return CLI_EXIT_OK;
}

static CliExit
replay_commands (const Options *options)
{
  TxError error = { 0 };
  PlayerAnswer answer = { 0 };
  ReplayTrace *trace = cli_open_trace (options->directory, &error);
  Player *player = trace ? player_new (trace, &error) : NULL;
  CliExit state, result;

  if (!player)
    return cli_report_error (program, &error);
  state = (CliExit) cli_report_state (program, trace);
  if (!player->has_step)
    {
      cli_report (program, "nothing to show of '%s': no line was recorded", player->name);
      player_free (player);
      return state == CLI_EXIT_OK ? CLI_EXIT_USAGE : state;
    }
  if (go_to_first (player, options, &answer, &error) != TX_OK)
    result = cli_report_error (program, &error);
  else
    {
      if (answer.message[0])
        cli_report (program, "note: %s", answer.message);
      result = run_commands (player, options);
      cli_sources_report_younger (player->sources, program);
    }
  player_free (player);
  return result == CLI_EXIT_OK ? state : result;
}

/* ---- The screen ---- */

static CliExit
replay_on_screen (const Options *options)
{
  TxError error = { 0 };
  PlayerAnswer answer = { 0 };
  TxStatus status = screen_open (&error);
  ReplayTrace *trace = NULL;
  Player *player = NULL;
  bool was_left = false;
  CliExit result = CLI_EXIT_OK;

  if (status == TX_OK)
    {
      trace = open_trace (options, &was_left, &error);
      player = trace ? player_new (trace, &error) : NULL;
      status = player || was_left ? TX_OK : error.status;
    }
  if (player && !player->has_step && !player_is_live (player))
    status = tx_error_set (&error, TX_END, "nothing to show of '%s': no line was recorded",
                           player->name);
  if (player && status == TX_OK)
    status = go_to_first (player, options, &answer, &error);
  if (player && status == TX_OK)
    status = screen_run (player, answer.message, &error);
  screen_close ();
  if (status != TX_OK)
    result = cli_report_error (program, &error);
  else if (player)
    result = (CliExit) cli_report_state (program, player->trace);
  player_free (player);
  return result;
}

/* ---- Options ---- */

static bool
take_option (int option, Options *options)
{
  switch (option)
    {
    case 'a':
      options->at = optarg;
      return true;
    case 'f':
      options->follow = true;
      return true;
    case 'j':
      options->json = true;
      return true;
    case 'c':
      options->commands[options->n_commands++] = optarg;
      return true;
    default:
      return false;
    }
}

static bool
check_options (int argc, char **argv, Options *options)
{
  options->directory = cli_take_directory (program, argc, argv);
  if (options->directory == NULL)
    return false;
  if (options->json && options->n_commands == 0)
    cli_report (program, "cannot print JSON of the screen: give --command too (see --help)");
  else if (options->follow && options->n_commands > 0)
    cli_report (program, "cannot follow with --command: that needs the screen (see --help)");
  else
    return true;
  return false;
}

/* Returns -1 to go on, else what to exit with. */
static int
parse_options (int argc, char **argv, Options *options)
{
  static const struct option long_options[] = {
    { "at", required_argument, NULL, 'a' },
    { "follow", no_argument, NULL, 'f' },
    { "command", required_argument, NULL, 'c' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
  };
  int option;

  while ((option = getopt_long (argc, argv, "c:h", long_options, NULL)) != -1)
    if (option == 'h')
      {
        fputs (help, stdout);
        return CLI_EXIT_OK;
      }
    else if (option == 'V')
      {
        puts ("trackexec-replay " TRACKEXEC_VERSION);
        return CLI_EXIT_OK;
      }
    else if (!take_option (option, options))
      {
        fputs ("Try 'trackexec-replay --help'.\n", stderr);
        return CLI_EXIT_USAGE;
      }
  return check_options (argc, argv, options) ? -1 : CLI_EXIT_USAGE;
}

int
main (int argc, char **argv)
{
  Options options = { .commands = calloc ((size_t) argc + 1, sizeof *options.commands) };
  int result = CLI_EXIT_USAGE;

  signal (SIGPIPE, SIG_IGN);
  if (options.commands)
    result = parse_options (argc, argv, &options);
  if (result < 0)
    result = options.n_commands > 0 ? replay_commands (&options) : replay_on_screen (&options);
  free (options.commands);
  return result;
}
