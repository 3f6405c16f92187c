// SPDX-License-Identifier: BSD-3-Clause
// Owns for each list the group of signals that tells of its rows.
#include "viewer-list-hold.h"

/* Leaves no room to scroll; the next layout says how much there is. */
static void
hold_cb (GtkScrollable *list)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (list);
  double value = gtk_adjustment_get_value (adjustment);
  double page = gtk_adjustment_get_page_size (adjustment);

  gtk_adjustment_configure (adjustment, value, value, value + page,
                            gtk_adjustment_get_step_increment (adjustment),
                            gtk_adjustment_get_page_increment (adjustment), page);
}

void
viewer_list_hold_while_changing (GtkScrollable *list)
{
  GSignalGroup *signals = g_signal_group_new (G_TYPE_LIST_MODEL);

  g_signal_group_connect_swapped (signals, "items-changed", G_CALLBACK (hold_cb), list);
  g_object_bind_property (list, "model", signals, "target", G_BINDING_SYNC_CREATE);
  g_signal_connect (list, "notify::model", G_CALLBACK (hold_cb), NULL);
  g_object_set_data_full (G_OBJECT (list), "viewer-list-hold", signals, g_object_unref);
}
