// SPDX-License-Identifier: BSD-3-Clause
// ReplayHistory: the positions that were visited, to go back and forward in, as in a browser.
// Bounded: the oldest are forgotten. Not thread-safe.
#pragma once

#include "replay-trace.h"

typedef struct _ReplayHistory ReplayHistory;

#define REPLAY_HISTORY_MAX 512u

ReplayHistory *replay_history_new (void);
void replay_history_free (ReplayHistory *self);

/**
 * replay_history_visit:
 * Notes that the user is at @position now. What lay forward is forgotten; visiting the same position
 * again adds nothing.
 */
void replay_history_visit (ReplayHistory *self, ReplayPosition position);

bool replay_history_can_go (const ReplayHistory *self, bool back);

/** replay_history_go: one visit back or forward; %TX_END when there is none. */
TxStatus replay_history_go (ReplayHistory *self, bool back, ReplayPosition *ret_position) TX_WARN_UNUSED;
