// SPDX-License-Identifier: BSD-3-Clause
// Writes a recording of very many threads through the real writer, with a clock that they move:
//
//   make-threads DIRECTORY THREADS ROUNDS
//
// With 0 rounds the threads come one after the other, and each has ended when the next one begins.
// With more all are there together, the numbers of half of them going down, and take turns: a line
// each round, in a frame that none of them leaves.
#include <glib/gstdio.h>
#include <string.h>

#include "step-clock.h"
#include "trace/tx.h"

static void
begin (TxStream *stream, TxThread *thread)
{
  g_assert_nonnull (thread);
  tx_stream_switch_to (stream, thread);
  tx_stream_define_thread (stream, thread, 1000 + thread->id, "worker");
  tx_stream_call (stream, 1 + thread->id % 2, 1, thread->id);
  tx_stream_line (stream, 2);
}

static void
flush (TxWriter *writer, guint64 number)
{
  if (number % 500 == 499)
    g_assert_cmpint (tx_writer_flush (writer, 0, NULL), ==, TX_OK);
}

static void
run_one_by_one (TxWriter *writer, TxStream *stream, guint64 n_threads)
{
  for (guint64 number = 1; number <= n_threads; number++)
    {
      TxThread *thread = tx_stream_get_thread (stream, number);

      now_ns += STEP_NS;
      begin (stream, thread);
      tx_stream_line (stream, 3);
      tx_stream_return (stream);
      tx_stream_drop_thread (stream, thread);
      flush (writer, number);
    }
}

static void
run_together (TxWriter *writer, TxStream *stream, guint64 n_threads, guint64 n_rounds)
{
  g_autofree TxThread **threads = g_new (TxThread *, n_threads);

  for (guint64 i = 0; i < n_threads; i++)
    threads[i] = tx_stream_get_thread (stream, i + 1);
  for (guint64 round = 0; round < n_rounds; round++)
    for (guint64 turn = 0; turn < n_threads; turn++)
      {
        TxThread *thread = threads[turn % 2 ? n_threads - 1 - turn / 2 : turn / 2];

        now_ns += STEP_NS;
        if (round == 0)
          begin (stream, thread);
        tx_stream_switch_to (stream, thread);
        tx_stream_line (stream, 3 + round % 2);
        flush (writer, turn);
      }
}

int
main (int argc, char **argv)
{
  TxWriterOptions options = { .manual = true, .clock_ns = clock_cb, .max_size_bytes = TX_NO_LIMIT };
  guint64 n_threads = argc == 4 ? g_ascii_strtoull (argv[2], NULL, 10) : 0;
  guint64 n_rounds = argc == 4 ? g_ascii_strtoull (argv[3], NULL, 10) : 0;
  TxFunctionDefinition function = { .first_line = 1, .name = "work", .name_size = 4 };
  TxWriter *writer;
  TxStream *stream;

  g_assert_cmpint (argc, ==, 4);
  g_assert_cmpint (g_mkdir_with_parents (argv[1], 0700), ==, 0);
  writer = tx_writer_new (argv[1], &options, NULL);
  g_assert_nonnull (writer);
  stream = tx_writer_get_stream (writer);
  function.file = tx_stream_define_file (stream, "/many/work.py", strlen ("/many/work.py"));
  for (guint i = 0; i < 2; i++)
    tx_stream_define_function (stream, &function);
  if (n_rounds == 0)
    run_one_by_one (writer, stream, n_threads);
  else
    run_together (writer, stream, n_threads, n_rounds);
  g_assert_cmpint (tx_writer_close (writer, 0, NULL), ==, TX_OK);
  return 0;
}
