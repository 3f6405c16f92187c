// SPDX-License-Identifier: BSD-3-Clause
// Digests straight from a block's bytes, for the native thread: some thirty instructions an event
// where decoding into an array of events, giving each its time, and counting them takes hundreds.
// It does what tx-block-decoder.c, tx-block-times.c and tx_digester_add() do together, in one pass
// for each stretch between two exact times; a test compares the two. Bytes that are not as they
// should be are refused, and left to the slow way.
#include <stdlib.h>
#include <string.h>

#include "tx-digester-private.h"
#include "tx-digester-scan-private.h"
#include "tx-format-private.h"
#include "tx-stream.h"

/* Lines up to here: so no delta of a byte leaves 32 bits. */
#define REFERENCE_MAX (UINT32_MAX - 0x80)

/** TxClock: the time of the current event, and how it goes on: evenly over an interval between two
 * exact times, as _tx_block_spread_times() has it. */
typedef struct
{
  int64_t now_ns;
  uint64_t quotient, remainder; /* of the interval's length by its parts */
  uint64_t rest, parts;
} TxClock;

typedef struct
{
  TxDigester *digester;
  TxCursor cursor;
  TxClock clock;
  TxFirstLineFunc first_line;
  void *data;
  TxTallyThread *thread;   /* of the last event; NULL before the first stack */
  uint32_t last_defined;   /* function */
  int64_t exact_ns;        /* the last exact time */
  uint32_t exact_error_ns; /* its error */
  uint64_t gap_ns;         /* between two events of the interval before, 0 unknown */
  int64_t end_ns;          /* of the block */
  TxScanCounts counts;
} TxScan;

static void
violate (TxScan *self)
{
  self->cursor.failed = true;
}

/* ---- Looking ahead ---- */

static void
skip_varints (TxCursor *cursor, size_t count)
{
  for (size_t i = 0; i < count && !cursor->failed; i++)
    (void) _tx_cursor_varint64 (cursor);
}

static void
skip_stack (TxCursor *cursor)
{
  uint32_t count;

  skip_varints (cursor, 1);
  (void) _tx_cursor_u8 (cursor);
  skip_varints (cursor, 1);
  count = _tx_cursor_varint32 (cursor);
  if (count > TX_SNAPSHOT_FRAMES_MAX)
    cursor->failed = true;
  skip_varints (cursor, 2 * (size_t) count);
}

static void
skip_definition (TxCursor *cursor, TxEventKind kind)
{
  TxDefinition definition;

  (void) _tx_definition_decode (cursor, kind, &definition);
}

/* The operands of a rare event. */
static void
skip_operands (TxCursor *cursor, uint8_t byte)
{
  size_t size;

  switch (byte)
    {
    case TX_BYTE_LINE_FAR:
    case TX_BYTE_YIELD:
    case TX_BYTE_THREAD:
    case TX_BYTE_GAP:
    case TX_BYTE_WAIT:
      skip_varints (cursor, 1);
      break;
    case TX_BYTE_RESUME:
      skip_varints (cursor, 3);
      break;
    case TX_BYTE_REVEAL:
      skip_varints (cursor, 2);
      break;
    case TX_BYTE_STACK:
      skip_stack (cursor);
      break;
    case TX_BYTE_DEFINE_FILE:
      skip_definition (cursor, TX_EVENT_DEFINE_FILE);
      break;
    case TX_BYTE_DEFINE_FUNCTION:
      skip_definition (cursor, TX_EVENT_DEFINE_FUNCTION);
      break;
    case TX_BYTE_DEFINE_THREAD:
      skip_definition (cursor, TX_EVENT_DEFINE_THREAD);
      break;
    case TX_BYTE_DEFINE_TYPE:
      skip_definition (cursor, TX_EVENT_DEFINE_TYPE);
      break;
    case TX_BYTE_RAISE:
      skip_varints (cursor, 1);
      (void) _tx_cursor_string (cursor, TX_MESSAGE_SIZE_MAX, &size);
      break;
    case TX_BYTE_MARK:
      (void) _tx_cursor_string (cursor, TX_MARK_SIZE_MAX, &size);
      break;
    case TX_BYTE_CLOCK:
      (void) _tx_cursor_bytes (cursor, 16);
      break;
    default:
      cursor->failed = true; /* extensions too: this writer has none */
    }
}

/* Whether the byte is an event by itself. */
static inline bool
is_whole_event (uint8_t byte)
{
  return byte < TX_BYTE_CALL || byte == TX_BYTE_RETURN || byte == TX_BYTE_UNWIND ||
         _tx_byte_is_near_call (byte);
}

/* Of eight bytes those that are no event by themselves: their highest bits. */
static inline uint64_t
find_others (uint64_t bytes)
{
  const uint64_t ones = UINT64_C (0x0101010101010101), highest = ones << 7;
  uint64_t low = bytes & ~highest;
  /* What is added makes the highest bit that of "at least": no byte carries into the next one. */
  uint64_t is_exit = (low + ones * (0x80 - (TX_BYTE_RETURN & 0x7f))) &
                     ~(low + ones * (0x80 - (TX_BYTE_UNWIND & 0x7f) - 1));
  uint64_t is_call = (low + ones * (0x80 - (TX_BYTE_CALL_NEAR & 0x7f))) &
                     ~(low + ones * (0x80 - (TX_BYTE_CALL_NEAR_LAST & 0x7f) - 1));

  return bytes & ~(is_exit | is_call) & highest;
}

_Static_assert (TX_BYTE_UNWIND == TX_BYTE_RETURN + 1, "the two exits are neighbours");

/* Events of one byte from @pos on: eight at a time while there are eight. */
static inline const uint8_t *
skip_whole_events (const uint8_t *pos, const uint8_t *end)
{
  while (end - pos >= 8)
    {
      uint64_t others = find_others (_tx_get_u64 (pos));

      if (others)
        return pos + __builtin_ctzll (others) / 8;
      pos += 8;
    }
  while (pos != end && is_whole_event (*pos))
    pos++;
  return pos;
}

/* The number of events from @cursor (a copy) to the next stamp, or to the end. @ret_stamp: its
   first byte, behind which @cursor stands afterwards; 0 without one. */
static uint64_t
count_events (TxCursor *cursor, uint8_t *ret_stamp)
{
  uint64_t n_events = 0;

  *ret_stamp = 0;
  while (!cursor->failed)
    {
      const uint8_t *pos = skip_whole_events (cursor->pos, cursor->end);
      uint8_t byte;

      n_events += (uint64_t) (pos - cursor->pos);
      cursor->pos = pos;
      if (pos == cursor->end)
        break;
      byte = *cursor->pos++;
      if (byte == TX_BYTE_STAMP || byte == TX_BYTE_NEAR)
        {
          *ret_stamp = byte;
          break;
        }
      n_events++;
      if (byte == TX_OP_CALL)
        (void) _tx_cursor_varint32 (cursor);
      else
        skip_operands (cursor, byte);
    }
  return n_events;
}

/* ---- Time ---- */

/* The events from here on have their time from @exact_ns to the next exact time. */
static void
begin_interval (TxScan *self)
{
  TxCursor ahead = self->cursor;
  uint8_t stamp;
  uint64_t n_events = count_events (&ahead, &stamp);
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

/* To the next event. */
static inline void
advance (TxClock *clock)
{
  uint64_t rest = clock->rest + clock->remainder;
  bool carry = rest >= clock->parts;

  clock->rest = carry ? rest - clock->parts : rest;
  clock->now_ns = (int64_t) ((uint64_t) clock->now_ns + clock->quotient + carry);
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
  return self->thread && self->thread->top->reference - 1 < REFERENCE_MAX;
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
  if (number - 1 >= REFERENCE_MAX)
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
  if (number < 1 || number > REFERENCE_MAX)
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

static bool
has_thread_in_block (const TxScan *self, TxThreadId id)
{
  for (size_t i = 0; i < self->digester->n_threads; i++)
    if (self->digester->threads[i].id == id)
      return self->digester->threads[i].is_active;
  return false;
}

static void
scan_thread (TxScan *self)
{
  TxThreadId id = _tx_cursor_varint32 (&self->cursor);

  if (self->cursor.failed || id == 0 || !has_thread_in_block (self, id))
    violate (self);
  else if (enter_thread (self, id))
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
      skip_operands (&self->cursor, byte);
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

/* ---- Plain events ---- */

/* Lines that have been met before, calls by one byte of functions that have, and returns: nearly
   all of a block. They do what scan_line(), enter_frame() and scan_exit() do; but what changes with
   each event stays in registers until another one comes, which is left to these. */
typedef struct
{
  TxTallyFrame *frame;
  TxTallyFrame at; /* the innermost frame as it is now */
  int64_t last_ns;
  uint32_t depth, depth_min, depth_max;
  uint32_t n_steps;
} TxPlain;

/* What each of them begins with, and what ends the innermost line. */
static inline void
charge_plain (TxPlain *plain, int64_t now_ns)
{
  plain->at.line->sums.self_ns += (uint64_t) now_ns - (uint64_t) plain->last_ns;
  plain->last_ns = now_ns;
}

static inline bool
scan_plain_line (
    TxPlain *plain, TxTally *tally, const TxTallyLine *nobody, uint8_t byte, int64_t now_ns)
{
  uint32_t number = plain->at.reference + byte - TX_OP_LINE_BIAS;
  TxTallyLine *line;

  /* Below all frames there is no function; and no reference. */
  if (plain->at.reference - 1 >= REFERENCE_MAX || number - 1 >= REFERENCE_MAX ||
      number == plain->at.number)
    return false;
  line = _tx_tally_find_met_line (plain->at.function, number);
  if (!line)
    return false;
  charge_plain (plain, now_ns);
  _tx_digester_end_line (&plain->at, now_ns);
  _tx_tally_touch (tally, line);
  line->sums.hits++;
  line->sums.entries += plain->at.line == nobody;
  plain->n_steps++;
  plain->at.line = line;
  plain->at.number = plain->at.reference = number;
  plain->at.began_ns = now_ns;
  return true;
}

/* The lines behind one that has just begun: each execution but the last begins and ends here, so
   all of its times are the time to the next line. */
static inline const uint8_t *
scan_more_lines (
    TxPlain *plain, TxTally *tally, TxClock *clock, const uint8_t *first, const uint8_t *end)
{
  const TxTallyFunction *function = plain->at.function;
  TxTallyLine *line = plain->at.line;
  uint32_t number = plain->at.number;
  int64_t began_ns = plain->last_ns;
  const uint8_t *pos = first;

  while (pos != end && *pos < TX_BYTE_CALL && *pos != TX_OP_LINE_BIAS)
    {
      uint32_t next_number = number + *pos - TX_OP_LINE_BIAS;
      uint64_t elapsed_ns = (uint64_t) clock->now_ns - (uint64_t) began_ns;
      TxTallyLine *next = _tx_tally_find_met_line (function, next_number);

      if (!next || next_number - 1 >= REFERENCE_MAX)
        break;
      line->sums.self_ns += elapsed_ns;
      if (line->n_below == 0)
        line->sums.cumulated_ns += elapsed_ns;
      if (elapsed_ns > line->sums.slowest_ns)
        line->sums.slowest_ns = elapsed_ns;
      line = next;
      number = next_number;
      _tx_tally_touch (tally, line);
      line->sums.hits++;
      began_ns = clock->now_ns;
      advance (clock);
      pos++;
    }
  plain->n_steps += (uint32_t) (pos - first);
  plain->at.line = line;
  plain->at.number = plain->at.reference = number;
  plain->last_ns = plain->at.since_ns = plain->at.began_ns = began_ns;
  return pos;
}

static inline bool
enter_plain_frame (
    TxPlain *plain, TxTallyThread *thread, TxTallyLine *nobody, uint8_t byte, int64_t now_ns)
{
  TxTallyFunction *function =
      _tx_tally_find_met_function (thread->tally, _tx_byte_get_function (byte));

  if (!function || function->first_line_state != TX_TALLY_KNOWN || plain->frame == thread->last ||
      plain->depth >= TX_DEPTH_MAX)
    return false;
  charge_plain (plain, now_ns);
  plain->at.line->n_below++;
  *plain->frame++ = plain->at;
  plain->at.line = nobody;
  plain->at.function = function;
  plain->at.number = 0;
  plain->at.reference = function->first_line;
  plain->at.since_ns = now_ns;
  plain->at.began_ns = INT64_MAX;
  plain->depth++;
  if (plain->depth > plain->depth_max)
    plain->depth_max = plain->depth;
  return true;
}

static inline bool
leave_plain_frame (TxPlain *plain, TxTallyThread *thread, int64_t now_ns)
{
  if (plain->frame == thread->frames)
    return false;
  charge_plain (plain, now_ns);
  _tx_digester_end_line (&plain->at, now_ns);
  plain->at = *--plain->frame;
  plain->depth--;
  plain->at.line->n_below--;
  _tx_tally_touch (thread->tally, plain->at.line);
  if (plain->depth < plain->depth_min)
    plain->depth_min = plain->depth;
  return true;
}

static void
scan_plain_events (TxScan *self)
{
  TxTallyThread *thread = self->thread;
  TxTallyLine *nobody = &self->digester->nobody;
  TxClock clock = self->clock;
  const uint8_t *pos = self->cursor.pos, *end = self->cursor.end;
  TxPlain plain;

  if (!thread || thread->id == 0 || thread->last_ns > clock.now_ns || pos == end ||
      !is_whole_event (*pos))
    return;
  plain = (TxPlain){
    .frame = thread->top,
    .at = *thread->top,
    .last_ns = thread->last_ns,
    .depth = thread->depth,
    .depth_min = thread->depth_min,
    .depth_max = thread->depth_max,
  };
  while (pos != end)
    {
      uint8_t byte = *pos;
      bool is_plain;

      if (byte < TX_BYTE_CALL)
        is_plain = scan_plain_line (&plain, thread->tally, nobody, byte, clock.now_ns);
      else if (byte == TX_BYTE_RETURN)
        is_plain = leave_plain_frame (&plain, thread, clock.now_ns);
      else
        is_plain = _tx_byte_is_near_call (byte) &&
                   enter_plain_frame (&plain, thread, nobody, byte, clock.now_ns);
      if (!is_plain)
        break;
      pos++;
      advance (&clock);
      if (byte < TX_BYTE_CALL)
        pos = scan_more_lines (&plain, thread->tally, &clock, pos, end);
    }
  *plain.frame = plain.at;
  thread->top = plain.frame;
  thread->last_ns = plain.last_ns;
  thread->depth = plain.depth;
  thread->depth_min = plain.depth_min;
  thread->depth_max = plain.depth_max;
  thread->steps += plain.n_steps;
  self->clock = clock;
  self->cursor.pos = pos;
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
      advance (&self->clock);
      if (!cursor->failed)
        scan_plain_events (self);
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
