// SPDX-License-Identifier: BSD-3-Clause
// Where the ring goes, and what it refuses: directories that others have planted.
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/tx-ring-private.h"
#include "trace-text.h"

#define TRACE_ID G_GUINT64_CONSTANT (0x0123456789abcdef)

typedef struct
{
  char *place;     /* owned; the ring_dir */
  char *trace_dir; /* owned */
  char *directory; /* owned; place/trackexec-UID */
  TxDirectory trace; /* trace_dir, open */
  TxRing ring;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->place = trace_text_make_directory ();
  fixture->trace_dir = trace_text_make_directory ();
  g_assert_cmpint (_tx_directory_open (&fixture->trace, _tx_os_get_default (), fixture->trace_dir),
                   ==, 0);
  fixture->directory = g_strdup_printf ("%s/trackexec-%u", fixture->place, (guint) geteuid ());
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  _tx_ring_clear (&fixture->ring);
  trace_text_remove_directory (fixture->place);
  _tx_directory_clear (&fixture->trace);
  trace_text_remove_directory (fixture->trace_dir);
  g_free (fixture->directory);
}

static void
init (Fixture *fixture, const char *ring_dir)
{
  TxRingHeader header = {
    .trace_id = TRACE_ID,
    .pid = 77,
    .start_ticks = 88,
    .boot_id = "0123456789abcde",
    .slot_count = 3,
    .slot_size = TX_SLOT_SIZE_MIN,
    .heartbeat_mono_ns = -5,
    .heartbeat_real_ns = 6,
    .events_lost = 7,
    .state = TX_RING_RUNNING,
  };
  TxRingHeader decoded;

  g_assert_cmpint (_tx_ring_init (&fixture->ring, _tx_os_get_default (), &header, 3, ring_dir,
                                  &fixture->trace, NULL),
                   ==, TX_OK);
  /* Wherever it is, it can be read and each slot written. */
  g_assert_true (_tx_ring_header_decode (fixture->ring.memory, &decoded));
  g_assert_cmpuint (decoded.trace_id, ==, header.trace_id);
  g_assert_cmpuint (decoded.pid, ==, header.pid);
  g_assert_cmpuint (decoded.start_ticks, ==, header.start_ticks);
  g_assert_cmpmem (decoded.boot_id, 16, header.boot_id, 16);
  g_assert_cmpuint (decoded.slot_count, ==, header.slot_count);
  g_assert_cmpuint (decoded.slot_size, ==, header.slot_size);
  g_assert_cmpint (decoded.heartbeat_mono_ns, ==, header.heartbeat_mono_ns);
  g_assert_cmpint (decoded.heartbeat_real_ns, ==, header.heartbeat_real_ns);
  g_assert_cmpuint (decoded.events_lost, ==, header.events_lost);
  g_assert_cmpuint (decoded.state, ==, header.state);
  for (uint32_t i = 0; i < 3; i++)
    memset (_tx_ring_get_slot_at (&fixture->ring, i) + TX_SLOT_HEADER_SIZE, 1, TX_SLOT_SIZE_MIN);
  g_assert_true (_tx_ring_header_decode (fixture->ring.memory, &decoded));
}

static void
assert_mode (const char *path, mode_t mode)
{
  struct stat status;

  g_assert_cmpint (lstat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, mode);
}

/* ---- Places ---- */

static void
test_in_its_directory (Fixture *fixture, gconstpointer data)
{
  char *expected = g_build_filename (fixture->directory, "0123456789abcdef.ring", NULL);
  struct stat status;
  mode_t mask = umask (0);

  init (fixture, fixture->place);
  umask (mask);
  g_assert_cmpstr (fixture->ring.path, ==, expected);
  assert_mode (fixture->directory, 0700);
  assert_mode (expected, 0600);
  g_assert_cmpint (stat (expected, &status), ==, 0);
  g_assert_cmpint (status.st_size, ==, (goffset) _tx_ring_size (3, TX_SLOT_SIZE_MIN));
  /* Reserved and not only promised. */
  g_assert_cmpint (status.st_blocks * 512, >=, status.st_size);
  _tx_ring_unlink (&fixture->ring);
  g_assert_false (g_file_test (expected, G_FILE_TEST_EXISTS));
  g_free (expected);
}

static void
test_runtime_directory_comes_first (Fixture *fixture, gconstpointer data)
{
  char *value = g_strconcat (fixture->place, ":/another", NULL);

  g_setenv ("RUNTIME_DIRECTORY", value, TRUE);
  init (fixture, NULL);
  g_assert_true (g_str_has_prefix (fixture->ring.path, fixture->directory));
  _tx_ring_clear (&fixture->ring);
  _tx_ring_unlink (&fixture->ring);

  g_setenv ("RUNTIME_DIRECTORY", "/nowhere", TRUE);
  init (fixture, NULL);
  g_assert_true (g_str_has_prefix (fixture->ring.path, "/dev/shm/") ||
                 g_str_has_prefix (fixture->ring.path, fixture->trace_dir));
  _tx_ring_unlink (&fixture->ring);
  g_unsetenv ("RUNTIME_DIRECTORY");
  g_free (value);
}

static void
assert_falls_back (Fixture *fixture)
{
  init (fixture, fixture->place);
  g_assert_true (g_str_has_prefix (fixture->ring.path, fixture->trace_dir));
  assert_mode (fixture->ring.path, 0600);
}

static void
test_relative_place_is_not_taken (Fixture *fixture, gconstpointer data)
{
  init (fixture, "relative");
  g_assert_true (g_str_has_prefix (fixture->ring.path, fixture->trace_dir));
}

static void
test_plain_memory_at_last (Fixture *fixture, gconstpointer data)
{
  char *in_the_way = g_build_filename (fixture->trace_dir, TX_FILE_RING, NULL);

  g_assert_true (g_file_set_contents (in_the_way, "mine", -1, NULL));
  init (fixture, "/nowhere");
  g_assert_cmpstr (fixture->ring.path, ==, "");
  _tx_ring_unlink (&fixture->ring);
  g_assert_true (g_file_test (in_the_way, G_FILE_TEST_EXISTS));
  g_free (in_the_way);
}

/* ---- What others have planted ---- */

static void
test_link_for_a_directory (Fixture *fixture, gconstpointer data)
{
  char *elsewhere = trace_text_make_directory ();
  GDir *dir;

  g_assert_cmpint (symlink (elsewhere, fixture->directory), ==, 0);
  assert_falls_back (fixture);
  dir = g_dir_open (elsewhere, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
  g_dir_close (dir);
  g_assert_cmpint (g_unlink (fixture->directory), ==, 0);
  trace_text_remove_directory (elsewhere);
}

static void
test_open_directory (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_mkdir (fixture->directory, 0700), ==, 0);
  g_assert_cmpint (g_chmod (fixture->directory, 0777), ==, 0);
  assert_falls_back (fixture);
}

static void
test_directory_of_another (Fixture *fixture, gconstpointer data)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can give a directory away");
      return;
    }
  g_assert_cmpint (g_mkdir (fixture->directory, 0700), ==, 0);
  g_assert_cmpint (chown (fixture->directory, 65534, 65534), ==, 0);
  assert_falls_back (fixture);
}

static void
test_link_for_the_file (Fixture *fixture, gconstpointer data)
{
  char *target = g_build_filename (fixture->place, "precious", NULL);
  char *planted = g_build_filename (fixture->directory, "0123456789abcdef.ring", NULL);
  char *content;

  g_assert_true (g_file_set_contents (target, "mine", -1, NULL));
  g_assert_cmpint (g_mkdir (fixture->directory, 0700), ==, 0);
  g_assert_cmpint (symlink (target, planted), ==, 0);
  assert_falls_back (fixture);
  g_assert_true (g_file_get_contents (target, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "mine");
  g_free (content);
  g_free (planted);
  g_free (target);
}

static void
test_another_file_is_not_removed (Fixture *fixture, gconstpointer data)
{
  char *path;

  init (fixture, fixture->place);
  path = g_strdup (fixture->ring.path);
  /* Created beside and moved there: the inode is surely another. */
  g_assert_true (g_file_set_contents (path, "somebody else's by now", -1, NULL));
  _tx_ring_unlink (&fixture->ring);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_free (path);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/trace/ring/place", test_in_its_directory);
  ADD ("/trace/ring/runtime-directory", test_runtime_directory_comes_first);
  ADD ("/trace/ring/relative-place", test_relative_place_is_not_taken);
  ADD ("/trace/ring/plain-memory", test_plain_memory_at_last);
  ADD ("/trace/ring/linked-directory", test_link_for_a_directory);
  ADD ("/trace/ring/open-directory", test_open_directory);
  ADD ("/trace/ring/foreign-directory", test_directory_of_another);
  ADD ("/trace/ring/linked-file", test_link_for_the_file);
  ADD ("/trace/ring/replaced-file", test_another_file_is_not_removed);
  return g_test_run ();
}
