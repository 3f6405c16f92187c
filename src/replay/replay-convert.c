// SPDX-License-Identifier: BSD-3-Clause
// The way from replay to the rooms that know other tools' recordings.
#include "replay-convert-private.h"

#include <stdlib.h>
#include <unistd.h>

#include "walt/walt.h"

bool
replay_convert_is_needed (const char *directory)
{
  return walt_is_trace (directory);
}

TxStatus
_replay_convert_open (const char *directory,
                      const ReplayProgress *progress,
                      char **ret_directory,
                      int *ret_lock,
                      TxError *error)
{
  return walt_convert_cached (directory, progress ? progress->func : NULL,
                              progress ? progress->data : NULL, ret_directory, ret_lock, error);
}

TxStatus
replay_convert (const char *directory, const ReplayProgress *progress, TxError *error)
{
  char *converted;
  int lock;
  TxStatus status = _replay_convert_open (directory, progress, &converted, &lock, error);

  if (status != TX_OK)
    return status;
  free (converted);
  close (lock);
  return TX_OK;
}
