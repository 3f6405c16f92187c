// SPDX-License-Identifier: BSD-3-Clause
// What the timeline and the marks on it share: where times fall.
#pragma once

#include "replay-timeline.h"

/* The bucket that a time falls into, an end's for those beyond it. */
size_t _replay_timeline_get_bucket (const ReplayTimeline *self, int64_t real_ns);

/* The wall-clock extent of a block; for missing ones, what lies between its neighbours. */
void _replay_timeline_get_extent (const TxReader *reader,
                                  size_t index,
                                  int64_t *ret_first_ns,
                                  int64_t *ret_last_ns);
