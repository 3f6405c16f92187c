// SPDX-License-Identifier: BSD-3-Clause
// Decodes the digest of a block (docs/trace-format.md, section 6) from bytes that
// nobody vouches for. The encoder is in tx-digest.c.
#include <stddef.h>
#include <stdlib.h>

#include "tx-buffer-private.h"
#include "tx-digest-private.h"
#include "tx-digest-run-private.h"

/* Smallest encodings: what a count is checked against before memory is taken for it. */
#define THREAD_SIZE_MIN 4u
#define LINE_SIZE_MIN   6u
#define PART_SIZE_MIN   1u
#define DIGEST_SIZE_MAX (16u * 1024u * 1024u)

typedef struct
{
  TxDigestThread *threads; /* owned */
  size_t n_threads;
  TxDigestLine *lines; /* owned */
  size_t n_lines;
  TxDigestThread *part_threads; /* owned */
  size_t n_part_threads, part_threads_capacity;
  uint32_t *part_ends; /* owned */
  size_t n_parts;
  bool has_threads;
  bool has_lines;
  bool has_waiting;
  bool has_entries;
  bool has_awaits;
  uint32_t error_ns, resumed, restated;
  bool has_parts;
  bool skips_lines;
  bool no_memory;
} Sections;

/* Room for the elements of a section, whose count comes first; NULL when that cannot be true. */
static void *
make_array (
    Sections *self, TxCursor *cursor, size_t size_min, size_t element_size, size_t *ret_count)
{
  uint32_t count = _tx_cursor_varint32 (cursor);
  void *array;

  if (count > _tx_cursor_left (cursor) / size_min)
    cursor->failed = true;
  if (cursor->failed)
    return NULL;
  array = malloc (count ? count * element_size : 1);
  if (!array)
    self->no_memory = cursor->failed = true;
  *ret_count = count;
  return array;
}

/* @base + @delta; fails when that is not a 32-bit number. */
static uint32_t
add32 (TxCursor *cursor, uint32_t base, uint32_t delta)
{
  uint32_t sum;

  if (__builtin_add_overflow (base, delta, &sum))
    {
      cursor->failed = true;
      return 0;
    }
  return sum;
}

static void
decode_thread (TxCursor *cursor, const TxDigestThread *before, TxDigestThread *thread)
{
  uint32_t delta = _tx_cursor_varint32 (cursor);

  if (before && delta == 0)
    cursor->failed = true;
  thread->thread = add32 (cursor, before ? before->thread : 0, delta);
  thread->steps = _tx_cursor_varint32 (cursor);
  thread->depth_min = _tx_cursor_varint32 (cursor);
  thread->depth_max = add32 (cursor, thread->depth_min, _tx_cursor_varint32 (cursor));
  if (thread->depth_max > TX_DEPTH_MAX)
    cursor->failed = true;
}

static void
decode_threads (Sections *self, TxCursor *cursor)
{
  if (self->has_threads)
    {
      cursor->failed = true;
      return;
    }
  self->has_threads = true;
  self->threads =
      make_array (self, cursor, THREAD_SIZE_MIN, sizeof *self->threads, &self->n_threads);
  for (size_t i = 0; i < self->n_threads && !cursor->failed; i++)
    decode_thread (cursor, i ? &self->threads[i - 1] : NULL, &self->threads[i]);
}

static void
decode_line (TxCursor *cursor, const TxDigestLine *before, TxDigestLine *line)
{
  uint32_t function_delta = _tx_cursor_varint32 (cursor);
  uint32_t line_delta = _tx_cursor_varint32 (cursor);
  bool same = before && function_delta == 0;
  int64_t callees_ns;

  if (same && line_delta == 0)
    cursor->failed = true;
  line->function = add32 (cursor, before ? before->function : 0, function_delta);
  line->line = add32 (cursor, same ? before->line : 0, line_delta);
  line->hits = _tx_cursor_varint32 (cursor);
  line->self_ns = _tx_cursor_varint64 (cursor);
  callees_ns = _tx_cursor_zigzag64 (cursor);
  if (__builtin_add_overflow (line->self_ns, callees_ns, &line->cumulated_ns))
    cursor->failed = true;
  line->slowest_ns = _tx_cursor_varint64 (cursor);
  line->waiting_ns = 0;
  line->entries = line->awaits = 0;
}

static void
decode_lines (Sections *self, TxCursor *cursor)
{
  if (self->has_lines)
    {
      cursor->failed = true;
      return;
    }
  self->has_lines = true;
  self->lines = make_array (self, cursor, LINE_SIZE_MIN, sizeof *self->lines, &self->n_lines);
  for (size_t i = 0; i < self->n_lines && !cursor->failed; i++)
    decode_line (cursor, i ? &self->lines[i - 1] : NULL, &self->lines[i]);
}

/* Behind the lines, to which it refers by their place. */
static void
decode_waiting (Sections *self, TxCursor *cursor)
{
  uint32_t count = _tx_cursor_varint32 (cursor);
  uint32_t index = 0;

  if (!self->has_lines || self->has_waiting)
    cursor->failed = true;
  self->has_waiting = true;
  for (uint32_t i = 0; i < count && !cursor->failed; i++)
    {
      uint32_t delta = _tx_cursor_varint32 (cursor);
      uint64_t waiting_ns = _tx_cursor_varint64 (cursor);

      index = add32 (cursor, index, delta);
      if ((i > 0 && delta == 0) || index >= self->n_lines)
        cursor->failed = true;
      if (!cursor->failed)
        self->lines[index].waiting_ns = waiting_ns;
    }
}

/* A number of some lines; @offset: of it in a line. */
static void
decode_numbers (Sections *self, TxCursor *cursor, size_t offset, bool *has_it)
{
  uint32_t count = _tx_cursor_varint32 (cursor);
  uint32_t index = 0;

  if (!self->has_lines || *has_it)
    cursor->failed = true;
  *has_it = true;
  for (uint32_t i = 0; i < count && !cursor->failed; i++)
    {
      uint32_t delta = _tx_cursor_varint32 (cursor);
      uint32_t number = _tx_cursor_varint32 (cursor);

      index = add32 (cursor, index, delta);
      if ((i > 0 && delta == 0) || index >= self->n_lines || number == 0)
        cursor->failed = true;
      if (!cursor->failed)
        *(uint32_t *) (void *) ((char *) &self->lines[index] + offset) = number;
    }
}

static void
decode_entries (Sections *self, TxCursor *cursor)
{
  decode_numbers (self, cursor, offsetof (TxDigestLine, entries), &self->has_entries);
  for (size_t i = 0; i < self->n_lines && !cursor->failed; i++)
    if (self->lines[i].entries > self->lines[i].hits)
      cursor->failed = true;
}

static void
decode_error (Sections *self, TxCursor *cursor)
{
  self->error_ns = _tx_cursor_varint32 (cursor);
  self->resumed = _tx_cursor_varint32 (cursor);
  self->restated = _tx_cursor_varint32 (cursor);
}

static void
decode_part (Sections *self, TxCursor *cursor)
{
  uint32_t count = _tx_cursor_varint32 (cursor);
  TxDigestThread *threads;

  if (count > _tx_cursor_left (cursor) / THREAD_SIZE_MIN)
    cursor->failed = true;
  if (cursor->failed)
    return;
  /* Room for one at least: where parts are told their threads' array is there. */
  if (!TX_ARRAY_RESERVE (self->part_threads, self->part_threads_capacity,
                         self->n_part_threads + (count > 0 ? count : 1)))
    {
      self->no_memory = cursor->failed = true;
      return;
    }
  threads = self->part_threads + self->n_part_threads;
  for (uint32_t i = 0; i < count && !cursor->failed; i++)
    decode_thread (cursor, i ? &threads[i - 1] : NULL, &threads[i]);
  self->n_part_threads += count;
}

static void
decode_parts (Sections *self, TxCursor *cursor)
{
  if (self->has_parts)
    {
      cursor->failed = true;
      return;
    }
  self->has_parts = true;
  self->part_ends =
      make_array (self, cursor, PART_SIZE_MIN, sizeof *self->part_ends, &self->n_parts);
  for (size_t i = 0; i < self->n_parts && !cursor->failed; i++)
    {
      decode_part (self, cursor);
      self->part_ends[i] = (uint32_t) self->n_part_threads;
    }
}

static bool
decode_sections (Sections *self, TxCursor *cursor)
{
  while (!cursor->failed && cursor->pos != cursor->end)
    {
      uint8_t tag = _tx_cursor_u8 (cursor);
      uint32_t size = _tx_cursor_varint32 (cursor);
      const uint8_t *bytes = _tx_cursor_bytes (cursor, size);
      TxCursor content;

      if (cursor->failed)
        return false;
      content = _tx_cursor (bytes, size);
      if (self->skips_lines && (tag == TX_DIGEST_TAG_LINES || tag == TX_DIGEST_TAG_WAITING ||
                                tag == TX_DIGEST_TAG_ENTRIES || tag == TX_DIGEST_TAG_AWAITS))
        continue;
      if (tag == TX_DIGEST_TAG_THREADS)
        decode_threads (self, &content);
      else if (tag == TX_DIGEST_TAG_LINES)
        decode_lines (self, &content);
      else if (tag == TX_DIGEST_TAG_WAITING)
        decode_waiting (self, &content);
      else if (tag == TX_DIGEST_TAG_ENTRIES)
        decode_entries (self, &content);
      else if (tag == TX_DIGEST_TAG_AWAITS)
        decode_numbers (self, &content, offsetof (TxDigestLine, awaits), &self->has_awaits);
      else if (tag == TX_DIGEST_TAG_ERROR)
        decode_error (self, &content);
      else if (tag == TX_DIGEST_TAG_PARTS)
        decode_parts (self, &content);
      else
        continue;
      if (content.failed || content.pos != content.end)
        return false;
    }
  return !cursor->failed && self->has_threads && (self->has_lines || self->skips_lines);
}

/* Totals; false when threads, lines and parts disagree on the number of steps. */
static bool
sum_up (const Sections *self, TxDigest *digest)
{
  uint64_t steps = 0;
  uint64_t hits = 0;
  uint64_t part_steps = 0;

  for (size_t i = 0; i < self->n_threads; i++)
    {
      const TxDigestThread *thread = &self->threads[i];

      steps += thread->steps;
      if (i == 0 || thread->depth_min < digest->depth_min)
        digest->depth_min = thread->depth_min;
      if (thread->depth_max > digest->depth_max)
        digest->depth_max = thread->depth_max;
    }
  for (size_t i = 0; i < self->n_lines; i++)
    hits += self->lines[i].hits;
  for (size_t i = 0; i < self->n_part_threads; i++)
    part_steps += self->part_threads[i].steps;
  digest->steps = (uint32_t) steps;
  return (steps == hits || self->skips_lines) && steps <= UINT32_MAX &&
         (!self->has_parts || part_steps == steps);
}

static TxDigest *
decode (const uint8_t *bytes, size_t size_bytes, bool skips_lines, TxError *error)
{
  TxCursor cursor = _tx_cursor (bytes, size_bytes);
  Sections sections = { .error_ns = UINT32_MAX, .skips_lines = skips_lines };
  TxDigest *digest = calloc (1, sizeof *digest);
  bool good = digest && size_bytes <= DIGEST_SIZE_MAX && decode_sections (&sections, &cursor) &&
              sum_up (&sections, digest);

  if (good)
    {
      digest->threads = sections.threads;
      digest->n_threads = sections.n_threads;
      digest->lines = sections.lines;
      digest->n_lines = sections.n_lines;
      digest->tells_entries = sections.has_entries;
      digest->tells_awaits = sections.has_awaits;
      digest->error_ns = sections.error_ns;
      digest->resumed = sections.resumed;
      digest->restated = sections.restated;
      digest->part_threads = sections.part_threads;
      digest->n_part_threads = sections.n_part_threads;
      digest->part_ends = sections.part_ends;
      digest->n_parts = sections.n_parts;
      return digest;
    }
  if (!digest || sections.no_memory)
    tx_error_set (error, TX_ERROR_MEMORY, "cannot decode a digest: out of memory");
  else
    tx_error_set (error, TX_ERROR_DAMAGED,
                  "cannot decode a digest of %zu bytes: its content is not valid", size_bytes);
  free (sections.threads);
  free (sections.lines);
  free (sections.part_threads);
  free (sections.part_ends);
  free (digest);
  return NULL;
}

TxDigest *
tx_digest_decode (const uint8_t *bytes, size_t size_bytes, TxError *error)
{
  return decode (bytes, size_bytes, false, error);
}

TxDigest *
_tx_digest_decode_threads (const uint8_t *bytes, size_t size_bytes, TxError *error)
{
  return decode (bytes, size_bytes, true, error);
}

/* The content of the first section with @tag; nothing else is checked. */
static bool
find_section (const uint8_t *bytes, size_t size_bytes, uint8_t tag, TxCursor *ret_content)
{
  TxCursor cursor = _tx_cursor (bytes, size_bytes);

  while (!cursor.failed && cursor.pos != cursor.end)
    {
      uint8_t found = _tx_cursor_u8 (&cursor);
      uint32_t size = _tx_cursor_varint32 (&cursor);
      const uint8_t *content = _tx_cursor_bytes (&cursor, size);

      if (cursor.failed || found != tag)
        continue;
      *ret_content = _tx_cursor (content, size);
      return true;
    }
  return false;
}

bool
_tx_digest_find_group (const uint8_t *bytes, size_t size_bytes, TxDigestGroup *ret_group)
{
  TxCursor content;

  if (!find_section (bytes, size_bytes, TX_DIGEST_TAG_GROUP, &content))
    return false;
  ret_group->n_runs = _tx_cursor_varint32 (&content);
  ret_group->n_blocks = _tx_cursor_varint32 (&content);
  ret_group->bytes = content.pos;
  ret_group->size_bytes = (size_t) _tx_cursor_left (&content);
  return !content.failed;
}

bool
_tx_digest_find_thread_lines (const uint8_t *bytes,
                              size_t size_bytes,
                              const uint8_t **ret_content,
                              size_t *ret_size_bytes)
{
  TxCursor content;

  if (!find_section (bytes, size_bytes, TX_DIGEST_TAG_THREAD_LINES, &content))
    return false;
  *ret_content = content.pos;
  *ret_size_bytes = _tx_cursor_left (&content);
  return true;
}

size_t
_tx_digest_count_lines (const uint8_t *bytes, size_t size_bytes)
{
  TxCursor content;

  return find_section (bytes, size_bytes, TX_DIGEST_TAG_LINES, &content)
             ? _tx_cursor_varint32 (&content)
             : 0;
}
