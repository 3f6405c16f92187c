// SPDX-License-Identifier: BSD-3-Clause
// ViewerWorkspace: composes the panels in two panes and hands the session on by bindings of its
// template. Knows where the handles were left.
#include "viewer-workspace.h"

#include "viewer-breakpoints-panel.h"
#include "viewer-stack-panel.h"
#include "viewer-status-bar.h"
#include "viewer-threads-panel.h"

struct _ViewerWorkspace
{
  GtkWidget parent_instance;

  /* template children */
  GtkPaned *bottom_paned;
  GtkPaned *side_paned;
  GtkWidget *sidebar;
  ViewerSourcePanel *source;
  ViewerTimelinePanel *timeline;
  ViewerHotspotsPanel *hotspots;

  ViewerSession *session; /* owned, nullable */
  GSettings *settings;    /* owned; NULL until placed */
};

enum
{
  PROP_0,
  PROP_SESSION,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (ViewerWorkspace, viewer_workspace, GTK_TYPE_WIDGET)

static void
viewer_workspace_set_session (ViewerWorkspace *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_workspace_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_WORKSPACE (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_workspace_set_property (GObject *object,
                               guint prop_id,
                               const GValue *value,
                               GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_workspace_set_session (VIEWER_WORKSPACE (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_workspace_dispose (GObject *object)
{
  ViewerWorkspace *self = VIEWER_WORKSPACE (object);
  GtkWidget *child;

  g_clear_object (&self->session);
  g_clear_object (&self->settings);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_workspace_parent_class)->dispose (object);
}

static void
viewer_workspace_class_init (ViewerWorkspaceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_workspace_get_property;
  object_class->set_property = viewer_workspace_set_property;
  object_class->dispose = viewer_workspace_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (VIEWER_TYPE_BREAKPOINTS_PANEL);
  g_type_ensure (VIEWER_TYPE_HOTSPOTS_PANEL);
  g_type_ensure (VIEWER_TYPE_SOURCE_PANEL);
  g_type_ensure (VIEWER_TYPE_STACK_PANEL);
  g_type_ensure (VIEWER_TYPE_STATUS_BAR);
  g_type_ensure (VIEWER_TYPE_THREADS_PANEL);
  g_type_ensure (VIEWER_TYPE_TIMELINE_PANEL);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-workspace.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerWorkspace, bottom_paned);
  gtk_widget_class_bind_template_child (widget_class, ViewerWorkspace, side_paned);
  gtk_widget_class_bind_template_child (widget_class, ViewerWorkspace, sidebar);
  gtk_widget_class_bind_template_child (widget_class, ViewerWorkspace, source);
  gtk_widget_class_bind_template_child (widget_class, ViewerWorkspace, timeline);
  gtk_widget_class_bind_template_child (widget_class, ViewerWorkspace, hotspots);
}

static void
viewer_workspace_init (ViewerWorkspace *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* The size of @paned is known with its first allocation, which may be that of a maximized window.
 */
static void
place_handle (ViewerWorkspace *self, GtkPaned *paned, GtkWidget *end, const char *key)
{
  GtkOrientation orientation = gtk_orientable_get_orientation (GTK_ORIENTABLE (paned));
  gboolean vertical = orientation == GTK_ORIENTATION_VERTICAL;
  int wanted = g_settings_get_int (self->settings, key);
  int max_position, minimum;

  g_object_get (paned, "max-position", &max_position, NULL);
  if (max_position <= 0 || max_position == G_MAXINT)
    return;
  gtk_widget_measure (end, orientation, -1, &minimum, NULL, NULL, NULL);
  if (wanted < 0 && vertical)
    wanted = CLAMP ((max_position + minimum) / 4, 110, 300);
  else if (wanted < 0)
    wanted = CLAMP ((max_position + minimum) / 4, 240, 340);
  g_signal_handlers_disconnect_by_data (paned, self);
  gtk_paned_set_position (paned, MAX (max_position - MAX (wanted - minimum, 0), 0));
}

static void
place_side_cb (ViewerWorkspace *self)
{
  place_handle (self, self->side_paned, self->sidebar, "side-width");
}

static void
place_bottom_cb (ViewerWorkspace *self)
{
  place_handle (self, self->bottom_paned, GTK_WIDGET (self->hotspots), "bottom-height");
}

/** viewer_workspace_place: the handles will be where settings say, or where the size suggests. */
void
viewer_workspace_place (ViewerWorkspace *self, GSettings *settings)
{
  g_set_object (&self->settings, settings);
  g_signal_connect_swapped (self->side_paned, "notify::max-position", G_CALLBACK (place_side_cb),
                            self);
  g_signal_connect_swapped (self->bottom_paned, "notify::max-position",
                            G_CALLBACK (place_bottom_cb), self);
}

/* Sizes of the ends, not of the starts: a window that opens larger gives the room to the source. */
static void
save_end (GSettings *settings, const char *key, GtkPaned *paned, GtkWidget *end)
{
  gboolean vertical =
      gtk_orientable_get_orientation (GTK_ORIENTABLE (paned)) == GTK_ORIENTATION_VERTICAL;
  int size = vertical ? gtk_widget_get_height (end) : gtk_widget_get_width (end);

  if (gtk_widget_get_mapped (end) && size > 0)
    g_settings_set_int (settings, key, size);
}

/** viewer_workspace_save: where the handles are. */
void
viewer_workspace_save (ViewerWorkspace *self, GSettings *settings)
{
  save_end (settings, "side-width", self->side_paned, self->sidebar);
  save_end (settings, "bottom-height", self->bottom_paned, GTK_WIDGET (self->hotspots));
}

void
viewer_workspace_show_sidebar (ViewerWorkspace *self, gboolean shown)
{
  gtk_widget_set_visible (self->sidebar, shown);
}

void
viewer_workspace_show_hotspots (ViewerWorkspace *self, gboolean shown)
{
  gtk_widget_set_visible (GTK_WIDGET (self->hotspots), shown);
}

ViewerSourcePanel *
viewer_workspace_get_source (ViewerWorkspace *self)
{
  return self->source;
}

ViewerHotspotsPanel *
viewer_workspace_get_hotspots (ViewerWorkspace *self)
{
  return self->hotspots;
}

/** viewer_workspace_get_timeline: the ViewerTimeline itself. */
GtkWidget *
viewer_workspace_get_timeline (ViewerWorkspace *self)
{
  return viewer_timeline_panel_get_timeline (self->timeline);
}
