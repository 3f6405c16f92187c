// SPDX-License-Identifier: BSD-3-Clause
// The engine agrees with the slow reference on random moves, breakpoints of all kinds and
// questions, over recordings that are whole, that lost parts in every way, and of real programs
// (TRACKEXEC_REAL_TRACES names a directory of those). TRACKEXEC_FULL=1: 10,000 moves on each.
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "reference.h"
#include "replay/replay-gaps.h"
#include "replay/replay-spec.h"
#include "replay/replay-timeline.h"
#include "test-seed.h"
#include "trace-text.h"
#include "trace/tx-writer-private.h"

#define N_TRACES        50
#define N_GENERATED_MIN 18
#define MOVES_A_SET     50 /* of breakpoints */
#define N_REAL_DAMAGED  6

typedef enum
{
  WHOLE,
  DROPPED, /* events, by a full ring */
  EVICTED, /* segments, by a limit of the size */
  REMOVED, /* segments, by somebody */
  FLIPPED, /* bits of blocks, and of the index */
  CUT,     /* the last segment */
  N_KINDS,
} Kind;

typedef struct
{
  GRand *random;
  ReplayTrace *trace;
  Reference *reference;
  bool is_exact; /* what is missing can be known without reading all blocks */
  ReplayBreakpoints *breakpoints;
  GArray *hits;
  const char *name;
  guint64 n_moves, n_answers, n_traces, n_real, n_in_gaps, n_conditions;
  guint64 n_gaps[REPLAY_GAP_DAMAGED + 1]; /* by kind, that the block tables state */
} Agreement;

static guint
get_n_moves (void)
{
  return g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0 ? 10000 : 200;
}

static bool
one_in (Agreement *self, gint n)
{
  return g_rand_int_range (self->random, 0, n) == 0;
}

static const RefItem *
draw_step (Agreement *self)
{
  size_t n = reference_get_n_steps (self->reference);
  size_t step = (size_t) g_rand_int_range (self->random, 0, (gint32) n);

  return reference_get (self->reference, reference_get_step (self->reference, step));
}

/* --- breakpoints --- */

/* A name of the function, as people may say it; NULL if it has none. */
static char *
draw_name (Agreement *self, TxFunctionId id)
{
  const TxReader *reader = self->reference->reader;
  const TxFunction *function = id == 0 ? NULL : tx_reader_get_function (reader, id);
  const TxFile *file;
  const char *name, *dot;

  if (function == NULL || function->name[0] == '\0')
    return NULL;
  dot = strrchr (function->name, '.');
  name = dot != NULL && dot[1] != '\0' && one_in (self, 2) ? dot + 1 : function->name;
  file = function->file == 0 ? NULL : tx_reader_get_file (reader, function->file);
  if (file != NULL && one_in (self, 4))
    return g_strdup_printf (
        "%s:%s", strrchr (file->path, '/') ? strrchr (file->path, '/') + 1 : file->path, name);
  return g_strdup (name);
}

static void
draw_range (Agreement *self, ReplayCondition *condition)
{
  int64_t a = draw_step (self)->real_ns, b = draw_step (self)->real_ns;

  condition->has_range = true;
  condition->from_ns = MIN (a, b);
  condition->to_ns = MAX (a, b);
}

static void
draw_condition (Agreement *self, uint32_t id, const RefItem *step)
{
  ReplayCondition condition = { 0 };
  g_autofree char *caller = NULL;
  g_autoptr (GArray) hits = reference_list_hits (self->reference, step->file, step->event.line);

  if (one_in (self, 4))
    condition.number = (guint64) g_rand_int_range (self->random, 1, (gint32) hits->len + 3);
  else if (one_in (self, 3))
    condition.ignore = (guint64) g_rand_int_range (self->random, 0, (gint32) hits->len + 2);
  if (one_in (self, 4))
    condition.thread = draw_step (self)->event.thread;
  if (one_in (self, 4))
    draw_range (self, &condition);
  if (one_in (self, 3) && step->callers->len > 0)
    caller = draw_name (self, g_array_index (step->callers, TxFunctionId, 0));
  else if (one_in (self, 5))
    caller = draw_name (self, draw_step (self)->event.function);
  condition.caller = caller;
  g_assert_true (replay_breakpoints_set_condition (self->breakpoints, id, &condition));
  self->n_conditions++;
}

static void
draw_breakpoints (Agreement *self)
{
  int n = g_rand_int_range (self->random, 0, 5);

  replay_breakpoints_free (self->breakpoints);
  self->breakpoints = replay_breakpoints_new ();
  for (int i = 0; i < n; i++)
    {
      const RefItem *step = draw_step (self);
      g_autofree char *name = one_in (self, 2) ? draw_name (self, step->event.function) : NULL;
      uint32_t id;
      TxStatus status;

      if (name != NULL)
        status = replay_breakpoints_add_function (self->breakpoints, NULL, name, &id, NULL);
      else
        status = replay_breakpoints_add (self->breakpoints, NULL, step->file, step->event.line, &id,
                                         NULL);
      g_assert_cmpint (status, ==, TX_OK);
      if (!one_in (self, 3))
        draw_condition (self, id, step);
      if (one_in (self, 6))
        replay_breakpoints_set_enabled (self->breakpoints, id, false);
    }
  g_clear_pointer (&self->hits, g_array_unref);
  self->hits = reference_find_hits (self->reference, self->breakpoints);
}

/* --- moves --- */

static ReplayMove
draw_move (Agreement *self)
{
  const RefItem *target = draw_step (self);
  ReplayMove move = {
    .kind = (ReplayMoveKind) g_rand_int_range (self->random, 0, 5),
    .backward = one_in (self, 2),
    .any_thread = one_in (self, 4),
    .stop_at_breakpoints = one_in (self, 3),
    .breakpoints = self->breakpoints,
    .file = target->file,
    .line = target->event.line,
  };

  if (move.kind == REPLAY_MOVE_STEP)
    move.stop_at_breakpoints = false;
  return move;
}

/* Mostly a step; sometimes any number, which may lie in what is missing. */
static ReplayPosition
draw_position (Agreement *self)
{
  guint64 n = replay_trace_get_n_steps (self->trace);

  if (!one_in (self, 8))
    return draw_step (self)->position;
  return (guint64) (g_rand_double (self->random) * (double) n);
}

/* Of blocks that can't be read digests may say that nothing in them matters. Then the engine does
   not come to know that they can't, and says less of what is missing, but never more than there is.
 */
static void
check_said_missing (const Agreement *self, ReplayStop *got, const ReplayStop *expected)
{
  if (self->is_exact)
    return;
  g_assert_cmpuint (got->missing_blocks, <=, expected->missing_blocks);
  g_assert_true (expected->over_gap || !got->over_gap);
  g_assert_true (got->over_gap || got->missing_blocks == 0);
  g_assert_true (got->over_gap || got->reason != REPLAY_STOP_GAP);
  if (expected->reason == REPLAY_STOP_GAP && got->reason == REPLAY_STOP_ARRIVED && !got->over_gap)
    got->reason = REPLAY_STOP_GAP;
  got->over_gap = expected->over_gap;
  got->missing_blocks = expected->missing_blocks;
}

static void
print_breakpoints (const Agreement *self)
{
  for (size_t i = 0; i < replay_breakpoints_get_count (self->breakpoints); i++)
    {
      const ReplayBreakpoint *breakpoint = replay_breakpoints_get (self->breakpoints, i);
      char text[1024];

      replay_breakpoint_format (breakpoint, self->trace, NULL, text, sizeof text);
      g_test_message ("breakpoint %u%s: %s", breakpoint->id, breakpoint->enabled ? "" : " (off)",
                      text);
    }
}

/* What lies from the one position to the other: for a look at what differs. */
static void
print_items (const Agreement *self, ReplayPosition a, ReplayPosition b)
{
  ReplayPosition first = MIN (a, b), last = MAX (a, b), at = 0;

  for (guint i = 0; i < self->reference->items->len && at <= last; i++)
    {
      const RefItem *item = reference_get (self->reference, i);
      const TxEvent *event = &item->event;

      if (item->position != REPLAY_POSITION_NONE)
        at = item->position;
      if (at + 1 < first)
        continue;
      if (item->is_gap)
        g_printerr ("# block %zu: gap of %" G_GUINT64_FORMAT "\n", item->block,
                    item->missing_blocks);
      else
        g_printerr ("# block %zu, %" G_GUINT64_FORMAT ": kind %d thread %u depth %u function %u "
                    "line %u activation %u%s\n",
                    item->block, (guint64) item->position, event->kind, event->thread, event->depth,
                    event->function, event->line, event->activation,
                    item->is_coroutine ? " coroutine" : "");
    }
}

static void
check_move (Agreement *self)
{
  ReplayPosition from = draw_position (self);
  ReplayMove move = draw_move (self);
  ReplayStop expected = reference_move (self->reference, from, &move, self->hits);
  ReplayStop got;
  TxError error = { 0 };

  if (replay_move (self->trace, from, &move, NULL, &got, &error) != TX_OK)
    g_error ("%s: %s", self->name, error.message);
  self->n_moves++;
  check_said_missing (self, &got, &expected);
  if (expected.position == got.position && expected.reason == got.reason &&
      expected.missing_blocks == got.missing_blocks && expected.over_gap == got.over_gap &&
      expected.breakpoint == got.breakpoint)
    return;
  print_breakpoints (self);
  print_items (self, from, expected.position);
  print_items (self, expected.position, got.position);
  g_error (
      "%s: move %d%s%s%s to line %u from %" G_GUINT64_FORMAT ":\n  is      %" G_GUINT64_FORMAT
      ", reason %d, breakpoint %u, %" G_GUINT64_FORMAT " missing%s\n  must be %" G_GUINT64_FORMAT
      ", reason %d, breakpoint %u, %" G_GUINT64_FORMAT " missing%s",
      self->name, move.kind, move.backward ? " backward" : "", move.any_thread ? " any thread" : "",
      move.stop_at_breakpoints ? " with breakpoints" : "", move.line, (guint64) from,
      (guint64) got.position, got.reason, got.breakpoint, (guint64) got.missing_blocks,
      got.over_gap ? " over a gap" : "", (guint64) expected.position, expected.reason,
      expected.breakpoint, (guint64) expected.missing_blocks,
      expected.over_gap ? " over a gap" : "");
}

/* --- questions --- */

static void
check_stack (Agreement *self)
{
  gint32 n = (gint32) reference_get_n_steps (self->reference);
  size_t step = (size_t) g_rand_int_range (self->random, 0, n);
  const RefItem *item = reference_get (self->reference, reference_get_step (self->reference, step));
  TxThreadId thread = one_in (self, 2) ? item->event.thread : draw_step (self)->event.thread;
  g_autoptr (GArray) expected = reference_get_stack (self->reference, step, thread);
  g_autofree ReplayFrame *frames = g_new (ReplayFrame, expected->len + 1);
  size_t n_frames;
  uint32_t depth;
  TxError error = { 0 };

  if (replay_trace_get_stack (self->trace, item->position, thread, frames, expected->len + 1,
                              &n_frames, &depth, &error) != TX_OK)
    g_error ("%s: %s", self->name, error.message);
  g_assert_cmpuint (depth, ==, expected->len);
  g_assert_cmpuint (n_frames, ==, expected->len);
  for (guint i = 0; i < expected->len; i++)
    {
      const ReplayFrame *frame = &g_array_index (expected, ReplayFrame, i);

      g_assert_cmpuint (frames[i].depth, ==, frame->depth);
      g_assert_cmpuint (frames[i].function, ==, frame->function);
      g_assert_cmpuint (frames[i].line, ==, frame->line);
    }
}

/* Index of the position in @hits, or of the first one behind it. */
static guint
find_hit (const GArray *hits, ReplayPosition position)
{
  guint i = 0;

  while (i < hits->len && g_array_index (hits, ReplayPosition, i) < position)
    i++;
  return i;
}

/* Executions of a line; only where all of them are there, else numbers leave some out. */
static void
check_hits (Agreement *self)
{
  const RefItem *item = draw_step (self);
  g_autoptr (GArray) hits = reference_list_hits (self->reference, item->file, item->event.line);
  guint at = find_hit (hits, item->position);
  uint64_t index, count;
  ReplayPosition position;
  TxStatus status;

  if (item->file == 0 || item->event.line == 0)
    return;
  status = replay_hits_index (self->trace, item->position, NULL, &index, &count, NULL);
  g_assert_cmpint (status, ==, TX_OK);
  g_assert_cmpuint (count, >=, hits->len);
  g_assert_cmpint (
      replay_hits_nth (self->trace, item->file, item->event.line, index, NULL, &position, NULL), ==,
      TX_OK);
  g_assert_cmpuint (position, ==, item->position);
  if (count == hits->len)
    g_assert_cmpuint (index, ==, at + 1);
  status = replay_hits_near (self->trace, item->file, item->event.line, item->position, false, NULL,
                             &position, NULL);
  g_assert_cmpint (status, ==, at + 1 < hits->len ? TX_OK : TX_END);
  if (status == TX_OK)
    g_assert_cmpuint (position, ==, g_array_index (hits, ReplayPosition, at + 1));
  status = replay_hits_near (self->trace, item->file, item->event.line, item->position, true, NULL,
                             &position, NULL);
  g_assert_cmpint (status, ==, at > 0 ? TX_OK : TX_END);
  if (status == TX_OK)
    g_assert_cmpuint (position, ==, g_array_index (hits, ReplayPosition, at - 1));
}

static void
check_duration (Agreement *self)
{
  gint32 n = (gint32) reference_get_n_steps (self->reference);
  size_t step = (size_t) g_rand_int_range (self->random, 0, n);
  const RefItem *item = reference_get (self->reference, reference_get_step (self->reference, step));
  ReplayDuration expected = reference_get_duration (self->reference, step);
  ReplayDuration got;
  TxError error = { 0 };

  if (replay_trace_get_duration (self->trace, item->position, NULL, &got, &error) != TX_OK)
    g_error ("%s: %s", self->name, error.message);
  g_assert_cmpint (got.is_open, ==, expected.is_open);
  if (!expected.is_open)
    g_assert_cmpint (got.duration_ns, ==, expected.duration_ns);
}

/* What is said aloud is understood as the same place. */
static void
check_spoken (Agreement *self)
{
  const ReplaySpecContext context = { .current = REPLAY_POSITION_NONE };
  ReplayPosition position = draw_position (self);
  char text[REPLAY_SPEC_FORMAT_SIZE];
  ReplaySpec spec;
  TxError error = { 0 };

  if (replay_spec_format (self->trace, position, NULL, text, sizeof text, &error) != TX_OK ||
      replay_spec_resolve (self->trace, text, &context, NULL, &spec, &error) != TX_OK)
    g_error ("%s: position %" G_GUINT64_FORMAT ": %s", self->name, (guint64) position,
             error.message);
  g_assert_cmpuint (spec.from.position, ==, position);
}

/* Each position is either a step or in a gap, and gaps end where they say. */
static void
check_gap (Agreement *self)
{
  guint64 n = replay_trace_get_n_steps (self->trace);
  ReplayPosition position = (guint64) (g_rand_double (self->random) * (double) n);
  ReplayGap gap;
  ReplayStep step;
  TxStatus status = replay_trace_get_gap (self->trace, position, &gap, NULL);
  bool is_there = replay_trace_get_step (self->trace, position, &step, NULL) == TX_OK;

  g_assert_cmpint (status, ==, is_there ? TX_END : TX_OK);
  if (is_there)
    return;
  self->n_in_gaps++;
  g_assert_cmpuint (gap.first, <=, position);
  g_assert_cmpuint (gap.first + gap.n_steps, >, position);
  for (uint64_t i = 0; i < gap.n_steps; i += gap.n_steps / 16 + 1)
    g_assert_cmpint (replay_trace_get_step (self->trace, gap.first + i, &step, NULL), ==,
                     gap.kind == REPLAY_GAP_DAMAGED &&
                             replay_trace_get_step (self->trace, gap.first + i, &step, NULL) ==
                                 TX_ERROR_DAMAGED
                         ? TX_ERROR_DAMAGED
                         : TX_ERROR_GAP);
}

static void
check_thread (Agreement *self)
{
  TxThreadId thread = draw_step (self)->event.thread;
  ReplayPosition from = draw_step (self)->position;
  ReplayPosition expected = REPLAY_POSITION_NONE, got;

  for (size_t i = 0; i < reference_get_n_steps (self->reference); i++)
    {
      const RefItem *item =
          reference_get (self->reference, reference_get_step (self->reference, i));

      if (item->event.thread != thread)
        continue;
      if (item->position > from && expected != REPLAY_POSITION_NONE)
        break;
      expected = item->position;
      if (item->position > from)
        break;
    }
  g_assert_cmpint (replay_move_to_thread (self->trace, from, thread, NULL, &got, NULL), ==, TX_OK);
  g_assert_cmpuint (got, ==, expected);
}

/* The marks that a slow look at all steps makes. */
static void
mark_slowly (Agreement *self, const ReplayTimeline *timeline, bool *marks)
{
  double extent_ns = (double) (timeline->end_real_ns - timeline->start_real_ns);

  for (guint i = 0; i < self->hits->len; i++)
    {
      const RefItem *item = reference_get (self->reference, i);
      double share = (double) (item->real_ns - timeline->start_real_ns) / extent_ns;

      if (g_array_index (self->hits, uint32_t, i) == 0 || item->real_ns < timeline->start_real_ns ||
          item->real_ns > timeline->end_real_ns)
        continue;
      marks[MIN ((size_t) (share * (double) timeline->n_buckets), timeline->n_buckets - 1)] = true;
    }
}

static void
check_marks (Agreement *self)
{
  size_t n_buckets = (size_t) g_rand_int_range (self->random, 1, 200);
  g_autofree bool *marks = g_new0 (bool, n_buckets);
  g_autofree bool *expected = g_new0 (bool, n_buckets);
  ReplayTimeline *timeline;
  TxError error = { 0 };
  int64_t start_ns, end_ns;

  g_assert_true (replay_trace_get_range (self->trace, &start_ns, &end_ns));
  if (one_in (self, 2))
    {
      int64_t a = draw_step (self)->real_ns, b = draw_step (self)->real_ns;

      start_ns = MIN (a, b);
      end_ns = MAX (a, b);
    }
  if (start_ns >= end_ns)
    return;
  if (replay_timeline_query (self->trace, start_ns, end_ns, n_buckets, 0, NULL, &timeline,
                             &error) != TX_OK ||
      replay_timeline_mark_hits (self->trace, timeline, self->breakpoints, NULL, marks, &error) !=
          TX_OK)
    g_error ("%s: %s", self->name, error.message);
  mark_slowly (self, timeline, expected);
  for (size_t i = 0; i < n_buckets; i++)
    /* What can't be read may still be told of by its digest. */
    if (self->is_exact ? marks[i] != expected[i] : expected[i] && !marks[i])
      g_error ("%s: bucket %zu of %zu has a mark: %d, but %d is right", self->name, i, n_buckets,
               marks[i], expected[i]);
  replay_timeline_free (timeline);
}

static void
ask (Agreement *self)
{
  static void (*const checks[]) (Agreement *) = { check_stack,  check_hits, check_duration,
                                                  check_spoken, check_gap,  check_thread,
                                                  check_marks };

  checks[g_rand_int_range (self->random, 0, G_N_ELEMENTS (checks))](self);
  self->n_answers++;
}

/* --- traces --- */

static void
count_gaps (Agreement *self)
{
  ReplayPosition position = REPLAY_POSITION_NONE;
  ReplayGap gap;

  while (replay_trace_find_gap (self->trace, position, false, &gap, NULL) == TX_OK)
    {
      char text[160];

      g_assert_cmpuint (replay_gap_describe (&gap, text, sizeof text), ==, strlen (text));
      self->n_gaps[gap.kind]++;
      position = gap.first;
    }
}

static void
check_trace (Agreement *self, const char *directory, const char *name, bool is_exact)
{
  guint n_moves = get_n_moves ();
  TxError error = { 0 };

  self->trace = replay_trace_open (directory, &error);
  if (self->trace == NULL)
    g_error ("%s: %s", name, error.message);
  self->name = name;
  self->is_exact = is_exact;
  self->reference = reference_new (replay_trace_get_reader (self->trace));
  self->n_traces += reference_get_n_steps (self->reference) > 0;
  count_gaps (self);
  for (guint i = 0; i < n_moves && reference_get_n_steps (self->reference) > 0; i++)
    {
      if (i % MOVES_A_SET == 0)
        draw_breakpoints (self);
      check_move (self);
      if (one_in (self, 4))
        ask (self);
    }
  g_clear_pointer (&self->hits, g_array_unref);
  g_clear_pointer (&self->breakpoints, replay_breakpoints_free);
  g_clear_pointer (&self->reference, reference_free);
  g_clear_pointer (&self->trace, replay_trace_close);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names of the files of blocks, in order. */
static GPtrArray *
list_segments (const char *directory)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, "blocks."))
      g_ptr_array_add (names, g_build_filename (directory, name, NULL));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
remove_segments (Agreement *self, const char *directory)
{
  g_autoptr (GPtrArray) names = list_segments (directory);

  for (guint i = 0; i + 1 < names->len; i++)
    if (one_in (self, 3))
      g_assert_cmpint (g_unlink (names->pdata[i]), ==, 0);
}

static void
flip_bits (Agreement *self, const char *path)
{
  g_autofree char *bytes = NULL;
  gsize size;

  if (!g_file_get_contents (path, &bytes, &size, NULL) || size <= 64)
    return;
  for (int n = g_rand_int_range (self->random, 1, 6); n > 0; n--)
    bytes[g_rand_int_range (self->random, 64, (gint32) size)] ^=
        (char) (1 << g_rand_int_range (self->random, 0, 8));
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static void
flip_files (Agreement *self, const char *directory)
{
  g_autoptr (GPtrArray) names = list_segments (directory);
  g_autofree char *index = g_build_filename (directory, "index.00000", NULL);

  for (guint i = 0; i < names->len; i++)
    flip_bits (self, names->pdata[i]);
  if (one_in (self, 2))
    flip_bits (self, index);
  else if (one_in (self, 2))
    g_unlink (index);
}

static void
cut_last_segment (Agreement *self, const char *directory)
{
  g_autoptr (GPtrArray) names = list_segments (directory);
  g_autofree char *bytes = NULL;
  gsize size;

  if (names->len == 0)
    return;
  g_assert_true (g_file_get_contents (names->pdata[names->len - 1], &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (names->pdata[names->len - 1], bytes,
                                      (gssize) (g_rand_double (self->random) * (double) size),
                                      NULL));
}

/* Returns whether what is missing can be known from the block table. */
static bool
damage (Agreement *self, Kind kind, const char *directory)
{
  if (kind == REMOVED)
    remove_segments (self, directory);
  else if (kind == FLIPPED)
    flip_files (self, directory);
  else if (kind == CUT)
    cut_last_segment (self, directory);
  return kind != FLIPPED && kind != CUT && kind != REMOVED;
}

/* So that short recordings have runs and groups, too. */
static void
make_spans_small (TraceText *text)
{
  TxSegmentWriter *segments = &trace_text_get_writer (text)->flusher.segments;

  segments->n_run_blocks_max = 4;
  segments->n_group_runs_max = 3;
  segments->thread_share = 0;
}

static void
generate (Agreement *self, Kind kind, const char *directory)
{
  static const unsigned block_events[] = { 5, 40, 300, 100000 };
  TxWriterOptions options = { .slot_size_bytes = TX_SLOT_SIZE_MIN, .slot_count = 64 };
  unsigned each = block_events[g_rand_int_range (self->random, 0, G_N_ELEMENTS (block_events))];
  gint32 least = kind == WHOLE || kind == FLIPPED ? 1500 : kind == DROPPED ? 12000 : 6000;
  g_autofree char *program = NULL;
  TraceText *text;

  if (kind == EVICTED || kind == REMOVED || kind == CUT)
    {
      options.segment_size_bytes = 4096;
      each = 40;
    }
  if (kind == EVICTED)
    options.max_size_bytes = 65536;
  if (kind == DROPPED)
    {
      options.slot_count = 2;
      each = 8000; /* the ring is full meanwhile */
    }
  program = reference_make_program (
      self->random, (unsigned) g_rand_int_range (self->random, least, 2 * least), each);
  text = trace_text_new (directory, &options);
  make_spans_small (text);
  trace_text_play (text, program);
  trace_text_close (text);
}

static void
check_generated (Agreement *self, guint64 n)
{
  static const char *const names[] = { "whole", "dropped", "evicted", "removed", "flipped", "cut" };

  for (guint i = 0; self->n_traces < n; i++)
    {
      char *directory = trace_text_make_directory ();
      Kind kind = (Kind) (i % N_KINDS);
      g_autofree char *name = g_strdup_printf ("generated %u (%s)", i, names[kind]);
      bool is_exact;

      generate (self, kind, directory);
      is_exact = damage (self, kind, directory);
      check_trace (self, directory, name, is_exact);
      trace_text_remove_directory (directory);
    }
}

static void
check_real (Agreement *self, const char *base)
{
  g_autoptr (GDir) dir = g_dir_open (base, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *directory = g_build_filename (base, name, NULL);
      guint64 n_before = self->n_traces;

      check_trace (self, directory, name, true);
      g_assert_cmpuint (self->n_traces, >, n_before);
      self->n_real++;
      if (self->n_real <= N_REAL_DAMAGED)
        {
          char *copy = trace_text_make_directory ();
          g_autofree char *said = g_strconcat (name, " (flipped)", NULL);

          trace_text_copy_directory (directory, copy);
          flip_files (self, copy);
          check_trace (self, copy, said, false);
          trace_text_remove_directory (copy);
        }
    }
  g_assert_cmpuint (self->n_real, >, 0);
}

static void
test_agrees (void)
{
  Agreement self = { .random = g_rand_new_with_seed ((guint32) g_test_rand_int ()) };
  const char *base = g_getenv ("TRACKEXEC_REAL_TRACES");
  g_autoptr (GTimer) timer = g_timer_new ();

  if (base != NULL)
    check_real (&self, base);
  check_generated (&self, MAX (N_TRACES, (guint) self.n_traces + N_GENERATED_MIN));
  g_print ("# agreement: %" G_GUINT64_FORMAT " traces (%" G_GUINT64_FORMAT
           " of real programs%s), %u moves each, %" G_GUINT64_FORMAT " moves, %" G_GUINT64_FORMAT
           " questions, %" G_GUINT64_FORMAT " conditions, %" G_GUINT64_FORMAT
           " dropped, %" G_GUINT64_FORMAT " evicted and %" G_GUINT64_FORMAT
           " lost stretches, %" G_GUINT64_FORMAT " places in them: 0 differences, %.0f s\n",
           self.n_traces, self.n_real, base != NULL ? "" : ": no recorder was built",
           get_n_moves (), self.n_moves, self.n_answers, self.n_conditions,
           self.n_gaps[REPLAY_GAP_DROPPED], self.n_gaps[REPLAY_GAP_EVICTED],
           self.n_gaps[REPLAY_GAP_LOST], self.n_in_gaps, g_timer_elapsed (timer, NULL));
  g_assert_cmpuint (self.n_gaps[REPLAY_GAP_DROPPED], >, 0);
  g_assert_cmpuint (self.n_gaps[REPLAY_GAP_EVICTED], >, 0);
  g_assert_cmpuint (self.n_gaps[REPLAY_GAP_LOST], >, 0);
  g_rand_free (self.random);
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
  g_test_add_func ("/agree/with-the-reference", test_agrees);
  return g_test_run ();
}
