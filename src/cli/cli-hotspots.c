// SPDX-License-Identifier: BSD-3-Clause
// Hot spots for programs: JSON (one object) and CSV (RFC 4180, control characters escaped).
#include "cli-hotspots.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli-csv.h"
#include "cli-json.h"

const char *
cli_hotspots_get_path (const CliHotspots *self, const ReplayHotspot *item)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  const TxFile *file = item->file ? tx_reader_get_file (reader, item->file) : NULL;

  return file ? file->path : "?";
}

const char *
cli_hotspots_get_function (const CliHotspots *self, const ReplayHotspot *item)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  const TxFunction *function =
      item->function ? tx_reader_get_function (reader, item->function) : NULL;

  return function ? function->name : "?";
}

uint64_t
cli_hotspots_get_average (const ReplayHotspot *item)
{
  return item->count ? item->cumulated_ns / item->count : 0;
}

uint64_t
cli_hotspots_get_cpu (const ReplayHotspot *item)
{
  return item->self_ns > item->waiting_ns ? item->self_ns - item->waiting_ns : 0;
}

/* ---- JSON ---- */

void
cli_hotspots_print_json_figures (const ReplayHotspot *item)
{
  printf ("\"count\": %" PRIu64 ", \"cumulated_ns\": %" PRIu64 ", \"self_ns\": %" PRIu64
          ", \"average_ns\": %" PRIu64 ", \"slowest_ns\": %" PRIu64 ", \"waiting_ns\": %" PRIu64
          ", \"cpu_ns\": %" PRIu64 ", \"cumulated_error_ns\": %" PRIu64
          ", \"self_error_ns\": %" PRIu64 ", \"slowest_error_ns\": %" PRIu64,
          item->count, item->cumulated_ns, item->self_ns, cli_hotspots_get_average (item),
          item->slowest_ns, item->waiting_ns, cli_hotspots_get_cpu (item), item->cumulated_error_ns,
          item->self_error_ns, item->slowest_error_ns);
}

void
cli_hotspots_print_json_range (const CliHotspots *self)
{
  fputs ("{\n  \"name\": ", stdout);
  cli_json_print_string (self->name);
  fputs (",\n  \"directory\": ", stdout);
  cli_json_print_string (tx_reader_get_directory (replay_trace_get_reader (self->trace)));
  if (self->thread != 0)
    printf (",\n  \"thread\": %" PRIu32, self->thread);
  printf (",\n  \"from_ns\": %" PRId64 ",\n  \"to_ns\": %" PRId64 ",\n  \"total_ns\": %" PRIu64
          ",\n  \"idle_ns\": %" PRIu64 ",\n  \"total_steps\": %" PRIu64
          ",\n  \"total_lines\": %zu,\n  \"missing_blocks\": %" PRIu64
          ",\n  \"events_lost\": %" PRIu64,
          self->from_ns, self->to_ns, self->hotspots->total_ns, self->hotspots->idle_ns,
          self->hotspots->total_steps, self->hotspots->n_lines, self->hotspots->missing_blocks,
          self->hotspots->events_lost);
}

static void
print_json_item (const CliHotspots *self, const ReplayHotspot *item)
{
  char *source = cli_sources_dup_line (self->sources, item->file, item->line);

  fputs ("    {\"file\": ", stdout);
  cli_json_print_string (cli_hotspots_get_path (self, item));
  printf (", \"line\": %" PRIu32 ", \"function\": ", item->line);
  cli_json_print_string (cli_hotspots_get_function (self, item));
  fputs (", ", stdout);
  cli_hotspots_print_json_figures (item);
  fputs (", \"source\": ", stdout);
  cli_json_print_string (source ? source : "");
  putchar ('}');
  free (source);
}

void
cli_hotspots_print_json (const CliHotspots *self)
{
  cli_hotspots_print_json_range (self);
  puts (",\n  \"hotspots\": [");
  for (size_t i = 0; i < self->hotspots->n_items; i++)
    {
      print_json_item (self, &self->hotspots->items[i]);
      puts (i + 1 < self->hotspots->n_items ? "," : "");
    }
  puts ("  ]\n}");
}

/* ---- CSV ---- */

void
cli_hotspots_print_csv_figures (const ReplayHotspot *item)
{
  printf ("%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
          ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
          item->count, item->cumulated_ns, item->self_ns, cli_hotspots_get_average (item),
          item->slowest_ns, item->waiting_ns, cli_hotspots_get_cpu (item), item->cumulated_error_ns,
          item->self_error_ns, item->slowest_error_ns);
}

void
cli_hotspots_print_csv (const CliHotspots *self)
{
  puts ("file,line,function," CLI_HOTSPOTS_CSV_FIGURES ",source");
  for (size_t i = 0; i < self->hotspots->n_items; i++)
    {
      const ReplayHotspot *item = &self->hotspots->items[i];
      char *source = cli_sources_dup_line (self->sources, item->file, item->line);

      cli_csv_print_string (cli_hotspots_get_path (self, item));
      printf (",%" PRIu32 ",", item->line);
      cli_csv_print_string (cli_hotspots_get_function (self, item));
      putchar (',');
      cli_hotspots_print_csv_figures (item);
      putchar (',');
      cli_csv_print_string (source ? source : "");
      putchar ('\n');
      free (source);
    }
}
