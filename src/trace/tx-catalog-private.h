// SPDX-License-Identifier: BSD-3-Clause
// TxCatalog: what a reader knows of files, functions, threads and types, from `catalog`
// records and from definitions in blocks that are only in the ring yet. What it
// hands out stays where it is until it is cleared.
#pragma once

#include "tx-damage-private.h"
#include "tx-definition-private.h"
#include "tx-reader.h"
#include "tx-record-reader-private.h"

/** TxCatalogTable: pointers by id - 1; NULL where nothing is known. */
typedef struct
{
  void **items; /* array owned; the items by the catalog's list */
  size_t n_items;
  size_t capacity;
} TxCatalogTable;

typedef struct _TxCatalogItem TxCatalogItem;

typedef struct
{
  TxRecordReader records;
  TxCatalogTable files;     /* of TxFile */
  TxCatalogTable functions; /* of TxFunction */
  TxCatalogTable threads;   /* of TxThreadInfo */
  TxCatalogTable types;     /* of names, terminated */
  TxCatalogItem *items;     /* owned list of all that was ever handed out */
  uint64_t n_bytes_seen;    /* of definitions; bounds the ids that can be true */
  bool no_memory;
} TxCatalog;

void _tx_catalog_init (TxCatalog *self);
void _tx_catalog_clear (TxCatalog *self);

/** _tx_catalog_read: reads what has come to the file `catalog`. */
TxStatus _tx_catalog_read (TxCatalog *self,
                           int dir_fd,
                           uint64_t trace_id,
                           bool is_live,
                           TxDamage *damage,
                           TxError *error) TX_WARN_UNUSED;

/**
 * _tx_catalog_define:
 * Takes a definition in. A file, function or type that is known stays as it is; a thread's later
 * definition wins.
 *
 * Returns: false when it cannot be: an id out of thin air, or no memory (then no_memory is set)
 */
bool _tx_catalog_define (TxCatalog *self, const TxDefinition *definition);

TxFile *_tx_catalog_get_file (const TxCatalog *self, TxFileId id);
const TxFunction *_tx_catalog_get_function (const TxCatalog *self, TxFunctionId id);
const TxThreadInfo *_tx_catalog_get_thread (const TxCatalog *self, TxThreadId id);
const char *_tx_catalog_get_type (const TxCatalog *self, TxTypeId id);

/** _tx_catalog_get_first_line: a TxFirstLineFunc; @data is the TxCatalog. */
bool _tx_catalog_get_first_line (void *data, TxFunctionId id, uint32_t *ret_first_line);
