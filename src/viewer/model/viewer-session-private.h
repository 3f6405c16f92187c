// SPDX-License-Identifier: BSD-3-Clause
// What the files of ViewerSession share: its fields and the calls across files.
#pragma once

#include "viewer-history.h"
#include "viewer-session.h"
#include "viewer-worker.h"

G_BEGIN_DECLS

#define VIEWER_SESSION_LANES_MAX    40   /* threads that the timeline shows */
#define VIEWER_SESSION_HOTSPOTS_MAX 2000 /* lines that the table lists */
#define VIEWER_SESSION_FRAMES_MAX   1000 /* innermost frames that the stack lists */
#define VIEWER_SESSION_HITS_MAX     300  /* moments of hits marked in the timeline */
#define VIEWER_SESSION_OVERVIEW     1024 /* slices of the overview */

/* Where the front worker's moves start from: only its thread touches the position. */
typedef struct
{
  gatomicrefcount refs;
  guint64 position;
} ViewerCursor;

struct _ViewerSession
{
  GObject parent_instance;

  /* owned: opened things */
  ViewerWorker *front; /* moves; NULL once closed */
  ViewerWorker *back;  /* long queries */
  ViewerSources *sources;
  ViewerCursor *cursor;
  GCancellable *travel_cancellable;   /* of the moves queued */
  GCancellable *index_cancellable;    /* of "execution n of N" */
  GCancellable *lanes_cancellable;    /* of the detail asked for last */
  GCancellable *hotspots_cancellable; /* of the hot spots asked for last */
  guint refresh_timer;                /* source id while the recording goes on */
  guint busy_timer;
  guint n_refreshing; /* refreshes on their way */

  /* owned: the recording, as last seen */
  gboolean known; /* looked at once: the fields below say something */
  char *given;
  char *directory;
  char *name;
  char *run_directory;
  char **siblings; /* names of the traces of the run, in order */
  TxReaderState state;
  char *damage; /* NULL: none */
  guint n_damages;
  guint64 n_steps;
  gboolean has_extent;
  gint64 from_ns;
  gint64 to_ns;
  GListStore *threads; /* of ViewerThread */
  GListStore *files;   /* of ViewerFile */
  guint n_files_known;        /* ids that were looked up for it; of some nothing is known */
  char *recorder_zone; /* name or offset; NULL: not known */
  ViewerZone zone_choice;
  ReplayZone *zone;
  GTimeZone *time_zone;

  /* owned: the position */
  ViewerPlace place;
  GListStore *stack; /* of ViewerFrame, innermost first */
  guint stack_depth;
  ViewerHistory history;
  guint n_travels; /* on their way */
  gboolean dragging;
  gboolean has_drag_target;
  gint64 drag_target_ns;
  gboolean busy; /* long enough to be shown */
  double busy_fraction;

  /* owned: what is shown */
  ViewerSource *source; /* NULL: none yet */
  guint shown_line;
  guint shown_frame; /* index into stack; G_MAXUINT: a file looked up by hand */
  GArray *lines;     /* of ViewerLine, index line - 1, of source's file */
  guint lines_file;  /* the file that lines are of; 0: none */
  guint64 hottest_ns;

  /* owned: time */
  ViewerLanes *overview;
  gint64 range_from_ns;
  gint64 range_to_ns; /* == from: none */
  GListStore *hotspots;
  gint64 hotspots_asked_us; /* monotonic */
  gboolean has_summary;
  guint64 total_ns;
  guint64 total_steps;
  guint64 missing_blocks; /* in the range */
  guint64 missing_seen;   /* the most of any range */

  /* owned: breakpoints */
  ReplayBreakpoints *breakpoints;
  GListStore *breakpoint_list; /* of ViewerBreakpoint */
  GArray *hits;                /* of gint64 */
};

typedef enum
{
  VIEWER_SESSION_MOVED,
  VIEWER_SESSION_SHOWN,
  VIEWER_SESSION_LINES_CHANGED,
  VIEWER_SESSION_EXTENT_CHANGED,
  VIEWER_SESSION_DETAIL_READY,
  VIEWER_SESSION_HOTSPOTS_CHANGED,
  VIEWER_SESSION_RANGE_CHANGED,
  VIEWER_SESSION_BREAKPOINTS_CHANGED,
  VIEWER_SESSION_HITS_CHANGED,
  VIEWER_SESSION_ZONE_CHANGED,
  VIEWER_SESSION_BUSY_CHANGED,
  VIEWER_SESSION_NOTICE,
  VIEWER_SESSION_FAILED,
  VIEWER_SESSION_N_SIGNALS,
} ViewerSessionSignal;

extern guint _viewer_session_signals[VIEWER_SESSION_N_SIGNALS];

void _viewer_session_emit (ViewerSession *self, ViewerSessionSignal which);
void _viewer_session_emit_failed (ViewerSession *self, const GError *error);
void _viewer_session_emit_notice (ViewerSession *self, const char *text);
void _viewer_session_renew (GCancellable **cancellable);

ViewerCursor *_viewer_cursor_new (void);
ViewerCursor *_viewer_cursor_ref (ViewerCursor *self);
void _viewer_cursor_unref (ViewerCursor *self);

void _viewer_session_start (ViewerSession *self);
void _viewer_session_refresh (ViewerSession *self);
void
_viewer_session_take_source (ViewerSession *self, ViewerSource *source, guint line, guint frame);
void _viewer_session_retry_source (ViewerSession *self);
void _viewer_session_request_lines (ViewerSession *self);
void _viewer_session_request_index (ViewerSession *self);
void _viewer_session_request_overview (ViewerSession *self);
void _viewer_session_request_hotspots (ViewerSession *self);
void _viewer_session_request_hits (ViewerSession *self);
void _viewer_session_update_zone (ViewerSession *self);
void _viewer_session_watch_busy (ViewerSession *self);

G_END_DECLS
