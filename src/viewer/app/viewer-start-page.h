// SPDX-License-Identifier: BSD-3-Clause
// ViewerStartPage: what the window shows while no recording is open: open and recent, a choice of
// processes, or why a directory could not be opened.
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define VIEWER_TYPE_START_PAGE (viewer_start_page_get_type ())
G_DECLARE_FINAL_TYPE (ViewerStartPage, viewer_start_page, VIEWER, START_PAGE, AdwBin)

void viewer_start_page_show_recent (ViewerStartPage *self, const char *const *directories);
void viewer_start_page_show_choice (ViewerStartPage *self,
                                    const char *run_directory,
                                    const char *const *names,
                                    const char *const *directories);
void
viewer_start_page_show_failure (ViewerStartPage *self, const char *directory, const char *message);

G_END_DECLS
