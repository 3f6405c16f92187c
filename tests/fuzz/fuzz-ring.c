// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as the ring of a process that was killed. So that inputs stay small, the header page is
// made of the first 96 bytes, and what follows them are the slots.
#include "fuzz-directory.h"

#include <string.h>

#include "trace/tx-format-private.h"

const FuzzForm fuzz_form = FUZZ_FORM_SHORT_RING;

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  size_t head = size < TX_RING_FIELDS_SIZE ? size : TX_RING_FIELDS_SIZE;
  size_t ring_size = TX_RING_HEADER_SIZE + size - head;
  uint8_t *bytes = calloc (1, ring_size);

  if (!bytes)
    return 0;
  if (size > 0)
    {
      memcpy (bytes, data, head);
      memcpy (bytes + TX_RING_HEADER_SIZE, data + head, size - head);
    }
  if (fuzz_wants_checksums (data, size))
    fuzz_fix_ring (bytes, ring_size);
  fuzz_directory_put ("info", (const uint8_t *) FUZZ_TRACE_INFO, strlen (FUZZ_TRACE_INFO));
  fuzz_directory_put ("ring", bytes, ring_size);
  fuzz_directory_read ();
  free (bytes);
  return 0;
}
