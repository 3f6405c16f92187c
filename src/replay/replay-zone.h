// SPDX-License-Identifier: BSD-3-Clause
// Owns time zones: what offset from UTC holds at an instant, and which instants a wall-clock
// reading can mean. Does not parse or print times (replay-times.h does).
// Why not tzset(): it changes the whole process. UTC and fixed offsets need no table; "local" asks
// localtime_r(); a named zone (that of the recorder's machine) is read from the system's TZif files
// by a reader of our own that treats the file as hostile.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct _ReplayZone ReplayZone;

/* A day of the proleptic Gregorian calendar. */
typedef struct
{
  int32_t year;
  int32_t month; /* 1..12 */
  int32_t day;   /* 1..31 */
} ReplayDay;

/**
 * replay_zone_new_utc:
 *
 * Returns: a zone whose offset is always 0, or NULL when memory is short.
 */
ReplayZone *replay_zone_new_utc (void);

/**
 * replay_zone_new_local:
 *
 * Returns: the zone of this process (TZ, else /etc/localtime), or NULL when memory is short.
 */
ReplayZone *replay_zone_new_local (void);

/**
 * replay_zone_new_fixed:
 * @offset_s: seconds east of UTC, -86399..86399 (larger ones are clamped).
 *
 * Returns: a zone with one offset, called like "+02:00"; or NULL when memory is short.
 */
ReplayZone *replay_zone_new_fixed (int32_t offset_s);

/**
 * replay_zone_new_named:
 * @name: e.g. "Europe/Paris"; may come from a hostile trace: only letters, digits, `_ + - /`
 *   are let through, and neither `..` nor a leading `/`.
 *
 * Reads the zone from $TZDIR, else /usr/share/zoneinfo.
 *
 * Returns: the zone, or NULL when there is none of this name that can be used.
 */
ReplayZone *replay_zone_new_named (const char *name);

/**
 * replay_zone_new_tzif:
 * @name: shown to people, copied (cut at 63 bytes).
 * @data: (array length=size_bytes): content of a TZif file, version 2 or later; hostile.
 *
 * Returns: the zone, or NULL when the data is not a usable TZif file or memory is short.
 */
ReplayZone *replay_zone_new_tzif (const char *name, const void *data, size_t size_bytes);

/** replay_zone_free: @self may be NULL. */
void replay_zone_free (ReplayZone *self);

/** replay_zone_get_name: "UTC", "local", "+02:00" or the name given; borrowed. */
const char *replay_zone_get_name (const ReplayZone *self);

/**
 * replay_zone_get_offset:
 * @self: (nullable): NULL is UTC.
 * @time_s: seconds since 1970-01-01 UTC.
 *
 * Thread-safe. Returns: seconds east of UTC that hold at @time_s.
 */
int32_t replay_zone_get_offset (const ReplayZone *self, int64_t time_s);

/**
 * replay_zone_resolve:
 * @self: (nullable): NULL is UTC.
 * @wall_s: a wall-clock reading, as seconds since 1970-01-01 00:00 of the same clock.
 * @ret_times_s: the instants that it can mean, ascending.
 * @ret_exists: false where clocks jumped forward over the reading; then the one instant given is
 *   what the clock would have shown without the jump.
 *
 * Returns: 1, or 2 where clocks were put back and the reading came twice.
 */
unsigned replay_zone_resolve (const ReplayZone *self,
                              int64_t wall_s,
                              int64_t ret_times_s[2],
                              bool *ret_exists);

/** replay_day_number: days since 1970-01-01; month and day must be in range. */
int64_t replay_day_number (const ReplayDay *day);

/** replay_day_from_number: the inverse of replay_day_number(). */
void replay_day_from_number (int64_t number, ReplayDay *ret_day);

/** replay_day_is_valid: whether the calendar has this day (months, leap years). */
bool replay_day_is_valid (const ReplayDay *day);
