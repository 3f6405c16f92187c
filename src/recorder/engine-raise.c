// SPDX-License-Identifier: BSD-3-Clause
// Exceptions: the interpreter tells of one in each frame that it passes; it is recorded where it is
// raised, or where it comes in from code out of scope, once. Only pointers are kept of it.
#include "engine-private.h"

/* Whether the interpreter has just put @frame on the traceback: not for the StopIteration by which
 * an iterator tells the interpreter that it is at its end. */
static bool
is_raised_in (PyObject *traceback, const RecPyFrame *frame)
{
  return traceback != NULL && PyTraceBack_Check (traceback) &&
         rec_py_frame_from_object (((PyTracebackObject *) traceback)->tb_frame) == frame;
}

/* Has the exception come up from the frame that was left last, nothing else having happened? A new
 * one may have its address; its traceback has one entry. */
static bool
is_passing (const RecRaise *raise,
            const TxThread *thread,
            const PyObject *exception,
            const PyObject *traceback)
{
  return raise->is_passing && raise->exception == exception && raise->thread == thread->id &&
         raise->top == thread->top && raise->line == thread->top->line &&
         ((const PyTracebackObject *) traceback)->tb_next != NULL;
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
  RecRaise *raise;

  if (!PyExceptionInstance_Check (exception) || !is_raised_in (traceback, frame) ||
      !_rec_engine_go_to_frame (self, tstate, code, frame))
    return;
  thread = self->stream->current;
  raise = &self->raises[thread->id % REC_RAISES];
  if (!is_passing (raise, thread, exception, traceback))
    {
      TxTypeId type = rec_type_table_get (&self->types, self->stream, Py_TYPE (exception));
      size_t size = rec_exception_write_message (exception, message, sizeof message);

      tx_stream_raise (self->stream, type, message, size);
    }
  *raise = (RecRaise){
    .exception = exception,
    .thread = thread->id,
    .frame = (uint64_t) (uintptr_t) frame,
  };
}

void
_rec_engine_note_unwind (RecEngine *self, const RecPyFrame *frame)
{
  const TxThread *thread = self->stream->current;
  RecRaise *raise = &self->raises[thread->id % REC_RAISES];

  raise->is_passing =
      raise->thread == thread->id && raise->frame == (uint64_t) (uintptr_t) frame;
  raise->top = thread->top;
  raise->line = thread->top->line;
}
