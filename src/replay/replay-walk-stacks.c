// SPDX-License-Identifier: BSD-3-Clause
// The stacks of a walk: from a recording's events, which state stacks again and again, to frames
// that are entered and left once.
#include "replay-walk-private.h"

#include <stdlib.h>

#define CAPACITY_MIN 16u

/* Room for one more item of @size bytes; false without memory. */
static bool
reserve (void **array, size_t *capacity, size_t n, size_t size)
{
  size_t wanted = n < CAPACITY_MIN ? CAPACITY_MIN : 2 * n;
  void *grown;

  if (n < *capacity)
    return true;
  grown = reallocarray (*array, wanted, size);
  if (grown == NULL)
    return false;
  *array = grown;
  *capacity = wanted;
  return true;
}

void
_replay_walk_stacks_clear (ReplayWalkStacks *self)
{
  for (size_t i = 0; i < self->n_threads; i++)
    free (self->threads[i].frames);
  free (self->threads);
  _replay_ids_clear (&self->ids);
  free (self->queue);
  *self = (ReplayWalkStacks){ 0 };
}

/* ---- Threads ---- */

/* Where threads before them were forgotten. */
static void
number_threads (ReplayWalkStacks *self)
{
  _replay_ids_forget (&self->ids);
  for (size_t i = 0; i < self->n_threads; i++)
    {
      uint32_t *number = _replay_ids_get (&self->ids, self->threads[i].id);

      if (number == NULL)
        {
          self->no_memory = true;
          return;
        }
      *number = (uint32_t) i + 1;
    }
}

/* Threads without frames are forgotten: most have ended. */
static void
forget_ended (ReplayWalkStacks *self)
{
  size_t n_kept = 0;

  for (size_t i = 0; i < self->n_threads; i++)
    if (self->threads[i].n_frames == 0 && self->threads[i].n_outer == 0)
      {
        if (self->threads[i].last_ns > self->floor_ns)
          self->floor_ns = self->threads[i].last_ns;
        free (self->threads[i].frames);
      }
    else
      self->threads[n_kept++] = self->threads[i];
  self->running = SIZE_MAX;
  if (n_kept == self->n_threads)
    return;
  self->n_threads = n_kept;
  number_threads (self);
}

/* Room for one more; false without memory. Those that have ended make it, if they are half of all:
   so this is rare, and each thread has its share of it. */
static bool
make_room (ReplayWalkStacks *self)
{
  if (self->n_threads < self->threads_capacity)
    return true;
  forget_ended (self);
  return !self->no_memory && (self->n_threads < self->threads_capacity / 2 ||
                              reserve ((void **) &self->threads, &self->threads_capacity,
                                       self->threads_capacity, sizeof *self->threads));
}

static void
add_thread (ReplayWalkStacks *self, TxThreadId id, int64_t now_ns)
{
  if (now_ns < self->floor_ns)
    now_ns = self->floor_ns;
  self->threads[self->n_threads++] =
      (ReplayWalkThread){ .id = id, .told_ns = now_ns, .last_ns = now_ns };
}

/* Valid until the next thread is new; NULL without memory. */
static ReplayWalkThread *
find_thread (ReplayWalkStacks *self, TxThreadId id, int64_t now_ns)
{
  uint32_t *number;

  if (self->running < self->n_threads && self->threads[self->running].id == id)
    return &self->threads[self->running];
  number = make_room (self) ? _replay_ids_get (&self->ids, id) : NULL;
  if (number == NULL)
    {
      self->no_memory = true;
      return NULL;
    }
  if (*number == 0)
    {
      add_thread (self, id, now_ns);
      *number = (uint32_t) self->n_threads;
    }
  self->running = *number - 1;
  return &self->threads[self->running];
}

static ReplayWalkFrame *
get_top (const ReplayWalkThread *thread)
{
  return thread->n_frames == 0 ? NULL : &thread->frames[thread->n_frames - 1];
}

/* ---- Telling ---- */

/* The next event to be told, with what all events have; NULL without memory. */
static ReplayWalkEvent *
tell (ReplayWalkStacks *self, ReplayWalkKind kind, ReplayWalkThread *thread, int64_t mono_ns)
{
  ReplayWalkEvent *event;
  const ReplayWalkFrame *top = thread == NULL ? NULL : get_top (thread);

  if (!reserve ((void **) &self->queue, &self->queue_capacity, self->n_queued, sizeof *self->queue))
    {
      self->no_memory = true;
      return NULL;
    }
  event = &self->queue[self->n_queued++];
  *event =
      (ReplayWalkEvent){ .kind = kind,
                         .mono_ns = mono_ns,
                         .real_ns = tx_reader_real_from_mono (self->reader, self->index, mono_ns),
                         .position = REPLAY_POSITION_NONE };
  if (thread == NULL)
    return event;
  event->thread = thread->id;
  event->depth = thread->n_outer + (uint32_t) thread->n_frames;
  if (top != NULL)
    {
      event->function = event->spent_function = top->function;
      event->line = event->spent_line = top->line;
      event->spent_ns = (uint64_t) mono_ns - (uint64_t) thread->told_ns;
    }
  thread->told_ns = mono_ns;
  return event;
}

static void
enter (ReplayWalkStacks *self,
       ReplayWalkThread *thread,
       ReplayWalkCause cause,
       const TxEvent *event,
       int64_t mono_ns)
{
  ReplayWalkEvent *told;

  if (!reserve ((void **) &thread->frames, &thread->capacity, thread->n_frames,
                sizeof *thread->frames))
    {
      self->no_memory = true;
      return;
    }
  told = tell (self, REPLAY_WALK_ENTER, thread, mono_ns);
  if (told == NULL)
    return;
  told->cause = cause;
  told->error_ns = event->error_ns;
  told->caller = told->function;
  told->caller_line = told->line;
  told->depth++;
  told->function = event->function;
  told->line = event->line;
  told->activation = event->activation;
  thread->frames[thread->n_frames++] = (ReplayWalkFrame){ event->function, event->line, mono_ns };
}

static void
leave (ReplayWalkStacks *self,
       ReplayWalkThread *thread,
       ReplayWalkCause cause,
       const TxEvent *event,
       int64_t mono_ns)
{
  ReplayWalkEvent *told = tell (self, REPLAY_WALK_LEAVE, thread, mono_ns);
  const ReplayWalkFrame *caller;

  if (told == NULL)
    return;
  told->cause = cause;
  told->error_ns = event == NULL ? 0 : event->error_ns;
  told->activation = event == NULL ? 0 : event->activation;
  told->elapsed_ns = (uint64_t) mono_ns - (uint64_t) get_top (thread)->entered_ns;
  thread->n_frames--;
  caller = get_top (thread);
  if (caller != NULL)
    {
      told->caller = caller->function;
      told->caller_line = caller->line;
    }
}

/* ---- Events ---- */

/* How many of the known frames are as stated: from the outermost of both on. */
static size_t
count_common (const ReplayWalkThread *thread,
              uint32_t n_outer,
              const TxStackFrame *frames,
              size_t n_frames)
{
  size_t n_before = n_outer > thread->n_outer ? n_outer - thread->n_outer : 0;
  size_t n = 0;

  /* More is stated than was known, or not all between: all is entered anew. */
  if (n_outer < thread->n_outer || n_before > thread->n_frames)
    return 0;
  while (n < n_frames && n_before + n < thread->n_frames &&
         thread->frames[n_before + n].function == frames[n].function &&
         thread->frames[n_before + n].line == frames[n].line)
    n++;
  return n_before + n;
}

/* @frames are outermost first, the first one above @n_outer that are not stated. */
static void
state_stack (ReplayWalkStacks *self,
             ReplayWalkThread *thread,
             uint32_t n_outer,
             const TxStackFrame *frames,
             size_t n_frames,
             const TxEvent *event,
             int64_t mono_ns)
{
  size_t n_common = count_common (thread, n_outer, frames, n_frames);

  while (thread->n_frames > n_common && !self->no_memory)
    leave (self, thread, REPLAY_WALK_CUT, event, mono_ns);
  if (thread->n_frames == 0)
    thread->n_outer = n_outer;
  for (size_t i = thread->n_outer + thread->n_frames - n_outer; i < n_frames && !self->no_memory;
       i++)
    {
      TxEvent frame = { .error_ns = event->error_ns,
                        .function = frames[i].function,
                        .line = frames[i].line };

      enter (self, thread, REPLAY_WALK_THERE, &frame, mono_ns);
    }
}

static void
begin_line (ReplayWalkStacks *self,
            ReplayWalkThread *thread,
            const TxEvent *event,
            ReplayPosition position,
            int64_t mono_ns)
{
  ReplayWalkEvent *told;

  /* What is entered is left as the same. */
  if (thread->n_frames > 0 && get_top (thread)->function != event->function)
    leave (self, thread, REPLAY_WALK_CUT, event, mono_ns);
  if (thread->n_frames == 0 || get_top (thread)->function != event->function)
    enter (self, thread, REPLAY_WALK_THERE, event, mono_ns);
  told = tell (self, REPLAY_WALK_LINE, thread, mono_ns);
  if (told == NULL || thread->n_frames == 0)
    return;
  told->error_ns = event->error_ns;
  told->position = position;
  told->line = event->line;
  get_top (thread)->line = event->line;
}

/* WAIT, MARK and RAISE, which change no stack. */
static void
tell_other (ReplayWalkStacks *self,
            ReplayWalkThread *thread,
            ReplayWalkKind kind,
            const TxBlock *block,
            const TxEvent *event,
            int64_t mono_ns)
{
  ReplayWalkEvent *told = tell (self, kind, thread, mono_ns);

  if (told == NULL)
    return;
  told->error_ns = event->error_ns;
  if (kind == REPLAY_WALK_WAIT)
    told->waited_ns = event->detail * UINT64_C (1000);
  else
    {
      told->text = (const char *) block->raw + block->texts[event->detail].offset;
      told->text_size = block->texts[event->detail].size;
      told->type = event->activation;
    }
}

static void
add_exit (ReplayWalkStacks *self, ReplayWalkThread *thread, const TxEvent *event, int64_t mono_ns)
{
  static const ReplayWalkCause causes[] = {
    [TX_EVENT_RETURN] = REPLAY_WALK_RETURN,
    [TX_EVENT_UNWIND] = REPLAY_WALK_UNWIND,
    [TX_EVENT_YIELD] = REPLAY_WALK_YIELD,
  };

  if (thread->n_frames > 0)
    leave (self, thread, causes[event->kind], event, mono_ns);
  else if (thread->n_outer > 0)
    thread->n_outer--;
}

static void
add_to_thread (ReplayWalkStacks *self,
               ReplayWalkThread *thread,
               const TxBlock *block,
               const TxEvent *event,
               ReplayPosition position)
{
  int64_t mono_ns = thread->last_ns;
  const TxBlockStack *stack;

  switch (event->kind)
    {
    case TX_EVENT_LINE:
      begin_line (self, thread, event, position, mono_ns);
      break;
    case TX_EVENT_CALL:
    case TX_EVENT_RESUME:
      enter (self, thread, event->kind == TX_EVENT_CALL ? REPLAY_WALK_CALL : REPLAY_WALK_RESUME,
             event, mono_ns);
      break;
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
    case TX_EVENT_YIELD:
      add_exit (self, thread, event, mono_ns);
      break;
    case TX_EVENT_STACK:
      stack = &block->stacks[event->detail];
      /* A block without any stated frame has none to point at. */
      state_stack (self, thread, stack->depth - stack->n_frames,
                   stack->n_frames > 0 ? &block->frames[stack->first_frame] : NULL, stack->n_frames,
                   event, mono_ns);
      break;
    case TX_EVENT_REVEAL:
      if (thread->n_frames > 0 || thread->n_outer == 0)
        break; /* known already */
      thread->n_outer--;
      enter (self, thread, REPLAY_WALK_THERE, event, mono_ns);
      break;
    case TX_EVENT_WAIT:
      tell_other (self, thread, REPLAY_WALK_WAIT, block, event, mono_ns);
      break;
    case TX_EVENT_MARK:
      tell_other (self, thread, REPLAY_WALK_MARK, block, event, mono_ns);
      break;
    case TX_EVENT_RAISE:
      tell_other (self, thread, REPLAY_WALK_RAISE, block, event, mono_ns);
      break;
    default:
      break;
    }
}

/* Whether it is a thread's: definitions, stamps and the like are nobody's. */
static bool
is_of_thread (const TxEvent *event)
{
  return event->thread != 0 && (event->kind <= TX_EVENT_REVEAL || event->kind == TX_EVENT_MARK ||
                                event->kind == TX_EVENT_WAIT || event->kind == TX_EVENT_RAISE);
}

void
_replay_walk_stacks_add (ReplayWalkStacks *self,
                         const TxBlock *block,
                         const TxEvent *event,
                         ReplayPosition position)
{
  ReplayWalkThread *thread;

  if (event->kind == TX_EVENT_MARK && event->thread == 0)
    tell_other (self, NULL, REPLAY_WALK_MARK, block, event, event->time_ns);
  if (!is_of_thread (event))
    return;
  thread = find_thread (self, event->thread, event->time_ns);
  if (thread == NULL)
    return;
  if (event->time_ns > thread->last_ns)
    thread->last_ns = event->time_ns;
  add_to_thread (self, thread, block, event, position);
}

void
_replay_walk_stacks_state (ReplayWalkStacks *self,
                           TxThreadId id,
                           const ReplayFrame *frames,
                           size_t n_frames,
                           int64_t mono_ns)
{
  ReplayWalkThread *thread = find_thread (self, id, mono_ns);

  if (thread == NULL)
    return;
  thread->n_outer = n_frames == 0 ? 0 : frames[n_frames - 1].depth - 1;
  for (size_t i = n_frames; i-- > 0 && !self->no_memory;)
    {
      TxEvent frame = { .function = frames[i].function, .line = frames[i].line };

      enter (self, thread, REPLAY_WALK_THERE, &frame, mono_ns);
    }
}

void
_replay_walk_stacks_end_block (ReplayWalkStacks *self, int64_t mono_ns)
{
  if (self->running < self->n_threads && mono_ns > self->threads[self->running].last_ns)
    self->threads[self->running].last_ns = mono_ns;
  self->running = SIZE_MAX;
}

void
_replay_walk_stacks_cut (ReplayWalkStacks *self, int64_t mono_ns)
{
  for (size_t i = 0; i < self->n_threads; i++)
    {
      ReplayWalkThread *thread = &self->threads[i];

      if (mono_ns > thread->last_ns)
        thread->last_ns = mono_ns;
      while (thread->n_frames > 0 && !self->no_memory)
        leave (self, thread, REPLAY_WALK_CUT, NULL, thread->last_ns);
      thread->n_outer = 0;
    }
  forget_ended (self);
}

void
_replay_walk_stacks_tell_gap (ReplayWalkStacks *self, const ReplayWalkEvent *gap)
{
  ReplayWalkEvent *told = tell (self, REPLAY_WALK_GAP, NULL, gap->mono_ns);

  if (told == NULL)
    return;
  told->missing_blocks = gap->missing_blocks;
  told->events_lost = gap->events_lost;
  told->is_damaged = gap->is_damaged;
}
