// SPDX-License-Identifier: BSD-3-Clause
// Any prefix of what was written is a valid trace: each call of the writer is noted, and each state
// that a disk may be in is built from that: between any two calls, with the last write cut
// anywhere, and after a power cut, where of all that was not synced any part may lack. With
// TRACKEXEC_STATES=DIRECTORY the states after power cuts are left there, for other readers to open.
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "trace/tx-writer-private.h"
#include "trace/tx.h"
#include "trace-text.h"

#define N_LINES 4000u

static gboolean
is_full_size (void)
{
  return g_strcmp0 (g_getenv ("TRACKEXEC_FULL"), "1") == 0;
}

/* ---- Noting ---- */

typedef enum
{
  OP_CREATE,
  OP_WRITE,
  OP_SYNC,
  OP_UNLINK,
} OpKind;

typedef struct
{
  OpKind kind;
  const char *name; /* interned */
  guint64 offset;
  GBytes *bytes; /* of a write */
} Op;

typedef struct
{
  TxOs os; /* first */
  TxOs *real;
  GHashTable *names; /* of open descriptors */
  GArray *ops;
} NotingOs;

static void
note (NotingOs *self, OpKind kind, const char *name, guint64 offset, const void *bytes, gsize size)
{
  Op op = { kind, g_intern_string (name), offset, bytes ? g_bytes_new (bytes, size) : NULL };

  g_array_append_val (self->ops, op);
}

static int
noting_open (TxOs *os, int dir_fd, const char *path, int flags, mode_t mode)
{
  NotingOs *self = (NotingOs *) os;
  int fd = self->real->open (os, dir_fd, path, flags, mode);

  if (fd < 0)
    return fd;
  g_hash_table_remove (self->names, GINT_TO_POINTER (fd));
  if ((flags & O_CREAT) && strchr (path, '/') == NULL && !g_str_has_suffix (path, ".ring"))
    {
      g_hash_table_insert (self->names, GINT_TO_POINTER (fd), (char *) g_intern_string (path));
      note (self, OP_CREATE, path, 0, NULL, 0);
    }
  return fd;
}

static int64_t
noting_write_at (TxOs *os, int fd, const void *bytes, size_t size, uint64_t offset)
{
  NotingOs *self = (NotingOs *) os;
  const char *name = g_hash_table_lookup (self->names, GINT_TO_POINTER (fd));
  int64_t written = self->real->write_at (os, fd, bytes, size, offset);

  if (name && written > 0)
    note (self, OP_WRITE, name, offset, bytes, (gsize) written);
  return written;
}

static int
noting_sync (TxOs *os, int fd)
{
  NotingOs *self = (NotingOs *) os;
  const char *name = g_hash_table_lookup (self->names, GINT_TO_POINTER (fd));

  if (name)
    note (self, OP_SYNC, name, 0, NULL, 0);
  return 0;
}

static int
noting_unlink (TxOs *os, int dir_fd, const char *path)
{
  NotingOs *self = (NotingOs *) os;

  if (strchr (path, '/') == NULL && !g_str_has_suffix (path, ".ring"))
    note (self, OP_UNLINK, path, 0, NULL, 0);
  return self->real->unlink (os, dir_fd, path);
}

/* A recording whose step N is line N + 1, in small segments of which the oldest go. */
static GArray *
record (void)
{
  char *root = trace_text_make_directory ();
  char *directory = g_build_filename (root, "trace", NULL);
  TxWriterOptions options = { .manual = true,
                              .ring_dir = root,
                              .slot_count = 2,
                              .slot_size_bytes = TX_SLOT_SIZE_MIN,
                              .segment_size_bytes = 3000,
                              .max_size_bytes = 30000,
                              .min_free_bytes = TX_NO_LIMIT,
                              .sync_interval_ns = 2000000 };
  NotingOs os = { .os = *_tx_os_get_default (), .real = _tx_os_get_default () };
  TxWriter *writer;
  TxStream *stream;

  os.os.open = noting_open;
  os.os.write_at = noting_write_at;
  os.os.sync = noting_sync;
  os.os.unlink = noting_unlink;
  os.names = g_hash_table_new (NULL, NULL);
  os.ops = g_array_new (FALSE, FALSE, sizeof (Op));
  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  writer = _tx_writer_new_with_os (directory, &options, &os.os, NULL);
  g_assert_nonnull (writer);
  stream = tx_writer_get_stream (writer);
  tx_stream_switch_to (stream, tx_stream_get_thread (stream, 1));
  tx_stream_define_file (stream, "/a.py", 5);
  for (guint32 i = 0; i < N_LINES; i++)
    {
      if (i % 100 == 0)
        {
          TxFunctionId function = tx_stream_define_function (
              stream, &(TxFunctionDefinition){
                          .file = 1, .first_line = i + 1, .name = "f", .name_size = 1 });

          if (i > 0)
            tx_stream_return (stream);
          tx_stream_call (stream, function, i + 1, i + 1);
          g_assert_cmpint (tx_writer_flush (writer, 0, NULL), ==, TX_OK);
        }
      tx_stream_line (stream, i + 1);
    }
  g_assert_cmpint (tx_writer_close (writer, 0, NULL), ==, TX_OK);
  g_hash_table_destroy (os.names);
  g_free (directory);
  trace_text_remove_directory (root);
  return os.ops;
}

static void
free_ops (GArray *ops)
{
  for (guint i = 0; i < ops->len; i++)
    if (g_array_index (ops, Op, i).bytes)
      g_bytes_unref (g_array_index (ops, Op, i).bytes);
  g_array_free (ops, TRUE);
}

/* ---- States ---- */

/** State: a disk's content: GByteArrays by name. */
typedef GHashTable State;

static State *
new_state (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_byte_array_unref);
}

/* @size: of a write, how much of it gets there. */
static void
apply (State *self, const Op *op, gsize size)
{
  GByteArray *file = g_hash_table_lookup (self, op->name);

  if (op->kind == OP_UNLINK)
    g_hash_table_remove (self, op->name);
  else if (op->kind != OP_SYNC && !file)
    {
      file = g_byte_array_new ();
      g_hash_table_insert (self, (char *) op->name, file);
    }
  if (op->kind != OP_WRITE)
    return;
  if (file->len < op->offset + size)
    {
      guint before = file->len;

      g_byte_array_set_size (file, (guint) (op->offset + size));
      memset (file->data + before, 0, file->len - before);
    }
  memcpy (file->data + op->offset, g_bytes_get_data (op->bytes, NULL), size);
}

static gsize
get_size (const Op *op)
{
  return op->bytes ? g_bytes_get_size (op->bytes) : 0;
}

static void
put (State *self, const char *directory)
{
  GHashTableIter iter;
  gpointer name, file;
  GDir *dir = g_dir_open (directory, 0, NULL);
  const char *old;

  while ((old = g_dir_read_name (dir)))
    if (!g_hash_table_contains (self, old))
      {
        char *path = g_build_filename (directory, old, NULL);

        g_unlink (path);
        g_free (path);
      }
  g_dir_close (dir);
  g_hash_table_iter_init (&iter, self);
  while (g_hash_table_iter_next (&iter, &name, &file))
    {
      char *path = g_build_filename (directory, name, NULL);
      int fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

      g_assert_cmpint (write (fd, ((GByteArray *) file)->data, ((GByteArray *) file)->len), ==,
                       ((GByteArray *) file)->len);
      close (fd);
      g_free (path);
    }
}

/* How many steps are shown; each is the right one. @is_ordered: what was written first is there, so
 * every line is known. */
static guint64
check (const char *directory, gboolean is_ordered)
{
  TxReader *reader = tx_reader_open (directory, NULL);
  guint64 n_shown = 0;

  if (!reader)
    return 0;
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      const TxBlockInfo *info = tx_reader_get_block_info (reader, i);
      TxBlock *block;

      if (tx_reader_load_block (reader, i, &block, NULL) != TX_OK)
        continue;
      for (size_t j = 0; j < block->n_steps; j++)
        {
          guint32 line = block->events[block->steps[j]].line;

          if (is_ordered || line != 0)
            g_assert_cmpuint (line, ==, info->first_step + j + 1);
        }
      n_shown += block->n_steps;
      tx_block_free (block);
    }
  tx_reader_close (reader);
  return n_shown;
}

static void
test_each_prefix (void)
{
  GArray *ops = record ();
  char *directory = trace_text_make_directory ();
  GRand *random = g_rand_new_with_seed (1);
  gsize step = is_full_size () ? 64 : 512;
  guint n_random = is_full_size () ? 64 : 2;
  State *state = new_state ();
  guint n_states = 0;

  for (guint i = 0; i < ops->len; i++)
    {
      const Op *op = &g_array_index (ops, Op, i);

      for (gsize size = step; size < get_size (op); size += step, n_states++)
        {
          apply (state, op, size);
          put (state, directory);
          check (directory, TRUE);
        }
      for (guint j = 0; j < n_random && get_size (op) > 1; j++, n_states++)
        {
          State *torn = new_state ();

          for (guint k = 0; k < i; k++)
            apply (torn, &g_array_index (ops, Op, k), get_size (&g_array_index (ops, Op, k)));
          apply (torn, op, (gsize) g_rand_int_range (random, 1, (gint) get_size (op)));
          put (torn, directory);
          check (directory, TRUE);
          g_hash_table_destroy (torn);
        }
      apply (state, op, get_size (op));
      put (state, directory);
      check (directory, TRUE);
      n_states++;
    }
  g_assert_cmpuint (check (directory, TRUE), >, 0);
  g_print ("# T2: %u calls, %u states of the disk: 0 crashes, 0 wrong lines\n", ops->len, n_states);
  g_hash_table_destroy (state);
  g_rand_free (random);
  trace_text_remove_directory (directory);
  free_ops (ops);
}

/* For others; the directory of each state is its number. */
static void
keep (State *state, guint number)
{
  g_autofree char *path = NULL;

  if (!g_getenv ("TRACKEXEC_STATES"))
    return;
  path = g_strdup_printf ("%s/%04u", g_getenv ("TRACKEXEC_STATES"), number);
  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  put (state, path);
}

/* Whether what @index does is on the disk for sure when the power goes after @n_ops calls. */
static gboolean
is_synced (GArray *ops, guint index, guint n_ops)
{
  const char *name = g_array_index (ops, Op, index).name;

  for (guint i = index + 1; i < n_ops; i++)
    if (g_array_index (ops, Op, i).kind == OP_SYNC && g_array_index (ops, Op, i).name == name)
      return TRUE;
  return FALSE;
}

static void
test_power_cuts (void)
{
  GArray *ops = record ();
  char *directory = trace_text_make_directory ();
  GRand *random = g_rand_new_with_seed (2);
  guint n_cuts = is_full_size () ? 2000 : 200;

  for (guint i = 0; i < n_cuts; i++)
    {
      guint n_ops = (guint) g_rand_int_range (random, 1, (gint) ops->len + 1);
      gdouble share = g_rand_double (random);
      State *state = new_state ();

      for (guint j = 0; j < n_ops; j++)
        {
          const Op *op = &g_array_index (ops, Op, j);

          if (is_synced (ops, j, n_ops) || g_rand_double (random) < share)
            apply (state, op, get_size (op));
        }
      put (state, directory);
      check (directory, FALSE);
      keep (state, i);
      g_hash_table_destroy (state);
    }
  g_print ("# T27: %u power cuts, of what was not synced any part lost: 0 crashes, 0 wrong lines\n",
           n_cuts);
  g_rand_free (random);
  trace_text_remove_directory (directory);
  free_ops (ops);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/writer/states/prefixes", test_each_prefix);
  g_test_add_func ("/trace/writer/states/power-cuts", test_power_cuts);
  return g_test_run ();
}
