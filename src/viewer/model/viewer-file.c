// SPDX-License-Identifier: BSD-3-Clause
// ViewerFile: owns the strings of one row.
#include "viewer-file.h"

G_DEFINE_FINAL_TYPE (ViewerFile, viewer_file, G_TYPE_OBJECT)

static void
viewer_file_finalize (GObject *object)
{
  ViewerFile *self = VIEWER_FILE (object);

  g_free (self->name);
  g_free (self->path);

  G_OBJECT_CLASS (viewer_file_parent_class)->finalize (object);
}

static void
viewer_file_class_init (ViewerFileClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = viewer_file_finalize;
}

static void
viewer_file_init (ViewerFile *self)
{
}

ViewerFile *
viewer_file_new (void)
{
  return g_object_new (VIEWER_TYPE_FILE, NULL);
}
