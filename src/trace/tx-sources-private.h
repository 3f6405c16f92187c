// SPDX-License-Identifier: BSD-3-Clause
// TxSources: where in the file `sources` each file's text is. Loads no text until
// asked.
#pragma once

#include "tx-catalog-private.h"
#include "tx-damage-private.h"
#include "tx-record-reader-private.h"

/** TxSource: the text of one file. */
typedef struct
{
  TxFileId file;
  TxRecord record;    /* payload NULL */
  size_t header_size; /* operands before the text in the decoded payload */
  uint64_t text_size;
  int64_t mtime_ns;
  bool is_younger; /* TX_SOURCE_YOUNGER */
} TxSource;

typedef struct
{
  TxRecordReader records;
  TxSource *sources; /* owned; in the file's order */
  size_t n_sources;
  size_t capacity;
} TxSources;

void _tx_sources_init (TxSources *self);
void _tx_sources_clear (TxSources *self);

/** _tx_sources_read: reads what has come to the file, and tells @catalog's files of it. */
TxStatus _tx_sources_read (TxSources *self,
                           int dir_fd,
                           uint64_t trace_id,
                           bool is_live,
                           TxCatalog *catalog,
                           TxDamage *damage,
                           TxError *error) TX_WARN_UNUSED;

/** _tx_sources_dup: see tx_reader_dup_source(). Thread-safe while nothing is read. */
TxStatus _tx_sources_dup (const TxSources *self,
                          int dir_fd,
                          uint64_t trace_id,
                          TxFileId file,
                          char **ret_bytes,
                          size_t *ret_size_bytes,
                          TxError *error) TX_WARN_UNUSED;
