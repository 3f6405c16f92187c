// SPDX-License-Identifier: BSD-3-Clause
// Hashes of what a trace says, which may be made to be slow: with a salt that its maker does not know
// nobody can choose numbers which all hash alike.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** tx_hash: the finaliser of splitmix64. */
static inline uint64_t
tx_hash (uint64_t key, uint64_t salt)
{
  uint64_t hash = key ^ salt;

  hash = (hash ^ hash >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  hash = (hash ^ hash >> 27) * UINT64_C (0x94d049bb133111eb);
  return hash ^ hash >> 31;
}

#ifdef __cplusplus
}
#endif
