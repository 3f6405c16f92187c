// SPDX-License-Identifier: BSD-3-Clause
// Segments: finding their frames, also behind damage, and loading one frame's events
// or digest. Keeps nothing; every function may run in several threads.
#pragma once

#include "tx-error.h"
#include "tx-format-private.h"

/** TxFramePlace: where a frame is. */
typedef struct
{
  uint32_t segment;
  uint32_t size; /* whole frame */
  uint64_t offset;
} TxFramePlace;

/** _tx_segment_open: -1 with errno set when there is no such file. Bytes beyond the cap do not
 * count in the size. */
int _tx_segment_open (int dir_fd, uint32_t number, uint64_t *ret_size_bytes);

/** _tx_digests_open: as _tx_segment_open(): what is left of a removed segment. */
int _tx_digests_open (int dir_fd, uint32_t number, uint64_t *ret_size_bytes);

/** TxSegmentNames: the numbers that stand in the directory, once they have been looked up, so that a directory of
 * many costs one look at it. For the time of one reading; begins as zeros. */
typedef struct
{
  uint32_t *numbers[2]; /* owned, sorted: of segments, of files of digests */
  size_t n_numbers[2];
  size_t capacity[2];
  bool is_read;
} TxSegmentNames;

void _tx_segment_names_clear (TxSegmentNames *self);

/** _tx_segment_find_next: the lowest number of a segment that is >= @number; false when there is
 * none. */
bool _tx_segment_find_next (TxSegmentNames *names, int dir_fd, uint32_t number, uint32_t *ret_number);

/** _tx_digests_find_next: the same among files of digests. */
bool _tx_digests_find_next (TxSegmentNames *names, int dir_fd, uint32_t number, uint32_t *ret_number);

/** _tx_segment_check_header: whether the file begins as that segment of that trace. */
bool _tx_segment_check_header (int fd, uint64_t trace_id, uint32_t number);

/** _tx_segment_read_trace_id: the id by which the segment's header is good; false when it is none.
 */
bool _tx_segment_read_trace_id (int fd, uint64_t *ret_trace_id);

/** _tx_frame_header_is_bounded: whether all its sizes and counts keep to the format's caps. */
bool _tx_frame_header_is_bounded (const TxFrameHeader *self);

/** _tx_segment_read_frame_header: whether a good header of a frame stands at @offset. */
bool _tx_segment_read_frame_header (
    int fd, uint64_t trace_id, uint32_t number, uint64_t offset, TxFrameHeader *ret_header);

/** _tx_digests_read_frame_header: the same for a run of blocks, in a file of digests. */
bool _tx_digests_read_frame_header (
    int fd, uint64_t trace_id, uint32_t number, uint64_t offset, TxFrameHeader *ret_header);

/** _tx_segment_scan: the first good header at or behind @offset and before @end; UINT64_MAX when
 * there is none. */
uint64_t
_tx_segment_scan (int fd, uint64_t trace_id, uint32_t number, uint64_t offset, uint64_t end);

/** _tx_block_summary_is_same: in all of it. */
bool _tx_block_summary_is_same (const TxBlockSummary *a, const TxBlockSummary *b);

typedef enum
{
  TX_FRAME_EVENTS,
  TX_FRAME_DIGEST,
  TX_FRAME_RUN_DIGEST, /* of a run, in a file of digests */
} TxFramePart;

/**
 * _tx_segment_load:
 * @summary: what the frame's header has to say
 * @ret_bytes: (transfer full): free(); decoded
 */
TxStatus _tx_segment_load (int dir_fd,
                           uint64_t trace_id,
                           const TxFramePlace *place,
                           const TxBlockSummary *summary,
                           TxFramePart part,
                           uint8_t **ret_bytes,
                           size_t *ret_size_bytes,
                           TxError *error) TX_WARN_UNUSED;
