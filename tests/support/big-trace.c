// SPDX-License-Identifier: BSD-3-Clause
// A program in C that behaves like one in Python, and calls the stream as the recorder's hooks do.
#include "big-trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tx-writer-private.h"

#define N_FILES     40u
#define N_FUNCTIONS 1000u /* of tasks; a function calls later ones only, so depths are bounded */
#define N_CALLEES   4u
#define N_THREADS   6u
#define N_PHASES    24u
#define N_SUSPENDED 4u
#define STACK_MAX   4096u
#define LAYER       40u /* functions: how far callees are away at most */
#define FIRST_LINE  8u  /* lines of a function before those of its body */

#define MONO_BEGIN_NS INT64_C (5000000000000)
#define REAL_BEGIN_NS INT64_C (1750000000000000000)
#define TICK_NS       1000000
#define SLICE_NS      5000000 /* the interpreter's switch interval */

typedef struct
{
  TxFunctionId id;
  uint32_t first_line;
  uint32_t n_lines;   /* of the body */
  uint32_t call_odds; /* of 1024 lines so many call something */
  uint16_t callees[N_CALLEES];
  bool is_generator;
  bool is_recursive;
} Function;

typedef struct
{
  const Function *function; /* NULL: the outermost one */
  uint64_t key;
  uint32_t place;      /* index of its line */
  uint32_t n_left;     /* lines that it still executes */
  uint32_t random;     /* of its own: a call with the same arguments does the same again */
  uint32_t depth_left; /* for recursion */
} Frame;

typedef struct
{
  TxThread *thread; /* of the stream */
  Frame frames[STACK_MAX];
  uint32_t depth;
  Frame suspended[N_SUSPENDED];
  uint64_t begin_step, end_step; /* it lives in between */
} Thread;

typedef struct
{
  const BigTraceOptions *options;
  TxWriter *writer;
  TxStream *stream;
  uint64_t random;
  int64_t mono_ns, tick_ns, slice_end_ns;
  uint64_t n_steps;
  uint64_t next_key;
  uint64_t n_flushed; /* blocks */
  Function functions[N_FUNCTIONS];
  Function main_function, worker_function, idle_function, big_function, hot_function,
      fetch_function;
  TxTypeId types[2];
  Thread threads[N_THREADS];
  Thread *current;
  Frame fetch;          /* while it waits */
  uint64_t fetch_began; /* step; 0: not yet */
  bool has_fetched;
  bool in_big;
  bool has_failed;
} Maker;

static int64_t
tell_time_cb (void *data, bool realtime)
{
  const Maker *self = data;

  return self->mono_ns + (realtime ? REAL_BEGIN_NS - MONO_BEGIN_NS : 0);
}

static uint32_t
draw (Maker *self)
{
  self->random ^= self->random << 13;
  self->random ^= self->random >> 7;
  self->random ^= self->random << 17;
  return (uint32_t) (self->random >> 32);
}

static uint32_t
draw_below (Maker *self, uint32_t n)
{
  return (uint32_t) ((uint64_t) draw (self) * n >> 32);
}

static uint32_t
draw_of_frame (Frame *frame)
{
  frame->random = frame->random * 1664525 + 1013904223;
  return frame->random ^ frame->random >> 15;
}

/* ---- The program's text ---- */

static Function
define (Maker *self,
        TxFileId file,
        const char *name,
        uint32_t first_line,
        uint32_t n_lines,
        uint32_t flags)
{
  uint8_t bitmap[64];
  TxFunctionDefinition definition = {
    .file = file,
    .first_line = first_line,
    .flags = flags,
    .name = name,
    .name_size = strlen (name),
    .bitmap_first_line = first_line,
    .line_bitmap = bitmap,
    .line_bitmap_size = (FIRST_LINE + n_lines) / 8 + 1,
  };

  memset (bitmap, 0xff, sizeof bitmap);
  return (Function){ .id = tx_stream_define_function (self->stream, &definition),
                     .first_line = first_line,
                     .n_lines = n_lines };
}

static void
define_tasks (Maker *self)
{
  char path[64], name[64];
  TxFileId file = 0;
  uint32_t line = 0;

  for (uint32_t i = 0; i < N_FUNCTIONS; i++)
    {
      Function *function = &self->functions[i];
      bool is_generator = i % 23 == 7;

      if (i % (N_FUNCTIONS / N_FILES) == 0)
        {
          snprintf (path, sizeof path, "/srv/big/part%02u.py", i / (N_FUNCTIONS / N_FILES));
          file = tx_stream_define_file (self->stream, path, strlen (path));
          line = 20;
        }
      snprintf (name, sizeof name, "Part%02u.method_%u", i / (N_FUNCTIONS / N_FILES), i);
      *function = define (self, file, name, line, 4 + draw_below (self, 24),
                          is_generator ? TX_FUNCTION_GENERATOR : 0);
      function->is_generator = is_generator;
      function->is_recursive = i % 31 == 5;
      function->call_odds = 20 + draw_below (self, 100);
      for (uint32_t k = 0; k < N_CALLEES; k++)
        {
          uint32_t callee = i + 1 + draw_below (self, LAYER);

          function->callees[k] = (uint16_t) (callee < N_FUNCTIONS ? callee : 0);
        }
      line += function->n_lines + FIRST_LINE + 6;
    }
}

static void
define_all (Maker *self)
{
  TxFileId file = tx_stream_define_file (self->stream, BIG_TRACE_FILE, strlen (BIG_TRACE_FILE));

  self->main_function = define (self, file, "main", 10, 20, 0);
  self->worker_function = define (self, file, "Worker.run", 100, 10, 0);
  self->idle_function = define (self, file, "<idle>", 1, 1, TX_FUNCTION_IDLE);
  self->big_function = define (self, file, "rebuild", 150, 10, 0);
  self->hot_function = define (self, file, "log", 200, 10, 0);
  self->fetch_function = define (self, file, "fetch", 220, 10, TX_FUNCTION_COROUTINE);
  self->types[0] = tx_stream_define_type (self->stream, "KeyError", 8);
  self->types[1] = tx_stream_define_type (self->stream, "big.errors.Refused", 18);
  define_tasks (self);
}

/* ---- Time ---- */

static void
drain (Maker *self)
{
  TxStreamStats stats;

  tx_stream_get_stats (self->stream, &stats);
  if (stats.blocks - self->n_flushed < self->writer->ring.slot_count / 2)
    return;
  while (_tx_flusher_work (&self->writer->flusher, true))
    ;
  self->n_flushed = stats.blocks;
}

/* What the clock thread does each millisecond. */
static void
tick (Maker *self)
{
  _tx_writer_tick (self->writer);
  self->tick_ns = self->mono_ns + TICK_NS;
}

static void
pass (Maker *self, int64_t ns)
{
  self->mono_ns += ns;
  if (self->mono_ns >= self->tick_ns)
    tick (self);
}

/* A line that takes long: what the thread does next is stamped. */
static void
wait_for (Maker *self, int64_t ns)
{
  tick (self);
  self->mono_ns += ns;
  tick (self);
}

/* ---- Execution ---- */

static void
execute (Maker *self, uint32_t line)
{
  tx_stream_line (self->stream, line);
  self->n_steps++;
  pass (self, 250 + (draw (self) & 255));
  if ((self->n_steps & 1023) == 0)
    drain (self);
}

static Frame *
push (Maker *self, const Function *function, uint32_t n_left, uint32_t argument)
{
  Thread *thread = self->current;
  Frame *frame = &thread->frames[thread->depth++];

  *frame = (Frame){ .function = function,
                    .key = self->next_key++,
                    .n_left = n_left,
                    .random = (function->id * 5 + argument) * 2654435769u };
  tx_stream_call (self->stream, function->id, function->first_line, frame->key);
  return frame;
}

/* The innermost frame ends: mostly it returns. */
static void
leave (Maker *self)
{
  Thread *thread = self->current;

  thread->depth--;
  if ((draw (self) & 4095) != 0)
    {
      tx_stream_return (self->stream);
      return;
    }
  tx_stream_raise (self->stream, self->types[draw (self) & 1], "no such key", 11);
  tx_stream_unwind (self->stream);
}

/* A generator gives a value; it goes on when somebody asks for the next one. */
static bool
suspend (Maker *self)
{
  Thread *thread = self->current;

  for (unsigned i = 0; i < N_SUSPENDED; i++)
    if (!thread->suspended[i].function)
      {
        thread->suspended[i] = thread->frames[--thread->depth];
        tx_stream_yield (self->stream);
        return true;
      }
  return false;
}

static bool
resume (Maker *self)
{
  Thread *thread = self->current;
  Frame *frame = &thread->suspended[draw (self) % N_SUSPENDED];

  if (!frame->function)
    return false;
  thread->frames[thread->depth++] = *frame;
  tx_stream_resume (self->stream, frame->function->id, frame->function->first_line, frame->key);
  frame->function = NULL;
  return true;
}

static void
call_something (Maker *self, Frame *frame)
{
  const Function *function = frame->function;
  uint32_t choice = draw_of_frame (frame);
  uint32_t argument = choice >> 20 & 1;

  if (self->current->depth + 8 >= STACK_MAX)
    return;
  if ((choice & 15) == 0)
    {
      push (self, &self->hot_function, 3, 0);
      return;
    }
  if ((choice & 15) == 1 && resume (self))
    return;
  if (function->is_recursive && frame->depth_left > 0)
    {
      uint32_t depth_left = frame->depth_left - 1;

      push (self, function, 3, argument)->depth_left = depth_left;
      return;
    }
  /* Now and then something else happens than before. */
  if ((draw (self) & 63) == 0)
    argument = draw (self) & 15;
  function = &self->functions[function->callees[choice >> 4 & (N_CALLEES - 1)]];
  frame = push (self, function, 2 + (choice >> 8 & 31), argument);
  if (function->is_recursive)
    frame->depth_left = (draw (self) & 1023) == 0 ? 1500 : choice >> 13 & 15;
}

/* One line of the innermost frame, in the current thread. */
static void
run_line (Maker *self)
{
  Thread *thread = self->current;
  Frame *frame = &thread->frames[thread->depth - 1];
  const Function *function = frame->function;
  uint32_t choice = draw_of_frame (frame);

  if (frame->n_left == 0)
    {
      leave (self);
      return;
    }
  frame->n_left--;
  frame->place = frame->place + 1 < function->n_lines ? frame->place + 1 + (choice & 1) : 0;
  execute (self, function->first_line + FIRST_LINE - 3 + frame->place);
  if ((choice >> 1 & 1023) < function->call_odds)
    call_something (self, frame);
  else if (function->is_generator && (choice >> 1 & 1023) > 900)
    (void) suspend (self);
  else if ((draw (self) & 0xffff) == 0)
    wait_for (self, 5000000 + (int64_t) draw_below (self, 60000000));
}

/* ---- Threads ---- */

static void
switch_to (Maker *self, Thread *thread)
{
  self->current = thread;
  self->slice_end_ns = self->mono_ns + SLICE_NS;
  tx_stream_switch_to (self->stream, thread->thread);
}

static bool
is_alive (const Maker *self, const Thread *thread)
{
  return self->n_steps >= thread->begin_step && self->n_steps < thread->end_step;
}

static void
begin_thread (Maker *self, unsigned index)
{
  static const char *const names[] = { "MainThread", "worker-1", "worker-2",
                                       "start-up",   "worker-3", "late" };
  Thread *thread = &self->threads[index];

  thread->thread = tx_stream_get_thread (self->stream, index + 1);
  switch_to (self, thread);
  tx_stream_define_thread (self->stream, thread->thread, 4000 + index, names[index]);
  push (self, index == 0 ? &self->main_function : &self->worker_function, 0, 0);
}

static void
end_thread (Maker *self, Thread *thread)
{
  switch_to (self, thread);
  for (; thread->depth > 0; thread->depth--)
    tx_stream_return (self->stream);
  tx_stream_drop_thread (self->stream, thread->thread);
  thread->thread = NULL;
  thread->end_step = 0;
}

static void
switch_to_another (Maker *self)
{
  unsigned index = draw_below (self, N_THREADS);

  /* Half of the time is the main thread's. */
  if (self->current != &self->threads[0] && (draw (self) & 1))
    index = 0;
  if (!is_alive (self, &self->threads[index]))
    {
      if (self->threads[index].thread && self->threads[index].end_step <= self->n_steps)
        end_thread (self, &self->threads[index]);
      index = 0;
    }
  if (!self->threads[index].thread)
    begin_thread (self, index);
  else
    switch_to (self, &self->threads[index]);
}

/* Nobody has anything to do. */
static void
be_idle (Maker *self)
{
  uint32_t choice = draw (self) & 1023;

  push (self, &self->idle_function, 0, 0);
  execute (self, 1);
  wait_for (self, choice == 0 ? INT64_C (20000000000) : INT64_C (200000) << (choice & 7));
  tx_stream_return (self->stream);
  self->current->depth--;
}

/* A task of the present phase, called from a thread's outermost function. */
static void
begin_task (Maker *self)
{
  uint32_t phase = (uint32_t) (self->n_steps * N_PHASES / (self->options->n_steps + 1));
  uint32_t index =
      (phase * 37 + (draw (self) & 1) * 5 + draw_below (self, 3) * 200) % (N_FUNCTIONS / 2);
  Frame *frame = push (self, &self->functions[index], 20 + (draw (self) & 63), draw (self) & 1);

  frame->depth_left = frame->function->is_recursive ? 12 : 0;
}

static bool
passes (const Maker *self, uint64_t before, uint64_t step)
{
  return before < step && self->n_steps >= step;
}

/* A coroutine is called, and waits; or has what it waited for. */
static void
run_fetch (Maker *self)
{
  Thread *thread = self->current;
  uint64_t n = self->options->n_steps;

  if (self->fetch_began == 0 && self->n_steps >= n / 10 * 5)
    {
      self->fetch_began = self->n_steps;
      push (self, &self->fetch_function, 0, 0);
      execute (self, BIG_TRACE_LINE_AWAIT);
      self->fetch = thread->frames[--thread->depth];
      tx_stream_yield (self->stream);
    }
  else if (self->fetch_began > 0 && !self->has_fetched && self->n_steps >= n / 10 * 6 &&
           self->n_steps > self->fetch_began + n / 20)
    {
      self->has_fetched = true;
      tx_stream_resume (self->stream, self->fetch_function.id, self->fetch_function.first_line,
                        self->fetch.key);
      execute (self, BIG_TRACE_LINE_AWAIT + 1);
      tx_stream_return (self->stream);
    }
}

/* Back in the outermost function, which begins something new. */
static void
run_outermost (Maker *self, uint64_t *before)
{
  Thread *thread = self->current;
  uint64_t n = self->options->n_steps;
  uint64_t steps = *before;

  if (thread != &self->threads[0])
    {
      execute (self, 104);
      execute (self, 105);
      begin_task (self);
      return;
    }
  *before = self->n_steps;
  execute (self, BIG_TRACE_LINE_LOOP - 1);
  execute (self, BIG_TRACE_LINE_LOOP);
  /* The last task before the end takes a while. */
  if (passes (self, steps, n / 1000) || passes (self, steps, n - n / 1000 - 20000))
    execute (self, BIG_TRACE_LINE_RARE);
  run_fetch (self);
  if (passes (self, steps, n / 10 * 3))
    {
      execute (self, BIG_TRACE_LINE_CALL);
      push (self, &self->big_function, 0, 0);
      self->in_big = true;
    }
  else if ((draw (self) & 3) == 0)
    be_idle (self);
  else
    begin_task (self);
}

/* In the call that takes a tenth of everything. */
static void
run_big (Maker *self)
{
  execute (self, 155);
  execute (self, 156);
  if (self->n_steps < self->options->n_steps / 10 * 4)
    {
      begin_task (self);
      return;
    }
  tx_stream_return (self->stream);
  self->current->depth--;
  self->in_big = false;
}

static void
run_all (Maker *self)
{
  uint64_t n_steps = self->options->n_steps;
  uint64_t before = 0, reported = 0;

  begin_thread (self, 0);
  while (self->n_steps < n_steps)
    {
      Thread *thread = self->current;

      if (self->in_big && thread == &self->threads[0] && thread->depth == 2)
        run_big (self);
      else if (thread->depth == 1)
        run_outermost (self, &before);
      else
        run_line (self);
      if (self->mono_ns >= self->slice_end_ns)
        switch_to_another (self);
      if (self->n_steps - reported >= n_steps / 100 && self->options->progress)
        {
          reported = self->n_steps;
          self->options->progress ((double) reported / (double) n_steps);
        }
    }
}

static void
set_lives (Maker *self)
{
  uint64_t n = self->options->n_steps;

  for (unsigned i = 0; i < N_THREADS; i++)
    self->threads[i].end_step = UINT64_MAX;
  self->threads[3].end_step = n / 50;
  self->threads[4].begin_step = n / 3;
  self->threads[5].begin_step = n - n / 100;
  for (unsigned i = self->options->n_threads; i > 0 && i < N_THREADS; i++)
    self->threads[i].begin_step = UINT64_MAX;
}

TxStatus
big_trace_make (const char *directory, const BigTraceOptions *options, TxError *error)
{
  Maker *self = calloc (1, sizeof *self);
  TxWriterOptions writer_options = { .manual = true,
                                     .clock_ns = tell_time_cb,
                                     .clock_data = self,
                                     .slot_count = 64,
                                     .slot_count_max = 64,
                                     .slot_size_bytes = options->slot_size_bytes,
                                     .segment_size_bytes = options->segment_size_bytes,
                                     .max_size_bytes = TX_NO_LIMIT };
  TxStreamStats stats;
  TxStatus status;

  if (!self)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot make a trace: out of memory");
  self->options = options;
  self->random = options->seed * UINT64_C (0x9e3779b97f4a7c15) + 1;
  self->mono_ns = self->tick_ns = MONO_BEGIN_NS;
  self->next_key = 1;
  self->writer = tx_writer_new (directory, &writer_options, error);
  if (!self->writer)
    {
      free (self);
      return TX_ERROR_IO;
    }
  if (options->thread_share != 0)
    self->writer->flusher.segments.thread_share =
        options->thread_share == BIG_TRACE_THREADS_ALWAYS ? 0 : options->thread_share;
  self->stream = tx_writer_get_stream (self->writer);
  define_all (self);
  set_lives (self);
  run_all (self);
  tx_stream_get_stats (self->stream, &stats);
  status = tx_writer_close (self->writer, UINT64_MAX, error);
  free (self);
  if (status == TX_OK && stats.events_lost > 0)
    status = tx_error_set (error, TX_ERROR_IO, "cannot make the trace: %llu events were lost",
                           (unsigned long long) stats.events_lost);
  return status;
}
