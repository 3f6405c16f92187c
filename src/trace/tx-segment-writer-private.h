// SPDX-License-Identifier: BSD-3-Clause
// TxSegmentWriter: the files `blocks.NNNNN`, `index.NNNNN` and `digests.NNNNN`. Owns them; takes
// blocks that are encoded, and removes the oldest when it is told to.
#pragma once

#include "tx-buffer-private.h"
#include "tx-compress-private.h"
#include "tx-digest-run-private.h"
#include "tx-format-private.h"
#include "tx-output-private.h"
#include "tx-predictor-private.h"
#include "tx-thread-lines-private.h"

/** TxSegmentInfo: a segment that was begun. */
typedef struct
{
  uint64_t size_bytes; /* blocks and index; of the current one: not known yet */
  uint64_t digests_size_bytes;
  int64_t mono_last_ns; /* of its last block */
} TxSegmentInfo;

/** TxEncodedFrame: a frame but for what depends on its place. */
typedef struct
{
  TxFrameHeader header;
  TxBuffer bytes;   /* room for the header, events, digest, padding */
  TxDigest *digest; /* owned (nullable): what is in it */
  TxPredictor *predictor; /* borrowed (nullable): encodes the events; without it LZ4 does */
  TxHardCompressor *hard_compressor; /* borrowed (nullable): what the predictor may be spared by */
  unsigned n_without_lz4; /* blocks that LZ4 is not tried on next */
} TxEncodedFrame;

typedef struct
{
  TxDirectory *directory; /* borrowed */
  uint64_t trace_id;
  uint64_t size_max; /* of a segment, but for its last frame */
  uint32_t n_run_blocks_max; /* of a run, and of runs in a group: as large as the format allows; tests */
  uint32_t n_group_runs_max; /* want them small */
  uint32_t thread_share; /* a byte of each so many may tell threads apart; 0: any, UINT32_MAX: none; tests */
  TxOutput segment;  /* fd -1, offset 0: none is begun */
  TxOutput index;    /* of that segment; zeroed where it could not be made */
  TxOutput digests;  /* the same, with the first run */
  TxDigestRun run;   /* blocks that are in the segment and not yet in its digests */
  TxDigestRun group; /* runs that are in its digests and not yet in a group */
  TxThreadLines thread_lines; /* of blocks that are in no section yet which tells threads apart */
  TxBuffer thread_section;    /* of the run at hand; empty: none */
  uint64_t thread_bytes;      /* of all sections so far */
  uint64_t block_bytes;       /* of all frames so far */
  TxEncodedFrame run_frame;
  bool is_full;          /* the next frame begins a new segment */
  bool is_index_over;    /* a record could not be written: the index of this segment has no more */
  bool is_name_unsynced; /* a segment was begun since the last sync */
  TxSegmentInfo *infos;  /* owned; by number */
  size_t infos_capacity;
  uint32_t n_segments; /* begun */
  uint32_t n_removed;  /* of these, whose blocks were removed: the first ones */
  uint32_t n_digests_removed;
  uint64_t finished_size; /* bytes of all files but the current segment's that are still there */
  uint64_t digests_size;  /* of that: digests of removed segments */
} TxSegmentWriter;

/* Touches no file yet. */
void _tx_segment_writer_init (TxSegmentWriter *self,
                              TxDirectory *directory,
                              uint64_t trace_id,
                              uint64_t size_max);
void _tx_segment_writer_clear (TxSegmentWriter *self);

/**
 * _tx_encoded_frame_fill:
 * @summary: of the block
 *
 * Compresses and sums a block's two parts. Not yet used by other threads at the same time, but
 * touches nothing besides @self. False without memory.
 */
bool _tx_encoded_frame_fill (TxEncodedFrame *self,
                             const TxBlockSummary *summary,
                             uint64_t trace_id,
                             const uint8_t *events,
                             size_t events_size,
                             const uint8_t *digest,
                             size_t digest_size);

void _tx_encoded_frame_clear (TxEncodedFrame *self);

/**
 * _tx_segment_writer_append:
 * Appends the frame, and then its index record (whose failure costs nothing but time when the
 * trace is opened). A negative errno when the frame could not be written: again, or _give_up().
 */
int _tx_segment_writer_append (TxSegmentWriter *self,
                               TxEncodedFrame *frame,
                               int64_t mono_ns,
                               int64_t real_ns);
void _tx_segment_writer_give_up (TxSegmentWriter *self);

/** _tx_segment_writer_end: nothing more is appended: the last run, where the segment has digests. */
void _tx_segment_writer_end (TxSegmentWriter *self);

/** _tx_segment_writer_sync: to the disk. After a negative errno the next frame begins a new
 * segment. */
int _tx_segment_writer_sync (TxSegmentWriter *self);

static inline uint64_t
_tx_segment_writer_get_size (const TxSegmentWriter *self)
{
  return self->finished_size + self->segment.offset + self->index.offset + self->digests.offset;
}

/* ---- Making room (tx-segment-evict.c) ---- */

/** _tx_segment_writer_get_oldest: (nullable): the oldest segment but for the current one. */
const TxSegmentInfo *_tx_segment_writer_get_oldest (const TxSegmentWriter *self);

/** _tx_segment_writer_remove_oldest: removes it; its digests stay. 0 or a negative errno. */
int _tx_segment_writer_remove_oldest (TxSegmentWriter *self);

/** _tx_segment_writer_remove_digests: the oldest ones that stand for a removed segment. Whether
 * there were any. */
bool _tx_segment_writer_remove_digests (TxSegmentWriter *self);
