// SPDX-License-Identifier: BSD-3-Clause
// Builds the files of an evil trace.
#include "evil.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "trace/tx-block.h"
#include "trace/tx-checksum-private.h"
#include "trace/tx-compress-private.h"
#include "trace/tx-digest.h"

static GByteArray *
begin_file (const char *magic)
{
  GByteArray *file = g_byte_array_new ();

  g_byte_array_set_size (file, TX_FILE_HEADER_SIZE);
  _tx_file_header_encode (file->data, magic, EVIL_TRACE_ID);
  return file;
}

Evil *
evil_begin (const char *base, const char *name)
{
  Evil *self = g_new0 (Evil, 1);

  self->directory = g_build_filename (base, name, NULL);
  self->outside = g_build_filename (base, "..", "outside", NULL);
  g_assert_cmpint (g_mkdir_with_parents (self->directory, 0700), ==, 0);
  self->info = g_string_new (NULL);
  g_string_printf (self->info, "format=1.0\nincompatible=\ntrace_id=%016" PRIx64 "\n",
                   EVIL_TRACE_ID);
  self->catalog = begin_file (TX_MAGIC_CATALOG);
  self->sources = begin_file (TX_MAGIC_SOURCES);
  self->index = g_byte_array_new ();
  self->next.summary = (TxBlockSummary){ .mono_first_ns = EVIL_MONO_NS,
                                         .mono_last_ns = EVIL_MONO_NS + 1000,
                                         .real_first_ns = EVIL_REAL_NS };
  evil_define_file (self, 1, "/evil/a.py", 10);
  evil_define_function (self, 1, 1, 5, "f", 1);
  evil_define_thread (self, 1, "main", 4);
  return self;
}

char *
evil_get_path (const Evil *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

void
evil_put_file (const Evil *self, const char *name, gconstpointer bytes, gsize size)
{
  g_autofree char *path = evil_get_path (self, name);

  g_assert_true (g_file_set_contents (path, size ? bytes : "", (gssize) size, NULL));
}

void
evil_put_hole (const Evil *self, const char *name, guint64 size)
{
  g_autofree char *path = evil_get_path (self, name);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (ftruncate (fd, (off_t) size), ==, 0);
  close (fd);
}

/* What a recipe has put there itself stays. */
static void
write_file (const Evil *self, const char *name, const GByteArray *bytes)
{
  g_autofree char *path = evil_get_path (self, name);

  if (bytes->len > 0 && !g_file_test (path, G_FILE_TEST_EXISTS) &&
      !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    evil_put_file (self, name, bytes->data, bytes->len);
}

static void
finish_segment (Evil *self)
{
  g_autofree char *name = g_strdup_printf (TX_FILE_SEGMENT_FORMAT, self->number);
  g_autofree char *index = g_strdup_printf (TX_FILE_INDEX_FORMAT, self->number);

  if (!self->segment)
    return;
  write_file (self, name, self->segment);
  write_file (self, index, self->index);
  g_clear_pointer (&self->segment, g_byte_array_unref);
  g_byte_array_set_size (self->index, 0);
}

void
evil_end (Evil *self)
{
  g_autofree char *info = evil_get_path (self, TX_FILE_INFO);

  finish_segment (self);
  write_file (self, TX_FILE_CATALOG, self->catalog);
  write_file (self, TX_FILE_SOURCES, self->sources);
  if (self->info->len > 0 && !g_file_test (info, G_FILE_TEST_EXISTS) &&
      !g_file_test (info, G_FILE_TEST_IS_SYMLINK))
    evil_put_file (self, TX_FILE_INFO, self->info->str, self->info->len);
  g_byte_array_unref (self->catalog);
  g_byte_array_unref (self->sources);
  g_byte_array_unref (self->index);
  g_string_free (self->info, TRUE);
  g_free (self->outside);
  g_free (self->directory);
  g_free (self);
}

/* ---- Bytes ---- */

void
evil_append_varint (GByteArray *array, guint64 value)
{
  for (; value >= 0x80; value >>= 7)
    evil_append (array, (guint8) (value | 0x80));
  evil_append (array, (guint8) value);
}

void
evil_append_string (GByteArray *array, const char *text, gsize size)
{
  evil_append_varint (array, size);
  g_byte_array_append (array, (const guint8 *) text, (guint) size);
}

void
evil_append_fill (GByteArray *array, guint8 byte, gsize n)
{
  guint old = array->len;

  g_byte_array_set_size (array, old + (guint) n);
  memset (array->data + old, byte, n);
}

/* (transfer full): compressed where it helps. */
static GByteArray *
pack_bytes (const guint8 *bytes, gsize size, guint8 *ret_codec)
{
  GByteArray *packed = g_byte_array_new ();
  gsize packed_size;

  g_byte_array_set_size (packed, (guint) _tx_compress_bound (size) + 1);
  packed_size = size ? _tx_compress (bytes, size, packed->data, packed->len, ret_codec) : 0;
  g_byte_array_set_size (packed, (guint) packed_size);
  return packed;
}

/* ---- Catalog and sources ---- */

void
evil_add_record (
    GByteArray *file, guint8 type, const GByteArray *payload, guint32 decoded_size, gboolean pack)
{
  TxRecordHeader header = { .type = type,
                            .decoded_size = decoded_size ? decoded_size : payload->len };
  guint8 bytes[TX_RECORD_HEADER_SIZE];
  g_autoptr (GByteArray) stored = g_byte_array_new ();

  if (pack)
    {
      g_byte_array_unref (stored);
      stored = pack_bytes (payload->data, payload->len, &header.codec);
    }
  else
    g_byte_array_append (stored, payload->data, payload->len);
  header.size = stored->len;
  header.payload_checksum = _tx_checksum (stored->data, stored->len, EVIL_TRACE_ID);
  _tx_record_header_encode (bytes, &header, EVIL_TRACE_ID, file->len);
  g_byte_array_append (file, bytes, sizeof bytes);
  g_byte_array_append (file, stored->data, stored->len);
  evil_append_fill (file, 0, _tx_align (file->len) - file->len);
}

void
evil_define_file (Evil *self, guint32 id, const char *path, gsize size)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  evil_append_varint (payload, id);
  evil_append_string (payload, path, size);
  evil_add_record (self->catalog, TX_RECORD_FILE, payload, 0, FALSE);
}

void
evil_define_function (
    Evil *self, guint32 id, guint32 file, guint32 first_line, const char *name, gsize size)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  evil_append_varint (payload, id);
  evil_append_varint (payload, file);
  evil_append_varint (payload, first_line);
  evil_append_varint (payload, 0);
  evil_append_string (payload, name, size);
  evil_append_varint (payload, 0);
  evil_append_string (payload, "", 0);
  evil_add_record (self->catalog, TX_RECORD_FUNCTION, payload, 0, FALSE);
}

void
evil_define_thread (Evil *self, guint32 id, const char *name, gsize size)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  evil_append_varint (payload, id);
  evil_append_varint (payload, 4242);
  evil_append_string (payload, name, size);
  evil_add_record (self->catalog, TX_RECORD_THREAD, payload, 0, FALSE);
}

void
evil_define_type (Evil *self, guint32 id, const char *name)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  evil_append_varint (payload, id);
  evil_append_string (payload, name, strlen (name));
  evil_add_record (self->catalog, TX_RECORD_TYPE, payload, 0, FALSE);
}

void
evil_add_source (Evil *self, guint32 file, const char *text, gsize size)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  evil_append_varint (payload, file);
  evil_append_varint (payload, TX_SOURCE_PRESENT);
  evil_append_varint (payload, 0);
  evil_append_varint (payload, size);
  g_byte_array_append (payload, (const guint8 *) text, (guint) size);
  evil_add_record (self->sources, TX_RECORD_SOURCE, payload, 0, TRUE);
}

/* ---- Segments ---- */

void
evil_begin_segment (Evil *self, guint32 number)
{
  TxSegmentHeader header = { .trace_id = EVIL_TRACE_ID, .number = number };

  finish_segment (self);
  self->number = number;
  self->segment = g_byte_array_new ();
  g_byte_array_set_size (self->segment, TX_SEGMENT_HEADER_SIZE);
  _tx_segment_header_encode (self->segment->data, &header);
}

static bool
first_line_cb (void *data, TxFunctionId function, uint32_t *ret_first_line)
{
  *ret_first_line = 5;
  return true;
}

/* What is true of the events. */
static guint8 *
summarise (TxFrameHeader *header, const guint8 *events, gsize size, gsize *ret_digest_size)
{
  TxBlockSummary *summary = &header->summary;
  TxBlockTimes times = { summary->mono_first_ns, summary->mono_last_ns, summary->real_first_ns };
  TxBlock *block =
      tx_block_decode (events, size, summary->sequence, &times, first_line_cb, NULL, NULL);
  TxDigester *digester = tx_digester_new ();
  TxDigest *digest = tx_digester_add (digester, block);
  guint8 *bytes = tx_digest_encode (digest, ret_digest_size);

  summary->steps = (guint32) block->n_steps;
  summary->events = (guint32) block->n_events;
  summary->depth_min = digest->depth_min;
  summary->depth_max = digest->depth_max;
  summary->thread_mask = UINT64_MAX;
  for (gsize i = 0; i < block->n_gaps; i++)
    summary->events_lost += block->gaps[i].events_lost;
  tx_digest_free (digest);
  tx_digester_free (digester);
  tx_block_free (block);
  return bytes;
}

/* Also the last time that there is, which goes round then. */
static void
move_on (int64_t *time_ns)
{
  *time_ns = (int64_t) ((uint64_t) *time_ns + 1000);
}

void
evil_add_frame (Evil *self,
                const guint8 *events,
                gsize size,
                const guint8 *digest,
                gsize digest_size,
                EvilLie lie)
{
  TxFrameHeader header = self->next;
  g_autoptr (GByteArray) packed = pack_bytes (events, size, &header.events_codec);
  g_autoptr (GByteArray) packed_digest = pack_bytes (digest, digest_size, &header.digest_codec);
  guint8 bytes[TX_FRAME_HEADER_SIZE];
  guint64 seed;

  if (!self->segment)
    evil_begin_segment (self, 0);
  header.events_raw_size = (guint32) size;
  header.events_size = packed->len;
  header.digest_raw_size = (guint32) digest_size;
  header.digest_size = packed_digest->len;
  if (lie)
    lie (&header);
  seed = EVIL_TRACE_ID ^ header.summary.sequence;
  header.events_checksum = _tx_checksum (packed->data, packed->len, seed);
  header.digest_checksum = _tx_checksum (packed_digest->data, packed_digest->len, seed);
  _tx_frame_header_encode (bytes, &header, EVIL_TRACE_ID, self->number, self->segment->len);
  g_byte_array_append (self->segment, bytes, sizeof bytes);
  g_byte_array_append (self->segment, packed->data, packed->len);
  g_byte_array_append (self->segment, packed_digest->data, packed_digest->len);
  evil_append_fill (self->segment, 0, _tx_align (self->segment->len) - self->segment->len);
  self->next.summary.sequence++;
  self->next.summary.first_step += header.summary.steps;
  move_on (&self->next.summary.mono_first_ns);
  move_on (&self->next.summary.mono_last_ns);
  move_on (&self->next.summary.real_first_ns);
}

void
evil_add_block (Evil *self, const guint8 *events, gsize size, EvilLie lie)
{
  TxFrameHeader before = self->next;
  gsize digest_size;
  guint8 *digest = summarise (&self->next, events, size, &digest_size);

  evil_add_frame (self, events, size, digest, digest_size, lie);
  /* What was true of this block's events is not of the next one's. */
  before.summary.sequence = self->next.summary.sequence;
  before.summary.first_step = self->next.summary.first_step;
  before.summary.mono_first_ns = self->next.summary.mono_first_ns;
  before.summary.mono_last_ns = self->next.summary.mono_last_ns;
  before.summary.real_first_ns = self->next.summary.real_first_ns;
  self->next = before;
  free (digest);
}

void
evil_add_good_block (Evil *self)
{
  static const guint8 events[] = { EVIL_STACK, 0x41, 0x41, 0x41 };

  evil_add_block (self, events, sizeof events, NULL);
}
