// SPDX-License-Identifier: BSD-3-Clause
// Salts for tx_hash().
#pragma once

#include <stdint.h>
#include <sys/random.h>

/** _replay_salt_new: @instead: its address is taken where none can be had, which only makes it easier to guess. */
static inline uint64_t
_replay_salt_new (const void *instead)
{
  uint64_t salt;

  if (getrandom (&salt, sizeof salt, GRND_NONBLOCK) != (ssize_t) sizeof salt)
    salt = (uint64_t) (uintptr_t) instead;
  return salt;
}
