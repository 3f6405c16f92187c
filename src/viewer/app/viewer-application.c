// SPDX-License-Identifier: BSD-3-Clause
// ViewerApplication: one process for all windows. A directory on the command line opens in a window
// of its own; without one there is a start page.
#include "viewer-application.h"

#include <glib/gi18n.h>
#include <gtksourceview/gtksource.h>

#include "viewer-window.h"

struct _ViewerApplication
{
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (ViewerApplication, viewer_application, ADW_TYPE_APPLICATION)

typedef struct
{
  const char *action;
  const char *accelerators[4];
} Accelerator;

/* Keys that act everywhere in a window; single letters are in panels/viewer-keys.c. */
static const Accelerator accelerators[] = {
  { "win.step", { "F11" } },
  { "win.next", { "F10" } },
  { "win.finish", { "<Shift>F11" } },
  { "win.continue", { "F5" } },
  { "win.step-back", { "<Control><Shift>F11" } },
  { "win.next-back", { "<Control><Shift>F10" } },
  { "win.finish-back", { "<Control><Shift>F9" } },
  { "win.continue-back", { "<Control><Shift>F5" } },
  { "win.run-to-line", { "<Control>F10" } },
  { "win.run-to-line-back", { "<Control><Shift>F12" } },
  { "win.toggle-breakpoint", { "F9" } },
  { "win.jump", { "<Control>j" } },
  { "win.stack-up", { "<Control>Up" } },
  { "win.stack-down", { "<Control>Down" } },
  { "win.show-file", { "<Control>p" } },
  { "win.find", { "<Control>f" } },
  { "win.history-back", { "<Alt>Left" } },
  { "win.history-forward", { "<Alt>Right" } },
  { "win.show-help-overlay", { "F1", "<Control>question" } },
  { "win.fullscreen", { "<Alt>Return" } },
  { "win.open", { "<Control>o" } },
  { "win.show-sidebar", { "<Control>b" } },
  { "win.show-hotspots", { "<Control>h" } },
  { "window.close", { "<Control>w" } },
  { "app.new-window", { "<Control><Shift>n" } },
  { "app.quit", { "<Control>q" } },
};

static ViewerWindow *
add_window (ViewerApplication *self)
{
  ViewerWindow *window = viewer_window_new (ADW_APPLICATION (self));

  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static void
viewer_application_activate (GApplication *application)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window)
    gtk_window_present (window);
  else
    add_window (VIEWER_APPLICATION (application));
}

/* A window that still shows its start page is used, not left behind. */
static void
viewer_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  for (int i = 0; i < n_files; i++)
    {
      GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (application));
      gboolean reuse = VIEWER_IS_WINDOW (active) &&
                       !viewer_window_get_session (VIEWER_WINDOW (active)) &&
                       viewer_window_is_idle (VIEWER_WINDOW (active));
      ViewerWindow *window =
          reuse ? VIEWER_WINDOW (active) : add_window (VIEWER_APPLICATION (application));
      g_autofree char *path = g_file_get_path (files[i]);
      g_autofree char *uri = g_file_get_uri (files[i]);

      viewer_window_open (window, path ? path : uri);
    }
}

static void
new_window_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  add_window (user_data);
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GList *windows;

  /* Each window saves its size when it is closed; the last one ends the program. */
  while ((windows = gtk_application_get_windows (user_data)))
    {
      GtkWindow *window = windows->data;

      gtk_window_close (window);
      if (windows == gtk_application_get_windows (user_data))
        break;
    }
}

static void
about_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  adw_show_about_window (
      gtk_application_get_active_window (user_data), "application-name", _ ("trackexec Viewer"),
      "application-icon", "io.github.trackexec.Viewer", "version", TRACKEXEC_VERSION,
      "developer-name", _ ("The trackexec authors"), "license-type", GTK_LICENSE_BSD_3, "comments",
      _ ("Walks through what a Python program did: every executed line, in order, with its time. "
         "Values of variables are not recorded."),
      NULL);
}

static const GActionEntry entries[] = {
  { "new-window", new_window_cb },
  { "quit", quit_cb },
  { "about", about_cb },
};

static void
set_accelerators (ViewerApplication *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (accelerators); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), accelerators[i].action,
                                           accelerators[i].accelerators);
}

static void
viewer_application_startup (GApplication *application)
{
  /* X11 tools and the desktop find the window by this name; the command line has its own. */
  g_set_prgname ("io.github.trackexec.Viewer");
  G_APPLICATION_CLASS (viewer_application_parent_class)->startup (application);

  gtk_source_init ();
  gtk_window_set_default_icon_name ("io.github.trackexec.Viewer");
  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries),
                                   application);
  set_accelerators (VIEWER_APPLICATION (application));
}

static int
viewer_application_handle_local_options (GApplication *application, GVariantDict *options)
{
  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("trackexec-viewer %s\n", TRACKEXEC_VERSION);
      return 0;
    }
  if (!gtk_init_check ())
    {
      g_printerr ("trackexec-viewer: %s\n",
                  _ ("cannot open a window: there is no display. Run it on a desktop, or use "
                     "trackexec-analyse and trackexec-dump"));
      return 1;
    }
  return -1;
}

static void
viewer_application_class_init (ViewerApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->activate = viewer_application_activate;
  application_class->open = viewer_application_open;
  application_class->startup = viewer_application_startup;
  application_class->handle_local_options = viewer_application_handle_local_options;
}

static void
viewer_application_init (ViewerApplication *self)
{
  static const GOptionEntry options[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Print the version and exit"), NULL },
    { NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _ ("[DIR]"));
  g_application_set_option_context_summary (
      G_APPLICATION (self),
      _ ("Walks through a recording made by trackexec, forward and backward.\n"
         "DIR is a trace, a run, or a base directory (its latest run)."));
}

ViewerApplication *
viewer_application_new (GApplicationFlags flags)
{
  return g_object_new (VIEWER_TYPE_APPLICATION, "application-id", "io.github.trackexec.Viewer",
                       "flags", flags, NULL);
}
