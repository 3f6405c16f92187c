// SPDX-License-Identifier: BSD-3-Clause
// The checksum of the format: XXH64, compiled in. The one place that knows the
// library, of which nothing is needed at run time.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#define XXH_INLINE_ALL
#include <xxhash.h>
#pragma GCC diagnostic pop

static inline uint64_t
_tx_checksum (const void *bytes, size_t size_bytes, uint64_t seed)
{
  return XXH64 (bytes, size_bytes, seed);
}
