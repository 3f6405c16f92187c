// SPDX-License-Identifier: BSD-3-Clause
// Names, texts and sources: what is printed on terminals and set as labels, and how large it can
// get.
#include "evil.h"

#include <string.h>

#include "trace/tx-types.h"

/* Where a definition is replaced: the later one of an id wins. */
static void
name_all (Evil *evil, const char *name, gsize size)
{
  g_byte_array_set_size (evil->catalog, TX_FILE_HEADER_SIZE);
  evil_define_file (evil, 1, name, size);
  evil_define_function (evil, 1, 1, 5, name, size);
  evil_define_thread (evil, 1, name, size);
  evil_define_type (evil, 1, name);
}

/* Lines, a mark and an exception, all with this text. */
static void
add_texts (Evil *evil, const char *text, gsize size)
{
  g_autoptr (GByteArray) events = g_byte_array_new ();

  evil_append (events, EVIL_STACK, 0x41, 0x8d);
  evil_append_string (events, text, MIN (size, TX_MARK_SIZE_MAX));
  evil_append (events, 0x41, 0x93, 1);
  evil_append_string (events, text, MIN (size, TX_MESSAGE_SIZE_MAX));
  evil_append (events, 0x41);
  evil_add_block (evil, events->data, events->len, NULL);
}

static void
make_named (Evil *evil, const char *name)
{
  name_all (evil, name, strlen (name));
  add_texts (evil, name, strlen (name));
  evil_add_source (evil, 1, name, strlen (name));
  g_string_append_printf (evil->info, "program=%s\n", name);
}

static void
make_escapes (Evil *evil)
{
  make_named (evil, "\033]52;c;cm0gLXJmIC8=\a\033[2J\033[31m\033]8;;http://x\033\\\x7f\b\b\b\x9b"
                    "5m\x90q\x9c\r\f\v\t");
}

static void
make_markup (Evil *evil)
{
  make_named (
      evil,
      "<span size='999999' foreground=\"red\">x</span></b>&amp;&#0;<![CDATA[<a href=\"file:///\">");
}

static void
make_directions (Evil *evil)
{
  make_named (evil, "\xe2\x80\xaegnp.exe\xe2\x80\x8b\xef\xbb\xbf\xe2\x81\xa6\xf3\xa0\x80\xa1"
                    "a\xcc\x81\xcc\x81\xcc\x81\xe2\x80\xa8");
}

static void
make_bad_utf8 (Evil *evil)
{
  make_named (evil, "\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82\x80\xc3");
}

static void
make_paths (Evil *evil)
{
  make_named (evil, "../../../../../../../../../../etc/passwd");
}

static void
make_formats (Evil *evil)
{
  make_named (evil, "%s%s%s%n%n%n%999999999d{0}$(reboot)`reboot`;reboot\n--help");
}

/* Nothing of it is in the trace: it is not to be had from the disk either. */
static void
make_source_outside (Evil *evil)
{
  g_autofree char *secret = g_build_filename (evil->outside, "secret", NULL);
  g_autofree char *uri = g_strconcat ("file://", secret, NULL);

  name_all (evil, secret, strlen (secret));
  evil_define_file (evil, 2, uri, strlen (uri));
  evil_define_function (evil, 2, 2, 5, "g", 1);
  evil_add_good_block (evil);
}

static void
make_long_names (Evil *evil)
{
  g_autofree char *name = g_strnfill (TX_NAME_SIZE_MAX, 'x');

  name_all (evil, name, TX_NAME_SIZE_MAX);
  for (guint32 id = 2; id < 600; id++)
    {
      name[0] = (char) ('a' + id % 26);
      evil_define_file (evil, id, name, TX_NAME_SIZE_MAX);
      evil_define_function (evil, id, id, 5, name, TX_NAME_SIZE_MAX);
      evil_define_thread (evil, id, name, TX_NAME_SIZE_MAX);
    }
  add_texts (evil, name, TX_NAME_SIZE_MAX);
}

/* One longer than a name may be, and one that is not there. */
static void
make_cut_names (Evil *evil)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  g_autofree char *name = g_strnfill (1 << 20, 'x');

  evil_define_file (evil, 2, name, 1 << 20);
  evil_append (payload, 3);
  evil_append_varint (payload, UINT32_MAX);
  evil_append (payload, 'x');
  evil_add_record (evil->catalog, TX_RECORD_FILE, payload, 0, FALSE);
  evil_add_good_block (evil);
}

static void
make_empty_names (Evil *evil)
{
  name_all (evil, "", 0);
  evil_define_file (evil, 2, "a\0b", 3);
  evil_add_good_block (evil);
}

/* ---- Sources ---- */

static void
make_source_of (Evil *evil, guint8 byte, gsize size)
{
  g_autofree char *text = g_malloc (size);

  memset (text, byte, size);
  evil_add_source (evil, 1, text, size);
  evil_add_good_block (evil);
}

static void
make_source_of_lines (Evil *evil)
{
  make_source_of (evil, '\n', TX_SOURCE_SIZE_MAX - 32);
}

static void
make_source_of_one_line (Evil *evil)
{
  make_source_of (evil, 'x', TX_SOURCE_SIZE_MAX - 32);
}

static void
make_source_of_brackets (Evil *evil)
{
  make_source_of (evil, '(', 4 << 20);
}

static void
make_source_of_controls (Evil *evil)
{
  GString *text = g_string_new ("# coding: utf-7\n");

  for (guint i = 0; i < 4096; i++)
    g_string_append_printf (text, "%c\033[%um\xe2\x80\xae%c\r", (char) (i % 32), i,
                            (char) (128 + i % 128));
  evil_add_source (evil, 1, text->str, text->len);
  g_string_free (text, TRUE);
  evil_add_good_block (evil);
}

/* Says that it is much larger than what comes out, and the other way round. */
static void
make_source_that_lies (Evil *evil)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  evil_append (payload, 1, TX_SOURCE_PRESENT, 0);
  evil_append_varint (payload, TX_SOURCE_SIZE_MAX);
  evil_append_fill (payload, 'x', 100);
  evil_add_record (evil->sources, TX_RECORD_SOURCE, payload, 0, TRUE);
  evil_add_record (evil->sources, TX_RECORD_SOURCE, payload, UINT32_MAX, TRUE);
  evil_add_record (evil->sources, TX_RECORD_SOURCE, payload, 1, TRUE);
  evil_add_record (evil->catalog, TX_RECORD_FUNCTION, payload, UINT32_MAX, TRUE);
  evil_add_good_block (evil);
}

static void
make_many_sources (Evil *evil)
{
  g_autofree char *text = g_strnfill (60 << 20, 'x');

  for (guint32 id = 1; id < 6; id++)
    {
      evil_define_file (evil, id, "/evil/a.py", 10);
      evil_add_source (evil, id, text, 60 << 20);
    }
  evil_add_good_block (evil);
}

/* ---- The catalog's numbers ---- */

static void
make_ids (Evil *evil)
{
  static const guint32 ids[] = { 0, 2, 1000000, INT32_MAX, UINT32_MAX - 1, UINT32_MAX };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      evil_define_file (evil, ids[i], "/evil/b.py", 10);
      evil_define_function (evil, ids[i], ids[i] + 7, UINT32_MAX, "g", 1);
      evil_define_thread (evil, ids[i], "t", 1);
      evil_define_type (evil, ids[i], "T");
    }
  evil_add_good_block (evil);
}

static void
make_one_id_again_and_again (Evil *evil)
{
  for (guint i = 0; i < 20000; i++)
    {
      evil_define_file (evil, 1, "/evil/b.py", 10);
      evil_define_function (evil, 1, i, i, "g", 1);
      evil_define_thread (evil, 1, "t", 1);
    }
  evil_add_good_block (evil);
}

static void
make_bitmaps (Evil *evil)
{
  for (guint32 id = 2; id < 200; id++)
    {
      g_autoptr (GByteArray) payload = g_byte_array_new ();

      evil_append_varint (payload, id);
      evil_append (payload, 1, 5, 0x7f, 1, 'f');
      evil_append_varint (payload, id % 2 ? UINT32_MAX : 1);
      evil_append_varint (payload, TX_LINE_BITMAP_MAX);
      evil_append_fill (payload, 0xff, TX_LINE_BITMAP_MAX);
      evil_add_record (evil->catalog, TX_RECORD_FUNCTION, payload, 0, TRUE);
    }
  evil_add_source (evil, 1, "a\nb\nc\n", 6);
  evil_add_good_block (evil);
}

const EvilRecipe evil_name_recipes[] = {
  { "escapes", make_escapes },
  { "markup", make_markup },
  { "directions", make_directions },
  { "bad-utf8", make_bad_utf8 },
  { "paths", make_paths },
  { "formats", make_formats },
  { "source-outside", make_source_outside },
  { "long-names", make_long_names },
  { "cut-names", make_cut_names },
  { "empty-names", make_empty_names },
  { "source-of-lines", make_source_of_lines },
  { "source-of-one-line", make_source_of_one_line },
  { "source-of-brackets", make_source_of_brackets },
  { "source-of-controls", make_source_of_controls },
  { "source-that-lies", make_source_that_lies },
  { "many-sources", make_many_sources },
  { "ids", make_ids },
  { "one-id-again-and-again", make_one_id_again_and_again },
  { "bitmaps", make_bitmaps },
  { NULL, NULL },
};
