// SPDX-License-Identifier: BSD-3-Clause
// A trace directory as one thing: puts info, ring, blocks, catalog and sources
// together and keeps them up with a trace that grows. Each part reads its own
// file; only the order in which they are read is decided here.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tx-file-private.h"
#include "tx-reader-private.h"

/* How often it is read again when the process was faster. */
#define OVERTAKEN_TRIES 4

/* Whether it can still write. */
static bool
is_alive (const TxReader *self)
{
  TxProcess process = _tx_reader_get_process (self);

  return _tx_process_is_alive (&process);
}

/* Looks for the file that says that the recording was closed. */
static TxStatus
look_for_end (TxReader *self, TxError *error)
{
  if (self->has_end)
    return TX_OK;
  self->has_end = _tx_reader_read_info (self, TX_FILE_END, &self->end);
  if (!self->has_end && errno == ENOMEM)
    return tx_error_set (error, TX_ERROR_MEMORY,
                         "cannot read file '" TX_FILE_END "': out of memory");
  /* One that a full disk has cut says nothing. */
  if (self->has_end && !(_tx_info_get (&self->end, "reason") && _tx_info_get (&self->end, "steps")))
    {
      _tx_info_clear (&self->end);
      self->has_end = false;
    }
  return TX_OK;
}

/* A new copy of the ring's slots; false when there is no ring to be had. */
static TxStatus
read_ring (TxReader *self, bool *ret_has_ring, TxError *error)
{
  TxRingPlace place = { .path = _tx_reader_get_info (self, "ring"), .pid = self->pid };
  TxStatus status;

  *ret_has_ring = false;
  if (self->ring.reader.fd < 0)
    {
      (void) _tx_info_get_number (&self->info, "ring_dev", 10, &place.dev);
      (void) _tx_info_get_number (&self->info, "ring_ino", 10, &place.ino);
      status =
          _tx_ring_reader_open (&self->ring.reader, &place, self->dir_fd, self->trace_id, NULL);
      if (status == TX_ERROR_MEMORY)
        return tx_error_set (error, status, "cannot read the ring: out of memory");
      if (status != TX_OK)
        return TX_OK;
    }
  *ret_has_ring = true;
  return _tx_ring_reader_read (&self->ring.reader, self->trace_id, &self->damage, error);
}

static TxStatus
read_files (TxReader *self, bool is_live, TxError *error)
{
  TxStatus status;

  /* Blocks before the catalog: a block's definitions were written before it. */
  status = _tx_block_table_read (&self->blocks, self->dir_fd, self->trace_id, is_live,
                                 &self->damage, error);
  if (status == TX_OK)
    status = _tx_span_table_read (&self->spans, &self->blocks, self->dir_fd, self->trace_id, error);
  if (status == TX_OK)
    status = _tx_catalog_read (&self->catalog, self->dir_fd, self->trace_id, is_live, &self->damage,
                               error);
  if (status == TX_OK)
    status = _tx_sources_read (&self->sources, self->dir_fd, self->trace_id, is_live,
                               &self->catalog, &self->damage, error);
  return status;
}

/* A closed recording says how much it was. */
static TxStatus
check_end (TxReader *self, TxError *error)
{
  TxBlockTable *table = &self->blocks;
  uint64_t blocks = 0, steps = 0, filed = 0;

  if (!_tx_info_get_number (&self->end, "blocks", 10, &blocks) ||
      !_tx_info_get_number (&self->end, "steps", 10, &steps))
    return TX_OK;
  for (size_t i = 0; i < table->n_entries; i++)
    filed += tx_block_info_is_gap (&table->entries[i].info) ? table->entries[i].info.n_missing : 1;
  if (blocks <= filed)
    return TX_OK;
  _tx_damage_add (&self->damage, "the last %" PRIu64 " blocks of the recording are missing",
                  blocks - filed);
  if (!_tx_block_table_add_missing_end (table, blocks - filed,
                                        steps > table->next_step ? steps - table->next_step : 0))
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot list the blocks: out of memory");
  return TX_OK;
}

/* Else somebody has sealed what a process that died had left. */
static bool
was_closed (const TxReader *self)
{
  const char *reason = _tx_info_get (&self->end, "reason");

  return !reason || strcmp (reason, "recovered") != 0;
}

/* Order matters: whether the process lives before the ring, since a ring read behind its end is the
 * last word; the ring before the files, since a slot is freed only when its block is in a file. */
static TxStatus
read_parts (TxReader *self, bool *ret_is_alive, bool *ret_has_ring, TxError *error)
{
  TxStatus status = look_for_end (self, error);

  *ret_has_ring = false;
  *ret_is_alive = !self->has_end && is_alive (self);
  /* It may have closed it, and ended, between these two looks. */
  if (status == TX_OK && !self->has_end && !*ret_is_alive)
    status = look_for_end (self, error);
  if (status == TX_OK && !self->has_end)
    {
      status = read_ring (self, ret_has_ring, error);
      /* It may have been closed, and the ring removed, in between. */
      if (status == TX_OK && !*ret_has_ring)
        status = look_for_end (self, error);
    }
  if (status == TX_OK)
    status = read_files (self, *ret_is_alive && !self->has_end, error);
  return status;
}

/* Steps that were there stay counted: who was overtaken each time has seen some in the ring that it
 * can't find any more, and does not know of how many came since. */
static TxStatus
keep_told (TxReader *self, TxError *error)
{
  TxBlockTable *table = &self->blocks;

  if (self->told_step > table->next_step &&
      !_tx_block_table_add_known (table, self->told_sequence, self->told_step - table->next_step))
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot list the blocks: out of memory");
  if (table->next_step > self->told_step)
    self->told_step = table->next_step;
  if (table->next_sequence > self->told_sequence)
    self->told_sequence = table->next_sequence;
  return TX_OK;
}

static TxStatus
update (TxReader *self, TxError *error)
{
  bool has_ring, alive;
  TxStatus status = read_parts (self, &alive, &has_ring, error);

  /* What the ring had freed was removed from the files before these were read: once more. */
  for (int i = 0; status == TX_OK && i < OVERTAKEN_TRIES && alive && !self->has_end &&
                  _tx_ring_blocks_lack (&self->ring, self->blocks.next_sequence);
       i++)
    status = read_parts (self, &alive, &has_ring, error);
  if (status != TX_OK)
    return status;
  if (self->has_end)
    {
      _tx_ring_blocks_clear (&self->ring);
      self->state = was_closed (self) ? TX_STATE_FINISHED : TX_STATE_DIED;
      return check_end (self, error);
    }
  self->state = alive ? TX_STATE_RECORDING : has_ring ? TX_STATE_DIED : TX_STATE_DIED_TAIL_MISSING;
  status =
      _tx_ring_blocks_add_to (&self->ring, &self->blocks, &self->catalog, &self->damage, error);
  return status == TX_OK ? keep_told (self, error) : status;
}

/* What a converter has found to be wrong with what it read. */
static void
add_stated_damage (TxReader *self)
{
  const char *damage = _tx_info_get (&self->info, "damage");
  uint64_t count = 1;

  if (!damage || !*damage)
    return;
  _tx_damage_add (&self->damage, "%s", damage);
  if (_tx_info_get_number (&self->info, "damages", 10, &count) && count > 1 && count < SIZE_MAX)
    self->damage.count = (size_t) count;
}

TxReader *
tx_reader_open (const char *directory, TxError *error)
{
  return _tx_reader_open_until (directory, NULL, error);
}

TxReader *
_tx_reader_open_until (const char *directory, const _Atomic bool *stop, TxError *error)
{
  TxReader *self = calloc (1, sizeof *self);

  if (self)
    {
      self->dir_fd = -1;
      _tx_ring_blocks_init (&self->ring);
      self->ring.reader.stop = stop;
      _tx_catalog_init (&self->catalog);
      _tx_sources_init (&self->sources);
      self->directory = strdup (directory);
    }
  if (!self || !self->directory)
    {
      tx_error_set (error, TX_ERROR_MEMORY, "cannot open a trace: out of memory");
      goto fail;
    }
  self->dir_fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->dir_fd < 0)
    {
      tx_error_set_errno (error, errno, "cannot open '%.300s'", directory);
      goto fail;
    }
  if (_tx_reader_identify (self, error) != TX_OK)
    goto fail;
  add_stated_damage (self);
  if (update (self, error) != TX_OK)
    goto fail;
  return self;

fail:
  tx_reader_close (self);
  return NULL;
}

void
tx_reader_close (TxReader *self)
{
  if (!self)
    return;
  _tx_block_table_clear (&self->blocks);
  _tx_span_table_clear (&self->spans);
  _tx_catalog_clear (&self->catalog);
  _tx_sources_clear (&self->sources);
  _tx_ring_blocks_clear (&self->ring);
  _tx_info_clear (&self->info);
  _tx_info_clear (&self->end);
  _tx_file_close (self->dir_fd);
  free (self->directory);
  free (self);
}

/* What tells one state of the trace from the next. */
typedef struct
{
  TxReaderState state;
  uint64_t n_steps;
  uint64_t filed_sequence;
  size_t n_entries;
  size_t n_events;
  size_t n_definitions;
  size_t n_sources;
  size_t n_damage;
} Mark;

static Mark
take_mark (const TxReader *self)
{
  Mark mark = {
    .state = self->state,
    .n_steps = self->blocks.next_step,
    .filed_sequence = self->blocks.filed_sequence,
    .n_entries = self->blocks.n_entries,
    .n_definitions = self->catalog.files.n_items + self->catalog.functions.n_items +
                     self->catalog.threads.n_items,
    .n_sources = self->sources.n_sources,
    .n_damage = self->damage.count,
  };

  for (size_t i = self->blocks.n_filed; i < self->blocks.n_entries; i++)
    mark.n_events += self->blocks.entries[i].info.events;
  return mark;
}

static bool
is_same_mark (const Mark *a, const Mark *b)
{
  return a->state == b->state && a->n_steps == b->n_steps &&
         a->filed_sequence == b->filed_sequence && a->n_entries == b->n_entries &&
         a->n_events == b->n_events && a->n_definitions == b->n_definitions &&
         a->n_sources == b->n_sources && a->n_damage == b->n_damage;
}

TxStatus
tx_reader_refresh (TxReader *self, bool *ret_changed, TxError *error)
{
  Mark before = take_mark (self);
  Mark after;
  TxStatus status = self->has_end ? TX_OK : update (self, error);

  if (status != TX_OK)
    return status;
  after = take_mark (self);
  if (ret_changed)
    *ret_changed = !is_same_mark (&before, &after);
  return TX_OK;
}

/* ---- Looking ---- */

TxReaderState
tx_reader_get_state (const TxReader *self)
{
  return self->state;
}

const char *
tx_reader_get_directory (const TxReader *self)
{
  return self->directory;
}

const char *
tx_reader_get_info (const TxReader *self, const char *key)
{
  return _tx_info_get (&self->info, key);
}

bool
tx_reader_get_info_line (const TxReader *self,
                         size_t index,
                         const char **ret_file,
                         const char **ret_key,
                         const char **ret_value)
{
  bool is_end = index >= self->info.n_lines;
  const TxInfo *info = is_end ? &self->end : &self->info;
  size_t place = is_end ? index - self->info.n_lines : index;

  if (place >= info->n_lines)
    return false;
  *ret_file = is_end ? TX_FILE_END : TX_FILE_INFO;
  *ret_key = info->lines[place].key;
  *ret_value = info->lines[place].value;
  return true;
}

const char *
tx_reader_get_damage (const TxReader *self, size_t *ret_count)
{
  if (ret_count)
    *ret_count = self->damage.count;
  return self->damage.count ? self->damage.first : NULL;
}

size_t
tx_reader_get_n_blocks (const TxReader *self)
{
  return self->blocks.n_entries;
}

const TxBlockInfo *
tx_reader_get_block_info (const TxReader *self, size_t index)
{
  return &self->blocks.entries[index].info;
}

uint64_t
tx_reader_get_n_steps (const TxReader *self)
{
  return self->blocks.next_step;
}

bool
tx_reader_find_step (const TxReader *self, uint64_t step, size_t *ret_index)
{
  size_t low = 0, high = self->blocks.n_entries;

  if (step >= self->blocks.next_step)
    return false;
  /* The last entry that begins at or before it; those without steps begin where the next one does.
   */
  while (high - low > 1)
    {
      size_t middle = low + (high - low) / 2;

      if (self->blocks.entries[middle].info.first_step <= step)
        low = middle;
      else
        high = middle;
    }
  *ret_index = low;
  return true;
}

size_t
tx_reader_get_n_spans (const TxReader *self, TxSpanLevel level)
{
  return self->spans.lists[level].n_entries;
}

const TxSpan *
tx_reader_get_span (const TxReader *self, TxSpanLevel level, size_t number)
{
  return &self->spans.lists[level].entries[number].span;
}

bool
tx_reader_find_span (const TxReader *self, TxSpanLevel level, size_t index, size_t *ret_number)
{
  const TxSpanList *list = &self->spans.lists[level];
  const TxSpanEntry *entry = _tx_span_list_find (list, index);

  if (entry)
    *ret_number = (size_t) (entry - list->entries);
  return entry != NULL;
}

bool
tx_reader_find_thread_lines (const TxReader *self,
                             size_t index,
                             TxSpan *ret_span,
                             size_t *ret_number)
{
  const TxSpanList *list = &self->spans.thread_list;
  const TxSpanEntry *entry = _tx_span_list_find (list, index);

  if (!entry)
    return false;
  *ret_span = entry->span;
  *ret_number = (size_t) (entry - list->entries);
  return true;
}

int64_t
tx_reader_real_from_mono (const TxReader *self, size_t index, int64_t mono_ns)
{
  const TxBlockTimes *times;

  if (index >= self->blocks.n_entries)
    return mono_ns;
  times = &self->blocks.entries[index].info.times;
  /* Unsigned: hostile clocks wrap around instead of being undefined. */
  return (int64_t) ((uint64_t) times->real_first_ns + (uint64_t) mono_ns -
                    (uint64_t) times->mono_first_ns);
}

size_t
tx_reader_get_n_functions (const TxReader *self)
{
  return self->catalog.functions.n_items;
}

size_t
tx_reader_get_n_files (const TxReader *self)
{
  return self->catalog.files.n_items;
}

size_t
tx_reader_get_n_threads (const TxReader *self)
{
  return self->catalog.threads.n_items;
}

const TxFunction *
tx_reader_get_function (const TxReader *self, TxFunctionId id)
{
  return _tx_catalog_get_function (&self->catalog, id);
}

const TxFile *
tx_reader_get_file (const TxReader *self, TxFileId id)
{
  return _tx_catalog_get_file (&self->catalog, id);
}

const TxThreadInfo *
tx_reader_get_thread (const TxReader *self, TxThreadId id)
{
  return _tx_catalog_get_thread (&self->catalog, id);
}

const char *
tx_reader_get_type_name (const TxReader *self, TxTypeId id)
{
  return _tx_catalog_get_type (&self->catalog, id);
}
