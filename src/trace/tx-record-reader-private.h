// SPDX-License-Identifier: BSD-3-Clause
// TxRecordReader: walks the records of `catalog` and `sources`, each time from
// where it stopped, and goes on behind damage. Knows no payload's meaning.
#pragma once

#include "tx-damage-private.h"
#include "tx-format-private.h"

/** TxRecordReader: one file's position. Zeroed but for the constants: at its beginning. */
typedef struct
{
  const char *name;     /* file name, static */
  const char *magic;    /* of the file, static */
  uint32_t decoded_max; /* what a payload may have at most */
  uint64_t offset;      /* of the next record; 0: the file header was not yet read */
  uint64_t scanned;     /* no good record header begins between offset and here */
  bool has_bad_end;     /* that was counted as damage */
} TxRecordReader;

/** TxRecord: one good record. */
typedef struct
{
  uint8_t type;
  uint8_t codec;
  uint32_t size; /* of the payload in the file */
  uint32_t decoded_size;
  uint64_t offset;        /* of the payload in the file */
  uint64_t checksum;      /* of the payload in the file */
  const uint8_t *payload; /* as in the file; during the callback only */
} TxRecord;

/** TxRecordFunc: called for each record; false when out of memory. */
typedef bool (*TxRecordFunc) (void *data, const TxRecord *record);

/**
 * _tx_record_reader_read:
 * @is_live: the file may grow: an unfinished end is no damage
 *
 * Reads what came since the last call. A file that is not there has nothing.
 */
TxStatus _tx_record_reader_read (TxRecordReader *self,
                                 int dir_fd,
                                 uint64_t trace_id,
                                 bool is_live,
                                 TxRecordFunc func,
                                 void *data,
                                 TxDamage *damage,
                                 TxError *error) TX_WARN_UNUSED;

/** _tx_record_read_payload: (transfer full): decoded and checked again; NULL where that fails. */
uint8_t *_tx_record_read_payload (const TxRecord *record, int fd, uint64_t trace_id);
