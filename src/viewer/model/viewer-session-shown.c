// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: what the source shows: the current line, a frame of the stack, or a file that
// the user looked up.
#include "viewer-session-private.h"

#include "viewer-frame.h"

typedef struct
{
  guint file;
  guint line;
  guint frame;
  ViewerSources *sources; /* owned */
  ViewerSource *source;   /* owned */
} ShowJob;

static void
free_show_job (ShowJob *job)
{
  viewer_sources_unref (job->sources);
  g_clear_pointer (&job->source, viewer_source_unref);
  g_free (job);
}

static gboolean
load_source (ReplayTrace *trace, gpointer data, const ReplayProgress *progress, GError **error)
{
  ShowJob *job = data;

  job->source = viewer_sources_load (job->sources, replay_trace_get_reader (trace), job->file);
  return TRUE;
}

static void
show_done_cb (gpointer owner, gpointer data, const GError *error)
{
  ViewerSession *self = owner;
  ShowJob *job = data;

  if (error)
    _viewer_session_emit_failed (self, error);
  else
    _viewer_session_take_source (self, job->source, job->line, job->frame);
}

static void
show (ViewerSession *self, guint file, guint line, guint frame)
{
  ShowJob *job;

  if (!self->front)
    return;
  job = g_new0 (ShowJob, 1);
  job->file = file;
  job->line = line;
  job->frame = frame;
  job->sources = viewer_sources_ref (self->sources);
  viewer_worker_push (self->front, G_OBJECT (self), NULL, load_source, show_done_cb, job,
                      (GDestroyNotify) free_show_job);
}

/** _viewer_session_take_source: @source: borrowed; @frame: as viewer_session_get_shown_frame() */
void
_viewer_session_take_source (ViewerSession *self, ViewerSource *source, guint line, guint frame)
{
  gboolean other = self->source != source;

  viewer_source_ref (source);
  g_clear_pointer (&self->source, viewer_source_unref);
  self->source = source;
  self->shown_line = line;
  self->shown_frame = frame;
  if (other)
    _viewer_session_request_lines (self);
  _viewer_session_emit (self, VIEWER_SESSION_SHOWN);
}

/** _viewer_session_retry_source: where the text wasn't there yet, it may be now. */
void
_viewer_session_retry_source (ViewerSession *self)
{
  if (self->source && !self->source->text)
    show (self, self->source->file, self->shown_line, self->shown_frame);
}

/** viewer_session_show_file: @line: 0: the file from its start. Doesn't move. */
void
viewer_session_show_file (ViewerSession *self, guint file, guint line)
{
  show (self, file, line, G_MAXUINT);
}

/** viewer_session_show_frame: @index: into the stack, 0: the innermost. Doesn't move. */
void
viewer_session_show_frame (ViewerSession *self, guint index)
{
  g_autoptr (ViewerFrame) frame = g_list_model_get_item (G_LIST_MODEL (self->stack), index);

  if (frame && frame->file)
    show (self, frame->file, frame->line, index);
}
