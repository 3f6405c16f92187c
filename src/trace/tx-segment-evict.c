// SPDX-License-Identifier: BSD-3-Clause
// Making room: the oldest segments go, whole; the digests of their blocks stay.
#include "tx-segment-writer-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static int
remove_file (TxSegmentWriter *self, const char *name)
{
  TxOs *os = self->directory->os;
  int dir_fd = _tx_directory_get_fd (self->directory);
  int result = dir_fd < 0 ? dir_fd : os->unlink (os, dir_fd, name);

  return result == -ENOENT && dir_fd >= 0 ? 0 : result;
}

const TxSegmentInfo *
_tx_segment_writer_get_oldest (const TxSegmentWriter *self)
{
  return self->n_removed + 1 < self->n_segments ? &self->infos[self->n_removed] : NULL;
}

int
_tx_segment_writer_remove_oldest (TxSegmentWriter *self)
{
  const TxSegmentInfo *info = &self->infos[self->n_removed];
  char name[32];
  int result;

  snprintf (name, sizeof name, TX_FILE_SEGMENT_FORMAT, self->n_removed);
  result = remove_file (self, name);
  if (result < 0)
    return result;
  /* A reader looks for the index beside its segment only. */
  snprintf (name, sizeof name, TX_FILE_INDEX_FORMAT, self->n_removed);
  (void) remove_file (self, name);
  self->finished_size -= info->size_bytes;
  self->digests_size += info->digests_size_bytes;
  self->n_removed++;
  return 0;
}

bool
_tx_segment_writer_remove_digests (TxSegmentWriter *self)
{
  const TxSegmentInfo *info = &self->infos[self->n_digests_removed];
  char name[32];

  if (self->n_digests_removed >= self->n_removed)
    return false;
  snprintf (name, sizeof name, TX_FILE_DIGESTS_FORMAT, self->n_digests_removed);
  if (remove_file (self, name) < 0)
    return false;
  self->finished_size -= info->digests_size_bytes;
  self->digests_size -= info->digests_size_bytes;
  self->n_digests_removed++;
  return true;
}
