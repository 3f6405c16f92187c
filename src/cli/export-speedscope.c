// SPDX-License-Identifier: BSD-3-Clause
// speedscope's own format: a profile of events for each thread. A thread's events must stand
// together, so the range is walked through once to count them, and then once for each thread with
// many and once for as many threads with few as there is memory for.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-thread.h"
#include "export.h"

#define EVENTS_FEW      (1u << 16) /* of a thread: with more it is walked through alone */
#define EVENTS_TOGETHER (1u << 20) /* of several threads, in memory */

/* A frame is entered or left. */
typedef struct
{
  int64_t mono_ns;
  TxFunctionId function;
  bool is_enter;
} Edge;

typedef struct
{
  size_t n_edges; /* in the range; 0: no profile */
  size_t first;   /* of those in memory */
  size_t n_kept;  /* in memory */
} Thread;

typedef struct
{
  Export *export;    /* borrowed */
  uint32_t *indices; /* owned (array length=n_functions + 1): in the file's frames, + 1; 0: not used
                        yet */
  TxFunctionId *order; /* owned (array length=n_frames): the file's frames */
  size_t n_frames;
  size_t n_functions;
  Thread *threads; /* owned (array length=n_threads + 1) */
  size_t n_threads;
  Edge *edges; /* owned (nullable) (array length=EVENTS_TOGETHER): of some threads, one after the
                  other */
  bool has_profile;
  int64_t from_ns, to_ns;
} File;

static bool
is_edge (const ReplayWalkEvent *event)
{
  return event->kind == REPLAY_WALK_ENTER || event->kind == REPLAY_WALK_LEAVE;
}

static TxStatus
count_edges (File *self, TxError *error)
{
  const ReplayWalkEvent *event;
  TxStatus status = export_begin (self->export, 0, error);

  while (status == TX_OK && (status = export_next (self->export, &event, error)) == TX_OK)
    if (is_edge (event) && event->thread <= self->n_threads)
      self->threads[event->thread].n_edges++;
  return status == TX_END ? TX_OK : status;
}

/* Index of a function in the file's list, which comes at its end. Those that are not known share
 * one. */
static uint32_t
get_frame (File *self, TxFunctionId function)
{
  if (function > self->n_functions)
    function = 0;
  if (self->indices[function] == 0)
    {
      self->order[self->n_frames] = function;
      self->indices[function] = (uint32_t) ++self->n_frames;
    }
  return self->indices[function] - 1;
}

static void
put_edge (File *self, const Edge *edge, bool is_first)
{
  CliOutput *output = self->export->output;

  cli_output_put_text (output, is_first ? "\n" : ",\n");
  cli_output_put_text (output, edge->is_enter ? "{\"type\":\"O\",\"frame\":"
                                              : "{\"type\":\"C\",\"frame\":");
  cli_output_put_number (output, get_frame (self, edge->function));
  cli_output_put_text (output, ",\"at\":");
  cli_output_put_number (output, (uint64_t) edge->mono_ns - (uint64_t) self->from_ns);
  cli_output_put_char (output, '}');
}

/* ---- Profiles ---- */

static void
begin_profile (File *self, TxThreadId thread)
{
  CliOutput *output = self->export->output;
  char *label = cli_thread_dup_label (self->export->reader, thread);

  cli_output_put_text (output, self->has_profile ? ",\n" : "\n");
  self->has_profile = true;
  cli_output_put_text (output, "{\"type\":\"evented\",\"unit\":\"nanoseconds\",\"name\":");
  cli_output_put_json (output, label != NULL ? label : "?");
  cli_output_put_text (output, ",\"startValue\":0,\"endValue\":");
  cli_output_put_number (output, (uint64_t) self->to_ns - (uint64_t) self->from_ns);
  cli_output_put_text (output, ",\"events\":[");
  free (label);
}

static Edge
make_edge (const ReplayWalkEvent *event)
{
  return (Edge){ event->mono_ns, event->function, event->kind == REPLAY_WALK_ENTER };
}

/* With a walk of its own. */
static TxStatus
put_thread (File *self, TxThreadId thread, TxError *error)
{
  const ReplayWalkEvent *event;
  bool is_first = true;
  TxStatus status = export_begin (self->export, thread, error);

  begin_profile (self, thread);
  while (status == TX_OK && (status = export_next (self->export, &event, error)) == TX_OK)
    if (is_edge (event))
      {
        Edge edge = make_edge (event);

        put_edge (self, &edge, is_first);
        is_first = false;
      }
  cli_output_put_text (self->export->output, "]}");
  return status == TX_END ? TX_OK : status;
}

static void
keep_edge (File *self, const ReplayWalkEvent *event)
{
  Thread *thread = &self->threads[event->thread];

  /* There are more than were counted where a block can't be read any longer. */
  if (thread->n_kept < thread->n_edges)
    self->edges[thread->first + thread->n_kept] = make_edge (event);
  thread->n_kept++;
}

/* The threads from @first to before @end, with one walk. */
static TxStatus
keep_threads (File *self, size_t first, size_t end, TxError *error)
{
  const ReplayWalkEvent *event;
  TxStatus status;

  if (self->edges == NULL)
    self->edges = reallocarray (NULL, EVENTS_TOGETHER, sizeof *self->edges);
  if (self->edges == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the threads of an export");
  status = export_begin (self->export, 0, error);
  while (status == TX_OK && (status = export_next (self->export, &event, error)) == TX_OK)
    if (is_edge (event) && event->thread >= first && event->thread < end &&
        self->threads[event->thread].n_edges > 0)
      keep_edge (self, event);
  return status == TX_END ? TX_OK : status;
}

static void
put_kept (File *self, TxThreadId id)
{
  const Thread *thread = &self->threads[id];

  begin_profile (self, id);
  for (size_t i = 0; i < thread->n_kept; i++)
    put_edge (self, &self->edges[thread->first + i], i == 0);
  cli_output_put_text (self->export->output, "]}");
}

/* Some threads from *@id on, which is moved behind them. */
static TxStatus
put_some_threads (File *self, size_t *id, TxError *error)
{
  size_t first = *id, n_edges = 0;
  TxStatus status;

  for (; *id <= self->n_threads && self->threads[*id].n_edges <= EVENTS_FEW &&
         n_edges + self->threads[*id].n_edges <= EVENTS_TOGETHER;
       ++*id)
    {
      self->threads[*id].first = n_edges;
      n_edges += self->threads[*id].n_edges;
    }
  if (*id == first)
    return put_thread (self, (TxThreadId) (*id)++, error);
  status = n_edges > 0 ? keep_threads (self, first, *id, error) : TX_OK;
  for (size_t i = first; i < *id && status == TX_OK; i++)
    if (self->threads[i].n_kept > self->threads[i].n_edges)
      status = put_thread (self, (TxThreadId) i, error);
    else if (self->threads[i].n_edges > 0)
      put_kept (self, (TxThreadId) i);
  return status;
}

static void
put_frames (File *self)
{
  Export *export = self->export;
  CliOutput *output = export->output;

  for (size_t i = 0; i < self->n_frames; i++)
    {
      TxFunctionId id = self->order[i];

      cli_output_put_text (output, i == 0 ? "\n{\"name\":" : ",\n{\"name\":");
      cli_output_put_json (output, export_get_label (export, id));
      if (id != 0)
        {
          cli_output_put_text (output, ",\"file\":");
          cli_output_put_json (output, cli_names_get_file (export->names, id));
          cli_output_put_text (output, ",\"line\":");
          cli_output_put_number (output, export_get_first_line (export, id));
        }
      cli_output_put_char (output, '}');
    }
}

static TxStatus
put_file (File *self, TxError *error)
{
  Export *export = self->export;
  CliOutput *output = export->output;
  TxStatus status = count_edges (self, error);

  if (status != TX_OK)
    return status;
  cli_output_put_text (output,
                       "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n");
  export_put_json_about (export, &export_speedscope);
  cli_output_put_text (output, ",\n\"name\":");
  cli_output_put_json (output, export->name);
  cli_output_put_text (output, ",\"activeProfileIndex\":0,\"profiles\":[");
  for (size_t id = 1; status == TX_OK && id <= self->n_threads;)
    status = put_some_threads (self, &id, error);
  cli_output_put_text (output, "],\n\"shared\":{\"frames\":[");
  put_frames (self);
  cli_output_put_text (output, "]}}\n");
  return status;
}

static TxStatus
write_speedscope (Export *export, TxError *error)
{
  File file = { .export = export,
                .n_functions = tx_reader_get_n_functions (export->reader),
                .n_threads = tx_reader_get_n_threads (export->reader) };
  TxStatus status;

  export_get_extent (export, &file.from_ns, &file.to_ns);
  file.indices = calloc (file.n_functions + 1, sizeof *file.indices);
  file.order = calloc (file.n_functions + 1, sizeof *file.order);
  file.threads = calloc (file.n_threads + 1, sizeof *file.threads);
  if (file.indices == NULL || file.order == NULL || file.threads == NULL)
    status = tx_error_set (error, TX_ERROR_MEMORY, "no memory for the names of an export");
  else
    status = put_file (&file, error);
  free (file.indices);
  free (file.order);
  free (file.threads);
  free (file.edges);
  return status;
}

static const char *const losses[] = {
  "lines: calls of functions only",
  "waiting, the bounds of times, marks and exceptions",
  "missing stretches as such: nothing is shown there, and all frames end before and begin behind "
  "them",
  "that a suspended generator or coroutine goes on: it is left and entered again",
  NULL,
};

const ExportFormat export_speedscope = { "speedscope", "speedscope", losses, write_speedscope };
