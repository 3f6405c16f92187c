// SPDX-License-Identifier: BSD-3-Clause
// trackexec-analyse --at: what was going on at a moment: the stack of each thread, and which
// execution of its line each was in.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse.h"
#include "cli-csv.h"
#include "cli-json.h"
#include "cli-location.h"
#include "cli-progress.h"
#include "cli-sum.h"
#include "cli-term.h"
#include "cli-thread.h"
#include "replay/replay-moment.h"
#include "replay/replay-times.h"

static const char program[] = ANALYSE_PROGRAM;

#define LOCATION_WIDTH_MAX 40u
#define FUNCTION_WIDTH_MAX 40u
#define SOURCE_WIDTH_MAX   200u

typedef struct
{
  ReplayTrace *trace;         /* borrowed */
  const TxReader *reader;     /* borrowed */
  const ReplayMoment *moment; /* borrowed */
  CliSources *sources;        /* borrowed */
  int64_t asked_ns;           /* wall clock */
} Shown;

static const char *
get_function_name (const Shown *self, TxFunctionId id)
{
  const TxFunction *function = id ? tx_reader_get_function (self->reader, id) : NULL;

  return function ? function->name : "?";
}

static const char *
get_path (const Shown *self, TxFileId id)
{
  const TxFile *file = id ? tx_reader_get_file (self->reader, id) : NULL;

  return file ? file->path : "?";
}

static const char *
get_thread_name (const Shown *self, TxThreadId id)
{
  const TxThreadInfo *info = tx_reader_get_thread (self->reader, id);

  return info ? info->name : "";
}

/* ---- For people ---- */

/* "22:13:20.000015+00:00, +- 500 ns": with the bound of the time, which may be "exact". */
static void
print_time (const CliTerm *term, int64_t real_ns, uint32_t error_ns)
{
  ReplayZone *zone = replay_zone_new_local ();
  char time[REPLAY_TIMES_FORMAT_SIZE];
  char bound[REPLAY_TIMES_FORMAT_SIZE];

  replay_times_format (real_ns, zone, REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 6, time,
                       sizeof time);
  replay_times_format_duration (error_ns, bound, sizeof bound);
  if (error_ns == 0)
    printf ("%s, exact", time);
  else if (error_ns == UINT32_MAX)
    printf ("%s, not known to 4 s", time);
  else
    printf ("%s, %s %s", time, term->is_utf8 ? "\302\261" : "+-", bound);
  replay_zone_free (zone);
}

static size_t
min (size_t a, size_t b)
{
  return a < b ? a : b;
}

/* "core.py:120", fitting. */
static char *
dup_location (const Shown *self, const CliTerm *term, const ReplayFrame *frame)
{
  char *location = NULL;
  char *fitting;

  if (asprintf (&location, "%s:%" PRIu32, cli_location_get_file (self->reader, frame->file),
                frame->line) < 0)
    return NULL;
  fitting = cli_term_dup_fitting (term, location, LOCATION_WIDTH_MAX);
  free (location);
  return fitting;
}

static void
print_frame (const Shown *self,
             const CliTerm *term,
             const ReplayFrame *frame,
             size_t location_width)
{
  char *location = dup_location (self, term, frame);
  char *function =
      cli_term_dup_fitting (term, get_function_name (self, frame->function), FUNCTION_WIDTH_MAX);
  char *source = cli_sources_dup_line (self->sources, frame->file, frame->line);
  size_t used = 2 + location_width + 2 + (function ? cli_term_get_width (function) : 0) + 2;
  size_t room = term->width == SIZE_MAX ? SOURCE_WIDTH_MAX
                : term->width > used    ? term->width - used
                                        : 0;
  char *fitting = source && *source && room > 4 ? cli_term_dup_fitting (term, source, room) : NULL;

  fputs ("  ", stdout);
  cli_term_print (location ? location : "", location_width, false);
  printf ("  %s", function ? function : "");
  if (fitting)
    printf ("  %s", fitting);
  putchar ('\n');
  free (location);
  free (function);
  free (source);
  free (fitting);
}

static void
print_thread (const Shown *self, const CliTerm *term, const ReplayMomentThread *thread)
{
  char *label = cli_thread_dup_label (self->reader, thread->thread);
  char *fitting = label ? cli_term_dup_fitting (term, label, 60) : NULL;
  size_t location_width = 0;

  cli_term_colour (term, thread->is_running ? "1" : "0");
  printf ("\nthread %s%s", fitting ? fitting : "?", thread->is_running ? ", running" : "");
  cli_term_colour (term, "0");
  if (thread->has_step)
    {
      fputs (": since ", stdout);
      print_time (term, thread->step.real_ns, thread->step.error_ns);
      printf (", in execution %" PRIu64 " of %" PRIu64, thread->hit, thread->n_hits);
    }
  else if (thread->frames[0].line == 0)
    fputs (": about to begin", stdout);
  putchar ('\n');
  for (size_t i = 0; i < thread->n_frames; i++)
    {
      char *location = dup_location (self, term, &thread->frames[i]);

      if (location && cli_term_get_width (location) > location_width)
        location_width = min (cli_term_get_width (location), LOCATION_WIDTH_MAX);
      free (location);
    }
  for (size_t i = 0; i < thread->n_frames; i++)
    print_frame (self, term, &thread->frames[i], location_width);
  if (thread->n_frames < thread->depth)
    printf ("  ... and %" PRIu32 " more frames that are not known\n",
            thread->depth - (uint32_t) thread->n_frames);
  free (label);
  free (fitting);
}

static void
print_text (const Shown *self)
{
  const ReplayMoment *moment = self->moment;
  ReplayZone *zone = replay_zone_new_local ();
  char asked[REPLAY_TIMES_FORMAT_SIZE];
  char *name;
  CliTerm term;

  cli_term_look (&term);
  name = cli_term_dup_fitting (&term, analyse_get_name (self->trace), 60);
  replay_times_format (self->asked_ns, zone, REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 6,
                       asked, sizeof asked);
  printf ("%s at %s\nstep %" PRIu64 " of %" PRIu64, name ? name : "", asked,
          moment->step.position + 1, replay_trace_get_n_steps (self->trace));
  if (self->asked_ns > moment->step.real_ns)
    {
      char before[REPLAY_TIMES_FORMAT_SIZE];

      replay_times_format_duration (cli_subtract (self->asked_ns, moment->step.real_ns), before,
                                    sizeof before);
      printf (", begun %s before", before);
    }
  putchar ('\n');
  for (size_t i = 0; i < moment->n_threads; i++)
    print_thread (self, &term, &moment->threads[i]);
  if (moment->n_others > 0)
    printf ("\n%zu other threads had not begun, had ended, or were in code that is not recorded\n",
            moment->n_others);
  free (name);
  replay_zone_free (zone);
}

/* ---- For programs ---- */

static void
print_json_frame (const Shown *self, const ReplayFrame *frame)
{
  char *source = cli_sources_dup_line (self->sources, frame->file, frame->line);

  printf ("        {\"depth\": %" PRIu32 ", \"file\": ", frame->depth);
  cli_json_print_string (get_path (self, frame->file));
  printf (", \"line\": %" PRIu32 ", \"function\": ", frame->line);
  cli_json_print_string (get_function_name (self, frame->function));
  fputs (", \"source\": ", stdout);
  cli_json_print_string (source ? source : "");
  putchar ('}');
  free (source);
}

static void
print_json_thread (const Shown *self, const ReplayMomentThread *thread)
{
  printf ("    {\"thread\": %" PRIu32 ", \"name\": ", thread->thread);
  cli_json_print_string (get_thread_name (self, thread->thread));
  printf (", \"running\": %s, \"depth\": %" PRIu32, thread->is_running ? "true" : "false",
          thread->depth);
  if (thread->has_step)
    printf (", \"position\": %" PRIu64 ", \"time_ns\": %" PRId64 ", \"error_ns\": %" PRIu32
            ", \"execution\": %" PRIu64 ", \"executions\": %" PRIu64,
            thread->step.position, thread->step.real_ns, thread->step.error_ns, thread->hit,
            thread->n_hits);
  puts (", \"stack\": [");
  for (size_t i = 0; i < thread->n_frames; i++)
    {
      print_json_frame (self, &thread->frames[i]);
      puts (i + 1 < thread->n_frames ? "," : "");
    }
  fputs ("    ]}", stdout);
}

static void
print_json (const Shown *self)
{
  const ReplayMoment *moment = self->moment;

  fputs ("{\n  \"name\": ", stdout);
  cli_json_print_string (analyse_get_name (self->trace));
  fputs (",\n  \"directory\": ", stdout);
  cli_json_print_string (tx_reader_get_directory (self->reader));
  printf (",\n  \"asked_ns\": %" PRId64 ",\n  \"position\": %" PRIu64 ",\n  \"steps\": %" PRIu64
          ",\n  \"time_ns\": %" PRId64 ",\n  \"error_ns\": %" PRIu32
          ",\n  \"other_threads\": %zu,\n  \"threads\": [\n",
          self->asked_ns, moment->step.position, replay_trace_get_n_steps (self->trace),
          moment->step.real_ns, moment->step.error_ns, moment->n_others);
  for (size_t i = 0; i < moment->n_threads; i++)
    {
      print_json_thread (self, &moment->threads[i]);
      puts (i + 1 < moment->n_threads ? "," : "");
    }
  puts ("  ]\n}");
}

/* A row a frame, innermost first; what is known of the execution stands in the thread's first row.
 */
static void
print_csv_thread (const Shown *self, const ReplayMomentThread *thread)
{
  for (size_t i = 0; i < thread->n_frames; i++)
    {
      const ReplayFrame *frame = &thread->frames[i];
      char *source = cli_sources_dup_line (self->sources, frame->file, frame->line);

      printf ("%" PRIu32 ",", thread->thread);
      cli_csv_print_string (get_thread_name (self, thread->thread));
      printf (",%d,", thread->is_running);
      if (i == 0 && thread->has_step)
        printf ("%" PRIu64 ",%" PRId64 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64, thread->step.position,
                thread->step.real_ns, thread->step.error_ns, thread->hit, thread->n_hits);
      else
        fputs (",,,,", stdout);
      printf (",%" PRIu32 ",", frame->depth);
      cli_csv_print_string (get_path (self, frame->file));
      printf (",%" PRIu32 ",", frame->line);
      cli_csv_print_string (get_function_name (self, frame->function));
      putchar (',');
      cli_csv_print_string (source ? source : "");
      putchar ('\n');
      free (source);
    }
}

static void
print_csv (const Shown *self)
{
  puts ("thread,thread_name,running,position,time_ns,error_ns,execution,executions,depth,file,line,"
        "function,"
        "source");
  for (size_t i = 0; i < self->moment->n_threads; i++)
    print_csv_thread (self, &self->moment->threads[i]);
}

/* ---- The moment ---- */

static TxStatus
query (ReplayTrace *trace,
       const char *spec,
       int64_t *ret_asked_ns,
       ReplayMoment **ret_moment,
       TxError *error)
{
  CliProgress progress;
  ReplayPosition position;
  TxStatus status =
      cli_parse_position (program, trace, "--at", spec, &position, ret_asked_ns, error);

  if (status != TX_OK)
    return status;
  cli_progress_init (&progress, false);
  status = replay_moment_query (trace, position, &progress.progress, ret_moment, error);
  cli_progress_clear (&progress);
  if (status == TX_CANCELLED)
    tx_error_set (error, status, "cancelled: nothing was shown");
  else if (status == TX_ERROR_GAP)
    tx_error_set (error, TX_END, "cannot use --at: '%.200s' lies where the recording is missing",
                  spec);
  return status;
}

int
analyse_moment (ReplayTrace *trace, const AnalyseOptions *options)
{
  Shown shown = { .trace = trace, .reader = replay_trace_get_reader (trace) };
  ReplayMoment *moment;
  TxError error;
  TxStatus status = query (trace, options->at, &shown.asked_ns, &moment, &error);

  if (status == TX_CANCELLED)
    {
      cli_report_error (program, &error);
      return 128 + cli_progress_get_signal ();
    }
  if (status != TX_OK)
    return cli_report_error (program, &error);
  shown.moment = moment;
  shown.sources = cli_sources_new (shown.reader);
  if (!shown.sources)
    cli_report (program, "cannot print '%s': out of memory", analyse_get_name (trace));
  else if (options->format == ANALYSE_JSON)
    print_json (&shown);
  else if (options->format == ANALYSE_CSV)
    print_csv (&shown);
  else
    print_text (&shown);
  replay_moment_free (moment);
  if (!shown.sources)
    return CLI_EXIT_USAGE;
  cli_sources_report_younger (shown.sources, program);
  cli_sources_free (shown.sources);
  return cli_report_state (program, trace);
}
