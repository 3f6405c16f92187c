// SPDX-License-Identifier: BSD-3-Clause
// Hot spots: the sum of the digests of whole blocks, plus what lies before the range's end in the
// block there, less what lies before its beginning in the block there.
#include "replay-hotspots.h"

#include <stdlib.h>

#include "replay-account-private.h"
#include "replay-instant-private.h"

static uint64_t
add_capped (uint64_t a, uint64_t b)
{
  uint64_t sum;

  return __builtin_add_overflow (a, b, &sum) ? UINT64_MAX : sum;
}

/* What a query makes on its way. */
typedef struct
{
  ReplayTrace *trace;
  const ReplayHotspotQuery *query;
  const ReplayProgress *progress;
  ReplayLineTable *sums; /* owned */
  size_t unreadable_blocks;
  uint64_t edge_error_ns;   /* what any line may be off by at the ends of the range */
  uint32_t error_before_ns; /* the greatest of any event before the range */
} Work;

/* An event near the end of a range may lie on its other side. */
static TxStatus
note_edge (Work *work, size_t index, TxError *error)
{
  const TxDigest *digest;
  TxStatus status;

  if (index >= tx_reader_get_n_blocks (replay_trace_get_reader (work->trace)))
    return TX_OK;
  status = _replay_trace_load_digest (work->trace, index, &digest, error);
  if (_replay_status_is_missing (status))
    return TX_OK;
  if (status == TX_OK)
    work->edge_error_ns = digest->error_ns == UINT32_MAX
                              ? UINT64_MAX
                              : add_capped (work->edge_error_ns, 2 * (uint64_t) digest->error_ns);
  return status;
}

/* The digest of the largest span that begins with block @index and ends before @limit, without its
   lines if it is not a block's. */
static TxStatus
load_summary (Work *work,
              size_t index,
              size_t limit,
              size_t *ret_n_blocks,
              const TxDigest **ret_digest,
              TxError *error)
{
  static const TxSpanLevel levels[] = { TX_SPAN_GROUP, TX_SPAN_RUN };
  const TxReader *reader = replay_trace_get_reader (work->trace);

  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
    {
      size_t number;
      const TxSpan *span;

      if (!tx_reader_find_span (reader, levels[i], index, &number))
        continue;
      span = tx_reader_get_span (reader, levels[i], number);
      *ret_n_blocks = span->n_blocks;
      if (span->first_index == index && span->n_blocks <= limit - index &&
          _replay_cache_get_span (work->trace->cache, reader, levels[i], number, false, ret_digest,
                                  error) == TX_OK)
        return TX_OK;
    }
  *ret_n_blocks = 1;
  return _replay_trace_load_digest (work->trace, index, ret_digest, error);
}

/* The slowest execution of a line may have begun before the range, at a time that is off by as much
   as any there; but not before something that is missing: nothing is known to go on through that.
 */
static TxStatus
note_errors_before (Work *work, size_t limit, TxError *error)
{
  for (size_t index = 0, n_blocks; index < limit; index += n_blocks)
    {
      const TxDigest *digest;
      const TxBlockInfo *info =
          tx_reader_get_block_info (replay_trace_get_reader (work->trace), index);
      TxStatus status = load_summary (work, index, limit, &n_blocks, &digest, error);

      if (info->place == TX_BLOCK_MISSING || info->events_lost > 0)
        work->error_before_ns = 0;
      if (info->place == TX_BLOCK_MISSING)
        continue;
      if (_replay_status_is_missing (status))
        work->error_before_ns = UINT32_MAX;
      else if (status != TX_OK)
        return status;
      else if (digest->error_ns > work->error_before_ns)
        work->error_before_ns = digest->error_ns;
    }
  return TX_OK;
}

/* The digests of blocks @first to before @last. The first one's slowest executions may have ended
   before the range, so they are left out unless the block is whole. */
static TxStatus
add_digests (Work *work, size_t first, size_t last, bool first_is_whole, TxError *error)
{
  TxStatus status = TX_OK;

  if (first < last && !first_is_whole)
    {
      status = _replay_trace_add_digests (work->trace, work->sums, first, first + 1,
                                          &work->unreadable_blocks, NULL, error);
      _replay_line_table_clear_slowest (work->sums);
      first++;
    }
  if (status == TX_OK)
    status = _replay_trace_add_digests (work->trace, work->sums, first, last,
                                        &work->unreadable_blocks, work->progress, error);
  return status;
}

/* The whole recording: all digests, which are kept, and what still runs at the end. */
static TxStatus
add_all (Work *work, TxError *error)
{
  const ReplayLineTable *totals;
  ReplayAccount account = { .trace = work->trace, .sign = 1, .with_slowest = true };
  int64_t mono_ns, real_ns;
  size_t last;
  TxStatus status = _replay_trace_get_totals (work->trace, work->progress, &totals, error);

  if (status != TX_OK)
    return status;
  work->unreadable_blocks = work->trace->n_unreadable;
  _replay_line_table_free (work->sums);
  work->sums = _replay_line_table_copy (totals);
  if (work->sums == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the totals of lines");
  if (!_replay_trace_get_end (work->trace, &last, &mono_ns, &real_ns))
    return TX_OK;
  account.sums = work->sums;
  return _replay_account_add_open (&account, last, mono_ns, error);
}

static TxStatus
add_range (Work *work, int64_t from_ns, int64_t to_ns, TxError *error)
{
  ReplayAccount account = { .trace = work->trace, .sums = work->sums, .sign = 1 };
  ReplayInstant from = _replay_trace_find_instant (work->trace, from_ns);
  ReplayInstant to = _replay_trace_find_instant (work->trace, to_ns);
  TxStatus status;

  if (to.mono_ns == INT64_MIN) /* before everything */
    return TX_OK;
  status = add_digests (work, from.index, to.index, from.mono_ns == INT64_MIN, error);
  if (status == TX_OK)
    status = note_edge (work, to.index, error);
  if (status == TX_OK && from.mono_ns != INT64_MIN)
    status = note_edge (work, from.index, error);
  if (status == TX_OK && from.mono_ns != INT64_MIN)
    status = note_errors_before (work, from.index + 1, error);
  for (int i = 0; i < 3; i++) /* the digests, and the parts of the blocks at both ends */
    _replay_line_table_add_break (work->sums);
  if (status == TX_OK)
    status = _replay_account_add_until (&account, to.index, to.mono_ns, error);
  account.sign = -1;
  if (status == TX_OK && from.mono_ns != INT64_MIN)
    status = _replay_account_add_until (&account, from.index, from.mono_ns, error);
  return status;
}

/* @from_ns: INT64_MIN: from the start, also what lies before that and was removed. */
static TxStatus
add_thread (Work *work, int64_t from_ns, int64_t to_ns, bool with_end, TxError *error)
{
  ReplayAccount account = { .trace = work->trace, .sums = work->sums, .sign = 1 };
  ReplayInstant from = _replay_trace_find_instant (work->trace, from_ns);
  ReplayInstant to = _replay_trace_find_instant (work->trace, to_ns);
  TxStatus status;

  if (to.mono_ns == INT64_MIN)
    return TX_OK;
  status = note_edge (work, to.index, error);
  if (from_ns == INT64_MIN)
    from = (ReplayInstant){ .index = 0, .mono_ns = INT64_MIN };
  else if (status == TX_OK)
    status = note_edge (work, from.index, error);
  if (status == TX_OK)
    status = note_errors_before (work, from.index, error);
  if (status != TX_OK)
    return status;
  return _replay_account_add_thread (&account, work->query->thread, from.index, from.mono_ns,
                                     to.index, to.mono_ns, with_end, work->progress, error);
}

/* --- from sums to items --- */

static int
compare_places (const void *a, const void *b)
{
  const ReplayHotspot *left = a, *right = b;
  TxFunctionId left_function = left->file == 0 ? left->function : 0;
  TxFunctionId right_function = right->file == 0 ? right->function : 0;

  if (left->file != right->file)
    return left->file < right->file ? -1 : 1;
  if (left_function != right_function)
    return left_function < right_function ? -1 : 1;
  if (left->line != right->line)
    return left->line < right->line ? -1 : 1;
  return (left->count < right->count) - (left->count > right->count); /* the most hit first */
}

/* Joins items of one line. What code on one line takes is mostly nested (a comprehension within its
   function), so the greatest cumulated time is taken, but no less than the self times. */
static size_t
join (ReplayHotspot *items, size_t n_items)
{
  size_t n = 0;

  for (size_t i = 0; i < n_items; i++)
    {
      ReplayHotspot *into = &items[n - (n > 0)];

      if (n == 0 || items[i].file == 0 || items[i].file != into->file ||
          items[i].line != into->line)
        {
          items[n++] = items[i];
          continue;
        }
      into->count += items[i].count;
      into->self_ns += items[i].self_ns;
      into->waiting_ns += items[i].waiting_ns;
      into->is_idle |= items[i].is_idle;
      into->self_error_ns = add_capped (into->self_error_ns, items[i].self_error_ns);
      into->cumulated_error_ns = add_capped (into->cumulated_error_ns, items[i].cumulated_error_ns);
      if (items[i].cumulated_ns > into->cumulated_ns)
        into->cumulated_ns = items[i].cumulated_ns;
      if (into->self_ns > into->cumulated_ns)
        into->cumulated_ns = into->self_ns;
      if (items[i].slowest_ns > into->slowest_ns)
        into->slowest_ns = items[i].slowest_ns;
    }
  return n;
}

static uint64_t
clamp (int64_t value)
{
  return value > 0 ? (uint64_t) value : 0;
}

/* No time of a line is less than nothing or more than all threads had. */
static uint64_t
limit_error (uint64_t error_ns, uint64_t value_ns, uint64_t all_ns)
{
  uint64_t most_ns =
      all_ns > value_ns && all_ns - value_ns > value_ns ? all_ns - value_ns : value_ns;

  return error_ns < most_ns ? error_ns : most_ns;
}

static bool
suspends (const TxFunction *function)
{
  return function == NULL || (function->flags & (TX_FUNCTION_GENERATOR | TX_FUNCTION_COROUTINE |
                                                 TX_FUNCTION_ASYNC_GENERATOR)) != 0;
}

/* Whose times are told. */
static uint64_t
get_n_threads (const Work *work)
{
  return work->query->thread != 0 ? 1
                                  : tx_reader_get_n_threads (replay_trace_get_reader (work->trace));
}

static void
set_errors (const Work *work, const ReplayLineSum *sum, uint64_t all_ns, ReplayHotspot *item)
{
  const TxFunction *function =
      sum->function == 0
          ? NULL
          : tx_reader_get_function (replay_trace_get_reader (work->trace), sum->function);
  const ReplayLineError *error = &sum->error;
  uint32_t error_ns =
      error->greatest_ns > work->error_before_ns ? error->greatest_ns : work->error_before_ns;
  uint64_t n_carried, cumulated_ns, self_ns;

  if (__builtin_mul_overflow (_replay_line_table_get_n_breaks (work->sums), get_n_threads (work),
                              &n_carried))
    n_carried = UINT64_MAX;
  _replay_line_error_get (error, n_carried, suspends (function), &cumulated_ns, &self_ns);
  item->self_error_ns =
      limit_error (add_capped (self_ns, work->edge_error_ns), item->self_ns, all_ns);
  item->cumulated_error_ns =
      limit_error (add_capped (cumulated_ns, work->edge_error_ns), item->cumulated_ns, all_ns);
  item->slowest_error_ns = limit_error (
      error_ns == UINT32_MAX ? UINT64_MAX : 2 * (uint64_t) error_ns, item->slowest_ns, all_ns);
  item->is_idle = function != NULL && (function->flags & TX_FUNCTION_IDLE) != 0;
}

static TxStatus
make_items (Work *work, ReplayHotspots *hotspots, TxError *error)
{
  size_t n_slots;
  const ReplayLineSum *sums = _replay_line_table_get_slots (work->sums, &n_slots);
  uint64_t all_ns;

  if (__builtin_mul_overflow (hotspots->total_ns, get_n_threads (work), &all_ns))
    all_ns = UINT64_MAX;
  hotspots->items = calloc (n_slots + 1, sizeof *hotspots->items);
  if (hotspots->items == NULL)
    return tx_error_set (error, TX_ERROR_MEMORY, "no memory for the hot spots");
  for (size_t i = 0; i < n_slots; i++)
    {
      ReplayHotspot item = { .file = _replay_trace_get_file_of (work->trace, sums[i].function),
                             .line = sums[i].line,
                             .function = sums[i].function,
                             .count = clamp (sums[i].hits),
                             .self_ns = clamp (sums[i].self_ns),
                             .cumulated_ns = clamp (sums[i].cumulated_ns),
                             .slowest_ns = clamp (sums[i].slowest_ns),
                             .waiting_ns = clamp (sums[i].waiting_ns) };

      if (!_replay_line_sum_is_used (&sums[i]))
        continue;
      hotspots->total_steps += item.count;
      set_errors (work, &sums[i], all_ns, &item);
      if (item.is_idle)
        hotspots->idle_ns += item.self_ns;
      if (item.line == 0 || (item.count == 0 && item.cumulated_ns == 0) ||
          (work->query->file != 0 && work->query->file != item.file))
        continue;
      hotspots->items[hotspots->n_items++] = item;
    }
  qsort (hotspots->items, hotspots->n_items, sizeof *hotspots->items, compare_places);
  hotspots->n_items = join (hotspots->items, hotspots->n_items);
  return TX_OK;
}

/* --- sorting --- */

static uint64_t
get_average (const ReplayHotspot *item)
{
  return item->count == 0 ? 0 : item->cumulated_ns / item->count;
}

#define DEFINE_COMPARE(name, value)                                                                \
  static int compare_##name (const void *a, const void *b)                                         \
  {                                                                                                \
    const ReplayHotspot *left = a, *right = b;                                                     \
    uint64_t x, y;                                                                                 \
                                                                                                   \
    x = value (left);                                                                              \
    y = value (right);                                                                             \
    return x != y ? (x < y ? 1 : -1) : compare_places (a, b);                                      \
  }

#define CUMULATED(item) (item)->cumulated_ns
#define SELF(item)      (item)->self_ns
#define COUNT(item)     (item)->count
#define SLOWEST(item)   (item)->slowest_ns
#define WAITING(item)   (item)->waiting_ns

DEFINE_COMPARE (cumulated, CUMULATED)
DEFINE_COMPARE (self, SELF)
DEFINE_COMPARE (average, get_average)
DEFINE_COMPARE (count, COUNT)
DEFINE_COMPARE (slowest, SLOWEST)
DEFINE_COMPARE (waiting, WAITING)

static void
sort_items (ReplayHotspots *hotspots, const ReplayHotspotQuery *query)
{
  static int (*const compares[]) (const void *, const void *) = {
    [REPLAY_SORT_CUMULATED] = compare_cumulated, [REPLAY_SORT_SELF] = compare_self,
    [REPLAY_SORT_AVERAGE] = compare_average,     [REPLAY_SORT_COUNT] = compare_count,
    [REPLAY_SORT_SLOWEST] = compare_slowest,     [REPLAY_SORT_WAITING] = compare_waiting,
    [REPLAY_SORT_LOCATION] = compare_places,
  };

  qsort (hotspots->items, hotspots->n_items, sizeof *hotspots->items, compares[query->sort]);
  hotspots->n_lines = hotspots->n_items;
  if (query->max_items != 0 && hotspots->n_items > query->max_items)
    hotspots->n_items = query->max_items;
}

/* What is known to be missing between two moments. */
static void
count_missing (const Work *work, int64_t from_ns, int64_t to_ns, ReplayHotspots *hotspots)
{
  const TxReader *reader = replay_trace_get_reader (work->trace);
  ReplayInstant from = _replay_trace_find_instant (work->trace, from_ns);
  ReplayInstant to = _replay_trace_find_instant (work->trace, to_ns);

  hotspots->missing_blocks = work->unreadable_blocks;
  for (size_t i = from.index; i <= to.index && i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);

      hotspots->missing_blocks += info->n_missing;
      /* those of the first block lie before it */
      if (i > from.index || from_ns <= info->times.real_first_ns)
        hotspots->events_lost += info->events_lost;
    }
}

TxStatus
replay_hotspots_query (ReplayTrace *trace,
                       const ReplayHotspotQuery *query,
                       const ReplayProgress *progress,
                       ReplayHotspots **ret_hotspots,
                       TxError *error)
{
  Work work = { .trace = trace, .query = query, .progress = progress };
  ReplayHotspots *hotspots = calloc (1, sizeof *hotspots);
  int64_t start_ns = 0, end_ns = 0, from_ns, to_ns;
  TxStatus status = TX_OK;

  work.sums = _replay_line_table_new ();
  if (hotspots == NULL || work.sums == NULL)
    status = tx_error_set (error, TX_ERROR_MEMORY, "no memory for the hot spots");
  else if (replay_trace_get_range (trace, &start_ns, &end_ns))
    {
      from_ns = query->from_real_ns > start_ns ? query->from_real_ns : start_ns;
      to_ns = query->to_real_ns < end_ns ? query->to_real_ns : end_ns;
      if (query->thread != 0 && from_ns <= to_ns)
        status = add_thread (&work, query->from_real_ns <= start_ns ? INT64_MIN : from_ns, to_ns,
                             query->to_real_ns > end_ns, error);
      else if (query->thread != 0)
        status = TX_OK;
      else if (query->from_real_ns <= start_ns && query->to_real_ns > end_ns)
        status = add_all (&work, error);
      else if (from_ns < to_ns)
        status =
            add_range (&work, query->from_real_ns <= start_ns ? INT64_MIN : from_ns, to_ns, error);
      if (from_ns < to_ns)
        hotspots->total_ns = (uint64_t) to_ns - (uint64_t) from_ns;
      count_missing (&work, from_ns, to_ns, hotspots);
    }
  if (status == TX_OK)
    status = make_items (&work, hotspots, error);
  _replay_line_table_free (work.sums);
  if (status != TX_OK)
    {
      replay_hotspots_free (hotspots);
      return status;
    }
  sort_items (hotspots, query);
  *ret_hotspots = hotspots;
  return TX_OK;
}

void
replay_hotspots_free (ReplayHotspots *self)
{
  if (self == NULL)
    return;
  free (self->items);
  free (self);
}
