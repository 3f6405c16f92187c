// SPDX-License-Identifier: BSD-3-Clause
// Walks: what is told of small recordings, by hand; on random ones every frame that is entered is
// left, times of a thread never go back, and all sums are those of the hot spots, for the whole and
// for ranges.
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "replay/replay-hotspots.h"
#include "replay/replay-walk.h"
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
open_trace (Fixture *fixture)
{
  TxError error = { 0 };

  fixture->trace = replay_trace_open (fixture->directory, &error);
  if (fixture->trace == NULL)
    g_error ("%s", error.message);
}

static void
record (Fixture *fixture, const char *text)
{
  trace_text_record (fixture->directory, text);
  open_trace (fixture);
}

static const ReplayWalkQuery everything = { INT64_MIN, INT64_MAX, 0 };

static ReplayWalk *
begin_walk (Fixture *fixture, const ReplayWalkQuery *query)
{
  TxError error = { 0 };
  ReplayWalk *walk = replay_walk_new (fixture->trace, query, NULL, &error);

  if (walk == NULL)
    g_error ("%s", error.message);
  return walk;
}

static bool
next (ReplayWalk *walk, const ReplayWalkEvent **ret_event)
{
  TxError error = { 0 };
  TxStatus status = replay_walk_next (walk, ret_event, &error);

  if (status < 0)
    g_error ("%s", error.message);
  return status == TX_OK;
}

/* ---- By hand ---- */

static const char *const causes[] = {
  [REPLAY_WALK_CALL] = "call",     [REPLAY_WALK_RESUME] = "resume", [REPLAY_WALK_THERE] = "there",
  [REPLAY_WALK_RETURN] = "return", [REPLAY_WALK_UNWIND] = "unwind", [REPLAY_WALK_YIELD] = "yield",
  [REPLAY_WALK_CUT] = "cut",
};

static const char *
get_name (Fixture *fixture, TxFunctionId id)
{
  const TxFunction *function =
      id == 0 ? NULL : tx_reader_get_function (replay_trace_get_reader (fixture->trace), id);

  return function == NULL ? "-" : function->name;
}

/* "1 call f" enters, "1 f:2" is a line, "1 f:2 return 5" leaves after so many us; then `(us line)`
   of the time since the thread's event before. */
static void
print_event (Fixture *fixture, GString *said, const ReplayWalkEvent *event)
{
  const char *name = get_name (fixture, event->function);

  if (said->len > 0)
    g_string_append (said, "; ");
  if (event->thread != 0)
    g_string_append_printf (said, "%u ", event->thread);
  switch (event->kind)
    {
    case REPLAY_WALK_ENTER:
      g_string_append_printf (said, "%s %s", causes[event->cause], name);
      if (event->line != 0)
        g_string_append_printf (said, ":%u", event->line);
      if (event->caller != 0)
        g_string_append_printf (said, " by %s:%u", get_name (fixture, event->caller),
                                event->caller_line);
      break;
    case REPLAY_WALK_LINE:
      g_string_append_printf (said, "%s:%u", name, event->line);
      break;
    case REPLAY_WALK_LEAVE:
      g_string_append_printf (said, "%s:%u %s %u", name, event->line, causes[event->cause],
                              (unsigned) (event->elapsed_ns / 1000));
      break;
    case REPLAY_WALK_GAP:
      g_string_append (said, "gap");
      break;
    case REPLAY_WALK_MARK:
    case REPLAY_WALK_RAISE:
      g_string_append_printf (said, "%s %.*s", event->kind == REPLAY_WALK_MARK ? "mark" : "raise",
                              (int) event->text_size, event->text);
      break;
    case REPLAY_WALK_WAIT:
      g_string_append (said, "wait");
      break;
    default:
      g_assert_not_reached ();
    }
  if (event->spent_ns > 0)
    g_string_append_printf (said, " (%u %s:%u)", (unsigned) (event->spent_ns / 1000),
                            get_name (fixture, event->spent_function), event->spent_line);
}

static void
assert_walk (Fixture *fixture, const ReplayWalkQuery *query, const char *expected)
{
  g_autoptr (GString) said = g_string_new (NULL);
  ReplayWalk *walk = begin_walk (fixture, query);
  const ReplayWalkEvent *event;

  while (next (walk, &event))
    print_event (fixture, said, event);
  replay_walk_free (walk);
  g_assert_cmpstr (said->str, ==, expected);
}

static void
test_calls_and_lines (Fixture *fixture, gconstpointer data)
{
  record (fixture,
          "main: precise; call f@a.py:1; line 2; +5us; line 3; +10us; call g@b.py:1; line 2; "
          "+20us; return; +1us; line 4; mark hello; raise ValueError no; unwind");
  assert_walk (
      fixture, &everything,
      "1 call f; 1 f:2; 1 f:3 (5 f:2); 1 call g by f:3 (10 f:3); 1 g:2; "
      "1 g:2 return 20 (20 g:2); 1 f:4 (1 f:3); 1 mark hello; 1 raise no; 1 f:4 unwind 36");
}

static void
test_blocks_state_stacks_and_nobody_sees_it (Fixture *fixture, gconstpointer data)
{
  record (fixture,
          "main: precise; call f@a.py:1; line 2; call g@b.py:1; line 2; block; +1us; line 3; "
          "block; return; line 3; block; return");
  assert_walk (fixture, &everything,
               "1 call f; 1 f:2; 1 call g by f:2; 1 g:2; 1 g:3 (1 g:2); 1 g:3 return 1; 1 f:3; "
               "1 f:3 return 1");
}

static void
test_suspended_frames_leave_and_enter (Fixture *fixture, gconstpointer data)
{
  record (fixture, "main: precise; call f@a.py:1; line 2; call g@b.py:1 as g; line 2; +1us; yield; "
                   "line 3; resume g; line 3; +2us; return; return");
  assert_walk (fixture, &everything,
               "1 call f; 1 f:2; 1 call g by f:2; 1 g:2; 1 g:2 yield 1 (1 g:2); 1 f:3; "
               "1 resume g:2 by f:3; 1 g:3; 1 g:3 return 2 (2 g:3); 1 f:3 return 3");
}

static void
test_recursion_and_threads (Fixture *fixture, gconstpointer data)
{
  ReplayWalkQuery second = everything;

  record (fixture, "one: precise; call f@a.py:1; line 2; call f@a.py:1; line 2; +1us; "
                   "two: precise; call h@b.py:1; line 2; +3us; one: return; two: +1us; line 3");
  assert_walk (fixture, &everything,
               "1 call f; 1 f:2; 1 call f by f:2; 1 f:2; 2 call h; 2 h:2; 1 f:2 return 4 (4 f:2); "
               "2 h:3 (4 h:2); 1 f:2 cut 5 (1 f:2); 2 h:3 cut 4");
  second.thread = 2;
  assert_walk (fixture, &second, "2 call h; 2 h:2; 2 h:3 (4 h:2); 2 h:3 cut 4");
}

static void
test_ranges_enter_what_is_there (Fixture *fixture, gconstpointer data)
{
  ReplayWalkQuery query = everything;

  record (fixture,
          "one: precise; call f@a.py:1; line 2; +10us; two: precise; call h@b.py:1; line 2; "
          "block; +10us; one: line 3; +10us; block; line 4; +10us; return");
  query.from_real_ns = TRACE_TEXT_REAL_NS + 15000;
  query.to_real_ns = TRACE_TEXT_REAL_NS + 35000;
  assert_walk (fixture, &query,
               "2 there h:2; 1 there f:2; 1 f:3 (5 f:2); 1 f:4 (10 f:3); 2 h:2 cut 20 (20 h:2); "
               "1 f:4 cut 20 (5 f:4)");
  query.thread = 2;
  assert_walk (fixture, &query, "2 there h:2; 2 h:2 cut 20 (20 h:2)");
  query = (ReplayWalkQuery){ TRACE_TEXT_REAL_NS + 35000, INT64_MAX, 1 };
  assert_walk (fixture, &query, "1 there f:4; 1 f:4 return 5 (5 f:4)");
  query = (ReplayWalkQuery){ TRACE_TEXT_REAL_NS + 90000, INT64_MAX, 0 };
  assert_walk (fixture, &query, "");
  query = (ReplayWalkQuery){ INT64_MIN, TRACE_TEXT_REAL_NS - 5, 0 };
  assert_walk (fixture, &query, "");
}

static void
test_existing_frames_come_to_light (Fixture *fixture, gconstpointer data)
{
  record (fixture,
          "main: precise; existing f@a.py:1 2 g@b.py:1 5; line 6; +1us; return; line 3; return");
  assert_walk (
      fixture, &everything,
      "1 there f:2; 1 there g:5 by f:2; 1 g:6; 1 g:6 return 1 (1 g:6); 1 f:3; 1 f:3 return 1");
}

static void
test_a_resync_keeps_what_is_the_same (Fixture *fixture, gconstpointer data)
{
  record (fixture, "main: precise; call f@a.py:1; line 2; call g@b.py:1; line 2; +1us; "
                   "resync f@a.py:1 2 h@c.py:1 3; line 4; +1us; return; return");
  assert_walk (fixture, &everything,
               "1 call f; 1 f:2; 1 call g by f:2; 1 g:2; 1 g:2 cut 1 (1 g:2); 1 there h:3 by f:2; "
               "1 h:4; 1 h:4 return 1 (1 h:4); 1 f:2 return 2");
}

/* ---- Random recordings ---- */

typedef struct
{
  TxFileId file;
  uint32_t line;
} Place;

typedef struct
{
  uint64_t count, self_ns, cumulated_ns;
} Sums;

typedef struct
{
  GArray *stack; /* of Place */
  int64_t last_ns;
} Lane;

static guint
hash_place (gconstpointer data)
{
  const Place *place = data;

  return place->file * 31 + place->line;
}

static gboolean
equal_places (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Place)) == 0;
}

static Sums *
get_sums (GHashTable *table, Place place)
{
  Sums *sums = g_hash_table_lookup (table, &place);

  if (sums == NULL)
    {
      sums = g_new0 (Sums, 1);
      g_hash_table_insert (table, g_memdup2 (&place, sizeof place), sums);
    }
  return sums;
}

static Place
make_place (Fixture *fixture, TxFunctionId function, uint32_t line)
{
  const TxFunction *found =
      function == 0 ? NULL
                    : tx_reader_get_function (replay_trace_get_reader (fixture->trace), function);

  return (Place){ found == NULL ? 0 : found->file, line };
}

/* Time goes to the whole stack, to each line once. */
static void
charge (Fixture *fixture, GHashTable *table, const Lane *lane, const ReplayWalkEvent *event)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (hash_place, equal_places);
  Place spent = make_place (fixture, event->spent_function, event->spent_line);

  if (event->spent_ns == 0)
    return;
  g_assert_cmpuint (lane->stack->len, >, 0);
  g_assert_true (equal_places (&spent, &g_array_index (lane->stack, Place, lane->stack->len - 1)));
  if (spent.line != 0)
    get_sums (table, spent)->self_ns += event->spent_ns;
  for (guint i = 0; i < lane->stack->len; i++)
    {
      Place *place = &g_array_index (lane->stack, Place, i);

      if (place->line != 0 && g_hash_table_add (seen, place))
        get_sums (table, *place)->cumulated_ns += event->spent_ns;
    }
}

static void
follow (Fixture *fixture, GHashTable *table, Lane *lane, const ReplayWalkEvent *event)
{
  Place place = make_place (fixture, event->function, event->line);

  g_assert_cmpint (event->mono_ns, >=, lane->last_ns);
  lane->last_ns = event->mono_ns;
  charge (fixture, table, lane, event);
  if (event->kind == REPLAY_WALK_ENTER)
    g_array_append_val (lane->stack, place);
  g_assert_cmpuint (event->depth, ==, lane->stack->len);
  if (event->kind == REPLAY_WALK_LINE)
    {
      g_array_index (lane->stack, Place, lane->stack->len - 1) = place;
      get_sums (table, place)->count++;
    }
  if (event->kind == REPLAY_WALK_LEAVE)
    {
      Place *top = &g_array_index (lane->stack, Place, lane->stack->len - 1);

      g_assert_true (equal_places (top, &place));
      g_array_set_size (lane->stack, lane->stack->len - 1);
    }
}

static GHashTable *
account (Fixture *fixture, const ReplayWalkQuery *query)
{
  GHashTable *table = g_hash_table_new_full (hash_place, equal_places, g_free, g_free);
  ReplayWalk *walk = begin_walk (fixture, query);
  const ReplayWalkEvent *event;
  Lane lanes[160];

  for (size_t i = 0; i < G_N_ELEMENTS (lanes); i++)
    lanes[i] = (Lane){ g_array_new (FALSE, TRUE, sizeof (Place)), INT64_MIN };
  while (next (walk, &event))
    follow (fixture, table, &lanes[event->thread], event);
  for (size_t i = 0; i < G_N_ELEMENTS (lanes); i++)
    {
      g_assert_cmpuint (lanes[i].stack->len, ==, 0);
      g_array_unref (lanes[i].stack);
    }
  replay_walk_free (walk);
  return table;
}

static void
assert_sums (Fixture *fixture, const ReplayWalkQuery *query)
{
  g_autoptr (GHashTable) said = account (fixture, query);
  ReplayHotspotQuery hotspot_query = { .from_real_ns = query->from_real_ns,
                                       .to_real_ns = query->to_real_ns,
                                       .thread = query->thread };
  ReplayHotspots *hotspots;
  TxError error = { 0 };
  guint n = 0;
  GHashTableIter iter;
  gpointer value;

  if (replay_hotspots_query (fixture->trace, &hotspot_query, NULL, &hotspots, &error) != TX_OK)
    g_error ("%s", error.message);
  for (size_t i = 0; i < hotspots->n_items; i++)
    {
      const ReplayHotspot *item = &hotspots->items[i];
      const Sums *sums = get_sums (said, (Place){ item->file, item->line });

      g_assert_cmpuint (sums->count, ==, item->count);
      g_assert_cmpuint (sums->self_ns, ==, item->self_ns);
      g_assert_cmpuint (sums->cumulated_ns, ==, item->cumulated_ns);
    }
  g_hash_table_iter_init (&iter, said);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += ((Sums *) value)->count > 0 || ((Sums *) value)->cumulated_ns > 0;
  g_assert_cmpuint (n, ==, hotspots->n_items);
  replay_hotspots_free (hotspots);
}

static void
test_sums_are_those_of_hot_spots (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  for (int i = 0; i < 8; i++)
    {
      g_autofree char *program = reference_make_program (random, 1500, i % 2 == 0 ? 30 : 200);
      ReplayWalkQuery query = everything;
      int64_t start_ns, end_ns;

      record (fixture, program);
      g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
      for (query.thread = 0; query.thread <= 4; query.thread++)
        assert_sums (fixture, &query);
      for (int k = 0; k < 40; k++)
        {
          query.thread = (TxThreadId) (k % 5);
          query.from_real_ns =
              start_ns + (int64_t) g_rand_double_range (random, 0, (double) (end_ns - start_ns));
          query.to_real_ns =
              query.from_real_ns +
              (int64_t) g_rand_double_range (random, 0, (double) (end_ns - query.from_real_ns));
          assert_sums (fixture, &query);
        }
      tear_down (fixture, NULL);
      set_up (fixture, NULL);
    }
}

static void
test_positions_are_those_of_steps (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree char *program = reference_make_program (random, 1000, 40);
  ReplayWalkQuery query = everything;
  const ReplayWalkEvent *event;
  int64_t start_ns, end_ns;
  guint n = 0;
  ReplayWalk *walk;

  record (fixture, program);
  g_assert_true (replay_trace_get_range (fixture->trace, &start_ns, &end_ns));
  query.from_real_ns = start_ns + (end_ns - start_ns) / 4;
  query.to_real_ns = end_ns - (end_ns - start_ns) / 4;
  walk = begin_walk (fixture, &query);
  while (next (walk, &event))
    {
      ReplayStep step;

      if (event->kind != REPLAY_WALK_LINE)
        continue;
      g_assert_cmpint (replay_trace_get_step (fixture->trace, event->position, &step, NULL), ==,
                       TX_OK);
      g_assert_cmpint (step.real_ns, ==, event->real_ns);
      g_assert_cmpuint (step.function, ==, event->function);
      g_assert_cmpuint (step.line, ==, event->line);
      g_assert_cmpuint (step.depth, ==, event->depth);
      n++;
    }
  replay_walk_free (walk);
  g_assert_cmpuint (n, >, 10);
}

/* The block table does not tell threads apart whose numbers differ by 64. */
static void
test_more_threads_than_the_table_tells_apart (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("pace 1us;");
  ReplayWalkQuery query = everything;

  for (int round = 0; round < 3; round++)
    for (int i = 1; i <= 140; i++)
      g_string_append_printf (text, "t%d: call f%d@a.py:%d; line %d; %sreturn; ", i, i, 10 * i,
                              10 * i + 1, i % 7 == 0 ? "block; " : "");
  record (fixture, text->str);
  for (query.thread = 1; query.thread <= 140; query.thread++)
    assert_sums (fixture, &query);
}

/* ---- What is missing, what is deep, what is cancelled ---- */

static void
test_a_gap_leaves_everything (Fixture *fixture, gconstpointer data)
{
  const TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  TraceText *text = trace_text_new (fixture->directory, &options);
  g_autoptr (GHashTable) sums = NULL;
  const ReplayWalkEvent *event;
  uint64_t events_lost = 0;
  guint n_gaps = 0;
  ReplayWalk *walk;

  trace_text_play (text,
                   "pace 1us; main: call f@a.py:1; line 2; block; repeat 5000 ( line 3; line 4 ); "
                   "block; line 6; line 7");
  trace_text_close (text);
  open_trace (fixture);
  sums = account (fixture, &everything); /* asserts balance */
  walk = begin_walk (fixture, &everything);
  while (next (walk, &event))
    if (event->kind == REPLAY_WALK_GAP)
      {
        n_gaps++;
        events_lost += event->events_lost;
      }
  replay_walk_free (walk);
  g_assert_cmpuint (n_gaps, >, 0);
  g_assert_cmpuint (events_lost, >, 1000);
}

static void
test_deep_stacks (Fixture *fixture, gconstpointer data)
{
  ReplayWalkQuery query = { TRACE_TEXT_REAL_NS + 5000000, INT64_MAX, 0 };
  const ReplayWalkEvent *event;
  guint n_there = 0;
  ReplayWalk *walk;

  /* deeper than what a block states of a stack */
  record (fixture,
          "main: precise; repeat 3000 ( call f@a.py:1; line 2; +1us ); block; line 3; +2000us; "
          "line 4; block; line 5; block; repeat 3000 ( +1us; return )");
  assert_sums (fixture, &everything);
  walk = begin_walk (fixture, &query);
  while (next (walk, &event))
    n_there += event->kind == REPLAY_WALK_ENTER && event->cause == REPLAY_WALK_THERE;
  replay_walk_free (walk);
  g_assert_cmpuint (n_there, ==, 3000);
}

/* The sum of what a range says is the time of the range, also where its first block states only a
   part of the stack. */
static void
test_deep_stacks_lose_no_time (Fixture *fixture, gconstpointer data)
{
  ReplayWalkQuery query = { TRACE_TEXT_REAL_NS + 6500000, INT64_MAX, 0 };
  g_autoptr (GHashTable) sums = NULL;
  TxFileId file;

  record (fixture,
          "main: precise; repeat 3000 ( call f@a.py:1; line 2; +1us ); block; line 3; +2000us; "
          "line 4; block; line 5; block; repeat 3000 ( +1us; return )");
  sums = account (fixture, &query);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "a.py", &file), ==, 1);
  g_assert_cmpuint (get_sums (sums, (Place){ file, 2 })->self_ns, ==, 1500000);
  g_assert_cmpuint (get_sums (sums, (Place){ file, 2 })->cumulated_ns, ==, 1500000);
}

static bool
cancel_cb (void *data, double fraction)
{
  return fraction < 0.5;
}

static void
test_cancelling (Fixture *fixture, gconstpointer data)
{
  ReplayProgress progress = { cancel_cb, NULL };
  const ReplayWalkEvent *event;
  TxStatus status;
  ReplayWalk *walk;

  record (fixture, "main: call f@a.py:1; repeat 100 ( line 2; line 3; block )");
  walk = replay_walk_new (fixture->trace, &everything, &progress, NULL);
  while ((status = replay_walk_next (walk, &event, NULL)) == TX_OK)
    continue;
  g_assert_cmpint (status, ==, TX_CANCELLED);
  replay_walk_free (walk);
}

static void
test_nothing_recorded (Fixture *fixture, gconstpointer data)
{
  int64_t from_ns, to_ns;
  ReplayWalk *walk;

  record (fixture, "");
  assert_walk (fixture, &everything, "");
  walk = begin_walk (fixture, &everything);
  g_assert_cmpint (replay_walk_get_extent (walk, &from_ns, &to_ns) && to_ns < from_ns, ==, false);
  replay_walk_free (walk);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
#define ADD(name, func) g_test_add ("/walk/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("calls-and-lines", test_calls_and_lines);
  ADD ("blocks", test_blocks_state_stacks_and_nobody_sees_it);
  ADD ("suspended", test_suspended_frames_leave_and_enter);
  ADD ("recursion-and-threads", test_recursion_and_threads);
  ADD ("ranges", test_ranges_enter_what_is_there);
  ADD ("existing-frames", test_existing_frames_come_to_light);
  ADD ("resync", test_a_resync_keeps_what_is_the_same);
  ADD ("sums", test_sums_are_those_of_hot_spots);
  ADD ("positions", test_positions_are_those_of_steps);
  ADD ("many-threads", test_more_threads_than_the_table_tells_apart);
  ADD ("gap", test_a_gap_leaves_everything);
  ADD ("deep-stacks", test_deep_stacks);
  ADD ("deep-stacks-time", test_deep_stacks_lose_no_time);
  ADD ("cancelling", test_cancelling);
  ADD ("nothing", test_nothing_recorded);
  return g_test_run ();
}
