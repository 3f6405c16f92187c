// SPDX-License-Identifier: BSD-3-Clause
// CliFile: a file that a program makes, which takes its place only when it is whole: until then
// whoever looks sees the one before, or none.
#pragma once

#include "trace/tx-error.h"

typedef struct {
  int fd;          /* where to write to */
  char *path;      /* owned; of the file in the end; NULL: written to directly, as devices and pipes are */
  char *temporary; /* owned; the same directory; NULL with @path */
} CliFile;

/** cli_file_open: @path may be a link, which stays; what it leads to is replaced. */
TxStatus cli_file_open (CliFile *self, const char *path, TxError *error) TX_WARN_UNUSED;

/** cli_file_commit: puts the file in its place; then, as on failure, there is nothing left to do but cli_file_discard(). */
TxStatus cli_file_commit (CliFile *self, TxError *error) TX_WARN_UNUSED;

/** cli_file_discard: closes, and removes what has not been put in its place. */
void cli_file_discard (CliFile *self);
