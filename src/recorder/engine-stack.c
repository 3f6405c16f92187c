// SPDX-License-Identifier: BSD-3-Clause
// The events that are not simple, and the repair of a recorded stack: whenever it
// does not fit the frames that really run (an event was missed: another tool took
// our place for a while, a greenlet was switched, the interpreter left one out),
// the real ones are stated anew.
#include "engine-private.h"
#include "idle.h"

#include <stdlib.h>

/* Frames out of scope that are looked through below a frame that begins. */
#define LOOK_BELOW_MAX 64u
/* Frames above the recorded ones that may be entered late. */
#define LATE_MAX 64u

static uint64_t
get_key (const RecPyFrame *frame)
{
  return (uint64_t) (uintptr_t) frame;
}

RecCode *
rec_engine_decide (RecEngine *self, PyCodeObject *code, PyObject *globals)
{
  PyObject *type;
  PyObject *value;
  PyObject *traceback;
  RecCode *decided;

  if (self->stream == NULL)
    return NULL;
  PyErr_Fetch (&type, &value, &traceback);
  decided = rec_code_table_decide (&self->codes, self->filter, self->stream, code, globals);
  if (decided != NULL && decided->function != 0 && self->hook->adopt != NULL &&
      !self->hook->adopt (self, decided))
    {
      decided->refused = true;
      decided->function = 0;
      self->refused++;
    }
  PyErr_Clear ();
  PyErr_Restore (type, value, traceback);
  return decided;
}

RecCode *
_rec_engine_get_code (RecEngine *self, RecPyFrame *frame)
{
  RecCode *code = rec_code_table_peek (&self->codes, rec_py_frame_code (frame));

  if (rec_code_table_is_decided (&self->codes, code))
    return code;
  return rec_engine_decide (self, rec_py_frame_code (frame), rec_py_frame_globals (frame));
}

static bool
is_in_scope (RecEngine *self, RecPyFrame *frame)
{
  const RecCode *code = _rec_engine_get_code (self, frame);

  return code != NULL && code->function != 0;
}

/* Strictly: with the function, for addresses of frames are used again. */
static bool
is_top (const RecEngine *self, const RecCode *code, const RecPyFrame *frame)
{
  return rec_engine_is_top (self, frame) && self->stream->current->top->function == code->function;
}

static bool
is_late_top (const RecEngine *self, const RecCode *code, const RecPyFrame *frame)
{
  const TxFrame *top = self->stream->current->top;

  return top->key == (get_key (frame) | REC_KEY_LATE) && top->function == code->function;
}

/* An event of @frame itself: if it was late, it is no more. */
static bool
go_on_late (RecEngine *self, const RecCode *code, const RecPyFrame *frame)
{
  if (!is_late_top (self, code, frame))
    return false;
  self->stream->current->top->key = get_key (frame);
  return true;
}

/* ---- Stating a stack ---- */

static bool
reserve_frames (RecEngine *self, size_t n_frames)
{
  size_t size = self->frames_size > 0 ? self->frames_size : 64;
  TxFrame *frames;
  uint32_t *first_lines;

  if (n_frames <= self->frames_size)
    return true;
  while (size < n_frames)
    size *= 2;
  frames = realloc (self->frames, size * sizeof *frames);
  if (frames != NULL)
    self->frames = frames;
  first_lines = realloc (self->first_lines, size * sizeof *first_lines);
  if (first_lines != NULL)
    self->first_lines = first_lines;
  if (frames == NULL || first_lines == NULL)
    return false;
  self->frames_size = size;
  return true;
}

/* Fills in the scratch arrays from the running frames; outermost first. */
static bool
collect_frames (RecEngine *self, RecPyFrame *innermost, size_t *ret_n_frames)
{
  size_t n_frames = 0;
  size_t at;

  for (RecPyFrame *frame = innermost; frame != NULL; frame = rec_py_frame_previous (frame))
    if (is_in_scope (self, frame))
      n_frames++;
  if (!reserve_frames (self, n_frames))
    return false;
  at = n_frames;
  for (RecPyFrame *frame = innermost; frame != NULL && at > 0;
       frame = rec_py_frame_previous (frame))
    {
      const RecCode *code = _rec_engine_get_code (self, frame);

      if (code == NULL || code->function == 0)
        continue;
      at--;
      self->frames[at] = (TxFrame){ .function = code->function, .key = get_key (frame) };
      self->first_lines[at] = code->first_line;
    }
  *ret_n_frames = n_frames - at;
  return at == 0;
}

/* Takes over what the recorded stack knows; true when nothing differs. */
static bool
compare_frames (RecEngine *self, size_t n_frames, const RecPyFrame *begins_line)
{
  const TxThread *thread = self->stream->current;
  size_t n_recorded = (size_t) (thread->top - thread->frames);
  bool same = n_recorded == n_frames && thread->untracked == 0;

  for (size_t i = 0; i < n_frames; i++)
    {
      TxFrame *frame = &self->frames[i];
      const TxFrame *recorded = i < n_recorded ? &thread->frames[i + 1] : NULL;

      if (recorded != NULL && (recorded->key & ~(uint64_t) REC_KEY_LATE) == frame->key &&
          recorded->function == frame->function)
        *frame = *recorded;
      else
        {
          same = false;
          if (frame->key != get_key (begins_line))
            frame->line = rec_py_frame_line ((RecPyFrame *) (uintptr_t) frame->key);
        }
    }
  return same;
}

void
_rec_engine_state_stack (RecEngine *self,
                         RecPyFrame *innermost,
                         const RecPyFrame *begins_line,
                         TxStackReason reason)
{
  size_t n_frames = 0;
  bool is_whole;

  self->codes.is_collecting = true;
  is_whole = collect_frames (self, innermost, &n_frames);
  self->codes.is_collecting = false;
  if (!is_whole || compare_frames (self, n_frames, begins_line))
    return;
  tx_stream_resync (self->stream, self->frames, self->first_lines, n_frames, reason);
}

/* ---- Frames whose own event comes late ---- */

/* Whether @frame runs though its entry was not told: it began a moment ago (a collection or a signal
 * came before its first event), or it was suspended and goes on. */
static bool
is_late (const RecEngine *self, const RecCode *code, RecPyFrame *frame)
{
  if (code->resumable && tx_stream_is_suspended (self->stream, get_key (frame)))
    return true;
  return rec_py_frame_is_fresh (frame);
}

/* The innermost frame in scope from @frame outwards, NULL if there is none. */
static RecPyFrame *
find_in_scope (RecEngine *self, RecPyFrame *frame, const RecCode **ret_code)
{
  for (; frame != NULL; frame = rec_py_frame_previous (frame))
    {
      *ret_code = _rec_engine_get_code (self, frame);
      if (*ret_code != NULL && (*ret_code)->function != 0)
        break;
    }
  return frame;
}

static void
enter_late (RecEngine *self, const RecCode *code, RecPyFrame *frame, uint64_t flag)
{
  if (code->resumable && tx_stream_is_suspended (self->stream, get_key (frame)))
    tx_stream_resume (self->stream, code->function, code->first_line, get_key (frame));
  else
    tx_stream_call (self->stream, code->function, code->first_line, get_key (frame));
  if (self->stream->current->untracked == 0)
    self->stream->current->top->key |= flag;
}

/* An exception that is thrown into a generator goes to the innermost one that it delegates to. Those
 * between are linked meanwhile, as in a traceback (since 3.10), though they send no event. Such
 * frames, and others that are late, are entered now, from @innermost outwards up to the recorded
 * stack. False when that does not explain the frames that run. */
static bool
enter_late_frames (RecEngine *self, RecPyFrame *innermost, uint64_t flag)
{
  const RecCode *code = NULL;
  RecPyFrame *late[LATE_MAX];
  size_t n_late = 0;
  RecPyFrame *frame = find_in_scope (self, innermost, &code);

  if (self->stream->current->untracked > 0)
    return false;
  while (frame != NULL && !is_top (self, code, frame) && !is_late_top (self, code, frame))
    {
      if (n_late == LATE_MAX || !is_late (self, code, frame))
        return false;
      late[n_late++] = frame;
      frame = find_in_scope (self, rec_py_frame_previous (frame), &code);
    }
  if (n_late == 0 ||
      (frame == NULL && self->stream->current->top != self->stream->current->frames))
    return false;
  while (n_late-- > 0)
    enter_late (self, _rec_engine_get_code (self, late[n_late]), late[n_late], flag);
  return true;
}

/* Frames that delegate are suspended with the one that they delegate to, without an event. */
void
_rec_engine_yield_late (RecEngine *self)
{
  const TxThread *thread = self->stream->current;

  while (thread->untracked == 0 && (thread->top->key & REC_KEY_LATE) != 0)
    {
      thread->top->key &= ~(uint64_t) REC_KEY_LATE;
      tx_stream_yield (self->stream);
    }
}

/* ---- Events ---- */

/* Is the recorded stack what runs from @below outwards, as far as its innermost frame tells? */
static bool
fits (RecEngine *self, RecPyFrame *below)
{
  const TxThread *thread = self->stream->current;
  bool is_empty = thread->top == thread->frames;

  if (thread->untracked > 0)
    return true;
  for (unsigned i = 0; below != NULL && i < LOOK_BELOW_MAX; i++)
    {
      const RecCode *code = _rec_engine_get_code (self, below);

      if (code != NULL && code->function != 0)
        return !is_empty &&
               (is_top (self, code, below) || is_late_top (self, code, below));
      below = rec_py_frame_previous (below);
    }
  return below != NULL || is_empty;
}

void
_rec_engine_enter_slow (
    RecEngine *self, PyThreadState *tstate, RecCode *code, RecPyFrame *frame, RecEntry entry)
{
  RecPyFrame *below = rec_py_frame_previous (frame);
  uint64_t key = get_key (frame);

  if (!_rec_engine_go_to_thread (self, tstate))
    return;
  rec_idle_interrupt (self);
  if (go_on_late (self, code, frame))
    return;
  if (self->recheck || (!fits (self, below) && !enter_late_frames (self, below, REC_KEY_LATE)))
    {
      self->recheck = false;
      _rec_engine_state_stack (self, below, NULL, TX_STACK_RESYNC);
    }
  if (entry == REC_ENTRY_START)
    {
      if (code->resumable)
        tx_stream_forget_suspended (self->stream, key);
      tx_stream_call (self->stream, code->function, code->first_line, key);
    }
  else if (!is_top (self, code, frame))
    tx_stream_resume (self->stream, code->function, code->first_line, key);
}

static bool
is_recorded (const RecEngine *self, const RecPyFrame *frame)
{
  const TxThread *thread = self->stream->current;

  for (const TxFrame *recorded = thread->top; recorded > thread->frames; recorded--)
    if (recorded->key == get_key (frame))
      return true;
  return false;
}

void
_rec_engine_leave_slow (
    RecEngine *self, PyThreadState *tstate, RecCode *code, RecPyFrame *frame, RecExit how)
{
  if (!_rec_engine_go_to_thread (self, tstate))
    return;
  go_on_late (self, code, frame);
  if (self->recheck || (self->stream->current->untracked == 0 && !is_top (self, code, frame) &&
                        !enter_late_frames (self, frame, 0)))
    {
      bool recorded = is_recorded (self, frame);

      self->recheck = false;
      _rec_engine_state_stack (self, recorded ? frame : rec_py_frame_previous (frame), NULL,
                               TX_STACK_RESYNC);
      if (!recorded || !is_top (self, code, frame))
        {
          if (code->resumable && how != REC_EXIT_YIELD)
            tx_stream_forget_suspended (self->stream, get_key (frame));
          return;
        }
    }
  if (how == REC_EXIT_RETURN)
    tx_stream_return (self->stream);
  else if (how == REC_EXIT_YIELD)
    rec_engine_yield (self);
  else
    {
      tx_stream_unwind (self->stream);
      _rec_engine_note_unwind (self, frame);
    }
}

/* @begins_line: see _rec_engine_state_stack() */
static bool
bring_to_top (RecEngine *self,
              const RecCode *code,
              RecPyFrame *frame,
              const RecPyFrame *begins_line)
{
  go_on_late (self, code, frame);
  if (self->recheck || (self->stream->current->untracked == 0 && !is_top (self, code, frame) &&
                        !enter_late_frames (self, frame, 0)))
    {
      self->recheck = false;
      _rec_engine_state_stack (self, frame, begins_line, TX_STACK_RESYNC);
    }
  return is_top (self, code, frame);
}

bool
_rec_engine_go_to_frame (RecEngine *self,
                         PyThreadState *tstate,
                         const RecCode *code,
                         RecPyFrame *frame)
{
  return _rec_engine_go_to_thread (self, tstate) && bring_to_top (self, code, frame, NULL);
}

void
_rec_engine_line_slow (RecEngine *self, PyThreadState *tstate, RecPyFrame *frame, uint32_t line)
{
  const RecCode *code;

  if (self->is_pending && (!rec_engine_is_in_scope (self, rec_py_frame_code (frame),
                                                    rec_py_frame_globals (frame)) ||
                           !rec_engine_begin_child (self, tstate, frame, frame)))
    return;
  if (!_rec_engine_go_to_thread (self, tstate))
    return;
  code = _rec_engine_get_code (self, frame);
  if (code == NULL || code->function == 0)
    return;
  if (bring_to_top (self, code, frame, frame))
    tx_stream_line (self->stream, line);
}
