// SPDX-License-Identifier: BSD-3-Clause
// trackexec-analyse --annotate: a source file as it was recorded, with the figures of each line.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse.h"
#include "cli-csv.h"
#include "cli-json.h"
#include "cli-term.h"
#include "replay/replay-text.h"
#include "replay/replay-times.h"

static const char program[] = ANALYSE_PROGRAM;

#define TAB_WIDTH    8u
#define FIGURE_WIDTH 9u
#define COUNT_WIDTH  10u
#define SOURCE_WIDTH 200u /* where the width has no end */

/* What is known of a line, as printed. */
typedef enum
{
  LINE_RAN,
  LINE_NOT_HERE, /* it ran, but not in the range, or not in the thread */
  LINE_NEVER_RAN,
  LINE_NO_CODE,
  LINE_UNKNOWN,
} LineState;

static const struct
{
  const char *name; /* for programs */
  char mark;        /* for people */
  const char *meaning;
} states[] = {
  [LINE_RAN] = { "ran", ' ', NULL },
  [LINE_NOT_HERE] = { "not-here", '~', "ran, but not here" },
  [LINE_NEVER_RAN] = { "never-ran", '-', "never ran" },
  [LINE_NO_CODE] = { "no-code", '.', "no code" },
  [LINE_UNKNOWN] = { "unknown", '?', "in no function that ran" },
};

typedef struct
{
  const CliHotspots *shown;
  TxFileId file;
  size_t n_source_lines;
  uint32_t n_lines;
  const ReplayHotspot **items; /* owned (array length=n_lines + 1): by line; NULL: no figures */
  LineState *states;           /* owned (array length=n_lines + 1): by line */
} Annotated;

/* ---- What is known of the lines ---- */

static bool
reserve_lines (Annotated *self, const ReplayFileLine *lines, size_t n_lines)
{
  size_t n = self->n_source_lines;

  /* Without the source, and where it is not the one that ran: as far as there are figures. A
     hostile line number is not worth a list of four billion. */
  for (size_t i = 0; i < n_lines; i++)
    if (lines[i].line > n && lines[i].line < 10000000)
      n = lines[i].line;
  self->n_lines = n < UINT32_MAX ? (uint32_t) n : UINT32_MAX - 1;
  self->items = calloc ((size_t) self->n_lines + 1, sizeof *self->items);
  self->states = calloc ((size_t) self->n_lines + 1, sizeof *self->states);
  return self->items && self->states;
}

static void
fill_lines (Annotated *self, const ReplayFileLine *lines, size_t n_lines)
{
  static const LineState kinds[] = {
    [REPLAY_LINE_RAN] = LINE_NOT_HERE,
    [REPLAY_LINE_NEVER_RAN] = LINE_NEVER_RAN,
    [REPLAY_LINE_NO_CODE] = LINE_NO_CODE,
    [REPLAY_LINE_UNKNOWN] = LINE_UNKNOWN,
  };

  for (uint32_t line = 0; line <= self->n_lines; line++)
    self->states[line] = LINE_UNKNOWN;
  for (size_t i = 0; i < n_lines; i++)
    if (lines[i].line <= self->n_lines)
      self->states[lines[i].line] = kinds[lines[i].state];
  for (size_t i = 0; i < self->shown->hotspots->n_items; i++)
    {
      const ReplayHotspot *item = &self->shown->hotspots->items[i];

      if (item->line > self->n_lines)
        continue;
      self->items[item->line] = item;
      self->states[item->line] = LINE_RAN;
    }
}

/* Behind the source's end, or without one: only lines of which something is known. */
static bool
is_shown (const Annotated *self, uint32_t line)
{
  return line <= self->n_source_lines || self->states[line] != LINE_UNKNOWN;
}

/* ---- For people ---- */

/* Tabs as an editor shows them, since what comes before is no multiple of their width. */
static char *
dup_expanded (const char *text)
{
  char *expanded = malloc (TAB_WIDTH * strlen (text) + 1);
  size_t used = 0, column = 0;

  if (!expanded)
    return NULL;
  for (; *text; text++)
    {
      size_t n = *text == '\t' ? TAB_WIDTH - column % TAB_WIDTH : 1;

      for (size_t i = 0; i < n; i++)
        expanded[used++] = *text == '\t' ? ' ' : *text;
      column += n;
    }
  while (used > 0 && strchr (" \r\n\f\v", expanded[used - 1]))
    used--;
  expanded[used] = '\0';
  return expanded;
}

static void
print_duration (uint64_t duration_ns)
{
  char text[REPLAY_TIMES_FORMAT_SIZE];

  replay_times_format_duration (duration_ns > INT64_MAX ? INT64_MAX : (int64_t) duration_ns, text,
                                sizeof text);
  putchar (' ');
  cli_term_print (text, FIGURE_WIDTH, true);
}

/* The part of the range's time that the line has for itself. */
static void
print_share (const Annotated *self, const ReplayHotspot *item)
{
  double share = self->shown->hotspots->total_ns == 0
                     ? 0
                     : 100.0 * (double) item->self_ns / (double) self->shown->hotspots->total_ns;

  if (share < 0.5)
    printf (" %5s", item->self_ns > 0 ? "<1%" : "");
  else
    printf (" %4.0f%%", share < 999 ? share : 999);
}

static void
print_row (const Annotated *self,
           const CliTerm *term,
           uint32_t line,
           int number_width,
           size_t source_width)
{
  const ReplayHotspot *item = self->items[line];
  LineState state = self->states[line];
  char *source = cli_sources_dup_whole_line (self->shown->sources, self->file, line);
  char *expanded = source ? dup_expanded (source) : NULL;
  char *fitting = expanded ? cli_term_dup_fitting (term, expanded, source_width) : NULL;

  if (state == LINE_RAN)
    cli_term_colour (term, cli_hotspots_get_heat (self->shown, item));
  else if (state == LINE_NEVER_RAN || state == LINE_NOT_HERE)
    cli_term_colour (term, "2");
  printf ("%*" PRIu32 " %c", number_width, line, states[state].mark);
  if (state == LINE_RAN)
    {
      print_share (self, item);
      printf (" %*" PRIu64, (int) COUNT_WIDTH, item->count);
      print_duration (item->self_ns);
      print_duration (item->cumulated_ns);
    }
  else if (fitting && *fitting)
    printf ("%*s", (int) (6 + COUNT_WIDTH + 1 + 2 * (FIGURE_WIDTH + 1)), "");
  if (fitting && *fitting)
    printf ("  %s", fitting);
  cli_term_colour (term, "0");
  putchar ('\n');
  free (source);
  free (expanded);
  free (fitting);
}

/* The marks that occur. */
static void
print_legend (const Annotated *self)
{
  const char *before = "\n";

  for (size_t state = 0; state < sizeof states / sizeof *states; state++)
    for (uint32_t line = 1; states[state].meaning && line <= self->n_lines; line++)
      if (self->states[line] == state && is_shown (self, line))
        {
          printf ("%s%c %s", before, states[state].mark, states[state].meaning);
          before = "; ";
          break;
        }
  if (*before == ';')
    putchar ('\n');
}

static void
print_text (const Annotated *self)
{
  const TxFile *file =
      tx_reader_get_file (replay_trace_get_reader (self->shown->trace), self->file);
  int number_width = snprintf (NULL, 0, "%" PRIu32, self->n_lines);
  size_t figures, source_width;
  CliTerm term;
  char *path;

  cli_term_look (&term);
  number_width = number_width < 4 ? 4 : number_width;
  figures = (size_t) number_width + 2 + 6 + 1 + COUNT_WIDTH + 2 * (FIGURE_WIDTH + 1) + 2;
  source_width = term.width == SIZE_MAX ? SOURCE_WIDTH
                 : term.width > figures ? term.width - figures
                                        : 1;
  path = cli_term_dup_fitting (&term, file ? file->path : "?", SIZE_MAX);
  cli_hotspots_print_summary (self->shown, &term);
  printf (" of\n%s\n\n", path ? path : "?");
  cli_term_colour (&term, "1");
  printf ("%*s   %5s %*s %*s %*s  %.*s", number_width, "line", "heat", (int) COUNT_WIDTH, "count",
          (int) FIGURE_WIDTH, "self", (int) FIGURE_WIDTH, "cumulated",
          (int) (source_width < 6 ? source_width : 6), "source");
  cli_term_colour (&term, "0");
  putchar ('\n');
  for (uint32_t line = 1; line <= self->n_lines; line++)
    if (is_shown (self, line))
      print_row (self, &term, line, number_width, source_width);
  print_legend (self);
  free (path);
}

/* ---- For programs ---- */

/* Figures of lines without any are zeros. */
static const ReplayHotspot nothing;

static void
print_json (const Annotated *self)
{
  const char *separator = "";
  const TxFile *file =
      tx_reader_get_file (replay_trace_get_reader (self->shown->trace), self->file);

  cli_hotspots_print_json_range (self->shown);
  fputs (",\n  \"file\": ", stdout);
  cli_json_print_string (file ? file->path : "?");
  fputs (",\n  \"lines\": [", stdout);
  for (uint32_t line = 1; line <= self->n_lines; line++)
    {
      char *source;

      if (!is_shown (self, line))
        continue;
      source = cli_sources_dup_whole_line (self->shown->sources, self->file, line);

      if (source)
        source[strcspn (source, "\r\n")] = '\0';
      printf ("%s\n    {\"line\": %" PRIu32 ", \"state\": \"%s\", ", separator, line,
              states[self->states[line]].name);
      separator = ",";
      cli_hotspots_print_json_figures (self->items[line] ? self->items[line] : &nothing);
      fputs (", \"source\": ", stdout);
      cli_json_print_string (source ? source : "");
      putchar ('}');
      free (source);
    }
  puts ("\n  ]\n}");
}

static void
print_csv (const Annotated *self)
{
  puts ("line,state," CLI_HOTSPOTS_CSV_FIGURES ",source");
  for (uint32_t line = 1; line <= self->n_lines; line++)
    {
      char *source;

      if (!is_shown (self, line))
        continue;
      source = cli_sources_dup_whole_line (self->shown->sources, self->file, line);
      if (source)
        source[strcspn (source, "\r\n")] = '\0';
      printf ("%" PRIu32 ",%s,", line, states[self->states[line]].name);
      cli_hotspots_print_csv_figures (self->items[line] ? self->items[line] : &nothing);
      putchar (',');
      cli_csv_print_string (source ? source : "");
      putchar ('\n');
      free (source);
    }
}

/* ---- The file ---- */

static TxStatus
print_file (Annotated *self, AnalyseFormat format, TxError *error)
{
  ReplayFileLine *lines;
  size_t n_lines;
  TxStatus status =
      replay_trace_dup_file_lines (self->shown->trace, self->file, &lines, &n_lines, NULL, error);

  if (status != TX_OK)
    return status;
  if (!reserve_lines (self, lines, n_lines))
    status = tx_error_set (error, TX_ERROR_MEMORY, "cannot print a source: out of memory");
  else
    {
      fill_lines (self, lines, n_lines);
      if (format == ANALYSE_JSON)
        print_json (self);
      else if (format == ANALYSE_CSV)
        print_csv (self);
      else
        print_text (self);
    }
  free (lines);
  return status;
}

int
analyse_file (ReplayTrace *trace, const AnalyseOptions *options)
{
  ReplayHotspotQuery query = { .sort = REPLAY_SORT_LOCATION };
  CliHotspots shown;
  Annotated annotated = { .shown = &shown };
  TxError error;
  int result;

  if (analyse_find_file (trace, options->annotate, &query.file, &error) != TX_OK)
    return cli_report_error (program, &error);
  if (!analyse_query (trace, options, &query, &shown, &result))
    return result;
  annotated.file = query.file;
  annotated.n_source_lines = cli_sources_get_n_lines (shown.sources, query.file);
  if (annotated.n_source_lines == 0)
    cli_report (program, "note: the source of '%s' was not recorded: figures only",
                options->annotate);
  if (print_file (&annotated, options->format, &error) != TX_OK)
    result = cli_report_error (program, &error);
  free (annotated.items);
  free (annotated.states);
  analyse_clear (&shown);
  return result;
}
