// SPDX-License-Identifier: BSD-3-Clause
// The inside of TxPredictor, for its own files: its state, and events on their way between bytes,
// items and bits. tx-predictor.c guesses and learns, tx-predictor-spell.c has what is not guessed.
#pragma once

#include <string.h>

#include "tx-bytes-private.h"
#include "tx-format-private.h"
#include "tx-predictor-private.h"
#include "tx-range-coder-private.h"

#define INLINE __attribute__ ((always_inline)) static inline

#define N_TABLES       4u
#define TABLE_BITS_MIN 6u
#define TABLE_BITS_MAX 12u
#define N_FRAMES       256u /* of the stack, as far as it matters here: deeper ones take their places */
#define N_INNER        1024u
#define N_GUESSES      3u /* after the first one */
#define GUESS_SPEED    5u
#define OTHER_SPEED    4u

/* Odd, for hashing; the first is 2^64 divided by the golden ratio. */
#define MULTIPLIER_A UINT64_C (0x9e3779b97f4a7c15)
#define MULTIPLIER_B UINT64_C (0xd6e8feb86659fd93)

/* An item is an event in 58 bits: first byte + 1, operand, activation's symbol, line. Above it an
   entry has its confidence. */
#define ITEM_BITS         58u
#define ITEM_MASK         ((UINT64_C (1) << ITEM_BITS) - 1)
#define OPERAND_SHIFT     8u
#define SYMBOL_SHIFT      28u
#define LINE_SHIFT        42u
#define OPERAND_MAX       ((UINT64_C (1) << 20) - 1)
#define SYMBOL_MAX        ((UINT64_C (1) << 14) - 1)
#define LINE_MAX          ((UINT64_C (1) << 16) - 1)
#define CONFIDENCE_MAX    63u
#define CONFIDENCE_SURE   16u
#define CONFIDENCE_SUREST 32u /* of the last level but one, as above it none is */
#define N_LEVELS          7u  /* of a confidence: its number of bits */
#define RESUMED_LINE      0x10000u

/* What an activation may be beside a difference. */
#define SYMBOL_EXPECTED 0u
#define SYMBOL_NEW      1u
#define SYMBOL_OTHERS   2u

/* Trees of probabilities, 8 bits each; numbers have two: of the first byte, and of the others. */
enum
{
  TREE_KIND = 0,
  TREE_FUNCTION = 1,
  TREE_FAR = 3,
  TREE_RESUMED = 5,
  TREE_SYMBOL = 7,
  TREE_LINE = 9,
  TREE_TYPE = 11,
  TREE_TIME = 13,
  TREE_NUMBER = 15,
  TREE_LENGTH = 17,
  TREE_TEXT = 19,
  TREE_BYTE = 20,
  N_TREES = 21
};

typedef struct
{
  uint64_t item;  /* 0: none; its confidence above ITEM_BITS */
  uint64_t other; /* that came here in its place, or before it; 0: none */
} Entry;

typedef struct
{
  uint32_t function;
  uint32_t line;       /* relative: it only has to be the same when one comes by again */
  uint32_t activation; /* 0: not known */
  uint64_t history;
} Frame;

/* One event. */
typedef struct
{
  uint8_t byte;
  uint64_t operand; /* CALL, RESUME: function; LINE_FAR: delta as written; RAISE: type */
  uint64_t symbol;  /* YIELD, RESUME */
  uint64_t line;    /* RESUME */
  uint32_t activation;
} Event;

struct _TxPredictor
{
  TxProbability first[N_LEVELS][N_LEVELS];
  TxProbability others[N_GUESSES][1 + 2 * N_TABLES][N_LEVELS];
  TxProbability trees[N_TREES][256];
  Frame frames[N_FRAMES];
  unsigned depth;
  uint64_t last, six, sixteen; /* the last events, hashed */
  uint32_t last_activation, max_activation, last_yielded;
  uint32_t inner[N_INNER]; /* by activation: the one that had been suspended before it */
  TxRangeCoder coder;
  TxCursor src;       /* encoding */
  uint8_t *pos, *end; /* decoding */
  bool failed;
  unsigned table_bits;
  Entry entries[N_TABLES << TABLE_BITS_MAX]; /* one table behind the other */
};

static inline Frame *
get_frame (TxPredictor *self)
{
  return &self->frames[self->depth % N_FRAMES];
}

static inline bool
has_failed (const TxPredictor *self)
{
  return self->failed || self->src.failed || self->coder.failed;
}

/* Whether the event is one of those that may be guessed, as far as its first byte tells. */
static inline bool
is_common (uint8_t byte)
{
  return byte <= TX_BYTE_RESUME || byte == TX_BYTE_RAISE || _tx_byte_is_near_call (byte);
}

/* 0: does not fit. */
static inline uint64_t
make_item (const Event *event)
{
  if (event->operand > OPERAND_MAX || event->symbol > SYMBOL_MAX || event->line > LINE_MAX)
    return 0;
  return (event->byte + UINT64_C (1)) | event->operand << OPERAND_SHIFT |
         event->symbol << SYMBOL_SHIFT | event->line << LINE_SHIFT;
}

static inline Event
open_item (uint64_t item)
{
  return (Event){
    .byte = (uint8_t) ((item & 0xff) - 1),
    .operand = item >> OPERAND_SHIFT & OPERAND_MAX,
    .symbol = item >> SYMBOL_SHIFT & SYMBOL_MAX,
    .line = item >> LINE_SHIFT & LINE_MAX,
  };
}

/* ---- Spelling (tx-predictor-spell.c) ---- */

/** _tx_predictor_take_event: encoding: the next event, all of it but for the operands of one that
 * is never guessed, and for the message of an exception. */
void _tx_predictor_take_event (TxPredictor *self, Event *event);

/** _tx_predictor_put_event: decoding: the other way. */
void _tx_predictor_put_event (TxPredictor *self, Event *event);

/** _tx_predictor_put_byte: decoding: one byte, if there is room. */
void _tx_predictor_put_byte (TxPredictor *self, uint8_t byte);

/** _tx_predictor_spell_event: what take_event() gives, as it is: when decoding @event is filled in.
 */
void _tx_predictor_spell_event (TxPredictor *self, bool is_encoder, Event *event);

/** _tx_predictor_pass_rest: what is left of a spelled event, from the source to the coder, or from
 * the coder to the output. */
void _tx_predictor_pass_rest (TxPredictor *self, bool is_encoder, uint8_t byte);
