// SPDX-License-Identifier: BSD-3-Clause
// Callgrind's format, version 1: what each line took by itself, and what each line's calls of a
// function took.
#include <stdlib.h>
#include <string.h>

#include "export-sums.h"
#include "export.h"

typedef struct
{
  Export *export; /* borrowed */
  ExportSums sums;
  ExportLanes lanes;
} File;

/* ---- Events ---- */

static void
add_cost (
    File *self, ExportLane *lane, TxFunctionId function, uint32_t line, int kind, uint64_t cost)
{
  uint32_t index;

  if (cost == 0)
    return;
  index = export_sums_get (&self->sums, function, line, 0);
  if (self->sums.no_memory)
    return;
  self->sums.entries[index].costs[kind] += cost;
  lane->counters[kind] += cost;
}

static void
enter (File *self, ExportLane *lane, const ReplayWalkEvent *event)
{
  ExportFrame *frame = export_lane_push (lane);

  if (frame == NULL)
    {
      self->sums.no_memory = true;
      return;
    }
  frame->node = UINT32_MAX;
  if (event->caller == 0)
    return;
  frame->node =
      export_sums_get (&self->sums, event->caller, event->caller_line, event->function + 1);
  if (self->sums.no_memory)
    return;
  self->sums.entries[frame->node].calls++;
  frame->is_outermost = export_sums_enter (&self->sums, frame->node, event->thread);
}

static void
leave (File *self, ExportLane *lane, const ReplayWalkEvent *event)
{
  const ExportFrame *frame;

  if (lane->n_frames == 0)
    return;
  frame = &lane->frames[--lane->n_frames];
  if (frame->node == UINT32_MAX)
    return;
  export_sums_leave (&self->sums, frame->node, event->thread);
  for (int i = 0; i < EXPORT_N_COSTS && frame->is_outermost; i++)
    self->sums.entries[frame->node].costs[i] += lane->counters[i] - frame->at[i];
}

static void
add_event (File *self, const ReplayWalkEvent *event)
{
  ExportLane *lane;

  if (event->thread == 0)
    return;
  lane = export_lanes_get (&self->lanes, event->thread);
  if (lane == NULL)
    {
      self->sums.no_memory = true;
      return;
    }
  add_cost (self, lane, event->spent_function, event->spent_line, EXPORT_TIME, event->spent_ns);
  if (event->kind == REPLAY_WALK_ENTER)
    enter (self, lane, event);
  else if (event->kind == REPLAY_WALK_LEAVE)
    leave (self, lane, event);
  else if (event->kind == REPLAY_WALK_LINE)
    add_cost (self, lane, event->function, event->line, EXPORT_STEPS, 1);
  else if (event->kind == REPLAY_WALK_WAIT)
    add_cost (self, lane, event->function, event->line, EXPORT_WAITING, event->waited_ns);
}

/* ---- The file ---- */

static void
put_costs (CliOutput *output, const uint64_t *costs)
{
  for (int i = 0; i < EXPORT_N_COSTS; i++)
    {
      if (i > 0)
        cli_output_put_char (output, ' ');
      cli_output_put_number (output, costs[i]);
    }
  cli_output_put_char (output, '\n');
}

/* "(id) name", where a name is said the first time: else "(id)". */
static void
put_name (File *self, const char *key, uint64_t id, bool *is_said, const char *name, uint32_t line)
{
  CliOutput *output = self->export->output;

  cli_output_put_text (output, key);
  cli_output_put_char (output, '(');
  cli_output_put_number (output, id);
  cli_output_put_char (output, ')');
  if (!*is_said)
    {
      cli_output_put_char (output, ' ');
      cli_output_put_text (output, *name != '\0' ? name : "?");
      /* Functions of one name are told apart by where they begin. */
      if (line > 0)
        {
          cli_output_put_char (output, ':');
          cli_output_put_number (output, line);
        }
    }
  cli_output_put_char (output, '\n');
  *is_said = true;
}

static void
put_function (File *self,
              const char *file_key,
              const char *key,
              TxFunctionId id,
              bool *functions,
              bool *files)
{
  Export *export = self->export;
  bool is_known = id != 0 && id <= tx_reader_get_n_functions (export->reader);
  const TxFunction *function = is_known ? tx_reader_get_function (export->reader, id) : NULL;
  TxFileId file = function == NULL || function->file > tx_reader_get_n_files (export->reader)
                      ? 0
                      : function->file;
  bool unknown = false;

  put_name (self, file_key, file, &files[file],
            function ? cli_names_get_file (export->names, id) : "?", 0);
  put_name (self, key, id, is_known ? &functions[id] : &unknown,
            function ? cli_names_get_function (export->names, id) : "?",
            export_get_first_line (export, id));
}

static void
put_header (File *self, const uint64_t *totals)
{
  Export *export = self->export;
  CliOutput *output = export->output;
  const char *pid = tx_reader_get_info (export->reader, "pid");

  cli_output_put_text (
      output, "# callgrind format\nversion: 1\ncreator: trackexec-export " TRACKEXEC_VERSION "\n");
  export_put_losses (export, &export_callgrind, "# not in this file: ", "\n");
  if (pid != NULL && *pid != '\0' && strspn (pid, "0123456789") == strlen (pid))
    {
      cli_output_put_text (output, "pid: ");
      cli_output_put_text (output, pid);
      cli_output_put_char (output, '\n');
    }
  cli_output_put_text (output, "cmd: ");
  cli_output_put_text (output, export->name);
  if (export->n_gaps > 0)
    {
      cli_output_put_text (output, "\ndesc: Missing: stretches ");
      cli_output_put_number (output, export->n_gaps);
      cli_output_put_text (output, ", blocks ");
      cli_output_put_number (output, export->missing_blocks);
      cli_output_put_text (output, ", events ");
      cli_output_put_number (output, export->events_lost);
    }
  cli_output_put_text (output, "\npositions: line\n"
                               "event: ns : Time, nanoseconds on the wall\n"
                               "event: steps : Executions of lines\n"
                               "event: waiting : Waiting, nanoseconds on no CPU, where known\n"
                               "events: ns steps waiting\nsummary: ");
  put_costs (output, totals);
}

static TxStatus
put_entries (File *self, TxError *error)
{
  CliOutput *output = self->export->output;
  bool *functions =
      calloc (tx_reader_get_n_functions (self->export->reader) + 1, sizeof *functions);
  bool *files = calloc (tx_reader_get_n_files (self->export->reader) + 1, sizeof *files);

  for (size_t i = 0; functions != NULL && files != NULL && i < self->sums.n_entries; i++)
    {
      const ExportSum *entry = &self->sums.entries[i];

      if (i == 0 || entry->function != self->sums.entries[i - 1].function)
        {
          cli_output_put_char (output, '\n');
          put_function (self, "fl=", "fn=", entry->function, functions, files);
        }
      if (entry->callee != 0)
        {
          put_function (self, "cfi=", "cfn=", entry->callee - 1, functions, files);
          cli_output_put_text (output, "calls=");
          cli_output_put_number (output, entry->calls);
          cli_output_put_char (output, ' ');
          cli_output_put_number (output, export_get_first_line (self->export, entry->callee - 1));
          cli_output_put_char (output, '\n');
        }
      cli_output_put_number (output, entry->line);
      cli_output_put_char (output, ' ');
      put_costs (output, entry->costs);
    }
  free (functions);
  free (files);
  return functions != NULL && files != NULL
             ? TX_OK
             : tx_error_set (error, TX_ERROR_MEMORY, "no memory for the names of an export");
}

static TxStatus
put_file (File *self, TxError *error)
{
  uint64_t totals[EXPORT_N_COSTS] = { 0 };
  TxStatus status;

  export_sums_sort (&self->sums);
  for (size_t i = 0; i < self->sums.n_entries; i++)
    for (int k = 0; k < EXPORT_N_COSTS && self->sums.entries[i].callee == 0; k++)
      totals[k] += self->sums.entries[i].costs[k];
  put_header (self, totals);
  status = put_entries (self, error);
  cli_output_put_text (self->export->output, "\ntotals: ");
  put_costs (self->export->output, totals);
  return status;
}

static TxStatus
write_callgrind (Export *export, TxError *error)
{
  File file = { .export = export };
  const ReplayWalkEvent *event;
  TxStatus status = export_begin (export, 0, error);

  while (status == TX_OK && (status = export_next (export, &event, error)) == TX_OK)
    {
      add_event (&file, event);
      if (file.sums.no_memory)
        status = tx_error_set (error, TX_ERROR_MEMORY, "no memory for the sums of an export");
    }
  if (status == TX_END)
    status = put_file (&file, error);
  export_lanes_clear (&file.lanes);
  export_sums_clear (&file.sums);
  return status;
}

static const char *const losses[] = {
  "the order and the moments of calls: there are sums only",
  "threads: they are added up",
  "the bounds of times, marks, exceptions, and what lies in missing stretches",
  "which calls are others going on: each resumption of a generator or coroutine counts as a call, "
  "and so does a "
  "frame that is there when the range begins or behind a missing stretch",
  "how time is spread over the levels of a recursion: a call under itself adds to the count only",
  NULL,
};

const ExportFormat export_callgrind = { "callgrind", "KCachegrind, callgrind_annotate", losses,
                                        write_callgrind };
