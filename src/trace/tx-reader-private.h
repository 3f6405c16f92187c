// SPDX-License-Identifier: BSD-3-Clause
// What the files of TxReader share: tx-reader.c opens and follows, tx-reader-identify.c
// finds out what trace a directory has, tx-reader-load.c loads blocks.
#pragma once

#include "tx-block-table-private.h"
#include "tx-catalog-private.h"
#include "tx-info-reader-private.h"
#include "tx-process-private.h"
#include "tx-reader.h"
#include "tx-ring-blocks-private.h"
#include "tx-sources-private.h"
#include "tx-span-table-private.h"

struct _TxReader
{
  char *directory; /* owned; as given */
  int dir_fd;      /* owned */
  TxInfo info;
  TxInfo end; /* empty while the recording goes on */
  bool has_end;
  uint64_t trace_id;
  uint32_t pid; /* 0 unknown */
  TxReaderState state;
  TxRingBlocks ring;
  TxBlockTable blocks;
  TxSpanTable spans;
  TxCatalog catalog;
  TxSources sources;
  TxDamage damage;
  uint64_t told_step; /* behind the last step that was ever there */
  uint64_t told_sequence;
};

/**
 * _tx_reader_open_until:
 * @stop: (nullable): looked at between blocks of the ring; outlives the reader
 *
 * As tx_reader_open(); NULL with TX_CANCELLED when @stop is true.
 */
TxReader *_tx_reader_open_until (const char *directory, const _Atomic bool *stop, TxError *error);

/**
 * _tx_reader_identify:
 * Reads `info`, and fills in what the trace is. Damage is noted.
 */
TxStatus _tx_reader_identify (TxReader *self, TxError *error) TX_WARN_UNUSED;

/** _tx_reader_get_info: a value of `info`; "" where it is not there. */
const char *_tx_reader_get_info (const TxReader *self, const char *key);

/** _tx_reader_get_process: whose trace it is, as `info` says; lives as long as @self. */
TxProcess _tx_reader_get_process (const TxReader *self);

/** _tx_reader_read_info: whether there is a text file @name (`info`, `end`); errno is set
 * otherwise. */
bool _tx_reader_read_info (TxReader *self, const char *name, TxInfo *ret_info);
