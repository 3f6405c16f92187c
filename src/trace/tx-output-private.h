// SPDX-License-Identifier: BSD-3-Clause
// TxOutput: one file of a trace that only grows. Owns the descriptor; knows nothing of
// what is in it.
//
// Programs that turn themselves into daemons close every descriptor they find, and their next
// file gets the same number. So each write makes sure that the descriptor still is ours, and opens
// the file again where it is not.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tx-directory-private.h"

typedef struct
{
  TxDirectory *directory; /* borrowed; NULL: zeroed */
  char name[32];
  int fd; /* -1: not open */
  bool is_created; /* by us */
  bool is_dirty;   /* appended to since the last sync */
  uint64_t device, inode;
  uint64_t offset;  /* where the next append goes */
  uint64_t written; /* bytes beyond offset that a failed append has left */
} TxOutput;

/* Creates the file, which must not exist, with mode 0600. 0 or a negative errno. */
int _tx_output_create (TxOutput *self, TxDirectory *directory, const char *name);

/* 0 or a negative errno; a failed append may be repeated with the same bytes, or skipped. */
int _tx_output_append (TxOutput *self, const void *bytes, size_t size_bytes);

/* Gives a failed append up: the next one goes behind what it has left, at a multiple of @unit. */
void _tx_output_skip (TxOutput *self, uint32_t unit);

/* Sees to it that what was written is on the disk. A failure must not be tried again. */
int _tx_output_sync (TxOutput *self);

/* Does nothing on a zeroed output, whose descriptor would be 0. */
void _tx_output_close (TxOutput *self);

/* Closes the file and removes it; for undoing a creation. */
void _tx_output_remove (TxOutput *self);

/* A whole file at once: created, written, closed; removed again on failure. */
int _tx_output_write_file (
    TxDirectory *directory, const char *name, const void *bytes, size_t size_bytes);
