// SPDX-License-Identifier: BSD-3-Clause
// What a recording would be in WalT's format: its blocks of 8 KiB, uncompressed, to the
// standard output. For the benchmark, which compares sizes on the very same steps: 32 blocks make a
// file there, compressed with gzip. Times are left out but for the last one, as WalT has them
// outside precise sections. Owns no measuring: see bench.py.
//
//     walt-stream TRACE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tx.h"

#define WORDS_MAX 4096u
#define DEPTH_MAX 2000u /* deeper stacks do not fit into a block there */

/* Opcodes; everything below is a line. */
#define OP_TIMESTAMP 0xfffdu
#define OP_RETURN    0xfffeu
#define OP_CALL      0xffffu
#define LINE_MAX     65532u

typedef struct
{
  uint16_t file;
  uint16_t line;
} Frame;

typedef struct
{
  const TxReader *reader;
  Frame frames[DEPTH_MAX];
  size_t depth;
  uint16_t words[WORDS_MAX]; /* of the open block */
  size_t n_words;
  size_t first_word; /* behind the stack of the open block */
  uint16_t line;     /* WalT's current line: kept over calls and returns within a file */
} Walt;

static void
begin_block (Walt *self)
{
  size_t n = 0;

  memset (self->words, 0, sizeof self->words);
  self->words[n++] = (uint16_t) self->depth;
  for (size_t i = 0; i < self->depth; i++)
    {
      self->words[n++] = self->frames[i].file;
      self->words[n++] = self->frames[i].line;
    }
  self->n_words = self->first_word = n;
}

static void
end_block (Walt *self)
{
  if (fwrite (self->words, 1, sizeof self->words, stdout) != sizeof self->words)
    exit (1);
}

/* One more word than it takes: the end of the block. */
static void
put (Walt *self, const uint16_t *words, size_t n_words)
{
  if (self->n_words + n_words + 1 > WORDS_MAX)
    {
      end_block (self);
      begin_block (self);
    }
  memcpy (self->words + self->n_words, words, n_words * sizeof *words);
  self->n_words += n_words;
}

static void
put_line (Walt *self, uint32_t line)
{
  uint16_t word = (uint16_t) (line > LINE_MAX ? LINE_MAX : line);

  if (self->depth == 0 || word == 0 || word == self->line)
    return;
  put (self, &word, 1);
  self->line = self->frames[self->depth - 1].line = word;
}

static void
push (Walt *self, uint16_t file)
{
  if (self->depth == DEPTH_MAX)
    {
      fprintf (stderr, "walt-stream: the stack is too deep for WalT's format\n");
      exit (1);
    }
  if (self->depth > 0 && self->frames[self->depth - 1].file != file)
    self->line = 0;
  self->frames[self->depth++] = (Frame){ file, self->line };
}

static void
put_call (Walt *self, TxFunctionId id)
{
  const TxFunction *function = tx_reader_get_function (self->reader, id);
  uint16_t words[2] = { OP_CALL, (uint16_t) (function ? function->file : 0) };

  put (self, words, 2);
  push (self, words[1]);
}

static void
put_return (Walt *self)
{
  uint16_t word = OP_RETURN;
  uint16_t file;

  if (self->depth == 0)
    return;
  /* A call without a line in it is taken back. */
  if (self->n_words >= self->first_word + 2 && self->words[self->n_words - 2] == OP_CALL)
    {
      self->n_words -= 2;
      self->words[self->n_words] = self->words[self->n_words + 1] = 0;
    }
  else
    put (self, &word, 1);
  file = self->frames[--self->depth].file;
  if (self->depth > 0 && self->frames[self->depth - 1].file != file)
    self->line = 0;
}

static void
state_stack (Walt *self, const TxBlock *block, const TxEvent *event)
{
  const TxBlockStack *stack = &block->stacks[event->detail];

  self->depth = 0;
  for (uint32_t i = 0; i < stack->n_frames; i++)
    {
      const TxStackFrame *frame = &block->frames[stack->first_frame + i];
      const TxFunction *function = tx_reader_get_function (self->reader, frame->function);

      push (self, (uint16_t) (function ? function->file : 0));
      self->frames[self->depth - 1].line = (uint16_t) frame->line;
    }
}

static void
add_block (Walt *self, const TxBlock *block, bool is_first)
{
  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *event = &block->events[i];

      switch (event->kind)
        {
        case TX_EVENT_LINE:
          put_line (self, event->line);
          break;
        case TX_EVENT_CALL:
        case TX_EVENT_RESUME:
          put_call (self, event->function);
          break;
        case TX_EVENT_RETURN:
        case TX_EVENT_UNWIND:
        case TX_EVENT_YIELD:
          put_return (self);
          break;
        case TX_EVENT_STACK:
          if (is_first && self->first_word == 1 && self->n_words == 1)
            {
              state_stack (self, block, event);
              begin_block (self);
            }
          break;
        default:
          break;
        }
    }
}

int
main (int argc, char **argv)
{
  static const uint16_t last_time[] = { OP_TIMESTAMP, 1, 1, 1, 1 };
  static Walt walt;
  TxError error;
  TxReader *reader = argc == 2 ? tx_reader_open (argv[1], &error) : NULL;

  if (!reader)
    {
      fprintf (stderr, "walt-stream: %s\n", argc == 2 ? error.message : "give one trace");
      return 1;
    }
  walt.reader = reader;
  begin_block (&walt);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      if (tx_reader_load_block (reader, i, &block, &error) != TX_OK)
        {
          fprintf (stderr, "walt-stream: %s\n", error.message);
          return 1;
        }
      add_block (&walt, block, i == 0);
      tx_block_free (block);
    }
  put (&walt, last_time, sizeof last_time / sizeof *last_time);
  end_block (&walt);
  tx_reader_close (reader);
  return fflush (stdout) == 0 ? 0 : 1;
}
