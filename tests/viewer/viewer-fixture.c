// SPDX-License-Identifier: BSD-3-Clause
// Makes the recording and waits; asserts nothing about the viewer.
#include "viewer-fixture.h"

#include "model/viewer-worker.h"

#define WAIT_US (10 * G_TIME_SPAN_SECOND)

static const char source_text[] = "import time\n"
                                  "\n"
                                  "\n"
                                  "def leaf(n):\n"
                                  "    total = n\n"
                                  "    return total + 1\n"
                                  "\n"
                                  "\n"
                                  "def never(n):\n"
                                  "    # nobody calls this\n"
                                  "    return n\n"
                                  "\n"
                                  "\n"
                                  "def main():\n"
                                  "    for i in range(3):\n"
                                  "        x = leaf(i)\n"
                                  "    return x\n"
                                  "\n"
                                  "\n"
                                  "main()\n";

static void
make_directories (ViewerFixture *self)
{
  g_autofree char *run = NULL;

  self->directory = trace_text_make_directory ();
  self->source = g_build_filename (self->directory, "prog.py", NULL);
  g_assert_true (g_file_set_contents (self->source, source_text, -1, NULL));
  run = g_build_filename (self->directory, "run", NULL);
  self->trace = g_build_filename (run, "server", NULL);
  g_assert_cmpint (g_mkdir_with_parents (self->trace, 0700), ==, 0);
}

static char *
dup_first_part (const char *file)
{
  return g_strdup_printf ("pace 1ms; main: call <module>@%s:1; line 1; line 4; line 9; line 14; "
                          "line 20; call main@%s:14; "
                          "repeat 3 ( line 15; line 16; call leaf@%s:4; line 5; line 6; return ); "
                          "line 15; line 17; return; return",
                          file, file, file);
}

void
viewer_fixture_set_up (ViewerFixture *self, gconstpointer unused)
{
  g_autofree char *first = NULL, *text = NULL;

  make_directories (self);
  first = dup_first_part (self->source);
  text =
      g_strdup_printf ("%s; worker: call leaf@%s:4; line 5; line 6; return", first, self->source);
  trace_text_record (self->trace, text);
}

/** viewer_fixture_set_up_live: the first 19 steps, and a recording that goes on. */
void
viewer_fixture_set_up_live (ViewerFixture *self, gconstpointer unused)
{
  g_autofree char *first = NULL;

  make_directories (self);
  first = dup_first_part (self->source);
  self->live = trace_text_new (self->trace, NULL);
  trace_text_play (self->live, first);
}

void
viewer_fixture_tear_down (ViewerFixture *self, gconstpointer unused)
{
  viewer_fixture_wait_for_workers ();
  g_clear_pointer (&self->live, trace_text_close);
  trace_text_remove_directory (self->directory);
  g_free (self->trace);
  g_free (self->source);
}

/** viewer_fixture_wait: runs the main loop until @condition holds; fails after ten seconds. */
void
viewer_fixture_wait (ViewerCondition condition, gpointer data, const char *what)
{
  gint64 end_us = g_get_monotonic_time () + WAIT_US;

  while (!condition (data))
    {
      if (g_get_monotonic_time () > end_us)
        g_error ("waited in vain: %s", what);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (500);
    }
}

static gboolean
no_workers (gpointer data)
{
  return viewer_worker_count_open () == 0;
}

/** viewer_fixture_wait_for_workers: until the threads of closed sessions have ended. */
void
viewer_fixture_wait_for_workers (void)
{
  viewer_fixture_wait (no_workers, NULL, "the end of all workers");
}
