// SPDX-License-Identifier: BSD-3-Clause
// The viewer's models that need neither a trace nor a display: scale of the timeline, history, text
// of sources, lines, figures.
#include <glib.h>
#include <string.h>

#include "model/viewer-format.h"
#include "model/viewer-history.h"
#include "model/viewer-lines.h"
#include "model/viewer-scale.h"
#include "model/viewer-source.h"

#define MS G_GINT64_CONSTANT (1000000)
#define S  G_GINT64_CONSTANT (1000000000)

static ViewerScale
make_scale (gint64 from_ns, gint64 to_ns, double width)
{
  ViewerScale scale;

  viewer_scale_init (&scale);
  viewer_scale_set_whole (&scale, from_ns, to_ns);
  scale.width = width;
  return scale;
}

static void
scale_maps_time_to_pixel_and_back (void)
{
  ViewerScale scale = make_scale (100 * S, 110 * S, 1000);

  g_assert_cmpfloat (viewer_scale_x (&scale, 105 * S), ==, 500);
  g_assert_cmpint (viewer_scale_time (&scale, 250), ==, 100 * S + 2500 * MS);
  g_assert_cmpint (viewer_scale_time (&scale, -10), ==, 100 * S);
  g_assert_cmpint (viewer_scale_time (&scale, 5000), ==, 110 * S);
}

static void
scale_of_all_time_has_few_ticks (void)
{
  ViewerScale scale = make_scale (G_MININT64, G_MAXINT64, 1000);
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_autoptr (GArray) ticks = viewer_scale_dup_ticks (&scale, zone, 90);

  g_assert_cmpuint (ticks->len, <, 5000);
  g_assert_cmpfloat (viewer_scale_x (&scale, G_MAXINT64), ==, 1000);
  viewer_scale_reveal (&scale, G_MININT64);
  viewer_scale_show (&scale, G_MININT64, G_MAXINT64);
  g_assert_true (viewer_scale_is_whole (&scale));
}

static void
source_is_cut_where_a_text_view_would_not_take_it (void)
{
  const gsize size = 3 << 20;
  g_autofree char *lines = g_strnfill (size, '\n');
  g_autofree char *line = g_strnfill (size, 'x');
  g_autofree char *few = NULL;
  g_autofree char *short_line = NULL;
  gboolean exact;

  few = viewer_source_decode (lines, size, &exact);
  g_assert_false (exact);
  g_assert_cmpuint (strlen (few), ==, 200000);
  short_line = viewer_source_decode (line, size, &exact);
  g_assert_false (exact);
  g_assert_cmpuint (strlen (short_line), ==, 10000 + strlen ("…"));
}

static void
scale_zooms_at_the_pixel (void)
{
  ViewerScale scale = make_scale (0, 100 * S, 1000);
  gint64 before_ns = viewer_scale_time (&scale, 300);

  viewer_scale_zoom (&scale, 4, 300);
  g_assert_cmpint (scale.to_ns - scale.from_ns, ==, 25 * S);
  g_assert_cmpint (ABS (viewer_scale_time (&scale, 300) - before_ns), <, 10);
  viewer_scale_zoom (&scale, 0.001, 300);
  g_assert_true (viewer_scale_is_whole (&scale));
}

static void
scale_stays_inside_and_above_a_microsecond (void)
{
  ViewerScale scale = make_scale (0, 100 * S, 1000);

  viewer_scale_zoom (&scale, 1e30, 999);
  g_assert_cmpint (scale.to_ns - scale.from_ns, ==, VIEWER_SCALE_SPAN_MIN_NS);
  g_assert_cmpint (scale.to_ns, <=, 100 * S);
  viewer_scale_pan (&scale, 1e6);
  g_assert_cmpint (scale.to_ns, <=, 100 * S);
  viewer_scale_pan (&scale, -1e12);
  g_assert_cmpint (scale.from_ns, ==, 0);
}

static void
scale_of_a_growing_recording (void)
{
  ViewerScale scale = make_scale (0, 10 * S, 1000);

  viewer_scale_set_whole (&scale, 0, 20 * S);
  g_assert_true (viewer_scale_is_whole (&scale));
  viewer_scale_show (&scale, 5 * S, 6 * S);
  viewer_scale_set_whole (&scale, 0, 30 * S);
  g_assert_cmpint (scale.from_ns, ==, 5 * S);
  g_assert_cmpint (scale.to_ns, ==, 6 * S);
}

static void
scale_reveals_only_what_is_outside (void)
{
  ViewerScale scale = make_scale (0, 100 * S, 1000);

  viewer_scale_show (&scale, 10 * S, 20 * S);
  viewer_scale_reveal (&scale, 15 * S);
  g_assert_cmpint (scale.from_ns, ==, 10 * S);
  viewer_scale_reveal (&scale, 50 * S);
  g_assert_cmpint (scale.from_ns, ==, 45 * S);
}

static char *
dup_labels (const ViewerScale *scale)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_autoptr (GArray) ticks = viewer_scale_dup_ticks (scale, zone, 100);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < ticks->len; i++)
    {
      const ViewerTick *tick = &g_array_index (ticks, ViewerTick, i);

      if (tick->label[0] && tick->time_ns >= scale->from_ns)
        g_string_append_printf (text, "%s%s", text->len ? " " : "", tick->label);
    }
  return g_string_free (text, FALSE);
}

static void
ticks_follow_the_zoom (void)
{
  ViewerScale scale = make_scale (0, 86400 * S, 1000);
  struct
  {
    gint64 from_ns;
    gint64 to_ns;
    const char *labels;
  } cases[] = {
    { 0, 40 * S,
      "00:00:00 00:00:05 00:00:10 00:00:15 00:00:20 00:00:25 00:00:30 00:00:35 "
      "00:00:40" },
    { 3600 * S, 3600 * S + 500 * MS,
      ":00.00 :00.05 :00.10 :00.15 :00.20 :00.25 :00.30 :00.35 "
      ":00.40 :00.45 :00.50" },
    { 0, 2 * MS,
      ":00.0000 :00.0002 :00.0004 :00.0006 :00.0008 :00.0010 :00.0012 :00.0014 "
      ":00.0016 :00.0018 :00.0020" },
    { 0, 21600 * S, "00:00 01:00 02:00 03:00 04:00 05:00 06:00" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *labels = NULL;

      viewer_scale_show (&scale, cases[i].from_ns, cases[i].to_ns);
      labels = dup_labels (&scale);
      g_assert_cmpstr (labels, ==, cases[i].labels);
    }
}

static void
ticks_before_1970_and_for_years (void)
{
  ViewerScale scale = make_scale (-100 * S, -50 * S, 800);
  g_autofree char *labels = dup_labels (&scale);
  g_autofree char *long_labels = NULL;

  g_assert_true (g_str_has_prefix (labels, "23:58:20"));
  scale = make_scale (0, 40 * G_GINT64_CONSTANT (31536000) * S, 800);
  long_labels = dup_labels (&scale);
  g_assert_cmpuint (strlen (long_labels), >, 0);
}

static void
history_goes_back_to_where_one_jumped_from (void)
{
  ViewerHistory history;
  guint64 at = 0;

  viewer_history_init (&history);
  viewer_history_jump (&history, 10);
  viewer_history_drift (&history, 12);
  viewer_history_jump (&history, 500);
  g_assert_true (viewer_history_go (&history, -1, &at));
  g_assert_cmpuint (at, ==, 12);
  g_assert_false (viewer_history_can_go (&history, -1));
  g_assert_true (viewer_history_go (&history, 1, &at));
  g_assert_cmpuint (at, ==, 500);
  viewer_history_clear (&history);
}

static void
history_forgets_what_lay_ahead_and_the_oldest (void)
{
  ViewerHistory history;
  guint64 at = 0;

  viewer_history_init (&history);
  for (guint64 i = 0; i < VIEWER_HISTORY_MAX + 10; i++)
    viewer_history_jump (&history, i);
  g_assert_cmpuint (history.positions->len, ==, VIEWER_HISTORY_MAX);
  viewer_history_go (&history, -1, &at);
  viewer_history_go (&history, -1, &at);
  viewer_history_jump (&history, 7);
  g_assert_false (viewer_history_can_go (&history, 1));
  viewer_history_clear (&history);
}

static void
assert_decodes (const char *bytes, gsize size_bytes, const char *text, gboolean exact)
{
  gboolean is_exact;
  g_autofree char *decoded = viewer_source_decode (bytes, size_bytes, &is_exact);

  g_assert_cmpstr (decoded, ==, text);
  g_assert_cmpint (is_exact, ==, exact);
}

static void
source_is_decoded_as_python_does (void)
{
#define BYTES(text) text, sizeof (text) - 1
  assert_decodes (BYTES ("x = 'é'\n"), "x = 'é'\n", TRUE);
  assert_decodes (BYTES ("\xef\xbb\xbfx = 1\n"), "x = 1\n", TRUE);
  assert_decodes (BYTES ("# -*- coding: latin-1 -*-\nx = '\xe9'\n"),
                  "# -*- coding: latin-1 -*-\nx = 'é'\n", TRUE);
  assert_decodes (BYTES ("#!/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n"),
                  "#!/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n", TRUE);
  /* Not in the first two lines, and not in a comment: no cookie. */
  assert_decodes (BYTES ("x = 'coding: latin-1'\n# coding: latin-1\n\xe9"),
                  "x = 'coding: latin-1'\n# coding: latin-1\n\xef\xbf\xbd", FALSE);
  assert_decodes (BYTES ("# coding: no-such-thing\nx = 1\n"), "# coding: no-such-thing\nx = 1\n",
                  TRUE);
}

static void
source_lines_end_as_for_python (void)
{
  static const char bytes[] = "a\r\nb\rc\x0c\n  d\xe2\x80\xa8 e\0\nlast";
  g_autoptr (ViewerSource) source = viewer_source_new (1, "/x/y.py", bytes, sizeof bytes - 1);
  g_autofree char *second = viewer_source_dup_line (source, 2);
  g_autofree char *fourth = viewer_source_dup_line (source, 4);
  g_autofree char *none = viewer_source_dup_line (source, 99);

  g_assert_cmpuint (viewer_source_get_n_lines (source), ==, 5);
  g_assert_cmpstr (second, ==, "b");
  g_assert_cmpstr (fourth, ==, "d\xe2\x80\xa8 e\xef\xbf\xbd");
  g_assert_cmpstr (none, ==, "");
}

static void
source_that_is_hostile_becomes_utf8 (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (int round = 0; round < 300; round++)
    {
      char bytes[64];
      gboolean exact;
      g_autofree char *text = NULL;

      for (gsize i = 0; i < sizeof bytes; i++)
        bytes[i] = (char) g_rand_int_range (random, 0, 256);
      if (round % 3 == 0)
        memcpy (bytes, "#coding=utf-16\n", 15);
      text = viewer_source_decode (bytes, sizeof bytes, &exact);
      g_assert_true (g_utf8_validate (text, -1, NULL));
    }
}

static void
lines_of_functions_never_called (void)
{
  static const char text[] = "import os\n"        /* 1 ran */
                             "def called(a):\n"   /* 2 ran */
                             "    if a:\n"        /* 3 ran */
                             "        b()\n"      /* 4 known never */
                             "\n"                 /* 5 */
                             "async def never(\n" /* 6 ran: the def itself */
                             "    x,\n"           /* 7 */
                             "):\n"               /* 8 */
                             "    '''doc'''\n"    /* 9 */
                             "\n"                 /* 10 */
                             "    return x\n"     /* 11 */
                             "# done\n";          /* 12 */
  g_autoptr (ViewerSource) source = viewer_source_new (1, "m.py", text, sizeof text - 1);
  g_autoptr (GArray) lines = g_array_new (FALSE, TRUE, sizeof (ViewerLine));
  const ReplayFileLine known[] = {
    { 1, REPLAY_LINE_RAN, 1, 5, 5 },   { 2, REPLAY_LINE_RAN, 1, 9, 9 },
    { 3, REPLAY_LINE_RAN, 7, 20, 30 }, { 4, REPLAY_LINE_NEVER_RAN, 0, 0, 0 },
    { 6, REPLAY_LINE_RAN, 1, 1, 1 },
  };
  GString *states = g_string_new (NULL);

  viewer_lines_fill (lines, source, known, G_N_ELEMENTS (known));
  for (guint i = 0; i < lines->len; i++)
    g_string_append_c (states, "rncu"[g_array_index (lines, ViewerLine, i).state]);
  g_assert_cmpstr (states->str, ==, "rrrnurnnnnnu");
  g_assert_cmpuint (viewer_lines_get_hottest_ns (lines), ==, 20);
  g_string_free (states, TRUE);
}

static void
figures_are_short_and_grouped (void)
{
  struct
  {
    guint64 count;
    const char *text;
  } cases[] = {
    { 0, "0" },         { 9999, "9999" },   { 10000, "10k" },    { 12345, "12k" },
    { 999499, "999k" }, { 999500, "1.0M" }, { 3400000, "3.4M" }, { G_MAXUINT64, "18E" }
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = viewer_format_count_short (cases[i].count);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
  g_autofree char *grouped = viewer_format_count (1234567);
  g_autofree char *bound = viewer_format_bound (0);
  g_autofree char *duration = viewer_format_duration (12300);

  g_assert_cmpstr (grouped, ==,
                   "1\xe2\x80\xaf"
                   "234\xe2\x80\xaf"
                   "567");
  g_assert_cmpstr (bound, ==, "");
  g_assert_cmpstr (duration, ==, "12.3 µs");
}

static void
names_are_printable (void)
{
  g_autofree char *name = viewer_format_base_name ("/a/b\xff\n.py");
  g_autofree char *root = viewer_format_base_name ("/");

  g_assert_cmpstr (name, ==, "b\xef\xbf\xbd?.py");
  g_assert_cmpstr (root, ==, "/");
}

/* Pango takes a second for a list of names of 8,000 bytes each. */
static void
names_are_short (void)
{
  g_autofree char *many = g_strnfill (8192, 'x');
  g_autofree char *bytes = g_strconcat ("first\xc3\xa4", many, "\xc3\xa4last", NULL);
  g_autofree char *text = viewer_format_text (bytes);
  g_autofree char *as_long = g_strnfill (256, 'y');
  g_autofree char *kept = viewer_format_text (as_long);

  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_cmpint (g_utf8_strlen (text, -1), ==, 256);
  g_assert_true (g_str_has_prefix (text, "first\xc3\xa4xx"));
  g_assert_true (g_str_has_suffix (text, "xx\xc3\xa4last"));
  g_assert_nonnull (strstr (text, "x\xe2\x80\xa6x"));
  g_assert_cmpstr (kept, ==, as_long);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scale/maps-time-to-pixel-and-back", scale_maps_time_to_pixel_and_back);
  g_test_add_func ("/scale/zooms-at-the-pixel", scale_zooms_at_the_pixel);
  g_test_add_func ("/scale/all-time", scale_of_all_time_has_few_ticks);
  g_test_add_func ("/source/cut", source_is_cut_where_a_text_view_would_not_take_it);
  g_test_add_func ("/scale/stays-inside", scale_stays_inside_and_above_a_microsecond);
  g_test_add_func ("/scale/of-a-growing-recording", scale_of_a_growing_recording);
  g_test_add_func ("/scale/reveals-only-what-is-outside", scale_reveals_only_what_is_outside);
  g_test_add_func ("/scale/ticks-follow-the-zoom", ticks_follow_the_zoom);
  g_test_add_func ("/scale/ticks-before-1970-and-for-years", ticks_before_1970_and_for_years);
  g_test_add_func ("/history/goes-back", history_goes_back_to_where_one_jumped_from);
  g_test_add_func ("/history/forgets", history_forgets_what_lay_ahead_and_the_oldest);
  g_test_add_func ("/source/decoded-as-python-does", source_is_decoded_as_python_does);
  g_test_add_func ("/source/lines-end-as-for-python", source_lines_end_as_for_python);
  g_test_add_func ("/source/hostile-becomes-utf8", source_that_is_hostile_becomes_utf8);
  g_test_add_func ("/lines/of-functions-never-called", lines_of_functions_never_called);
  g_test_add_func ("/format/figures", figures_are_short_and_grouped);
  g_test_add_func ("/format/names-are-printable", names_are_printable);
  g_test_add_func ("/format/names-are-short", names_are_short);
  return g_test_run ();
}
