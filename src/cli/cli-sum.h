// SPDX-License-Identifier: BSD-3-Clause
// Sums and differences of times. Hostile recordings have some at both ends of what a number holds:
// then the end is meant, and nothing overflows.
#pragma once

#include <stdint.h>

static inline int64_t
cli_add (int64_t a, int64_t b)
{
  int64_t sum;

  if (__builtin_add_overflow (a, b, &sum))
    return b > 0 ? INT64_MAX : INT64_MIN;
  return sum;
}

static inline int64_t
cli_subtract (int64_t a, int64_t b)
{
  int64_t difference;

  if (__builtin_sub_overflow (a, b, &difference))
    return b < 0 ? INT64_MAX : INT64_MIN;
  return difference;
}
