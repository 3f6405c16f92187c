// SPDX-License-Identifier: BSD-3-Clause
// Temporary directories for traces.
#include <glib/gstdio.h>
#include <unistd.h>

#include "trace-text.h"

char *
trace_text_make_directory (void)
{
  g_autoptr (GError) error = NULL;
  char *directory = g_dir_make_tmp ("trackexec-test-XXXXXX", &error);

  g_assert_no_error (error);
  return directory;
}

void
trace_text_remove_directory (char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        trace_text_remove_directory (g_steal_pointer (&path));
      else
        g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  g_free (directory);
}

void
trace_text_copy_directory (const char *from, const char *to)
{
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *source = g_build_filename (from, name, NULL);
      g_autofree char *copy = g_build_filename (to, name, NULL);
      g_autofree char *bytes = NULL;
      g_autoptr (GError) error = NULL;
      gsize size;

      if (!g_file_test (source, G_FILE_TEST_IS_REGULAR))
        continue;
      g_file_get_contents (source, &bytes, &size, &error);
      g_assert_no_error (error);
      g_file_set_contents (copy, bytes, (gssize) size, &error);
      g_assert_no_error (error);
    }
}
