// SPDX-License-Identifier: BSD-3-Clause
// The text files that the writer leaves: `pid`, `info` and `end`.
#pragma once

#include "tx-buffer-private.h"
#include "tx-directory-private.h"
#include "tx-ring-private.h"
#include "tx-writer.h"

/** TxInfo: what `info` says of the recording itself. */
typedef struct
{
  uint64_t trace_id;
  uint32_t pid;
  uint64_t start_ticks;
  char boot_id[37];
  uint64_t image;         /* _tx_process_get_image() */
  uint64_t pid_namespace; /* _tx_process_get_namespace() */
  uint64_t time_namespace;
  int64_t program_real_ns; /* _tx_process_get_program_start() */
  int64_t mono_ns;
  int64_t real_ns;
  uint64_t tick_ns;
} TxInfo;

/* 0 or a negative errno. */
int _tx_info_write (TxDirectory *directory,
                    const TxInfo *info,
                    const TxRing *ring,
                    const TxInfoEntry *entries,
                    size_t n_entries);
int _tx_info_write_pid (TxDirectory *directory, uint32_t pid);
void _tx_info_remove_pid (TxDirectory *directory);

/** _tx_info_write_end: @stream, @writer: (nullable): what recording has cost. */
int _tx_info_write_end (TxDirectory *directory,
                        int64_t mono_ns,
                        int64_t real_ns,
                        uint64_t blocks,
                        uint64_t steps,
                        const TxStreamStats *stream,
                        const TxWriterStats *writer);
