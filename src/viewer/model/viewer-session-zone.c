// SPDX-License-Identifier: BSD-3-Clause
// ViewerSession: the zone in which times are shown. Two objects of it: the library's for parsing
// and printing, GLib's for the ruler.
#include "viewer-session-private.h"

/* "+02:00" or a name of the zone database; anything else is not used. */
static ReplayZone *
make_recorder_zone (const char *name, GTimeZone **ret_time_zone)
{
  GTimeZone *time_zone = name ? g_time_zone_new_identifier (name) : NULL;
  ReplayZone *zone = NULL;

  if (!time_zone)
    return NULL;
  if (name[0] == '+' || name[0] == '-')
    zone = replay_zone_new_fixed (g_time_zone_get_offset (time_zone, 0));
  else
    zone = replay_zone_new_named (name);
  if (zone)
    *ret_time_zone = time_zone;
  else
    g_time_zone_unref (time_zone);
  return zone;
}

/** _viewer_session_update_zone: makes both objects from the choice, and says so. */
void
_viewer_session_update_zone (ViewerSession *self)
{
  GTimeZone *time_zone = NULL;
  ReplayZone *zone = NULL;

  if (self->zone_choice == VIEWER_ZONE_UTC)
    {
      zone = replay_zone_new_utc ();
      time_zone = g_time_zone_new_utc ();
    }
  else if (self->zone_choice == VIEWER_ZONE_RECORDER)
    zone = make_recorder_zone (self->recorder_zone, &time_zone);
  if (!zone)
    {
      zone = replay_zone_new_local ();
      time_zone = g_time_zone_new_local ();
    }
  replay_zone_free (self->zone);
  self->zone = zone;
  g_time_zone_unref (self->time_zone);
  self->time_zone = time_zone;
  if (self->place.valid)
    {
      g_free (self->place.time_text);
      self->place.time_text = viewer_session_dup_time_text (self, self->place.step.real_ns, 6);
    }
  _viewer_session_emit (self, VIEWER_SESSION_ZONE_CHANGED);
}

void
viewer_session_set_zone (ViewerSession *self, ViewerZone zone)
{
  if (self->zone_choice == zone)
    return;
  self->zone_choice = zone;
  _viewer_session_update_zone (self);
}
