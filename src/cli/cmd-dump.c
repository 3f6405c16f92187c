// SPDX-License-Identifier: BSD-3-Clause
// trackexec-dump: what was recorded, as plain text, one block in memory at a time.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-info.h"
#include "cli-names.h"
#include "cli-open.h"
#include "cli-output.h"
#include "cli-report.h"
#include "replay/replay-text.h"

static const char program[] = "trackexec-dump";

static const char help[] =
    "usage: trackexec-dump [--steps | --events | --info] [--monotonic] [--from TIME] [--to TIME]\n"
    "                      [--limit N] DIR\n"
    "\n"
    "Prints what was recorded as plain text, tab-separated: a header line, then one line each.\n"
    "DIR is a trace, a run with one process, or a base directory (its latest run).\n"
    "\n"
    "  --steps       executed lines: time_ns thread depth file line function (the default)\n"
    "  --events      everything: also calls, returns, exceptions, threads, definitions, marks, "
    "gaps,\n"
    "                with the bound of each time\n"
    "  --info        what is known of the process and, once it is closed, what recording has "
    "cost:\n"
    "                file key value\n"
    "  --monotonic   times of CLOCK_MONOTONIC, which is never set, instead of the wall clock's\n"
    "  --from TIME   leave out what comes before; \"A..B\" is a range\n"
    "  --to TIME     leave out what comes after; +2s counts from the beginning given\n"
    "  --limit N     print at most N lines after the header\n"
    "  -h, --help    print this and exit\n"
    "  --version     print the version and exit\n"
    "\n"
    "time_ns is the wall clock in nanoseconds since 1970 (UTC). A stretch that is missing is a "
    "line\n"
    "that begins with \"# gap\". Backslashes and control characters in names are escaped.\n"
    "\n"
    "Exit status: 0 success, 1 usage or nothing to show, 2 damaged (what can be read is shown).\n";

typedef struct
{
  const char *directory;
  const char *from;
  const char *to;
  uint64_t limit;
  bool events;
  bool info;
  bool monotonic;
} Options;

typedef struct
{
  const TxReader *reader;
  CliNames *names;
  CliOutput *output;
  CliRange range;
  uint64_t left; /* lines that may still be printed */
  bool events;
  bool monotonic;
  bool damaged;
} Dump;

/* ---- Rows ---- */

static const char *
get_event_name (uint32_t kind)
{
  static const char *const names[] = {
    [TX_EVENT_LINE] = "line",
    [TX_EVENT_CALL] = "call",
    [TX_EVENT_RETURN] = "return",
    [TX_EVENT_UNWIND] = "unwind",
    [TX_EVENT_YIELD] = "yield",
    [TX_EVENT_RESUME] = "resume",
    [TX_EVENT_STACK] = "stack",
    [TX_EVENT_THREAD] = "thread",
    [TX_EVENT_REVEAL] = "reveal",
    [TX_EVENT_DEFINE_FILE] = "define-file",
    [TX_EVENT_DEFINE_FUNCTION] = "define-function",
    [TX_EVENT_DEFINE_THREAD] = "define-thread",
    [TX_EVENT_MARK] = "mark",
    [TX_EVENT_GAP] = "gap",
    [TX_EVENT_CLOCK] = "clock",
    [TX_EVENT_STAMP] = "stamp",
    [TX_EVENT_WAIT] = "wait",
    [TX_EVENT_DEFINE_TYPE] = "define-type",
    [TX_EVENT_RAISE] = "raise",
  };

  return kind < sizeof names / sizeof *names && names[kind] ? names[kind] : "?";
}

static const char *
get_reason_name (uint32_t reason)
{
  static const char *const names[] = {
    [TX_STACK_BLOCK_START] = "block-start",
    [TX_STACK_FIRST_SWITCH] = "first-switch",
    [TX_STACK_RESYNC] = "resync",
    [TX_STACK_AFTER_GAP] = "after-gap",
  };

  return reason < sizeof names / sizeof *names ? names[reason] : "?";
}

static void
put_text (Dump *self, const TxBlock *block, uint32_t index)
{
  const TxBlockText *text = &block->texts[index];
  size_t size = 10 * (size_t) text->size + 1;
  char *escaped = malloc (size);

  if (escaped)
    {
      replay_text_escape ((const char *) block->raw + text->offset, text->size, escaped, size);
      cli_output_put_text (self->output, escaped);
    }
  free (escaped);
}

static void
put_exception (Dump *self, const TxBlock *block, const TxEvent *event)
{
  const char *name = tx_reader_get_type_name (self->reader, event->activation);
  char escaped[10 * 256 + 1];

  replay_text_escape (name ? name : "?", name ? strnlen (name, 256) : 1, escaped, sizeof escaped);
  cli_output_put_text (self->output, escaped);
  if (block->texts[event->detail].size == 0)
    return;
  cli_output_put_text (self->output, ": ");
  put_text (self, block, event->detail);
}

/* The last column of --events. */
static void
put_detail (Dump *self, const TxBlock *block, const TxEvent *event)
{
  switch (event->kind)
    {
    case TX_EVENT_YIELD:
    case TX_EVENT_RESUME:
      cli_output_put_text (self->output, "activation ");
      cli_output_put_number (self->output, event->activation);
      break;
    case TX_EVENT_STACK:
      cli_output_put_text (self->output, get_reason_name (block->stacks[event->detail].reason));
      break;
    case TX_EVENT_GAP:
      cli_output_put_number (self->output, block->gaps[event->detail].events_lost);
      cli_output_put_text (self->output, " events lost");
      break;
    case TX_EVENT_RAISE:
      put_exception (self, block, event);
      break;
    case TX_EVENT_WAIT:
      cli_output_put_number (self->output, event->detail);
      cli_output_put_text (self->output, " us");
      break;
    case TX_EVENT_DEFINE_FILE:
    case TX_EVENT_DEFINE_FUNCTION:
    case TX_EVENT_DEFINE_THREAD:
    case TX_EVENT_DEFINE_TYPE:
    case TX_EVENT_MARK:
      put_text (self, block, event->detail);
      break;
    default:
      break;
    }
}

static void
put_number_column (Dump *self, uint64_t number)
{
  cli_output_put_number (self->output, number);
  cli_output_put_char (self->output, '\t');
}

static void
put_text_column (Dump *self, const char *text)
{
  cli_output_put_text (self->output, text);
  cli_output_put_char (self->output, '\t');
}

static void
print_event (Dump *self, const TxBlock *block, const TxEvent *event, int64_t time_ns)
{
  const char *file = event->function ? cli_names_get_file (self->names, event->function) : "?";
  const char *function =
      event->function ? cli_names_get_function (self->names, event->function) : "?";

  cli_output_put_signed (self->output, time_ns);
  cli_output_put_char (self->output, '\t');
  if (self->events)
    put_number_column (self, event->error_ns);
  put_number_column (self, event->thread);
  put_number_column (self, event->depth);
  if (self->events)
    put_text_column (self, get_event_name (event->kind));
  put_text_column (self, file);
  put_number_column (self, event->line);
  cli_output_put_text (self->output, function);
  if (self->events)
    {
      cli_output_put_char (self->output, '\t');
      put_detail (self, block, event);
    }
  cli_output_put_char (self->output, '\n');
}

static void
print_gap (Dump *self, const TxBlockInfo *info, const char *why)
{
  char text[256];

  if (self->left == 0)
    return;
  self->left--;
  snprintf (text, sizeof text, "# gap: %" PRIu64 " blocks, steps %" PRIu64 " to %" PRIu64 ": %s\n",
            info->n_missing ? info->n_missing : 1, info->first_step, info->first_step + info->steps,
            why);
  cli_output_put_text (self->output, text);
}

/* ---- Blocks ---- */

static bool
is_in_range (const Dump *self, int64_t real_ns)
{
  return real_ns >= self->range.from_ns && real_ns <= self->range.to_ns;
}

static void
dump_block (Dump *self, size_t index, const TxBlock *block)
{
  for (size_t i = 0; i < block->n_events && self->left > 0; i++)
    {
      const TxEvent *event = &block->events[i];
      int64_t real_ns;

      /* What is lost must show in both forms. */
      if (!self->events && event->kind == TX_EVENT_GAP)
        {
          cli_output_put_text (self->output, "# gap: ");
          cli_output_put_number (self->output, block->gaps[event->detail].events_lost);
          cli_output_put_text (self->output, " events\n");
          self->left--;
          continue;
        }
      if (!self->events && event->kind != TX_EVENT_LINE)
        continue;
      real_ns = tx_reader_real_from_mono (self->reader, index, event->time_ns);
      if (!is_in_range (self, real_ns))
        continue;
      print_event (self, block, event, self->monotonic ? event->time_ns : real_ns);
      self->left--;
    }
  if (block->damaged)
    self->damaged = true;
}

/* Whether a block may hold events of the range, by what the table says of it. */
static bool
may_be_in_range (const Dump *self, size_t index, const TxBlockInfo *info)
{
  int64_t first_ns = tx_reader_real_from_mono (self->reader, index, info->times.mono_first_ns);
  int64_t last_ns = tx_reader_real_from_mono (self->reader, index, info->times.mono_last_ns);

  /* A block whose wall clock was put back is looked into. */
  return last_ns < first_ns || (last_ns >= self->range.from_ns && first_ns <= self->range.to_ns);
}

static CliExit
dump_blocks (Dump *self)
{
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);

  for (size_t i = 0; i < n_blocks && self->left > 0 && self->output->sys_errno == 0; i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (self->reader, i);
      TxError error;
      TxBlock *block;
      TxStatus status;

      if (tx_block_info_is_gap (info))
        {
          print_gap (self, info, info->place == TX_BLOCK_EVICTED ? "evicted" : "missing");
          continue;
        }
      if (!may_be_in_range (self, i, info))
        continue;
      status = tx_reader_load_block (self->reader, i, &block, &error);
      if (status == TX_OK)
        {
          dump_block (self, i, block);
          tx_block_free (block);
          continue;
        }
      if (status == TX_ERROR_MEMORY)
        return cli_report_error (program, &error);
      print_gap (self, info, tx_status_get_name (status));
      cli_report (program, "%s", error.message);
      self->damaged = true;
    }
  return CLI_EXIT_OK;
}

/* ---- The program ---- */

static CliExit
dump_trace (ReplayTrace *trace, const Options *options)
{
  Dump dump = { .reader = replay_trace_get_reader (trace),
                .left = options->limit,
                .events = options->events,
                .monotonic = options->monotonic };
  static CliOutput output;
  TxError error;
  CliExit result;
  int state;

  dump.output = &output;
  if (cli_parse_range (program, trace, options->from, options->to, &dump.range, &error) != TX_OK)
    return cli_report_error (program, &error);
  dump.names = cli_names_new (dump.reader);
  if (!dump.names)
    {
      cli_report (program, "cannot print '%s': out of memory", options->directory);
      return CLI_EXIT_USAGE;
    }
  cli_output_put_text (
      dump.output, options->events
                       ? "time_ns\terror_ns\tthread\tdepth\tevent\tfile\tline\tfunction\tdetail\n"
                       : "time_ns\tthread\tdepth\tfile\tline\tfunction\n");
  result = dump_blocks (&dump);
  cli_output_flush (dump.output);
  cli_names_free (dump.names);
  /* A reader that has seen enough (`| head`) is no error. */
  if (dump.output->sys_errno != 0 && dump.output->sys_errno != EPIPE)
    {
      cli_report (program, "cannot write to the standard output: %s",
                  strerror (dump.output->sys_errno));
      return CLI_EXIT_USAGE;
    }
  state = cli_report_state (program, trace);
  if (result != CLI_EXIT_OK)
    return result;
  if (dump.damaged || state != CLI_EXIT_OK)
    return CLI_EXIT_DAMAGED;
  if (dump.left < options->limit || options->limit == 0)
    return CLI_EXIT_OK;
  cli_report (program, "nothing to show of '%s': nothing was recorded%s", options->directory,
              options->from || options->to ? " in this range" : "");
  return CLI_EXIT_USAGE;
}

static CliExit
dump_info (ReplayTrace *trace, const Options *options)
{
  if (cli_info_print (trace, options->limit) || errno == EPIPE)
    return (CliExit) cli_report_state (program, trace);
  cli_report (program, "cannot write to the standard output: %s", strerror (errno));
  return CLI_EXIT_USAGE;
}

static bool
parse_limit (const char *text, uint64_t *ret_limit)
{
  char *end;

  errno = 0;
  *ret_limit = strtoull (text, &end, 10);
  return errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9';
}

/* Returns -1 to go on, else what to exit with. */
static int
parse_options (int argc, char **argv, Options *options)
{
  static const struct option long_options[] = {
    { "steps", no_argument, NULL, 's' },       { "events", no_argument, NULL, 'e' },
    { "info", no_argument, NULL, 'i' },        { "from", required_argument, NULL, 'f' },
    { "to", required_argument, NULL, 't' },    { "monotonic", no_argument, NULL, 'm' },
    { "limit", required_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },     { NULL, 0, NULL, 0 },
  };
  int option;

  while ((option = getopt_long (argc, argv, "h", long_options, NULL)) != -1)
    switch (option)
      {
      case 's':
        options->events = false;
        options->info = false;
        break;
      case 'e':
        options->events = true;
        options->info = false;
        break;
      case 'i':
        options->info = true;
        break;
      case 'm':
        options->monotonic = true;
        break;
      case 'f':
        options->from = optarg;
        break;
      case 't':
        options->to = optarg;
        break;
      case 'l':
        if (parse_limit (optarg, &options->limit))
          break;
        cli_report (program, "cannot use '%s' for --limit: it is not a number of lines", optarg);
        return CLI_EXIT_USAGE;
      case 'h':
        fputs (help, stdout);
        return CLI_EXIT_OK;
      case 'V':
        puts ("trackexec-dump " TRACKEXEC_VERSION);
        return CLI_EXIT_OK;
      default:
        fputs ("Try 'trackexec-dump --help'.\n", stderr);
        return CLI_EXIT_USAGE;
      }
  options->directory = cli_take_directory (program, argc, argv);
  return options->directory ? -1 : CLI_EXIT_USAGE;
}

int
main (int argc, char **argv)
{
  Options options = { .limit = UINT64_MAX };
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
  result = options.info ? dump_info (trace, &options) : dump_trace (trace, &options);
  replay_trace_close (trace);
  return result;
}
