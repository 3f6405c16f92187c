// SPDX-License-Identifier: BSD-3-Clause
// The part of a ring's header page that tells of its trace (docs/trace-format.md, section 7).
#include "tx-ring-home-private.h"

#include <string.h>

#include "tx-bytes-private.h"

#define IMAGE_OFFSET     96u
#define NAMESPACE_OFFSET 104u
#define SIZE_OFFSET      112u
#define TIME_OFFSET      116u
#define PATH_OFFSET      120u
#define PATH_SIZE_MAX    (TX_RING_HEADER_SIZE - PATH_OFFSET - 1)

void
_tx_ring_home_encode (uint8_t *page, const TxRingHome *numbers, const char *directory)
{
  uint64_t time_namespace = numbers->time_namespace;
  size_t size = strlen (directory);

  if (size > PATH_SIZE_MAX)
    size = 0;
  _tx_put_u64 (page + IMAGE_OFFSET, numbers->image);
  _tx_put_u64 (page + NAMESPACE_OFFSET, numbers->pid_namespace);
  _tx_put_u32 (page + TIME_OFFSET, time_namespace <= UINT32_MAX ? (uint32_t) time_namespace : 0);
  _tx_put_u32 (page + SIZE_OFFSET, (uint32_t) size);
  memcpy (page + PATH_OFFSET, directory, size);
}

bool
_tx_ring_home_decode (const uint8_t *page, TxRingHome *ret_home)
{
  uint32_t size = _tx_get_u32 (page + SIZE_OFFSET);

  if (size > PATH_SIZE_MAX || memchr (page + PATH_OFFSET, '\0', size) ||
      (size > 0 && page[PATH_OFFSET] != '/'))
    return false;
  ret_home->image = _tx_get_u64 (page + IMAGE_OFFSET);
  ret_home->pid_namespace = _tx_get_u64 (page + NAMESPACE_OFFSET);
  ret_home->time_namespace = _tx_get_u32 (page + TIME_OFFSET);
  memcpy (ret_home->directory, page + PATH_OFFSET, size);
  ret_home->directory[size] = '\0';
  return true;
}
