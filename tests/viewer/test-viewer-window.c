// SPDX-License-Identifier: BSD-3-Clause
// The real window in this process, on a real trace: every template, the actions, what they change,
// and fifty times open and close with nothing left behind. Needs a display: run-headless.py gives
// one.
#include <adwaita.h>
#include <gtksourceview/gtksource.h>

#include "app/viewer-application.h"
#include "app/viewer-file-dialog.h"
#include "app/viewer-window.h"
#include "panels/viewer-hotspots-panel.h"
#include "panels/viewer-source-panel.h"
#include "viewer-fixture.h"
#include "widgets/viewer-source-view.h"
#include "widgets/viewer-timeline.h"

#define CYCLES 50

#ifdef __SANITIZE_ADDRESS__
/* Libraries that GTK looks into and unloads again would take with them the only pointers to what
   they made once, and their names: they stay, so that a leak found is one. */
__attribute__ ((visibility ("default"))) int dlclose (void *library);

int
dlclose (void *library)
{
  return 0;
}
#endif

typedef struct
{
  ViewerFixture base;
  ViewerWindow *window; /* borrowed from GTK */
} Fixture;

/* One for all tests: GTK takes one application a process. */
static ViewerApplication *application;

static gboolean
is_idle (gpointer data)
{
  return viewer_window_is_idle (data);
}

static void
settle (ViewerWindow *window)
{
  viewer_fixture_wait (is_idle, window, "the window to be idle");
}

static gboolean
is_null (gpointer data)
{
  return *(gpointer *) data == NULL;
}

static void
close_window (ViewerWindow *window)
{
  g_object_add_weak_pointer (G_OBJECT (window), (gpointer *) &window);
  gtk_window_destroy (GTK_WINDOW (window));
  viewer_fixture_wait (is_null, &window, "the window to be freed");
}

static void
open_window (Fixture *fixture)
{
  fixture->window = viewer_window_new (ADW_APPLICATION (application));
  gtk_window_present (GTK_WINDOW (fixture->window));
  viewer_window_open (fixture->window, fixture->base.trace);
  settle (fixture->window);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  viewer_fixture_set_up (&fixture->base, data);
  open_window (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_window (fixture->window);
  viewer_fixture_tear_down (&fixture->base, data);
}

static void
act (Fixture *fixture, const char *action, GVariant *parameter)
{
  g_assert_true (g_action_group_has_action (G_ACTION_GROUP (fixture->window), action));
  g_action_group_activate_action (G_ACTION_GROUP (fixture->window), action, parameter);
  settle (fixture->window);
}

static guint64
get_position (Fixture *fixture)
{
  return viewer_session_get_place (viewer_window_get_session (fixture->window))->step.position;
}

static GtkWidget *
find_widget (GtkWidget *widget, GType type)
{
  GtkWidget *found = NULL;

  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child && !found;
       child = gtk_widget_get_next_sibling (child))
    found = find_widget (child, type);
  return found;
}

static GtkWidget *
find_in_window (Fixture *fixture, GType type)
{
  GtkWidget *widget = find_widget (GTK_WIDGET (fixture->window), type);

  g_assert_nonnull (widget);
  return widget;
}

static GVariant *
get_state (Fixture *fixture, const char *action)
{
  return g_action_group_get_action_state (G_ACTION_GROUP (fixture->window), action);
}

static void
moves_by_actions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) location = NULL;

  act (fixture, "position", g_variant_new_uint64 (6));
  act (fixture, "step", NULL);
  g_assert_cmpuint (get_position (fixture), ==, 7);
  act (fixture, "finish", NULL);
  act (fixture, "next", NULL);
  act (fixture, "next-back", NULL);
  act (fixture, "step-back", NULL);
  g_assert_cmpuint (get_position (fixture), ==, 8);
  act (fixture, "finish-back", NULL);
  g_assert_cmpuint (get_position (fixture), ==, 6);
  location = get_state (fixture, "location");
  g_assert_cmpstr (g_variant_get_string (location, NULL), ==, "prog.py:16");
  act (fixture, "go-end", NULL);
  g_assert_cmpuint (get_position (fixture), ==, VIEWER_FIXTURE_STEPS - 1);
  act (fixture, "go-start", NULL);
  g_assert_cmpuint (get_position (fixture), ==, 0);
}

static void
every_action_can_be_activated (Fixture *fixture, gconstpointer data)
{
  g_auto (GStrv) names = g_action_group_list_actions (G_ACTION_GROUP (fixture->window));

  for (guint i = 0; names[i]; i++)
    {
      const GVariantType *type =
          g_action_group_get_action_parameter_type (G_ACTION_GROUP (fixture->window), names[i]);

      /* These open windows of their own. */
      if (type || g_str_equal (names[i], "open") || g_str_equal (names[i], "show-file") ||
          g_str_equal (names[i], "show-help-overlay") || g_str_equal (names[i], "fullscreen"))
        continue;
      act (fixture, names[i], NULL);
    }
}

static void
source_shows_the_current_line (Fixture *fixture, gconstpointer data)
{
  ViewerSourceView *view = VIEWER_SOURCE_VIEW (find_in_window (fixture, VIEWER_TYPE_SOURCE_VIEW));
  GtkSourceBuffer *buffer = viewer_source_view_get_source_buffer (view);
  g_autoptr (GSList) marks = NULL;

  act (fixture, "position", g_variant_new_uint64 (8));
  g_assert_cmpuint (viewer_source_view_get_cursor_line (view), ==, 6);
  marks = gtk_source_buffer_get_source_marks_at_line (buffer, 5, "viewer-current");
  g_assert_cmpuint (g_slist_length (marks), ==, 1);
  act (fixture, "stack-up", NULL);
  g_assert_cmpuint (viewer_source_view_get_cursor_line (view), ==, 16);
  g_assert_null (gtk_source_buffer_get_source_marks_at_line (buffer, 5, "viewer-current"));
}

static void
breakpoint_by_the_gutter (Fixture *fixture, gconstpointer data)
{
  GtkTextView *view = GTK_TEXT_VIEW (find_in_window (fixture, VIEWER_TYPE_SOURCE_VIEW));
  GtkSourceGutterRenderer *gutter = GTK_SOURCE_GUTTER_RENDERER (
      find_in_window (fixture, g_type_from_name ("ViewerBreakpointGutter")));
  GdkRectangle area = { 0 };
  g_autoptr (GVariant) breakpoints = NULL;
  g_autoptr (GVariant) message = NULL;
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_line (gtk_text_view_get_buffer (view), &iter, 5);
  g_assert_true (gtk_source_gutter_renderer_query_activatable (gutter, &iter, &area));
  gtk_source_gutter_renderer_activate (gutter, &iter, &area, GDK_BUTTON_PRIMARY, 0, 1);
  settle (fixture->window);
  breakpoints = get_state (fixture, "breakpoints");
  g_assert_cmpuint (g_variant_n_children (breakpoints), ==, 1);
  act (fixture, "continue", NULL);
  g_assert_cmpuint (get_position (fixture), ==, 8);

  gtk_text_buffer_get_iter_at_line (gtk_text_view_get_buffer (view), &iter, 10);
  gtk_source_gutter_renderer_activate (gutter, &iter, &area, GDK_BUTTON_PRIMARY, 0, 1);
  settle (fixture->window);
  message = get_state (fixture, "message");
  g_assert_cmpstr (g_variant_get_string (message, NULL), !=, "");
  g_variant_unref (breakpoints);
  breakpoints = get_state (fixture, "breakpoints");
  g_assert_cmpuint (g_variant_n_children (breakpoints), ==, 1);
}

static void
timeline_is_a_slider (Fixture *fixture, gconstpointer data)
{
  GtkWidget *timeline = find_in_window (fixture, VIEWER_TYPE_TIMELINE);
  GtkWidget *slider = find_widget (timeline, GTK_TYPE_SCALE);

  gtk_test_accessible_assert_role (timeline, GTK_ACCESSIBLE_ROLE_SLIDER);
  gtk_test_accessible_assert_property (timeline, GTK_ACCESSIBLE_PROPERTY_LABEL, "Timeline");
  act (fixture, "go-end", NULL);
  g_assert_cmpfloat (gtk_range_get_value (GTK_RANGE (slider)), >, 0.015);
  gtk_range_set_value (GTK_RANGE (slider), 0);
  settle (fixture->window);
  g_assert_cmpuint (get_position (fixture), ==, 0);
}

static void
timeline_zooms (Fixture *fixture, gconstpointer data)
{
  ViewerTimeline *timeline = VIEWER_TIMELINE (find_in_window (fixture, VIEWER_TYPE_TIMELINE));

  for (int i = 0; i < 8; i++)
    act (fixture, "zoom-in", NULL);
  g_assert_false (viewer_timeline_is_whole (timeline));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (timeline));
  act (fixture, "go-end", NULL);
  act (fixture, "zoom-whole", NULL);
  g_assert_true (viewer_timeline_is_whole (timeline));
}

static void
hotspots_are_gone_to (Fixture *fixture, gconstpointer data)
{
  act (fixture, "sort-hotspots", g_variant_new_string ("count"));
  act (fixture, "activate-hotspot", g_variant_new_uint32 (0));
  g_assert_cmpuint (get_position (fixture), >, 4);
  act (fixture, "activate-hotspot", g_variant_new_uint32 (100000));
}

/* Nothing of a recording stays when another one is shown. */
static void
what_was_shown_before_is_freed (Fixture *fixture, gconstpointer data)
{
  gpointer session = viewer_window_get_session (fixture->window);
  gpointer threads = viewer_session_get_threads (session);
  gpointer hotspots = viewer_session_get_hotspots (session);

  g_object_add_weak_pointer (session, &session);
  g_object_add_weak_pointer (threads, &threads);
  g_object_add_weak_pointer (hotspots, &hotspots);
  viewer_window_open (fixture->window, fixture->base.trace);
  settle (fixture->window);
  viewer_fixture_wait (is_null, &session, "the session to be freed");
  viewer_fixture_wait (is_null, &threads, "its threads to be freed");
  viewer_fixture_wait (is_null, &hotspots, "its hot spots to be freed");
}

static gboolean
is_smaller (gpointer data)
{
  GtkWidget *gutter = data;

  return gtk_widget_get_height (gutter) < GPOINTER_TO_INT (g_object_get_data (data, "height")) - 60;
}

/* Tells the gutter where the pointer is, as GTK does also where a drag has left it. */
static void
point_at (GtkWidget *gutter, double y)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (gutter);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_MOTION (controller))
        g_signal_emit_by_name (controller, "motion", 5.0, y);
    }
  gtk_test_widget_wait_for_draw (gutter);
}

/* GtkSourceView tells a critical, which ends the test, of a pointer at a line that is not in sight.
 */
static void
pointer_leaves_the_gutter (Fixture *fixture, gconstpointer data)
{
  GtkTextView *view = GTK_TEXT_VIEW (find_in_window (fixture, VIEWER_TYPE_SOURCE_VIEW));
  GtkWidget *gutter = find_in_window (fixture, GTK_SOURCE_TYPE_GUTTER);
  g_autofree char *lines = g_strnfill (1000, '\n');
  int height;

  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 900, 800);
  gtk_test_widget_wait_for_draw (gutter);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (view), lines, -1);
  gtk_test_widget_wait_for_draw (gutter);
  height = gtk_widget_get_height (gutter);
  g_assert_cmpint (height, >, 120);
  point_at (gutter, height / 2);
  point_at (gutter, height + 300);
  point_at (gutter, -300);
  point_at (gutter, height - 2);
  g_object_set_data (G_OBJECT (gutter), "height", GINT_TO_POINTER (height));
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 900, 600);
  viewer_fixture_wait (is_smaller, gutter, "the gutter to get smaller");
  gtk_test_widget_wait_for_draw (gutter);
}

static gboolean
can_scroll (gpointer data)
{
  return gtk_adjustment_get_upper (data) > gtk_adjustment_get_page_size (data);
}

static gboolean
is_one (gpointer data)
{
  return g_list_model_get_n_items (data) == 1;
}

static gboolean
is_empty (gpointer data)
{
  return g_list_model_get_n_items (data) == 0;
}

/* Up and down in turns. */
static void
turn_wheel_cb (GtkAdjustment *adjustment)
{
  double page = gtk_adjustment_get_page_size (adjustment);
  gboolean is_up = gtk_adjustment_get_value (adjustment) > 0;

  gtk_adjustment_set_value (adjustment, is_up ? 0 : gtk_adjustment_get_upper (adjustment) - page);
}

/* The wheel is turned when rows were exchanged and not yet laid out: GTK would find none there, and
   warn, which ends the test. */
static void
lists_are_scrolled_while_they_change (Fixture *fixture, gconstpointer data)
{
  GtkColumnView *view = GTK_COLUMN_VIEW (find_in_window (fixture, GTK_TYPE_COLUMN_VIEW));
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view));
  GtkEditable *entry = GTK_EDITABLE (
      find_widget (find_in_window (fixture, VIEWER_TYPE_HOTSPOTS_PANEL), GTK_TYPE_SEARCH_ENTRY));

  /* As low as it can be. */
  gtk_widget_set_valign (gtk_widget_get_ancestor (GTK_WIDGET (view), GTK_TYPE_SCROLLED_WINDOW),
                         GTK_ALIGN_START);
  viewer_fixture_wait (can_scroll, adjustment, "the hot spots to be more than fit");
  g_signal_connect_swapped (gtk_column_view_get_model (view), "items-changed",
                            G_CALLBACK (turn_wheel_cb), adjustment);
  gtk_editable_set_text (entry, "prog.py:5");
  viewer_fixture_wait (is_one, gtk_column_view_get_model (view), "one hot spot to be left");
  gtk_test_widget_wait_for_draw (GTK_WIDGET (view));
  gtk_editable_set_text (entry, "");
  viewer_fixture_wait (can_scroll, adjustment, "all hot spots to be back");
  gtk_editable_set_text (entry, "nothing is called so");
  viewer_fixture_wait (is_empty, gtk_column_view_get_model (view), "no hot spot to be left");
  gtk_test_widget_wait_for_draw (GTK_WIDGET (view));
  gtk_editable_set_text (entry, "");
  viewer_fixture_wait (can_scroll, adjustment, "all hot spots to be back");
}

static GtkWidget *
find_file_dialog (void)
{
  g_autoptr (GListModel) windows = G_LIST_MODEL (g_object_ref (gtk_window_get_toplevels ()));

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (windows, i);

      if (VIEWER_IS_FILE_DIALOG (window))
        return window;
    }
  return NULL;
}

static void
open_many_files (Fixture *fixture)
{
  g_autofree char *directory = g_build_filename (fixture->base.directory, "many", NULL);
  g_autoptr (GString) text = g_string_new ("pace 1us; main");

  for (unsigned i = 0; i < 60; i++)
    g_string_append_printf (text, "%s call f%u@/many/file%u.py:1; line 2", i ? ";" : ":", i, i);
  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  trace_text_record (directory, text->str);
  viewer_window_open (fixture->window, directory);
  settle (fixture->window);
}

/* As above, of the list of files. */
static void
files_are_scrolled_while_they_change (Fixture *fixture, gconstpointer data)
{
  GtkListView *view;
  GtkAdjustment *adjustment;
  GtkEditable *entry;
  GtkWidget *dialog;

  open_many_files (fixture);
  act (fixture, "show-file", NULL);
  dialog = find_file_dialog ();
  g_assert_nonnull (dialog);
  view = GTK_LIST_VIEW (find_widget (dialog, GTK_TYPE_LIST_VIEW));
  entry = GTK_EDITABLE (find_widget (dialog, GTK_TYPE_SEARCH_ENTRY));
  adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view));
  viewer_fixture_wait (can_scroll, adjustment, "the files to be more than fit");
  g_signal_connect_swapped (gtk_list_view_get_model (view), "items-changed",
                            G_CALLBACK (turn_wheel_cb), adjustment);
  gtk_editable_set_text (entry, "file7.py");
  viewer_fixture_wait (is_one, gtk_list_view_get_model (view), "one file to be left");
  gtk_test_widget_wait_for_draw (GTK_WIDGET (view));
  gtk_editable_set_text (entry, "");
  viewer_fixture_wait (can_scroll, adjustment, "all files to be back");
  gtk_editable_set_text (entry, "nothing is called so");
  viewer_fixture_wait (is_empty, gtk_list_view_get_model (view), "no file to be left");
  gtk_test_widget_wait_for_draw (GTK_WIDGET (view));
  gtk_editable_set_text (entry, "");
  viewer_fixture_wait (can_scroll, adjustment, "all files to be back");
  gtk_window_destroy (GTK_WINDOW (dialog));
}

static void
times_in_the_window (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) message = NULL;

  act (fixture, "go-to", g_variant_new_string ("prog.py:16#3"));
  g_assert_cmpuint (get_position (fixture), ==, 14);
  act (fixture, "go-to", g_variant_new_string ("<b>nonsense</b> & more"));
  message = get_state (fixture, "message");
  g_assert_cmpstr (g_variant_get_string (message, NULL), !=, "");
  g_assert_cmpuint (get_position (fixture), ==, 14);
}

static void
dark_and_light (Fixture *fixture, gconstpointer data)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();

  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_DARK);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_LIGHT);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
}

static void
failures_are_shown (Fixture *fixture, gconstpointer data)
{
  g_autofree char *empty = g_build_filename (fixture->base.directory, "<i>empty", NULL);
  g_autoptr (GVariant) message = NULL;

  g_assert_cmpint (g_mkdir_with_parents (empty, 0700), ==, 0);
  viewer_window_open (fixture->window, empty);
  settle (fixture->window);
  g_assert_null (viewer_window_get_session (fixture->window));
  message = get_state (fixture, "message");
  g_assert_nonnull (strstr (g_variant_get_string (message, NULL), "<i>empty"));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (fixture->window), "step"));
}

static void
two_windows_show_two_recordings (Fixture *fixture, gconstpointer data)
{
  Fixture other = { .base = fixture->base };

  open_window (&other);
  act (fixture, "position", g_variant_new_uint64 (6));
  act (&other, "position", g_variant_new_uint64 (11));
  g_assert_cmpuint (get_position (fixture), ==, 6);
  g_assert_cmpuint (get_position (&other), ==, 11);
  close_window (other.window);
}

/* Also in the midst of work: what comes for a window that is gone must not come. */
static void
fifty_times_open_and_close (void)
{
  Fixture fixture = { 0 };

  viewer_fixture_set_up (&fixture.base, NULL);
  for (int i = 0; i < CYCLES; i++)
    {
      open_window (&fixture);
      act (&fixture, "go-end", NULL);
      act (&fixture, "step-back", NULL);
      if (i % 2)
        {
          g_action_group_activate_action (G_ACTION_GROUP (fixture.window), "next-back", NULL);
          g_action_group_activate_action (G_ACTION_GROUP (fixture.window), "toggle-breakpoint",
                                          NULL);
        }
      if (i % 5 == 0)
        viewer_window_open (fixture.window, fixture.base.trace);
      close_window (fixture.window);
    }
  viewer_fixture_tear_down (&fixture.base, NULL);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

static void
add_tests (void)
{
  /* Before the one that hides panels: that is remembered. */
  ADD ("/window/lists-are-scrolled-while-they-change", lists_are_scrolled_while_they_change);
  ADD ("/window/files-are-scrolled-while-they-change", files_are_scrolled_while_they_change);
  ADD ("/window/moves-by-actions", moves_by_actions);
  ADD ("/window/every-action-can-be-activated", every_action_can_be_activated);
  ADD ("/window/source-shows-the-current-line", source_shows_the_current_line);
  ADD ("/window/breakpoint-by-the-gutter", breakpoint_by_the_gutter);
  ADD ("/window/pointer-leaves-the-gutter", pointer_leaves_the_gutter);
  ADD ("/window/timeline-is-a-slider", timeline_is_a_slider);
  ADD ("/window/timeline-zooms", timeline_zooms);
  ADD ("/window/hotspots-are-gone-to", hotspots_are_gone_to);
  ADD ("/window/what-was-shown-before-is-freed", what_was_shown_before_is_freed);
  ADD ("/window/times", times_in_the_window);
  ADD ("/window/dark-and-light", dark_and_light);
  ADD ("/window/failures-are-shown", failures_are_shown);
  ADD ("/window/two-windows", two_windows_show_two_recordings);
  g_test_add_func ("/window/fifty-times-open-and-close", fifty_times_open_and_close);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int result;

  if (!g_getenv ("DISPLAY") && !g_getenv ("WAYLAND_DISPLAY"))
    {
      g_print ("1..0 # SKIP no display: run by tests/viewer/run-headless.py\n");
      return 77;
    }
  g_setenv ("TZ", "UTC", TRUE);
  gtk_test_init (&argc, &argv, NULL);
  application = viewer_application_new (G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  add_tests ();
  result = g_test_run ();
  g_clear_object (&application);
  gtk_source_finalize ();
  return result;
}
