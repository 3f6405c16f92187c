// SPDX-License-Identifier: BSD-3-Clause
// Reading while the kernel refuses one call, each of them once: what is shown is what was recorded,
// or it is said that something could not be read. Nothing stays open.
#include <dirent.h>
#include <glib.h>

#include "refusals.h"
#include "trace-text.h"

/* All that can be asked; NULL where that was refused. @ret_told: whether it was said that something
 * lacks. */
static char *
read_all (const char *directory, TxReaderState state, bool *ret_told)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  GString *text;

  *ret_told = !reader;
  if (!reader)
    return NULL;
  text = g_string_new (NULL);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;
      TxDigest *digest;

      if (tx_reader_load_block (reader, i, &block, NULL) == TX_OK)
        {
          g_autofree char *shown = trace_text_print_block (reader, block, TRACE_TEXT_TIMES);

          g_string_append (text, shown);
          tx_block_free (block);
        }
      else
        *ret_told = true;
      if (tx_reader_load_digest (reader, i, &digest, NULL) == TX_OK)
        tx_digest_free (digest);
      else
        *ret_told = true;
    }
  for (size_t i = 0; i < tx_reader_get_n_spans (reader, TX_SPAN_RUN); i++)
    {
      TxDigest *digest;

      if (tx_reader_load_span (reader, TX_SPAN_RUN, i, true, &digest, NULL) == TX_OK)
        tx_digest_free (digest);
      else
        *ret_told = true;
    }
  *ret_told |= tx_reader_refresh (reader, NULL, NULL) != TX_OK ||
               tx_reader_get_damage (reader, NULL) || tx_reader_get_state (reader) != state;
  tx_reader_close (reader);
  return g_string_free (text, FALSE);
}

static size_t
count_open (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  size_t n = 0;

  while (g_dir_read_name (directory))
    n++;
  return n;
}

/* An interrupted call is tried again, and holes are only a help: nothing of either is seen. */
static void
refuse_each (const char *directory, RefusalKind kind, guint *n_refused, guint *n_told)
{
  bool must_be_same = kind == REFUSAL_INTERRUPT || kind == REFUSAL_SEEK;
  TxReaderState state = g_str_has_suffix (directory, "-died") ? TX_STATE_DIED : TX_STATE_FINISHED;
  size_t n_open = count_open ();
  bool told, was_refused = true;
  g_autofree char *whole = read_all (directory, state, &told);

  g_assert_false (told);
  for (long n = 0; was_refused; n++)
    {
      g_autofree char *text = NULL;

      refusal_begin (kind, n);
      text = read_all (directory, state, &told);
      was_refused = refusal_end ();
      /* No comparison by strings: thousands of lines would be printed. */
      if ((!told || must_be_same) && g_strcmp0 (text, whole) != 0)
        g_error ("'%s': another content, told: %d, when call %ld of kind %d was refused", directory,
                 told, n, (int) kind);
      g_assert_cmpuint (count_open (), ==, n_open);
      *n_refused += was_refused;
      *n_told += was_refused && told;
    }
}

static void
test_each_call_is_refused (void)
{
  static const char *const names[] = { "golden-1.1-awaits", "golden-1.1-awaits-died" };
  guint n_refused = 0, n_told = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *directory = g_build_filename (TEST_DATA_DIRECTORY, names[i], NULL);

      for (RefusalKind kind = 0; kind < REFUSAL_LIST; kind++)
        refuse_each (directory, kind, &n_refused, &n_told);
    }
  g_test_message (
      "T20: %u calls of the reader's refused once: 0 crashes, 0 wrong lines in silence, "
      "0 files left open",
      n_refused);
  g_assert_cmpuint (n_told, >, n_refused / 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/refusals", test_each_call_is_refused);
  return g_test_run ();
}
