// SPDX-License-Identifier: BSD-3-Clause
// What the three files of the engine share: engine.c (on and off), engine-stack.c
// (events that are not simple, repair of the recorded stack), engine-thread.c.
#pragma once

#include "engine.h"
#include "hook.h"

/**
 * _rec_engine_go_to_thread:
 * The events that follow are those of @tstate.
 *
 * Returns: false when not recording or without memory: the event is to be left out
 */
bool _rec_engine_go_to_thread (RecEngine *self, PyThreadState *tstate);

/* ---- Forked children (engine-child.c) ---- */

/** _rec_engine_keep_options: for children to come. False without memory; then they do not record. */
bool _rec_engine_keep_options (RecEngine *self, const RecOptions *options);
void _rec_engine_forget_options (RecEngine *self);

/** _rec_engine_get_run: (nullable) (transfer none): the directory where children record. */
const char *_rec_engine_get_run (const RecEngine *self);

/** _rec_engine_expect_child: in the child, before the parent's writer is forgotten. */
void _rec_engine_expect_child (RecEngine *self);

/** _rec_engine_wait_child: before another fork: a trace that is being made. */
void _rec_engine_wait_child (RecEngine *self, uint64_t timeout_ns);

/** _rec_engine_fill_options: the writer's options from ours and the hook's notes. @info: of
 * REC_INFO_ALL. */
#define REC_INFO_ALL (2 * REC_INFO_MAX + 8)
TxWriterOptions
_rec_engine_fill_options (const RecEngine *self, const RecOptions *options, TxInfoEntry *info);

/** _rec_engine_state_all_threads: frames that run already are on the recorded stack from the start;
 * the caller's from @innermost outwards. */
void _rec_engine_state_all_threads (RecEngine *self,
                                    PyThreadState *caller,
                                    RecPyFrame *innermost,
                                    const RecPyFrame *begins_line);

/**
 * _rec_engine_go_to_frame:
 * The events that follow are of @frame, which runs @code: states the stack where it does not fit.
 *
 * Returns: false when they are to be left out
 */
bool _rec_engine_go_to_frame (RecEngine *self,
                              PyThreadState *tstate,
                              const RecCode *code,
                              RecPyFrame *frame);

/** _rec_engine_note_unwind: @frame was left by an exception. */
void _rec_engine_note_unwind (RecEngine *self, const RecPyFrame *frame);

/** _rec_engine_clear_threads: forgets all threads, with the stream that they belong to. */
void _rec_engine_clear_threads (RecEngine *self);

/**
 * _rec_engine_state_stack:
 * @innermost: (nullable): frames from here outwards are what the thread of the last
 *   _rec_engine_go_to_thread() runs
 * @begins_line: (nullable): a frame whose line is not to be stated, for a LINE event follows
 *
 * States the stack in the stream if it differs from the recorded one.
 */
void _rec_engine_state_stack (RecEngine *self,
                              RecPyFrame *innermost,
                              const RecPyFrame *begins_line,
                              TxStackReason reason);
