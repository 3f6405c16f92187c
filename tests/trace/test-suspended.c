// SPDX-License-Identifier: BSD-3-Clause
// The table of suspended frames against GLib's, and the queue of definitions with its two readers.
#include <glib.h>
#include <string.h>

#include "trace/tx-definition-queue-private.h"
#include "trace/tx-suspended-private.h"

/* ---- Suspended frames ---- */

static void
test_as_a_hash_table (void)
{
  GRand *random = g_rand_new_with_seed (7);
  GHashTable *expected = g_hash_table_new (NULL, NULL);
  TxSuspended table = { 0 };

  for (guint i = 1; i < 200000; i++)
    {
      /* Few keys, so that all of adding, replacing, taking and missing happens, and chains form. */
      guint key = (guint) g_rand_int_range (random, 1, 3000) * 16;
      TxSuspendedFrame frame = { .key = key, .activation = i, .line = i / 2 };

      if (g_rand_int_range (random, 0, 100) < 50)
        {
          g_assert_true (_tx_suspended_add (&table, &frame));
          g_hash_table_insert (expected, GUINT_TO_POINTER (key), GUINT_TO_POINTER (i));
        }
      else
        {
          gpointer value = g_hash_table_lookup (expected, GUINT_TO_POINTER (key));

          g_assert_true (_tx_suspended_take (&table, key, &frame) == (value != NULL));
          if (value)
            {
              g_assert_cmpuint (frame.activation, ==, GPOINTER_TO_UINT (value));
              g_assert_cmpuint (frame.line, ==, GPOINTER_TO_UINT (value) / 2);
              g_hash_table_remove (expected, GUINT_TO_POINTER (key));
            }
        }
      g_assert_cmpuint (table.n_used, ==, g_hash_table_size (expected));
    }
  g_assert_cmpuint (table.n_places, <=, 8192);
  _tx_suspended_clear (&table);
  g_hash_table_unref (expected);
  g_rand_free (random);
}

static void
test_key_zero (void)
{
  TxSuspended table = { 0 };
  TxSuspendedFrame frame = { .key = 0, .activation = 1 };

  g_assert_false (_tx_suspended_add (&table, &frame));
  g_assert_false (_tx_suspended_take (&table, 0, &frame));
  g_assert_false (_tx_suspended_take (&table, 5, &frame));
  _tx_suspended_clear (&table);
}

/* ---- Definitions ---- */

#define N_ENTRIES 200000u

static void
check_entry (const TxDefinitionEntry *entry, uint32_t i)
{
  uint32_t number;

  g_assert_cmpuint (entry->size, ==, 4 + i % 3000);
  memcpy (&number, entry->bytes, sizeof number);
  g_assert_cmpuint (number, ==, i);
}

static gpointer
read_all (gpointer data)
{
  TxDefinitionQueue *queue = data;
  TxDefinitionEntry entry;

  for (uint32_t i = 0; i < N_ENTRIES;)
    if (_tx_definition_reader_peek (&queue->catalog, queue, &entry))
      {
        check_entry (&entry, i++);
        _tx_definition_reader_advance (&queue->catalog);
      }
    else
      g_thread_yield ();
  return NULL;
}

static void
test_two_readers (void)
{
  static TxDefinitionQueue queue; /* empty */
  TxDefinitionEntry entry;
  GThread *thread = g_thread_new ("catalog", read_all, &queue);
  uint32_t n_streamed = 0;

  for (uint32_t i = 0; i < N_ENTRIES; i++)
    {
      /* Some are reserved larger than they become. */
      uint8_t *bytes = _tx_definition_queue_reserve (&queue, 64 + i % 3000);

      g_assert_nonnull (bytes);
      memcpy (bytes, &i, sizeof i);
      _tx_definition_queue_publish (&queue, 4 + i % 3000);
      if (i % 100 == 99)
        while (_tx_definition_reader_peek (&queue.stream, &queue, &entry))
          {
            check_entry (&entry, n_streamed++);
            _tx_definition_reader_advance (&queue.stream);
          }
    }
  g_thread_join (thread);
  while (_tx_definition_reader_peek (&queue.stream, &queue, &entry))
    {
      check_entry (&entry, n_streamed++);
      _tx_definition_reader_advance (&queue.stream);
    }
  g_assert_cmpuint (n_streamed, ==, N_ENTRIES);
  /* Both have read all: little is kept. */
  g_assert_nonnull (_tx_definition_queue_reserve (&queue, 64));
  g_assert_true (queue.oldest == queue.newest);
  _tx_definition_queue_clear (&queue);
}

static void
test_larger_than_a_chunk (void)
{
  static TxDefinitionQueue queue; /* empty */
  TxDefinitionEntry entry;
  uint8_t *bytes = _tx_definition_queue_reserve (&queue, 300000);

  memset (bytes, 9, 300000);
  _tx_definition_queue_publish (&queue, 300000);
  g_assert_true (_tx_definition_reader_peek (&queue.stream, &queue, &entry));
  g_assert_cmpuint (entry.size, ==, 300000);
  _tx_definition_reader_advance (&queue.stream);
  g_assert_false (_tx_definition_reader_peek (&queue.stream, &queue, &entry));
  _tx_definition_queue_clear (&queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/suspended/hash-table", test_as_a_hash_table);
  g_test_add_func ("/trace/suspended/key-zero", test_key_zero);
  g_test_add_func ("/trace/definition-queue/two-readers", test_two_readers);
  g_test_add_func ("/trace/definition-queue/large", test_larger_than_a_chunk);
  return g_test_run ();
}
