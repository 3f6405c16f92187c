// SPDX-License-Identifier: BSD-3-Clause
// Digests straight from a block's bytes, for the native thread: some thirty instructions an event
// where decoding into an array of events, giving each its time, and counting them takes hundreds.
// It does what tx-block-decoder.c, tx-block-times.c and tx_digester_add() do together, in one pass
// for each stretch between two exact times; a test compares the two. Bytes that are not as they
// should be are refused, and left to the slow way. Any event can be scanned here; nearly all of
// them are, in stretches, in tx-digester-plain.c.
#include <stdlib.h>
#include <string.h>

#include "tx-digester-scan-inside-private.h"

static void
violate (TxScan *self)
{
  self->cursor.failed = true;
}

/* ---- Time ---- */

/* The events from here on have their time from @exact_ns to the next exact time. */
static void
begin_interval (TxScan *self)
{
  TxCursor ahead = self->cursor;
  uint8_t stamp;
  uint64_t n_events = _tx_scan_count_events (&ahead, &stamp);
  uint64_t parts = n_events ? n_events : 1;
  uint64_t length = 0, quiet = 0, spread;
  uint32_t ends_error_ns = self->exact_error_ns, error_ns;

  if (stamp == TX_BYTE_NEAR)
    ends_error_ns = TX_NEAR_ERROR_NS;
  if (stamp)
    {
      length = _tx_cursor_varint64 (&ahead);
      quiet = stamp == TX_BYTE_STAMP ? _tx_cursor_varint64 (&ahead) : 0;
      quiet = quiet < length ? quiet : length;
    }
  else
    length = _tx_digester_get_elapsed (self->exact_ns, self->end_ns);
  length -= quiet;
  spread = _tx_block_guess_spread (length, quiet, parts, self->gap_ns);
  if (spread >= parts)
    self->gap_ns = spread / parts;
  error_ns = _tx_block_get_error (length, spread, parts, ends_error_ns);
  if (n_events > 0 && self->exact_error_ns > error_ns)
    error_ns = self->exact_error_ns;
  if (error_ns > self->digester->error_ns)
    self->digester->error_ns = error_ns;
  self->counts.n_events += n_events + (stamp != 0);
  self->clock = (TxClock){ .now_ns = self->exact_ns,
                           .quotient = spread / parts,
                           .remainder = spread % parts,
                           .parts = parts };
}

static void
scan_stamp (TxScan *self)
{
  bool has_quiet = *self->cursor.pos++ == TX_BYTE_STAMP;
  uint64_t since = _tx_cursor_varint64 (&self->cursor);

  self->exact_error_ns = has_quiet ? 0 : TX_NEAR_ERROR_NS;
  if (has_quiet)
    (void) _tx_cursor_varint64 (&self->cursor);
  if (self->cursor.failed || since > INT64_MAX ||
      __builtin_add_overflow (self->exact_ns, (int64_t) since, &self->exact_ns))
    {
      violate (self);
      return;
    }
  begin_interval (self);
}

/* ---- Lines ---- */

static inline void
scan_line (TxScan *self, uint32_t number)
{
  TxTallyThread *thread = self->thread;
  TxTallyFrame *frame = thread->top;
  TxTallyLine *line = _tx_tally_find_line (thread->tally, frame->function, number);

  /* Not the frame's own line, which would be the same step. */
  if (!line || number == frame->number)
    {
      violate (self);
      return;
    }
  _tx_digester_charge_self (thread, self->clock.now_ns);
  _tx_digester_begin_line (self->digester, thread, line, number, self->clock.now_ns);
  frame->reference = number;
}

/* Whether the line that follows can be told: on a frame whose reference is known. */
static inline bool
can_have_line (const TxScan *self)
{
  return self->thread && self->thread->top->reference - 1 < TX_SCAN_REFERENCE_MAX;
}

static void
scan_line_near (TxScan *self)
{
  uint32_t number;

  if (!can_have_line (self))
    {
      violate (self);
      return;
    }
  number = self->thread->top->reference + *self->cursor.pos++ - TX_OP_LINE_BIAS;
  if (number - 1 >= TX_SCAN_REFERENCE_MAX)
    violate (self);
  else
    scan_line (self, number);
}

static void
scan_line_far (TxScan *self)
{
  int64_t delta = _tx_cursor_zigzag64 (&self->cursor);
  int64_t number;

  if (self->cursor.failed || !can_have_line (self) || delta > UINT32_MAX ||
      delta < -(int64_t) UINT32_MAX)
    {
      violate (self);
      return;
    }
  number = (int64_t) self->thread->top->reference + delta;
  if (number < 1 || number > TX_SCAN_REFERENCE_MAX)
    violate (self);
  else
    scan_line (self, (uint32_t) number);
}

/* ---- Frames ---- */

/* What is known of a function's first line, asked for once; NULL without memory. */
static const TxTallyFunction *
ask_first_line (TxScan *self, TxFunctionId id)
{
  TxTallyFunction *function = _tx_tally_find_function (&self->digester->first_lines, id);

  if (function && function->first_line_state == TX_TALLY_NOT_ASKED)
    {
      uint32_t first_line = 0;
      bool is_known = id != 0 && self->first_line && self->first_line (self->data, id, &first_line);

      function->first_line = is_known ? first_line : 0;
      function->first_line_state = is_known ? TX_TALLY_KNOWN : TX_TALLY_NOT_KNOWN;
    }
  return function;
}

/* The thread's function, with its first line where that is known. */
static TxTallyFunction *
learn_first_line (TxScan *self, TxTallyFunction *function)
{
  const TxTallyFunction *known = function ? ask_first_line (self, function->id) : NULL;

  if (!known)
    return NULL;
  if (known->first_line_state == TX_TALLY_KNOWN)
    {
      function->first_line = known->first_line;
      function->first_line_state = TX_TALLY_KNOWN;
    }
  return function;
}

static inline TxTallyFunction *
find_function (TxScan *self, TxTallyThread *thread, TxFunctionId id)
{
  TxTallyFunction *function = _tx_tally_find_function (thread->tally, id);

  if (function && function->first_line_state == TX_TALLY_KNOWN)
    return function;
  return learn_first_line (self, function);
}

static inline void
enter_frame (TxScan *self, TxFunctionId id, uint32_t number)
{
  TxTallyThread *thread = self->thread;
  TxTallyFunction *function;
  TxTallyFrame *frame;

  if (self->cursor.failed || !thread || thread->id == 0 || thread->depth >= TX_DEPTH_MAX)
    {
      violate (self);
      return;
    }
  _tx_digester_charge_self (thread, self->clock.now_ns);
  function = find_function (self, thread, id);
  frame = function
              ? _tx_digester_push (self->digester, thread, function, number, self->clock.now_ns)
              : NULL;
  if (!frame)
    {
      violate (self);
      return;
    }
  /* 0 where it is not known: then a line is refused. */
  frame->reference = number ? number : function->first_line;
  thread->depth++;
  if (thread->depth > thread->depth_max)
    thread->depth_max = thread->depth;
}

static inline void
scan_exit (TxScan *self)
{
  TxTallyThread *thread = self->thread;

  if (self->cursor.failed || !thread || thread->top == thread->frames)
    {
      violate (self);
      return;
    }
  _tx_digester_charge_self (thread, self->clock.now_ns);
  _tx_digester_pop (thread, self->clock.now_ns);
  if (thread->depth < thread->depth_min)
    thread->depth_min = thread->depth;
}

static void
scan_resume (TxScan *self)
{
  TxFunctionId function = _tx_cursor_varint32 (&self->cursor);
  uint32_t number;

  (void) _tx_cursor_varint64 (&self->cursor);
  number = _tx_cursor_varint32 (&self->cursor);
  enter_frame (self, function, number);
  if (self->thread)
    {
      self->thread->resumed++;
      _tx_digester_note_await (self->digester, self->thread);
    }
}

/* The frame that has become innermost: news only where no earlier block has told of it. */
static void
scan_reveal (TxScan *self)
{
  TxFunctionId function = _tx_cursor_varint32 (&self->cursor);
  uint32_t number = _tx_cursor_varint32 (&self->cursor);
  TxTallyThread *thread = self->thread;

  if (self->cursor.failed || !thread || thread->depth == 0)
    {
      violate (self);
      return;
    }
  if (thread->top == thread->frames)
    {
      thread->depth--;
      thread->restated++;
      enter_frame (self, function, number);
    }
  else if (thread->top->function->id != function || thread->top->number != number)
    violate (self);
  else
    _tx_digester_charge_self (thread, self->clock.now_ns);
}

/* ---- Threads ---- */

static TxTallyThread *
enter_thread (TxScan *self, TxThreadId id)
{
  self->thread = _tx_digester_enter_thread (self->digester, id, self->clock.now_ns);
  if (self->thread)
    _tx_digester_charge_self (self->thread, self->clock.now_ns);
  else
    violate (self);
  return self->thread;
}

static void
scan_thread (TxScan *self)
{
  TxDigester *digester = self->digester;
  TxThreadId id = _tx_cursor_varint32 (&self->cursor);
  size_t index = id ? _tx_thread_index_find (&digester->index, id) : SIZE_MAX;

  /* Its stack has been stated in this block. */
  if (self->cursor.failed || index == SIZE_MAX || !digester->threads[index].is_active)
    {
      violate (self);
      return;
    }
  digester->current = index;
  if (enter_thread (self, id))
    _tx_tally_thread_note_depth (self->thread);
}

/* References of the stated frames: those without a line yet. */
static void
set_references (TxScan *self, TxTallyThread *thread, size_t n_frames)
{
  for (TxTallyFrame *frame = thread->top + 1 - n_frames; frame <= thread->top; frame++)
    if (frame->reference == 0)
      {
        TxTallyFunction *function = learn_first_line (self, frame->function);

        if (!function)
          {
            violate (self);
            return;
          }
        frame->reference = function->first_line;
      }
}

static void
scan_stack (TxScan *self)
{
  TxStackFrame frames[TX_SNAPSHOT_FRAMES_MAX];
  TxThreadId id = _tx_cursor_varint32 (&self->cursor);
  uint32_t depth, count;

  (void) _tx_cursor_u8 (&self->cursor);
  depth = _tx_cursor_varint32 (&self->cursor);
  count = _tx_cursor_varint32 (&self->cursor);
  /* That of no thread at all is left to the slow way. */
  if (self->cursor.failed || id == 0 || count > depth || depth > TX_DEPTH_MAX ||
      count > TX_SNAPSHOT_FRAMES_MAX || (depth > 0 && count == 0))
    {
      violate (self);
      return;
    }
  for (uint32_t i = 0; i < count; i++)
    {
      frames[i].function = _tx_cursor_varint32 (&self->cursor);
      frames[i].line = _tx_cursor_varint32 (&self->cursor);
    }
  if (self->cursor.failed || !enter_thread (self, id))
    {
      violate (self);
      return;
    }
  _tx_digester_state_stack (self->digester, self->thread, depth, frames, count, self->clock.now_ns);
  if (self->digester->no_memory)
    violate (self);
  else
    set_references (self, self->thread, count);
  _tx_tally_thread_note_depth (self->thread);
}

/* ---- Others ---- */

static void
scan_definition (TxScan *self, TxEventKind kind)
{
  TxDigester *digester = self->digester;
  TxDefinition definition;
  TxTallyFunction *function;

  if (!_tx_definition_decode (&self->cursor, kind, &definition) || kind != TX_EVENT_DEFINE_FUNCTION)
    return;
  function = _tx_tally_find_function (&digester->first_lines, definition.id);
  if (!function || definition.id <= self->last_defined)
    {
      violate (self);
      return;
    }
  self->last_defined = definition.id;
  if (function->first_line_state == TX_TALLY_KNOWN && function->first_line != definition.first_line)
    {
      for (size_t i = 0; i < digester->n_threads; i++)
        _tx_tally_forget_first_line (digester->threads[i].tally, definition.id);
      for (size_t i = 0; i < digester->n_spares; i++)
        _tx_tally_forget_first_line (digester->spares[i], definition.id);
    }
  function->first_line = definition.first_line;
  function->first_line_state = TX_TALLY_KNOWN;
}

static void
scan_mark (TxScan *self)
{
  size_t size;

  (void) _tx_cursor_string (&self->cursor, TX_MARK_SIZE_MAX, &size);
  if (self->cursor.failed || !self->thread)
    return;
  _tx_digester_charge_self (self->thread, self->clock.now_ns);
  _tx_tally_thread_note_depth (self->thread);
}

static void
scan_wait (TxScan *self)
{
  uint64_t wait_us = _tx_cursor_varint64 (&self->cursor);

  if (self->cursor.failed || !self->thread)
    return;
  _tx_digester_charge_self (self->thread, self->clock.now_ns);
  _tx_digester_charge_wait (self->thread, wait_us < UINT32_MAX ? (uint32_t) wait_us : UINT32_MAX);
  _tx_tally_thread_note_depth (self->thread);
}

static void
scan_gap (TxScan *self)
{
  self->counts.events_lost += _tx_cursor_varint64 (&self->cursor);
  if (self->thread)
    violate (self);
  else
    _tx_digester_forget_threads (self->digester);
}

static void
scan_rare_event (TxScan *self, uint8_t byte)
{
  switch (byte)
    {
    case TX_BYTE_LINE_FAR:
      scan_line_far (self);
      break;
    case TX_BYTE_YIELD:
      (void) _tx_cursor_varint64 (&self->cursor);
      if (self->thread)
        _tx_digester_note_await (self->digester, self->thread);
      scan_exit (self);
      break;
    case TX_BYTE_RESUME:
      scan_resume (self);
      break;
    case TX_BYTE_THREAD:
      scan_thread (self);
      break;
    case TX_BYTE_STACK:
      scan_stack (self);
      break;
    case TX_BYTE_REVEAL:
      scan_reveal (self);
      break;
    case TX_BYTE_DEFINE_FILE:
      scan_definition (self, TX_EVENT_DEFINE_FILE);
      break;
    case TX_BYTE_DEFINE_FUNCTION:
      scan_definition (self, TX_EVENT_DEFINE_FUNCTION);
      break;
    case TX_BYTE_DEFINE_THREAD:
      scan_definition (self, TX_EVENT_DEFINE_THREAD);
      break;
    case TX_BYTE_MARK:
      scan_mark (self);
      break;
    case TX_BYTE_GAP:
      scan_gap (self);
      break;
    case TX_BYTE_WAIT:
      scan_wait (self);
      break;
    default:
      _tx_scan_skip_operands (&self->cursor, byte);
    }
}

static inline void
scan_other_event (TxScan *self)
{
  uint8_t byte = *self->cursor.pos++;

  if (_tx_byte_is_near_call (byte))
    enter_frame (self, _tx_byte_get_function (byte), 0);
  else if (byte == TX_OP_CALL)
    enter_frame (self, _tx_cursor_varint32 (&self->cursor), 0);
  else if (byte == TX_OP_RETURN || byte == TX_OP_UNWIND)
    scan_exit (self);
  else
    scan_rare_event (self, byte);
}

static void
scan_events (TxScan *self)
{
  TxCursor *cursor = &self->cursor;

  while (!cursor->failed && cursor->pos != cursor->end)
    {
      uint8_t byte = *cursor->pos;

      if (byte == TX_BYTE_STAMP || byte == TX_BYTE_NEAR)
        {
          scan_stamp (self);
          continue;
        }
      if (byte < 0x80)
        scan_line_near (self);
      else
        scan_other_event (self);
      _tx_clock_advance (&self->clock);
      if (!cursor->failed)
        _tx_scan_plain_events (self);
    }
}

TxDigest *
_tx_digester_scan (TxDigester *digester,
                   const uint8_t *raw,
                   size_t raw_size_bytes,
                   uint64_t sequence,
                   const TxBlockTimes *times,
                   TxFirstLineFunc first_line,
                   void *data,
                   TxScanCounts *ret_counts)
{
  TxScan scan = {
    .digester = digester,
    .cursor = _tx_cursor (raw, raw_size_bytes),
    .first_line = first_line,
    .data = data,
    .exact_ns = times->mono_first_ns,
    .end_ns = times->mono_last_ns,
  };
  TxDigest *digest;

  _tx_digester_begin_block (digester, sequence);
  if (!digester->has_references)
    _tx_digester_forget_threads (digester);
  digester->has_references = true;
  begin_interval (&scan);
  scan_events (&scan);
  digest = _tx_digester_finish_block (digester, times->mono_last_ns, !scan.cursor.failed);
  *ret_counts = scan.counts;
  return digest;
}
