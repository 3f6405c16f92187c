// SPDX-License-Identifier: BSD-3-Clause
// The viewer's one error domain, and the one bridge from TxError to GError.
#pragma once

#include <gio/gio.h>

#include "trace/tx-error.h"

G_BEGIN_DECLS

#define VIEWER_ERROR (viewer_error_quark ())
GQuark viewer_error_quark (void);

typedef enum
{
  VIEWER_ERROR_FAILED,
  VIEWER_ERROR_NOT_TRACE,
  VIEWER_ERROR_VERSION,
  VIEWER_ERROR_DAMAGED,
  VIEWER_ERROR_INVALID, /* what the user asked for, e.g. a breakpoint on a comment */
  VIEWER_ERROR_GAP,
  VIEWER_ERROR_NOTHING, /* there is no such thing (more), e.g. no further execution */
} ViewerError;

gboolean viewer_error_take_tx (TxStatus status, const TxError *tx_error, GError **error);

G_END_DECLS
