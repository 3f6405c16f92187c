// SPDX-License-Identifier: BSD-3-Clause
// Exports: the table of formats, the walk, and names.
#include "export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-location.h"
#include "replay/replay-text.h"

static const ExportFormat *const formats[] = {
  &export_callgrind, &export_collapsed, &export_speedscope, &export_perfetto, &export_csv,
};

const ExportFormat *
export_get_format (size_t index)
{
  return index < sizeof formats / sizeof *formats ? formats[index] : NULL;
}

const ExportFormat *
export_find_format (const char *name)
{
  const ExportFormat *format;

  for (size_t i = 0; (format = export_get_format (i)) != NULL; i++)
    if (strcmp (format->name, name) == 0)
      return format;
  return NULL;
}

/* ---- The walk ---- */

TxStatus
export_begin (Export *self, TxThreadId thread, TxError *error)
{
  ReplayWalkQuery query = self->query;

  if (thread != 0)
    query.thread = thread;
  self->walk = replay_walk_new (self->trace, &query, self->progress, error);
  return self->walk == NULL ? error->status : TX_OK;
}

static void
note_gap (Export *self, const ReplayWalkEvent *event)
{
  if (self->has_walked)
    return;
  self->n_gaps++;
  self->missing_blocks += event->missing_blocks;
  self->events_lost += event->events_lost;
  self->is_damaged |= event->is_damaged;
}

TxStatus
export_next (Export *self, const ReplayWalkEvent **ret_event, TxError *error)
{
  TxStatus status;

  if (self->output->sys_errno != 0)
    return tx_error_set_errno (error, self->output->sys_errno, "cannot write the export");
  status = replay_walk_next (self->walk, ret_event, error);
  if (status == TX_OK)
    {
      self->n_events++;
      if ((*ret_event)->kind == REPLAY_WALK_GAP)
        note_gap (self, *ret_event);
      return TX_OK;
    }
  replay_walk_free (self->walk);
  self->walk = NULL;
  self->has_walked = true;
  return status;
}

void
export_get_extent (Export *self, int64_t *ret_from_ns, int64_t *ret_to_ns)
{
  ReplayWalk *walk = replay_walk_new (self->trace, &self->query, NULL, NULL);

  if (walk == NULL || !replay_walk_get_extent (walk, ret_from_ns, ret_to_ns))
    *ret_from_ns = *ret_to_ns = 0;
  replay_walk_free (walk);
}

void
export_clear (Export *self)
{
  size_t n_functions = tx_reader_get_n_functions (self->reader);

  replay_walk_free (self->walk);
  self->walk = NULL;
  for (size_t i = 0; self->labels != NULL && i <= n_functions; i++)
    free (self->labels[i]);
  free (self->labels);
  self->labels = NULL;
}

/* ---- Names ---- */

static const TxFunction *
get_function (const Export *self, TxFunctionId function)
{
  if (function == 0 || function > tx_reader_get_n_functions (self->reader))
    return NULL;
  return tx_reader_get_function (self->reader, function);
}

uint32_t
export_get_first_line (const Export *self, TxFunctionId function)
{
  const TxFunction *known = get_function (self, function);

  return known == NULL ? 0 : known->first_line;
}

char *
export_dup_escaped (const char *text, size_t size)
{
  size_t length = size == SIZE_MAX ? strlen (text) : size;
  char *escaped = malloc (10 * length + 1);

  if (escaped != NULL)
    replay_text_escape (text, length, escaped, 10 * length + 1);
  return escaped;
}

static char *
dup_label (Export *self, const TxFunction *known)
{
  char *file = export_dup_escaped (cli_location_get_file (self->reader, known->file), SIZE_MAX);
  char *label = NULL;

  if (file == NULL)
    return NULL;
  if (asprintf (&label, "%s (%s:%" PRIu32 ")", cli_names_get_function (self->names, known->id),
                file, known->first_line) < 0)
    label = NULL;
  free (file);
  return label;
}

const char *
export_get_label (Export *self, TxFunctionId function)
{
  const TxFunction *known = get_function (self, function);

  if (known == NULL)
    return "?";
  if (self->labels == NULL)
    self->labels = calloc (tx_reader_get_n_functions (self->reader) + 1, sizeof *self->labels);
  if (self->labels == NULL)
    return "?";
  if (self->labels[function] == NULL)
    self->labels[function] = dup_label (self, known);
  return self->labels[function] == NULL ? "?" : self->labels[function];
}

/* ---- What a file says of itself ---- */

void
export_put_losses (Export *self, const ExportFormat *format, const char *before, const char *behind)
{
  for (size_t i = 0; format->losses[i] != NULL; i++)
    {
      cli_output_put_text (self->output, before);
      cli_output_put_text (self->output, format->losses[i]);
      cli_output_put_text (self->output, behind);
    }
}

void
export_put_json_about (Export *self, const ExportFormat *format)
{
  CliOutput *output = self->output;

  cli_output_put_text (output,
                       "\"exporter\":\"trackexec-export " TRACKEXEC_VERSION "\",\"left_out\":[");
  for (size_t i = 0; format->losses[i] != NULL; i++)
    {
      if (i > 0)
        cli_output_put_char (output, ',');
      cli_output_put_json (output, format->losses[i]);
    }
  cli_output_put_text (output, "],\"missing_stretches\":");
  cli_output_put_number (output, self->n_gaps);
  cli_output_put_text (output, ",\"missing_blocks\":");
  cli_output_put_number (output, self->missing_blocks);
  cli_output_put_text (output, ",\"events_lost\":");
  cli_output_put_number (output, self->events_lost);
}
