// SPDX-License-Identifier: BSD-3-Clause
// Traces made by someone who means harm: right magics and checksums, and whatever else is wanted in
// between. An Evil is one trace being made; recipes (evil-*.c) fill it, evil_end() writes it.
#pragma once

#include <glib.h>

#include "trace/tx-format-private.h"

G_BEGIN_DECLS

#define EVIL_TRACE_ID UINT64_C (0x1122334455667788)

/* Where things begin; the beginning of a common block: thread 1 in line 5 of function 1. */
#define EVIL_MONO_NS INT64_C (1000000000000)
#define EVIL_REAL_NS INT64_C (1700000000000000000)
#define EVIL_STACK   0x87, 1, 0, 1, 1, 1, 5

/**
 * Evil:
 * The files in the making. What a recipe leaves empty is not written.
 */
typedef struct
{
  char *directory;     /* owned; the trace's */
  char *outside;       /* owned; a directory of files that no reader has any business with */
  GString *info;       /* owned */
  GByteArray *catalog; /* owned; with its header */
  GByteArray *sources; /* owned; with its header */
  GByteArray *index;   /* owned; with its header once there is a record */
  GByteArray *segment; /* owned; the one that is being filled, with its header */
  guint32 number;      /* its number */
  TxFrameHeader next;  /* what the next block's header begins with; recipes may change it */
} Evil;

/** EvilLie: changes a header before its checksum is made. */
typedef void (*EvilLie) (TxFrameHeader *header);

typedef struct
{
  const char *name;
  void (*make) (Evil *evil);
} EvilRecipe;

extern const EvilRecipe
    evil_file_recipes[]; /* up to a name of NULL: files that are none, links, sizes */
extern const EvilRecipe evil_name_recipes[];  /* names, texts, sources */
extern const EvilRecipe evil_block_recipes[]; /* events, frames, digests, rings */

/** evil_begin: an empty trace below @base, with a good info, file 1, function 1 and thread 1. */
Evil *evil_begin (const char *base, const char *name);
/** evil_end: (transfer full): writes what there is. */
void evil_end (Evil *self);

/** evil_get_path: (transfer full): of a file of the trace. */
char *evil_get_path (const Evil *self, const char *name);
void evil_put_file (const Evil *self, const char *name, gconstpointer bytes, gsize size);
/** evil_put_hole: a file of nothing but its size. */
void evil_put_hole (const Evil *self, const char *name, guint64 size);

/** evil_append: numbers from 0 to 255. */
#define evil_append(array, ...)                                                                    \
  g_byte_array_append (array, (const guint8[]){ __VA_ARGS__ },                                     \
                       sizeof ((const guint8[]){ __VA_ARGS__ }))
void evil_append_varint (GByteArray *array, guint64 value);
void evil_append_string (GByteArray *array, const char *text, gsize size);
/** evil_append_fill: @n times @byte. */
void evil_append_fill (GByteArray *array, guint8 byte, gsize n);

/** evil_add_record: @decoded_size: what the header says of it, 0: the truth; compressed where
 * @pack. */
void evil_add_record (
    GByteArray *file, guint8 type, const GByteArray *payload, guint32 decoded_size, gboolean pack);
void evil_define_file (Evil *self, guint32 id, const char *path, gsize size);
void evil_define_function (
    Evil *self, guint32 id, guint32 file, guint32 first_line, const char *name, gsize size);
void evil_define_thread (Evil *self, guint32 id, const char *name, gsize size);
void evil_define_type (Evil *self, guint32 id, const char *name);
/** evil_add_source: text of a file, packed. */
void evil_add_source (Evil *self, guint32 file, const char *text, gsize size);

/** evil_begin_segment: what was filled before is written, with the index so far. */
void evil_begin_segment (Evil *self, guint32 number);

/**
 * evil_add_block:
 * Events as the next frame, packed, with the digest that is true of them and a header that is true
 * but for @lie (nullable).
 */
void evil_add_block (Evil *self, const guint8 *events, gsize size, EvilLie lie);
/** evil_add_frame: the same with a digest of one's own. */
void evil_add_frame (Evil *self,
                     const guint8 *events,
                     gsize size,
                     const guint8 *digest,
                     gsize digest_size,
                     EvilLie lie);
/** evil_add_good_block: three lines, so that there is something to stand on. */
void evil_add_good_block (Evil *self);

G_END_DECLS
