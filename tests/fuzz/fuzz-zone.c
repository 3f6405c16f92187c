// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a zone file: refused, or a zone whose offsets are sane.
#include <stdint.h>
#include <stdlib.h>

#include "replay/replay-zone.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  ReplayZone *zone = replay_zone_new_tzif ("fuzz", data, size);

  if (zone == NULL)
    return 0;
  for (int64_t time_s = -(INT64_C (1) << 34); time_s < INT64_C (1) << 34;
       time_s += INT64_C (1) << 28)
    {
      int64_t times_s[2];
      bool exists;

      if (abs (replay_zone_get_offset (zone, time_s)) > 26 * 3600)
        abort ();
      replay_zone_resolve (zone, time_s, times_s, &exists);
    }
  replay_zone_free (zone);
  return 0;
}
