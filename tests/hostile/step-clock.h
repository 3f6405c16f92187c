// SPDX-License-Identifier: BSD-3-Clause
// A clock that only moves when it is told to, for recordings that shall always be the same.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define STEP_NS 700

static int64_t now_ns = INT64_C (1000000000000);

static int64_t
clock_cb (void *data, bool realtime)
{
  return realtime ? now_ns + INT64_C (1699999000000000000) : now_ns;
}
