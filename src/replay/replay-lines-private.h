// SPDX-License-Identifier: BSD-3-Clause
// ReplayLineTable: sums per (function, line), in a hash table; a table of what digests say.
#pragma once

#include "trace/tx.h"

/* One line's sums. Signed, as ranges are made by taking one sum from another. */
typedef struct
{
  TxFunctionId function;
  uint32_t line;
  int64_t hits;
  int64_t self_ns;
  int64_t cumulated_ns;
  int64_t slowest_ns;
  int64_t waiting_ns;
  int64_t self_error_ns;      /* bounds; INT64_MAX: not known. Only added to, also by what is taken away */
  int64_t cumulated_error_ns;
  int64_t resumed_error_ns;   /* to be added to both if the function is one that can be suspended */
} ReplayLineSum;

typedef struct _ReplayLineTable ReplayLineTable;

ReplayLineTable *_replay_line_table_new (void);
ReplayLineTable *_replay_line_table_copy (const ReplayLineTable *self);
void _replay_line_table_free (ReplayLineTable *self);

/* The sum of a line, made if it is new; NULL without memory. Valid until the next call. Behind one and a half
   million lines new ones are all the line 1 of function 0. */
ReplayLineSum *_replay_line_table_get (ReplayLineTable *self, TxFunctionId function, uint32_t line);

/* Adds the bounds of @line's times in @digest. */
void _replay_line_sum_add_error (ReplayLineSum *self,
                                 const TxDigest *digest,
                                 const TxDigestLine *line);

/* The greatest error of any event's time in the digests that were added; UINT32_MAX: not known. */
uint32_t _replay_line_table_get_error (const ReplayLineTable *self);

/* Adds all lines of a digest; false without memory. */
bool _replay_line_table_add (ReplayLineTable *self, const TxDigest *digest);

/* For walking over all: slots with function and line 0 are not used. */
const ReplayLineSum *_replay_line_table_get_slots (const ReplayLineTable *self, size_t *ret_n_slots);
bool _replay_line_sum_is_used (const ReplayLineSum *sum);

void _replay_line_table_clear_slowest (ReplayLineTable *self);
