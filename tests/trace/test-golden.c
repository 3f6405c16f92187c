// SPDX-License-Identifier: BSD-3-Clause
// Traces of each version of the format that was ever released still show what they showed, and
// their digests still tell what they told.
#include <glib.h>
#include <glib/gstdio.h>

#include "trace-text.h"

/* For the promise's line. */
static unsigned n_same, n_opened, n_refused;

/* Since 1.1 digests are added up twice, and found where the blocks still are. */
static void
check_spans (const TxReader *reader, const char *name)
{
  bool has_spans = !g_str_has_prefix (name, "golden-1.0");
  bool has_groups = has_spans && !g_str_has_suffix (name, "-died");

  g_assert_cmpuint (tx_reader_get_n_spans (reader, TX_SPAN_GROUP), ==, has_groups ? 1 : 0);
  g_assert_cmpuint (tx_reader_get_n_spans (reader, TX_SPAN_RUN), ==,
                    has_groups  ? 2
                    : has_spans ? 1
                                : 0);
  for (unsigned level = 0; level < TX_SPAN_LEVELS; level++)
    for (size_t i = 0; i < tx_reader_get_n_spans (reader, level); i++)
      {
        TxDigest *digest;

        g_assert_cmpint (tx_reader_load_span (reader, level, i, true, &digest, NULL), ==, TX_OK);
        g_assert_cmpuint (digest->n_parts, >, 1);
        tx_digest_free (digest);
      }
}

/* Since then runs also tell threads apart. */
static void
check_thread_lines (const TxReader *reader, const char *name)
{
  TxDigest *digest;
  size_t number;
  TxSpan span;

  g_assert_true (tx_reader_find_thread_lines (reader, 0, &span, &number) ==
                 (g_str_has_prefix (name, "golden-1.1-threads") ||
                  g_str_has_prefix (name, "golden-1.2")));
  if (!g_str_equal (name, "golden-1.1-threads") && !g_str_equal (name, "golden-1.2"))
    return;
  g_assert_cmpuint (span.n_blocks, >, 1);
  for (TxThreadId thread = 1; thread <= 2; thread++)
    {
      g_assert_cmpint (tx_reader_load_thread_lines (reader, number, thread, &digest, NULL), ==,
                       TX_OK);
      tx_digest_free (digest);
    }
}

/* @text is what the file @name with @extension holds. */
static void
check_text (const char *name, const char *extension, const char *text)
{
  g_autofree char *path = g_strconcat (TEST_DATA_DIRECTORY "/", name, extension, NULL);
  g_autofree char *expected = NULL;

  g_assert_true (g_file_get_contents (path, &expected, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static void
test_golden (gconstpointer data)
{
  const char *name = data;
  g_autofree char *directory = g_build_filename (TEST_DATA_DIRECTORY, name, NULL);
  g_autofree char *text = NULL;
  g_autofree char *digests = NULL;
  g_autofree char *source = NULL;
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (directory, &error);
  size_t size;

  g_assert_cmpstr (error.message, ==, "");
  text = trace_text_print (reader, TRACE_TEXT_BLOCKS | TRACE_TEXT_TIMES);
  check_text (name, ".txt", text);
  digests = trace_text_print_digests (reader);
  check_text (name, ".digests.txt", digests);
  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  g_assert_cmpint (tx_reader_get_state (reader), ==,
                   g_str_has_suffix (name, "-died") ? TX_STATE_DIED : TX_STATE_FINISHED);
  g_assert_cmpint (tx_reader_dup_source (reader, 1, &source, &size, NULL), ==, TX_OK);
  g_assert_cmpstr (source, ==, "# golden\ndef main():\n    work()\n");
  check_spans (reader, name);
  check_thread_lines (reader, name);
  tx_reader_close (reader);
  n_same++;
}

/* A golden trace with another line in its `info`. */
static char *
copy_with (const char *old, const char *new)
{
  g_autofree char *from = g_build_filename (TEST_DATA_DIRECTORY, "golden-1.0", NULL);
  char *to = g_dir_make_tmp ("trackexec-golden-XXXXXX", NULL);
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *source = g_build_filename (from, name, NULL);
      g_autofree char *target = g_build_filename (to, name, NULL);
      g_autofree char *bytes = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (source, &bytes, &size, NULL));
      if (g_str_equal (name, "info"))
        {
          g_autoptr (GString) text = g_string_new_len (bytes, (gssize) size);

          g_assert_cmpuint (g_string_replace (text, old, new, 0), ==, 1);
          g_assert_true (g_file_set_contents (target, text->str, (gssize) text->len, NULL));
        }
      else
        g_assert_true (g_file_set_contents (target, bytes, (gssize) size, NULL));
    }
  return to;
}

static void
remove_copy (char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_unlink (path);
    }
  g_rmdir (directory);
  g_free (directory);
}

static void
test_newer_minor (void)
{
  char *directory = copy_with ("format=1.0", "format=1.9");
  g_autofree char *expected = NULL;
  g_autofree char *text = NULL;
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (directory, &error);

  g_assert_cmpstr (error.message, ==, "");
  g_assert_true (
      g_file_get_contents (TEST_DATA_DIRECTORY "/golden-1.0.txt", &expected, NULL, NULL));
  text = trace_text_print (reader, TRACE_TEXT_BLOCKS | TRACE_TEXT_TIMES);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (tx_reader_get_info (reader, "format"), ==, "1.9");
  tx_reader_close (reader);
  remove_copy (directory);
  n_opened++;
}

static void
refuse (const char *old, const char *new, const char *reason)
{
  char *directory = copy_with (old, new);
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (directory, &error);

  g_assert_null (reader);
  g_assert_nonnull (strstr (error.message, reason));
  g_assert_null (strchr (error.message, '\n'));
  remove_copy (directory);
  n_refused++;
}

static void
test_what_is_newer_is_refused (void)
{
  refuse ("format=1.0", "format=2.0", "newer than 1.2");
  refuse ("format=1.0", "format=18446744073709551615.0", "newer than 1.2");
  refuse ("incompatible=", "incompatible=colours", "colours");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/golden/1.0", "golden-1.0", test_golden);
  g_test_add_data_func ("/golden/1.0-died", "golden-1.0-died", test_golden);
  g_test_add_data_func ("/golden/1.0-predicted", "golden-1.0-predicted", test_golden);
  g_test_add_data_func ("/golden/1.1", "golden-1.1", test_golden);
  g_test_add_data_func ("/golden/1.1-died", "golden-1.1-died", test_golden);
  g_test_add_data_func ("/golden/1.1-awaits", "golden-1.1-awaits", test_golden);
  g_test_add_data_func ("/golden/1.1-awaits-died", "golden-1.1-awaits-died", test_golden);
  g_test_add_data_func ("/golden/1.1-threads", "golden-1.1-threads", test_golden);
  g_test_add_data_func ("/golden/1.1-threads-died", "golden-1.1-threads-died", test_golden);
  g_test_add_data_func ("/golden/1.2", "golden-1.2", test_golden);
  g_test_add_data_func ("/golden/1.2-died", "golden-1.2-died", test_golden);
  g_test_add_func ("/golden/newer-minor", test_newer_minor);
  g_test_add_func ("/golden/newer-is-refused", test_what_is_newer_is_refused);
  result = g_test_run ();
  g_print (
      "# T28: %u golden traces read the same, %u of a newer minor version opened, %u newer ones "
      "refused (limit: 11, 1, 3)\n",
      n_same, n_opened, n_refused);
  return result;
}
