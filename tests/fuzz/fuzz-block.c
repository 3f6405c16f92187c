// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a block: what is decoded is consistent, every stack can be asked for, and its digest
// survives being encoded.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tx-block.h"
#include "trace/tx-digest.h"
#include "trace/tx-digester-scan-private.h"

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static bool
is_same_line (const TxDigestLine *a, const TxDigestLine *b)
{
  return a->function == b->function && a->line == b->line && a->hits == b->hits &&
         a->self_ns == b->self_ns && a->cumulated_ns == b->cumulated_ns &&
         a->slowest_ns == b->slowest_ns && a->waiting_ns == b->waiting_ns &&
         a->entries == b->entries && a->awaits == b->awaits;
}

static bool
first_line_cb (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  *ret_first_line = function * 7;
  return function % 16 != 15;
}

static void
check_block (const TxBlock *block, size_t size)
{
  size_t n_steps = 0;

  CHECK (block->n_events <= size);
  for (size_t i = 0; i < block->n_events; i++)
    {
      const TxEvent *event = &block->events[i];

      n_steps += event->kind == TX_EVENT_LINE;
      CHECK (event->kind >= TX_EVENT_LINE && event->kind <= TX_EVENT_RAISE);
      CHECK (event->depth <= TX_DEPTH_MAX);
      CHECK (i == 0 || event->time_ns >= event[-1].time_ns ||
             block->times.mono_last_ns < block->times.mono_first_ns);
      if (event->kind == TX_EVENT_STACK)
        CHECK (event->detail < block->n_stacks);
      if (event->kind == TX_EVENT_MARK || event->kind == TX_EVENT_RAISE)
        CHECK (event->detail < block->n_texts);
      if (event->kind == TX_EVENT_GAP)
        CHECK (event->detail < block->n_gaps);
    }
  CHECK (n_steps == block->n_steps);
  for (size_t i = 0; i < block->n_stacks; i++)
    CHECK (block->stacks[i].first_frame + block->stacks[i].n_frames <= block->n_frames);
  for (size_t i = 0; i < block->n_texts; i++)
    CHECK ((size_t) block->texts[i].offset + block->texts[i].size <= block->raw_size_bytes);
}

static void
check_stacks (const TxBlock *block)
{
  size_t stride = block->n_events / 16 + 1;

  for (size_t i = 0; i < block->n_events; i += stride)
    for (TxThreadId thread = 0; thread < 3; thread++)
      {
        TxStackFrame frames[8];
        uint32_t depth;
        size_t n = tx_block_get_stack (block, i, thread, frames, 8, &depth);

        CHECK (n <= 8 && n <= depth);
      }
}

static void
check_digest (const TxBlock *block)
{
  TxDigester *digester = tx_digester_new ();
  TxDigest *digest = tx_digester_add (digester, block);
  size_t size;
  uint8_t *bytes = tx_digest_encode (digest, &size);
  TxDigest *again = tx_digest_decode (bytes, size, NULL);

  CHECK (digest->steps == block->n_steps);
  CHECK (again && again->n_lines == digest->n_lines && again->n_threads == digest->n_threads);
  CHECK (again->depth_min == digest->depth_min && again->depth_max == digest->depth_max);
  for (size_t i = 0; i < again->n_lines; i++)
    CHECK (is_same_line (&again->lines[i], &digest->lines[i]));
  tx_digest_free (again);
  free (bytes);
  tx_digest_free (digest);
  tx_digester_free (digester);
}

/* Where the native thread's way takes the bytes at all, it counts as the other one does. */
static void
check_scan (const TxBlock *block)
{
  TxDigester *scanning = tx_digester_new (), *decoding = tx_digester_new ();
  TxScanCounts counts;
  TxDigest *scanned = _tx_digester_scan (scanning, block->raw, block->raw_size_bytes, 0,
                                         &block->times, first_line_cb, NULL, &counts);
  TxDigest *expected = tx_digester_add (decoding, block);

  if (scanned && !block->damaged)
    {
      CHECK (counts.n_events == block->n_events && scanned->steps == expected->steps);
      CHECK (scanned->n_lines == expected->n_lines && scanned->n_threads == expected->n_threads);
      CHECK (scanned->depth_min == expected->depth_min);
      CHECK (scanned->depth_max == expected->depth_max);
      CHECK (scanned->error_ns == expected->error_ns && scanned->resumed == expected->resumed);
      CHECK (scanned->restated == expected->restated);
      for (size_t i = 0; i < scanned->n_lines; i++)
        CHECK (is_same_line (&scanned->lines[i], &expected->lines[i]));
    }
  tx_digest_free (scanned);
  tx_digest_free (expected);
  tx_digester_free (scanning);
  tx_digester_free (decoding);
}

/* The first two bytes say how long the block took. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  TxBlockTimes times = { INT64_C (1) << 40, INT64_C (1) << 40, 0 };
  TxBlock *block;

  if (size < 2)
    return 0;
  times.mono_last_ns += (int64_t) (int8_t) data[0] * 1000000 * (data[1] + 1);
  block = tx_block_decode (data + 2, size - 2, data[1], &times, first_line_cb, NULL, NULL);
  CHECK (block || size - 2 > TX_SLOT_SIZE_MAX);
  if (!block)
    return 0;
  check_block (block, size - 2);
  check_stacks (block);
  check_digest (block);
  check_scan (block);
  tx_block_free (block);
  return 0;
}
