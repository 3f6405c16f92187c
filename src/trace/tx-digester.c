// SPDX-License-Identifier: BSD-3-Clause
// Digests: follows each thread's stack through the blocks and charges time to lines (tx-digest.h
// says how). Fed with decoded blocks here; tx-digester-scan.c feeds it with a block's bytes.
#include "tx-digest.h"

#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-digester-private.h"

/* So many lines and functions are kept, whether they still run or not. */
#define TALLY_LIMIT_MIN 32768u

/* ---- Lines below ---- */

/* Puts the frames of a thread into its lines' n_below, or takes them out: @by is 1 or -1. */
static void
count_below (TxTallyThread *thread, int by)
{
  for (TxTallyFrame *frame = thread->frames; frame < thread->top; frame++)
    frame->line->n_below += (uint32_t) by;
}

/* n_below is that of one thread at a time. */
static void
load (TxDigester *self, size_t index)
{
  if (self->loaded == index)
    return;
  if (self->loaded < self->n_threads)
    count_below (&self->threads[self->loaded], -1);
  count_below (&self->threads[index], 1);
  self->loaded = index;
}

/* ---- Stacks ---- */

/* Brings the cumulated time of everything on the stack up to the thread's last moment. */
static void
charge_stack (TxDigester *self, TxTallyThread *thread)
{
  uint64_t walk = ++self->n_walks;

  for (TxTallyFrame *frame = thread->frames + 1; frame <= thread->top; frame++)
    {
      uint64_t elapsed_ns = _tx_digester_get_elapsed (frame->since_ns, thread->last_ns);
      TxTallyLine *line = frame->line;

      frame->since_ns = thread->last_ns;
      if (elapsed_ns > 0 && line->seen_in != walk)
        {
          _tx_tally_touch (&self->tally, line);
          line->sums.cumulated_ns += elapsed_ns;
        }
      /* Frames above with the same line are left out, also when this one has nothing to add. */
      line->seen_in = walk;
    }
}

static bool
grow_frames (TxTallyThread *thread)
{
  size_t n_frames = _tx_tally_thread_count_frames (thread);
  size_t capacity = n_frames < 16 ? 32 : 2 * n_frames;
  TxTallyFrame *frames = realloc (thread->frames, capacity * sizeof *frames);

  if (!frames)
    return false;
  thread->frames = frames;
  thread->top = frames + n_frames;
  thread->last = frames + capacity - 1;
  return true;
}

TxTallyFrame *
_tx_digester_push_slow (TxDigester *self,
                        TxTallyThread *thread,
                        TxTallyFunction *function,
                        uint32_t number,
                        int64_t now_ns)
{
  TxTallyLine *line = &self->nobody;

  if (number)
    line = _tx_tally_find_line (&self->tally, function, number);
  if (!line || (thread->top == thread->last && !grow_frames (thread)))
    {
      self->no_memory = true;
      return NULL;
    }
  _tx_tally_touch (&self->tally, line);
  thread->top->line->n_below++;
  *++thread->top = (TxTallyFrame){ .line = line,
                                   .function = function,
                                   .number = number,
                                   .reference = number,
                                   .since_ns = now_ns,
                                   .began_ns = INT64_MAX };
  return thread->top;
}

/* The same with the function's id. */
static void
push (TxDigester *self, TxTallyThread *thread, TxFunctionId id, uint32_t number, int64_t now_ns)
{
  TxTallyFunction *function = _tx_tally_find_function (&self->tally, id);

  if (function)
    (void) _tx_digester_push (self, thread, function, number, now_ns);
  else
    self->no_memory = true;
}

/* Whether the stated stack is what is known already, as it is at the start of each block. */
static bool
is_stack_known (const TxTallyThread *thread,
                uint32_t depth,
                const TxStackFrame *frames,
                size_t n_frames)
{
  const TxTallyFrame *known;

  if (thread->depth != depth || _tx_tally_thread_count_frames (thread) < n_frames)
    return false;
  known = thread->top + 1 - n_frames;
  for (size_t i = 0; i < n_frames; i++)
    if (known[i].function->id != frames[i].function || known[i].number != frames[i].line)
      return false;
  return true;
}

void
_tx_digester_state_stack (TxDigester *self,
                          TxTallyThread *thread,
                          uint32_t depth,
                          const TxStackFrame *frames,
                          size_t n_frames,
                          int64_t now_ns)
{
  if (is_stack_known (thread, depth, frames, n_frames))
    return;
  charge_stack (self, thread);
  count_below (thread, -1);
  thread->top = thread->frames;
  thread->depth = depth;
  self->restated += (uint32_t) n_frames;
  for (size_t i = 0; i < n_frames; i++)
    push (self, thread, frames[i].function, frames[i].line, now_ns);
}

/* ---- Threads ---- */

static void
free_thread (TxTallyThread *thread)
{
  free (thread->frames);
}

void
_tx_digester_forget_threads (TxDigester *self)
{
  if (self->loaded < self->n_threads)
    count_below (&self->threads[self->loaded], -1);
  for (size_t i = 0; i < self->n_threads; i++)
    free_thread (&self->threads[i]);
  self->n_threads = 0;
  self->current = self->loaded = SIZE_MAX;
}

static bool
add_thread (TxDigester *self, TxThreadId id)
{
  TxTallyThread *thread;

  if (!TX_ARRAY_RESERVE (self->threads, self->threads_capacity, self->n_threads + 1))
    return false;
  thread = &self->threads[self->n_threads];
  *thread = (TxTallyThread){ .id = id, .last_ns = INT64_MAX };
  if (!grow_frames (thread))
    return false;
  thread->frames[0] =
      (TxTallyFrame){ .line = &self->nobody, .since_ns = INT64_MAX, .began_ns = INT64_MAX };
  self->n_threads++;
  return true;
}

static bool
find_thread (TxDigester *self, TxThreadId id)
{
  size_t i = 0;

  while (i < self->n_threads && self->threads[i].id != id)
    i++;
  if (i == self->n_threads && !add_thread (self, id))
    {
      self->no_memory = true;
      return false;
    }
  self->current = i;
  load (self, i);
  return true;
}

static void
activate (TxDigester *self, TxTallyThread *thread, int64_t now_ns)
{
  if (thread->last_ns == INT64_MAX)
    thread->last_ns = now_ns;
  thread->is_active = true;
  thread->steps = 0;
  thread->depth_min = UINT32_MAX;
  thread->depth_max = 0;
  _tx_tally_touch (&self->tally, thread->top->line);
}

TxTallyThread *
_tx_digester_enter_thread (TxDigester *self, TxThreadId id, int64_t now_ns)
{
  TxTallyThread *thread;

  if ((self->current >= self->n_threads || self->threads[self->current].id != id) &&
      !find_thread (self, id))
    return NULL;
  thread = &self->threads[self->current];
  if (!thread->is_active)
    activate (self, thread, now_ns);
  return thread;
}

/* ---- Events ---- */

static void
add_line (TxDigester *self, TxTallyThread *thread, const TxEvent *event)
{
  TxTallyFunction *function = _tx_tally_find_function (&self->tally, event->function);
  TxTallyLine *line = function ? _tx_tally_find_line (&self->tally, function, event->line) : NULL;

  if (!line)
    {
      self->no_memory = true;
      return;
    }
  if (thread->top == thread->frames)
    {
      _tx_tally_touch (&self->tally, line);
      line->sums.hits++;
      thread->steps++;
      return;
    }
  thread->top->function = function;
  _tx_digester_begin_line (self, thread, line, event->line, event->time_ns);
}

static void
enter_frame (TxDigester *self, TxTallyThread *thread, const TxEvent *event)
{
  thread->depth++;
  push (self, thread, event->function, event->line, event->time_ns);
}

static void
leave_frame (TxDigester *self, TxTallyThread *thread, const TxEvent *event)
{
  if (thread->top > thread->frames)
    _tx_digester_pop (self, thread, event->time_ns);
  else
    thread->depth -= thread->depth > 0;
}

/* Events that change which frames there are. */
static void
change_stack (TxDigester *self, TxTallyThread *thread, const TxBlock *block, const TxEvent *event)
{
  const TxBlockStack *stack;

  switch (event->kind)
    {
    case TX_EVENT_CALL:
      enter_frame (self, thread, event);
      break;
    case TX_EVENT_RESUME:
      self->resumed++;
      enter_frame (self, thread, event);
      _tx_digester_note_await (self, thread);
      break;
    case TX_EVENT_YIELD:
      _tx_digester_note_await (self, thread);
      leave_frame (self, thread, event);
      break;
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
      leave_frame (self, thread, event);
      break;
    case TX_EVENT_STACK:
      stack = &block->stacks[event->detail];
      /* A block of empty stacks has no frames at all. */
      _tx_digester_state_stack (self, thread, stack->depth,
                                stack->n_frames ? &block->frames[stack->first_frame] : NULL,
                                stack->n_frames, event->time_ns);
      break;
    case TX_EVENT_REVEAL:
      /* Only news where no earlier block has told of that frame. */
      if (thread->top == thread->frames && thread->depth > 0)
        {
          self->restated++;
          push (self, thread, event->function, event->line, event->time_ns);
        }
      break;
    default:
      break;
    }
}

static void
add_event (TxDigester *self, const TxBlock *block, const TxEvent *event)
{
  TxTallyThread *thread;

  /* Definitions, stamps and the like are not the thread's; nobody's are before the first stack. */
  if (event->thread == 0 || (event->kind > TX_EVENT_REVEAL && event->kind != TX_EVENT_MARK &&
                             event->kind != TX_EVENT_WAIT))
    return;
  thread = _tx_digester_enter_thread (self, event->thread, event->time_ns);
  if (!thread)
    return;
  _tx_digester_charge_self (thread, event->time_ns);
  if (event->kind == TX_EVENT_LINE)
    {
      add_line (self, thread, event);
      return;
    }
  if (event->kind == TX_EVENT_WAIT)
    _tx_digester_charge_wait (self, thread, event->detail);
  change_stack (self, thread, block, event);
  _tx_tally_thread_note_depth (thread);
}

/* ---- Blocks ---- */

static int
compare_threads (const void *a, const void *b)
{
  const TxDigestThread *one = a, *other = b;

  return one->thread < other->thread ? -1 : one->thread > other->thread;
}

/* The active threads' part of the digest. */
static bool
take_threads (TxDigester *self, TxDigest *digest)
{
  TxDigestThread *taken = malloc ((self->n_threads ? self->n_threads : 1) * sizeof *taken);

  if (!taken)
    return false;
  digest->depth_min = UINT32_MAX;
  for (size_t i = 0; i < self->n_threads; i++)
    {
      TxTallyThread *thread = &self->threads[i];

      if (!thread->is_active)
        continue;
      taken[digest->n_threads++] =
          (TxDigestThread){ thread->id, thread->steps, thread->depth_min, thread->depth_max };
      digest->steps += thread->steps;
      if (thread->depth_min < digest->depth_min)
        digest->depth_min = thread->depth_min;
      if (thread->depth_max > digest->depth_max)
        digest->depth_max = thread->depth_max;
    }
  if (digest->n_threads == 0)
    digest->depth_min = 0;
  qsort (taken, digest->n_threads, sizeof *taken, compare_threads);
  digest->threads = taken;
  return true;
}

/* Threads with an empty stack are forgotten: no time can be charged to them, and most have ended.
 */
static void
finish_threads (TxDigester *self)
{
  TxThreadId current_id = self->current < self->n_threads ? self->threads[self->current].id : 0;
  size_t n_kept = 0;

  if (self->loaded < self->n_threads)
    count_below (&self->threads[self->loaded], -1);
  for (size_t i = 0; i < self->n_threads; i++)
    {
      TxTallyThread *thread = &self->threads[i];

      thread->is_active = false;
      if (thread->depth == 0)
        free_thread (thread);
      else
        self->threads[n_kept++] = *thread;
    }
  self->n_threads = n_kept;
  self->current = self->loaded = SIZE_MAX;
  for (size_t i = 0; i < n_kept; i++)
    if (self->threads[i].id == current_id)
      {
        self->current = i;
        load (self, i);
      }
}

/* Moves a thread's frames to the functions and lines of a new tally. */
static void
find_frames_again (TxDigester *self, TxTallyThread *thread)
{
  for (TxTallyFrame *frame = thread->frames + 1; frame <= thread->top; frame++)
    {
      frame->function = _tx_tally_find_function (&self->tally, frame->function->id);
      if (frame->function && frame->number)
        frame->line = _tx_tally_find_line (&self->tally, frame->function, frame->number);
      if (!frame->function || !frame->line)
        {
          self->no_memory = true;
          return;
        }
    }
}

/* A process may make code for ever (exec): what no frame stands on any more is forgotten now and
 * then. */
static void
forget_old_lines (TxDigester *self)
{
  TxTally before = self->tally;
  size_t index = self->current;

  if (before.n_lines + before.n_functions <= self->tally_limit)
    return;
  if (self->loaded < self->n_threads)
    count_below (&self->threads[self->loaded], -1);
  self->loaded = SIZE_MAX;
  self->tally = (TxTally){ 0 };
  for (size_t i = 0; i < self->n_threads && !self->no_memory; i++)
    find_frames_again (self, &self->threads[i]);
  _tx_tally_clear (&before);
  self->tally_limit = 2 * (self->tally.n_lines + self->tally.n_functions);
  if (self->tally_limit < TALLY_LIMIT_MIN)
    self->tally_limit = TALLY_LIMIT_MIN;
  if (self->no_memory)
    {
      /* The frames may point to what is gone: no walk over them. */
      _tx_digester_forget_threads (self);
      self->no_memory = false;
    }
  else if (index < self->n_threads)
    load (self, index);
}

void
_tx_digester_begin_block (TxDigester *self, uint64_t sequence)
{
  if (self->has_begun && sequence != self->next_sequence)
    _tx_digester_forget_threads (self);
  self->has_begun = true;
  self->next_sequence = sequence + 1;
  self->no_memory = false;
  self->error_ns = self->resumed = self->restated = 0;
  self->lacks_awaits = false;
}

/* The lines of the block that ends. What was counted of awaits is told whole or not at all. */
static void
take_lines (TxDigester *self, TxDigest *digest)
{
  TxDigestLine *lines = _tx_tally_take (&self->tally, &digest->n_lines);

  digest->tells_entries = true;
  digest->tells_awaits = !self->lacks_awaits;
  for (size_t i = 0; lines && self->lacks_awaits && i < digest->n_lines; i++)
    lines[i].awaits = 0;
  digest->lines = lines;
}

TxDigest *
_tx_digester_finish_block (TxDigester *self, int64_t end_ns, bool is_good)
{
  TxDigest *digest = calloc (1, sizeof *digest);

  if (self->current < self->n_threads && self->threads[self->current].is_active)
    _tx_digester_charge_self (&self->threads[self->current], end_ns);
  for (size_t i = 0; i < self->n_threads; i++)
    if (self->threads[i].is_active)
      charge_stack (self, &self->threads[i]);
  if (digest && take_threads (self, digest))
    {
      take_lines (self, digest);
      digest->error_ns = self->error_ns;
      digest->resumed = self->resumed;
      digest->restated = self->restated;
    }
  finish_threads (self);
  if (!is_good || !digest || !digest->lines || self->no_memory)
    {
      /* What was counted so far is not to be trusted: begin again as behind a hole. */
      size_t n_lines;

      free (_tx_tally_take (&self->tally, &n_lines));
      _tx_digester_forget_threads (self);
      tx_digest_free (digest);
      return NULL;
    }
  forget_old_lines (self);
  return digest;
}

TxDigest *
tx_digester_add (TxDigester *self, const TxBlock *block)
{
  _tx_digester_begin_block (self, block->sequence);
  self->has_references = false;
  for (size_t i = 0; i < block->n_events; i++)
    {
      if (block->events[i].kind == TX_EVENT_GAP)
        _tx_digester_forget_threads (self);
      if (block->events[i].kind != TX_EVENT_STAMP && block->events[i].error_ns > self->error_ns)
        self->error_ns = block->events[i].error_ns;
      add_event (self, block, &block->events[i]);
    }
  return _tx_digester_finish_block (self, block->times.mono_last_ns, true);
}

TxDigester *
tx_digester_new (void)
{
  TxDigester *self = calloc (1, sizeof *self);

  if (self)
    {
      self->nobody.is_touched = true;
      self->current = self->loaded = SIZE_MAX;
      self->tally_limit = TALLY_LIMIT_MIN;
    }
  return self;
}

void
tx_digester_free (TxDigester *self)
{
  if (!self)
    return;
  _tx_digester_forget_threads (self);
  free (self->threads);
  _tx_tally_clear (&self->tally);
  free (self);
}
