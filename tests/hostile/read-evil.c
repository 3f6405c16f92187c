// SPDX-License-Identifier: BSD-3-Clause
// Asks the library for everything of a trace that nobody vouches for: blocks, digests, names,
// sources, and what replay makes of them. Status 0 when it was answered or refused with a word,
// whatever it was.
//
//   read-evil DIRECTORY
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-hotspots.h"
#include "replay/replay-moment.h"
#include "replay/replay-moves.h"
#include "replay/replay-timeline.h"
#include "trace/tx.h"

#define BLOCKS_MAX     40u
#define POSITIONS_MAX  4u
#define N_FILES_LISTED 8u

/* Takes the timeline. */
static void
mark_hits (ReplayTrace *trace, ReplayTimeline *timeline)
{
  ReplayBreakpoints *breakpoints = replay_breakpoints_new ();
  bool marks[500];

  if (replay_breakpoints_add (breakpoints, NULL, 1, 2, NULL, NULL) == TX_OK &&
      replay_breakpoints_add_function (breakpoints, NULL, "f", NULL, NULL) == TX_OK)
    (void) !replay_timeline_mark_hits (trace, timeline, breakpoints, NULL, marks, NULL);
  replay_breakpoints_free (breakpoints);
  replay_timeline_free (timeline);
}

static void
check_refusal (const TxError *error)
{
  if (error->status < 0 && error->message[0] && !strchr (error->message, '\n'))
    return;
  fprintf (stderr, "read-evil: refused without a line of words\n");
  exit (1);
}

static void
read_blocks (const TxReader *reader)
{
  size_t n_blocks = tx_reader_get_n_blocks (reader);
  size_t stride = n_blocks / BLOCKS_MAX + 1;

  for (size_t i = 0; i < n_blocks; i += stride)
    {
      TxError error = { 0 };
      TxDigest *digest;
      TxBlock *block;

      if (tx_reader_load_block (reader, i, &block, &error) == TX_OK)
        tx_block_free (block);
      else
        check_refusal (&error);
      if (tx_reader_load_digest (reader, i, &digest, NULL) == TX_OK)
        tx_digest_free (digest);
    }
}

static void
read_sources (const TxReader *reader)
{
  size_t n_files = tx_reader_get_n_files (reader);

  for (size_t i = 1; i <= n_files && i < 20; i++)
    {
      char *bytes;
      size_t size;

      if (tx_reader_dup_source (reader, (TxFileId) i, &bytes, &size, NULL) == TX_OK)
        free (bytes);
    }
}

/* How long the step ran, which execution it is, and what else there is to it. */
static void
ask_about (ReplayTrace *trace, ReplayPosition position)
{
  ReplayDuration duration;
  ReplayPosition slowest;
  ReplayMoment *moment;
  int64_t duration_ns;
  ReplayStep step;

  if (replay_trace_get_step (trace, position, &step, NULL) != TX_OK)
    return;
  if (replay_trace_get_duration (trace, position, NULL, &duration, NULL) == TX_OK &&
      duration.duration_ns < 0)
    exit (1);
  if (replay_hits_slowest (trace, step.file, step.line, NULL, &slowest, &duration_ns, NULL) ==
          TX_OK &&
      duration_ns < 0)
    exit (1);
  if (replay_moment_query (trace, position, NULL, &moment, NULL) == TX_OK)
    replay_moment_free (moment);
}

static void
move_about (ReplayTrace *trace)
{
  uint64_t n_steps = replay_trace_get_n_steps (trace);

  for (unsigned i = 0; i < POSITIONS_MAX && n_steps > 0; i++)
    for (unsigned k = 0; k < 10; k++)
      {
        ReplayPosition position = n_steps > 1 ? (n_steps - 1) / (POSITIONS_MAX - 1) * i : 0;
        ReplayMove move = { .kind = (ReplayMoveKind) (k % 4), .backward = k % 2 };
        ReplayFrame frames[30];
        ReplayStep step;
        ReplayStop stop;
        size_t n_frames;
        uint32_t depth;

        (void) !replay_trace_get_step (trace, position, &step, NULL);
        if (k == 0)
          ask_about (trace, position);
        (void) !replay_trace_get_stack (trace, position, 1, frames, 30, &n_frames, &depth, NULL);
        (void) !replay_move (trace, position, &move, NULL, &stop, NULL);
      }
}

/* Of the first files, as the viewer asks when it shows one. */
static void
list_lines (ReplayTrace *trace)
{
  for (TxFileId id = 1; id <= N_FILES_LISTED; id++)
    {
      ReplayFileLine *lines;
      size_t n_lines;

      if (replay_trace_dup_file_lines (trace, id, &lines, &n_lines, NULL, NULL) == TX_OK)
        free (lines);
    }
}

static void
sum_up (ReplayTrace *trace)
{
  ReplayHotspotQuery query = { INT64_MIN, INT64_MAX, 0, REPLAY_SORT_CUMULATED, 10 };
  int64_t start_ns, end_ns;
  ReplayHotspots *hotspots;
  ReplayTimeline *timeline;

  if (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL) == TX_OK)
    replay_hotspots_free (hotspots);
  if (!replay_trace_get_range (trace, &start_ns, &end_ns))
    return;
  if (replay_timeline_query (trace, start_ns, end_ns, 500, 8, NULL, &timeline, NULL) == TX_OK)
    mark_hits (trace, timeline);
  for (query.thread = 0; query.thread < 2; query.thread++)
    for (uint64_t i = 0; i < 4; i += 3)
      {
        uint64_t quarter_ns = ((uint64_t) end_ns - (uint64_t) start_ns) / 4;

        query.from_real_ns = (int64_t) ((uint64_t) start_ns + i * quarter_ns + 1);
        query.to_real_ns = (int64_t) ((uint64_t) start_ns + (i + 1) * quarter_ns);
        if (replay_hotspots_query (trace, &query, NULL, &hotspots, NULL) == TX_OK)
          replay_hotspots_free (hotspots);
      }
}

int
main (int argc, char **argv)
{
  TxError error = { 0 };
  ReplayTrace *trace;
  TxReader *reader;

  if (argc != 2)
    return 1;
  reader = tx_reader_open (argv[1], &error);
  if (!reader)
    {
      check_refusal (&error);
      return 0;
    }
  read_blocks (reader);
  read_sources (reader);
  if (tx_reader_refresh (reader, NULL, &error) != TX_OK)
    check_refusal (&error);
  tx_reader_close (reader);
  trace = replay_trace_open (argv[1], &error);
  if (!trace)
    {
      check_refusal (&error);
      return 0;
    }
  move_about (trace);
  sum_up (trace);
  list_lines (trace);
  replay_trace_close (trace);
  return 0;
}
