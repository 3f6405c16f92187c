// SPDX-License-Identifier: BSD-3-Clause
// ViewerHotspotsPanel: the session's hot spots, filtered by what is typed and sorted by a click on
// a column's title. The columns are in viewer-hotspots-columns.c.
#include "viewer-hotspots-panel.h"

#include <glib/gi18n.h>
#include <string.h>

#include "model/viewer-format.h"
#include "model/viewer-hotspot.h"
#include "viewer-hotspots-columns.h"
#include "viewer-list-hold.h"

struct _ViewerHotspotsPanel
{
  GtkWidget parent_instance;

  /* template children */
  GtkLabel *summary_label;
  GtkSearchEntry *entry;
  GtkColumnView *view;

  GtkFilterListModel *filtered; /* owned */
  GtkSortListModel *sorted;     /* borrowed from the selection's model */
  char *needle;                 /* owned, case-folded; NULL: all */

  ViewerSession *session; /* owned, nullable */
  GSignalGroup *signals;  /* owned: of the session */
};

enum
{
  PROP_0,
  PROP_SESSION,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (ViewerHotspotsPanel, viewer_hotspots_panel, GTK_TYPE_WIDGET)

static gboolean
match_cb (gpointer item, gpointer user_data)
{
  ViewerHotspotsPanel *self = user_data;
  ViewerHotspot *hotspot = item;

  return !self->needle || strstr (hotspot->key, self->needle) != NULL;
}

static void
search_changed_cb (ViewerHotspotsPanel *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  g_clear_pointer (&self->needle, g_free);
  if (text[0])
    self->needle = g_utf8_casefold (text, -1);
  gtk_filter_changed (gtk_filter_list_model_get_filter (self->filtered),
                      GTK_FILTER_CHANGE_DIFFERENT);
}

static void
activate_cb (ViewerHotspotsPanel *self, guint position)
{
  g_autoptr (ViewerHotspot) hotspot =
      g_list_model_get_item (G_LIST_MODEL (gtk_column_view_get_model (self->view)), position);

  if (!self->session || !hotspot || !hotspot->file)
    return;
  if (hotspot->count)
    viewer_session_go_to_slowest (self->session, hotspot->file, hotspot->line);
  else
    viewer_session_show_file (self->session, hotspot->file, hotspot->line);
}

static void
hotspots_changed_cb (ViewerHotspotsPanel *self)
{
  guint64 total_ns, total_steps, missing;
  g_autofree char *time = NULL, *steps = NULL, *text = NULL;
  gint64 from_ns, to_ns;

  if (!viewer_session_get_hotspots_summary (self->session, &total_ns, &total_steps, &missing))
    return;
  time = viewer_format_duration ((gint64) total_ns);
  steps = viewer_format_count (total_steps);
  if (viewer_session_get_range (self->session, &from_ns, &to_ns))
    /* Translators: a duration and a number, of the time range that the user selected. */
    text = g_strdup_printf (_ ("selected range: %s, %s steps"), time, steps);
  else
    text = g_strdup_printf (_ ("whole recording: %s, %s steps"), time, steps);
  if (missing)
    {
      g_autofree char *whole = g_steal_pointer (&text);

      text = g_strdup_printf (_ ("%s; a part is missing, the figures are too small"), whole);
    }
  gtk_label_set_text (self->summary_label, text);
}

static void
viewer_hotspots_panel_set_session (ViewerHotspotsPanel *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_signal_group_set_target (self->signals, session);
  gtk_filter_list_model_set_model (self->filtered,
                                   session ? viewer_session_get_hotspots (session) : NULL);
  gtk_label_set_text (self->summary_label, session ? _ ("counting…") : "");
  if (session)
    hotspots_changed_cb (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_hotspots_panel_get_property (GObject *object,
                                    guint prop_id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_HOTSPOTS_PANEL (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_hotspots_panel_set_property (GObject *object,
                                    guint prop_id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_hotspots_panel_set_session (VIEWER_HOTSPOTS_PANEL (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_hotspots_panel_dispose (GObject *object)
{
  ViewerHotspotsPanel *self = VIEWER_HOTSPOTS_PANEL (object);
  GtkWidget *child;

  g_clear_object (&self->filtered);
  g_clear_pointer (&self->needle, g_free);
  g_clear_object (&self->signals);
  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_hotspots_panel_parent_class)->dispose (object);
}

static void
viewer_hotspots_panel_class_init (ViewerHotspotsPanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_hotspots_panel_get_property;
  object_class->set_property = viewer_hotspots_panel_set_property;
  object_class->dispose = viewer_hotspots_panel_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/trackexec/Viewer/viewer-hotspots-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerHotspotsPanel, summary_label);
  gtk_widget_class_bind_template_child (widget_class, ViewerHotspotsPanel, entry);
  gtk_widget_class_bind_template_child (widget_class, ViewerHotspotsPanel, view);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
}

/* hot spots of the session -> filtered -> sorted -> selection -> view */
static void
init_models (ViewerHotspotsPanel *self)
{
  GtkCustomFilter *filter = gtk_custom_filter_new (match_cb, self, NULL);
  GtkSingleSelection *selection;

  viewer_hotspots_columns_add (self->view);
  self->filtered = gtk_filter_list_model_new (NULL, GTK_FILTER (filter));
  self->sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (self->filtered)),
                                          g_object_ref (gtk_column_view_get_sorter (self->view)));
  selection = gtk_single_selection_new (G_LIST_MODEL (self->sorted));
  gtk_single_selection_set_autoselect (selection, FALSE);
  gtk_single_selection_set_can_unselect (selection, TRUE);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (selection));
  g_object_unref (selection);
  viewer_hotspots_columns_sort (self->view, "cumulated");
}

static void
viewer_hotspots_panel_init (ViewerHotspotsPanel *self)
{
  self->signals = g_signal_group_new (VIEWER_TYPE_SESSION);
  g_signal_group_connect_swapped (self->signals, "hotspots-changed",
                                  G_CALLBACK (hotspots_changed_cb), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  viewer_list_hold_while_changing (GTK_SCROLLABLE (self->view));
  init_models (self);
}

void
viewer_hotspots_panel_focus_search (ViewerHotspotsPanel *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

/** viewer_hotspots_panel_sort: @column: its id; Returns: %FALSE where there is no such column. */
gboolean
viewer_hotspots_panel_sort (ViewerHotspotsPanel *self, const char *column)
{
  return viewer_hotspots_columns_sort (self->view, column);
}

/** viewer_hotspots_panel_activate: @row: as shown, from 0 */
gboolean
viewer_hotspots_panel_activate (ViewerHotspotsPanel *self, guint row)
{
  if (row >= g_list_model_get_n_items (G_LIST_MODEL (gtk_column_view_get_model (self->view))))
    return FALSE;
  activate_cb (self, row);
  return TRUE;
}
