// SPDX-License-Identifier: BSD-3-Clause
// How the trace and replay libraries report failure. Nothing here prints.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TX_WARN_UNUSED __attribute__ ((warn_unused_result))
#define TX_PRINTF(format_index, first_index) __attribute__ ((format (printf, format_index, first_index)))

/**
 * TxStatus:
 * 0 is success, a positive value a normal end, a negative one an error.
 */
typedef enum {
  TX_OK = 0,
  TX_END = 1,             /* nothing (more) there: the end of a list, no such hit */
  TX_CANCELLED = 2,       /* the caller's progress function asked to stop; nothing has changed */
  TX_ERROR_IO = -1,       /* a system call failed; sys_errno is set */
  TX_ERROR_NOT_TRACE = -2,/* the directory holds no trace */
  TX_ERROR_VERSION = -3,  /* written by a newer, incompatible version */
  TX_ERROR_DAMAGED = -4,  /* checksum or bounds violated */
  TX_ERROR_MEMORY = -5,
  TX_ERROR_INVALID = -6,  /* the caller's argument */
  TX_ERROR_GAP = -7,      /* what was asked for lies in a stretch that is missing */
  TX_ERROR_FORKED = -8,   /* the object belongs to the parent process */
} TxStatus;

#define TX_ERROR_MESSAGE_SIZE 512

/**
 * TxError:
 * Filled by a failing function when the caller passes one. Needs no freeing.
 */
typedef struct {
  TxStatus status;
  int sys_errno;                       /* errno of TX_ERROR_IO, else 0 */
  char message[TX_ERROR_MESSAGE_SIZE]; /* one line, UTF-8 where names are: what was tried, on what, why */
} TxError;

/**
 * tx_error_set:
 * @self: (nullable): where to put it; NULL does nothing
 *
 * Sets status and a formatted one-line message. Cut at the buffer's end.
 *
 * Returns: @status, so that `return tx_error_set (...)` reads well
 */
TxStatus tx_error_set (TxError *self, TxStatus status, const char *format, ...) TX_PRINTF (3, 4);

/**
 * tx_error_set_errno:
 * As tx_error_set() with %TX_ERROR_IO; appends ": " and the text of @sys_errno.
 */
TxStatus tx_error_set_errno (TxError *self, int sys_errno, const char *format, ...) TX_PRINTF (3, 4);

/** tx_status_get_name: a short English word or two for @status; static. */
const char *tx_status_get_name (TxStatus status);

#ifdef __cplusplus
}
#endif
