// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: what the user looks at: an open trace, the position, what is shown in the source,
// range, breakpoints. Panels bind to it and know nothing of each other.
// All calls return at once; answers come as signals on the main loop.
#pragma once

#include <gio/gio.h>

#include "replay/replay-moves.h"
#include "replay/replay-times.h"
#include "viewer-lanes.h"
#include "viewer-lines.h"
#include "viewer-loader.h"
#include "viewer-source.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_SESSION (viewer_session_get_type ())
G_DECLARE_FINAL_TYPE (ViewerSession, viewer_session, VIEWER, SESSION, GObject)

/** ViewerPlace: the current position, with its names. */
typedef struct
{
  gboolean valid; /* FALSE: no step yet, e.g. an empty recording */
  ReplayStep step;
  char *location;     /* owned, UTF-8: "core.py:12" */
  char *function;     /* owned, UTF-8 */
  char *thread_name;  /* owned, UTF-8 */
  char *time_text;    /* owned: wall clock in the zone shown */
  guint64 execution;  /* which execution of its line, from 1; 0: not known yet */
  guint64 executions; /* how many there are */
} ViewerPlace;

/** ViewerZone: in which zone times are shown, and understood where they state none. */
typedef enum
{
  VIEWER_ZONE_LOCAL, /* of this machine */
  VIEWER_ZONE_UTC,
  VIEWER_ZONE_RECORDER, /* of the machine that recorded; local where it isn't known */
} ViewerZone;

/**
 * Signals:
 *   moved (): the position changed, or what is known of it
 *   shown (): another file or line is shown in the source
 *   lines-changed (): counts of the file shown are known, or grew
 *   extent-changed (): state, length or lanes of the recording changed
 *   detail-ready (ViewerLanes *lanes): what viewer_session_request_lanes() asked for
 *   hotspots-changed (): see viewer_session_get_hotspots()
 *   range-changed ()
 *   breakpoints-changed ()
 *   hits-changed (): moments of breakpoint hits are known
 *   zone-changed (): times are shown in another zone
 *   busy-changed (): long work began, went on or ended
 *   notice (char *text): something worth a line, not a failure
 *   failed (GError *error)
 */

ViewerSession *viewer_session_new (ViewerLoaded *loaded);
void viewer_session_close (ViewerSession *self);

/* ---- The recording ---- */
gboolean viewer_session_is_known (ViewerSession *self);
const char *viewer_session_get_given (ViewerSession *self);
const char *viewer_session_get_directory (ViewerSession *self);
const char *viewer_session_get_name (ViewerSession *self);
const char *const *viewer_session_get_siblings (ViewerSession *self);
const char *viewer_session_get_run_directory (ViewerSession *self);
TxReaderState viewer_session_get_state (ViewerSession *self);
const char *viewer_session_get_damage (ViewerSession *self, guint *ret_count);
guint64 viewer_session_get_missing (ViewerSession *self);
guint64 viewer_session_get_n_steps (ViewerSession *self);
gboolean viewer_session_get_extent (ViewerSession *self, gint64 *ret_from_ns, gint64 *ret_to_ns);
GListModel *viewer_session_get_threads (ViewerSession *self);
GListModel *viewer_session_get_files (ViewerSession *self);
void viewer_session_set_zone (ViewerSession *self, ViewerZone zone);
const ReplayZone *viewer_session_get_zone (ViewerSession *self);
GTimeZone *viewer_session_get_time_zone (ViewerSession *self);
char *viewer_session_dup_time_text (ViewerSession *self, gint64 time_ns, guint digits);

/* ---- Position and moves ---- */
const ViewerPlace *viewer_session_get_place (ViewerSession *self);
GListModel *viewer_session_get_stack (ViewerSession *self);
guint viewer_session_get_stack_depth (ViewerSession *self);
void viewer_session_move (ViewerSession *self, ReplayMoveKind kind, gboolean backward);
void viewer_session_run_to (ViewerSession *self, guint file, guint line, gboolean backward);
void viewer_session_go_to_position (ViewerSession *self, guint64 position);
void viewer_session_go_to_time (ViewerSession *self, gint64 time_ns);
void viewer_session_drag_to_time (ViewerSession *self, gint64 time_ns);
void viewer_session_go_to_hit (ViewerSession *self, guint file, guint line, guint64 number);
void viewer_session_go_to_near_hit (ViewerSession *self, guint file, guint line, gboolean backward);
void viewer_session_go_to_slowest (ViewerSession *self, guint file, guint line);
void viewer_session_go_to_thread (ViewerSession *self, guint thread);
gboolean viewer_session_go_to_text (ViewerSession *self, const char *text, GError **error);
void viewer_session_go_in_history (ViewerSession *self, int direction);
gboolean viewer_session_can_go_in_history (ViewerSession *self, int direction);
gboolean viewer_session_is_busy (ViewerSession *self, double *ret_fraction);
gboolean viewer_session_has_work (ViewerSession *self);
void viewer_session_cancel (ViewerSession *self);

/* ---- What the source shows ---- */
ViewerSource *viewer_session_get_source (ViewerSession *self);
guint viewer_session_get_shown_line (ViewerSession *self);
guint viewer_session_get_shown_frame (ViewerSession *self);
const ViewerLine *viewer_session_get_line (ViewerSession *self, guint line);
guint64 viewer_session_get_hottest_ns (ViewerSession *self);
void viewer_session_show_file (ViewerSession *self, guint file, guint line);
void viewer_session_show_frame (ViewerSession *self, guint index);

/* ---- Time: lanes, range, hot spots ---- */
ViewerLanes *viewer_session_get_overview (ViewerSession *self);
void
viewer_session_request_lanes (ViewerSession *self, gint64 from_ns, gint64 to_ns, guint n_slices);
void viewer_session_set_range (ViewerSession *self, gint64 from_ns, gint64 to_ns);
gboolean viewer_session_get_range (ViewerSession *self, gint64 *ret_from_ns, gint64 *ret_to_ns);
GListModel *viewer_session_get_hotspots (ViewerSession *self);
gboolean viewer_session_get_hotspots_summary (ViewerSession *self,
                                              guint64 *ret_total_ns,
                                              guint64 *ret_total_steps,
                                              guint64 *ret_missing);

/* ---- Breakpoints ---- */
GListModel *viewer_session_get_breakpoints (ViewerSession *self);
gboolean viewer_session_has_breakpoint (ViewerSession *self, guint file, guint line);
void viewer_session_toggle_breakpoint (ViewerSession *self, guint file, guint line);
void viewer_session_enable_breakpoint (ViewerSession *self, guint id, gboolean enabled);
const gint64 *viewer_session_get_hits (ViewerSession *self, guint *ret_count);

G_END_DECLS
