// SPDX-License-Identifier: BSD-3-Clause
// ViewerWindow: which actions can be used now, and the states that say where one is.
#include "viewer-window-private.h"

#include "model/viewer-breakpoint.h"

/* Actions that need a position; all others are always there. */
static const char *const session_actions[] = {
  "step",         "step-back",    "next",          "next-back",         "finish",
  "finish-back",  "continue",     "continue-back", "run-to-line",       "run-to-line-back",
  "previous-hit", "next-hit",     "slowest-hit",   "toggle-breakpoint", "jump",
  "go-to",        "go-start",     "go-end",        "stack-up",          "stack-down",
  "show-file",    "show-current", "find",          "find-hotspot",      "zoom-in",
  "zoom-out",     "zoom-whole",   "zoom-range",    "sort-hotspots",     "activate-hotspot"
};

static gboolean
has_position (ViewerWindow *self)
{
  return self->session && viewer_session_get_place (self->session)->valid;
}

static void
set_state (ViewerWindow *self, const char *name, GVariant *state)
{
  g_simple_action_set_state (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), state);
}

static void
set_enabled (ViewerWindow *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static GVariant *
describe_breakpoints (ViewerSession *session)
{
  GListModel *list = viewer_session_get_breakpoints (session);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (ViewerBreakpoint) breakpoint = g_list_model_get_item (list, i);

      g_variant_builder_add (&builder, "s", breakpoint->location);
    }
  return g_variant_builder_end (&builder);
}

static void
update_states (ViewerWindow *self)
{
  const ViewerPlace *place = viewer_session_get_place (self->session);
  gint64 from_ns, to_ns;

  viewer_session_get_range (self->session, &from_ns, &to_ns);
  set_state (self, "range", g_variant_new ("(xx)", from_ns, to_ns));
  set_state (self, "breakpoints", describe_breakpoints (self->session));
  set_state (self, "process", g_variant_new_bytestring (viewer_session_get_name (self->session)));
  if (!place->valid)
    return;
  set_state (self, "position", g_variant_new_uint64 (place->step.position));
  set_state (self, "location", g_variant_new_string (place->location));
}

/** _viewer_window_update_zone: tells the session what was chosen in the menu. */
void
_viewer_window_update_zone (ViewerWindow *self)
{
  g_autoptr (GVariant) state = g_action_group_get_action_state (G_ACTION_GROUP (self), "zone");
  const char *name = g_variant_get_string (state, NULL);

  if (self->session)
    viewer_session_set_zone (self->session, g_str_equal (name, "utc")        ? VIEWER_ZONE_UTC
                                            : g_str_equal (name, "recorder") ? VIEWER_ZONE_RECORDER
                                                                             : VIEWER_ZONE_LOCAL);
}

/** _viewer_window_update_actions: the one place that decides what can be done now. */
void
_viewer_window_update_actions (ViewerWindow *self)
{
  gboolean ready = has_position (self);
  gint64 from_ns, to_ns;

  for (guint i = 0; i < G_N_ELEMENTS (session_actions); i++)
    set_enabled (self, session_actions[i], ready);
  set_enabled (self, "history-back", ready && viewer_session_can_go_in_history (self->session, -1));
  set_enabled (self, "history-forward",
               ready && viewer_session_can_go_in_history (self->session, 1));
  set_enabled (self, "clear-range",
               ready && viewer_session_get_range (self->session, &from_ns, &to_ns));
  set_enabled (self, "cancel", self->session != NULL || self->cancellable != NULL);
  if (self->session)
    update_states (self);
}
