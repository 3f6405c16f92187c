// SPDX-License-Identifier: BSD-3-Clause
// The account of one thread in a range of time. Digests don't tell threads apart, so the blocks
// that hold the thread beside others are decoded, and its events alone given to a digester: before
// the range to know its stack, which is thrown away, and within the range, up to a mark at its end.
// Where no other thread was active digests are added up. They tell the time since the thread's last
// event, also that in a block before; so the first such block behind others is decoded, too: at its
// end the thread has all its time.
#include <stdlib.h>

#include "replay-account-private.h"

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
  uint64_t sequence; /* for the digester: without holes but where something is missing */
  bool was_alone;    /* at the end of the thread's last block, and nothing is missing since */
  bool is_behind;    /* the digester does not know of the blocks whose digests were added */
} Walk;

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

/* The thread's events of @block from @first_ns on and before @limit_ns, and a mark at @mark_ns. */
static size_t
take_events (Walk *self, const TxBlock *block, int64_t first_ns, int64_t limit_ns, int64_t mark_ns)
{
  size_t n = 0;
  TxEvent mark = { .kind = TX_EVENT_MARK, .thread = self->thread, .time_ns = mark_ns };

  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *event = &block->events[i];

      if (event->time_ns >= limit_ns)
        break;
      if (event->time_ns >= first_ns &&
          (event->thread == self->thread || event->kind == TX_EVENT_GAP))
        self->events[n++] = *event;
    }
  self->events[n++] = mark;
  return n;
}

/* Gives a part of @block to the digester, as take_events() has it; adds what it says if @counts. */
static TxStatus
feed (Walk *self,
      const TxBlock *block,
      int64_t first_ns,
      int64_t limit_ns,
      int64_t mark_ns,
      bool counts,
      TxError *error)
{
  TxBlock part = *block;
  int64_t begin_ns = first_ns > block->times.mono_first_ns ? first_ns : block->times.mono_first_ns;
  TxDigest *digest;
  bool good;

  if (!reserve (self, block->n_events + 1))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the events of a thread");
  part.events = self->events;
  part.n_events = take_events (self, block, first_ns, limit_ns, mark_ns);
  part.sequence = self->sequence++;
  part.times.mono_last_ns = mark_ns;
  digest = tx_digester_add (self->digester, &part);
  good = digest != NULL &&
         (!counts || _replay_line_table_add (self->account->sums, digest,
                                             (uint64_t) _replay_get_elapsed (begin_ns, mark_ns)));
  tx_digest_free (digest);
  return good ? TX_OK
              : tx_error_set (error, TX_ERROR_MEMORY, "no memory for the account of a thread");
}

/* Whether the thread had events between block @index and block @limit that can't be read. */
static bool
has_unread (const Walk *self, size_t index, size_t limit)
{
  ReplayTrace *trace = self->account->trace;

  while (++index < limit)
    {
      ReplayThreads threads;

      if (_replay_trace_may_have_thread (trace, index, self->thread) &&
          (_replay_trace_load_block_threads (trace, index, &threads, NULL) != TX_OK ||
           _replay_threads_find (&threads, self->thread) != NULL))
        return true;
    }
  return false;
}

/* What the thread was at before block @index. */
static TxStatus
feed_before (Walk *self, size_t index, TxError *error)
{
  ReplayPlace place;
  TxStatus status;

  if (index == 0)
    return TX_OK;
  status = _replay_trace_find_last_event (self->account->trace, self->thread, index - 1, SIZE_MAX,
                                          &place, error);
  if (status == TX_OK && self->was_alone && has_unread (self, place.index, index))
    return TX_OK;
  if (status == TX_OK)
    status = _replay_account_feed_stacks (self->account->trace, self->digester, place.index,
                                          SIZE_MAX, self->thread, &self->sequence, error);
  if (status == TX_OK)
    status = _replay_trace_load_block (self->account->trace, place.index, &place.block, error);
  if (status == TX_OK)
    status = feed (self, place.block, INT64_MIN, INT64_MAX, place.block->times.mono_last_ns, false,
                   error);
  return status == TX_END ? TX_OK : status;
}

/* The digester goes on with block @index. */
static TxStatus
catch_up (Walk *self, size_t index, TxError *error)
{
  if (!self->is_behind)
    return TX_OK;
  self->is_behind = false;
  self->sequence++; /* what it knew is old */
  return feed_before (self, index, error);
}

static TxStatus
feed_block (Walk *self, size_t index, bool is_first, TxError *error)
{
  const TxBlock *block;
  int64_t mark_ns;
  TxStatus status = catch_up (self, index, error);

  if (status == TX_OK)
    status = _replay_trace_load_block (self->account->trace, index, &block, error);
  if (_replay_status_is_missing (status))
    {
      self->sequence++; /* the digester forgets what it knew */
      _replay_line_table_add_break (self->account->sums);
      return TX_OK;
    }
  if (status != TX_OK)
    return status;
  if (is_first)
    status = feed (self, block, INT64_MIN, self->from_ns, self->from_ns, false, error);
  mark_ns = block->times.mono_last_ns < self->to_ns ? block->times.mono_last_ns : self->to_ns;
  if (status == TX_OK && mark_ns >= self->from_ns)
    status = feed (self, block, is_first ? self->from_ns : INT64_MIN, self->limit_ns, mark_ns, true,
                   error);
  return status;
}

/* Time from the thread's last block, before block @limit, to the end of the range. */
static TxStatus
feed_end (Walk *self, size_t limit, TxError *error)
{
  const TxBlock nothing = { .times = { self->to_ns, self->to_ns, 0 } };
  TxStatus status = catch_up (self, limit, error);

  return status != TX_OK ? status
                         : feed (self, &nothing, INT64_MAX, INT64_MAX, self->to_ns, true, error);
}

/* ---- Blocks that the thread has for itself ---- */

static bool
is_alone (const Walk *self, const ReplaySpan *span)
{
  ReplayThreads threads;

  return _replay_trace_load_threads (self->account->trace, span, &threads, NULL) == TX_OK &&
         threads.n_items == 1 && threads.items[0].thread == self->thread;
}

/* Whether the thread goes on in block @index from where the digester, or a digest, left it. */
static bool
goes_on (const Walk *self, size_t index)
{
  const TxBlockInfo *info =
      tx_reader_get_block_info (replay_trace_get_reader (self->account->trace), index);

  return !tx_block_info_is_gap (info) && info->events_lost == 0;
}

/* How many blocks from @index on, before @limit, have digests of this thread alone. */
static size_t
count_alone (const Walk *self, size_t index, size_t limit)
{
  const ReplayTrace *trace = self->account->trace;

  if (index >= limit || !self->was_alone || !goes_on (self, index))
    return 0;
  for (int level = REPLAY_SPAN_GROUP; level >= (int) REPLAY_SPAN_BLOCK; level--)
    {
      ReplaySpan span;

      /* What is made of a block in the ring knows nothing of what was before. */
      if (_replay_trace_find_span (trace, (ReplaySpanLevel) level, index, false, limit, &span) &&
          tx_reader_get_block_info (replay_trace_get_reader (trace), index + span.n_blocks - 1)
                  ->place != TX_BLOCK_RING &&
          is_alone (self, &span))
        return span.n_blocks;
    }
  return 0;
}

/* Adds block @index and those behind it, before @limit, that can be added with it. */
static TxStatus
add_blocks (Walk *self, size_t index, size_t limit, bool is_first, size_t *ret_n, TxError *error)
{
  const ReplaySpan block = { index, 1, REPLAY_SPAN_BLOCK, index };
  size_t n_alone = is_first ? 0 : count_alone (self, index, limit), n_unreadable = 0;
  TxStatus status;

  *ret_n = n_alone > 0 ? n_alone : 1;
  if (n_alone > 0)
    {
      self->is_behind = true;
      return _replay_trace_add_digests (self->account->trace, self->account->sums, index,
                                        index + n_alone, &n_unreadable, NULL, error);
    }
  status = feed_block (self, index, is_first, error);
  /* Of a range that begins behind the first block the time to there is not wanted. */
  self->was_alone = goes_on (self, index) && is_alone (self, &block) &&
                    self->from_ns <= tx_reader_get_block_info (
                                         replay_trace_get_reader (self->account->trace), index)
                                         ->times.mono_last_ns;
  return status;
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
                .digester = tx_digester_new () };
  TxStatus status = walk.digester != NULL ? TX_OK : TX_ERROR_MEMORY;

  _replay_line_table_add_break (self->sums);
  if (status == TX_OK)
    status = feed_before (&walk, first, error);
  for (size_t i = first, n = 1; status == TX_OK && i <= last; i += n)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (replay_trace_get_reader (self->trace), i);

      n = 1;
      if (i != first && !tx_block_info_is_gap (info) &&
          !_replay_trace_may_have_thread (self->trace, i, thread))
        {
          walk.was_alone &= goes_on (&walk, i);
          continue;
        }
      if (!_replay_progress_report (progress, i - first, last - first + 1))
        status = TX_CANCELLED;
      else
        status = add_blocks (&walk, i, last, i == first, &n, error);
    }
  if (status == TX_OK)
    status = feed_end (&walk, last + 1, error);
  tx_digester_free (walk.digester);
  free (walk.events);
  return status;
}
