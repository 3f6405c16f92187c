// SPDX-License-Identifier: BSD-3-Clause
// A block of which neither events nor digest can be read, in a run whose digest still tells of it:
// what the run says counts.
#include <glib.h>
#include <string.h>

#include "replay/replay-moves.h"
#include "trace-text.h"
#include "trace/tx-format-private.h"

#define N_A_RUN 64u /* blocks */

typedef struct
{
  char *directory;
  ReplayTrace *trace;
  ReplayBreakpoints *breakpoints;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  *fixture = (Fixture){ trace_text_make_directory (), NULL, replay_breakpoints_new () };
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  replay_breakpoints_free (fixture->breakpoints);
  replay_trace_close (fixture->trace);
  trace_text_remove_directory (fixture->directory);
}

/* The frame of the block in the first segment. */
static uint8_t *
find_frame (uint8_t *bytes, gsize size, uint64_t sequence, TxFrameHeader *ret_header)
{
  gsize offset = TX_SEGMENT_HEADER_SIZE;
  uint64_t trace_id;

  memcpy (&trace_id, bytes + 8, sizeof trace_id);
  while (offset < size && _tx_frame_header_decode (bytes + offset, GUINT64_FROM_LE (trace_id), 0,
                                                   offset, ret_header))
    {
      if (ret_header->summary.sequence == sequence)
        return bytes + offset;
      offset += _tx_frame_header_get_frame_size (ret_header);
    }
  return NULL;
}

/* Records, and spoils events and digest of block @sequence; its header stays. */
static void
record_with_hole (Fixture *fixture, const char *text, uint64_t sequence)
{
  g_autofree char *path = g_build_filename (fixture->directory, "blocks.00000", NULL);
  g_autofree char *bytes = NULL;
  TxFrameHeader header = { 0 };
  TxDigest *digest = NULL;
  const TxReader *reader;
  uint8_t *frame;
  size_t number;
  gsize size;

  trace_text_record (fixture->directory, text);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  frame = find_frame ((uint8_t *) bytes, size, sequence, &header);
  g_assert_nonnull (frame);
  frame[TX_FRAME_HEADER_SIZE] ^= 0xff;
  frame[TX_FRAME_HEADER_SIZE + header.events_size + header.digest_size - 1] ^= 0xff;
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  fixture->trace = replay_trace_open (fixture->directory, NULL);
  g_assert_nonnull (fixture->trace);
  reader = replay_trace_get_reader (fixture->trace);
  g_assert_cmpint (tx_reader_load_digest (reader, sequence, &digest, NULL), !=, TX_OK);
  g_assert_true (tx_reader_find_span (reader, TX_SPAN_RUN, sequence, &number));
  g_assert_cmpint (tx_reader_load_span (reader, TX_SPAN_RUN, number, true, &digest, NULL), ==,
                   TX_OK);
  tx_digest_free (digest);
}

/* Where `continue` from the beginning stops; 0: nowhere. */
static size_t
find_block_of_stop (Fixture *fixture, ReplayCondition condition)
{
  ReplayMove go = { .kind = REPLAY_MOVE_CONTINUE, .breakpoints = fixture->breakpoints };
  ReplayStop stop;
  size_t block;
  uint32_t id;

  g_assert_cmpint (
      replay_breakpoints_add_function (fixture->breakpoints, fixture->trace, "f", &id, NULL), ==,
      TX_OK);
  g_assert_true (replay_breakpoints_set_condition (fixture->breakpoints, id, &condition));
  g_assert_cmpint (replay_move (fixture->trace, 0, &go, NULL, &stop, NULL), ==, TX_OK);
  if (stop.reason != REPLAY_STOP_BREAKPOINT)
    return 0;
  g_assert_true (
      tx_reader_find_step (replay_trace_get_reader (fixture->trace), stop.position, &block));
  return block;
}

/* One call in each block: the run's last one has the number of the run's blocks, and nobody knows
   which of the readable calls that is. Behind the run the numbers are certain again. */
static void
test_numbers_of_calls (Fixture *fixture, gconstpointer data)
{
  record_with_hole (fixture,
                    "main: call main@a.py:1; line 2; "
                    "repeat 100 (call f@a.py:10; line 11; return; line 3; block)",
                    10);
  g_assert_cmpuint (find_block_of_stop (fixture, (ReplayCondition){ .number = 5 }), ==, 4);
  g_assert_cmpuint (find_block_of_stop (fixture, (ReplayCondition){ .number = N_A_RUN }), ==, 0);
  g_assert_cmpuint (find_block_of_stop (fixture, (ReplayCondition){ .number = N_A_RUN + 1 }), ==,
                    N_A_RUN);
  g_assert_cmpuint (find_block_of_stop (fixture, (ReplayCondition){ .ignore = N_A_RUN - 1 }), ==,
                    N_A_RUN);
  g_assert_cmpuint (find_block_of_stop (fixture, (ReplayCondition){ .ignore = N_A_RUN + 3 }), ==,
                    N_A_RUN + 3);
}

/* Whoever waits goes on waiting where the run says that nobody like it went on. That is so, too,
   where a breakpoint that may be hit anywhere has each block looked into. */
static void
test_an_await (Fixture *fixture, gconstpointer data)
{
  ReplayCondition never = { .caller = "nobody" };
  ReplayMove next = { .kind = REPLAY_MOVE_NEXT,
                      .stop_at_breakpoints = true,
                      .breakpoints = fixture->breakpoints };
  ReplayStop stop;
  ReplayStep step;
  TxFileId file;
  uint32_t id;

  record_with_hole (fixture,
                    "main: call run@a.py:1; line 2; call async_a@a.py:10 as A; line 11; yield; "
                    "line 3; block; repeat 300 (call g@a.py:20; line 21; return; line 4; block); "
                    "resume A; line 12; return; line 6",
                    100);
  g_assert_cmpuint (replay_trace_find_file (fixture->trace, "a.py", &file), ==, 1);
  g_assert_cmpint (
      replay_breakpoints_add (fixture->breakpoints, fixture->trace, file, 21, &id, NULL), ==,
      TX_OK);
  g_assert_true (replay_breakpoints_set_condition (fixture->breakpoints, id, &never));
  g_assert_cmpint (replay_move (fixture->trace, 1, &next, NULL, &stop, NULL), ==, TX_OK);
  g_assert_cmpint (replay_trace_get_step (fixture->trace, stop.position, &step, NULL), ==, TX_OK);
  g_assert_cmpuint (step.line, ==, 12);
  next.backward = true;
  g_assert_cmpint (replay_move (fixture->trace, stop.position, &next, NULL, &stop, NULL), ==,
                   TX_OK);
  g_assert_cmpuint (stop.position, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/unreadable/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("numbers-of-calls", test_numbers_of_calls);
  ADD ("an-await", test_an_await);
  return g_test_run ();
}
