// SPDX-License-Identifier: BSD-3-Clause
// Chrome's trace event format, as JSON, which Perfetto and chrome://tracing open: a track for each
// thread with its calls, and marks, exceptions, waiting and gaps on it. Rather than Perfetto's
// protobuf: both are streams, this one can be read by people and other tools, and has no names to
// intern, so that its memory is a buffer's.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-sum.h"
#include "cli-thread.h"
#include "export.h"

typedef struct
{
  Export *export; /* borrowed */
  uint64_t pid;
  int64_t from_ns; /* what times count from: numbers stay so small that a double holds them */
  bool *threads;   /* owned (array length=n_threads + 1): has been named */
  size_t n_threads;
  bool has_events;
} File;

/* Microseconds with three digits. */
static void
put_time (CliOutput *output, uint64_t time_ns)
{
  cli_output_put_number (output, time_ns / 1000);
  if (time_ns % 1000 == 0)
    return;
  cli_output_put_char (output, '.');
  cli_output_put_char (output, (char) ('0' + time_ns / 100 % 10));
  cli_output_put_char (output, (char) ('0' + time_ns / 10 % 10));
  cli_output_put_char (output, (char) ('0' + time_ns % 10));
}

/* The members that all events have; leaves the object open. */
static void
begin_event (File *self, char phase, TxThreadId thread, int64_t mono_ns)
{
  CliOutput *output = self->export->output;

  cli_output_put_text (output, self->has_events ? ",\n{\"ph\":\"" : "\n{\"ph\":\"");
  self->has_events = true;
  cli_output_put_char (output, phase);
  cli_output_put_text (output, "\",\"pid\":");
  cli_output_put_number (output, self->pid);
  cli_output_put_text (output, ",\"tid\":");
  cli_output_put_number (output, thread);
  cli_output_put_text (output, ",\"ts\":");
  put_time (output, mono_ns > self->from_ns ? (uint64_t) mono_ns - (uint64_t) self->from_ns : 0);
}

static void
put_name (File *self, const char *name)
{
  cli_output_put_text (self->export->output, ",\"name\":");
  cli_output_put_json (self->export->output, name);
}

static void
end_event (File *self)
{
  cli_output_put_char (self->export->output, '}');
}

static void
put_metadata (File *self, TxThreadId thread, const char *kind, const char *name)
{
  begin_event (self, 'M', thread, self->from_ns);
  put_name (self, kind);
  cli_output_put_text (self->export->output, ",\"args\":{\"name\":");
  cli_output_put_json (self->export->output, name);
  cli_output_put_char (self->export->output, '}');
  end_event (self);
}

static void
name_thread (File *self, TxThreadId thread)
{
  char *label;

  if (thread == 0 || thread > self->n_threads || self->threads[thread])
    return;
  self->threads[thread] = true;
  label = cli_thread_dup_label (self->export->reader, thread);
  put_metadata (self, thread, "thread_name", label != NULL ? label : "?");
  free (label);
}

/* A slice for the waiting, as much of it as lies behind the thread's event before. */
static void
put_wait (File *self, const ReplayWalkEvent *event)
{
  uint64_t waited_ns = event->waited_ns < event->spent_ns ? event->waited_ns : event->spent_ns;

  if (waited_ns == 0)
    return;
  begin_event (self, 'B', event->thread, cli_subtract (event->mono_ns, (int64_t) waited_ns));
  put_name (self, "waiting");
  end_event (self);
  begin_event (self, 'E', event->thread, event->mono_ns);
  end_event (self);
}

/* An instant with a text; @scope: t: of the thread, p: of the process. */
static void
put_instant (File *self, const ReplayWalkEvent *event, const char *name, char scope)
{
  begin_event (self, 'i', event->thread, event->mono_ns);
  put_name (self, name);
  cli_output_put_text (self->export->output, ",\"s\":\"");
  cli_output_put_char (self->export->output, scope);
  cli_output_put_char (self->export->output, '"');
  end_event (self);
}

static void
put_text (File *self, const ReplayWalkEvent *event)
{
  const char *type = event->kind == REPLAY_WALK_RAISE
                         ? tx_reader_get_type_name (self->export->reader, event->type)
                         : "mark";
  char *escaped_type = export_dup_escaped (type == NULL ? "?" : type, SIZE_MAX);
  char *escaped = export_dup_escaped (event->text, event->text_size);
  char *name = NULL;

  if (escaped_type != NULL && escaped != NULL &&
      asprintf (&name, *escaped != '\0' ? "%s: %s" : "%s%s", escaped_type, escaped) >= 0)
    {
      put_instant (self, event, name, 't');
      free (name);
    }
  free (escaped_type);
  free (escaped);
}

static void
put_gap (File *self, const ReplayWalkEvent *event)
{
  char name[128];

  snprintf (name, sizeof name, "missing: %" PRIu64 " blocks, %" PRIu64 " events",
            event->missing_blocks, event->events_lost);
  put_instant (self, event, name, 'p');
}

static void
put_event (File *self, const ReplayWalkEvent *event)
{
  name_thread (self, event->thread);
  switch (event->kind)
    {
    case REPLAY_WALK_ENTER:
      begin_event (self, 'B', event->thread, event->mono_ns);
      put_name (self, export_get_label (self->export, event->function));
      end_event (self);
      break;
    case REPLAY_WALK_LEAVE:
      begin_event (self, 'E', event->thread, event->mono_ns);
      end_event (self);
      break;
    case REPLAY_WALK_WAIT:
      put_wait (self, event);
      break;
    case REPLAY_WALK_MARK:
    case REPLAY_WALK_RAISE:
      put_text (self, event);
      break;
    case REPLAY_WALK_GAP:
      put_gap (self, event);
      break;
    default:
      break;
    }
}

static TxStatus
put_file (File *self, TxError *error)
{
  Export *export = self->export;
  const ReplayWalkEvent *event;
  TxStatus status = export_begin (export, 0, error);

  cli_output_put_text (export->output, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
  put_metadata (self, 0, "process_name", export->name);
  while (status == TX_OK && (status = export_next (export, &event, error)) == TX_OK)
    put_event (self, event);
  cli_output_put_text (export->output, "],\n\"otherData\":{");
  export_put_json_about (export, &export_perfetto);
  cli_output_put_text (export->output, "}}\n");
  return status == TX_END ? TX_OK : status;
}

static TxStatus
write_perfetto (Export *export, TxError *error)
{
  const char *pid = tx_reader_get_info (export->reader, "pid");
  File file = { .export = export,
                .pid = pid == NULL ? 0 : strtoull (pid, NULL, 10) % UINT32_MAX,
                .n_threads = tx_reader_get_n_threads (export->reader) };
  int64_t to_ns;
  TxStatus status;

  if (file.pid == 0)
    file.pid = 1; /* 0 is no process of its own to a viewer */
  export_get_extent (export, &file.from_ns, &to_ns);
  file.threads = calloc (file.n_threads + 1, sizeof *file.threads);
  status = file.threads == NULL
               ? tx_error_set (error, TX_ERROR_MEMORY, "no memory for the names of an export")
               : put_file (&file, error);
  free (file.threads);
  return status;
}

static const char *const losses[] = {
  "lines: calls of functions only",
  "the bounds of times, and the wall clock: times count from the beginning of the range",
  "that a suspended generator or coroutine goes on: it is left and entered again",
  NULL,
};

const ExportFormat export_perfetto = { "perfetto", "Perfetto, chrome://tracing, speedscope", losses,
                                       write_perfetto };
