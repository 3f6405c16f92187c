// SPDX-License-Identifier: BSD-3-Clause
// ViewerScale: arithmetic of the timeline: time to pixel and back, zoom at a pixel,
// pan, and ticks whose step and labels follow the zoom. Knows no widget and no trace.
#include "viewer-scale.h"

#include <math.h>
#include <string.h>

#define SECOND_NS G_GINT64_CONSTANT (1000000000)

/* 1896 to 2116: differences of times within stay far from what a gint64 holds, whatever a trace says. */
#define TIME_MIN_NS (-(G_GINT64_CONSTANT (1) << 61))
#define TIME_MAX_NS (G_GINT64_CONSTANT (1) << 62)

/* Steps of the ruler from a second up; below, 1-2-5 times a power of ten. */
static const gint64 long_steps_s[] = {
  1,     2,     5,         10,        15,         30,         60,         120,
  300,   600,   900,       1800,      3600,       7200,       14400,      21600,
  43200, 86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 91 * 86400, 365 * 86400,
};

void
viewer_scale_init (ViewerScale *self)
{
  *self = (ViewerScale){ .whole_to_ns = SECOND_NS, .to_ns = SECOND_NS, .width = 1 };
}

static void
clamp_view (ViewerScale *self, gint64 from_ns, gint64 span_ns)
{
  gint64 whole_ns = self->whole_to_ns - self->whole_from_ns;

  span_ns = CLAMP (span_ns, MIN (VIEWER_SCALE_SPAN_MIN_NS, whole_ns), whole_ns);
  self->from_ns = CLAMP (from_ns, self->whole_from_ns, self->whole_to_ns - span_ns);
  self->to_ns = self->from_ns + span_ns;
}

/**
 * viewer_scale_set_whole:
 *
 * The stretch that the recording covers. A view of the whole stays one of the
 * whole (a growing trace is shown growing), any other view stays where it is.
 */
void
viewer_scale_set_whole (ViewerScale *self, gint64 from_ns, gint64 to_ns)
{
  gboolean was_whole = viewer_scale_is_whole (self);

  self->whole_from_ns = CLAMP (from_ns, TIME_MIN_NS, TIME_MAX_NS - 1);
  self->whole_to_ns = CLAMP (to_ns, self->whole_from_ns + 1, TIME_MAX_NS);
  if (was_whole)
    viewer_scale_show_all (self);
  else
    clamp_view (self, self->from_ns, self->to_ns - self->from_ns);
}

void
viewer_scale_show (ViewerScale *self, gint64 from_ns, gint64 to_ns)
{
  from_ns = CLAMP (from_ns, self->whole_from_ns, self->whole_to_ns);
  to_ns = CLAMP (to_ns, self->whole_from_ns, self->whole_to_ns);
  clamp_view (self, from_ns, to_ns - from_ns);
}

void
viewer_scale_show_all (ViewerScale *self)
{
  self->from_ns = self->whole_from_ns;
  self->to_ns = self->whole_to_ns;
}

/**
 * viewer_scale_zoom:
 * @factor: above 1 shows less time
 * @x: the pixel whose time stays in place
 */
void
viewer_scale_zoom (ViewerScale *self, double factor, double x)
{
  gint64 at_ns = viewer_scale_time (self, x);
  double span_ns = (double) (self->to_ns - self->from_ns) / factor;
  double whole_ns = (double) (self->whole_to_ns - self->whole_from_ns);

  span_ns = CLAMP (span_ns, 1.0, whole_ns);
  span_ns = MAX (span_ns, MIN ((double) VIEWER_SCALE_SPAN_MIN_NS, whole_ns));
  clamp_view (self, at_ns - (gint64) (span_ns * x / self->width), (gint64) span_ns);
}

/** viewer_scale_pan: moves the view by a share of its own span. */
void
viewer_scale_pan (ViewerScale *self, double fraction)
{
  gint64 span_ns = self->to_ns - self->from_ns;

  clamp_view (self, self->from_ns + (gint64) ((double) span_ns * fraction), span_ns);
}

/** viewer_scale_reveal: moves the view, its span kept, when @time_ns is outside. */
void
viewer_scale_reveal (ViewerScale *self, gint64 time_ns)
{
  gint64 span_ns = self->to_ns - self->from_ns;

  time_ns = CLAMP (time_ns, self->whole_from_ns, self->whole_to_ns);
  if (time_ns < self->from_ns || time_ns > self->to_ns)
    clamp_view (self, time_ns - span_ns / 2, span_ns);
}

gboolean
viewer_scale_is_whole (const ViewerScale *self)
{
  return self->from_ns == self->whole_from_ns && self->to_ns == self->whole_to_ns;
}

double
viewer_scale_x (const ViewerScale *self, gint64 time_ns)
{
  time_ns = CLAMP (time_ns, TIME_MIN_NS, TIME_MAX_NS);
  return (double) (time_ns - self->from_ns) / (double) (self->to_ns - self->from_ns) * self->width;
}

gint64
viewer_scale_time (const ViewerScale *self, double x)
{
  double share = CLAMP (x / self->width, 0.0, 1.0);

  return self->from_ns + (gint64) (share * (double) (self->to_ns - self->from_ns));
}

static gint64
choose_step_ns (const ViewerScale *self, double min_gap_px)
{
  double ideal_ns = (double) (self->to_ns - self->from_ns) * min_gap_px / self->width;

  if (ideal_ns <= (double) SECOND_NS)
    for (gint64 power_ns = 1; power_ns <= SECOND_NS; power_ns *= 10)
      for (gint64 i = 1; i <= 5; i += i == 1 ? 1 : 3)
        if ((double) (i * power_ns) >= ideal_ns)
          return MIN (i * power_ns, SECOND_NS);
  for (guint i = 0; i < G_N_ELEMENTS (long_steps_s); i++)
    if ((double) long_steps_s[i] * (double) SECOND_NS >= ideal_ns)
      return long_steps_s[i] * SECOND_NS;
  return 3650 * 86400 * SECOND_NS;
}

static gint64
floor_to_ns (gint64 value_ns, gint64 step_ns)
{
  gint64 rest_ns = value_ns % step_ns;

  return value_ns - (rest_ns < 0 ? rest_ns + step_ns : rest_ns);
}

static GDateTime *
date_time_new (gint64 time_ns, GTimeZone *zone)
{
  g_autoptr (GDateTime) utc =
      g_date_time_new_from_unix_utc (floor_to_ns (time_ns, SECOND_NS) / SECOND_NS);

  return utc ? g_date_time_to_timezone (utc, zone) : NULL;
}

/* Below a second, the second and as many digits as the step needs: ":07.120". */
static void
print_label (char *label, gsize size, gint64 time_ns, gint64 step_ns, GTimeZone *zone)
{
  g_autoptr (GDateTime) moment = date_time_new (time_ns, zone);
  g_autofree char *text = NULL;

  if (!moment)
    return;
  if (step_ns < SECOND_NS)
    {
      int digits = 9;
      gint64 fraction = time_ns - floor_to_ns (time_ns, SECOND_NS);

      for (gint64 unit = step_ns; unit % 10 == 0 && digits > 1; unit /= 10, digits--)
        fraction /= 10;
      g_snprintf (label, size, ":%02d.%0*" G_GINT64_FORMAT, g_date_time_get_second (moment), digits,
                  fraction);
      return;
    }
  if (step_ns >= 86400 * SECOND_NS)
    text = g_date_time_format (moment, "%-d %b");
  else if (step_ns >= 60 * SECOND_NS)
    text = g_date_time_format (moment, "%H:%M");
  else
    text = g_date_time_format (moment, "%H:%M:%S");
  g_strlcpy (label, text, size);
}

/* Ticks stand on round local times, so the zone's offset is taken out before rounding. */
static gint64
zone_offset_ns (gint64 time_ns, GTimeZone *zone)
{
  g_autoptr (GDateTime) moment = date_time_new (time_ns, zone);

  return moment ? g_date_time_get_utc_offset (moment) * 1000 : 0;
}

/**
 * viewer_scale_dup_ticks:
 * @min_gap_px: labels stand at least that far apart
 *
 * Returns: (transfer full) (element-type ViewerTick): in order; between two labelled ticks
 *   there are four minor ones
 */
GArray *
viewer_scale_dup_ticks (const ViewerScale *self, GTimeZone *zone, double min_gap_px)
{
  GArray *ticks = g_array_new (FALSE, TRUE, sizeof (ViewerTick));
  gint64 step_ns = choose_step_ns (self, min_gap_px);
  gint64 minor_ns = MAX (step_ns / 5, 1);
  gint64 offset_ns = zone_offset_ns (self->from_ns, zone);
  gint64 first_ns = floor_to_ns (self->from_ns + offset_ns, step_ns) - offset_ns;

  for (gint64 time_ns = first_ns; time_ns <= self->to_ns && ticks->len < 5000; time_ns += minor_ns)
    {
      ViewerTick tick = { .time_ns = time_ns };

      if (time_ns < self->from_ns - step_ns)
        continue;
      if ((time_ns - first_ns) % step_ns == 0)
        print_label (tick.label, sizeof tick.label, time_ns, step_ns, zone);
      g_array_append_val (ticks, tick);
    }
  return ticks;
}

/**
 * viewer_scale_dup_anchor:
 *
 * Returns: (transfer full): what the labels of the ticks leave out: the date, and below
 *   a second also hour and minute
 */
char *
viewer_scale_dup_anchor (const ViewerScale *self, GTimeZone *zone, double min_gap_px)
{
  gint64 step_ns = choose_step_ns (self, min_gap_px);
  g_autoptr (GDateTime) moment = date_time_new (self->from_ns, zone);

  if (!moment)
    return g_strdup ("");
  if (step_ns >= 86400 * SECOND_NS)
    return g_date_time_format (moment, "%Y");
  if (step_ns >= SECOND_NS)
    return g_date_time_format (moment, "%-d %b %Y");
  return g_date_time_format (moment, "%-d %b %H:%M");
}

/** viewer_scale_dup_moment: a moment with the digits that tell it from the next pixel's. */
char *
viewer_scale_dup_moment (const ViewerScale *self, GTimeZone *zone, gint64 time_ns)
{
  g_autoptr (GDateTime) moment = date_time_new (time_ns, zone);
  double pixel_ns = (double) (self->to_ns - self->from_ns) / self->width;
  g_autofree char *seconds = NULL;
  gint64 fraction = time_ns - floor_to_ns (time_ns, SECOND_NS);
  int digits = 0;

  if (!moment)
    return g_strdup ("");
  seconds = g_date_time_format (moment, "%H:%M:%S");
  for (double unit_ns = (double) SECOND_NS; unit_ns > pixel_ns && digits < 9; unit_ns /= 10)
    digits++;
  for (int i = digits; i < 9; i++)
    fraction /= 10;
  if (digits == 0)
    return g_steal_pointer (&seconds);
  return g_strdup_printf ("%s.%0*" G_GINT64_FORMAT, seconds, digits, fraction);
}
