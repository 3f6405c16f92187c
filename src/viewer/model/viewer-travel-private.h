// SPDX-License-Identifier: BSD-3-Clause
// ViewerTravel: one move as a job: where to, and what is found there. Filled in by
// viewer-session-travel.c on the main loop, run by viewer-travel.c in the front worker's thread.
#pragma once

#include "replay/replay-spec.h"
#include "viewer-session-private.h"

G_BEGIN_DECLS

typedef enum
{
  VIEWER_TRAVEL_POSITION,
  VIEWER_TRAVEL_TIME,
  VIEWER_TRAVEL_MOVE,
  VIEWER_TRAVEL_HIT,
  VIEWER_TRAVEL_NEAR_HIT,
  VIEWER_TRAVEL_SLOWEST,
  VIEWER_TRAVEL_THREAD,
  VIEWER_TRAVEL_SAID, /* what was typed: `point`, and `to_point` of a range */
} ViewerTravelKind;

typedef struct
{
  ViewerTravelKind kind;
  gboolean drifts; /* a small move: no entry in the history */
  gboolean from_history;
  gboolean drag;
  ViewerCursor *cursor;           /* owned */
  ViewerSources *sources;         /* owned */
  ReplayBreakpoints *breakpoints; /* owned copy; NULL: none are needed */
  ReplayMove move;
  guint64 position;
  gint64 time_ns;
  guint file;
  guint line;
  guint64 number;
  gboolean backward;
  guint thread;
  char *text; /* owned: the points' names are in it */
  ReplayTimesPoint point;
  ReplayTimesPoint to_point;
  gboolean is_range;

  /* out */
  gint64 range_from_ns;
  gint64 range_to_ns;
  ReplayStop stop;
  ReplayStep step;
  char *location;
  char *function;
  char *thread_name;
  GPtrArray *frames; /* owned, of ViewerFrame */
  guint depth;
  ViewerSource *source; /* owned, NULL: file not known */
  const char *notice;   /* static, translated; NULL: nothing to say */
} ViewerTravel;

void _viewer_travel_free (ViewerTravel *travel);
gboolean _viewer_travel_run (ReplayTrace *trace,
                             gpointer data,
                             const ReplayProgress *progress,
                             GError **error);

G_END_DECLS
