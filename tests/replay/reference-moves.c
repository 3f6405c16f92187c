// SPDX-License-Identifier: BSD-3-Clause
// What moves and breakpoints mean, by walking the list of reference.h.
#include <string.h>

#include "reference.h"

/* --- hits of breakpoints --- */

static bool
is_line (const RefItem *item, TxFileId file, uint32_t line)
{
  return item->position != REPLAY_POSITION_NONE && file != 0 && item->file == file &&
         item->event.line == line;
}

/* By the end of its name at a dot, perhaps in a file that ends so at a slash. */
static bool
is_function (const Reference *self, TxFunctionId id, const char *name)
{
  const TxFunction *function = id == 0 ? NULL : tx_reader_get_function (self->reader, id);
  const char *colon = strrchr (name, ':');
  g_autofree char *wanted = g_strconcat (".", colon != NULL ? colon + 1 : name, NULL);
  g_autofree char *known = NULL;

  if (function == NULL)
    return false;
  known = g_strconcat (".", function->name, NULL);
  if (!g_str_has_suffix (known, wanted))
    return false;
  if (colon != NULL)
    {
      g_autofree char *file = g_strndup (name, (gsize) (colon - name));
      g_autofree char *end = g_strconcat ("/", file, NULL);
      const TxFile *of = tx_reader_get_file (self->reader, function->file);

      return of != NULL && (strcmp (of->path, file) == 0 || g_str_has_suffix (of->path, end));
    }
  return true;
}

/* Of each function whether it has the name. */
static GArray *
match_functions (const Reference *self, const char *name)
{
  GArray *matches = g_array_new (FALSE, TRUE, sizeof (bool));
  size_t n = tx_reader_get_n_functions (self->reader);

  g_array_set_size (matches, (guint) n + 1);
  for (size_t id = 1; id <= n && name != NULL; id++)
    g_array_index (matches, bool, id) = is_function (self, (TxFunctionId) id, name);
  return matches;
}

static bool
is_at_place (const RefItem *item, const ReplayBreakpoint *breakpoint, const GArray *functions)
{
  if (breakpoint->function == NULL)
    return is_line (item, breakpoint->file, breakpoint->line);
  return item->begins && g_array_index (functions, bool, item->event.function);
}

static uint64_t
count_events (const Reference *self,
              size_t block,
              const ReplayBreakpoint *breakpoint,
              const GArray *functions)
{
  uint64_t count = 0;

  for (guint i = 0; i < self->items->len; i++)
    {
      const RefItem *item = reference_get (self, i);

      count += item->block == block && !item->is_gap && is_at_place (item, breakpoint, functions);
    }
  return count;
}

/* Hits that the block's digest knows, or, where it can't be read, its events. */
static void
count_in_block (const Reference *self,
                size_t block,
                const ReplayBreakpoint *breakpoint,
                const GArray *functions,
                uint64_t *ret_count)
{
  TxDigest *digest;

  *ret_count = 0;
  if (tx_reader_get_block_info (self->reader, block)->place == TX_BLOCK_MISSING)
    return;
  if (tx_reader_load_digest (self->reader, block, &digest, NULL) != TX_OK)
    digest = NULL;
  if (digest == NULL || (breakpoint->function != NULL && !digest->tells_entries))
    {
      *ret_count = count_events (self, block, breakpoint, functions);
      tx_digest_free (digest);
      return;
    }
  for (size_t i = 0; i < digest->n_lines; i++)
    {
      const TxFunction *function =
          digest->lines[i].function == 0
              ? NULL
              : tx_reader_get_function (self->reader, digest->lines[i].function);

      if (breakpoint->function != NULL)
        *ret_count += digest->lines[i].function < functions->len &&
                              g_array_index (functions, bool, digest->lines[i].function)
                          ? digest->lines[i].entries
                          : 0;
      else if (digest->lines[i].line == breakpoint->line && function != NULL &&
               function->file == breakpoint->file)
        *ret_count += digest->lines[i].hits;
    }
  tx_digest_free (digest);
}

/* Numbers of the hits, as they are counted over the whole recording. */
typedef struct
{
  uint64_t before; /* the block */
  uint64_t in_block;
  size_t block;
} Counter;

static void
go_to_block (const Reference *self,
             Counter *counter,
             const ReplayBreakpoint *breakpoint,
             const GArray *functions,
             size_t block)
{
  for (; counter->block < block; counter->block++)
    {
      uint64_t count;

      count_in_block (self, counter->block, breakpoint, functions, &count);
      counter->before += count;
      counter->in_block = 0;
    }
}

static bool
is_met (const RefItem *item,
        const ReplayCondition *condition,
        const GArray *callers,
        uint64_t number)
{
  bool is_called = condition->caller == NULL;

  if (condition->number != 0 && number != condition->number)
    return false;
  if (number <= condition->ignore && condition->ignore != 0)
    return false;
  if (condition->thread != 0 && item->event.thread != condition->thread)
    return false;
  if (condition->has_range &&
      (item->real_ns < condition->from_ns || item->real_ns > condition->to_ns))
    return false;
  for (guint i = 0; !is_called && i < item->callers->len; i++)
    is_called = g_array_index (callers, bool, g_array_index (item->callers, TxFunctionId, i));
  return is_called;
}

static void
add_hits (const Reference *self, const ReplayBreakpoint *breakpoint, GArray *hits)
{
  Counter counter = { 0 };
  g_autoptr (GArray) functions = match_functions (self, breakpoint->function);
  g_autoptr (GArray) callers = match_functions (self, breakpoint->condition.caller);

  for (guint i = 0; i < self->items->len; i++)
    {
      const RefItem *item = reference_get (self, i);
      uint32_t *id = &g_array_index (hits, uint32_t, i);
      uint64_t number;

      if (item->block != counter.block)
        go_to_block (self, &counter, breakpoint, functions, item->block);
      if (item->is_gap || !is_at_place (item, breakpoint, functions))
        continue;
      number = counter.before + ++counter.in_block;
      if (is_met (item, &breakpoint->condition, callers, number) &&
          (*id == 0 || breakpoint->id < *id))
        *id = breakpoint->id;
    }
}

GArray *
reference_find_hits (const Reference *self, const ReplayBreakpoints *breakpoints)
{
  GArray *hits = g_array_new (FALSE, TRUE, sizeof (uint32_t));

  g_array_set_size (hits, self->items->len);
  for (size_t i = 0; i < replay_breakpoints_get_count (breakpoints); i++)
    if (replay_breakpoints_get (breakpoints, i)->enabled)
      add_hits (self, replay_breakpoints_get (breakpoints, i), hits);
  return hits;
}

GArray *
reference_list_hits (const Reference *self, TxFileId file, uint32_t line)
{
  GArray *hits = g_array_new (FALSE, FALSE, sizeof (ReplayPosition));

  for (guint i = 0; i < self->items->len; i++)
    {
      const RefItem *item = reference_get (self, i);

      if (!item->is_gap && is_line (item, file, line))
        g_array_append_val (hits, item->position);
    }
  return hits;
}

/* --- moves --- */

/* A move on its way. */
typedef struct
{
  const ReplayMove *move;
  bool has_thread; /* a step of a thread ends it */
  TxThreadId thread;
  uint32_t depth_max;
  bool follows; /* the frame at depth_max, if it is a coroutine's, while it waits */
  TxActivationId awaited;
  bool left;           /* that frame */
  bool waits_for_exit; /* of the outermost frame */
} Walk;

static void
begin (Walk *walk, const RefItem *from)
{
  ReplayMoveKind kind = walk->move->kind;

  walk->has_thread = kind != REPLAY_MOVE_CONTINUE && kind != REPLAY_MOVE_RUN_TO;
  walk->thread = from->event.thread;
  walk->depth_max = UINT32_MAX;
  if (kind == REPLAY_MOVE_NEXT)
    walk->depth_max = from->event.depth;
  if (kind == REPLAY_MOVE_FINISH && from->event.depth > 1)
    walk->depth_max = from->event.depth - 1;
  walk->waits_for_exit = kind == REPLAY_MOVE_FINISH && from->event.depth <= 1;
  walk->follows = walk->depth_max != UINT32_MAX;
}

static bool
is_one_of (uint32_t kind, uint32_t a, uint32_t b, uint32_t c)
{
  return kind == a || kind == b || kind == c;
}

static void
pass_event (Walk *walk, const RefItem *item)
{
  const TxEvent *event = &item->event;
  bool backward = walk->move->backward;
  bool ends = backward ? is_one_of (event->kind, TX_EVENT_CALL, TX_EVENT_RESUME, TX_EVENT_RESUME)
                       : is_one_of (event->kind, TX_EVENT_RETURN, TX_EVENT_UNWIND, TX_EVENT_YIELD);

  if (walk->awaited != 0)
    {
      if (event->activation == walk->awaited &&
          event->kind == (backward ? TX_EVENT_YIELD : TX_EVENT_RESUME))
        {
          walk->awaited = 0;
          walk->thread = event->thread;
          walk->depth_max = event->depth;
        }
      return;
    }
  if (!walk->has_thread || event->thread != walk->thread)
    return;
  if (walk->follows && !walk->left && event->depth == walk->depth_max && item->is_coroutine &&
      event->activation != 0 && event->kind == (backward ? TX_EVENT_RESUME : TX_EVENT_YIELD))
    {
      walk->awaited = event->activation;
      return;
    }
  if (ends && event->depth <= 1)
    walk->waits_for_exit = false;
  if (ends && event->depth <= walk->depth_max)
    walk->left = true;
  if (event->kind == TX_EVENT_STACK && item->reason >= TX_STACK_RESYNC)
    walk->left = true;
}

/* Whether the move ends at the step, and why. */
static bool
is_end (const Walk *walk, const RefItem *item, uint32_t hit, ReplayStop *stop)
{
  const ReplayMove *move = walk->move;
  bool stops_at_hits = move->kind == REPLAY_MOVE_CONTINUE || move->stop_at_breakpoints;

  stop->reason = REPLAY_STOP_ARRIVED;
  if (move->kind == REPLAY_MOVE_RUN_TO && is_line (item, move->file, move->line))
    return true;
  if (stops_at_hits && hit != 0)
    {
      stop->reason = REPLAY_STOP_BREAKPOINT;
      stop->breakpoint = hit;
      return true;
    }
  return walk->has_thread && item->event.thread == walk->thread && walk->awaited == 0 &&
         !walk->waits_for_exit && item->event.depth <= walk->depth_max;
}

/* The outermost step in the other direction, of the thread if the move has one. */
static ReplayPosition
find_limit (const Reference *self, ReplayPosition from, TxThreadId thread, bool backward)
{
  size_t n = reference_get_n_steps (self);

  for (size_t i = 0; i < n; i++)
    {
      const RefItem *item =
          reference_get (self, reference_get_step (self, backward ? i : n - 1 - i));

      if (thread == 0 || item->event.thread == thread)
        return item->position;
    }
  return from;
}

/* The item of the step, or of the gap that it lies in. */
static size_t
find_item (const Reference *self, ReplayPosition position)
{
  size_t low = 0, high = self->positions->len;
  size_t block, found = SIZE_MAX;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (reference_get (self, reference_get_step (self, middle))->position < position)
        low = middle + 1;
      else
        high = middle;
    }
  if (low < self->positions->len &&
      reference_get (self, reference_get_step (self, low))->position == position)
    return reference_get_step (self, low);
  g_assert_true (tx_reader_find_step (self->reader, position, &block));
  for (size_t i = 0; i < self->items->len; i++)
    if (reference_get (self, i)->is_gap && reference_get (self, i)->block == block)
      found = i;
  g_assert_cmpuint (found, <, self->items->len);
  return found;
}

/* One step of whichever thread. */
static ReplayStop
move_any (const Reference *self, ReplayPosition from, size_t at, bool backward)
{
  ReplayStop stop = { .position = from,
                      .reason = backward ? REPLAY_STOP_START : REPLAY_STOP_END,
                      .over_gap = reference_get (self, at)->is_gap };
  uint64_t missing_blocks = 0;
  bool over_gap = false;

  for (;; at += backward ? (size_t) -1 : 1)
    {
      const RefItem *item;

      if (at >= self->items->len) /* before the first it wraps */
        return stop;
      item = reference_get (self, at);
      missing_blocks += item->is_gap ? item->missing_blocks : 0;
      over_gap |= item->is_gap;
      if (item->position == REPLAY_POSITION_NONE || item->position == from)
        continue;
      stop.position = item->position;
      stop.reason = over_gap ? REPLAY_STOP_GAP : REPLAY_STOP_ARRIVED;
      stop.over_gap = over_gap;
      stop.missing_blocks = missing_blocks;
      return stop;
    }
}

ReplayStop
reference_move (const Reference *self,
                ReplayPosition from,
                const ReplayMove *move,
                const GArray *hits)
{
  size_t at = find_item (self, from);
  bool from_gap = reference_get (self, at)->is_gap;
  Walk walk = { .move = move };
  ReplayStop stop = { 0 };
  TxThreadId thread;

  begin (&walk, reference_get (self, at));
  if ((move->kind == REPLAY_MOVE_STEP && move->any_thread) || (from_gap && walk.has_thread))
    return move_any (self, from, at, move->backward);
  thread = walk.has_thread ? walk.thread : 0;
  if (!from_gap)
    at += move->backward ? (size_t) -1 : 1;
  for (; at < self->items->len; at += move->backward ? (size_t) -1 : 1)
    {
      const RefItem *item = reference_get (self, at);

      if (item->is_gap)
        {
          stop.over_gap = true;
          stop.missing_blocks += item->missing_blocks;
          walk.awaited = 0;
          walk.left = true;
        }
      else if (item->position == REPLAY_POSITION_NONE)
        pass_event (&walk, item);
      else if (is_end (&walk, item, g_array_index (hits, uint32_t, at), &stop))
        {
          stop.position = item->position;
          if (stop.reason == REPLAY_STOP_ARRIVED && stop.over_gap)
            stop.reason = REPLAY_STOP_GAP;
          return stop;
        }
    }
  stop.reason = move->backward ? REPLAY_STOP_START : REPLAY_STOP_END;
  stop.position = find_limit (self, from, thread, move->backward);
  return stop;
}

/* --- durations --- */

ReplayDuration
reference_get_duration (const Reference *self, size_t step)
{
  size_t at = reference_get_step (self, step);
  const TxEvent *start = &reference_get (self, at)->event;
  ReplayDuration duration = { .is_open = true };

  while (++at < self->items->len)
    {
      const RefItem *item = reference_get (self, at);
      const TxEvent *event = &item->event;

      if (item->is_gap || event->thread != start->thread || event->depth > start->depth)
        continue;
      if (event->kind == TX_EVENT_LINE || event->kind == TX_EVENT_RETURN ||
          event->kind == TX_EVENT_UNWIND || event->kind == TX_EVENT_YIELD ||
          (event->kind == TX_EVENT_STACK && item->reason >= TX_STACK_RESYNC))
        {
          duration.duration_ns = event->time_ns - start->time_ns;
          duration.is_open = false;
          return duration;
        }
    }
  return duration;
}
