// SPDX-License-Identifier: BSD-3-Clause
// Writing down what happened elsewhere: told times, spread over steps, gaps, given sources, damage.
#include <glib.h>
#include <string.h>

#include "trace/tx.h"
#include "trace-text.h"

#define START_NS G_GINT64_CONSTANT (1700000000000000000)

typedef struct
{
  char *directory; /* owned */
  TxWriter *writer;
  TxStream *stream;
  int64_t now_ns;
  TxFileId file;
  TxFunctionId function;
} Fixture;

static int64_t
read_clock (void *data, bool realtime)
{
  return ((Fixture *) data)->now_ns;
}

static TxWriterOptions
make_options (Fixture *fixture)
{
  return (TxWriterOptions){
    .manual = true,
    .ring_dir = "",
    .is_converted = true,
    .converted_pid = 4711,
    .clock_ns = read_clock,
    .clock_data = fixture,
  };
}

static void
begin (Fixture *fixture, const TxWriterOptions *options)
{
  TxError error = { 0 };

  fixture->now_ns = START_NS;
  fixture->directory = trace_text_make_directory ();
  fixture->writer = tx_writer_new (fixture->directory, options, &error);
  g_assert_nonnull (fixture->writer);
  fixture->stream = tx_writer_get_stream (fixture->writer);
  /* A file that is here, too: its text must not get into the trace. */
  fixture->file = tx_stream_define_file (fixture->stream, "/etc/passwd", strlen ("/etc/passwd"));
  fixture->function = tx_stream_define_function (
      fixture->stream, &(TxFunctionDefinition){
                           .file = fixture->file, .first_line = 1, .name = "f", .name_size = 1 });
  tx_stream_switch_to (fixture->stream, tx_stream_get_thread (fixture->stream, 1));
}

static TxReader *
finish (Fixture *fixture)
{
  TxError error = { 0 };
  TxReader *reader;

  g_assert_cmpint (tx_writer_close (fixture->writer, 0, &error), ==, TX_OK);
  fixture->writer = NULL;
  reader = tx_reader_open (fixture->directory, &error);
  g_assert_nonnull (reader);
  return reader;
}

static void
end (Fixture *fixture, TxReader *reader)
{
  tx_reader_close (reader);
  trace_text_remove_directory (fixture->directory);
}

/* "LINE@US+-ERROR_US ..." of all steps, and C and R for entries and exits. */
static char *
print_times (const TxReader *reader)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      if (tx_reader_load_block (reader, i, &block, NULL) != TX_OK)
        continue;
      for (size_t j = 0; j < block->n_events; j++)
        {
          const TxEvent *event = &block->events[j];
          int64_t since_us = (event->time_ns - START_NS) / 1000;

          if (event->kind == TX_EVENT_LINE)
            g_string_append_printf (text, "%u", event->line);
          else if (event->kind == TX_EVENT_CALL || event->kind == TX_EVENT_RETURN)
            g_string_append (text, event->kind == TX_EVENT_CALL ? "C" : "R");
          else
            continue;
          g_string_append_printf (text, "@%" G_GINT64_FORMAT "+-%u ", since_us,
                                  event->error_ns / 1000);
        }
      tx_block_free (block);
    }
  return g_string_free (text, FALSE);
}

/* Given calls between lines, then the time is the lines' and calls have that of the line behind. */
static void
test_times_are_spread_over_steps (void)
{
  Fixture fixture;
  TxWriterOptions options = make_options (&fixture);
  g_autofree char *said = NULL;
  TxReader *reader;

  begin (&fixture, &options);
  tx_stream_call (fixture.stream, fixture.function, 1, 1);
  tx_stream_put_time (fixture.stream);
  tx_stream_line (fixture.stream, 10);
  tx_stream_call (fixture.stream, fixture.function, 1, 2);
  tx_stream_line (fixture.stream, 20);
  tx_stream_return (fixture.stream);
  tx_stream_line (fixture.stream, 11);
  tx_stream_line (fixture.stream, 12);
  tx_stream_call (fixture.stream, fixture.function, 1, 3);
  fixture.now_ns += 400000;
  tx_stream_put_time (fixture.stream);
  tx_stream_line (fixture.stream, 30);
  fixture.now_ns += 50000;
  tx_stream_put_time (fixture.stream);
  fixture.now_ns += 50000;
  reader = finish (&fixture);
  said = print_times (reader);
  g_assert_cmpstr (said, ==,
                   "C@0+-1 10@0+-1 C@100+-301 20@100+-301 R@200+-201 11@200+-201 12@300+-301 "
                   "C@400+-401 30@400+-1 ");
  end (&fixture, reader);
}

/* Given many lines without a time between, then no clock is read among them. */
static void
test_nobody_reads_the_clock_meanwhile (void)
{
  Fixture fixture;
  TxWriterOptions options = make_options (&fixture);
  TxReader *reader;
  TxBlock *block;
  size_t n_stamps = 0;

  begin (&fixture, &options);
  tx_stream_call (fixture.stream, fixture.function, 1, 1);
  tx_stream_put_time (fixture.stream);
  for (uint32_t i = 0; i < 10000; i++)
    tx_stream_line (fixture.stream, 1 + i % 100);
  fixture.now_ns += 10000000;
  reader = finish (&fixture);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 1);
  g_assert_cmpint (tx_reader_load_block (reader, 0, &block, NULL), ==, TX_OK);
  for (size_t i = 0; i < block->n_events; i++)
    n_stamps += block->events[i].kind == TX_EVENT_STAMP;
  g_assert_cmpuint (n_stamps, ==, 1);
  g_assert_cmpint (block->events[block->steps[5000]].time_ns, ==, START_NS + 5000000);
  tx_block_free (block);
  end (&fixture, reader);
}

static void
test_digest_has_the_same_times (void)
{
  Fixture fixture;
  TxWriterOptions options = make_options (&fixture);
  TxReader *reader;
  TxDigest *digest;
  uint64_t cumulated_ns = 0, self_ns = 0;

  begin (&fixture, &options);
  tx_stream_call (fixture.stream, fixture.function, 1, 1);
  tx_stream_line (fixture.stream, 10);
  for (uint32_t i = 0; i < 3; i++)
    {
      tx_stream_call (fixture.stream, fixture.function, 1, 2 + i);
      tx_stream_line (fixture.stream, 20);
      tx_stream_return (fixture.stream);
    }
  tx_stream_line (fixture.stream, 11);
  fixture.now_ns += 500000;
  reader = finish (&fixture);
  g_assert_cmpint (tx_reader_load_digest (reader, 0, &digest, NULL), ==, TX_OK);
  for (size_t i = 0; i < digest->n_lines; i++)
    if (digest->lines[i].line == 10)
      {
        cumulated_ns = digest->lines[i].cumulated_ns;
        self_ns = digest->lines[i].self_ns;
      }
  g_assert_cmpuint (cumulated_ns, ==, 400000);
  g_assert_cmpuint (self_ns, ==, 100000);
  tx_digest_free (digest);
  end (&fixture, reader);
}

static void
test_gaps_are_shown (void)
{
  Fixture fixture;
  TxWriterOptions options = make_options (&fixture);
  TxReader *reader;
  TxFrame frame;
  uint32_t first_line = 1;
  TxBlock *block;

  begin (&fixture, &options);
  tx_stream_call (fixture.stream, fixture.function, 1, 1);
  tx_stream_line (fixture.stream, 10);
  fixture.now_ns += 1000;
  tx_stream_put_gap (fixture.stream, 7);
  fixture.now_ns += 1000;
  frame = (TxFrame){ .function = fixture.function, .line = 12, .key = 9 };
  tx_stream_resync (fixture.stream, &frame, &first_line, 1, TX_STACK_AFTER_GAP);
  tx_stream_line (fixture.stream, 13);
  reader = finish (&fixture);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 2);
  g_assert_cmpuint (tx_reader_get_block_info (reader, 1)->events_lost, ==, 7);
  g_assert_cmpint (tx_reader_get_block_info (reader, 0)->times.mono_last_ns, ==, START_NS + 1000);
  g_assert_cmpint (tx_reader_load_block (reader, 1, &block, NULL), ==, TX_OK);
  g_assert_cmpuint (block->gaps[0].events_lost, ==, 7);
  g_assert_false (block->damaged);
  tx_block_free (block);
  end (&fixture, reader);
}

static void
test_sources_are_given (void)
{
  Fixture fixture;
  TxWriterOptions options = make_options (&fixture);
  TxReader *reader;
  TxFileId without;
  char *text;
  size_t size;

  begin (&fixture, &options);
  without = tx_stream_define_file (fixture.stream, "/etc/hostname", strlen ("/etc/hostname"));
  g_assert_cmpint (
      tx_writer_add_source (fixture.writer, fixture.file, 5, (const uint8_t *) "a = 1\n", 6, NULL),
      ==, TX_OK);
  tx_stream_call (fixture.stream, fixture.function, 1, 1);
  reader = finish (&fixture);
  g_assert_cmpint (tx_reader_dup_source (reader, fixture.file, &text, &size, NULL), ==, TX_OK);
  g_assert_cmpstr (text, ==, "a = 1\n");
  g_assert_cmpint (tx_reader_get_file (reader, fixture.file)->source_mtime_ns, ==, 5);
  g_assert_false (tx_reader_get_file (reader, without)->has_source);
  free (text);
  end (&fixture, reader);
}

static void
test_info_is_the_other_process (void)
{
  Fixture fixture;
  TxWriterOptions options = make_options (&fixture);
  const TxInfoEntry entries[] = { { "damage", "the disk was wet" }, { "damages", "3" } };
  TxReader *reader;
  size_t count;

  options.info = entries;
  options.n_info = G_N_ELEMENTS (entries);
  begin (&fixture, &options);
  reader = finish (&fixture);
  g_assert_cmpstr (tx_reader_get_info (reader, "pid"), ==, "4711");
  g_assert_cmpstr (tx_reader_get_info (reader, "boot_id"), ==, "");
  g_assert_cmpstr (tx_reader_get_info (reader, "ring"), ==, "");
  g_assert_cmpstr (tx_reader_get_info (reader, "start_ticks"), ==, "0");
  g_assert_cmpint (tx_reader_get_state (reader), ==, TX_STATE_FINISHED);
  g_assert_cmpstr (tx_reader_get_damage (reader, &count), ==, "the disk was wet");
  g_assert_cmpuint (count, ==, 3);
  end (&fixture, reader);
}

static void
test_wrong_use_is_refused (void)
{
  Fixture fixture;
  TxWriterOptions options = make_options (&fixture);
  TxError error = { 0 };
  TxStreamStats stats;

  fixture.now_ns = START_NS;
  fixture.directory = trace_text_make_directory ();
  options.manual = false;
  g_assert_null (tx_writer_new (fixture.directory, &options, &error));
  g_assert_cmpint (error.status, ==, TX_ERROR_INVALID);
  options.manual = true;
  options.is_converted = false;
  fixture.writer = tx_writer_new (fixture.directory, &options, &error);
  fixture.stream = tx_writer_get_stream (fixture.writer);
  tx_stream_put_gap (fixture.stream, 0); /* nothing lacks */
  tx_stream_get_stats (fixture.stream, &stats);
  g_assert_cmpuint (stats.blocks, ==, 0);
  g_assert_cmpint (tx_writer_add_source (fixture.writer, 1, 0, NULL, 0, &error), ==,
                   TX_ERROR_INVALID);
  tx_writer_close (fixture.writer, 0, NULL);
  trace_text_remove_directory (fixture.directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/convert/times-are-spread-over-steps", test_times_are_spread_over_steps);
  g_test_add_func ("/convert/nobody-reads-the-clock", test_nobody_reads_the_clock_meanwhile);
  g_test_add_func ("/convert/digest-has-the-same-times", test_digest_has_the_same_times);
  g_test_add_func ("/convert/gaps-are-shown", test_gaps_are_shown);
  g_test_add_func ("/convert/sources-are-given", test_sources_are_given);
  g_test_add_func ("/convert/info-is-the-other-process", test_info_is_the_other_process);
  g_test_add_func ("/convert/wrong-use-is-refused", test_wrong_use_is_refused);
  return g_test_run ();
}
