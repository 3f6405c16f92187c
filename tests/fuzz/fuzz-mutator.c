// SPDX-License-Identifier: BSD-3-Clause
// A mutator that knows the format: it finds the frames, records and slots in a file, gives one of
// their fields a value that may hurt, doubles or drops one, unpacks what is compressed (a mutation
// of compressed bytes is mostly just damage), and leaves right checksums behind. Half of the time
// bytes are mutated blindly as before. libFuzzer takes it by its name, and so does driver.c.
#include "fuzz-directory.h"

#include <stdbool.h>
#include <string.h>

#include "trace/tx-bytes-private.h"
#include "trace/tx-compress-private.h"
#include "trace/tx-format-private.h"
#include "trace/tx-types.h"

#define PIECES_MAX 512u

/* Of libFuzzer, or of driver.c. */
size_t LLVMFuzzerMutate (uint8_t *data, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t size_max, unsigned int seed);

typedef struct
{
  uint8_t offset; /* in the piece */
  uint8_t size;   /* 1, 2, 4 or 8 */
} Field;

/* A frame, record or slot. */
typedef struct
{
  size_t offset;
  size_t size;
} Piece;

/* How a kind of file is made up. */
typedef struct
{
  size_t header_size;
  const Field *header_fields;
  size_t n_header_fields;
  const Field *fields; /* of each piece */
  size_t n_fields;
  size_t (*get_piece_size) (const uint8_t *file, const uint8_t *piece, size_t left);
} Form;

typedef struct
{
  uint8_t *bytes;
  size_t size;
  size_t size_max;
  uint64_t state; /* of the generator, never 0 */
} Mutation;

static size_t
draw_below (Mutation *self, size_t bound)
{
  self->state ^= self->state >> 12;
  self->state ^= self->state << 25;
  self->state ^= self->state >> 27;
  return bound == 0 ? 0 : (size_t) (self->state * UINT64_C (2685821657736338717) % bound);
}

/* ---- What the files are made of ---- */

static size_t
get_frame_size (const uint8_t *file, const uint8_t *piece, size_t left)
{
  if (left < TX_FRAME_HEADER_SIZE)
    return 0;
  return (size_t) _tx_align ((uint64_t) TX_FRAME_HEADER_SIZE + _tx_get_u32 (piece + 76) +
                             _tx_get_u32 (piece + 84));
}

static size_t
get_record_size (const uint8_t *file, const uint8_t *piece, size_t left)
{
  if (left < TX_RECORD_HEADER_SIZE)
    return 0;
  return (size_t) _tx_align ((uint64_t) TX_RECORD_HEADER_SIZE + _tx_get_u32 (piece + 8));
}

static size_t
get_index_size (const uint8_t *file, const uint8_t *piece, size_t left)
{
  return left < TX_INDEX_RECORD_SIZE ? 0 : TX_INDEX_RECORD_SIZE;
}

static size_t
get_slot_size (const uint8_t *file, const uint8_t *piece, size_t left)
{
  return left < TX_SLOT_HEADER_SIZE ? 0 : (size_t) _tx_ring_stride (_tx_get_u32 (file + 60));
}

static const Field segment_fields[] = { { 16, 4 }, { 24, 8 }, { 32, 8 } };
static const Field frame_fields[] = {
  { 4, 1 },  { 5, 1 },  { 6, 2 },  { 8, 8 },  { 16, 8 }, { 24, 8 },
  { 32, 8 }, { 40, 8 }, { 48, 4 }, { 52, 4 }, { 56, 4 }, { 60, 4 },
  { 64, 8 }, { 72, 4 }, { 76, 4 }, { 80, 4 }, { 84, 4 }, { 104, 8 },
};
static const Field record_fields[] = { { 4, 1 }, { 5, 1 }, { 6, 2 }, { 8, 4 }, { 12, 4 } };
static const Field index_fields[] = {
  { 0, 8 },  { 8, 8 },  { 16, 8 }, { 24, 8 }, { 32, 8 }, { 40, 4 }, { 44, 4 }, { 48, 4 },
  { 52, 4 }, { 56, 8 }, { 64, 4 }, { 68, 4 }, { 72, 8 }, { 80, 8 }, { 88, 8 },
};
static const Field ring_fields[] = {
  { 8, 4 },  { 12, 4 }, { 24, 4 }, { 32, 8 }, { 56, 4 }, { 60, 4 },
  { 64, 8 }, { 72, 8 }, { 80, 8 }, { 88, 4 }, { 92, 4 },
};
static const Field slot_fields[] = {
  { 0, 8 }, { 8, 4 }, { 12, 4 }, { 16, 8 }, { 24, 8 }, { 32, 8 }, { 40, 8 }, { 56, 8 },
};

#define FIELDS(array) array, sizeof (array) / sizeof *(array)

static const Form forms[] = {
  [FUZZ_FORM_TEXT] = { 0, NULL, 0, NULL, 0, NULL },
  [FUZZ_FORM_RECORDS] = { TX_FILE_HEADER_SIZE, NULL, 0, FIELDS (record_fields), get_record_size },
  [FUZZ_FORM_INDEX] = { TX_FILE_HEADER_SIZE, NULL, 0, FIELDS (index_fields), get_index_size },
  [FUZZ_FORM_SEGMENT] = { TX_SEGMENT_HEADER_SIZE, FIELDS (segment_fields), FIELDS (frame_fields),
                          get_frame_size },
  [FUZZ_FORM_RING] = { TX_RING_HEADER_SIZE, FIELDS (ring_fields), FIELDS (slot_fields),
                       get_slot_size },
  [FUZZ_FORM_SHORT_RING] = { TX_RING_FIELDS_SIZE, FIELDS (ring_fields), FIELDS (slot_fields),
                             get_slot_size },
};

static size_t
find_pieces (const Mutation *self, const Form *form, Piece pieces[PIECES_MAX])
{
  size_t offset = form->header_size;
  size_t n = 0;

  while (n < PIECES_MAX && offset < self->size && form->get_piece_size)
    {
      size_t left = self->size - offset;
      size_t size = form->get_piece_size (self->bytes, self->bytes + offset, left);

      if (size == 0)
        break;
      pieces[n++] = (Piece){ offset, size < left ? size : left };
      offset += size < left ? size : left;
    }
  return n;
}

/* ---- Mutations ---- */

static uint64_t
draw_value (Mutation *self, uint64_t old)
{
  static const uint64_t interesting[] = { 0,
                                          1,
                                          2,
                                          64,
                                          127,
                                          UINT16_MAX,
                                          TX_SLOT_SIZE_MAX,
                                          TX_DEPTH_MAX,
                                          INT32_MAX,
                                          UINT32_MAX,
                                          UINT64_C (1) << 40,
                                          INT64_MAX,
                                          (uint64_t) INT64_MIN,
                                          UINT64_MAX - 1,
                                          UINT64_MAX };

  switch (draw_below (self, 4))
    {
    case 0:
      return old + 1;
    case 1:
      return old - 1;
    case 2:
      return old ^ UINT64_C (1) << draw_below (self, 64);
    default:
      return interesting[draw_below (self, sizeof interesting / sizeof *interesting)];
    }
}

static void
set_field (Mutation *self, size_t offset, const Field *field)
{
  uint8_t *place = self->bytes + offset + field->offset;
  uint64_t value = 0;

  if (offset + field->offset + field->size > self->size)
    return;
  for (unsigned i = 0; i < field->size; i++)
    value |= (uint64_t) place[i] << 8 * i;
  value = draw_value (self, value);
  for (unsigned i = 0; i < field->size; i++)
    place[i] = (uint8_t) (value >> 8 * i);
}

/* Puts @n bytes in the place of those of @piece. */
static void
replace (Mutation *self, const Piece *piece, const uint8_t *bytes, size_t n)
{
  size_t end = piece->offset + piece->size;

  if (self->size - piece->size + n > self->size_max)
    return;
  memmove (self->bytes + piece->offset + n, self->bytes + end, self->size - end);
  if (n > 0)
    memcpy (self->bytes + piece->offset, bytes, n);
  self->size = self->size - piece->size + n;
}

/* Another one's bytes instead of, or before, its own. */
static void
copy_piece (Mutation *self, const Piece *from, const Piece *to, bool keep)
{
  Piece place = keep ? (Piece){ to->offset, 0 } : *to;
  uint8_t *copy = malloc (from->size ? from->size : 1);

  if (copy)
    {
      memcpy (copy, self->bytes + from->offset, from->size);
      replace (self, &place, copy, from->size);
    }
  free (copy);
}

/* A field of the same kind, of another piece. */
static void
copy_field (Mutation *self, const Piece *from, const Piece *to, const Field *field)
{
  if ((size_t) field->offset + field->size <= from->size &&
      (size_t) field->offset + field->size <= to->size)
    memcpy (self->bytes + to->offset + field->offset, self->bytes + from->offset + field->offset,
            field->size);
}

/* Stores a compressed part of a frame or record as it is. */
static void
unpack (Mutation *self,
        const Piece *piece,
        size_t header_size,
        size_t codec,
        size_t raw,
        size_t stored,
        size_t before)
{
  uint8_t *header = self->bytes + piece->offset;
  size_t raw_size, size;
  uint8_t *bytes;

  if (piece->size < header_size || header[codec] != TX_CODEC_LZ4)
    return;
  raw_size = _tx_get_u32 (header + raw);
  size = _tx_get_u32 (header + stored);
  if (raw_size > TX_SLOT_SIZE_MAX || before > piece->size || size > piece->size - before)
    return;
  bytes = malloc (raw_size ? raw_size : 1);
  if (bytes && self->size - size + raw_size <= self->size_max &&
      _tx_decompress (TX_CODEC_LZ4, header + before, size, bytes, raw_size))
    {
      Piece part = { piece->offset + before, size };

      header[codec] = TX_CODEC_STORED;
      _tx_put_u32 (header + stored, (uint32_t) raw_size);
      replace (self, &part, bytes, raw_size);
    }
  free (bytes);
}

static void
unpack_piece (Mutation *self, FuzzForm form, const Piece *piece)
{
  if (form == FUZZ_FORM_RECORDS)
    unpack (self, piece, TX_RECORD_HEADER_SIZE, 5, 12, 8, TX_RECORD_HEADER_SIZE);
  else if (form == FUZZ_FORM_SEGMENT && piece->size >= TX_FRAME_HEADER_SIZE)
    {
      /* The digest first: it stands behind the events. */
      unpack (self, piece, TX_FRAME_HEADER_SIZE, 5, 80, 84,
              TX_FRAME_HEADER_SIZE + _tx_get_u32 (self->bytes + piece->offset + 76));
      unpack (self, piece, TX_FRAME_HEADER_SIZE, 4, 72, 76, TX_FRAME_HEADER_SIZE);
    }
}

static void
mutate_pieces (Mutation *self, FuzzForm which)
{
  const Form *form = &forms[which];
  Piece pieces[PIECES_MAX];
  size_t n = find_pieces (self, form, pieces);
  const Piece *piece = &pieces[draw_below (self, n)];
  const Piece *other = &pieces[draw_below (self, n)];

  if (form->n_header_fields && draw_below (self, n ? 8 : 1) == 0)
    set_field (self, 0, &form->header_fields[draw_below (self, form->n_header_fields)]);
  else if (n > 0)
    switch (draw_below (self, 8))
      {
      case 0:
        copy_piece (self, other, piece, draw_below (self, 2));
        break;
      case 1:
        replace (self, piece, NULL, 0);
        break;
      case 2:
        copy_field (self, other, piece, &form->fields[draw_below (self, form->n_fields)]);
        break;
      case 3:
        unpack_piece (self, which, piece);
        break;
      default:
        set_field (self, piece->offset, &form->fields[draw_below (self, form->n_fields)]);
      }
}

static size_t
mutate_file (uint8_t *bytes, size_t size, size_t size_max, FuzzForm form, uint64_t seed)
{
  Mutation mutation = { bytes, size, size_max, seed | 1 };
  size_t n = 1 + draw_below (&mutation, 3);

  if (form == FUZZ_FORM_TEXT || draw_below (&mutation, 2) == 0)
    mutation.size = LLVMFuzzerMutate (bytes, size, size_max);
  else
    while (n-- > 0)
      mutate_pieces (&mutation, form);
  return mutation.size;
}

/* The files of a whole trace, each with the 4 bytes before it. */
static size_t
find_files (const uint8_t *data, size_t size, Piece pieces[PIECES_MAX])
{
  size_t n = 0;

  for (size_t offset = 0; n < PIECES_MAX && offset + 4 <= size; n++)
    {
      size_t file_size = fuzz_directory_get_file_size (data + offset, size - offset);

      pieces[n] = (Piece){ offset, file_size + 4 };
      offset += file_size + 4;
    }
  return n;
}

/* One file of a whole trace; the others stay as they are. */
static size_t
mutate_packed (uint8_t *data, size_t size, size_t size_max, uint64_t seed)
{
  Mutation whole = { data, size, size_max, seed | 1 };
  Piece pieces[PIECES_MAX];
  size_t n = find_files (data, size, pieces);
  Piece *piece = &pieces[draw_below (&whole, n)];
  size_t room, changed;
  uint8_t *file;

  if (n == 0 || draw_below (&whole, 8) == 0)
    return LLVMFuzzerMutate (data, size, size_max);
  room = piece->size - 4 + (size_max - size);
  if (room > 0xffffff)
    room = 0xffffff;
  file = malloc (room ? room : 1);
  if (!file)
    return size;
  memcpy (file, data + piece->offset + 4, piece->size - 4);
  changed = mutate_file (file, piece->size - 4, room, fuzz_directory_get_form (data[piece->offset]),
                         whole.state);
  for (unsigned i = 0; i < 3; i++)
    data[piece->offset + 1 + i] = (uint8_t) (changed >> 8 * i);
  piece->offset += 4;
  piece->size -= 4;
  replace (&whole, piece, file, changed);
  free (file);
  return whole.size;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t size_max, unsigned int seed)
{
  size_t changed;

  if (size == 0)
    return LLVMFuzzerMutate (data, size, size_max);
  if (fuzz_form == FUZZ_FORM_PACKED)
    changed = mutate_packed (data, size, size_max, seed);
  else
    changed = mutate_file (data, size, size_max, fuzz_form, seed);
  if (changed > 0)
    fuzz_put_checksums (data, changed, fuzz_form);
  return changed;
}
