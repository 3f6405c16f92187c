// SPDX-License-Identifier: BSD-3-Clause
// ViewerNotice: owns a revealer and the clock that hides it again. A new text replaces the old one.
#include "viewer-notice.h"

#define SHOWN_S 6

struct _ViewerNotice
{
  GtkWidget parent_instance;

  /* template children */
  GtkRevealer *revealer;
  GtkLabel *label;

  guint hide_source; /* source id; 0: hidden */
};

G_DEFINE_FINAL_TYPE (ViewerNotice, viewer_notice, GTK_TYPE_WIDGET)

static gboolean
hide_cb (gpointer user_data)
{
  ViewerNotice *self = user_data;

  self->hide_source = 0;
  viewer_notice_hide (self);
  return G_SOURCE_REMOVE;
}

/* What isn't seen must not be clicked either, nor be read out. */
static void
child_revealed_cb (ViewerNotice *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self), gtk_revealer_get_child_revealed (self->revealer) ||
                                                 gtk_revealer_get_reveal_child (self->revealer));
}

static void
viewer_notice_dispose (GObject *object)
{
  ViewerNotice *self = VIEWER_NOTICE (object);
  GtkWidget *child;

  g_clear_handle_id (&self->hide_source, g_source_remove);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (viewer_notice_parent_class)->dispose (object);
}

static void
viewer_notice_class_init (ViewerNoticeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = viewer_notice_dispose;

  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_ALERT);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/trackexec/Viewer/viewer-notice.ui");
  gtk_widget_class_bind_template_child (widget_class, ViewerNotice, revealer);
  gtk_widget_class_bind_template_child (widget_class, ViewerNotice, label);
  gtk_widget_class_bind_template_callback (widget_class, viewer_notice_hide);
}

static void
viewer_notice_init (ViewerNotice *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  g_signal_connect_object (self->revealer, "notify::child-revealed", G_CALLBACK (child_revealed_cb),
                           self, G_CONNECT_SWAPPED);
}

/** viewer_notice_show: @text: plain, never markup */
void
viewer_notice_show (ViewerNotice *self, const char *text)
{
  gtk_label_set_text (self->label, text);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
  gtk_revealer_set_reveal_child (self->revealer, TRUE);
  g_clear_handle_id (&self->hide_source, g_source_remove);
  self->hide_source = g_timeout_add_seconds (SHOWN_S, hide_cb, self);
}

void
viewer_notice_hide (ViewerNotice *self)
{
  g_clear_handle_id (&self->hide_source, g_source_remove);
  gtk_revealer_set_reveal_child (self->revealer, FALSE);
}
