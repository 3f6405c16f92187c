// SPDX-License-Identifier: BSD-3-Clause
// ViewerFileDialog: choose one of the recording's files by typing a part of its path.
#pragma once

#include <adwaita.h>

#include "model/viewer-session.h"

G_BEGIN_DECLS

#define VIEWER_TYPE_FILE_DIALOG (viewer_file_dialog_get_type ())
G_DECLARE_FINAL_TYPE (ViewerFileDialog, viewer_file_dialog, VIEWER, FILE_DIALOG, AdwWindow)

void viewer_file_dialog_present (GtkWindow *parent, ViewerSession *session);

G_END_DECLS
