// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as `catalog` and as `sources` of a trace.
#include "fuzz-directory.h"

#include <string.h>

const FuzzForm fuzz_form = FUZZ_FORM_RECORDS;

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  uint8_t *bytes = malloc (size ? size : 1);

  if (!bytes)
    return 0;
  if (size > 0)
    memcpy (bytes, data, size);
  if (fuzz_wants_checksums (data, size))
    fuzz_fix_records (bytes, size);
  fuzz_directory_put ("info", (const uint8_t *) FUZZ_TRACE_INFO, strlen (FUZZ_TRACE_INFO));
  fuzz_directory_put ("catalog", bytes, size);
  fuzz_directory_put ("sources", bytes, size);
  fuzz_directory_read ();
  free (bytes);
  return 0;
}
