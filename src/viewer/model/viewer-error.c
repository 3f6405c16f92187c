// SPDX-License-Identifier: BSD-3-Clause
// Owns the error domain and turns what the trace and replay libraries say into GError.
#include "viewer-error.h"

#include <glib/gi18n.h>

G_DEFINE_QUARK (viewer - error - quark, viewer_error)

static int
get_code (TxStatus status)
{
  switch (status)
    {
    case TX_END:
      return VIEWER_ERROR_NOTHING;
    case TX_ERROR_NOT_TRACE:
      return VIEWER_ERROR_NOT_TRACE;
    case TX_ERROR_VERSION:
      return VIEWER_ERROR_VERSION;
    case TX_ERROR_DAMAGED:
      return VIEWER_ERROR_DAMAGED;
    case TX_ERROR_INVALID:
      return VIEWER_ERROR_INVALID;
    case TX_ERROR_GAP:
      return VIEWER_ERROR_GAP;
    default:
      return VIEWER_ERROR_FAILED;
    }
}

/**
 * viewer_error_take_tx:
 * @status: what a function of the libraries returned
 * @tx_error: (nullable): what it filled in
 *
 * Returns: %TRUE for %TX_OK; else %FALSE with @error set. Names in the message may hold any byte,
 *   so it is made valid UTF-8 here.
 */
gboolean
viewer_error_take_tx (TxStatus status, const TxError *tx_error, GError **error)
{
  g_autofree char *message = NULL;

  if (status == TX_OK)
    return TRUE;
  if (status == TX_CANCELLED)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Cancelled"));
      return FALSE;
    }
  if (tx_error && tx_error->message[0])
    message = g_utf8_make_valid (tx_error->message, -1);
  else
    message = g_strdup (tx_status_get_name (status));
  g_set_error_literal (error, VIEWER_ERROR, get_code (status), message);
  return FALSE;
}
