// SPDX-License-Identifier: BSD-3-Clause
// ReplayBreakpoints: a set of places (a line of a file, or the beginning of a function), each with an
// id, an on/off switch and a condition. Owns its memory; knows nothing of a screen. Not thread-safe:
// give a worker a copy.
#pragma once

#include "replay-trace.h"
#include "replay-zone.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ReplayCondition:
 * Which of a place's hits stop a move. All that is set must hold; all zero is "each of them".
 *
 * Hits are counted over the whole recording and all threads, as `core.py:120#37` counts them, so that
 * a breakpoint stops at the same steps from wherever one comes, forward or backward, and
 * whichever other conditions it has.
 */
typedef struct {
  uint64_t number;       /* only this hit, from 1; 0: any */
  uint64_t ignore;       /* not the first so many */
  TxThreadId thread;     /* only in this thread; 0: any */
  bool has_range;        /* only from from_ns to to_ns, both inclusive: wall clock, UTC */
  int64_t from_ns;
  int64_t to_ns;
  const char *caller;    /* nullable: only where a function of this name, said as in
                            replay_breakpoints_add_function(), is on the stack below */
} ReplayCondition;

/** ReplayBreakpoint: one of a set; its strings are the set's. */
typedef struct {
  uint32_t id;           /* from 1, never reused in a set */
  TxFileId file;         /* 0: on a function */
  uint32_t line;         /* 0: on a function */
  const char *function;  /* NULL: on a line */
  bool enabled;
  ReplayCondition condition;
} ReplayBreakpoint;

typedef struct _ReplayBreakpoints ReplayBreakpoints;

#define REPLAY_BREAKPOINT_NAME_SIZE_MAX 1024u /* bytes of a function's name; longer ones are refused */

ReplayBreakpoints *replay_breakpoints_new (void);
ReplayBreakpoints *replay_breakpoints_copy (const ReplayBreakpoints *self);
void replay_breakpoints_free (ReplayBreakpoints *self);

/**
 * replay_breakpoints_add:
 * @trace: (nullable): when given, a line that never ran is refused: %TX_ERROR_INVALID, and the error says why
 *   and which next line has run
 * @ret_id: (nullable): the id, also of one that was there already
 */
TxStatus replay_breakpoints_add (ReplayBreakpoints *self, ReplayTrace *trace, TxFileId file, uint32_t line, uint32_t *ret_id, TxError *error) TX_WARN_UNUSED;

/**
 * replay_breakpoints_add_function:
 * @trace: (nullable): when given, a name that no recorded function has is refused: %TX_ERROR_INVALID
 * @name: a qualified name or the end of one at a dot: `Server.handle`, `handle`; with a file before a
 *   colon only that file's: `core.py:handle`. Copied. All functions of the name are meant, also those
 *   that a live recording brings later.
 * @ret_id: (nullable): the id, also of one that was there already
 *
 * Stops at the first line that each call of the function executes: not where a generator or coroutine
 * goes on, and not in a frame whose call was not recorded.
 */
TxStatus replay_breakpoints_add_function (ReplayBreakpoints *self, ReplayTrace *trace, const char *name, uint32_t *ret_id, TxError *error) TX_WARN_UNUSED;

/** ReplayBreakpointsContext: what a typed breakpoint is understood against. */
typedef struct {
  ReplayPosition position; /* for times that are relative; REPLAY_POSITION_NONE: the start */
  TxFileId file;           /* the file shown, for a line number alone; 0: none */
  const ReplayZone *zone;  /* nullable: UTC; borrowed */
} ReplayBreakpointsContext;

/**
 * replay_breakpoints_add_text:
 * @text: PLACE and conditions, in any order:
 *   `120`, `core.py:120`, `handle`, `core.py:handle`, `core.py:120#37`, each perhaps with
 *   `number N`, `ignore N`, `thread N` (or a thread's name), `from FUNCTION`, `within A..B` (a range of times)
 *
 * Adds it, or gives the condition to the one that is there already. The set is unchanged on failure.
 */
TxStatus replay_breakpoints_add_text (ReplayBreakpoints *self, ReplayTrace *trace, const char *text, const ReplayBreakpointsContext *context, uint32_t *ret_id, TxError *error) TX_WARN_UNUSED;

/** replay_breakpoints_set_condition: copies @condition (nullable: none); false when there is no such id, or no memory. */
bool replay_breakpoints_set_condition (ReplayBreakpoints *self, uint32_t id, const ReplayCondition *condition);

/** replay_breakpoints_remove: the one on that line. */
bool replay_breakpoints_remove (ReplayBreakpoints *self, TxFileId file, uint32_t line);
bool replay_breakpoints_remove_id (ReplayBreakpoints *self, uint32_t id);
bool replay_breakpoints_set_enabled (ReplayBreakpoints *self, uint32_t id, bool enabled);
size_t replay_breakpoints_get_count (const ReplayBreakpoints *self);
/** By id. Valid until the set changes. */
const ReplayBreakpoint *replay_breakpoints_get (const ReplayBreakpoints *self, size_t index);
const ReplayBreakpoint *replay_breakpoints_find (const ReplayBreakpoints *self, TxFileId file, uint32_t line);
const ReplayBreakpoint *replay_breakpoints_find_id (const ReplayBreakpoints *self, uint32_t id);
const ReplayBreakpoint *replay_breakpoints_find_function (const ReplayBreakpoints *self, const char *name);

/**
 * replay_breakpoint_format:
 * @zone: (nullable): UTC
 *
 * `core.py:120 number 37 thread 3 from handle`, as replay_breakpoints_add_text() takes it; printable
 * whatever the names hold. Cut if too small.
 *
 * Returns: the length of the text
 */
size_t replay_breakpoint_format (const ReplayBreakpoint *self, const ReplayTrace *trace, const ReplayZone *zone, char *ret_text, size_t size);

#ifdef __cplusplus
}
#endif
