// SPDX-License-Identifier: BSD-3-Clause
// ViewerTimeEntry: an entry whose text the session understands or refuses; the refusal stands in a
// popover under the entry until something else is typed.
#include "viewer-time-entry.h"

struct _ViewerTimeEntry
{
  GtkWidget parent_instance;

  /* template children */
  GtkEntry *entry;
  GtkPopover *popover;
  GtkLabel *error_label;

  ViewerSession *session; /* owned, nullable */
};

enum
{
  PROP_0,
  PROP_SESSION,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (ViewerTimeEntry, viewer_time_entry, GTK_TYPE_WIDGET)

static guint done_signal;

static void
changed_cb (ViewerTimeEntry *self)
{
  gtk_widget_remove_css_class (GTK_WIDGET (self->entry), "error");
  gtk_popover_popdown (self->popover);
}

static void
show_error (ViewerTimeEntry *self, const GError *error)
{
  gtk_label_set_text (self->error_label, error->message);
  gtk_widget_add_css_class (GTK_WIDGET (self->entry), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_STATE_INVALID,
                               GTK_ACCESSIBLE_INVALID_TRUE, -1);
  gtk_popover_popup (self->popover);
}

static void
activate_cb (ViewerTimeEntry *self)
{
  g_autoptr (GError) error = NULL;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  if (!self->session || !text[0])
    return;
  changed_cb (self);
  if (!viewer_session_go_to_text (self->session, text, &error))
    {
      show_error (self, error);
      return;
    }
  gtk_accessible_reset_state (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_STATE_INVALID);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  g_signal_emit (self, done_signal, 0);
}

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint keyval,
                guint keycode,
                GdkModifierType state,
                ViewerTimeEntry *self)
{
  if (keyval != GDK_KEY_Escape)
    return GDK_EVENT_PROPAGATE;
  changed_cb (self);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  g_signal_emit (self, done_signal, 0);
  return GDK_EVENT_STOP;
}

static void
viewer_time_entry_set_session (ViewerTimeEntry *self, ViewerSession *session)
{
  if (!g_set_object (&self->session, session))
    return;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

static void
viewer_time_entry_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    g_value_set_object (value, VIEWER_TIME_ENTRY (object)->session);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_time_entry_set_property (GObject *object,
                                guint prop_id,
                                const GValue *value,
                                GParamSpec *pspec)
{
  if (prop_id == PROP_SESSION)
    viewer_time_entry_set_session (VIEWER_TIME_ENTRY (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
viewer_time_entry_dispose (GObject *object)
{
  ViewerTimeEntry *self = VIEWER_TIME_ENTRY (object);
  GtkWidget *child;

  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_time_entry_parent_class)->dispose (object);
}

static void
viewer_time_entry_class_init (ViewerTimeEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = viewer_time_entry_get_property;
  object_class->set_property = viewer_time_entry_set_property;
  object_class->dispose = viewer_time_entry_dispose;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, VIEWER_TYPE_SESSION,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  done_signal = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                              NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-time-entry.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerTimeEntry, entry);
  gtk_widget_class_bind_template_child (widget_class, ViewerTimeEntry, popover);
  gtk_widget_class_bind_template_child (widget_class, ViewerTimeEntry, error_label);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
}

static void
viewer_time_entry_init (ViewerTimeEntry *self)
{
  GtkEventController *key = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_event_controller_set_propagation_phase (key, GTK_PHASE_CAPTURE);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->entry), key);
}

/** viewer_time_entry_start: takes the focus, whatever was typed selected. */
void
viewer_time_entry_start (ViewerTimeEntry *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}
