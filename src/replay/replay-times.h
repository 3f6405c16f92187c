// SPDX-License-Identifier: BSD-3-Clause
// Times as people say and read them: parsing of everything that a time entry takes, and printing.
// Owns no clock and no recording: the caller states the context. Plain C, no globals, thread-safe.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/tx-error.h"

#include "replay-zone.h"

/* Longer texts are refused. A pasted line of a log fits. */
#define REPLAY_TIMES_TEXT_SIZE_MAX 65536u

/* Enough for what any of the replay_times_format functions prints, with the NUL. */
#define REPLAY_TIMES_FORMAT_SIZE 64u

/**
 * ReplayTimesContext:
 * What a text is understood against. All times are nanoseconds since 1970-01-01 UTC.
 */
typedef struct
{
  int64_t current_ns;     /* the current position */
  int64_t start_ns;       /* the recording's first moment */
  int64_t end_ns;         /* the recording's last moment, >= start_ns */
  const ReplayZone *zone; /* borrowed; zone of readings that state none; NULL: UTC */
  bool allow_range;       /* whether `A..B` may be said here */
} ReplayTimesContext;

typedef enum
{
  REPLAY_TIMES_INSTANT,  /* wall clock or epoch, also found in a line of a log */
  REPLAY_TIMES_RELATIVE, /* to the current position; in `A +30s`, to A */
  REPLAY_TIMES_PERCENT,
  REPLAY_TIMES_START,
  REPLAY_TIMES_END,
  REPLAY_TIMES_HIT,   /* `core.py:120#37`: not a time yet, the caller looks it up (replay-spec.h) */
  REPLAY_TIMES_STEP,  /* `step 1234`: the same */
  REPLAY_TIMES_BOOKMARK, /* `m3`, `bookmark 3`, `bookmark NOTE`: the same */
  REPLAY_TIMES_RANGE, /* only as the kind of a whole spec */
} ReplayTimesKind;

/* What part of a reading was not written and had to be chosen. */
typedef enum
{
  REPLAY_TIMES_ASSUMED_NOTHING,
  REPLAY_TIMES_ASSUMED_YEAR, /* syslog writes none */
  REPLAY_TIMES_ASSUMED_DATE,
} ReplayTimesAssumed;

/* `#last`: no number that can be said */
#define REPLAY_TIMES_HIT_LAST 0u

/**
 * ReplayTimesPoint:
 * One time that was said. @time_ns is set for every kind that replay_times_has_time() names and lies
 * within the recording.
 */
typedef struct
{
  ReplayTimesKind kind;
  int64_t time_ns;

  int64_t delta_ns; /* REPLAY_TIMES_RELATIVE: signed */

  ReplayTimesAssumed assumed; /* REPLAY_TIMES_INSTANT */
  ReplayDay day;              /* the day taken, in the zone shown; set when something was assumed */
  bool clamped;               /* written too coarsely to lie within ("12:00" where the recording
                                 begins at 12:00:05): its first moment within is taken */
  bool ambiguous;             /* clocks were put back: the reading came twice ... */
  int64_t other_ns;           /* ... and this is the one not taken */
  bool skipped;               /* clocks jumped over the reading: taken as if they had not */

  const char *file;    /* REPLAY_TIMES_HIT: within the text given, not terminated */
  size_t file_len;     /* bytes; 0: the file shown */
  uint32_t line;       /* 1-based */
  uint64_t hit_number; /* 1-based, or REPLAY_TIMES_HIT_LAST */

  uint64_t step;       /* REPLAY_TIMES_STEP */

  uint32_t bookmark;   /* REPLAY_TIMES_BOOKMARK: its id; 0: said by its note */
  const char *note;    /* within the text given, not terminated; NULL: said by its id */
  size_t note_len;     /* bytes */
} ReplayTimesPoint;

/** replay_times_has_time: false for the kinds that the caller looks up. */
bool replay_times_has_time (ReplayTimesKind kind);

/** ReplayTimesSpec: a whole text, understood. */
typedef struct
{
  ReplayTimesKind kind;   /* that of @from, or REPLAY_TIMES_RANGE */
  ReplayTimesPoint from;  /* the one time, or the first of a range */
  ReplayTimesPoint to;    /* the last of a range */
} ReplayTimesSpec;

/**
 * replay_times_parse:
 * @text: what was typed or pasted; need not be valid UTF-8.
 * @context: what it is understood against.
 * @ret_spec: untouched on failure; points into @text where it names a file.
 * @error: (nullable): one line in English that says what was wrong.
 *
 * Takes wall-clock times and dates, relative times, shares of the recording, epoch numbers, ranges
 * (if allowed), lines of logs, `FILE:LINE#N`, `:LINE#N`, `FILE:LINE#last`, `step N` and bookmarks. A time without a date is the occurrence nearest
 * to the current position; one that lies within the recording is preferred.
 *
 * Returns: %TX_OK; %TX_ERROR_INVALID where the text can't be understood; %TX_END where the time is
 *   outside of the recording (the message says what the recording covers).
 */
TxStatus replay_times_parse (const char *text,
                             const ReplayTimesContext *context,
                             ReplayTimesSpec *ret_spec,
                             TxError *error) TX_WARN_UNUSED;

/**
 * replay_times_describe:
 * @point: from replay_times_parse().
 * @zone: (nullable): the zone shown.
 * @ret_text: (array length=size): NUL-terminated; cut if too small.
 *
 * Says in English what was assumed: "2024-04-16 assumed; clocks showed this time twice, taken: the
 * first". Empty when there is nothing to say.
 */
void replay_times_describe (const ReplayTimesPoint *point,
                            const ReplayZone *zone,
                            char *ret_text,
                            size_t size);

typedef enum
{
  REPLAY_TIMES_WITH_DATE = 1 << 0,   /* 2024-04-16 16:20:41 */
  REPLAY_TIMES_WITH_OFFSET = 1 << 1, /* +02:00 at the end */
} ReplayTimesFlags;

/**
 * replay_times_format:
 * @zone: (nullable): NULL is UTC.
 * @digits: of the fraction: 0, 3 (ms), 6 (us), 9 (ns); others are rounded down to one of these.
 * @ret_text: (array length=size): NUL-terminated; cut if too small;
 *   %REPLAY_TIMES_FORMAT_SIZE always suffices.
 *
 * Fractions are cut, never rounded up, so that the text names a moment at or before @time_ns. With
 * date, offset and 9 digits the text parses back to @time_ns.
 *
 * Returns: the length of the text.
 */
size_t replay_times_format (int64_t time_ns,
                            const ReplayZone *zone,
                            unsigned flags,
                            unsigned digits,
                            char *ret_text,
                            size_t size);

/**
 * replay_times_need_date:
 *
 * Returns: whether a recording of this extent covers more than one day of @zone, so that times
 * have to be shown with their date.
 */
bool replay_times_need_date (int64_t start_ns, int64_t end_ns, const ReplayZone *zone);

/**
 * replay_times_format_duration:
 * @duration_ns: negative ones get a `-`.
 *
 * Three or four significant digits and the unit that suits: "0", "850 ns", "12.3 us", "1.25 ms",
 * "3.40 s", "2m05s", "3h07m", "12d04h".
 *
 * Returns: the length of the text.
 */
size_t replay_times_format_duration (int64_t duration_ns, char *ret_text, size_t size);
