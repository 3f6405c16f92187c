// SPDX-License-Identifier: BSD-3-Clause
// A block of a WalT recording: 4096 words, the call stack at its beginning and then operations.
// Nothing is known of files here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WALT_BLOCK_WORDS 4096u
#define WALT_BLOCK_SIZE  (2u * WALT_BLOCK_WORDS)

/* The deepest stack whose entries fit into a block. */
#define WALT_DEPTH_MAX 2047u

/* Ticks of 2^-20 s since the epoch: beyond these, nanoseconds do not fit into 63 bits. */
#define WALT_TICKS_MAX (UINT64_C (8) << 50)

/** WaltRecord: what `log_index` says of a block. */
typedef struct
{
  uint64_t ticks;     /* when it begins */
  uint16_t depth_min; /* smallest depth in it: at its beginning, and behind each return */
} WaltRecord;

/** WaltFrame: an entry of the stack. */
typedef struct
{
  uint16_t file;
  uint16_t line; /* 0: none yet */
} WaltFrame;

/** WaltBlock: the words, in the machine's byte order. */
typedef struct
{
  uint16_t words[WALT_BLOCK_WORDS];
} WaltBlock;

typedef enum
{
  WALT_OP_END,
  WALT_OP_LINE, /* operand: the line */
  WALT_OP_CALL, /* operand: the file */
  WALT_OP_RETURN,
  WALT_OP_TIME,  /* operand: ticks since the time before */
  WALT_OP_WRONG, /* what the format does not have */
} WaltOp;

/** WaltCursor: where one is among a block's operations. */
typedef struct
{
  const WaltBlock *block; /* borrowed */
  size_t pos;
} WaltCursor;

/** _walt_block_decode: @bytes: WALT_BLOCK_SIZE of them. */
void _walt_block_decode (WaltBlock *self, const uint8_t *bytes);

/** _walt_block_get_depth: of the stack at its beginning; above WALT_DEPTH_MAX it is damaged. */
size_t _walt_block_get_depth (const WaltBlock *self);

/** _walt_block_get_frame: @index: from 0, outermost; below the depth. */
WaltFrame _walt_block_get_frame (const WaltBlock *self, size_t index);

/** _walt_block_begin: at the first operation of a block that _walt_block_check() found good. */
WaltCursor _walt_block_begin (const WaltBlock *self);
WaltOp _walt_cursor_next (WaltCursor *self, uint64_t *ret_operand);

/**
 * _walt_block_check:
 * @end_ticks: when the next block begins; UINT64_MAX: not known
 *
 * Returns: (nullable): what is wrong with the block, in a few words; static. NULL: it keeps the
 *   format, and agrees with its record
 */
const char *_walt_block_check (const WaltBlock *self, const WaltRecord *record, uint64_t end_ticks);
