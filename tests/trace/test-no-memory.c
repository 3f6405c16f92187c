// SPDX-License-Identifier: BSD-3-Clause
// Memory that runs out: the N-th allocation of the library fails, for every N, once or from then
// on; with TRACKEXEC_FULL=1 in a longer program. The linker puts the functions below in the place
// of malloc() for the library, which is linked into this program; GLib keeps the real one.
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

void *__real_malloc (size_t size);
void *__real_calloc (size_t n, size_t size);
void *__real_realloc (void *memory, size_t size);
void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t n, size_t size);
void *__wrap_realloc (void *memory, size_t size);

static guint n_allocations;
static guint fail_at; /* 0: never */
static gboolean forever;
static guint n_failed;

static gboolean
fails (void)
{
  n_allocations++;
  if (fail_at == 0 || n_allocations < fail_at || (n_allocations > fail_at && !forever))
    return FALSE;
  n_failed++;
  return TRUE;
}

void *
__wrap_malloc (size_t size)
{
  return fails () ? NULL : __real_malloc (size);
}

void *
__wrap_calloc (size_t n, size_t size)
{
  return fails () ? NULL : __real_calloc (n, size);
}

void *
__wrap_realloc (void *memory, size_t size)
{
  return fails () ? NULL : __real_realloc (memory, size);
}

/* Each call allocates some times, and the program runs once for each allocation. */
static uint32_t
choose_n_calls (void)
{
  return g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0 ? 600 : 300;
}

/* Deep stacks, threads, suspended frames, blocks: everything that allocates. */
static void
run_program (TxStream *stream, TxWriter *writer)
{
  uint32_t n_calls = choose_n_calls ();

  for (uint32_t i = 0; i < n_calls; i++)
    {
      char name[16];
      TxFunctionId function;
      TxThread *thread;

      if (i % 100 == 0)
        {
          tx_stream_define_file (stream, "/nowhere/a.py", 13);
          thread = tx_stream_get_thread (stream, i % 3 + 1);
          tx_stream_switch_to (stream, thread);
          if (thread)
            tx_stream_define_thread (stream, thread, 5, "a thread");
        }
      function = tx_stream_define_function (
          stream, &(TxFunctionDefinition){ .file = 1,
                                           .first_line = 1,
                                           .name = name,
                                           .name_size = (size_t) g_snprintf (name, 16, "f%u", i) });
      tx_stream_call (stream, function, 1, i + 1);
      tx_stream_line (stream, i + 1);
      if (i % 10 == 9)
        tx_stream_yield (stream);
      if (i % 20 == 19)
        tx_stream_resume (stream, function, 1, i + 1);
      if (i % 50 == 49)
        (void) !tx_writer_flush (writer, 0, NULL);
    }
  for (uint32_t i = 0; i < n_calls + 100; i++)
    tx_stream_return (stream);
}

/* Each shown step is one that was, in order. */
static void
check_recording (const char *directory)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  uint32_t last_line = 0;

  g_assert_nonnull (reader);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      if (tx_reader_load_block (reader, i, &block, NULL) != TX_OK)
        continue;
      g_assert_false (block->damaged);
      for (size_t j = 0; j < block->n_steps; j++)
        {
          uint32_t line = block->events[block->steps[j]].line;

          g_assert_true (line == 0 || line > last_line);
          last_line = MAX (last_line, line);
        }
      tx_block_free (block);
    }
  tx_reader_close (reader);
}

/* Whether an allocation has failed at all. */
static gboolean
run_with_fault (guint n)
{
  char *directory = trace_text_make_directory ();
  TxWriterOptions options = {
    .manual = true, .ring_dir = directory, .slot_count = 3, .slot_size_bytes = TX_SLOT_SIZE_MIN
  };
  TxWriter *writer;

  n_allocations = n_failed = 0;
  fail_at = n;
  writer = tx_writer_new (directory, &options, NULL);
  if (writer)
    {
      run_program (tx_writer_get_stream (writer), writer);
      (void) tx_writer_close (writer, 0, NULL);
    }
  fail_at = 0;
  if (writer)
    check_recording (directory);
  trace_text_remove_directory (directory);
  return n_failed > 0;
}

static void
test_each_allocation (gconstpointer data)
{
  guint n = 0;

  forever = GPOINTER_TO_INT (data);
  while (run_with_fault (++n))
    ;
  g_test_message ("%u allocations", n - 1);
  g_assert_cmpuint (n, >, 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/trace/no-memory/once", GINT_TO_POINTER (FALSE), test_each_allocation);
  g_test_add_data_func ("/trace/no-memory/from-then-on", GINT_TO_POINTER (TRUE),
                        test_each_allocation);
  return g_test_run ();
}
