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

/* A breakpoint, and of each function whether it has the breakpoint's name. */
typedef struct
{
  const ReplayBreakpoint *breakpoint;
  const GArray *functions;
} Place;

/* Hits that a digest knows of; false where it does not tell. */
static bool
count_in_digest (const Reference *self,
                 const TxDigest *digest,
                 const Place *place,
                 uint64_t *ret_count)
{
  const ReplayBreakpoint *breakpoint = place->breakpoint;

  *ret_count = 0;
  if (breakpoint->function != NULL && !digest->tells_entries)
    return false;
  for (size_t i = 0; i < digest->n_lines; i++)
    {
      const TxDigestLine *line = &digest->lines[i];
      const TxFunction *function =
          line->function == 0 ? NULL : tx_reader_get_function (self->reader, line->function);

      if (breakpoint->function != NULL)
        *ret_count += line->function < place->functions->len &&
                              g_array_index (place->functions, bool, line->function)
                          ? line->entries
                          : 0;
      else if (line->line == breakpoint->line && function != NULL &&
               function->file == breakpoint->file)
        *ret_count += line->hits;
    }
  return true;
}

/* Hits that the block's digest knows of, or, where it can't be read, its events. */
static uint64_t
count_in_block (const Reference *self, size_t block, const Place *place)
{
  TxDigest *digest = NULL;
  uint64_t count = 0;
  bool is_told;

  if (tx_reader_get_block_info (self->reader, block)->place == TX_BLOCK_MISSING)
    return 0;
  is_told = tx_reader_load_digest (self->reader, block, &digest, NULL) == TX_OK &&
            count_in_digest (self, digest, place, &count);
  tx_digest_free (digest);
  for (guint i = 0; i < self->items->len && !is_told; i++)
    {
      const RefItem *item = reference_get (self, i);

      count += item->block == block && !item->is_gap &&
               is_at_place (item, place->breakpoint, place->functions);
    }
  return count;
}

/* The hits in the span of @level that begins with block @index; false if there is none that tells.
 */
static bool
count_in_span (const Reference *self,
               TxSpanLevel level,
               size_t index,
               const Place *place,
               size_t *ret_n_blocks,
               uint64_t *ret_count)
{
  TxDigest *digest = NULL;
  size_t number;
  bool is_told;

  if (!tx_reader_find_span (self->reader, level, index, &number) ||
      tx_reader_get_span (self->reader, level, number)->first_index != index)
    return false;
  is_told = tx_reader_load_span (self->reader, level, number, true, &digest, NULL) == TX_OK &&
            count_in_digest (self, digest, place, ret_count);
  tx_digest_free (digest);
  *ret_n_blocks = tx_reader_get_span (self->reader, level, number)->n_blocks;
  return is_told;
}

/* How many executions there are before each block, as they are numbered over the whole recording:
   of the blocks before it as many as possible are counted by what the spans say that they make up.
   So executions in blocks that can't be read are counted where a span still knows of them. */
typedef struct
{
  const Reference *reference;
  Place place;
  GArray *before; /* owned; of uint64_t */
} Numbers;

/* Of the blocks from @first to before @limit, by spans of the last @n_levels levels. */
static void
number_blocks (Numbers *self, size_t first, size_t limit, size_t n_levels, uint64_t before)
{
  static const TxSpanLevel levels[] = { TX_SPAN_RUN, TX_SPAN_GROUP };

  for (size_t index = first, n_blocks; index < limit; index += n_blocks)
    {
      size_t level = n_levels;
      uint64_t count = 0;
      bool is_told = false;

      while (level > 0 && !is_told)
        is_told = count_in_span (self->reference, levels[--level], index, &self->place, &n_blocks,
                                 &count) &&
                  n_blocks <= limit - index;
      if (is_told)
        number_blocks (self, index, index + n_blocks, level, before);
      else
        {
          n_blocks = 1;
          g_array_index (self->before, uint64_t, index) = before;
          count = count_in_block (self->reference, index, &self->place);
        }
      before += count;
    }
}

static GArray *
count_before (const Reference *self, const ReplayBreakpoint *breakpoint, const GArray *functions)
{
  Numbers numbers = { self,
                      { breakpoint, functions },
                      g_array_new (FALSE, TRUE, sizeof (uint64_t)) };
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);

  g_array_set_size (numbers.before, (guint) n_blocks);
  number_blocks (&numbers, 0, n_blocks, 2, 0);
  return numbers.before;
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
  g_autoptr (GArray) functions = match_functions (self, breakpoint->function);
  g_autoptr (GArray) callers = match_functions (self, breakpoint->condition.caller);
  g_autoptr (GArray) before = count_before (self, breakpoint, functions);
  uint64_t n_before = 0, n_in_block = 0;
  size_t block = SIZE_MAX;

  for (guint i = 0; i < self->items->len; i++)
    {
      const RefItem *item = reference_get (self, i);
      uint32_t *id = &g_array_index (hits, uint32_t, i);
      uint64_t number;

      if (item->block != block)
        {
          block = item->block;
          n_before = g_array_index (before, uint64_t, block);
          n_in_block = 0;
        }
      if (item->is_gap || !is_at_place (item, breakpoint, functions))
        continue;
      number = n_before + ++n_in_block;
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
  TxFunctionId awaited_function; /* and where it waits; 0: not known */
  uint32_t awaited_line;
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
      walk->awaited_function = event->function;
      walk->awaited_line = event->line;
      return;
    }
  if (ends && event->depth <= 1)
    walk->waits_for_exit = false;
  if (ends && event->depth <= walk->depth_max)
    walk->left = true;
  if (event->kind == TX_EVENT_STACK && item->reason >= TX_STACK_RESYNC)
    walk->left = true;
}

static uint32_t
find_depth_min (const TxDigestThread *threads, size_t n_threads, TxThreadId thread)
{
  for (size_t i = 0; i < n_threads; i++)
    if (threads[i].thread == thread)
      return threads[i].depth_min;
  return UINT32_MAX;
}

/* The digest of the block (@level 0), or of the run (1) or the group (2) that it is in; NULL where
   it can't be read. */
static TxDigest *
load_digest_around (const Reference *self, size_t block, guint level, size_t *ret_part)
{
  static const TxSpanLevel levels[] = { TX_SPAN_RUN, TX_SPAN_GROUP };
  TxDigest *digest = NULL;
  size_t number;

  *ret_part = SIZE_MAX;
  if (level == 0)
    {
      if (tx_reader_load_digest (self->reader, block, &digest, NULL) != TX_OK)
        return NULL;
    }
  else if (!tx_reader_find_span (self->reader, levels[level - 1], block, &number) ||
           tx_reader_load_span (self->reader, levels[level - 1], number, true, &digest, NULL) !=
               TX_OK)
    return NULL;
  if (level == 1)
    *ret_part = block - tx_reader_get_span (self->reader, TX_SPAN_RUN, number)->first_index;
  return digest;
}

/* How small the thread's stack came to be in a block that can't be read, by the smallest span whose
   digest tells: UINT32_MAX where the thread was not in it, 0 where none tells. */
static uint32_t
get_depth_min (const Reference *self, size_t block, TxThreadId thread)
{
  uint32_t depth_min = 0;
  bool is_told = false;

  for (guint level = 0; level <= 2 && !is_told; level++)
    {
      size_t part, first;
      TxDigest *digest = load_digest_around (self, block, level, &part);

      if (digest == NULL)
        continue;
      is_told = true;
      first = part == 0 || part >= digest->n_parts ? 0 : digest->part_ends[part - 1];
      if (part < digest->n_parts)
        depth_min =
            find_depth_min (digest->part_threads + first, digest->part_ends[part] - first, thread);
      else
        depth_min = find_depth_min (digest->threads, digest->n_threads, thread);
      tx_digest_free (digest);
    }
  return depth_min;
}

/* Whether the frame that waits may have gone on in a block that can't be read, by the smallest span
   whose digest tells where frames waited. */
static bool
may_have_gone_on (const Reference *self, const Walk *walk, size_t block)
{
  for (guint level = 0; level <= 2; level++)
    {
      size_t part;
      TxDigest *digest = load_digest_around (self, block, level, &part);
      bool is_told = digest != NULL && digest->tells_awaits, is_there = false;

      for (size_t i = 0; is_told && i < digest->n_lines; i++)
        is_there |= digest->lines[i].function == walk->awaited_function &&
                    digest->lines[i].awaits > 0 &&
                    (walk->awaited_line == 0 || digest->lines[i].line == walk->awaited_line);
      tx_digest_free (digest);
      if (is_told)
        return is_there;
    }
  return true;
}

/* Something is missing: the frame may have been left there, unless digests say that the thread
   never came below it, or that no frame that waited as it does went on. */
static void
pass_gap (const Reference *self, Walk *walk, const RefItem *gap)
{
  bool is_unreadable = gap->missing_blocks > 0 &&
                       !tx_block_info_is_gap (tx_reader_get_block_info (self->reader, gap->block));
  bool is_lost = true;

  if (is_unreadable && walk->awaited != 0)
    is_lost = may_have_gone_on (self, walk, gap->block);
  else if (is_unreadable)
    is_lost = get_depth_min (self, gap->block, walk->thread) < walk->depth_max;
  if (!is_lost)
    return;
  walk->left = true;
  walk->awaited = 0;
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
          pass_gap (self, &walk, item);
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
