// SPDX-License-Identifier: BSD-3-Clause
// Room for what is to be written: the oldest segments go first, then the digests that were kept of
// removed ones, never the segment that is being written.
#include "tx-limits-private.h"

#include <errno.h>

/* Where nobody has said anything: a gigabyte or a tenth of the file system for a trace, and a
   twentieth of it, at most two gigabytes, for all others. */
#define MAX_SIZE_DEFAULT (UINT64_C (1) << 30)
#define MIN_FREE_DEFAULT (UINT64_C (2) << 30)

/* A trace has at least so many segments when it is at its limit, but for very small ones. */
#define SEGMENTS_MIN     16u
#define SEGMENT_SIZE_MIN (64u * 1024u)

/* Digests of removed segments have at most one part in so many of the limit. */
#define DIGESTS_SHARE 4u

/* The file system is looked at again after so much time or so many bytes. */
#define CHECK_NS   100000000
#define CHECK_SIZE (128u * 1024u)

void
_tx_limits_find_defaults (TxLimits *self, TxDirectory *directory)
{
  TxSpace space = { 0 };
  int fd;

  if (self->max_size_bytes != 0 && self->min_free_bytes != 0)
    return;
  fd = _tx_directory_get_fd (directory);
  if (fd < 0 || directory->os->get_space (directory->os, fd, &space) < 0)
    space.total_bytes = 0;
  if (self->max_size_bytes == 0)
    self->max_size_bytes = space.total_bytes != 0 && space.total_bytes / 10 < MAX_SIZE_DEFAULT
                               ? space.total_bytes / 10
                               : MAX_SIZE_DEFAULT;
  if (self->min_free_bytes == 0)
    self->min_free_bytes =
        space.total_bytes / 20 < MIN_FREE_DEFAULT ? space.total_bytes / 20 : MIN_FREE_DEFAULT;
}

uint64_t
_tx_limits_get_segment_size (const TxLimits *self, uint64_t size_max)
{
  uint64_t size = self->max_size_bytes / SEGMENTS_MIN;

  if (size < SEGMENT_SIZE_MIN)
    size = SEGMENT_SIZE_MIN;
  return size < size_max ? size : size_max;
}

static int
remove_old (const TxLimits *self, TxSegmentWriter *segments, int64_t mono_ns)
{
  const TxSegmentInfo *oldest;

  while (self->max_age_ns != 0 && (oldest = _tx_segment_writer_get_oldest (segments)) &&
         mono_ns - oldest->mono_last_ns > self->max_age_ns)
    {
      int result = _tx_segment_writer_remove_oldest (segments);

      if (result < 0)
        return result;
    }
  return 0;
}

/* One segment less, or the digests of one. -EAGAIN when there is nothing to remove. */
static int
remove_something (TxSegmentWriter *segments)
{
  if (_tx_segment_writer_get_oldest (segments))
    return _tx_segment_writer_remove_oldest (segments);
  return _tx_segment_writer_remove_digests (segments) ? 0 : -EAGAIN;
}

static int
fit_size (const TxLimits *self, TxSegmentWriter *segments, uint64_t more_size)
{
  while (_tx_segment_writer_get_size (segments) + more_size > self->max_size_bytes)
    {
      int result = remove_something (segments);

      /* The current segment is there at any rate, if it is not the other files that are too large.
       */
      if (result == -EAGAIN)
        return more_size > self->max_size_bytes ? -EDQUOT : 0;
      if (result < 0)
        return result;
    }
  while (segments->digests_size > self->max_size_bytes / DIGESTS_SHARE)
    if (!_tx_segment_writer_remove_digests (segments))
      break;
  return 0;
}

static int
look_at_space (TxLimits *self, TxDirectory *directory, int64_t mono_ns)
{
  int fd = _tx_directory_get_fd (directory);
  TxSpace space;
  int result = fd < 0 ? fd : directory->os->get_space (directory->os, fd, &space);

  if (result < 0)
    return result;
  self->free_bytes = space.free_bytes;
  self->checked_ns = mono_ns;
  self->unchecked = 0;
  return 0;
}

static int
fit_space (TxLimits *self, TxSegmentWriter *segments, uint64_t wanted_size, int64_t mono_ns)
{
  int result = 0;

  if (self->checked_ns == 0 || mono_ns - self->checked_ns >= CHECK_NS ||
      self->unchecked + wanted_size >= CHECK_SIZE || self->free_bytes < self->min_free_bytes)
    result = look_at_space (self, segments->directory, mono_ns);
  /* Digests are small, and all that is left: they stay. */
  while (result == 0 && self->free_bytes < self->min_free_bytes + self->unchecked + wanted_size)
    {
      if (!_tx_segment_writer_get_oldest (segments))
        return -ENOSPC;
      result = _tx_segment_writer_remove_oldest (segments);
      if (result == 0)
        result = look_at_space (self, segments->directory, mono_ns);
    }
  self->unchecked += wanted_size;
  return result;
}

int
_tx_limits_make_room (TxLimits *self,
                      TxSegmentWriter *segments,
                      uint64_t fixed_size,
                      uint64_t wanted_size,
                      int64_t mono_ns)
{
  int result = remove_old (self, segments, mono_ns);

  if (result == 0 && self->max_size_bytes != TX_NO_LIMIT)
    result = fit_size (self, segments, fixed_size + wanted_size);
  if (result == 0 && self->min_free_bytes != TX_NO_LIMIT)
    result = fit_space (self, segments, wanted_size, mono_ns);
  return result;
}
