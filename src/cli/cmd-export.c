// SPDX-License-Identifier: BSD-3-Clause
// trackexec-export: a recording, or a stretch of it, for other programs.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli-file.h"
#include "cli-open.h"
#include "cli-progress.h"
#include "cli-report.h"
#include "cli-thread.h"
#include "export.h"

static const char program[] = "trackexec-export";

static const char help[] =
    "usage: trackexec-export --format FORMAT [--from TIME] [--to TIME] [--thread THREAD]\n"
    "                        [-o FILE] [--quiet] DIR\n"
    "\n"
    "Writes a recorded program's calls and times for other programs.\n"
    "DIR is a trace, a run with one process, or a base directory (its latest run).\n"
    "\n"
    "  -f, --format FORMAT    callgrind: KCachegrind, callgrind_annotate\n"
    "                         collapsed: flamegraph.pl, inferno, speedscope\n"
    "                         speedscope: speedscope\n"
    "                         perfetto: Perfetto, chrome://tracing (Chrome's JSON trace events)\n"
    "                         csv: spreadsheets, data frames; a row for each thing that happened\n"
    "  --from TIME            leave out what comes before; \"A..B\" is a range\n"
    "  --to TIME              leave out what comes after; +2s counts from the beginning given\n"
    "  --thread THREAD        only this thread: its number, or its name\n"
    "  -o, --output FILE      write FILE, which is replaced once all is written; default: the\n"
    "                         standard output\n"
    "  -q, --quiet            don't say what the format leaves out, nor how far it is\n"
    "  -h, --help             print this and exit\n"
    "  --version              print the version and exit\n"
    "\n"
    "Memory does not depend on the size of the recording. What a format leaves out is said.\n"
    "\n"
    "Exit status: 0 success, 1 usage or nothing to export, 2 damaged (what can be read is "
    "there).\n";

typedef struct
{
  const char *directory;
  const ExportFormat *format;
  const char *from;
  const char *to;
  const char *thread;
  const char *output;
  bool is_quiet;
} Options;

/* ---- What is said beside ---- */

static void
report_losses (const Options *options)
{
  for (size_t i = 0; !options->is_quiet && options->format->losses[i] != NULL; i++)
    cli_report (program, "note: %s leaves out %s", options->format->name,
                options->format->losses[i]);
}

static void
report_gaps (const Export *export)
{
  if (export->n_gaps > 0)
    cli_report (program,
                "note: '%s': %" PRIu64 " stretches are missing (%" PRIu64 " blocks and %" PRIu64
                " events are known to be): frames end before them and begin behind",
                export->name, export->n_gaps, export->missing_blocks, export->events_lost);
}

/* ---- The export ---- */

static TxStatus
make_query (ReplayTrace *trace, const Options *options, ReplayWalkQuery *ret_query, TxError *error)
{
  CliRange range;
  TxStatus status = cli_parse_range (program, trace, options->from, options->to, &range, error);

  if (status != TX_OK)
    return status;
  *ret_query =
      (ReplayWalkQuery){ .from_real_ns = range.from_ns,
                         /* both ends belong to the range on the command line */
                         .to_real_ns = range.to_ns < INT64_MAX ? range.to_ns + 1 : INT64_MAX };
  if (options->thread != NULL)
    return cli_thread_find (replay_trace_get_reader (trace), options->thread, &ret_query->thread,
                            error);
  return TX_OK;
}

/* Writes all of it to @fd. */
static TxStatus
write_all (Export *export, const ExportFormat *format, int fd, TxError *error)
{
  static CliOutput output; /* large */
  TxStatus status;

  output = (CliOutput){ .fd = fd };
  export->output = &output;
  export->names = cli_names_new (export->reader);
  status = export->names == NULL
               ? tx_error_set (error, TX_ERROR_MEMORY, "cannot export: out of memory")
               : format->write (export, error);
  cli_output_flush (&output);
  cli_names_free (export->names);
  export_clear (export);
  if (status >= 0 && output.sys_errno != 0)
    status = tx_error_set_errno (error, output.sys_errno, "cannot write the export");
  return status;
}

static TxStatus
write_file (Export *export, const Options *options, TxError *error)
{
  CliFile file;
  TxStatus status = cli_file_open (&file, options->output, error);

  if (status != TX_OK)
    return status;
  status = write_all (export, options->format, file.fd, error);
  if (status == TX_OK && export->n_events > 0)
    status = cli_file_commit (&file, error);
  cli_file_discard (&file);
  return status;
}

static CliExit
finish (const Export *export, const Options *options, TxStatus status, const TxError *error)
{
  CliExit state = (CliExit) cli_report_state (program, export->trace);

  if (status == TX_CANCELLED)
    {
      cli_report (program, "cancelled: %s",
                  options->output != NULL ? "nothing was written"
                                          : "what was written is not whole");
      return (CliExit) (128 + cli_progress_get_signal ());
    }
  /* A reader that has seen enough (`| head`) is no error. */
  if (status < 0 && !(error->sys_errno == EPIPE && options->output == NULL))
    return cli_report_error (program, error);
  report_gaps (export);
  if (export->is_damaged)
    state = CLI_EXIT_DAMAGED;
  if (export->n_events > 0)
    return state;
  cli_report (program, "nothing to export of '%s': nothing was recorded%s", export->name,
              options->from != NULL || options->to != NULL || options->thread != NULL ? " there"
                                                                                      : "");
  return state == CLI_EXIT_OK ? CLI_EXIT_USAGE : state;
}

static CliExit
export_trace (ReplayTrace *trace, const Options *options)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  const char *directory = tx_reader_get_directory (reader);
  const char *slash = strrchr (directory, '/');
  char *name = export_dup_escaped (slash && slash[1] ? slash + 1 : directory, SIZE_MAX);
  Export export = { .trace = trace, .reader = reader, .name = name };
  CliProgress progress;
  TxError error = { 0 };
  TxStatus status = make_query (trace, options, &export.query, &error);
  CliExit result;

  if (status != TX_OK || name == NULL)
    {
      free (name);
      return status != TX_OK ? cli_report_error (program, &error) : CLI_EXIT_USAGE;
    }
  report_losses (options);
  cli_progress_init (&progress, options->is_quiet);
  export.progress = &progress.progress;
  status = options->output != NULL ? write_file (&export, options, &error)
                                   : write_all (&export, options->format, STDOUT_FILENO, &error);
  cli_progress_clear (&progress);
  result = finish (&export, options, status, &error);
  free (name);
  return result;
}

/* ---- Options ---- */

static bool
take_format (const char *name, Options *options)
{
  options->format = export_find_format (name);
  if (options->format != NULL)
    return true;
  cli_report (
      program,
      "cannot export as '%s': there is no such format (say callgrind, collapsed, speedscope, "
      "perfetto or csv)",
      name);
  return false;
}

/* Returns -1 to go on, else what to exit with. */
static int
take_directory (int argc, char **argv, Options *options)
{
  if (options->format == NULL)
    cli_report (program,
                "no --format given (say callgrind, collapsed, speedscope, perfetto or csv)");
  else
    options->directory = cli_take_directory (program, argc, argv);
  return options->directory ? -1 : CLI_EXIT_USAGE;
}

/* Returns -1 to go on, else what to exit with. */
static int
parse_options (int argc, char **argv, Options *options)
{
  static const struct option long_options[] = {
    { "format", required_argument, NULL, 'f' },
    { "from", required_argument, NULL, 'F' },
    { "to", required_argument, NULL, 'T' },
    { "thread", required_argument, NULL, 't' },
    { "output", required_argument, NULL, 'o' },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
  };
  int option;

  while ((option = getopt_long (argc, argv, "f:o:qh", long_options, NULL)) != -1)
    switch (option)
      {
      case 'f':
        if (!take_format (optarg, options))
          return CLI_EXIT_USAGE;
        break;
      case 'F':
        options->from = optarg;
        break;
      case 'T':
        options->to = optarg;
        break;
      case 't':
        options->thread = optarg;
        break;
      case 'o':
        options->output = strcmp (optarg, "-") == 0 ? NULL : optarg;
        break;
      case 'q':
        options->is_quiet = true;
        break;
      case 'h':
        fputs (help, stdout);
        return CLI_EXIT_OK;
      case 'V':
        puts ("trackexec-export " TRACKEXEC_VERSION);
        return CLI_EXIT_OK;
      default:
        fputs ("Try 'trackexec-export --help'.\n", stderr);
        return CLI_EXIT_USAGE;
      }
  return take_directory (argc, argv, options);
}

int
main (int argc, char **argv)
{
  Options options = { 0 };
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
  result = export_trace (trace, &options);
  replay_trace_close (trace);
  return result;
}
