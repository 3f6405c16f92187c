// SPDX-License-Identifier: BSD-3-Clause
// Writes a large trace through the real writer, with a clock that the steps move:
//
//   make-big DIRECTORY STEPS
//
// Three threads take turns; loops over 300 functions of 40 files, four frames deep.
#include <glib/gstdio.h>
#include <string.h>

#include "step-clock.h"
#include "trace/tx.h"

#define FUNCTIONS 300u
#define FILES     40u

static void
define_all (TxStream *stream)
{
  for (guint i = 0; i < FILES; i++)
    {
      g_autofree char *path = g_strdup_printf ("/big/file%u.py", i);

      tx_stream_define_file (stream, path, strlen (path));
    }
  for (guint i = 0; i < FUNCTIONS; i++)
    {
      g_autofree char *name = g_strdup_printf ("function%u", i);
      TxFunctionDefinition definition = {
        .file = 1 + i % FILES,
        .first_line = 1 + i * 30,
        .name = name,
        .name_size = strlen (name),
      };

      tx_stream_define_function (stream, &definition);
    }
}

/* One call of each of four functions within each other, each with a loop. */
static guint64
call (TxStream *stream, guint64 turn, guint depth)
{
  guint function = (guint) (turn * 7 + depth * 31) % FUNCTIONS;
  guint32 line = 1 + function * 30;
  guint64 n_steps = 0;

  tx_stream_call (stream, function + 1, line, turn * 8 + depth);
  for (guint i = 0; i < 6; i++)
    {
      tx_stream_line (stream, line + 1);
      tx_stream_line (stream, line + 2 + i % 3);
      now_ns += 2 * STEP_NS;
      n_steps += 2;
      if (i == 3 && depth < 3)
        n_steps += call (stream, turn, depth + 1);
    }
  tx_stream_return (stream);
  return n_steps;
}

int
main (int argc, char **argv)
{
  TxWriterOptions options = { .manual = true, .clock_ns = clock_cb, .max_size_bytes = TX_NO_LIMIT };
  guint64 n_wanted = argc == 3 ? g_ascii_strtoull (argv[2], NULL, 10) : 0;
  TxError error = { 0 };
  TxWriter *writer;
  TxStream *stream;

  g_assert_cmpint (argc, ==, 3);
  g_assert_cmpint (g_mkdir_with_parents (argv[1], 0700), ==, 0);
  writer = tx_writer_new (argv[1], &options, &error);
  g_assert_cmpstr (error.message, ==, "");
  stream = tx_writer_get_stream (writer);
  for (guint64 turn = 0, n_steps = 0; n_steps < n_wanted; turn++)
    {
      tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1 + turn / 100 % 3));
      if (turn == 0)
        define_all (stream);
      n_steps += call (stream, turn, 0);
      if (turn % 700 == 699)
        g_assert_cmpint (tx_writer_flush (writer, 0, NULL), ==, TX_OK);
    }
  g_assert_cmpint (tx_writer_close (writer, 0, NULL), ==, TX_OK);
  return 0;
}
