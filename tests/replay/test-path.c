// SPDX-License-Identifier: BSD-3-Clause
// What a directory is found to be; and the history of positions.
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "replay/replay-history.h"
#include "replay/replay-path.h"
#include "trace-text.h"

/* Directories and files under @root; names that end in `/` are directories, `a -> b` links. */
static void
make (const char *root, const char *const *names)
{
  for (; *names != NULL; names++)
    {
      g_auto (GStrv) link = g_strsplit (*names, " -> ", 2);
      g_autofree char *path = g_build_filename (root, link[0], NULL);
      g_autofree char *parent = g_path_get_dirname (path);

      g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
      if (link[1] != NULL)
        g_assert_cmpint (symlink (link[1], path), ==, 0);
      else if (g_str_has_suffix (*names, "/"))
        g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
      else
        g_assert_true (g_file_set_contents (path, "", 0, NULL));
    }
}

/* "run RUN: NAME NAME" with paths relative to @root. */
static char *
resolve (const char *root, const char *directory)
{
  static const char *const kinds[] = { "trace", "run", "base" };
  g_autofree char *path = g_build_filename (root, directory, NULL);
  GString *said = g_string_new (NULL);
  ReplayPath *resolved;
  TxError error = { 0 };

  if (replay_path_resolve (path, &resolved, &error) != TX_OK)
    {
      g_string_free (said, TRUE);
      return g_strdup (tx_status_get_name (error.status));
    }
  g_string_append_printf (said, "%s", kinds[resolved->kind]);
  if (g_str_has_prefix (resolved->run_directory, root))
    g_string_append_printf (said, " %s", resolved->run_directory + strlen (root) + 1);
  for (size_t i = 0; i < resolved->n_traces; i++)
    {
      g_string_append_printf (said, " %s", resolved->traces[i].name);
      g_assert_true (g_file_test (resolved->traces[i].directory, G_FILE_TEST_IS_DIR));
    }
  replay_path_free (resolved);
  return g_string_free (said, FALSE);
}

static void
test_kinds (void)
{
  static const char *const names[] = {
    "base/240101-000000/old/info",
    "base/240102-000000/main/info",
    "base/240102-000000/worker/info",
    "base/240102-000000/notes.txt",
    "base/latest -> 240102-000000",
    "nolatest/240101-000000/a/info",
    "nolatest/240103-000000/",
    "nolatest/240102-000000/b/info",
    "dangling/latest -> nowhere",
    "dangling/240101-000000/c/info",
    "empty/",
    "lost/blocks.00000",
    "a-file",
    NULL,
  };
  static const struct
  {
    const char *directory, *expected;
  } rows[] = {
    { "base", "base base/latest main worker" },
    { "base/latest", "run base/latest main worker" },
    { "base/240101-000000", "run base/240101-000000 old" },
    { "base/240101-000000/old", "trace old" },
    { "base/240101-000000/old/", "trace old" },
    { "nolatest", "base nolatest/240102-000000 b" },
    { "dangling", "base dangling/240101-000000 c" },
    { "lost", "not a trace" }, /* without info nothing in it can be checked */
  };
  char *root = trace_text_make_directory ();

  make (root, names);
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *said = resolve (root, rows[i].directory);

      g_assert_cmpstr (said, ==, rows[i].expected);
    }
  for (int i = 0; i < 3; i++)
    {
      static const char *const bad[] = { "empty", "a-file", "missing" };
      g_autofree char *path = g_build_filename (root, bad[i], NULL);
      ReplayPath *resolved;
      TxError error = { 0 };

      g_assert_cmpint (replay_path_resolve (path, &resolved, &error), ==,
                       i == 0 ? TX_ERROR_NOT_TRACE : TX_ERROR_IO);
      g_assert_nonnull (strstr (error.message, path));
    }
  trace_text_remove_directory (root);
}

static void
test_history (void)
{
  ReplayHistory *history = replay_history_new ();
  ReplayPosition position = 0;

  g_assert_cmpint (replay_history_go (history, true, &position), ==, TX_END);
  for (ReplayPosition i = 1; i <= 3; i++)
    replay_history_visit (history, i);
  replay_history_visit (history, 3);
  g_assert_false (replay_history_can_go (history, false));
  g_assert_cmpint (replay_history_go (history, true, &position), ==, TX_OK);
  g_assert_cmpuint (position, ==, 2);
  g_assert_cmpint (replay_history_go (history, false, &position), ==, TX_OK);
  g_assert_cmpuint (position, ==, 3);
  g_assert_cmpint (replay_history_go (history, true, &position), ==, TX_OK);
  replay_history_visit (history, 9); /* 3 is forgotten */
  g_assert_cmpint (replay_history_go (history, false, &position), ==, TX_END);
  g_assert_cmpint (replay_history_go (history, true, &position), ==, TX_OK);
  g_assert_cmpuint (position, ==, 2);

  for (ReplayPosition i = 0; i < 2 * REPLAY_HISTORY_MAX; i++)
    replay_history_visit (history, 100 + i);
  for (size_t i = 1; i < REPLAY_HISTORY_MAX; i++)
    g_assert_cmpint (replay_history_go (history, true, &position), ==, TX_OK);
  g_assert_cmpint (replay_history_go (history, true, &position), ==, TX_END);
  g_assert_cmpuint (position, ==, 100 + REPLAY_HISTORY_MAX);
  replay_history_free (history);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/kinds", test_kinds);
  g_test_add_func ("/path/history", test_history);
  return g_test_run ();
}
