// SPDX-License-Identifier: BSD-3-Clause
// A small trace with every file cut at every byte, and with every bit flipped: what is still shown
// is right, step by step, and damage costs no more than the piece it is in.
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "test-seed.h"
#include "trace-text.h"

#define TEXT                                                                                       \
  "main: call f@a.py:10; lines 11-14; +1ms; call g@b.py:100000; line 100001; +2ms; stamp;"         \
  "line 100002; other: call h@c.py:1; line 5; main: mark here; return; block;"                     \
  "main: line 15; call gen@b.py:7 as G; line 8; yield; line 16; block;"                            \
  "other: line 6; call h@c.py:1; lines 2-9; unwind; main: resume G; line 9; return; block;"        \
  "main: line 17; repeat 6 (call g@b.py:100000; lines 100001-100003; return; line 18; line 17)"

typedef struct
{
  uint32_t thread, depth, function, line;
} Step;

typedef struct
{
  char *directory;
  Step *steps;
  uint64_t n_steps;
  uint64_t steps_per_block_max;
} Golden;

static Step *
load_steps (const TxReader *reader)
{
  Step *steps = g_new0 (Step, tx_reader_get_n_steps (reader));

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      uint64_t first = tx_reader_get_block_info (reader, i)->first_step;
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      for (size_t k = 0; k < block->n_steps; k++)
        {
          const TxEvent *e = &block->events[block->steps[k]];

          steps[first + k] = (Step){ e->thread, e->depth, e->function, e->line };
        }
      tx_block_free (block);
    }
  return steps;
}

static void
set_up (Golden *golden, gconstpointer data)
{
  TxReader *reader;

  golden->directory = trace_text_make_directory ();
  trace_text_record (golden->directory, TEXT);
  reader = tx_reader_open (golden->directory, NULL);
  g_assert_nonnull (reader);
  g_assert_null (tx_reader_get_damage (reader, NULL));
  golden->steps = load_steps (reader);
  golden->n_steps = tx_reader_get_n_steps (reader);
  g_assert_cmpuint (tx_reader_get_n_blocks (reader), ==, 4);
  for (size_t i = 0; i < 4; i++)
    golden->steps_per_block_max =
        MAX (golden->steps_per_block_max, tx_reader_get_block_info (reader, i)->steps);
  tx_reader_close (reader);
}

static void
tear_down (Golden *golden, gconstpointer data)
{
  trace_text_remove_directory (golden->directory);
  g_free (golden->steps);
}

/* A line of 0 says that the function's definition was lost, which is no claim. */
static bool
is_right (const Step *golden, const TxEvent *event)
{
  return event->thread == golden->thread && event->depth == golden->depth &&
         event->function == golden->function && (event->line == golden->line || event->line == 0);
}

/* Names and first lines that are shown are those of the text. */
static void
check_catalog (const TxReader *reader)
{
  static const char *const names[] = { "f", "g", "h", "gen" };
  static const uint32_t first_lines[] = { 10, 100000, 1, 7 };
  static const char *const paths[] = { "a.py", "b.py", "c.py" };

  for (TxFunctionId id = 1; id <= tx_reader_get_n_functions (reader); id++)
    {
      const TxFunction *function = tx_reader_get_function (reader, id);

      g_assert_cmpuint (id, <=, G_N_ELEMENTS (names));
      if (function)
        {
          g_assert_cmpstr (function->name, ==, names[id - 1]);
          g_assert_cmpuint (function->first_line, ==, first_lines[id - 1]);
        }
    }
  for (TxFileId id = 1; id <= tx_reader_get_n_files (reader); id++)
    if (tx_reader_get_file (reader, id))
      g_assert_cmpstr (tx_reader_get_file (reader, id)->path, ==, paths[id - 1]);
}

/* Returns how many steps are shown with their line. */
static uint64_t
check_steps (const Golden *golden, const TxReader *reader)
{
  uint64_t n_shown = 0;

  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      uint64_t first = tx_reader_get_block_info (reader, i)->first_step;
      TxError error = { 0 };
      TxBlock *block;
      TxDigest *digest;

      if (tx_reader_load_digest (reader, i, &digest, &error) == TX_OK)
        tx_digest_free (digest);
      if (tx_reader_load_block (reader, i, &block, &error) != TX_OK)
        {
          g_assert_cmpint (error.message[0], !=, '\0');
          continue;
        }
      for (size_t k = 0; k < block->n_steps; k++)
        {
          const TxEvent *event = &block->events[block->steps[k]];

          g_assert_cmpuint (first + k, <, golden->n_steps);
          g_assert_true (is_right (&golden->steps[first + k], event));
          n_shown += event->line != 0;
        }
      tx_block_free (block);
    }
  return n_shown;
}

/* Steps shown; UINT64_MAX when the trace was refused, which a damaged `info` may bring about. */
static uint64_t
look (const Golden *golden, const char *file)
{
  TxError error = { 0 };
  TxReader *reader = tx_reader_open (golden->directory, &error);
  uint64_t n_shown;

  if (!reader)
    {
      g_assert_cmpstr (file, ==, "info");
      g_assert_cmpint (error.message[0], !=, '\0');
      return UINT64_MAX;
    }
  check_catalog (reader);
  n_shown = check_steps (golden, reader);
  tx_reader_close (reader);
  return n_shown;
}

static char *
read_file (const Golden *golden, const char *file, gsize *ret_size, int *ret_fd)
{
  g_autofree char *path = g_build_filename (golden->directory, file, NULL);
  char *bytes;

  g_assert_true (g_file_get_contents (path, &bytes, ret_size, NULL));
  *ret_fd = open (path, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (*ret_fd, >=, 0);
  return bytes;
}

static void
test_flip_every_bit (Golden *golden, gconstpointer data)
{
  const char *file = data;
  gsize size;
  int fd;
  g_autofree char *bytes = read_file (golden, file, &size, &fd);
  uint64_t n_shown_min = golden->n_steps;

  for (gsize i = 0; i < size; i++)
    for (int bit = 0; bit < 8; bit++)
      {
        char flipped = (char) (bytes[i] ^ (1 << bit));

        g_assert_cmpint (pwrite (fd, &flipped, 1, (off_t) i), ==, 1);
        n_shown_min = MIN (n_shown_min, look (golden, file));
        g_assert_cmpint (pwrite (fd, &bytes[i], 1, (off_t) i), ==, 1);
      }
  close (fd);
  g_test_message ("%s: %zu bytes, at worst %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                  " steps shown",
                  file, size, n_shown_min, golden->n_steps);
  g_print ("# T21: every bit of `%s` (%zu) flipped: 0 wrong lines\n", file, size * 8);
  /* A bit costs its block; in the index, in `info` and in `end` it costs nothing. */
  if (g_str_has_prefix (file, "blocks"))
    g_assert_cmpuint (n_shown_min, >=, golden->n_steps - golden->steps_per_block_max);
  else if (strcmp (file, "catalog") != 0)
    g_assert_cmpuint (n_shown_min, ==, golden->n_steps);
}

static void
test_cut_at_every_byte (Golden *golden, gconstpointer data)
{
  const char *file = data;
  gsize size;
  int fd;
  g_autofree char *bytes = read_file (golden, file, &size, &fd);
  uint64_t n_before = 0;

  for (gsize i = 0; i <= size; i++)
    {
      uint64_t n_shown;

      g_assert_cmpint (ftruncate (fd, (off_t) i), ==, 0);
      n_shown = look (golden, file);
      /* More bytes never show less. */
      if (n_shown != UINT64_MAX)
        {
          g_assert_cmpuint (n_shown, >=, n_before);
          n_before = n_shown;
        }
      g_assert_cmpint (pwrite (fd, bytes, size, 0), ==, (int) size);
    }
  g_assert_cmpuint (n_before, ==, golden->n_steps);
  close (fd);
}

static void
test_without_a_file (Golden *golden, gconstpointer data)
{
  const char *file = data;
  g_autofree char *path = g_build_filename (golden->directory, file, NULL);
  uint64_t n_shown;

  g_assert_cmpint (unlink (path), ==, 0);
  n_shown = look (golden, file);
  if (strcmp (file, "index.00000") == 0 || strcmp (file, "sources") == 0 ||
      strcmp (file, "info") == 0)
    g_assert_cmpuint (n_shown, ==, golden->n_steps);
}

static void
test_zeros_at_the_end (Golden *golden, gconstpointer data)
{
  const char *file = data;
  gsize size;
  int fd;
  static const char zeros[5000];

  g_free (read_file (golden, file, &size, &fd));
  /* What a file system may leave behind a power cut. */
  g_assert_cmpint (pwrite (fd, zeros, sizeof zeros, (off_t) size), ==, sizeof zeros);
  g_assert_cmpuint (look (golden, file), ==, golden->n_steps);
  close (fd);
}

/* ---- A larger one, of several segments, damaged at random ---- */

#define LARGE_TEXT                                                                                 \
  "main: call f@a.py:10; repeat 12 (repeat 40 (lines 11-40; call g@b.py:100000; line 100007;"      \
  "return; line 12; worker: call h@c.py:1; lines 2-9; return; main: line 13); block);"             \
  "call gen@b.py:7; line 8"

static void
set_up_large (Golden *golden, gconstpointer data)
{
  TxWriterOptions options = { .segment_size_bytes = 1024 };
  TraceText *writer;
  TxReader *reader;

  golden->directory = trace_text_make_directory ();
  writer = trace_text_new (golden->directory, &options);
  trace_text_play (writer, LARGE_TEXT);
  trace_text_close (writer);
  reader = tx_reader_open (golden->directory, NULL);
  golden->steps = load_steps (reader);
  golden->n_steps = tx_reader_get_n_steps (reader);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    golden->steps_per_block_max =
        MAX (golden->steps_per_block_max, tx_reader_get_block_info (reader, i)->steps);
  tx_reader_close (reader);
}

/* Flips, overwrites, zeroes or removes a few bytes, or cuts the end. */
static void
damage (GByteArray *bytes)
{
  guint pos = (guint) g_test_rand_int_range (0, (gint32) bytes->len);
  guint size = (guint) g_test_rand_int_range (1, 200);

  size = MIN (size, bytes->len - pos);
  switch (g_test_rand_int_range (0, 5))
    {
    case 0:
      bytes->data[pos] ^= (guint8) (1 << g_test_rand_int_range (0, 8));
      break;
    case 1:
      for (guint i = 0; i < size; i++)
        bytes->data[pos + i] = (guint8) g_test_rand_int ();
      break;
    case 2:
      memset (bytes->data + pos, 0, size);
      break;
    case 3:
      g_byte_array_remove_range (bytes, pos, size);
      break;
    default:
      g_byte_array_set_size (bytes, pos);
    }
}

static void
test_random_damage (Golden *golden, gconstpointer data)
{
  static const char *const damaged[] = { "catalog",      "index.00000",  "blocks.00000",
                                         "blocks.00001", "blocks.00002", "end" };

  for (int i = 0; i < 250; i++)
    {
      const char *file = damaged[g_test_rand_int_range (0, G_N_ELEMENTS (damaged))];
      g_autofree char *path = g_build_filename (golden->directory, file, NULL);
      g_autofree char *bytes = NULL;
      g_autoptr (GByteArray) changed = g_byte_array_new ();
      gsize size;

      g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
      g_byte_array_append (changed, (const guint8 *) bytes, (guint) size);
      damage (changed);
      g_assert_true (
          g_file_set_contents (path, (const char *) changed->data, (gssize) changed->len, NULL));
      g_assert_cmpuint (look (golden, file), <=, golden->n_steps);
      g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
    }
  g_assert_cmpuint (look (golden, "info"), ==, golden->n_steps);
}

/* One bit each, anywhere: no wrong line, and no more lost than the block it is in. */
static void
test_random_bits (Golden *golden, gconstpointer data)
{
  static const char *const damaged[] = { "catalog", "index.00000", "blocks.00000", "blocks.00001",
                                         "blocks.00002" };
  guint n_bits = g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0 ? 100000 : 500;
  uint64_t n_shown_min = golden->n_steps;

  for (guint i = 0; i < n_bits; i++)
    {
      const char *file = damaged[g_test_rand_int_range (0, G_N_ELEMENTS (damaged))];
      gsize size;
      int fd;
      g_autofree char *bytes = read_file (golden, file, &size, &fd);
      gsize place = (gsize) g_test_rand_int_range (0, (gint32) size);
      char flipped = (char) (bytes[place] ^ (1 << g_test_rand_int_range (0, 8)));
      uint64_t n_shown;

      g_assert_cmpint (pwrite (fd, &flipped, 1, (off_t) place), ==, 1);
      n_shown = look (golden, file);
      g_assert_cmpint (pwrite (fd, &bytes[place], 1, (off_t) place), ==, 1);
      close (fd);
      if (strcmp (file, "catalog") == 0)
        continue;
      g_assert_cmpuint (n_shown, >=, golden->n_steps - golden->steps_per_block_max);
      n_shown_min = MIN (n_shown_min, n_shown);
    }
  g_print ("# T21: %u random bits of a trace of %" G_GUINT64_FORMAT " steps: 0 wrong lines, "
           "at worst one block, %" G_GUINT64_FORMAT " steps, not shown\n",
           n_bits, golden->n_steps, golden->n_steps - n_shown_min);
}

static const char *const files[] = {
  "info", "end", "catalog", "sources", "index.00000", "blocks.00000",
};

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*func) (Golden *golden, gconstpointer data);
  } tests[] = {
    { "flip-every-bit", test_flip_every_bit },
    { "cut-at-every-byte", test_cut_at_every_byte },
    { "without", test_without_a_file },
    { "zeros-at-the-end", test_zeros_at_the_end },
  };

  test_init_seeded (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (files); k++)
      {
        g_autofree char *path = g_strdup_printf ("/damage/%s/%s", tests[i].name, files[k]);

        g_test_add (path, Golden, files[k], set_up, tests[i].func, tear_down);
      }
  g_test_add ("/damage/random", Golden, NULL, set_up_large, test_random_damage, tear_down);
  g_test_add ("/damage/random-bits", Golden, NULL, set_up_large, test_random_bits, tear_down);
  return g_test_run ();
}
