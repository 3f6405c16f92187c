// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: what it knows, for those who show it. Everything is there at once: nothing here
// waits, and but for the range nothing changes.
#include "viewer-session-private.h"

/** viewer_session_is_known: %FALSE until the recording was looked at for the first time. */
gboolean
viewer_session_is_known (ViewerSession *self)
{
  return self->known;
}

const char *
viewer_session_get_given (ViewerSession *self)
{
  return self->given;
}

const char *
viewer_session_get_directory (ViewerSession *self)
{
  return self->directory;
}

const char *
viewer_session_get_name (ViewerSession *self)
{
  return self->name;
}

/** viewer_session_get_siblings: names of all traces of the run; one of them is open. */
const char *const *
viewer_session_get_siblings (ViewerSession *self)
{
  return (const char *const *) self->siblings;
}

const char *
viewer_session_get_run_directory (ViewerSession *self)
{
  return self->run_directory;
}

TxReaderState
viewer_session_get_state (ViewerSession *self)
{
  return self->state;
}

/** viewer_session_get_damage: (nullable): the first damage found, and how many there are. */
const char *
viewer_session_get_damage (ViewerSession *self, guint *ret_count)
{
  *ret_count = self->n_damages;
  return self->damage;
}

/** viewer_session_get_missing: blocks known to be missing or unreadable, as far as was looked. */
guint64
viewer_session_get_missing (ViewerSession *self)
{
  return self->missing_seen;
}

guint64
viewer_session_get_n_steps (ViewerSession *self)
{
  return self->n_steps;
}

/** viewer_session_get_extent: %FALSE for a recording without any step. */
gboolean
viewer_session_get_extent (ViewerSession *self, gint64 *ret_from_ns, gint64 *ret_to_ns)
{
  *ret_from_ns = self->from_ns;
  *ret_to_ns = self->to_ns;
  return self->has_extent;
}

GListModel *
viewer_session_get_threads (ViewerSession *self)
{
  return G_LIST_MODEL (self->threads);
}

GListModel *
viewer_session_get_files (ViewerSession *self)
{
  return G_LIST_MODEL (self->files);
}

const ReplayZone *
viewer_session_get_zone (ViewerSession *self)
{
  return self->zone;
}

GTimeZone *
viewer_session_get_time_zone (ViewerSession *self)
{
  return self->time_zone;
}

/** viewer_session_dup_time_text: with the date where the recording is longer than a day. */
char *
viewer_session_dup_time_text (ViewerSession *self, gint64 time_ns, guint digits)
{
  char text[REPLAY_TIMES_FORMAT_SIZE];
  gboolean date = replay_times_need_date (self->from_ns, self->to_ns, self->zone);

  replay_times_format (time_ns, self->zone, date ? REPLAY_TIMES_WITH_DATE : 0, digits, text,
                       sizeof text);
  return g_strdup (text);
}

const ViewerPlace *
viewer_session_get_place (ViewerSession *self)
{
  return &self->place;
}

GListModel *
viewer_session_get_stack (ViewerSession *self)
{
  return G_LIST_MODEL (self->stack);
}

/** viewer_session_get_stack_depth: of the whole stack; the list may hold only the innermost. */
guint
viewer_session_get_stack_depth (ViewerSession *self)
{
  return self->stack_depth;
}

ViewerSource *
viewer_session_get_source (ViewerSession *self)
{
  return self->source;
}

guint
viewer_session_get_shown_line (ViewerSession *self)
{
  return self->shown_line;
}

/** viewer_session_get_shown_frame: index into the stack, 0: the current line; G_MAXUINT: none. */
guint
viewer_session_get_shown_frame (ViewerSession *self)
{
  return self->shown_frame;
}

/** viewer_session_get_line: (nullable): of the file shown; NULL while not known or never part of
 * code. */
const ViewerLine *
viewer_session_get_line (ViewerSession *self, guint line)
{
  if (!self->source || self->lines_file != self->source->file || line == 0 ||
      line > self->lines->len)
    return NULL;
  return &g_array_index (self->lines, ViewerLine, line - 1);
}

/** viewer_session_get_hottest_ns: the greatest self time of a line of the file shown. */
guint64
viewer_session_get_hottest_ns (ViewerSession *self)
{
  return self->hottest_ns;
}

ViewerLanes *
viewer_session_get_overview (ViewerSession *self)
{
  return self->overview;
}

gboolean
viewer_session_get_range (ViewerSession *self, gint64 *ret_from_ns, gint64 *ret_to_ns)
{
  *ret_from_ns = self->range_from_ns;
  *ret_to_ns = self->range_to_ns;
  return self->range_from_ns != self->range_to_ns;
}

/** viewer_session_set_range: what hot spots are counted over; from == to: the whole recording. */
void
viewer_session_set_range (ViewerSession *self, gint64 from_ns, gint64 to_ns)
{
  if (self->range_from_ns == from_ns && self->range_to_ns == to_ns)
    return;
  self->range_from_ns = from_ns;
  self->range_to_ns = to_ns;
  _viewer_session_emit (self, VIEWER_SESSION_RANGE_CHANGED);
  _viewer_session_request_hotspots (self);
}

GListModel *
viewer_session_get_hotspots (ViewerSession *self)
{
  return G_LIST_MODEL (self->hotspots);
}

/** viewer_session_get_hotspots_summary: %FALSE while the first figures are still being found. */
gboolean
viewer_session_get_hotspots_summary (ViewerSession *self,
                                     guint64 *ret_total_ns,
                                     guint64 *ret_total_steps,
                                     guint64 *ret_missing)
{
  *ret_total_ns = self->total_ns;
  *ret_total_steps = self->total_steps;
  *ret_missing = self->missing_blocks;
  return self->has_summary;
}

GListModel *
viewer_session_get_breakpoints (ViewerSession *self)
{
  return G_LIST_MODEL (self->breakpoint_list);
}

gboolean
viewer_session_has_breakpoint (ViewerSession *self, guint file, guint line)
{
  return replay_breakpoints_find (self->breakpoints, file, line) != NULL;
}

/** viewer_session_get_hits: moments, in no order, of hits of breakpoints. */
const gint64 *
viewer_session_get_hits (ViewerSession *self, guint *ret_count)
{
  *ret_count = self->hits->len;
  return (const gint64 *) (void *) self->hits->data;
}
