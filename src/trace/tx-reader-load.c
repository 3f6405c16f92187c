// SPDX-License-Identifier: BSD-3-Clause
// Loads blocks and digests, from segments or from the copy of the ring. Changes nothing, so
// several threads may do it at once.
#include <inttypes.h>
#include <stdlib.h>

#include "tx-block-private.h"
#include "tx-digest-run-private.h"
#include "tx-reader-private.h"
#include "tx-digest-private.h"
#include "tx-thread-lines-private.h"

static TxStatus
get_entry (const TxReader *self,
           size_t index,
           bool is_digest_enough,
           const TxBlockEntry **ret_entry,
           TxError *error)
{
  if (index >= self->blocks.n_entries)
    return tx_error_set (error, TX_ERROR_INVALID, "cannot read block number %zu: there is none",
                         index);
  *ret_entry = &self->blocks.entries[index];
  if ((*ret_entry)->info.place == TX_BLOCK_EVICTED && !is_digest_enough)
    return tx_error_set (error, TX_ERROR_GAP,
                         "cannot read block %" PRIu64
                         ": it was removed to bound the size of the recording",
                         (*ret_entry)->info.sequence);
  if ((*ret_entry)->info.place == TX_BLOCK_MISSING)
    return tx_error_set (error, TX_ERROR_GAP,
                         "cannot read block %" PRIu64 ": it is missing in the recording",
                         (*ret_entry)->info.sequence);
  return TX_OK;
}

static TxStatus
load_part (const TxReader *self,
           const TxBlockEntry *entry,
           TxFramePart part,
           uint8_t **ret_bytes,
           size_t *ret_size_bytes,
           TxError *error)
{
  TxBlockSummary summary = _tx_block_info_get_summary (&entry->info);

  return _tx_segment_load (self->dir_fd, self->trace_id, &entry->place, &summary, part, ret_bytes,
                           ret_size_bytes, error);
}

static TxStatus
refuse_content (const TxBlockEntry *entry, const char *what, TxError *error)
{
  return tx_error_set (error, TX_ERROR_DAMAGED,
                       "cannot read block %" PRIu64
                       ": its %s does not hold the steps that were announced",
                       entry->info.sequence, what);
}

/* A block of the ring never has @scratch (nullable). */
static TxStatus
load_block (const TxReader *self,
            size_t index,
            TxBlockScratch *scratch,
            TxBlock **ret_block,
            bool *ret_has_scratch,
            TxError *error)
{
  TxError local = { 0 };
  const TxBlockEntry *entry;
  TxStatus status = get_entry (self, index, false, &entry, error);

  if (status != TX_OK)
    return status;
  if (!error)
    error = &local;
  *ret_has_scratch = scratch && entry->info.place != TX_BLOCK_RING;
  if (entry->info.place == TX_BLOCK_RING)
    *ret_block = _tx_ring_blocks_load (&self->ring, entry, &self->catalog, error);
  else
    {
      uint8_t *raw;
      size_t size;

      status = load_part (self, entry, TX_FRAME_EVENTS, &raw, &size, error);
      if (status != TX_OK)
        return status;
      *ret_block = _tx_block_decode (raw, size, entry->info.sequence, &entry->info.times,
                                     _tx_catalog_get_first_line, NULL, (void *) &self->catalog,
                                     scratch, error);
      free (raw);
    }
  if (!*ret_block)
    return error->status;
  if ((*ret_block)->n_steps == entry->info.steps)
    return TX_OK;
  if (*ret_has_scratch)
    _tx_block_free_borrowed (*ret_block);
  else
    tx_block_free (*ret_block);
  return refuse_content (entry, "content", error);
}

TxStatus
tx_reader_load_block (const TxReader *self, size_t index, TxBlock **ret_block, TxError *error)
{
  TxBlock *block = NULL;
  bool has_scratch;
  TxStatus status = load_block (self, index, NULL, &block, &has_scratch, error);

  if (status == TX_OK)
    *ret_block = block;
  return status;
}

/* ---- Rooms ---- */

struct _TxBlockRoom
{
  TxBlockScratch scratch;
  TxBlock *block;   /* owned; NULL: empty */
  bool is_borrowed; /* the block has the scratch's memory */
};

TxBlockRoom *
tx_block_room_new (void)
{
  TxBlockRoom *self = calloc (1, sizeof *self);

  if (self)
    self->scratch.is_readers = true;
  return self;
}

static void
empty_room (TxBlockRoom *self)
{
  if (self->is_borrowed)
    _tx_block_free_borrowed (self->block);
  else
    tx_block_free (self->block);
  self->block = NULL;
}

void
tx_block_room_free (TxBlockRoom *self)
{
  if (!self)
    return;
  empty_room (self);
  _tx_block_scratch_clear (&self->scratch);
  free (self);
}

TxStatus
tx_reader_load_block_into (const TxReader *self,
                           size_t index,
                           TxBlockRoom *room,
                           const TxBlock **ret_block,
                           TxError *error)
{
  TxBlock *block = NULL;
  TxStatus status;

  empty_room (room);
  status = load_block (self, index, &room->scratch, &block, &room->is_borrowed, error);
  if (status == TX_OK)
    *ret_block = room->block = block;
  return status;
}

static TxStatus
compute_digest (const TxReader *self, size_t index, TxDigest **ret_digest, TxError *error)
{
  TxDigester *digester;
  TxDigest *digest = NULL;
  TxBlock *block;
  TxStatus status = tx_reader_load_block (self, index, &block, error);

  if (status != TX_OK)
    return status;
  digester = tx_digester_new ();
  if (digester)
    digest = tx_digester_add (digester, block);
  tx_digester_free (digester);
  tx_block_free (block);
  if (!digest)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot sum up a block: out of memory");
  *ret_digest = digest;
  return TX_OK;
}

/* Each line of a digest takes at least a byte of its block's events, so one of more lines is a
 * bomb. */
static bool
has_too_many_lines (const TxBlockEntry *entry, const uint8_t *digest, size_t size)
{
  uint64_t n_blocks = entry->info.place == TX_BLOCK_EVICTED ? entry->info.n_missing : 1;

  return _tx_digest_count_lines (digest, size) > n_blocks * TX_SLOT_SIZE_MAX;
}

TxStatus
tx_reader_load_digest (const TxReader *self, size_t index, TxDigest **ret_digest, TxError *error)
{
  TxError local = { 0 };
  const TxBlockEntry *entry;
  TxDigest *digest;
  uint8_t *bytes;
  size_t size;
  TxStatus status = get_entry (self, index, true, &entry, error);

  if (status != TX_OK)
    return status;
  if (entry->info.place == TX_BLOCK_RING)
    return compute_digest (self, index, ret_digest, error);
  if (!error)
    error = &local;
  status = load_part (self, entry,
                      entry->info.place == TX_BLOCK_EVICTED ? TX_FRAME_RUN_DIGEST : TX_FRAME_DIGEST,
                      &bytes, &size, error);
  if (status != TX_OK)
    return status;
  if (has_too_many_lines (entry, bytes, size))
    {
      free (bytes);
      return refuse_content (entry, "digest", error);
    }
  digest = tx_digest_decode (bytes, size, error);
  free (bytes);
  if (!digest)
    return error->status;
  if (digest->steps != entry->info.steps)
    {
      tx_digest_free (digest);
      return refuse_content (entry, "digest", error);
    }
  *ret_digest = digest;
  return TX_OK;
}

/* ---- Spans ---- */

/* Whether @digest is of these blocks, as far as the table knows. */
static bool
is_digest_of (const TxReader *self,
              TxSpanLevel level,
              const TxSpanEntry *entry,
              const TxDigest *digest)
{
  const TxBlockEntry *blocks = self->blocks.entries + entry->span.first_index;
  size_t n_parts = level == TX_SPAN_RUN ? entry->n_blocks : entry->n_runs;
  uint64_t steps = 0;
  size_t thread = 0;

  for (size_t i = 0; i < entry->span.n_blocks; i++)
    steps += blocks[i].info.steps;
  if (digest->steps != steps || (digest->n_parts != 0 && digest->n_parts != n_parts))
    return false;
  /* The parts of a group of removed runs are entries as well. */
  for (size_t i = 0; n_parts == entry->span.n_blocks && i < digest->n_parts; i++)
    {
      uint64_t part_steps = 0;

      for (; thread < digest->part_ends[i]; thread++)
        part_steps += digest->part_threads[thread].steps;
      if (part_steps != blocks[i].info.steps)
        return false;
    }
  return true;
}

static TxDigest *
decode_span (TxSpanLevel level,
             const TxSpanEntry *entry,
             const uint8_t *bytes,
             size_t size,
             bool with_lines,
             TxError *error)
{
  TxDigestGroup group = { .bytes = bytes, .size_bytes = size };

  if (level == TX_SPAN_GROUP &&
      !(_tx_digest_find_group (bytes, size, &group) && group.n_runs == entry->n_runs &&
        group.n_blocks == entry->n_blocks))
    {
      tx_error_set (error, TX_ERROR_DAMAGED, "a digest has no sum of the runs before");
      return NULL;
    }
  return with_lines ? tx_digest_decode (group.bytes, group.size_bytes, error)
                    : _tx_digest_decode_threads (group.bytes, group.size_bytes, error);
}

TxStatus
tx_reader_load_span (const TxReader *self,
                     TxSpanLevel level,
                     size_t number,
                     bool with_lines,
                     TxDigest **ret_digest,
                     TxError *error)
{
  TxError local = { 0 };
  const TxSpanEntry *entry;
  TxBlockSummary summary;
  TxDigest *digest;
  uint8_t *bytes;
  size_t size;
  TxStatus status;

  if (!error)
    error = &local;
  if (level >= TX_SPAN_LEVELS || number >= self->spans.lists[level].n_entries)
    return tx_error_set (error, TX_ERROR_INVALID, "cannot read digest number %zu: there is none",
                         number);
  entry = &self->spans.lists[level].entries[number];
  summary = _tx_blocks_sum (&self->blocks, entry->frame_index, entry->frame_n);
  status = _tx_segment_load (self->dir_fd, self->trace_id, &entry->place, &summary,
                             TX_FRAME_RUN_DIGEST, &bytes, &size, error);
  if (status != TX_OK)
    return status;
  digest = decode_span (level, entry, bytes, size, with_lines, error);
  free (bytes);
  if (!digest)
    return error->status;
  if (!is_digest_of (self, level, entry, digest))
    {
      tx_digest_free (digest);
      return refuse_content (&self->blocks.entries[entry->span.first_index], "digest", error);
    }
  *ret_digest = digest;
  return TX_OK;
}

/* ---- Threads one by one ---- */

static TxStatus
load_frame_digest (const TxReader *self,
                   const TxSpanEntry *entry,
                   uint8_t **ret_bytes,
                   size_t *ret_size_bytes,
                   TxError *error)
{
  TxBlockSummary summary = _tx_blocks_sum (&self->blocks, entry->frame_index, entry->frame_n);

  return _tx_segment_load (self->dir_fd, self->trace_id, &entry->place, &summary,
                           TX_FRAME_RUN_DIGEST, ret_bytes, ret_size_bytes, error);
}

/* The digest of the run that begins with entry @index, and how many entries it has. */
static TxStatus
load_run (const TxReader *self, size_t index, size_t *ret_n, TxDigest **ret_digest, TxError *error)
{
  const TxSpanList *runs = &self->spans.lists[TX_SPAN_RUN];
  const TxSpanEntry *run;

  *ret_n = 1;
  if (self->blocks.entries[index].info.place == TX_BLOCK_EVICTED)
    return tx_reader_load_digest (self, index, ret_digest, error);
  run = _tx_span_list_find (runs, index);
  if (!run)
    return refuse_content (&self->blocks.entries[index], "digest", error);
  *ret_n = run->span.n_blocks;
  return tx_reader_load_span (self, TX_SPAN_RUN, (size_t) (run - runs->entries), true, ret_digest,
                              error);
}

/* The digests of all runs of the span, added up. */
static TxStatus
sum_runs (const TxReader *self, const TxSpanEntry *entry, TxDigestRun *sum, TxError *error)
{
  size_t index = entry->span.first_index, end = index + entry->span.n_blocks, n;

  for (; index < end; index += n)
    {
      const TxBlockEntry *block = &self->blocks.entries[index];
      TxBlockSummary summary;
      TxDigest *digest;
      TxStatus status = load_run (self, index, &n, &digest, error);
      bool is_added;

      if (status != TX_OK)
        return status;
      summary = (TxBlockSummary){ .steps = digest->steps };
      if ((uint64_t) sum->summary.steps + digest->steps > UINT32_MAX ||
          sum->n_parts == TX_THREAD_LINES_RUNS_MAX)
        {
          tx_digest_free (digest);
          return refuse_content (block, "digest", error);
        }
      is_added = _tx_digest_run_add (sum, &summary, 1, digest);
      tx_digest_free (digest);
      if (!is_added)
        return tx_error_set (error, TX_ERROR_MEMORY, "cannot add digests up: out of memory");
    }
  return TX_OK;
}

/* Of a single thread the sum is its own. */
static TxDigest *
copy_digest (const TxDigest *sum, TxError *error)
{
  TxDigest *digest = calloc (1, sizeof *digest);
  TxDigestThread *threads = malloc (sizeof *threads);
  TxDigestLine *lines = malloc ((sum->n_lines + 1) * sizeof *lines);

  if (!digest || !threads || !lines)
    {
      free (digest);
      free (threads);
      free (lines);
      tx_error_set (error, TX_ERROR_MEMORY, "cannot copy a digest: out of memory");
      return NULL;
    }
  threads[0] = sum->threads[0];
  for (size_t i = 0; i < sum->n_lines; i++)
    {
      lines[i] = sum->lines[i];
      lines[i].entries = lines[i].awaits = 0;
    }
  *digest = *sum;
  digest->threads = threads;
  digest->depth_min = threads[0].depth_min;
  digest->depth_max = threads[0].depth_max;
  digest->lines = lines;
  digest->tells_entries = digest->tells_awaits = false;
  digest->part_threads = NULL;
  digest->part_ends = NULL;
  digest->n_part_threads = digest->n_parts = 0;
  return digest;
}

static TxStatus
divide_sum (const TxReader *self,
            const TxSpanEntry *entry,
            const TxDigest *sum,
            TxThreadId thread,
            TxDigest **ret_digest,
            TxError *error)
{
  const uint8_t *content;
  uint8_t *bytes;
  size_t size, content_size;
  TxStatus status = load_frame_digest (self, entry, &bytes, &size, error);

  if (status != TX_OK)
    return status;
  if (sum->n_threads == 1 && sum->threads[0].thread == thread)
    *ret_digest = copy_digest (sum, error);
  else if (_tx_digest_find_thread_lines (bytes, size, &content, &content_size))
    *ret_digest = _tx_thread_lines_decode (content, content_size, sum, entry->n_runs,
                                           entry->n_blocks, thread, error);
  else
    {
      tx_error_set (error, TX_ERROR_DAMAGED, "these runs do not tell threads apart");
      *ret_digest = NULL;
    }
  free (bytes);
  return *ret_digest ? TX_OK : error->status;
}

TxStatus
tx_reader_load_thread_lines (
    const TxReader *self, size_t number, TxThreadId thread, TxDigest **ret_digest, TxError *error)
{
  TxError local = { 0 };
  TxDigestRun run = { 0 };
  const TxSpanEntry *entry;
  TxStatus status;

  if (!error)
    error = &local;
  if (number >= self->spans.thread_list.n_entries)
    return tx_error_set (error, TX_ERROR_INVALID,
                         "cannot read the lines of threads number %zu: there are none", number);
  entry = &self->spans.thread_list.entries[number];
  status = sum_runs (self, entry, &run, error);
  if (status == TX_OK)
    {
      TxDigest sum = _tx_digest_run_get (&run);

      status = divide_sum (self, entry, &sum, thread, ret_digest, error);
    }
  _tx_digest_run_clear (&run);
  return status;
}

TxStatus
tx_reader_dup_source (
    const TxReader *self, TxFileId file, char **ret_bytes, size_t *ret_size_bytes, TxError *error)
{
  return _tx_sources_dup (&self->sources, self->dir_fd, self->trace_id, file, ret_bytes,
                          ret_size_bytes, error);
}
