// SPDX-License-Identifier: BSD-3-Clause
// Times are told where the recording has them: at a block's beginning and at its time marks, each
// before what follows it. Calls and returns in between have none, so they have the next line's.
#include "walt-player-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "walt-tar-private.h"

/* Of the events of one block no more than a quarter of a slot: the ring is emptied before the slot
   is full, so that a block of the trace ends at a time that is known. */
#define FLUSH_BYTES (TX_SLOT_SIZE_MAX / 2)

_Static_assert(WALT_BLOCK_WORDS * 12u + 8u * 1024u < TX_SLOT_SIZE_MAX / 4,
               "the events of one block fit into a quarter of a slot");

/* A name for all functions: nothing is known of them. */
#define FUNCTION_NAME "?"
#define FIRST_LINE    1u

/* So many bytes of definitions may wait for the next event, and what one of a function takes at
 * most. */
#define DEFINITIONS_SIZE_MAX (TX_SLOT_SIZE_MAX / 8)
#define DEFINITION_SIZE      64u

int64_t
_walt_ticks_to_ns (uint64_t ticks)
{
  return (int64_t) ((unsigned __int128) ticks * 1953125u / 2048u);
}

int64_t
_walt_player_read_clock (void *data, bool realtime)
{
  return ((WaltPlayer *) data)->now_ns;
}

/* ---- Names ---- */

/* The file of that id: its own, or one that says what is not known of it. */
static TxFileId
find_file (WaltPlayer *self, uint16_t id, uint32_t n_sources)
{
  char name[32];
  int size;

  if (id < n_sources)
    return id + 1u;
  size = snprintf (name, sizeof name, "file #%u", id);
  return tx_stream_define_file (self->stream, name, (size_t) size);
}

static TxFunctionId
find_function (WaltPlayer *self, uint16_t id)
{
  TxFunctionDefinition definition = { .first_line = FIRST_LINE,
                                      .name = FUNCTION_NAME,
                                      .name_size = strlen (FUNCTION_NAME) };

  if (self->functions[id] == 0)
    {
      definition.file = find_file (self, id, self->n_files);
      self->functions[id] = tx_stream_define_function (self->stream, &definition);
    }
  return self->functions[id];
}

static TxStatus
define_files (WaltPlayer *self, const WaltSources *sources, TxError *error)
{
  char path[WALT_NAME_SIZE_MAX + 2];
  size_t size = 0;
  TxStatus status = TX_OK;

  for (size_t i = 0; i < sources->n_items && status == TX_OK; i++)
    {
      int length = snprintf (path, sizeof path, "/%s", sources->items[i].name);

      if (tx_stream_define_file (self->stream, path, (size_t) length) != i + 1)
        return tx_error_set (error, TX_ERROR_MEMORY, "cannot name the files: out of memory");
      size += DEFINITION_SIZE + (size_t) length;
      if (size <= DEFINITIONS_SIZE_MAX)
        continue;
      size = 0;
      status = _walt_player_settle (self, error);
    }
  return status;
}

TxStatus
_walt_player_begin (WaltPlayer *self,
                    TxWriter *writer,
                    const WaltSources *sources,
                    const WaltDirectory *directory,
                    TxError *error)
{
  TxThread *thread;
  TxStatus status;

  self->writer = writer;
  self->stream = tx_writer_get_stream (writer);
  self->n_files = (TxFileId) sources->n_items;
  thread = tx_stream_get_thread (self->stream, 1);
  if (!thread)
    return tx_error_set (error, TX_ERROR_MEMORY, "cannot convert: out of memory");
  tx_stream_switch_to (self->stream, thread);
  status = define_files (self, sources, error);
  return status == TX_OK ? _walt_sources_copy (sources, directory, writer, error) : status;
}

/* ---- Stacks ---- */

static void
push (WaltPlayer *self, uint16_t file)
{
  if (self->depth < WALT_PLAYER_DEPTH_MAX)
    self->frames[self->depth++] = (WaltFrame){ .file = file };
}

/* Takes the stack that the block states. */
static void
state_stack (WaltPlayer *self, const WaltBlock *block, TxStackReason reason)
{
  uint32_t first_lines[WALT_DEPTH_MAX];
  TxFrame frames[WALT_DEPTH_MAX];
  size_t depth = _walt_block_get_depth (block);

  for (size_t i = 0; i < depth; i++)
    {
      WaltFrame frame = _walt_block_get_frame (block, i);

      self->frames[i] = frame;
      frames[i] = (TxFrame){ .function = find_function (self, frame.file),
                             .line = frame.line,
                             .key = ++self->next_key };
      first_lines[i] = FIRST_LINE;
    }
  self->depth = depth;
  tx_stream_resync (self->stream, frames, first_lines, depth, reason);
}

/* Whether the stack is the one that the block before has left. A frame without a line of its own
   yet may have its caller's there. */
static bool
has_same_stack (const WaltPlayer *self, const WaltBlock *block)
{
  if (self->depth != _walt_block_get_depth (block))
    return false;
  for (size_t i = 0; i < self->depth; i++)
    {
      WaltFrame frame = _walt_block_get_frame (block, i);

      if (frame.file != self->frames[i].file ||
          (self->frames[i].line != 0 && frame.line != self->frames[i].line))
        return false;
    }
  return true;
}

static void
tell_time (WaltPlayer *self)
{
  if (self->has_time)
    tx_stream_put_time (self->stream);
  self->has_time = false;
}

/* Where a block was left out, the one before it may have been played beyond what the next ones say.
 */
static void
advance (WaltPlayer *self, uint64_t ticks)
{
  int64_t now_ns = _walt_ticks_to_ns (ticks);

  if (now_ns > self->now_ns)
    self->now_ns = now_ns;
}

static void
set_time (WaltPlayer *self, uint64_t ticks)
{
  tell_time (self);
  advance (self, ticks);
  self->has_time = true;
}

/* What lacks before this block, said where it lacks. */
static void
play_gap (WaltPlayer *self, const WaltBlock *block)
{
  char text[WALT_REASON_SIZE + 80];

  state_stack (self, block, TX_STACK_AFTER_GAP);
  if (self->n_left_out > 0)
    snprintf (text, sizeof text, "%" PRIu64 " blocks of WalT's recording are left out: %s",
              self->n_left_out, self->reason);
  else
    snprintf (text, sizeof text, "calls or returns are missing here in WalT's recording");
  tx_stream_mark (self->stream, text, strlen (text));
  self->n_left_out = 0;
}

/* What lacks, into the trace; what was sealed by that leaves the ring. */
static TxStatus
put_gap (WaltPlayer *self, uint64_t n_events, TxError *error)
{
  tx_stream_put_gap (self->stream, n_events);
  self->n_gap_events += n_events;
  return tx_writer_flush (self->writer, 0, error);
}

/* What has to stand before the block's operations. The trace's clock still stands at the end of
   what was played before. */
static TxStatus
begin_block (WaltPlayer *self, const WaltBlock *block, uint64_t ticks, TxError *error)
{
  bool has_gap = self->n_left_out > 0 || (self->has_begun && !has_same_stack (self, block));
  TxStatus status = TX_OK;

  /* Each block that was left out had an event at least. */
  if (has_gap)
    status = put_gap (self, self->n_left_out > 0 ? self->n_left_out : 1, error);
  set_time (self, ticks);
  if (has_gap)
    play_gap (self, block);
  else if (!self->has_begun)
    state_stack (self, block, TX_STACK_FIRST_SWITCH);
  self->has_begun = true;
  return status;
}

/* ---- Pieces ---- */

static void
play_line (WaltPlayer *self, uint64_t line)
{
  if (self->depth == 0)
    return;
  self->frames[self->depth - 1].line = (uint16_t) line;
  tx_stream_line (self->stream, (uint32_t) line);
}

static void
play_operations (WaltPlayer *self, const WaltPiece *piece)
{
  WaltCursor cursor = _walt_block_begin (piece->block);
  uint64_t ticks = piece->start_ticks;
  uint64_t operand;
  WaltOp op;

  while ((op = _walt_cursor_next (&cursor, &operand)) != WALT_OP_END)
    switch (op)
      {
      case WALT_OP_LINE:
        tell_time (self);
        play_line (self, operand);
        break;
      case WALT_OP_CALL:
        tell_time (self);
        tx_stream_call (self->stream, find_function (self, (uint16_t) operand), FIRST_LINE,
                        ++self->next_key);
        push (self, (uint16_t) operand);
        break;
      case WALT_OP_RETURN:
        tell_time (self);
        tx_stream_return (self->stream);
        self->depth -= self->depth > 0;
        break;
      case WALT_OP_TIME:
        ticks += operand;
        set_time (self, ticks);
        break;
      default: /* checked before */
        break;
      }
  tell_time (self);
}

TxStatus
_walt_player_settle (WaltPlayer *self, TxError *error)
{
  tx_stream_put_time (self->stream);
  return tx_writer_flush (self->writer, 0, error);
}

/* Those of a block before it begins: in the middle of it they could fill the slot. */
static TxStatus
define_functions (WaltPlayer *self, const WaltBlock *block, TxError *error)
{
  WaltCursor cursor = _walt_block_begin (block);
  size_t size = 0;
  uint64_t operand;
  TxStatus status = TX_OK;
  WaltOp op;

  while (status == TX_OK && (op = _walt_cursor_next (&cursor, &operand)) != WALT_OP_END)
    if (op == WALT_OP_CALL && self->functions[operand] == 0)
      {
        if (find_function (self, (uint16_t) operand) == 0)
          return tx_error_set (error, TX_ERROR_MEMORY, "cannot name a file: out of memory");
        size += DEFINITION_SIZE;
        if (size > DEFINITIONS_SIZE_MAX)
          {
            size = 0;
            status = _walt_player_settle (self, error);
          }
      }
  return status;
}

/* Empties the ring where it holds much; the clock stands at the end of what was played. */
static TxStatus
flush (WaltPlayer *self, TxError *error)
{
  TxStreamStats stats;

  tx_stream_get_stats (self->stream, &stats);
  if (stats.bytes - self->flushed_bytes < FLUSH_BYTES)
    return TX_OK;
  self->flushed_bytes = stats.bytes;
  return tx_writer_flush (self->writer, 0, error);
}

TxStatus
_walt_player_play (WaltPlayer *self, const WaltPiece *piece, TxError *error)
{
  TxStatus status;

  if (piece->n_left_out > 0)
    {
      if (self->n_left_out == 0)
        memcpy (self->reason, piece->reason, sizeof self->reason);
      self->n_left_out += piece->n_left_out;
      return TX_OK;
    }
  status = define_functions (self, piece->block, error);
  if (status == TX_OK)
    status = flush (self, error);
  if (status == TX_OK)
    status = begin_block (self, piece->block, piece->start_ticks, error);
  if (status != TX_OK)
    return status;
  play_operations (self, piece);
  if (piece->end_ticks != UINT64_MAX)
    {
      advance (self, piece->end_ticks);
      self->has_time = false;
    }
  return TX_OK;
}

TxStatus
_walt_player_finish (WaltPlayer *self, TxError *error)
{
  static const WaltBlock empty;
  TxStreamStats stats;
  TxStatus status = TX_OK;

  if (self->n_left_out > 0)
    {
      status = put_gap (self, self->n_left_out, error);
      play_gap (self, &empty);
    }
  if (status == TX_OK)
    status = tx_writer_flush (self->writer, 0, error);
  tx_stream_get_stats (self->stream, &stats);
  if (status == TX_OK && stats.events_lost != self->n_gap_events)
    status = tx_error_set (error, TX_ERROR_MEMORY, "cannot convert: out of memory");
  return status;
}
