// SPDX-License-Identifier: BSD-3-Clause
// One table, a row a column: what its cells say and how it sorts. Figures sort greatest first,
// since that is what one looks for; texts sort from A.
#include "viewer-hotspots-columns.h"

#include <glib/gi18n.h>
#include <string.h>

#include "model/viewer-format.h"
#include "model/viewer-hotspot.h"

#define ID_KEY "viewer-column-id"

typedef enum
{
  COLUMN_LOCATION,
  COLUMN_SOURCE,
  COLUMN_CUMULATED,
  COLUMN_SELF,
  COLUMN_AVERAGE,
  COLUMN_COUNT,
  N_COLUMNS,
} ColumnKind;

typedef struct
{
  const char *id;
  const char *title;
  int width; /* pixels; -1: natural */
  gboolean expand;
} Column;

static const Column columns[N_COLUMNS] = {
  [COLUMN_LOCATION] = { "location", N_ ("Location"), 150, FALSE },
  [COLUMN_SOURCE] = { "source", N_ ("Source Line"), -1, TRUE },
  [COLUMN_CUMULATED] = { "cumulated", N_ ("Cumulated"), 150, FALSE },
  [COLUMN_SELF] = { "self", N_ ("Self"), 84, FALSE },
  [COLUMN_AVERAGE] = { "average", N_ ("Average"), 84, FALSE },
  [COLUMN_COUNT] = { "count", N_ ("Count"), 84, FALSE },
};

static int
compare_greatest_first (guint64 left, guint64 right)
{
  return left > right   ? GTK_ORDERING_SMALLER
         : left < right ? GTK_ORDERING_LARGER
                        : GTK_ORDERING_EQUAL;
}

static int
compare_location (const ViewerHotspot *left, const ViewerHotspot *right)
{
  if (left->file != right->file)
    return gtk_ordering_from_cmpfunc (strcmp (left->location, right->location));
  return gtk_ordering_from_cmpfunc ((int) left->line - (int) right->line);
}

static int
compare_cb (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const ViewerHotspot *left = a, *right = b;

  switch ((ColumnKind) GPOINTER_TO_INT (user_data))
    {
    case COLUMN_CUMULATED:
      return compare_greatest_first (left->cumulated_ns, right->cumulated_ns);
    case COLUMN_SELF:
      return compare_greatest_first (left->self_ns, right->self_ns);
    case COLUMN_AVERAGE:
      return compare_greatest_first (left->average_ns, right->average_ns);
    case COLUMN_COUNT:
      return compare_greatest_first (left->count, right->count);
    case COLUMN_SOURCE:
      return gtk_ordering_from_cmpfunc (strcmp (left->text, right->text));
    case COLUMN_LOCATION:
    case N_COLUMNS:
    default:
      return compare_location (left, right);
    }
}

static char *
dup_cell_text (const ViewerHotspot *hotspot, ColumnKind kind)
{
  switch (kind)
    {
    case COLUMN_LOCATION:
      return g_strdup (hotspot->location);
    case COLUMN_SOURCE:
      return g_strdup (hotspot->text);
    case COLUMN_CUMULATED:
      return viewer_format_duration ((gint64) hotspot->cumulated_ns);
    case COLUMN_SELF:
      return viewer_format_duration ((gint64) hotspot->self_ns);
    case COLUMN_AVERAGE:
      return viewer_format_duration ((gint64) hotspot->average_ns);
    case COLUMN_COUNT:
    case N_COLUMNS:
    default:
      return viewer_format_count (hotspot->count);
    }
}

static void
setup_figure_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer kind)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
}

static void
setup_text_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer kind)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  if (GPOINTER_TO_INT (kind) == COLUMN_SOURCE)
    gtk_widget_add_css_class (label, "monospace");
  gtk_list_item_set_child (item, label);
}

/* The bar shows the share of the whole time; the figure stays readable without it. */
static void
setup_bar_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer kind)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *bar = gtk_progress_bar_new ();
  GtkWidget *label = gtk_label_new (NULL);

  gtk_widget_set_valign (bar, GTK_ALIGN_CENTER);
  gtk_widget_set_size_request (bar, 40, -1);
  gtk_widget_add_css_class (bar, "share");
  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (label, "numeric");
  gtk_box_append (GTK_BOX (box), bar);
  gtk_box_append (GTK_BOX (box), label);
  gtk_list_item_set_child (item, box);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  ColumnKind kind = (ColumnKind) GPOINTER_TO_INT (user_data);
  ViewerHotspot *hotspot = gtk_list_item_get_item (item);
  GtkWidget *child = gtk_list_item_get_child (item);
  GtkWidget *label = kind == COLUMN_CUMULATED ? gtk_widget_get_last_child (child) : child;
  g_autofree char *text = dup_cell_text (hotspot, kind);

  gtk_label_set_text (GTK_LABEL (label), text);
  if (kind == COLUMN_CUMULATED)
    gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (gtk_widget_get_first_child (child)),
                                   hotspot->share);
  if (kind == COLUMN_LOCATION)
    gtk_widget_set_tooltip_text (label, hotspot->function);
}

static GtkColumnViewColumn *
make_column (ColumnKind kind)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkColumnViewColumn *column = gtk_column_view_column_new (_ (columns[kind].title), factory);
  GtkCustomSorter *sorter = gtk_custom_sorter_new (compare_cb, GINT_TO_POINTER (kind), NULL);
  GCallback setup = kind == COLUMN_CUMULATED ? G_CALLBACK (setup_bar_cb)
                    : kind == COLUMN_LOCATION || kind == COLUMN_SOURCE
                        ? G_CALLBACK (setup_text_cb)
                        : G_CALLBACK (setup_figure_cb);

  g_signal_connect (factory, "setup", setup, GINT_TO_POINTER (kind));
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), GINT_TO_POINTER (kind));
  gtk_column_view_column_set_sorter (column, GTK_SORTER (sorter));
  gtk_column_view_column_set_resizable (column, TRUE);
  gtk_column_view_column_set_expand (column, columns[kind].expand);
  if (columns[kind].width > 0)
    gtk_column_view_column_set_fixed_width (column, columns[kind].width);
  g_object_set_data (G_OBJECT (column), ID_KEY, (gpointer) columns[kind].id);
  g_object_unref (sorter);
  return column;
}

void
viewer_hotspots_columns_add (GtkColumnView *view)
{
  for (int kind = 0; kind < N_COLUMNS; kind++)
    {
      g_autoptr (GtkColumnViewColumn) column = make_column ((ColumnKind) kind);

      gtk_column_view_append_column (view, column);
    }
}

/** viewer_hotspots_columns_sort: @id: "location", "source", "cumulated", "self", "average", "count"
 */
gboolean
viewer_hotspots_columns_sort (GtkColumnView *view, const char *id)
{
  GListModel *list = gtk_column_view_get_columns (view);

  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (list, i);

      if (g_strcmp0 (g_object_get_data (G_OBJECT (column), ID_KEY), id) == 0)
        {
          gtk_column_view_sort_by_column (view, column, GTK_SORT_ASCENDING);
          return TRUE;
        }
    }
  return FALSE;
}
