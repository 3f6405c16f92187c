// SPDX-License-Identifier: BSD-3-Clause
// Encoding of digests; decoding hostile ones is tx-digest-decode.c's.
#include "tx-digest.h"

#include <stddef.h>

#include "tx-buffer-private.h"
#include "tx-format-private.h"

static void
append_section (TxBuffer *buffer, uint8_t tag, const TxBuffer *content)
{
  _tx_buffer_append_u8 (buffer, tag);
  _tx_buffer_append_varint (buffer, content->size);
  _tx_buffer_append (buffer, content->data, content->size);
  if (content->failed)
    buffer->failed = true;
}

static void
append_threads (TxBuffer *content, const TxDigestThread *threads, size_t n_threads)
{
  TxThreadId before = 0;

  _tx_buffer_append_varint (content, n_threads);
  for (size_t i = 0; i < n_threads; i++)
    {
      const TxDigestThread *thread = &threads[i];

      _tx_buffer_append_varint (content, thread->thread - before);
      _tx_buffer_append_varint (content, thread->steps);
      _tx_buffer_append_varint (content, thread->depth_min);
      _tx_buffer_append_varint (content, thread->depth_max - thread->depth_min);
      before = thread->thread;
    }
}

static void
append_lines (TxBuffer *content, const TxDigest *self)
{
  TxDigestLine before = { 0 };

  _tx_buffer_append_varint (content, self->n_lines);
  for (size_t i = 0; i < self->n_lines; i++)
    {
      const TxDigestLine *line = &self->lines[i];
      bool is_same = i > 0 && line->function == before.function;

      _tx_buffer_append_varint (content, line->function - before.function);
      _tx_buffer_append_varint (content, is_same ? line->line - before.line : line->line);
      _tx_buffer_append_varint (content, line->hits);
      _tx_buffer_append_varint (content, line->self_ns);
      _tx_buffer_append_varint (content,
                                _tx_zigzag ((int64_t) (line->cumulated_ns - line->self_ns)));
      _tx_buffer_append_varint (content, line->slowest_ns);
      before = *line;
    }
}

static size_t
count_waiting (const TxDigest *self)
{
  size_t count = 0;

  for (size_t i = 0; i < self->n_lines; i++)
    count += self->lines[i].waiting_ns != 0;
  return count;
}

static void
append_waiting (TxBuffer *content, const TxDigest *self)
{
  size_t before = 0;

  _tx_buffer_append_varint (content, count_waiting (self));
  for (size_t i = 0; i < self->n_lines; i++)
    if (self->lines[i].waiting_ns != 0)
      {
        _tx_buffer_append_varint (content, i - before);
        _tx_buffer_append_varint (content, self->lines[i].waiting_ns);
        before = i;
      }
}

static uint32_t
get_number (const TxDigestLine *line, size_t offset)
{
  return *(const uint32_t *) (const void *) ((const char *) line + offset);
}

/* Of the lines that have such a number, their places and the number. */
static void
append_numbers (TxBuffer *content, const TxDigest *self, size_t offset)
{
  size_t count = 0, before = 0;

  for (size_t i = 0; i < self->n_lines; i++)
    count += get_number (&self->lines[i], offset) != 0;
  _tx_buffer_append_varint (content, count);
  for (size_t i = 0; i < self->n_lines; i++)
    if (get_number (&self->lines[i], offset) != 0)
      {
        _tx_buffer_append_varint (content, i - before);
        _tx_buffer_append_varint (content, get_number (&self->lines[i], offset));
        before = i;
      }
}

static void
append_error (TxBuffer *content, const TxDigest *self)
{
  _tx_buffer_append_varint (content, self->error_ns);
  _tx_buffer_append_varint (content, self->resumed);
  _tx_buffer_append_varint (content, self->restated);
}

static void
append_parts (TxBuffer *content, const TxDigest *self)
{
  uint32_t first = 0;

  _tx_buffer_append_varint (content, self->n_parts);
  for (size_t i = 0; i < self->n_parts; i++)
    {
      append_threads (content, &self->part_threads[first], self->part_ends[i] - first);
      first = self->part_ends[i];
    }
}

uint8_t *
tx_digest_encode (const TxDigest *self, size_t *ret_size_bytes)
{
  TxBuffer buffer = { 0 }, content = { 0 };

  append_error (&content, self); /* not last, so that a digest that was cut is no digest */
  append_section (&buffer, TX_DIGEST_TAG_ERROR, &content);
  content.size = 0;
  append_threads (&content, self->threads, self->n_threads);
  append_section (&buffer, TX_DIGEST_TAG_THREADS, &content);
  content.size = 0;
  append_lines (&content, self);
  append_section (&buffer, TX_DIGEST_TAG_LINES, &content);
  if (count_waiting (self) > 0)
    {
      content.size = 0;
      append_waiting (&content, self);
      append_section (&buffer, TX_DIGEST_TAG_WAITING, &content);
    }
  if (self->tells_entries)
    {
      content.size = 0;
      append_numbers (&content, self, offsetof (TxDigestLine, entries));
      append_section (&buffer, TX_DIGEST_TAG_ENTRIES, &content);
    }
  if (self->tells_awaits)
    {
      content.size = 0;
      append_numbers (&content, self, offsetof (TxDigestLine, awaits));
      append_section (&buffer, TX_DIGEST_TAG_AWAITS, &content);
    }
  if (self->n_parts > 0)
    {
      content.size = 0;
      append_parts (&content, self);
      append_section (&buffer, TX_DIGEST_TAG_PARTS, &content);
    }
  _tx_buffer_clear (&content);
  return _tx_buffer_take (&buffer, ret_size_bytes);
}

void
tx_digest_free (TxDigest *self)
{
  if (!self)
    return;
  free ((void *) self->threads);
  free ((void *) self->lines);
  free ((void *) self->part_threads);
  free ((void *) self->part_ends);
  if (self->thread_lines)
    free ((void *) self->thread_lines[0].lines); /* those of all */
  free ((void *) self->thread_lines);
  free (self);
}
