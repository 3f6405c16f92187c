// SPDX-License-Identifier: BSD-3-Clause
// Calls on both sides of the last function that is called by one byte, through whatever handles
// events: the ways in which the stream writes them, the ring, segments with predicted events, and
// sealing.
#include <glib.h>
#include <string.h>

#include "trace/tx-bytes-private.h"
#include "trace/tx-compress-private.h"
#include "trace/tx-format-private.h"
#include "trace/tx-recover.h"
#include "trace/tx-stream.h"
#include "trace-text.h"

#define N_FUNCTIONS 300u

/* Functions by their ids. */
static GString *
begin_text (void)
{
  GString *text = g_string_new ("main: ");

  for (guint id = 1; id <= N_FUNCTIONS; id++)
    g_string_append_printf (text, "code f%u@a.py:1; ", id);
  return text;
}

/* Calls of functions about the limit, in whatever way an event is written: as usual, with a time
   that was asked for, in a precise section, as the first one of a block or of a thread in it. */
static void
append_calls (GString *text, GString *expected, guint n_calls)
{
  static const guint ids[] = { 1, 2, 79, 80, 81, 82, 127, 128, N_FUNCTIONS };
  static const char *const ways[] = { "",        "",          "",
                                      "stamp; ", "precise; ", "imprecise; ",
                                      "block; ", "other: ",   "main: " };
  g_autoptr (GRand) rand = g_rand_new_with_seed (80);

  for (guint i = 0; i < n_calls; i++)
    {
      guint id = ids[g_rand_int_range (rand, 0, G_N_ELEMENTS (ids))];
      guint way = (guint) g_rand_int_range (rand, 0, i % 50 ? 3 : G_N_ELEMENTS (ways));

      g_string_append_printf (text, "%scall f%u@a.py:1; line %d; return; ", ways[way], id,
                              g_rand_int_range (rand, 2, 5));
      g_string_append_printf (expected, " %u", id);
    }
}

/* The functions of all calls. */
static char *
list_calls (const char *directory, TxReaderState state)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  GString *calls = g_string_new (NULL);

  g_assert_nonnull (reader);
  g_assert_cmpint (tx_reader_get_state (reader), ==, state);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      g_assert_false (block->damaged);
      for (size_t k = 0; k < block->n_events; k++)
        if (block->events[k].kind == TX_EVENT_CALL)
          g_string_append_printf (calls, " %u", block->events[k].function);
      tx_block_free (block);
    }
  tx_reader_close (reader);
  return g_string_free (calls, FALSE);
}

static void
assert_calls (const char *directory, TxReaderState state, const char *expected)
{
  g_autofree char *calls = list_calls (directory, state);

  g_assert_cmpstr (calls, ==, expected);
}

/* In the first segment. */
static gboolean
has_predicted_events (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "blocks.00000", NULL);
  g_autofree char *contents = NULL;
  const guint8 *bytes;
  gboolean has_predicted = FALSE;
  gsize size;

  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  bytes = (const guint8 *) contents;
  for (gsize offset = TX_SEGMENT_HEADER_SIZE; offset < size;)
    {
      TxFrameHeader header;

      g_assert_true (
          _tx_frame_header_decode (bytes + offset, _tx_get_u64 (bytes + 8), 0, offset, &header));
      has_predicted |= header.events_codec == TX_CODEC_PREDICTED;
      offset += _tx_frame_header_get_frame_size (&header);
    }
  return has_predicted;
}

static void
test_the_last_of_one_byte (void)
{
  static const guint8 expected[] = { 0xa0, 0x41, 0xef, 0x41, 0x80, 0x51, 0x41 };
  g_autoptr (GString) text = begin_text ();
  char *directory = trace_text_make_directory ();
  TxReader *reader;
  TxBlock *block;

  g_string_append (text,
                   "call f1@a.py:1; line 2; call f80@a.py:1; line 2; call f81@a.py:1; line 2");
  trace_text_record (directory, text->str);
  reader = tx_reader_open (directory, NULL);
  g_assert_cmpint (tx_reader_load_block (reader, tx_reader_get_n_blocks (reader) - 1, &block, NULL),
                   ==, TX_OK);
  g_assert_nonnull (memmem (block->raw, block->raw_size_bytes, expected, sizeof expected));
  tx_block_free (block);
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
}

static void
test_closed (void)
{
  g_autoptr (GString) text = begin_text ();
  g_autoptr (GString) expected = g_string_new (NULL);
  char *directory = trace_text_make_directory ();

  append_calls (text, expected, 5000);
  trace_text_record (directory, text->str);
  g_assert_true (has_predicted_events (directory));
  assert_calls (directory, TX_STATE_FINISHED, expected->str);
  trace_text_remove_directory (directory);
}

static void
test_died_and_sealed (void)
{
  g_autoptr (GString) text = begin_text ();
  g_autoptr (GString) expected = g_string_new (NULL);
  char *directory = trace_text_make_directory ();
  TxRecoverResult result;
  uint64_t n_blocks;

  append_calls (text, expected, 5000);
  trace_text_record_and_die (directory, NULL, text->str);
  assert_calls (directory, TX_STATE_DIED, expected->str);
  g_assert_cmpint (tx_recover_trace (directory, &result, &n_blocks, NULL), ==, TX_OK);
  g_assert_cmpint (result, ==, TX_RECOVER_SEALED);
  g_assert_cmpuint (n_blocks, >, 0);
  assert_calls (directory, TX_STATE_DIED, expected->str);
  trace_text_remove_directory (directory);
}

static void
change_info (const char *directory, const char *old, const char *new)
{
  g_autofree char *path = g_build_filename (directory, "info", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) changed = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  changed = g_string_new (text);
  g_assert_cmpuint (g_string_replace (changed, old, new, 0), ==, 1);
  g_assert_true (g_file_set_contents (path, changed->str, -1, NULL));
}

/* What a version without features has left in its ring becomes a trace that it reads: `info` says
   what it said, and nothing needs more. */
static void
test_sealed_of_an_older_version (void)
{
  static const char *const old_info = "format=1.1\nincompatible=\n";
  g_autoptr (GString) text = begin_text ();
  char *directory = trace_text_make_directory ();
  g_autofree char *path = g_build_filename (directory, "info", NULL);
  g_autofree char *info = NULL;
  TxRecoverResult result;

  for (guint i = 0; i < 3000; i++)
    g_string_append_printf (text, "call f%u@a.py:1; line %u; return; ", 81 + i * i % 200,
                            2 + i * i % 7);
  trace_text_record_and_die (directory, NULL, text->str);
  change_info (directory, "format=1.2\nincompatible=predicted,near-calls\n", old_info);
  g_assert_cmpint (tx_recover_trace (directory, &result, NULL, NULL), ==, TX_OK);
  g_assert_cmpint (result, ==, TX_RECOVER_SEALED);
  g_assert_true (g_file_get_contents (path, &info, NULL, NULL));
  g_assert_true (g_str_has_prefix (info, old_info));
  g_assert_false (has_predicted_events (directory));
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/calls/last-of-one-byte", test_the_last_of_one_byte);
  g_test_add_func ("/trace/calls/closed", test_closed);
  g_test_add_func ("/trace/calls/died-and-sealed", test_died_and_sealed);
  g_test_add_func ("/trace/calls/sealed-of-an-older-version", test_sealed_of_an_older_version);
  return g_test_run ();
}
