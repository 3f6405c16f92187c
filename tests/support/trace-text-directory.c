// SPDX-License-Identifier: BSD-3-Clause
// Temporary directories for traces, and damage to what is in them.
#include <glib/gstdio.h>
#include <unistd.h>

#include "trace-text.h"
#include "trace/tx-bytes-private.h"
#include "trace/tx-format-private.h"

char *
trace_text_make_directory (void)
{
  g_autoptr (GError) error = NULL;
  char *directory = g_dir_make_tmp ("trackexec-test-XXXXXX", &error);

  g_assert_no_error (error);
  return directory;
}

void
trace_text_damage_block (const char *directory, size_t index, bool with_digest)
{
  g_autofree char *path = g_build_filename (directory, "blocks.00000", NULL);
  g_autofree char *bytes = NULL;
  uint8_t *frame;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  frame = (uint8_t *) bytes + TX_SEGMENT_HEADER_SIZE;
  for (; index > 0; index--)
    frame += _tx_align ((uint64_t) TX_FRAME_HEADER_SIZE + _tx_get_u32 (frame + 76) +
                        _tx_get_u32 (frame + 84));
  frame[TX_FRAME_HEADER_SIZE] ^= 1;
  if (with_digest)
    frame[TX_FRAME_HEADER_SIZE + _tx_get_u32 (frame + 76)] ^= 1;
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
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
