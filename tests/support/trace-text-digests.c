// SPDX-License-Identifier: BSD-3-Clause
// Prints what digests tell, all of it: a number that another version of the reader takes for
// another one is seen.
#include <inttypes.h>

#include "trace-text.h"

static void
append_function (GString *text, const TxReader *reader, TxFunctionId id)
{
  const TxFunction *function = tx_reader_get_function (reader, id);

  if (function)
    g_string_append (text, function->name);
  else
    g_string_append_printf (text, "?%u", id);
}

static void
append_threads (GString *text, const char *indent, const TxDigestThread *threads, size_t n_threads)
{
  for (size_t i = 0; i < n_threads; i++)
    g_string_append_printf (text, "%sthread %u: %u steps, depth %u to %u\n", indent,
                            threads[i].thread, threads[i].steps, threads[i].depth_min,
                            threads[i].depth_max);
}

static void
append_line (GString *text, const TxReader *reader, const TxDigest *digest, size_t index)
{
  const TxDigestLine *line = &digest->lines[index];

  g_string_append (text, "  ");
  append_function (text, reader, line->function);
  g_string_append_printf (text,
                          ":%u: %u hits, self %" PRIu64 ", cumulated %" PRIu64 ", slowest %" PRIu64
                          ", waiting %" PRIu64,
                          line->line, line->hits, line->self_ns, line->cumulated_ns,
                          line->slowest_ns, line->waiting_ns);
  if (digest->tells_entries)
    g_string_append_printf (text, ", %u entries", line->entries);
  if (digest->tells_awaits)
    g_string_append_printf (text, ", %u awaits", line->awaits);
  g_string_append_c (text, '\n');
}

static void
append_digest (GString *text, const TxReader *reader, const TxDigest *digest)
{
  size_t first = 0;

  g_string_append_printf (
      text, "%u steps, depth %u to %u, error %u, %u resumed, %u restated, entries %s, awaits %s\n",
      digest->steps, digest->depth_min, digest->depth_max, digest->error_ns, digest->resumed,
      digest->restated, digest->tells_entries ? "told" : "not told",
      digest->tells_awaits ? "told" : "not told");
  append_threads (text, "  ", digest->threads, digest->n_threads);
  for (size_t i = 0; i < digest->n_lines; i++)
    append_line (text, reader, digest, i);
  for (size_t i = 0; i < digest->n_parts; i++)
    {
      g_string_append_printf (text, "  part %zu\n", i);
      append_threads (text, "    ", digest->part_threads + first, digest->part_ends[i] - first);
      first = digest->part_ends[i];
    }
}

/* Takes the digest. */
static void
append_loaded (
    GString *text, const TxReader *reader, TxStatus status, TxDigest *digest, const TxError *error)
{
  if (status != TX_OK)
    {
      g_string_append_printf (text, "error: %s\n", error->message);
      return;
    }
  append_digest (text, reader, digest);
  tx_digest_free (digest);
}

static void
append_spans (GString *text, const TxReader *reader, TxSpanLevel level, const char *name)
{
  for (size_t i = 0; i < tx_reader_get_n_spans (reader, level); i++)
    {
      const TxSpan *span = tx_reader_get_span (reader, level, i);
      TxDigest *digest = NULL;
      TxError error = { 0 };
      TxStatus status;

      g_string_append_printf (text, "%s of blocks %zu to %zu: ", name, span->first_index,
                              span->first_index + span->n_blocks - 1);
      status = tx_reader_load_span (reader, level, i, true, &digest, &error);
      append_loaded (text, reader, status, digest, &error);
    }
}

/* What runs tell of each thread; of one alone they say it anyway. */
static void
append_thread_lines (GString *text, const TxReader *reader)
{
  size_t number;
  TxSpan span;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i += span.n_blocks)
    {
      span.n_blocks = 1;
      if (!tx_reader_find_thread_lines (reader, i, &span, &number))
        continue;
      for (size_t id = 1; id <= tx_reader_get_n_threads (reader); id++)
        {
          TxDigest *digest;

          if (tx_reader_load_thread_lines (reader, number, (TxThreadId) id, &digest, NULL) != TX_OK)
            continue;
          g_string_append_printf (text, "thread %zu in blocks %zu to %zu: ", id, span.first_index,
                                  span.first_index + span.n_blocks - 1);
          append_digest (text, reader, digest);
          tx_digest_free (digest);
        }
    }
}

char *
trace_text_print_digests (const TxReader *reader)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxDigest *digest = NULL;
      TxError error = { 0 };
      TxStatus status;

      g_string_append_printf (text, "block %zu: ", i);
      status = tx_reader_load_digest (reader, i, &digest, &error);
      append_loaded (text, reader, status, digest, &error);
    }
  append_spans (text, reader, TX_SPAN_RUN, "run");
  append_spans (text, reader, TX_SPAN_GROUP, "group");
  append_thread_lines (text, reader);
  return g_string_free (text, FALSE);
}
