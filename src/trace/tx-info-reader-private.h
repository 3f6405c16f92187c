// SPDX-License-Identifier: BSD-3-Clause
// TxInfo: the `key=value` lines of `info` and `end`. Hostile text in, strings
// out; interprets numbers, knows no keys but those that name a process.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tx-process-private.h"

#define TX_INFO_SIZE_MAX (4u * 1024u * 1024u)

/** TxInfoLine: both strings point into the text of TxInfo. */
typedef struct
{
  const char *key;
  const char *value;
} TxInfoLine;

/** TxInfo: zeroed is empty. */
typedef struct
{
  char *text;        /* owned; unescaped in place */
  TxInfoLine *lines; /* owned; in the file's order */
  size_t n_lines;
  size_t n_bad; /* lines that are none */
} TxInfo;

/**
 * _tx_info_parse:
 * @text: (transfer full): malloc()ed, one writable byte more than @size_bytes
 *
 * A last line without its newline was cut, and is left out, as are lines that are none.
 *
 * Returns: false without memory; @text is free()d then
 */
bool _tx_info_parse (TxInfo *self, char *text, size_t size_bytes);
void _tx_info_clear (TxInfo *self);

/** _tx_info_get: (nullable): the value of the first line with @key. */
const char *_tx_info_get (const TxInfo *self, const char *key);

/** _tx_info_get_number: whether the value is a decimal (or, with @base 16, hexadecimal) number and
 * nothing else. */
bool _tx_info_get_number (const TxInfo *self, const char *key, int base, uint64_t *ret_number);

/** _tx_info_get_process: (transfer none): whose trace it is; borrows from @self. */
TxProcess _tx_info_get_process (const TxInfo *self);
