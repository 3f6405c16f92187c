// SPDX-License-Identifier: BSD-3-Clause
// What index and digests say of where a search has to look: of single blocks, and of spans that it
// can pass over.
#include "replay-search-walk-private.h"

bool
_replay_walk_wants_line (const ReplaySearch *search, TxFunctionId function, uint32_t line)
{
  size_t low = 0;
  size_t high = search->n_lines; /* the first one with this line is in [low, high] */
  TxFileId file;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (search->lines[middle].line < line)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == search->n_lines || search->lines[low].line != line)
    return false;
  file = _replay_trace_get_file_of (search->trace, function);
  for (; file != 0 && low < search->n_lines && search->lines[low].line == line; low++)
    if (search->lines[low].file == file)
      return true;
  return false;
}

static bool
digest_has_line (const ReplaySearch *search, const TxDigest *digest)
{
  if (search->n_lines == 0)
    return false;
  for (size_t i = 0; i < digest->n_lines; i++)
    if (digest->lines[i].hits > 0 &&
        _replay_walk_wants_line (search, digest->lines[i].function, digest->lines[i].line))
      return true;
  return false;
}

static bool
digest_has_function (const TxDigest *digest, TxFunctionId function)
{
  for (size_t i = 0; i < digest->n_lines && digest->lines[i].function <= function; i++)
    if (digest->lines[i].function == function && digest->lines[i].hits > 0)
      return true;
  return false;
}

bool
_replay_walk_is_coroutine (const ReplaySearch *search, TxFunctionId id)
{
  const TxFunction *function = tx_reader_get_function (replay_trace_get_reader (search->trace), id);

  return function != NULL &&
         (function->flags & (TX_FUNCTION_COROUTINE | TX_FUNCTION_ASYNC_GENERATOR)) != 0;
}

/* Whether the frame at depth_max may be suspended and go on: only its events tell. */
static bool
may_await (const ReplayWalk *walk)
{
  const ReplaySearch *search = walk->search;

  return search->follows && !walk->passed_below &&
         (search->frame_function == 0 ||
          _replay_walk_is_coroutine (search, search->frame_function));
}

/* What a digest says of the steps that the thread may have. */
typedef enum
{
  VERDICT_NONE,
  VERDICT_IF_FUNCTION, /* if a line of the function of the frame at depth_max was executed */
  VERDICT_SOME,
} Verdict;

/* While no stack of the block is smaller than depth_max, its frame there is the one that was there
   when the search began, and only this frame's function can execute a line at that depth. */
static Verdict
judge_thread (ReplayWalk *walk, const ReplayThreads *threads)
{
  const TxDigestThread *thread = _replay_threads_find (threads, walk->thread);

  if (walk->thread == 0 || thread == NULL)
    return VERDICT_NONE;
  /* The frame at depth 1 ends (backward: begins) where no frame is left. A block has each of its
     threads' stacks at their first event in it, so that its digest has the depth before that, too.
   */
  if (walk->waiting)
    return thread->depth_min == 0 ? VERDICT_SOME : VERDICT_NONE;
  if (thread->depth_min > walk->depth_max)
    return VERDICT_NONE;
  if (thread->depth_min < walk->depth_max)
    {
      if (may_await (walk))
        return VERDICT_SOME;
      walk->passed_below = walk->depth_max != UINT32_MAX;
      return thread->steps > 0 ? VERDICT_SOME : VERDICT_NONE;
    }
  if (thread->steps == 0)
    return VERDICT_NONE;
  return walk->passed_below || walk->search->frame_function == 0 ? VERDICT_SOME
                                                                 : VERDICT_IF_FUNCTION;
}

/* Whether a span may hold what is looked for, by its threads first: these cost little. */
static TxStatus
ask_span (ReplayWalk *walk, const ReplaySpan *span, bool *ret_wanted, TxError *error)
{
  const ReplaySearch *search = walk->search;
  bool has_targets = search->targets != NULL &&
                     _replay_targets_select (search->targets, span->first, span->n_blocks);
  Verdict verdict = VERDICT_NONE;
  ReplayThreads threads;
  const TxDigest *digest;
  TxStatus status = TX_OK;

  if (walk->thread != 0)
    {
      status = _replay_trace_load_threads (search->trace, span, &threads, error);
      if (status == TX_OK)
        verdict = judge_thread (walk, &threads);
    }
  *ret_wanted = verdict == VERDICT_SOME;
  if (status != TX_OK || *ret_wanted ||
      (verdict == VERDICT_NONE && search->n_lines == 0 && !has_targets))
    return status;
  status = _replay_trace_load_span (search->trace, span, &digest, error);
  if (status == TX_OK)
    *ret_wanted =
        digest_has_line (search, digest) ||
        (has_targets && _replay_targets_may_be_in (search->targets, digest)) ||
        (verdict == VERDICT_IF_FUNCTION && digest_has_function (digest, search->frame_function));
  return status;
}

/* Whether the frame that is suspended may go on (backward: be suspended) where the digest is of: at
   the line that it waits at. */
static bool
digest_has_await (const ReplayWalk *walk, const TxDigest *digest)
{
  if (!digest->tells_awaits)
    return true;
  for (size_t i = 0; i < digest->n_lines && digest->lines[i].function <= walk->awaited_function;
       i++)
    if (digest->lines[i].function == walk->awaited_function && digest->lines[i].awaits > 0 &&
        (walk->awaited_line == 0 || digest->lines[i].line == walk->awaited_line))
      return true;
  return false;
}

static bool
has_await_cb (void *data, const ReplaySpan *span)
{
  const ReplayWalk *walk = data;
  const ReplaySearch *search = walk->search;
  const TxDigest *digest;

  if (search->targets != NULL)
    _replay_targets_select (search->targets, span->first, span->n_blocks);
  return _replay_trace_load_span (search->trace, span, &digest, NULL) != TX_OK ||
         digest_has_await (walk, digest) || digest_has_line (search, digest) ||
         (search->targets != NULL && _replay_targets_may_be_in (search->targets, digest));
}

/* Whether a block of the span may have to be looked into, or change what is known of the frame that
   the search began in. */
static bool
matters_cb (void *data, const ReplaySpan *span)
{
  const ReplayWalk *walk = data;
  ReplayWalk probe = *walk;
  bool wanted;

  return ask_span (&probe, span, &wanted, NULL) != TX_OK || wanted ||
         probe.passed_below != walk->passed_below;
}

/* How many blocks from (back from) block @index on can be passed over; 0: look at it. */
size_t
_replay_walk_skip_span (ReplayWalk *self, size_t index)
{
  return _replay_trace_skip_span (self->search->trace, index, self->search->backward,
                                  self->awaited != 0 ? has_await_cb : matters_cb, self);
}

void
_replay_walk_note_missing (ReplayWalk *self, uint64_t n_blocks)
{
  self->found.over_gap = true;
  self->found.missing_blocks += n_blocks;
  self->passed_below = true; /* who knows */
  self->awaited = 0;
}

/* The level's span that block @index is in; false if there is none. */
static bool
find_span_around (const ReplayTrace *trace,
                  ReplaySpanLevel level,
                  size_t index,
                  ReplaySpan *ret_span)
{
  const TxReader *reader = replay_trace_get_reader (trace);

  *ret_span = (ReplaySpan){ index, 1, level, index };
  return level == REPLAY_SPAN_BLOCK ||
         tx_reader_find_span (reader, level == REPLAY_SPAN_RUN ? TX_SPAN_RUN : TX_SPAN_GROUP, index,
                              &ret_span->number);
}

/* The threads of block @index by the smallest span that tells; false if none does. */
static bool
find_threads (ReplayTrace *trace, size_t index, ReplayThreads *ret_threads)
{
  ReplaySpan span;

  for (int level = REPLAY_SPAN_BLOCK; level <= (int) REPLAY_SPAN_GROUP; level++)
    if (find_span_around (trace, (ReplaySpanLevel) level, index, &span) &&
        _replay_trace_load_threads (trace, &span, ret_threads, NULL) == TX_OK)
      return true;
  return false;
}

/* Whether the thread may have left the frame in block @index. */
static bool
may_have_left (const ReplayWalk *walk, size_t index)
{
  ReplayThreads threads;
  const TxDigestThread *thread;

  if (!find_threads (walk->search->trace, index, &threads))
    return true;
  thread = _replay_threads_find (&threads, walk->thread);
  return thread != NULL && thread->depth_min < walk->depth_max;
}

/* Whether the frame that is suspended may have gone on in block @index: so says the smallest span
   that tells of such frames. */
static bool
may_have_gone_on (const ReplayWalk *walk, size_t index)
{
  ReplayTrace *trace = walk->search->trace;
  const TxDigest *digest;
  ReplaySpan span;

  for (int level = REPLAY_SPAN_BLOCK; level <= (int) REPLAY_SPAN_GROUP; level++)
    if (find_span_around (trace, (ReplaySpanLevel) level, index, &span) &&
        _replay_trace_load_span (trace, &span, &digest, NULL) == TX_OK && digest->tells_awaits)
      return digest_has_await (walk, digest);
  return true;
}

void
_replay_walk_note_unreadable (ReplayWalk *self, size_t index)
{
  bool is_lost = self->awaited != 0 ? may_have_gone_on (self, index) : may_have_left (self, index);

  self->found.over_gap = true;
  self->found.missing_blocks++;
  self->passed_below |= is_lost;
  if (is_lost)
    self->awaited = 0;
}

/* Whether index and digest say that block @index has to be looked into. */
static TxStatus
ask_digest (ReplayWalk *walk, size_t index, bool *ret_wanted, TxError *error)
{
  const ReplaySearch *search = walk->search;
  const TxBlockInfo *info =
      tx_reader_get_block_info (replay_trace_get_reader (search->trace), index);
  const ReplaySpan span = { index, 1, REPLAY_SPAN_BLOCK, index };
  bool has_targets;
  TxStatus status;

  *ret_wanted = false;
  if (tx_block_info_is_gap (info))
    {
      _replay_walk_note_missing (walk, info->n_missing);
      return TX_OK;
    }
  if (walk->awaited != 0)
    {
      *ret_wanted = has_await_cb (walk, &span);
      return TX_OK;
    }
  /* Without a step it may still tell that a frame was left. */
  if (info->steps == 0 && !walk->waiting && (walk->thread == 0 || walk->depth_max == UINT32_MAX))
    return TX_OK;
  has_targets = search->targets != NULL && _replay_targets_select (search->targets, index, 1);
  if (search->n_lines == 0 && !has_targets &&
      (walk->thread == 0 || !_replay_trace_may_have_thread (search->trace, index, walk->thread)))
    return TX_OK;
  status = ask_span (walk, &span, ret_wanted, error);
  if (!_replay_status_is_missing (status))
    return status;
  *ret_wanted = true; /* the events may be good */
  return TX_OK;
}

/* The same, with what was dropped before the block. In a block that is looked into backward its GAP
   event tells of that, if the search gets there. */
TxStatus
_replay_walk_check_block (ReplayWalk *self, size_t index, bool *ret_wanted, TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (self->search->trace);
  bool has_gap = tx_reader_get_block_info (reader, index)->events_lost > 0;
  TxStatus status;

  if (has_gap && !self->search->backward)
    _replay_walk_note_missing (self, 0);
  status = ask_digest (self, index, ret_wanted, error);
  if (has_gap && self->search->backward && status == TX_OK && !*ret_wanted)
    _replay_walk_note_missing (self, 0);
  return status;
}
