// SPDX-License-Identifier: BSD-3-Clause
// Filling in TxError.
#include "tx-error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

TxStatus
tx_error_set (TxError *self, TxStatus status, const char *format, ...)
{
  va_list args;

  if (!self)
    return status;
  self->status = status;
  self->sys_errno = 0;
  va_start (args, format);
  vsnprintf (self->message, sizeof self->message, format, args);
  va_end (args);
  return status;
}

TxStatus
tx_error_set_errno (TxError *self, int sys_errno, const char *format, ...)
{
  va_list args;
  size_t size;
  char text[128];

  if (!self)
    return TX_ERROR_IO;
  self->status = TX_ERROR_IO;
  self->sys_errno = sys_errno;
  va_start (args, format);
  vsnprintf (self->message, sizeof self->message, format, args);
  va_end (args);
  size = strlen (self->message);
  snprintf (self->message + size, sizeof self->message - size, ": %s",
            strerror_r (sys_errno, text, sizeof text));
  return TX_ERROR_IO;
}

const char *
tx_status_get_name (TxStatus status)
{
  switch (status)
    {
    case TX_OK:
      return "success";
    case TX_END:
      return "end";
    case TX_CANCELLED:
      return "cancelled";
    case TX_ERROR_IO:
      return "input/output error";
    case TX_ERROR_NOT_TRACE:
      return "not a trace";
    case TX_ERROR_VERSION:
      return "newer version";
    case TX_ERROR_DAMAGED:
      return "damaged";
    case TX_ERROR_MEMORY:
      return "out of memory";
    case TX_ERROR_INVALID:
      return "invalid argument";
    case TX_ERROR_GAP:
      return "missing stretch";
    case TX_ERROR_FORKED:
      return "forked";
    }
  return "unknown status";
}
