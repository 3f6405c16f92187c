// SPDX-License-Identifier: BSD-3-Clause
// ReplayMoment: the stacks of all threads, and for each the step at which it began what it was at.
#include "replay-moment.h"

#include <stdlib.h>
#include <string.h>

#include "replay-instant-private.h"
#include "replay-moves.h"
#include "replay-search-private.h"

/* ---- The stacks ---- */

static TxStatus
take_stack_cb (void *data,
               TxThreadId thread,
               const ReplayFrame *frames,
               size_t n_frames,
               const ReplayPlace *last_event,
               TxError *error)
{
  ReplayMoment *self = data;
  ReplayMomentThread *taken = &self->threads[self->n_threads];

  taken->frames = reallocarray (NULL, n_frames, sizeof *frames);
  if (taken->frames == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a stack");
  memcpy (taken->frames, frames, n_frames * sizeof *frames);
  taken->thread = thread;
  taken->n_frames = n_frames;
  taken->depth = frames[0].depth;
  taken->is_running = thread == self->step.thread;
  self->n_threads++;
  return TX_OK;
}

static int
compare_threads (const void *a, const void *b)
{
  const ReplayMomentThread *left = a, *right = b;

  if (left->is_running != right->is_running)
    return left->is_running ? -1 : 1;
  return (left->thread > right->thread) - (left->thread < right->thread);
}

/* ---- What each is in ---- */

/* The last step of the innermost frame. */
static TxStatus
find_step (ReplayTrace *trace,
           ReplayPosition position,
           const ReplayProgress *progress,
           ReplayMomentThread *thread,
           TxError *error)
{
  const ReplayFrame *frame = &thread->frames[0];
  ReplaySearch search = { .trace = trace,
                          .backward = true,
                          .progress = progress,
                          .thread = thread->thread,
                          .depth_max = frame->depth,
                          .frame_function = frame->function };
  ReplayFound found;
  TxStatus status = _replay_search_run (&search, position + 1, &found, error);

  if (status == TX_OK)
    status = replay_trace_get_step (trace, found.position, &thread->step, error);
  /* Else it is its caller's: the frame had executed no line yet. */
  if (status == TX_OK && thread->step.depth == frame->depth && thread->step.line == frame->line)
    {
      thread->has_step = true;
      status = replay_hits_index (trace, thread->step.position, progress, &thread->hit,
                                  &thread->n_hits, error);
    }
  if (status == TX_END || _replay_status_is_missing (status))
    return TX_OK;
  return status;
}

TxStatus
replay_moment_query (ReplayTrace *trace,
                     ReplayPosition position,
                     const ReplayProgress *progress,
                     ReplayMoment **ret_moment,
                     TxError *error)
{
  size_t n_threads = tx_reader_get_n_threads (replay_trace_get_reader (trace));
  ReplayMoment *self = calloc (1, sizeof *self);
  ReplayPlace place;
  TxStatus status;

  if (self != NULL)
    self->threads = calloc (n_threads + 1, sizeof *self->threads);
  if (self == NULL || self->threads == NULL)
    status = tx_error_set (error, TX_ERROR_MEMORY, "no memory for the stacks of all threads");
  else
    status = replay_trace_get_step (trace, position, &self->step, error);
  if (status == TX_OK)
    status = _replay_trace_locate (trace, position, &place, error);
  if (status == TX_OK)
    status = _replay_trace_visit_stacks (trace, place.index, place.event + 1, 0, take_stack_cb,
                                         self, error);
  for (size_t i = 0; status == TX_OK && i < self->n_threads; i++)
    status = find_step (trace, position, progress, &self->threads[i], error);
  if (status != TX_OK)
    {
      replay_moment_free (self);
      return status;
    }
  qsort (self->threads, self->n_threads, sizeof *self->threads, compare_threads);
  self->n_others = n_threads - self->n_threads;
  *ret_moment = self;
  return TX_OK;
}

void
replay_moment_free (ReplayMoment *self)
{
  if (self == NULL)
    return;
  for (size_t i = 0; self->threads != NULL && i < self->n_threads; i++)
    free (self->threads[i].frames);
  free (self->threads);
  free (self);
}
