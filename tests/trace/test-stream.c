// SPDX-License-Identifier: BSD-3-Clause
// The stream's rules one by one: what stands in a block, exact times, what is left out and how
// that shows.
#include <glib.h>
#include <string.h>

#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

typedef struct
{
  char *directory; /* owned */
  TxWriter *writer;
  TxStream *stream;
  int64_t now_ns;
  int64_t wall_ns;   /* that the wall clock was moved by */
  int64_t cpu_ns;    /* of the calling thread */
  TxFunctionId f, g; /* both begin on line 10 */
} Fixture;

static int64_t
read_clock (void *data, bool realtime)
{
  Fixture *fixture = data;

  return realtime ? INT64_C (1700000000000000000) + fixture->wall_ns + fixture->now_ns
                  : fixture->now_ns;
}

static int64_t
read_cpu_clock (void *data)
{
  return ((Fixture *) data)->cpu_ns;
}

static TxFunctionId
define (Fixture *fixture, const char *name)
{
  return tx_stream_define_function (
      fixture->stream, &(TxFunctionDefinition){
                           .file = 1, .first_line = 10, .name = name, .name_size = strlen (name) });
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  TxWriterOptions options = {
    .manual = true,
    .slot_size_bytes = TX_SLOT_SIZE_MIN,
    .slot_count = 4,
    .clock_ns = read_clock,
    .cpu_ns = read_cpu_clock,
    .clock_data = fixture,
  };
  TxError error;

  fixture->now_ns = 1000000;
  fixture->directory = trace_text_make_directory ();
  fixture->writer = tx_writer_new (fixture->directory, &options, &error);
  g_assert_nonnull (fixture->writer);
  fixture->stream = tx_writer_get_stream (fixture->writer);
  tx_stream_define_file (fixture->stream, "/a.py", 5);
  fixture->f = define (fixture, "f");
  fixture->g = define (fixture, "g");
  tx_stream_switch_to (fixture->stream, tx_stream_get_thread (fixture->stream, 1));
}

static TxReader *
finish (Fixture *fixture)
{
  TxError error;
  TxReader *reader;

  g_assert_cmpint (tx_writer_close (fixture->writer, 0, &error), ==, TX_OK);
  fixture->writer = NULL;
  reader = tx_reader_open (fixture->directory, &error);
  g_assert_nonnull (reader);
  g_assert_null (tx_reader_get_damage (reader, NULL));
  return reader;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  tx_writer_close (fixture->writer, 0, NULL);
  trace_text_remove_directory (fixture->directory);
}

static TxBlock *
load (TxReader *reader, size_t index)
{
  TxBlock *block;

  g_assert_cmpint (tx_reader_load_block (reader, index, &block, NULL), ==, TX_OK);
  g_assert_false (block->damaged);
  return block;
}

static size_t
count_events (const TxBlock *block, TxEventKind kind)
{
  size_t n = 0;

  for (size_t i = 0; i < block->n_events; i++)
    n += block->events[i].kind == kind;
  return n;
}

static const TxEvent *
find_event (const TxBlock *block, TxEventKind kind)
{
  for (size_t i = 0; i < block->n_events; i++)
    if (block->events[i].kind == kind)
      return &block->events[i];
  return NULL;
}

/* Lines until nothing fits any more, far beyond the four slots. */
static void
fill_ring (Fixture *fixture)
{
  for (guint i = 0; i < 6 * TX_SLOT_SIZE_MIN; i++)
    tx_stream_line (fixture->stream, 11 + i % 2);
}

/* ---- Without a stack ---- */

static void
test_nothing_without_a_frame (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;

  for (uint32_t line = 1; line < 300; line++)
    tx_stream_line (fixture->stream, line);
  tx_stream_line (fixture->stream, 0x7fffffff);
  tx_stream_return (fixture->stream);
  tx_stream_unwind (fixture->stream);
  tx_stream_yield (fixture->stream);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 0);
  tx_reader_close (reader);
}

static void
test_nothing_of_nobody (Fixture *fixture, gconstpointer data)
{
  TxThread *thread = fixture->stream->current;
  TxReader *reader;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_drop_thread (fixture->stream, thread);
  tx_stream_line (fixture->stream, 11);
  tx_stream_call (fixture->stream, fixture->f, 10, 2);
  tx_stream_line (fixture->stream, 12);
  tx_stream_return (fixture->stream);
  tx_stream_mark (fixture->stream, "x", 1);
  tx_stream_precise_begin (fixture->stream);
  tx_stream_precise_end (fixture->stream);
  tx_stream_resume (fixture->stream, fixture->f, 10, 3);
  tx_stream_resync (fixture->stream, NULL, NULL, 0, TX_STACK_RESYNC);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_steps (reader), ==, 0);
  tx_reader_close (reader);
}

/* ---- Times ---- */

static void
test_quiet_time_is_stated (Fixture *fixture, gconstpointer data)
{
  const TxEvent *line;
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11);
  fixture->now_ns += 1000;
  _tx_writer_tick (fixture->writer);
  fixture->now_ns += 500000;
  tx_stream_line (fixture->stream, 12);
  fixture->now_ns += 10;
  reader = finish (fixture);
  block = load (reader, 0);
  line = &block->events[block->steps[1]];
  g_assert_cmpint (line->time_ns, ==, 1501000);
  g_assert_cmpuint (line->error_ns, ==, 0);
  /* The line before was within the microsecond in which things happened. */
  line = &block->events[block->steps[0]];
  g_assert_cmpint (line->time_ns, <=, 1001000);
  g_assert_cmpuint (line->error_ns, <=, 1000);
  tx_block_free (block);
  tx_reader_close (reader);
}

/* What a program does after the last event, until the recording is closed, does not blur that
 * event. */
static void
test_quiet_time_before_the_end (Fixture *fixture, gconstpointer data)
{
  const TxEvent *line;
  TxReader *reader;
  TxBlock *block;
  TxDigest *digest;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11);
  tx_stream_line (fixture->stream, 12);
  fixture->now_ns += 1000;
  _tx_writer_tick (fixture->writer);
  fixture->now_ns += 500000;
  reader = finish (fixture);
  block = load (reader, 0);
  line = &block->events[block->steps[1]];
  g_assert_cmpint (line->time_ns, <=, 1001000);
  g_assert_cmpuint (line->error_ns, <=, 1000);
  /* it goes on to the end */
  g_assert_cmpint (block->times.mono_last_ns, ==, 1501000);
  g_assert_cmpint (tx_reader_load_digest (reader, 0, &digest, NULL), ==, TX_OK);
  g_assert_cmpuint (digest->error_ns, <=, 1000);
  g_assert_cmpuint (digest->lines[digest->n_lines - 1].line, ==, 12);
  g_assert_cmpuint (digest->lines[digest->n_lines - 1].self_ns, >=, 500000);
  tx_digest_free (digest);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_nothing_is_claimed_of_an_event_in_flight (Fixture *fixture, gconstpointer data)
{
  uint64_t position;
  const TxEvent *line;
  TxReader *reader;
  TxBlock *block;

  /* The native thread reads the position; then an event comes; then it asks. */
  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  position = _tx_stream_get_position (fixture->stream);
  tx_stream_line (fixture->stream, 11);
  _tx_stream_ask (fixture->stream, position, fixture->now_ns + 1000);
  fixture->now_ns += 500000;
  tx_stream_line (fixture->stream, 12);
  reader = finish (fixture);
  block = load (reader, 0);
  line = &block->events[block->steps[0]];
  g_assert_cmpint (line->time_ns + line->error_ns, >=, 1500000);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_question_while_switching_threads (Fixture *fixture, gconstpointer data)
{
  TxThread *one = fixture->stream->current;
  TxThread *two = tx_stream_get_thread (fixture->stream, 2);
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_switch_to (fixture->stream, two);
  tx_stream_call (fixture->stream, fixture->g, 10, 2);
  tx_stream_switch_to (fixture->stream, one);
  fixture->now_ns += 1000;
  _tx_writer_tick (fixture->writer);
  fixture->now_ns += 1000;
  tx_stream_line (fixture->stream, 12);
  reader = finish (fixture);
  block = load (reader, 0);
  /* Both the switch and the line have the exact time; the entry behind the first switch too. */
  g_assert_cmpuint (count_events (block, TX_EVENT_STAMP), ==, 3);
  g_assert_cmpint (find_event (block, TX_EVENT_THREAD)->time_ns, ==, 1002000);
  g_assert_cmpuint (find_event (block, TX_EVENT_THREAD)->error_ns, ==, 0);
  g_assert_cmpint (block->events[block->steps[0]].time_ns, ==, 1002000);
  g_assert_cmpuint (block->events[block->steps[0]].error_ns, ==, 0);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_idle_before_a_full_slot (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  while (fixture->stream->pos < atomic_load (&fixture->stream->limit))
    tx_stream_line (fixture->stream, 11 + fixture->stream->current->top->line % 2);
  fixture->now_ns += 2000;
  _tx_writer_tick (fixture->writer);
  fixture->now_ns += 7000000;
  tx_stream_line (fixture->stream, 20);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 2);
  block = load (reader, 0);
  g_assert_cmpint (block->times.mono_last_ns, ==, 1002000);
  tx_block_free (block);
  block = load (reader, 1);
  g_assert_cmpint (block->times.mono_first_ns, ==, 8002000);
  g_assert_cmpuint (block->events[block->steps[0]].error_ns, ==, 0);
  tx_block_free (block);
  tx_reader_close (reader);
}

/* An event each 20 us, and after one question nobody asks: the program looks at the clock by itself
   each 2 ms, about. */
static void
test_a_late_native_thread_is_made_up_for (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  for (guint i = 0; i < 1000; i++)
    {
      if (i == 100)
        _tx_writer_tick (fixture->writer);
      fixture->now_ns += 20000;
      tx_stream_line (fixture->stream, 11 + i % 2);
    }
  reader = finish (fixture);
  block = load (reader, 0);
  g_assert_cmpuint (count_events (block, TX_EVENT_STAMP), >=, 5);
  for (size_t i = 0; i + 1 < block->n_steps; i++)
    g_assert_cmpuint (block->events[block->steps[i]].error_ns, <, 4000000);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_precise_sections_nest (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_precise_begin (fixture->stream);
  tx_stream_precise_begin (fixture->stream);
  tx_stream_precise_end (fixture->stream);
  for (uint32_t line = 11; line < 21; line++)
    {
      fixture->now_ns += line;
      tx_stream_line (fixture->stream, line);
    }
  tx_stream_precise_end (fixture->stream);
  tx_stream_line (fixture->stream, 30);
  reader = finish (fixture);
  block = load (reader, 0);
  g_assert_cmpuint (count_events (block, TX_EVENT_STAMP), ==, 10);
  for (size_t i = 0; i < 10; i++)
    g_assert_cmpuint (block->events[block->steps[i]].error_ns, ==, 0);
  tx_block_free (block);
  tx_reader_close (reader);
}

/* ---- Gaps ---- */

static void
test_full_ring_is_a_gap (Fixture *fixture, gconstpointer data)
{
  TxStreamStats stats;
  TxReader *reader;
  TxBlock *block;
  TxFunctionId late;
  size_t n_blocks;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  fill_ring (fixture);
  tx_stream_get_stats (fixture->stream, &stats);
  g_assert_cmpuint (stats.events_lost, >, 0);
  g_assert_cmpuint (stats.blocks, ==, 4);
  /* What happens meanwhile is on the stack afterwards, with what was defined meanwhile. */
  late = define (fixture, "late");
  tx_stream_call (fixture->stream, late, 10, 2);
  tx_stream_line (fixture->stream, 15);
  g_assert_cmpint (tx_writer_flush (fixture->writer, 0, NULL), ==, TX_OK);
  tx_stream_line (fixture->stream, 16);
  reader = finish (fixture);

  n_blocks = tx_reader_get_n_blocks (reader);
  block = load (reader, n_blocks - 1);
  g_assert_cmpuint (block->events[0].kind, ==, TX_EVENT_GAP);
  g_assert_cmpuint (block->gaps[0].events_lost, ==, stats.events_lost + 2);
  g_assert_cmpuint (block->stacks[0].reason, ==, TX_STACK_AFTER_GAP);
  g_assert_cmpuint (block->stacks[0].depth, ==, 2);
  g_assert_cmpuint (block->frames[1].function, ==, late);
  g_assert_cmpuint (block->frames[1].line, ==, 15);
  g_assert_cmpuint (block->events[block->steps[0]].line, ==, 16);
  g_assert_cmpuint (tx_reader_get_function (reader, late)->first_line, ==, 10);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_many_definitions_wait (Fixture *fixture, gconstpointer data)
{
  TxFunctionId last = 0;
  TxReader *reader;
  uint64_t n_steps;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  fill_ring (fixture);
  /* More than two slots of names. */
  for (guint i = 0; i < 600; i++)
    last = define (fixture, "a.long.name.of.a.function");
  tx_stream_call (fixture->stream, last, 10, 2);
  g_assert_cmpint (tx_writer_flush (fixture->writer, 0, NULL), ==, TX_OK);
  for (guint i = 0; i < 10; i++)
    {
      tx_stream_line (fixture->stream, 20 + i);
      g_assert_cmpint (tx_writer_flush (fixture->writer, 0, NULL), ==, TX_OK);
    }
  reader = finish (fixture);
  n_steps = 0;
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block = load (reader, i);

      n_steps += block->n_steps;
      tx_block_free (block);
    }
  g_assert_cmpuint (n_steps, ==, tx_reader_get_n_steps (reader));
  for (TxFunctionId id = 1; id <= last; id++)
    g_assert_nonnull (tx_reader_get_function (reader, id));
  tx_reader_close (reader);
}

static void
test_frames_without_memory (Fixture *fixture, gconstpointer data)
{
  TxThread *thread = fixture->stream->current;
  TxFrame *last = thread->last;
  TxStreamStats stats;
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11);
  /* As if the stack could not grow. */
  thread->untracked = 1;
  _tx_stream_update_limit (fixture->stream);
  tx_stream_line (fixture->stream, 99);
  tx_stream_call (fixture->stream, fixture->g, 10, 2);
  g_assert_cmpuint (tx_stream_get_depth (fixture->stream), ==, 3);
  tx_stream_line (fixture->stream, 98);
  tx_stream_return (fixture->stream);
  tx_stream_return (fixture->stream);
  g_assert_cmpuint (thread->untracked, ==, 0);
  tx_stream_line (fixture->stream, 12);
  thread->last = last;
  tx_stream_get_stats (fixture->stream, &stats);
  g_assert_cmpuint (stats.events_lost, ==, 5);

  reader = finish (fixture);
  block = load (reader, 1);
  g_assert_cmpuint (block->gaps[0].events_lost, ==, 5);
  g_assert_cmpuint (block->n_steps, ==, 1);
  g_assert_cmpuint (block->events[block->steps[0]].line, ==, 12);
  g_assert_cmpuint (block->events[block->steps[0]].depth, ==, 1);
  tx_block_free (block);
  tx_reader_close (reader);
}

/* ---- Rarer events ---- */

static void
test_suspended_frames_keep_their_line (Fixture *fixture, gconstpointer data)
{
  TxThread *two = tx_stream_get_thread (fixture->stream, 2);
  TxReader *reader;
  char *printed;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11);
  tx_stream_yield (fixture->stream);
  tx_stream_switch_to (fixture->stream, two);
  tx_stream_resume (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11); /* the same step goes on */
  tx_stream_line (fixture->stream, 12);
  tx_stream_return (fixture->stream);
  tx_stream_forget_suspended (fixture->stream, 1);
  tx_stream_resume (fixture->stream, fixture->g, 10, 1);
  tx_stream_line (fixture->stream, 15);
  reader = finish (fixture);
  printed = trace_text_print_steps (reader);
  g_assert_cmpstr (printed, ==, "0 1 1 /a.py:11 f\n1 2 1 /a.py:12 f\n2 2 1 /a.py:15 g\n");
  g_free (printed);
  tx_reader_close (reader);
}

static void
test_long_texts_are_cut (Fixture *fixture, gconstpointer data)
{
  char *text = g_strnfill (3 * TX_SLOT_SIZE_MIN, 'x');
  TxReader *reader;
  TxBlock *block;
  TxFileId file;

  /* A character of two bytes across the place of the cut. */
  memcpy (text + TX_SLOT_SIZE_MIN / 4 - 1, "\xc3\xa9", 2);
  tx_stream_mark (fixture->stream, text, strlen (text));
  file = tx_stream_define_file (fixture->stream, text, strlen (text));
  reader = finish (fixture);
  block = load (reader, 0);
  g_assert_cmpuint (block->texts[find_event (block, TX_EVENT_MARK)->detail].size, ==,
                    TX_SLOT_SIZE_MIN / 4 - 1);
  g_assert_cmpuint (find_event (block, TX_EVENT_MARK)->error_ns, ==, 0);
  g_assert_cmpuint (strlen (tx_reader_get_file (reader, file)->path), ==, TX_SLOT_SIZE_MIN / 2);
  tx_block_free (block);
  tx_reader_close (reader);
  g_free (text);
}

static void
test_exceptions (Fixture *fixture, gconstpointer data)
{
  char *text = g_strnfill (2 * TX_MESSAGE_SIZE_MAX, 'x');
  TxReader *reader;
  TxBlock *block;
  const TxEvent *event;
  TxTypeId type;

  memcpy (text + TX_MESSAGE_SIZE_MAX - 1, "\xc3\xa9", 2);
  tx_stream_raise (fixture->stream, 0, "nobody's", 8);
  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11);
  tx_stream_define_type (fixture->stream, "KeyError", 8);
  type = tx_stream_define_type (fixture->stream, "a.B", 3);
  tx_stream_raise (fixture->stream, type, text, strlen (text));
  tx_stream_unwind (fixture->stream);
  reader = finish (fixture);
  block = load (reader, 0);
  event = find_event (block, TX_EVENT_RAISE);
  g_assert_cmpuint (count_events (block, TX_EVENT_RAISE), ==, 1);
  g_assert_cmpstr (tx_reader_get_type_name (reader, event->activation), ==, "a.B");
  g_assert_null (tx_reader_get_type_name (reader, 3));
  g_assert_cmpuint (event->line, ==, 11);
  g_assert_cmpuint (event->depth, ==, 1);
  g_assert_cmpuint (block->texts[event->detail].size, ==, TX_MESSAGE_SIZE_MAX - 1);
  tx_block_free (block);
  tx_reader_close (reader);
  g_free (text);
}

static void
test_wall_clock_jumps (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11);
  fixture->now_ns += 1000;
  fixture->wall_ns = -3600 * INT64_C (1000000000);
  _tx_writer_tick (fixture->writer);
  tx_stream_line (fixture->stream, 12);
  reader = finish (fixture);
  /* A block of its own, so that its header has the new wall clock. */
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 2);
  block = load (reader, 1);
  g_assert_cmpint (block->times.real_first_ns, ==,
                   INT64_C (1700000000000000000) + fixture->wall_ns + fixture->now_ns);
  g_assert_cmpuint (block->events[block->steps[0]].error_ns, ==, 0);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_a_slewed_wall_clock_ends_no_block (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  tx_stream_line (fixture->stream, 11);
  fixture->wall_ns = 900000;
  _tx_writer_tick (fixture->writer);
  tx_stream_line (fixture->stream, 12);
  reader = finish (fixture);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 1);
  tx_reader_close (reader);
}

/* A line of 40 ms of which 10 were spent on a CPU; the block's first event made the first reading,
   2 us before. */
static void
test_waiting_is_stated (Fixture *fixture, gconstpointer data)
{
  const TxEvent *wait;
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  fixture->now_ns += 1000;
  _tx_writer_tick (fixture->writer);
  tx_stream_line (fixture->stream, 11);
  fixture->now_ns += 1000;
  _tx_writer_tick (fixture->writer);
  fixture->now_ns += 40000000;
  fixture->cpu_ns += 10000000;
  tx_stream_line (fixture->stream, 12);
  reader = finish (fixture);
  block = load (reader, 0);
  g_assert_cmpuint (count_events (block, TX_EVENT_WAIT), ==, 1);
  wait = find_event (block, TX_EVENT_WAIT);
  g_assert_cmpuint (wait->line, ==, 11);
  g_assert_cmpuint (wait->detail, ==, 30002);
  g_assert_cmpint (block->events[block->steps[1]].time_ns, ==, fixture->now_ns);
  g_assert_cmpuint (block->events[block->steps[1]].error_ns, ==, 0);
  tx_block_free (block);
  tx_reader_close (reader);
}

/* Thread 1 waits while thread 2 works: known when it goes on. */
static void
test_waiting_beside_another_thread (Fixture *fixture, gconstpointer data)
{
  TxThread *one = fixture->stream->current;
  TxThread *two = tx_stream_get_thread (fixture->stream, 2);
  const TxEvent *wait;
  TxReader *reader;
  TxBlock *block;

  tx_stream_call (fixture->stream, fixture->f, 10, 1);
  _tx_writer_tick (fixture->writer);
  tx_stream_line (fixture->stream, 11);
  tx_stream_switch_to (fixture->stream, two);
  tx_stream_call (fixture->stream, fixture->g, 10, 2);
  fixture->now_ns += 20000000;
  tx_stream_line (fixture->stream, 13);
  tx_stream_switch_to (fixture->stream, one);
  tx_stream_line (fixture->stream, 12);
  reader = finish (fixture);
  block = load (reader, 0);
  wait = find_event (block, TX_EVENT_WAIT);
  g_assert_nonnull (wait);
  g_assert_cmpuint (wait->thread, ==, 1);
  g_assert_cmpuint (wait->line, ==, 11);
  g_assert_cmpuint (wait->detail, ==, 20000);
  tx_block_free (block);
  tx_reader_close (reader);
}

static void
test_resync_states_the_stack (Fixture *fixture, gconstpointer data)
{
  TxFrame frames[] = { { .function = fixture->f, .line = 11, .key = 1 },
                       { .function = fixture->g, .line = 0, .key = 2 } };
  uint32_t first_lines[] = { 10, 10 };
  TxStreamStats stats;
  TxReader *reader;
  char *printed;

  tx_stream_call (fixture->stream, fixture->g, 10, 9);
  tx_stream_resync (fixture->stream, frames, first_lines, 2, TX_STACK_RESYNC);
  tx_stream_line (fixture->stream, 13);
  tx_stream_return (fixture->stream);
  tx_stream_line (fixture->stream, 14);
  tx_stream_get_stats (fixture->stream, &stats);
  g_assert_cmpuint (stats.resyncs, ==, 1);
  reader = finish (fixture);
  printed = trace_text_print_steps (reader);
  g_assert_cmpstr (printed, ==, "0 1 2 /a.py:13 g\n1 1 1 /a.py:14 f\n");
  g_free (printed);
  tx_reader_close (reader);
}

static void
test_stack_grows (Fixture *fixture, gconstpointer data)
{
  TxReader *reader;

  for (uint32_t i = 0; i < 100000; i++)
    {
      tx_stream_call (fixture->stream, fixture->f, 10, i + 1);
      if (i % 500 == 0)
        g_assert_cmpint (tx_writer_flush (fixture->writer, 0, NULL), ==, TX_OK);
    }
  tx_stream_line (fixture->stream, 11);
  g_assert_cmpuint (tx_stream_get_depth (fixture->stream), ==, 100000);
  for (uint32_t i = 0; i < 100000; i++)
    {
      tx_stream_return (fixture->stream);
      if (i % 200 == 0)
        g_assert_cmpint (tx_writer_flush (fixture->writer, 0, NULL), ==, TX_OK);
    }
  g_assert_cmpuint (tx_stream_get_depth (fixture->stream), ==, 0);
  reader = finish (fixture);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    tx_block_free (load (reader, i));
  tx_reader_close (reader);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/trace/stream/no-frame", test_nothing_without_a_frame);
  ADD ("/trace/stream/nobody", test_nothing_of_nobody);
  ADD ("/trace/stream/quiet", test_quiet_time_is_stated);
  ADD ("/trace/stream/quiet-end", test_quiet_time_before_the_end);
  ADD ("/trace/stream/in-flight", test_nothing_is_claimed_of_an_event_in_flight);
  ADD ("/trace/stream/question-and-switch", test_question_while_switching_threads);
  ADD ("/trace/stream/idle-before-full", test_idle_before_a_full_slot);
  ADD ("/trace/stream/precise", test_precise_sections_nest);
  ADD ("/trace/stream/gap", test_full_ring_is_a_gap);
  ADD ("/trace/stream/waiting-definitions", test_many_definitions_wait);
  ADD ("/trace/stream/untracked", test_frames_without_memory);
  ADD ("/trace/stream/suspended", test_suspended_frames_keep_their_line);
  ADD ("/trace/stream/long-texts", test_long_texts_are_cut);
  ADD ("/trace/stream/exceptions", test_exceptions);
  ADD ("/trace/stream/wall-clock", test_wall_clock_jumps);
  ADD ("/trace/stream/slewed-wall-clock", test_a_slewed_wall_clock_ends_no_block);
  ADD ("/trace/stream/late-native-thread", test_a_late_native_thread_is_made_up_for);
  ADD ("/trace/stream/wait", test_waiting_is_stated);
  ADD ("/trace/stream/wait-of-a-thread", test_waiting_beside_another_thread);
  ADD ("/trace/stream/resync", test_resync_states_the_stack);
  ADD ("/trace/stream/growing-stack", test_stack_grows);
  return g_test_run ();
}
