// SPDX-License-Identifier: BSD-3-Clause
// The stack of a thread at an event of a block. Reads decoded blocks only.
#include "tx-block-private.h"

/* What is looked for: frames from depth @next outward; those inside it are filled in already. */
typedef struct
{
  TxStackFrame *frames; /* innermost first */
  size_t capacity;
  size_t n_filled;
  uint32_t depth; /* of the whole stack */
} Search;

static void
fill (Search *self, TxFunctionId function, uint32_t line)
{
  self->frames[self->n_filled++] = (TxStackFrame){ function, line };
}

static bool
is_full (const Search *self)
{
  return self->n_filled == self->capacity || self->n_filled == self->depth;
}

/* The outer rest of the stack, as stated. */
static void
fill_from_stack (Search *self, const TxBlock *block, const TxBlockStack *stack)
{
  while (!is_full (self))
    {
      uint32_t depth = self->depth - (uint32_t) self->n_filled;
      uint32_t from_inner = stack->depth - depth;
      const TxStackFrame *frame;

      if (depth > stack->depth || from_inner >= stack->n_frames)
        return;
      frame = &block->frames[stack->first_frame + stack->n_frames - 1 - from_inner];
      fill (self, frame->function, frame->line);
    }
}

/* Going backward, the first event of a depth tells the frame that is on the stack there:
 * later ones of the same depth were met before. */
static void
walk_back (Search *self, const TxBlock *block, size_t event, TxThreadId thread)
{
  for (size_t i = event + 1; i-- > 0 && !is_full (self);)
    {
      const TxEvent *e = &block->events[i];

      if (e->thread != thread)
        continue;
      if (e->kind == TX_EVENT_STACK)
        {
          fill_from_stack (self, block, &block->stacks[e->detail]);
          return;
        }
      if (!_tx_event_is_exit (e->kind) && e->depth == self->depth - self->n_filled)
        fill (self, e->function, e->line);
    }
}

/* Index of the last event of @thread at or before @event; n_events when there is none. */
static size_t
find_last (const TxBlock *self, size_t event, TxThreadId thread)
{
  for (size_t i = event + 1; i-- > 0;)
    if (self->events[i].thread == thread)
      return i;
  return self->n_events;
}

size_t
tx_block_get_stack (const TxBlock *self,
                    size_t event,
                    TxThreadId thread,
                    TxStackFrame *frames,
                    size_t capacity,
                    uint32_t *ret_depth)
{
  Search search = { .frames = frames, .capacity = capacity };
  const TxEvent *e;
  size_t last;

  *ret_depth = 0;
  if (event >= self->n_events)
    return 0;
  if (thread == 0)
    thread = self->events[event].thread;
  last = find_last (self, event, thread);
  if (thread == 0 || last == self->n_events)
    return 0;

  e = &self->events[last];
  search.depth = e->depth - (_tx_event_is_exit (e->kind) ? 1 : 0);
  *ret_depth = search.depth;
  /* A frame that nothing in the block had named is named right behind the exit from its callee. */
  if (last == event && last + 1 < self->n_events && e[1].kind == TX_EVENT_REVEAL &&
      !is_full (&search))
    {
      fill (&search, e[1].function, e[1].line);
      return search.n_filled;
    }
  walk_back (&search, self, last, thread);
  return search.n_filled;
}
