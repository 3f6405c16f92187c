// SPDX-License-Identifier: BSD-3-Clause
// Opens what the command line names, and understands its times.
#include "cli-open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli-report.h"
#include "replay/replay-convert.h"
#include "replay/replay-path.h"
#include "replay/replay-spec.h"

/* "a, b, c" of the processes' names, cut where it gets long. */
static void
list_names (const ReplayPath *path, char *text, size_t size)
{
  size_t length = 0;

  text[0] = '\0';
  for (size_t i = 0; i < path->n_traces; i++)
    {
      const char *name = path->traces[i].name;
      size_t needed = strlen (name) + 2;

      if (length + needed + 4 > size)
        {
          strcpy (text + length, "...");
          return;
        }
      length += (size_t) snprintf (text + length, size - length, "%s%s", i ? ", " : "", name);
    }
}

static bool
show_progress_cb (void *data, double fraction)
{
  int *last_percent = data;
  int percent = (int) (fraction * 100);

  if (percent != *last_percent)
    fprintf (stderr, "\rconverting: %3d %%", percent);
  *last_percent = percent;
  return true;
}

/* A recording of another tool is made a trace first, once; on a terminal one sees how far it is. */
static ReplayTrace *
open_one (const char *directory, TxError *error)
{
  int last_percent = -1;
  ReplayProgress progress = { show_progress_cb, &last_percent };
  TxStatus status = TX_OK;

  if (isatty (STDERR_FILENO) && replay_convert_is_needed (directory))
    status = replay_convert (directory, &progress, error);
  if (last_percent >= 0)
    fputs ("\r                 \r", stderr);
  return status == TX_OK ? replay_trace_open (directory, error) : NULL;
}

const char *
cli_take_directory (const char *program, int argc, char **argv)
{
  if (optind == argc)
    cli_report (program, "no DIR given (see --help)");
  else if (optind < argc - 1)
    cli_report (program, "cannot take '%s': one DIR only (see --help)", argv[optind + 1]);
  else
    return argv[optind];
  return NULL;
}

ReplayTrace *
cli_open_trace (const char *directory, TxError *error)
{
  ReplayTrace *trace = NULL;
  ReplayPath *path;
  char names[256];

  if (replay_path_resolve (directory, &path, error) != TX_OK)
    return NULL;
  if (path->n_traces == 1)
    trace = open_one (path->traces[0].directory, error);
  else
    {
      list_names (path, names, sizeof names);
      tx_error_set (
          error, TX_ERROR_INVALID,
          "cannot choose in '%s': it holds recordings of %zu processes (give one of them: %s)",
          path->run_directory, path->n_traces, names);
    }
  replay_path_free (path);
  return trace;
}

/* What one option's text means: times only, or a position too. What had to be assumed (a date) is
   said on the standard error. */
static TxStatus
resolve (const char *program,
         ReplayTrace *trace,
         const char *option,
         const char *text,
         const ReplaySpecContext *context,
         bool times_only,
         ReplaySpec *ret_spec,
         TxError *error)
{
  char time[REPLAY_TIMES_FORMAT_SIZE];
  TxError reason = { 0 };
  TxStatus status = times_only
                        ? replay_spec_resolve_times (trace, text, context, NULL, ret_spec, &reason)
                        : replay_spec_resolve (trace, text, context, NULL, ret_spec, &reason);

  if (status != TX_OK)
    return tx_error_set (error, status < 0 ? status : TX_ERROR_INVALID, "cannot use %s: %s", option,
                         reason.message);
  if (ret_spec->note[0] == '\0')
    return TX_OK;
  replay_times_format (ret_spec->from.real_ns, context->zone,
                       REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 3, time, sizeof time);
  cli_report (program, "note: %s is %s: %s", option, time, ret_spec->note);
  return TX_OK;
}

static TxStatus
check_recorded (const ReplayTrace *trace, TxError *error)
{
  int64_t start_ns, end_ns;

  if (replay_trace_get_range (trace, &start_ns, &end_ns))
    return TX_OK;
  return tx_error_set (error, TX_END, "cannot find a time in '%s': nothing was recorded",
                       tx_reader_get_directory (replay_trace_get_reader (trace)));
}

/* Both ends, with what they are understood against. */
static TxStatus
resolve_range (const char *program,
               ReplayTrace *trace,
               const char *from,
               const char *to,
               ReplaySpecContext *context,
               CliRange *range,
               TxError *error)
{
  ReplaySpec spec;
  TxStatus status = TX_OK;

  if (from)
    {
      status = resolve (program, trace, "--from", from, context, true, &spec, error);
      if (status != TX_OK)
        return status;
      range->from_ns = spec.from.real_ns;
      if (spec.is_range)
        range->to_ns = spec.to.real_ns;
    }
  if (to)
    {
      /* A relative end counts from the beginning that was given. */
      if (from)
        context->reference_ns = &range->from_ns;
      status = resolve (program, trace, "--to", to, context, true, &spec, error);
      if (status == TX_OK)
        range->to_ns = spec.from.real_ns;
    }
  return status;
}

TxStatus
cli_parse_range (const char *program,
                 ReplayTrace *trace,
                 const char *from,
                 const char *to,
                 CliRange *ret_range,
                 TxError *error)
{
  CliRange range = { INT64_MIN, INT64_MAX };
  ReplaySpecContext context = { .current = REPLAY_POSITION_NONE, .allow_range = to == NULL };
  ReplayBookmarks *bookmarks;
  ReplayZone *zone;
  TxStatus status = from || to ? check_recorded (trace, error) : TX_OK;

  if (status != TX_OK)
    return status;
  if (from || to)
    {
      context.zone = zone = replay_zone_new_local ();
      context.bookmarks = bookmarks = replay_bookmarks_open (trace, NULL, NULL);
      status = resolve_range (program, trace, from, to, &context, &range, error);
      replay_bookmarks_close (bookmarks);
      replay_zone_free (zone);
    }
  if (status == TX_OK && range.from_ns > range.to_ns)
    status =
        tx_error_set (error, TX_ERROR_INVALID, "cannot use this range: it ends before it begins");
  if (status == TX_OK)
    *ret_range = range;
  return status;
}

TxStatus
cli_parse_position (const char *program,
                    ReplayTrace *trace,
                    const char *option,
                    const char *text,
                    ReplayPosition *ret_position,
                    int64_t *ret_asked_ns,
                    TxError *error)
{
  ReplaySpecContext context = { .current = REPLAY_POSITION_NONE };
  ReplayBookmarks *bookmarks;
  ReplayZone *zone;
  ReplaySpec spec;
  TxStatus status = check_recorded (trace, error);

  if (status != TX_OK)
    return status;
  context.zone = zone = replay_zone_new_local ();
  context.bookmarks = bookmarks = replay_bookmarks_open (trace, NULL, NULL);
  status = resolve (program, trace, option, text, &context, false, &spec, error);
  replay_bookmarks_close (bookmarks);
  replay_zone_free (zone);
  if (status != TX_OK)
    return status;
  *ret_position = spec.from.position;
  *ret_asked_ns = spec.from.real_ns;
  return TX_OK;
}

int
cli_report_state (const char *program, const ReplayTrace *trace)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  size_t n_damages = 0;
  const char *damage = tx_reader_get_damage (reader, &n_damages);

  const char *format = tx_reader_get_info (reader, "format");
  const char *point = format ? strchr (format, '.') : NULL;

  /* A greater major version has been refused by the reader. */
  if (point && strtoul (point + 1, NULL, 10) > TX_FORMAT_VERSION_MINOR)
    cli_report (program,
                "note: '%s' was made by a newer version (format %.20s): what this one does not "
                "know is left out",
                tx_reader_get_directory (reader), format);
  if (tx_reader_get_state (reader) == TX_STATE_DIED_TAIL_MISSING)
    cli_report (
        program,
        "note: '%s': the process died and its ring is not here: the last moments are missing",
        tx_reader_get_directory (reader));
  if (!damage)
    return CLI_EXIT_OK;
  cli_report (program, "'%s' is damaged: %s (%zu in all; what can be read is shown)",
              tx_reader_get_directory (reader), damage, n_damages);
  return CLI_EXIT_DAMAGED;
}
