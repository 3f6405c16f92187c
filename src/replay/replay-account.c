// SPDX-License-Identifier: BSD-3-Clause
// ReplayAccount. The digester of the trace library counts within a block; what it can't know when
// it sees one block alone is added here: what each thread was at when the block began, and is at
// when the time is up.
#include "replay-account-private.h"

#include <stdlib.h>

#include "replay-search-private.h"

#define FRAMES_LOOKED_UP 64u /* a thread: frames whose line's beginning is looked for */

/* Where a thread was heard of last. */
typedef struct
{
  TxThreadId thread;
  ReplayPlace place;    /* its last event; the block may have left the cache */
  uint64_t first_after; /* position of the first step behind that event, of any thread */
  int64_t since_ns;     /* its time is accounted for until here */
} LastHeard;

/* Adds (takes away) a time. Hostile ones may be as long as a number holds: nothing overflows then.
 */
static void
add_time (const ReplayAccount *self, int64_t *sum_ns, uint64_t time_ns)
{
  int64_t part_ns = time_ns < INT64_MAX ? (int64_t) time_ns : INT64_MAX;

  if (__builtin_add_overflow (*sum_ns, self->sign * part_ns, sum_ns))
    *sum_ns = self->sign > 0 ? INT64_MAX : -INT64_MAX;
}

static void
add_to_line (const ReplayAccount *self,
             const ReplayFrame *frame,
             int64_t self_ns,
             int64_t cumulated_ns)
{
  ReplayLineSum *sum;

  if (frame->line == 0)
    return;
  sum = _replay_line_table_get (self->sums, frame->function, frame->line);
  if (sum == NULL)
    return;
  add_time (self, &sum->self_ns, (uint64_t) self_ns);
  add_time (self, &sum->cumulated_ns, (uint64_t) cumulated_ns);
}

static int
compare_frames (const void *a, const void *b)
{
  const ReplayFrame *left = a, *right = b;

  if (left->function != right->function)
    return left->function < right->function ? -1 : 1;
  return (left->line > right->line) - (left->line < right->line);
}

/* A stack stood still for @elapsed_ns: the innermost line has it as self time, each different line
   once as cumulated time. Sorts @frames. */
static void
add_stretch (const ReplayAccount *self, ReplayFrame *frames, size_t n_frames, int64_t elapsed_ns)
{
  if (elapsed_ns <= 0 || n_frames == 0)
    return;
  add_to_line (self, &frames[0], elapsed_ns, 0);
  qsort (frames, n_frames, sizeof *frames, compare_frames);
  for (size_t i = 0; i < n_frames; i++)
    if (i == 0 || compare_frames (&frames[i - 1], &frames[i]) != 0)
      add_to_line (self, &frames[i], 0, elapsed_ns);
}

/* When the lines of a stack that never ended began, if they are the slowest. */
static TxStatus
add_slowest (const ReplayAccount *self,
             const LastHeard *last,
             const ReplayFrame *frames,
             size_t n_frames,
             int64_t mono_ns,
             TxError *error)
{
  for (size_t i = 0; i < n_frames && i < FRAMES_LOOKED_UP; i++)
    {
      ReplaySearch search = { .trace = self->trace,
                              .backward = true,
                              .thread = last->thread,
                              .depth_max = frames[i].depth,
                              .frame_function = frames[i].function };
      ReplayFound found;
      ReplayStep step;
      ReplayLineSum *sum;
      TxStatus status = _replay_search_run (&search, last->first_after, &found, error);

      if (status == TX_OK)
        status = replay_trace_get_step (self->trace, found.position, &step, error);
      if (status < 0 && !_replay_status_is_missing (status))
        return status;
      if (status != TX_OK || frames[i].line == 0 || step.depth != frames[i].depth ||
          step.line != frames[i].line)
        continue;
      sum = _replay_line_table_get (self->sums, frames[i].function, frames[i].line);
      if (sum != NULL && _replay_get_elapsed (step.mono_ns, mono_ns) > sum->slowest_ns)
        sum->slowest_ns = _replay_get_elapsed (step.mono_ns, mono_ns);
    }
  return TX_OK;
}

/* Adds what @last's thread was at from then to @mono_ns. */
static TxStatus
add_since (const ReplayAccount *self,
           const LastHeard *last,
           int64_t mono_ns,
           bool with_slowest,
           TxError *error)
{
  ReplayFrame *frames;
  size_t n_frames;
  TxStatus status = _replay_trace_dup_stack (self->trace, last->place, last->thread,
                                             REPLAY_ACCOUNT_FRAMES_MAX, &frames, &n_frames, error);

  if (status != TX_OK)
    return status;
  if (with_slowest)
    status = add_slowest (self, last, frames, n_frames, mono_ns, error);
  add_stretch (self, frames, n_frames, _replay_get_elapsed (last->since_ns, mono_ns));
  free (frames);
  return status;
}

/* Whether a digest takes note of the time of @event: definitions and the like are not the thread's.
 */
static bool
is_counted (const TxEvent *event)
{
  return event->thread != 0 && (event->kind <= TX_EVENT_REVEAL || event->kind == TX_EVENT_MARK);
}

/* Index behind the last counted event of @thread (0: of any) among the first @n_events; 0 if none.
 */
static size_t
find_counted (const TxBlock *block, size_t n_events, TxThreadId thread)
{
  while (n_events > 0 && (!is_counted (&block->events[n_events - 1]) ||
                          (thread != 0 && block->events[n_events - 1].thread != thread)))
    n_events--;
  return n_events;
}

/* Fills in where in block @index, before its event @n_events, @thread was heard of. */
static bool
hear (const ReplayTrace *trace,
      size_t index,
      const TxBlock *block,
      size_t n_events,
      TxThreadId thread,
      LastHeard *ret_last)
{
  size_t event = find_counted (block, n_events, thread);
  uint64_t step = 0;

  if (event == 0)
    return false;
  for (size_t i = 0; i < block->n_steps && block->steps[i] < event; i++)
    step++;
  *ret_last = (LastHeard){ .thread = thread,
                           .place = { .index = index, .block = block, .event = event - 1 },
                           .since_ns = block->events[event - 1].time_ns };
  ret_last->first_after =
      tx_reader_get_block_info (replay_trace_get_reader (trace), index)->first_step + step;
  /* the thread that runs when a block ends was brought up to its end */
  if (event == find_counted (block, block->n_events, 0))
    ret_last->since_ns = block->times.mono_last_ns;
  return true;
}

/* A set of threads that are still to be found. */
typedef struct
{
  bool *wanted; /* (array length=n_threads + 1): by id */
  size_t n_threads;
  size_t n_wanted;
} Wanted;

static bool
want_all (const ReplayTrace *trace, Wanted *ret_wanted)
{
  size_t n_threads = tx_reader_get_n_threads (replay_trace_get_reader (trace));

  *ret_wanted = (Wanted){ calloc (n_threads + 1, sizeof (bool)), n_threads, n_threads };
  for (size_t id = 1; ret_wanted->wanted != NULL && id <= n_threads; id++)
    ret_wanted->wanted[id] = true;
  return ret_wanted->wanted != NULL;
}

static bool
take_wanted (Wanted *wanted, TxThreadId thread)
{
  if (thread == 0 || thread > wanted->n_threads || !wanted->wanted[thread])
    return false;
  wanted->wanted[thread] = false;
  wanted->n_wanted--;
  return true;
}

/* Adds what the wanted threads that were last heard of in block @index were at until @mono_ns. */
static TxStatus
add_open_of_block (const ReplayAccount *self,
                   size_t index,
                   size_t n_events,
                   Wanted *wanted,
                   int64_t mono_ns,
                   TxError *error)
{
  ReplayThreads items;
  TxThreadId *threads;
  size_t n_threads;
  TxStatus status = _replay_trace_load_block_threads (self->trace, index, &items, error);

  if (status != TX_OK)
    return status;
  n_threads = items.n_items;
  threads = calloc (n_threads + 1, sizeof *threads);
  if (threads == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the threads of a block");
  for (size_t i = 0; i < n_threads; i++)
    threads[i] = items.items[i].thread;
  for (size_t i = 0; status == TX_OK && i < n_threads; i++)
    {
      const TxBlock *block;
      LastHeard last;

      if (threads[i] > wanted->n_threads || !wanted->wanted[threads[i]])
        continue;
      status = _replay_trace_load_block (self->trace, index, &block, error);
      if (status == TX_OK &&
          hear (self->trace, index, block, n_events < block->n_events ? n_events : block->n_events,
                threads[i], &last) &&
          take_wanted (wanted, threads[i]))
        status = add_since (self, &last, mono_ns, self->with_slowest, error);
    }
  free (threads);
  return status;
}

static bool
wants_thread_cb (const void *data, const TxDigestThread *thread)
{
  const Wanted *wanted = data;

  return thread->thread <= wanted->n_threads && wanted->wanted[thread->thread];
}

/* Goes back until all threads are found, or something is missing: behind that nothing is known. */
static TxStatus
add_open_before (const ReplayAccount *self,
                 size_t index,
                 size_t n_events,
                 Wanted *wanted,
                 int64_t mono_ns,
                 TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);

  for (size_t i = index + 1; i-- > 0 && wanted->n_wanted > 0; n_events = SIZE_MAX)
    {
      TxStatus status;
      size_t n_passed = n_events == SIZE_MAX
                            ? _replay_trace_skip_threads (self->trace, i, wants_thread_cb, wanted)
                            : 0;

      if (n_passed > 0)
        {
          i -= n_passed - 1;
          continue;
        }
      if (tx_block_info_is_gap (tx_reader_get_block_info (reader, i)))
        break;
      status = add_open_of_block (self, i, n_events, wanted, mono_ns, error);
      if (_replay_status_is_missing (status))
        break;
      if (status != TX_OK)
        return status;
    }
  return TX_OK;
}

TxStatus
_replay_account_add_open (const ReplayAccount *self, size_t index, int64_t mono_ns, TxError *error)
{
  Wanted wanted;
  TxStatus status;

  if (!want_all (self->trace, &wanted))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the threads");
  status = add_open_before (self, index, SIZE_MAX, &wanted, mono_ns, error);
  free (wanted.wanted);
  return status;
}

TxStatus
_replay_account_add_digest (const ReplayAccount *self,
                            const TxDigest *digest,
                            uint64_t duration_ns,
                            TxError *error)
{
  for (size_t i = 0; i < digest->n_lines; i++)
    {
      const TxDigestLine *line = &digest->lines[i];
      ReplayLineSum *sum;

      if (line->function == 0 && line->line == 0)
        continue;
      sum = _replay_line_table_get (self->sums, line->function, line->line);
      if (sum == NULL)
        return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the totals of lines");
      sum->hits += self->sign * (int64_t) line->hits;
      add_time (self, &sum->self_ns, line->self_ns);
      add_time (self, &sum->cumulated_ns, line->cumulated_ns);
      add_time (self, &sum->waiting_ns, line->waiting_ns);
      if (self->sign > 0 && line->slowest_ns <= INT64_MAX &&
          (int64_t) line->slowest_ns > sum->slowest_ns)
        sum->slowest_ns = (int64_t) line->slowest_ns;
      _replay_line_error_add (&sum->error, digest, line, duration_ns);
    }
  return TX_OK;
}

/* Gives the digester a block of one event, which states the stack that there is at @event. */
static TxStatus
feed_stack (TxDigester *digester,
            uint64_t sequence,
            const TxEvent *event,
            const ReplayFrame *innermost_first,
            size_t n_frames,
            TxError *error)
{
  TxStackFrame *frames = calloc (n_frames + 1, sizeof *frames);
  TxBlockStack stack = { .depth = event->depth, .n_frames = (uint32_t) n_frames };
  TxEvent stated = { .kind = TX_EVENT_STACK,
                     .thread = event->thread,
                     .depth = event->depth,
                     .time_ns = event->time_ns };
  TxBlock block = { .sequence = sequence,
                    .times = { event->time_ns, event->time_ns, 0 },
                    .events = &stated,
                    .n_events = 1,
                    .frames = frames,
                    .n_frames = n_frames,
                    .stacks = &stack,
                    .n_stacks = 1 };
  TxDigest *digest = NULL;

  for (size_t i = 0; frames != NULL && i < n_frames; i++)
    frames[n_frames - 1 - i] =
        (TxStackFrame){ innermost_first[i].function, innermost_first[i].line };
  if (frames != NULL)
    digest = tx_digester_add (digester, &block);
  free (frames);
  if (digest == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for a digest");
  tx_digest_free (digest);
  return TX_OK;
}

TxStatus
_replay_account_feed_stacks (ReplayTrace *trace,
                             TxDigester *digester,
                             size_t index,
                             size_t n_events,
                             uint64_t *sequence,
                             TxError *error)
{
  const TxBlock *block;
  TxStatus status = _replay_trace_load_block (trace, index, &block, error);

  for (size_t i = 0; status == TX_OK && i < n_events && i < block->n_events; i++)
    {
      const TxEvent event = block->events[i];
      ReplayFrame *frames;
      size_t n_frames;

      if (event.kind != TX_EVENT_STACK || block->stacks[event.detail].reason >= TX_STACK_RESYNC)
        continue;
      status = _replay_trace_dup_stack_behind_gaps (
          trace, (ReplayPlace){ .index = index, .block = block, .event = i }, event.thread,
          REPLAY_ACCOUNT_FRAMES_MAX, &frames, &n_frames, error);
      if (status != TX_OK)
        break;
      status = feed_stack (digester, (*sequence)++, &event, frames, n_frames, error);
      free (frames);
      if (status == TX_OK) /* others may have pushed it out of the cache */
        status = _replay_trace_load_block (trace, index, &block, error);
    }
  return status;
}

/* The first @n_events of block @index, as if it had ended at @mono_ns. */
static TxStatus
add_part (const ReplayAccount *self, size_t index, size_t n_events, int64_t mono_ns, TxError *error)
{
  TxDigester *digester = tx_digester_new ();
  const TxBlock *block;
  uint64_t sequence = 0;
  TxDigest *digest = NULL;
  TxStatus status =
      digester != NULL ? TX_OK : tx_error_set (error, TX_ERROR_MEMORY, "no memory for a digest");

  if (status == TX_OK)
    status = _replay_account_feed_stacks (self->trace, digester, index, n_events, &sequence, error);
  if (status == TX_OK)
    status = _replay_trace_load_block (self->trace, index, &block, error);
  if (status == TX_OK)
    {
      TxBlock part = *block;

      part.sequence = sequence;
      part.n_events = n_events;
      part.times.mono_last_ns = mono_ns;
      digest = tx_digester_add (digester, &part);
      status = digest != NULL
                   ? _replay_account_add_digest (
                         self, digest,
                         (uint64_t) _replay_get_elapsed (part.times.mono_first_ns, mono_ns), error)
                   : tx_error_set (error, TX_ERROR_MEMORY, "no memory for a digest");
    }
  tx_digester_free (digester);
  tx_digest_free (digest);
  return status;
}

/* What threads were at from their last event before block @index to their first one in it. */
static TxStatus
add_carried (const ReplayAccount *self, size_t index, size_t n_events, TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  Wanted wanted;
  TxStatus status = TX_OK;

  if (index == 0 || tx_block_info_is_gap (tx_reader_get_block_info (reader, index - 1)))
    return TX_OK;
  if (!want_all (self->trace, &wanted))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the threads");
  for (size_t i = 0; status == TX_OK && i < n_events; i++)
    {
      ReplayPlace place;
      LastHeard last;
      const TxBlock *block;
      int64_t first_ns;
      TxThreadId thread;

      status = _replay_trace_load_block (self->trace, index, &block, error);
      if (status != TX_OK)
        break;
      thread = block->events[i].thread;
      first_ns = block->events[i].time_ns;
      if (!is_counted (&block->events[i]) || !take_wanted (&wanted, thread))
        continue;
      status =
          _replay_trace_find_last_event (self->trace, thread, index - 1, SIZE_MAX, &place, error);
      if (status == TX_OK &&
          hear (self->trace, place.index, place.block, place.block->n_events, thread, &last))
        status = add_since (self, &last, first_ns, self->with_slowest, error);
      else if (status == TX_END)
        status = TX_OK;
    }
  free (wanted.wanted);
  return status;
}

TxStatus
_replay_account_add_block (const ReplayAccount *self, size_t index, TxError *error)
{
  const TxBlock *block;
  TxStatus status = _replay_trace_load_block (self->trace, index, &block, error);
  size_t n_events;

  if (status != TX_OK)
    return status;
  n_events = block->n_events;
  status = add_part (self, index, n_events, block->times.mono_last_ns, error);
  return status == TX_OK ? add_carried (self, index, n_events, error) : status;
}

TxStatus
_replay_account_add_until (const ReplayAccount *self, size_t index, int64_t mono_ns, TxError *error)
{
  const TxBlock *block;
  size_t n_events = 0;
  Wanted wanted;
  TxStatus status = _replay_trace_load_block (self->trace, index, &block, error);

  if (_replay_status_is_missing (status))
    return TX_OK;
  if (status != TX_OK)
    return status;
  while (n_events < block->n_events && block->events[n_events].time_ns < mono_ns)
    n_events++;
  if (!want_all (self->trace, &wanted))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the threads");
  if (n_events > 0)
    {
      size_t running = find_counted (block, n_events, 0);

      if (running > 0) /* the digest of the part has it up to now */
        take_wanted (&wanted, block->events[running - 1].thread);
      status = add_part (self, index, n_events, mono_ns, error);
    }
  if (status == TX_OK)
    status = add_carried (self, index, n_events, error);
  if (status == TX_OK)
    status = add_open_before (self, index, n_events, &wanted, mono_ns, error);
  free (wanted.wanted);
  return status;
}
