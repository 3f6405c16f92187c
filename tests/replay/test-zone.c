// SPDX-License-Identifier: BSD-3-Clause
// Zones agree with the C library's over two centuries of days, also behind the tables of the zone
// files; hostile names and files are refused.
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replay/replay-tzif-private.h"
#include "replay/replay-zone.h"

static void
test_agrees_with_the_c_library (void)
{
  static const char *const names[] = {
    "Europe/Paris",      "America/New_York",  "Australia/Lord_Howe", "Asia/Kolkata",
    "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia",        "America/Nuuk",
    "Europe/Dublin",     "Asia/Gaza",         "Etc/GMT+12",          "Pacific/Kiritimati",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      ReplayZone *named = replay_zone_new_named (names[i]);
      ReplayZone *local = replay_zone_new_local ();

      g_assert_nonnull (named);
      g_assert_cmpstr (replay_zone_get_name (named), ==, names[i]);
      g_setenv ("TZ", names[i], TRUE);
      tzset ();
      for (int64_t time_s = 0; time_s < INT64_C (150) * 366 * 86400; time_s += 29 * 3600 + 11)
        {
          time_t time = (time_t) time_s;
          struct tm tm;

          localtime_r (&time, &tm);
          if (replay_zone_get_offset (named, time_s) != tm.tm_gmtoff)
            g_error ("%s at %" G_GINT64_FORMAT, names[i], time_s);
          g_assert_cmpint (replay_zone_get_offset (local, time_s), ==, tm.tm_gmtoff);
        }
      replay_zone_free (named);
      replay_zone_free (local);
    }
  g_unsetenv ("TZ");
  tzset ();
}

static void
test_every_reading_resolves (void)
{
  ReplayZone *zone = replay_zone_new_named ("Europe/Paris");
  int n_twice = 0, n_never = 0;

  for (int64_t wall_s = INT64_C (1704067200); wall_s < INT64_C (1735689600); wall_s += 60)
    {
      int64_t times_s[2];
      bool exists;
      unsigned n = replay_zone_resolve (zone, wall_s, times_s, &exists);

      n_twice += n == 2;
      n_never += !exists;
      for (unsigned i = 0; exists && i < n; i++)
        g_assert_cmpint (times_s[i] + replay_zone_get_offset (zone, times_s[i]), ==, wall_s);
      if (n == 2)
        g_assert_cmpint (times_s[1] - times_s[0], ==, 3600);
    }
  g_assert_cmpint (n_twice, ==, 60);
  g_assert_cmpint (n_never, ==, 60);
  replay_zone_free (zone);
}

static void
test_hostile_names_are_refused (void)
{
  static const char *const names[] = {
    "",
    "/etc/passwd",
    "../../../etc/passwd",
    "Europe/../../x",
    "Europe",
    "No/Such",
    "a\nb",
    "x y",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "zone.tab",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_null (replay_zone_new_named (names[i]));
}

static void
test_any_prefix_and_any_flip_is_harmless (void)
{
  g_autofree char *data = NULL;
  gsize size;
  ReplayZone *zone;

  g_assert_true (g_file_get_contents ("/usr/share/zoneinfo/Europe/Paris", &data, &size, NULL));
  for (gsize cut = 0; cut < size; cut++)
    {
      g_autofree char *copy = g_memdup2 (data, cut); /* its end is seen by the sanitizers */

      zone = replay_zone_new_tzif ("cut", copy, cut);
      replay_zone_get_offset (zone, 1713277200);
      replay_zone_free (zone);
    }
  for (gsize bit = 0; bit < size * 8; bit++)
    {
      data[bit / 8] ^= (char) (1 << bit % 8);
      zone = replay_zone_new_tzif ("flip", data, size);
      replay_zone_get_offset (zone, 1713277200);
      replay_zone_get_offset (zone, INT64_C (4102444800));
      replay_zone_free (zone);
      data[bit / 8] ^= (char) (1 << bit % 8);
    }
}

/* An offset whose negative is no number of 32 bits. */
static void
test_least_offset (void)
{
  g_autofree char *data = NULL;
  gsize size, at;

  g_assert_true (g_file_get_contents ("/usr/share/zoneinfo/Asia/Kolkata", &data, &size, NULL));
  /* Local mean time, 5:53:28, the first type of the second half. */
  for (at = size - 4; memcmp (data + at, "\0\0\x52\xd8", 4) != 0; at--)
    g_assert_cmpuint (at, >, 0);
  memcpy (data + at, "\x80\0\0\0", 4);
  g_assert_null (replay_zone_new_tzif ("least", data, size));
}

static void
test_rules (void)
{
  static const struct
  {
    const char *text;
    bool good;
  } rows[] = {
    { "UTC0", true },
    { "CET-1CEST,M3.5.0,M10.5.0/3", true },
    { "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true },
    { "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", true },
    { "IST-1GMT0,M10.5.0,M3.5.0/1", true },
    { "EST5EDT,J60,J300", true },
    { "EST5EDT,0/0,J365/25", true },
    { "", false },
    { "CE-1", false },
    { "CET", false },
    { "CET-1CEST", false },
    { "CET-1CEST,M13.5.0,M10.5.0", false },
    { "CET-1CEST,M3.6.0,M10.5.0", false },
    { "CET-1CEST,M3.5.0,M10.5.0x", false },
    { "CET-99", false },
    { "<CET-1", false },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ReplayTzRule rule;

      g_assert_cmpint (_replay_tz_rule_parse (rows[i].text, strlen (rows[i].text), &rule), ==,
                       rows[i].good);
    }
}

static void
test_days (void)
{
  ReplayDay day = { 1970, 1, 1 };
  ReplayDay next;

  g_assert_cmpint (replay_day_number (&day), ==, 0);
  for (int64_t number = -200000; number < 400000; number++)
    {
      replay_day_from_number (number, &day);
      g_assert_true (replay_day_is_valid (&day));
      g_assert_cmpint (replay_day_number (&day), ==, number);
      replay_day_from_number (number + 1, &next);
      g_assert_true (next.day == day.day + 1 || next.day == 1);
    }
  day = (ReplayDay){ 2000, 2, 29 };
  g_assert_cmpint (replay_day_number (&day), ==, 11016);
  g_assert_true (replay_day_is_valid (&day));
  day.year = 1900;
  g_assert_false (replay_day_is_valid (&day));
}

static void
test_fixed_offsets_are_clamped (void)
{
  ReplayZone *zone = replay_zone_new_fixed (INT32_MIN);

  g_assert_cmpint (replay_zone_get_offset (zone, 0), ==, -86399);
  g_assert_cmpstr (replay_zone_get_name (zone), ==, "-23:59");
  replay_zone_free (zone);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zone/agrees-with-the-c-library", test_agrees_with_the_c_library);
  g_test_add_func ("/zone/every-reading-resolves", test_every_reading_resolves);
  g_test_add_func ("/zone/hostile-names-are-refused", test_hostile_names_are_refused);
  g_test_add_func ("/zone/any-prefix-and-any-flip-is-harmless",
                   test_any_prefix_and_any_flip_is_harmless);
  g_test_add_func ("/zone/least-offset", test_least_offset);
  g_test_add_func ("/zone/rules", test_rules);
  g_test_add_func ("/zone/days", test_days);
  g_test_add_func ("/zone/fixed-offsets-are-clamped", test_fixed_offsets_are_clamped);
  return g_test_run ();
}
