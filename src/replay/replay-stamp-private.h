// SPDX-License-Identifier: BSD-3-Clause
// A written date and time as it stands in a text, not yet an instant: no zone, no calendar beyond
// the bounds of each field. replay-times.c makes instants of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct
{
  bool has_year;   /* only together with has_date */
  bool has_date;   /* month and day */
  bool has_clock;  /* hour and minute, at least */
  bool has_offset; /* a UTC offset was written */
  int32_t year, month, day;
  int32_t hour, minute;
  int32_t second;   /* 0..60: 60 is a leap second */
  int32_t nanos;    /* 0..999999999 */
  int32_t offset_s; /* east of UTC */
  int64_t unit_ns;  /* what the last digit written is worth: the time is in [t, t + unit_ns) */
} ReplayStamp;

typedef enum
{
  REPLAY_STAMP_NONE, /* nothing here looks like a date or time */
  REPLAY_STAMP_BAD,  /* looks like one, but a field is out of its bounds: see the complaint */
  REPLAY_STAMP_GOOD,
} ReplayStampResult;

/* What was wrong: "hour 25 is not between 0 and 23". */
typedef struct
{
  const char *field; /* static */
  int32_t value, min, max;
} ReplayStampComplaint;

/* Reads one at the start of [text, text + len). @ret_size_bytes says how far it reaches;
   @ret_complaint is set only with REPLAY_STAMP_BAD. */
ReplayStampResult _replay_stamp_read (const char *text,
                                      size_t len,
                                      ReplayStamp *ret_stamp,
                                      size_t *ret_size_bytes,
                                      ReplayStampComplaint *ret_complaint);

/* Finds the first one in a line of a log: like the above at each place where one can begin, but
   a time without a date must have seconds, and one with bad fields is passed over. */
ReplayStampResult _replay_stamp_find (const char *text,
                                      size_t len,
                                      ReplayStamp *ret_stamp,
                                      ReplayStampComplaint *ret_complaint);
