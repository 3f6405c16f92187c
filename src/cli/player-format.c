// SPDX-License-Identifier: BSD-3-Clause
// Figures in few characters.
#include "player-format.h"

#include <inttypes.h>
#include <stdio.h>

void
player_format_count (uint64_t count, char *ret_text, size_t size)
{
  static const char units[] = "kMGTPE";
  double value = (double) count;
  size_t unit = 0;

  if (count < 10000)
    {
      snprintf (ret_text, size, "%" PRIu64, count);
      return;
    }
  value /= 1000;
  /* 999.5 would print as 1000 of the smaller unit. */
  for (; value >= 999.5 && unit < sizeof units - 2; unit++)
    value /= 1000;
  snprintf (ret_text, size, value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}
