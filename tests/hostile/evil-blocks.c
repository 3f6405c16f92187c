// SPDX-License-Identifier: BSD-3-Clause
// Events, frames, index, digests and rings that say what cannot be, or far too much of it.
#include "evil.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "trace/tx-bytes-private.h"
#include "trace/tx-checksum-private.h"
#include "trace/tx-types.h"

/* A block may hold that many bytes; what its STACK takes is left for other uses of the size. */
#define FILL (TX_SLOT_SIZE_MAX - 64)

/* From one line to the next and back, as often as a block can hold. */
static void
add_hopping_block (Evil *evil)
{
  g_autoptr (GByteArray) events = g_byte_array_new ();

  evil_append (events, EVIL_STACK);
  evil_append_fill (events, 0x41, FILL);
  for (guint i = 8; i < events->len; i += 2)
    events->data[i] = 0x3f;
  evil_add_block (evil, events->data, events->len, NULL);
}

/* ---- Bombs ---- */

/* 6 million steps in 50 kB. */
static void
make_bombs (Evil *evil)
{
  for (int i = 0; i < 24; i++)
    add_hopping_block (evil);
}

/* Down three million frames, and never back. */
static void
make_deep_calls (Evil *evil)
{
  for (int i = 0; i < 26; i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();

      evil_append (events, 0x87, 1, 0);
      evil_append_varint (events, (guint64) i * 120000 + 1);
      evil_append (events, 1, 1, 5);
      for (int k = 0; k < 120000 && i < 25; k++)
        evil_append (events, 0x80, 1);
      evil_append (events, 0x41);
      evil_add_block (evil, events->data, events->len, NULL);
    }
}

static void
make_deep_stacks (Evil *evil)
{
  for (int i = 0; i < 40; i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();

      evil_append (events, 0x87, 1, 0);
      evil_append_varint (events, TX_DEPTH_MAX);
      evil_append_varint (events, TX_SNAPSHOT_FRAMES_MAX);
      for (guint k = 0; k < TX_SNAPSHOT_FRAMES_MAX; k++)
        evil_append (events, 1, 5);
      for (guint k = 0; k < 4000; k++)
        evil_append (events, 0x41, 0x81, 0x89, 1, 5);
      evil_add_block (evil, events->data, events->len, NULL);
    }
}

/* A new thread with every few bytes. */
static void
make_threads (Evil *evil)
{
  guint32 thread = 1;

  for (int i = 0; i < 20; i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();

      while (events->len < FILL)
        {
          evil_append (events, 0x87);
          evil_append_varint (events, thread);
          evil_append (events, events->len > 8, 1, 1, 1, 5, 0x41);
          thread += 10007;
        }
      evil_add_block (evil, events->data, events->len, NULL);
    }
}

/* The number that @factor makes 1 of, of 32 bits. */
static guint32
invert (guint32 factor)
{
  guint32 inverse = factor;

  for (int i = 0; i < 5; i++)
    inverse *= 2 - factor * inverse;
  return inverse;
}

/* The same with ids which, times what tables may multiply by, end in nearly the same bits. */
static void
make_alike (Evil *evil)
{
  static const guint32 factors[] = { 2654435761u, 2654435769u };
  guint32 n = 0;

  for (int i = 0; i < 20; i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();
      guint32 inverse = invert (factors[i % 2]);

      while (events->len < FILL)
        {
          guint32 id = inverse * (n << 19 | n >> 13);

          n++;
          evil_append (events, 0x87);
          evil_append_varint (events, id);
          evil_append (events, events->len > 8, 1, 1, 1, 5, 0x41);
        }
      evil_add_block (evil, events->data, events->len, NULL);
    }
}

static void
make_definitions (Evil *evil)
{
  guint32 id = 1;

  for (int i = 0; i < 10; i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();

      while (events->len < FILL)
        {
          g_autoptr (GByteArray) payload = g_byte_array_new ();

          evil_append_varint (payload, ++id);
          evil_append (payload, 1, 5, 0, 1, 'f', 0, 0);
          evil_add_record (evil->catalog, TX_RECORD_FUNCTION, payload, 0, FALSE);
          evil_append (events, 0x8b);
          g_byte_array_append (events, payload->data, payload->len);
        }
      evil_append (events, EVIL_STACK, 0x41);
      evil_add_block (evil, events->data, events->len, NULL);
    }
}

/* A digest with millions of lines that no block can have, in a small frame; and again. */
static void
make_digest_bombs (Evil *evil)
{
  static const guint8 events[] = { EVIL_STACK, 0x41 };

  for (guint8 i = 0; i < 3; i++)
    {
      g_autoptr (GByteArray) lines = g_byte_array_new ();
      g_autoptr (GByteArray) digest = g_byte_array_new ();
      const gsize n_lines = 2500000;

      evil_append_varint (lines, n_lines);
      evil_append (lines, (guint8) (i + 1), 1, 1, 0, 0, 0);
      for (gsize k = 1; k < n_lines; k++)
        evil_append (lines, 0, 1, 0, 0, 0, 0);
      evil_append (digest, 1, 5, 1, 1, 1, 1, 0, 2);
      evil_append_varint (digest, lines->len);
      g_byte_array_append (digest, lines->data, lines->len);
      evil->next.summary.steps = evil->next.summary.events = 1;
      evil->next.summary.depth_min = evil->next.summary.depth_max = 1;
      evil_add_frame (evil, events, sizeof events, digest->data, digest->len, NULL);
    }
}

/* ---- Digests that lie ---- */

static void
add_digest (Evil *evil, const guint8 *digest, gsize size, guint32 steps)
{
  static const guint8 events[] = { EVIL_STACK, 0x41, 0x41, 0x41 };

  evil->next.summary.steps = steps;
  evil->next.summary.events = 4;
  evil->next.summary.depth_min = evil->next.summary.depth_max = 1;
  evil_add_frame (evil, events, sizeof events, digest, size, NULL);
}

/* Times of all centuries, lines and functions of no program. */
static void
make_digest_lies (Evil *evil)
{
  for (int i = 0; i < 20; i++)
    {
      g_autoptr (GByteArray) lines = g_byte_array_new ();
      g_autoptr (GByteArray) digest = g_byte_array_new ();

      evil_append (lines, 2);
      for (int k = 0; k < 2; k++)
        {
          evil_append_varint (lines, k ? UINT32_MAX - 1 : 1);
          evil_append_varint (lines, UINT32_MAX);
          evil_append (lines, k ? 3 : 0);
          evil_append_varint (lines, INT64_MAX);
          evil_append_varint (lines, k ? UINT64_MAX : 0);
          evil_append_varint (lines, UINT64_MAX);
        }
      evil_append (digest, 1, 5, 1, 1, 3, 1, 0, 2);
      evil_append_varint (digest, lines->len);
      g_byte_array_append (digest, lines->data, lines->len);
      add_digest (evil, digest->data, digest->len, 3);
    }
}

/* Claims the lines of elsewhere: what is looked for by digest is not there. */
static void
make_digest_of_another (Evil *evil)
{
  static const guint8 digest[] = { 1, 5, 1, 1, 3, 1, 0, 2, 7, 1, 1, 99, 3, 1, 0, 1 };

  for (int i = 0; i < 300; i++)
    add_digest (evil, digest, sizeof digest, 3);
}

/* ---- Headers that lie ---- */

static void
lie_first_step (TxFrameHeader *header)
{
  header->summary.first_step = UINT64_MAX - 1;
}

static void
lie_sequence (TxFrameHeader *header)
{
  header->summary.sequence = UINT64_MAX;
}

static void
lie_time (TxFrameHeader *header)
{
  header->summary.mono_first_ns = INT64_MAX;
  header->summary.mono_last_ns = INT64_MIN;
  header->summary.real_first_ns = INT64_MIN;
}

static void
lie_sizes (TxFrameHeader *header)
{
  header->events_raw_size = UINT32_MAX;
  header->digest_raw_size = UINT32_MAX;
}

static void
lie_steps (TxFrameHeader *header)
{
  header->summary.steps = UINT32_MAX;
  header->summary.events = UINT32_MAX;
}

static void
lie_lost (TxFrameHeader *header)
{
  header->summary.events_lost = UINT64_MAX;
}

static void
lie_hole (TxFrameHeader *header)
{
  header->summary.sequence += UINT64_C (1) << 62;
  header->summary.first_step += (UINT64_C (1) << 62) + 1;
}

static void
make_headers (Evil *evil)
{
  static const EvilLie lies[] = {
    lie_first_step, lie_sequence, lie_time, lie_sizes, lie_steps, lie_lost, lie_hole,
  };
  static const guint8 events[] = { EVIL_STACK, 0x41, 0x41 };

  for (guint i = 0; i < 4 * G_N_ELEMENTS (lies); i++)
    {
      evil_add_block (evil, events, sizeof events, lies[i % G_N_ELEMENTS (lies)]);
      evil_add_good_block (evil);
    }
}

/* The clock goes back with each block, by centuries. */
static void
make_times (Evil *evil)
{
  for (int i = 0; i < 40; i++)
    {
      evil_add_good_block (evil);
      evil->next.summary.mono_first_ns = i % 2 ? INT64_MIN : INT64_MAX - i;
      evil->next.summary.mono_last_ns = i % 3 ? INT64_MAX : INT64_MIN + i;
      evil->next.summary.real_first_ns = i % 5 ? INT64_MIN + i : INT64_MAX;
    }
}

/* Each block takes all the time that there is, or lies at one end of it; of the wall clock's too. */
static void
make_ends_of_time (Evil *evil)
{
  for (int i = 0; i < 12; i++)
    {
      evil_add_good_block (evil);
      evil->next.summary.mono_first_ns = i < 6 ? INT64_MIN : INT64_MAX;
      evil->next.summary.mono_last_ns = i % 6 < 3 ? evil->next.summary.mono_first_ns : INT64_MAX;
      evil->next.summary.real_first_ns = i < 8 ? INT64_MIN : 0;
    }
}

/* The same sequence again and again, also from another segment. */
static void
make_again (Evil *evil)
{
  TxFrameHeader first = evil->next;

  for (guint32 i = 0; i < 10; i++)
    {
      evil_begin_segment (evil, i);
      for (int k = 0; k < 10; k++)
        {
          evil_add_good_block (evil);
          evil->next = first;
        }
    }
}

/* ---- Index ---- */

static void
add_index (Evil *evil, const TxIndexRecord *record)
{
  guint number;

  if (evil->index->len == 0)
    {
      g_byte_array_set_size (evil->index, TX_FILE_HEADER_SIZE);
      _tx_file_header_encode (evil->index->data, TX_MAGIC_INDEX, EVIL_TRACE_ID);
    }
  number = (evil->index->len - TX_FILE_HEADER_SIZE) / TX_INDEX_RECORD_SIZE;
  g_byte_array_set_size (evil->index, evil->index->len + TX_INDEX_RECORD_SIZE);
  _tx_index_record_encode (evil->index->data + evil->index->len - TX_INDEX_RECORD_SIZE, record,
                           EVIL_TRACE_ID, number);
}

/* All records name one frame, itself, one before, one of nowhere. */
static void
make_index_loops (Evil *evil)
{
  static const guint64 offsets[] = { 64, 0, 8, 64, UINT64_MAX - 7, UINT64_C (1) << 40, 72, 200 };

  evil_add_good_block (evil);
  evil_add_good_block (evil);
  for (guint i = 0; i < 4000; i++)
    {
      TxIndexRecord record = { .summary = { .sequence = i,
                                            .first_step = 3 * i,
                                            .steps = 3,
                                            .events = 4,
                                            .mono_first_ns = EVIL_MONO_NS,
                                            .real_first_ns = EVIL_REAL_NS },
                               .segment = i % 3 ? 0 : i,
                               .frame_size = i % 5 ? 136 : 0,
                               .offset = offsets[i % G_N_ELEMENTS (offsets)] };

      add_index (evil, &record);
    }
}

/* A hundred thousand records that are none. */
static void
make_bad_index (Evil *evil)
{
  evil_add_good_block (evil);
  g_byte_array_set_size (evil->index, TX_FILE_HEADER_SIZE);
  _tx_file_header_encode (evil->index->data, TX_MAGIC_INDEX, EVIL_TRACE_ID);
  evil_append_fill (evil->index, 0xff, 16 << 20);
}

/* 16 MiB of damage without a single good frame. */
static void
make_damage (Evil *evil)
{
  evil_add_good_block (evil);
  evil_append_fill (evil->segment, 0x54, 16 << 20);
}

/* ---- Events ---- */

static void
make_counts (Evil *evil)
{
  static const guint8 tails[][12] = {
    { 0x87, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0x07 }, /* STACK */
    { 0x8d, 0xff, 0xff, 0xff, 0xff, 0x0f },                               /* MARK */
    { 0xf7, 0xff, 0xff, 0xff, 0xff, 0x0f },                               /* extension */
    { 0x8a, 9, 0xff, 0xff, 0xff, 0xff, 0x0f },                            /* DEFINE_FILE */
    { 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 }, /* LINE_FAR */
    { 0x80, 0xff, 0xff, 0xff, 0xff, 0x0f },                               /* CALL */
    { 0x81, 0x81, 0x81 },                                                 /* below the stack */
  };

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();

      evil_append (events, EVIL_STACK, 0x41);
      g_byte_array_append (events, tails[i], sizeof tails[i]);
      evil_add_block (evil, events->data, events->len, NULL);
    }
  evil_add_good_block (evil);
}

static void
make_wraps (Evil *evil)
{
  for (int i = 0; i < 30; i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();

      evil_append (events, 0x8e);
      evil_append_varint (events, UINT64_MAX);
      evil_append (events, 0x87, 1, 3, 1, 1, 1, 5, 0x41, 0x90);
      evil_append_varint (events, UINT64_MAX);
      evil_append (events, 0x41, 0x88);
      evil_append_varint (events, UINT64_MAX);
      evil_append_varint (events, UINT64_MAX);
      evil_append (events, 0x41, 0x88);
      evil_append_varint (events, INT64_MAX);
      evil_append (events, 0, 0x41, 0x91);
      evil_append_varint (events, UINT64_MAX - 1);
      evil_append (events, 0x41);
      evil_add_block (evil, events->data, events->len, NULL);
    }
}

/* Lines at the end of the numbers. */
static void
make_lines (Evil *evil)
{
  g_autoptr (GByteArray) events = g_byte_array_new ();

  evil_append (events, EVIL_STACK, 0x83);
  evil_append_varint (events, _tx_zigzag ((gint64) UINT32_MAX - 5));
  evil_append (events, 0x3f, 0x41, 0x83);
  evil_append_varint (events, _tx_zigzag (1 - (gint64) UINT32_MAX));
  evil_append (events, 0x83);
  evil_append_varint (events, _tx_zigzag (INT32_MAX));
  evil_add_block (evil, events->data, events->len, NULL);
  evil_add_source (evil, 1, "a\nb\n", 4);
}

/* The same activation everywhere at once. */
static void
make_activations (Evil *evil)
{
  for (int i = 0; i < 20; i++)
    {
      g_autoptr (GByteArray) events = g_byte_array_new ();

      evil_append (events, EVIL_STACK, 0x41);
      for (int k = 0; k < 500; k++)
        evil_append (events, 0x85, 1, (guint8) (k ? 0 : 14), 0, 0x41, 0x80, 1, 0x41, 0x84, 0, 0x85,
                     1, 0, 7, 0x41, 0x41);
      evil_add_block (evil, events->data, events->len, NULL);
    }
}

static void
make_unknown (Evil *evil)
{
  g_autoptr (GByteArray) events = g_byte_array_new ();

  evil_append (events, EVIL_STACK, 0x41);
  for (guint i = 0; i < 60000; i++)
    evil_append (events, (guint8) (0xf0 + i % 16), 0);
  evil_append (events, 0x94, 0xef);
  evil_add_block (evil, events->data, events->len, NULL);
}

/* ---- Ring ---- */

static void
put_slot (int fd, guint index, guint32 committed, guint64 sequence)
{
  TxSlotHeader header = { .sequence = sequence,
                          .mono_first_ns = EVIL_MONO_NS,
                          .real_first_ns = EVIL_REAL_NS };
  off_t offset = (off_t) (TX_RING_HEADER_SIZE + index * _tx_ring_stride (TX_SLOT_SIZE_MAX));
  guint8 slot[TX_SLOT_HEADER_SIZE + 1000];
  static const guint8 stack[] = { EVIL_STACK };

  memset (slot, 0x41, sizeof slot);
  _tx_slot_header_encode_opening (slot, &header, EVIL_TRACE_ID);
  _tx_put_u32 (slot + TX_SLOT_COMMITTED_OFFSET, committed);
  _tx_put_u32 (slot + TX_SLOT_STATE_OFFSET, index % 2 ? TX_SLOT_SEALED : TX_SLOT_OPEN);
  memcpy (slot + TX_SLOT_HEADER_SIZE, stack, sizeof stack);
  g_assert_cmpint (pwrite (fd, slot, sizeof slot, offset), ==, sizeof slot);
}

/* As large as a writer lets its ring become, all slots in use and full of zeros. */
static void
make_ring (Evil *evil)
{
  const guint n_slots = 240;
  TxRingHeader header = { .trace_id = EVIL_TRACE_ID,
                          .slot_count = n_slots,
                          .slot_size = TX_SLOT_SIZE_MAX,
                          .heartbeat_mono_ns = INT64_MAX,
                          .heartbeat_real_ns = INT64_MIN,
                          .events_lost = UINT64_MAX,
                          .state = TX_RING_RUNNING };
  g_autofree char *path = evil_get_path (evil, TX_FILE_RING);
  guint8 fields[TX_RING_FIELDS_SIZE];
  int fd;

  evil_put_hole (evil, TX_FILE_RING, _tx_ring_size (n_slots, TX_SLOT_SIZE_MAX));
  fd = open (path, O_WRONLY | O_CLOEXEC);
  _tx_ring_header_encode (fields, &header);
  _tx_put_u32 (fields + TX_RING_SLOTS_USED_OFFSET, _tx_slots_used_encode (n_slots));
  g_assert_cmpint (pwrite (fd, fields, sizeof fields, 0), ==, sizeof fields);
  for (guint i = 0; i < n_slots; i++)
    put_slot (fd, i, i % 7 ? TX_SLOT_SIZE_MAX : UINT32_MAX, i % 11 ? i : UINT64_MAX - i);
  close (fd);
  evil_add_good_block (evil);
}

/* ---- What is left of removed segments ---- */

static void
lie_run (TxFrameHeader *header)
{
  header->flags = TX_FRAME_RUN;
  header->events_raw_size = TX_RUN_BLOCKS_MAX;
  header->events_size = 0;
  header->summary.steps = 1;
  header->summary.events = 1;
}

/* Runs where no segment is, each with as many steps as it likes, overlapping. */
static void
make_runs (Evil *evil)
{
  static const guint8 digest[] = { 1, 5, 1, 1, 1, 1, 0, 2, 7, 1, 1, 6, 1, 1, 0, 1 };

  for (guint32 i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf (TX_FILE_DIGESTS_FORMAT, i);

      evil_begin_segment (evil, i);
      for (int k = 0; k < 50; k++)
        {
          evil->next.summary.depth_min = evil->next.summary.depth_max = 1;
          evil_add_frame (evil, NULL, 0, digest, sizeof digest, lie_run);
          evil->next.summary.sequence += k % 3 ? TX_RUN_BLOCKS_MAX - 1 : 10;
        }
      evil_put_file (evil, name, evil->segment->data, evil->segment->len);
      g_byte_array_set_size (evil->segment, 0);
    }
  evil_begin_segment (evil, 60);
  evil_add_good_block (evil);
}

const EvilRecipe evil_block_recipes[] = {
  { "bombs", make_bombs },
  { "deep-calls", make_deep_calls },
  { "deep-stacks", make_deep_stacks },
  { "threads", make_threads },
  { "threads-alike", make_alike },
  { "definitions", make_definitions },
  { "digest-bombs", make_digest_bombs },
  { "digest-lies", make_digest_lies },
  { "digest-of-another", make_digest_of_another },
  { "headers", make_headers },
  { "times", make_times },
  { "ends-of-time", make_ends_of_time },
  { "again", make_again },
  { "index-loops", make_index_loops },
  { "bad-index", make_bad_index },
  { "damage", make_damage },
  { "counts", make_counts },
  { "wraps", make_wraps },
  { "lines", make_lines },
  { "activations", make_activations },
  { "unknown", make_unknown },
  { "ring", make_ring },
  { "runs", make_runs },
  { NULL, NULL },
};
