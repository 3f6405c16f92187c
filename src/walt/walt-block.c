// SPDX-License-Identifier: BSD-3-Clause
// Takes blocks apart and checks them whole before anything of them is used.
#include "walt-block-private.h"

#define WORD_END    0u
#define WORD_CALL   0xffffu
#define WORD_RETURN 0xfffeu
#define WORD_TIME   0xfffdu

/* A time's four words have 15 bits each, plus 1. */
#define TIME_WORDS    4u
#define TIME_WORD_MAX 32768u

/* From this depth on an operation with its operands does not fit behind the stack, and its writer
 * cut it. */
#define DEPTH_CRAMPED 2045u

void
_walt_block_decode (WaltBlock *self, const uint8_t *bytes)
{
  for (size_t i = 0; i < WALT_BLOCK_WORDS; i++)
    self->words[i] = (uint16_t) (bytes[2 * i] | bytes[2 * i + 1] << 8);
}

size_t
_walt_block_get_depth (const WaltBlock *self)
{
  return self->words[0];
}

WaltFrame
_walt_block_get_frame (const WaltBlock *self, size_t index)
{
  return (WaltFrame){ .file = self->words[1 + 2 * index], .line = self->words[2 + 2 * index] };
}

WaltCursor
_walt_block_begin (const WaltBlock *self)
{
  return (WaltCursor){ .block = self, .pos = 1 + 2 * _walt_block_get_depth (self) };
}

/* The operation has @n words as operands: whether they are there. Where they are not, the block
 * ends. */
static bool
has_operands (WaltCursor *self, size_t n)
{
  if (WALT_BLOCK_WORDS - self->pos >= n)
    return true;
  self->pos = WALT_BLOCK_WORDS;
  return false;
}

static WaltOp
tell_cut (const WaltCursor *self)
{
  return _walt_block_get_depth (self->block) >= DEPTH_CRAMPED ? WALT_OP_END : WALT_OP_WRONG;
}

static WaltOp
take_time (WaltCursor *self, uint64_t *ret_ticks)
{
  uint64_t ticks = 0;

  if (!has_operands (self, TIME_WORDS))
    return tell_cut (self);
  for (size_t i = 0; i < TIME_WORDS; i++)
    {
      uint32_t word = self->block->words[self->pos++];

      if (word < 1 || word > TIME_WORD_MAX)
        return WALT_OP_WRONG;
      ticks |= (uint64_t) (word - 1) << (15 * i);
    }
  *ret_ticks = ticks;
  return WALT_OP_TIME;
}

WaltOp
_walt_cursor_next (WaltCursor *self, uint64_t *ret_operand)
{
  uint16_t word;

  if (self->pos >= WALT_BLOCK_WORDS)
    return tell_cut (self);
  word = self->block->words[self->pos++];
  switch (word)
    {
    case WORD_END:
      return WALT_OP_END;
    case WORD_RETURN:
      return WALT_OP_RETURN;
    case WORD_TIME:
      return take_time (self, ret_operand);
    case WORD_CALL:
      if (!has_operands (self, 1))
        return tell_cut (self);
      *ret_operand = self->block->words[self->pos++];
      return WALT_OP_CALL;
    default:
      *ret_operand = word;
      return WALT_OP_LINE;
    }
}

/* Behind the end there is nothing. */
static bool
is_empty_behind (const WaltCursor *cursor)
{
  for (size_t i = cursor->pos; i < WALT_BLOCK_WORDS; i++)
    if (cursor->block->words[i])
      return false;
  return true;
}

const char *
_walt_block_check (const WaltBlock *self, const WaltRecord *record, uint64_t end_ticks)
{
  uint64_t ticks = record->ticks, operand;
  size_t depth = _walt_block_get_depth (self);
  size_t depth_min = depth;
  WaltCursor cursor = _walt_block_begin (self);
  WaltOp op;

  if (depth > WALT_DEPTH_MAX)
    return "a stack that does not fit";
  while ((op = _walt_cursor_next (&cursor, &operand)) != WALT_OP_END)
    switch (op)
      {
      case WALT_OP_CALL:
        depth++;
        break;
      case WALT_OP_RETURN:
        depth -= depth > 0;
        depth_min = depth < depth_min ? depth : depth_min;
        break;
      case WALT_OP_TIME:
        ticks += operand;
        if (ticks > WALT_TICKS_MAX)
          return "a time that cannot be";
        break;
      case WALT_OP_WRONG:
        return "an operation that is none";
      default:
        break;
      }
  if (!is_empty_behind (&cursor))
    return "something behind its end";
  if (depth_min != record->depth_min)
    return "another depth than log_index says";
  if (ticks > end_ticks)
    return "a time behind the next block's";
  return NULL;
}
