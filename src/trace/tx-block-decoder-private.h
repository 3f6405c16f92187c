// SPDX-License-Identifier: BSD-3-Clause
// TxBlockDecoder: the state while a block's bytes are decoded. tx-block.c begins it and makes
// the block of it, tx-block-decoder.c knows the events, tx-block-decoder-frames.c the
// threads' stacks.
#pragma once

#include "tx-block-private.h"
#include "tx-buffer-private.h"

/** TxDecoderFrame: one frame of a thread as far as the block tells. */
typedef struct
{
  TxFunctionId function;
  uint32_t line;           /* 0: none yet or not known */
  uint32_t reference;      /* what the next line's delta refers to */
  bool reference_is_known; /* false: the function was lost, and no line was stated since */
} TxDecoderFrame;

/** TxDecoderThread: one thread of the block. */
typedef struct
{
  TxThreadId id;
  uint32_t n_outer;       /* frames that the block has not stated; they lie outside those below */
  TxDecoderFrame *frames; /* owned; outermost first */
  size_t n_frames;
  size_t capacity;
} TxDecoderThread;

/** TxDecoderFunction: a function that the block itself defines. */
typedef struct
{
  TxFunctionId id;
  uint32_t first_line;
} TxDecoderFunction;

typedef struct
{
  TxCursor cursor;
  uint8_t *raw; /* owned; becomes the block's */
  TxFirstLineFunc first_line;
  TxDefinitionFunc define;
  void *data;

  TxDecoderThread *threads; /* owned */
  size_t n_threads, threads_capacity;
  uint32_t *slots; /* owned; hash table of index in threads + 1, by id; 0: free */
  size_t n_slots;  /* power of 2 */
  size_t current;  /* index in threads; SIZE_MAX before the first stack */

  TxDecoderFunction *functions; /* owned; by id */
  size_t n_functions, functions_capacity;

  TxEvent *events; /* all arrays below become the block's; these have room for an event a byte */
  size_t n_events;
  uint32_t *steps;
  size_t n_steps;
  TxStackFrame *frames;
  size_t n_frames, frames_capacity;
  TxBlockStack *stacks;
  size_t n_stacks, stacks_capacity;
  TxBlockText *texts;
  size_t n_texts, texts_capacity;
  TxBlockGap *gaps;
  size_t n_gaps, gaps_capacity;

  TxExactTime *exact; /* owned */
  size_t n_exact, exact_capacity;

  bool is_even; /* times are spread over steps */

  TxActivationId last_activation; /* the last one named; 0: none yet */

  bool keeps_room; /* the arrays are a scratch's: not cut to size */

  bool needs_reveal; /* a frame that was not stated has become innermost */
  bool no_memory;
} TxBlockDecoder;

/** _tx_decoder_run: decodes all events, or up to the first violation. */
void _tx_decoder_run (TxBlockDecoder *self);

/** _tx_decoder_clear: frees what does not become the block's. */
void _tx_decoder_clear (TxBlockDecoder *self);

/** _tx_decoder_enter_thread: makes @id the current thread; a violation when the block had not
 * stated it, unless @add. */
TxDecoderThread *_tx_decoder_enter_thread (TxBlockDecoder *self, TxThreadId id, bool add);

/** _tx_decoder_make_frame: @line 0: the next line refers to the function's first one. */
TxDecoderFrame
_tx_decoder_make_frame (const TxBlockDecoder *self, TxFunctionId function, uint32_t line);

/** _tx_decoder_push: puts a frame on the current thread's stack; NULL on a violation. */
TxDecoderFrame *_tx_decoder_push (TxBlockDecoder *self, TxFunctionId function, uint32_t line);

static inline void
_tx_decoder_violate (TxBlockDecoder *self)
{
  self->cursor.failed = true;
}

static inline bool
_tx_decoder_grown (TxBlockDecoder *self, bool has_grown)
{
  if (!has_grown)
    {
      self->no_memory = true;
      _tx_decoder_violate (self);
    }
  return has_grown;
}

#define TX_DECODER_RESERVE(self, array, needed)                                                    \
  _tx_decoder_grown (self, TX_ARRAY_RESERVE ((self)->array, (self)->array##_capacity, needed))

static inline TxDecoderThread *
_tx_decoder_get_thread (TxBlockDecoder *self)
{
  return self->current == SIZE_MAX ? NULL : &self->threads[self->current];
}

static inline uint32_t
_tx_decoder_get_depth (const TxDecoderThread *thread)
{
  return thread->n_outer + (uint32_t) thread->n_frames;
}

static inline TxDecoderFrame *
_tx_decoder_get_frame (TxDecoderThread *thread)
{
  return thread && thread->n_frames ? &thread->frames[thread->n_frames - 1] : NULL;
}
