// SPDX-License-Identifier: BSD-3-Clause
// Shared by the files that understand times: replay-times.c (ranges, the order of forms),
// replay-times-forms.c (relative, epoch, shares, hits), replay-times-wall.c (dates and clocks),
// replay-times-log.c (lines of logs).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replay-stamp-private.h"
#include "replay-times.h"

typedef struct
{
  const char *at;
  size_t len;
} ReplayText;

/* What is being parsed, passed along. */
typedef struct
{
  const ReplayTimesContext *context;
  int64_t reference_ns;  /* what is relative, is relative to this */
  int64_t not_before_ns; /* a reading without a date is at or after this ... */
  bool has_not_before;   /* ... if this is set, else the nearest */
  TxError *error;
} ReplayTimesParser;

/* A form's answer: not mine, or mine with this status. */
typedef struct
{
  bool mine;
  TxStatus status;
} ReplayTimesAnswer;

typedef ReplayTimesAnswer (*ReplayTimesForm) (const ReplayTimesParser *parser,
                                              ReplayText text,
                                              ReplayTimesPoint *point);

ReplayTimesAnswer _replay_times_answer (TxStatus status);
ReplayTimesAnswer _replay_times_not_mine (void);
ReplayText _replay_times_trim (ReplayText text);

/* Shortened and harmless, for messages. */
const char *_replay_times_quote (ReplayText text, char ret_text[64]);

/* Sets the time of @point; what was written without its last digits reaches @unit_ns far. Refuses
   what is outside of the recording. */
TxStatus _replay_times_place (const ReplayTimesParser *parser,
                              int64_t time_ns,
                              int64_t unit_ns,
                              ReplayText text,
                              ReplayTimesPoint *point);

/* @known: @time_ns is what @text means, else that is out of reach of a number. */
TxStatus _replay_times_refuse (const ReplayTimesParser *parser,
                               bool known,
                               int64_t time_ns,
                               ReplayText text);

/* "+1m30s" in nanoseconds; @text must not be empty. */
bool _replay_times_read_delta (ReplayText text, int64_t *ret_delta_ns);

ReplayTimesAnswer _replay_times_parse_word (const ReplayTimesParser *parser,
                                            ReplayText text,
                                            ReplayTimesPoint *point);
ReplayTimesAnswer _replay_times_parse_percent (const ReplayTimesParser *parser,
                                               ReplayText text,
                                               ReplayTimesPoint *point);
ReplayTimesAnswer _replay_times_parse_epoch (const ReplayTimesParser *parser,
                                             ReplayText text,
                                             ReplayTimesPoint *point);
ReplayTimesAnswer
_replay_times_parse_hit (const ReplayTimesParser *parser, ReplayText text, ReplayTimesPoint *point);
ReplayTimesAnswer _replay_times_parse_step (const ReplayTimesParser *parser,
                                            ReplayText text,
                                            ReplayTimesPoint *point);
ReplayTimesAnswer _replay_times_parse_bookmark (const ReplayTimesParser *parser,
                                                ReplayText text,
                                                ReplayTimesPoint *point);
ReplayTimesAnswer _replay_times_parse_relative (const ReplayTimesParser *parser,
                                                ReplayText text,
                                                ReplayTimesPoint *point);
ReplayTimesAnswer _replay_times_parse_stamp (const ReplayTimesParser *parser,
                                             ReplayText text,
                                             ReplayTimesPoint *point);
ReplayTimesAnswer
_replay_times_parse_log (const ReplayTimesParser *parser, ReplayText text, ReplayTimesPoint *point);

typedef enum
{
  REPLAY_EPOCH_NONE,   /* not a plain number */
  REPLAY_EPOCH_LENGTH, /* a number, but of a length that no unit has */
  REPLAY_EPOCH_GOOD,
} ReplayEpochResult;

/* The whole of @text is digits, and perhaps a fraction: seconds, ms, us or ns by their count.
   @any_seconds lets fewer than 10 digits be seconds. */
ReplayEpochResult
_replay_epoch_read (ReplayText text, bool any_seconds, int64_t *ret_time_ns, int64_t *ret_unit_ns);

/* What a line of a log says about its time. */
typedef struct
{
  ReplayStampResult result;
  bool is_epoch; /* then time_ns and unit_ns, else stamp */
  int64_t time_ns, unit_ns;
  ReplayStamp stamp;
  ReplayStampComplaint complaint; /* REPLAY_STAMP_BAD */
} ReplayLogTime;

void _replay_log_find (ReplayText line, ReplayLogTime *ret_time);
