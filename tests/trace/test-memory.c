// SPDX-License-Identifier: BSD-3-Clause
// Reading with the N-th allocation failing, for every N: an error that says so, or the whole
// answer; no crash, no leak (where a sanitizer looks). And how large the allocations of sealing
// are.
#include <errno.h>
#include <glib.h>
#include <stdlib.h>

#include "trace/tx-recover.h"
#include "trace-text.h"

/* The linker puts these in place of the library's calls. */
void *__real_malloc (size_t size);
void *__real_calloc (size_t n, size_t size);
void *__real_realloc (void *pointer, size_t size);
void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t n, size_t size);
void *__wrap_realloc (void *pointer, size_t size);

static long n_until_failure = -1; /* below 0: none fails */
static size_t largest_size_bytes; /* asked for since it was set to 0 */

static bool
fails (size_t size)
{
  if (size > largest_size_bytes)
    largest_size_bytes = size;
  if (n_until_failure < 0 || n_until_failure-- > 0)
    return false;
  errno = ENOMEM;
  return true;
}

void *
__wrap_malloc (size_t size)
{
  return fails (size) ? NULL : __real_malloc (size);
}

void *
__wrap_calloc (size_t n, size_t size)
{
  return fails (n * size) ? NULL : __real_calloc (n, size);
}

void *
__wrap_realloc (void *pointer, size_t size)
{
  return fails (size) ? NULL : __real_realloc (pointer, size);
}

/* Returns the steps seen, -1 when memory lacked. */
static long
read_all (const char *directory)
{
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (directory, &error);
  TxStatus status = reader ? TX_OK : error.status;
  long n_steps = 0;

  for (size_t i = 0; status == TX_OK && i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block = NULL;
      TxDigest *digest = NULL;

      status = tx_reader_load_block (reader, i, &block, &error);
      if (status == TX_OK)
        n_steps += (long) block->n_steps;
      tx_block_free (block);
      if (status == TX_OK)
        status = tx_reader_load_digest (reader, i, &digest, &error);
      if (status == TX_OK)
        tx_digest_free (digest);
    }
  if (status == TX_OK)
    status = tx_reader_refresh (reader, NULL, &error);
  tx_reader_close (reader);
  if (status == TX_OK)
    return n_steps;
  g_assert_cmpint (status, ==, TX_ERROR_MEMORY);
  g_assert_cmpint (error.message[0], !=, '\0');
  return -1;
}

static void
fail_each (const char *directory)
{
  long n_steps = read_all (directory);
  long n_failed = 0;

  g_assert_cmpint (n_steps, >, 0);
  for (long n = 0;; n++)
    {
      long seen;

      n_until_failure = n;
      seen = read_all (directory);
      if (n_until_failure >= 0)
        break;
      n_until_failure = -1;
      if (seen != -1 && seen != n_steps)
        g_test_message ("allocation %ld: %ld of %ld steps", n, seen, n_steps);
      /* One that could do without, or shrank in place of failing, has it all. */
      g_assert_true (seen == -1 || seen == n_steps);
      n_failed += seen == -1;
    }
  n_until_failure = -1;
  g_test_message ("%ld allocations failed", n_failed);
  g_assert_cmpint (n_failed, >, 20);
}

#define TEXT                                                                                       \
  "main: call f@a.py:10; lines 11-14; call g@b.py:1; line 2; other: call h@c.py:1; line 5; block;" \
  "main: return; repeat 40 (line 15; line 16); mark here; block; other: line 6"

static void
test_a_closed_trace (void)
{
  char *directory = trace_text_make_directory ();

  trace_text_record (directory, TEXT);
  fail_each (directory);
  trace_text_remove_directory (directory);
}

static void
test_a_growing_trace (void)
{
  char *directory = trace_text_make_directory ();
  TraceText *writer = trace_text_new (directory, NULL);

  trace_text_play (writer, TEXT);
  fail_each (directory);
  trace_text_close (writer);
  trace_text_remove_directory (directory);
}

/* What glibc maps apart by default. Once such a piece is free()d, malloc() keeps as much in the
   arena of each thread, for the rest of the program's life. */
#define MAPPED_SIZE_BYTES (128u * 1024u)

static void
test_sealing_is_small (void)
{
  char *directory = trace_text_make_directory ();
  TxRecoverResult result;

  trace_text_record_and_die (directory, NULL,
                             "main: call f@a.py:10; repeat 100000 (line 15; line 16)");
  largest_size_bytes = 0;
  g_assert_cmpint (tx_recover_trace (directory, &result, NULL, NULL), ==, TX_OK);
  g_assert_cmpint (result, ==, TX_RECOVER_SEALED);
  g_test_message ("at most %zu bytes at once", largest_size_bytes);
  g_assert_cmpuint (largest_size_bytes, <, MAPPED_SIZE_BYTES);
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory/closed", test_a_closed_trace);
  g_test_add_func ("/memory/growing", test_a_growing_trace);
  g_test_add_func ("/memory/sealing", test_sealing_is_small);
  return g_test_run ();
}
