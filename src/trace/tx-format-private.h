// SPDX-License-Identifier: BSD-3-Clause
// The fixed-size structures of docs/trace-format.md: constants, and one struct with one
// encoder and one decoder for each. Offsets are known here and in tx-format.c only.
// Decoders check magics and checksums, never the meaning of a field.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tx-types.h"

/* File names in a trace directory. */
#define TX_FILE_PID            "pid"
#define TX_FILE_INFO           "info"
#define TX_FILE_CATALOG        "catalog"
#define TX_FILE_SOURCES        "sources"
#define TX_FILE_END            "end"
#define TX_FILE_RING           "ring" /* only where no better place for the ring was found */
#define TX_FILE_SEGMENT_FORMAT "blocks.%05" PRIu32
#define TX_FILE_INDEX_FORMAT   "index.%05" PRIu32   /* of that segment */
#define TX_FILE_DIGESTS_FORMAT "digests.%05" PRIu32 /* what is kept of it */

/* Features that a reader must know (`incompatible` of info). */
#define TX_FEATURE_PREDICTED  "predicted"  /* blocks may have codec 2 */
#define TX_FEATURE_NEAR_CALLS "near-calls" /* calls of one byte */

/* Everything in a segment, catalog or sources file starts at a multiple of this. */
#define TX_ALIGNMENT 8u

static inline uint64_t
_tx_align (uint64_t offset)
{
  return (offset + TX_ALIGNMENT - 1) & ~(uint64_t) (TX_ALIGNMENT - 1);
}

/* ---- First bytes of events (LINE: 0x00..0x7f) ---- */

typedef enum
{
  TX_BYTE_CALL = 0x80,
  TX_BYTE_RETURN = 0x81,
  TX_BYTE_UNWIND = 0x82,
  TX_BYTE_LINE_FAR = 0x83,
  TX_BYTE_YIELD = 0x84,
  TX_BYTE_RESUME = 0x85,
  TX_BYTE_THREAD = 0x86,
  TX_BYTE_STACK = 0x87,
  TX_BYTE_STAMP = 0x88,
  TX_BYTE_REVEAL = 0x89,
  TX_BYTE_DEFINE_FILE = 0x8a,
  TX_BYTE_DEFINE_FUNCTION = 0x8b,
  TX_BYTE_DEFINE_THREAD = 0x8c,
  TX_BYTE_MARK = 0x8d,
  TX_BYTE_GAP = 0x8e,
  TX_BYTE_CLOCK = 0x8f,
  TX_BYTE_WAIT = 0x90,
  TX_BYTE_NEAR = 0x91,
  TX_BYTE_DEFINE_TYPE = 0x92,
  TX_BYTE_RAISE = 0x93,
  TX_BYTE_CALL_NEAR = 0xa0, /* .. TX_BYTE_CALL_NEAR_LAST: of function byte - 0x9f */
  TX_BYTE_CALL_NEAR_LAST = 0xef,
  TX_BYTE_EXTENSION = 0xf0, /* and above: a string follows */
  TX_BYTE_EVEN = 0xf1,      /* an extension: times are spread over the block's steps */
} TxEventByte;

static inline bool
_tx_byte_is_near_call (uint8_t byte)
{
  return byte >= TX_BYTE_CALL_NEAR && byte <= TX_BYTE_CALL_NEAR_LAST;
}

/** _tx_byte_get_function: of a near call */
static inline TxFunctionId
_tx_byte_get_function (uint8_t byte)
{
  return byte - (TX_BYTE_CALL_NEAR - 1u);
}

/* ---- catalog, sources, index: the first bytes of the file ---- */

#define TX_FILE_HEADER_SIZE 16u
#define TX_MAGIC_CATALOG    "TXCATLG1"
#define TX_MAGIC_SOURCES    "TXSOURC1"
#define TX_MAGIC_INDEX      "TXINDEX1"

void
_tx_file_header_encode (uint8_t bytes[TX_FILE_HEADER_SIZE], const char *magic, uint64_t trace_id);
bool _tx_file_header_decode (const uint8_t bytes[TX_FILE_HEADER_SIZE],
                             const char *magic,
                             uint64_t *ret_trace_id);

/* ---- catalog and sources: records ---- */

#define TX_RECORD_HEADER_SIZE 32u

typedef enum
{
  TX_RECORD_FILE = 1,
  TX_RECORD_FUNCTION = 2,
  TX_RECORD_THREAD = 3,
  TX_RECORD_TYPE = 5,
  TX_RECORD_SOURCE = 16,
} TxRecordType;

/** What became of a source file (first operands of a source record). */
typedef enum
{
  TX_SOURCE_PRESENT = 0,
  TX_SOURCE_NONE = 1, /* no such file, or not a regular one */
  TX_SOURCE_UNREADABLE = 2,
  TX_SOURCE_TOO_LARGE = 3,
  TX_SOURCE_YOUNGER = 4, /* present; but the file was changed after the program could load it */
} TxSourceStatus;

typedef struct
{
  uint8_t type;  /* TxRecordType */
  uint8_t codec; /* TxCodec */
  uint32_t size; /* of the payload in the file, without padding */
  uint32_t decoded_size;
  uint64_t payload_checksum; /* of the payload in the file, seed: trace id */
} TxRecordHeader;

/* @offset: of the record in its file. */
void _tx_record_header_encode (uint8_t bytes[TX_RECORD_HEADER_SIZE],
                               const TxRecordHeader *header,
                               uint64_t trace_id,
                               uint64_t offset);
bool _tx_record_header_decode (const uint8_t bytes[TX_RECORD_HEADER_SIZE],
                               uint64_t trace_id,
                               uint64_t offset,
                               TxRecordHeader *ret_header);

/* ---- Segments ---- */

#define TX_SEGMENT_HEADER_SIZE 64u
#define TX_FRAME_HEADER_SIZE   128u
#define TX_DIGEST_SIZE_MAX     (16u * 1024u * 1024u) /* encoded */

typedef struct
{
  uint64_t trace_id;
  uint32_t number;
  int64_t mono_ns; /* when it was created, both clocks */
  int64_t real_ns;
} TxSegmentHeader;

void _tx_segment_header_encode (uint8_t bytes[TX_SEGMENT_HEADER_SIZE],
                                const TxSegmentHeader *header);
/* Checks against @trace_id as well. */
bool _tx_segment_header_decode (const uint8_t bytes[TX_SEGMENT_HEADER_SIZE],
                                uint64_t trace_id,
                                TxSegmentHeader *ret_header);

/** TxBlockSummary: what frame header and index record have in common. */
typedef struct
{
  uint64_t sequence;
  uint64_t first_step;
  int64_t mono_first_ns;
  int64_t real_first_ns;
  int64_t mono_last_ns;
  uint32_t steps;
  uint32_t events;
  uint32_t depth_min;
  uint32_t depth_max;
  uint64_t thread_mask;
  uint64_t events_lost; /* dropped before the block; 0: none */
} TxBlockSummary;

/* Flag of a frame in a file of digests: it stands for `events_raw_size` blocks, whose events it does
 * not have and whose digests it has as one. */
#define TX_FRAME_RUN      1u
#define TX_RUN_BLOCKS_MAX 64u

/* With TX_FRAME_RUN: the digest also has the sum of a group, of the runs before that belong to it and
 * of this one. */
#define TX_FRAME_GROUP    2u
#define TX_GROUP_RUNS_MAX 32u

/* With TX_FRAME_RUN: the runs from behind the last one with this flag to this one are told thread by
 * thread: by the digest of this one, if it has a section for that; it needs none for a single thread. */
#define TX_FRAME_THREADS 4u

typedef struct
{
  uint8_t events_codec; /* TxCodec */
  uint8_t digest_codec;
  uint16_t flags;
  TxBlockSummary summary;
  uint32_t events_raw_size;
  uint32_t events_size; /* in the file */
  uint32_t digest_raw_size;
  uint32_t digest_size;
  uint64_t events_checksum; /* of the bytes in the file, seed: trace id ^ sequence */
  uint64_t digest_checksum;
} TxFrameHeader;

/* @segment, @offset: where the frame stands; part of the checksum. */
void _tx_frame_header_encode (uint8_t bytes[TX_FRAME_HEADER_SIZE],
                              const TxFrameHeader *header,
                              uint64_t trace_id,
                              uint32_t segment,
                              uint64_t offset);
bool _tx_frame_header_decode (const uint8_t bytes[TX_FRAME_HEADER_SIZE],
                              uint64_t trace_id,
                              uint32_t segment,
                              uint64_t offset,
                              TxFrameHeader *ret_header);

/* The whole frame's size with its header and padding. */
static inline uint64_t
_tx_frame_header_get_frame_size (const TxFrameHeader *self)
{
  return _tx_align ((uint64_t) TX_FRAME_HEADER_SIZE + self->events_size + self->digest_size);
}

/* ---- Index ---- */

#define TX_INDEX_RECORD_SIZE 128u

typedef struct
{
  TxBlockSummary summary;
  uint32_t segment;
  uint32_t frame_size;
  uint64_t offset; /* of the frame in its segment */
} TxIndexRecord;

/* @number: the record's place in the index, from 0. */
void _tx_index_record_encode (uint8_t bytes[TX_INDEX_RECORD_SIZE],
                              const TxIndexRecord *record,
                              uint64_t trace_id,
                              uint64_t number);
bool _tx_index_record_decode (const uint8_t bytes[TX_INDEX_RECORD_SIZE],
                              uint64_t trace_id,
                              uint64_t number,
                              TxIndexRecord *ret_record);

/* ---- Digest ---- */

typedef enum
{
  TX_DIGEST_TAG_THREADS = 1,
  TX_DIGEST_TAG_LINES = 2,
  TX_DIGEST_TAG_WAITING = 3,
  TX_DIGEST_TAG_PARTS = 4,
  TX_DIGEST_TAG_GROUP = 5,
  TX_DIGEST_TAG_ERROR = 6,
  TX_DIGEST_TAG_ENTRIES = 7,
  TX_DIGEST_TAG_AWAITS = 8,
  TX_DIGEST_TAG_THREAD_LINES = 9,
} TxDigestTag;

/* ---- Ring ---- */

#define TX_RING_HEADER_SIZE 4096u /* offset of the first slot */
#define TX_RING_FIELDS_SIZE 96u   /* bytes of the header page in use */
#define TX_SLOT_HEADER_SIZE 64u

typedef enum
{
  TX_RING_RUNNING = 1,
  TX_RING_CLOSING = 2,
  TX_RING_CLEAN = 3,
} TxRingState;

typedef enum
{
  TX_SLOT_FREE = 0,
  TX_SLOT_OPEN = 1,
  TX_SLOT_SEALED = 2,
  TX_SLOT_OPENING = 3,
} TxSlotState;

/* Offsets of what is changed while others read, with atomic stores of these sizes. */
#define TX_RING_HEARTBEAT_MONO_OFFSET 64u /* i64 */
#define TX_RING_HEARTBEAT_REAL_OFFSET 72u /* i64 */
#define TX_RING_EVENTS_LOST_OFFSET    80u /* u64 */
#define TX_RING_STATE_OFFSET          88u /* u32 */
#define TX_RING_SLOTS_USED_OFFSET     92u /* u32 */
#define TX_SLOT_COMMITTED_OFFSET      8u  /* u32 */
#define TX_SLOT_STATE_OFFSET          12u /* u32 */
#define TX_SLOT_MONO_LAST_OFFSET      32u /* i64 */

typedef struct
{
  uint64_t trace_id;
  uint32_t pid;
  uint64_t start_ticks;
  uint8_t boot_id[16];
  uint32_t slot_count;
  uint32_t slot_size; /* data bytes */
  int64_t heartbeat_mono_ns;
  int64_t heartbeat_real_ns;
  uint64_t events_lost;
  uint32_t state; /* TxRingState */
} TxRingHeader;

void _tx_ring_header_encode (uint8_t bytes[TX_RING_FIELDS_SIZE], const TxRingHeader *header);
/* Checks magic, version, byte order and the caps on slots; not whose ring it is. */
bool _tx_ring_header_decode (const uint8_t bytes[TX_RING_FIELDS_SIZE], TxRingHeader *ret_header);

typedef struct
{
  uint64_t sequence;
  uint32_t committed; /* bytes of data; at most slot_size, which the decoder does not know */
  uint32_t state;     /* TxSlotState */
  int64_t mono_first_ns;
  int64_t real_first_ns;
  int64_t mono_last_ns; /* 0 until sealed */
} TxSlotHeader;

/* All but committed, state and mono_last, which the caller stores in the order that the format asks
 * for. */
void _tx_slot_header_encode_opening (uint8_t bytes[TX_SLOT_HEADER_SIZE],
                                     const TxSlotHeader *header,
                                     uint64_t trace_id);
bool _tx_slot_header_decode (const uint8_t bytes[TX_SLOT_HEADER_SIZE],
                             uint64_t trace_id,
                             TxSlotHeader *ret_header);

/* How many slots have ever held a block, the first ones: a hint for readers, which carries its
 * complement so that damage shows. */
static inline uint32_t
_tx_slots_used_encode (uint32_t n_used)
{
  return (n_used & 0xffff) | (~n_used & 0xffff) << 16;
}

static inline bool
_tx_slots_used_decode (uint32_t field, uint32_t *ret_n_used)
{
  *ret_n_used = field & 0xffff;
  return field == _tx_slots_used_encode (*ret_n_used);
}

/* Distance between slots, and the size of a whole ring. */
static inline uint64_t
_tx_ring_stride (uint32_t slot_size)
{
  return ((uint64_t) slot_size + TX_SLOT_HEADER_SIZE + 63) & ~(uint64_t) 63;
}

static inline uint64_t
_tx_ring_size (uint32_t slot_count, uint32_t slot_size)
{
  return TX_RING_HEADER_SIZE + slot_count * _tx_ring_stride (slot_size);
}
