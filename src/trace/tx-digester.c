// SPDX-License-Identifier: BSD-3-Clause
// Digests: follows each thread's stack through the blocks and charges time to lines (tx-digest.h
// says how). Fed with decoded blocks here; tx-digester-scan.c feeds it with a block's bytes.
#include "tx-digest.h"

#include <stdlib.h>
#include <string.h>

#include "tx-buffer-private.h"
#include "tx-digest-sums-private.h"
#include "tx-digester-private.h"

/* So many lines and functions are kept, whether they still run or not. */
#define TALLY_LIMIT_MIN 32768u

/* For each thread that is busy, up to so many: they may all do the same. */
#define TALLY_LIMIT_THREADS_MAX 4u

/* Tallies that are kept of threads that have ended. */
#define SPARES_MAX 8u

/* ---- Lines below ---- */

/* Puts the frames of a thread into its lines' n_below, or takes them out: @by is 1 or -1. */
static void
count_below (TxTallyThread *thread, int by)
{
  for (TxTallyFrame *frame = thread->frames; frame < thread->top; frame++)
    frame->line->n_below += (uint32_t) by;
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
          _tx_tally_touch (thread->tally, line);
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
    line = _tx_tally_find_line (thread->tally, function, number);
  if (!line || (thread->top == thread->last && !grow_frames (thread)))
    {
      self->no_memory = true;
      return NULL;
    }
  _tx_tally_touch (thread->tally, line);
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
  TxTallyFunction *function = _tx_tally_find_function (thread->tally, id);

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
  thread->restated += (uint32_t) n_frames;
  for (size_t i = 0; i < n_frames; i++)
    push (self, thread, frames[i].function, frames[i].line, now_ns);
}

/* ---- Threads ---- */

static size_t
count_tally (const TxTally *tally)
{
  return tally->n_lines + tally->n_functions;
}

/* Takes what has come to the thread's lines into account. */
static void
count_lines (TxDigester *self, TxTallyThread *thread)
{
  size_t count = count_tally (thread->tally);

  self->n_kept += count - thread->n_counted;
  thread->n_counted = count;
}

/* Nothing is left of the thread but, where it may be of use, its lines. */
static void
drop_thread (TxDigester *self, TxTallyThread *thread)
{
  count_below (thread, -1);
  _tx_tally_reset (thread->tally);
  free (thread->frames);
  count_lines (self, thread);
  if (self->n_spares < SPARES_MAX)
    self->spares[self->n_spares++] = thread->tally;
  else
    {
      self->n_kept -= thread->n_counted;
      _tx_tally_clear (thread->tally);
      free (thread->tally);
    }
}

void
_tx_digester_forget_threads (TxDigester *self)
{
  for (size_t i = 0; i < self->n_threads; i++)
    drop_thread (self, &self->threads[i]);
  self->n_threads = 0;
  _tx_thread_index_empty (&self->index, 0);
  self->current = SIZE_MAX;
}

static bool
add_thread (TxDigester *self, TxThreadId id)
{
  TxTallyThread *thread;

  if (!TX_ARRAY_RESERVE (self->threads, self->threads_capacity, self->n_threads + 1))
    return false;
  thread = &self->threads[self->n_threads];
  *thread = (TxTallyThread){ .id = id, .last_ns = INT64_MAX };
  thread->tally =
      self->n_spares > 0 ? self->spares[--self->n_spares] : calloc (1, sizeof *thread->tally);
  if (!thread->tally || !grow_frames (thread) ||
      !_tx_thread_index_add (&self->index, id, self->n_threads))
    {
      if (thread->tally)
        _tx_tally_clear (thread->tally);
      free (thread->tally);
      free (thread->frames);
      return false;
    }
  thread->frames[0] =
      (TxTallyFrame){ .line = &self->nobody, .since_ns = INT64_MAX, .began_ns = INT64_MAX };
  thread->n_counted = count_tally (thread->tally);
  self->n_threads++;
  return true;
}

static bool
find_thread (TxDigester *self, TxThreadId id)
{
  size_t index = _tx_thread_index_find (&self->index, id);

  if (index == SIZE_MAX)
    {
      index = self->n_threads;
      if (!add_thread (self, id))
        {
          self->no_memory = true;
          return false;
        }
    }
  self->current = index;
  return true;
}

static void
activate (TxTallyThread *thread, int64_t now_ns)
{
  if (thread->last_ns == INT64_MAX)
    thread->last_ns = now_ns;
  thread->is_active = true;
  thread->steps = thread->resumed = thread->restated = 0;
  thread->depth_min = UINT32_MAX;
  thread->depth_max = 0;
  _tx_tally_touch (thread->tally, thread->top->line);
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
    activate (thread, now_ns);
  return thread;
}

/* ---- Events ---- */

static void
add_line (TxDigester *self, TxTallyThread *thread, const TxEvent *event)
{
  TxTallyFunction *function = _tx_tally_find_function (thread->tally, event->function);
  TxTallyLine *line = function ? _tx_tally_find_line (thread->tally, function, event->line) : NULL;

  if (!line)
    {
      self->no_memory = true;
      return;
    }
  if (thread->top == thread->frames)
    {
      _tx_tally_touch (thread->tally, line);
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
leave_frame (TxTallyThread *thread, const TxEvent *event)
{
  if (thread->top > thread->frames)
    _tx_digester_pop (thread, event->time_ns);
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
      thread->resumed++;
      enter_frame (self, thread, event);
      _tx_digester_note_await (self, thread);
      break;
    case TX_EVENT_YIELD:
      _tx_digester_note_await (self, thread);
      leave_frame (thread, event);
      break;
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
      leave_frame (thread, event);
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
          thread->restated++;
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
    _tx_digester_charge_wait (thread, event->detail);
  change_stack (self, thread, block, event);
  _tx_tally_thread_note_depth (thread);
}

/* ---- Blocks ---- */

static int
compare_threads (const void *a, const void *b)
{
  const TxTallyThread *const *one = a, *const *other = b;

  return (*one)->id < (*other)->id ? -1 : (*one)->id > (*other)->id;
}

/* The active threads, by id; false without memory. */
static bool
list_active (TxDigester *self, size_t *ret_n_active)
{
  size_t n_active = 0;

  if (!TX_ARRAY_RESERVE (self->active, self->active_capacity, self->n_threads + 1))
    return false;
  for (size_t i = 0; i < self->n_threads; i++)
    if (self->threads[i].is_active)
      self->active[n_active++] = &self->threads[i];
  qsort (self->active, n_active, sizeof *self->active, compare_threads);
  *ret_n_active = n_active;
  return true;
}

/* The active threads' part of the digest. */
static bool
take_threads (TxDigester *self, TxDigest *digest)
{
  TxDigestThread *taken;
  size_t n_active;

  if (!list_active (self, &n_active))
    return false;
  taken = malloc ((n_active + 1) * sizeof *taken);
  if (!taken)
    return false;
  digest->threads = taken;
  digest->n_threads = n_active;
  digest->depth_min = n_active > 0 ? UINT32_MAX : 0;
  for (size_t i = 0; i < n_active; i++)
    {
      const TxTallyThread *thread = self->active[i];

      taken[i] =
          (TxDigestThread){ thread->id, thread->steps, thread->depth_min, thread->depth_max };
      digest->steps += thread->steps;
      digest->resumed = _tx_add_capped (digest->resumed, thread->resumed);
      digest->restated = _tx_add_capped (digest->restated, thread->restated);
      if (thread->depth_min < digest->depth_min)
        digest->depth_min = thread->depth_min;
      if (thread->depth_max > digest->depth_max)
        digest->depth_max = thread->depth_max;
    }
  return true;
}

/* Threads with an empty stack are forgotten: no time can be charged to them, and most have ended.
 */
static void
finish_threads (TxDigester *self)
{
  TxThreadId current_id = self->current < self->n_threads ? self->threads[self->current].id : 0;
  size_t n_kept = 0;

  self->current = SIZE_MAX;
  for (size_t i = 0; i < self->n_threads; i++)
    {
      TxTallyThread *thread = &self->threads[i];

      if (thread->is_active)
        {
          count_lines (self, thread);
          _tx_tally_reset (thread->tally);
        }
      thread->is_active = false;
      if (thread->depth == 0)
        {
          drop_thread (self, thread);
          continue;
        }
      if (thread->id == current_id)
        self->current = n_kept;
      if (n_kept < i) /* there may be very many, and mostly none goes */
        self->threads[n_kept] = *thread;
      n_kept++;
    }
  self->n_threads = n_kept;
  _tx_thread_index_empty (&self->index, n_kept);
  for (size_t i = 0; i < n_kept; i++)
    (void) _tx_thread_index_add (&self->index, self->threads[i].id, i);
}

/* Moves a thread's frames to the functions and lines of a new tally. */
static void
find_frames_again (TxDigester *self, TxTallyThread *thread)
{
  for (TxTallyFrame *frame = thread->frames + 1; frame <= thread->top; frame++)
    {
      frame->function = _tx_tally_find_function (thread->tally, frame->function->id);
      if (frame->function && frame->number)
        frame->line = _tx_tally_find_line (thread->tally, frame->function, frame->number);
      if (!frame->function || !frame->line)
        {
          self->no_memory = true;
          return;
        }
    }
}

size_t
_tx_digester_count_kept (const TxDigester *self)
{
  return self->n_kept + self->first_lines.n_functions;
}

static void
clear_spares (TxDigester *self)
{
  while (self->n_spares > 0)
    {
      TxTally *tally = self->spares[--self->n_spares];

      self->n_kept -= count_tally (tally);
      _tx_tally_clear (tally);
      free (tally);
    }
}

/* A thread with a tally that has nothing but what its frames stand on. */
static void
renew_tally (TxDigester *self, TxTallyThread *thread)
{
  TxTally before = *thread->tally;

  count_below (thread, -1);
  *thread->tally = (TxTally){ 0 };
  find_frames_again (self, thread);
  _tx_tally_clear (&before);
  count_lines (self, thread);
  if (!self->no_memory)
    count_below (thread, 1);
  else
    thread->top = thread->frames; /* the frames may point to what is gone: no walk over them */
}

/* A process may make code for ever (exec): what no frame stands on any more is forgotten now and
 * then. */
static void
forget_old_lines (TxDigester *self, size_t n_active)
{
  size_t limit = n_active < TALLY_LIMIT_THREADS_MAX ? n_active : TALLY_LIMIT_THREADS_MAX;

  limit *= TALLY_LIMIT_MIN;
  if (limit < self->tally_limit)
    limit = self->tally_limit;
  if (_tx_digester_count_kept (self) <= limit)
    return;
  clear_spares (self);
  _tx_tally_clear (&self->first_lines);
  for (size_t i = 0; i < self->n_threads; i++)
    renew_tally (self, &self->threads[i]);
  self->tally_limit = 2 * _tx_digester_count_kept (self);
  if (self->tally_limit < TALLY_LIMIT_MIN)
    self->tally_limit = TALLY_LIMIT_MIN;
  if (self->no_memory)
    {
      _tx_digester_forget_threads (self);
      self->no_memory = false;
    }
}

void
_tx_digester_begin_block (TxDigester *self, uint64_t sequence)
{
  if (self->has_begun && sequence != self->next_sequence)
    _tx_digester_forget_threads (self);
  self->has_begun = true;
  self->next_sequence = sequence + 1;
  self->no_memory = false;
  self->error_ns = 0;
  self->lacks_awaits = false;
}

/* A line waited no longer than it had. */
static void
limit_waiting (TxDigestLine *line)
{
  if (line->waiting_ns > line->self_ns)
    line->waiting_ns = line->self_ns;
}

/* Room for the lines of each thread; they are counted here. */
static TxDigestThreadLines *
make_thread_lines (const TxDigester *self, size_t n_threads)
{
  const TxTallyItems *items = &self->items;
  TxDigestThreadLines *threads = calloc (n_threads, sizeof *threads);
  TxDigestLine *lines = malloc ((items->n_items + 1) * sizeof *lines);

  if (!threads || !lines)
    {
      free (threads);
      free (lines);
      return NULL;
    }
  for (size_t i = 0; i < items->n_items; i++)
    threads[items->items[i].owner].n_lines++;
  for (size_t i = 0; i < n_threads; i++)
    {
      threads[i].lines = lines;
      lines += threads[i].n_lines;
      threads[i].n_lines = 0;
      threads[i].resumed = self->active[i]->resumed;
      threads[i].restated = self->active[i]->restated;
    }
  return threads;
}

/* The sums of all items, for each line, and for each thread where @threads (nullable) has room.
   Returns: how many lines */
static size_t
sum_up (const TxTallyItems *items, TxDigestLine *lines, TxDigestThreadLines *threads)
{
  size_t n_lines = 0;

  for (size_t i = 0; i < items->n_items; i++)
    {
      const TxTallyItem *item = &items->items[i];

      if (i == 0 || items->items[i - 1].key != item->key)
        lines[n_lines++] = item->line->sums;
      else
        _tx_digest_line_add (&lines[n_lines - 1], &item->line->sums);
      if (threads)
        {
          TxDigestThreadLines *thread = &threads[item->owner];
          TxDigestLine *line = (TxDigestLine *) &thread->lines[thread->n_lines++];

          *line = item->line->sums;
          limit_waiting (line);
        }
    }
  for (size_t i = 0; i < n_lines; i++)
    limit_waiting (&lines[i]);
  return n_lines;
}

/* The lines of the block that ends, of all threads together, and of each where there are several.
   What was counted of awaits is told whole or not at all. */
static bool
take_lines (TxDigester *self, TxDigest *digest)
{
  TxTallyItems *items = &self->items;
  TxDigestThreadLines *threads = NULL;
  TxDigestLine *lines;

  items->n_items = 0;
  for (size_t i = 0; i < digest->n_threads; i++)
    if (!_tx_tally_items_add (items, self->active[i]->tally, i, true))
      return false;
  _tx_tally_items_sort (items);
  lines = malloc ((items->n_items + 1) * sizeof *lines);
  if (digest->n_threads > 1)
    threads = make_thread_lines (self, digest->n_threads);
  digest->lines = lines;
  digest->thread_lines = threads;
  if (!lines || (digest->n_threads > 1 && !threads))
    return false;
  digest->n_lines = sum_up (items, lines, threads);
  digest->tells_entries = true;
  digest->tells_awaits = !self->lacks_awaits;
  for (size_t i = 0; self->lacks_awaits && i < digest->n_lines; i++)
    lines[i].awaits = 0;
  return true;
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
  if (is_good && digest && !self->no_memory)
    {
      self->no_memory = !take_threads (self, digest) || !take_lines (self, digest);
      digest->error_ns = self->error_ns;
    }
  if (!is_good || !digest || self->no_memory)
    {
      /* What was counted so far is not to be trusted: begin again as behind a hole. */
      _tx_digester_forget_threads (self);
      tx_digest_free (digest);
      return NULL;
    }
  finish_threads (self);
  forget_old_lines (self, digest->n_threads);
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

  if (!self)
    return NULL;
  self->spares = calloc (SPARES_MAX, sizeof *self->spares);
  if (!self->spares)
    {
      free (self);
      return NULL;
    }
  self->nobody.is_touched = true;
  self->current = SIZE_MAX;
  self->tally_limit = TALLY_LIMIT_MIN;
  return self;
}

void
tx_digester_free (TxDigester *self)
{
  if (!self)
    return;
  _tx_digester_forget_threads (self);
  clear_spares (self);
  _tx_tally_clear (&self->first_lines);
  _tx_tally_items_clear (&self->items);
  free (self->spares);
  free (self->active);
  free (self->threads);
  _tx_thread_index_clear (&self->index);
  free (self);
}
