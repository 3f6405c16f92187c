// SPDX-License-Identifier: BSD-3-Clause
// ReplayLineTable: sums per (function, line), in a hash table; a table of what digests say.
#pragma once

#include "trace/tx.h"

/* What bounds a line's times: where its stretches on the stacks begin and end. Only added to, also by
   what is taken away. Of errors INT64_MAX: not known. */
typedef struct
{
  uint64_t n_stretches;  /* at most so many begin: executions, and frames that came to light */
  int64_t begins_ns;     /* the sum of the errors of where they begin */
  int64_t both_ns;       /* also of where they end, if they do so in the digest in which they begin, or each
                            thread brought one along into each digest */
  int64_t self_ns;       /* of the self time, digest by digest */
  bool has_called;       /* its self time is not all its time */
  uint32_t greatest_ns;  /* error of any event in the digests that have the line */

  /* to be added if the function is one that can be suspended */
  uint64_t n_resumed;
  int64_t resumed_ns; /* the sum of the errors of where these begin */
} ReplayLineError;

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
  ReplayLineError error;
} ReplayLineSum;

typedef struct _ReplayLineTable ReplayLineTable;

ReplayLineTable *_replay_line_table_new (void);
ReplayLineTable *_replay_line_table_copy (const ReplayLineTable *self);
void _replay_line_table_free (ReplayLineTable *self);

/* The sum of a line, made if it is new; NULL without memory. Valid until the next call. Behind one and a half
   million lines new ones are all the line 1 of function 0. */
ReplayLineSum *_replay_line_table_get (ReplayLineTable *self, TxFunctionId function, uint32_t line);

/* Adds the bounds of @line's times in @digest, which is of so long a time (UINT64_MAX: not known). */
void _replay_line_error_add (ReplayLineError *self,
                             const TxDigest *digest,
                             const TxDigestLine *line,
                             uint64_t duration_ns);

/* The bounds of the cumulated and of the self time. @n_carried: stretches that may have begun before
   what was added, or between it. @is_suspended: of a function that can be. UINT64_MAX: not known. */
void _replay_line_error_get (const ReplayLineError *self,
                             uint64_t n_carried,
                             bool is_suspended,
                             uint64_t *ret_cumulated_ns,
                             uint64_t *ret_self_ns);

/* Adds all lines of a digest, which is of so long a time (UINT64_MAX: not known); false without memory. */
bool _replay_line_table_add (ReplayLineTable *self, const TxDigest *digest, uint64_t duration_ns);

/* The same with the bounds that @bounds (nullable) has of these lines, of more than the digest tells of. */
bool _replay_line_table_add_within (ReplayLineTable *self,
                                    const TxDigest *digest,
                                    uint64_t duration_ns,
                                    ReplayLineTable *bounds);

/* Here begins something that does not go on from what was added before: digests of later blocks may have
   stretches of each thread that began in others. How often that was so: */
void _replay_line_table_add_break (ReplayLineTable *self);
uint64_t _replay_line_table_get_n_breaks (const ReplayLineTable *self);

/* For walking over all: slots with function and line 0 are not used. */
const ReplayLineSum *_replay_line_table_get_slots (const ReplayLineTable *self, size_t *ret_n_slots);
bool _replay_line_sum_is_used (const ReplayLineSum *sum);

void _replay_line_table_clear_slowest (ReplayLineTable *self);
