// SPDX-License-Identifier: BSD-3-Clause
// What the files of ViewerWindow share.
#pragma once

#include "panels/viewer-notice.h"
#include "panels/viewer-time-entry.h"
#include "panels/viewer-workspace.h"
#include "viewer-start-page.h"
#include "viewer-window.h"

G_BEGIN_DECLS

#define VIEWER_RECENT_MAX 10

struct _ViewerWindow
{
  AdwApplicationWindow parent_instance;

  /* template children */
  ViewerNotice *notice;
  AdwSplitButton *open_button;
  GtkWidget *process_button;
  GtkLabel *process_label;
  GtkLabel *process_title;
  GtkStack *title_stack;
  GtkWidget *menu_button;
  GtkWidget *sidebar_button;
  GtkWidget *hotspots_button;
  ViewerTimeEntry *time_entry;
  GtkInfoBar *info_bar;
  GtkLabel *info_label;
  GtkStack *stack;
  ViewerStartPage *start_page;
  AdwStatusPage *loading_page;
  GtkSpinner *spinner;
  AdwStatusPage *empty_page;
  ViewerWorkspace *workspace;

  ViewerSession *session;    /* owned; NULL: nothing is open */
  GSignalGroup *signals;     /* owned: of the session */
  GCancellable *cancellable; /* owned: of the load on its way; NULL: none */
  GSettings *settings;       /* owned */
  char *info_dismissed;      /* owned: text of the info bar that the user closed */
};

void _viewer_window_init_actions (ViewerWindow *self);
void _viewer_window_update_actions (ViewerWindow *self);
void _viewer_window_show_message (ViewerWindow *self, const char *text);
void _viewer_window_note_message (ViewerWindow *self, const char *text);
void _viewer_window_cancel_load (ViewerWindow *self);
void _viewer_window_set_session (ViewerWindow *self, ViewerSession *session);
void _viewer_window_update_recent (ViewerWindow *self);
void _viewer_window_add_recent (ViewerWindow *self, const char *directory);
void _viewer_window_update_zone (ViewerWindow *self);
void _viewer_window_show_start (ViewerWindow *self);

G_END_DECLS
