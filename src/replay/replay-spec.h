// SPDX-License-Identifier: BSD-3-Clause
// Positions as people say them: any SPEC (a time of every form, `core.py:120#37`, a bookmark, a step's
// number) to a position, and a position to the words that name it. For every place that takes one.
#pragma once

#include "replay-bookmarks.h"
#include "replay-times.h"
#include "replay-trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/** ReplaySpecContext: what a text is understood against. */
typedef struct {
  ReplayPosition current;           /* for what is relative; REPLAY_POSITION_NONE: the start */
  const int64_t *reference_ns;      /* nullable: what is relative counts from this moment instead */
  TxFileId file;                    /* the file shown, for `:120#37`; 0: none */
  const ReplayZone *zone;           /* nullable: UTC; borrowed */
  const ReplayBookmarks *bookmarks; /* nullable: none; borrowed */
  bool allow_range;                 /* whether `A..B` may be said here */
} ReplaySpecContext;

/** ReplaySpecPlace: one place that was said. */
typedef struct {
  ReplayPosition position; /* REPLAY_POSITION_NONE when only the time was asked for */
  int64_t real_ns;         /* wall clock, UTC: the time said, else that of the step */
  bool is_time;            /* said as a time: position is the last step that began at or before it */
  bool in_gap;             /* the position lies in a stretch that is missing: see replay_trace_get_gap() */
  ReplayTimesPoint point;  /* as replay_times_parse() has it */
} ReplaySpecPlace;

typedef struct {
  bool is_range;
  ReplaySpecPlace from;  /* the one place, or the first of a range */
  ReplaySpecPlace to;    /* the last of a range */
  char note[256];        /* what had to be assumed, in English; "" when there is nothing to say */
} ReplaySpec;

/**
 * replay_spec_resolve:
 * @text: all of INTERFACE section 2 ("Saying a time"), and
 *   `core.py:120#37`, `:120#37` (of the file shown), `core.py:120#last`: an execution of a line;
 *   `m3`, `bookmark 3`, `bookmark NOTE` (the whole note, or its beginning if no other begins so);
 *   `step 1234`: the step of that number (a ReplayPosition; from 0).
 *   Need not be valid UTF-8; control characters in it never reach a message.
 * @progress: (nullable): counting executions of a line reads digests
 * @ret_spec: untouched on failure
 *
 * A recording that was found empty is %TX_END. A position in a missing stretch is no failure: in_gap is set.
 *
 * Returns: %TX_OK; %TX_ERROR_INVALID where the text can't be understood; %TX_END where it lies outside of the
 *   recording, or where there is no such execution, bookmark or step; %TX_CANCELLED
 */
TxStatus replay_spec_resolve (ReplayTrace *trace, const char *text, const ReplaySpecContext *context, const ReplayProgress *progress, ReplaySpec *ret_spec, TxError *error) TX_WARN_UNUSED;

/**
 * replay_spec_resolve_times:
 * As replay_spec_resolve(), for those who need times only (ranges of hot spots): no step is looked for where a
 * time was said.
 */
TxStatus replay_spec_resolve_times (ReplayTrace *trace, const char *text, const ReplaySpecContext *context, const ReplayProgress *progress, ReplaySpec *ret_spec, TxError *error) TX_WARN_UNUSED;

/**
 * replay_spec_resolve_point:
 * @point: from replay_times_parse(), with what it points to
 * @context: zone and allow_range don't matter here
 *
 * The second half of replay_spec_resolve(), for those who understand a text in one thread and look it up in another.
 */
TxStatus replay_spec_resolve_point (ReplayTrace *trace, const ReplayTimesPoint *point, const ReplaySpecContext *context, const ReplayProgress *progress, ReplaySpecPlace *ret_place, TxError *error) TX_WARN_UNUSED;

/** Enough for what replay_spec_format() prints, with the NUL, unless a file's name alone is longer. */
#define REPLAY_SPEC_FORMAT_SIZE 256u

/**
 * replay_spec_format:
 * @ret_text: (array length=size): NUL-terminated; cut if too small
 *
 * The position as one says it aloud: `core.py:120#37`, with as much of the path as tells the file from
 * others; `step 1234` where the line is not known, the position lies in a missing stretch, or the file's name
 * could not be read back. replay_spec_resolve() takes it back to the same position.
 *
 * %TX_END beyond the end; %TX_CANCELLED.
 */
TxStatus replay_spec_format (ReplayTrace *trace, ReplayPosition position, const ReplayProgress *progress, char *ret_text, size_t size, TxError *error) TX_WARN_UNUSED;

/**
 * replay_spec_format_file:
 * The shortest end of the file's path that replay_trace_find_file() takes for this file alone; printable.
 *
 * Returns: whether it can be read back so
 */
bool replay_spec_format_file (const ReplayTrace *trace, TxFileId file, char *ret_text, size_t size);

#ifdef __cplusplus
}
#endif
