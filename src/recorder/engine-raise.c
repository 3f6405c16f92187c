// SPDX-License-Identifier: BSD-3-Clause
// Exceptions: the interpreter tells of one in each frame that it passes; it is recorded where it is
// raised, or where it comes in from code out of scope, once. Only pointers are kept of it.
#include "engine-private.h"

#include <string.h>

/* Whether the interpreter has just put @frame on the traceback: not for the StopIteration by which
 * an iterator tells the interpreter that it is at its end. */
static bool
is_raised_in (PyObject *traceback, const RecPyFrame *frame)
{
  return traceback != NULL && PyTraceBack_Check (traceback) &&
         rec_py_frame_from_object (((PyTracebackObject *) traceback)->tb_frame) == frame;
}

static size_t
get_depth (const TxThread *thread)
{
  return (size_t) (thread->top - thread->frames);
}

static RecRaises *
get_raises (RecEngine *self, const TxThread *thread)
{
  RecRaises *raises = &self->raises[thread->id % REC_RAISES];

  if (raises->thread != thread->id)
    *raises = (RecRaises){ .thread = thread->id };
  return raises;
}

/* Takes away what is of frames that are gone, and what has come to the innermost frame. Whether
 * @exception is among the latter: it has come up from a frame that it left, nothing else having
 * happened in this one. A new exception may have the address; its traceback has one entry. */
static bool
take_passing (RecRaises *self,
              const TxThread *thread,
              const PyObject *exception,
              const PyObject *traceback)
{
  bool is_passing = false;

  while (self->n_raises > 0)
    {
      const RecRaise *raise = &self->raises[self->n_raises - 1];

      if (raise->depth < get_depth (thread) ||
          (raise->depth == get_depth (thread) && !raise->is_passing &&
           raise->frame != thread->top->key))
        break;
      is_passing =
          is_passing || (raise->is_passing && raise->depth == get_depth (thread) &&
                         raise->exception == exception && raise->line == thread->top->line &&
                         ((const PyTracebackObject *) traceback)->tb_next != NULL);
      self->n_raises--;
    }
  return is_passing;
}

static void
put (RecRaises *self, const RecRaise *raise)
{
  /* The outermost one is the likeliest to be caught long ago. */
  if (self->n_raises == REC_RAISES_MAX)
    memmove (&self->raises[0], &self->raises[1], --self->n_raises * sizeof *raise);
  self->raises[self->n_raises++] = *raise;
}

void
rec_engine_raise (RecEngine *self,
                  PyThreadState *tstate,
                  RecCode *code,
                  RecPyFrame *frame,
                  PyObject *exception,
                  PyObject *traceback)
{
  char message[TX_MESSAGE_SIZE_MAX];
  const TxThread *thread;
  RecRaises *raises;

  if (!PyExceptionInstance_Check (exception) || !is_raised_in (traceback, frame) ||
      !_rec_engine_go_to_frame (self, tstate, code, frame))
    return;
  thread = self->stream->current;
  raises = get_raises (self, thread);
  if (!take_passing (raises, thread, exception, traceback))
    {
      TxTypeId type = rec_type_table_get (&self->types, self->stream, Py_TYPE (exception));
      size_t size = rec_exception_write_message (exception, message, sizeof message);

      tx_stream_raise (self->stream, type, message, size);
    }
  put (raises, &(RecRaise){
                   .exception = exception,
                   .frame = (uint64_t) (uintptr_t) frame,
                   .depth = get_depth (thread),
               });
}

void
_rec_engine_note_unwind (RecEngine *self, const RecPyFrame *frame)
{
  const TxThread *thread = self->stream->current;
  RecRaises *raises = get_raises (self, thread);

  for (size_t i = raises->n_raises; i-- > 0;)
    {
      RecRaise *raise = &raises->raises[i];

      if (raise->is_passing || raise->frame != (uint64_t) (uintptr_t) frame)
        continue;
      /* What is behind it came to this frame and ended there. */
      raises->n_raises = i + 1;
      raise->is_passing = true;
      raise->depth = get_depth (thread);
      raise->line = thread->top->line;
      break;
    }
}
