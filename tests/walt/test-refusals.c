// SPDX-License-Identifier: BSD-3-Clause
// Converting WalT's recordings into the cache while the kernel refuses one call, each of them once:
// it fails in words, or shows what the recording has, or says what lacks.
#include <dirent.h>
#include <glib.h>
#include <unistd.h>

#include "refusals.h"
#include "trace-text.h"
#include "walt/walt.h"

#define RECORDING TEST_DATA_DIRECTORY "/walt/gen_throw"

static size_t
count_open (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  size_t n = 0;

  while (g_dir_read_name (directory))
    n++;
  return n;
}

/* The steps, and whether it is said that some lack. */
static char *
read_steps (const TxReader *reader, bool *ret_is_damaged)
{
  GString *steps = g_string_new (NULL);

  *ret_is_damaged = tx_reader_get_damage (reader, NULL) != NULL;
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);
      TxBlock *block;

      *ret_is_damaged |= tx_block_info_is_gap (info) || info->events_lost > 0;
      if (tx_reader_load_block (reader, i, &block, NULL) == TX_OK)
        {
          g_autofree char *text = trace_text_print_block (reader, block, TRACE_TEXT_PLAIN);

          g_string_append (steps, text);
          tx_block_free (block);
        }
      else
        *ret_is_damaged = true;
    }
  return g_string_free (steps, FALSE);
}

/* What is shown; NULL where it was refused. */
static char *
read_recording (bool *ret_is_damaged)
{
  TxError error = { 0 };
  char *converted = NULL, *steps;
  int lock = -1;
  TxReader *reader;

  if (walt_convert_cached (RECORDING, NULL, NULL, &converted, &lock, &error) != TX_OK)
    {
      g_assert_cmpstr (error.message, !=, "");
      return NULL;
    }
  reader = tx_reader_open (converted, NULL);
  if (!reader)
    {
      /* It was read then when it was refused. */
      close (lock);
      free (converted);
      return NULL;
    }
  steps = read_steps (reader, ret_is_damaged);
  tx_reader_close (reader);
  close (lock);
  free (converted);
  return steps;
}

static guint
refuse_each (RefusalKind kind, bool is_cached, const char *whole)
{
  bool was_refused = true;
  guint n = 0;

  while (was_refused)
    {
      char *cache = trace_text_make_directory ();
      g_autofree char *steps = NULL;
      bool is_damaged = false;
      size_t n_open;

      g_setenv ("XDG_CACHE_HOME", cache, TRUE);
      if (is_cached)
        g_free (read_recording (&is_damaged));
      n_open = count_open ();
      refusal_begin (kind, n);
      steps = read_recording (&is_damaged);
      was_refused = refusal_end ();
      if (((steps && !is_damaged) || kind == REFUSAL_INTERRUPT) && g_strcmp0 (steps, whole) != 0)
        g_error ("other steps when call %u of kind %d was refused, cached: %d:\n%s", n, (int) kind,
                 is_cached, steps);
      /* A writer leaves a descriptor alone of which it can't tell that it still is its own. */
      if (kind != REFUSAL_STATUS && kind != REFUSAL_KIND && count_open () != n_open)
        g_error ("a file was left open when call %u of kind %d was refused, cached: %d", n,
                 (int) kind, is_cached);
      trace_text_remove_directory (cache);
      n += was_refused;
    }
  return n;
}

static void
test_each_call_is_refused (void)
{
  char *cache = trace_text_make_directory ();
  g_autofree char *whole = NULL;
  bool is_damaged;
  guint n = 0;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  whole = read_recording (&is_damaged);
  g_assert_nonnull (whole);
  g_assert_false (is_damaged);
  trace_text_remove_directory (cache);
  for (RefusalKind kind = 0; kind < REFUSAL_KINDS; kind++)
    for (int is_cached = 0; is_cached < 2; is_cached++)
      n += refuse_each (kind, is_cached, whole);
  g_test_message (
      "T20: %u calls of the reader of WalT's recordings refused once: 0 crashes, 0 wrong "
      "lines in silence, 0 files left open",
      n);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/walt/refusals", test_each_call_is_refused);
  return g_test_run ();
}
