// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as an `info` file.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tx-info-reader-private.h"

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char *text = malloc (size + 1);
  TxInfo info;
  uint64_t number;

  if (!text)
    return 0;
  if (size > 0)
    memcpy (text, data, size);
  CHECK (_tx_info_parse (&info, text, size));
  for (size_t i = 0; i < info.n_lines; i++)
    {
      CHECK (strlen (info.lines[i].key) > 0);
      CHECK (strlen (info.lines[i].value) <= size);
      CHECK (_tx_info_get (&info, info.lines[i].key) != NULL);
      (void) _tx_info_get_number (&info, info.lines[i].key, 10, &number);
      (void) _tx_info_get_number (&info, info.lines[i].key, 16, &number);
    }
  _tx_info_clear (&info);
  return 0;
}
