// SPDX-License-Identifier: BSD-3-Clause
// The account of one thread in a range of time. Where it was active alone digests have it, and
// where runs tell threads apart these do. Of all other blocks that hold the thread the events are
// decoded, and its own given to a digester, up to a mark at the range's end.
//
// Both account for time as the digester of the recording did, so that one goes on where the other
// ends: a stretch counts in the block in which it ends, and the thread that runs when a block ends
// is brought up to that moment. Behind digests the digester is told what the thread was at, and
// since when.
#include <stdlib.h>

#include "replay-account-private.h"

/* Bounds of runs with a worse time than this are told by their parts. */
#define BAD_ERROR_NS 20000000u

/* What digests say of the time before the thread's next event. */
typedef enum
{
  DIGESTS_GO_ON,     /* they begin where the account ends */
  DIGESTS_HAVE_MORE, /* also the time before the range, which `before` has */
  DIGESTS_OVERLAP,   /* nobody knows: none is added before the thread was seen again */
} Digests;

/* One thread's way through the blocks. */
typedef struct
{
  const ReplayAccount *account;
  TxThreadId thread;
  int64_t from_ns, to_ns; /* monotonic */
  int64_t limit_ns;       /* events at or after it are left out: to_ns, or INT64_MAX */
  TxDigester *digester;   /* owned */
  TxEvent *events;        /* owned (array length=capacity): of the block at hand */
  size_t capacity;
  uint64_t sequence;  /* for the digester: without holes but where something is missing */
  int64_t pending_ns; /* the end of the last block, which another thread had; INT64_MIN: none */
  Digests digests;
  TxDigest *before; /* owned (nullable) */
  bool is_behind;   /* the digester does not know of the blocks whose digests were added */
} Walk;

static const TxReader *
get_reader (const Walk *self)
{
  return replay_trace_get_reader (self->account->trace);
}

static const TxBlockInfo *
get_info (const Walk *self, size_t index)
{
  return tx_reader_get_block_info (get_reader (self), index);
}

static TxStatus
refuse_memory (TxError *error)
{
  return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the account of a thread");
}

static bool
reserve (Walk *self, size_t n_events)
{
  TxEvent *events;

  if (n_events <= self->capacity)
    return true;
  events = realloc (self->events, n_events * sizeof *events);
  if (events == NULL)
    return false;
  self->events = events;
  self->capacity = n_events;
  return true;
}

/* Whether a digester takes note of the event's time. */
static bool
is_counted (const TxEvent *event)
{
  return event->thread != 0 && (event->kind <= TX_EVENT_REVEAL || event->kind == TX_EVENT_MARK ||
                                event->kind == TX_EVENT_WAIT);
}

/* Whether the thread is the one that ran when the block ended. */
static bool
runs_at_end (const Walk *self, const TxBlock *block)
{
  for (size_t i = block->n_events; i-- > 0;)
    if (is_counted (&block->events[i]))
      return block->events[i].thread == self->thread;
  return false;
}

/* ---- Parts of blocks ---- */

/* A part of a block. */
typedef struct
{
  const TxBlock *block;
  int64_t first_ns, limit_ns; /* its events: the thread's from there on, and before there */
  int64_t mark_ns; /* behind them the thread is brought up to there; INT64_MIN: it is not */
} Part;

/* The thread's events of the part. */
static size_t
take_events (Walk *self, const Part *part)
{
  size_t n = 0;

  for (size_t i = 0; i < part->block->n_events; i++)
    {
      const TxEvent *event = &part->block->events[i];

      if (event->time_ns >= part->limit_ns)
        break;
      if (event->time_ns >= part->first_ns &&
          (event->thread == self->thread || event->kind == TX_EVENT_GAP))
        self->events[n++] = *event;
    }
  if (part->mark_ns != INT64_MIN)
    self->events[n++] =
        (TxEvent){ .kind = TX_EVENT_MARK, .thread = self->thread, .time_ns = part->mark_ns };
  return n;
}

/* The time of the last of the events that counts: the digester charges nothing behind it. */
static int64_t
get_last_ns (const Walk *self, size_t n_events, int64_t otherwise_ns)
{
  while (n_events > 0 && !is_counted (&self->events[n_events - 1]))
    n_events--;
  return n_events > 0 ? self->events[n_events - 1].time_ns : otherwise_ns;
}

/* (transfer full): what the digester says of the part; NULL without memory. */
static TxDigest *
digest_part (Walk *self, const Part *part)
{
  TxBlock given = *part->block;

  if (!reserve (self, given.n_events + 1))
    return NULL;
  given.events = self->events;
  given.n_events = take_events (self, part);
  given.sequence = self->sequence++;
  given.times.mono_last_ns = get_last_ns (self, given.n_events, given.times.mono_first_ns);
  return tx_digester_add (self->digester, &given);
}

/* Adds what the digester says of it. @ret_is_seen (nullable): whether the thread is in it. */
static TxStatus
add_part (Walk *self, const Part *part, bool *ret_is_seen, TxError *error)
{
  const TxBlockTimes *times = &part->block->times;
  int64_t begin_ns = part->first_ns > times->mono_first_ns ? part->first_ns : times->mono_first_ns;
  int64_t end_ns = part->mark_ns > times->mono_last_ns ? part->mark_ns : times->mono_last_ns;
  TxDigest *digest = digest_part (self, part);
  bool is_added =
      digest != NULL && _replay_line_table_add (self->account->sums, digest,
                                                (uint64_t) _replay_get_elapsed (begin_ns, end_ns));

  if (is_added && ret_is_seen != NULL)
    *ret_is_seen = digest->n_threads > 0;
  tx_digest_free (digest);
  return is_added ? TX_OK : refuse_memory (error);
}

/* Brings the thread up to @until_ns, in what it was at last. */
static TxStatus
add_until (Walk *self, int64_t until_ns, TxError *error)
{
  const TxBlock nothing = { .times = { until_ns, until_ns, 0 } };
  const Part part = { &nothing, INT64_MAX, INT64_MAX, until_ns };

  return add_part (self, &part, NULL, error);
}

/* ---- What the thread was at ---- */

/* Where its last event before something was. */
typedef struct
{
  ReplayPlace place;
  ReplayFrame *frames; /* owned; innermost first */
  size_t n_frames;
  int64_t
      *began_ns; /* owned (array length=n_frames): when their lines began; INT64_MAX: not known */
  int64_t until_ns; /* the thread's time is accounted for up to there */
} State;

static void
clear_state (State *self)
{
  free (self->frames);
  free (self->began_ns);
}

/* Whether blocks behind @index up to @limit don't go on from each other. */
static bool
is_broken (const Walk *self, size_t index, size_t limit)
{
  while (++index <= limit && index < tx_reader_get_n_blocks (get_reader (self)))
    {
      const TxBlockInfo *info = get_info (self, index);

      if (info->events_lost > 0 || (index < limit && tx_block_info_is_gap (info)))
        return true;
    }
  return false;
}

/* Whether the thread had, or may have had, events in block @index, which can't be read. */
static bool
may_have_unread (const Walk *self, size_t index)
{
  ReplayThreads threads;

  return _replay_trace_may_have_thread (self->account->trace, index, self->thread) &&
         (_replay_trace_load_block_threads (self->account->trace, index, &threads, NULL) != TX_OK ||
          _replay_threads_find (&threads, self->thread) != NULL);
}

/* Whether it may have had events between block @index and block @limit that can't be read. */
static bool
has_unread (const Walk *self, size_t index, size_t limit)
{
  while (++index < limit)
    if (may_have_unread (self, index))
      return true;
  return false;
}

/* The thread's time is accounted for up to its last event, or the end of a block that it had. */
static TxStatus
find_until (const Walk *self, State *state, TxError *error)
{
  const TxBlock *block;
  TxStatus status =
      _replay_trace_load_block (self->account->trace, state->place.index, &block, error);
  size_t event = state->place.event + 1;

  if (status != TX_OK)
    return status;
  while (event > 0 && !(is_counted (&block->events[event - 1]) &&
                        block->events[event - 1].thread == self->thread))
    event--;
  state->until_ns = event > 0 ? block->events[event - 1].time_ns : block->times.mono_first_ns;
  if (runs_at_end (self, block))
    state->until_ns = block->times.mono_last_ns;
  return TX_OK;
}

/* %TX_END where it is not known, or there is nothing. */
static TxStatus
load_state (const Walk *self, size_t index, State *ret_state, TxError *error)
{
  ReplayTrace *trace = self->account->trace;
  State *state = ret_state;
  TxStatus status = _replay_trace_find_last_event (trace, self->thread, index - 1, SIZE_MAX,
                                                   &state->place, error);

  if (status == TX_OK &&
      (is_broken (self, state->place.index, index) || has_unread (self, state->place.index, index)))
    return TX_END;
  if (status == TX_OK)
    status = _replay_trace_dup_stack_behind_gaps (trace, state->place, self->thread,
                                                  REPLAY_ACCOUNT_FRAMES_MAX, &state->frames,
                                                  &state->n_frames, error);
  if (status != TX_OK)
    return status;
  state->began_ns = calloc (state->n_frames + 1, sizeof *state->began_ns);
  if (state->began_ns == NULL)
    return refuse_memory (error);
  status = _replay_account_find_beginnings (trace, self->thread, state->place, state->frames,
                                            state->n_frames, state->began_ns, error);
  return status == TX_OK ? find_until (self, state, error) : status;
}

/* A frame that is entered, and its line, as it was when that began. */
static size_t
put_frame (TxEvent *events, TxThreadId thread, const ReplayFrame *frame, int64_t began_ns)
{
  TxEvent event = { .kind = TX_EVENT_RESUME,
                    .thread = thread,
                    .depth = frame->depth,
                    .function = frame->function,
                    .line = frame->line,
                    .time_ns = began_ns };

  /* One that goes on at a line that nobody saw begin. */
  if (began_ns == INT64_MAX)
    {
      event.time_ns = INT64_MIN;
      events[0] = event;
      return 1;
    }
  event.kind = TX_EVENT_CALL;
  event.line = 0;
  events[0] = event;
  event.kind = TX_EVENT_LINE;
  event.line = frame->line;
  events[1] = event;
  return 2;
}

/* Gives the digester a block that makes the thread's stack what it was, and charges nothing else.
 */
static TxStatus
feed_state (Walk *self, const State *state, TxError *error)
{
  size_t n_frames = state->n_frames, n = 0;
  TxBlockStack stack = { .depth = n_frames > 0 ? state->frames[n_frames - 1].depth - 1 : 0 };
  TxBlock block = { .sequence = self->sequence++,
                    .times = { state->until_ns, state->until_ns, 0 },
                    .stacks = &stack,
                    .n_stacks = 1 };
  TxDigest *digest;

  if (!reserve (self, 2 * n_frames + 2))
    return refuse_memory (error);
  self->events[n++] = (TxEvent){
    .kind = TX_EVENT_STACK, .thread = self->thread, .depth = stack.depth, .time_ns = INT64_MIN
  };
  for (size_t i = n_frames; i-- > 0;)
    n += put_frame (&self->events[n], self->thread, &state->frames[i], state->began_ns[i]);
  self->events[n++] =
      (TxEvent){ .kind = TX_EVENT_MARK, .thread = self->thread, .time_ns = state->until_ns };
  block.events = self->events;
  block.n_events = n;
  digest = tx_digester_add (self->digester, &block);
  tx_digest_free (digest);
  return digest != NULL ? TX_OK : refuse_memory (error);
}

/* What the thread was at before block @index, for a digester that knows nothing of it. */
static TxStatus
feed_before (Walk *self, size_t index, TxError *error)
{
  State state = { 0 };
  TxStatus status = index > 0 ? load_state (self, index, &state, error) : TX_END;

  if (status == TX_OK)
    status = feed_state (self, &state, error);
  clear_state (&state);
  return status == TX_END || _replay_status_is_missing (status) ? TX_OK : status;
}

/* The digester goes on with block @index. */
static TxStatus
catch_up (Walk *self, size_t index, TxError *error)
{
  if (!self->is_behind)
    return TX_OK;
  self->is_behind = false;
  self->sequence++; /* what it knew is old */
  _replay_line_table_add_break (self->account->sums);
  return feed_before (self, index, error);
}

/* ---- Decoded blocks ---- */

/* The thread was seen: from here on digests begin where the account ends. */
static void
note_seen (Walk *self)
{
  self->digests = DIGESTS_GO_ON;
  tx_digest_free (self->before);
  self->before = NULL;
}

/* Behind something that is missing nobody knows what the thread is at: what it was at ends here. */
static TxStatus
break_off (Walk *self, TxError *error)
{
  TxStatus status = TX_OK;

  if (self->pending_ns != INT64_MIN && !self->is_behind)
    status =
        add_until (self, self->pending_ns < self->to_ns ? self->pending_ns : self->to_ns, error);
  self->pending_ns = INT64_MIN;
  self->sequence++; /* the digester forgets what it knew */
  _replay_line_table_add_break (self->account->sums);
  return status;
}

/* A block that can't be read. The thread may have been in it. */
static TxStatus
pass_unread (Walk *self, size_t index, TxError *error)
{
  ReplayThreads threads;
  bool is_told =
      _replay_trace_load_block_threads (self->account->trace, index, &threads, NULL) == TX_OK;

  if (is_told && _replay_threads_find (&threads, self->thread) == NULL)
    return TX_OK;
  if (is_told)
    note_seen (self);
  else
    self->digests = DIGESTS_OVERLAP;
  return break_off (self, error);
}

/* The part of the range's first block that lies before it: what the thread was at when it began. */
static TxStatus
feed_first (Walk *self, const TxBlock *block, TxError *error)
{
  bool is_whole = block->times.mono_last_ns <= self->from_ns && runs_at_end (self, block);
  const TxBlock nothing = { .times = { self->from_ns, self->from_ns, 0 } };
  const Part part = { block, INT64_MIN, self->from_ns,
                      is_whole ? block->times.mono_last_ns : INT64_MIN };
  const Part rest = { &nothing, INT64_MAX, INT64_MAX, self->from_ns };
  TxDigest *digest = digest_part (self, &part);

  if (digest == NULL)
    return refuse_memory (error);
  tx_digest_free (digest);
  self->before = digest_part (self, &rest);
  if (self->before == NULL)
    return refuse_memory (error);
  self->digests = DIGESTS_HAVE_MORE;
  return TX_OK;
}

static TxStatus
feed_block (Walk *self, size_t index, bool is_first, TxError *error)
{
  const TxBlock *block;
  TxStatus status = catch_up (self, index, error);
  bool is_seen = false;
  Part part = { .first_ns = is_first ? self->from_ns : INT64_MIN, .limit_ns = self->limit_ns };

  if (status == TX_OK)
    status = _replay_trace_load_block (self->account->trace, index, &block, error);
  if (_replay_status_is_missing (status))
    return pass_unread (self, index, error);
  if (status == TX_OK && is_first)
    status = feed_first (self, block, error);
  if (status != TX_OK)
    return status;
  part.block = block;
  part.mark_ns = INT64_MIN;
  if (block->times.mono_last_ns >= self->to_ns)
    part.mark_ns = self->to_ns;
  else if (block->times.mono_last_ns >= self->from_ns && runs_at_end (self, block))
    part.mark_ns = block->times.mono_last_ns;
  self->pending_ns = part.mark_ns == INT64_MIN ? block->times.mono_last_ns : INT64_MIN;
  status = add_part (self, &part, &is_seen, error);
  if (is_seen)
    note_seen (self);
  return status;
}

/* Time from the thread's last block, before block @limit, to the end of the range. */
static TxStatus
feed_end (Walk *self, size_t limit, TxError *error)
{
  TxStatus status = catch_up (self, limit, error);

  return status == TX_OK ? add_until (self, self->to_ns, error) : status;
}

/* ---- Digests ---- */

static bool
is_alone (const Walk *self, const ReplaySpan *span)
{
  ReplayThreads threads;

  return _replay_trace_load_threads (self->account->trace, span, &threads, NULL) == TX_OK &&
         threads.n_items == 1 && threads.items[0].thread == self->thread;
}

/* How many blocks from @index on, before @limit, have digests of this thread alone. */
static size_t
count_alone (const Walk *self, size_t index, size_t limit)
{
  for (int level = REPLAY_SPAN_GROUP; level >= (int) REPLAY_SPAN_BLOCK; level--)
    {
      ReplaySpan span;

      /* What is made of a block in the ring knows nothing of what was before. */
      if (_replay_trace_find_span (self->account->trace, (ReplaySpanLevel) level, index, false,
                                   limit, &span) &&
          get_info (self, index + span.n_blocks - 1)->place != TX_BLOCK_RING &&
          is_alone (self, &span))
        return span.n_blocks;
    }
  return 0;
}

/* Runs that begin with block @index and tell threads apart, if this one is in them. */
static bool
find_told (const Walk *self, size_t index, size_t limit, TxSpan *ret_span, size_t *ret_number)
{
  if (!tx_reader_find_thread_lines (get_reader (self), index, ret_span, ret_number) ||
      ret_span->first_index != index || ret_span->n_blocks > limit - index)
    return false;
  /* Also of removed ones. */
  for (size_t i = 0; i < ret_span->n_blocks; i++)
    if (get_info (self, index + i)->thread_mask >> self->thread % 64 & 1)
      return true;
  return false;
}

/* Adds the digest; its bounds are those that the spans within it have for all threads where it says
   too little itself. */
static TxStatus
add_told (Walk *self, const TxSpan *span, const TxDigest *digest, TxError *error)
{
  const ReplayAccount *account = self->account;
  ReplayLineTable *bounds = NULL;
  int64_t first_ns = get_info (self, span->first_index)->times.mono_first_ns;
  int64_t last_ns = get_info (self, span->first_index + span->n_blocks - 1)->times.mono_last_ns;
  uint64_t duration_ns = last_ns < first_ns ? UINT64_MAX : (uint64_t) last_ns - (uint64_t) first_ns;
  size_t n_unreadable = 0;
  TxStatus status = TX_OK;

  if (digest->error_ns > BAD_ERROR_NS)
    {
      bounds = _replay_line_table_new ();
      if (bounds == NULL)
        return refuse_memory (error);
      status = _replay_trace_add_digests (account->trace, bounds, span->first_index,
                                          span->first_index + span->n_blocks, &n_unreadable, NULL,
                                          error);
    }
  if (status == TX_OK && !_replay_line_table_add_within (account->sums, digest, duration_ns,
                                                         n_unreadable == 0 ? bounds : NULL))
    status = refuse_memory (error);
  _replay_line_table_free (bounds);
  return status;
}

/* What the digests that are added now have too much. */
static TxStatus
take_before_away (Walk *self, TxError *error)
{
  const ReplayAccount account = { .trace = self->account->trace,
                                  .sums = self->account->sums,
                                  .sign = -1 };
  TxStatus status = TX_OK;

  if (self->digests == DIGESTS_HAVE_MORE)
    {
      _replay_line_table_add_break (account.sums);
      status = _replay_account_add_digest (&account, self->before, 0, error);
    }
  note_seen (self);
  return status;
}

/* Adds the runs that begin with block @index and tell threads apart, if there are any before
   @limit, and more of them than of @n_least blocks; *@ret_n is 0 when there are none. */
static TxStatus
add_told_runs (
    Walk *self, size_t index, size_t limit, size_t n_least, size_t *ret_n, TxError *error)
{
  size_t number;
  TxDigest *digest;
  TxSpan span;
  TxStatus status;

  *ret_n = 0;
  if (!find_told (self, index, limit, &span, &number) || span.n_blocks <= n_least)
    return TX_OK;
  status = tx_reader_load_thread_lines (get_reader (self), number, self->thread, &digest, error);
  if (_replay_status_is_missing (status))
    return TX_OK;
  if (status != TX_OK)
    return status;
  *ret_n = span.n_blocks;
  status = add_told (self, &span, digest, error);
  tx_digest_free (digest);
  return status;
}

/* Adds the digests of as many blocks from @index on, before @limit, as have the thread's account;
 *@ret_n is 0 when there is none. */
static TxStatus
add_digests (Walk *self, size_t index, size_t limit, size_t *ret_n, TxError *error)
{
  size_t n_alone, n_unreadable = 0;
  TxStatus status;

  *ret_n = 0;
  if (index >= limit || self->digests == DIGESTS_OVERLAP)
    return TX_OK;
  n_alone = count_alone (self, index, limit);
  status = add_told_runs (self, index, limit, n_alone, ret_n, error);
  if (status == TX_OK && *ret_n == 0 && n_alone > 0)
    {
      *ret_n = n_alone;
      status = _replay_trace_add_digests (self->account->trace, self->account->sums, index,
                                          index + n_alone, &n_unreadable, NULL, error);
    }
  if (status != TX_OK || *ret_n == 0)
    return status;
  self->is_behind = true;
  self->pending_ns = INT64_MIN;
  return take_before_away (self, error);
}

/* ---- All of it ---- */

/* Adds block @index and those behind it, before @limit, that can be added with it. */
static TxStatus
add_blocks (Walk *self, size_t index, size_t limit, bool is_first, size_t *ret_n, TxError *error)
{
  const TxBlockInfo *info = get_info (self, index);
  TxStatus status = TX_OK;

  /* Behind a hole the recording knew nothing of the thread either. */
  if (!is_first && (info->events_lost > 0 || info->place == TX_BLOCK_MISSING))
    {
      status = break_off (self, error);
      note_seen (self);
    }
  *ret_n = 0;
  if (status == TX_OK && !is_first)
    status = add_digests (self, index, limit, ret_n, error);
  if (status != TX_OK || *ret_n > 0)
    return status;
  *ret_n = 1;
  if (!is_first && !tx_block_info_is_gap (info) &&
      !_replay_trace_may_have_thread (self->account->trace, index, self->thread))
    return TX_OK;
  return feed_block (self, index, is_first, error);
}

/* The first block with something in the range: several may begin at the same moment. */
static size_t
get_first (const Walk *self, size_t first)
{
  while (first > 0 && get_info (self, first - 1)->times.mono_first_ns >= self->from_ns)
    first--;
  return first;
}

/* Blocks before this one lie in the range with all that they have. */
static size_t
get_limit (const Walk *self, size_t last, bool with_end)
{
  int64_t last_ns = get_info (self, last)->times.mono_last_ns;

  return self->to_ns > last_ns || (with_end && self->to_ns == last_ns) ? last + 1 : last;
}

TxStatus
_replay_account_add_thread (const ReplayAccount *self,
                            TxThreadId thread,
                            size_t first,
                            int64_t from_ns,
                            size_t last,
                            int64_t to_ns,
                            bool with_end,
                            const ReplayProgress *progress,
                            TxError *error)
{
  Walk walk = { .account = self,
                .thread = thread,
                .from_ns = from_ns,
                .to_ns = to_ns,
                .limit_ns = with_end ? INT64_MAX : to_ns,
                .pending_ns = INT64_MIN,
                .digester = tx_digester_new () };
  size_t limit = get_limit (&walk, last, with_end);
  size_t begin = get_first (&walk, first);
  bool is_from_start = begin == 0 && from_ns <= get_info (&walk, 0)->times.mono_first_ns;
  TxStatus status = walk.digester != NULL ? TX_OK : refuse_memory (error);

  _replay_line_table_add_break (self->sums);
  if (status == TX_OK)
    status = feed_before (&walk, begin, error);
  for (size_t i = begin, n = 1; status == TX_OK && i <= last; i += n)
    {
      if (!_replay_progress_report (progress, i - begin, last - begin + 1))
        status = TX_CANCELLED;
      else
        status = add_blocks (&walk, i, limit, i == begin && !is_from_start, &n, error);
    }
  if (status == TX_OK)
    status = feed_end (&walk, last + 1, error);
  tx_digester_free (walk.digester);
  tx_digest_free (walk.before);
  free (walk.events);
  return status;
}
