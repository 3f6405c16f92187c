// SPDX-License-Identifier: BSD-3-Clause
// The inside of _tx_digester_scan(), for its own files: tx-digester-scan.c has any event,
// tx-digester-plain.c those that come in millions, tx-digester-ahead.c how many are left until the
// next exact time.
#pragma once

#include "tx-digester-private.h"
#include "tx-digester-scan-private.h"
#include "tx-format-private.h"
#include "tx-stream.h"

/* Lines up to here: so no delta of a byte leaves 32 bits. */
#define TX_SCAN_REFERENCE_MAX (UINT32_MAX - 0x80)

/** TxClock: the time of the current event, and how it goes on: evenly over an interval between two
 * exact times, as _tx_block_spread_times() has it. */
typedef struct
{
  int64_t now_ns;
  uint64_t quotient, remainder; /* of the interval's length by its parts */
  uint64_t rest, parts;
} TxClock;

/** TxScan: a block on the way. */
typedef struct
{
  TxDigester *digester;
  TxCursor cursor;
  TxClock clock;
  TxFirstLineFunc first_line;
  void *data;
  TxTallyThread *thread;   /* of the last event; NULL before the first stack */
  uint32_t last_defined;   /* function */
  int64_t exact_ns;        /* the last exact time */
  uint32_t exact_error_ns; /* its error */
  uint64_t gap_ns;         /* between two events of the interval before, 0 unknown */
  int64_t end_ns;          /* of the block */
  TxScanCounts counts;
} TxScan;

/* To the next event. */
static inline void
_tx_clock_advance (TxClock *clock)
{
  uint64_t rest = clock->rest + clock->remainder;
  bool carry = rest >= clock->parts;

  clock->rest = carry ? rest - clock->parts : rest;
  clock->now_ns = (int64_t) ((uint64_t) clock->now_ns + clock->quotient + carry);
}

/* A number of up to four bytes; NULL where it is longer, or the bytes end. Returns: behind it */
static inline const uint8_t *
_tx_scan_take_short_number (const uint8_t *pos, const uint8_t *end, uint32_t *ret_number)
{
  uint32_t number = 0;

  for (unsigned shift = 0; shift < 28 && pos && pos != end; shift += 7)
    {
      uint8_t byte = *pos++;

      number |= (uint32_t) (byte & 0x7f) << shift;
      if (byte < 0x80)
        {
          *ret_number = number;
          return pos;
        }
    }
  return NULL;
}

/* ---- tx-digester-ahead.c ---- */

/** _tx_scan_skip_operands: past the operands of an event that is neither a line nor a call or an
 * exit. */
void _tx_scan_skip_operands (TxCursor *cursor, uint8_t byte);

/** _tx_scan_count_events: the number of events from @cursor on to the next stamp, or to the end.
 * @ret_stamp: its first byte, behind which @cursor stands afterwards; 0 without one. */
uint64_t _tx_scan_count_events (TxCursor *cursor, uint8_t *ret_stamp);

/* ---- tx-digester-plain.c ---- */

/** _tx_scan_plain_events: plain events from here on, as many as there are; none that is not as it
 * should be. */
void _tx_scan_plain_events (TxScan *self);
