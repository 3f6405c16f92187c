// SPDX-License-Identifier: BSD-3-Clause
// What a DEFINE event, or the catalog record with the same bytes, says. Decoding
// only; owns nothing: names and bitmaps stay where the bytes are.
#pragma once

#include "tx-bytes-private.h"
#include "tx-types.h"

/** TxDefinition: one file, function, thread or type. Fields that its kind does not have are 0. */
typedef struct
{
  TxEventKind kind; /* TX_EVENT_DEFINE_FILE, _FUNCTION, _THREAD or _TYPE */
  uint32_t id;      /* never 0 */
  TxFileId file;
  uint32_t first_line;
  uint32_t flags;      /* TxFunctionFlags */
  const uint8_t *name; /* path, qualified name, thread's or type's name; not terminated */
  size_t name_size;
  uint32_t bitmap_first_line;
  const uint8_t *bitmap;
  size_t bitmap_size;
  uint64_t native_id;
} TxDefinition;

/**
 * _tx_definition_decode:
 * @cursor: at the first operand; behind the last one afterwards, failed on a violation
 *
 * Returns: whether the definition is good
 */
bool _tx_definition_decode (TxCursor *cursor, TxEventKind kind, TxDefinition *ret_definition);
