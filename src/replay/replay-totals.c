// SPDX-License-Identifier: BSD-3-Clause
// What the digests of a whole recording say of its lines: totals, and the state of each line of a
// file.
#include <stdlib.h>
#include <string.h>

#include "replay-account-private.h"
#include "replay-line-bits-private.h"
#include "replay-trace-private.h"

/* --- totals --- */

/* Spans in which some time is worse known than this are taken apart, as long as they are few:
   bounds of lines that are not in the worst blocks become good by that. Sums are the same. */
#define BAD_ERROR_NS    20000000u
#define APART_SPANS_MAX 8u

typedef struct
{
  ReplayTrace *trace;
  ReplayLineTable *table;
  size_t n_unreadable;
  unsigned n_apart;
} Adding;

/* From the first event of a span to its end; UINT64_MAX where the clock goes back. */
static uint64_t
get_duration (const ReplayTrace *trace, const ReplaySpan *span)
{
  int64_t first_ns = tx_reader_get_block_info (trace->reader, span->first)->times.mono_first_ns;
  int64_t last_ns = tx_reader_get_block_info (trace->reader, span->first + span->n_blocks - 1)
                        ->times.mono_last_ns;

  return last_ns < first_ns ? UINT64_MAX : (uint64_t) last_ns - (uint64_t) first_ns;
}

/* Whether the next smaller spans have all that @span has. */
static bool
can_take_apart (Adding *self, const ReplaySpan *span)
{
  ReplaySpan part;

  for (size_t index = span->first; index < span->first + span->n_blocks; index += part.n_blocks)
    {
      const TxDigest *digest;

      if (_replay_trace_load_largest (self->trace, (ReplaySpanLevel) (span->level - 1), index,
                                      span->first + span->n_blocks, &part, &digest, NULL) != TX_OK)
        return false;
    }
  return true;
}

/* What is made of a block in the ring knows nothing of what was before. */
static TxStatus
add_ring_block (Adding *self, size_t index, TxError *error)
{
  const ReplayAccount account = {
    .trace = self->trace, .sums = self->table, .sign = 1, .with_slowest = true
  };
  TxStatus status = _replay_account_add_block (&account, index, error);

  if (!_replay_status_is_missing (status))
    return status;
  self->n_unreadable++;
  _replay_line_table_add_break (self->table);
  return TX_OK;
}

static TxStatus
add_span_cb (void *data, const ReplaySpan *span, const TxDigest *digest, TxError *error)
{
  Adding *self = data;

  if (digest != NULL && digest->error_ns > BAD_ERROR_NS && span->level != REPLAY_SPAN_BLOCK)
    {
      TxStatus status;

      if (self->n_apart < APART_SPANS_MAX && can_take_apart (self, span))
        {
          self->n_apart++;
          return _replay_trace_each_span (self->trace, (ReplaySpanLevel) (span->level - 1),
                                          span->first, span->first + span->n_blocks, NULL,
                                          add_span_cb, self, error);
        }
      /* the parts may have pushed it out of the cache */
      status = _replay_trace_load_span (self->trace, span, &digest, error);
      if (status != TX_OK)
        return status;
    }
  if (digest != NULL && span->level == REPLAY_SPAN_BLOCK &&
      tx_reader_get_block_info (self->trace->reader, span->first)->place == TX_BLOCK_RING)
    return add_ring_block (self, span->first, error);
  if (digest == NULL)
    {
      self->n_unreadable +=
          !tx_block_info_is_gap (tx_reader_get_block_info (self->trace->reader, span->first));
      _replay_line_table_add_break (self->table);
    }
  else if (!_replay_line_table_add (self->table, digest, get_duration (self->trace, span)))
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the totals of lines");
  return TX_OK;
}

TxStatus
_replay_trace_add_digests (ReplayTrace *self,
                           ReplayLineTable *table,
                           size_t first,
                           size_t limit,
                           size_t *n_unreadable,
                           const ReplayProgress *progress,
                           TxError *error)
{
  Adding adding = { .trace = self, .table = table };
  TxStatus status = _replay_trace_each_span (self, REPLAY_SPAN_GROUP, first, limit, progress,
                                             add_span_cb, &adding, error);

  *n_unreadable += adding.n_unreadable;
  return status;
}

/* Those blocks that can't change any more. */
static TxStatus
add_sealed (ReplayTrace *self, const ReplayProgress *progress, TxError *error)
{
  size_t limit = self->n_sealed;
  size_t n_blocks = tx_reader_get_n_blocks (self->reader);
  size_t n_unreadable = 0;
  ReplayLineTable *table;
  TxStatus status;

  while (limit < n_blocks && tx_reader_get_block_info (self->reader, limit)->place != TX_BLOCK_RING)
    limit++;
  if (limit == self->n_sealed)
    return TX_OK;
  table = _replay_line_table_copy (self->sealed_totals);
  if (table == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the totals of lines");
  status = _replay_trace_add_digests (self, table, self->n_sealed, limit, &n_unreadable, progress,
                                      error);
  if (status != TX_OK)
    {
      _replay_line_table_free (table);
      return status;
    }
  _replay_line_table_free (self->sealed_totals);
  self->sealed_totals = table;
  self->n_sealed = limit;
  self->n_sealed_unreadable += n_unreadable;
  return TX_OK;
}

TxStatus
_replay_trace_get_totals (ReplayTrace *self,
                          const ReplayProgress *progress,
                          const ReplayLineTable **ret_totals,
                          TxError *error)
{
  ReplayLineTable *totals;
  TxStatus status;

  if (self->totals == NULL)
    {
      status = add_sealed (self, progress, error);
      if (status != TX_OK)
        return status;
      self->n_unreadable = self->n_sealed_unreadable;
      if (self->n_sealed == tx_reader_get_n_blocks (self->reader))
        {
          *ret_totals = self->sealed_totals;
          return TX_OK;
        }
      totals = _replay_line_table_copy (self->sealed_totals);
      if (totals == NULL)
        return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the totals of lines");
      status = _replay_trace_add_digests (self, totals, self->n_sealed,
                                          tx_reader_get_n_blocks (self->reader),
                                          &self->n_unreadable, progress, error);
      if (status != TX_OK)
        {
          _replay_line_table_free (totals);
          return status;
        }
      self->totals = totals;
    }
  *ret_totals = self->totals;
  return TX_OK;
}

/* --- lines of a file --- */

#define N_LINES_MIN 256u

/* The lines of one file, put together; grows as needed. */
typedef struct
{
  ReplayFileLine *items; /* owned */
  size_t n_items, capacity;
} Lines;

static int
compare_lines (const void *a, const void *b)
{
  const ReplayFileLine *left = a, *right = b;

  return (left->line > right->line) - (left->line < right->line);
}

/* Joins what several functions say of a line. Cumulated times of code on one line are mostly nested
   (a comprehension in its function), so the greatest is taken, but no less than the self times. */
static void
join (Lines *lines)
{
  size_t n = 0;

  if (lines->n_items == 0)
    return;
  qsort (lines->items, lines->n_items, sizeof *lines->items, compare_lines);
  for (size_t i = 1; i < lines->n_items; i++)
    {
      ReplayFileLine *into = &lines->items[n];
      const ReplayFileLine *item = &lines->items[i];

      if (item->line != into->line)
        {
          lines->items[++n] = *item;
          continue;
        }
      if (item->state < into->state) /* the states are in order of how much they say */
        into->state = item->state;
      into->hits += item->hits;
      into->self_ns += item->self_ns;
      if (item->cumulated_ns > into->cumulated_ns)
        into->cumulated_ns = item->cumulated_ns;
      if (into->self_ns > into->cumulated_ns)
        into->cumulated_ns = into->self_ns;
    }
  lines->n_items = n + 1;
}

static bool
grow (Lines *lines)
{
  size_t capacity = lines->capacity == 0 ? N_LINES_MIN : lines->capacity * 2;
  ReplayFileLine *items = realloc (lines->items, capacity * sizeof *items);

  if (items == NULL)
    return false;
  lines->items = items;
  lines->capacity = capacity;
  return true;
}

/* What is said of the same lines again and again takes no room: joined first, then given more. */
static bool
append (Lines *lines, const ReplayFileLine *item)
{
  if (lines->n_items == lines->capacity)
    {
      join (lines);
      if (lines->n_items >= lines->capacity / 2 && !grow (lines))
        return false;
    }
  lines->items[lines->n_items++] = *item;
  return true;
}

static bool
append_page (Lines *lines, const ReplayLinePage *page)
{
  for (size_t i = 0; i < REPLAY_LINE_PAGE_WORDS * 64; i++)
    {
      bool has_code = page->code[i / 64] >> i % 64 & 1;
      ReplayFileLine item = { .line = (uint32_t) (page->number * REPLAY_LINE_PAGE_WORDS * 64 + i),
                              .state = has_code ? REPLAY_LINE_NEVER_RAN : REPLAY_LINE_NO_CODE };

      if ((page->known[i / 64] >> i % 64 & 1) && item.line != 0 && !append (lines, &item))
        return false;
    }
  return true;
}

/* What the bitmaps of the file's functions say. */
static bool
append_bitmaps (Lines *lines, const ReplayTrace *self, TxFileId file)
{
  size_t n_functions = tx_reader_get_n_functions (self->reader);
  ReplayLineBits bits = { 0 };
  bool good = true;

  for (size_t id = 1; good && id <= n_functions; id++)
    {
      const TxFunction *function = tx_reader_get_function (self->reader, (TxFunctionId) id);

      if (function != NULL && function->file == file)
        good = _replay_line_bits_add (&bits, function);
    }
  _replay_line_bits_sort (&bits);
  for (size_t i = 0; good && i < bits.n_pages; i++)
    good = append_page (lines, &bits.pages[i]);
  _replay_line_bits_clear (&bits);
  return good;
}

static bool
append_sums (Lines *lines, const ReplayTrace *self, const ReplayLineTable *totals, TxFileId file)
{
  size_t n_slots;
  const ReplayLineSum *sums = _replay_line_table_get_slots (totals, &n_slots);

  for (size_t i = 0; i < n_slots; i++)
    {
      ReplayFileLine item = { .line = sums[i].line,
                              .state = REPLAY_LINE_RAN,
                              .hits = (uint64_t) sums[i].hits,
                              .self_ns = (uint64_t) sums[i].self_ns,
                              .cumulated_ns = (uint64_t) sums[i].cumulated_ns };

      if (sums[i].line == 0 || sums[i].hits <= 0 ||
          _replay_trace_get_file_of (self, sums[i].function) != file)
        continue;
      if (!append (lines, &item))
        return false;
    }
  return true;
}

TxStatus
replay_trace_dup_file_lines (ReplayTrace *self,
                             TxFileId file,
                             ReplayFileLine **ret_lines,
                             size_t *ret_n_lines,
                             const ReplayProgress *progress,
                             TxError *error)
{
  const ReplayLineTable *totals;
  Lines lines = { 0 };
  TxStatus status = _replay_trace_get_totals (self, progress, &totals, error);
  bool good;

  if (status != TX_OK)
    return status;
  good = append_bitmaps (&lines, self, file) && append_sums (&lines, self, totals, file);
  if (good && lines.items == NULL)
    good = (lines.items = malloc (sizeof *lines.items)) != NULL;
  if (!good)
    {
      free (lines.items);
      return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the lines of a file");
    }
  join (&lines);
  *ret_lines = lines.items;
  *ret_n_lines = lines.n_items;
  return TX_OK;
}

TxStatus
replay_trace_get_line_state (
    ReplayTrace *self, TxFileId file, uint32_t line, ReplayLineState *ret_state, TxError *error)
{
  ReplayLineState state = REPLAY_LINE_UNKNOWN;
  ReplayFileLine *lines;
  size_t n_lines;
  TxStatus status = replay_trace_dup_file_lines (self, file, &lines, &n_lines, NULL, error);

  if (status != TX_OK)
    return status;
  for (size_t i = 0; i < n_lines; i++)
    if (lines[i].line == line)
      state = lines[i].state;
  free (lines);
  *ret_state = state;
  return TX_OK;
}
