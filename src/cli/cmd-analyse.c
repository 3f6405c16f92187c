// SPDX-License-Identifier: BSD-3-Clause
// trackexec-analyse: which lines took the time, a file with what its lines took, and what was going
// on at a moment. Options here; analyse-*.c do it.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse.h"
#include "cli-open.h"
#include "cli-report.h"

static const char program[] = ANALYSE_PROGRAM;

static const char help[] =
    "usage: trackexec-analyse [--num-items N] [--sort-column COLUMN] [--file FILE]\n"
    "                         [--thread THREAD] [--from TIME] [--to TIME] [--json | --csv] DIR\n"
    "       trackexec-analyse --annotate FILE [--thread THREAD] [--from TIME] [--to TIME]\n"
    "                         [--json | --csv] DIR\n"
    "       trackexec-analyse --at SPEC [--json | --csv] DIR\n"
    "\n"
    "Prints which lines of a recorded program took the time; or a source file with what each of\n"
    "its lines took; or what was going on at a moment.\n"
    "DIR is a trace, a run with one process, or a base directory (its latest run).\n"
    "\n"
    "  -n, --num-items N      print N lines; 0: all (default: 20)\n"
    "  --sort-column COLUMN   cumulated-runtime (default), average-runtime, frequency, self,\n"
    "                         slowest, waiting or location\n"
    "  --file FILE            only lines of this file: its path, or the end of it\n"
    "  --annotate FILE        print this file as it was recorded, with the figures of each line\n"
    "  --at SPEC              print the stack of each thread at a moment (12:00:16, +2s, 50%, a "
    "line\n"
    "                         of a log) or at an execution of a line (core.py:120#37)\n"
    "  --thread THREAD        only what this thread did: its number, or its name\n"
    "  --from TIME            leave out what comes before; \"A..B\" is a range\n"
    "  --to TIME              leave out what comes after; +2s counts from the beginning given\n"
    "  --json                 print one JSON object, with times in nanoseconds\n"
    "  --csv                  print comma-separated values, with times in nanoseconds\n"
    "  -h, --help             print this and exit\n"
    "  --version              print the version and exit\n"
    "\n"
    "cumulated: time of the line with all that it called, once under recursion; self: without;\n"
    "average: cumulated by count; count: executions. Waiting counts as time; cpu: self without "
    "what\n"
    "is known to be waiting.\n"
    "Where event loops are watched (trackexec.watch_idle), their waiting is the line <idle>:1.\n"
    "\n"
    "Exit status: 0 success, 1 usage or nothing to show, 2 damaged (what can be read is shown).\n";

/* ---- Options ---- */

static bool
parse_count (const char *text, size_t *ret_count)
{
  unsigned long long count;
  char *end;

  errno = 0;
  count = strtoull (text, &end, 10);
  *ret_count = (size_t) count;
  return errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9';
}

static bool
parse_sort (const char *text, ReplayHotspotSort *ret_sort)
{
  static const struct
  {
    const char *name;
    ReplayHotspotSort sort;
  } names[] = {
    { "cumulated-runtime", REPLAY_SORT_CUMULATED },
    { "average-runtime", REPLAY_SORT_AVERAGE },
    { "frequency", REPLAY_SORT_COUNT },
    { "self", REPLAY_SORT_SELF },
    { "slowest", REPLAY_SORT_SLOWEST },
    { "waiting", REPLAY_SORT_WAITING },
    { "location", REPLAY_SORT_LOCATION },
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (text, names[i].name) == 0)
      {
        *ret_sort = names[i].sort;
        return true;
      }
  return false;
}

/* Takes the options that have values; false with a message where one is wrong. */
static bool
take_value (int option, AnalyseOptions *options)
{
  switch (option)
    {
    case 'n':
      if (parse_count (optarg, &options->n_items))
        return true;
      cli_report (program, "cannot use '%s' for --num-items: it is not a number of lines", optarg);
      return false;
    case 's':
      if (parse_sort (optarg, &options->sort))
        return true;
      cli_report (program,
                  "cannot sort by '%s': there is no such column (say cumulated-runtime, "
                  "average-runtime, frequency, self, slowest, waiting or location)",
                  optarg);
      return false;
    case 'F':
      options->file = optarg;
      return true;
    case 'A':
      options->annotate = optarg;
      return true;
    case '@':
      options->at = optarg;
      return true;
    case 'T':
      options->thread = optarg;
      return true;
    case 'f':
      options->from = optarg;
      return true;
    case 't':
    default:
      options->to = optarg;
      return true;
    }
}

/* Options that say different things to do. */
static bool
is_consistent (const AnalyseOptions *options)
{
  if (options->annotate && options->at)
    cli_report (program, "cannot use --annotate with --at: one at a time");
  else if (options->annotate && options->file)
    cli_report (program, "cannot use --annotate with --file: it names a file itself");
  else if (options->at && (options->file || options->from || options->to || options->thread))
    cli_report (program,
                "cannot use --at with --file, --from, --to or --thread: it shows a moment whole");
  else
    return true;
  return false;
}

/* Returns -1 to go on, else what to exit with. */
static int
take_directory (int argc, char **argv, AnalyseOptions *options)
{
  options->directory = cli_take_directory (program, argc, argv);
  return options->directory && is_consistent (options) ? -1 : CLI_EXIT_USAGE;
}

/* Returns -1 to go on, else what to exit with. */
static int
parse_options (int argc, char **argv, AnalyseOptions *options)
{
  static const struct option long_options[] = {
    { "num-items", required_argument, NULL, 'n' },
    { "sort-column", required_argument, NULL, 's' },
    { "file", required_argument, NULL, 'F' },
    { "annotate", required_argument, NULL, 'A' },
    { "at", required_argument, NULL, '@' },
    { "thread", required_argument, NULL, 'T' },
    { "from", required_argument, NULL, 'f' },
    { "to", required_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    { "csv", no_argument, NULL, 'c' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
  };
  int option;

  while ((option = getopt_long (argc, argv, "n:h", long_options, NULL)) != -1)
    switch (option)
      {
      case 'j':
        options->format = ANALYSE_JSON;
        break;
      case 'c':
        options->format = ANALYSE_CSV;
        break;
      case 'h':
        fputs (help, stdout);
        return CLI_EXIT_OK;
      case 'V':
        puts ("trackexec-analyse " TRACKEXEC_VERSION);
        return CLI_EXIT_OK;
      case '?':
        fputs ("Try 'trackexec-analyse --help'.\n", stderr);
        return CLI_EXIT_USAGE;
      default:
        if (!take_value (option, options))
          return CLI_EXIT_USAGE;
        break;
      }
  return take_directory (argc, argv, options);
}

/* A reader that has seen enough (`| head`) is no error. */
static bool
flush_output (int *result)
{
  if ((fflush (stdout) == 0 && !ferror (stdout)) || errno == EPIPE)
    return true;
  *result = CLI_EXIT_USAGE;
  return false;
}

int
main (int argc, char **argv)
{
  AnalyseOptions options = { .n_items = 20 };
  TxError error = { 0 };
  ReplayTrace *trace;
  int result;

  signal (SIGPIPE, SIG_IGN);
  result = parse_options (argc, argv, &options);
  if (result >= 0)
    return result;
  trace = cli_open_trace (options.directory, &error);
  if (!trace)
    return cli_report_error (program, &error);
  if (options.at)
    result = analyse_moment (trace, &options);
  else if (options.annotate)
    result = analyse_file (trace, &options);
  else
    result = analyse_hotspots (trace, &options);
  if (!flush_output (&result))
    cli_report (program, "cannot write to the standard output: %s", strerror (errno));
  replay_trace_close (trace);
  return result;
}
