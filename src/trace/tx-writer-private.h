// SPDX-License-Identifier: BSD-3-Clause
// The inside of TxWriter, for its own files and for tests that replace the system.
#pragma once

#include "tx-flusher-private.h"
#include "tx-info-private.h"
#include "tx-recover-job-private.h"
#include "tx-writer.h"

struct _TxWriter
{
  TxOs *os; /* borrowed */
  TxDirectory directory;
  TxInfo info;
  TxRing ring;
  TxStream *stream; /* owned */
  TxFlusher flusher;
  uint64_t keep_runs;
  TxRecoverJob *job; /* owned (nullable) */
  int end_result;    /* of writing the end: 0 or a negative errno */
  bool is_abandoned; /* in a forked child */
  TxWriter *next;    /* in the list of live writers; tx-writer-fork.c's */
};

/** _tx_writer_new_with_os: tx_writer_new() on another system. @os: (transfer none): outlives the
 * writer. */
TxWriter *_tx_writer_new_with_os (const char *directory,
                                  const TxWriterOptions *options,
                                  TxOs *os,
                                  TxError *error) TX_WARN_UNUSED;

/** _tx_writer_tick: what the native thread does each tick, for manual mode: asks for a stamp. */
void _tx_writer_tick (TxWriter *self);

/* The list of writers that a forked child has to abandon. False: no memory; nothing is watched
 * then. */
bool _tx_writer_watch_forks (TxWriter *self);
void _tx_writer_unwatch_forks (TxWriter *self);
