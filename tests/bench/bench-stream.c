// SPDX-License-Identifier: BSD-3-Clause
// What recording costs below Python: nanoseconds and instructions per event on the program's
// side, nanoseconds per event for digest and compression on the native thread's, bytes per step.
// Prints figures of one run; compares nothing. Instructions are counted where the kernel allows it.
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "trace/tx-writer-private.h"
#include "trace/tx.h"

#define N_ROUNDS 7
#define N_EVENTS 800000u /* fits into the ring, so that nothing is dropped */

typedef struct
{
  TxWriter *writer;
  TxStream *stream;
  TxFunctionId functions[64];
  char directory[64];
} Bench;

/* ---- Measuring ---- */

static int64_t
get_cpu_ns (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
open_instruction_counter (void)
{
  struct perf_event_attr attributes = {
    .type = PERF_TYPE_HARDWARE,
    .size = sizeof attributes,
    .config = PERF_COUNT_HW_INSTRUCTIONS,
    .exclude_kernel = 1,
    .exclude_hv = 1,
  };

  return (int) syscall (SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static uint64_t
read_counter (int fd)
{
  uint64_t value = 0;

  if (fd < 0 || read (fd, &value, sizeof value) != sizeof value)
    return 0;
  return value;
}

/* ---- A recording without its thread, so that each side is timed alone ---- */

static void
begin (Bench *bench)
{
  TxWriterOptions options = { .manual = true, .slot_count = 64 };
  TxError error;

  strcpy (bench->directory, "/tmp/bench-stream-XXXXXX");
  if (!mkdtemp (bench->directory))
    exit (1);
  bench->writer = tx_writer_new (bench->directory, &options, &error);
  if (!bench->writer)
    {
      fprintf (stderr, "bench-stream: %s\n", error.message);
      exit (1);
    }
  bench->stream = tx_writer_get_stream (bench->writer);
  tx_stream_define_file (bench->stream, "/nowhere/a.py", 13);
  for (int i = 0; i < 64; i++)
    bench->functions[i] = tx_stream_define_function (
        bench->stream,
        &(TxFunctionDefinition){ .file = 1, .first_line = 100, .name = "f", .name_size = 1 });
  tx_stream_switch_to (bench->stream, tx_stream_get_thread (bench->stream, 1));
  tx_stream_call (bench->stream, bench->functions[0], 100, 1);
}

static void
end (Bench *bench)
{
  static const char *const names[] = { "info",  "pid", "catalog",     "sources",
                                       "index.00000", "end", "blocks.00000" };
  char path[128];

  tx_writer_close (bench->writer, UINT64_MAX, NULL);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      snprintf (path, sizeof path, "%s/%s", bench->directory, names[i]);
      unlink (path);
    }
  rmdir (bench->directory);
}

/* ---- Programs; each returns its number of events ---- */

typedef uint64_t (*Program) (Bench *bench);

static uint64_t
run_lines (Bench *bench)
{
  for (uint32_t i = 0; i < N_EVENTS; i++)
    tx_stream_line (bench->stream, 101 + i % 7);
  return N_EVENTS;
}

static uint64_t
run_calls (Bench *bench)
{
  for (uint32_t i = 0; i < N_EVENTS / 4; i++)
    {
      tx_stream_call (bench->stream, bench->functions[i % 64], 100, i + 1);
      tx_stream_line (bench->stream, 101);
      tx_stream_line (bench->stream, 102);
      tx_stream_return (bench->stream);
    }
  return N_EVENTS;
}

static uint64_t
run_collapsed (Bench *bench)
{
  for (uint32_t i = 0; i < N_EVENTS; i++)
    {
      tx_stream_line (bench->stream, 105);
      __asm__ volatile("" ::: "memory");
    }
  return N_EVENTS;
}

/* Branches as a program has them: neither regular nor random. */
static uint64_t
run_mixed (Bench *bench)
{
  uint32_t state = 1, depth = 1, n = 0;

  while (n < N_EVENTS)
    {
      state = state * 1664525 + 1013904223;
      if ((state >> 24) < 40 && depth < 12)
        {
          tx_stream_call (bench->stream, bench->functions[state >> 16 & 15], 100, n + 1);
          depth++;
        }
      else if ((state >> 24) < 80 && depth > 1)
        {
          tx_stream_return (bench->stream);
          depth--;
        }
      else
        tx_stream_line (bench->stream, 101 + (state >> 13 & 7) + n % 9);
      n++;
    }
  for (; depth > 1; depth--)
    tx_stream_return (bench->stream);
  return n;
}

static uint64_t
run_precise (Bench *bench)
{
  uint32_t n = N_EVENTS / 8;

  tx_stream_precise_begin (bench->stream);
  for (uint32_t i = 0; i < n; i++)
    tx_stream_line (bench->stream, 101 + i % 7);
  tx_stream_precise_end (bench->stream);
  return n;
}

static uint64_t
run_generators (Bench *bench)
{
  uint32_t n = N_EVENTS / 8;

  for (uint32_t i = 0; i < n / 3; i++)
    {
      tx_stream_resume (bench->stream, bench->functions[1], 100, 77);
      tx_stream_line (bench->stream, 101 + i % 7);
      tx_stream_yield (bench->stream);
    }
  return n / 3 * 3;
}

static uint64_t
run_threads (Bench *bench)
{
  TxThread *threads[2] = { tx_stream_get_thread (bench->stream, 1),
                           tx_stream_get_thread (bench->stream, 2) };
  uint32_t n = N_EVENTS / 8;

  tx_stream_switch_to (bench->stream, threads[1]);
  tx_stream_call (bench->stream, bench->functions[1], 100, 2);
  for (uint32_t i = 0; i < n; i++)
    {
      tx_stream_switch_to (bench->stream, threads[i % 2]);
      tx_stream_line (bench->stream, 101 + i % 7);
    }
  return n;
}

/* ---- Results ---- */

typedef struct
{
  double program_ns, instructions, thread_ns, raw_bytes, file_bytes;
} Result;

static Result
measure_once (Program program, int counter)
{
  Bench bench;
  Result result = { 0 };
  TxStreamStats stats;
  TxWriterStats writer_stats;
  uint64_t n, instructions;
  int64_t before_ns;

  begin (&bench);
  run_lines (&bench); /* touches the ring's pages */
  (void) !tx_writer_flush (bench.writer, UINT64_MAX, NULL);
  tx_writer_get_stats (bench.writer, &writer_stats);
  result.file_bytes = -(double) writer_stats.file_bytes;
  result.raw_bytes = -(double) writer_stats.raw_bytes;

  instructions = read_counter (counter);
  before_ns = get_cpu_ns (CLOCK_THREAD_CPUTIME_ID);
  n = program (&bench);
  result.program_ns = (double) (get_cpu_ns (CLOCK_THREAD_CPUTIME_ID) - before_ns) / (double) n;
  result.instructions = (double) (read_counter (counter) - instructions) / (double) n;

  before_ns = get_cpu_ns (CLOCK_THREAD_CPUTIME_ID);
  (void) !tx_writer_flush (bench.writer, UINT64_MAX, NULL);
  result.thread_ns = (double) (get_cpu_ns (CLOCK_THREAD_CPUTIME_ID) - before_ns) / (double) n;
  tx_writer_get_stats (bench.writer, &writer_stats);
  tx_stream_get_stats (bench.stream, &stats);
  result.raw_bytes = (result.raw_bytes + (double) writer_stats.raw_bytes) / (double) n;
  result.file_bytes = (result.file_bytes + (double) writer_stats.file_bytes) / (double) n;
  if (stats.events_lost > 0)
    fprintf (stderr, "bench-stream: events were lost: figures are too good\n");
  end (&bench);
  return result;
}

static void
measure (const char *name, Program program, int counter)
{
  Result best = measure_once (program, counter);

  for (int i = 1; i < N_ROUNDS; i++)
    {
      Result result = measure_once (program, counter);

      if (result.program_ns < best.program_ns)
        best.program_ns = result.program_ns;
      if (result.thread_ns < best.thread_ns)
        best.thread_ns = result.thread_ns;
    }
  printf ("%-12s %9.2f %13.1f %9.2f %10.3f %10.4f\n", name, best.program_ns, best.instructions,
          best.thread_ns, best.raw_bytes, best.file_bytes);
}

/* Share of a core that the native thread takes, besides blocks, while a slow program runs. */
static void
measure_ticks (void)
{
  char directory[] = "/tmp/bench-stream-XXXXXX";
  TxError error;
  TxWriter *writer = mkdtemp (directory) ? tx_writer_new (directory, NULL, &error) : NULL;
  struct timespec pause = { .tv_nsec = 200000 };
  struct rusage before, after;
  int64_t begin_ns, own_ns, used_ns;
  Bench bench = { .writer = writer };

  if (!writer)
    return;
  bench.stream = tx_writer_get_stream (writer);
  strcpy (bench.directory, directory);
  tx_stream_switch_to (bench.stream, tx_stream_get_thread (bench.stream, 1));
  tx_stream_call (bench.stream, 0, 1, 1);
  getrusage (RUSAGE_SELF, &before);
  own_ns = get_cpu_ns (CLOCK_THREAD_CPUTIME_ID);
  used_ns = get_cpu_ns (CLOCK_PROCESS_CPUTIME_ID);
  begin_ns = get_cpu_ns (CLOCK_MONOTONIC);
  for (uint32_t i = 0; get_cpu_ns (CLOCK_MONOTONIC) - begin_ns < 1000000000; i++)
    {
      tx_stream_line (bench.stream, 1 + i % 9);
      nanosleep (&pause, NULL);
    }
  own_ns = get_cpu_ns (CLOCK_THREAD_CPUTIME_ID) - own_ns;
  used_ns = get_cpu_ns (CLOCK_PROCESS_CPUTIME_ID) - used_ns;
  getrusage (RUSAGE_SELF, &after);
  printf ("ticks: %.2f %% of a core while events flow slowly\n", (double) (used_ns - own_ns) / 1e7);
  end (&bench);
}

int
main (void)
{
  int counter = open_instruction_counter ();

  printf ("%-12s %9s %13s %9s %10s %10s\n", "per event", "ns", "instructions", "thread ns",
          "raw bytes", "file bytes");
  measure ("lines", run_lines, counter);
  measure ("collapsed", run_collapsed, counter);
  measure ("calls", run_calls, counter);
  measure ("mixed", run_mixed, counter);
  measure ("precise", run_precise, counter);
  measure ("generators", run_generators, counter);
  measure ("threads", run_threads, counter);
  if (counter < 0)
    printf ("instructions: not counted, the kernel does not allow it\n");
  measure_ticks ();
  return 0;
}
