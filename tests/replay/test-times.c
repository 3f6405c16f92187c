// SPDX-License-Identifier: BSD-3-Clause
// Every row of the table of times, printed back with 9 digits and offset so that expectations are
// strings; bad input and its messages; daylight saving; printing.
#include <glib.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-times.h"
#include "test-seed.h"

/* The recording of most tests: 2024-04-16 16:20:00 to 16:30:00 in Paris, now at 16:25:00. */
#define START_NS (INT64_C (1713277200) * 1000000000)
#define NOW_NS   (START_NS + INT64_C (300) * 1000000000)
#define END_NS   (START_NS + INT64_C (600) * 1000000000)
#define DAY_NS   (INT64_C (86400) * 1000000000)

typedef struct
{
  ReplayZone *zone;
  ReplayTimesContext context;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->zone = replay_zone_new_named (data != NULL ? data : "Europe/Paris");
  g_assert_nonnull (fixture->zone);
  fixture->context = (ReplayTimesContext){ NOW_NS, START_NS, END_NS, fixture->zone, true };
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  replay_zone_free (fixture->zone);
}

static const char *const kind_names[] = { "instant", "relative", "percent", "start",
                                          "end",     "hit",      "range" };

static char *
print_point (const ReplayTimesPoint *point, const ReplayZone *zone)
{
  unsigned flags = REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET;
  char text[REPLAY_TIMES_FORMAT_SIZE];
  char said[200];

  if (point->kind == REPLAY_TIMES_HIT)
    return g_strdup_printf ("hit %.*s line %u n %" G_GUINT64_FORMAT, (int) point->file_len,
                            point->file, point->line, (guint64) point->hit_number);
  replay_times_format (point->time_ns, zone, flags, 9, text, sizeof text);
  replay_times_describe (point, zone, said, sizeof said);
  return g_strdup_printf ("%s %s%s%s%s", kind_names[point->kind], text, said[0] != '\0' ? " (" : "",
                          said, said[0] != '\0' ? ")" : "");
}

/* What @text means, as a string; an error is "invalid: ..." or "outside: ...". */
static char *
say (const Fixture *fixture, const char *text)
{
  ReplayTimesSpec spec;
  TxError error = { 0 };
  TxStatus status = replay_times_parse (text, &fixture->context, &spec, &error);

  if (status != TX_OK)
    {
      g_assert_cmpint (error.status, ==, status);
      g_assert_null (strchr (error.message, '\n'));
      return g_strdup_printf ("%s: %s", status == TX_END ? "outside" : "invalid", error.message);
    }
  if (spec.kind == REPLAY_TIMES_RANGE)
    {
      g_autofree char *from = print_point (&spec.from, fixture->zone);
      g_autofree char *to = print_point (&spec.to, fixture->zone);

      return g_strdup_printf ("range %s .. %s", from, to);
    }
  g_assert_cmpint (spec.kind, ==, spec.from.kind);
  return print_point (&spec.from, fixture->zone);
}

static void
assert_says (const Fixture *fixture, const char *text, const char *expected)
{
  g_autofree char *said = say (fixture, text);

  if (strcmp (said, expected) != 0)
    g_error ("'%s'\n  is      %s\n  must be %s", text, said, expected);
}

typedef struct
{
  const char *text, *expected;
} Row;

static void
assert_rows (const Fixture *fixture, const Row *rows, size_t n_rows)
{
  for (size_t i = 0; i < n_rows; i++)
    assert_says (fixture, rows[i].text, rows[i].expected);
}

#define ASSERT_ROWS(fixture, rows) assert_rows (fixture, rows, G_N_ELEMENTS (rows))

static void
test_wall_clock (Fixture *fixture, gconstpointer data)
{
  static const Row rows[] = {
    { "16:20:16.552353", "instant 2024-04-16 16:20:16.552353000+02:00 (taken as of 2024-04-16)" },
    { "16:20:16,552", "instant 2024-04-16 16:20:16.552000000+02:00 (taken as of 2024-04-16)" },
    { "16:22", "instant 2024-04-16 16:22:00.000000000+02:00 (taken as of 2024-04-16)" },
    { " 16:22 ", "instant 2024-04-16 16:22:00.000000000+02:00 (taken as of 2024-04-16)" },
    { "14:22Z", "instant 2024-04-16 16:22:00.000000000+02:00 (taken as of 2024-04-16)" },
    { "2024-04-16 16:21", "instant 2024-04-16 16:21:00.000000000+02:00" },
    { "2024-04-16 16:20:16.55", "instant 2024-04-16 16:20:16.550000000+02:00" },
    { "2024-04-16T16:20:16,552+02:00", "instant 2024-04-16 16:20:16.552000000+02:00" },
    { "2024-04-16T07:20:16.552-0700", "instant 2024-04-16 16:20:16.552000000+02:00" },
    { "2024-04-16T19:50:16.552+05:30", "instant 2024-04-16 16:20:16.552000000+02:00" },
    { "2024-04-16T14:20:16.552Z", "instant 2024-04-16 16:20:16.552000000+02:00" },
    { "2024-04-16 14:20:16 UTC", "instant 2024-04-16 16:20:16.000000000+02:00" },
    { "2024-04-16 16:20:16.1234567891", "instant 2024-04-16 16:20:16.123456789+02:00" },
    { "2024/04/16 16:20:16", "instant 2024-04-16 16:20:16.000000000+02:00" },
    { "2024-04-16 16:20:60", "instant 2024-04-16 16:21:00.000000000+02:00" },
    /* written too coarsely to lie within, but the recording begins within what it means */
    { "2024-04-16",
      "instant 2024-04-16 16:20:00.000000000+02:00 (the recording begins within it)" },
  };

  ASSERT_ROWS (fixture, rows);
}

static void
test_date_alone_is_its_first_moment (Fixture *fixture, gconstpointer data)
{
  fixture->context.start_ns = START_NS - 100 * DAY_NS;
  assert_says (fixture, "2024-01-27", "instant 2024-01-27 00:00:00.000000000+01:00");
}

static void
test_relative (Fixture *fixture, gconstpointer data)
{
  static const Row rows[] = {
    { "+2s", "relative 2024-04-16 16:25:02.000000000+02:00" },
    { "-3m", "relative 2024-04-16 16:22:00.000000000+02:00" },
    { "+0.003s", "relative 2024-04-16 16:25:00.003000000+02:00" },
    { "+0,003s", "relative 2024-04-16 16:25:00.003000000+02:00" },
    { "+5ms", "relative 2024-04-16 16:25:00.005000000+02:00" },
    { "-20us", "relative 2024-04-16 16:24:59.999980000+02:00" },
    { "-20\302\265s", "relative 2024-04-16 16:24:59.999980000+02:00" },
    { "100ns", "relative 2024-04-16 16:25:00.000000100+02:00" },
    { "1m30s", "relative 2024-04-16 16:26:30.000000000+02:00" },
    { "-1m30s", "relative 2024-04-16 16:23:30.000000000+02:00" },
    { "+ 1 min 30 sec", "relative 2024-04-16 16:26:30.000000000+02:00" },
    { "0.5m", "relative 2024-04-16 16:25:30.000000000+02:00" },
    { "+0s", "relative 2024-04-16 16:25:00.000000000+02:00" },
    { "+1h",
      "outside: '+1h' is 2024-04-16 17:25:00.000+02:00, outside of the recording, which covers "
      "2024-04-16 16:20:00.000+02:00 to 2024-04-16 16:30:00.000+02:00" },
  };

  ASSERT_ROWS (fixture, rows);
  fixture->context.start_ns -= 30 * DAY_NS;
  fixture->context.end_ns += DAY_NS;
  assert_says (fixture, "+1h", "relative 2024-04-16 17:25:00.000000000+02:00");
  assert_says (fixture, "-15d", "relative 2024-04-01 16:25:00.000000000+02:00");
  assert_says (fixture, "-1w", "relative 2024-04-09 16:25:00.000000000+02:00");
}

static void
test_share (Fixture *fixture, gconstpointer data)
{
  static const Row rows[] = {
    { "50%", "percent 2024-04-16 16:25:00.000000000+02:00" },
    { "0%", "percent 2024-04-16 16:20:00.000000000+02:00" },
    { "100%", "percent 2024-04-16 16:30:00.000000000+02:00" },
    { "12.5 %", "percent 2024-04-16 16:21:15.000000000+02:00" },
    { "33,333333333%", "percent 2024-04-16 16:23:19.999999998+02:00" },
    { "start", "start 2024-04-16 16:20:00.000000000+02:00" },
    { "END", "end 2024-04-16 16:30:00.000000000+02:00" },
  };

  ASSERT_ROWS (fixture, rows);
}

static void
test_epoch (Fixture *fixture, gconstpointer data)
{
  static const Row rows[] = {
    { "@1713277441.25", "instant 2024-04-16 16:24:01.250000000+02:00" },
    { "@1713277441", "instant 2024-04-16 16:24:01.000000000+02:00" },
    { "1713277441", "instant 2024-04-16 16:24:01.000000000+02:00" },
    { "1713277441.25", "instant 2024-04-16 16:24:01.250000000+02:00" },
    { "1713277441250", "instant 2024-04-16 16:24:01.250000000+02:00" },
    { "1713277441250123", "instant 2024-04-16 16:24:01.250123000+02:00" },
    { "1713277441250123456", "instant 2024-04-16 16:24:01.250123456+02:00" },
    { "@1713277441250123456", "instant 2024-04-16 16:24:01.250123456+02:00" },
    { "@0",
      "outside: '@0' is 1970-01-01 01:00:00.000+01:00, outside of the recording, which covers "
      "2024-04-16 16:20:00.000+02:00 to 2024-04-16 16:30:00.000+02:00" },
  };

  ASSERT_ROWS (fixture, rows);
}

static void
test_ranges (Fixture *fixture, gconstpointer data)
{
  static const Row rows[] = {
    { "16:21..16:22",
      "range instant 2024-04-16 16:21:00.000000000+02:00 (taken as of 2024-04-16) .. "
      "instant 2024-04-16 16:22:00.000000000+02:00 (taken as of 2024-04-16)" },
    { "2024-04-16T14:21:00Z~50%", "range instant 2024-04-16 16:21:00.000000000+02:00 .. "
                                  "percent 2024-04-16 16:25:00.000000000+02:00" },
    { "-5s .. +5s", "range relative 2024-04-16 16:24:55.000000000+02:00 .. "
                    "relative 2024-04-16 16:25:05.000000000+02:00" },
    { "16:21 +30s", "range instant 2024-04-16 16:21:00.000000000+02:00 (taken as of 2024-04-16) .. "
                    "relative 2024-04-16 16:21:30.000000000+02:00" },
    { "2024-04-16 16:21:00 +0200 +30s", "range instant 2024-04-16 16:21:00.000000000+02:00 .. "
                                        "relative 2024-04-16 16:21:30.000000000+02:00" },
    { "end -30s", "range relative 2024-04-16 16:29:30.000000000+02:00 .. "
                  "end 2024-04-16 16:30:00.000000000+02:00" },
    { "..16:21:00.5", "range start 2024-04-16 16:20:00.000000000+02:00 .. "
                      "instant 2024-04-16 16:21:00.500000000+02:00 (taken as of 2024-04-16)" },
    { "90%..", "range percent 2024-04-16 16:29:00.000000000+02:00 .. "
               "end 2024-04-16 16:30:00.000000000+02:00" },
    { "a.py:1#2..start", "range hit a.py line 1 n 2 .. start 2024-04-16 16:20:00.000000000+02:00" },
    { "16:22..16:21:30",
      "outside: '16:21:30' is 2024-04-17 16:21:30.000+02:00, outside of the recording, which "
      "covers 2024-04-16 16:20:00.000+02:00 to 2024-04-16 16:30:00.000+02:00" },
    { "end..start", "invalid: 'end..start': the range ends before it begins" },
    { "16:21..25:00", "invalid: '25:00': hour 25 is not between 0 and 23" },
    { "..", "invalid: '..' is not a time (try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end or "
            "core.py:120#37)" },
  };

  ASSERT_ROWS (fixture, rows);
  fixture->context.allow_range = false;
  assert_says (fixture, "16:21..16:22", "invalid: '16:21..16:22' is a range: say one time here");
  assert_says (fixture, "16:21 +30s", "invalid: '16:21 +30s' is a range: say one time here");
}

static void
test_log_lines (Fixture *fixture, gconstpointer data)
{
#define AT_SECOND "instant 2024-04-16 16:20:41.000000000+02:00"
#define AT_MILLI  "instant 2024-04-16 16:20:41.123000000+02:00"
#define AT_MICRO  "instant 2024-04-16 16:20:41.123456000+02:00"
  static const Row rows[] = {
    /* Python logging */
    { "2024-04-16 16:20:41,123 INFO core: started in 0.5s, 50%", AT_MILLI },
    { "INFO:2024-04-16 16:20:41,123:root:hello", AT_MILLI },
    { "[2024-04-16 16:20:41,123: INFO/MainProcess] hello", AT_MILLI },
    { "2024-04-16 16:20:41,123 - core - WARNING - retry in 5..10 s ~ 12:00", AT_MILLI },
    { "2024-04-16 16:20:41,123 1234 INFO since 2023-01-01 00:00:00", AT_MILLI },
    { "2024-04-16 16:20:41,123 INFO core.py:120 cpu 50%", AT_MILLI },
    { "+2024-04-16 16:20:41,123 INFO from a diff", AT_MILLI },
    { "2024-04-16 16:20:41,123 INFO two\n2024-04-16 16:21:41,123 INFO lines\n", AT_MILLI },
    { "16:20:41 INFO hello", AT_SECOND " (taken as of 2024-04-16)" },
    { "INFO:16:20:41:hello", AT_SECOND " (taken as of 2024-04-16)" },
    /* syslog, journalctl short, short-precise */
    { "Apr 16 16:20:41 host app[12]: hello", AT_SECOND " (taken as of 2024)" },
    { "Apr 16 16:20:41.123456 host app[12]: hello", AT_MICRO " (taken as of 2024)" },
    { "<34>Apr 16 16:20:41 host app: hello", AT_SECOND " (taken as of 2024)" },
    { "Apr 16 16:20:41", AT_SECOND " (taken as of 2024)" },
    /* journalctl short-iso, short-iso-precise, short-full, short-unix */
    { "2024-04-16T16:20:41+0200 host app[12]: hello", AT_SECOND },
    { "2024-04-16T16:20:41+02:00 host app[12]: hello", AT_SECOND },
    { "2024-04-16T16:20:41.123456+0200 host app[12]: hello", AT_MICRO },
    { "Tue 2024-04-16 16:20:41 CEST host app[12]: hello", AT_SECOND },
    { "1713277241.123456 host app[12]: hello", AT_MICRO },
    { "<34>1 2024-04-16T14:20:41.123456Z host app - - - hello", AT_MICRO },
    /* web servers */
    { "127.0.0.1 - - [16/Apr/2024:16:20:41 +0200] \"GET / HTTP/1.1\" 200 12", AT_SECOND },
    { "127.0.0.1 - - [16/Apr/2024 16:20:41] \"GET / HTTP/1.1\" 200 -", AT_SECOND },
    { "16/Apr/2024:16:20:41 +0200", AT_SECOND },
    { "[Tue Apr 16 16:20:41.123456 2024] [core:error] [pid 1] hello", AT_MICRO },
    { "2024/04/16 16:20:41 [error] 12#12: *1 open() failed", AT_SECOND },
    { "Date: Tue, 16 Apr 2024 14:20:41 GMT", AT_SECOND },
    /* JSON */
    { "{\"level\": \"info\", \"ts\": 1713277241.123, \"msg\": \"at 12:00:00\"}", AT_MILLI },
    { "{\"n\":1713277242,\"time\":\"2024-04-16T14:20:41.123456Z\",\"msg\":\"x\"}", AT_MICRO },
    { "{\"msg\":\"12:00:00\",\"timestamp\":1713277241123}", AT_MILLI },
    { "{ \"__REALTIME_TIMESTAMP\" : \"1713277241123456\", \"MESSAGE\" : \"x\" }", AT_MICRO },
    { "{\"asctime\": \"2024-04-16 16:20:41,123\"}", AT_MILLI },
  };

  ASSERT_ROWS (fixture, rows);
}

static void
test_hits (Fixture *fixture, gconstpointer data)
{
  static const Row rows[] = {
    { "core.py:120#37", "hit core.py line 120 n 37" },
    { "pkg/core.py:120#37", "hit pkg/core.py line 120 n 37" },
    { "../a b/x.py:1#1", "hit ../a b/x.py line 1 n 1" },
    { "~/core.py:4294967295#18446744073709551615",
      "hit ~/core.py line 4294967295 n 18446744073709551615" },
    { "c:x.py:5#6", "hit c:x.py line 5 n 6" },
    { "core.py:0#1", "invalid: 'core.py:0#1': lines and executions are counted from 1" },
    { "core.py:1#0", "invalid: 'core.py:1#0': lines and executions are counted from 1" },
  };

  ASSERT_ROWS (fixture, rows);
}

static void
test_bad_input (Fixture *fixture, gconstpointer data)
{
#define NO_TIME(what)                                                                              \
  "invalid: '" what "' is not a time (try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end or "    \
  "core.py:120#37)"
#define NO_DELTA(what)                                                                             \
  "invalid: '" what "' is not a relative time: say numbers with units d, h, m, s, ms, us or ns, "  \
  "large ones first, like +1m30s"
#define NO_EPOCH(what)                                                                             \
  "invalid: '" what "' is not a time: seconds since 1970 have 10 digits, milliseconds 13, "        \
  "microseconds 16, nanoseconds 19"
  static const Row rows[] = {
    { "", "invalid: no time was given (try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end or "
          "core.py:120#37)" },
    { "  \n", "invalid: no time was given (try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end "
              "or core.py:120#37)" },
    { "yesterday", NO_TIME ("yesterday") },
    { "12h", "outside: '12h' is 2024-04-17 04:25:00.000+02:00, outside of the recording, which "
             "covers 2024-04-16 16:20:00.000+02:00 to 2024-04-16 16:30:00.000+02:00" },
    { "+2", NO_DELTA ("+2") },
    { "+2x", NO_DELTA ("+2x") },
    { "+s", NO_DELTA ("+s") },
    { "-", NO_DELTA ("-") },
    { "+30s1m", NO_DELTA ("+30s1m") },
    { "+1s1s", NO_DELTA ("+1s1s") },
    { "+99999999999999999999s", NO_DELTA ("+99999999999999999999s") },
    { "+9000000000s", "outside: '+9000000000s' is outside of the recording, which covers "
                      "2024-04-16 16:20:00.000+02:00 to 2024-04-16 16:30:00.000+02:00" },
    { "101%", "invalid: '101%' is not a share of the recording between 0% and 100%" },
    { "100.1%", "invalid: '100.1%' is not a share of the recording between 0% and 100%" },
    { "%", NO_TIME ("%") },
    { "2024", NO_EPOCH ("2024") },
    { "@", NO_EPOCH ("@") },
    { "@x", NO_EPOCH ("@x") },
    { "17132774412", NO_EPOCH ("17132774412") },
    { "9999999999999999999", NO_EPOCH ("9999999999999999999") },
    { "25:00", "invalid: '25:00': hour 25 is not between 0 and 23" },
    { "12:60", "invalid: '12:60': minute 60 is not between 0 and 59" },
    { "12:00:61", "invalid: '12:00:61': second 61 is not between 0 and 60" },
    { "12:0", NO_TIME ("12:0") },
    { "12:00:1", NO_TIME ("12:00:1") },
    { "2024-13-01", "invalid: '2024-13-01': month 13 is not between 1 and 12" },
    { "2024-04-00 12:00", "invalid: '2024-04-00 12:00': day 0 is not between 1 and 31" },
    { "2023-02-29", "invalid: '2023-02-29': there is no such day in the calendar" },
    { "0099-01-01", "invalid: '0099-01-01': year 99 is not between 1969 and 2261" },
    { "2024-04-16T16:20:41+99:00",
      "invalid: '2024-04-16T16:20:41+99:00': hours of the UTC offset 99 is not between 0 and 15" },
    { "core.py:120", NO_TIME ("core.py:120") },
    { "core.py:99999999999#1", NO_TIME ("core.py:99999999999#1") },
    { "\033[31m\007", NO_TIME ("?[31m?") },
    { "a\377\302\233b", NO_TIME ("a??b") },
    { "2024-04-16 16:31:00",
      "outside: '2024-04-16 16:31:00' is 2024-04-16 16:31:00.000+02:00, outside of the recording, "
      "which covers 2024-04-16 16:20:00.000+02:00 to 2024-04-16 16:30:00.000+02:00" },
    { "16:31",
      "outside: '16:31' is 2024-04-16 16:31:00.000+02:00, outside of the recording, which covers "
      "2024-04-16 16:20:00.000+02:00 to 2024-04-16 16:30:00.000+02:00" },
    { "log line without any time, only 12:30 and v1.2.3",
      NO_TIME ("log line without any time, only 12:30 and v1.2.3") },
  };

  ASSERT_ROWS (fixture, rows);
}

static void
test_too_long_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (REPLAY_TIMES_TEXT_SIZE_MAX + 1, '~');

  assert_says (fixture, text, "invalid: the text is too long to be a time");
  text[REPLAY_TIMES_TEXT_SIZE_MAX] = '\0';
  assert_says (fixture, text,
               "invalid: '~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~...' is not a "
               "time (try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end or core.py:120#37)");
}

static void
test_failure_leaves_the_result_alone (Fixture *fixture, gconstpointer data)
{
  ReplayTimesSpec spec, before;

  memset (&spec, 0x5a, sizeof spec);
  before = spec;
  g_assert_cmpint (replay_times_parse ("nonsense", &fixture->context, &spec, NULL), ==,
                   TX_ERROR_INVALID);
  g_assert_cmpmem (&spec, sizeof spec, &before, sizeof before);
}

static void
test_time_without_date_is_the_nearest (Fixture *fixture, gconstpointer data)
{
  fixture->context.start_ns = START_NS - 3 * DAY_NS;
  fixture->context.end_ns = START_NS + 3 * DAY_NS;
  assert_says (fixture, "04:20",
               "instant 2024-04-17 04:20:00.000000000+02:00 (taken as of 2024-04-17)");
  assert_says (fixture, "04:30",
               "instant 2024-04-16 04:30:00.000000000+02:00 (taken as of 2024-04-16)");
  assert_says (fixture, "23:00",
               "instant 2024-04-16 23:00:00.000000000+02:00 (taken as of 2024-04-16)");
  assert_says (fixture, "23:59..00:01",
               "range instant 2024-04-16 23:59:00.000000000+02:00 (taken as of 2024-04-16) .. "
               "instant 2024-04-17 00:01:00.000000000+02:00 (taken as of 2024-04-17)");

  /* the nearest one is yesterday's, but only today's was recorded */
  fixture->context.start_ns = START_NS;
  fixture->context.end_ns = START_NS + DAY_NS - 1;
  assert_says (fixture, "15:00",
               "instant 2024-04-17 15:00:00.000000000+02:00 (taken as of 2024-04-17)");
}

static void
test_date_without_year_is_the_nearest (Fixture *fixture, gconstpointer data)
{
  fixture->context.start_ns = START_NS - 400 * DAY_NS;
  assert_says (fixture, "Dec 31 23:59:59 host x: y",
               "instant 2023-12-31 23:59:59.000000000+01:00 (taken as of 2023)");
  assert_says (fixture, "Feb 29 12:00:00 host x: y",
               "instant 2024-02-29 12:00:00.000000000+01:00 (taken as of 2024)");
  assert_says (fixture, "Feb 30 12:00:00",
               "invalid: 'Feb 30 12:00:00': there is no such day in the calendar");
}

static void
test_clocks_put_back (Fixture *fixture, gconstpointer data)
{
  /* 2024-10-27 03:00 CEST became 02:00 CET at 01:00 UTC */
  const int64_t change_ns = INT64_C (1729990800) * 1000000000;

  fixture->context = (ReplayTimesContext){ change_ns - 1, change_ns - DAY_NS, change_ns + DAY_NS,
                                           fixture->zone, true };
  assert_says (fixture, "2024-10-27 02:30",
               "instant 2024-10-27 02:30:00.000000000+02:00 (clocks were put back and showed this "
               "time twice; the other is 02:30:00+01:00)");
  assert_says (fixture, "02:29:00",
               "instant 2024-10-27 02:29:00.000000000+01:00 (taken as of 2024-10-27; clocks were "
               "put back and showed this time twice; the other is 02:29:00+02:00)");
  assert_says (fixture, "2024-10-27 02:30+01:00", "instant 2024-10-27 02:30:00.000000000+01:00");
  assert_says (fixture, "2024-10-27 03:00", "instant 2024-10-27 03:00:00.000000000+01:00");
  assert_says (fixture, "2024-10-27 01:59", "instant 2024-10-27 01:59:00.000000000+02:00");

  /* only the second one was recorded */
  fixture->context.start_ns = change_ns;
  fixture->context.current_ns = change_ns;
  assert_says (fixture, "2024-10-27 02:30",
               "instant 2024-10-27 02:30:00.000000000+01:00 (clocks were put back and showed this "
               "time twice; the other is 02:30:00+02:00)");
}

static void
test_clocks_put_forward (Fixture *fixture, gconstpointer data)
{
  /* 2024-03-31 02:00 CET became 03:00 CEST at 01:00 UTC */
  const int64_t change_ns = INT64_C (1711846800) * 1000000000;

  fixture->context = (ReplayTimesContext){ change_ns, change_ns - DAY_NS, change_ns + DAY_NS,
                                           fixture->zone, true };
  assert_says (fixture, "2024-03-31 02:30",
               "instant 2024-03-31 03:30:00.000000000+02:00 (clocks were put forward over this "
               "time; taken as 03:30:00+02:00)");
  assert_says (fixture, "2024-03-31 03:00", "instant 2024-03-31 03:00:00.000000000+02:00");
  assert_says (fixture, "2024-03-31 01:59:59", "instant 2024-03-31 01:59:59.000000000+01:00");
  assert_says (fixture, "-1h", "relative 2024-03-31 01:00:00.000000000+01:00");
}

static void
test_no_zone_is_utc (void)
{
  Fixture fixture = { NULL, { NOW_NS, START_NS, END_NS, NULL, true } };

  assert_says (&fixture, "14:21",
               "instant 2024-04-16 14:21:00.000000000+00:00 (taken as of 2024-04-16)");
}

static void
test_format (void)
{
  g_autoptr (GString) said = g_string_new (NULL);
  ReplayZone *zone = replay_zone_new_fixed (-(3 * 3600 + 1800));
  char text[REPLAY_TIMES_FORMAT_SIZE];
  char small[9];

  for (unsigned digits = 0; digits <= 9; digits += 3)
    {
      g_assert_cmpuint (
          replay_times_format (NOW_NS + 123456789, zone, 0, digits, text, sizeof text), ==,
          strlen (text));
      g_string_append_printf (said, "%s ", text);
    }
  g_assert_cmpstr (said->str, ==, "10:55:00 10:55:00.123 10:55:00.123456 10:55:00.123456789 ");
  replay_times_format (-1, zone, REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 9, text,
                       sizeof text);
  g_assert_cmpstr (text, ==, "1969-12-31 20:29:59.999999999-03:30");
  g_assert_cmpuint (
      replay_times_format (NOW_NS, NULL, REPLAY_TIMES_WITH_DATE, 3, small, sizeof small), ==, 8);
  g_assert_cmpstr (small, ==, "2024-04-");
  for (int i = 0; i < 2; i++)
    {
      replay_times_format (i ? INT64_MAX : INT64_MIN, zone,
                           REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 9, text, sizeof text);
      g_assert_cmpstr (text, ==,
                       i ? "2262-04-11 20:17:16.854775807-03:30"
                         : "1677-09-20 20:42:43.145224192-03:30");
    }
  g_assert_false (replay_times_need_date (START_NS, END_NS, zone));
  g_assert_true (replay_times_need_date (START_NS, START_NS + DAY_NS, zone));
  replay_zone_free (zone);
}

static void
test_duration (void)
{
  static const struct
  {
    int64_t ns;
    const char *text;
  } rows[] = {
    { 0, "0" },
    { 850, "850 ns" },
    { 1000, "1.00 us" },
    { 12399, "12.3 us" },
    { 999999, "999 us" },
    { 1259999, "1.25 ms" },
    { 3400000000, "3.40 s" },
    { 59999999999, "59.9 s" },
    { INT64_C (125) * 1000000000, "2m05s" },
    { INT64_C (11220) * 1000000000, "3h07m" },
    { 12 * DAY_NS + DAY_NS / 6, "12d04h" },
    { -1500, "-1.50 us" },
    { INT64_MIN, "-106751d23h" },
  };
  char text[REPLAY_TIMES_FORMAT_SIZE];

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      replay_times_format_duration (rows[i].ns, text, sizeof text);
      g_assert_cmpstr (text, ==, rows[i].text);
    }
}

/* What is printed in full reads back as the same moment, whatever the zone does. */
static void
test_printed_times_read_back (void)
{
  static const char *const names[] = { "Europe/Paris",        "America/New_York", "Asia/Kolkata",
                                       "Australia/Lord_Howe", "America/St_Johns", "UTC" };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      ReplayZone *zone = replay_zone_new_named (names[i]);

      g_assert_nonnull (zone);
      for (int n = 0; n < 2000; n++)
        {
          int64_t time_ns =
              (int64_t) g_random_int () * 1000000000 + g_random_int_range (0, 1000000000);
          ReplayTimesContext context = { time_ns, 0, INT64_MAX, zone, false };
          ReplayTimesSpec spec;
          TxError error;
          char text[REPLAY_TIMES_FORMAT_SIZE];

          replay_times_format (time_ns, zone, REPLAY_TIMES_WITH_DATE | REPLAY_TIMES_WITH_OFFSET, 9,
                               text, sizeof text);
          if (replay_times_parse (text, &context, &spec, &error) != TX_OK)
            g_error ("%s", error.message);
          g_assert_cmpint (spec.from.time_ns, ==, time_ns);

          /* without the offset too, as the current position tells the two apart */
          replay_times_format (time_ns, zone, REPLAY_TIMES_WITH_DATE, 9, text, sizeof text);
          g_assert_cmpint (replay_times_parse (text, &context, &spec, &error), ==, TX_OK);
          g_assert_cmpint (spec.from.time_ns, ==, time_ns);
        }
      replay_zone_free (zone);
    }
}

int
main (int argc, char **argv)
{
  test_init_seeded (&argc, &argv);
#define ADD(name, func) g_test_add ("/times/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("wall-clock", test_wall_clock);
  ADD ("date-alone-is-its-first-moment", test_date_alone_is_its_first_moment);
  ADD ("relative", test_relative);
  ADD ("share", test_share);
  ADD ("epoch", test_epoch);
  ADD ("ranges", test_ranges);
  ADD ("log-lines", test_log_lines);
  ADD ("hits", test_hits);
  ADD ("bad-input", test_bad_input);
  ADD ("too-long-is-refused", test_too_long_is_refused);
  ADD ("failure-leaves-the-result-alone", test_failure_leaves_the_result_alone);
  ADD ("time-without-date-is-the-nearest", test_time_without_date_is_the_nearest);
  ADD ("date-without-year-is-the-nearest", test_date_without_year_is_the_nearest);
  ADD ("clocks-put-back", test_clocks_put_back);
  ADD ("clocks-put-forward", test_clocks_put_forward);
  g_test_add_func ("/times/no-zone-is-utc", test_no_zone_is_utc);
  g_test_add_func ("/times/format", test_format);
  g_test_add_func ("/times/duration", test_duration);
  g_test_add_func ("/times/printed-times-read-back", test_printed_times_read_back);
  return g_test_run ();
}
