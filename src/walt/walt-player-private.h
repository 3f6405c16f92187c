// SPDX-License-Identifier: BSD-3-Clause
// WaltPlayer: plays the blocks of a recording to a trace's writer. Owns the clock that the writer
// is told, and what the stack is by what was played.
#pragma once

#include "walt-sources-private.h"
#include "walt-walk-private.h"

/* The stack at a block's beginning, and all calls that the rest of the block has room for. */
#define WALT_PLAYER_DEPTH_MAX (WALT_DEPTH_MAX + WALT_BLOCK_WORDS)

typedef struct
{
  TxWriter *writer;              /* borrowed */
  TxStream *stream;              /* of it */
  int64_t now_ns;                /* the writer's clock */
  uint64_t n_left_out;           /* blocks since the last one that was played */
  char reason[WALT_REASON_SIZE]; /* of the first of them */
  uint64_t n_gap_events; /* stated in gaps */
  bool has_begun;
  bool has_time;                          /* now_ns is to be told before the next event */
  uint64_t flushed_bytes;                 /* of events: when the ring was emptied last */
  TxFileId n_files;                       /* of the source archive, defined as 1, 2 ... */
  TxFunctionId functions[WALT_FILES_MAX]; /* by file id; 0: not defined yet */
  uint64_t next_key;
  size_t depth;
  WaltFrame frames[WALT_PLAYER_DEPTH_MAX + 1];
} WaltPlayer;

/** _walt_player_begin: defines the files, and copies their texts. */
TxStatus _walt_player_begin (WaltPlayer *self,
                             TxWriter *writer,
                             const WaltSources *sources,
                             const WaltDirectory *directory,
                             TxError *error) TX_WARN_UNUSED;

/** _walt_player_read_clock: for TxWriterOptions: @data: the player. */
int64_t _walt_player_read_clock (void *data, bool realtime);

/** _walt_player_play: the next piece. */
TxStatus
_walt_player_play (WaltPlayer *self, const WaltPiece *piece, TxError *error) TX_WARN_UNUSED;

/** _walt_player_settle: what was defined goes into the trace, with the clock where it is. */
TxStatus _walt_player_settle (WaltPlayer *self, TxError *error) TX_WARN_UNUSED;

/** _walt_player_finish: states what was left out at the end. */
TxStatus _walt_player_finish (WaltPlayer *self, TxError *error) TX_WARN_UNUSED;

/** _walt_ticks_to_ns: since the epoch; @ticks: at most WALT_TICKS_MAX. */
int64_t _walt_ticks_to_ns (uint64_t ticks);
