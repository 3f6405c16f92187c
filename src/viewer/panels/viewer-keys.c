// SPDX-License-Identifier: BSD-3-Clause
// The table of single letters. Lower case goes forward, upper case backward. Keys with modifiers
// are accelerators of the application; those of the timeline alone are in
// widgets/viewer-timeline-input.c.
#include "viewer-keys.h"

typedef struct
{
  guint keyval;
  const char *action;
} Key;

static const Key keys[] = {
  { GDK_KEY_s, "win.step" },
  { GDK_KEY_S, "win.step-back" },
  { GDK_KEY_n, "win.next" },
  { GDK_KEY_N, "win.next-back" },
  { GDK_KEY_o, "win.finish" },
  { GDK_KEY_O, "win.finish-back" },
  { GDK_KEY_c, "win.continue" },
  { GDK_KEY_C, "win.continue-back" },
  { GDK_KEY_g, "win.run-to-line" },
  { GDK_KEY_G, "win.run-to-line-back" },
  { GDK_KEY_bracketleft, "win.previous-hit" },
  { GDK_KEY_bracketright, "win.next-hit" },
  { GDK_KEY_b, "win.toggle-breakpoint" },
  { GDK_KEY_j, "win.jump" },
  { GDK_KEY_u, "win.stack-up" },
  { GDK_KEY_d, "win.stack-down" },
  { GDK_KEY_f, "win.show-file" },
  { GDK_KEY_slash, "win.find" },
  { GDK_KEY_less, "win.go-start" },
  { GDK_KEY_greater, "win.go-end" },
  { GDK_KEY_h, "win.show-help-overlay" },
  { GDK_KEY_question, "win.show-help-overlay" },
  { GDK_KEY_q, "window.close" },
  { GDK_KEY_Escape, "win.cancel" },
};

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint keyval,
                guint keycode,
                GdkModifierType state,
                GtkWidget *widget)
{
  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK))
    return GDK_EVENT_PROPAGATE;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].keyval == keyval)
      return gtk_widget_activate_action (widget, keys[i].action, NULL);
  return GDK_EVENT_PROPAGATE;
}

/**
 * viewer_keys_add:
 * @phase: %GTK_PHASE_CAPTURE where the widget has own ideas of letters,
 *   %GTK_PHASE_BUBBLE where its own keys come first
 */
void
viewer_keys_add (GtkWidget *widget, GtkPropagationPhase phase)
{
  GtkEventController *controller = gtk_event_controller_key_new ();

  gtk_event_controller_set_propagation_phase (controller, phase);
  g_signal_connect (controller, "key-pressed", G_CALLBACK (key_pressed_cb), widget);
  gtk_widget_add_controller (widget, controller);
}
