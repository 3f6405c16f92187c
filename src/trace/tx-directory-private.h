// SPDX-License-Identifier: BSD-3-Clause
// TxDirectory: the directory of a trace, opened once. Its files are reached through it, so that
// neither a change of the root or working directory nor a rename leads anywhere else.
#pragma once

#include "tx-os-private.h"

typedef struct
{
  TxOs *os;    /* borrowed */
  char *path;  /* owned; absolute, links resolved */
  int fd;      /* owned; -1: not open */
  int kept_fd; /* owned: the same in the program's table of descriptors; -1: not there */
  uint64_t device, inode;
} TxDirectory;

/* @path is resolved. 0 or a negative errno. */
int _tx_directory_open (TxDirectory *self, TxOs *os, const char *path);

/* Both do nothing on a zeroed one. _close() leaves the path. */
void _tx_directory_close (TxDirectory *self);
void _tx_directory_clear (TxDirectory *self);

/**
 * _tx_directory_hand_over:
 * By the thread that has opened it, to another one, whose descriptors are its own: that opens the
 * directory again, through the program's descriptor if it can, wherever the directory is by then.
 */
void _tx_directory_hand_over (TxDirectory *self);

/**
 * _tx_directory_get_fd:
 * The descriptor if it still is ours (daemons close what they find), else the directory opened
 * again, if it still is the same. A negative errno; -ENOENT when it was removed.
 */
int _tx_directory_get_fd (TxDirectory *self);
