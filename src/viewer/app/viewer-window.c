// SPDX-License-Identifier: BSD-3-Clause
// ViewerWindow: the class, and what it shows of its session: which page, the info bar, the title.
// Actions are in viewer-window-actions.c, opening and recent recordings in viewer-window-open.c.
#include "viewer-window-private.h"

#include <glib/gi18n.h>

#include "model/viewer-format.h"

enum
{
  PROP_0,
  PROP_SESSION,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (ViewerWindow, viewer_window, ADW_TYPE_APPLICATION_WINDOW)

/* The last thing said, for those who read the state of an action. */
void
_viewer_window_note_message (ViewerWindow *self, const char *text)
{
  GAction *message = g_action_map_lookup_action (G_ACTION_MAP (self), "message");

  g_simple_action_set_state (G_SIMPLE_ACTION (message), g_variant_new_string (text));
}

/* The one way for anything that failed or is worth a line. */
void
_viewer_window_show_message (ViewerWindow *self, const char *text)
{
  _viewer_window_note_message (self, text);
  viewer_notice_show (self->notice, text);
}

static void
failed_cb (ViewerWindow *self, const GError *error)
{
  _viewer_window_show_message (self, error->message);
}

static void
notice_cb (ViewerWindow *self, const char *text)
{
  _viewer_window_show_message (self, text);
}

static char *
dup_warning (ViewerSession *session)
{
  guint count;
  const char *damage = viewer_session_get_damage (session, &count);
  guint64 missing = viewer_session_get_missing (session);
  g_autofree char *blocks = viewer_format_count (missing);

  if (damage && count > 1)
    return g_strdup_printf (ngettext ("This recording is damaged; what is readable is shown. "
                                      "%s (and %u more place)",
                                      "This recording is damaged; what is readable is shown. "
                                      "%s (and %u more places)",
                                      count - 1),
                            damage, count - 1);
  if (damage)
    return g_strdup_printf (_ ("This recording is damaged; what is readable is shown. %s"), damage);
  if (missing)
    return g_strdup_printf (ngettext ("A part of this recording is missing or damaged (%s block); "
                                      "what is readable is shown.",
                                      "A part of this recording is missing or damaged (%s blocks); "
                                      "what is readable is shown.",
                                      missing),
                            blocks);
  if (viewer_session_get_state (session) == TX_STATE_DIED_TAIL_MISSING)
    return g_strdup (_ ("The program ended without closing its recording, and its last moments "
                        "are missing: the memory that held them is gone."));
  return NULL;
}

static void
update_info_bar (ViewerWindow *self)
{
  g_autofree char *text = self->session ? dup_warning (self->session) : NULL;

  if (text)
    gtk_label_set_text (self->info_label, text);
  gtk_info_bar_set_revealed (self->info_bar, text && g_strcmp0 (text, self->info_dismissed) != 0);
}

static void
info_closed_cb (ViewerWindow *self)
{
  g_free (self->info_dismissed);
  self->info_dismissed = g_strdup (gtk_label_get_text (self->info_label));
  gtk_info_bar_set_revealed (self->info_bar, FALSE);
}

static void
describe_empty (ViewerWindow *self)
{
  gboolean live = viewer_session_get_state (self->session) == TX_STATE_RECORDING;

  adw_status_page_set_title (self->empty_page,
                             live ? _ ("Waiting for the First Line") : _ ("Nothing Was Recorded"));
  adw_status_page_set_description (
      self->empty_page,
      live ? _ ("The program runs, but has not executed any line of the chosen packages yet.")
           : _ ("No line of the chosen packages was executed. Check the package names that the "
                "recording was started with."));
}

static void
focus_source (ViewerWindow *self)
{
  gtk_widget_grab_focus (
      viewer_source_panel_get_view (viewer_workspace_get_source (self->workspace)));
}

/* The keys act at once on a recording that has just appeared. */
static void
show_page (ViewerWindow *self, const char *name)
{
  gboolean other = g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), name) != 0;

  gtk_stack_set_visible_child_name (self->stack, name);
  if (other && g_str_equal (name, "workspace"))
    focus_source (self);
}

/* Which page: the workspace as soon as there is a step to stand on. */
static void
update_page (ViewerWindow *self)
{
  gboolean known = self->session && viewer_session_is_known (self->session);
  gboolean ready = known && viewer_session_get_n_steps (self->session) > 0;

  if (known && !ready)
    describe_empty (self);
  if (self->session && !self->cancellable)
    show_page (self, ready ? "workspace" : known ? "empty" : "loading");
  gtk_stack_set_visible_child_name (self->title_stack, ready ? "moves" : "title");
  gtk_widget_set_visible (GTK_WIDGET (self->time_entry), ready);
  gtk_widget_set_visible (self->sidebar_button, ready);
  gtk_widget_set_visible (self->hotspots_button, ready);
}

static void
extent_changed_cb (ViewerWindow *self)
{
  update_page (self);
  update_info_bar (self);
  _viewer_window_update_actions (self);
}

static void
update_processes (ViewerWindow *self)
{
  const char *const *names = self->session ? viewer_session_get_siblings (self->session) : NULL;
  gboolean several = names && names[0] && names[1];
  g_autoptr (GMenu) menu = g_menu_new ();

  gtk_widget_set_visible (self->process_button, several);
  gtk_widget_set_visible (GTK_WIDGET (self->process_title), self->session && !several);
  if (!self->session)
    return;
  gtk_label_set_text (self->process_label, viewer_session_get_name (self->session));
  gtk_label_set_text (self->process_title, viewer_session_get_name (self->session));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->process_title),
                               viewer_session_get_directory (self->session));
  for (guint i = 0; several && names[i]; i++)
    {
      g_autofree char *label = g_utf8_make_valid (names[i], -1);
      g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

      g_menu_item_set_action_and_target_value (item, "win.process",
                                               g_variant_new_bytestring (names[i]));
      g_menu_append_item (menu, item);
    }
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->process_button), G_MENU_MODEL (menu));
}

static void
update_title (ViewerWindow *self)
{
  g_autofree char *title = NULL;

  if (self->session)
    title = g_strdup_printf ("%s — %s", viewer_session_get_name (self->session),
                             _ ("trackexec Viewer"));
  gtk_window_set_title (GTK_WINDOW (self), title ? title : _ ("trackexec Viewer"));
}

/** _viewer_window_set_session: @session: (nullable): NULL closes what is open */
void
_viewer_window_set_session (ViewerWindow *self, ViewerSession *session)
{
  if (self->session == session)
    return;
  if (self->session)
    viewer_session_close (self->session);
  g_set_object (&self->session, session);
  g_signal_group_set_target (self->signals, session);
  g_clear_pointer (&self->info_dismissed, g_free);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
  _viewer_window_update_zone (self);
  update_page (self);
  update_processes (self);
  update_info_bar (self);
  update_title (self);
  _viewer_window_update_actions (self);
}

static void
time_done_cb (ViewerWindow *self)
{
  focus_source (self);
}

static void
save_size (ViewerWindow *self)
{
  int width, height;

  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  g_settings_set (self->settings, "window-size", "(ii)", width, height);
  g_settings_set_boolean (self->settings, "maximized", gtk_window_is_maximized (GTK_WINDOW (self)));
}

static gboolean
viewer_window_close_request (GtkWindow *window)
{
  save_size (VIEWER_WINDOW (window));
  viewer_workspace_save (VIEWER_WINDOW (window)->workspace, VIEWER_WINDOW (window)->settings);
  return GTK_WINDOW_CLASS (viewer_window_parent_class)->close_request (window);
}

static void
viewer_window_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_WINDOW (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_window_dispose (GObject *object)
{
  ViewerWindow *self = VIEWER_WINDOW (object);

  _viewer_window_cancel_load (self);
  if (self->session)
    viewer_session_close (self->session);
  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->info_dismissed, g_free);

  G_OBJECT_CLASS (viewer_window_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
#define BIND(name) gtk_widget_class_bind_template_child (widget_class, ViewerWindow, name)
  BIND (notice);
  BIND (open_button);
  BIND (process_button);
  BIND (process_label);
  BIND (process_title);
  BIND (title_stack);
  BIND (menu_button);
  BIND (sidebar_button);
  BIND (hotspots_button);
  BIND (time_entry);
  BIND (info_bar);
  BIND (info_label);
  BIND (stack);
  BIND (start_page);
  BIND (loading_page);
  BIND (spinner);
  BIND (empty_page);
  BIND (workspace);
#undef BIND
  gtk_widget_class_bind_template_callback (widget_class, time_done_cb);
  gtk_widget_class_bind_template_callback (widget_class, info_closed_cb);
}

static void
viewer_window_class_init (ViewerWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_window_get_property;
  object_class->dispose = viewer_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = viewer_window_close_request;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (VIEWER_TYPE_NOTICE);
  g_type_ensure (VIEWER_TYPE_START_PAGE);
  g_type_ensure (VIEWER_TYPE_TIME_ENTRY);
  g_type_ensure (VIEWER_TYPE_WORKSPACE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-window.ui");
  bind_children (widget_class);
}

static void
connect_session (ViewerWindow *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "failed", G_CALLBACK (failed_cb), self);
  g_signal_group_connect_swapped (self->signals, "notice", G_CALLBACK (notice_cb), self);
  g_signal_group_connect_swapped (self->signals, "hotspots-changed", G_CALLBACK (update_info_bar),
                                  self);
  g_signal_group_connect_swapped (self->signals, "extent-changed", G_CALLBACK (extent_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->signals, "moved",
                                  G_CALLBACK (_viewer_window_update_actions), self);
  g_signal_group_connect_swapped (self->signals, "shown",
                                  G_CALLBACK (_viewer_window_update_actions), self);
  g_signal_group_connect_swapped (self->signals, "range-changed",
                                  G_CALLBACK (_viewer_window_update_actions), self);
  g_signal_group_connect_swapped (self->signals, "breakpoints-changed",
                                  G_CALLBACK (_viewer_window_update_actions), self);
}

static void
restore_size (ViewerWindow *self)
{
  int width, height;

  g_settings_get (self->settings, "window-size", "(ii)", &width, &height);
  gtk_window_set_default_size (GTK_WINDOW (self), MAX (width, 360), MAX (height, 300));
  if (g_settings_get_boolean (self->settings, "maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  viewer_workspace_place (self->workspace, self->settings);
}

static void
viewer_window_init (ViewerWindow *self)
{
  self->settings = g_settings_new ("io.github.trackexec.Viewer");
  connect_session (self);
  gtk_widget_init_template (GTK_WIDGET (self));
  _viewer_window_init_actions (self);
  restore_size (self);
  _viewer_window_update_recent (self);
  _viewer_window_show_start (self);
  _viewer_window_update_actions (self);
}

ViewerWindow *
viewer_window_new (AdwApplication *application)
{
  return g_object_new (VIEWER_TYPE_WINDOW, "application", application, NULL);
}

/** viewer_window_get_session: (nullable) (transfer none) */
ViewerSession *
viewer_window_get_session (ViewerWindow *self)
{
  return self->session;
}

/** viewer_window_is_idle: whether nothing is being loaded or looked up: what tests wait for. */
gboolean
viewer_window_is_idle (ViewerWindow *self)
{
  return !self->cancellable && !(self->session && viewer_session_has_work (self->session));
}
