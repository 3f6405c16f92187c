// SPDX-License-Identifier: BSD-3-Clause
// What the parts of trackexec-analyse share: its options, and one function for each thing that it does, which prints
// and returns what to exit with.
#pragma once

#include "cli-hotspots.h"
#include "cli-open.h"
#include "cli-report.h"

#define ANALYSE_PROGRAM "trackexec-analyse"

typedef enum {
  ANALYSE_TABLE,
  ANALYSE_JSON,
  ANALYSE_CSV,
} AnalyseFormat;

/** AnalyseOptions: as given, all borrowed; nullable but for the directory. */
typedef struct {
  const char *directory;
  const char *annotate;
  const char *at;
  const char *file;
  const char *thread;
  const char *from;
  const char *to;
  size_t n_items;
  ReplayHotspotSort sort;
  AnalyseFormat format;
} AnalyseOptions;

int analyse_hotspots (ReplayTrace *trace, const AnalyseOptions *options);
int analyse_file (ReplayTrace *trace, const AnalyseOptions *options);
int analyse_moment (ReplayTrace *trace, const AnalyseOptions *options);

/* ---- Shared ---- */

/** analyse_find_file: the one file that @name tells. */
TxStatus analyse_find_file (const ReplayTrace *trace, const char *name, TxFileId *ret_file, TxError *error) TX_WARN_UNUSED;

/**
 * analyse_query:
 * @query: file, sort and max_items are set; range and thread are filled in
 * @ret_shown: (transfer full): free with analyse_clear(); untouched unless 0 is returned
 *
 * Queries hot spots of the options' range and thread, and says what is missing.
 *
 * Returns: whether it went well; else *@ret_exit is what to exit with, and all is said
 */
bool analyse_query (ReplayTrace *trace, const AnalyseOptions *options, ReplayHotspotQuery *query, CliHotspots *ret_shown, int *ret_exit);
/** analyse_clear: says, too, of which of the texts shown is not certain that they are what ran. */
void analyse_clear (CliHotspots *shown);

/** analyse_get_name: of the process; borrowed. */
const char *analyse_get_name (const ReplayTrace *trace);
