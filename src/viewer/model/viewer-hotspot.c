// SPDX-License-Identifier: BSD-3-Clause
// ViewerHotspot: owns the strings of one row.
#include "viewer-hotspot.h"

G_DEFINE_FINAL_TYPE (ViewerHotspot, viewer_hotspot, G_TYPE_OBJECT)

static void
viewer_hotspot_finalize (GObject *object)
{
  ViewerHotspot *self = VIEWER_HOTSPOT (object);

  g_free (self->location);
  g_free (self->function);
  g_free (self->text);
  g_free (self->key);

  G_OBJECT_CLASS (viewer_hotspot_parent_class)->finalize (object);
}

static void
viewer_hotspot_class_init (ViewerHotspotClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = viewer_hotspot_finalize;
}

static void
viewer_hotspot_init (ViewerHotspot *self)
{
}

ViewerHotspot *
viewer_hotspot_new (void)
{
  return g_object_new (VIEWER_TYPE_HOTSPOT, NULL);
}
