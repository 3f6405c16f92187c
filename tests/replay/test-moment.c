// SPDX-License-Identifier: BSD-3-Clause
// Moments: the stack of each thread at a position, and which execution of which line each is in;
// against the slow reference on random recordings.
#include <glib.h>
#include <stdlib.h>

#include "reference.h"
#include "replay/replay-moment.h"
#include "test-seed.h"
#include "trace-text.h"

typedef struct
{
  char *directory;
  ReplayTrace *trace;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = trace_text_make_directory ();
  fixture->trace = NULL;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  replay_trace_close (fixture->trace);
  trace_text_remove_directory (fixture->directory);
}

static void
record (Fixture *fixture, const char *text)
{
  TxError error = { 0 };

  trace_text_record (fixture->directory, text);
  fixture->trace = replay_trace_open (fixture->directory, &error);
  if (fixture->trace == NULL)
    g_error ("%s", error.message);
}

static ReplayMoment *
query (Fixture *fixture, ReplayPosition position)
{
  ReplayMoment *moment;
  TxError error = { 0 };

  if (replay_moment_query (fixture->trace, position, NULL, &moment, &error) != TX_OK)
    g_error ("%s", error.message);
  return moment;
}

/* "1* f:3 main:2 (3 of 5); 2 ..." */
static void
assert_moment (Fixture *fixture, ReplayPosition position, const char *expected)
{
  const TxReader *reader = replay_trace_get_reader (fixture->trace);
  g_autoptr (GString) said = g_string_new (NULL);
  ReplayMoment *moment = query (fixture, position);

  for (size_t i = 0; i < moment->n_threads; i++)
    {
      const ReplayMomentThread *thread = &moment->threads[i];

      g_string_append_printf (said, "%s%u%s", i == 0 ? "" : "; ", thread->thread,
                              thread->is_running ? "*" : "");
      for (size_t k = 0; k < thread->n_frames; k++)
        g_string_append_printf (said, " %s:%u",
                                tx_reader_get_function (reader, thread->frames[k].function)->name,
                                thread->frames[k].line);
      if (thread->has_step)
        g_string_append_printf (said, " (%u of %u)", (unsigned) thread->hit,
                                (unsigned) thread->n_hits);
    }
  g_string_append_printf (said, "; %zu others", moment->n_others);
  replay_moment_free (moment);
  g_assert_cmpstr (said->str, ==, expected);
}

static void
test_threads_and_executions (Fixture *fixture, gconstpointer data)
{
  record (fixture,
          "one: call main@a.py:1; line 2; line 3; call f@b.py:1; line 2; block; "
          "two: call g@c.py:1; line 5; line 6; line 5; "
          "one: line 3; return; line 3; three: call h@c.py:9; line 10; return; two: line 6");
  assert_moment (fixture, 0, "1* main:2 (1 of 1); 2 others");
  assert_moment (fixture, 2, "1* f:2 main:3 (1 of 1); 2 others");
  assert_moment (fixture, 5, "2* g:5 (2 of 2); 1 f:2 main:3 (1 of 1); 1 others");
  assert_moment (fixture, 6, "1* f:3 main:3 (1 of 1); 2 g:5 (2 of 2); 1 others");
  assert_moment (fixture, 8, "2* g:6 (2 of 2); 1 main:3 (1 of 1); 1 others");
}

static void
test_a_frame_without_a_line (Fixture *fixture, gconstpointer data)
{
  record (fixture, "one: call main@a.py:1; line 2; call f@b.py:1; two: call g@c.py:1; line 5");
  assert_moment (fixture, 1, "2* g:5 (1 of 1); 1 f:0 main:2; 0 others");
}

static void
test_agrees_with_the_reference (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree char *program = reference_make_program (random, 1500, 40);
  Reference *reference;

  record (fixture, program);
  reference = reference_new (replay_trace_get_reader (fixture->trace));
  for (size_t step = 0; step < reference_get_n_steps (reference); step += 7)
    {
      ReplayMoment *moment = query (fixture, step);
      size_t n_threads = 0;

      for (TxThreadId id = 1; id <= 4; id++)
        {
          g_autoptr (GArray) frames = reference_get_stack (reference, step, id);
          const ReplayMomentThread *thread = NULL;

          for (size_t i = 0; i < moment->n_threads; i++)
            if (moment->threads[i].thread == id)
              thread = &moment->threads[i];
          n_threads += frames->len > 0;
          g_assert_cmpuint (frames->len, ==, thread == NULL ? 0 : thread->n_frames);
          for (guint i = 0; i < frames->len; i++)
            {
              const ReplayFrame *frame = &g_array_index (frames, ReplayFrame, i);

              g_assert_cmpuint (thread->frames[i].function, ==, frame->function);
              g_assert_cmpuint (thread->frames[i].line, ==, frame->line);
            }
          if (thread != NULL && thread->has_step)
            {
              g_assert_cmpuint (thread->step.position, <=, step);
              g_assert_cmpuint (thread->step.line, ==, thread->frames[0].line);
              g_assert_cmpuint (thread->hit, >=, 1);
              g_assert_cmpuint (thread->hit, <=, thread->n_hits);
            }
        }
      g_assert_cmpuint (moment->n_threads, ==, n_threads);
      g_assert_true (moment->threads[0].is_running);
      g_assert_cmpuint (moment->threads[0].step.position, ==, step);
      replay_moment_free (moment);
    }
  reference_free (reference);
}

static void
test_beyond_the_end (Fixture *fixture, gconstpointer data)
{
  ReplayMoment *moment = NULL;

  record (fixture, "one: call main@a.py:1; line 2");
  g_assert_cmpint (replay_moment_query (fixture->trace, 1, NULL, &moment, NULL), ==, TX_END);
  g_assert_null (moment);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
#define ADD(name, func) g_test_add ("/moment/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("threads", test_threads_and_executions);
  ADD ("no-line", test_a_frame_without_a_line);
  ADD ("reference", test_agrees_with_the_reference);
  ADD ("end", test_beyond_the_end);
  return g_test_run ();
}
