// SPDX-License-Identifier: BSD-3-Clause
// ReplayTargets: made from a set of breakpoints for one recording, and asked about blocks before
// these are decoded. What counts leave of a place becomes a range of positions, so that it is the
// same from wherever one comes.
#include "replay-targets-private.h"

#include <stdlib.h>
#include <string.h>

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

TxStatus
_replay_targets_add_functions (ReplayTargets *self, const ReplayFunctionSet *set, TxError *error)
{
  ReplayTarget target = { .functions = { calloc (set->n_ids + 1, sizeof *set->ids), set->n_ids },
                          .last = REPLAY_POSITION_NONE };

  if (target.functions.ids == NULL)
    return no_memory (error);
  if (set->n_ids > 0)
    memcpy (target.functions.ids, set->ids, set->n_ids * sizeof *set->ids);
  return add_target (self, &target, error);
}

/* --- breakpoints --- */

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
        status = _replay_target_apply_counts (self->trace, &target, progress, error);
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
