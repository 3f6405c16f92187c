// SPDX-License-Identifier: BSD-3-Clause
// Very many threads that are alive and take turns: what a turn costs does not grow with their
// number, neither the program nor the disk thread. In a recording of each both are asked to do the
// same number of turns, in one run, for times by themselves say nothing.
#include <glib.h>
#include <time.h>

#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

#define N_TURNS 100000u
#define FEW     16u
#define MANY    20000u

/* Each thread states its stack in each block, has a name and sums of its own in each digest, and
   they lie far apart in memory: 8 to 27 times. Looking for a thread among all of them took 300
   times. */
#define TIMES_MAX 80.0

static double
get_cpu_s (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* One turn: lines of a function that the thread has entered in its first one. */
static void
take_turn (TxStream *stream, TxFunctionId function, guint number, gboolean is_first)
{
  TxThread *thread = tx_stream_get_thread (stream, number + 1);

  g_assert_nonnull (thread);
  tx_stream_switch_to (stream, thread);
  if (is_first)
    {
      tx_stream_define_thread (stream, thread, number + 1, "one of many");
      tx_stream_call (stream, function, 1, number + 1);
    }
  for (uint32_t line = 2; line < 6; line++)
    tx_stream_line (stream, line);
}

/* CPU time of a recording; the threads' last lines are there afterwards. */
static double
record (guint n_threads)
{
  char *directory = trace_text_make_directory ();
  TxWriterOptions options = { .manual = true, .ring_dir = directory };
  TxWriter *writer = tx_writer_new (directory, &options, NULL);
  TxStream *stream = tx_writer_get_stream (writer);
  TxThread **threads = g_new (TxThread *, n_threads);
  TxFunctionId function;
  TxReader *reader;
  double began_s;

  tx_stream_define_file (stream, "/nowhere/a.py", 13);
  function = tx_stream_define_function (
      stream, &(TxFunctionDefinition){ .file = 1, .first_line = 1, .name = "f", .name_size = 1 });
  began_s = get_cpu_s ();
  for (guint turn = 0; turn < N_TURNS; turn++)
    {
      take_turn (stream, function, turn % n_threads, turn < n_threads);
      if (turn % 5000 == 4999)
        g_assert_cmpint (tx_writer_flush (writer, 0, NULL), ==, TX_OK);
    }
  for (guint i = 0; i < n_threads; i++)
    threads[i] = tx_stream_get_thread (stream, i + 1);
  for (guint i = 0; i < n_threads; i++)
    tx_stream_drop_thread (stream, threads[i]);
  g_assert_cmpint (tx_writer_close (writer, 0, NULL), ==, TX_OK);
  began_s = get_cpu_s () - began_s;

  reader = tx_reader_open (directory, NULL);
  g_assert_nonnull (reader);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, N_TURNS * 4u);
  tx_reader_close (reader);
  g_free (threads);
  trace_text_remove_directory (directory);
  return began_s;
}

static void
test_turns (void)
{
  double few_s, many_s;

  /* A host that takes the CPU away lengthens the clock, too: what grows does so again. */
  for (int attempt = 0;; attempt++)
    {
      few_s = record (FEW);
      many_s = record (MANY);
      if (many_s < TIMES_MAX * few_s || attempt == 2)
        break;
    }
  g_test_message ("%u turns: %u threads take %.2f s, %u take %.2f s, %.1f times (limit %.0f)",
                  N_TURNS, FEW, few_s, MANY, many_s, many_s / few_s, TIMES_MAX);
  g_assert_cmpfloat (many_s, <, TIMES_MAX * few_s);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/taking-turns", test_turns);
  return g_test_run ();
}
