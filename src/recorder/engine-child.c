// SPDX-License-Identifier: BSD-3-Clause
// Forked children: each goes on in a trace of its own beside its parent's. That begins with the first
// event in scope, so that a child which only runs another program leaves nothing behind. It is made
// by a native thread: the program waits for it, but not for a disk that hangs; what happens until
// it is there is left out, and a mark says so.
#include "engine-private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/tx-late-writer.h"

#define N_LINKS 4

/* How long the first event waits while a CPU is all that the thread lacks. */
#define TIMEOUT_NS (2 * 1000000000ull)

/* How to record a child; kept from one fork to the next. */
struct _RecChild
{
  RecOptions options;   /* its strings are owned */
  RecInfo *info;        /* owned, as the next */
  char *ring_directory; /* (nullable) */
  char *run;            /* owned: the directory that holds the traces */
  char *name;           /* owned: of the trace of the first ancestor */

  /* In a child: */
  RecInfo links[N_LINKS];
  TxLateWriter *late; /* owned (nullable): the trace is being made */
  uint64_t n_left_out;
};

/* ---- In the parent ---- */

static void
free_child (RecChild *child)
{
  if (child == NULL)
    return;
  free (child->info);
  free (child->ring_directory);
  free (child->run);
  free (child->name);
  free (child);
}

static bool
copy_options (RecChild *child, const RecOptions *options)
{
  const char *slash = strrchr (options->directory, '/');

  if (slash == NULL || slash[1] == '\0')
    return false;
  child->options = *options;
  child->options.filter = NULL;
  child->options.recover_directory = NULL;
  child->run = strndup (options->directory, (size_t) (slash - options->directory));
  child->name = strdup (slash + 1);
  child->info = calloc (REC_INFO_MAX, sizeof *child->info);
  if (options->ring_directory != NULL)
    child->ring_directory = strdup (options->ring_directory);
  if (child->run == NULL || child->name == NULL || child->info == NULL ||
      (options->ring_directory != NULL && child->ring_directory == NULL))
    return false;
  if (options->n_info > REC_INFO_MAX)
    child->options.n_info = REC_INFO_MAX;
  memcpy (child->info, options->info, child->options.n_info * sizeof *child->info);
  child->options.info = child->info;
  child->options.ring_directory = child->ring_directory;
  return true;
}

bool
_rec_engine_keep_options (RecEngine *self, const RecOptions *options)
{
  RecChild *child = calloc (1, sizeof *child);

  if (child != NULL && !copy_options (child, options))
    {
      free_child (child);
      child = NULL;
    }
  self->child = child;
  return child != NULL;
}

void
_rec_engine_forget_options (RecEngine *self)
{
  if (self->child != NULL && self->child->late != NULL)
    tx_late_writer_leave (self->child->late);
  free_child (self->child);
  self->child = NULL;
  self->is_pending = false;
  self->is_child_trace = false;
}

const char *
_rec_engine_get_run (const RecEngine *self)
{
  return self->child != NULL ? self->child->run : NULL;
}

/* ---- In the child ---- */

static void TX_PRINTF (3, 4)
    set_link (RecInfo *link, const char *key, const char *format, ...)
{
  va_list arguments;

  snprintf (link->key, sizeof link->key, "%s", key);
  va_start (arguments, format);
  vsnprintf (link->value, sizeof link->value, format, arguments);
  va_end (arguments);
}

static int64_t
read_mono_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

void
_rec_engine_expect_child (RecEngine *self)
{
  RecChild *child = self->child;

  if (child->late != NULL)
    tx_late_writer_abandon_in_child (child->late);
  child->late = NULL;
  child->n_left_out = 0;
  /* A child of a child that had no event is linked to what was recorded last. */
  if (self->writer != NULL)
    {
      set_link (&child->links[0], "parent", "%s", strrchr (self->directory, '/') + 1);
      set_link (&child->links[1], "parent_trace_id", "%016" PRIx64,
                tx_writer_get_trace_id (self->writer));
    }
  set_link (&child->links[2], "parent_pid", "%ld", (long) getppid ());
  set_link (&child->links[3], "fork_mono_ns", "%" PRId64, read_mono_ns ());
  _rec_engine_clear_threads (self);
  rec_type_table_clear (&self->types); /* the child's trace has ids of its own */
  free (self->directory);
  self->directory = NULL;
  self->writer = NULL;
  self->is_pending = true;
  self->is_child_trace = false;
  if (self->hook->after_fork_in_child != NULL)
    self->hook->after_fork_in_child (self);
}

bool
rec_engine_is_in_scope (RecEngine *self, PyCodeObject *code, PyObject *globals)
{
  const RecCode *known = rec_code_table_peek (&self->codes, code);
  PyObject *type;
  PyObject *value;
  PyObject *traceback;
  bool in_scope;

  if (rec_code_table_is_decided (&self->codes, known))
    return known->function != 0;
  PyErr_Fetch (&type, &value, &traceback);
  in_scope = rec_code_table_matches (&self->codes, self->filter, code, globals);
  PyErr_Restore (type, value, traceback);
  return in_scope;
}

static bool
start_late (RecEngine *self)
{
  RecChild *child = self->child;
  TxInfoEntry info[REC_INFO_ALL];
  TxWriterOptions options = _rec_engine_fill_options (self, &child->options, info);
  char name[300];

  for (size_t i = 0; i < N_LINKS; i++)
    info[options.n_info++] = (TxInfoEntry){ child->links[i].key, child->links[i].value };
  snprintf (name, sizeof name, "%.200s.%ld", child->name, (long) getpid ());
  child->late = tx_late_writer_start (child->run, name, &options);
  return child->late != NULL;
}

/* Nothing more is to be had: the child runs on unrecorded. The hook stays, for it is its event that
 * brought us here. */
static bool
give_up (RecEngine *self)
{
  self->is_pending = false;
  return false;
}

static bool
finish_late (RecEngine *self)
{
  RecChild *child = self->child;
  TxLateWriter *late = child->late;
  char *directory;
  TxWriter *writer;

  child->late = NULL;
  writer = tx_late_writer_finish (late, &directory, NULL);
  if (writer == NULL)
    return give_up (self);
  free (self->directory);
  self->directory = directory;
  self->writer = writer;
  self->stream = tx_writer_get_stream (writer);
  tx_writer_recover (writer, NULL, child->run, child->ring_directory);
  self->is_pending = false;
  self->is_child_trace = true;
  self->recheck = false;
  return true;
}

static void
mark_left_out (RecEngine *self)
{
  char text[128];
  int size = snprintf (text, sizeof text,
                       "trackexec: %" PRIu64 " events before this are missing: the disk was too slow",
                       self->child->n_left_out);

  tx_stream_mark (self->stream, text, (size_t) size);
}

bool
rec_engine_begin_child (RecEngine *self,
                        PyThreadState *tstate,
                        RecPyFrame *innermost,
                        const RecPyFrame *begins_line)
{
  RecChild *child = self->child;

  if (child->late == NULL)
    {
      if (!start_late (self))
        return give_up (self);
      (void) tx_late_writer_wait (child->late, TIMEOUT_NS);
    }
  if (!tx_late_writer_is_done (child->late))
    {
      child->n_left_out++;
      return false;
    }
  if (!finish_late (self))
    return false;
  rec_code_table_begin (&self->codes);
  _rec_engine_state_all_threads (self, tstate, innermost, begins_line);
  if (child->n_left_out > 0)
    mark_left_out (self);
  return true;
}

void
_rec_engine_wait_child (RecEngine *self, uint64_t timeout_ns)
{
  if (self->child->late != NULL)
    (void) tx_late_writer_wait (self->child->late, timeout_ns);
}
