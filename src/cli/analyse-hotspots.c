// SPDX-License-Identifier: BSD-3-Clause
// trackexec-analyse: the query, and the table of hot spots.
#include <stdio.h>
#include <string.h>

#include "analyse.h"
#include "cli-progress.h"
#include "cli-thread.h"

static const char program[] = ANALYSE_PROGRAM;

const char *
analyse_get_name (const ReplayTrace *trace)
{
  const char *directory = tx_reader_get_directory (replay_trace_get_reader (trace));
  const char *slash = strrchr (directory, '/');

  return slash && slash[1] ? slash + 1 : directory;
}

TxStatus
analyse_find_file (const ReplayTrace *trace, const char *name, TxFileId *ret_file, TxError *error)
{
  size_t n_found = replay_trace_find_file (trace, name, ret_file);

  if (n_found == 0)
    return tx_error_set (error, TX_END, "cannot find '%.200s': no such file was recorded", name);
  if (n_found > 1)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot choose '%.200s': %zu files end so (give more of the path)", name,
                         n_found);
  return TX_OK;
}

/* Both ends belong to the range on the command line; the query leaves out its end. */
static TxStatus
fill_query (ReplayTrace *trace,
            const AnalyseOptions *options,
            ReplayHotspotQuery *query,
            CliHotspots *shown,
            TxError *error)
{
  CliRange range, whole = { 0, 0 };
  TxStatus status = cli_parse_range (program, trace, options->from, options->to, &range, error);

  if (status != TX_OK)
    return status;
  query->from_real_ns = range.from_ns;
  query->to_real_ns = range.to_ns < INT64_MAX ? range.to_ns + 1 : INT64_MAX;
  replay_trace_get_range (trace, &whole.from_ns, &whole.to_ns);
  shown->from_ns = range.from_ns > whole.from_ns ? range.from_ns : whole.from_ns;
  shown->to_ns = range.to_ns < whole.to_ns ? range.to_ns : whole.to_ns;
  if (options->thread)
    status =
        cli_thread_find (replay_trace_get_reader (trace), options->thread, &query->thread, error);
  shown->thread = query->thread;
  return status;
}

static void
report_missing (const CliHotspots *shown)
{
  const ReplayHotspots *hotspots = shown->hotspots;

  if (hotspots->missing_blocks > 0)
    cli_report (program,
                "note: '%s': %llu blocks are missing: figures are too small by what was in them",
                shown->name, (unsigned long long) hotspots->missing_blocks);
  if (hotspots->events_lost > 0)
    cli_report (
        program,
        "note: '%s': %llu events were dropped, as the disk or the machine did not follow: figures "
        "are too small by what they were",
        shown->name, (unsigned long long) hotspots->events_lost);
}

/* The query itself, with progress; %TX_CANCELLED after an interrupt. */
static TxStatus
run_query (ReplayTrace *trace,
           const ReplayHotspotQuery *query,
           ReplayHotspots **ret_hotspots,
           TxError *error)
{
  CliProgress progress;
  TxStatus status;

  cli_progress_init (&progress, false);
  status = replay_hotspots_query (trace, query, &progress.progress, ret_hotspots, error);
  cli_progress_clear (&progress);
  if (status == TX_CANCELLED)
    tx_error_set (error, status, "cancelled: nothing was shown");
  return status;
}

bool
analyse_query (ReplayTrace *trace,
               const AnalyseOptions *options,
               ReplayHotspotQuery *query,
               CliHotspots *ret_shown,
               int *ret_exit)
{
  CliHotspots shown = { .trace = trace, .name = analyse_get_name (trace) };
  ReplayHotspots *hotspots;
  TxError error;
  TxStatus status = fill_query (trace, options, query, &shown, &error);

  if (status == TX_OK)
    status = run_query (trace, query, &hotspots, &error);
  if (status != TX_OK)
    {
      *ret_exit = cli_report_error (program, &error);
      if (status == TX_CANCELLED)
        *ret_exit = 128 + cli_progress_get_signal ();
      return false;
    }
  shown.hotspots = hotspots;
  *ret_exit = cli_report_state (program, trace);
  report_missing (&shown);
  shown.sources = cli_sources_new (replay_trace_get_reader (trace));
  if (!shown.sources)
    {
      cli_report (program, "cannot print '%s': out of memory", shown.name);
      *ret_exit = CLI_EXIT_USAGE;
      replay_hotspots_free (hotspots);
      return false;
    }
  *ret_shown = shown;
  return true;
}

void
analyse_clear (CliHotspots *shown)
{
  cli_sources_report_younger (shown->sources, program);
  cli_sources_free (shown->sources);
  replay_hotspots_free ((ReplayHotspots *) shown->hotspots);
}

static void
print_hotspots (const CliHotspots *shown, AnalyseFormat format)
{
  switch (format)
    {
    case ANALYSE_JSON:
      cli_hotspots_print_json (shown);
      break;
    case ANALYSE_CSV:
      cli_hotspots_print_csv (shown);
      break;
    case ANALYSE_TABLE:
    default:
      cli_hotspots_print_table (shown);
      break;
    }
}

int
analyse_hotspots (ReplayTrace *trace, const AnalyseOptions *options)
{
  ReplayHotspotQuery query = { .sort = options->sort, .max_items = options->n_items };
  CliHotspots shown;
  TxError error;
  int result;

  if (options->file && analyse_find_file (trace, options->file, &query.file, &error) != TX_OK)
    return cli_report_error (program, &error);
  if (!analyse_query (trace, options, &query, &shown, &result))
    return result;
  if (shown.hotspots->n_items > 0)
    print_hotspots (&shown, options->format);
  else
    {
      cli_report (program, "nothing to show of '%s': no line was recorded%s", shown.name,
                  options->file || options->from || options->to || options->thread ? " there" : "");
      result = result == CLI_EXIT_OK ? CLI_EXIT_USAGE : result;
    }
  analyse_clear (&shown);
  return result;
}
