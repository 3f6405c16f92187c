// SPDX-License-Identifier: BSD-3-Clause
// ViewerHotspot: one line and the time that it took.
// A record for list views: set once by its maker, then only read.
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_HOTSPOT (viewer_hotspot_get_type ())
G_DECLARE_FINAL_TYPE (ViewerHotspot, viewer_hotspot, VIEWER, HOTSPOT, GObject)

struct _ViewerHotspot
{
  GObject parent_instance;

  guint32 file; /* id; 0: not known */
  guint32 line; /* 1-based */
  guint64 count;
  guint64 self_ns;
  guint64 cumulated_ns;
  guint64 average_ns; /* cumulated_ns / count */
  guint64 slowest_ns;
  double share;   /* of the whole time, 0 .. 1, by cumulated_ns */
  char *location; /* owned, UTF-8: "core.py:12" */
  char *function; /* owned, UTF-8 */
  char *text;     /* owned, UTF-8: the source line, "" unknown */
  char *key;      /* owned: location, function and text, case-folded, for searching */
};

ViewerHotspot *viewer_hotspot_new (void);

G_END_DECLS
