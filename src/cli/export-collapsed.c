// SPDX-License-Identifier: BSD-3-Clause
// Collapsed stacks: a line each, `thread;outermost;...;innermost NANOSECONDS`. Programs that read
// them add up lines of the same stack, so the tree of stacks is written and begun anew whenever it
// has grown large.
#include <stdlib.h>
#include <string.h>

#include "cli-thread.h"
#include "export.h"
#include "trace/tx-hash.h"

#define DEPTH_MAX 1000u /* deeper stacks would make files that grow with the square of the depth   \
                         */
#define NODES_BETWEEN 65536u /* stacks in memory beyond those that are running */

/* A stack: that of its parent, and one more. */
typedef struct
{
  uint32_t parent; /* index; of a thread: its own */
  uint32_t id;     /* function; of a thread: its number */
  uint64_t self_ns;
} Node;

typedef struct
{
  Export *export; /* borrowed */
  Node *nodes;    /* owned (array length=n_nodes) */
  size_t n_nodes;
  size_t limit;     /* of nodes */
  uint32_t *places; /* owned (array length=n_places): hash table of index + 1 */
  size_t n_places;  /* a power of 2, at least twice the limit */
  ExportLanes lanes;
  bool no_memory;
} Tree;

static bool
start_tree (Tree *self, size_t n_nodes)
{
  size_t n_places = 2;

  self->limit = 2 * n_nodes + NODES_BETWEEN;
  while (n_places < 2 * self->limit)
    n_places *= 2;
  free (self->nodes);
  free (self->places);
  self->n_places = n_places;
  self->n_nodes = 0;
  self->nodes = reallocarray (NULL, self->limit, sizeof *self->nodes);
  self->places = calloc (n_places, sizeof *self->places);
  self->no_memory = self->nodes == NULL || self->places == NULL || self->limit >= UINT32_MAX;
  return !self->no_memory;
}

/* The child of a node; a thread's (UINT32_MAX: none yet) has itself as its parent. */
static uint32_t
get_node (Tree *self, uint32_t parent, uint32_t id)
{
  /* The salt: where the table lies, which no trace can know. */
  size_t i = (size_t) tx_hash ((uint64_t) parent << 32 | id, (uint64_t) (uintptr_t) self->places) &
             (self->n_places - 1);

  for (; self->places[i] != 0; i = (i + 1) & (self->n_places - 1))
    {
      uint32_t index = self->places[i] - 1;
      const Node *node = &self->nodes[index];
      bool is_thread = node->parent == index;

      if (node->id == id && (is_thread ? parent == UINT32_MAX : node->parent == parent))
        return index;
    }
  self->nodes[self->n_nodes] =
      (Node){ parent == UINT32_MAX ? (uint32_t) self->n_nodes : parent, id, 0 };
  self->places[i] = (uint32_t) ++self->n_nodes;
  return self->places[i] - 1;
}

/* ---- The file ---- */

/* A semicolon would end the name. */
static void
put_name (CliOutput *output, const char *name)
{
  for (; *name; name++)
    if (*name == ';')
      cli_output_put_text (output, "\\x3b");
    else
      cli_output_put_char (output, *name);
}

static void
put_thread (Tree *self, TxThreadId thread)
{
  char *label = cli_thread_dup_label (self->export->reader, thread);

  cli_output_put_text (self->export->output, "thread ");
  put_name (self->export->output, label != NULL ? label : "?");
  free (label);
}

static void
put_stack (Tree *self, uint32_t index)
{
  CliOutput *output = self->export->output;
  uint32_t path[DEPTH_MAX + 1];
  size_t n = 0;
  uint64_t self_ns = self->nodes[index].self_ns;

  for (; self->nodes[index].parent != index; index = self->nodes[index].parent)
    path[n++] = self->nodes[index].id;
  put_thread (self, self->nodes[index].id);
  while (n-- > 0)
    {
      cli_output_put_char (output, ';');
      put_name (output, export_get_label (self->export, path[n]));
    }
  cli_output_put_char (output, ' ');
  cli_output_put_number (output, self_ns);
  cli_output_put_char (output, '\n');
}

static void
put_tree (Tree *self)
{
  for (size_t i = 0; i < self->n_nodes; i++)
    if (self->nodes[i].self_ns > 0)
      put_stack (self, (uint32_t) i);
}

/* Of its frames. */
static size_t
get_n_nodes (const ExportLane *lane)
{
  return lane->n_frames < DEPTH_MAX ? lane->n_frames : DEPTH_MAX;
}

/* Writes all, and keeps what is running: as much again may come before the next time, so that each
   event has its share of this, however many threads there are. */
static void
start_again (Tree *self)
{
  size_t n_running = 0;
  uint32_t *ids;

  put_tree (self);
  for (size_t i = 0; i < self->lanes.n_lanes; i++)
    n_running += 1 + get_n_nodes (&self->lanes.lanes[i]);
  ids = reallocarray (NULL, n_running + 1, sizeof *ids);
  self->no_memory = ids == NULL;
  for (size_t i = 0, n = 0; ids != NULL && i < self->lanes.n_lanes; i++)
    for (size_t k = 0; k < get_n_nodes (&self->lanes.lanes[i]); k++)
      ids[n++] = self->nodes[self->lanes.lanes[i].frames[k].node].id;
  if (ids != NULL && start_tree (self, n_running))
    for (size_t i = 0, n = 0; i < self->lanes.n_lanes; i++)
      {
        const ExportLane *lane = &self->lanes.lanes[i];
        uint32_t parent = lane->n_frames > 0 ? get_node (self, UINT32_MAX, lane->thread) : 0;

        for (size_t k = 0; k < lane->n_frames; k++)
          parent = lane->frames[k].node =
              k < get_n_nodes (lane) ? get_node (self, parent, ids[n++]) : parent;
      }
  free (ids);
}

/* ---- Events ---- */

static uint32_t
get_top (Tree *self, const ExportLane *lane)
{
  return lane->n_frames > 0 ? lane->frames[lane->n_frames - 1].node
                            : get_node (self, UINT32_MAX, lane->thread);
}

static void
enter (Tree *self, ExportLane *lane, TxFunctionId function)
{
  uint32_t parent = get_top (self, lane);
  ExportFrame *frame = export_lane_push (lane);

  if (frame == NULL)
    self->no_memory = true;
  else
    frame->node = lane->n_frames <= DEPTH_MAX ? get_node (self, parent, function) : parent;
}

static void
add_event (Tree *self, const ReplayWalkEvent *event)
{
  ExportLane *lane;

  if (event->thread == 0)
    return;
  /* An event makes two nodes at most. */
  if (self->n_nodes + 2 > self->limit)
    start_again (self);
  lane = self->no_memory ? NULL : export_lanes_get (&self->lanes, event->thread);
  if (lane == NULL)
    {
      self->no_memory = true;
      return;
    }
  if (event->spent_ns > 0)
    self->nodes[get_top (self, lane)].self_ns += event->spent_ns;
  if (event->kind == REPLAY_WALK_ENTER)
    enter (self, lane, event->function);
  else if (event->kind == REPLAY_WALK_LEAVE && lane->n_frames > 0)
    lane->n_frames--;
}

static TxStatus
write_collapsed (Export *export, TxError *error)
{
  Tree tree = { .export = export };
  const ReplayWalkEvent *event;
  TxStatus status = export_begin (export, 0, error);

  start_tree (&tree, 0);
  while (status == TX_OK && (status = export_next (export, &event, error)) == TX_OK)
    {
      if (!tree.no_memory)
        add_event (&tree, event);
      if (tree.no_memory)
        status = tx_error_set (error, TX_ERROR_MEMORY, "no memory for the stacks of an export");
    }
  if (status == TX_END)
    put_tree (&tree);
  export_lanes_clear (&tree.lanes);
  free (tree.nodes);
  free (tree.places);
  return status == TX_END ? TX_OK : status;
}

static const char *const losses[] = {
  "the order and the moments of calls, and how many there were: there are sums of time only",
  "lines, waiting, the bounds of times, marks, exceptions, and what lies in missing stretches",
  "frames deeper than 1000: their time is that of the frame at this depth",
  NULL,
};

const ExportFormat export_collapsed = { "collapsed", "flamegraph.pl, inferno, speedscope", losses,
                                        write_collapsed };
