// SPDX-License-Identifier: BSD-3-Clause
// A small recording of WalT's cut at every byte, and with every bit flipped: what is shown of it is
// what was there, or it is said that something is wrong. Then blocks and archives one rule after
// the other.
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "trace-text.h"
#include "trace/tx.h"
#include "walt/walt-block-private.h"
#include "walt/walt.h"

static const char *const names[] = { "log_index", "log_map/0.gz", "log_sources.tar.gz", "pid" };

typedef struct
{
  char *bytes; /* owned */
  gsize size;
} Content;

/** A recording in memory, and places to put it and what it is converted into. */
typedef struct
{
  Content files[G_N_ELEMENTS (names)];
  char *root; /* owned */
  char *source, *target;
  char *steps; /* owned; of the undamaged one */
  char *text;  /* owned; its source */
} Fixture;

static void
put (Fixture *self, gsize which, const char *bytes, gsize size)
{
  g_autofree char *path = g_build_filename (self->source, names[which], NULL);
  FILE *file = fopen (path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (bytes, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
empty_target (Fixture *self)
{
  g_autoptr (GDir) directory = g_dir_open (self->target, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (directory)))
    {
      g_autofree char *path = g_build_filename (self->target, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

/* "FILE:LINE DEPTH" of each step. */
static char *
print_steps (const TxReader *reader)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      g_assert_false (block->damaged);
      for (gsize j = 0; j < block->n_steps; j++)
        {
          const TxEvent *event = &block->events[block->steps[j]];
          const TxFunction *function = tx_reader_get_function (reader, event->function);

          g_string_append_printf (text, "%s:%u %u\n",
                                  tx_reader_get_file (reader, function->file)->path, event->line,
                                  event->depth);
        }
      tx_block_free (block);
    }
  return g_string_free (text, FALSE);
}

/* What is shown of the recording as it is now; NULL when it is refused. */
static char *
convert (Fixture *self, bool *ret_is_damaged, char **ret_text)
{
  TxError error = { 0 };
  TxReader *reader;
  char *steps, *text = NULL;
  gsize size;

  empty_target (self);
  if (walt_convert (self->source, self->target, NULL, NULL, &error) != TX_OK)
    {
      g_assert_cmpint (error.message[0], !=, '\0');
      return NULL;
    }
  reader = tx_reader_open (self->target, &error);
  g_assert_nonnull (reader);
  *ret_is_damaged = tx_reader_get_damage (reader, NULL) != NULL;
  steps = print_steps (reader);
  if (tx_reader_dup_source (reader, 1, &text, &size, NULL) != TX_OK)
    text = NULL;
  *ret_text = text;
  tx_reader_close (reader);
  return steps;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *maps = NULL;
  bool is_damaged;

  self->root = trace_text_make_directory ();
  self->source = g_build_filename (self->root, "walt", NULL);
  self->target = g_build_filename (self->root, "trace", NULL);
  maps = g_build_filename (self->source, "log_map", NULL);
  g_assert_cmpint (g_mkdir_with_parents (maps, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (self->target, 0700), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path =
          g_build_filename (TEST_DATA_DIRECTORY, "walt/gen_throw", names[i], NULL);

      g_assert_true (g_file_get_contents (path, &self->files[i].bytes, &self->files[i].size, NULL));
      put (self, i, self->files[i].bytes, self->files[i].size);
    }
  self->steps = convert (self, &is_damaged, &self->text);
  g_assert_false (is_damaged);
  g_assert_cmpint (strlen (self->text), ==, 261);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (self->files[i].bytes);
  g_free (self->steps);
  free (self->text);
  g_free (self->source);
  g_free (self->target);
  trace_text_remove_directory (self->root);
}

/* Converts with one file changed: fewer lines are shown only if that is said, and never others. */
static void
check_changed (Fixture *self, gsize which, const char *bytes, gsize size, guint *n_damaged)
{
  g_autofree char *steps = NULL;
  char *text = NULL;
  bool is_damaged = false;

  put (self, which, bytes, size);
  steps = convert (self, &is_damaged, &text);
  if (!steps)
    return;
  *n_damaged += is_damaged;
  if (!is_damaged)
    {
      g_assert_cmpstr (steps, ==, size < 10 && which == 0 ? "" : self->steps);
      g_assert_cmpstr (text, ==, self->text);
    }
  else
    {
      /* Names of files can be lost with the archive. */
      g_assert_true (steps[0] == '\0' || which == 2 || strcmp (steps, self->steps) == 0);
      g_assert_true (!text || strcmp (text, self->text) == 0);
    }
  free (text);
}

static void
test_every_cut (Fixture *self, gconstpointer data)
{
  guint n = 0, n_damaged = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      for (gsize size = 0; size < self->files[i].size; size++, n++)
        check_changed (self, i, self->files[i].bytes, size, &n_damaged);
      put (self, i, self->files[i].bytes, self->files[i].size);
    }
  g_test_message (
      "T20: %u cuts of a recording of WalT's: 0 crashes, 0 wrong lines, damage told of %u", n,
      n_damaged);
  g_assert_cmpuint (n_damaged, >, n / 2);
}

static void
test_every_bit (Fixture *self, gconstpointer data)
{
  guint n = 0, n_damaged = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      for (gsize bit = 0; bit < 8 * self->files[i].size; bit++, n++)
        {
          self->files[i].bytes[bit / 8] ^= (char) (1 << bit % 8);
          check_changed (self, i, self->files[i].bytes, self->files[i].size, &n_damaged);
          self->files[i].bytes[bit / 8] ^= (char) (1 << bit % 8);
        }
      put (self, i, self->files[i].bytes, self->files[i].size);
    }
  g_test_message (
      "T21: %u flipped bits of a recording of WalT's: 0 wrong lines in silence, damage told of %u",
      n, n_damaged);
  g_assert_cmpuint (n_damaged, >, n / 2);
}

/* ---- Blocks ---- */

#define TIME(ticks) 0xfffd, ((ticks) &0x7fff) + 1, ((ticks) >> 15 & 0x7fff) + 1, 1, 1

/* The block that begins with these words; the rest is 0, or @fill. */
static const char *
check_block (const uint16_t *words, gsize n, uint16_t fill, uint16_t depth_min, uint64_t end_ticks)
{
  g_autofree WaltBlock *block = g_new0 (WaltBlock, 1);
  const WaltRecord record = { .ticks = 1000, .depth_min = depth_min };

  memcpy (block->words, words, n * sizeof *words);
  for (gsize i = n; i < WALT_BLOCK_WORDS; i++)
    block->words[i] = fill;
  return _walt_block_check (block, &record, end_ticks);
}

#define CHECK_BLOCK(fill, depth_min, end_ticks, ...)                                               \
  check_block ((const uint16_t[]){ __VA_ARGS__ },                                                  \
               sizeof ((const uint16_t[]){ __VA_ARGS__ }) / sizeof (uint16_t), fill, depth_min,    \
               end_ticks)

static void
test_good_blocks (void)
{
  g_assert_null (CHECK_BLOCK (0, 0, UINT64_MAX, 0));
  g_assert_null (CHECK_BLOCK (0, 1, UINT64_MAX, 1, 5, 0, 10, 0xffff, 7, 11, 0xfffe, 12));
  g_assert_null (CHECK_BLOCK (0, 0, 1010, 1, 5, 0, 10, TIME (10), 11, 0xfffe));
  /* A line that has the number of an operand. */
  g_assert_null (CHECK_BLOCK (0, 0, UINT64_MAX, 0, 0xffff, 0xffff, 65532));
  /* More returns than calls: nothing that can happen, nothing that harms. */
  g_assert_null (CHECK_BLOCK (0, 0, UINT64_MAX, 0, 0xfffe, 0xfffe, 3));
  /* So deep that its writer had no room for the end. */
  g_assert_null (CHECK_BLOCK (9, 2047, UINT64_MAX, 2047));
}

static void
test_bad_blocks (void)
{
  g_assert_cmpstr (CHECK_BLOCK (0, 2048, UINT64_MAX, 2048), ==, "a stack that does not fit");
  g_assert_cmpstr (CHECK_BLOCK (0, 1, UINT64_MAX, 1, 5, 0, 10, 0xfffe), ==,
                   "another depth than log_index says");
  g_assert_cmpstr (CHECK_BLOCK (0, 0, 1009, 0, TIME (10)), ==, "a time behind the next block's");
  g_assert_cmpstr (CHECK_BLOCK (0, 0, UINT64_MAX, 0, 0xfffd, 1, 1, 1, 0x8001), ==,
                   "an operation that is none");
  g_assert_cmpstr (CHECK_BLOCK (0, 0, UINT64_MAX, 0, 0xfffd, 0, 1, 1, 1), ==,
                   "an operation that is none");
  g_assert_cmpstr (CHECK_BLOCK (0, 0, UINT64_MAX, 0, 0xfffd, 1, 1, 1, 0x8000), ==,
                   "a time that cannot be");
  g_assert_cmpstr (CHECK_BLOCK (0, 0, UINT64_MAX, 0, 5, 0, 5), ==, "something behind its end");
  g_assert_cmpstr (CHECK_BLOCK (9, 0, UINT64_MAX, 0), ==, "an operation that is none");
  g_assert_cmpstr (CHECK_BLOCK (0xffff, 0, UINT64_MAX, 0), ==, "an operation that is none");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/walt/every-cut", Fixture, NULL, set_up, test_every_cut, tear_down);
  g_test_add ("/walt/every-bit", Fixture, NULL, set_up, test_every_bit, tear_down);
  g_test_add_func ("/walt/good-blocks", test_good_blocks);
  g_test_add_func ("/walt/bad-blocks", test_bad_blocks);
  return g_test_run ();
}
