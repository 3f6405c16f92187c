// SPDX-License-Identifier: BSD-3-Clause
// How long things take on recordings of different sizes, and how that grows. Each recording is
// opened in a process of its own. What is compared with the limits is time on a processor, since
// with warm files nothing else is waited for, and other work of the machine does not count in it.
//
//   bench-replay [--cold] [--check] TRACE...
//
// The traces are best those of make-big-trace, from the smallest to the largest; what is looked for
// in their main file is left out for others. `make:STEPS` in place of one makes it for this once.
// --cold: the kernel forgets the files first, and the time that passes is compared. --check: exit
// with 1 when a limit is missed.
#include <dirent.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "big-trace.h"
#include "replay/replay-hotspots.h"
#include "replay/replay-moves.h"
#include "replay/replay-timeline.h"
#include "trace-text.h"

#define N_JUMPS   400u
#define N_STEPS   4000u
#define N_RANGES  8u
#define N_BUCKETS 1500u
#define N_FRAMES  64u
#define N_COLUMNS 200u

typedef enum
{
  MEASURE_SIZE,
  MEASURE_BLOCKS,
  MEASURE_PICTURE,
  MEASURE_JUMP,
  MEASURE_NEVER,
  MEASURE_NEVER_BACK,
  MEASURE_FAR,
  MEASURE_FAR_BACK,
  MEASURE_NEXT,
  MEASURE_NEXT_BACK,
  MEASURE_FINISH,
  MEASURE_FINISH_BACK,
  MEASURE_AWAIT,
  MEASURE_AWAIT_BACK,
  MEASURE_OUTERMOST,
  MEASURE_OUTERMOST_BACK,
  MEASURE_COUNT,
  MEASURE_INDEX,
  MEASURE_NTH,
  MEASURE_NEAR,
  MEASURE_NEAR_BACK,
  MEASURE_SLOWEST,
  MEASURE_FUNCTION,
  MEASURE_FUNCTION_BACK,
  MEASURE_FUNCTION_NTH,
  MEASURE_MARKS,
  MEASURE_RANGE,
  MEASURE_THREAD,
  MEASURE_THREAD_RANGE,
  MEASURE_STEP,
  MEASURE_STEP_BACK,
  MEASURE_MEMORY,
  N_MEASURES,
} Measure;

/* What is measured, and what it may be at most, with any number of steps. */
static const struct
{
  const char *name;
  const char *unit;
  double limit; /* 0: none */
} measures[N_MEASURES] = {
  [MEASURE_SIZE] = { "steps", "M", 0 },
  [MEASURE_BLOCKS] = { "blocks", "", 0 },
  [MEASURE_PICTURE] = { "open, hot spots and timeline", "ms", 300 },
  [MEASURE_JUMP] = { "jump in time, with stack, p99", "ms", 10 },
  [MEASURE_NEVER] = { "continue, never hit", "ms", 300 },
  [MEASURE_NEVER_BACK] = { "the same, backward", "ms", 300 },
  [MEASURE_FAR] = { "continue from one end to the other", "ms", 300 },
  [MEASURE_FAR_BACK] = { "the same, backward", "ms", 300 },
  [MEASURE_NEXT] = { "next over a tenth of all steps", "ms", 50 },
  [MEASURE_NEXT_BACK] = { "the same, backward", "ms", 50 },
  [MEASURE_FINISH] = { "finish out of it", "ms", 50 },
  [MEASURE_FINISH_BACK] = { "the same, backward", "ms", 50 },
  [MEASURE_AWAIT] = { "next over an await as long", "ms", 50 },
  [MEASURE_AWAIT_BACK] = { "the same, backward", "ms", 50 },
  [MEASURE_OUTERMOST] = { "finish out of the outermost frame", "ms", 50 },
  [MEASURE_OUTERMOST_BACK] = { "the same, backward", "ms", 50 },
  [MEASURE_COUNT] = { "executions of a line", "ms", 50 },
  [MEASURE_INDEX] = { "which one a step is", "ms", 50 },
  [MEASURE_NTH] = { "the n-th one", "ms", 50 },
  [MEASURE_NEAR] = { "the next one", "ms", 50 },
  [MEASURE_NEAR_BACK] = { "the previous one", "ms", 50 },
  [MEASURE_SLOWEST] = { "the slowest one", "ms", 50 },
  [MEASURE_FUNCTION] = { "continue to a function, worst of three", "ms", 300 },
  [MEASURE_FUNCTION_BACK] = { "the same, backward", "ms", 300 },
  [MEASURE_FUNCTION_NTH] = { "to its n-th call", "ms", 300 },
  [MEASURE_MARKS] = { "breakpoints on the timeline, worst", "ms", 300 },
  [MEASURE_RANGE] = { "hot spots of a range, worst", "ms", 300 },
  [MEASURE_THREAD] = { "hot spots of one thread", "ms", 300 },
  /* At both ends blocks are decoded up to where runs tell threads apart. */
  [MEASURE_THREAD_RANGE] = { "the same of a third of the time", "ms", 0 },
  [MEASURE_STEP] = { "single step, median", "us", 20 },
  [MEASURE_STEP_BACK] = { "the same, backward", "us", 20 },
  [MEASURE_MEMORY] = { "greatest memory", "MB", 150 },
};

typedef struct
{
  double values[N_MEASURES]; /* negative: not measured */
} Results;

typedef struct
{
  ReplayTrace *trace;
  clockid_t clock;
  double begin_ms;
  TxFileId main_file; /* 0: it is another program's trace */
  int64_t start_ns, end_ns;
  uint64_t n_steps;
  uint32_t random;
  Results results;
} Bench;

/* ---- Measuring ---- */

static double
get_ms (const Bench *self)
{
  struct timespec now;

  clock_gettime (self->clock, &now);
  return (double) now.tv_sec * 1000 + (double) now.tv_nsec / 1e6;
}

static void
begin (Bench *self)
{
  self->begin_ms = get_ms (self);
}

static double
end (const Bench *self)
{
  return get_ms (self) - self->begin_ms;
}

static void
fail (const char *what, const TxError *error)
{
  fprintf (stderr, "bench-replay: %s: %s\n", what, error->message);
  exit (1);
}

/* An answer that cannot be true measures nothing. */
static void
assure (bool is_so, Measure measure)
{
  if (is_so)
    return;
  fprintf (stderr, "bench-replay: %s: not what the trace has\n", measures[measure].name);
  exit (1);
}

static void
expect (TxStatus status, Measure measure, const TxError *error)
{
  if (status != TX_OK)
    fail (measures[measure].name, error);
}

/* What was begun ends here; the worst one counts where it is measured several times. */
static void
note (Bench *self, Measure measure)
{
  double ms = end (self);

  if (ms > self->results.values[measure])
    self->results.values[measure] = ms;
}

static uint64_t
draw_below (Bench *self, uint64_t n)
{
  self->random = self->random * 1664525 + 1013904223;
  return (uint64_t) ((double) self->random / 4294967296.0 * (double) n);
}

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
get_share (double *values, size_t n, double share)
{
  qsort (values, n, sizeof *values, compare_doubles);
  return values[(size_t) ((double) (n - 1) * share)];
}

/* ---- What is measured ---- */

static void
query_hotspots (Bench *self, int64_t from_ns, int64_t to_ns, TxThreadId thread, Measure measure)
{
  ReplayHotspotQuery query = { from_ns, to_ns, 0, REPLAY_SORT_CUMULATED, 100, thread };
  ReplayHotspots *hotspots;
  TxError error = { 0 };

  expect (replay_hotspots_query (self->trace, &query, NULL, &hotspots, &error), measure, &error);
  replay_hotspots_free (hotspots);
}

static void
measure_picture (Bench *self, const char *directory)
{
  TxError error = { 0 };
  ReplayTimeline *timeline;

  begin (self);
  self->trace = replay_trace_open (directory, &error);
  if (self->trace == NULL)
    fail (directory, &error);
  if (!replay_trace_get_range (self->trace, &self->start_ns, &self->end_ns))
    exit (1);
  query_hotspots (self, INT64_MIN, INT64_MAX, 0, MEASURE_PICTURE);
  expect (replay_timeline_query (self->trace, self->start_ns, self->end_ns, N_BUCKETS, 8, NULL,
                                 &timeline, &error),
          MEASURE_PICTURE, &error);
  replay_timeline_free (timeline);
  note (self, MEASURE_PICTURE);
  self->n_steps = replay_trace_get_n_steps (self->trace);
  self->results.values[MEASURE_SIZE] = (double) self->n_steps / 1e6;
  self->results.values[MEASURE_BLOCKS] =
      (double) tx_reader_get_n_blocks (replay_trace_get_reader (self->trace));
  if (replay_trace_find_file (self->trace, BIG_TRACE_FILE, &self->main_file) == 0)
    self->main_file = 0;
}

static void
measure_jumps (Bench *self)
{
  double values[N_JUMPS];

  for (unsigned i = 0; i < N_JUMPS; i++)
    {
      int64_t time_ns =
          self->start_ns + (int64_t) draw_below (self, (uint64_t) (self->end_ns - self->start_ns));
      TxError error = { 0 };
      ReplayPosition position;
      ReplayFrame frames[N_FRAMES];
      ReplayStep step;
      size_t n_frames;
      uint32_t depth;

      begin (self);
      expect (replay_trace_seek_time (self->trace, time_ns, &position, &error), MEASURE_JUMP,
              &error);
      expect (replay_trace_get_step (self->trace, position, &step, &error), MEASURE_JUMP, &error);
      expect (replay_trace_get_stack (self->trace, position, 0, frames, N_FRAMES, &n_frames, &depth,
                                      &error),
              MEASURE_JUMP, &error);
      values[i] = end (self);
    }
  self->results.values[MEASURE_JUMP] = get_share (values, N_JUMPS, 0.99);
}

static ReplayStop
move (Bench *self, ReplayPosition from, const ReplayMove *move, Measure measure)
{
  TxError error = { 0 };
  ReplayStop stop = { 0 };

  begin (self);
  expect (replay_move (self->trace, from, move, NULL, &stop, &error), measure, &error);
  note (self, measure);
  return stop;
}

static void
measure_continue (Bench *self, uint32_t line, Measure measure)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  ReplayMove go = { .kind = REPLAY_MOVE_CONTINUE, .breakpoints = breakpoints };
  ReplayPosition from = self->n_steps / 100;
  ReplayStop stop;

  if (replay_breakpoints_add (breakpoints, NULL, self->main_file ? self->main_file : 1, line, NULL,
                              NULL) != TX_OK)
    exit (1);
  stop = move (self, from, &go, measure);
  go.backward = true;
  /* One that was cut short does not have the other end. */
  assure (measure != MEASURE_FAR || stop.reason == REPLAY_STOP_BREAKPOINT ||
              tx_reader_get_state (replay_trace_get_reader (self->trace)) != TX_STATE_FINISHED,
          measure);
  if (measure == MEASURE_FAR)
    stop.position--;
  (void) move (self, stop.position, &go, measure + 1);
  replay_breakpoints_free (breakpoints);
}

/* Over and out of the call that takes a tenth of all steps. */
static void
measure_call (Bench *self)
{
  ReplayMove next = { .kind = REPLAY_MOVE_NEXT }, finish = { .kind = REPLAY_MOVE_FINISH };
  TxError error = { 0 };
  ReplayPosition call;
  ReplayStop stop;

  expect (
      replay_hits_nth (self->trace, self->main_file, BIG_TRACE_LINE_CALL, 1, NULL, &call, &error),
      MEASURE_NEXT, &error);
  stop = move (self, call, &next, MEASURE_NEXT);
  assure (stop.position - call > self->n_steps / 20, MEASURE_NEXT);
  next.backward = finish.backward = true;
  (void) move (self, stop.position, &next, MEASURE_NEXT_BACK);
  finish.backward = false;
  (void) move (self, call + 1, &finish, MEASURE_FINISH);
  /* From the last line of the call itself, back to where it was called. */
  next.kind = REPLAY_MOVE_STEP;
  stop = move (self, stop.position, &next, MEASURE_STEP_BACK);
  finish.backward = true;
  (void) move (self, stop.position, &finish, MEASURE_FINISH_BACK);
  self->results.values[MEASURE_STEP_BACK] = -1;
}

/* In a coroutine that goes on a tenth of all steps later. */
static void
measure_await (Bench *self)
{
  ReplayMove next = { .kind = REPLAY_MOVE_NEXT };
  TxError error = { 0 };
  ReplayPosition position;
  ReplayStop stop;

  expect (replay_hits_nth (self->trace, self->main_file, BIG_TRACE_LINE_AWAIT, 1, NULL, &position,
                           &error),
          MEASURE_AWAIT, &error);
  stop = move (self, position, &next, MEASURE_AWAIT);
  /* A small recording may end before the main loop comes round to it again. */
  if (self->n_steps < 1000000 && stop.reason == REPLAY_STOP_END)
    return;
  assure (stop.reason == REPLAY_STOP_ARRIVED && stop.position - position > self->n_steps / 20,
          MEASURE_AWAIT);
  next.backward = true;
  assure (move (self, stop.position, &next, MEASURE_AWAIT_BACK).position == position,
          MEASURE_AWAIT_BACK);
}

/* Out of the main loop, from the middle of the recording. */
static void
measure_outermost (Bench *self)
{
  ReplayMove finish = { .kind = REPLAY_MOVE_FINISH };
  TxError error = { 0 };
  ReplayPosition position;

  expect (replay_hits_near (self->trace, self->main_file, BIG_TRACE_LINE_LOOP, self->n_steps / 2,
                            false, NULL, &position, &error),
          MEASURE_OUTERMOST, &error);
  (void) move (self, position, &finish, MEASURE_OUTERMOST);
  finish.backward = true;
  (void) move (self, position, &finish, MEASURE_OUTERMOST_BACK);
}

/* The line that most of the time went to, or the one that all tasks share. */
static void
choose_line (Bench *self, TxFileId *ret_file, uint32_t *ret_line)
{
  ReplayHotspotQuery query = { INT64_MIN, INT64_MAX, 0, REPLAY_SORT_COUNT, 1, 0 };
  ReplayHotspots *hotspots;

  *ret_file = self->main_file;
  *ret_line = BIG_TRACE_LINE_HOT;
  if (self->main_file != 0 ||
      replay_hotspots_query (self->trace, &query, NULL, &hotspots, NULL) != TX_OK)
    return;
  if (hotspots->n_items > 0)
    {
      *ret_file = hotspots->items[0].file;
      *ret_line = hotspots->items[0].line;
    }
  replay_hotspots_free (hotspots);
}

static void
measure_hits (Bench *self)
{
  TxError error = { 0 };
  ReplayPosition position, other;
  uint64_t index, count;
  int64_t duration_ns;
  TxFileId file;
  uint32_t line;

  choose_line (self, &file, &line);
  begin (self);
  expect (replay_hits_count (self->trace, file, line, NULL, &count, &error), MEASURE_COUNT, &error);
  note (self, MEASURE_COUNT);
  for (unsigned i = 1; i <= 5; i++)
    {
      begin (self);
      expect (replay_hits_nth (self->trace, file, line, count / 6 * i + 1, NULL, &position, &error),
              MEASURE_NTH, &error);
      note (self, MEASURE_NTH);
      begin (self);
      expect (replay_hits_near (self->trace, file, line, position, false, NULL, &other, &error),
              MEASURE_NEAR, &error);
      note (self, MEASURE_NEAR);
      begin (self);
      expect (replay_hits_near (self->trace, file, line, other, true, NULL, &other, &error),
              MEASURE_NEAR_BACK, &error);
      note (self, MEASURE_NEAR_BACK);
      assure (other == position, MEASURE_NEAR_BACK);
      /* As a debugger shows it wherever one comes: mostly of a line that was not asked for yet. */
      begin (self);
      expect (replay_hits_index (self->trace, position + 1, NULL, &index, &count, &error),
              MEASURE_INDEX, &error);
      note (self, MEASURE_INDEX);
    }
  begin (self);
  expect (replay_hits_slowest (self->trace, file, line, NULL, &position, &duration_ns, &error),
          MEASURE_SLOWEST, &error);
  note (self, MEASURE_SLOWEST);
}

/* Where on a timeline as wide as a terminal's a set of breakpoints is hit. */
static void
measure_marks (Bench *self, const ReplayBreakpoints *breakpoints)
{
  ReplayTimeline *timeline;
  TxError error = { 0 };
  bool marks[N_COLUMNS];

  expect (replay_timeline_query (self->trace, self->start_ns, self->end_ns, N_COLUMNS, 8, NULL,
                                 &timeline, &error),
          MEASURE_MARKS, &error);
  begin (self);
  expect (replay_timeline_mark_hits (self->trace, timeline, breakpoints, NULL, marks, &error),
          MEASURE_MARKS, &error);
  note (self, MEASURE_MARKS);
  replay_timeline_free (timeline);
}

/* From the middle; and to the call that has half of all before it. */
static void
measure_function (Bench *self, const char *name, uint64_t number)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  ReplayMove go = { .kind = REPLAY_MOVE_CONTINUE, .breakpoints = breakpoints };
  ReplayCondition condition = { .number = number };
  uint32_t id = 0;

  if (replay_breakpoints_add_function (breakpoints, self->trace, name, &id, NULL) != TX_OK)
    exit (1);
  (void) move (self, self->n_steps / 2, &go, MEASURE_FUNCTION);
  go.backward = true;
  (void) move (self, self->n_steps / 2, &go, MEASURE_FUNCTION_BACK);
  measure_marks (self, breakpoints);
  if (!replay_breakpoints_set_condition (breakpoints, id, &condition))
    exit (1);
  assure (move (self, self->n_steps - 1, &go, MEASURE_FUNCTION_NTH).reason ==
              REPLAY_STOP_BREAKPOINT,
          MEASURE_FUNCTION_NTH);
  replay_breakpoints_free (breakpoints);
}

/* A function of which nearly every block has lines, and that is called once; one that is called
   once for a tenth of all steps; one that is called all the time. */
static void
measure_functions (Bench *self)
{
  TxError error = { 0 };
  uint64_t count;

  expect (
      replay_hits_count (self->trace, self->main_file, BIG_TRACE_LINE_HOT, NULL, &count, &error),
      MEASURE_FUNCTION_NTH, &error);
  measure_function (self, "main", 1);
  measure_function (self, "rebuild", 1);
  measure_function (self, "log", count / 200);
}

static void
measure_ranges (Bench *self)
{
  uint64_t extent_ns = (uint64_t) (self->end_ns - self->start_ns);

  for (unsigned i = 0; i < N_RANGES; i++)
    {
      int64_t from_ns = self->start_ns + (int64_t) draw_below (self, extent_ns);
      int64_t to_ns = from_ns + (int64_t) draw_below (self, (uint64_t) (self->end_ns - from_ns));

      begin (self);
      query_hotspots (self, from_ns, to_ns, 0, MEASURE_RANGE);
      note (self, MEASURE_RANGE);
    }
  begin (self);
  query_hotspots (self, INT64_MIN, INT64_MAX, 1, MEASURE_THREAD);
  note (self, MEASURE_THREAD);
  begin (self);
  query_hotspots (self, self->start_ns + (int64_t) (extent_ns / 3),
                  self->start_ns + (int64_t) (extent_ns / 3 * 2), 1, MEASURE_THREAD_RANGE);
  note (self, MEASURE_THREAD_RANGE);
}

static void
measure_steps (Bench *self, bool backward)
{
  ReplayMove step = { .kind = REPLAY_MOVE_STEP, .backward = backward };
  Measure measure = backward ? MEASURE_STEP_BACK : MEASURE_STEP;
  ReplayPosition position = self->n_steps / 2;
  double values[N_STEPS];

  for (unsigned i = 0; i < N_STEPS; i++)
    {
      self->results.values[measure] = -1;
      position = move (self, position, &step, measure).position;
      values[i] = self->results.values[measure] * 1000;
    }
  self->results.values[measure] = get_share (values, N_STEPS, 0.5);
}

static void
measure_all (Bench *self, const char *directory)
{
  struct rusage usage;

  for (unsigned i = 0; i < N_MEASURES; i++)
    self->results.values[i] = -1;
  measure_picture (self, directory);
  measure_continue (self, BIG_TRACE_LINE_NEVER, MEASURE_NEVER);
  if (self->main_file != 0)
    {
      measure_continue (self, BIG_TRACE_LINE_RARE, MEASURE_FAR);
      measure_call (self);
      measure_await (self);
      measure_outermost (self);
    }
  measure_hits (self);
  if (self->main_file != 0)
    measure_functions (self);
  measure_ranges (self);
  measure_jumps (self);
  measure_steps (self, false);
  measure_steps (self, true);
  replay_trace_close (self->trace);
  getrusage (RUSAGE_SELF, &usage);
  self->results.values[MEASURE_MEMORY] = (double) usage.ru_maxrss * 1024 / 1e6;
}

/* ---- Processes and files ---- */

/* Asks the kernel to forget what it has of the files. */
static void
make_cold (const char *directory)
{
  DIR *stream = opendir (directory);
  struct dirent *entry;

  while (stream != NULL && (entry = readdir (stream)) != NULL)
    {
      int fd = openat (dirfd (stream), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

      if (fd < 0)
        continue;
      (void) !fdatasync (fd);
      (void) !posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
      close (fd);
    }
  if (stream != NULL)
    closedir (stream);
}

static bool
measure_in_child (const char *directory, bool is_cold, Results *ret_results)
{
  int pipe_fds[2];
  int status = 0;
  ssize_t n;
  pid_t child;

  if (is_cold)
    make_cold (directory);
  if (pipe (pipe_fds) != 0 || (child = fork ()) < 0)
    return false;
  if (child == 0)
    {
      static Bench bench = { .random = 1 };

      bench.clock = is_cold ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID;
      measure_all (&bench, directory);
      _exit (write (pipe_fds[1], &bench.results, sizeof bench.results) !=
             (ssize_t) sizeof bench.results);
    }
  close (pipe_fds[1]);
  n = read (pipe_fds[0], ret_results, sizeof *ret_results);
  close (pipe_fds[0]);
  return waitpid (child, &status, 0) == child && status == 0 && n == (ssize_t) sizeof *ret_results;
}

/* A trace by its directory, or one that is made and removed. */
static bool
measure_argument (const char *argument, bool is_cold, Results *ret_results)
{
  BigTraceOptions options = { .seed = 1 };
  TxError error = { 0 };
  char *directory;
  bool is_done;

  if (!g_str_has_prefix (argument, "make:"))
    return measure_in_child (argument, is_cold, ret_results);
  options.n_steps = (uint64_t) g_ascii_strtod (argument + strlen ("make:"), NULL);
  directory = trace_text_make_directory ();
  is_done = options.n_steps >= 100000 && big_trace_make (directory, &options, &error) == TX_OK &&
            measure_in_child (directory, is_cold, ret_results);
  if (error.message[0] != '\0')
    fprintf (stderr, "bench-replay: %s\n", error.message);
  trace_text_remove_directory (directory);
  return is_done;
}

/* ---- Results ---- */

static void
print_value (double value)
{
  if (value < 0)
    printf (" %10s", "-");
  else
    printf (" %10.*f", value < 10 ? 3 : value < 1000 ? 1 : 0, value);
}

/* Returns how many limits were missed. */
static unsigned
print (const Results *results, size_t n_results)
{
  unsigned n_missed = 0;

  for (unsigned i = 0; i < N_MEASURES; i++)
    {
      const Results *last = &results[n_results - 1];
      bool is_missed = false;

      printf ("%-36s %2s", measures[i].name, measures[i].unit);
      for (size_t k = 0; k < n_results; k++)
        {
          print_value (results[k].values[i]);
          is_missed |= measures[i].limit > 0 && results[k].values[i] > measures[i].limit;
        }
      if (n_results > 1 && results[0].values[i] > 0 && last->values[i] > 0)
        printf ("  x%-8.4g", last->values[i] / results[0].values[i]);
      if (measures[i].limit > 0)
        printf ("  limit %g%s", measures[i].limit, is_missed ? "  MISSED" : "");
      printf ("\n");
      n_missed += is_missed;
    }
  return n_missed;
}

int
main (int argc, char **argv)
{
  bool is_cold = false, is_check = false;
  int first = 1;
  Results *results;
  unsigned n_missed;

  for (; first < argc && g_str_has_prefix (argv[first], "--"); first++)
    {
      is_cold |= g_str_equal (argv[first], "--cold");
      is_check |= g_str_equal (argv[first], "--check");
    }
  if (first >= argc)
    {
      fprintf (stderr, "usage: bench-replay [--cold] [--check] TRACE|make:STEPS...\n");
      return 1;
    }
  results = g_new0 (Results, argc - first);
  for (int i = first; i < argc; i++)
    if (!measure_argument (argv[i], is_cold, &results[i - first]))
      {
        fprintf (stderr, "bench-replay: cannot measure '%s'\n", argv[i]);
        return 1;
      }
  printf ("%s\n", is_cold ? "time that passes, files cold at the beginning"
                          : "time on a processor, files warm");
  n_missed = print (results, (size_t) (argc - first));
  g_free (results);
  return is_check && n_missed > 0;
}
