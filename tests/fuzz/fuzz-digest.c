// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a digest: what is decoded keeps to its order and comes out the same again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tx-digest-run-private.h"
#include "trace/tx-thread-lines-private.h"

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
         a->slowest_ns == b->slowest_ns && a->entries == b->entries &&
         a->awaits == b->awaits;
}

static void
check_order (const TxDigest *digest)
{
  for (size_t i = 1; i < digest->n_threads; i++)
    CHECK (digest->threads[i].thread > digest->threads[i - 1].thread);
  for (size_t i = 1; i < digest->n_lines; i++)
    {
      const TxDigestLine *line = &digest->lines[i];

      CHECK (line->function > line[-1].function ||
             (line->function == line[-1].function && line->line > line[-1].line));
    }
}

static void
check_parts (const TxDigest *digest)
{
  uint32_t end = 0;

  for (size_t i = 0; i < digest->n_parts; i++)
    {
      CHECK (digest->part_ends[i] >= end && digest->part_ends[i] <= digest->n_part_threads);
      for (uint32_t k = end + 1; k < digest->part_ends[i]; k++)
        CHECK (digest->part_threads[k].thread > digest->part_threads[k - 1].thread);
      end = digest->part_ends[i];
    }
  CHECK (end == digest->n_part_threads);
}

static void
check_same_parts (const TxDigest *a, const TxDigest *b)
{
  CHECK (a->n_parts == b->n_parts && a->n_part_threads == b->n_part_threads);
  for (size_t i = 0; i < a->n_parts; i++)
    CHECK (a->part_ends[i] == b->part_ends[i]);
  for (size_t i = 0; i < a->n_part_threads; i++)
    CHECK (memcmp (&a->part_threads[i], &b->part_threads[i], sizeof *a->part_threads) == 0);
}

/* Without lines less can be wrong; what is right with them is right without. */
static void
check_threads (const uint8_t *data, size_t size, const TxDigest *whole)
{
  TxDigest *digest = _tx_digest_decode_threads (data, size, NULL);

  CHECK (digest || !whole);
  if (digest)
    {
      check_parts (digest);
      CHECK (digest->n_lines == 0);
      CHECK (!whole || (digest->steps == whole->steps && digest->n_threads == whole->n_threads));
    }
  tx_digest_free (digest);
}

static void
check_group (const uint8_t *data, size_t size)
{
  TxDigestGroup group;

  if (!_tx_digest_find_group (data, size, &group))
    return;
  CHECK (group.bytes >= data && group.size_bytes <= (size_t) (data + size - group.bytes));
  tx_digest_free (tx_digest_decode (group.bytes, group.size_bytes, NULL));
}

/* What it says of its threads is divided as it says, in whatever number of runs. */
static void
check_thread_lines (const uint8_t *data, size_t size, const TxDigest *sum)
{
  const uint8_t *content;
  size_t content_size;
  TxCursor cursor;
  uint32_t n_runs, n_blocks;

  if (!_tx_digest_find_thread_lines (data, size, &content, &content_size))
    return;
  CHECK (content >= data && content_size <= (size_t) (data + size - content));
  cursor = _tx_cursor (content, content_size);
  n_runs = _tx_cursor_varint32 (&cursor);
  n_blocks = _tx_cursor_varint32 (&cursor);
  for (size_t i = 0; i < sum->n_threads && i < 4; i++)
    {
      TxThreadId thread = sum->threads[i].thread;
      TxDigest *digest =
          _tx_thread_lines_decode (content, content_size, sum, n_runs, n_blocks, thread, NULL);
      uint64_t hits = 0;

      if (!digest)
        continue;
      check_order (digest);
      CHECK (digest->n_threads == 1 && digest->threads[0].thread == thread);
      CHECK (digest->n_lines <= sum->n_lines && digest->steps == sum->threads[i].steps);
      for (size_t k = 0; k < digest->n_lines; k++)
        hits += digest->lines[k].hits;
      CHECK (hits == digest->steps);
      tx_digest_free (digest);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  TxError error = { 0 };
  TxDigest *digest = tx_digest_decode (data, size, &error);
  TxDigest *again;
  uint8_t *bytes;
  size_t encoded_size;

  check_threads (data, size, digest);
  check_group (data, size);
  if (!digest)
    {
      CHECK (error.status == TX_ERROR_DAMAGED && error.message[0] != '\0');
      return 0;
    }
  check_order (digest);
  check_parts (digest);
  check_thread_lines (data, size, digest);
  bytes = tx_digest_encode (digest, &encoded_size);
  CHECK (bytes);
  again = tx_digest_decode (bytes, encoded_size, NULL);
  CHECK (again && again->n_lines == digest->n_lines && again->n_threads == digest->n_threads);
  CHECK (again->error_ns == digest->error_ns && again->resumed == digest->resumed);
  CHECK (again->restated == digest->restated && again->tells_entries == digest->tells_entries);
  CHECK (again->tells_awaits == digest->tells_awaits);
  for (size_t i = 0; i < again->n_lines; i++)
    CHECK (is_same_line (&again->lines[i], &digest->lines[i]));
  for (size_t i = 0; i < again->n_threads; i++)
    CHECK (memcmp (&again->threads[i], &digest->threads[i], sizeof again->threads[i]) == 0);
  check_same_parts (again, digest);
  tx_digest_free (again);
  free (bytes);
  tx_digest_free (digest);
  return 0;
}
