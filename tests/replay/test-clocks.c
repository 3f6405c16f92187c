// SPDX-License-Identifier: BSD-3-Clause
// Wall clocks that are set, slewed and put forward by a suspend, on both sides of 1970, 2038, 2106
// and the changes of daylight saving: events stay in the order of the monotonic clock, and a jump
// to a time as it is printed lands on the event that it was printed for.
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-times.h"
#include "replay/replay-trace.h"
#include "test-seed.h"
#include "trace-text.h"
#include "trace/tx-writer-private.h"

#define SECOND INT64_C (1000000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

/** Clock: what the recording takes for the system's. */
typedef struct
{
  int64_t mono_ns;
  int64_t offset_ns;
  int64_t drift_ppb; /* the wall clock runs faster by so much */
} Clock;

static int64_t
read_clock (void *data, bool realtime)
{
  const Clock *clock = data;

  return clock->mono_ns + (realtime ? clock->offset_ns : 0);
}

static void
advance (Clock *clock, int64_t ns)
{
  clock->mono_ns += ns;
  clock->offset_ns += ns * clock->drift_ppb / SECOND;
}

typedef struct
{
  const char *zone;
  int64_t at_s; /* the change of daylight saving */
} Change;

static const Change changes[] = {
  { "Europe/Berlin", 1711846800 },       /* 2024-03-31, forward */
  { "Europe/Berlin", 1729990800 },       /* 2024-10-27, back */
  { "America/New_York", 1730613600 },    /* 2024-11-03, back */
  { "America/Santiago", 1712458800 },    /* 2024-04-07, back at midnight */
  { "Australia/Lord_Howe", 1712415600 }, /* 2024-04-07, back by half an hour */
  { "Pacific/Auckland", 1727532000 },    /* 2024-09-29, forward */
  { "Africa/Casablanca", 1710036000 },   /* 2024-03-10, back for Ramadan */
};

/* ---- A recording ---- */

typedef struct
{
  Clock clock;
  TxWriter *writer;
  TxStream *stream;
  GRand *random; /* owned */
  unsigned n_steps;
} Recording;

static void
run_steps (Recording *self, unsigned n_steps, int32_t gap_max_ns)
{
  for (unsigned i = 0; i < n_steps; i++)
    {
      tx_stream_switch_to (self->stream,
                           tx_stream_get_thread (self->stream, 1 + (self->n_steps / 500) % 3));
      if (tx_stream_get_depth (self->stream) == 0)
        tx_stream_call (self->stream, 1, 10, self->n_steps + 1);
      if (i % 1000 == 700)
        tx_stream_precise_begin (self->stream);
      tx_stream_line (self->stream, 11 + self->n_steps % 50);
      if (i % 1000 == 750)
        tx_stream_precise_end (self->stream);
      advance (&self->clock, 200 + g_rand_int_range (self->random, 0, gap_max_ns));
      if (i % 97 == 0)
        _tx_writer_tick (self->writer);
      self->n_steps++;
      if (i % 5000 == 4999)
        g_assert_cmpint (tx_writer_flush (self->writer, UINT64_MAX, NULL), ==, TX_OK);
    }
}

static void
set_wall (Recording *self, int64_t real_ns)
{
  self->clock.offset_ns = real_ns - self->clock.mono_ns;
  _tx_writer_tick (self->writer);
}

/* A second around each of them, and steps back and forth. */
static void
run_all (Recording *self, unsigned n_steps)
{
  static const int64_t turns_s[] = { 1, 0x7fffffff, 0xffffffff };

  for (size_t i = 0; i < G_N_ELEMENTS (turns_s); i++)
    {
      set_wall (self, turns_s[i] * SECOND - (i > 0 ? SECOND / 10 : 0));
      run_steps (self, n_steps, 100000);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      set_wall (self, changes[i].at_s * SECOND - SECOND / 10);
      run_steps (self, n_steps, 100000);
    }
  for (int i = 0; i < 8; i++)
    {
      static const int64_t jumps[] = { HOUR,      -HOUR,        DAY,           -DAY,
                                       -2 * HOUR, SECOND / 100, -SECOND / 100, 0 };

      set_wall (self, read_clock (&self->clock, true) + jumps[i]);
      run_steps (self, n_steps, 3000);
    }
  /* A leap second that is smeared, and one that is not; a suspend of eight hours. */
  self->clock.drift_ppb = -11574;
  run_steps (self, n_steps, 100000);
  self->clock.drift_ppb = 500000;
  run_steps (self, n_steps, 100000);
  self->clock.drift_ppb = 0;
  set_wall (self, read_clock (&self->clock, true) - SECOND);
  run_steps (self, n_steps, 1000);
  set_wall (self, read_clock (&self->clock, true) + 8 * HOUR);
  run_steps (self, n_steps, 1000);
}

static void
record (const char *directory, GRand *random, unsigned n_steps)
{
  Recording recording = { .random = random, .clock = { .mono_ns = 5 * SECOND } };
  TxWriterOptions options = {
    .manual = true, .slot_count = 64, .clock_ns = read_clock, .clock_data = &recording.clock
  };
  TxError error;

  recording.writer = tx_writer_new (directory, &options, &error);
  g_assert_nonnull (recording.writer);
  recording.stream = tx_writer_get_stream (recording.writer);
  tx_stream_define_file (recording.stream, "/a.py", 5);
  tx_stream_define_function (
      recording.stream,
      &(TxFunctionDefinition){ .file = 1, .first_line = 10, .name = "f", .name_size = 1 });
  run_all (&recording, n_steps);
  g_assert_cmpint (tx_writer_close (recording.writer, UINT64_MAX, &error), ==, TX_OK);
}

/* ---- Checks ---- */

static void
check_order (ReplayTrace *trace)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  int64_t last_ns = INT64_MIN;
  size_t n_events = 0;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      for (size_t j = 0; j < block->n_events; j++, n_events++)
        {
          g_assert_cmpint (block->events[j].time_ns, >=, last_ns);
          last_ns = block->events[j].time_ns;
        }
      tx_block_free (block);
    }
  g_test_message ("T17: %zu events in the order of the monotonic clock", n_events);
}

/* Prints the time of @position, reads that back somewhere else, and jumps there. */
static bool
comes_back (ReplayTrace *trace, ReplayPosition position, const ReplayZone *zone, int64_t from_ns)
{
  ReplayTimesContext context = { .current_ns = from_ns, .zone = zone };
  char text[REPLAY_TIMES_FORMAT_SIZE];
  ReplayTimesSpec spec;
  ReplayPosition found;
  ReplayStep step;
  TxError error = { 0 };

  g_assert_true (replay_trace_get_range (trace, &context.start_ns, &context.end_ns));
  g_assert_cmpint (replay_trace_get_step (trace, position, &step, NULL), ==, TX_OK);
  replay_times_format (step.real_ns, zone, REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 9,
                       text, sizeof text);
  if (replay_times_parse (text, &context, &spec, &error) != TX_OK)
    {
      g_test_message ("%s: %s", text, error.message);
      return false;
    }
  g_assert_cmpint (replay_trace_seek_time (trace, spec.from.time_ns, &found, &error), ==, TX_OK);
  if (found != position)
    g_test_message ("step %" G_GUINT64_FORMAT " at %s: landed on %" G_GUINT64_FORMAT, position,
                    text, found);
  return found == position;
}

/* Returns how many of @n_jumps to random steps, from random places, miss. */
static unsigned
count_misses (ReplayTrace *trace, GRand *random, unsigned n_jumps)
{
  double n_steps = (double) replay_trace_get_n_steps (trace);
  unsigned n_wrong = 0;
  ReplayZone *zones[G_N_ELEMENTS (changes)];
  int64_t start_ns, end_ns;

  g_assert_true (replay_trace_get_range (trace, &start_ns, &end_ns));
  for (size_t i = 0; i < G_N_ELEMENTS (zones); i++)
    {
      zones[i] = replay_zone_new_named (changes[i].zone);
      g_assert_nonnull (zones[i]);
    }
  for (unsigned i = 0; i < n_jumps; i++)
    {
      ReplayPosition position = (uint64_t) (g_rand_double (random) * n_steps);
      double from = g_rand_double (random) * (double) (end_ns - start_ns);

      n_wrong +=
          !comes_back (trace, position, zones[i % G_N_ELEMENTS (zones)], start_ns + (int64_t) from);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (zones); i++)
    replay_zone_free (zones[i]);
  return n_wrong;
}

static void
test_jumps_land_where_the_time_was_printed (void)
{
  bool is_full = g_getenv ("TRACKEXEC_FULL") != NULL;
  char *directory = trace_text_make_directory ();
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  unsigned n_jumps = is_full ? 10000 : 2000;
  ReplayTrace *trace;
  unsigned n_wrong;

  record (directory, random, is_full ? 20000 : 3000);
  trace = replay_trace_open (directory, NULL);
  g_assert_nonnull (trace);
  check_order (trace);
  n_wrong = count_misses (trace, random, n_jumps);
  g_test_message (
      "T17: %u of %u jumps to a printed time land on its event (limit all), %" G_GUINT64_FORMAT
      " steps, clocks set 20 times",
      n_jumps - n_wrong, n_jumps, replay_trace_get_n_steps (trace));
  g_assert_cmpuint (n_wrong, ==, 0);
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

/* Clocks were set back by an hour: a time that came once is found, one that came twice is the later
   one's, and one between the two passes is that of the pass before it. */
static void
test_times_that_come_twice (void)
{
  char *directory = trace_text_make_directory ();
  ReplayPosition position;
  ReplayTrace *trace;
  ReplayStep step;

  trace_text_record (directory,
                     "main: precise; call f@a.py:1; line 2; +10s; line 3; +3600s; line 4; block;"
                     "clock -3600s; line 5; +10s; line 6; +5s; line 7");
  trace = replay_trace_open (directory, NULL);
  g_assert_nonnull (trace);
  g_assert_cmpint (
      replay_trace_seek_time (trace, TRACE_TEXT_REAL_NS + 2000 * SECOND, &position, NULL), ==,
      TX_OK);
  g_assert_cmpint (replay_trace_get_step (trace, position, &step, NULL), ==, TX_OK);
  g_assert_cmpuint (step.line, ==, 3);
  g_assert_cmpint (
      replay_trace_seek_time (trace, TRACE_TEXT_REAL_NS + 22 * SECOND, &position, NULL), ==, TX_OK);
  g_assert_cmpint (replay_trace_get_step (trace, position, &step, NULL), ==, TX_OK);
  g_assert_cmpuint (step.line, ==, 6);
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  g_test_add_func ("/replay/clocks/jumps", test_jumps_land_where_the_time_was_printed);
  g_test_add_func ("/replay/clocks/twice", test_times_that_come_twice);
  return g_test_run ();
}
