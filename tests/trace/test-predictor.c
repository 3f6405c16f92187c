// SPDX-License-Identifier: BSD-3-Clause
// Codec 2: events come back byte for byte, regular ones take next to nothing, and bytes that are no
// events, or are damaged, harm nobody.
#include <glib.h>

#include "trace-text.h"
#include "trace/tx-bytes-private.h"
#include "trace/tx-checksum-private.h"
#include "trace/tx-compress-private.h"
#include "trace/tx-format-private.h"
#include "trace/tx-predictor-private.h"
#include "trace/tx-segment-writer-private.h"

#define GUARD 0xa5

static TxPredictor *predictor;

/* ---- Helpers ---- */

static GByteArray *
encode (const uint8_t *events, size_t size)
{
  GByteArray *encoded = g_byte_array_new ();

  g_byte_array_set_size (encoded, (guint) (2 * size + 64));
  g_byte_array_set_size (
      encoded, (guint) _tx_predictor_encode (predictor, events, size, encoded->data, encoded->len));
  return encoded;
}

/* Into memory that ends where it should not be written to. */
static bool
decode (const uint8_t *bytes, size_t size, uint8_t *decoded, size_t decoded_size)
{
  bool is_decoded;

  decoded[decoded_size] = GUARD;
  is_decoded = _tx_predictor_decode (predictor, bytes, size, decoded, decoded_size);
  g_assert_cmphex (decoded[decoded_size], ==, GUARD);
  return is_decoded;
}

static size_t
assert_comes_back (const uint8_t *events, size_t size)
{
  g_autoptr (GByteArray) encoded = encode (events, size);
  g_autofree uint8_t *decoded = g_malloc (size + 1);

  g_assert_cmpuint (encoded->len, >, 0);
  g_assert_true (decode (encoded->data, encoded->len, decoded, size));
  g_assert_cmpmem (decoded, size, events, size);
  return encoded->len;
}

/* The events of all blocks that a recording of @text has, one behind the other. */
static GByteArray *
record (const char *text)
{
  char *directory = trace_text_make_directory ();
  GByteArray *events = g_byte_array_new ();
  TxReader *reader;

  trace_text_record (directory, text);
  reader = tx_reader_open (directory, NULL);
  for (size_t i = 0; i < tx_reader_get_n_blocks (reader); i++)
    {
      TxBlock *block;

      g_assert_cmpint (tx_reader_load_block (reader, i, &block, NULL), ==, TX_OK);
      g_byte_array_append (events, block->raw, (guint) block->raw_size_bytes);
      tx_block_free (block);
    }
  tx_reader_close (reader);
  trace_text_remove_directory (directory);
  return events;
}

static const char all_kinds[] =
    "main: call f@a.py:10; lines 11-14; +1ms; stamp; call g@b.py:100000; line 100001; return; line "
    "13; worker: call w@c.py:5 as W; line 6; yield; main: resume W; line 7; mark hello; unwind;"
    "line 1000000; call g@b.py:100000; line 7; clock +1s; precise; line 9; raise a.B it failed;"
    "raise KeyError; raise KeyError; line 10; imprecise; block; resync q@b.py:3 4; line 5";

/* ---- Round trips ---- */

static void
test_each_kind_of_event (void)
{
  g_autoptr (GByteArray) events = record (all_kinds);

  assert_comes_back (events->data, events->len);
}

static void
test_every_prefix_of_whole_events (void)
{
  g_autoptr (GByteArray) events = record (all_kinds);
  unsigned n_whole = 0;

  for (guint size = 1; size <= events->len; size++)
    {
      g_autoptr (GByteArray) encoded = encode (events->data, size);
      g_autofree uint8_t *decoded = g_malloc (size + 1);

      if (encoded->len == 0)
        continue; /* cut within an event */
      n_whole++;
      g_assert_true (decode (encoded->data, encoded->len, decoded, size));
      g_assert_cmpmem (decoded, size, events->data, size);
    }
  g_assert_cmpuint (n_whole, >, 40);
}

/* A program of a few functions with random branches; also with ids that fit into no item. */
static GByteArray *
make_random_events (GRand *rand, guint size, guint function_max)
{
  GByteArray *events = g_byte_array_new ();
  uint32_t activation = 0;

  while (events->len < size)
    {
      uint8_t bytes[32];
      uint8_t *pos = bytes;
      int32_t difference = g_rand_int_range (rand, -(int32_t) MIN (activation, 4), 5);
      uint32_t function = (uint32_t) g_rand_int_range (rand, 1, (gint32) function_max);

      switch (g_rand_int_range (rand, 0, 10))
        {
        case 0:
          /* In either form. */
          if (function <= TX_CALL_NEAR_MAX && g_rand_boolean (rand))
            {
              pos = _tx_put_call (pos, function);
              break;
            }
          *pos++ = TX_BYTE_CALL;
          pos = _tx_put_varint64 (pos, function);
          break;
        case 1:
          *pos++ = g_rand_boolean (rand) ? TX_BYTE_RETURN : TX_BYTE_UNWIND;
          break;
        case 2:
        case 3:
          activation = (uint32_t) ((int32_t) activation + difference);
          *pos++ = TX_BYTE_RESUME;
          pos = _tx_put_varint64 (pos, function);
          pos = _tx_put_varint64 (pos, _tx_zigzag (difference));
          pos = _tx_put_varint64 (pos, (uint64_t) g_rand_int_range (rand, 0, 100));
          break;
        case 4:
          activation = (uint32_t) ((int32_t) activation + difference);
          *pos++ = TX_BYTE_YIELD;
          pos = _tx_put_varint64 (pos, _tx_zigzag (difference));
          break;
        default:
          *pos++ = (uint8_t) g_rand_int_range (rand, 0x3c, 0x45);
        }
      g_byte_array_append (events, bytes, (guint) (pos - bytes));
    }
  return events;
}

static void
test_random_events (void)
{
  static const guint functions_max[] = { 1u << 30, 20, 2 * TX_CALL_NEAR_MAX };
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (unsigned i = 0; i < 30; i++)
    {
      guint size = (guint) g_rand_int_range (rand, 1, i % 10 == 0 ? 200000 : 5000);
      g_autoptr (GByteArray) events = make_random_events (rand, size, functions_max[i % 3]);

      assert_comes_back (events->data, events->len);
    }
}

/* Stretches that come again and again, with something new now and then. What is encoded is the
   format: encoding and decoding may not change together. The sums are those of format 1.2's first
   implementation, which had no loop of its own for what repeats itself. */
static void
test_the_bytes_are_the_formats (void)
{
  static const struct
  {
    guint function_max, size;
    uint64_t checksum;
  } expected[] = {
    { 20, 765, UINT64_C (0x56dd3f35d9e39b7e) },
    { 2 * TX_CALL_NEAR_MAX, 797, UINT64_C (0x396bdf36603c7d83) },
    { 1u << 30, 44808, UINT64_C (0x3baa499cda840fe3) },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (11);
      g_autoptr (GByteArray) stretch = make_random_events (rand, 500, expected[i].function_max);
      g_autoptr (GByteArray) events = g_byte_array_new ();
      g_autoptr (GByteArray) encoded = NULL;

      for (unsigned turn = 0; turn < 200; turn++)
        {
          g_autoptr (GByteArray) odd = make_random_events (rand, 1, expected[i].function_max);

          g_byte_array_append (events, stretch->data, stretch->len);
          if (turn % 5 == 4)
            g_byte_array_append (events, odd->data, odd->len);
        }
      assert_comes_back (events->data, events->len);
      encoded = encode (events->data, events->len);
      g_assert_cmpuint (encoded->len, ==, expected[i].size);
      g_assert_cmphex (_tx_checksum (encoded->data, encoded->len, 0), ==, expected[i].checksum);
    }
}

/* ---- Sizes ---- */

static void
append (GByteArray *events, const char *bytes, size_t size)
{
  g_byte_array_append (events, (const guint8 *) bytes, (guint) size);
}

static void
test_a_loop_takes_next_to_nothing (void)
{
  g_autoptr (GByteArray) events = g_byte_array_new ();

  append (events, "\x80\x01", 2);
  for (unsigned i = 0; i < 20000; i++)
    append (events, "\x41\x41\x80\x02\x41\x81\x3e", 7);
  g_assert_cmpuint (assert_comes_back (events->data, events->len), <, 200);
}

/* Where LZ4 needs a byte for three: which of two branches is taken is one bit. */
static void
test_branches_take_bits (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autoptr (GByteArray) events = g_byte_array_new ();
  size_t size;

  append (events, "\x80\x01", 2);
  for (unsigned i = 0; i < 30000; i++)
    append (events, g_rand_boolean (rand) ? "\x41\x41\x42\x3c" : "\x41\x42\x41\x3c", 4);
  size = assert_comes_back (events->data, events->len);
  g_assert_cmpuint (size, <, 30000 / 8 * 115 / 100);
}

/* Frames that await each other are resumed from the outermost in, whatever numbers they have. */
static void
test_chains_of_frames_are_expected (void)
{
  g_autoptr (GByteArray) events = g_byte_array_new ();
  int64_t last = 0;
  size_t size;

  for (unsigned turn = 0; turn < 5000; turn++)
    {
      uint8_t bytes[64];
      uint8_t *pos = bytes;
      const int64_t chain[] = { 1, 2, 3 + turn }; /* the innermost is a new one each time */

      for (int i = 2; i >= 0; i--)
        {
          *pos++ = TX_BYTE_YIELD;
          pos = _tx_put_varint64 (pos, _tx_zigzag (chain[i] - last));
          last = chain[i];
        }
      for (unsigned i = 0; i < 3; i++)
        {
          *pos++ = TX_BYTE_RESUME;
          *pos++ = (uint8_t) (i + 1);
          pos = _tx_put_varint64 (pos, _tx_zigzag (chain[i] - last));
          *pos++ = 9;
          last = chain[i];
        }
      /* The innermost ends, and another is called. */
      *pos++ = TX_BYTE_RETURN;
      *pos++ = TX_BYTE_CALL;
      *pos++ = 3;
      g_byte_array_append (events, bytes, (guint) (pos - bytes));
    }
  size = assert_comes_back (events->data, events->len);
  g_assert_cmpuint (size, <, 300);
}

/* ---- What is no sequence of events ---- */

static void
test_other_bytes_are_left_to_another_codec (void)
{
  static const struct
  {
    const char *bytes;
    size_t size;
  } cases[] = {
    { "\x80", 1 },             /* cut */
    { "\x80\x81", 2 },         /* cut */
    { "\x80\x81\x00", 3 },     /* a number that could be shorter */
    { "\x94", 1 },             /* reserved */
    { "\x84\x01", 2 },         /* an activation below 0 */
    { "\x93\x01\x05\x61", 4 }, /* a message that ends early */
    { "\x8d\xff\xff\xff\xff\x0f", 6 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) encoded = encode ((const uint8_t *) cases[i].bytes, cases[i].size);

      g_assert_cmpuint (encoded->len, ==, 0);
    }
}

static void
test_too_little_room (void)
{
  g_autoptr (GByteArray) events = record (all_kinds);
  g_autoptr (GByteArray) encoded = encode (events->data, events->len);
  g_autofree uint8_t *room = g_malloc (encoded->len + 1);

  for (guint capacity = 0; capacity < encoded->len; capacity++)
    {
      room[capacity] = GUARD;
      g_assert_cmpuint (_tx_predictor_encode (predictor, events->data, events->len, room, capacity),
                        ==, 0);
      g_assert_cmphex (room[capacity], ==, GUARD);
    }
}

/* ---- Damage ---- */

static void
test_every_bit_flipped (void)
{
  g_autoptr (GByteArray) events = record (all_kinds);
  g_autoptr (GByteArray) encoded = encode (events->data, events->len);
  g_autofree uint8_t *decoded = g_malloc (events->len + 1);

  for (guint bit = 0; bit < 8 * encoded->len; bit++)
    {
      encoded->data[bit / 8] ^= (guint8) (1 << bit % 8);
      /* Checksums tell of damage; here it is enough that nothing happens. */
      if (decode (encoded->data, encoded->len, decoded, events->len))
        g_assert_cmpint (memcmp (decoded, events->data, events->len), !=, 0);
      encoded->data[bit / 8] ^= (guint8) (1 << bit % 8);
    }
}

static void
test_wrong_sizes (void)
{
  g_autoptr (GByteArray) events = record (all_kinds);
  g_autoptr (GByteArray) encoded = encode (events->data, events->len);
  g_autofree uint8_t *decoded = g_malloc (events->len + 3);

  for (guint size = 0; size < encoded->len; size++)
    g_assert_false (decode (encoded->data, size, decoded, events->len));
  g_byte_array_append (encoded, (const guint8 *) "", 1);
  g_assert_false (decode (encoded->data, encoded->len, decoded, events->len));
}

static void
test_random_bytes (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autofree uint8_t *decoded = g_malloc (4097);
  uint8_t bytes[256];

  for (unsigned i = 0; i < 3000; i++)
    {
      for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (uint8_t) g_rand_int (rand);
      (void) decode (bytes, (size_t) g_rand_int_range (rand, 0, sizeof bytes), decoded,
                     (size_t) g_rand_int_range (rand, 0, 4097));
    }
}

/* ---- In a trace ---- */

static void
test_a_digest_may_not_be_predicted (void)
{
  uint8_t raw[64];
  g_autoptr (GByteArray) encoded = encode ((const uint8_t *) "\x41\x41\x41", 3);

  g_assert_cmpuint (encoded->len, >, 0);
  g_assert_false (_tx_decompress (TX_CODEC_PREDICTED, encoded->data, encoded->len, raw, 3));
}

/* ---- Which codec a block gets ---- */

static uint8_t
choose_codec (TxEncodedFrame *frame, const uint8_t *events, size_t size)
{
  TxBlockSummary summary = { 0 };
  uint8_t *decoded = g_malloc (size + 1);
  const uint8_t *stored;
  uint8_t codec;

  g_assert_true (_tx_encoded_frame_fill (frame, &summary, 1, events, size, NULL, 0));
  codec = frame->header.events_codec;
  stored = frame->bytes.data + TX_FRAME_HEADER_SIZE;
  if (codec == TX_CODEC_PREDICTED)
    g_assert_true (decode (stored, frame->header.events_size, decoded, size));
  else
    g_assert_true (_tx_decompress (codec, stored, frame->header.events_size, decoded, size));
  g_assert_cmpmem (decoded, size, events, size);
  g_free (decoded);
  return codec;
}

/* Loops in a loop, their numbers of turns again and again the same five: LZ4's quick way does not see
   that all of it is repeated, the slow one does. */
static void
fill_with_loops (uint8_t *events, size_t size)
{
  static const guint8 turns[] = { 1, 11, 2, 7, 4 };
  size_t at = 0;

  for (guint i = 0; at < size; i++)
    {
      for (guint j = 0; j < 9u * turns[i % G_N_ELEMENTS (turns)] && at < size; j++)
        events[at++] = (uint8_t) (0x41 + j % 9);
      if (at < size)
        events[at++] = 0x50;
    }
}

static void
test_hard_compressor_spares_the_predictor (void)
{
  enum { SIZE = 100000 };
  TxEncodedFrame frame = { .predictor = predictor };
  TxHardCompressor *hard_compressor = _tx_hard_compressor_new ();
  g_autofree uint8_t *events = g_malloc (SIZE);
  g_autofree uint8_t *room = g_malloc (_tx_compress_bound (SIZE));
  size_t quick, hard;
  uint8_t codec;

  g_assert_nonnull (hard_compressor);
  for (guint i = 0; i < SIZE; i++)
    events[i] = (uint8_t) (0x41 + i % 7);
  fill_with_loops (events, SIZE / 4);
  quick = _tx_compress (events, SIZE, room, _tx_compress_bound (SIZE), &codec);
  hard = _tx_hard_compressor_run (hard_compressor, events, SIZE, room, SIZE);
  g_test_message ("%d bytes: %zu by LZ4, %zu by its slower way", SIZE, quick, hard);
  g_assert_cmpuint (quick, >, SIZE / 50);
  g_assert_cmpuint (quick, <, SIZE / 20);
  g_assert_cmpuint (hard, <, SIZE / 40);

  g_assert_cmpint (choose_codec (&frame, events, SIZE), ==, TX_CODEC_PREDICTED);
  frame.n_without_lz4 = 0;
  frame.hard_compressor = hard_compressor;
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (choose_codec (&frame, events, SIZE), ==, TX_CODEC_LZ4);
      g_assert_cmpuint (frame.header.events_size, ==, hard);
    }
  /* What does not fit is no answer. */
  g_assert_cmpuint (_tx_hard_compressor_run (hard_compressor, events, SIZE, room, hard - 1), ==, 0);
  g_assert_cmpuint (_tx_hard_compressor_run (hard_compressor, events, 0, room, SIZE), ==, 0);
  _tx_encoded_frame_clear (&frame);
  _tx_hard_compressor_free (hard_compressor);
}

/* LZ4 where that is enough; not tried again at once where it was not, and used where there is no time
   for the predictor. */
static void
test_each_block_gets_its_codec (void)
{
  enum { SIZE = 100000 };
  uint8_t *regular = g_malloc (SIZE), *irregular = g_malloc (SIZE);
  TxEncodedFrame frame = { .predictor = predictor };
  GRand *random = g_rand_new_with_seed (1);
  guint n_predicted = 0;

  for (guint i = 0; i < SIZE; i++)
    {
      regular[i] = (uint8_t) (0x41 + i % 7);
      irregular[i] = (uint8_t) (0x41 + g_rand_int_range (random, 0, 4));
    }
  g_assert_cmpint (choose_codec (&frame, regular, SIZE), ==, TX_CODEC_LZ4);
  g_assert_cmpint (choose_codec (&frame, irregular, SIZE), ==, TX_CODEC_PREDICTED);
  while (choose_codec (&frame, regular, SIZE) == TX_CODEC_PREDICTED)
    n_predicted++;
  g_assert_cmpuint (n_predicted, >, 0);
  g_assert_cmpuint (n_predicted, <, 10);
  g_assert_cmpint (choose_codec (&frame, regular, SIZE), ==, TX_CODEC_LZ4);
  frame.predictor = NULL;
  g_assert_cmpint (choose_codec (&frame, irregular, SIZE), ==, TX_CODEC_LZ4);
  frame.predictor = predictor;
  /* No event may have this byte. */
  memset (irregular, 0x94, SIZE / 2);
  g_assert_cmpint (choose_codec (&frame, irregular, SIZE), ==, TX_CODEC_LZ4);
  g_assert_cmpint (choose_codec (&frame, irregular, SIZE), ==, TX_CODEC_LZ4);
  _tx_encoded_frame_clear (&frame);
  g_rand_free (random);
  g_free (irregular);
  g_free (regular);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  predictor = _tx_predictor_new ();
  g_assert_nonnull (predictor);
  g_test_add_func ("/predictor/each-kind", test_each_kind_of_event);
  g_test_add_func ("/predictor/every-prefix", test_every_prefix_of_whole_events);
  g_test_add_func ("/predictor/random-events", test_random_events);
  g_test_add_func ("/predictor/format", test_the_bytes_are_the_formats);
  g_test_add_func ("/predictor/loop", test_a_loop_takes_next_to_nothing);
  g_test_add_func ("/predictor/branches", test_branches_take_bits);
  g_test_add_func ("/predictor/chains", test_chains_of_frames_are_expected);
  g_test_add_func ("/predictor/other-bytes", test_other_bytes_are_left_to_another_codec);
  g_test_add_func ("/predictor/too-little-room", test_too_little_room);
  g_test_add_func ("/predictor/flip-every-bit", test_every_bit_flipped);
  g_test_add_func ("/predictor/hard-compressor", test_hard_compressor_spares_the_predictor);
  g_test_add_func ("/predictor/wrong-sizes", test_wrong_sizes);
  g_test_add_func ("/predictor/random-bytes", test_random_bytes);
  g_test_add_func ("/predictor/codecs", test_each_block_gets_its_codec);
  g_test_add_func ("/predictor/digest", test_a_digest_may_not_be_predicted);
  result = g_test_run ();
  _tx_predictor_free (predictor);
  return result;
}
