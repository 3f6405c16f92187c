// SPDX-License-Identifier: BSD-3-Clause
// Prints hot spots: as a table for people, and as JSON and CSV for programs.
#pragma once

#include "cli-source.h"
#include "cli-term.h"
#include "replay/replay-hotspots.h"

/** CliHotspots: what is printed, all borrowed. */
typedef struct {
  ReplayTrace *trace;
  const ReplayHotspots *hotspots;
  CliSources *sources;
  const char *name;  /* of the process */
  TxThreadId thread; /* only this one; 0: all */
  int64_t from_ns;   /* wall clock, UTC */
  int64_t to_ns;
} CliHotspots;

/** All three write to the standard output; the caller looks at its state afterwards. */
void cli_hotspots_print_table (const CliHotspots *self);
void cli_hotspots_print_json (const CliHotspots *self);
void cli_hotspots_print_csv (const CliHotspots *self);

/** The path of a hot spot's file as recorded, "?" where not known; that of its function's name. */
const char *cli_hotspots_get_path (const CliHotspots *self, const ReplayHotspot *item);
const char *cli_hotspots_get_function (const CliHotspots *self, const ReplayHotspot *item);
uint64_t cli_hotspots_get_average (const ReplayHotspot *item);
/** cli_hotspots_get_cpu: what of the line's own time it is not known to have waited: at least that was waiting, at most
 * this was work. */
uint64_t cli_hotspots_get_cpu (const ReplayHotspot *item);

/* ---- Parts, for what else prints lines with figures ---- */

/** cli_hotspots_print_summary: what recording, of when, how much, for people; ends with a line that is not ended. */
void cli_hotspots_print_summary (const CliHotspots *self, const CliTerm *term);
/** cli_hotspots_get_heat: the style (cli_term_colour) of a line that has this part of the time for itself. */
const char *cli_hotspots_get_heat (const CliHotspots *self, const ReplayHotspot *item);
/** cli_hotspots_print_json_range: the beginning of the object: what recording, of when, how much. */
void cli_hotspots_print_json_range (const CliHotspots *self);
/** cli_hotspots_print_json_figures, cli_hotspots_print_csv_figures: without what stands around them. */
void cli_hotspots_print_json_figures (const ReplayHotspot *item);
void cli_hotspots_print_csv_figures (const ReplayHotspot *item);
#define CLI_HOTSPOTS_CSV_FIGURES \
  "count,cumulated_ns,self_ns,average_ns,slowest_ns,waiting_ns,cpu_ns,cumulated_error_ns,self_error_ns,slowest_error_ns"
