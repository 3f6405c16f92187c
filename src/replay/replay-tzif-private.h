// SPDX-License-Identifier: BSD-3-Clause
// The content of a TZif file (RFC 8536): transitions, and the POSIX rule that holds after the last.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One end of daylight saving time in a POSIX rule. */
typedef struct
{
  enum
  {
    REPLAY_TZ_DAY_MONTH_WEEK, /* Mm.w.d */
    REPLAY_TZ_DAY_JULIAN,     /* Jn: 1..365, 29 February is never counted */
    REPLAY_TZ_DAY_ZERO,       /* n: 0..365 */
  } kind;
  int32_t month, week, weekday; /* of Mm.w.d: 1..12, 1..5 (5 = last), 0 = Sunday */
  int32_t day;                  /* of Jn and n */
  int32_t time_s;               /* wall clock, may lie outside of the day */
} ReplayTzDay;

typedef struct
{
  int32_t standard_s; /* seconds east of UTC */
  int32_t daylight_s; /* only if has_daylight */
  bool has_daylight;
  ReplayTzDay start, end; /* of daylight saving time */
} ReplayTzRule;

typedef struct
{
  int64_t time_s;   /* from here on ... */
  int32_t offset_s; /* ... seconds east of UTC */
} ReplayTzTransition;

typedef struct
{
  ReplayTzTransition *transitions; /* owned; ascending */
  size_t n_transitions;
  int32_t first_offset_s; /* before the first transition */
  bool has_rule;
  ReplayTzRule rule; /* after the last transition */
} ReplayTzif;

bool _replay_tzif_parse (const uint8_t *data, size_t size_bytes, ReplayTzif *ret_tzif);
void _replay_tzif_clear (ReplayTzif *self);
int32_t _replay_tzif_get_offset (const ReplayTzif *self, int64_t time_s);
bool _replay_tz_rule_parse (const char *text, size_t len, ReplayTzRule *ret_rule);
