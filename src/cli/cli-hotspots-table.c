// SPDX-License-Identifier: BSD-3-Clause
// Hot spots for people: a table that fits the terminal. The figures come first, then the place,
// then as much of the source line as there is room for.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-hotspots.h"
#include "cli-location.h"
#include "cli-term.h"
#include "cli-thread.h"
#include "replay/replay-times.h"

#define FIGURE_WIDTH       9u
#define COUNT_WIDTH        10u
#define WAITING_WIDTH      7u
#define LOCATION_WIDTH_MIN 12u
#define LOCATION_WIDTH_MAX 40u
#define SOURCE_WIDTH_MIN   12u
#define SOURCE_WIDTH_MAX   200u /* where the width has no end */
#define SLOWEST_FROM_WIDTH 100u /* narrower terminals have no room for this column */
#define BOUND_FROM_WIDTH   120u /* the same */

typedef struct
{
  const CliHotspots *hotspots;
  CliTerm term;
  char **locations; /* owned (array length=n_items), each too */
  bool has_bound;   /* of cumulated: a column for it */
  bool has_slowest;
  bool has_waiting; /* columns for it and for the rest: some line is known to have waited */
  size_t location_width;
  size_t source_width;
} Table;

static char *
dup_location (const CliHotspots *self, const ReplayHotspot *item)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  char *location = NULL;

  if (asprintf (&location, "%s:%" PRIu32, cli_location_get_file (reader, item->file), item->line) <
      0)
    return NULL;
  return location;
}

/* ---- Layout ---- */

static void
lay_out (Table *self)
{
  size_t figures = 3 * (FIGURE_WIDTH + 1) + COUNT_WIDTH + 2;
  size_t longest = LOCATION_WIDTH_MIN;
  size_t room;

  self->has_slowest = self->term.width >= SLOWEST_FROM_WIDTH;
  if (self->has_slowest)
    figures += FIGURE_WIDTH + 1;
  self->has_bound = self->term.width >= BOUND_FROM_WIDTH;
  if (self->has_bound)
    figures += FIGURE_WIDTH + 1;
  for (size_t i = 0; i < self->hotspots->hotspots->n_items && self->has_slowest; i++)
    self->has_waiting |= self->hotspots->hotspots->items[i].waiting_ns > 0;
  if (self->has_waiting)
    figures += FIGURE_WIDTH + WAITING_WIDTH + 2;
  for (size_t i = 0; i < self->hotspots->hotspots->n_items; i++)
    if (self->locations[i] && cli_term_get_width (self->locations[i]) > longest)
      longest = cli_term_get_width (self->locations[i]);
  self->location_width = longest < LOCATION_WIDTH_MAX ? longest : LOCATION_WIDTH_MAX;
  if (self->term.width == SIZE_MAX)
    {
      self->source_width = SOURCE_WIDTH_MAX;
      return;
    }
  room = self->term.width > figures ? self->term.width - figures : 0;
  if (self->location_width + 2 + SOURCE_WIDTH_MIN > room)
    self->location_width = room > LOCATION_WIDTH_MIN + SOURCE_WIDTH_MIN + 2
                               ? room - SOURCE_WIDTH_MIN - 2
                               : LOCATION_WIDTH_MIN;
  self->source_width =
      room > self->location_width + 2 ? room - self->location_width - 2 : SOURCE_WIDTH_MIN;
}

/* ---- Rows ---- */

void
cli_hotspots_print_summary (const CliHotspots *self, const CliTerm *term)
{
  ReplayZone *zone = replay_zone_new_local ();
  unsigned flags = REPLAY_TIMES_WITH_DATE;
  char from[REPLAY_TIMES_FORMAT_SIZE];
  char to[REPLAY_TIMES_FORMAT_SIZE];
  char duration[REPLAY_TIMES_FORMAT_SIZE];
  char *name = cli_term_dup_fitting (term, self->name, 60);
  char *thread = self->thread == 0
                     ? NULL
                     : cli_thread_dup_label (replay_trace_get_reader (self->trace), self->thread);
  char *fitting_thread = thread ? cli_term_dup_fitting (term, thread, 40) : NULL;

  replay_times_format (self->from_ns, zone, flags, 3, from, sizeof from);
  flags = REPLAY_TIMES_WITH_OFFSET;
  if (replay_times_need_date (self->from_ns, self->to_ns, zone))
    flags |= REPLAY_TIMES_WITH_DATE;
  replay_times_format (self->to_ns, zone, flags, 3, to, sizeof to);
  replay_times_format_duration ((int64_t) self->hotspots->total_ns, duration, sizeof duration);
  printf ("%s, ", name ? name : "");
  if (fitting_thread)
    printf ("thread %s, ", fitting_thread);
  printf ("%s to %s\n%s, %" PRIu64 " steps on %zu lines", from, to, duration,
          self->hotspots->total_steps, self->hotspots->n_lines);
  if (self->hotspots->idle_ns > 0)
    {
      replay_times_format_duration ((int64_t) self->hotspots->idle_ns, duration, sizeof duration);
      printf (", event loops idle for %s", duration);
    }
  free (name);
  free (thread);
  free (fitting_thread);
  replay_zone_free (zone);
}

static void
print_duration (uint64_t duration_ns)
{
  char text[REPLAY_TIMES_FORMAT_SIZE];

  replay_times_format_duration (duration_ns > INT64_MAX ? INT64_MAX : (int64_t) duration_ns, text,
                                sizeof text);
  cli_term_print (text, FIGURE_WIDTH, true);
  putchar (' ');
}

/* Nothing where nothing is known. */
static void
print_share (uint64_t part, uint64_t whole)
{
  if (part == 0 || whole == 0)
    printf ("%*s ", (int) WAITING_WIDTH, "");
  else
    printf ("%*.0f%% ", (int) WAITING_WIDTH - 1,
            part < whole ? 100.0 * (double) part / (double) whole : 100.0);
}

static void
print_header (const Table *self)
{
  cli_term_colour (&self->term, "1");
  cli_term_print ("cumulated", FIGURE_WIDTH, true);
  if (self->has_bound)
    cli_term_print (self->term.is_utf8 ? "\302\261" : "+-", FIGURE_WIDTH + 1, true);
  cli_term_print ("self", FIGURE_WIDTH + 1, true);
  cli_term_print ("average", FIGURE_WIDTH + 1, true);
  if (self->has_slowest)
    cli_term_print ("slowest", FIGURE_WIDTH + 1, true);
  if (self->has_waiting)
    {
      cli_term_print ("cpu", FIGURE_WIDTH + 1, true);
      cli_term_print ("waiting", WAITING_WIDTH + 1, true);
    }
  cli_term_print ("count", COUNT_WIDTH + 1, true);
  printf ("  ");
  cli_term_print ("location", self->location_width, false);
  printf ("  %.*s", (int) (self->source_width < 6 ? self->source_width : 6), "source");
  cli_term_colour (&self->term, "0");
  putchar ('\n');
}

/* What of the time is the line's own: the part that one can do something about on this line. */
const char *
cli_hotspots_get_heat (const CliHotspots *self, const ReplayHotspot *item)
{
  double share = self->hotspots->total_ns == 0
                     ? 0
                     : (double) item->self_ns / (double) self->hotspots->total_ns;

  return share >= 0.1 ? "31" : share >= 0.02 ? "33" : "0";
}

static void
print_row (const Table *self, const ReplayHotspot *item, const char *location)
{
  char *source = cli_sources_dup_line (self->hotspots->sources, item->file, item->line);
  char *fitting_source =
      source ? cli_term_dup_fitting (&self->term, source, self->source_width) : NULL;
  char *fitting_location =
      location ? cli_term_dup_fitting (&self->term, location, self->location_width) : NULL;

  cli_term_colour (&self->term, cli_hotspots_get_heat (self->hotspots, item));
  print_duration (item->cumulated_ns);
  if (self->has_bound)
    print_duration (item->cumulated_error_ns);
  print_duration (item->self_ns);
  print_duration (cli_hotspots_get_average (item));
  if (self->has_slowest)
    print_duration (item->slowest_ns);
  if (self->has_waiting)
    {
      print_duration (cli_hotspots_get_cpu (item));
      print_share (item->waiting_ns, item->self_ns);
    }
  printf ("%*" PRIu64 "  ", (int) COUNT_WIDTH, item->count);
  cli_term_colour (&self->term, "0");
  if (fitting_source && *fitting_source)
    {
      cli_term_print (fitting_location ? fitting_location : "", self->location_width, false);
      printf ("  %s", fitting_source);
    }
  else
    fputs (fitting_location ? fitting_location : "", stdout);
  putchar ('\n');
  free (source);
  free (fitting_source);
  free (fitting_location);
}

void
cli_hotspots_print_table (const CliHotspots *hotspots)
{
  Table self = { .hotspots = hotspots };
  size_t n_items = hotspots->hotspots->n_items;

  self.locations = calloc (n_items + 1, sizeof *self.locations);
  if (!self.locations)
    return;
  cli_term_look (&self.term);
  for (size_t i = 0; i < n_items; i++)
    self.locations[i] = dup_location (hotspots, &hotspots->hotspots->items[i]);
  lay_out (&self);
  cli_hotspots_print_summary (hotspots, &self.term);
  fputs ("\n\n", stdout);
  print_header (&self);
  for (size_t i = 0; i < n_items; i++)
    {
      print_row (&self, &hotspots->hotspots->items[i], self.locations[i]);
      free (self.locations[i]);
    }
  if (n_items < hotspots->hotspots->n_lines)
    printf ("\n%zu more lines (--num-items=0 shows all)\n", hotspots->hotspots->n_lines - n_items);
  free (self.locations);
}
