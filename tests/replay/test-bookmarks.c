// SPDX-License-Identifier: BSD-3-Clause
// Bookmarks: kept, found again, changed by several programs at once, and files that are hostile.
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/replay-bookmarks.h"
#include "trace-text.h"

typedef struct
{
  char *directory;
  char *state;
  ReplayTrace *trace;
  ReplayBookmarks *bookmarks;
} Fixture;

static ReplayBookmarks *
open_bookmarks (const Fixture *fixture)
{
  TxError error = { 0 };
  ReplayBookmarks *bookmarks = replay_bookmarks_open (fixture->trace, fixture->state, &error);

  if (bookmarks == NULL)
    g_error ("%s", error.message);
  return bookmarks;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
  fixture->state = trace_text_make_directory ();
  trace_text_record (fixture->directory, "main: call f@a.py:1; lines 2-9");
  fixture->trace = replay_trace_open (fixture->directory, NULL);
  g_assert_nonnull (fixture->trace);
  fixture->bookmarks = open_bookmarks (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  replay_bookmarks_close (fixture->bookmarks);
  replay_trace_close (fixture->trace);
  trace_text_remove_directory (g_build_filename (fixture->state, "bookmarks", NULL));
  trace_text_remove_directory (fixture->state);
  trace_text_remove_directory (fixture->directory);
}

/* "1@5 note, 2@7": all of them, by position. */
static void
assert_bookmarks (const ReplayBookmarks *bookmarks, const char *expected)
{
  g_autoptr (GString) said = g_string_new (NULL);

  for (size_t i = 0; i < replay_bookmarks_get_count (bookmarks); i++)
    {
      const ReplayBookmark *item = replay_bookmarks_get (bookmarks, i);

      g_string_append_printf (said, "%s%u@%" G_GUINT64_FORMAT "%s%s", i == 0 ? "" : ", ", item->id,
                              (guint64) item->position, item->note[0] == '\0' ? "" : " ",
                              item->note);
    }
  g_assert_cmpstr (said->str, ==, expected);
}

static uint32_t
add (ReplayBookmarks *bookmarks, ReplayPosition position, const char *note)
{
  TxError error = { 0 };
  uint32_t id = 0;

  if (replay_bookmarks_add (bookmarks, position, 1700000000000000000, note, &id, &error) != TX_OK)
    g_error ("%s", error.message);
  return id;
}

static void
test_they_are_kept (Fixture *fixture, gconstpointer data)
{
  ReplayBookmarks *again;
  struct stat info;

  g_assert_cmpuint (add (fixture->bookmarks, 7, "seven"), ==, 1);
  g_assert_cmpuint (add (fixture->bookmarks, 3, NULL), ==, 2);
  g_assert_cmpuint (add (fixture->bookmarks, 5, "five"), ==, 3);
  assert_bookmarks (fixture->bookmarks, "2@3, 3@5 five, 1@7 seven");
  again = open_bookmarks (fixture);
  assert_bookmarks (again, "2@3, 3@5 five, 1@7 seven");
  g_assert_cmpint (replay_bookmarks_find (again, 1)->real_ns, ==, 1700000000000000000);
  g_assert_cmpint (g_stat (replay_bookmarks_get_path (again), &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
  replay_bookmarks_close (again);
}

static void
test_they_change (Fixture *fixture, gconstpointer data)
{
  ReplayBookmarks *other = open_bookmarks (fixture);
  bool changed = true;

  add (fixture->bookmarks, 7, "a");
  add (other, 3, "b");
  assert_bookmarks (other, "2@3 b, 1@7 a");
  g_assert_cmpint (replay_bookmarks_set_note (fixture->bookmarks, 2, "c", NULL), ==, TX_OK);
  g_assert_cmpint (replay_bookmarks_remove (other, 1, NULL), ==, TX_OK);
  assert_bookmarks (other, "2@3 c");
  g_assert_cmpint (replay_bookmarks_refresh (fixture->bookmarks, &changed, NULL), ==, TX_OK);
  g_assert_true (changed);
  assert_bookmarks (fixture->bookmarks, "2@3 c");
  g_assert_cmpint (replay_bookmarks_refresh (fixture->bookmarks, &changed, NULL), ==, TX_OK);
  g_assert_false (changed);
  g_assert_cmpint (replay_bookmarks_remove (fixture->bookmarks, 1, NULL), ==, TX_END);
  g_assert_cmpint (replay_bookmarks_set_note (fixture->bookmarks, 1, "x", NULL), ==, TX_END);
  /* The last one's id is not given again. */
  g_assert_cmpint (replay_bookmarks_remove (fixture->bookmarks, 2, NULL), ==, TX_OK);
  g_assert_cmpuint (add (other, 4, ""), ==, 3);
  replay_bookmarks_close (other);
}

/* Each byte but NUL, and what could break a line. */
static void
test_any_note_survives (Fixture *fixture, gconstpointer data)
{
  char all[256] = { 0 };
  const char *const notes[] = { "a\nmark 9 9 9 forged", "100% %41 %", "\r\n\t\033[2J",
                                "\303\244\377\300", " x " };
  ReplayBookmarks *again;

  for (int i = 1; i < 256; i++)
    all[i - 1] = (char) i;
  add (fixture->bookmarks, 0, all);
  for (gsize i = 0; i < G_N_ELEMENTS (notes); i++)
    add (fixture->bookmarks, i + 1, notes[i]);
  again = open_bookmarks (fixture);
  g_assert_cmpuint (replay_bookmarks_get_count (again), ==, 1 + G_N_ELEMENTS (notes));
  g_assert_cmpstr (replay_bookmarks_get (again, 0)->note, ==, all);
  for (gsize i = 0; i < G_N_ELEMENTS (notes); i++)
    g_assert_cmpstr (replay_bookmarks_get (again, i + 1)->note, ==, notes[i]);
  replay_bookmarks_close (again);
}

static void
test_limits (Fixture *fixture, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (REPLAY_BOOKMARK_NOTE_SIZE_MAX, '\n');
  g_autofree char *longer = g_strnfill (REPLAY_BOOKMARK_NOTE_SIZE_MAX + 1, 'x');
  TxError error;

  add (fixture->bookmarks, 1, longest);
  g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 2, 0, longer, NULL, &error), ==,
                   TX_ERROR_INVALID);
  g_assert_cmpstr (error.message, ==, "the note is longer than 4096 bytes");
  g_assert_cmpint (replay_bookmarks_refresh (fixture->bookmarks, NULL, NULL), ==, TX_OK);
  g_assert_cmpstr (replay_bookmarks_get (fixture->bookmarks, 0)->note, ==, longest);
}

static void
write_file (const Fixture *fixture, const char *text, gssize len)
{
  g_autofree char *directory = g_path_get_dirname (replay_bookmarks_get_path (fixture->bookmarks));

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (
      g_file_set_contents (replay_bookmarks_get_path (fixture->bookmarks), text, len, NULL));
}

static void
test_lines_of_others_stay (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  write_file (fixture,
              "trackexec bookmarks 1\nlast 9\nmark 4 2 -5 good\nmark 4 3 0 twice\nmark 0 1 0 zero\n"
              "mark 5 99999999999999999999 0 far\nmark 6 1 0 %0G\nmark 7 1 0 %00\ncolour 4 red\n",
              -1);
  g_assert_cmpint (replay_bookmarks_refresh (fixture->bookmarks, NULL, NULL), ==, TX_OK);
  assert_bookmarks (fixture->bookmarks, "4@2 good");
  g_assert_cmpint (replay_bookmarks_get (fixture->bookmarks, 0)->real_ns, ==, -5);
  g_assert_cmpuint (add (fixture->bookmarks, 1, "new"), ==, 10);
  g_assert_true (
      g_file_get_contents (replay_bookmarks_get_path (fixture->bookmarks), &text, NULL, NULL));
  g_assert_cmpstr (text, ==,
                   "trackexec bookmarks 1\nlast 10\nmark 10 1 1700000000000000000 new\n"
                   "mark 4 2 -5 good\nmark 4 3 0 twice\nmark 0 1 0 zero\n"
                   "mark 5 99999999999999999999 0 far\nmark 6 1 0 %0G\nmark 7 1 0 %00\n"
                   "colour 4 red\n");
}

/* Nothing of another kind is replaced. */
static void
test_other_files_are_left_alone (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "something else\n", "trackexec bookmarks 2\nmark 1 2 3 x\n",
                                       "\n" };
  const char *path = replay_bookmarks_get_path (fixture->bookmarks);
  g_autofree char *kept = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      write_file (fixture, texts[i], -1);
      g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 1, 0, "x", NULL, NULL), <, 0);
      g_assert_null (replay_bookmarks_open (fixture->trace, fixture->state, NULL));
      g_clear_pointer (&kept, g_free);
      g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
      g_assert_cmpstr (kept, ==, texts[i]);
    }
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (symlink ("/etc/passwd", path), ==, 0);
  g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 1, 0, "x", NULL, NULL), ==,
                   TX_ERROR_IO);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 1, 0, "x", NULL, NULL), <, 0);
  assert_bookmarks (fixture->bookmarks, "");
}

/* An empty file is what some file systems leave after a crash. */
static void
test_an_empty_file_has_none (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "", 0);
  g_assert_cmpuint (add (fixture->bookmarks, 1, "x"), ==, 1);
}

static void
test_a_full_disk_changes_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_path_get_dirname (replay_bookmarks_get_path (fixture->bookmarks));
  TxError error = { 0 };

  add (fixture->bookmarks, 1, "kept");
  if (geteuid () == 0)
    {
      /* Permissions don't stop root: the name of the new file is taken by a directory instead. */
      g_autofree char *taken =
          g_strconcat (replay_bookmarks_get_path (fixture->bookmarks), ".new", NULL);

      g_assert_cmpint (g_mkdir (taken, 0700), ==, 0);
      g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 2, 0, "x", NULL, &error), ==,
                       TX_ERROR_IO);
      g_assert_cmpint (g_rmdir (taken), ==, 0);
    }
  else
    {
      g_assert_cmpint (g_chmod (directory, 0500), ==, 0);
      g_assert_cmpint (replay_bookmarks_add (fixture->bookmarks, 2, 0, "x", NULL, &error), ==,
                       TX_ERROR_IO);
      g_assert_cmpint (g_chmod (directory, 0700), ==, 0);
    }
  g_assert_nonnull (strstr (error.message, "cannot write the bookmarks in"));
  assert_bookmarks (fixture->bookmarks, "1@1 kept");
  g_assert_cmpint (replay_bookmarks_refresh (fixture->bookmarks, NULL, NULL), ==, TX_OK);
  assert_bookmarks (fixture->bookmarks, "1@1 kept");
}

#define N_PROGRAMS 6
#define N_EACH     25

static void
test_several_programs_lose_nothing (Fixture *fixture, gconstpointer data)
{
  pid_t children[N_PROGRAMS];
  gboolean seen[N_PROGRAMS][N_EACH] = { 0 };

  for (int i = 0; i < N_PROGRAMS; i++)
    {
      children[i] = fork ();
      g_assert_cmpint (children[i], >=, 0);
      if (children[i] != 0)
        continue;
      for (int k = 0; k < N_EACH; k++)
        {
          g_autofree char *note = g_strdup_printf ("%d %d", i, k);

          if (replay_bookmarks_add (fixture->bookmarks, 1, 0, note, NULL, NULL) != TX_OK)
            _exit (1);
        }
      _exit (0);
    }
  for (int i = 0; i < N_PROGRAMS; i++)
    {
      int status;

      g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
      g_assert_cmpint (status, ==, 0);
    }
  g_assert_cmpint (replay_bookmarks_refresh (fixture->bookmarks, NULL, NULL), ==, TX_OK);
  g_assert_cmpuint (replay_bookmarks_get_count (fixture->bookmarks), ==, N_PROGRAMS * N_EACH);
  for (size_t i = 0; i < N_PROGRAMS * N_EACH; i++)
    {
      const ReplayBookmark *item = replay_bookmarks_get (fixture->bookmarks, i);
      int program, number;

      g_assert_cmpuint (item->id, ==, i + 1); /* one position: by id, each given once */
      g_assert_cmpint (sscanf (item->note, "%d %d", &program, &number), ==, 2);
      g_assert_false (seen[program][number]);
      seen[program][number] = TRUE;
    }
}

static void
test_notes_are_found (Fixture *fixture, gconstpointer data)
{
  const ReplayBookmark *found = NULL;

  add (fixture->bookmarks, 1, "slow query");
  add (fixture->bookmarks, 2, "slow");
  add (fixture->bookmarks, 3, "slow start");
  g_assert_cmpuint (replay_bookmarks_find_note (fixture->bookmarks, "slow", 4, &found), ==, 1);
  g_assert_cmpuint (found->id, ==, 2);
  g_assert_cmpuint (replay_bookmarks_find_note (fixture->bookmarks, "slow q", 6, &found), ==, 1);
  g_assert_cmpuint (found->id, ==, 1);
  g_assert_cmpuint (replay_bookmarks_find_note (fixture->bookmarks, "slow ", 5, &found), ==, 2);
  g_assert_cmpuint (replay_bookmarks_find_note (fixture->bookmarks, "fast", 4, &found), ==, 0);
}

/* Where the user's files go; nothing is made by looking. */
static void
test_the_users_directory (void)
{
  char *directory = trace_text_make_directory ();
  const char *id;
  ReplayTrace *trace;

  trace_text_record (directory, "main: call f@a.py:1; line 2");
  trace = replay_trace_open (directory, NULL);
  id = tx_reader_get_info (replay_trace_get_reader (trace), "trace_id");
  for (int i = 0; i < 3; i++)
    {
      static const char *const states[] = { "/nowhere/state", "relative", NULL };
      static const char *const expected[] = { "/nowhere/state/trackexec/bookmarks",
                                              "/nowhere/home/.local/state/trackexec/bookmarks",
                                              "/nowhere/home/.local/state/trackexec/bookmarks" };
      g_autofree char *path = g_build_filename (expected[i], id, NULL);
      ReplayBookmarks *bookmarks;

      g_setenv ("HOME", "/nowhere/home", TRUE);
      if (states[i] != NULL)
        g_setenv ("XDG_STATE_HOME", states[i], TRUE);
      else
        g_unsetenv ("XDG_STATE_HOME");
      bookmarks = replay_bookmarks_open (trace, NULL, NULL);
      g_assert_cmpstr (replay_bookmarks_get_path (bookmarks), ==, path);
      g_assert_false (g_file_test ("/nowhere", G_FILE_TEST_EXISTS));
      replay_bookmarks_close (bookmarks);
    }
  replay_trace_close (trace);
  trace_text_remove_directory (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/bookmarks/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("they-are-kept", test_they_are_kept);
  ADD ("they-change", test_they_change);
  ADD ("any-note-survives", test_any_note_survives);
  ADD ("limits", test_limits);
  ADD ("lines-of-others-stay", test_lines_of_others_stay);
  ADD ("other-files-are-left-alone", test_other_files_are_left_alone);
  ADD ("an-empty-file-has-none", test_an_empty_file_has_none);
  ADD ("a-full-disk-changes-nothing", test_a_full_disk_changes_nothing);
  ADD ("several-programs-lose-nothing", test_several_programs_lose_nothing);
  ADD ("notes-are-found", test_notes_are_found);
  g_test_add_func ("/bookmarks/the-users-directory", test_the_users_directory);
  return g_test_run ();
}
