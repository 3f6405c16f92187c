// SPDX-License-Identifier: BSD-3-Clause
// RecEngine's life: recording on and off, around forks and at the process's end,
// and what the program itself says (marks, precise sections). The events are in
// engine.h and engine-stack.c.
#include "engine-private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* How long the disk may keep a stop or the end of the process waiting. */
#define CLOSE_TIMEOUT_NS (2 * 1000000000ull)
/* How long a fork waits for the native thread while that only lacks a CPU. Where a disk holds it
 * up, the fork goes on beside it after 2 ms. */
#define FORK_TIMEOUT_NS (250 * 1000000ull)

RecEngine _rec_engine = { .codes = { .extra_index = -1 } };

void
rec_engine_note (RecEngine *self, const char *key, const char *format, ...)
{
  RecInfo *note = &self->notes[self->n_notes];
  va_list arguments;

  if (self->n_notes == REC_INFO_MAX)
    return;
  self->n_notes++;
  snprintf (note->key, sizeof note->key, "%s", key);
  va_start (arguments, format);
  vsnprintf (note->value, sizeof note->value, format, arguments);
  va_end (arguments);
}

static void
raise_error (const TxError *error)
{
  if (error->status == TX_ERROR_MEMORY)
    PyErr_NoMemory ();
  else if (error->status == TX_ERROR_IO && error->sys_errno != 0)
    {
      PyObject *arguments = Py_BuildValue ("(is)", error->sys_errno, error->message);

      if (arguments != NULL)
        PyErr_SetObject (PyExc_OSError, arguments);
      Py_XDECREF (arguments);
    }
  else
    PyErr_SetString (PyExc_RuntimeError, error->message);
}

TxWriterOptions
_rec_engine_fill_options (const RecEngine *self, const RecOptions *options, TxInfoEntry *info)
{
  TxWriterOptions writer_options = {
    .ring_dir = options->ring_directory,
    .slot_count = options->slot_count,
    .slot_size_bytes = options->slot_size_bytes,
    .max_size_bytes = options->limits.max_size_bytes,
    .min_free_bytes = options->limits.min_free_bytes,
    .max_age_ns = options->limits.max_age_ns,
    .keep_runs = options->limits.keep_runs,
    .info = info,
  };

  for (size_t i = 0; i < options->n_info && i < REC_INFO_MAX; i++)
    info[writer_options.n_info++] =
        (TxInfoEntry){ .key = options->info[i].key, .value = options->info[i].value };
  for (size_t i = 0; i < self->n_notes; i++)
    info[writer_options.n_info++] =
        (TxInfoEntry){ .key = self->notes[i].key, .value = self->notes[i].value };
  return writer_options;
}

static bool
open_writer (RecEngine *self, const RecOptions *options)
{
  TxInfoEntry info[REC_INFO_ALL];
  TxWriterOptions writer_options = _rec_engine_fill_options (self, options, info);
  TxError error = { 0 };

  self->writer = tx_writer_new (options->directory, &writer_options, &error);
  if (self->writer == NULL)
    {
      raise_error (&error);
      return false;
    }
  self->stream = tx_writer_get_stream (self->writer);
  return true;
}

/* Behind _rec_engine_keep_options(). */
static void
recover_others (RecEngine *self, const RecOptions *options)
{
  const char *run = _rec_engine_get_run (self);

  if (options->recover_directory != NULL || run != NULL)
    tx_writer_recover (self->writer, options->recover_directory, run, options->ring_directory);
}

/* From here on no event is written. */
static void
leave_stream (RecEngine *self)
{
  self->stream = NULL;
  self->thread_key = 0;
  self->thread_pointer = NULL;
}

/* Everything but the writer. */
static void
forget_recording (RecEngine *self)
{
  leave_stream (self);
  self->writer = NULL;
  _rec_engine_clear_threads (self);
  /* What was decided until now is not of the next recording; nothing of it is looked at before. */
  rec_code_table_begin (&self->codes);
  rec_filter_free (self->filter);
  self->filter = NULL;
  free (self->directory);
  self->directory = NULL;
  rec_type_table_clear (&self->types);
  free (self->frames);
  free (self->first_lines);
  self->frames = NULL;
  self->first_lines = NULL;
  self->frames_size = 0;
  self->n_notes = 0;
  _rec_engine_forget_options (self);
}

static void
state_thread (RecEngine *self,
              PyThreadState *tstate,
              RecPyFrame *innermost,
              const RecPyFrame *begins_line)
{
  for (RecPyFrame *frame = innermost; frame != NULL; frame = rec_py_frame_previous (frame))
    {
      const RecCode *code = _rec_engine_get_code (self, frame);

      if (code == NULL || code->function == 0)
        continue;
      if (_rec_engine_go_to_thread (self, tstate))
        _rec_engine_state_stack (self, innermost, begins_line, TX_STACK_FIRST_SWITCH);
      return;
    }
}

void
_rec_engine_state_all_threads (RecEngine *self,
                               PyThreadState *caller,
                               RecPyFrame *innermost,
                               const RecPyFrame *begins_line)
{
  PyInterpreterState *interpreter = PyInterpreterState_Get ();

  state_thread (self, caller, innermost, begins_line);
  for (PyThreadState *tstate = PyInterpreterState_ThreadHead (interpreter); tstate != NULL;
       tstate = PyThreadState_Next (tstate))
    if (tstate != caller)
      state_thread (self, tstate, rec_py_frame_current (tstate), NULL);
  _rec_engine_go_to_thread (self, caller);
}

/* What was raised before stays, for the hook may call Python. */
static void
uninstall_hook (RecEngine *self)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;

  PyErr_Fetch (&type, &value, &traceback);
  self->hook->uninstall (self);
  PyErr_Restore (type, value, traceback);
}

static bool
begin_recording (RecEngine *self, const RecOptions *options)
{
  self->filter = options->filter;
  self->n_notes = 0;
  self->foreign_callbacks = 0;
  self->foreign_exits = 0;
  self->instructions = 0;
  self->refused = 0;
  self->replaced = 0;
  self->recheck = false;
  self->directory = strdup (options->directory);
  _rec_engine_clear_threads (self);
  rec_code_table_begin (&self->codes);
  if (self->directory == NULL)
    {
      PyErr_NoMemory ();
      goto fail;
    }
  if (!self->hook->acquire (self) || !open_writer (self, options))
    goto fail_acquired;
  if (options->traces_children && !_rec_engine_keep_options (self, options))
    self->child = NULL;
  recover_others (self, options);
  _rec_engine_state_all_threads (self, rec_py_thread (), rec_py_frame_current (rec_py_thread ()),
                                 NULL);
  if (!self->hook->install (self))
    goto fail_opened;
  return true;

fail_opened:
  {
    TxWriter *writer = self->writer;

    leave_stream (self);
    tx_writer_close (writer, CLOSE_TIMEOUT_NS, NULL);
  }
fail_acquired:
  uninstall_hook (self);
fail:
  forget_recording (self);
  return false;
}

bool
rec_engine_start (RecEngine *self, const RecOptions *options)
{
  bool ok;

  rec_engine_leave_child_trace (self);
  self->is_changing = true;
  ok = begin_recording (self, options);
  self->is_changing = false;
  return ok;
}

bool
rec_engine_stop (RecEngine *self)
{
  TxWriter *writer = self->writer;
  TxError error = { 0 };
  TxStatus status;

  if (self->filter == NULL || self->is_changing)
    return true; /* neither recording, nor a forked child that might */
  self->is_changing = true;
  leave_stream (self);
  self->hook->uninstall (self);
  forget_recording (self);
  self->is_changing = false;
  Py_BEGIN_ALLOW_THREADS status = tx_writer_close (writer, CLOSE_TIMEOUT_NS, &error);
  Py_END_ALLOW_THREADS if (status < 0) raise_error (&error);
  return status >= 0;
}

void
rec_engine_leave_child_trace (RecEngine *self)
{
  if (self->filter == NULL || (self->writer != NULL && !self->is_child_trace))
    return;
  if (!rec_engine_stop (self))
    PyErr_Clear ();
}

void
rec_engine_close_at_exit (RecEngine *self)
{
  TxWriter *writer = self->writer;

  leave_stream (self);
  self->writer = NULL;
  if (writer != NULL)
    tx_writer_close (writer, CLOSE_TIMEOUT_NS, NULL);
}

/* ---- Forks ---- */

void
rec_engine_before_fork (RecEngine *self)
{
  if (self->writer != NULL)
    tx_writer_pause_thread (self->writer, FORK_TIMEOUT_NS);
  else if (self->is_pending)
    _rec_engine_wait_child (self, FORK_TIMEOUT_NS);
}

void
rec_engine_after_fork_in_parent (RecEngine *self)
{
  if (self->writer != NULL)
    tx_writer_allow_thread (self->writer);
}

void
rec_engine_after_fork_in_child (RecEngine *self)
{
  TxWriter *writer = self->writer;

  self->is_changing = false; /* by a thread that the child does not have */
  if (writer == NULL && !self->is_pending)
    return;
  if (writer != NULL)
    tx_writer_abandon_in_child (writer);
  leave_stream (self);
  if (self->child != NULL)
    _rec_engine_expect_child (self);
  else
    {
      self->hook->uninstall (self);
      forget_recording (self);
    }
  tx_writer_close (writer, 0, NULL);
}

/* ---- What the program says ---- */

void
rec_engine_mark (RecEngine *self, const char *text, size_t size)
{
  PyThreadState *tstate = rec_py_thread ();

  if (self->is_pending &&
      !rec_engine_begin_child (self, tstate, rec_py_frame_current (tstate), NULL))
    return;
  if (_rec_engine_go_to_thread (self, tstate))
    tx_stream_mark (self->stream, text, size);
}

void
rec_engine_precise_begin (RecEngine *self)
{
  if (_rec_engine_go_to_thread (self, rec_py_thread ()))
    tx_stream_precise_begin (self->stream);
}

void
rec_engine_precise_end (RecEngine *self)
{
  /* A section may have begun before the recording did. */
  if (_rec_engine_go_to_thread (self, rec_py_thread ()) && self->stream->current->precise > 0)
    tx_stream_precise_end (self->stream);
}
