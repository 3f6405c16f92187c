// SPDX-License-Identifier: BSD-3-Clause
// Finds threads by number or name.
#include "cli-thread.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay-text.h"

static bool
parse_number (const char *text, unsigned long long *ret_number)
{
  char *end;

  errno = 0;
  *ret_number = strtoull (text, &end, 10);
  return errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9';
}

static const char *
get_name (const TxReader *reader, TxThreadId id)
{
  const TxThreadInfo *info = tx_reader_get_thread (reader, id);

  return info == NULL ? "" : info->name;
}

TxStatus
cli_thread_find (const TxReader *reader, const char *text, TxThreadId *ret_thread, TxError *error)
{
  size_t n_threads = tx_reader_get_n_threads (reader);
  unsigned long long number;
  size_t n_found = 0;
  TxThreadId found = 0;

  if (parse_number (text, &number) && number > 0 && number <= n_threads)
    {
      *ret_thread = (TxThreadId) number;
      return TX_OK;
    }
  for (size_t id = 1; id <= n_threads; id++)
    if (*text != '\0' && strcmp (get_name (reader, (TxThreadId) id), text) == 0 && n_found++ == 0)
      found = (TxThreadId) id;
  if (n_found == 0)
    return tx_error_set (
        error, TX_END, "cannot find thread '%.200s': there are %zu, give a number from 1 or a name",
        text, n_threads);
  if (n_found > 1)
    return tx_error_set (
        error, TX_ERROR_INVALID,
        "cannot choose thread '%.200s': %zu have this name, the first is number %" PRIu32
        " (give a number)",
        text, n_found, found);
  *ret_thread = found;
  return TX_OK;
}

char *
cli_thread_dup_label (const TxReader *reader, TxThreadId thread)
{
  const char *name = thread == 0 ? "" : get_name (reader, thread);
  size_t size = 10 * strlen (name) + 16;
  char *label = malloc (size);
  int used;

  if (label == NULL)
    return NULL;
  used = snprintf (label, size, "%" PRIu32 "%s", thread, *name != '\0' ? " " : "");
  replay_text_escape (name, strlen (name), label + used, size - (size_t) used);
  return label;
}
