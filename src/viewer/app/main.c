// SPDX-License-Identifier: BSD-3-Clause
// Entry of trackexec-viewer: locale and program name, then the application.
#include <glib/gi18n.h>
#include <locale.h>

#include "viewer-application.h"

int
main (int argc, char **argv)
{
  g_autoptr (ViewerApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain ("trackexec", VIEWER_LOCALE_DIR);
  bind_textdomain_codeset ("trackexec", "UTF-8");
  textdomain ("trackexec");

  g_set_prgname ("trackexec-viewer");
  application = viewer_application_new (G_APPLICATION_HANDLES_OPEN);
  return g_application_run (G_APPLICATION (application), argc, argv);
}
