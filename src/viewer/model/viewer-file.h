// SPDX-License-Identifier: BSD-3-Clause
// ViewerFile: one file of the recording.
// A record for list views: set once by its maker, then only read.
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_FILE (viewer_file_get_type ())
G_DECLARE_FINAL_TYPE (ViewerFile, viewer_file, VIEWER, FILE, GObject)

struct _ViewerFile
{
  GObject parent_instance;

  guint32 id;
  char *name; /* owned, UTF-8: last part of the path */
  char *path; /* owned, UTF-8 */
};

ViewerFile *viewer_file_new (void);

G_END_DECLS
