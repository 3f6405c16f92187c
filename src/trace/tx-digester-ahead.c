// SPDX-License-Identifier: BSD-3-Clause
// How many events there are until the next exact time: each takes one part of the time until then.
#include "tx-digester-scan-inside-private.h"

static void
skip_varints (TxCursor *cursor, size_t count)
{
  for (size_t i = 0; i < count && !cursor->failed; i++)
    (void) _tx_cursor_varint64 (cursor);
}

/* Behind the operands of a frame that is suspended or goes on, where they are short, as they mostly
   are; else NULL, as of all other events. */
static inline const uint8_t *
skip_short_await (uint8_t byte, const uint8_t *pos, const uint8_t *end)
{
  uint32_t number;

  if (byte != TX_BYTE_YIELD && byte != TX_BYTE_RESUME)
    return NULL;
  pos = _tx_scan_take_short_number (pos, end, &number);
  if (byte == TX_BYTE_RESUME)
    {
      pos = _tx_scan_take_short_number (pos, end, &number);
      pos = _tx_scan_take_short_number (pos, end, &number);
    }
  return pos;
}

static void
skip_stack (TxCursor *cursor)
{
  uint32_t count;

  skip_varints (cursor, 1);
  (void) _tx_cursor_u8 (cursor);
  skip_varints (cursor, 1);
  count = _tx_cursor_varint32 (cursor);
  if (count > TX_SNAPSHOT_FRAMES_MAX)
    cursor->failed = true;
  skip_varints (cursor, 2 * (size_t) count);
}

static void
skip_definition (TxCursor *cursor, TxEventKind kind)
{
  TxDefinition definition;

  (void) _tx_definition_decode (cursor, kind, &definition);
}

void
_tx_scan_skip_operands (TxCursor *cursor, uint8_t byte)
{
  size_t size;

  switch (byte)
    {
    case TX_BYTE_LINE_FAR:
    case TX_BYTE_YIELD:
    case TX_BYTE_THREAD:
    case TX_BYTE_GAP:
    case TX_BYTE_WAIT:
      skip_varints (cursor, 1);
      break;
    case TX_BYTE_RESUME:
      skip_varints (cursor, 3);
      break;
    case TX_BYTE_REVEAL:
      skip_varints (cursor, 2);
      break;
    case TX_BYTE_STACK:
      skip_stack (cursor);
      break;
    case TX_BYTE_DEFINE_FILE:
      skip_definition (cursor, TX_EVENT_DEFINE_FILE);
      break;
    case TX_BYTE_DEFINE_FUNCTION:
      skip_definition (cursor, TX_EVENT_DEFINE_FUNCTION);
      break;
    case TX_BYTE_DEFINE_THREAD:
      skip_definition (cursor, TX_EVENT_DEFINE_THREAD);
      break;
    case TX_BYTE_DEFINE_TYPE:
      skip_definition (cursor, TX_EVENT_DEFINE_TYPE);
      break;
    case TX_BYTE_RAISE:
      skip_varints (cursor, 1);
      (void) _tx_cursor_string (cursor, TX_MESSAGE_SIZE_MAX, &size);
      break;
    case TX_BYTE_MARK:
      (void) _tx_cursor_string (cursor, TX_MARK_SIZE_MAX, &size);
      break;
    case TX_BYTE_CLOCK:
      (void) _tx_cursor_bytes (cursor, 16);
      break;
    default:
      cursor->failed = true; /* extensions too: this writer has none */
    }
}

/* Whether the byte is an event by itself. */
static inline bool
is_whole_event (uint8_t byte)
{
  return byte < TX_BYTE_CALL || byte == TX_BYTE_RETURN || byte == TX_BYTE_UNWIND ||
         _tx_byte_is_near_call (byte);
}

/* Of eight bytes those that are no event by themselves: their highest bits. */
static inline uint64_t
find_others (uint64_t bytes)
{
  const uint64_t ones = UINT64_C (0x0101010101010101), highest = ones << 7;
  uint64_t low = bytes & ~highest;
  /* What is added makes the highest bit that of "at least": no byte carries into the next one. */
  uint64_t is_exit = (low + ones * (0x80 - (TX_BYTE_RETURN & 0x7f))) &
                     ~(low + ones * (0x80 - (TX_BYTE_UNWIND & 0x7f) - 1));
  uint64_t is_call = (low + ones * (0x80 - (TX_BYTE_CALL_NEAR & 0x7f))) &
                     ~(low + ones * (0x80 - (TX_BYTE_CALL_NEAR_LAST & 0x7f) - 1));

  return bytes & ~(is_exit | is_call) & highest;
}

_Static_assert (TX_BYTE_UNWIND == TX_BYTE_RETURN + 1, "the two exits are neighbours");

/* Events of one byte from @pos on: eight at a time while there are eight. */
static inline const uint8_t *
skip_whole_events (const uint8_t *pos, const uint8_t *end)
{
  while (end - pos >= 8)
    {
      uint64_t others = find_others (_tx_get_u64 (pos));

      if (others)
        return pos + __builtin_ctzll (others) / 8;
      pos += 8;
    }
  while (pos != end && is_whole_event (*pos))
    pos++;
  return pos;
}

uint64_t
_tx_scan_count_events (TxCursor *cursor, uint8_t *ret_stamp)
{
  uint64_t n_events = 0;

  *ret_stamp = 0;
  while (!cursor->failed)
    {
      const uint8_t *pos = skip_whole_events (cursor->pos, cursor->end);
      uint8_t byte;

      n_events += (uint64_t) (pos - cursor->pos);
      cursor->pos = pos;
      if (pos == cursor->end)
        break;
      byte = *cursor->pos++;
      if (byte == TX_BYTE_STAMP || byte == TX_BYTE_NEAR)
        {
          *ret_stamp = byte;
          break;
        }
      n_events++;
      pos = skip_short_await (byte, cursor->pos, cursor->end);
      if (pos)
        cursor->pos = pos;
      else if (byte == TX_OP_CALL)
        (void) _tx_cursor_varint32 (cursor);
      else
        _tx_scan_skip_operands (cursor, byte);
    }
  return n_events;
}
