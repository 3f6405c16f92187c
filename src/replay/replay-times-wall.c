// SPDX-License-Identifier: BSD-3-Clause
// Makes instants of written dates and clock readings: which day is meant, what the zone's clocks
// showed then, and whether the recording covers it.
#include "replay-times-private.h"

#define NS_PER_SECOND   INT64_C (1000000000)
#define SECONDS_PER_DAY 86400
#define YEARS_AROUND    8 /* for readings without a year: 29 February may be 8 years away */

/* The best meaning of a reading so far. */
typedef struct
{
  bool found;
  bool inside;
  uint64_t distance_ns; /* to the reference */
  int64_t time_ns;
  ReplayDay day;
  bool skipped;
  bool ambiguous;
  int64_t other_ns;
} Choice;

static void
consider (const ReplayTimesParser *parser,
          const ReplayStamp *stamp,
          const Choice *candidate,
          Choice *best)
{
  const ReplayTimesContext *context = parser->context;
  int64_t center_ns = parser->has_not_before ? parser->not_before_ns : parser->reference_ns;
  Choice choice = *candidate;

  if (parser->has_not_before && !(stamp->has_date && stamp->has_year) &&
      choice.time_ns < parser->not_before_ns)
    return;
  choice.found = true;
  choice.inside =
      choice.time_ns <= context->end_ns &&
      (choice.time_ns >= context->start_ns ||
       (uint64_t) context->start_ns - (uint64_t) choice.time_ns < (uint64_t) stamp->unit_ns);
  choice.distance_ns = choice.time_ns > center_ns
                           ? (uint64_t) choice.time_ns - (uint64_t) center_ns
                           : (uint64_t) center_ns - (uint64_t) choice.time_ns;
  if (!best->found || (choice.inside && !best->inside) ||
      (choice.inside == best->inside && choice.distance_ns < best->distance_ns))
    *best = choice;
}

/* Considers all that @stamp can mean on @day. */
static void
consider_day (const ReplayTimesParser *parser,
              const ReplayStamp *stamp,
              const ReplayDay *day,
              Choice *best)
{
  const ReplayZone *zone = parser->context->zone;
  int64_t wall_s, times_s[2];
  bool exists = true;
  unsigned n = 1;

  if (!replay_day_is_valid (day))
    return;
  wall_s = replay_day_number (day) * SECONDS_PER_DAY + stamp->hour * 3600 + stamp->minute * 60 +
           stamp->second;
  if (stamp->has_offset)
    times_s[0] = wall_s - stamp->offset_s;
  else
    n = replay_zone_resolve (zone, wall_s, times_s, &exists);
  for (unsigned i = 0; i < n; i++)
    {
      Choice choice = { .day = *day, .skipped = !exists, .ambiguous = n == 2 };

      if (__builtin_mul_overflow (times_s[i], NS_PER_SECOND, &choice.time_ns) ||
          __builtin_add_overflow (choice.time_ns, stamp->nanos, &choice.time_ns))
        continue;
      choice.other_ns = times_s[n - 1 - i] * NS_PER_SECOND + stamp->nanos;
      consider (parser, stamp, &choice, best);
    }
}

/* The day on which the reference falls, where the reading was made. */
static ReplayDay
get_reference_day (const ReplayTimesParser *parser, const ReplayStamp *stamp)
{
  int64_t time_ns = parser->has_not_before ? parser->not_before_ns : parser->reference_ns;
  int64_t time_s = time_ns / NS_PER_SECOND;
  int64_t offset_s =
      stamp->has_offset ? stamp->offset_s : replay_zone_get_offset (parser->context->zone, time_s);
  ReplayDay day;

  time_s += offset_s;
  replay_day_from_number (time_s / SECONDS_PER_DAY - (time_s % SECONDS_PER_DAY < 0), &day);
  return day;
}

static void
choose (const ReplayTimesParser *parser, const ReplayStamp *stamp, Choice *best)
{
  ReplayDay today = get_reference_day (parser, stamp);
  ReplayDay day = { stamp->year, stamp->month, stamp->day };

  if (stamp->has_year)
    consider_day (parser, stamp, &day, best);
  else if (stamp->has_date)
    for (int32_t i = -YEARS_AROUND; i <= YEARS_AROUND; i++)
      {
        day.year = today.year + i;
        consider_day (parser, stamp, &day, best);
      }
  else
    for (int64_t i = -1; i <= 1; i++)
      {
        replay_day_from_number (replay_day_number (&today) + i, &day);
        consider_day (parser, stamp, &day, best);
      }
}

static TxStatus
resolve_stamp (const ReplayTimesParser *parser,
               const ReplayStamp *stamp,
               ReplayText text,
               ReplayTimesPoint *point)
{
  Choice best = { 0 };
  char quoted[64];

  choose (parser, stamp, &best);
  if (!best.found && parser->has_not_before)
    return _replay_times_refuse (parser, false, 0, text);
  if (!best.found)
    return tx_error_set (parser->error, TX_ERROR_INVALID,
                         "'%s': there is no such day in the calendar",
                         _replay_times_quote (text, quoted));
  point->kind = REPLAY_TIMES_INSTANT;
  point->day = best.day;
  point->skipped = best.skipped;
  point->ambiguous = best.ambiguous;
  point->other_ns = best.other_ns;
  if (!stamp->has_date)
    point->assumed = REPLAY_TIMES_ASSUMED_DATE;
  else if (!stamp->has_year)
    point->assumed = REPLAY_TIMES_ASSUMED_YEAR;
  return _replay_times_place (parser, best.time_ns, stamp->unit_ns, text, point);
}

static TxStatus
complain (const ReplayTimesParser *parser, const ReplayStampComplaint *complaint, ReplayText text)
{
  char quoted[64];

  return tx_error_set (parser->error, TX_ERROR_INVALID, "'%s': %s %d is not between %d and %d",
                       _replay_times_quote (text, quoted), complaint->field, complaint->value,
                       complaint->min, complaint->max);
}

ReplayTimesAnswer
_replay_times_parse_stamp (const ReplayTimesParser *parser,
                           ReplayText text,
                           ReplayTimesPoint *point)
{
  ReplayStamp stamp;
  ReplayStampComplaint complaint;
  size_t size_bytes = 0;
  ReplayStampResult result =
      _replay_stamp_read (text.at, text.len, &stamp, &size_bytes, &complaint);

  if (result == REPLAY_STAMP_NONE || size_bytes != text.len)
    return _replay_times_not_mine ();
  if (result == REPLAY_STAMP_BAD)
    return _replay_times_answer (complain (parser, &complaint, text));
  return _replay_times_answer (resolve_stamp (parser, &stamp, text, point));
}

ReplayTimesAnswer
_replay_times_parse_log (const ReplayTimesParser *parser, ReplayText text, ReplayTimesPoint *point)
{
  ReplayLogTime time;

  _replay_log_find (text, &time);
  if (time.result == REPLAY_STAMP_NONE)
    return _replay_times_not_mine ();
  if (time.result == REPLAY_STAMP_BAD)
    return _replay_times_answer (complain (parser, &time.complaint, text));
  if (!time.is_epoch)
    return _replay_times_answer (resolve_stamp (parser, &time.stamp, text, point));
  point->kind = REPLAY_TIMES_INSTANT;
  return _replay_times_answer (
      _replay_times_place (parser, time.time_ns, time.unit_ns, text, point));
}
