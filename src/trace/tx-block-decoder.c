// SPDX-License-Identifier: BSD-3-Clause
// Decodes the events of a block (docs/trace-format.md, section 5). Trusts nothing: the
// first violation ends it, what precedes stays.
#include "tx-block-decoder-private.h"
#include "tx-format-private.h"
#include "tx-stream.h"

/* Appends an event. Every event has taken a byte, so there is room. @frame: of @thread. */
static inline TxEvent *
emit_on_frame (TxBlockDecoder *self,
               TxEventKind kind,
               const TxDecoderThread *thread,
               const TxDecoderFrame *frame)
{
  TxEvent *event = &self->events[self->n_events++];

  *event = (TxEvent){ .kind = kind,
                      .thread = thread->id,
                      .depth = _tx_decoder_get_depth (thread),
                      .function = frame->function,
                      .line = frame->line };
  return event;
}

/* The same on the innermost frame, if there is one. */
static TxEvent *
emit (TxBlockDecoder *self, TxEventKind kind)
{
  static const TxDecoderThread no_thread;
  static const TxDecoderFrame no_frame;
  TxDecoderThread *thread = _tx_decoder_get_thread (self);
  TxDecoderFrame *frame = _tx_decoder_get_frame (thread);

  return emit_on_frame (self, kind, thread ? thread : &no_thread, frame ? frame : &no_frame);
}

static inline void
decode_line (TxBlockDecoder *self, int64_t delta)
{
  TxDecoderThread *thread = _tx_decoder_get_thread (self);
  TxDecoderFrame *frame = _tx_decoder_get_frame (thread);
  int64_t line;

  if (!frame)
    {
      _tx_decoder_violate (self);
      return;
    }
  if (frame->reference_is_known)
    {
      line = (int64_t) frame->reference + delta;
      if (line < 1 || line > UINT32_MAX || line == frame->line)
        {
          _tx_decoder_violate (self);
          return;
        }
      frame->line = (uint32_t) line;
      frame->reference = (uint32_t) line;
    }
  self->steps[self->n_steps++] = (uint32_t) self->n_events;
  emit_on_frame (self, TX_EVENT_LINE, thread, frame);
}

static void
decode_line_far (TxBlockDecoder *self)
{
  int64_t delta = _tx_cursor_zigzag64 (&self->cursor);

  if (self->cursor.failed || delta > UINT32_MAX || delta < -(int64_t) UINT32_MAX)
    _tx_decoder_violate (self);
  else
    decode_line (self, delta);
}

static void
decode_call (TxBlockDecoder *self, TxFunctionId function)
{
  if (_tx_decoder_push (self, function, 0))
    emit (self, TX_EVENT_CALL);
}

static TxActivationId
decode_activation (TxBlockDecoder *self)
{
  int64_t difference = _tx_cursor_zigzag64 (&self->cursor);
  int64_t activation;

  if (__builtin_add_overflow (difference, self->last_activation, &activation) || activation < 0 ||
      activation > UINT32_MAX)
    {
      _tx_decoder_violate (self);
      return 0;
    }
  self->last_activation = (TxActivationId) activation;
  return self->last_activation;
}

static void
decode_resume (TxBlockDecoder *self)
{
  TxFunctionId function = _tx_cursor_varint32 (&self->cursor);
  TxActivationId activation = decode_activation (self);
  uint32_t line = _tx_cursor_varint32 (&self->cursor);

  if (_tx_decoder_push (self, function, line))
    emit (self, TX_EVENT_RESUME)->activation = activation;
}

/* RETURN, UNWIND, YIELD. */
static void
decode_exit (TxBlockDecoder *self, TxEventKind kind)
{
  TxDecoderThread *thread = _tx_decoder_get_thread (self);
  TxActivationId activation = kind == TX_EVENT_YIELD ? decode_activation (self) : 0;

  if (self->cursor.failed || !_tx_decoder_get_frame (thread))
    {
      _tx_decoder_violate (self);
      return;
    }
  emit (self, kind)->activation = activation;
  thread->n_frames--;
  self->needs_reveal = thread->n_frames == 0 && thread->n_outer > 0;
}

static void
decode_reveal (TxBlockDecoder *self)
{
  TxFunctionId function = _tx_cursor_varint32 (&self->cursor);
  uint32_t line = _tx_cursor_varint32 (&self->cursor);

  if (self->cursor.failed || !self->needs_reveal)
    {
      _tx_decoder_violate (self);
      return;
    }
  self->needs_reveal = false;
  _tx_decoder_get_thread (self)->n_outer--;
  if (_tx_decoder_push (self, function, line))
    emit (self, TX_EVENT_REVEAL);
}

static void
decode_thread (TxBlockDecoder *self)
{
  TxThreadId id = _tx_cursor_varint32 (&self->cursor);

  if (!self->cursor.failed && _tx_decoder_enter_thread (self, id, false))
    emit (self, TX_EVENT_THREAD);
}

/* The @count frames of a stack: into the thread's, and as stated into the block's. */
static bool
decode_frames (TxBlockDecoder *self, TxDecoderThread *thread, uint32_t count)
{
  /* Two bytes at least for each, so a count out of thin air reserves nothing. */
  if (count > _tx_cursor_left (&self->cursor) / 2)
    _tx_decoder_violate (self);
  if (self->cursor.failed || !TX_DECODER_RESERVE (self, frames, self->n_frames + count) ||
      !_tx_decoder_grown (self, TX_ARRAY_RESERVE (thread->frames, thread->capacity, count)))
    return false;
  for (uint32_t i = 0; i < count; i++)
    {
      TxStackFrame *frame = &self->frames[self->n_frames + i];

      frame->function = _tx_cursor_varint32 (&self->cursor);
      frame->line = _tx_cursor_varint32 (&self->cursor);
      thread->frames[i] = _tx_decoder_make_frame (self, frame->function, frame->line);
    }
  return !self->cursor.failed;
}

static void
decode_stack (TxBlockDecoder *self)
{
  TxThreadId id = _tx_cursor_varint32 (&self->cursor);
  uint8_t reason = _tx_cursor_u8 (&self->cursor);
  uint32_t depth = _tx_cursor_varint32 (&self->cursor);
  uint32_t count = _tx_cursor_varint32 (&self->cursor);
  TxDecoderThread *thread;

  /* TxDecoderThread 0, nobody's, has no frames; of any other stack the innermost frame at least is
   * stated.
   */
  if (self->cursor.failed || count > depth || depth > TX_DEPTH_MAX ||
      count > TX_SNAPSHOT_FRAMES_MAX || (depth > 0 && (id == 0 || count == 0)))
    {
      _tx_decoder_violate (self);
      return;
    }
  thread = _tx_decoder_enter_thread (self, id, true);
  if (!thread || !TX_DECODER_RESERVE (self, stacks, self->n_stacks + 1) ||
      !decode_frames (self, thread, count))
    return;
  thread->n_frames = count;
  thread->n_outer = depth - count;
  self->stacks[self->n_stacks] = (TxBlockStack){ depth, reason, (uint32_t) self->n_frames, count };
  self->n_frames += count;
  emit (self, TX_EVENT_STACK)->detail = (uint32_t) self->n_stacks++;
}

/* STAMP, and NEAR, whose time is exact to @error_ns. */
static void
decode_stamp (TxBlockDecoder *self, bool has_quiet, uint32_t error_ns)
{
  uint64_t since = _tx_cursor_varint64 (&self->cursor);
  uint64_t quiet = has_quiet ? _tx_cursor_varint64 (&self->cursor) : 0;
  const TxExactTime *last = &self->exact[self->n_exact - 1];
  int64_t time_ns;

  if (self->cursor.failed || since > INT64_MAX ||
      __builtin_add_overflow (last->time_ns, (int64_t) since, &time_ns))
    {
      _tx_decoder_violate (self);
      return;
    }
  if (!TX_DECODER_RESERVE (self, exact, self->n_exact + 1))
    return;
  emit (self, TX_EVENT_STAMP);
  self->exact[self->n_exact++] = (TxExactTime){ .event = (uint32_t) self->n_events,
                                                .time_ns = time_ns,
                                                .quiet_ns = quiet < since ? quiet : since,
                                                .error_ns = error_ns };
}

static void
decode_wait (TxBlockDecoder *self)
{
  uint64_t wait_us = _tx_cursor_varint64 (&self->cursor);

  if (!self->cursor.failed)
    emit (self, TX_EVENT_WAIT)->detail = wait_us < UINT32_MAX ? (uint32_t) wait_us : UINT32_MAX;
}

/* An event with a text of the raw bytes. */
static void
emit_text (TxBlockDecoder *self, TxEventKind kind, const uint8_t *text, size_t size)
{
  if (self->cursor.failed || !TX_DECODER_RESERVE (self, texts, self->n_texts + 1))
    return;
  self->texts[self->n_texts] =
      (TxBlockText){ size ? (uint32_t) (text - self->raw) : 0, (uint32_t) size };
  emit (self, kind)->detail = (uint32_t) self->n_texts++;
}

static void
decode_definition (TxBlockDecoder *self, TxEventKind kind)
{
  TxDefinition definition;

  if (!_tx_definition_decode (&self->cursor, kind, &definition))
    return;
  if (kind == TX_EVENT_DEFINE_FUNCTION)
    {
      if (self->n_functions && self->functions[self->n_functions - 1].id >= definition.id)
        _tx_decoder_violate (self);
      if (self->cursor.failed || !TX_DECODER_RESERVE (self, functions, self->n_functions + 1))
        return;
      self->functions[self->n_functions++] =
          (TxDecoderFunction){ definition.id, definition.first_line };
    }
  emit_text (self, kind, definition.name, definition.name_size);
  if (self->define && !self->cursor.failed)
    self->define (self->data, &definition);
}

static void
decode_raise (TxBlockDecoder *self)
{
  TxTypeId type = _tx_cursor_varint32 (&self->cursor);
  size_t size;
  const uint8_t *message = _tx_cursor_string (&self->cursor, TX_MESSAGE_SIZE_MAX, &size);

  if (!_tx_decoder_get_frame (_tx_decoder_get_thread (self)))
    _tx_decoder_violate (self);
  emit_text (self, TX_EVENT_RAISE, message, size);
  if (!self->cursor.failed)
    self->events[self->n_events - 1].activation = type;
}

static void
decode_mark (TxBlockDecoder *self)
{
  size_t size;
  const uint8_t *text = _tx_cursor_string (&self->cursor, TX_MARK_SIZE_MAX, &size);

  emit_text (self, TX_EVENT_MARK, text, size);
}

/* Only before the first stack: what was dropped lies between two blocks. */
static void
decode_gap (TxBlockDecoder *self)
{
  uint64_t events_lost = _tx_cursor_varint64 (&self->cursor);

  if (_tx_decoder_get_thread (self))
    _tx_decoder_violate (self);
  if (self->cursor.failed || !TX_DECODER_RESERVE (self, gaps, self->n_gaps + 1))
    return;
  self->gaps[self->n_gaps] = (TxBlockGap){ events_lost };
  emit (self, TX_EVENT_GAP)->detail = (uint32_t) self->n_gaps++;
}

static void
decode_clock (TxBlockDecoder *self)
{
  const uint8_t *clocks = _tx_cursor_bytes (&self->cursor, 16);

  emit_text (self, TX_EVENT_CLOCK, clocks, 16);
}

/* Those that are not known are skipped. */
static void
decode_extension (TxBlockDecoder *self, uint8_t op)
{
  size_t size;

  (void) _tx_cursor_string (&self->cursor, TX_RAW_SIZE_MAX, &size);
  if (op == 0xf1 && !self->cursor.failed)
    self->is_even = true;
}

static void
decode_rare_event (TxBlockDecoder *self, uint8_t op)
{
  switch (op)
    {
    case 0x83:
      decode_line_far (self);
      break;
    case 0x84:
      decode_exit (self, TX_EVENT_YIELD);
      break;
    case 0x85:
      decode_resume (self);
      break;
    case 0x86:
      decode_thread (self);
      break;
    case 0x87:
      decode_stack (self);
      break;
    case 0x88:
      decode_stamp (self, true, 0);
      break;
    case 0x89:
      decode_reveal (self);
      break;
    case 0x8a:
      decode_definition (self, TX_EVENT_DEFINE_FILE);
      break;
    case 0x8b:
      decode_definition (self, TX_EVENT_DEFINE_FUNCTION);
      break;
    case 0x8c:
      decode_definition (self, TX_EVENT_DEFINE_THREAD);
      break;
    case 0x8d:
      decode_mark (self);
      break;
    case 0x8e:
      decode_gap (self);
      break;
    case 0x8f:
      decode_clock (self);
      break;
    case 0x90:
      decode_wait (self);
      break;
    case 0x91:
      decode_stamp (self, false, TX_NEAR_ERROR_NS);
      break;
    case 0x92:
      decode_definition (self, TX_EVENT_DEFINE_TYPE);
      break;
    case 0x93:
      decode_raise (self);
      break;
    default:
      if (op >= 0xf0)
        decode_extension (self, op);
      else
        _tx_decoder_violate (self);
    }
}

#define OP_REVEAL 0x89

void
_tx_decoder_run (TxBlockDecoder *self)
{
  TxCursor *cursor = &self->cursor;

  while (!cursor->failed && cursor->pos != cursor->end)
    {
      uint8_t op = *cursor->pos++;

      if (self->needs_reveal && op != OP_REVEAL)
        _tx_decoder_violate (self);
      else if (op < 0x80)
        decode_line (self, (int64_t) op - TX_OP_LINE_BIAS);
      else if (op == TX_OP_CALL)
        decode_call (self, _tx_cursor_varint32 (cursor));
      else if (_tx_byte_is_near_call (op))
        decode_call (self, _tx_byte_get_function (op));
      else if (op == TX_OP_RETURN)
        decode_exit (self, TX_EVENT_RETURN);
      else if (op == TX_OP_UNWIND)
        decode_exit (self, TX_EVENT_UNWIND);
      else
        decode_rare_event (self, op);
    }
}
