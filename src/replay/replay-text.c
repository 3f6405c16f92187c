// SPDX-License-Identifier: BSD-3-Clause
// Makes hostile text printable.
#include "replay-text.h"

#include <stdio.h>
#include <string.h>

bool
replay_text_take_char (const char **text, size_t *len, uint32_t *ret_char)
{
  static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
  const uint8_t *p = (const uint8_t *) *text;
  uint32_t c = p[0];
  size_t extra; /* continuation bytes */

  *ret_char = c;
  if (c < 0x80)
    extra = 0;
  else if (c >= 0xc2 && c < 0xe0)
    extra = 1;
  else if (c >= 0xe0 && c < 0xf0)
    extra = 2;
  else if (c >= 0xf0 && c < 0xf5)
    extra = 3;
  else
    goto invalid;
  if (extra >= *len)
    goto invalid;
  if (extra > 0)
    c &= 0x3fu >> extra;
  for (size_t i = 1; i <= extra; i++)
    {
      if ((p[i] & 0xc0) != 0x80)
        goto invalid;
      c = c << 6 | (p[i] & 0x3f);
    }
  if (c < smallest[extra] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
    goto invalid;
  *text += extra + 1;
  *len -= extra + 1;
  *ret_char = c;
  return true;

invalid:
  *text += 1;
  *len -= 1;
  return false;
}

bool
replay_text_is_printable (uint32_t c)
{
  if (c < 0x20 || (c >= 0x7f && c < 0xa0))
    return false;
  return !((c >= 0x200b && c <= 0x200f)    /* zero width, direction marks */
           || (c >= 0x2028 && c <= 0x202e) /* separators, direction overrides */
           || (c >= 0x2060 && c <= 0x206f) /* invisible operators, isolates */
           || c == 0x61c || c == 0xfeff || c == 0xad ||
           (c >= 0xfff9 && c <= 0xfffb)      /* annotations */
           || (c >= 0xe0000 && c <= 0xe0fff) /* tags, invisible */
           || (c & 0xfffe) == 0xfffe);
}

/* Writes how a character that needs it is escaped; returns its length. */
static size_t
write_escape (uint32_t c, bool valid, char ret_escape[16])
{
  if (c == '\\')
    return (size_t) snprintf (ret_escape, 16, "\\\\");
  if (c == '\t')
    return (size_t) snprintf (ret_escape, 16, "\\t");
  if (c == '\n')
    return (size_t) snprintf (ret_escape, 16, "\\n");
  if (c == '\r')
    return (size_t) snprintf (ret_escape, 16, "\\r");
  if (!valid || c < 0x80)
    return (size_t) snprintf (ret_escape, 16, "\\x%02x", c);
  if (c < 0x10000)
    return (size_t) snprintf (ret_escape, 16, "\\u%04x", c);
  return (size_t) snprintf (ret_escape, 16, "\\U%08x", c);
}

size_t
replay_text_escape (const char *text, size_t len, char *ret_text, size_t size)
{
  size_t written = 0;

  while (len > 0)
    {
      const char *start = text;
      char escape[16];
      const char *piece = start;
      size_t piece_len;
      uint32_t c;
      bool valid = replay_text_take_char (&text, &len, &c);

      if (valid && c != '\\' && replay_text_is_printable (c))
        piece_len = (size_t) (text - start);
      else
        {
          piece_len = write_escape (c, valid, escape);
          piece = escape;
        }
      if (piece_len >= size - written)
        break;
      memcpy (ret_text + written, piece, piece_len);
      written += piece_len;
    }
  ret_text[written] = '\0';
  return written;
}

size_t
replay_text_sanitize (const char *text, size_t len, char *ret_text, size_t size)
{
  size_t written = 0;

  while (len > 0)
    {
      const char *start = text;
      uint32_t c;
      bool valid = replay_text_take_char (&text, &len, &c);
      bool keep = valid && replay_text_is_printable (c);
      const char *piece = keep ? start : c == '\t' ? " " : "?";
      size_t piece_len = keep ? (size_t) (text - start) : 1;

      if (piece_len >= size - written)
        break;
      memcpy (ret_text + written, piece, piece_len);
      written += piece_len;
    }
  ret_text[written] = '\0';
  return written;
}
