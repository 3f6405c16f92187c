// SPDX-License-Identifier: BSD-3-Clause
// Time zones and the calendar; the reading of zone files is in replay-tzif.c.
#include "replay-zone.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "replay-tzif-private.h"

#define NAME_SIZE          64u
#define ZONE_FILE_SIZE_MAX (256u * 1024u)
#define SECONDS_PER_DAY    86400
#define FIXED_OFFSET_MAX_S 86399
#define LOCALTIME_MAX_S    (INT64_C (400) * 366 * SECONDS_PER_DAY)

typedef enum
{
  KIND_FIXED,
  KIND_LOCAL,
  KIND_TABLE,
} Kind;

struct _ReplayZone
{
  Kind kind;
  char name[NAME_SIZE];
  int32_t offset_s; /* KIND_FIXED */
  ReplayTzif table; /* KIND_TABLE */
};

static ReplayZone *
create (Kind kind, const char *name)
{
  ReplayZone *self = calloc (1, sizeof *self);

  if (self == NULL)
    return NULL;
  self->kind = kind;
  snprintf (self->name, sizeof self->name, "%s", name);
  return self;
}

ReplayZone *
replay_zone_new_utc (void)
{
  return create (KIND_FIXED, "UTC");
}

ReplayZone *
replay_zone_new_local (void)
{
  return create (KIND_LOCAL, "local");
}

ReplayZone *
replay_zone_new_fixed (int32_t offset_s)
{
  ReplayZone *self;
  char name[NAME_SIZE];
  int32_t minutes;

  if (offset_s > FIXED_OFFSET_MAX_S)
    offset_s = FIXED_OFFSET_MAX_S;
  if (offset_s < -FIXED_OFFSET_MAX_S)
    offset_s = -FIXED_OFFSET_MAX_S;
  minutes = abs (offset_s) / 60;
  snprintf (name, sizeof name, "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
  self = create (KIND_FIXED, name);
  if (self != NULL)
    self->offset_s = offset_s;
  return self;
}

ReplayZone *
replay_zone_new_tzif (const char *name, const void *data, size_t size_bytes)
{
  ReplayZone *self = create (KIND_TABLE, name);

  if (self == NULL)
    return NULL;
  if (!_replay_tzif_parse (data, size_bytes, &self->table))
    {
      free (self);
      return NULL;
    }
  return self;
}

static bool
is_name_safe (const char *name)
{
  size_t len = strlen (name);

  if (len == 0 || len >= NAME_SIZE || name[0] == '/' || strstr (name, "..") != NULL)
    return false;
  return strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == len;
}

/* Regular files only, at most @size_max bytes; NULL otherwise. */
static uint8_t *
read_file (const char *path, size_t size_max, size_t *ret_size_bytes)
{
  uint8_t *data = NULL;
  size_t size = 0;
  struct stat st;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0)
    return NULL;
  if (fstat (fd, &st) != 0 || !S_ISREG (st.st_mode) || st.st_size <= 0 ||
      (uint64_t) st.st_size > size_max)
    goto fail;
  data = malloc ((size_t) st.st_size);
  if (data == NULL)
    goto fail;
  while (size < (size_t) st.st_size)
    {
      ssize_t got = read (fd, data + size, (size_t) st.st_size - size);

      if (got <= 0)
        goto fail;
      size += (size_t) got;
    }
  close (fd);
  *ret_size_bytes = size;
  return data;

fail:
  free (data);
  close (fd);
  return NULL;
}

ReplayZone *
replay_zone_new_named (const char *name)
{
  const char *dir = getenv ("TZDIR");
  char path[PATH_MAX];
  ReplayZone *self;
  uint8_t *data;
  size_t size_bytes;

  if (!is_name_safe (name))
    return NULL;
  if (dir == NULL || dir[0] != '/')
    dir = "/usr/share/zoneinfo";
  if (snprintf (path, sizeof path, "%s/%s", dir, name) >= (int) sizeof path)
    return NULL;
  data = read_file (path, ZONE_FILE_SIZE_MAX, &size_bytes);
  if (data == NULL)
    return strcmp (name, "UTC") == 0 ? replay_zone_new_utc () : NULL;
  self = replay_zone_new_tzif (name, data, size_bytes);
  free (data);
  return self;
}

void
replay_zone_free (ReplayZone *self)
{
  if (self == NULL)
    return;
  _replay_tzif_clear (&self->table);
  free (self);
}

const char *
replay_zone_get_name (const ReplayZone *self)
{
  return self == NULL ? "UTC" : self->name;
}

static int32_t
get_local_offset (int64_t time_s)
{
  time_t time = (time_t) time_s;
  struct tm tm;

  /* Far away localtime_r() fails or costs; nothing is recorded there. */
  if (time_s > LOCALTIME_MAX_S)
    time = (time_t) LOCALTIME_MAX_S;
  if (time_s < -LOCALTIME_MAX_S)
    time = (time_t) -LOCALTIME_MAX_S;
  if (localtime_r (&time, &tm) == NULL)
    return 0;
  return (int32_t) tm.tm_gmtoff;
}

int32_t
replay_zone_get_offset (const ReplayZone *self, int64_t time_s)
{
  if (self == NULL)
    return 0;
  switch (self->kind)
    {
    case KIND_LOCAL:
      return get_local_offset (time_s);
    case KIND_TABLE:
      return _replay_tzif_get_offset (&self->table, time_s);
    case KIND_FIXED:
    default:
      return self->offset_s;
    }
}

/* No zone changes its offset twice within two days, so the offsets a day before and a day after
   are the only ones that can hold. */
unsigned
replay_zone_resolve (const ReplayZone *self,
                     int64_t wall_s,
                     int64_t ret_times_s[2],
                     bool *ret_exists)
{
  int32_t before_s = replay_zone_get_offset (self, wall_s - SECONDS_PER_DAY);
  int32_t after_s = replay_zone_get_offset (self, wall_s + SECONDS_PER_DAY);
  unsigned n = 0;

  *ret_exists = true;
  if (replay_zone_get_offset (self, wall_s - before_s) == before_s)
    ret_times_s[n++] = wall_s - before_s;
  if (after_s != before_s && replay_zone_get_offset (self, wall_s - after_s) == after_s)
    ret_times_s[n++] = wall_s - after_s;
  if (n == 0)
    {
      *ret_exists = false;
      ret_times_s[n++] = wall_s - before_s;
    }
  if (n == 2 && ret_times_s[0] > ret_times_s[1])
    {
      int64_t swapped = ret_times_s[0];

      ret_times_s[0] = ret_times_s[1];
      ret_times_s[1] = swapped;
    }
  return n;
}

static bool
is_leap_year (int64_t year)
{
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1 March of year 0 to 1 March of @year. */
static int64_t
get_days_before_march (int64_t year)
{
  int64_t centuries = year / 100 - (year % 100 < 0);
  int64_t leaps = (year / 4 - (year % 4 < 0)) - centuries + (centuries / 4 - (centuries % 4 < 0));

  return year * 365 + leaps;
}

/* Years are taken to begin in March: then the leap day is the last, and the lengths of the months
   follow one linear rule (153 days for each five). */
int64_t
replay_day_number (const ReplayDay *day)
{
  int64_t year = day->month > 2 ? day->year : (int64_t) day->year - 1;
  int64_t month = day->month > 2 ? day->month - 3 : day->month + 9;        /* 0 = March */
  const int64_t epoch = get_days_before_march (1969) + (153 * 10 + 2) / 5; /* 1 January 1970 */

  return get_days_before_march (year) + (153 * month + 2) / 5 + day->day - 1 - epoch;
}

void
replay_day_from_number (int64_t number, ReplayDay *ret_day)
{
  const int64_t epoch = get_days_before_march (1969) + (153 * 10 + 2) / 5;
  int64_t days = number + epoch; /* since 1 March of year 0 */
  int64_t year = (int64_t) ((double) days / 365.2425);
  int64_t month;

  while (get_days_before_march (year) > days)
    year--;
  while (get_days_before_march (year + 1) <= days)
    year++;
  days -= get_days_before_march (year);
  month = (5 * days + 2) / 153;
  ret_day->day = (int32_t) (days - (153 * month + 2) / 5) + 1;
  ret_day->month = (int32_t) (month < 10 ? month + 3 : month - 9);
  ret_day->year = (int32_t) (month < 10 ? year : year + 1);
}

bool
replay_day_is_valid (const ReplayDay *day)
{
  static const int8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  int length;

  if (day->month < 1 || day->month > 12)
    return false;
  length = lengths[day->month - 1] + (day->month == 2 && is_leap_year (day->year));
  return day->day >= 1 && day->day <= length;
}
