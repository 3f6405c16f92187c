// SPDX-License-Identifier: BSD-3-Clause
// ReplayTargets: made from a set of breakpoints for one recording, and asked about blocks before
// these are decoded. What counts leave of a place becomes a range of positions, so that it is the
// same from wherever one comes.
#include "replay-targets-private.h"

#include <stdlib.h>

#include "replay-moves.h"

void
_replay_targets_init (ReplayTargets *self, ReplayTrace *trace)
{
  *self = (ReplayTargets){ .trace = trace };
}

static void
clear_target (ReplayTarget *target)
{
  free (target->functions.ids);
  free (target->callers.ids);
}

void
_replay_targets_clear (ReplayTargets *self)
{
  for (size_t i = 0; i < self->n_items; i++)
    clear_target (&self->items[i]);
  free (self->items);
  free (self->lines);
  free (self->functions);
  _replay_targets_init (self, self->trace);
}

/* --- what is asked of digests --- */

static TxStatus
no_memory (TxError *error)
{
  return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the breakpoints");
}

static int
compare_keys (const void *a, const void *b)
{
  const ReplayTargetKey *left = a, *right = b;

  return (left->key > right->key) - (left->key < right->key);
}

/* Appends @n_more keys made of @ids, or of the one number @key. */
static bool
add_keys (ReplayTargetKey **keys, size_t *n_keys, const uint32_t *ids, size_t n_more, size_t target)
{
  ReplayTargetKey *grown = realloc (*keys, (*n_keys + n_more + 1) * sizeof *grown);

  if (grown == NULL)
    return false;
  *keys = grown;
  for (size_t i = 0; i < n_more; i++)
    grown[(*n_keys)++] = (ReplayTargetKey){ ids[i], target };
  qsort (grown, *n_keys, sizeof *grown, compare_keys);
  return true;
}

/* Takes what @target owns, also on failure. */
static TxStatus
add_target (ReplayTargets *self, ReplayTarget *target, TxError *error)
{
  ReplayTarget *items = realloc (self->items, (self->n_items + 1) * sizeof *items);
  bool good = items != NULL;

  if (good)
    self->items = items;
  if (good && target->file != 0)
    good = add_keys (&self->lines, &self->n_lines, &target->line, 1, self->n_items);
  else if (good)
    good = add_keys (&self->functions, &self->n_functions, target->functions.ids,
                     target->functions.n_ids, self->n_items);
  if (!good)
    {
      clear_target (target);
      return no_memory (error);
    }
  self->items[self->n_items++] = *target;
  return TX_OK;
}

TxStatus
_replay_targets_add_line (ReplayTargets *self, TxFileId file, uint32_t line, TxError *error)
{
  ReplayTarget target = { .file = file, .line = line, .last = REPLAY_POSITION_NONE };

  return file == 0 ? TX_OK : add_target (self, &target, error);
}

static TxStatus
find_functions (const ReplayTrace *trace, const char *name, ReplayFunctionSet *set, TxError *error)
{
  set->n_ids = replay_trace_find_functions (trace, name, NULL, 0);
  set->ids = calloc (set->n_ids + 1, sizeof *set->ids);
  if (set->ids == NULL)
    return no_memory (error);
  (void) replay_trace_find_functions (trace, name, set->ids, set->n_ids);
  return TX_OK;
}

/* --- counts --- */

/* Where the @n-th execution of the line is; if that can't be read, where the block behind it begins
   and @ret_is_there is false. %TX_END if there are fewer. */
static TxStatus
find_line_hit (ReplayTrace *trace,
               const ReplayTarget *target,
               uint64_t n,
               const ReplayProgress *progress,
               ReplayPosition *ret_position,
               bool *ret_is_there,
               TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (trace);
  const ReplayHitTable *table;
  uint64_t hits_before;
  size_t i = 0, block;
  TxStatus status =
      replay_hits_nth (trace, target->file, target->line, n, progress, ret_position, error);

  *ret_is_there = status == TX_OK;
  if (!_replay_status_is_missing (status))
    return status;
  status = _replay_trace_get_hits (trace, target->file, target->line, progress, &table, error);
  if (status != TX_OK)
    return status;
  while (i + 1 < table->n_entries && table->entries[i + 1].hits_before < n)
    i++;
  *ret_position = REPLAY_POSITION_NONE;
  if (i == table->n_entries)
    return TX_OK;
  status =
      _replay_trace_find_hit (trace, table, &table->entries[i], n, &block, &hits_before, error);
  if (status == TX_OK)
    block++;
  else if (status != TX_END)
    return status;
  if (block < tx_reader_get_n_blocks (reader))
    *ret_position = tx_reader_get_block_info (reader, block)->first_step;
  return TX_OK;
}

/* How often a call of the target's functions begins in block @index; 0 where that can't be known.
 */
static TxStatus
get_entries (ReplayTargets *self,
             size_t index,
             ReplayTargetHit **ret_hits,
             size_t *ret_n_hits,
             TxError *error)
{
  const TxDigest *digest;
  TxStatus status;

  *ret_hits = NULL;
  *ret_n_hits = 0;
  if (!_replay_targets_select (self, index, 1))
    return TX_OK;
  status = _replay_trace_load_digest (self->trace, index, &digest, error);
  if (status == TX_OK && !_replay_targets_may_be_in (self, digest))
    return TX_OK;
  if (status != TX_OK && !_replay_status_is_missing (status))
    return status;
  status = _replay_targets_dup_hits (self, index, ret_hits, ret_n_hits, error);
  return _replay_status_is_missing (status) ? TX_OK : status;
}

/* How often calls of the functions begin, as a digest says; false if it does not. */
static bool
count_entries (const ReplayTargets *self, const TxDigest *digest, uint64_t *ret_count)
{
  *ret_count = 0;
  for (size_t i = 0; i < digest->n_lines; i++)
    {
      const TxDigestLine *line = &digest->lines[i];
      size_t found = _replay_targets_find_key (self->functions, self->n_functions, line->function);

      if (line->hits == 0 || found == self->n_functions ||
          self->functions[found].key != line->function)
        continue;
      if (!digest->tells_entries)
        return false;
      *ret_count += line->entries;
    }
  return true;
}

/* The calls that are looked for, and where one has got to. */
typedef struct
{
  ReplayTargets all;
  uint64_t n;
  uint64_t n_before;
  uint64_t n_entries; /* in the span that is asked */
} Calls;

/* Whether the span may have the n-th call, or can't be told to be before it. */
static bool
has_call_cb (void *data, const ReplaySpan *span)
{
  Calls *self = data;
  const TxDigest *digest;

  return _replay_trace_load_span (self->all.trace, span, &digest, NULL) != TX_OK ||
         !count_entries (&self->all, digest, &self->n_entries) ||
         self->n_before + self->n_entries >= self->n;
}

/* What the digest of a block tells of calls; false if it does not. */
static bool
ask_block (Calls *self, size_t index)
{
  const TxDigest *digest;

  return _replay_trace_load_digest (self->all.trace, index, &digest, NULL) == TX_OK &&
         count_entries (&self->all, digest, &self->n_entries);
}

/* Where the block behind block @index begins. */
static ReplayPosition
get_behind (const TxReader *reader, size_t index)
{
  return index + 1 < tx_reader_get_n_blocks (reader)
             ? tx_reader_get_block_info (reader, index + 1)->first_step
             : REPLAY_POSITION_NONE;
}

/* Goes on over block @index; %TX_END if it does not have the n-th. */
static TxStatus
find_in_block (
    Calls *self, size_t index, ReplayPosition *ret_position, bool *ret_is_there, TxError *error)
{
  const TxReader *reader = replay_trace_get_reader (self->all.trace);
  bool is_told = ask_block (self, index);
  ReplayTargetHit *hits;
  size_t n_hits;
  TxStatus status;

  if (is_told && self->n_before + self->n_entries < self->n)
    {
      self->n_before += self->n_entries;
      return TX_END;
    }
  status = get_entries (&self->all, index, &hits, &n_hits, error);
  if (status != TX_OK)
    return status;
  *ret_is_there = self->n_before + n_hits >= self->n;
  if (*ret_is_there)
    *ret_position = tx_reader_get_block_info (reader, index)->first_step +
                    hits[self->n - self->n_before - 1].step;
  else if (is_told) /* its events can't be read */
    *ret_position = get_behind (reader, index);
  self->n_before += n_hits;
  free (hits);
  return *ret_is_there || is_told ? TX_OK : TX_END;
}

/* As find_line_hit(); of recordings whose digests don't tell of calls, all blocks that have lines
   of the functions are decoded. */
static TxStatus
find_function_hit (ReplayTrace *trace,
                   const ReplayTarget *target,
                   uint64_t n,
                   const ReplayProgress *progress,
                   ReplayPosition *ret_position,
                   bool *ret_is_there,
                   TxError *error)
{
  size_t n_blocks = tx_reader_get_n_blocks (replay_trace_get_reader (trace));
  ReplayTarget item = { .functions = target->functions, .last = REPLAY_POSITION_NONE };
  Calls calls = { .all = { .trace = trace, .items = &item, .n_items = 1 }, .n = n };
  TxStatus status = TX_END;

  if (!add_keys (&calls.all.functions, &calls.all.n_functions, item.functions.ids,
                 item.functions.n_ids, 0))
    return no_memory (error);
  for (size_t i = 0, turn = 0; i < n_blocks && status == TX_END; turn++)
    {
      size_t n_passed = _replay_trace_skip_span (trace, i, false, has_call_cb, &calls);

      if (turn % REPLAY_SPANS_A_REPORT == REPLAY_SPANS_A_REPORT - 1 &&
          !_replay_progress_report (progress, i, n_blocks))
        status = TX_CANCELLED;
      else if (n_passed > 0)
        calls.n_before += calls.n_entries;
      else
        status = find_in_block (&calls, i, ret_position, ret_is_there, error);
      i += n_passed > 0 ? n_passed : 1;
    }
  free (calls.all.functions);
  return status;
}

static TxStatus
find_hit (ReplayTrace *trace,
          const ReplayTarget *target,
          uint64_t n,
          const ReplayProgress *progress,
          ReplayPosition *ret_position,
          bool *ret_is_there,
          TxError *error)
{
  *ret_is_there = true;
  if (target->file != 0)
    return find_line_hit (trace, target, n, progress, ret_position, ret_is_there, error);
  return find_function_hit (trace, target, n, progress, ret_position, ret_is_there, error);
}

/* From numbers of executions to positions. */
static TxStatus
apply_counts (ReplayTrace *trace,
              ReplayTarget *target,
              const ReplayProgress *progress,
              TxError *error)
{
  const ReplayCondition *condition = target->condition;
  ReplayPosition position;
  bool is_there;
  TxStatus status = TX_OK;

  target->last = REPLAY_POSITION_NONE;
  if (condition->number != 0)
    {
      status = TX_END;
      if (condition->number > condition->ignore)
        status = find_hit (trace, target, condition->number, progress, &position, &is_there, error);
      if (status == TX_OK && is_there)
        target->first = target->last = position;
      else if (status == TX_OK)
        status = TX_END;
    }
  else if (condition->ignore != 0)
    {
      status = TX_END;
      if (condition->ignore != UINT64_MAX)
        status = find_hit (trace, target, condition->ignore + 1, progress, &target->first,
                           &is_there, error);
    }
  if (status == TX_END) /* no such execution: never */
    {
      target->first = 1;
      target->last = 0;
      status = TX_OK;
    }
  return status;
}

bool
_replay_condition_is_set (const ReplayCondition *self)
{
  return self->number != 0 || self->ignore != 0 || self->thread != 0 || self->has_range ||
         self->caller != NULL;
}

static TxStatus
add_breakpoint (ReplayTargets *self,
                const ReplayBreakpoint *breakpoint,
                const ReplayProgress *progress,
                TxError *error)
{
  ReplayTarget target = { .id = breakpoint->id,
                          .file = breakpoint->file,
                          .line = breakpoint->line,
                          .last = REPLAY_POSITION_NONE };
  TxStatus status = TX_OK;

  if (breakpoint->function != NULL)
    status = find_functions (self->trace, breakpoint->function, &target.functions, error);
  if (status == TX_OK && _replay_condition_is_set (&breakpoint->condition))
    {
      target.condition = &breakpoint->condition;
      if (target.condition->caller != NULL)
        status = find_functions (self->trace, target.condition->caller, &target.callers, error);
      if (status == TX_OK)
        status = apply_counts (self->trace, &target, progress, error);
    }
  if (status != TX_OK)
    {
      clear_target (&target);
      return status;
    }
  return add_target (self, &target, error);
}

TxStatus
_replay_targets_add_breakpoints (ReplayTargets *self,
                                 const ReplayBreakpoints *breakpoints,
                                 const ReplayProgress *progress,
                                 TxError *error)
{
  size_t n = replay_breakpoints_get_count (breakpoints);
  TxStatus status = TX_OK;

  for (size_t i = 0; i < n && status == TX_OK; i++)
    {
      const ReplayBreakpoint *breakpoint = replay_breakpoints_get (breakpoints, i);

      if (breakpoint->enabled && (breakpoint->file != 0 || breakpoint->function != NULL))
        status = add_breakpoint (self, breakpoint, progress, error);
    }
  return status;
}

/* --- questions about blocks --- */

static bool
may_be_in_block (const ReplayTargets *self, const ReplayTarget *target, size_t index)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);
  const TxBlockInfo *info = tx_reader_get_block_info (reader, index);
  const ReplayCondition *condition = target->condition;

  if (info->first_step > target->last || info->first_step + info->steps <= target->first)
    return false;
  if (condition == NULL)
    return true;
  if (condition->has_range &&
      (info->times.real_first_ns > condition->to_ns ||
       tx_reader_real_from_mono (reader, index, info->times.mono_last_ns) < condition->from_ns))
    return false;
  return condition->thread == 0 ||
         _replay_trace_may_have_thread (self->trace, index, condition->thread);
}

static bool
may_be_in_blocks (const ReplayTargets *self,
                  const ReplayTarget *target,
                  size_t first,
                  size_t n_blocks)
{
  const TxReader *reader = replay_trace_get_reader (self->trace);

  for (size_t i = first; i < first + n_blocks; i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);

      if (!tx_block_info_is_gap (info) && info->steps > 0 && may_be_in_block (self, target, i))
        return true;
    }
  return false;
}

bool
_replay_targets_select (ReplayTargets *self, size_t first, size_t n_blocks)
{
  bool any = false;

  for (size_t i = 0; i < self->n_items; i++)
    {
      self->items[i].may_be_in_block = may_be_in_blocks (self, &self->items[i], first, n_blocks);
      any |= self->items[i].may_be_in_block;
    }
  return any;
}

size_t
_replay_targets_find_key (const ReplayTargetKey *keys, size_t n_keys, uint32_t key)
{
  size_t low = 0;
  size_t high = n_keys;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (keys[middle].key < key)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/* What a digest's line says of the targets. */
typedef enum
{
  SAYS_NOTHING,
  SAYS_PERHAPS,
  SAYS_HIT,
} Answer;

static Answer
ask_line (const ReplayTargets *self, const TxDigest *digest, const TxDigestLine *line)
{
  TxFileId file = _replay_trace_get_file_of (self->trace, line->function);
  Answer answer = SAYS_NOTHING;

  for (size_t i = _replay_targets_find_key (self->lines, self->n_lines, line->line);
       i < self->n_lines && self->lines[i].key == line->line; i++)
    {
      const ReplayTarget *target = &self->items[self->lines[i].target];

      if (!target->may_be_in_block || file == 0 || target->file != file)
        continue;
      if (target->condition == NULL)
        return SAYS_HIT;
      answer = SAYS_PERHAPS;
    }
  for (size_t i = _replay_targets_find_key (self->functions, self->n_functions, line->function);
       i < self->n_functions && self->functions[i].key == line->function; i++)
    {
      const ReplayTarget *target = &self->items[self->functions[i].target];

      if (!target->may_be_in_block || (digest->tells_entries && line->entries == 0))
        continue;
      if (target->condition == NULL && digest->tells_entries)
        return SAYS_HIT;
      answer = SAYS_PERHAPS;
    }
  return answer;
}

static bool
has_line_that_says (const ReplayTargets *self, const TxDigest *digest, Answer least)
{
  for (size_t i = 0; i < digest->n_lines; i++)
    if (digest->lines[i].hits > 0 && ask_line (self, digest, &digest->lines[i]) >= least)
      return true;
  return false;
}

bool
_replay_targets_may_be_in (const ReplayTargets *self, const TxDigest *digest)
{
  return has_line_that_says (self, digest, SAYS_PERHAPS);
}

bool
_replay_targets_are_in (const ReplayTargets *self, const TxDigest *digest)
{
  return has_line_that_says (self, digest, SAYS_HIT);
}
