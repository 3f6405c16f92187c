// SPDX-License-Identifier: BSD-3-Clause
// Numbers by id, where a trace may have any ids and many of them: of threads, of pages of lines.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct
{
  uint32_t id;
  uint32_t number; /* 0: a free slot */
} ReplayIdSlot;

/** ReplayIds: {0} has none. */
typedef struct
{
  ReplayIdSlot *slots; /* owned: a hash table */
  size_t n_slots;      /* a power of two, or 0 */
  size_t n_ids;
  uint64_t salt;       /* of the hashes */
} ReplayIds;

/**
 * _replay_ids_get:
 *
 * Returns: the number of the id, to be set by the caller where it is 0, which a new one's is; valid
 * until another is asked for; NULL without memory.
 */
uint32_t *_replay_ids_get (ReplayIds *self, uint32_t id);
/** _replay_ids_forget: all of them; memory stays, unless it is for far more than there were. */
void _replay_ids_forget (ReplayIds *self);
void _replay_ids_clear (ReplayIds *self);
