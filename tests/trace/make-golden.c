// SPDX-License-Identifier: BSD-3-Clause
// Makes the golden traces of the current format version; by hand, once a version, and again when it
// grows by something optional (golden-MAJOR.MINOR-WHAT):
//
//   make-golden tests/data/golden-MAJOR.MINOR
//
// writes DIRECTORY (closed), DIRECTORY-died (with its ring) and beside them what they show and what
// their digests tell.
//
//   make-golden --digests tests/data/golden-MAJOR.MINOR...
//
// writes only the latter.
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "trace-text.h"
#include "trace/tx-format-private.h"
#include "trace/tx-writer-private.h"

#define SOURCE_DIRECTORY "/tmp/trackexec-golden"
#define A                "@" SOURCE_DIRECTORY "/a.py"

#define TEXT                                                                                       \
  "main: call main" A ":1; line 2; +1ms; stamp; line 3; call work" A ":10; lines 11-13; +3ms;"     \
  "worker: call run@b.py:70000; line 70001; +1ms; stamp; line 70002; main: mark half way;"         \
  "unwind; line 4; block; call numbers" A ":20 as G; line 21; yield; line 5; clock +1s; +2ms;"     \
  "stamp; worker: line 70003; resume G; line 22; return; return; end-thread; main: line 6;"        \
  "precise; line 7; +10us; line 6; imprecise; repeat 3 (call deep" A ":30; line 31); block;"       \
  "repeat 3 (return; line 32); resync main" A ":1 6; line 8; " ASYNC "repeat 40 (line 9; worker: " \
  "call run@b.py:70000; line 70001; +1ms; return; block; main: line 10; +1ms; block); "            \
  "call last" A ":60; line 61; +1ms; stamp; line 62" /* in the ring, of one that died */

/* Coroutines that wait for each other, an exception, and a line that sleeps: the block's digest has
 * something in each section. */
#define ASYNC                                                                                      \
  "call async_outer" A ":40 as O; line 41; call async_inner" A ":50 as I; line 51; +2ms; yield; "  \
  "yield; +1ms; stamp; line 9; resume O; resume I; line 52; raise ValueError no; unwind; line "    \
  "42; return; stamp; "                                                                            \
  "line 8; wait 30ms; stamp; line 9; line 8; block; "

static const char info_private[] =
    "^(pid|start_ticks|boot_id|image|pid_namespace|time_namespace|ring|ring_dev|ring_ino)=.*$";

/* Leaves out which machine and process it was; `info` has no checksum. */
static void
clean_info (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "info", NULL);
  g_autofree char *pid_path = g_build_filename (directory, "pid", NULL);
  g_autofree char *text = NULL;
  g_autofree char *cleaned = NULL;
  g_autoptr (GRegex) regex = g_regex_new (info_private, G_REGEX_MULTILINE, 0, NULL);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  cleaned = g_regex_replace (regex, text, -1, 0, "\\1=", 0, NULL);
  g_assert_true (g_file_set_contents (path, cleaned, -1, NULL));
  g_assert_true (g_file_set_contents (pid_path, "1\n", -1, NULL));
}

static void
write_beside (const char *directory, const char *extension, const char *text)
{
  g_autofree char *path = g_strconcat (directory, extension, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
write_digests (const char *directory)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  g_autofree char *text = trace_text_print_digests (reader);

  write_beside (directory, ".digests.txt", text);
  tx_reader_close (reader);
}

static void
write_shown (const char *directory)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  g_autofree char *text = trace_text_print (reader, TRACE_TEXT_BLOCKS | TRACE_TEXT_TIMES);

  g_assert_cmpstr (tx_reader_get_damage (reader, NULL), ==, NULL);
  write_beside (directory, ".txt", text);
  tx_reader_close (reader);
  write_digests (directory);
}

/* Leaves out the same of a ring, whose header page has no checksum either: process, boot, and
 * behind what is used of it where it was made. */
static void
clean_ring (char *bytes)
{
  memset (bytes + 24, 0, 32);
  memset (bytes + TX_RING_FIELDS_SIZE, 0, TX_RING_HEADER_SIZE - TX_RING_FIELDS_SIZE);
}

static void
move_ring_in (const char *directory)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  const char *ring = tx_reader_get_info (reader, "ring");
  g_autofree char *path = g_build_filename (directory, "ring", NULL);
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (ring, &bytes, &size, NULL));
  clean_ring (bytes);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  g_unlink (ring);
  tx_reader_close (reader);
}

/* Runs tell threads apart, though that is much for so short a recording. */
static void
record_whole (const char *directory)
{
  TraceText *text = trace_text_new (directory, NULL);

  trace_text_get_writer (text)->flusher.segments.thread_share = 0;
  trace_text_play (text, TEXT);
  trace_text_close (text);
}

int
main (int argc, char **argv)
{
  TxWriterOptions options = { .slot_count = 2, .slot_size_bytes = TX_SLOT_SIZE_MIN };
  g_autofree char *died = NULL;

  if (argc > 2 && strcmp (argv[1], "--digests") == 0)
    {
      for (int i = 2; i < argc; i++)
        write_digests (argv[i]);
      return 0;
    }
  g_assert_cmpint (argc, ==, 2);
  died = g_strconcat (argv[1], "-died", NULL);
  g_assert_cmpint (g_mkdir (argv[1], 0755), ==, 0);
  g_assert_cmpint (g_mkdir (died, 0755), ==, 0);
  g_mkdir (SOURCE_DIRECTORY, 0755);
  g_assert_true (g_file_set_contents (SOURCE_DIRECTORY "/a.py",
                                      "# golden\ndef main():\n    work()\n", -1, NULL));
  record_whole (argv[1]);
  trace_text_record_and_die (died, &options, TEXT);
  move_ring_in (died);
  clean_info (argv[1]);
  clean_info (died);
  write_shown (argv[1]);
  write_shown (died);
  g_unlink (SOURCE_DIRECTORY "/a.py");
  g_rmdir (SOURCE_DIRECTORY);
  return 0;
}
