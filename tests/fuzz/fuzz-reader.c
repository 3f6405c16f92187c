// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a whole trace, as fuzz_directory_unpack() has it: everything that a reader can be asked.
#include "fuzz-directory.h"

const FuzzForm fuzz_form = FUZZ_FORM_PACKED;

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_directory_unpack (data, size);
  fuzz_directory_read ();
  return 0;
}
