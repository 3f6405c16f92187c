// SPDX-License-Identifier: BSD-3-Clause
// speedscope's own format: a profile of events for each thread. A thread's events must stand
// together, so the range is walked through once for each, and once before to know which there are.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-thread.h"
#include "export.h"

typedef struct
{
  Export *export;    /* borrowed */
  uint32_t *indices; /* owned (array length=n_functions + 1): in the file's frames, + 1; 0: not used
                        yet */
  TxFunctionId *order; /* owned (array length=n_frames): the file's frames */
  size_t n_frames;
  size_t n_functions;
  bool *threads; /* owned (array length=n_threads + 1): has frames in the range */
  size_t n_threads;
  int64_t from_ns, to_ns;
} File;

static TxStatus
find_threads (File *self, TxError *error)
{
  const ReplayWalkEvent *event;
  TxStatus status = export_begin (self->export, 0, error);

  while (status == TX_OK && (status = export_next (self->export, &event, error)) == TX_OK)
    if (event->kind == REPLAY_WALK_ENTER && event->thread <= self->n_threads)
      self->threads[event->thread] = true;
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
put_event (File *self, const ReplayWalkEvent *event, bool is_first)
{
  CliOutput *output = self->export->output;

  cli_output_put_text (output, is_first ? "\n" : ",\n");
  cli_output_put_text (output, event->kind == REPLAY_WALK_ENTER ? "{\"type\":\"O\",\"frame\":"
                                                                : "{\"type\":\"C\",\"frame\":");
  cli_output_put_number (output, get_frame (self, event->function));
  cli_output_put_text (output, ",\"at\":");
  cli_output_put_number (output, (uint64_t) event->mono_ns - (uint64_t) self->from_ns);
  cli_output_put_char (output, '}');
}

static TxStatus
put_profile (File *self, TxThreadId thread, TxError *error)
{
  CliOutput *output = self->export->output;
  char *label = cli_thread_dup_label (self->export->reader, thread);
  const ReplayWalkEvent *event;
  bool is_first = true;
  TxStatus status = export_begin (self->export, thread, error);

  cli_output_put_text (output, "{\"type\":\"evented\",\"unit\":\"nanoseconds\",\"name\":");
  cli_output_put_json (output, label != NULL ? label : "?");
  cli_output_put_text (output, ",\"startValue\":0,\"endValue\":");
  cli_output_put_number (output, (uint64_t) self->to_ns - (uint64_t) self->from_ns);
  cli_output_put_text (output, ",\"events\":[");
  free (label);
  while (status == TX_OK && (status = export_next (self->export, &event, error)) == TX_OK)
    if (event->kind == REPLAY_WALK_ENTER || event->kind == REPLAY_WALK_LEAVE)
      {
        put_event (self, event, is_first);
        is_first = false;
      }
  cli_output_put_text (output, "]}");
  return status == TX_END ? TX_OK : status;
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
  bool is_first = true;
  TxStatus status = find_threads (self, error);

  if (status != TX_OK)
    return status;
  cli_output_put_text (output,
                       "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n");
  export_put_json_about (export, &export_speedscope);
  cli_output_put_text (output, ",\n\"name\":");
  cli_output_put_json (output, export->name);
  cli_output_put_text (output, ",\"activeProfileIndex\":0,\"profiles\":[");
  for (size_t id = 1; status == TX_OK && id <= self->n_threads; id++)
    if (self->threads[id])
      {
        cli_output_put_text (output, is_first ? "\n" : ",\n");
        is_first = false;
        status = put_profile (self, (TxThreadId) id, error);
      }
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
