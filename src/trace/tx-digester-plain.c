// SPDX-License-Identifier: BSD-3-Clause
// Plain events: lines that have been met before, calls by one byte of functions that have, returns,
// and frames that are suspended or go on: nearly all of a block. They do what scan_line(),
// enter_frame(), scan_exit() and scan_resume() do (tx-digester-scan.c); but what changes with each
// event stays in registers until another one comes, which is left to these.
#include "tx-digester-scan-inside-private.h"

/** TxPlain: where a stretch of plain events is. */
typedef struct
{
  TxTallyFrame *frame;
  TxTallyFrame at; /* the innermost frame as it is now */
  int64_t last_ns;
  uint32_t depth, depth_min, depth_max;
  uint32_t n_steps, n_resumed;
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
  if (plain->at.reference - 1 >= TX_SCAN_REFERENCE_MAX || number - 1 >= TX_SCAN_REFERENCE_MAX ||
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

      if (!next || next_number - 1 >= TX_SCAN_REFERENCE_MAX)
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
      _tx_clock_advance (clock);
      pos++;
    }
  plain->n_steps += (uint32_t) (pos - first);
  plain->at.line = line;
  plain->at.number = plain->at.reference = number;
  plain->last_ns = plain->at.since_ns = plain->at.began_ns = began_ns;
  return pos;
}

/* @number: 0 before the first line */
static inline bool
enter_plain_frame (TxPlain *plain,
                   TxTallyThread *thread,
                   TxTallyLine *nobody,
                   TxFunctionId id,
                   uint32_t number,
                   int64_t now_ns)
{
  TxTallyFunction *function = _tx_tally_find_met_function (thread->tally, id);
  TxTallyLine *line = nobody;

  if (!function || function->first_line_state != TX_TALLY_KNOWN || plain->frame == thread->last ||
      plain->depth >= TX_DEPTH_MAX)
    return false;
  if (number)
    {
      line = _tx_tally_find_met_line (function, number);
      if (!line)
        return false;
      _tx_tally_touch (thread->tally, line);
    }
  charge_plain (plain, now_ns);
  plain->at.line->n_below++;
  *plain->frame++ = plain->at;
  plain->at.line = line;
  plain->at.function = function;
  plain->at.number = number;
  plain->at.reference = number ? number : function->first_line;
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

/* As _tx_digester_note_await(). */
static inline void
note_plain_await (TxPlain *plain, TxTally *tally)
{
  _tx_tally_touch (tally, plain->at.line);
  plain->at.line->sums.awaits++;
}

/* Behind the event; NULL where it is none of these. */
static inline const uint8_t *
suspend_plain_frame (TxPlain *plain,
                     TxTallyThread *thread,
                     const TxTallyLine *nobody,
                     const uint8_t *pos,
                     const uint8_t *end,
                     int64_t now_ns)
{
  uint32_t activation;

  pos = _tx_scan_take_short_number (pos, end, &activation);
  if (!pos || plain->at.line == nobody || plain->frame == thread->frames)
    return NULL;
  note_plain_await (plain, thread->tally);
  return leave_plain_frame (plain, thread, now_ns) ? pos : NULL;
}

static inline const uint8_t *
resume_plain_frame (TxPlain *plain,
                    TxTallyThread *thread,
                    TxTallyLine *nobody,
                    const uint8_t *pos,
                    const uint8_t *end,
                    int64_t now_ns)
{
  uint32_t function = 0, activation, number = 0;

  pos = _tx_scan_take_short_number (pos, end, &function);
  pos = _tx_scan_take_short_number (pos, end, &activation);
  pos = _tx_scan_take_short_number (pos, end, &number);
  if (!pos || number == 0 || !enter_plain_frame (plain, thread, nobody, function, number, now_ns))
    return NULL;
  plain->n_resumed++;
  note_plain_await (plain, thread->tally);
  return pos;
}

/* One of them. Returns: behind it; NULL where it is another one */
static inline const uint8_t *
scan_plain_event (TxPlain *plain,
                  TxTallyThread *thread,
                  TxTallyLine *nobody,
                  const uint8_t *pos,
                  const uint8_t *end,
                  int64_t now_ns)
{
  uint8_t byte = *pos++;
  bool is_plain;

  if (byte < TX_BYTE_CALL)
    is_plain = scan_plain_line (plain, thread->tally, nobody, byte, now_ns);
  else if (byte == TX_BYTE_RETURN)
    is_plain = leave_plain_frame (plain, thread, now_ns);
  else if (_tx_byte_is_near_call (byte))
    is_plain = enter_plain_frame (plain, thread, nobody, _tx_byte_get_function (byte), 0, now_ns);
  else if (byte == TX_BYTE_RESUME)
    return resume_plain_frame (plain, thread, nobody, pos, end, now_ns);
  else if (byte == TX_BYTE_YIELD)
    return suspend_plain_frame (plain, thread, nobody, pos, end, now_ns);
  else
    is_plain = false;
  return is_plain ? pos : NULL;
}

void
_tx_scan_plain_events (TxScan *self)
{
  TxTallyThread *thread = self->thread;
  TxTallyLine *nobody = &self->digester->nobody;
  TxClock clock = self->clock;
  const uint8_t *pos = self->cursor.pos, *end = self->cursor.end;
  TxPlain plain;

  if (!thread || thread->id == 0 || thread->last_ns > clock.now_ns)
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
      bool is_line = *pos < TX_BYTE_CALL;
      const uint8_t *next = scan_plain_event (&plain, thread, nobody, pos, end, clock.now_ns);

      if (!next)
        break;
      pos = next;
      _tx_clock_advance (&clock);
      if (is_line)
        pos = scan_more_lines (&plain, thread->tally, &clock, pos, end);
    }
  *plain.frame = plain.at;
  thread->top = plain.frame;
  thread->last_ns = plain.last_ns;
  thread->depth = plain.depth;
  thread->depth_min = plain.depth_min;
  thread->depth_max = plain.depth_max;
  thread->steps += plain.n_steps;
  thread->resumed += plain.n_resumed;
  self->clock = clock;
  self->cursor.pos = pos;
}
