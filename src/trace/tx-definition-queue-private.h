// SPDX-License-Identifier: BSD-3-Clause
// TxDefinitionQueue: definitions on their way to two places: the open slot, where they go
// at once or wait for one, and the catalog, into which the native thread copies them.
// One producer, which also is the first consumer (the program), and one other
// consumer (the native thread). Memory is freed by the producer only.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct _TxDefinitionChunk TxDefinitionChunk;

/** TxDefinitionReader: a place in the queue. */
typedef struct
{
  _Atomic (TxDefinitionChunk *) chunk; /* NULL before the first entry was seen */
  uint32_t offset;
} TxDefinitionReader;

typedef struct
{
  _Atomic (TxDefinitionChunk *) first; /* owned list; NULL before the first entry */
  TxDefinitionChunk *oldest;           /* first chunk not freed; the producer's */
  TxDefinitionChunk *newest;
  TxDefinitionReader stream;  /* the program's */
  TxDefinitionReader catalog; /* the native thread's */
} TxDefinitionQueue;

/** TxDefinitionEntry: a DEFINE event: its first byte and its operands. */
typedef struct
{
  const uint8_t *bytes; /* good until the reader has advanced */
  uint32_t size;
} TxDefinitionEntry;

void _tx_definition_queue_clear (TxDefinitionQueue *self);

/**
 * _tx_definition_queue_reserve:
 * Producer. Room for an entry of at most @size_max bytes, published by the next call of
 * _tx_definition_queue_publish(), or forgotten without it. NULL without memory.
 */
uint8_t *_tx_definition_queue_reserve (TxDefinitionQueue *self, uint32_t size_max);
void _tx_definition_queue_publish (TxDefinitionQueue *self, uint32_t size);

/** _tx_definition_reader_peek: the next entry for @reader; false when there is none (yet). */
bool _tx_definition_reader_peek (TxDefinitionReader *reader,
                                 TxDefinitionQueue *queue,
                                 TxDefinitionEntry *ret_entry);
void _tx_definition_reader_advance (TxDefinitionReader *reader);
