// SPDX-License-Identifier: BSD-3-Clause
// TxReader: a trace directory as a list of blocks, a catalog and sources.
// Owns file descriptors and the tables; decodes nothing until asked. Reads
// with pread() only, writes nothing, follows no links inside the directory,
// and takes every byte as hostile.
//
// Threads: the functions that take `const TxReader *` may run in several
// threads at once as long as no tx_reader_refresh() runs.
#pragma once

#include "tx-block.h"
#include "tx-digest.h"
#include "tx-error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _TxReader TxReader;

/** TxReaderState: what became of the recording. */
typedef enum {
  TX_STATE_FINISHED = 0,  /* closed by its process */
  TX_STATE_RECORDING = 1, /* its process lives and records */
  TX_STATE_DIED = 2,      /* its process is gone without closing it; the ring was read, nothing is missing */
  TX_STATE_DIED_TAIL_MISSING = 3, /* as before, but the ring is gone or not reachable: the last moments are missing */
} TxReaderState;

/** Where a block's bytes are. */
typedef enum {
  TX_BLOCK_FILE = 0,
  TX_BLOCK_RING = 1,    /* still being filled, or not yet written: its steps can grow at refresh */
  TX_BLOCK_MISSING = 2, /* lost, dropped or damaged; stands for a run of `n_missing` blocks */
  TX_BLOCK_EVICTED = 3, /* removed to bound the size of the trace: a run of `n_missing` blocks, of which the digest is left */
} TxBlockPlace;

/**
 * TxBlockInfo:
 * One entry of the block table, in order of sequence. The first step of entry i + 1 is the first step
 * of entry i plus its steps; a missing entry has the steps that are known to be lost (their numbers stay
 * reserved), or 0 where that is unknown.
 */
typedef struct {
  uint64_t sequence;
  uint64_t first_step;   /* global number of its first step, from 0 */
  uint64_t n_missing;    /* blocks that a MISSING or EVICTED entry stands for, else 0 */
  TxBlockTimes times;
  uint32_t steps;
  uint32_t events;       /* 0 where not known */
  uint32_t depth_min;    /* over all threads; 0 where not known */
  uint32_t depth_max;    /* UINT32_MAX where not known */
  uint64_t thread_mask;  /* bit (id % 64) for each thread in it; all ones where not known */
  uint64_t events_lost;  /* dropped between the block before and this one (its GAP); 0: none */
  uint32_t place;        /* TxBlockPlace */
} TxBlockInfo;

/** tx_block_info_is_gap: whether its events cannot be had. An EVICTED entry is one, and has a digest all the same. */
static inline bool
tx_block_info_is_gap (const TxBlockInfo *self)
{
  return self->place == TX_BLOCK_MISSING || self->place == TX_BLOCK_EVICTED;
}

typedef struct {
  TxFileId id;
  const char *path;      /* as recorded, terminated; may hold any byte but NUL */
  bool has_source;
  bool is_source_younger;  /* the file was changed after the program had started: the text may not be what ran */
  uint64_t source_size_bytes;
  int64_t source_mtime_ns; /* of the file when it was copied, epoch; 0 unknown */
} TxFile;

typedef struct {
  TxFunctionId id;
  TxFileId file;
  uint32_t first_line;
  uint32_t flags;        /* TxFunctionFlags */
  const char *name;      /* qualified where known; terminated */
  uint32_t bitmap_first_line;
  const uint8_t *line_bitmap; /* NULL unless flags has LINES_KNOWN */
  size_t line_bitmap_size;
} TxFunction;

typedef struct {
  TxThreadId id;
  uint64_t native_id; /* 0 unknown */
  const char *name;   /* "" unknown */
} TxThreadInfo;

/**
 * tx_reader_open:
 * @directory: a trace (not a run or a base directory; see replay-path.h)
 *
 * Reads info, index, catalog and the ring; O(blocks). Damage does not fail: see
 * tx_reader_get_damage(). Fails when there is no trace, no permission, or a newer major version.
 */
TxReader *tx_reader_open (const char *directory, TxError *error) TX_WARN_UNUSED;
void tx_reader_close (TxReader *self);

/**
 * tx_reader_refresh:
 * @ret_changed: (nullable): whether anything is new
 *
 * Follows a growing trace: reads only what came since. Entries of the block table keep their place;
 * those of kind RING can change. Pointers handed out before stay valid, but for tx_reader_get_block_info().
 */
TxStatus tx_reader_refresh (TxReader *self, bool *ret_changed, TxError *error) TX_WARN_UNUSED;

TxReaderState tx_reader_get_state (const TxReader *self);
const char *tx_reader_get_directory (const TxReader *self);
/** tx_reader_get_info: (nullable): a value of the `info` file, terminated. */
const char *tx_reader_get_info (const TxReader *self, const char *key);

/**
 * tx_reader_get_info_line:
 * @index: from 0: lines of `info`, then those of `end`
 *
 * For printing all of them: strings from the disk, terminated, with control characters perhaps.
 *
 * Returns: false behind the last one
 */
bool tx_reader_get_info_line (const TxReader *self,
                              size_t index,
                              const char **ret_file,
                              const char **ret_key,
                              const char **ret_value);

/** tx_reader_get_damage: one line on the first damage found, and how many there are; NULL when none. */
const char *tx_reader_get_damage (const TxReader *self, size_t *ret_count);

size_t tx_reader_get_n_blocks (const TxReader *self);
/** tx_reader_get_block_info: valid until the next refresh. @index must be below the number of blocks. */
const TxBlockInfo *tx_reader_get_block_info (const TxReader *self, size_t index);
/** tx_reader_get_n_steps: steps of the whole recording, those reserved for missing ones included. */
uint64_t tx_reader_get_n_steps (const TxReader *self);
/** tx_reader_find_step: index of the block with @step; false beyond the end. */
bool tx_reader_find_step (const TxReader *self, uint64_t step, size_t *ret_index);

/**
 * tx_reader_load_block:
 * Reads, checks, decompresses and decodes a block. %TX_ERROR_GAP for a missing or evicted one;
 * %TX_ERROR_DAMAGED when its checksum fails.
 * For a RING entry the block holds exactly the steps that the table states (the rest waits for a refresh).
 */
TxStatus tx_reader_load_block (const TxReader *self, size_t index, TxBlock **ret_block, TxError *error) TX_WARN_UNUSED;

/**
 * TxBlockRoom:
 * The memory of one block after the other: for who loads many. New memory for each takes several times as long
 * as decoding.
 */
typedef struct _TxBlockRoom TxBlockRoom;
TxBlockRoom *tx_block_room_new (void);
void tx_block_room_free (TxBlockRoom *self);

/**
 * tx_reader_load_block_into:
 * @room: what it held is gone, also on failure
 * @ret_block: the room's, until the next one is loaded into it or it is freed
 *
 * As tx_reader_load_block().
 */
TxStatus tx_reader_load_block_into (const TxReader *self, size_t index, TxBlockRoom *room, const TxBlock **ret_block, TxError *error) TX_WARN_UNUSED;

/** tx_reader_load_digest: as tx_reader_load_block(), also for an EVICTED entry; for a RING entry it is computed. */
TxStatus tx_reader_load_digest (const TxReader *self, size_t index, TxDigest **ret_digest, TxError *error) TX_WARN_UNUSED;

/**
 * TxSpanLevel:
 * Digests of blocks are added up twice, so that one reads few of them, however many blocks there are.
 */
typedef enum {
  TX_SPAN_RUN = 0,   /* of up to 64 blocks */
  TX_SPAN_GROUP = 1, /* of up to 32 runs */
  TX_SPAN_LEVELS = 2,
} TxSpanLevel;

/**
 * TxSpan:
 * Entries of the block table in a row that the trace has one digest of, without anything missing among them. Their
 * own digests say the same: where there is no span, or it can't be loaded, these are to be read. Runs are of
 * entries in files; groups also of EVICTED ones, each of which is a run.
 */
typedef struct {
  size_t first_index; /* in the block table */
  size_t n_blocks;    /* entries */
} TxSpan;

size_t tx_reader_get_n_spans (const TxReader *self, TxSpanLevel level);
/** tx_reader_get_span: in ascending order. Valid until the next refresh; keeps its number and its blocks for ever. */
const TxSpan *tx_reader_get_span (const TxReader *self, TxSpanLevel level, size_t number);
/** tx_reader_find_span: number of the span that entry @index of the block table belongs to; false if there is none. */
bool tx_reader_find_span (const TxReader *self, TxSpanLevel level, size_t index, size_t *ret_number);
/**
 * tx_reader_load_span:
 * @with_lines: whether the digest is to have its lines, which are most of the work
 *
 * As tx_reader_load_digest(): the sum of the digests of its blocks.
 */
TxStatus tx_reader_load_span (const TxReader *self, TxSpanLevel level, size_t number, bool with_lines, TxDigest **ret_digest, TxError *error) TX_WARN_UNUSED;

/**
 * tx_reader_find_thread_lines: the entries around entry @index whose lines the trace may tell thread by thread, and
 * their number; false if there are none. As for spans: in ascending order, in files or EVICTED.
 */
bool tx_reader_find_thread_lines (const TxReader *self, size_t index, TxSpan *ret_span, size_t *ret_number);
/**
 * tx_reader_load_thread_lines:
 * @thread: one that had events in these entries
 *
 * As tx_reader_load_span(): the sum of what their digests would be if no other thread were in them. The error is that of
 * all threads; entries and awaits are not told. %TX_ERROR_DAMAGED where it is not told either: then the blocks tell.
 */
TxStatus tx_reader_load_thread_lines (const TxReader *self, size_t number, TxThreadId thread, TxDigest **ret_digest, TxError *error) TX_WARN_UNUSED;

size_t tx_reader_get_n_functions (const TxReader *self);
size_t tx_reader_get_n_files (const TxReader *self);
size_t tx_reader_get_n_threads (const TxReader *self);
/** Ids run from 1 to the number; NULL where the definition was lost. Valid until the reader is closed. */
const TxFunction *tx_reader_get_function (const TxReader *self, TxFunctionId id);
const TxFile *tx_reader_get_file (const TxReader *self, TxFileId id);
const TxThreadInfo *tx_reader_get_thread (const TxReader *self, TxThreadId id);
/** tx_reader_get_type_name: (nullable): of a type of exceptions, qualified, terminated. */
const char *tx_reader_get_type_name (const TxReader *self, TxTypeId id);

/**
 * tx_reader_dup_source:
 * @ret_bytes: (transfer full): free(); the file's raw bytes, one NUL behind them
 *
 * %TX_END when the trace has no source for that file.
 */
TxStatus tx_reader_dup_source (const TxReader *self, TxFileId file, char **ret_bytes, size_t *ret_size_bytes, TxError *error) TX_WARN_UNUSED;

/** tx_reader_real_from_mono: wall clock (UTC, epoch ns) of a monotonic time of block @index. */
int64_t tx_reader_real_from_mono (const TxReader *self, size_t index, int64_t mono_ns);

#ifdef __cplusplus
}
#endif
