// SPDX-License-Identifier: BSD-3-Clause
// Comma-separated values: a row for each thing that happened, in order, for spreadsheets and data
// frames.
#include <stdlib.h>

#include "export.h"

typedef struct
{
  Export *export; /* borrowed */
  char **threads; /* owned (array length=n_threads + 1), each too: names, made when first needed */
  size_t n_threads;
} File;

static const char *
get_thread_name (File *self, TxThreadId thread)
{
  const TxThreadInfo *info;

  if (thread == 0 || thread > self->n_threads)
    return "";
  info = tx_reader_get_thread (self->export->reader, thread);
  if (self->threads[thread] == NULL && info != NULL)
    self->threads[thread] = export_dup_escaped (info->name, SIZE_MAX);
  return self->threads[thread] == NULL ? "" : self->threads[thread];
}

static const char *
get_what (const ReplayWalkEvent *event)
{
  static const char *const causes[] = {
    [REPLAY_WALK_CALL] = "call",     [REPLAY_WALK_RESUME] = "resume", [REPLAY_WALK_THERE] = "there",
    [REPLAY_WALK_RETURN] = "return", [REPLAY_WALK_UNWIND] = "unwind", [REPLAY_WALK_YIELD] = "yield",
    [REPLAY_WALK_CUT] = "cut",
  };
  static const char *const kinds[] = {
    [REPLAY_WALK_LINE] = "line",   [REPLAY_WALK_WAIT] = "wait", [REPLAY_WALK_MARK] = "mark",
    [REPLAY_WALK_RAISE] = "raise", [REPLAY_WALK_GAP] = "gap",
  };

  return event->kind == REPLAY_WALK_ENTER || event->kind == REPLAY_WALK_LEAVE ? causes[event->cause]
                                                                              : kinds[event->kind];
}

static void
put_text (File *self, const ReplayWalkEvent *event)
{
  char *escaped = export_dup_escaped (event->text, event->text_size);

  if (escaped != NULL)
    cli_output_put_csv (self->export->output, escaped);
  free (escaped);
}

/* The last two columns: for how long, and what else there is to say. */
static void
put_detail (File *self, const ReplayWalkEvent *event)
{
  CliOutput *output = self->export->output;
  const char *type;

  if (event->kind == REPLAY_WALK_LEAVE)
    cli_output_put_number (output, event->elapsed_ns);
  else if (event->kind == REPLAY_WALK_WAIT)
    cli_output_put_number (output, event->waited_ns);
  cli_output_put_char (output, ',');
  if (event->kind == REPLAY_WALK_GAP)
    {
      cli_output_put_number (output, event->missing_blocks);
      cli_output_put_text (output, " blocks ");
      cli_output_put_number (output, event->events_lost);
      cli_output_put_text (output, " events");
    }
  else if (event->kind == REPLAY_WALK_RAISE)
    {
      char *escaped = NULL;

      type = tx_reader_get_type_name (self->export->reader, event->type);
      escaped = export_dup_escaped (type == NULL ? "?" : type, SIZE_MAX);
      cli_output_put_csv (output, escaped == NULL ? "?" : escaped);
      free (escaped);
    }
  cli_output_put_char (output, ',');
  if (event->text != NULL)
    put_text (self, event);
}

static void
put_number (File *self, uint64_t number)
{
  cli_output_put_number (self->export->output, number);
  cli_output_put_char (self->export->output, ',');
}

static void
put_row (File *self, const ReplayWalkEvent *event)
{
  CliOutput *output = self->export->output;

  cli_output_put_signed (output, event->real_ns);
  cli_output_put_char (output, ',');
  put_number (self, event->error_ns);
  put_number (self, event->thread);
  cli_output_put_csv (output, get_thread_name (self, event->thread));
  cli_output_put_char (output, ',');
  cli_output_put_text (output, get_what (event));
  cli_output_put_char (output, ',');
  put_number (self, event->depth);
  if (event->function != 0)
    cli_output_put_csv (output, cli_names_get_file (self->export->names, event->function));
  cli_output_put_char (output, ',');
  put_number (self, event->line);
  if (event->function != 0)
    cli_output_put_csv (output, cli_names_get_function (self->export->names, event->function));
  cli_output_put_char (output, ',');
  put_number (self, event->spent_ns);
  put_detail (self, event);
  cli_output_put_text (output, "\n");
}

static TxStatus
write_csv (Export *export, TxError *error)
{
  File file = { .export = export, .n_threads = tx_reader_get_n_threads (export->reader) };
  const ReplayWalkEvent *event;
  TxStatus status;

  file.threads = calloc (file.n_threads + 1, sizeof *file.threads);
  status = file.threads == NULL
               ? tx_error_set (error, TX_ERROR_MEMORY, "no memory for the names of an export")
               : export_begin (export, 0, error);
  cli_output_put_text (export->output,
                       "time_ns,error_ns,thread,thread_name,what,depth,file,line,function,"
                       "since_ns,duration_ns,detail,text\n");
  while (status == TX_OK && (status = export_next (export, &event, error)) == TX_OK)
    put_row (&file, event);
  for (size_t i = 0; file.threads != NULL && i <= file.n_threads; i++)
    free (file.threads[i]);
  free (file.threads);
  return status == TX_END ? TX_OK : status;
}

static const char *const losses[] = {
  "sources",
  "how long a line took, but for the rows behind it: since_ns is the time since the thread's row "
  "before",
  NULL,
};

const ExportFormat export_csv = { "csv", "spreadsheets, data frames", losses, write_csv };
