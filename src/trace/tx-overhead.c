// SPDX-License-Identifier: BSD-3-Clause
// What recording has cost: counts, the native threads' CPU time, and the hot path's cost by a
// measurement on the spot.
#include "tx-overhead-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A turn writes 8 events of together 9 bytes. */
#define N_TURNS        256u
#define EVENTS_A_TURN  8u
#define BYTES_A_TURN   9u
#define N_MEASUREMENTS 5u

static uint64_t
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static uint64_t
measure_once (void)
{
  uint8_t bytes[N_TURNS * BYTES_A_TURN + 64];
  _Atomic uint32_t committed = 0;
  TxFrame frames[8] = { { .reference = TX_REFERENCE_NONE } };
  TxThread thread = { .frames = frames, .top = frames, .last = &frames[7] };
  TxStream stream = {
    .pos = bytes, .base = bytes, .committed = &committed, .current = &thread, .top = frames
  };
  uint64_t begin_ns;

  atomic_init (&stream.limit, bytes + sizeof bytes - TX_EVENT_SIZE_HOT_MAX);
  tx_stream_call (&stream, 1, 1, 1);
  begin_ns = now_ns ();
  for (unsigned i = 0; i < N_TURNS; i++)
    {
      tx_stream_line (&stream, 2);
      tx_stream_line (&stream, 3);
      tx_stream_call (&stream, 2, 10, 2);
      tx_stream_line (&stream, 11);
      tx_stream_line (&stream, 12);
      tx_stream_return (&stream);
      tx_stream_line (&stream, 4);
      tx_stream_line (&stream, 5);
    }
  return now_ns () - begin_ns;
}

uint64_t
_tx_overhead_measure_event_ps (void)
{
  static _Atomic uint64_t known_ps;
  uint64_t best_ns = UINT64_MAX;
  uint64_t event_ps = atomic_load (&known_ps);

  if (event_ps != 0)
    return event_ps;
  for (unsigned i = 0; i < N_MEASUREMENTS; i++)
    {
      uint64_t ns = measure_once ();

      best_ns = ns < best_ns ? ns : best_ns;
    }
  event_ps = best_ns * 1000 / (N_TURNS * EVENTS_A_TURN);
  event_ps = event_ps > 0 ? event_ps : 1;
  atomic_store (&known_ps, event_ps);
  return event_ps;
}

static void
append_number (TxBuffer *text, const char *key, uint64_t number)
{
  char line[96];

  _tx_buffer_append (text, line,
                     (size_t) snprintf (line, sizeof line, "%s=%" PRIu64 "\n", key, number));
}

/* With three places, whatever the locale is. */
static void
append_thousandths (TxBuffer *text, const char *key, uint64_t thousandths)
{
  char line[96];

  _tx_buffer_append (text, line,
                     (size_t) snprintf (line, sizeof line, "%s=%" PRIu64 ".%03u\n", key,
                                        thousandths / 1000, (unsigned) (thousandths % 1000)));
}

void
_tx_overhead_append (TxBuffer *text, const TxStreamStats *stream, const TxWriterStats *writer)
{
  append_number (text, "events", writer->events);
  append_number (text, "events_lost", stream->events_lost);
  append_number (text, "blocks_lost", writer->blocks_lost);
  append_number (text, "event_bytes", stream->bytes);
  append_number (text, "file_bytes", writer->file_bytes);
  append_number (text, "stamps", stream->stamps);
  append_number (text, "resyncs", stream->resyncs);
  append_number (text, "native_cpu_ns", writer->native_cpu_ns);
  if (writer->events > 0)
    append_thousandths (text, "native_ns_per_event",
                        writer->native_cpu_ns / writer->events * 1000 +
                            writer->native_cpu_ns % writer->events * 1000 / writer->events);
  append_thousandths (text, "encode_ns_per_event", writer->event_cost_ps);
}
