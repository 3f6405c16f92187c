// SPDX-License-Identifier: BSD-3-Clause
// ExportSums: what each line took by itself, and each line's calls of a function; which calls are on a stack.
// Memory: an entry for each line and for each line with a function that it called, whatever is recorded of them.
#pragma once

#include "trace/tx-types.h"

/* Costs, in the order of the file's events. */
enum
{
  EXPORT_TIME,
  EXPORT_STEPS,
  EXPORT_WAITING,
  EXPORT_N_COSTS,
};

/** ExportSum: of a line (callee: 0), or of calls that it made. */
typedef struct {
  TxFunctionId function;
  uint32_t line;
  uint32_t callee; /* id + 1 */
  uint64_t calls;
  uint64_t costs[EXPORT_N_COSTS];
} ExportSum;

/** ExportActive: how often a call is on a thread's stack. */
typedef struct {
  uint32_t entry; /* index + 1; 0: free */
  TxThreadId thread;
  uint32_t count;
} ExportActive;

typedef struct {
  ExportSum *entries;   /* owned (array length=n_entries) */
  size_t n_entries;
  size_t capacity;
  uint32_t *places;     /* owned (array length=n_places): hash table of index + 1 */
  size_t n_places;      /* 0 or a power of 2 */
  ExportActive *active; /* owned (array length=n_slots): hash table */
  size_t n_slots;       /* 0 or a power of 2 */
  size_t n_active;
  bool no_memory;       /* sticky */
} ExportSums;

void export_sums_clear (ExportSums *self);

/** export_sums_get: index of an entry, made if it is new; 0 without memory. */
uint32_t export_sums_get (ExportSums *self, TxFunctionId function, uint32_t line, uint32_t callee);

/** export_sums_enter: a call is on a thread's stack from here on; whether it was not before. */
bool export_sums_enter (ExportSums *self, uint32_t entry, TxThreadId thread);
void export_sums_leave (ExportSums *self, uint32_t entry, TxThreadId thread);

/** export_sums_sort: by function, line and callee. Indices are good no more, and nothing can be added. */
void export_sums_sort (ExportSums *self);
