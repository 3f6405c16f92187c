// SPDX-License-Identifier: BSD-3-Clause
// The slow reference, see reference.h: the list of all events, and the stacks that it tells.
#include "reference.h"

/* --- frames --- */

/* What is known of a thread on the way through the list. */
typedef struct
{
  GArray *frames;  /* owned; of RefFrame, outermost first */
  bool is_unknown; /* something was missing since */
} Stack;

static void
free_stack (gpointer data)
{
  Stack *stack = data;

  g_array_unref (stack->frames);
  g_free (stack);
}

static Stack *
get_stack (GHashTable *stacks, TxThreadId thread)
{
  Stack *stack = g_hash_table_lookup (stacks, GUINT_TO_POINTER (thread));

  if (stack == NULL)
    {
      stack = g_new0 (Stack, 1);
      stack->frames = g_array_new (FALSE, TRUE, sizeof (RefFrame));
      stack->is_unknown = true;
      g_hash_table_insert (stacks, GUINT_TO_POINTER (thread), stack);
    }
  return stack;
}

static TxFileId
get_file (const Reference *self, TxFunctionId id)
{
  const TxFunction *function = id == 0 ? NULL : tx_reader_get_function (self->reader, id);

  return function == NULL ? 0 : function->file;
}

static void
push (const Reference *self, Stack *stack, TxFunctionId function, uint32_t line)
{
  RefFrame frame = { { stack->frames->len + 1, function, get_file (self, function), line },
                     line != 0 };

  g_array_append_val (stack->frames, frame);
}

/* A stated stack is news only behind what is missing, or of frames that were there before recording
   began; otherwise it must say what is known. */
static void
state (const Reference *self, Stack *stack, const RefItem *item)
{
  guint n_frames = item->stack->len;
  bool was_there = item->reason == TX_STACK_FIRST_SWITCH && stack->frames->len == 0;
  bool is_known = !stack->is_unknown && item->reason < TX_STACK_RESYNC && !was_there;

  if (is_known)
    {
      g_assert_cmpuint (stack->frames->len, ==, item->stack_depth);
      for (guint i = 0; i < n_frames; i++)
        {
          const TxStackFrame *stated = &g_array_index (item->stack, TxStackFrame, i);
          const RefFrame *known =
              &g_array_index (stack->frames, RefFrame, item->stack_depth - n_frames + i);

          g_assert_cmpuint (known->frame.function, ==, stated->function);
          g_assert_cmpuint (known->frame.line, ==, stated->line);
        }
      return;
    }
  g_array_set_size (stack->frames, item->stack_depth - n_frames);
  for (guint i = 0; i < n_frames; i++)
    {
      const TxStackFrame *stated = &g_array_index (item->stack, TxStackFrame, i);

      push (self, stack, stated->function, stated->line);
    }
  stack->is_unknown = false;
}

/* Follows one event; says whether it is the first line of its frame. */
static bool
follow (const Reference *self, Stack *stack, const RefItem *item)
{
  const TxEvent *event = &item->event;
  RefFrame *top = stack->frames->len == 0
                      ? NULL
                      : &g_array_index (stack->frames, RefFrame, stack->frames->len - 1);
  bool begins = false;

  switch (event->kind)
    {
    case TX_EVENT_STACK:
      state (self, stack, item);
      break;
    case TX_EVENT_CALL:
    case TX_EVENT_RESUME:
      push (self, stack, event->function, event->line);
      break;
    case TX_EVENT_LINE:
      if (top != NULL)
        {
          begins = !top->has_line;
          top->has_line = true;
          top->frame = (ReplayFrame){ event->depth, event->function, item->file, event->line };
        }
      break;
    case TX_EVENT_RETURN:
    case TX_EVENT_UNWIND:
    case TX_EVENT_YIELD:
      if (top != NULL)
        g_array_set_size (stack->frames, stack->frames->len - 1);
      break;
    default:
      break;
    }
  return begins;
}

static void
make_unknown (gpointer key, gpointer value, gpointer data)
{
  ((Stack *) value)->is_unknown = true;
}

/* The functions on the stack below the innermost frame. */
static GArray *
list_callers (const Stack *stack)
{
  GArray *callers = g_array_new (FALSE, FALSE, sizeof (TxFunctionId));

  for (guint i = 0; i + 1 < stack->frames->len; i++)
    g_array_append_val (callers, g_array_index (stack->frames, RefFrame, i).frame.function);
  return callers;
}

static void
follow_all (Reference *self)
{
  g_autoptr (GHashTable) stacks = g_hash_table_new_full (NULL, NULL, NULL, free_stack);

  for (guint i = 0; i < self->items->len; i++)
    {
      RefItem *item = &g_array_index (self->items, RefItem, i);
      Stack *stack;

      if (item->is_gap)
        {
          g_hash_table_foreach (stacks, make_unknown, NULL);
          continue;
        }
      if (item->event.thread == 0)
        continue;
      stack = get_stack (stacks, item->event.thread);
      item->begins = follow (self, stack, item);
      if (item->event.kind == TX_EVENT_LINE)
        item->callers = list_callers (stack);
    }
}

/* --- the list --- */

static void
append_gap (Reference *self, size_t block, uint64_t missing_blocks)
{
  RefItem item = { .is_gap = true,
                   .missing_blocks = missing_blocks,
                   .position = REPLAY_POSITION_NONE,
                   .block = block };

  g_array_append_val (self->items, item);
}

static void
take_stack (RefItem *item, const TxBlock *block)
{
  const TxBlockStack *stack = &block->stacks[item->event.detail];

  item->stack = g_array_new (FALSE, FALSE, sizeof (TxStackFrame));
  g_array_append_vals (item->stack, &block->frames[stack->first_frame], stack->n_frames);
  item->stack_depth = stack->depth;
  item->reason = (TxStackReason) stack->reason;
}

static void
append_block (Reference *self, size_t index, const TxBlock *block)
{
  ReplayPosition position = tx_reader_get_block_info (self->reader, index)->first_step;

  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *event = &block->events[i];
      const TxFunction *function =
          event->function == 0 ? NULL : tx_reader_get_function (self->reader, event->function);
      RefItem item = { .position = REPLAY_POSITION_NONE, .block = index, .event = *event };

      if (function != NULL)
        {
          item.file = function->file;
          item.is_coroutine =
              (function->flags & (TX_FUNCTION_COROUTINE | TX_FUNCTION_ASYNC_GENERATOR)) != 0;
        }
      item.real_ns = tx_reader_real_from_mono (self->reader, index, event->time_ns);
      if (event->kind == TX_EVENT_GAP)
        append_gap (self, index, 0);
      if (event->kind == TX_EVENT_STACK)
        take_stack (&item, block);
      if (event->kind == TX_EVENT_LINE)
        {
          size_t at = self->items->len;

          item.position = position++;
          g_array_append_val (self->positions, at);
        }
      g_array_append_val (self->items, item);
    }
  if (block->damaged)
    append_gap (self, index, 0);
}

Reference *
reference_new (const TxReader *reader)
{
  Reference *self = g_new0 (Reference, 1);

  self->reader = reader;
  self->items = g_array_new (FALSE, FALSE, sizeof (RefItem));
  self->positions = g_array_new (FALSE, FALSE, sizeof (size_t));
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);
      TxBlock *block;

      if (tx_block_info_is_gap (info))
        append_gap (self, i, info->n_missing);
      else if (tx_reader_load_block (reader, i, &block, NULL) != TX_OK)
        append_gap (self, i, 1);
      else
        {
          append_block (self, i, block);
          tx_block_free (block);
        }
    }
  follow_all (self);
  return self;
}

void
reference_free (Reference *self)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      RefItem *item = &g_array_index (self->items, RefItem, i);

      g_clear_pointer (&item->stack, g_array_unref);
      g_clear_pointer (&item->callers, g_array_unref);
    }
  g_array_unref (self->items);
  g_array_unref (self->positions);
  g_free (self);
}

const RefItem *
reference_get (const Reference *self, size_t index)
{
  return &g_array_index (self->items, RefItem, index);
}

size_t
reference_get_step (const Reference *self, size_t n)
{
  return g_array_index (self->positions, size_t, n);
}

size_t
reference_get_n_steps (const Reference *self)
{
  return self->positions->len;
}

GArray *
reference_get_stack (const Reference *self, size_t step, TxThreadId thread)
{
  GArray *innermost_first = g_array_new (FALSE, TRUE, sizeof (ReplayFrame));
  g_autoptr (GHashTable) stacks = g_hash_table_new_full (NULL, NULL, NULL, free_stack);
  Stack *stack = get_stack (stacks, thread);

  for (size_t i = 0; i <= reference_get_step (self, step); i++)
    {
      const RefItem *item = reference_get (self, i);

      if (item->is_gap)
        stack->is_unknown = true;
      else if (item->event.thread == thread)
        (void) follow (self, stack, item);
    }
  for (guint i = stack->frames->len; i-- > 0;)
    g_array_append_val (innermost_first, g_array_index (stack->frames, RefFrame, i).frame);
  return innermost_first;
}
