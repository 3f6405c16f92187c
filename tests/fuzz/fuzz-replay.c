// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a whole trace, as fuzz_directory_unpack() has it: everything that replay can be
// asked, also where digests and index lie about the blocks.
#include "fuzz-directory.h"

#include "replay/replay-hotspots.h"
#include "replay/replay-moment.h"
#include "replay/replay-moves.h"
#include "replay/replay-timeline.h"
#include "replay/replay-walk.h"

#define POSITIONS_MAX 6u

const FuzzForm fuzz_form = FUZZ_FORM_PACKED;

/* Takes the timeline. */
static void
mark_hits (ReplayTrace *trace, ReplayTimeline *timeline)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  bool marks[100];

  if (replay_breakpoints_add (breakpoints, NULL, 1, 2, NULL, NULL) == TX_OK &&
      replay_breakpoints_add_function (breakpoints, NULL, "f", NULL, NULL) == TX_OK)
    (void) !replay_timeline_mark_hits (trace, timeline, breakpoints, NULL, marks, NULL);
  replay_breakpoints_free (breakpoints);
  replay_timeline_free (timeline);
}

static void
check_moves (ReplayTrace *trace, ReplayPosition position, ReplayBreakpoints *breakpoints)
{
  for (unsigned i = 0; i < 5 * 4; i++)
    {
      ReplayMove move = { .kind = (ReplayMoveKind) (i % 5),
                          .backward = (i / 5) % 2,
                          .any_thread = i / 10 && i % 5 == REPLAY_MOVE_STEP,
                          .stop_at_breakpoints = i / 10,
                          .breakpoints = breakpoints,
                          .file = 1,
                          .line = 3 };
      ReplayStop stop;
      ReplayStep step;

      if (replay_move (trace, position, &move, NULL, &stop, NULL) == TX_OK)
        CHECK (replay_trace_get_step (trace, stop.position, &step, NULL) == TX_OK);
    }
}

static void
check_position (ReplayTrace *trace, ReplayPosition position, ReplayBreakpoints *breakpoints)
{
  ReplayFrame frames[40];
  ReplayDuration duration;
  ReplayPosition other;
  ReplayStep step;
  uint64_t index, count;
  int64_t duration_ns;
  size_t n_frames;
  uint32_t depth;
  ReplayMoment *moment;

  if (replay_trace_get_step (trace, position, &step, NULL) != TX_OK)
    return;
  check_moves (trace, position, breakpoints);
  if (replay_trace_get_duration (trace, position, NULL, &duration, NULL) == TX_OK)
    CHECK (duration.duration_ns >= 0);
  if (replay_moment_query (trace, position, NULL, &moment, NULL) == TX_OK)
    {
      CHECK (moment->step.position == position);
      replay_moment_free (moment);
    }
  for (TxThreadId thread = 0; thread < 3; thread++)
    if (replay_trace_get_stack (trace, position, thread, frames, 40, &n_frames, &depth, NULL) ==
        TX_OK)
      CHECK (n_frames <= 40 && n_frames <= depth);
  (void) !replay_trace_get_frame_step (trace, position, step.depth / 2, &other, NULL, NULL);
  if (replay_hits_index (trace, position, NULL, &index, &count, NULL) == TX_OK)
    CHECK (index > 0);
  for (int backward = 0; backward < 2; backward++)
    if (replay_hits_near (trace, step.file, step.line, position, backward, NULL, &other, NULL) ==
        TX_OK)
      CHECK (backward ? other < position : other > position);
  if (replay_hits_nth (trace, step.file, step.line, 2, NULL, &other, NULL) == TX_OK)
    CHECK (replay_trace_get_step (trace, other, &step, NULL) == TX_OK);
  (void) !replay_hits_slowest (trace, step.file, step.line, NULL, &other, &duration_ns, NULL);
  if (replay_trace_seek_time (trace, step.real_ns, &other, NULL) == TX_OK)
    CHECK (replay_trace_get_step (trace, other, &step, NULL) == TX_OK);
}

#define LANES 64u /* threads whose stacks are followed: ids of hostile traces may be any */

typedef struct
{
  TxThreadId thread;
  size_t depth;
  int64_t last_ns;
} Lane;

/* What is entered is left, as the same depth, and a thread's time never goes back. */
static void
check_event (Lane *lanes, const ReplayWalkEvent *event)
{
  Lane *lane = NULL;

  for (size_t i = 0; i < LANES && !lane; i++)
    if (lanes[i].thread == event->thread || lanes[i].thread == 0)
      lane = &lanes[i];
  if (event->thread == 0 || !lane)
    return;
  CHECK (lane->thread == event->thread || lane->depth == 0);
  if (lane->thread == event->thread)
    CHECK (event->mono_ns >= lane->last_ns);
  lane->thread = event->thread;
  lane->last_ns = event->mono_ns;
  if (event->kind == REPLAY_WALK_ENTER)
    lane->depth++;
  CHECK (lane->depth > 0 || event->kind == REPLAY_WALK_MARK || event->kind == REPLAY_WALK_WAIT ||
         event->kind == REPLAY_WALK_RAISE);
  CHECK (event->depth >= lane->depth);
  if (event->kind == REPLAY_WALK_LEAVE)
    lane->depth--;
}

static void
check_walk (ReplayTrace *trace, const ReplayWalkQuery *query)
{
  Lane lanes[LANES] = { 0 };
  const ReplayWalkEvent *event;
  ReplayWalk *walk = replay_walk_new (trace, query, NULL, NULL);
  TxStatus status;

  CHECK (walk);
  while ((status = replay_walk_next (walk, &event, NULL)) == TX_OK)
    check_event (lanes, event);
  replay_walk_free (walk);
  for (size_t i = 0; i < LANES; i++)
    CHECK (status != TX_END || lanes[i].depth == 0);
}

static void
check_sums (ReplayTrace *trace)
{
  ReplayHotspotQuery query = { INT64_MIN, INT64_MAX, 0, REPLAY_SORT_CUMULATED, 10 };
  uint64_t third_ns;
  int64_t start_ns, end_ns;
  ReplayHotspots *hotspots;
  ReplayTimeline *timeline;
  ReplayFileLine *lines;
  size_t n_lines;

  if (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL) == TX_OK)
    replay_hotspots_free (hotspots);
  if (replay_trace_dup_file_lines (trace, 1, &lines, &n_lines, NULL, NULL) == TX_OK)
    free (lines);
  if (!replay_trace_get_range (trace, &start_ns, &end_ns))
    return;
  CHECK (start_ns <= end_ns);
  third_ns = ((uint64_t) end_ns - (uint64_t) start_ns) / 3;
  query.from_real_ns = (int64_t) ((uint64_t) start_ns + third_ns);
  query.to_real_ns = (int64_t) ((uint64_t) start_ns + 2 * third_ns);
  if (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL) == TX_OK)
    replay_hotspots_free (hotspots);
  query.thread = 1;
  if (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL) == TX_OK)
    replay_hotspots_free (hotspots);
  for (TxThreadId thread = 0; thread < 2; thread++)
    {
      check_walk (trace, &(ReplayWalkQuery){ INT64_MIN, INT64_MAX, thread });
      check_walk (trace, &(ReplayWalkQuery){ query.from_real_ns, query.to_real_ns, thread });
    }
  if (replay_timeline_query (trace, start_ns, end_ns, 100, 2, NULL, &timeline, NULL) == TX_OK)
    mark_hits (trace, timeline);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  ReplayBreakpoints *breakpoints;
  ReplayTrace *trace;
  uint64_t n_steps;

  fuzz_directory_unpack (data, size);
  trace = replay_trace_open (fuzz_directory_get_path (), NULL);
  if (!trace)
    return 0;
  breakpoints = replay_breakpoints_new ();
  CHECK (breakpoints);
  (void) !replay_breakpoints_add (breakpoints, trace, 1, 2, NULL, NULL);
  (void) !replay_breakpoints_add (breakpoints, NULL, 1, 3, NULL, NULL);
  n_steps = replay_trace_get_n_steps (trace);
  for (unsigned i = 0; i < POSITIONS_MAX && n_steps > 0; i++)
    {
      ReplayPosition position = n_steps > 1 ? (n_steps - 1) / (POSITIONS_MAX - 1) * i : 0;

      if (replay_trace_skip_missing (trace, position, i % 2, &position) == TX_OK)
        check_position (trace, position, breakpoints);
    }
  check_sums (trace);
  if (replay_trace_refresh (trace, NULL, NULL) == TX_OK)
    check_sums (trace);
  replay_breakpoints_free (breakpoints);
  replay_trace_close (trace);
  return 0;
}
