// SPDX-License-Identifier: BSD-3-Clause
// What the files of ReplayWalk share: the threads with their frames, and the queue of what is to be told.
#pragma once

#include "replay-ids-private.h"
#include "replay-walk.h"

typedef struct
{
  TxFunctionId function;
  uint32_t line;
  int64_t entered_ns;
} ReplayWalkFrame;

typedef struct
{
  TxThreadId id;
  uint32_t n_outer;        /* frames below frames[0] that are not known */
  ReplayWalkFrame *frames; /* owned (array length=n_frames): outermost first */
  size_t n_frames;
  size_t capacity;
  int64_t told_ns; /* of the last event that was told: its spent_ns is counted from here */
  int64_t last_ns; /* the thread is known to have been at this until then; >= told_ns */
} ReplayWalkThread;

/* Stacks, and the events that come of their changes. */
typedef struct
{
  ReplayWalkThread *threads; /* owned (array length=n_threads) */
  size_t n_threads;
  size_t threads_capacity;
  ReplayIds ids;          /* numbers of threads, from 1 */
  size_t running;         /* index of the thread with the last event; SIZE_MAX: none */
  ReplayWalkEvent *queue; /* owned (array length=n_queued): still to be told from @next on */
  size_t n_queued;
  size_t queue_capacity;
  size_t next;
  const TxReader *reader; /* borrowed */
  size_t index;           /* of the block at hand, for the wall clock */
  int64_t floor_ns;       /* the last moment of all threads that were forgotten: where one comes again, its time must not
                             go back, whatever the blocks say */
  bool no_memory;         /* sticky */
} ReplayWalkStacks;

void _replay_walk_stacks_clear (ReplayWalkStacks *self);

/* Takes in an event of @block; @position is that of the next step. */
void _replay_walk_stacks_add (ReplayWalkStacks *self,
                              const TxBlock *block,
                              const TxEvent *event,
                              ReplayPosition position);

/* A thread is at these frames (innermost first), at @mono_ns. */
void _replay_walk_stacks_state (ReplayWalkStacks *self,
                                TxThreadId thread,
                                const ReplayFrame *frames,
                                size_t n_frames,
                                int64_t mono_ns);

/* The running thread goes on until the block's end. */
void _replay_walk_stacks_end_block (ReplayWalkStacks *self, int64_t mono_ns);

/* All threads leave all frames: at @mono_ns, or each where it was heard of last (INT64_MIN). */
void _replay_walk_stacks_cut (ReplayWalkStacks *self, int64_t mono_ns);

/* Of @gap its time and what it says is missing. */
void _replay_walk_stacks_tell_gap (ReplayWalkStacks *self, const ReplayWalkEvent *gap);
